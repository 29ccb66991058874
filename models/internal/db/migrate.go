package db

import (
	"context"
	"database/sql"
	"embed"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// migrateSQLite runs on a handle of its own and closes it: a migration that
// turns foreign keys off would leave them off on the one writing connection.
func (d *DB) migrateSQLite(ctx context.Context, dsn string) error {
	pool, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return noCompiler(err)
	}
	pool.SetMaxOpenConns(1)
	return closing(pool, noCompiler(up(ctx, goose.DialectSQLite3, pool, SQLite)))
}

// migrationLock is the advisory lock of migrations: any number that is ours.
const migrationLock = 0x61646d6974

// The states that a migration fails with where another process is at the same one,
// beside collided: what it makes is there, or what it changes is being changed.
var alreadyMade = []string{"42P07", "42701", "42710", "23505", "55000", "XX000"}

// migrateTries is how often a process that meets another one looks again, about half
// a second apart.
const migrateTries = 60

func (d *DB) migratePostgres(ctx context.Context, pool *sql.DB) error {
	return closing(pool, inTurn(ctx, pool))
}

// inTurn lets many processes start at once: one goes first, by an advisory lock.
// Where the engine has none, or one that locks nothing, they collide: each migration
// begins with a statement that only one of them can do, and the others look again
// until it is through.
func inTurn(ctx context.Context, pool *sql.DB) error {
	// Of a transaction, not of a session: a pooler that lends connections by the
	// transaction would keep that one locked for good.
	if first, err := pool.BeginTx(ctx, nil); err == nil {
		defer func() { _ = first.Rollback() }()
		_, _ = first.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock))
	}
	for try := 1; ; try++ {
		err := up(ctx, goose.DialectPostgres, pool, Postgres)
		if err == nil {
			err = byBytes(ctx, pool)
		}
		met := collided(err) || slices.Contains(alreadyMade, sqlState(err))
		if !met || try == migrateTries || !rest(ctx, time.Second/2) {
			return err
		}
	}
}

// byBytes has the keys of budgets compared byte by byte, so that those of one account
// are a range of the index. It is no migration: the distributed engines compare so by
// themselves, and cannot make a column do it.
func byBytes(ctx context.Context, pool *sql.DB) error {
	var otherwise bool
	if err := pool.QueryRowContext(ctx, "SELECT 'a' < 'B'").Scan(&otherwise); err != nil || !otherwise {
		return err
	}
	for _, table := range []string{"spends", "budgets", "strikes"} {
		var done bool
		err := pool.QueryRowContext(ctx, `SELECT count(*) > 0 FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = $1 AND column_name = 'key' AND collation_name = 'C'`, table).Scan(&done)
		if err == nil && !done {
			_, err = pool.ExecContext(ctx, "ALTER TABLE "+table+` ALTER COLUMN key TYPE TEXT COLLATE "C"`)
		}
		if err != nil {
			return wrap("collate "+table, err)
		}
	}
	return nil
}

func up(ctx context.Context, dialect goose.Dialect, pool *sql.DB, engine string) error {
	if err := pool.PingContext(ctx); err != nil {
		return wrap("connect", err)
	}
	files, err := fs.Sub(migrations, "migrations/"+engine)
	if err != nil {
		return err
	}
	if engine == Postgres && statementwise(ctx, pool) {
		files = singly{files}
	}
	p, err := goose.NewProvider(dialect, pool, files)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return wrap("migrate", err)
}

// statementwise says whether the engine is CockroachDB, which tells its version to
// whoever connects. In a transaction it makes no partial index of a column that is as
// new, and no index of a name that has just become free.
func statementwise(ctx context.Context, pool *sql.DB) (yes bool) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		yes = ok && c.Conn().PgConn().ParameterStatus("crdb_version") != ""
		return nil
	})
	return yes
}

// singly are migrations whose statements each take effect by themselves.
type singly struct{ fs.FS }

// Open gives a file with the word for goose in front.
func (s singly) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	return prefixed{f, io.MultiReader(strings.NewReader("-- +goose NO TRANSACTION\n"), f)}, nil
}

type prefixed struct {
	fs.File
	text io.Reader
}

func (f prefixed) Read(b []byte) (int, error) { return f.text.Read(b) }
