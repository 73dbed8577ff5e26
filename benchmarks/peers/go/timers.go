package main

import (
	"sync"
	"time"
)

func sleepMicrosecond(sleeps uint64) uint64 {
	const sleepers = 1000
	var done sync.WaitGroup
	counts := make([]uint64, sleepers)
	for i := range counts {
		i := i
		done.Add(1)
		go func() {
			for ; counts[i] < sleeps/sleepers; counts[i]++ {
				time.Sleep(time.Microsecond)
			}
			done.Done()
		}()
	}
	done.Wait()
	total := uint64(0)
	for _, count := range counts {
		total += count
	}
	return total
}

func timeoutPingPong(roundTrips uint64) uint64 {
	ping, pong := make(chan uint64), make(chan uint64)
	go func() {
		for i := uint64(0); i < roundTrips; i++ {
			pong <- receiveWithin(ping, time.Second) + 1
		}
	}()
	sum := uint64(0)
	for i := uint64(0); i < roundTrips; i++ {
		ping <- i
		sum += receiveWithin(pong, time.Second)
	}
	return sum
}

func receiveWithin(ch <-chan uint64, limit time.Duration) uint64 {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case value := <-ch:
		return value
	case <-timer.C:
		fail("a message took longer than " + limit.String())
		return 0
	}
}
