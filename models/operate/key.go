package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"admitone/models"
)

// KeyCommands turn the keys that codes and links are derived from. None prints a
// secret, but add where somebody has to hand it out.
type KeyCommands struct {
	Add    keyAdd    `cmd:"" help:"Make a key that begins in a while."`
	List   struct{}  `cmd:"" help:"List the keys, and what still needs them."`
	Remove keyRemove `cmd:"" help:"Take out an old key that nothing needs any more."`
}

type keyAdd struct {
	StartsIn time.Duration `default:"1h" help:"When it begins, such as 1h: by then every machine must hold it."`
}

type keyRemove struct {
	ID        string `arg:"" help:"Id of the key, as list shows it."`
	BeginAnew bool   `help:"Take out the oldest one, too: limits, and the memory of browsers and networks, begin anew."`
}

func (k KeyCommands) do(ctx context.Context, call Call) (err error) {
	m, set, err := call.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	at := func(t time.Time) string { return t.In(set.Zone).Format("2006-01-02 15:04 MST") }
	verb, _, _ := strings.Cut(strings.TrimPrefix(call.Words, "key "), " ")
	switch verb {
	case "add":
		return k.Add.run(ctx, m, call.Out, at)
	case "list":
		return listKeys(ctx, m, call.Out, at)
	}
	if err := m.Keys.Remove(ctx, k.Remove.ID, k.Remove.BeginAnew); err != nil {
		return keptKey(err, k.Remove.ID, at)
	}
	said := "Key %s is taken out of the file.\n"
	if set.Keys != "" {
		said = "Nothing needs key %s any more: take its line out of ADMITONE_KEYS, and start the machines again one after the other.\n"
	}
	_, err = fmt.Fprintf(call.Out, said, k.Remove.ID)
	return err
}

func (k keyAdd) run(ctx context.Context, m *models.Models, out io.Writer, at func(time.Time) string) error {
	added, line, err := m.Keys.Add(ctx, k.StartsIn)
	if err != nil {
		return fmt.Errorf("--starts-in: %w", err)
	}
	if line == "" {
		_, err = fmt.Fprintf(out, "Key %s is in the file and begins at %s. Running machines that read this file take it up by themselves; copy it to the others before then.\n", added.ID, at(added.Starts))
		return err
	}
	_, err = fmt.Fprintf(out, "Add this line to ADMITONE_KEYS of every machine, and start them again one after the other before %s. It is secret.\n\n%s\n", at(added.Starts), line)
	return err
}

func listKeys(ctx context.Context, m *models.Models, out io.Writer, at func(time.Time) string) error {
	list, err := m.Keys.List(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tBEGINS\tSTATE\tCODES\tNEEDED")
	for _, k := range list {
		needed := "-"
		if k.State == models.KeyOld {
			needed = "until " + at(k.Needed)
		}
		if k.Oldest {
			needed = strings.TrimPrefix(needed+", names browsers and addresses", "-, ")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", k.ID, at(k.Starts), k.State, k.Codes, needed)
	}
	return w.Flush()
}

// keptKey says why a key stays.
func keptKey(err error, id string, at func(time.Time) string) error {
	var e *models.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Reason {
	case "unknown":
		return fmt.Errorf("no key has the id %q; admitone key list shows them", id)
	case "current":
		return fmt.Errorf("key %s stays: new codes and links are made with it; add another, and wait until that has begun", id)
	case "codes":
		return fmt.Errorf("key %s stays: %d codes in the database were made with it; they go a day after they are over", id, e.N)
	case "needed":
		return fmt.Errorf("key %s stays until %s: messages have links that were made with it", id, at(e.RetryAt))
	case "oldest":
		return fmt.Errorf("key %s stays: it is the oldest, which names browsers and addresses; without it limits and the memory of the risk engine begin anew; say --begin-anew where you mean that", id)
	}
	return err
}
