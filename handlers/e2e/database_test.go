package e2e

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// freshDatabase is a schema of its own on the PostgreSQL of tools/with-postgres.
func freshDatabase(tb testing.TB) string {
	tb.Helper()
	base := os.Getenv("ADMITONE_TEST_POSTGRES")
	if base == "" {
		tb.Skip("ADMITONE_TEST_POSTGRES is not set: run it by make test or tools/with-postgres")
	}
	schema := "e2e" + strings.ToLower(rand.Text()[:12])
	db := must[*sql.DB](tb)(sql.Open("pgx", base))
	defer db.Close()
	if _, err := db.Exec("CREATE SCHEMA " + schema); err != nil {
		tb.Fatal(err)
	}
	u := must[*url.URL](tb)(url.Parse(base))
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

// patiently has SQLite wait for a lock as long as these tests wait for anything: who holds it
// may be waiting for a disk.
var patiently = fmt.Sprintf("&_busy_timeout=%d", patience.Milliseconds())

// rows is the database of a server, opened beside it: url is that of a PostgreSQL, "" for the
// file. A handle on the file is closed after each use: with one open, the file of a server that
// was killed would not have to be recovered from nothing.
type rows struct {
	tb   testing.TB
	url  string
	data string
}

func (r rows) query(query string, args []any, scan func(*sql.Rows) error) {
	r.tb.Helper()
	driver, name := "pgx", r.url
	if r.url == "" {
		driver, name = "sqlite3", "file:"+filepath.Join(r.data, "admitone.db")+"?mode=ro"+patiently
	}
	db := must[*sql.DB](r.tb)(sql.Open(driver, name))
	defer db.Close()
	if driver == "pgx" {
		for i := range args {
			query = strings.Replace(query, "?", "$"+strconv.Itoa(i+1), 1)
		}
	}
	found := must[*sql.Rows](r.tb)(db.Query(query, args...))
	defer found.Close()
	for found.Next() {
		if err := scan(found); err != nil {
			r.tb.Fatal(err)
		}
	}
	if err := found.Err(); err != nil {
		r.tb.Fatal(err)
	}
}

func (r rows) number(query string, args ...any) (n int) {
	r.tb.Helper()
	r.query(query, args, func(found *sql.Rows) error { return found.Scan(&n) })
	return n
}

func (r rows) word(query string, args ...any) (s string) {
	r.tb.Helper()
	r.query(query, args, func(found *sql.Rows) error { return found.Scan(&s) })
	return s
}
