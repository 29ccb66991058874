package models

import (
	"slices"
	"strings"
	"testing"
	"time"

	"admitone/models/internal/db"
)

func TestSweep(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUp(t, "mara@example.com")
		h.startSignIn(t, "mara@example.com")
		h.messages(t)
		tables := []string{"sessions", "devices", "known_devices", "challenges", "sign_ups", "sign_ins", "messages", "message_steps", "spends", "budgets", "events"}
		for _, table := range tables {
			if table == "budgets" && strings.HasSuffix(t.Name(), "sqlite") {
				continue // only where rows are locked
			}
			if h.count(t, "SELECT count(*) FROM "+table) == 0 {
				t.Errorf("%s is empty before: the test proves nothing", table)
			}
		}
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if !h.signedIn(t, owner.Session) {
			t.Error("the purge took a living session")
		}
		h.forward(366 * 24 * time.Hour)
		for range 2 { // budgets go once their rows are old, whatever came first
			if err := h.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
		}
		for _, table := range tables {
			if n := h.count(t, "SELECT count(*) FROM "+table); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
		if n := h.count(t, "SELECT count(*) FROM accounts"); n != 1 {
			t.Errorf("%d accounts", n)
		}
	})
}

// A sweep after a long pause deletes so many rows at a time that nobody waits for it,
// and more only where they are of one moment.
func TestSweepInBatches(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		now, many := h.core.db.Now(), 2*purgeBatch+100
		when := []time.Time{now}
		for i := range many {
			at := now.Add(-24 * time.Hour)
			if i < many/2 {
				at = now.Add(-25*time.Hour + time.Duration(i)*time.Millisecond)
			}
			when = append(when, at)
		}
		for some := range slices.Chunk(when, 100) { // a transaction has its limit
			err := h.core.db.Write(ctx, func(tx *db.Tx) error {
				for _, at := range some {
					if err := spendAt(tx, "key", at); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		due := outdated{"spends", "at", "", now.Add(-24 * time.Hour)}
		for _, want := range []int{purgeBatch, many - purgeBatch, 0} {
			err := h.core.db.Write(ctx, func(tx *db.Tx) error {
				n, err := due.purge(tx)
				if n != want {
					t.Errorf("%d rows in one transaction, want %d", n, want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := h.count(t, "SELECT count(*) FROM spends"); n != 1 {
			t.Errorf("%d are left, want the one that still counts", n)
		}
	})
}

func spendAt(tx *db.Tx, key string, at time.Time) error {
	_, err := tx.Exec("INSERT INTO spends (key, at) VALUES (?, ?)", key, at)
	return err
}

// A few wrong passwords in a row are forgotten after a month, many after half a year.
func TestSweepStrikes(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for key, n := range map[string]int{"few": fewStrikes - 1, "many": fewStrikes} {
			h.exec(t, "INSERT INTO strikes (key, n, touched_at) VALUES (?, ?, ?)", key, n, h.core.db.Now())
		}
		left := func() (keys []string) {
			t.Helper()
			if err := h.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			if err := h.core.db.Read(ctx).Raw("SELECT key FROM strikes ORDER BY key").Scan(&keys).Error; err != nil {
				t.Fatal(err)
			}
			return keys
		}
		h.forward(fewLife - time.Minute)
		if keys := left(); len(keys) != 2 {
			t.Errorf("just before a month: %v", keys)
		}
		h.forward(time.Minute)
		if keys := left(); len(keys) != 1 || keys[0] != "many" {
			t.Errorf("after a month: %v", keys)
		}
		h.forward(strikeLife - fewLife)
		if keys := left(); len(keys) != 0 {
			t.Errorf("after half a year: %v", keys)
		}
	})
}
