package operate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"

	"admitone/models"

	"github.com/jackc/pgx/v5/pgconn"
)

// MendOpen says why a database cannot be opened: the option behind it, and the mend.
func MendOpen(database string, err error) error {
	switch {
	case errors.Is(err, models.ErrNoCompiler):
		return fmt.Errorf("--database: %w; install one (Debian: apt install gcc) and build again, or use postgres://", err)
	case strings.HasPrefix(err.Error(), "--"):
		return err
	case models.OnPostgres(database):
		return fmt.Errorf("--database: %w", inWordsOfPostgres(err))
	case models.Damaged(err):
		return fmt.Errorf("--data: %s is damaged, or no database; stop the server, and restore the last backup (README.md, 'Backups')", database)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("--data: %w; %s", err, toOwner)
	}
	return fmt.Errorf("--database: %w", err)
}

// inWordsOfPostgres says in one sentence, and what to do, why PostgreSQL does not serve.
// The driver's own words have the address many times, and may have the password.
func inWordsOfPostgres(err error) error {
	var unread *pgconn.ParseConfigError
	var connect *pgconn.ConnectError
	var said *pgconn.PgError
	if errors.As(err, &unread) {
		return errors.New("it cannot be read; write it like postgres://user:pass@host:port/name, with special characters of user and password as %xx")
	}
	at, user, name := "", "", ""
	if errors.As(err, &connect) {
		at = " at " + net.JoinHostPort(connect.Config.Host, strconv.Itoa(int(connect.Config.Port)))
		user, name = connect.Config.User, connect.Config.Database
	}
	switch {
	case errors.As(err, &said) && said.Code == "28P01":
		return fmt.Errorf("PostgreSQL%s does not take the user %s with this password; compare both, special characters are written as %%xx", at, user)
	case said != nil && said.Code == "3D000":
		return fmt.Errorf("there is no database %s%s; make it first: createdb %s", name, at, name)
	case said != nil && (said.Code == "42501" || said.Code == "3F000"):
		return fmt.Errorf("PostgreSQL refuses: %s; make its user the owner of the database, or name the user that the server has", said.Message)
	case said != nil:
		return fmt.Errorf("PostgreSQL%s refuses: %s (SQLSTATE %s); its log tells more", at, said.Message, said.Code)
	case connect != nil:
		return fmt.Errorf("PostgreSQL%s does not answer: %s; look whether it runs, and at the address", at, whyAway(err))
	}
	return err
}

// whyAway is the first of the ways that a connection failed.
func whyAway(err error) string {
	var unnamed *net.DNSError
	var wire *net.OpError
	switch {
	case errors.As(err, &unnamed):
		return "its name is not known"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &wire):
		return innermost(wire)
	}
	text := innermost(err)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
