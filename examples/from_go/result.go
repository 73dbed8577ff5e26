package main

import (
	"errors"
	"fmt"
)

// [guide]
func parse(s string) (int, error) {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, errors.New("not a number: " + s)
		}
		n = n*10 + int(c-'0')
	}
	return n, nil
}

type result struct {
	n   int
	err error
}

func main() {
	for _, s := range []string{"42", "4x"} {
		out := make(chan result, 1)
		go func() {
			n, err := parse(s)
			out <- result{n, err}
		}()
		if r := <-out; r.err != nil {
			fmt.Println("error:", r.err)
		} else {
			fmt.Println(r.n)
		}
	}
}

// [end]
