package models

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/mattn/go-sqlite3"
)

// faults is a house in which the engine itself refuses one statement of an act, with
// an error that no act is run again for.
type faults struct {
	*house
	countdown
	again func()  // makes SQLite ask for leave once more
	query string  // the query for every row of every table
	pool  *sql.DB // what it is asked with

	seen string // the state that everything has read last
	last []string
}

// countdown counts the statements of an act down to the one that is refused.
type countdown struct {
	mu   sync.Mutex
	left int  // 0: none is refused
	met  bool // the statement at hand is counted
	hit  bool
	at   string // the statement that was, where the log tells it
}

func (c *countdown) arm(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.met, c.hit, c.at = n, false, false, "the begin or the commit"
}

// disarm says whether a statement was refused, and which.
func (c *countdown) disarm() (hit bool, at string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = 0
	return c.hit, c.at
}

// turn counts one statement, and says whether it is the one.
func (c *countdown) turn() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 {
		return false
	}
	c.left--
	c.hit = c.left == 0
	return c.hit
}

// What SQLite names what it asks leave for.
const (
	sqliteOK, sqliteDeny = 0, 1
	sqliteTransaction    = 22
)

// leave is SQLite's question before it makes a statement ready, and for each table and
// column that is in it.
func (c *countdown) leave(op int, what, _, _ string) int {
	c.mu.Lock()
	counted := c.met
	c.met = op != sqliteTransaction
	c.mu.Unlock()
	if op == sqliteTransaction {
		counted = what == "ROLLBACK"
	}
	if !counted && c.turn() {
		return sqliteDeny
	}
	return sqliteOK
}

// Enabled makes faults the log of a database: every statement is told once it is over.
func (f *faults) Enabled(context.Context, slog.Level) bool { return true }

// Handle makes SQLite forget the statements that it has ready, so that it asks about
// the next one, too.
func (f *faults) Handle(_ context.Context, r slog.Record) error {
	f.mu.Lock()
	if f.hit && f.at == "the begin or the commit" {
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "sql" {
				f.at = a.Value.String()
			}
			return true
		})
	}
	f.met = false
	f.mu.Unlock()
	if f.again != nil {
		f.again()
	}
	return nil
}

// WithAttrs and WithGroup change nothing: the log is only listened to.
func (f *faults) WithAttrs([]slog.Attr) slog.Handler { return f }
func (f *faults) WithGroup(string) slog.Handler      { return f }

// everyWhere runs a test where SQLite, and where PostgreSQL, refuses statements.
func everyWhere(t *testing.T, test func(t *testing.T, f *faults)) {
	t.Helper()
	everyWhereWith(t, func(*Options) {}, test)
}

// everyWhereWith is everyWhere with other options.
func everyWhereWith(t *testing.T, change func(*Options), test func(t *testing.T, f *faults)) {
	t.Helper()
	open := func(t *testing.T, f *faults, database string) {
		f.house = openHouse(t, database, func(o *Options) {
			withTexts(o)
			o.Policy.DailyTexts = 1000
			o.Log = slog.New(f)
			change(o)
		})
		withoutHash(f.house)
	}
	t.Run("sqlite", func(t *testing.T) {
		f := &faults{}
		open(t, f, f.onFile(t))
		f.query, f.pool = f.allRows(t, "quote"), f.reader(t)
		test(t, f)
		f.again = nil
	})
	t.Run("postgres", func(t *testing.T) {
		f := &faults{}
		w, database := onWire(t, postgresURL(t))
		w.plain.Store(true)
		w.refuse = &f.countdown
		open(t, f, database)
		f.query, f.pool = f.allRows(t, ""), f.reader(t)
		test(t, f)
	})
}

// onFile gives a SQLite file whose connections ask for leave.
func (f *faults) onFile(t *testing.T) string {
	t.Helper()
	var mu sync.Mutex
	var open []*sqlite3.SQLiteConn
	pool, err := sql.Open("sqlite3", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	// The one that all pools of this process share.
	driver := pool.Driver().(*sqlite3.SQLiteDriver)
	driver.ConnectHook = func(c *sqlite3.SQLiteConn) error {
		mu.Lock()
		defer mu.Unlock()
		c.RegisterAuthorizer(f.leave)
		open = append(open, c)
		return nil
	}
	t.Cleanup(func() { driver.ConnectHook = nil })
	f.again = func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open { // nothing, where it is closed
			c.RegisterAuthorizer(f.leave)
		}
	}
	return filepath.Join(t.TempDir(), "admitone.db")
}

// reader is the pool that reads are made with. What is asked there is not in the log.
func (f *faults) reader(t testing.TB) *sql.DB {
	t.Helper()
	pool, err := f.core.db.Read(ctx).DB()
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// allRows is a query for every row of every table as one text, made with a function of
// the engine for each column, "" where it makes a text of a whole row.
func (f *faults) allRows(t testing.TB, quote string) string {
	t.Helper()
	var parts []string
	for _, table := range f.tables(t) {
		row := "x::text"
		if quote != "" {
			row = strings.Join(texts(t, f.reader(t), "SELECT '"+quote+"(x.' || name || ')' FROM pragma_table_info(?)", table), " || ' ' || ")
		}
		parts = append(parts, fmt.Sprintf("SELECT '%s ' || %s FROM %s x", table, row, table))
	}
	return strings.Join(parts, " UNION ALL ")
}

// everything is the whole database, and what was counted for the figures beside it.
func (f *faults) everything(t testing.TB) []string {
	t.Helper()
	if state := f.state(t); state != f.seen {
		f.seen, f.last = state, texts(t, f.pool, f.query)
	}
	f.core.watch.mu.Lock()
	defer f.core.watch.mu.Unlock()
	return append(slices.Clone(f.last), fmt.Sprint(maps.Clone(f.core.watch.deltas)))
}

// state is another one once anything is: SQLite counts what is committed.
func (f *faults) state(t testing.TB) string {
	t.Helper()
	if version, ok := f.core.db.Version(ctx); ok {
		return fmt.Sprint(version)
	}
	return texts(t, f.pool, "SELECT md5(string_agg(r, '|' ORDER BY r)) FROM ("+f.query+") AS everything(r)")[0]
}

// whole does an act again and again: first its first statement is refused, then its
// second one, until it has come through. Each time before, the act must tell an error
// and nothing at all must have happened.
func (f *faults) whole(t testing.TB, name string, act func() error) {
	t.Helper()
	f.tried(t, name, act, func(after, before []string) []string {
		return append(difference(after, before), difference(before, after)...)
	})
}

// inSteps is whole for what is many acts, one after the other, each of which holds.
func (f *faults) inSteps(t testing.TB, name string, act func() error) {
	t.Helper()
	f.tried(t, name, act, func([]string, []string) []string { return nil })
}

func (f *faults) tried(t testing.TB, name string, act func() error, changed func(after, before []string) []string) {
	t.Helper()
	before := f.everything(t)
	for n := 1; ; n++ {
		if f.again != nil {
			f.again()
		}
		f.arm(n)
		err := act()
		hit, at := f.disarm()
		switch {
		case !hit && err != nil:
			t.Fatalf("%s, with nothing refused: %v", name, err)
		case !hit && n == 1:
			t.Fatalf("%s asks the database nothing", name)
		case !hit:
			return
		case err == nil:
			t.Errorf("%s: statement %d was refused and nobody heard: %s", name, n, at)
			return
		}
		if _, refusal := err.(*Error); refusal {
			t.Errorf("%s: statement %d was refused, and people are told %v: %s", name, n, err, at)
		}
		if list := changed(f.everything(t), before); len(list) > 0 {
			t.Fatalf("%s: statement %d was refused, and this was done: %s\n%s", name, n, at, strings.Join(list, "\n"))
		}
	}
}

// difference is what is in one list and not in another.
func difference(of, from []string) (list []string) {
	there := map[string]bool{}
	for _, s := range from {
		there[s] = true
	}
	for _, s := range of {
		if !there[s] {
			list = append(list, s)
		}
	}
	return list
}

// came is an error unless an act has come to an outcome.
func came(to, want Outcome, err error) error {
	if err == nil && to != want {
		err = fmt.Errorf("it came to %v, not to %v", to, want)
	}
	return err
}

// noSpace is a commit that comes to nothing, as on a full disk.
const noSpace = "ROLLBACK; DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100' END $$"

// refused is a message in the place of the one statement that is refused, for the
// server to answer as it does.
func (c *countdown) refused(m pgproto3.FrontendMessage) pgproto3.FrontendMessage {
	switch said := m.(type) {
	case *pgproto3.Query:
		switch {
		case said.String == "-- ping" || strings.EqualFold(said.String, "rollback") || !c.turn():
		case strings.EqualFold(said.String, "commit"):
			return &pgproto3.Query{String: noSpace}
		default:
			return &pgproto3.Query{String: unlike}
		}
	case *pgproto3.Bind:
		if c.turn() {
			return &pgproto3.Parse{Query: unlike}
		}
	}
	return m
}
