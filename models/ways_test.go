package models

import (
	"slices"
	"testing"
	"time"
)

// channels are where codes go, the first choice first.
func channels(o Overview) []string {
	var out []string
	for _, w := range o.Ways {
		out = append(out, w.Masked)
	}
	return out
}

// threeWays is an account with two addresses and a number.
func (h *house) threeWays(t testing.TB) Client {
	t.Helper()
	c := h.signUp(t, "mara@example.com")
	h.newEmail(t, c, "second@example.net", true)
	h.newPhone(t, c, "+436641234567")
	return c
}

func mustGoBy(t testing.TB, h *house, c Client, want ...string) {
	t.Helper()
	o := h.overview(t, c)
	if got := channels(o); !slices.Equal(got, want) {
		t.Errorf("codes go by %q, want %q", got, want)
	}
	for i, w := range o.Ways {
		if w.Now != (i == 0) {
			t.Errorf("%s is in use: %v", w.Masked, w.Now)
		}
	}
}

func TestWhichWayFirst(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		mustGoBy(t, h, c, "m***@example.com")
		h.newEmail(t, c, "second@example.net", true)
		mustGoBy(t, h, c, "m***@example.com", "s***@example.net")
		h.newPhone(t, c, "+436641234567")
		mustGoBy(t, h, c, "number ending 67", "m***@example.com", "s***@example.net")

		// The holder's choice wins, until that way is gone.
		o := h.overview(t, c)
		if err := h.Accounts.PreferWay(ctx, o.Second.ID, c); err != nil {
			t.Fatal(err)
		}
		mustGoBy(t, h, c, "s***@example.net", "number ending 67", "m***@example.com")
		h.startSignIn(t, "mara@example.com")
		if m, code, _ := h.letter(t); m.Destination != "second@example.net" || code == "" {
			t.Errorf("%+v", m)
		}
		if _, err := h.Accounts.RemoveEmail(ctx, o.Second.ID, c); err != nil {
			t.Fatal(err)
		}
		mustGoBy(t, h, c, "number ending 67", "m***@example.com")
		for id, kind := range map[string]Kind{"": Invalid, "x": NotFound, o.Second.ID: NotFound} {
			if err := h.Accounts.PreferWay(ctx, id, c); !isKind(err, kind) {
				t.Errorf("%q: %v", id, err)
			}
		}
		if err := h.Accounts.PreferWay(ctx, o.Main.ID, c); err != nil {
			t.Fatal(err)
		}
		mustGoBy(t, h, c, "m***@example.com", "number ending 67")
	})
}

// Another way brings the same code at once; its tries are the same five.
func TestAnotherWay(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		h.threeWays(t)
		tom := h.signUp(t, "tom@example.com")
		h.messages(t)
		in := h.startSignIn(t, "mara@example.com")
		m, code, _ := h.letter(t)
		if m.Channel != ChannelSMS || m.Destination != "+436641234567" {
			t.Fatalf("%+v", m)
		}
		p, err := h.SignIns.Pending(ctx, in)
		if err != nil || len(p.Ways) != 2 || p.Destination != "number ending 67" || p.Channel != ChannelSMS {
			t.Fatalf("%+v, %v", p, err)
		}
		for name, way := range map[string]string{"unknown": "x", "another account's": h.overview(t, tom).Main.ID, "NUL": "\x00"} {
			if name == "NUL" && h.core.db.Engine == "postgres" {
				continue // compared in Go, but let no such id reach a query
			}
			if _, err := h.SignIns.Resend(ctx, "", way, in); !isKind(err, NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if a, err := h.SignIns.Answer(ctx, wrongCode(code), "", Ticks{}, in); err != nil || a.TriesLeft != 4 {
			t.Errorf("%+v, %v", a, err)
		}
		mail := p.Ways[0].ID
		if r, err := h.SignIns.Resend(ctx, "", mail, in); err != nil || r.Outcome != CodeSent || r.Fresh {
			t.Fatalf("at once, by another way: %+v, %v", r, err)
		}
		m, same, _ := h.letter(t)
		if m.Channel != ChannelEmail || m.Destination != "mara@example.com" || same != code || m.Tag != p.Tag {
			t.Errorf("%+v, code %q, want %q", m, same, code)
		}
		for name, way := range map[string]string{"that way again": mail, "where it went": ""} {
			_, err := h.SignIns.Resend(ctx, "", way, in)
			if e, ok := err.(*Error); !ok || e.Kind != TooSoon || !e.RetryAt.After(h.now()) {
				t.Errorf("%s: %v", name, err)
			}
		}
		p, err = h.SignIns.Pending(ctx, in)
		if err != nil || p.Destination != "m***@example.com" || p.TriesLeft != 4 || len(p.Ways) != 2 {
			t.Errorf("%+v, %v", p, err)
		}
		// Back to the text: it has had one already, so it waits.
		var phone string
		for _, w := range p.Ways {
			if w.Channel == ChannelSMS {
				phone = w.ID
			}
		}
		if _, err := h.SignIns.Resend(ctx, "", phone, in); !isKind(err, TooSoon) {
			t.Errorf("the first way again: %v", err)
		}
		for left := 3; left >= 1; left-- {
			if a, err := h.SignIns.Answer(ctx, wrongCode(code), "", Ticks{}, in); err != nil || a.TriesLeft != left {
				t.Errorf("%+v, %v; want %d tries", a, err, left)
			}
		}
		if a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, in); err != nil || a.Outcome != Accepted {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// The step-up has the same ways.
func TestStepUpByAnotherWay(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.threeWays(t)
		h.forward(11 * time.Minute)
		ways, err := h.Reauths.Ways(ctx, c)
		if err != nil || len(ways) != 3 || ways[0].Channel != ChannelSMS {
			t.Fatalf("%+v, %v", ways, err)
		}
		if s, err := h.Reauths.Start(ctx, "/account", ways[2].ID, c); err != nil || s.Outcome != CodeSent {
			t.Fatalf("%+v, %v", s, err)
		}
		m, code, _ := h.letter(t)
		if m.Destination != "second@example.net" {
			t.Errorf("%+v", m)
		}
		if _, err := h.Reauths.Resend(ctx, "", "x", c); !isKind(err, NotFound) {
			t.Errorf("an unknown way: %v", err)
		}
		if r, err := h.Reauths.Resend(ctx, "", ways[0].ID, c); err != nil || r.Outcome != CodeSent {
			t.Errorf("%+v, %v", r, err)
		}
		if m, same, _ := h.letter(t); m.Channel != ChannelSMS || same != code {
			t.Errorf("%+v", m)
		}
		if a, err := h.Reauths.Answer(ctx, code, "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// A hundred wrong codes in a row shut one channel, and the others stay open.
func TestShutChannelIsNotOffered(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.threeWays(t)
		h.exec(t, "UPDATE identifiers SET wrong_in_row = 99 WHERE kind = 'phone'")
		in := h.startSignIn(t, "mara@example.com")
		_, code, _ := h.letter(t)
		phone := h.overview(t, c).Ways[0].ID
		if a, err := h.SignIns.Answer(ctx, wrongCode(code), "", Ticks{}, in); err != nil || a.Outcome != Wrong {
			t.Fatalf("%+v, %v", a, err)
		}
		if n := h.count(t, "SELECT wrong_in_row FROM identifiers WHERE kind = 'phone'"); n != 100 {
			t.Errorf("%d wrong in a row", n)
		}
		if a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, in); err != nil || a.Outcome != ChannelOff {
			t.Errorf("the right code by a shut channel: %+v, %v", a, err)
		}
		mustGoBy(t, h, c, "m***@example.com", "s***@example.net")
		p, err := h.SignIns.Pending(ctx, in)
		if err != nil || len(p.Ways) != 2 {
			t.Errorf("%+v, %v", p, err)
		}
		if _, err := h.SignIns.Resend(ctx, "", phone, in); !isKind(err, NotFound) {
			t.Errorf("the shut way: %v", err)
		}
		h.forward(time.Minute)
		if r, err := h.SignIns.Resend(ctx, "", "", in); err != nil || r.Outcome != ChannelOff {
			t.Errorf("%+v, %v", r, err)
		}
		// The way that is open leads in, with the tries that are left.
		if r, err := h.SignIns.Resend(ctx, "", p.Ways[0].ID, in); err != nil || r.Outcome != CodeSent {
			t.Fatalf("%+v, %v", r, err)
		}
		_, code, _ = h.letter(t)
		if a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, in); err != nil || a.Outcome != Accepted {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// Whoever reads one mailbox has had the password reset by it: the next code goes
// another way, once.
func TestAfterAResetTheCodeGoesAnotherWay(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.threeWays(t)
		if err := h.Accounts.PreferWay(ctx, h.overview(t, c).Main.ID, c); err != nil {
			t.Fatal(err)
		}
		r := h.startReset(t, "mara@example.com")
		_, code, _ := h.letter(t)
		if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, r); err != nil || a.Outcome != Accepted {
			t.Fatalf("%+v, %v", a, err)
		}
		if err := h.Resets.Finish(ctx, newPassword, r); err != nil {
			t.Fatal(err)
		}
		mustTell(t, h.messages(t), "password_changed mara@example.com", "password_changed second@example.net", "password_changed +436641234567")
		start := func() (Client, Message, string) {
			t.Helper()
			in := browser()
			s, err := h.SignIns.Start(ctx, "mara@example.com", newPassword, "", in)
			if err != nil || s.Outcome != CodeSent {
				t.Fatalf("%+v, %v", s, err)
			}
			in.Session = s.Session
			m, code, _ := h.letter(t)
			return in, m, code
		}
		in, m, code := start()
		if m.Channel != ChannelSMS {
			t.Errorf("the code goes to the mailbox that reset the password: %+v", m)
		}
		p, err := h.SignIns.Pending(ctx, in)
		if err != nil || len(p.Ways) != 1 || p.Ways[0].Masked != "s***@example.net" {
			t.Errorf("%+v, %v", p.Ways, err)
		}
		if a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, in); err != nil || a.Outcome != Accepted {
			t.Fatalf("%+v, %v", a, err)
		}
		h.messages(t)
		if _, m, _ := start(); m.Destination != "mara@example.com" {
			t.Errorf("after that sign-in the holder's choice holds again: %+v", m)
		}
	})
	// With one mailbox alone there is no other way.
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.messages(t)
		r := h.startReset(t, "mara@example.com")
		_, code, _ := h.letter(t)
		if _, err := h.Resets.Answer(ctx, code, "", Ticks{}, r); err != nil {
			t.Fatal(err)
		}
		if err := h.Resets.Finish(ctx, newPassword, r); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		if s, err := h.SignIns.Start(ctx, "mara@example.com", newPassword, "", browser()); err != nil || s.Outcome != CodeSent {
			t.Fatalf("%+v, %v", s, err)
		}
		if m, _, _ := h.letter(t); m.Destination != "mara@example.com" {
			t.Errorf("%+v", m)
		}
	})
}

// An address that has left the account proves nothing for it any more.
func TestCodeToARemovedWay(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.threeWays(t)
		other := h.signIn(t, "mara@example.com")
		h.forward(11 * time.Minute)
		c = h.stepUp(t, c)
		if _, err := h.Reauths.Start(ctx, "", "", other); err != nil {
			t.Fatal(err)
		}
		_, code, _ := h.letter(t)
		if _, err := h.Accounts.RemovePhone(ctx, c); err != nil {
			t.Fatal(err)
		}
		if a, err := h.Reauths.Answer(ctx, code, "", Ticks{}, other); err != nil || a.Outcome != ChannelOff {
			t.Errorf("%+v, %v", a, err)
		}
	})
}
