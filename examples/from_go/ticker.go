package main

import (
	"fmt"
	"time"
)

func main() {
	// [guide]
	t := time.NewTicker(time.Millisecond)
	defer t.Stop()
	for i := 0; i < 3; i++ {
		<-t.C
		fmt.Println("tick")
	}
	// [end]
}
