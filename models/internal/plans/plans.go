// Package plans explains to a test every statement that it made the domain run: one
// that reads a whole table costs more with every account, which nobody sees with three
// of them. Nothing but tests imports it.
package plans

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"admitone/models/internal/db"
)

// Heard are the statements of one open database. It is the handler of the log that the
// database gets, which is where gorm's and those that go to the driver both arrive.
type Heard struct {
	slog.Handler // of the log that it stands before

	mu         sync.Mutex
	statements map[string]bool
}

// Hear gives what is to stand before a log.
func Hear(log *slog.Logger) *Heard {
	return &Heard{Handler: log.Handler(), statements: map[string]bool{}}
}

// Enabled asks for statements, whatever the log behind takes.
func (h *Heard) Enabled(context.Context, slog.Level) bool { return true }

// Handle notes a statement and hands on what the log behind takes.
func (h *Heard) Handle(ctx context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "sql" {
			h.note(a.Value.String())
		}
		return true
	})
	if !h.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h *Heard) note(statement string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.statements[statement] && !fromTest() {
		h.statements[statement] = true
	}
}

// fromTest says whether a test asks by itself: what it counts is its own business.
func fromTest() bool {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers[:])])
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "admitone/models") && !strings.Contains(f.Function, "/internal/") {
			return strings.HasSuffix(f.File, "_test.go")
		}
		if !more {
			return true
		}
	}
}

// wholly are what may be read from end to end: tables that do not grow with the
// accounts (of calls three are booked in each half hour), and indexes that hold only what
// waits or give as many as are listed.
var wholly = map[string]bool{
	"keys": true, "switches": true, "tallies": true, "risk_totals": true, "desk_seen": true, "calls": true,
	"messages_due": true, "sign_in_history_uncounted": true, "accounts_closing": true, "changes_waiting": true, "accounts_staff": true, "accounts_age": true,
	"chats_open": true, "chats_changed": true,
}

// onPurpose begins the statements that read all: the sweep sums up what the risk engine
// has seen, the operator asks which keys are in use and a member of staff what readers
// miss, none of them in a transaction.
var onPurpose = regexp.MustCompile(`^SELECT (feature AS name, count\(DISTINCT value\)|key_id, count\(\*\)|article, words, yes, no|query, times, last_at)`)

// What has a plan, and the places of its values: gorm tells PostgreSQL's as $1$.
var (
	planned = regexp.MustCompile(`^(SELECT|INSERT|UPDATE|DELETE|WITH)\b`)
	places  = regexp.MustCompile(`\?|\$\d+\$`)
)

// explained are the statements of all tests, by engine: each is explained once.
var explained sync.Map

// Explain fails a test that made the domain read what grows from end to end.
func (h *Heard) Explain(t testing.TB, d *db.DB) {
	t.Helper()
	if d.Ping(context.Background()) != nil {
		return // the test has closed it; others run the same statements
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for statement := range h.statements {
		if !planned.MatchString(statement) || onPurpose.MatchString(statement) {
			continue
		}
		if _, done := explained.LoadOrStore(d.Engine+statement, true); done {
			continue
		}
		found, err := Whole(d, statement)
		if err != nil {
			t.Errorf("%s: %v", statement, err)
		}
		for _, read := range found {
			t.Errorf("reads the whole of %s: %s", read, statement)
		}
	}
}

// SQLite calls it a scan too where a statement brings its values along, in capitals, and
// where it reads what it has just made of a subquery, whose own reads it tells besides.
var (
	madeSQLite   = regexp.MustCompile(`^(?:CO-ROUTINE|MATERIALIZE) (\w+)`)
	scanSQLite   = regexp.MustCompile(`^SCAN ([a-z]\w*)(?: USING .*INDEX (\w+))?`)
	scanPostgres = regexp.MustCompile(`Seq Scan on (\w+)()`)
)

// Whole names what a statement cannot but read from end to end.
func Whole(d *db.DB, statement string) (found []string, err error) {
	explain, scan := explainSQLite, scanSQLite
	if d.Engine == db.Postgres {
		explain, scan = explainPostgres, scanPostgres
	}
	pool, err := d.Read(context.Background()).DB()
	if err != nil {
		return nil, err
	}
	plan, err := explain(pool, statement)
	made := map[string]bool{}
	for _, line := range plan {
		if m := madeSQLite.FindStringSubmatch(line); m != nil {
			made[m[1]] = true
		}
		if m := scan.FindStringSubmatch(line); m != nil && !made[m[1]] && !wholly[m[1]] && !wholly[m[2]] {
			found = append(found, m[1])
		}
		if strings.HasSuffix(line, "(channel=?)") { // an index of two values is none
			found = append(found, "a channel")
		}
	}
	return found, err
}

func explainSQLite(pool *sql.DB, statement string) ([]string, error) {
	nothing := make([]any, len(places.FindAllString(statement, -1)))
	rows, err := pool.Query("EXPLAIN QUERY PLAN "+statement, nothing...)
	if err != nil {
		return nil, err
	}
	var number int
	return lines(rows, &number, &number, &number)
}

// explainPostgres asks for the plan that serves any value: with none at hand, the one
// for NULL would be to read nothing.
func explainPostgres(pool *sql.DB, statement string) ([]string, error) {
	tx, err := pool.Begin()
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	var nothing []string
	statement = places.ReplaceAllStringFunc(statement, func(string) string {
		nothing = append(nothing, "NULL")
		return fmt.Sprintf("$%d", len(nothing))
	})
	for _, first := range []string{
		"SET LOCAL plan_cache_mode = force_generic_plan",
		// It reads small tables whole though it need not: what cannot but do so is left.
		"SET LOCAL enable_seqscan = off",
		"PREPARE explained AS " + statement,
	} {
		if _, err := tx.Exec(first); err != nil {
			return nil, err
		}
	}
	execute := "EXPLAIN EXECUTE explained"
	if len(nothing) > 0 {
		execute += "(" + strings.Join(nothing, ", ") + ")"
	}
	rows, err := tx.Query(execute)
	if err != nil {
		return nil, err
	}
	plan, err := lines(rows)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec("DEALLOCATE explained") // it outlives the transaction
	return plan, err
}

// lines gives the last column of a plan.
func lines(rows *sql.Rows, before ...any) (plan []string, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var line string
		if err := rows.Scan(append(before, &line)...); err != nil {
			return nil, err
		}
		plan = append(plan, line)
	}
	return plan, rows.Err()
}
