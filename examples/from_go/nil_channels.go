package main

import "fmt"

func count(n int) <-chan int {
	out := make(chan int)
	go func() {
		for i := 1; i <= n; i++ {
			out <- i
		}
		close(out)
	}()
	return out
}

func main() {
	a, b := count(3), count(4)
	total := 0
	// [guide]
	for a != nil || b != nil {
		select {
		case v, ok := <-a:
			if !ok {
				a = nil // never ready again
			}
			total += v
		case v, ok := <-b:
			if !ok {
				b = nil
			}
			total += v
		}
	}
	// [end]
	fmt.Println(total)
}
