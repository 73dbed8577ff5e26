// The workloads of benchmarks/latency, as a Go programmer would write them.
//
//	peer_go_latency channel|timer WORKERS GOROUTINES WORK_NS alone|hog SCHEDULE
//
// plays a schedule and writes when each request was due, woken and run; weft's side (benchmarks/latency_weft.cpp) describes
// the files and what each workload does.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strconv"
)

func main() {
	if len(os.Args) != 7 {
		fail("usage: peer_go_latency channel|timer WORKERS GOROUTINES WORK_NS alone|hog SCHEDULE")
	}
	runtime.GOMAXPROCS(int(number(os.Args[2])))
	goroutines := int(number(os.Args[3]))
	requests := newArrivals(schedule(os.Args[6]), number(os.Args[4]))
	besideHog := os.Args[5] == "hog"

	inTime := false
	switch os.Args[1] {
	case "channel":
		inTime = wakeByChannel(requests, goroutines, besideHog)
	case "timer":
		inTime = wakeByTimer(requests, goroutines, besideHog)
	default:
		fail("no such workload")
	}
	if !inTime {
		fail("the goroutines were not ready when the schedule began")
	}

	out := bufio.NewWriter(os.Stdout)
	if binary.Write(out, binary.LittleEndian, requests.records) != nil || out.Flush() != nil {
		fail("cannot write")
	}
}

func schedule(path string) []int64 {
	file, err := os.Open(path)
	if err != nil {
		fail(err.Error())
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		fail(err.Error())
	}
	due := make([]int64, info.Size()/8)
	if err := binary.Read(bufio.NewReader(file), binary.LittleEndian, due); err != nil {
		fail(err.Error())
	}
	return due
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 63)
	if err != nil || value < 0 {
		fail("WORKERS, GOROUTINES and WORK_NS are numbers")
	}
	return value
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, "peer_go_latency:", message)
	os.Exit(2)
}
