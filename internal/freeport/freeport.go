// Package freeport is for tests: addresses of loopback that can be listened on, left, and
// listened on again.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"testing"
)

var given sync.Map

// Address is a host and port of loopback where nobody listens. The port is none of those that
// the system gives to who asks for any, and a process is given it once: nobody else comes by
// it, however long it takes until somebody listens there, or listens there again. Where there
// is none the test ends.
//
// It knocks. To listen there, and to close that again, would leave the port taken for as long
// as a process that another test starts meanwhile holds copies of all that was open.
func Address(tb testing.TB) string {
	tb.Helper()
	var all error
	for range 100 {
		at := fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(20000))
		c, err := net.Dial("tcp", at)
		if err == nil {
			_ = c.Close()
			continue
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			all = errors.Join(all, err)
			continue
		}
		if _, before := given.LoadOrStore(at, true); !before {
			return at
		}
	}
	tb.Fatal("no port of 100 is free: ", all)
	return ""
}

// Port is the port of an Address.
func Port(tb testing.TB) string {
	tb.Helper()
	_, port, err := net.SplitHostPort(Address(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return port
}

// Leave closes a listener for TCP: afterwards nobody answers at its address, and somebody can
// listen there again. Close alone would leave it open in the processes that another test starts
// at that moment, until each runs its program.
func Leave(l net.Listener) {
	if l, ok := l.(*net.TCPListener); ok {
		if raw, err := l.SyscallConn(); err == nil {
			_ = raw.Control(func(of uintptr) { _ = syscall.Shutdown(int(of), syscall.SHUT_RDWR) })
		}
	}
	_ = l.Close()
}
