package models

import (
	"testing"
	"time"
)

// taken is an account whose thief has made his own address the main one, and at the same
// moment, by a clock that may be behind, a second change: the link to take back the first
// one, which is the owner's, and his own to take back the second.
func (h *house) taken(t *testing.T, behind time.Duration) (owner, thief string) {
	t.Helper()
	o := h.options
	o.Now = func() time.Time { return h.now().Add(-behind) }
	other := openModels(t, o)
	c := h.signUp(t, "mara@example.com")
	h.messages(t)
	h.forward(time.Hour)
	c = h.stepUp(t, c)
	owner = h.undoOf(pick(t, h.newEmail(t, c, "thief@example.net", false), KindEmailChanged, "mara@example.com"))
	if _, err := other.Accounts.SetTwoStep(ctx, TwoStepEveryTime, c); err != nil {
		t.Fatal(err)
	}
	thief = h.undoOf(pick(t, h.messages(t), KindTwoStepOn, "thief@example.net"))
	h.forward(time.Minute)
	return owner, thief
}

// Which of two changes came first is told by the order in which they took hold, and not
// by clocks (POLICY.md 5: the earliest wins).
func TestEarliestWhateverTheClocksSay(t *testing.T) {
	for name, behind := range map[string]time.Duration{"the same moment": 0, "a clock behind": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, h *house) {
				owner, thief := h.taken(t, behind)
				if u, _ := h.follow(t, thief); u.Outcome != Accepted {
					t.Fatalf("%+v", u)
				}
				if u, err := h.Undos.Follow(ctx, owner, "", browser()); err != nil || u.Outcome != Accepted {
					t.Fatalf("the owner's undo after the thief's: %+v, %v", u, err)
				}
				if m := h.mainAddress(t); m != "mara@example.com" {
					t.Errorf("main address %s", m)
				}
			})
			engines(t, func(t *testing.T, h *house) {
				owner, thief := h.taken(t, behind)
				if u, _ := h.follow(t, owner); u.Outcome != Accepted {
					t.Fatalf("%+v", u)
				}
				h.messages(t)
				h.resetPassword(t, "mara@example.com")
				if u, err := h.Undos.Follow(ctx, thief, "", browser()); err == nil {
					t.Errorf("the thief's undo after the owner's: %+v", u)
				}
				if m := h.mainAddress(t); m != "mara@example.com" {
					t.Errorf("main address %s", m)
				}
			})
		})
	}
}

// What the thief's own link to take a change back can spend, the owner's does not need.
func TestUndosOfOthersUseUpNothing(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newPhone(t, c, "+436641234567")
		h.forward(time.Hour)
		c = h.stepUp(t, c)
		owner := h.undoOf(pick(t, h.newEmail(t, c, "thief@example.net", false), KindEmailChanged, "mara@example.com"))
		h.forward(time.Second)
		if _, err := h.Accounts.SetTwoStep(ctx, TwoStepEveryTime, c); err != nil {
			t.Fatal(err)
		}
		thief := h.undoOf(pick(t, h.messages(t), KindTwoStepOn, "thief@example.net"))
		for range 3 {
			h.forward(11 * time.Minute)
			u, f := h.follow(t, thief)
			if u.Outcome != CodeSent {
				t.Fatalf("%+v", u)
			}
			_, code, _ := h.letter(t)
			for range 5 {
				if _, err := h.Undos.Answer(ctx, wrongCode(code), "", Ticks{}, f); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 40 { // and all the texts that may be asked for
			h.forward(time.Minute)
			if _, err := h.Undos.Follow(ctx, thief, "", browser()); err != nil {
				t.Fatal(err)
			}
			h.messages(t)
		}
		u, f := h.follow(t, owner)
		if u.Outcome != CodeSent {
			t.Fatalf("the owner's link: %+v", u)
		}
		_, code, _ := h.letter(t)
		if a, err := h.Undos.Answer(ctx, code, "", Ticks{}, f); err != nil || a.Outcome != Accepted {
			t.Errorf("the owner's right code: %+v, %v", a, err)
		}
	})
}
