package main

import (
	"encoding/binary"
	"io"
	"net"
)

const messageBytes = 64

func tcpEcho(connections int, roundTrips uint64) uint64 {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer listener.Close()
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go echo(connection)
		}
	}()

	sums := make(chan uint64)
	share := roundTrips / uint64(connections)
	for c := 0; c < connections; c++ {
		first := uint64(c) * share
		go func() { sums <- talk(listener.Addr().String(), first, first+share) }()
	}
	total := uint64(0)
	for c := 0; c < connections; c++ {
		total += <-sums
	}
	return total
}

func echo(connection net.Conn) {
	defer connection.Close()
	var buffer [messageBytes]byte
	for {
		n, err := connection.Read(buffer[:])
		if err != nil {
			return
		}
		if _, err := connection.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func talk(address string, first, last uint64) uint64 {
	connection, err := net.Dial("tcp", address)
	check(err)
	defer connection.Close()
	var message, answer [messageBytes]byte
	sum := uint64(0)
	for i := first; i < last; i++ {
		binary.LittleEndian.PutUint64(message[:], i)
		_, err := connection.Write(message[:])
		check(err)
		_, err = io.ReadFull(connection, answer[:])
		check(err)
		sum += binary.LittleEndian.Uint64(answer[:])
	}
	return sum
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}
