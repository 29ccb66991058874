package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"admitone/models"
)

// MigrateCommands bring the schema up to date before a server starts. A server does
// it by itself, too; a deploy of many instances may want it done first.
type MigrateCommands struct {
	Up     migrateUp `cmd:"" default:"withargs" help:"Bring the schema of the database up to date (the default)."`
	Status struct{}  `cmd:"" help:"List the steps of the schema, and when each was done."`
}

type migrateUp struct {
	Check bool `help:"Change nothing; end with 1 where there is something to do."`
}

func (m MigrateCommands) do(ctx context.Context, call Call) error {
	set, err := call.Check()
	if err != nil {
		return err
	}
	before, err := models.Migrations(ctx, set.Database)
	if err != nil {
		return MendOpen(set.Database, err)
	}
	if strings.HasPrefix(call.Words, "migrate status") {
		return listMigrations(before, call.Out)
	}
	at, pending := standing(before)
	switch {
	case newer(before):
		return fmt.Errorf("migrate: the database is at %s, which only a newer admitone knows; use that one, or restore the backup from before it", at)
	case len(pending) == 0:
		_, err := fmt.Fprintf(call.Out, "There is nothing to do: the database is at %s.\n", at)
		return err
	case m.Up.Check:
		return fmt.Errorf("migrate: %s to be done: %s; run admitone migrate", isOrAre(len(pending)), strings.Join(pending, ", "))
	}
	if !models.OnPostgres(set.Database) {
		held, err := HoldData(call.Options)
		if err != nil {
			return err
		}
		defer held.Close()
	}
	if err := models.Migrate(ctx, set.Database, call.Now, slog.New(slog.NewTextHandler(call.ErrOut, nil))); err != nil {
		return MendOpen(set.Database, err)
	}
	after, err := models.Migrations(ctx, set.Database)
	if err != nil {
		return err
	}
	now, left := standing(after)
	if len(left) > 0 {
		return errors.New("migrate: left undone: " + strings.Join(left, ", "))
	}
	_, err = fmt.Fprintf(call.Out, "The database went from %s to %s.\n", at, now)
	return err
}

// upToDate is an error unless a database is there, with the schema of this program.
func upToDate(ctx context.Context, database string) error {
	if !models.OnPostgres(database) && !there(database) {
		return fmt.Errorf("--data: there is no database at %s; name the folder that the server uses, or make one by admitone migrate", database)
	}
	list, err := models.Migrations(ctx, database)
	if err != nil {
		return MendOpen(database, err)
	}
	switch at, pending := standing(list); {
	case newer(list):
		return fmt.Errorf("--database: it is at %s, which only a newer admitone knows; use that one", at)
	case len(pending) > 0:
		return fmt.Errorf("--database: it is at %s, and this admitone needs it at %s; use the one that serves, or run admitone migrate", at, pending[len(pending)-1])
	}
	return nil
}

func isOrAre(n int) string {
	if n == 1 {
		return "1 step is"
	}
	return fmt.Sprintf("%d steps are", n)
}

// standing says at which step a schema is, and which are to be done.
func standing(list []models.Migration) (at string, pending []string) {
	at = "an empty schema"
	for _, m := range list {
		if m.At.IsZero() {
			pending = append(pending, m.Name)
		} else {
			at = nameOf(m)
		}
	}
	return at, pending
}

// newer says whether a newer program has changed the schema.
func newer(list []models.Migration) bool { return len(list) > 0 && list[len(list)-1].Name == "" }

// ontoNewer is what to do on a schema of a newer program.
const ontoNewer = "start the newer admitone here, too; to stay with this one, restore the backup from before it"

func ofNewer(at string) string { return "a newer admitone has changed the schema (" + at + ")" }

func nameOf(m models.Migration) string {
	if m.Name == "" {
		return fmt.Sprintf("%04d", m.Number)
	}
	return m.Name
}

func listMigrations(list []models.Migration, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STEP\tDONE")
	for _, m := range list {
		done := "to do"
		if !m.At.IsZero() {
			done = m.At.Format("2006-01-02 15:04 MST")
		}
		if m.Name == "" {
			done += ", by a newer admitone"
		}
		fmt.Fprintf(w, "%s\t%s\n", nameOf(m), done)
	}
	return w.Flush()
}
