package operate

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// HoldData makes the data folder and, where the database is a file in it, holds
// it against a second process: two would write one file with two clocks. The
// lock goes with the process, so that a crash leaves nothing to clean up.
func HoldData(o Options) (io.Closer, error) {
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("--data: cannot make the folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(o.Data, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--data: cannot write into %s: %w; give the folder to the user that runs admitone, or choose another", o.Data, err)
	}
	if o.Database != "" {
		return f, nil
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("--data: another admitone is serving from %s; stop it, or give this one a folder of its own", o.Data), f.Close())
	}
	return f, nil
}

// Listen takes the address; the error names the option and the mend.
func Listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("--listen: %s is in use by another program; stop it, or choose another port", address)
	}
	if err != nil {
		return nil, fmt.Errorf("--listen: %w", err)
	}
	return l, nil
}
