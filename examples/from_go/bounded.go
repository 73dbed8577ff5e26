package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var running, most int32
	fetch := func() {
		now := atomic.AddInt32(&running, 1)
		for {
			seen := atomic.LoadInt32(&most)
			if now <= seen || atomic.CompareAndSwapInt32(&most, seen, now) {
				break
			}
		}
		atomic.AddInt32(&running, -1)
	}
	// [guide]
	slots := make(chan struct{}, 4)
	var wg sync.WaitGroup
	for i := 0; i < 100; i++ {
		slots <- struct{}{}
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { <-slots }()
			fetch()
		}()
	}
	wg.Wait()
	// [end]
	fmt.Println("at most four:", most <= 4)
}
