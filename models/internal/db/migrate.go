package db

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
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

// migratePostgres holds an advisory lock, so that many processes may start at
// once.
func (d *DB) migratePostgres(ctx context.Context, pool *sql.DB) error {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return closing(pool, err)
	}
	return closing(pool, up(ctx, goose.DialectPostgres, pool, Postgres, goose.WithSessionLocker(locker)))
}

func up(ctx context.Context, dialect goose.Dialect, pool *sql.DB, engine string, o ...goose.ProviderOption) error {
	if err := pool.PingContext(ctx); err != nil {
		return wrap("connect", err)
	}
	files, err := fs.Sub(migrations, "migrations/"+engine)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, pool, files, o...)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return wrap("migrate", err)
}
