package db

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// OpenFile opens a file to read and write, and makes it, mode 0600, where there is
// none. What root makes belongs to whoever has the folder: who runs one command as
// root must not keep the service from starting.
func OpenFile(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	}
	if err == nil {
		OwnedLike(f, filepath.Dir(name))
	}
	return f, err
}

// OwnedLike gives a new file of root's to the owner of another one. By its handle: its
// name could lead elsewhere by now, in a folder of somebody else's.
func OwnedLike(f *os.File, other string) {
	if info, err := os.Stat(other); err == nil && os.Geteuid() == 0 {
		if its, ok := info.Sys().(*syscall.Stat_t); ok {
			_ = f.Chown(int(its.Uid), int(its.Gid))
		}
	}
}
