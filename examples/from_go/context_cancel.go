package main

import (
	"context"
	"fmt"
)

func main() {
	// [guide]
	ctx, cancel := context.WithCancel(context.Background())
	numbers := make(chan int)
	go func() {
		defer close(numbers)
		for i := 0; ; i++ {
			select {
			case numbers <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	for n := range numbers {
		if n == 3 {
			cancel()
			break
		}
		fmt.Println(n)
	}
	<-ctx.Done()
	fmt.Println(ctx.Err())
	// [end]
}
