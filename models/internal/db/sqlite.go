package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"
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
	f, err := OpenFile(path)
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
	if d.read, err = openPool(sqlite.Open(dsn("&_query_only=true")), d, readers); err != nil {
		return err
	}
	if err := d.write.Exec("PRAGMA wal_autocheckpoint = 10000").Error; err != nil { // 40 MB, should checkpoints not keep up
		return err
	}
	conn, err := (&sqlite3.SQLiteDriver{}).Open(dsn(""))
	if err != nil {
		return err
	}
	if err := d.openGuard(dsn("&_query_only=true")); err != nil {
		return err
	}
	var checkpointing context.Context
	checkpointing, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	d.done = make(chan struct{})
	go d.checkpoint(checkpointing, conn)
	return nil
}

// checkpointEvery is how long what is committed stays in the log alone, about.
const checkpointEvery = time.Second

// checkpoint moves what was committed from the log into the file, on a connection of its
// own. SQLite would do so in the commit that fills the log, and whoever made that one
// would wait for a thousand pages in as many places of a large file. What fails is in
// the log still, and the commits say what is wrong with the disk.
func (d *DB) checkpoint(ctx context.Context, conn driver.Conn) {
	defer close(d.done)
	defer func() { _ = conn.Close() }()
	for rest(ctx, checkpointEvery) {
		if d.committed.Swap(false) {
			_, _ = conn.(driver.ExecerContext).ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)", nil)
		}
	}
}

// guard is a connection that only asks whether anything was committed. It is one and
// never another, for the numbers of two connections say nothing about each other. It
// is the driver's own: a pool costs more than the answer.
type guard struct {
	mu      sync.Mutex
	conn    driver.Conn // nil where there is none
	version driver.Stmt
}

func (d *DB) openGuard(dsn string) (err error) {
	if d.guard.conn, err = (&sqlite3.SQLiteDriver{}).Open(dsn); err != nil {
		return err
	}
	d.guard.version, err = d.guard.conn.Prepare("PRAGMA data_version")
	return err
}

func (g *guard) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.conn == nil {
		return nil
	}
	err := errors.Join(g.version.Close(), g.conn.Close())
	g.conn = nil // who asks later must not reach what SQLite has freed
	return err
}

// Version is another number once anything was committed, by this process or by any
// other. SQLite is asked each time, which costs a tenth of a query. ok is false where
// the engine cannot tell, or does not answer.
func (d *DB) Version(ctx context.Context) (version int64, ok bool) {
	d.guard.mu.Lock()
	defer d.guard.mu.Unlock()
	if d.guard.conn == nil {
		return 0, false
	}
	rows, err := d.guard.version.(driver.StmtQueryContext).QueryContext(context.WithoutCancel(ctx), nil)
	if err != nil {
		return 0, false
	}
	defer func() { _ = rows.Close() }()
	row := make([]driver.Value, 1)
	if rows.Next(row) != nil {
		return 0, false
	}
	version, ok = row[0].(int64)
	return version, ok
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
