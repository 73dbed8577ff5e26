package main

func selectParked(messages uint64) uint64 {
	a, b := make(chan uint64), make(chan uint64)
	go func() {
		for i := uint64(0); i < messages; i += 2 {
			a <- i
			b <- i + 1
		}
	}()
	sum := uint64(0)
	for i := uint64(0); i < messages; i++ {
		select {
		case value := <-a:
			sum += value
		case value := <-b:
			sum += value
		}
	}
	return sum
}

func selectReady(messages uint64) uint64 {
	ready, never := make(chan uint64, 1), make(chan uint64)
	sum := uint64(0)
	for i := uint64(0); i < messages; i++ {
		ready <- i
		select {
		case value := <-ready:
			sum += value
		case value := <-never:
			sum -= value
		}
	}
	return sum
}

func selectDefault(attempts uint64) uint64 {
	empty := make(chan uint64, 1)
	misses := uint64(0)
	for i := uint64(0); i < attempts; i++ {
		select {
		case <-empty:
		default:
			misses++
		}
	}
	return misses
}
