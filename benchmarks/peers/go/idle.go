package main

import (
	"net"
	"syscall"
	"time"
)

func idleProcess(goroutines uint64) {
	const sockets = 1000
	never := make(chan struct{})
	woken := make(chan uint64)
	for i := uint64(0); i < goroutines; i++ {
		go func() {
			<-never
			woken <- 1
		}()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	waitForInput := func(connection net.Conn) {
		var buffer [messageBytes]byte
		connection.Read(buffer[:])
	}
	for made := 0; made < sockets; made += 2 {
		dialled, err := net.Dial("tcp", listener.Addr().String())
		check(err)
		accepted, err := listener.Accept()
		check(err)
		go waitForInput(dialled)
		go waitForInput(accepted)
	}
	time.Sleep(500 * time.Millisecond) // all of them have parked

	before, begin := processTime(), time.Now()
	time.Sleep(2 * time.Second)
	used, passed := processTime()-before, time.Since(begin)

	close(never)
	sum := uint64(0)
	for i := uint64(0); i < goroutines; i++ {
		sum += <-woken
	}
	report("idle_process", 100*float64(used)/float64(passed), sum)
}

// processTime is the processor time that the whole process has used.
func processTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
