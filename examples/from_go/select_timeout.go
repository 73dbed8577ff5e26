package main

import (
	"fmt"
	"time"
)

func main() {
	answers := make(chan string)
	// [guide]
	select {
	case a := <-answers:
		fmt.Println(a)
	case <-time.After(20 * time.Millisecond):
		fmt.Println("too slow")
	}
	// [end]
}
