package main

import (
	"fmt"
	"sync"
)

func main() {
	// [guide]
	var once sync.Once
	var wg sync.WaitGroup
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			once.Do(func() { fmt.Println("opened") })
		}()
	}
	wg.Wait()
	// [end]
}
