// Go's side of benchmarks/io.
//
//	peer_go_io tcp|udp WORKERS
//	peer_go_io tls WORKERS CERTIFICATE KEY
//	peer_go_io file WORKERS FILE SECONDS
//
// A server prints its port and ends when its standard input does.
package main

import (
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	bufferBytes = 1024
	readers     = 16
	blockBytes  = 4096
	blocks      = 16 * 1024
)

func main() {
	workers, err := strconv.Atoi(os.Args[2])
	must(err)
	runtime.GOMAXPROCS(workers)
	switch os.Args[1] {
	case "tcp":
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		must(err)
		serve(listener, listener.Addr().(*net.TCPAddr).Port)
	case "tls":
		certificate, err := tls.LoadX509KeyPair(os.Args[3], os.Args[4])
		must(err)
		plain, err := net.Listen("tcp", "127.0.0.1:0")
		must(err)
		config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13}
		serve(tls.NewListener(plain, config), plain.Addr().(*net.TCPAddr).Port)
	case "udp":
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
		must(err)
		go echoDatagrams(conn)
		fmt.Println(conn.LocalAddr().(*net.UDPAddr).Port)
		io.Copy(io.Discard, os.Stdin)
	case "file":
		seconds, err := strconv.ParseFloat(os.Args[4], 64)
		must(err)
		readFile(os.Args[3], time.Duration(seconds*float64(time.Second)))
	default:
		fmt.Println("absent")
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func serve(listener net.Listener, port int) {
	go func() {
		for {
			conn, err := listener.Accept()
			must(err)
			go echo(conn)
		}
	}()
	fmt.Println(port)
	io.Copy(io.Discard, os.Stdin)
}

func echo(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, bufferBytes)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if _, err := conn.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func echoDatagrams(conn *net.UDPConn) {
	buffer := make([]byte, bufferBytes)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		must(err)
		_, err = conn.WriteToUDPAddrPort(buffer[:n], from)
		must(err)
	}
}

func readFile(path string, length time.Duration) {
	file, err := os.Open(path)
	must(err)
	var reads atomic.Uint64
	for reader := uint64(0); reader != readers; reader++ {
		go func(state uint64) {
			buffer := make([]byte, blockBytes)
			for {
				state = state*6364136223846793005 + 1442695040888963407
				block := (state >> 33) % blocks
				_, err := file.ReadAt(buffer, int64(block*blockBytes))
				must(err)
				if binary.LittleEndian.Uint64(buffer) != block {
					log.Fatal("a wrong block")
				}
				reads.Add(1)
			}
		}(reader)
	}
	time.Sleep(length / 5)
	count, used, began := reads.Load(), processorTime(), time.Now()
	time.Sleep(length)
	fmt.Printf("%d %.6f %.6f\n", reads.Load()-count, time.Since(began).Seconds(), (processorTime() - used).Seconds())
}

func processorTime() time.Duration {
	var used syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
