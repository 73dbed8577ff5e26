package main

import (
	"fmt"
	"io"
	"net"
)

func main() {
	// [guide]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go func() {
				defer conn.Close()
				io.Copy(conn, conn)
			}()
		}
	}()

	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		panic(err)
	}
	conn.Write([]byte("hello"))
	answer := make([]byte, 5)
	io.ReadFull(conn, answer)
	fmt.Println(string(answer))
	conn.Close()
	listener.Close()
	// [end]
}
