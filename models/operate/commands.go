package operate

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"admitone/models"
)

// Commands are what an operator does beside the server: each has a type of its own,
// with its flags, and a method that does it.
type Commands struct {
	Account  AccountCommands `cmd:"" help:"Look after accounts: create, list, show, unlock, sign-out, role."`
	Risk     RiskCommands    `cmd:"" help:"Look at the risk engine: evaluate."`
	Doctor   DoctorCommand   `cmd:"" help:"Look whether the service is set up right, and say what to mend."`
	SendTest SendTestCommand `cmd:"" help:"Send one real message, and tell what the mail server or the gateway says."`
	Backup   BackupCommand   `cmd:"" help:"Copy the SQLite database into a file, while the server serves."`
	Move     MoveCommand     `cmd:"" help:"Move a SQLite database to PostgreSQL, with the server stopped."`
	Migrate  MigrateCommands `cmd:"" help:"Bring the schema up to date before a server starts: up (with --check only look), status."`
	Key      KeyCommands     `cmd:"" help:"Turn the keys that codes are derived from: add, list, remove."`
}

// Call is one call of a command from the command line.
type Call struct {
	Options
	Words       string // the command line's, such as 'account show <account>'
	Now         func() time.Time
	Out, ErrOut io.Writer // what was asked for; log and progress

	Refusal func(field, reason string) string // the sentence of the pages for what is typed wrong
}

// Version is that of the program.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}

// Do does what the words of the call name.
func (c Commands) Do(ctx context.Context, call Call) error {
	switch first, _, _ := strings.Cut(call.Words, " "); first {
	case "account":
		return c.Account.do(ctx, call)
	case "risk":
		return c.Risk.do(ctx, call)
	case "doctor":
		return c.Doctor.do(ctx, call)
	case "send-test":
		return c.SendTest.do(ctx, call)
	case "backup":
		return c.Backup.do(ctx, call)
	case "move":
		return c.Move.do(ctx, call)
	case "migrate":
		return c.Migrate.do(ctx, call)
	case "key":
		return c.Key.do(ctx, call)
	}
	return errors.New("no such command: " + call.Words)
}

// open opens the domain as the options say, beside a running server or without one. It
// neither makes a database nor brings one up to date: whoever looks with a newer
// program must not change the schema under the servers.
func (c Call) open(ctx context.Context) (*models.Models, Setup, error) {
	set, err := c.Check()
	if err != nil {
		return nil, set, err
	}
	if err := upToDate(ctx, set.Database); err != nil {
		return nil, set, err
	}
	m, err := models.Open(ctx, models.Options{
		Database: set.Database, Keys: set.Keys, KeyFile: set.KeyFile, Brand: set.Brand, Policy: set.Policy, Now: c.Now,
		Texts: set.Texts, Countries: set.Countries,
		Log: slog.New(slog.NewTextHandler(c.ErrOut, nil)),
	})
	if err != nil {
		return nil, set, MendOpen(set.Database, err)
	}
	return m, set, nil
}
