package models

import (
	"testing"
	"time"
)

// After a clock was set back nobody waits for the old time to come again: not for what
// wrong passwords have brought about, and not for a message.
func TestClockSetBack(t *testing.T) {
	const jump = 20 * time.Hour
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.messages(t)
		h.forward(jump)
		for range LaneFree {
			if s, err := h.SignIns.Start(ctx, "mara@example.com", "wrong wrong wrong", "", browser()); err != nil || s.Outcome != Wrong {
				t.Fatalf("%+v, %v", s, err)
			}
		}
		h.forward(-jump)
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		h.forward(LaneWaitMax + time.Second)
		if s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", browser()); err != nil || s.Outcome != CodeSent {
			t.Errorf("%+v for another %v, %v", s.Outcome, s.RetryAt.Sub(h.now()), err)
		}
	})
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		h.forward(jump)
		c = h.stepUp(t, c)
		h.messages(t)
		if _, err := h.Accounts.SetTwoStep(ctx, TwoStepOff, c); err != nil {
			t.Fatal(err)
		}
		h.forward(-jump)
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		h.forward(noticeRetryMax)
		if got := h.messages(t); len(got) == 0 {
			t.Error("the notice waits for the old time to come again")
		}
	})
}

// A change that is made after a clock was set back is taken back for three days, and not
// until the old time comes again: it only counts as later than one of that time.
func TestUndoAfterClockSetBack(t *testing.T) {
	const jump = 20 * 24 * time.Hour
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, mara)
		h.messages(t)
		h.forward(jump)
		if _, err := h.Accounts.SetTwoStep(ctx, TwoStepEveryTime, h.stepUp(t, c)); err != nil {
			t.Fatal(err)
		}
		h.forward(-jump + time.Hour)
		h.messages(t)
		link := h.undoOf(pick(t, h.newEmail(t, h.signIn(t, mara), "new@example.net", false), KindEmailChanged, mara))
		life := time.Duration(h.options.Policy.UndoLife)
		h.forward(life - time.Minute)
		if _, err := h.Undos.Link(ctx, link); err != nil {
			t.Errorf("before its end: %v", err)
		}
		h.forward(time.Minute)
		if _, err := h.Undos.Link(ctx, link); !isKind(err, Gone) {
			t.Errorf("after it: %v", err)
		}
	})
}
