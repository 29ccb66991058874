package models

import (
	"context"
	"net/url"
	"testing"

	"admitone/models/internal/db"

	"github.com/jackc/pgx/v5"
)

// The counts of an account's browsers are found by its id, and no others are: also in
// a database whose texts are compared as a language has them.
func TestLanesOfOneAccount(t *testing.T) {
	engines(t, ofOneAccount)
	t.Run("english", func(t *testing.T) { ofOneAccount(t, openHouse(t, inEnglish(t), nil)) })
}

func ofOneAccount(t *testing.T, h *house) {
	now := h.core.db.Now()
	for _, key := range []string{"code a", "code a 1", "code a zzz", "code ab", "code ab 1", "code A 1", "code a-1", "code aa 1"} {
		h.exec(t, "INSERT INTO spends (key, at) VALUES (?, ?)", key, now)
		h.exec(t, "INSERT INTO strikes (key, n, touched_at) VALUES (?, 1, ?)", "device"+key[4:], now)
	}
	err := h.core.db.Write(ctx, func(tx *db.Tx) error { return eraseLanes(tx, "a") })
	if err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"spends": 5, "strikes": 6} { // a key without a browser is no strike of one
		if n := h.count(t, "SELECT count(*) FROM "+table); n != want {
			t.Errorf("%d left in %s, want %d", n, table, want)
		}
	}
}

// inEnglish makes a database in which a comes before B.
func inEnglish(t *testing.T) string {
	t.Helper()
	base := postgresServer(t)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/english_" + newID()
	server, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	name := pgx.Identifier{u.Path[1:]}.Sanitize()
	if _, err := server.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := server.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		_ = server.Close(context.Background())
	})
	return u.String()
}
