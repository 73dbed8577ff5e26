package main

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

func parkedFibers(fibers uint64) {
	runtime.GC()
	before := processMemory()
	begin := time.Now()

	release := make(chan uint64)
	results := make(chan uint64)
	var started sync.WaitGroup
	for i := uint64(0); i < fibers; i++ {
		started.Add(1)
		go func() {
			started.Done()
			results <- <-release
		}()
	}
	started.Wait()
	toStart := time.Since(begin)
	parked := processMemory()

	sum := uint64(0)
	for i := uint64(0); i < fibers; i++ {
		release <- i
		sum += <-results
	}
	debug.FreeOSMemory() // what Go has for those who do not want to wait
	left := processMemory()

	perFiber := 1 / float64(fibers)
	report("parked_start", float64(toStart.Nanoseconds())*perFiber, sum)
	report("parked_resident", float64(parked.resident-before.resident)*perFiber, sum)
	report("parked_page_tables", float64(parked.pageTables-before.pageTables)*perFiber, sum)
	report("parked_mappings", float64(parked.mappings), sum)
	report("parked_left", float64(left.resident)/float64(before.resident), sum)
}

type memory struct{ resident, pageTables, mappings int64 }

func processMemory() memory {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fail(err.Error())
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		fail(err.Error())
	}
	return memory{
		resident:   kibibytes(status, "VmRSS:") * 1024,
		pageTables: kibibytes(status, "VmPTE:") * 1024,
		mappings:   int64(bytes.Count(maps, []byte("\n"))),
	}
}

func kibibytes(status []byte, field string) int64 {
	_, rest, found := bytes.Cut(status, []byte(field))
	if !found {
		fail("/proc/self/status has no " + field)
	}
	value, err := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
	if err != nil {
		fail(err.Error())
	}
	return value
}
