package main

import "fmt"

func main() {
	numbers := make(chan int)
	quit := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		// [guide]
		for {
			select {
			case n := <-numbers:
				fmt.Println("got", n)
			case <-quit:
				fmt.Println("quit")
				return
			}
		}
		// [end]
	}()
	for i := 0; i < 3; i++ {
		numbers <- i
	}
	close(quit)
	<-finished
}
