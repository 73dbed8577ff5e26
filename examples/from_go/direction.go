package main

import "fmt"

// [guide]
func produce(n int, out chan<- int) {
	for i := 0; i < n; i++ {
		out <- i
	}
	close(out)
}

func sum(in <-chan int) int {
	total := 0
	for v := range in {
		total += v
	}
	return total
}

// [end]

func main() {
	ch := make(chan int)
	go produce(101, ch)
	fmt.Println(sum(ch))
}
