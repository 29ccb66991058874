package models

import (
	"testing"
	"time"
)

// However often a code is asked for again, by whatever way, near the end of its flow: the
// one that a message brought works as long as the message says.
func TestEveryCodeWorksToItsEnd(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		h.threeWays(t)
		h.forward(25 * time.Hour)
		h.messages(t)
		in := h.startSignIn(t, "mara@example.com")
		h.messages(t)
		h.forward(58*time.Minute + 5*time.Second)
		if r, err := h.SignIns.Resend(ctx, "", "", in); err != nil || !r.Fresh {
			t.Fatalf("%+v, %v", r, err)
		}
		text := h.messages(t)[0]
		p, err := h.SignIns.Pending(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range p.Ways {
			h.forward(5 * time.Second)
			if r, err := h.SignIns.Resend(ctx, "", w.ID, in); err != nil || r.Outcome != CodeSent {
				t.Fatalf("%+v, %v", r, err)
			}
		}
		code, ok := h.Outbox.Code(text)
		if !ok {
			t.Fatal("the text's code is not sent any more")
		}
		if a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, in); err != nil || a.Outcome != Accepted {
			t.Errorf("the text's code, %v before its end: %+v, %v", text.GiveUpAt.Sub(h.now()), a, err)
		}
	})
}

// Whose texts are used up for now gets the code by mail (POLICY.md 2: the first channel
// does not shut the others).
func TestSpentFirstChannelLeavesTheOther(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newPhone(t, c, "+436641234567")
		h.forward(25 * time.Hour)
		h.messages(t)
		for range 3 {
			h.startSignIn(t, "mara@example.com")
		}
		h.messages(t)
		if s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", browser()); err != nil || s.Outcome != CodeSent {
			t.Fatalf("%+v in %v, %v", s.Outcome, s.RetryAt.Sub(h.now()), err)
		}
		if list := h.messages(t); len(list) != 1 || list[0].Channel != ChannelEmail {
			t.Errorf("%+v", list)
		}
	})
}

// An address that leaves its account while somebody signs up with it: the code that is
// asked for again comes, and works.
func TestSignUpBesideALeavingAddress(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newEmail(t, c, "second@example.net", true)
		h.messages(t)
		b := browser()
		b.Session = h.startSignUp(t, "second@example.net", b)
		h.messages(t)
		if _, err := h.Accounts.RemoveEmail(ctx, h.overview(t, c).Second.ID, c); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		h.forward(time.Minute)
		if r, err := h.SignUps.Resend(ctx, "", "", b); err != nil || r.Outcome != CodeSent {
			t.Fatalf("%+v, %v", r, err)
		}
		if n := h.count(t, "SELECT count(*) FROM messages WHERE destination = ''"); n > 0 {
			t.Errorf("%d messages to nobody", n)
		}
		codes := h.post(t)["second@example.net"]
		if len(codes) != 1 {
			t.Fatalf("the codes %q", codes)
		}
		if a, err := h.SignUps.Answer(ctx, codes[0], "", Ticks{}, b); err != nil || a.Outcome != Accepted {
			t.Errorf("%v, %v", a.Outcome, err)
		}
	})
}

// The delivery line tells of the message to where the code went last, though the instance
// that sent it is behind.
func TestDeliveryLineBesideClocks(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		h.threeWays(t)
		h.forward(25 * time.Hour)
		h.messages(t)
		in := h.startSignIn(t, "mara@example.com")
		h.messages(t)
		p, err := h.SignIns.Pending(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		h.forward(-time.Second)
		if _, err := h.SignIns.Resend(ctx, "", p.Ways[0].ID, in); err != nil {
			t.Fatal(err)
		}
		if p, err = h.SignIns.Pending(ctx, in); err != nil || p.Channel != ChannelEmail || p.Delivery.State != stateQueued {
			t.Errorf("%s: %+v, %v", p.Channel, p.Delivery, err)
		}
	})
}
