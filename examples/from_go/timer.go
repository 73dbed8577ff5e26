package main

import (
	"fmt"
	"time"
)

func main() {
	// [guide]
	t := time.NewTimer(time.Hour)
	fmt.Println("stopped:", t.Stop())

	t.Reset(time.Millisecond)
	<-t.C
	fmt.Println("fired")
	// [end]
}
