package models

import (
	"slices"
	"testing"
	"time"
)

// Of two sign-ups within an hour, and of one whose code is asked for again, the page tells
// the same of an address that has an account, whose owner is written to once, and of one
// that nobody has: while the mail server is slow, while it is away at once or after long,
// where it refuses, and once it takes all.
func TestSecondSignUpTellsNothing(t *testing.T) {
	again := map[string]func(*house, *testing.T, string, *Client){
		"a second one": func(h *house, t *testing.T, email string, c *Client) { c.Session = h.startSignUp(t, email, *c) },
		"asked again": func(h *house, t *testing.T, _ string, c *Client) {
			if r, err := h.SignUps.Resend(ctx, "", "", *c); err != nil || r.Outcome != CodeSent {
				t.Fatal(r, err)
			}
		},
	}
	later := func(h *house, m Message) error { return h.Outbox.Failed(ctx, m, Failure{Reason: "deferred"}) }
	never := func(h *house, m Message) error {
		return h.Outbox.Failed(ctx, m, Failure{Permanent: true, Reason: "refused"})
	}
	takes := func(h *house, m Message) error { return h.Outbox.Sent(ctx, m, "250 ok") }
	for name, server := range map[string]struct {
		takes time.Duration
		says  func(*house, Message) error
	}{
		"away": {0, later}, "hangs": {4 * time.Second, later}, "refuses": {0, never}, "slow": {3 * time.Second, takes}, "takes": {0, takes},
	} {
		for how, again := range again {
			t.Run(name+", "+how, func(t *testing.T) {
				engines(t, func(t *testing.T, h *house) {
					h.signUp(t, "mara@example.com")
					h.messages(t)
					h.forward(24 * time.Hour)
					known := h.looksAtTwo(t, "mara@example.com", again, server.takes, server.says)
					free := h.looksAtTwo(t, "nobody@example.com", again, server.takes, server.says)
					if !slices.Equal(known, free) {
						t.Errorf("with an account %q, without %q", known, free)
					}
				})
			})
		}
	}
}

// looksAtTwo is what the page of a sign-up shows each second, twice one after the other,
// with a mail server that says something after a while.
func (h *house) looksAtTwo(t *testing.T, email string, again func(*house, *testing.T, string, *Client), takes time.Duration, says func(*house, Message) error) (seen []string) {
	t.Helper()
	type sending struct {
		Message
		until time.Time
	}
	var sends []sending
	c := browser()
	c.Session = h.startSignUp(t, email, c)
	for n := range 2 {
		if n > 0 {
			again(h, t, email, &c)
		}
		for range 20 {
			list, err := h.Outbox.Claim(ctx, "", 10, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				sends = append(sends, sending{m, h.now().Add(takes)})
			}
			sends = slices.DeleteFunc(sends, func(s sending) bool {
				if h.now().Before(s.until) {
					return false
				}
				if err := says(h, s.Message); err != nil {
					t.Fatal(err)
				}
				return true
			})
			p, err := h.SignUps.Pending(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, p.Delivery.State+" "+p.Delivery.Reason)
			h.forward(time.Second)
		}
		h.forward(40 * time.Second)
	}
	return seen
}
