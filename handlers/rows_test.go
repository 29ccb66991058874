package handlers_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3"
)

// until waits for what nothing announces.
func (h *house) until(what string, is func() bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for !is() {
		select {
		case <-ctx.Done():
			h.t.Fatalf("%s does not come", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// dump is all that the database holds, a line per row, but for when a session
// was seen last.
func (h *house) dump() []string {
	h.t.Helper()
	engine, source, tables := "sqlite3", "file:"+h.rows+"?mode=ro", "SELECT name FROM sqlite_master WHERE type = 'table'"
	if strings.HasPrefix(h.rows, "postgres") {
		engine, source, tables = "pgx", h.rows, "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
	}
	d, err := sql.Open(engine, source)
	if err != nil {
		h.t.Fatal(err)
	}
	defer d.Close()
	var all []string
	for _, table := range h.selected(d, tables) {
		name := strings.TrimSuffix(table, "|")
		for _, row := range h.selected(d, "SELECT * FROM "+name, "seen_at") {
			all = append(all, name+": "+row)
		}
	}
	slices.Sort(all)
	return all
}

// selected are the rows of a query, without some columns.
func (h *house) selected(d *sql.DB, query string, without ...string) []string {
	h.t.Helper()
	rows, err := d.Query(query)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		h.t.Fatal(err)
	}
	var list []string
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			h.t.Fatal(err)
		}
		row := ""
		for i, v := range values {
			if !slices.Contains(without, names[i]) {
				row += fmt.Sprintf("%v|", v)
			}
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}
	return list
}

// unchanged asks that nothing was written while something was done.
func (h *house) unchanged(do func()) {
	h.t.Helper()
	h.settle()
	if !h.lossy.Load() {
		h.reported()
	}
	before := h.dump()
	do()
	h.settle()
	after := h.dump()
	for _, row := range after {
		if !slices.Contains(before, row) {
			h.t.Errorf("new: %.300s", row)
		}
	}
	for _, row := range before {
		if !slices.Contains(after, row) {
			h.t.Errorf("gone: %.300s", row)
		}
	}
}

// reported waits until each text that was accepted has been reported delivered.
func (h *house) reported() {
	h.t.Helper()
	h.until("each report", func() bool {
		return !slices.ContainsFunc(h.dump(), func(row string) bool {
			return strings.HasPrefix(row, "messages: ") && strings.Contains(row, "|sms|") && strings.Contains(row, "|accepted|")
		})
	})
}

// The links of messages that bear a token.
var (
	undoLink  = regexp.MustCompile(`http://127\.0\.0\.1:\d+(/undo/[a-p]{96})\b`)
	notMeLink = regexp.MustCompile(`http://127\.0\.0\.1:\d+(/not-me/[a-p]{96})\b`)
	anyLink   = regexp.MustCompile(`http://127\.0\.0\.1:\d+(/[^\s"'<>)]*)`)
)

// link is the one of a sort in the newest letter to an address with a subject.
func (h *house) link(sort *regexp.Regexp, to, subject string) string {
	h.t.Helper()
	for _, m := range h.mail(to) {
		if strings.Contains(m.Subject, subject) {
			found := sort.FindStringSubmatch(m.Text)
			if found == nil {
				h.t.Fatalf("%v is missing in %s", sort, m.Text)
			}
			return found[1]
		}
	}
	h.t.Fatalf("no letter %q came to %s", subject, to)
	return ""
}

// bears says whether the newest letter to an address with a subject has a link
// of a sort.
func (h *house) bears(sort *regexp.Regexp, to, subject string) bool {
	h.t.Helper()
	for _, m := range h.mail(to) {
		if strings.Contains(m.Subject, subject) {
			return sort.MatchString(m.Text) || sort.MatchString(m.HTML)
		}
	}
	h.t.Fatalf("no letter %q came to %s", subject, to)
	return false
}
