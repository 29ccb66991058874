package models

import (
	"testing"
	"time"
)

// Who reads the second address chooses no new password (POLICY.md 3), nor with what was
// sent while it was the main one.
func TestResetByWhatIsSecondNow(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newEmail(t, c, "second@example.net", true)
		h.messages(t)
		thief := h.startReset(t, "mara@example.com")
		_, _, link := h.letter(t)
		if o, err := h.Accounts.MakeMain(ctx, h.overview(t, c).Second.ID, c); err != nil || o.Outcome != Accepted {
			t.Fatalf("%+v, %v", o, err)
		}
		h.messages(t)
		session, _, err := h.Resets.Follow(ctx, link, thief)
		if err == nil {
			thief.Session = session
			err = h.Resets.Finish(ctx, newPassword, thief)
		}
		if err == nil {
			t.Error("the second address's reader has chosen a new password")
		}
	})
}

// A reset of long ago takes no way from a password that its holder chooses now.
func TestAnOldResetIsForgotten(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newPhone(t, c, "+436641234567")
		if _, err := h.Accounts.SetTwoStep(ctx, TwoStepOff, c); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		h.resetPassword(t, "mara@example.com")
		h.messages(t)
		h.forward(300 * 24 * time.Hour)
		in := browser()
		s, err := h.SignIns.Start(ctx, "mara@example.com", newPassword, "", in)
		if err != nil || s.Outcome != Accepted {
			t.Fatalf("%+v, %v", s, err)
		}
		in.Session = s.Session
		h.messages(t)
		in = h.stepUp(t, in)
		if o, err := h.Accounts.ChangePassword(ctx, newPassword, testPassword, false, in); err != nil || o.Outcome != Accepted {
			t.Fatalf("%+v, %v", o, err)
		}
		if w := h.overview(t, in).Ways; len(w) != 2 {
			t.Errorf("ways after the change: %+v", w)
		}
	})
}

// Who has proven the mailbox gets in by it where wrong codes have shut the phone.
func TestNobodyIsLockedOutAfterAReset(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newPhone(t, c, "+436641234567")
		h.messages(t)
		h.exec(t, "UPDATE identifiers SET wrong_in_row = ? WHERE kind = 'phone'", wrongInRow)
		h.resetPassword(t, "mara@example.com")
		if s, err := h.SignIns.Start(ctx, "mara@example.com", newPassword, "", browser()); err != nil || s.Outcome != CodeSent {
			t.Errorf("%+v, %v", s, err)
		}
	})
}
