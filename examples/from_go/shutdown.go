package main

import (
	"context"
	"fmt"
	"sync"
)

func main() {
	requests := make(chan int)
	served := make(chan int, 10)
	stop, interrupt := context.WithCancel(context.Background())
	var server sync.WaitGroup
	server.Add(1)
	go func() {
		defer server.Done()
		// [guide]
		var inFlight sync.WaitGroup
		for open := true; open; {
			select {
			case r := <-requests:
				inFlight.Add(1)
				go func() {
					defer inFlight.Done()
					served <- r * r
				}()
			case <-stop.Done():
				open = false // no new ones
			}
		}
		inFlight.Wait() // but what was begun is finished
		close(served)
		// [end]
	}()
	for i := 1; i <= 3; i++ {
		requests <- i
	}
	interrupt()
	server.Wait()
	sum := 0
	for s := range served {
		sum += s
	}
	fmt.Println("served", sum)
}
