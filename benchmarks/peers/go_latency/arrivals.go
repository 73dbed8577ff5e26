package main

import "time"

const leadTime = 500 * time.Millisecond

// Nanoseconds since the schedule began.
type record struct{ Due, Woken, Ran int64 }

type arrivals struct {
	records []record
	work    int64
	begin   time.Time
}

func newArrivals(due []int64, work int64) *arrivals {
	requests := &arrivals{make([]record, len(due)), work, time.Now().Add(leadTime)}
	for k, at := range due {
		requests.records[k].Due = at
	}
	return requests
}

func (a *arrivals) now() int64 { return int64(time.Since(a.begin)) }

func (a *arrivals) sleepUntilDue(k int) {
	if left := a.records[k].Due - a.now(); left > 0 {
		time.Sleep(time.Duration(left))
	}
}

func (a *arrivals) noteWake(k int) { a.records[k].Woken = a.now() }

func (a *arrivals) serve(k int) {
	start := a.now()
	a.records[k].Ran = start
	for a.now() < start+a.work {
	}
}
