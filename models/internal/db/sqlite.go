package db

import (
	"context"
	"errors"
	"os"
	"strings"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

// ErrNoCompiler means that the program was built without cgo, which SQLite
// needs.
var ErrNoCompiler = errors.New("this program was built without a C compiler, which the embedded database needs")

// readers is how many connections answer queries beside the one that writes.
const readers = 6

// openSQLite opens two pools on the file: one connection that writes, a few
// that only read. With eight writing connections the worst transaction took
// seconds, with one 18 to 32 ms, at the same throughput.
func (d *DB) openSQLite(ctx context.Context, path string) error {
	dsn := func(extra string) string {
		return fileURL(path) +
			"?_txlock=immediate&_busy_timeout=5000&_foreign_keys=on&_journal_mode=WAL&_synchronous=FULL&_stmt_cache_size=256" + extra
	}
	// Made here, because SQLite would let others read it; its WAL takes the
	// file's mode.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := d.migrateSQLite(ctx, dsn("")); err != nil {
		return err
	}
	if d.write, err = openPool(sqlite.Open(dsn("")), d, 1); err != nil {
		return err
	}
	d.read, err = openPool(sqlite.Open(dsn("&_query_only=true")), d, readers)
	return err
}

func openPool(dialector gorm.Dialector, d *DB, size int) (*gorm.DB, error) {
	g, err := gorm.Open(dialector, gormConfig(d.log))
	if err != nil {
		return nil, noCompiler(err)
	}
	pool, err := g.DB()
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return g, nil
}

// noCompiler recognises the driver's own words for a build without cgo.
func noCompiler(err error) error {
	if err != nil && strings.Contains(err.Error(), "requires cgo") {
		return ErrNoCompiler
	}
	return err
}
