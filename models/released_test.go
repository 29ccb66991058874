package models

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"admitone/models/internal/db"

	"github.com/jackc/pgx/v5"
)

// released is what the people in a dump of testdata/released hold: cookies, and the
// code of the sign-in that is under way.
type released struct {
	At                           time.Time
	Email, Password              string
	Device, Known, Pending, Code string

	Waiting, Second string    // whose second address is about to go, and which
	HoldsAt         time.Time // when it goes
}

// A database of every released schema, as its own program left it, is brought up to
// date and keeps every row, and whoever was in it goes on: the session, the device and
// the code under way.
func TestReleasedSchemas(t *testing.T) {
	known, err := db.Migrations(db.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range known {
		for _, engine := range []string{db.SQLite, db.Postgres} {
			t.Run(fmt.Sprintf("%s-%04d", engine, m.Number), func(t *testing.T) {
				goOnFrom(t, engine, m.Number)
			})
		}
	}
}

func goOnFrom(t *testing.T, engine string, number int64) {
	name := filepath.Join("testdata", "released", fmt.Sprintf("%s-%04d", engine, number))
	var had released
	if err := json.Unmarshal(file(t, name+".json"), &had); err != nil {
		t.Fatal(err)
	}
	database := load(t, engine, file(t, name+".sql"))
	steps, err := Migrations(ctx, database)
	if err != nil || steps[number-1].At.IsZero() || int(number) < len(steps) && !steps[number].At.IsZero() {
		t.Fatalf("before: %+v, %v", steps, err)
	}

	before := rowsOf(t, engine, database)
	if before["accounts"] == 0 || before["events"] == 0 || before["sessions"] == 0 {
		t.Fatalf("the dump is of nobody: %v", before)
	}
	then := &clock{at: had.At.Add(time.Minute)}
	h := openHouse(t, database, func(o *Options) {
		o.KeyFile = filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(o.KeyFile, file(t, name+".key"), 0o600); err != nil {
			t.Fatal(err)
		}
		o.Now = then.now
	})
	h.clock = then
	steps, err = Migrations(ctx, database)
	if err != nil || steps[len(steps)-1].At.IsZero() {
		t.Fatalf("after: %+v, %v", steps, err)
	}
	after := rowsOf(t, engine, database)
	after["budgets"] -= h.count(t, "SELECT count(*) FROM budgets WHERE key = 'keys'") // the lock that each start takes on PostgreSQL, which makes its row
	for table, rows := range before {
		if n, kept := after[table]; !kept || n != rows {
			t.Errorf("%s had %d rows, and has %d", table, rows, n)
		}
	}
	if !h.signedIn(t, had.Known) {
		t.Error("the session is over")
	}
	known := browser()
	known.Device = had.Device
	if s, err := h.SignIns.Start(ctx, had.Email, had.Password, "", known); err != nil || s.Outcome != Accepted {
		t.Errorf("on the known device: %+v, %v", s, err)
	}
	pending := browser()
	pending.Session = had.Pending
	want := Accepted
	if number == 1 {
		want = ChannelOff // 0001 did not keep whose address a code goes to: these sign-ins begin again
	}
	if a, err := h.SignIns.Answer(ctx, had.Code, "", Ticks{}, pending); err != nil || a.Outcome != want {
		t.Errorf("the code under way: %+v, %v", a, err)
	}
	fresh := browser()
	if s, err := h.SignIns.Start(ctx, had.Email, had.Password, "", fresh); err != nil || s.Outcome != CodeSent {
		t.Fatalf("on a new device: %+v, %v", s, err)
	} else {
		fresh.Session = s.Session
	}
	if a, err := h.SignIns.Answer(ctx, h.lastCode(t, had.Email), "", Ticks{}, fresh); err != nil || a.Outcome != Accepted {
		t.Errorf("its code: %+v, %v", a, err)
	}
	if _, err := h.Staff.Show(ctx, had.Email); err != nil {
		t.Error(err)
	}
	if had.Waiting != "" {
		h.takesHold(t, had)
	}
}

// takesHold says that what waited before goes on waiting, and then takes hold.
func (h *house) takesHold(t *testing.T, had released) {
	there := func(want int) {
		t.Helper()
		if err := h.ApplyDue(ctx); err != nil {
			t.Fatal(err)
		}
		if got := h.count(t, "SELECT count(*) FROM identifiers WHERE value = ? AND verified_at IS NOT NULL", had.Second); got != want {
			t.Errorf("%s is there %d times", had.Second, got)
		}
	}
	there(1)
	h.forward(had.HoldsAt.Sub(h.core.db.Now()))
	there(0)
	if v, err := h.Staff.Show(ctx, had.Waiting); err != nil {
		t.Error(v, err)
	}
}

// rowsOf counts the rows of every table but the one that migrations are noted in.
func rowsOf(t *testing.T, engine, database string) map[string]int {
	t.Helper()
	driver := "sqlite3"
	if engine == db.Postgres {
		driver = "pgx"
	}
	pool, err := sql.Open(driver, database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	rows := map[string]int{}
	for _, table := range tableNames(t, pool, engine) {
		var n int
		if err := pool.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		rows[table] = n
	}
	delete(rows, "goose_db_version")
	return rows
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// load makes a database of a dump.
func load(t *testing.T, engine string, dump []byte) (database string) {
	t.Helper()
	if engine == db.SQLite {
		database = filepath.Join(t.TempDir(), "admitone.db")
		pool, err := sql.Open("sqlite3", database)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec(string(dump)); err != nil {
			t.Fatal(err)
		}
		if err := pool.Close(); err != nil {
			t.Fatal(err)
		}
		return database
	}
	database = postgresURL(t)
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.PgConn().Exec(ctx, string(dump)).ReadAll(); err != nil {
		t.Fatal(err)
	}
	return database
}
