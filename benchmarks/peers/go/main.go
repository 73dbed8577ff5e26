// The workloads of benchmarks/compare, as a Go programmer would write them.
//
//	peer_go WORKLOAD WORKERS OPERATIONS
//
// prints one line "name value checksum" for each thing it measures; the value is in nanoseconds per operation unless the
// name says otherwise. The comments on weft's side (benchmarks/workloads) say what one operation is.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
)

// A workload does that many operations and returns a checksum of what came out.
type workload func(operations uint64) uint64

var workloads = map[string]workload{
	"yield":               yieldBetweenTwo,
	"spawn_join":          spawnAndJoin,
	"spawn_waves":         spawnInWaves,
	"skynet":              skynet,
	"fork_join":           forkJoin,
	"fan_out":             fanOut,
	"stealing":            stealing,
	"chan_ping_pong":      pingPong,
	"chan_unbuffered_1_1": func(n uint64) uint64 { return fan(0, 1, 1, n) },
	"chan_unbuffered_8_8": func(n uint64) uint64 { return fan(0, 8, 8, n) },
	"chan_buffered_1_1":   func(n uint64) uint64 { return fan(128, 1, 1, n) },
	"chan_buffered_8_1":   func(n uint64) uint64 { return fan(128, 8, 1, n) },
	"chan_buffered_8_8":   func(n uint64) uint64 { return fan(128, 8, 8, n) },
	"select_parked":       selectParked,
	"select_ready":        selectReady,
	"select_default":      selectDefault,
	"sleep_1us":           sleepMicrosecond,
	"timeout_ping_pong":   timeoutPingPong,
	"mutex_64":            mutexContended,
	"tcp_echo_1":          func(n uint64) uint64 { return tcpEcho(1, n) },
	"tcp_echo_64":         func(n uint64) uint64 { return tcpEcho(64, n) },
}

func main() {
	if len(os.Args) != 4 {
		fail("usage: peer_go WORKLOAD WORKERS OPERATIONS")
	}
	name := os.Args[1]
	runtime.GOMAXPROCS(int(number(os.Args[2])))
	operations := number(os.Args[3])

	switch name {
	case "parked_fibers":
		parkedFibers(operations)
		return
	case "idle_process":
		idleProcess(operations)
		return
	}
	work, known := workloads[name]
	if !known {
		fmt.Println(name, "absent")
		return
	}

	work(operations / 10) // warm up
	start := time.Now()
	checksum := work(operations)
	elapsed := time.Since(start)
	report(name, float64(elapsed.Nanoseconds())/float64(operations), checksum)
}

func report(name string, value float64, checksum uint64) {
	fmt.Printf("%s %.3f %d\n", name, value, checksum)
}

func number(text string) uint64 {
	value, err := strconv.ParseUint(text, 10, 63)
	if err != nil || value == 0 {
		fail("not a positive number: " + text)
	}
	return value
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}
