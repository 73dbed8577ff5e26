package main

import (
	"fmt"
	"sync"
)

func work(job int) int { return job * 2 }

func main() {
	// [guide]
	jobs := make(chan int, 100)
	results := make(chan int, 100)
	var workers sync.WaitGroup
	for w := 0; w < 3; w++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for job := range jobs {
				results <- work(job)
			}
		}()
	}
	for j := 1; j <= 50; j++ {
		jobs <- j
	}
	close(jobs)
	workers.Wait()
	close(results)

	sum := 0
	for r := range results {
		sum += r
	}
	// [end]
	fmt.Println(sum)
}
