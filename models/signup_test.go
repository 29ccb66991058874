package models

import (
	"errors"
	"testing"
)

func TestSignUpMakesNothingBeforeTheCode(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := browser()
		c.Session = h.startSignUp(t, "mara@example.com", c)
		if n := h.count(t, "SELECT count(*) FROM accounts"); n != 0 {
			t.Errorf("%d accounts before the code", n)
		}
		if h.signedIn(t, c.Session) {
			t.Error("the handle of a sign-up is signed in")
		}
		right := h.lastCode(t, "mara@example.com")
		if a, err := h.SignUps.Answer(ctx, wrongCode(right), "", Ticks{}, c); err != nil || a.Outcome != Wrong || a.TriesLeft != 4 {
			t.Errorf("%+v, %v", a, err)
		}
		a, err := h.SignUps.Answer(ctx, right, "", Ticks{}, c)
		if err != nil || a.Outcome != Accepted || a.Session == c.Session {
			t.Fatalf("%+v, %v", a, err)
		}
		s, standing, err := h.Sessions.Find(ctx, Client{Session: a.Session, UserAgent: c.UserAgent})
		if err != nil || standing != SignedIn || s.Email != "mara@example.com" || !s.Known || s.Device != "Firefox on Linux" {
			t.Errorf("%+v, %v, %v", s, standing, err)
		}
		if h.signedIn(t, c.Session) {
			t.Error("the handle became a session")
		}
	})
}

func TestSignUpOfATakenAddress(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "Mara@example.com")
		c := browser()
		c.Session = h.startSignUp(t, "mara@EXAMPLE.com", c)
		p, err := h.SignUps.Pending(ctx, c)
		if err != nil || p.TriesLeft != 5 || p.Delivery.State != "queued" {
			t.Errorf("the page differs: %+v, %v", p, err)
		}
		got := h.messages(t)
		if len(got) != 1 || got[0].Kind != KindSignUpExisting || got[0].Destination != "Mara@example.com" {
			t.Fatalf("the owner got %+v", got)
		}
		if code, ok := h.Outbox.Code(got[0]); code != "" || !ok {
			t.Errorf("the note to the owner carries %q", code)
		}
		// Even the derived code opens nothing: nobody was sent it.
		var ch challenge
		if err := h.core.db.Read(ctx).Order("created_at DESC").Take(&ch, "consumed_at IS NULL").Error; err != nil {
			t.Fatal(err)
		}
		k, _ := h.core.keys.find(ch.KeyID)
		right := k.code(ch.ID, string(ch.Purpose), ch.Generation, ch.Digits)
		if a, err := h.SignUps.Answer(ctx, right, "", Ticks{}, c); err != nil || a.Outcome != Wrong || a.TriesLeft != 4 {
			t.Errorf("the underived code: %+v, %v", a, err)
		}
	})
}

func TestTwoSignUpsOfOneAddress(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		one, two := browser(), browser()
		one.Session = h.startSignUp(t, "mara@example.com", one)
		first := h.lastCode(t, "mara@example.com")
		two.Session = h.startSignUp(t, "mara@example.com", two)
		second := h.lastCode(t, "mara@example.com")
		answers := make([]Answered, 2)
		errs := make([]error, 2)
		parallel(2, func(i int) {
			if i == 0 {
				answers[0], errs[0] = h.SignUps.Answer(ctx, first, "", Ticks{}, one)
			} else {
				answers[1], errs[1] = h.SignUps.Answer(ctx, second, "", Ticks{}, two)
			}
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		got := map[Outcome]int{answers[0].Outcome: 1}
		got[answers[1].Outcome]++
		if got[Accepted] != 1 || got[Taken] != 1 {
			t.Errorf("outcomes %v", got)
		}
		if n := h.count(t, "SELECT count(*) FROM accounts"); n != 1 {
			t.Errorf("%d accounts, want 1", n)
		}
	})
}

func TestSignUpRefusals(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		_, err := h.SignUps.Start(ctx, "mara", "short", browser())
		var many interface{ Unwrap() []error }
		if !errors.As(err, &many) || len(many.Unwrap()) != 2 {
			t.Errorf("both fields are told at once: %v", err)
		}
		if n := h.count(t, "SELECT count(*) FROM sessions"); n != 0 {
			t.Errorf("%d rows after a refusal", n)
		}
	})
}

func TestSignUpResend(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.forward(11 * 60e9)
		for email, want := range map[string]int{"mara@example.com": 1, "new@example.com": 2} { // an owner is told once an hour
			c := browser()
			c.Session = h.startSignUp(t, email, c)
			h.forward(31e9)
			r, err := h.SignUps.Resend(ctx, "", "", c)
			if err != nil || r.Outcome != CodeSent || r.Fresh {
				t.Errorf("%s: %+v, %v", email, r, err)
			}
			if n := len(h.messages(t)); n != want {
				t.Errorf("%s got %d messages, want %d", email, n, want)
			}
		}
	})
}
