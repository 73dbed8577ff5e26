package main

import (
	"fmt"
	"sync"
)

// [guide]
type queue struct {
	mu    sync.Mutex
	some  *sync.Cond
	items []int
}

func (q *queue) put(v int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = append(q.items, v)
	q.some.Signal()
}

func (q *queue) take() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 {
		q.some.Wait()
	}
	v := q.items[0]
	q.items = q.items[1:]
	return v
}

// [end]

func main() {
	q := &queue{}
	q.some = sync.NewCond(&q.mu)
	go q.put(7)
	fmt.Println(q.take())
}
