package models

import "testing"

// Who has codes by text learns that texts are paused, and nobody else does.
func TestHeldTextsAreTold(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newPhone(t, c, "+436641234567")
		h.signUp(t, "finn@example.com")
		told := func(email string, want bool) {
			t.Helper()
			in := h.startSignIn(t, email)
			if p, err := h.SignIns.Pending(ctx, in); err != nil || p.TextsHeld != want {
				t.Errorf("%s: held %v, %v", email, p.TextsHeld, err)
			}
			h.messages(t)
		}
		paused := func(wantAll, wantFresh bool) {
			t.Helper()
			if all, fresh, err := h.TextsHeld(ctx); err != nil || all != wantAll || fresh != wantFresh {
				t.Errorf("all %v, fresh %v, %v", all, fresh, err)
			}
		}
		told("mara@example.com", false)
		paused(false, false)

		h.exec(t, "INSERT INTO switches (name, since, agent, reason) VALUES (?, ?, 'Kim', 'pumped')", SwitchTextsOff, h.core.db.Now())
		paused(true, true)
		told("mara@example.com", true)
		told("finn@example.com", false)
		if _, err := h.Reauths.Start(ctx, "", "", c); err != nil {
			t.Fatal(err)
		}
		if p, err := h.Reauths.Pending(ctx, c); err != nil || !p.TextsHeld {
			t.Errorf("step-up: %+v, %v", p, err)
		}
		if _, err := h.Accounts.StartPhone(ctx, "+4915123456789", false, c); !isKind(err, Invalid) || err.(*Error).Reason != "texts_off" {
			t.Errorf("a new number: %v", err)
		}
		// Whose choice is the mailbox misses nothing.
		if err := h.Accounts.PreferWay(ctx, h.overview(t, c).Main.ID, c); err != nil {
			t.Fatal(err)
		}
		told("mara@example.com", false)

		h.exec(t, "DELETE FROM switches")
		sent, err := used(h.core.db.Read(ctx), h.core.purse(), h.core.db.Now())
		if err != nil {
			t.Fatal(err)
		}
		h.core.policy.DailyTexts = sent
		paused(true, true)
		h.core.policy.DailyTexts++
		paused(false, true)
		h.core.policy.DailyTexts = 2*sent + 1
		paused(false, false)
	})
}

// A device whose session goes on in another browser says so.
func TestDeviceSaysItsBrowser(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := as(h.livesIn(t, "mara@example.com", inVienna), safariAgent)
		if !h.moves(t, c) {
			t.Fatal("it is no move")
		}
		c = h.stepUpAlone(t, c)
		list, _, err := h.Accounts.Devices(ctx, Session{AccountID: h.idOf(t, "mara@example.com")}, c)
		if err != nil || len(list) != 1 || list[0].Name != "Firefox on Linux" || list[0].Browser != "Safari on iOS" || !list[0].This {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
