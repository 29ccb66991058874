package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"admitone/models/internal/db"

	"github.com/jackc/pgx/v5"
)

// fillUp puts n rows into every table, by way of the schema itself: the nth row of
// each has the same id, so that whatever refers to another finds it. Each second row
// has no value where it need not have one.
func fillUp(t testing.TB, database string, n int) (tables []string) {
	t.Helper()
	pool, err := sql.Open("sqlite3", "file:"+database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(pool.Exec("BEGIN"))
	tables = texts(t, pool, "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'goose_db_version' AND name NOT LIKE 'sqlite_%' ORDER BY name")
	for _, table := range tables {
		columns := texts(t, pool, `SELECT name || '|' || type || '|' || ("notnull" OR pk) FROM pragma_table_info(?) ORDER BY cid`, table)
		var row []string
		for _, c := range columns {
			name, rest, _ := strings.Cut(c, "|")
			kind, needed, _ := strings.Cut(rest, "|")
			value := map[string]string{
				"TEXT": "'r' || i || ' ü'", "INTEGER": "1000000007 + i", "REAL": "i / 3.0", "BOOLEAN": "i % 3 = 0",
				"DATETIME": "strftime('%Y-%m-%d %H:%M:%f', 1764000000.123 + i, 'unixepoch') || '+00:00'",
			}[kind]
			if value == "" {
				t.Fatalf("%s.%s is a %s, which nobody has tried to move", table, name, kind)
			}
			if needed == "0" {
				value = "CASE WHEN i % 2 = 0 THEN " + value + " END"
			}
			row = append(row, value)
		}
		must(pool.Exec(fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO %s SELECT %s FROM n", n, table, strings.Join(row, ", "))))
	}
	must(pool.Exec("COMMIT"))
	return tables
}

func texts(t testing.TB, pool *sql.DB, query string, args ...any) (list []string) {
	t.Helper()
	rows, err := pool.Query(query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

// tableNames lists the tables of a database, that of the migrations too.
func tableNames(t testing.TB, pool *sql.DB, engine string) []string {
	t.Helper()
	if engine == db.Postgres {
		return texts(t, pool, "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()")
	}
	return texts(t, pool, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
}

func emptySQLite(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "admitone.db")
	if err := Migrate(ctx, path, newClock().now, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return path
}

func move(from, to string, step func(string, int64, int64)) ([]Moved, error) {
	return Move(ctx, from, to, newClock().now, slog.New(slog.DiscardHandler), step)
}

// Every table of the schema is moved, with whatever can stand in it.
func TestMoveForgetsNothing(t *testing.T) {
	from, to := emptySQLite(t), postgresURL(t)
	tables := fillUp(t, from, 100)
	var heard []string
	moved, err := move(from, to, func(what string, done, all int64) {
		if done == all {
			heard = append(heard, what)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, to)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, _ := conn.Query(ctx, "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() AND table_name <> 'goose_db_version' ORDER BY 1")
	there, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range moved {
		names = append(names, m.Table)
		if m.Rows != 100 || len(m.Sum) != 32 {
			t.Errorf("%+v", m)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, tables) || !slices.Equal(names, there) {
		t.Errorf("moved are %q\nof SQLite's %q\nand PostgreSQL's %q", names, tables, there)
	}
	if !slices.Equal(heard, []string{"Copying", "Comparing"}) {
		t.Errorf("heard the end of %q", heard)
	}
	var value string
	var at time.Time
	var roams bool
	if err := conn.QueryRow(ctx, "SELECT a.email_shown, b.at, b.roams FROM sign_ups a, sign_in_history b WHERE a.id = 'r3 ü' AND b.id = 'r3 ü'").Scan(&value, &at, &roams); err != nil {
		t.Fatal(err)
	}
	if value != "r3 ü" || !at.UTC().Equal(time.UnixMilli(1764000003123).UTC()) || !roams {
		t.Errorf("a row came as %q, %v, %v", value, at.UTC(), roams)
	}

	var full *NotEmptyError
	if _, err := move(from, to, func(string, int64, int64) {}); !errors.As(err, &full) || full.Table == "" {
		t.Errorf("into a database with rows: %v", err)
	}
}

// A move that fails in its last table, and one that is given up, leave the target
// empty, so that it can be done again.
func TestMoveFails(t *testing.T) {
	from, to := emptySQLite(t), postgresURL(t)
	fillUp(t, from, 3)
	pool, err := sql.Open("sqlite3", "file:"+from)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	// PostgreSQL takes no such text.
	if _, err := pool.Exec("UPDATE votes SET article = CAST(x'610062' AS TEXT) WHERE id = 'r2 ü'"); err != nil {
		t.Fatal(err)
	}
	if _, err := move(from, to, func(string, int64, int64) {}); err == nil || !strings.Contains(err.Error(), "the table votes") {
		t.Fatalf("with a text that cannot be moved: %v", err)
	}
	if _, err := pool.Exec("UPDATE votes SET article = 'no-code' WHERE id = 'r2 ü'"); err != nil {
		t.Fatal(err)
	}
	given, up := context.WithCancel(ctx)
	if _, err := Move(given, from, to, newClock().now, slog.New(slog.DiscardHandler), func(what string, done, all int64) {
		if what == "Comparing" {
			up()
		}
	}); err == nil {
		t.Fatal("a move that was given up went through")
	}
	if _, err := move(from, to, func(string, int64, int64) {}); err != nil {
		t.Errorf("done again: %v", err)
	}
}

// What the target makes of a row on its way in is found out before the commit, whether a
// value is another or a row is missing, and leaves the target empty.
func TestMoveCompares(t *testing.T) {
	from := emptySQLite(t)
	fillUp(t, from, 20)
	for name, does := range map[string]string{
		"a value": "NEW.article := NEW.article || '.'; RETURN NEW;",
		"a row":   "RETURN NULL;",
	} {
		t.Run(name, func(t *testing.T) {
			to := postgresURL(t)
			if err := Migrate(ctx, to, newClock().now, slog.New(slog.DiscardHandler)); err != nil {
				t.Fatal(err)
			}
			conn, err := pgx.Connect(ctx, to)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close(ctx) }()
			must := func(statement string) {
				t.Helper()
				if _, err := conn.Exec(ctx, statement); err != nil {
					t.Fatal(err)
				}
			}
			must("CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + does + " END $$")
			must("CREATE TRIGGER spoils BEFORE INSERT ON votes FOR EACH ROW WHEN (NEW.id = 'r2 ü') EXECUTE FUNCTION spoil()")
			_, err = move(from, to, func(string, int64, int64) {})
			mustContain(t, err, "the table votes differs", "nothing was kept there")
			left := rowsOf(t, db.Postgres, to)
			if len(left) == 0 {
				t.Fatal("there is no table")
			}
			for table, n := range left {
				if n != 0 {
					t.Errorf("%d rows are left in %s", n, table)
				}
			}
			must("DROP TRIGGER spoils ON votes")
			if _, err := move(from, to, func(string, int64, int64) {}); err != nil {
				t.Errorf("done again: %v", err)
			}
		})
	}
}

// A copy is whole and its own owner's alone, and nothing is written over.
func TestBackupFile(t *testing.T) {
	from := emptySQLite(t)
	fillUp(t, from, 500)
	dir := t.TempDir()
	to := filepath.Join(dir, "copy.db")
	var steps int
	quiet := func(done, all int64) { steps++ }
	if err := Backup(ctx, from, to, false, quiet); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 || steps == 0 {
		t.Errorf("%v, %v, %d steps", info.Mode(), err, steps)
	}
	if err := Backup(ctx, from, to, false, quiet); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	if err := Backup(ctx, from, to, true, quiet); err != nil {
		t.Errorf("over a file that may go: %v", err)
	}
	if err := Backup(ctx, filepath.Join(dir, "none.db"), filepath.Join(dir, "x.db"), false, quiet); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
	given, up := context.WithCancel(ctx)
	if err := Backup(given, from, filepath.Join(dir, "y.db"), false, func(int64, int64) { up() }); err == nil {
		t.Error("a backup that was given up went through")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("what is left beside the copy: %v, %v", left, err)
	}
}

// A database that is damaged where no query has been is found out by its copy, which is
// not kept.
func TestBackupFindsDamage(t *testing.T) {
	from := emptySQLite(t)
	fillUp(t, from, 500)
	pool, err := sql.Open("sqlite3", "file:"+from)
	if err != nil {
		t.Fatal(err)
	}
	var page, size int64
	err = pool.QueryRow("SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_master WHERE name = 'votes_age'").Scan(&page, &size)
	if err = errors.Join(err, pool.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(from, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte(strings.Repeat("\xff", int(size))), (page-1)*size)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	err = Backup(ctx, from, filepath.Join(dir, "copy.db"), false, func(int64, int64) {})
	mustContain(t, err, "damaged")
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("what is left: %v, %v", left, err)
	}
}

// BenchmarkMove moves 20,000 rows of every table.
func BenchmarkMove(b *testing.B) {
	from := emptySQLite(b)
	fillUp(b, from, 20000)
	var rows int64
	for b.Loop() {
		b.StopTimer()
		to := postgresURL(b)
		b.StartTimer()
		moved, err := move(from, to, func(string, int64, int64) {})
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range moved {
			rows += m.Rows
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
