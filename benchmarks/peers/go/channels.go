package main

import "sync"

func pingPong(roundTrips uint64) uint64 {
	ping, pong := make(chan uint64), make(chan uint64)
	go func() {
		for value := range ping {
			pong <- value + 1
		}
		close(pong)
	}()
	sum := uint64(0)
	for i := uint64(0); i < roundTrips; i++ {
		ping <- i
		sum += <-pong
	}
	close(ping)
	<-pong
	return sum
}

func fan(capacity, producers, consumers int, messages uint64) uint64 {
	ch := make(chan uint64, capacity)
	sums := make(chan uint64, consumers)
	for c := 0; c < consumers; c++ {
		go func() {
			sum := uint64(0)
			for value := range ch {
				sum += value
			}
			sums <- sum
		}()
	}

	var done sync.WaitGroup
	share := messages / uint64(producers)
	for p := 0; p < producers; p++ {
		first := uint64(p) * share
		done.Add(1)
		go func() {
			for i := first; i < first+share; i++ {
				ch <- i
			}
			done.Done()
		}()
	}
	done.Wait()
	close(ch)

	total := uint64(0)
	for c := 0; c < consumers; c++ {
		total += <-sums
	}
	return total
}
