package main

import "fmt"

func main() {
	// [guide]
	safely := func(f func()) {
		defer func() {
			if r := recover(); r != nil {
				fmt.Println("recovered:", r)
			}
		}()
		f()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		safely(func() { panic("boom") })
	}()
	<-done
	// [end]
}
