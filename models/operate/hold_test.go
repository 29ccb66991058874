package operate

import (
	"errors"
	"net"
	"os"
	"syscall"
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

// What root makes in the folder of a service belongs to the service, key and all.
func TestRootLeavesTheFolderToItsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	data := t.TempDir()
	if err := os.Chown(data, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"migrate", "account create mara@example.com", "key add"} {
		step{command + " --data " + data, "", ""}.try(t)
	}
	list, err := os.ReadDir(data)
	if err != nil || len(list) < 3 {
		t.Fatal(list, err)
	}
	for _, f := range list {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if its := info.Sys().(*syscall.Stat_t); its.Uid != nobody || its.Gid != nobody {
			t.Errorf("%s belongs to %d, %d", f.Name(), its.Uid, its.Gid)
		}
	}
}
