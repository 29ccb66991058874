package models

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"admitone/models/internal/db"
)

// TestDumpSchema writes what TestReleasedSchemas goes on from for the newest schema,
// where ADMITONE_DUMP names the folder: people with something of everything, of which
// much is under way. CONTRIBUTING.md says when.
func TestDumpSchema(t *testing.T) {
	folder := os.Getenv("ADMITONE_DUMP")
	if folder == "" {
		t.Skip("ADMITONE_DUMP names no folder")
	}
	steps, err := db.Migrations(db.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		name := filepath.Join(folder, fmt.Sprintf("%s-%04d", h.core.db.Engine, steps[len(steps)-1].Number))
		had := h.populate(t)
		for table, rows := range rowsOf(t, h.core.db.Engine, h.options.Database) {
			if rows == 0 && table != "budgets" { // the locks of PostgreSQL
				t.Errorf("%s is empty", table)
			}
		}
		text, err := json.MarshalIndent(had, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		for kind, content := range map[string][]byte{
			".json": append(text, '\n'), ".key": file(t, h.options.KeyFile), ".sql": dump(t, h.core.db.Engine, h.options.Database),
		} {
			if err := os.WriteFile(name+kind, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// populate gives every table rows.
func (h *house) populate(t *testing.T) (had released) {
	h.live(t, "mara", "+436641234567")

	nora := h.signUp(t, "nora@example.com")
	h.newEmail(t, nora, "nora@example.net", true)
	h.forward(11 * time.Minute)
	nora = h.byPassword(t, nora)
	had.HoldsAt = h.begin(t, ChangeEmailRemoved, nora)
	had.Waiting, had.Second = "nora@example.com", "nora@example.net"

	had.Email, had.Password = "ada@example.com", testPassword
	ada := h.signUp(t, had.Email)
	had.Device, had.Known = ada.Device, ada.Session
	for _, wrong := range []Client{ada, browser()} { // counted on the device, and against strangers
		if _, err := h.SignIns.Start(ctx, had.Email, "a wrong horse and no staple", "", wrong); err != nil {
			t.Fatal(err)
		}
	}
	h.staffAt(t, "kim@example.com")
	now := h.core.db.Now()
	h.exec(t, "INSERT INTO desk_seen (account_id, at) SELECT id, ? FROM accounts WHERE role = 'staff'", now)
	h.exec(t, "INSERT INTO votes (id, article, helpful, words, at) VALUES ('vote', 'no-code', ?, 'It came later.', ?)", false, now)
	h.exec(t, "INSERT INTO missed_searches (query, times, last_at) VALUES ('fax', 2, ?)", now)
	h.exec(t, "INSERT INTO switches (name, since, agent, reason) VALUES (?, ?, 'Kim', 'pumped')", SwitchTextsOff, now)
	h.exec(t, "INSERT INTO lanes (account_id, device_id, made_at, ends_at) SELECT account_id, device_id, known_at, ? FROM known_devices", now.Add(laneLife))
	if err := h.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	h.core.flush(ctx)
	found, _, err := h.Sessions.Find(ctx, nora)
	if err != nil {
		t.Fatal(err)
	}
	h.atTheDesk(t, found.AccountID, "nora", "+436641234568")

	had.Pending = h.startSignIn(t, had.Email).Session
	had.Code = h.lastCode(t, had.Email)
	had.At = h.core.db.Now()
	return had
}

// besides is what a dump of PostgreSQL holds of its server and for its client.
var besides = regexp.MustCompile(`(?m)^(--.*|SET .*|SELECT pg_catalog\.set_config.*|CREATE SCHEMA .*|\\.*|)\n`)

// dump is a database as the statements that make it again.
func dump(t *testing.T, engine, database string) []byte {
	if engine == db.SQLite {
		return output(t, exec.Command("sqlite3", database, ".dump"))
	}
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	schema := u.Query().Get("search_path")
	q := u.Query()
	q.Del("search_path")
	u.RawQuery = q.Encode()
	text := output(t, exec.Command("pg_dump", "--inserts", "--no-owner", "--no-privileges", "--schema", schema, u.String()))
	return bytes.ReplaceAll(besides.ReplaceAll(text, nil), []byte(schema+"."), nil)
}

func output(t *testing.T, command *exec.Cmd) []byte {
	t.Helper()
	text, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	return text
}
