package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// mostWaiting bounds the transactions that run or wait for a connection. While the
// database is locked or slow, each holds a request and its memory for up to
// writeLimit; past so many the next one is told at once.
const mostWaiting = 512

// errCrowded is an error of the database being away, for Away.
var errCrowded = errors.New("too many transactions wait for the database")

// Away says that an error tells of the database and not of the statement: it cannot
// be reached, is locked, full or read-only. The same act may succeed later.
func Away(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	for _, e := range []error{errCrowded, context.DeadlineExceeded, driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, e) {
			return true
		}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// Connection, resources (too many clients, a full disk), an operator's
		// intervention (shutdown), the system, a read-only server.
		return slices.Contains([]string{"08", "53", "57", "58"}, pg.Code[:min(2, len(pg.Code))]) || pg.Code == "25006"
	}
	var connect *pgconn.ConnectError
	var wire net.Error
	return errors.As(err, &connect) || errors.As(err, &wire) || fileAway(err)
}
