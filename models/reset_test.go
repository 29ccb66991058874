package models

import (
	"errors"
	"testing"
	"time"
)

const newPassword = "a quite different horse battery"

// startReset asks for a reset in a browser in which nobody is signed in.
func (h *house) startReset(t testing.TB, email string) Client {
	t.Helper()
	c := browser()
	s, err := h.Resets.Start(ctx, email, c)
	if err != nil || s.Outcome != CodeSent {
		t.Fatalf("reset start: %v, %v", s.Outcome, err)
	}
	c.Session = s.Session
	return c
}

// letter takes the one message that waits, with its code and its link.
func (h *house) letter(t testing.TB) (m Message, code, link string) {
	t.Helper()
	got := h.messages(t)
	if len(got) != 1 {
		t.Fatalf("%d messages, want 1: %+v", len(got), got)
	}
	code, _ = h.Outbox.Code(got[0])
	if link = h.Outbox.Links(got[0]).Reset; link != "" {
		link = link[len(LinkPath):]
	}
	return got[0], code, link
}

func TestResetByCode(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUp(t, "mara@example.com")
		h.messages(t)
		c := h.startReset(t, "Mara@example.com")
		m, code, link := h.letter(t)
		if m.Kind != KindResetCode || len(code) != 8 || len(link) != linkLength || m.Destination != "mara@example.com" {
			t.Fatalf("%+v, code %q, link %q", m, code, link)
		}
		if _, err := h.Resets.Proven(ctx, c); !isKind(err, Gone) {
			t.Fatalf("proven before the code: %v", err)
		}
		if a, err := h.Resets.Answer(ctx, wrongCode(code), "", Ticks{}, c); err != nil || a.Outcome != Wrong || a.TriesLeft != 4 {
			t.Fatalf("%+v, %v", a, err)
		}
		if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Fatalf("%+v, %v", a, err)
		}
		// Proving the mailbox changes nothing and opens nothing.
		if !h.signedIn(t, owner.Session) || h.signedIn(t, c.Session) {
			t.Error("a proof alone changed a session")
		}
		if _, err := h.Sessions.SignOut(ctx, c); err != nil {
			t.Fatal(err)
		}
		if err := h.Resets.Finish(ctx, "short", c); !isKind(err, Invalid) {
			t.Errorf("a short password: %v", err)
		}
		if err := h.Resets.Finish(ctx, newPassword, c); err != nil {
			t.Fatal(err)
		}
		if err := h.Resets.Finish(ctx, newPassword, c); !isKind(err, Gone) {
			t.Errorf("a second time: %v", err)
		}
		if h.signedIn(t, owner.Session) {
			t.Error("a session outlives the reset")
		}
		if m, code, _ := h.letter(t); m.Kind != KindPasswordChanged || code != "" {
			t.Errorf("%+v", m)
		}
		// The old password is dead, the known device is unknown, the second step
		// is asked for all the same.
		if s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", owner); err != nil || s.Outcome != Wrong {
			t.Errorf("the old password: %v, %v", s.Outcome, err)
		}
		if s, err := h.SignIns.Start(ctx, "mara@example.com", newPassword, "", owner); err != nil || s.Outcome != CodeSent {
			t.Errorf("the new one on the old device: %v, %v", s.Outcome, err)
		}
		if _, err := h.Resets.Link(ctx, link); !isKind(err, Gone) {
			t.Errorf("the link after the code: %v", err)
		}
	})
}

func TestResetByLink(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		asked := h.startReset(t, "mara@example.com")
		_, code, link := h.letter(t)
		// A scanner opens it again and again: nothing happens.
		for range 20 {
			if masked, err := h.Resets.Link(ctx, link); err != nil || masked != "m***@example.com" {
				t.Fatalf("%q, %v", masked, err)
			}
		}
		for name, bad := range map[string]string{
			"short": link[1:], "other mac": link[:len(link)-1] + string('a'+(link[len(link)-1]-'a'+1)%16), "other challenge": string('a'+(link[0]-'a'+1)%16) + link[1:], "empty": "",
			"not letters": "0123" + link[4:],
		} {
			if _, err := h.Resets.Link(ctx, bad); !isKind(err, Gone) {
				t.Errorf("%s: %v", name, err)
			}
			if _, _, err := h.Resets.Follow(ctx, bad, browser()); !isKind(err, Gone) {
				t.Errorf("following %s: %v", name, err)
			}
		}
		// Another browser: the link works there, once.
		phone := browser()
		var err error
		if phone.Session, phone.Device, err = h.Resets.Follow(ctx, link, phone); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Resets.Follow(ctx, link, browser()); !isKind(err, Gone) {
			t.Errorf("a second time: %v", err)
		}
		if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, asked); err != nil || a.Outcome != Used {
			t.Errorf("the code after the link: %v, %v", a.Outcome, err)
		}
		if email, err := h.Resets.Proven(ctx, phone); err != nil || email != "mara@example.com" {
			t.Errorf("%q, %v", email, err)
		}
		h.forward(proofLife)
		if err := h.Resets.Finish(ctx, newPassword, phone); !isKind(err, Gone) {
			t.Errorf("a stale proof: %v", err)
		}
	})
}

// Strangers may use up every try of the digits and every send: the owner's
// mailbox gets in by the link, and sign-in codes are not touched.
func TestStrangersDoNotShutTheMailbox(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUp(t, "mara@example.com")
		h.messages(t)
		wrong, throttled := 0, false
		for range 6 {
			h.forward(4 * time.Hour / 10)
			c := browser()
			s, err := h.Resets.Start(ctx, "mara@example.com", c)
			if err != nil {
				t.Fatal(err)
			}
			if s.Outcome != CodeSent {
				continue
			}
			c.Session = s.Session
			_, code, _ := h.letter(t)
			for range 5 {
				a, err := h.Resets.Answer(ctx, wrongCode(code), "", Ticks{}, c)
				if err != nil {
					t.Fatal(err)
				}
				throttled = throttled || a.Outcome == Throttled
				if a.Outcome == Wrong || a.Outcome == Exhausted {
					wrong++
				}
			}
		}
		if wrong != 20 || !throttled {
			t.Errorf("%d wrong codes were judged, want 20", wrong)
		}
		// A stranger's sends do not spend the owner's: this browser is known.
		c := owner
		c.Session = ""
		s, err := h.Resets.Start(ctx, "mara@example.com", c)
		if err != nil || s.Outcome != CodeSent {
			t.Fatalf("the owner: %+v, %v", s, err)
		}
		c.Session = s.Session
		_, code, link := h.letter(t)
		if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, c); err != nil || a.Outcome != Throttled {
			t.Errorf("the digits: %v, %v", a.Outcome, err)
		}
		if c.Session, c.Device, err = h.Resets.Follow(ctx, link, c); err != nil {
			t.Fatalf("the link: %v", err)
		}
		if err := h.Resets.Finish(ctx, newPassword, c); err != nil {
			t.Fatal(err)
		}
	})
}

func TestResetOfAnUnknownAddress(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.exec(t, "DELETE FROM spends") // this network address has asked for nothing yet
		h.messages(t)
		rows := func() [4]int {
			return [4]int{
				h.count(t, "SELECT count(*) FROM challenges"), h.count(t, "SELECT count(*) FROM messages"),
				h.count(t, "SELECT count(*) FROM spends"), h.count(t, "SELECT count(*) FROM events"),
			}
		}
		var wrote [2][4]int
		for i, email := range []string{"mara@example.com", "nobody@example.com"} {
			before := rows()
			c := h.startReset(t, email)
			p, err := h.Resets.Pending(ctx, c)
			if err != nil || p.Destination != email || p.Delivery != (Delivery{}) || p.Digits != 8 || p.TriesLeft != 5 {
				t.Errorf("%s: %+v, %v", email, p, err)
			}
			h.forward(31 * time.Second)
			if r, err := h.Resets.Resend(ctx, "", "", c); err != nil || r.Outcome != CodeSent {
				t.Errorf("%s: %+v, %v", email, r, err)
			}
			if a, err := h.Resets.Answer(ctx, "12345678", "", Ticks{}, c); err != nil || a.Outcome != Wrong || a.TriesLeft != 4 {
				t.Errorf("%s: %+v, %v", email, a, err)
			}
			after := rows()
			for j := range after {
				wrote[i][j] = after[j] - before[j]
			}
			if n := len(h.messages(t)); n != 2*(1-i) {
				t.Errorf("%s got %d messages", email, n)
			}
		}
		if wrote[0] != wrote[1] {
			t.Errorf("rows written: known %v, unknown %v", wrote[0], wrote[1])
		}
	})
}

func TestResetOpensAShutChannel(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		if err := h.core.db.Read(ctx).Error; err != nil {
			t.Fatal(err)
		}
		h.exec(t, "UPDATE identifiers SET wrong_in_row = 100")
		if s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", browser()); err != nil || s.Outcome != ChannelOff {
			t.Fatalf("%v, %v", s.Outcome, err)
		}
		c := h.startReset(t, "mara@example.com")
		_, code, _ := h.letter(t)
		if _, err := h.Resets.Answer(ctx, code, "", Ticks{}, c); err != nil {
			t.Fatal(err)
		}
		if err := h.Resets.Finish(ctx, newPassword, c); err != nil {
			t.Fatal(err)
		}
		if s, err := h.SignIns.Start(ctx, "mara@example.com", newPassword, "", browser()); err != nil || s.Outcome != CodeSent {
			t.Errorf("after the reset: %v, %v", s.Outcome, err)
		}
	})
}

func TestParallelFinish(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.messages(t)
		c := h.startReset(t, "mara@example.com")
		_, code, _ := h.letter(t)
		if _, err := h.Resets.Answer(ctx, code, "", Ticks{}, c); err != nil {
			t.Fatal(err)
		}
		errs := make([]error, 4)
		parallel(len(errs), func(i int) { errs[i] = h.Resets.Finish(ctx, newPassword, c) })
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
			} else if !isKind(err, Gone) {
				t.Error(err)
			}
		}
		if done != 1 || len(h.messages(t)) != 1 {
			t.Errorf("%d resets of one proof", done)
		}
	})
}

func TestResetRefusals(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		if _, err := h.Resets.Start(ctx, "mara", browser()); !isKind(err, Invalid) {
			t.Errorf("%v", err)
		}
		if _, err := h.Resets.Answer(ctx, "123456", "", Ticks{}, browser()); !isKind(err, Invalid) {
			t.Errorf("six digits: %v", err)
		}
		if _, err := h.Resets.Answer(ctx, "12345678", "", Ticks{}, browser()); !isKind(err, Gone) {
			t.Errorf("no flow: %v", err)
		}
		if _, err := h.Resets.Resend(ctx, "", "", browser()); !isKind(err, Gone) {
			t.Errorf("no flow: %v", err)
		}
		if err := h.Resets.Finish(ctx, newPassword, browser()); !isKind(err, Gone) {
			t.Errorf("no flow: %v", err)
		}
		// A sign-in's handle proves nothing for a reset, nor the other way round.
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		var e *Error
		if _, err := h.Resets.Pending(ctx, c); !errors.As(err, &e) || e.Kind != Gone {
			t.Errorf("a sign-in's handle: %v", err)
		}
	})
}
