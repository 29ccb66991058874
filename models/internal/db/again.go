package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm/logger"
)

// What is tried again is tried so often, with waits between that double. Together
// they are far shorter than writeLimit, and no two who collided wait alike.
const (
	mostRuns    = 12
	firstWait   = 5 * time.Millisecond
	longestWait = time.Second
)

// persist does something until it need not be done again, or often enough.
func persist(ctx context.Context, do func() (again bool, err error)) error {
	wait := firstWait
	for run := 1; ; run++ {
		again, err := do()
		if !again || run == mostRuns || !rest(ctx, wait) {
			return err
		}
		wait = min(2*wait, longestWait)
	}
}

// rest waits for about so long; false where ctx ended first.
func rest(ctx context.Context, about time.Duration) bool {
	timer := time.NewTimer(about/2 + rand.N(about))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// sqlState is the engine's own code for an error, "" where the error is not from it.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// collided says that the engine took a transaction back because of another one: a
// deadlock, or no order in which both could be. Some engines only say so at the
// commit; there too nothing of it has happened.
func collided(err error) bool {
	code := sqlState(err)
	return code == "40P01" || code == "40001"
}

// lost says that the connection ended under a statement. One that could not be made
// at all is not lost: then the database is away, and whoever asks is told at once.
func lost(err error) bool {
	var never *pgconn.ConnectError
	if err == nil || errors.As(err, &never) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return false
	}
	code := sqlState(err)
	if strings.HasPrefix(code, "57P") || strings.HasPrefix(code, "08") {
		return true
	}
	var network *net.OpError
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &network) || code == "" && strings.Contains(err.Error(), "conn closed")
}

// steady is a pool whose queries outside of transactions are asked again when their
// connection had ended, or when the engine says so. They change nothing.
type steady struct{ *sql.DB }

// QueryContext is where pgx reports both: it reads the first row at once.
func (s steady) QueryContext(ctx context.Context, query string, args ...any) (rows *sql.Rows, err error) {
	err = persist(ctx, func() (bool, error) {
		rows, err = s.DB.QueryContext(ctx, query, args...) //nolint:sqlclosecheck // the caller's
		return lost(err) || collided(err), err
	})
	return rows, err
}

// GetDBConn gives gorm the pool behind.
func (s steady) GetDBConn() (*sql.DB, error) { return s.DB, nil }

// calm is gorm's logger without what is tried again: it is no fault, and some engines
// say in it which row was fought for. It also leaves out that the database is away:
// whoever asked gets that error, and says it as often as it helps. A log that is open
// for debugging gets every statement.
type calm struct {
	logger.Interface
	log *slog.Logger
}

func (c calm) LogMode(l logger.LogLevel) logger.Interface {
	return calm{Interface: c.Interface.LogMode(l), log: c.log}
}

func (c calm) Trace(ctx context.Context, begin time.Time, fc func() (string, int64), err error) {
	if collided(err) || Away(err) {
		return
	}
	c.Interface.Trace(ctx, begin, fc, err)
	if c.log.Enabled(ctx, slog.LevelDebug) {
		sql, rows := fc()
		c.log.DebugContext(ctx, "a statement", "sql", sql, "rows", rows)
	}
}

// ParamsFilter keeps values out of the log: an address or a hash must never reach it.
func (c calm) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) { return sql, nil }

// why says in the log why something is done again, in the engine's code and no more.
func why(err error) slog.Attr {
	if code := sqlState(err); code != "" {
		return slog.String("reason", code)
	}
	return slog.String("reason", "the connection was lost")
}
