package main

import (
	"runtime"
	"sync"
)

func yieldBetweenTwo(operations uint64) uint64 {
	counts := make(chan uint64, 2)
	for i := 0; i < 2; i++ {
		go func() {
			count := uint64(0)
			for ; count < operations/2; count++ {
				runtime.Gosched()
			}
			counts <- count
		}()
	}
	return <-counts + <-counts
}

func spawnAndJoin(operations uint64) uint64 {
	sum := uint64(0)
	for i := uint64(0); i < operations; i++ {
		i := i
		var done sync.WaitGroup
		done.Add(1)
		go func() {
			sum += i
			done.Done()
		}()
		done.Wait()
	}
	return sum
}

func spawnInWaves(operations uint64) uint64 {
	const wave = 1000
	results := make([]uint64, wave)
	sum := uint64(0)
	for first := uint64(0); first < operations; first += wave {
		var done sync.WaitGroup
		done.Add(wave)
		for i := uint64(0); i < wave; i++ {
			i := i
			go func() {
				results[i] = first + i
				done.Done()
			}()
		}
		done.Wait()
		for _, result := range results {
			sum += result
		}
	}
	return sum
}

func skynet(leaves uint64) uint64 {
	result := make(chan uint64)
	go skynetNode(result, 0, leaves)
	return <-result
}

func skynetNode(result chan<- uint64, number, size uint64) {
	if size == 1 {
		result <- number
		return
	}
	const branches = 10
	children := make(chan uint64)
	for i := uint64(0); i < branches; i++ {
		go skynetNode(children, number+i*(size/branches), size/branches)
	}
	sum := uint64(0)
	for i := 0; i < branches; i++ {
		sum += <-children
	}
	result <- sum
}
