// Command freeport prints a loopback port that nobody listens on, and that no system
// gives to who asks for any: until it is listened on, nobody else comes by it.
package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
)

func main() {
	var all error
	for range 100 {
		port := 10000 + rand.IntN(20000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		defer l.Close()
		fmt.Println(port)
		return
	}
	fmt.Fprintln(os.Stderr, all)
	os.Exit(1)
}
