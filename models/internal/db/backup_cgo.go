//go:build cgo

package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/mattn/go-sqlite3"
)

// pagesAtOnce is how many pages are copied between two looks at ctx and two words of
// progress: 1 MB.
const pagesAtOnce = 256

// copySQLite runs SQLite's online backup inside of one reading transaction. Without
// it every write by another process would make SQLite begin again: under a load, for
// ever. A reader keeps no writer waiting (WAL).
func copySQLite(ctx context.Context, from, to string, step func(done, all int64)) (err error) {
	source, err := connect(from, "&_query_only=true")
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := connect(to, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	for _, begin := range []string{"BEGIN", "SELECT count(*) FROM sqlite_master"} { // the first read makes the moment
		if err := run(source, begin); err != nil {
			return err
		}
	}
	backup, err := target.Backup("main", source, "main")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backup.Finish()) }()
	for {
		done, err := backup.Step(pagesAtOnce)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		all := int64(backup.PageCount())
		step(all-int64(backup.Remaining()), all)
		if done {
			return nil
		}
	}
}

func connect(name, more string) (*sqlite3.SQLiteConn, error) {
	c, err := new(sqlite3.SQLiteDriver).Open(fileURL(name) + "?mode=rw&_busy_timeout=5000" + more)
	if err != nil {
		return nil, err
	}
	own, ok := c.(*sqlite3.SQLiteConn)
	if !ok {
		return nil, fmt.Errorf("the driver's connection is a %T", c)
	}
	return own, nil
}

// run reads a statement to its end.
func run(c *sqlite3.SQLiteConn, statement string) error {
	rows, err := c.Query(statement, nil)
	if err != nil {
		return err
	}
	for err == nil {
		err = rows.Next(make([]driver.Value, len(rows.Columns())))
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, rows.Close())
}
