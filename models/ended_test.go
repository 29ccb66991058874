package models

import (
	"testing"
	"time"
)

// What a session asks for that an undo, or a sign-out everywhere, ends at that moment
// does not happen: a thief's closing would come after the undo that cancels it.
func TestEndedSessionDoesNothing(t *testing.T) {
	h := openHouse(t, postgresURL(t), nil)
	h.signUp(t, mara)
	for name, act := range map[string]func(Client) error{
		"closes":              func(c Client) error { _, err := h.Accounts.Close(ctx, c); return err },
		"chooses a way":       func(c Client) error { return h.Accounts.PreferWay(ctx, h.overview(t, c).Main.ID, c) },
		"trusts no device":    func(c Client) error { return h.Accounts.StopTrusting(ctx, AllDevices, c) },
		"gives an address up": func(c Client) error { return h.Accounts.CancelEmail(ctx, c) },
	} {
		h.forward(11 * time.Minute)
		c := h.signIn(t, mara)
		account := h.idOf(t, mara)
		h.exec(t, "UPDATE known_devices SET trusted_until = ?", h.core.db.Now().Add(time.Hour))
		h.startEmail(t, c, "new@example.net", false)
		before := h.count(t, "SELECT count(*) FROM events")
		if err := h.beside(t, func() error { return act(c) }, "DELETE FROM sessions WHERE account_id IS NOT NULL", "UPDATE accounts SET closing_at = NULL"); !isKind(err, NoSession) {
			t.Errorf("%s: %v", name, err)
		}
		if h.count(t, "SELECT count(*) FROM events") != before || h.count(t, "SELECT count(*) FROM accounts WHERE id = ? AND closing_at IS NOT NULL", account) != 0 {
			t.Errorf("%s: it has happened", name)
		}
	}
}

// Who asks for a code in a session that ends at that moment hears that it has ended.
func TestEndedSessionAsksForNothing(t *testing.T) {
	h := openHouse(t, postgresURL(t), nil)
	h.signUp(t, mara)
	for name, act := range map[string]func(Client) error{
		"a step-up":  func(c Client) error { _, err := h.Reauths.Start(ctx, "/account", "", c); return err },
		"an address": func(c Client) error { _, err := h.Accounts.StartEmail(ctx, "new@example.net", false, c); return err },
	} {
		c := h.signIn(t, mara)
		if err := h.beside(t, func() error { return act(c) }, "DELETE FROM sessions WHERE account_id IS NOT NULL"); !isKind(err, NoSession) {
			t.Errorf("%s: %v", name, err)
		}
		if n := h.count(t, "SELECT count(*) FROM messages WHERE state = 'queued'"); n > 0 {
			t.Errorf("%s: %d messages", name, n)
		}
	}
}

// Two presses at once of 'send me a code' send one: of two, one would be wrong.
func TestStepUpPressedTwice(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, mara)
		h.messages(t)
		h.forward(time.Hour)
		parallel(4, func(int) {
			if s, err := h.Reauths.Start(ctx, "/account", "", c); err != nil || s.Outcome != CodeSent {
				t.Errorf("%+v, %v", s, err)
			}
		})
		if list := h.messages(t); len(list) != 1 {
			t.Errorf("%d mails", len(list))
		}
	})
}

// A sign-out at the moment when a step-up gives its session a new token ends that session:
// the new token opens nothing either.
func TestSignOutBesideStepUp(t *testing.T) {
	h := openHouse(t, postgresURL(t), nil)
	c := h.signUp(t, mara)
	old := hashToken(c.Session)
	err := h.beside(t, func() error { _, err := h.Sessions.SignOut(ctx, c); return err },
		"CREATE TEMP TABLE renewed ON COMMIT DROP AS SELECT * FROM sessions WHERE id = '"+old+"'", // as renew does
		"UPDATE renewed SET id = 'new'", "INSERT INTO sessions SELECT * FROM renewed", "DELETE FROM sessions WHERE id = '"+old+"'")
	if n := h.count(t, "SELECT count(*) FROM sessions WHERE account_id IS NOT NULL"); err != nil || n > 0 {
		t.Errorf("signed out, and %d sessions go on: %v", n, err)
	}
}
