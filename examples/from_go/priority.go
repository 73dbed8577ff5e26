package main

import "fmt"

func main() {
	urgent, normal := make(chan int, 1), make(chan int, 1)
	urgent <- 1
	normal <- 2
	// [guide]
	next := func() int {
		select {
		case v := <-urgent:
			return v
		default:
		}
		select {
		case v := <-urgent:
			return v
		case v := <-normal:
			return v
		}
	}
	// [end]
	fmt.Println(next(), next())
}
