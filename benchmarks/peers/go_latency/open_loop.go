package main

import (
	"sync"
	"sync/atomic"
	"time"
)

// Starts a goroutine that computes without a break; the result ends it.
func startHog() (stop func()) {
	var started, stopped int32
	go func() {
		atomic.StoreInt32(&started, 1)
		for atomic.LoadInt32(&stopped) == 0 {
		}
	}()
	for atomic.LoadInt32(&started) == 0 {
		time.Sleep(time.Millisecond)
	}
	return func() { atomic.StoreInt32(&stopped, 1) }
}

func wakeByChannel(requests *arrivals, goroutines int, besideHog bool) (inTime bool) {
	doors := make([]chan int, goroutines)
	var ready, served sync.WaitGroup
	ready.Add(goroutines)
	served.Add(goroutines)
	for i := range doors {
		door := make(chan int, 1)
		doors[i] = door
		go func() {
			ready.Done()
			for k := range door {
				requests.serve(k)
			}
			served.Done()
		}()
	}
	ready.Wait()
	if besideHog {
		defer startHog()()
	}
	inTime = requests.now() < 0
	for k := range requests.records {
		requests.sleepUntilDue(k)
		requests.noteWake(k)
		doors[k%goroutines] <- k
	}
	for _, door := range doors {
		close(door)
	}
	served.Wait()
	return inTime
}

func wakeByTimer(requests *arrivals, goroutines int, besideHog bool) (inTime bool) {
	var ready, served sync.WaitGroup
	ready.Add(goroutines)
	served.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		first := i
		go func() {
			ready.Done()
			for k := first; k < len(requests.records); k += goroutines {
				requests.sleepUntilDue(k)
				requests.serve(k)
			}
			served.Done()
		}()
	}
	ready.Wait()
	if besideHog {
		defer startHog()()
	}
	inTime = requests.now() < 0
	served.Wait()
	return inTime
}
