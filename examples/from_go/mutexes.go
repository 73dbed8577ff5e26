package main

import (
	"fmt"
	"sync"
)

// [guide]
type registry struct {
	mu    sync.RWMutex
	ports map[string]int
}

func (r *registry) add(name string, port int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ports[name] = port
}

func (r *registry) find(name string) (int, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	port, ok := r.ports[name]
	return port, ok
}

// [end]

func main() {
	r := registry{ports: map[string]int{}}
	r.add("http", 80)
	fmt.Println(r.find("http"))
	fmt.Println(r.find("gopher"))
}
