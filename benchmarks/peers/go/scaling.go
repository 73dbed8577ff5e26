package main

import (
	"runtime"
	"sync"
)

// crunch is a chain of dependent multiplications, that takes every program as long.
func crunch(seed uint64) uint64 {
	for i := 0; i < 10000; i++ {
		seed = seed*6364136223846793005 + 1442695040888963407
	}
	return seed
}

func forkJoin(tasks uint64) uint64 {
	return forkJoinRange(0, tasks)
}

func forkJoinRange(first, last uint64) uint64 {
	if last-first == 1 {
		return crunch(first)
	}
	middle := first + (last-first)/2
	left := make(chan uint64, 1)
	go func() { left <- forkJoinRange(first, middle) }()
	right := forkJoinRange(middle, last)
	return <-left + right
}

func fanOut(tasks uint64) uint64 {
	consumers := runtime.GOMAXPROCS(0)
	queue := make(chan uint64, 128)
	sums := make(chan uint64, consumers)
	for c := 0; c < consumers; c++ {
		go func() {
			sum := uint64(0)
			for task := range queue {
				sum += crunch(task)
			}
			sums <- sum
		}()
	}
	go func() {
		for i := uint64(0); i < tasks; i++ {
			queue <- i
		}
		close(queue)
	}()
	total := uint64(0)
	for c := 0; c < consumers; c++ {
		total += <-sums
	}
	return total
}

func stealing(tasks uint64) uint64 {
	results := make([]uint64, tasks)
	var done sync.WaitGroup
	done.Add(int(tasks))
	for i := uint64(0); i < tasks; i++ {
		i := i
		go func() {
			results[i] = crunch(i)
			done.Done()
		}()
	}
	done.Wait()
	total := uint64(0)
	for _, result := range results {
		total += result
	}
	return total
}
