package models

import (
	"context"
	"database/sql"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Every statement that a test of this package makes the domain run is explained to it
// afterwards: one that reads a whole table costs more with every account, which
// nobody sees with three of them.

// plans are the statements of one open domain, with the values they were run with.
type plans struct {
	mu   sync.Mutex
	seen map[string][]any
}

// explained are those of all tests, by engine: each is explained once.
var explained sync.Map

// wholly are what may be read from end to end: tables that do not grow with the
// accounts, indexes that hold only what waits or give as many as are listed, and what a
// query has just bounded.
var wholly = map[string]bool{
	"keys": true, "switches": true, "tallies": true, "risk_totals": true, "desk_seen": true,
	"messages_due": true, "sign_in_history_uncounted": true, "accounts_closing": true, "changes_waiting": true, "accounts_staff": true, "accounts_age": true,
	"acts": true, "recent": true, "waiting": true, "CONSTANT": true,
}

// onPurpose begins the statements that read all, outside any transaction: the sweep
// sums up what the risk engine has seen, and the operator asks which keys are in use.
var onPurpose = regexp.MustCompile(`^SELECT (feature AS name, count\(DISTINCT value\)|key_id, count\(\*\))`)

// watchPlans notes what a domain asks, and explains it at the test's end.
func watchPlans(t testing.TB, d *db.DB) {
	t.Helper()
	p := &plans{seen: map[string][]any{}}
	p.hear(t, d.Read(ctx))
	if d.Engine == db.SQLite { // else both are one pool
		if err := d.Write(ctx, func(tx *db.Tx) error { p.hear(t, tx.DB); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { p.explain(t, d) })
}

func (p *plans) hear(t testing.TB, g *gorm.DB) {
	t.Helper()
	note := func(g *gorm.DB) {
		if fromTest() {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.seen[g.Statement.SQL.String()] = g.Statement.Vars
	}
	c := g.Callback()
	for _, err := range []error{c.Query().Register("plans", note), c.Row().Register("plans", note), c.Raw().Register("plans", note)} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// fromTest says whether a test asks by itself: what it counts is its own business.
func fromTest() bool {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers[:])])
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

func (p *plans) explain(t testing.TB, d *db.DB) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for sql, vars := range p.seen {
		if _, done := explained.LoadOrStore(d.Engine+sql, true); done || !regexp.MustCompile(`^(SELECT|UPDATE|DELETE)\b`).MatchString(sql) || onPurpose.MatchString(sql) {
			continue
		}
		for _, read := range readWhole(t, d, sql, vars) {
			t.Errorf("reads the whole of %s: %s", read, sql)
		}
	}
}

// readWhole names what a statement cannot but read from end to end.
func readWhole(t testing.TB, d *db.DB, statement string, vars []any) (found []string) {
	t.Helper()
	pool, err := d.Read(ctx).DB()
	if err != nil {
		t.Fatal(err)
	}
	var asks interface {
		QueryContext(ctx context.Context, sql string, args ...any) (*sql.Rows, error)
	} = pool
	how, scan := "EXPLAIN QUERY PLAN ", regexp.MustCompile(`^SCAN (\w+)(?: USING .*INDEX (\w+))?`)
	if d.Engine == db.Postgres {
		// It reads small tables whole though it need not: what cannot but do so is left.
		tx, err := pool.BeginTx(ctx, nil)
		if err == nil {
			defer func() { _ = tx.Rollback() }()
			_, err = tx.Exec("SET LOCAL enable_seqscan = off")
		}
		if err != nil {
			t.Fatal(err)
		}
		asks, how, scan = tx, "EXPLAIN ", regexp.MustCompile(`Seq Scan on (\w+)()`)
	}
	rows, err := asks.QueryContext(ctx, how+statement, vars...)
	if err != nil {
		t.Errorf("%s: %v", statement, err)
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		into := []any{&line}
		if d.Engine == db.SQLite {
			into = []any{new(int), new(int), new(int), &line}
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		if m := scan.FindStringSubmatch(line); m != nil && !wholly[m[1]] && !wholly[m[2]] {
			found = append(found, m[1])
		}
		if strings.HasSuffix(line, "(channel=?)") { // an index of two values is none
			found = append(found, "a channel")
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}
