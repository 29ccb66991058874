package db

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Look is a database that is only looked at: nothing is made, migrated or written.
type Look struct {
	Engine string
	pool   *sql.DB
}

// OpenLook opens a database that is there, in use or not. The error is
// fs.ErrNotExist where a SQLite file is not.
func OpenLook(ctx context.Context, at string) (*Look, error) {
	l := &Look{Engine: EngineOf(at)}
	if l.Engine == Postgres {
		c, err := pgx.ParseConfig(at)
		if err != nil {
			return nil, err
		}
		c.RuntimeParams["timezone"] = "UTC"
		c.RuntimeParams["default_transaction_read_only"] = "on"
		l.pool = stdlib.OpenDB(*c)
	} else {
		if _, err := os.Stat(at); err != nil {
			return nil, err
		}
		// Without a log nobody has the file open; asked for as immutable, SQLite
		// makes none either, which would be ours and in the way of the server's.
		how := "&mode=ro"
		if _, err := os.Stat(at + "-wal"); err != nil {
			how += "&immutable=1"
		}
		var err error
		if l.pool, err = sql.Open("sqlite3", fileURL(at)+"?_busy_timeout=5000&_query_only=true"+how); err != nil {
			return nil, noCompiler(err)
		}
	}
	l.pool.SetMaxOpenConns(1)
	if err := l.pool.PingContext(ctx); err != nil {
		return nil, closing(l.pool, noCompiler(err))
	}
	return l, nil
}

// Close ends the connection.
func (l *Look) Close() error { return l.pool.Close() }

// Version is what the engine calls itself, such as 'PostgreSQL 15.3'.
func (l *Look) Version(ctx context.Context) (string, error) {
	var v string
	if l.Engine == SQLite {
		err := l.pool.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&v)
		return "SQLite " + v, err
	}
	err := l.pool.QueryRowContext(ctx, "SELECT version()").Scan(&v)
	return strings.Join(strings.Fields(v)[:min(2, len(strings.Fields(v)))], " "), err
}

// Clock is the time of PostgreSQL's machine; SQLite's is ours.
func (l *Look) Clock(ctx context.Context) (time.Time, error) {
	return l.Time(ctx, "SELECT clock_timestamp()")
}

// Has says whether there is such a table.
func (l *Look) Has(ctx context.Context, table string) (bool, error) {
	query := "SELECT count(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = $1"
	if l.Engine == Postgres {
		query = "SELECT to_regclass(quote_ident(current_schema()) || '.' || $1) IS NOT NULL" // information_schema hides what one may not read
	}
	var has bool
	err := l.pool.QueryRowContext(ctx, query, table).Scan(&has)
	return has, err
}

// List gives one column of text.
func (l *Look) List(ctx context.Context, query string) ([]string, error) {
	return column(ctx, l.pool, query)
}

// Time gives one time, zero where there is no row.
func (l *Look) Time(ctx context.Context, query string) (at time.Time, err error) {
	err = l.pool.QueryRowContext(ctx, query).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return at.UTC(), err
}

// EngineOf says which engine a URL or a path names.
func EngineOf(at string) string {
	if strings.HasPrefix(at, "postgres://") || strings.HasPrefix(at, "postgresql://") {
		return Postgres
	}
	return SQLite
}

func fileURL(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }
