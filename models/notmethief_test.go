package models

import (
	"testing"
	"time"
)

// What a thief does in the session that a message told of is not what its reader asks
// for: he signs all others out and keeps his own session, he changes the password in it.
func TestNotMeAfterTheThief(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		thief := h.startSignIn(t, "mara@example.com")
		a, err := h.SignIns.Answer(ctx, h.lastCode(t, "mara@example.com"), "", Ticks{}, thief)
		if err != nil || a.Outcome != Accepted {
			t.Fatal(a.Outcome, err)
		}
		thief.Session = a.Session
		link := h.notMeOf(pick(t, h.messages(t), KindNewDevice, "mara@example.com"))
		h.forward(time.Minute)
		if _, err := h.Accounts.SignOutEverywhere(ctx, false, thief); err != nil {
			t.Fatal(err)
		}
		if out, err := h.Accounts.ChangePassword(ctx, testPassword, newPassword, true, thief); err != nil || out.Outcome != Accepted || !out.HoldsAt.IsZero() {
			t.Fatal(out, err)
		}
		h.forward(time.Minute)
		if err := h.NotMes.Block(ctx, link, browser()); err != nil {
			t.Fatal(err)
		}
		if n, err := h.NotMes.Show(ctx, link); err != nil || n.OutDone || n.PasswordDone {
			t.Errorf("before anything is done: %+v, %v", n, err)
		}
		if err := h.NotMes.SignOutEverywhere(ctx, link, browser()); err != nil {
			t.Fatal(err)
		}
		if h.signedIn(t, thief.Session) {
			t.Error("the thief is still signed in")
		}
		if n, err := h.NotMes.Show(ctx, link); err != nil || !n.OutDone {
			t.Errorf("once it is done: %+v, %v", n, err)
		}
	})
}

// A link lives for seven days (POLICY.md 7), also that of a message with a code, which
// is over in minutes.
func TestNotMeOutlivesTheCode(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		_, _, _, link := h.codeMail(t, "mara@example.com")
		h.forward(NotMeLife - time.Hour)
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := h.NotMes.Show(ctx, link); err != nil || !n.PasswordRight {
			t.Errorf("a day before its end: %+v, %v", n, err)
		}
		h.forward(time.Hour)
		if _, err := h.NotMes.Show(ctx, link); !isKind(err, Gone) {
			t.Errorf("at its end: %v", err)
		}
	})
}

// Who turns two-step on stops the change that would turn it off.
func TestTwoStepOnStopsWaitingOff(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		h.forward(time.Hour)
		thief := h.byPassword(t, c)
		if out, err := h.Accounts.SetTwoStep(ctx, TwoStepOff, thief); err != nil || out.HoldsAt.IsZero() {
			t.Fatal(out, err)
		}
		link := h.notMeOf(pick(t, h.messages(t), KindChangeWaiting, "mara@example.com"))
		if err := h.NotMes.Block(ctx, link, browser()); err != nil {
			t.Fatal(err)
		}
		if n, err := h.NotMes.Show(ctx, link); err != nil || n.TwoStepDone {
			t.Errorf("while 'off' waits: %+v, %v", n, err)
		}
		if err := h.NotMes.TurnOnTwoStep(ctx, link, browser()); err != nil {
			t.Fatal(err)
		}
		if n, err := h.NotMes.Show(ctx, link); err != nil || !n.TwoStepDone {
			t.Errorf("turned on: %+v, %v", n, err)
		}
		mustTell(t, h.messages(t), "change_stopped mara@example.com")
		h.forward(undoLife + time.Hour)
		if err := h.ApplyDue(ctx); err != nil {
			t.Fatal(err)
		}
		if h.count(t, "SELECT count(*) FROM accounts WHERE two_step = 'off'") != 0 {
			t.Error("two-step is off, though its owner turned it on")
		}
	})
}
