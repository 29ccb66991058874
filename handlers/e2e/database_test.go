package e2e

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
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
