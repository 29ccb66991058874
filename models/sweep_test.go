package models

import (
	"strings"
	"testing"
	"time"
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
