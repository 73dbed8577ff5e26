package main

import "fmt"

func main() {
	// [guide]
	done := make(chan struct{})      // unbuffered
	words := make(chan string, 2)    // room for two
	go func() {
		for word := range words {
			fmt.Println(word)
		}
		close(done)
	}()

	for _, word := range []string{"warp", "weft", "loom"} {
		words <- word
	}
	close(words)
	<-done

	word, ok := <-words
	fmt.Printf("%q %v\n", word, ok)
	fmt.Println(len(words), cap(words))
	// [end]
}
