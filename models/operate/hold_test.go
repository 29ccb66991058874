package operate

import (
	"errors"
	"net"
	"testing"
)

// Who has knocked before the close is let in after it; who comes later is refused, and
// a second close is none.
func TestListenerTakesInWhoWaits(t *testing.T) {
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const early = 5
	for range early {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		c.Close()
		t.Error("somebody came in after the close")
	}
	for range early {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if c.(*net.TCPConn).RemoteAddr() == nil {
			t.Error("a connection from nowhere")
		}
		_ = c.Close()
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the last one: %v", err)
	}
}

// Who waits in Accept while the listener is closed gets its error.
func TestListenerEndsAccept(t *testing.T) {
	for range 50 {
		l, err := Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			_, err := l.Accept()
			ended <- err
		}()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Fatal(err)
		}
	}
}
