package main

import "fmt"

func main() {
	ch := make(chan int, 1)
	// [guide]
	select {
	case v := <-ch:
		fmt.Println("received", v)
	default:
		fmt.Println("nothing there")
	}

	for i := 0; i < 2; i++ {
		select {
		case ch <- i:
			fmt.Println("sent", i)
		default:
			fmt.Println("no room for", i)
		}
	}
	// [end]
}
