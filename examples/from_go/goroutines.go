package main

import (
	"fmt"
	"sync"
)

func main() {
	var mu sync.Mutex
	total := 0
	// [guide]
	var wg sync.WaitGroup
	for i := 1; i <= 10; i++ {
		i := i
		wg.Add(1)
		go func() {
			defer wg.Done()
			mu.Lock()
			total += i
			mu.Unlock()
		}()
	}
	wg.Wait()
	// [end]
	fmt.Println("total", total)
}
