package operate

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"admitone/internal/freeport"
	"admitone/models"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// step is a command line and what it says, in its words or in its error.
type step struct{ line, says, fails string }

func (s step) try(t *testing.T) {
	t.Helper()
	said, err := types(t, clockOfTests, strings.Fields(s.line)...)
	switch {
	case s.fails == "" && (err != nil || !strings.Contains(said, s.says)):
		t.Errorf("%s: %v\n%s", s.line, err, said)
	case s.fails != "" && (err == nil || !strings.Contains(err.Error(), s.fails)):
		t.Errorf("%s: want %q, got %v\n%s", s.line, s.fails, err, said)
	}
}

// newest is the last step of the schema.
func newest(t *testing.T) string {
	t.Helper()
	list, err := models.Migrations(t.Context(), filepath.Join(t.TempDir(), "none.db"))
	if err != nil {
		t.Fatal(err)
	}
	return list[len(list)-1].Name
}

// The schema is brought up to date once, from whichever step; a look changes nothing.
func TestMigrateCommand(t *testing.T) {
	data := t.TempDir()
	file := filepath.Join(data, "admitone.db")
	step{"migrate --check --data " + data, "", "steps are to be done: 0001_front_door, 0002_account"}.try(t)
	if there(file) {
		t.Error("a look has made the database")
	}
	load := func(dump string) {
		t.Helper()
		pool, err := sql.Open("sqlite3", file)
		if err == nil {
			_, err = pool.Exec(dump)
		}
		if err == nil {
			err = pool.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	load(string(read(t, "../testdata/released/sqlite-0002.sql")))
	step{"migrate status --data " + data, "0003_help        to do", ""}.try(t)
	step{"migrate --check --data " + data, "", "0003_help, 0004_risk"}.try(t)

	held, err := HoldData(Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	step{"migrate --data " + data, "", "another admitone is serving"}.try(t)
	for _, looks := range []string{"key list", "account list", "account create mara@example.com"} {
		step{looks + " --data " + data, "", "it is at 0002_account, and this admitone needs it at " + newest(t)}.try(t)
	}
	step{"migrate --check --data " + data, "", "0003_help, 0004_risk"}.try(t)
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	step{"migrate --data " + data, "The database went from 0002_account to " + newest(t) + ".", ""}.try(t)
	step{"migrate --data " + data, "There is nothing to do: the database is at " + newest(t) + ".", ""}.try(t)
	step{"migrate --check --data " + data, "There is nothing to do", ""}.try(t)

	load("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	step{"migrate --data " + data, "", "9999, which only a newer admitone knows"}.try(t)
	step{"migrate status --data " + data, "by a newer admitone", ""}.try(t)
	step{"key list --data " + data, "", "it is at 9999, which only a newer admitone knows"}.try(t)

	nothing := t.TempDir()
	step{"key list --data " + nothing, "", "--data: there is no database at"}.try(t)
	step{"account list --data " + filepath.Join(nothing, "none"), "", "--data: there is no database at"}.try(t)
	if left, err := os.ReadDir(nothing); err != nil || len(left) > 0 {
		t.Errorf("a look has made %v, %v", left, err)
	}
}

// What cannot be copied or moved is said before anything is done.
func TestBackupAndMoveRefuse(t *testing.T) {
	data := t.TempDir()
	copied := filepath.Join(data, "copy.db")
	if err := os.WriteFile(filepath.Join(data, "key"), []byte("the only key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(syscall.Mkfifo(filepath.Join(data, "pipe"), 0o600), os.Symlink("nothing", filepath.Join(data, "astray"))); err != nil {
		t.Fatal(err)
	}
	for _, s := range []step{
		{"backup " + copied + " --data " + data, "", "--data: there is no database at"},
		{"backup " + copied + " --database postgres://ada:secret@db.example/x?password=secret", "", `pg_dump --format=custom --file="` + copied + `" "postgres://ada@db.example/x"`},
		{"move --data " + data + " --to postgres://db.example/x", "", "--data: there is no database at"},
		{"move --data " + data + " --to other.db", "", "--to: name an empty database"},
		{"move --database postgres://db.example/x --to postgres://db.example/y", "", "--database: a move goes from SQLite"},
		{"migrate --data " + data, "to " + newest(t), ""},
		{"move --data " + data + " --to postgres://ada:secret@" + freeport.Address(t) + "/x", "", "--to: "},
		{"backup " + copied + " --data " + data, "whole and checked", ""},
		{"backup " + copied + " --data " + data, "", "is there already"},
		{"backup " + copied + " --replace --data " + data, "whole and checked", ""},
		{"backup " + filepath.Join(data, "none", "copy.db") + " --data " + data, "", "there is no folder " + filepath.Join(data, "none") + "; make it first"},
		{"backup " + filepath.Join(data, "admitone.db") + " --replace --data " + data, "", "is the database itself"},
		{"backup " + filepath.Join(data, "admitone.db-wal") + " --replace --data " + data, "", "is the database itself"},
		{"backup " + filepath.Join(data, "key") + " --replace --data " + data, "", "is no database"},
		{"backup " + filepath.Join(data, "pipe") + " --replace --data " + data, "", "is no database"}, // and is not waited for
		{"backup " + filepath.Join(data, "astray") + " --data " + data, "", "is there already"},
	} {
		s.try(t)
	}
	if string(read(t, filepath.Join(data, "key"))) != "the only key" {
		t.Error("the key was overwritten")
	}
	held, err := HoldData(Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	step{"move --data " + data + " --to postgres://db.example/x", "", "another admitone is serving"}.try(t)
}

// On PostgreSQL the doctor asks the engine itself, and compares its clock.
func TestDoctorOnPostgres(t *testing.T) {
	s := newService(t)
	s.args["--database"] = postgresURL(t)
	if report, err := s.doctor(); err != nil || !strings.Contains(report, "PostgreSQL 1") || !strings.Contains(report, "answers and is empty: 5 steps are to be done, which the first start does") {
		t.Errorf("without a schema: %v\n%s", err, report)
	}
	if said, err := s.run("migrate"); err != nil || !strings.Contains(said, "to "+newest(t)) {
		t.Fatalf("%v\n%s", err, said)
	}
	if report, err := s.doctor(); err != nil || !strings.Contains(report, "answers, its schema is at "+newest(t)) {
		t.Errorf("with its schema: %v\n%s", err, report)
	}
	s.now = func() time.Time { return clockOfTests().Add(time.Hour) }
	apart := regexp.MustCompile(`PostgreSQL's clock and this machine's are (1h0m0s|59m\d+s) apart`) // less what it takes to ask
	if report, err := s.doctor(); err == nil || !apart.MatchString(report) {
		t.Errorf("with another clock: %v\n%s", err, report)
	}
}

// A role that may not read the tables is told so; to it they are not to be made.
func TestMigrateStatusWithoutRights(t *testing.T) {
	database := postgresURL(t)
	step{"migrate --database " + database, "to " + newest(t), ""}.try(t)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	schema := u.Query().Get("search_path")
	pool, err := sql.Open("pgx", database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	role := "reader_" + schema
	for _, statement := range []string{"CREATE ROLE " + role + " LOGIN", "GRANT USAGE ON SCHEMA " + schema + " TO " + role} {
		if _, err := pool.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		if _, err := pool.Exec("DROP OWNED BY " + role + "; DROP ROLE " + role); err != nil {
			t.Error(err)
		}
	}()
	u.User = url.User(role)
	step{"migrate status --database " + u.String(), "", "permission denied for table goose_db_version"}.try(t)
	if _, err := pool.Exec("GRANT SELECT ON ALL TABLES IN SCHEMA " + schema + " TO " + role); err != nil {
		t.Fatal(err)
	}
	step{"migrate --check --database " + u.String(), "There is nothing to do: the database is at " + newest(t), ""}.try(t)
}

// postgresURL makes a schema of its own on the server that tools/with-postgres has
// started.
func postgresURL(t *testing.T) string {
	t.Helper()
	base := os.Getenv("ADMITONE_TEST_POSTGRES")
	if base == "" {
		t.Skip("ADMITONE_TEST_POSTGRES is not set: run it by make test or tools/with-postgres")
	}
	pool, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var b [6]byte
	_, _ = rand.Read(b[:])
	schema := "t" + hex.EncodeToString(b[:])
	if _, err := pool.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
