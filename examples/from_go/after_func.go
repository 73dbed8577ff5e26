package main

import (
	"fmt"
	"time"
)

func main() {
	// [guide]
	done := make(chan struct{})
	time.AfterFunc(time.Millisecond, func() {
		fmt.Println("later")
		close(done)
	})
	<-done
	// [end]
}
