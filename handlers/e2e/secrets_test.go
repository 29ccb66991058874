package e2e

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"
)

// findNone looks for codes, passwords and tokens where none may be: in the
// database and its journal, byte by byte and value by value, and in the log.
// Codes count as whole tokens: six digits turn up by chance in any megabyte.
func (s *server) findNone(codes []string) {
	s.t.Helper()
	places := map[string][]byte{"the log": []byte(s.out.String())}
	for _, name := range []string{"admitone.db", "admitone.db-wal"} {
		if content, err := os.ReadFile(filepath.Join(s.data, name)); err == nil {
			places[name] = content
		}
	}
	for i, value := range s.values() {
		places[fmt.Sprintf("value %d of the database", i)] = []byte(value)
	}
	forms := map[string][]string{}
	for _, code := range codes {
		forms[code] = formsOf(code)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for place, content := range places {
		parted := apart(content)
		for code, list := range forms {
			for _, form := range list {
				if holds(parted, form) {
					s.t.Errorf("%s holds the code %s (as %s)", place, code, form)
				}
			}
		}
		for _, secret := range s.secrets {
			if bytes.Contains(content, []byte(secret)) {
				s.t.Errorf("%s holds a password, or the token of a cookie, a link or a report: %s", place, secret)
			}
		}
	}
}

// year is how every time in the database begins.
var year = regexp.MustCompile(`20\d\d-`)

// apart is content with its times parted from what is before them. In the file they follow
// the column before without a gap: "127.1.0.48" and "2026-11-30" would hold the code 482026,
// and a code that is kept beside a time would be part of a longer number.
func apart(content []byte) []byte { return year.ReplaceAll(content, []byte(" ")) }

var tokenPattern = regexp.MustCompile(`[a-p]{96}`)

// tokensIn are the tokens of the links in letters, and those that texts are
// reported under. Half of one is its row's id, so each is looked for without it
// as well.
func (s *server) tokensIn(list []letter) (tokens []string) {
	s.t.Helper()
	for _, l := range list {
		source := l.Text + l.HTML
		if l.Channel == "sms" {
			resp := must[*http.Response](s.t)(http.Get(s.base + "/dev/inbox/" + l.ID + "/source"))
			source = string(must[[]byte](s.t)(io.ReadAll(resp.Body)))
			resp.Body.Close()
			if !tokenPattern.MatchString(source) {
				s.t.Errorf("the text to %s came without a place to report it: %s", l.To, source)
			}
		}
		for _, token := range tokenPattern.FindAllString(source, -1) {
			tokens = append(tokens, token, token[32:])
		}
	}
	slices.Sort(tokens)
	return slices.Compact(tokens)
}

// formsOf are the code and what somebody might have thought is not the code.
func formsOf(code string) []string {
	sum := sha256.Sum256([]byte(code))
	return []string{
		code, hex.EncodeToString(sum[:]), strings.ToUpper(hex.EncodeToString(sum[:])),
		base64.RawStdEncoding.EncodeToString(sum[:]), base64.RawURLEncoding.EncodeToString(sum[:]), string(sum[:]),
	}
}

// holds says whether content has the token, not as a part of a longer one.
func holds(content []byte, token string) bool {
	word := func(i int) bool {
		if i < 0 || i >= len(content) {
			return false
		}
		c := content[i]
		return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	for from := 0; ; {
		i := bytes.Index(content[from:], []byte(token))
		if i < 0 {
			return false
		}
		i += from
		if !word(i-1) && !word(i+len(token)) {
			return true
		}
		from = i + 1
	}
}

// query reads the database beside the server that serves from it.
func (s *server) query(query string, scan func(*sql.Rows) error) {
	s.t.Helper()
	driver, source := "sqlite3", "file:"+filepath.Join(s.data, "admitone.db")+"?mode=ro"+patiently
	if s.database != "" {
		driver, source = "pgx", s.database
	}
	db := must[*sql.DB](s.t)(sql.Open(driver, source))
	defer db.Close()
	rows := must[*sql.Rows](s.t)(db.Query(query))
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
}

// values are all values of all tables: in the file, columns lie next to each
// other without a gap, and a whole token would not look like one.
func (s *server) values() []string {
	s.t.Helper()
	var tables, values []string
	list := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if s.database != "" {
		list = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
	}
	s.query(list, func(r *sql.Rows) error {
		var name string
		err := r.Scan(&name)
		tables = append(tables, name)
		return err
	})
	for _, table := range tables {
		s.query(`SELECT * FROM "`+table+`"`, func(r *sql.Rows) error {
			columns, err := r.Columns()
			if err != nil {
				return err
			}
			row := make([]sql.NullString, len(columns))
			into := make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			err = r.Scan(into...)
			for _, v := range row {
				values = append(values, v.String)
			}
			return err
		})
	}
	return values
}

// messages counts what was ever put into the outbox for a sign-up or sign-in
// code. It is true at once, also of what has not been sent yet.
func (s *server) messages(to string) int {
	s.t.Helper()
	n := 0
	s.query("SELECT destination FROM messages WHERE kind IN ('sign_up_code', 'sign_in_code')", func(r *sql.Rows) error {
		var destination string
		err := r.Scan(&destination)
		if destination == to {
			n++
		}
		return err
	})
	return n
}

// TestSecretsAreFound proves that the search behind every test can fail.
func TestSecretsAreFound(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("048213"))
	for text, want := range map[string]bool{
		"code=048213 ":              true,
		"048213":                    true,
		"a048213":                   false,
		"1048213, and then 048213.": true,
		"hash " + hex.EncodeToString(sum[:]) + ";": true,
		base64.StdEncoding.EncodeToString(sum[:]):  true,
		"\x00" + string(sum[:]) + "\x00":           true,
		"0482132026-11-30 19:07:09":                true,
		"nothing of the kind":                      false,
	} {
		found := false
		for _, form := range formsOf("048213") {
			found = found || holds(apart([]byte(text)), form)
		}
		if found != want {
			t.Errorf("in %q the code was found: %v, want %v", text, found, want)
		}
	}
	for _, text := range []string{"127.1.0.482026-11-30 19:07:09", "127.1.0.482026-1\x82"} {
		if holds(apart([]byte(text)), "482026") {
			t.Errorf("in %q the end of an address and a year were taken for a code", text)
		}
	}
}
