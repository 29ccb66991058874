package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"

	"admitone/models"
)

// MoveCommand moves the SQLite database to PostgreSQL, with the server stopped.
type MoveCommand struct {
	To string `required:"" help:"postgres://... of an empty database."`
}

func (m MoveCommand) do(ctx context.Context, call Call) error {
	set, err := call.Check()
	switch {
	case err != nil:
		return err
	case !models.OnPostgres(m.To):
		return errors.New("--to: name an empty database of PostgreSQL, such as postgres://user:pass@host:port/name")
	case models.OnPostgres(set.Database):
		return errors.New("--database: a move goes from SQLite to PostgreSQL; leave it out, and name the folder by --data")
	case !there(set.Database):
		return fmt.Errorf("--data: there is no database at %s; name the folder that the server uses", set.Database)
	}
	held, err := HoldData(call.Options)
	if err != nil {
		return err
	}
	defer held.Close()
	bar := &progress{w: call.ErrOut, live: isTerminal(call.ErrOut)}
	doing := ""
	moved, err := models.Move(ctx, set.Database, m.To, call.Now, slog.New(slog.NewTextHandler(call.ErrOut, nil)), func(what string, done, all int64) {
		if what != doing {
			if doing != "" {
				bar.end()
			}
			doing = what
			bar.begin(what, all)
		}
		bar.at(done)
	})
	if models.Damaged(err) {
		return MendOpen(set.Database, err)
	}
	if err != nil {
		return inWordsOfMove(err)
	}
	if doing != "" {
		bar.end()
	}
	return m.tell(moved, set, call.Out)
}

// inWordsOfMove names the side that is to be mended.
func inWordsOfMove(err error) error {
	var full *models.NotEmptyError
	var target *models.TargetError
	switch {
	case errors.As(err, &full):
		return fmt.Errorf("--to: the database is in use: %w. Nothing was changed; name an empty one", full)
	case errors.As(err, &target):
		return fmt.Errorf("--to: %w", inWordsOfPostgres(target))
	}
	return fmt.Errorf("move: %w; the target is empty, and the move can be done again", err)
}

func (m MoveCommand) tell(moved []models.Moved, set Setup, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TABLE\tROWS\tSUM, THE SAME ON BOTH SIDES")
	var rows int64
	for _, t := range moved {
		fmt.Fprintf(w, "%s\t%d\t%s\n", t.Table, t.Rows, t.Sum)
		rows += t.Rows
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, `
All %d tables are moved: %d rows, read again on both sides and compared.
From now on start with --database %s and the same keys (%s).
%s is as it was; keep it until the new one has shown that it works, then put it away.
`, len(moved), rows, withoutPassword(m.To), set.keysAt(), set.Database)
	return err
}
