package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup copies the SQLite file at from into the new file to, mode 0600, while others
// go on reading and writing, and checks the copy. It is as the database was at one
// moment, and gets its name only once it is whole, checked and on the disk. Where
// the name is taken the error is fs.ErrExist, unless replace. Only another database is
// replaced, never this one: else the error is ErrNoCopy. step hears how many pages are
// done.
func Backup(ctx context.Context, from, to string, replace bool, step func(done, all int64)) error {
	if _, err := os.Stat(from); err != nil {
		return err
	}
	if err := free(to, from, replace); err != nil {
		return err
	}
	// In a folder of its own, which takes whatever SQLite makes beside a file, and
	// beside the target, because a rename stays within one file system.
	dir, err := os.MkdirTemp(filepath.Dir(to), ".admitone-backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	copied := filepath.Join(dir, "copy")
	if f, err := os.OpenFile(copied, os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return err
	} else if err := f.Close(); err != nil {
		return err
	}
	if err := copySQLite(ctx, from, copied, step); err != nil {
		return noCompiler(err)
	}
	if err := seal(ctx, copied); err != nil {
		return err
	}
	if err := free(to, from, replace); err != nil { // it may have been made in the meantime
		return err
	}
	if err := os.Rename(copied, to); err != nil {
		return err
	}
	return syncFile(filepath.Dir(to))
}

// ErrNoCopy says that what a copy would take the place of is none itself.
var ErrNoCopy = errors.New("no copy")

// magic is what every SQLite file begins with.
const magic = "SQLite format 3\x00"

// free says whether the copy of a database may get a name.
func free(name, from string, replace bool) error {
	own, err := filepath.Abs(from)
	if err != nil {
		return err
	}
	to, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	for _, beside := range []string{"", "-wal", "-shm", "-journal"} {
		if to == own+beside || sameFile(to, own+beside) {
			return fmt.Errorf("%s is the database itself, or belongs to it: %w", name, ErrNoCopy)
		}
	}
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !replace:
		return fs.ErrExist
	case !info.Mode().IsRegular() || !isDatabase(name):
		return fmt.Errorf("%s is no database: %w", name, ErrNoCopy)
	}
	return nil
}

func isDatabase(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(magic))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == magic
}

func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// seal makes the copy one file that needs no log beside it, checks all of it, and
// sees to it that it is on the disk.
func seal(ctx context.Context, name string) error {
	pool, err := sql.Open("sqlite3", fileURL(name)+"?mode=rw&_journal_mode=DELETE")
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(1)
	var said string
	err = pool.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said)
	if err == nil && said != "ok" {
		err = fmt.Errorf("the copy is damaged, and so may the database be: %s", said)
	}
	if err := closing(pool, err); err != nil {
		return err
	}
	return syncFile(name)
}

func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
