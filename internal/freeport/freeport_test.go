package freeport

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// TestMain lets the tests start a program that ends at once: this one.
func TestMain(m *testing.M) {
	if os.Getenv("FREEPORT_ENDS") == "" {
		os.Exit(m.Run())
	}
}

// Processes are started all the while, and each holds for a moment what was open: who asked for
// an address listens there at once all the same, and again once it was left.
func TestBesideStarts(t *testing.T) {
	over := make(chan struct{})
	var starting sync.WaitGroup
	defer starting.Wait()
	defer close(over)
	for range 4 {
		starting.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				c := exec.Command(os.Args[0])
				c.Env = append(os.Environ(), "FREEPORT_ENDS=1")
				if err := c.Run(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 500 {
		at := Address(t)
		for range 2 {
			l, err := net.Listen("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			Leave(l)
			if c, err := net.Dial("tcp", at); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Fatal("somebody answers where it was left: ", c, err)
			}
		}
	}
}
