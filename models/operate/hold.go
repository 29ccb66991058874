package operate

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"admitone/models"
)

// HoldData makes the data folder and, where the database is a file in it, holds
// it against a second process: two would write one file with two clocks. The
// lock goes with the process, so that a crash leaves nothing to clean up.
func HoldData(o Options) (io.Closer, error) {
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("--data: cannot make the folder: %w; %s", err, toOwner)
	}
	f, err := models.OpenFile(filepath.Join(o.Data, "lock"))
	if err != nil {
		return nil, fmt.Errorf("--data: cannot write into %s: %w; %s", o.Data, err, toOwner)
	}
	if o.Database != "" {
		return f, nil
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("--data: another admitone is serving from %s; stop it, or give this one a folder of its own", o.Data), f.Close())
	}
	return f, nil
}

// Listen takes the address of --listen; the error names the option and the mend.
func Listen(address string) (net.Listener, error) {
	l, err := bind("--listen", address)
	if err != nil {
		return nil, err
	}
	return &listener{TCPListener: l.(*net.TCPListener), closed: make(chan struct{})}, nil
}

// ListenMetrics takes the address of --metrics.
func ListenMetrics(address string) (net.Listener, error) { return bind("--metrics", address) }

func bind(option, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s: %s is in use by another program; stop it, or choose another port", option, address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s: the user that runs admitone may not use the port of %s; use one from 1024 on, or give it CAP_NET_BIND_SERVICE as deploy/admitone.service tells", option, address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("%s: this machine does not have the address of %s; give one that it has, or 0.0.0.0 for all", option, address)
	}
	return nil, fmt.Errorf("%s: %w", option, err)
}

// listener takes in, when it is closed, who has knocked already. The kernel would cut
// them off, and a proxy must not send a form a second time that it has sent once: it
// would have to tell its reader of a fault at every restart.
type listener struct {
	*net.TCPListener
	once    sync.Once
	closed  chan struct{}
	waiting []net.Conn // set before closed is
}

// Accept gives those who knocked in time, and then the error of a closed listener.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.TCPListener.Accept()
	if err == nil || !errors.Is(err, net.ErrClosed) && !errors.Is(err, syscall.EINVAL) { // the second is that of one that is being shut
		return c, err
	}
	<-l.closed
	if len(l.waiting) == 0 {
		return nil, net.ErrClosed
	}
	c, l.waiting = l.waiting[0], l.waiting[1:]
	return c, nil
}

// Close refuses who comes from now on.
func (l *listener) Close() (err error) {
	l.once.Do(func() {
		var taken []int
		if raw, rawErr := l.SyscallConn(); rawErr == nil {
			err = raw.Control(func(fd uintptr) {
				for {
					one, _, err := syscall.Accept(int(fd))
					if err != nil && !errors.Is(err, syscall.EINTR) && !errors.Is(err, syscall.ECONNABORTED) {
						break // nobody is left
					}
					if err == nil {
						taken = append(taken, one)
					}
				}
				_ = syscall.Shutdown(int(fd), syscall.SHUT_RD) // at once: who comes between is cut off
			})
		}
		for _, one := range taken {
			f := os.NewFile(uintptr(one), "")
			if c, connErr := net.FileConn(f); connErr == nil {
				l.waiting = append(l.waiting, c)
			}
			_ = f.Close()
		}
		err = errors.Join(err, l.TCPListener.Close())
		close(l.closed)
	})
	return err
}
