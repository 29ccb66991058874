package devinbox

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// listener hands out connections that can be watched, and knows those that are
// open: one that was accepted while the server shut down is closed here, where
// the SMTP server does not know of it yet.
type listener struct {
	net.Listener
	mu     sync.Mutex
	open   map[*conn]struct{}
	closed bool
	ended  sync.WaitGroup // counts the open ones
}

func newListener(l net.Listener) *listener {
	return &listener{Listener: l, open: map[*conn]struct{}{}}
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = raw.Close()
		return nil, net.ErrClosed
	}
	c := &conn{Conn: raw, from: l}
	l.open[c] = struct{}{}
	l.ended.Add(1)
	return c, nil
}

// Close stops listening and closes every connection still open.
func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return net.ErrClosed
	}
	l.closed = true
	for c := range l.open {
		_ = c.Conn.Close() // whoever serves it notices, and ends it
	}
	return l.Listener.Close()
}

// conn is a connection on which one can notice that the other side has gone
// while it is not its turn to speak. The SMTP server does not read while it
// owes an answer, so without this a conversation told to hang would hang for
// ever after its sender had given up.
type conn struct {
	net.Conn
	from  *listener
	ahead []byte // what was read while watching; belongs to the next Read
}

// maxAhead is how much a sender may say while it is left hanging.
const maxAhead = 64 << 10

// Close closes the connection.
func (c *conn) Close() error {
	c.from.mu.Lock()
	if _, open := c.from.open[c]; open {
		delete(c.from.open, c)
		c.from.ended.Done()
	}
	c.from.mu.Unlock()
	return c.Conn.Close()
}

// Read gives back first what watching has read. Nobody reads while somebody
// watches, so ahead needs no lock.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.ahead) > 0 {
		n := copy(p, c.ahead)
		c.ahead = c.ahead[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// watch returns a channel that is closed when the connection has ended, and a
// function that ends the watch, after which the connection can be used again.
func (c *conn) watch() (gone <-chan struct{}, stop func()) {
	ended, finished := make(chan struct{}), make(chan struct{})
	_ = c.Conn.SetReadDeadline(time.Time{}) // the idle limit does not count while we owe the answer
	go func() {
		defer close(finished)
		buf := make([]byte, 4096)
		for len(c.ahead) < maxAhead {
			n, err := c.Conn.Read(buf)
			c.ahead = append(c.ahead, buf[:n]...)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return
			}
			if err != nil {
				close(ended)
				return
			}
		}
	}()
	return ended, func() {
		_ = c.Conn.SetReadDeadline(time.Unix(1, 0)) // long past: the read above returns
		<-finished
		_ = c.Conn.SetReadDeadline(time.Time{})
	}
}
