package models

import (
	"context"
	"crypto/rand"
	"testing"
	"time"
)

// begins is one way to begin what waits for a code, and to type it.
type begins struct {
	start  func(c Client) (Started, error)
	page   func(c Client) (Pending, error)
	answer func(ctx context.Context, typed, flowID string, ticks Ticks, c Client) (Answered, error)
	inside bool // in a session, whose cookie stays
}

func (h *house) beginnings(email string) map[string]begins {
	return map[string]begins{
		"sign-in": {
			start:  func(c Client) (Started, error) { return h.SignIns.Start(ctx, email, testPassword, "", c) },
			page:   func(c Client) (Pending, error) { return h.SignIns.Pending(ctx, c) },
			answer: h.SignIns.Answer,
		},
		"sign-up": {
			start:  func(c Client) (Started, error) { return h.SignUps.Start(ctx, "new@example.com", testPassword, c) },
			page:   func(c Client) (Pending, error) { return h.SignUps.Pending(ctx, c) },
			answer: h.SignUps.Answer,
		},
		"reset": {
			start:  func(c Client) (Started, error) { return h.Resets.Start(ctx, email, c) },
			page:   func(c Client) (Pending, error) { return h.Resets.Pending(ctx, c) },
			answer: h.Resets.Answer,
		},
		"new address": {
			start:  func(c Client) (Started, error) { return h.Accounts.StartEmail(ctx, "mara@example.net", true, c) },
			page:   func(c Client) (Pending, error) { return h.Accounts.PendingProof(PurposeEmail)(ctx, c) },
			answer: h.Accounts.AnswerProof(PurposeEmail), inside: true,
		},
		"number": {
			start:  func(c Client) (Started, error) { return h.Accounts.StartPhone(ctx, "+436641234567", false, c) },
			page:   func(c Client) (Pending, error) { return h.Accounts.PendingProof(PurposePhone)(ctx, c) },
			answer: h.Accounts.AnswerProof(PurposePhone), inside: true,
		},
	}
}

// eachBeginning walks all of them, hours apart: in a new browser, or in the session of
// an account that signs up for it.
func (h *house) eachBeginning(t *testing.T, email string, walk func(name string, b begins, c Client)) {
	known := h.signUp(t, email)
	for name, b := range h.beginnings(email) {
		h.forward(2 * time.Hour)
		c := browser()
		if b.inside {
			known = h.stepUp(t, known)
			c = known
		}
		h.messages(t)
		walk(name, b, c)
		h.messages(t)
	}
}

// Who begins again in the same browser, because no message has come yet, may type the
// code of whichever arrives first, in whichever tab.
func TestBegunAgain(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		h.eachBeginning(t, "mara@example.com", func(name string, b begins, c Client) {
			again := func() Pending {
				t.Helper()
				before := c
				s, err := b.start(c)
				if err != nil || s.Outcome != CodeSent {
					t.Fatalf("%s: %+v, %v", name, s, err)
				}
				if !b.inside {
					c.Session = s.Session
					if _, err := b.page(before); !isKind(err, Gone) || before.Session == c.Session {
						t.Errorf("%s: the handle before it lives on: %v", name, err)
					}
				}
				p, err := b.page(c)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				return p
			}
			first := again()
			_, code, link := h.letter(t)
			h.forward(5 * time.Second)
			if p := again(); p.Flow != first.Flow || !p.ResendAt.Equal(first.ResendAt) || p.Tag != first.Tag {
				t.Errorf("%s, at once: %+v, before %+v", name, p, first)
			}
			if n := len(h.messages(t)); n != 0 {
				t.Errorf("%s, at once: %d messages more", name, n)
			}
			h.forward(time.Minute)
			if p := again(); p.Flow != first.Flow || !p.ResendAt.After(first.ResendAt) || p.Tag != first.Tag {
				t.Errorf("%s, after the pause: %+v, before %+v", name, p, first)
			}
			if _, same, sameLink := h.letter(t); same != code || sameLink != link {
				t.Errorf("%s: another code, or another link", name)
			}
			if a, err := b.answer(ctx, code, first.Flow, Ticks{}, c); err != nil || a.Outcome != Accepted {
				t.Errorf("%s: the first code in the first tab: %+v, %v", name, a, err)
			}
		})
	})
}

// What cannot go on begins anew: the tries or the life are used up, or it is for somebody
// else, in another browser, or of another form.
func TestBegunAnew(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "tom@example.com")
		h.signUp(t, "mara@example.com")
		for name, c := range map[string]struct {
			email  string
			change func(c *Client, code string)
		}{
			"nothing changed": {"mara@example.com", nil},
			"no tries": {"mara@example.com", func(c *Client, code string) {
				for range 5 {
					if _, err := h.SignIns.Answer(ctx, wrongCode(code), "", Ticks{}, *c); err != nil {
						t.Fatal(err)
					}
				}
			}},
			"over": {"mara@example.com", func(*Client, string) { h.forward(10 * time.Minute) }},
			"the channel left": {"mara@example.com", func(*Client, string) {
				h.exec(t, "UPDATE identifiers SET verified_at = NULL WHERE value = 'mara@example.com'")
			}},
			"another account": {"tom@example.com", nil},
			"another browser": {"mara@example.com", func(c *Client, _ string) { c.Session, c.Form = "", rand.Text() }},
		} {
			h.exec(t, "UPDATE identifiers SET verified_at = created_at")
			h.forward(25 * time.Hour)
			in := browser()
			in.Form = rand.Text()
			s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", in)
			if err != nil {
				t.Fatal(err)
			}
			in.Session = s.Session
			first, err := h.SignIns.Pending(ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			_, code, _ := h.letter(t)
			if c.change != nil {
				c.change(&in, code)
			}
			h.forward(time.Second)
			s, err = h.SignIns.Start(ctx, c.email, testPassword, "", in)
			if err != nil {
				t.Fatal(err)
			}
			if name == "the channel left" {
				if s.Outcome != Wrong {
					t.Errorf("%s: %+v", name, s)
				}
				continue
			}
			in.Session = s.Session
			p, err := h.SignIns.Pending(ctx, in)
			same := p.Flow == first.Flow
			if err != nil || same != (name == "nothing changed") || same && p.Tag != first.Tag { // of two flows the tags may be equal by chance
				t.Errorf("%s: %+v, before %+v, %v", name, p, first, err)
			}
			h.messages(t)
		}
	})
}

// A button that is pressed twice in a browser that has no cookie yet sends one message,
// and its code works whichever answer the browser kept.
func TestPressedTwice(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		h.eachBeginning(t, "mara@example.com", func(name string, b begins, c Client) {
			c.Form = rand.Text()
			got := make([]Started, 3)
			errs := make([]error, len(got))
			parallel(len(got), func(i int) { got[i], errs[i] = b.start(c) })
			_, code, _ := h.letter(t)
			for i, s := range got {
				if errs[i] != nil || s.Outcome != CodeSent || s.Session != got[0].Session {
					t.Errorf("%s: %+v, %v", name, s, errs[i])
				}
			}
			if !b.inside {
				c.Session = got[0].Session
			}
			if a, err := b.answer(ctx, code, "", Ticks{}, c); err != nil || a.Outcome != Accepted {
				t.Errorf("%s: %+v, %v", name, a, err)
			}
		})
	})
}

// A form's nonce opens nothing by itself, one that can be guessed is taken for none, and
// whoever has a session of somebody's earlier flow has nothing of the one that goes on.
func TestFormsNonce(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.forward(time.Hour)
		in := browser()
		in.Form = rand.Text()
		s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", in)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.SignIns.Pending(ctx, in); !isKind(err, Gone) {
			t.Errorf("the nonce alone: %v", err)
		}
		if got := h.opens(t, "mara@example.com", "a wrong horse and no staple", in); got != Wrong {
			t.Errorf("the nonce and a wrong password: %v", got)
		}
		in.Session = s.Session
		if _, err := h.SignIns.Pending(ctx, in); err != nil {
			t.Errorf("after it: %v", err)
		}
		for _, short := range []string{"", "1", "0123456789012345678901234"} {
			one, two := browser(), browser()
			one.Form, two.Form = short, short
			a, err := h.SignUps.Start(ctx, "new@example.com", testPassword, one)
			if err != nil {
				t.Fatal(err)
			}
			h.forward(time.Hour)
			b, err := h.SignUps.Start(ctx, "new@example.com", testPassword, two)
			if err != nil || a.Session == b.Session {
				t.Errorf("by %q: %+v, %+v, %v", short, a, b, err)
			}
		}
	})
}

// The password that was typed last is the account's, and only the browser that typed it
// can finish: whoever had the cookie before cannot put another one in its place.
func TestSignUpAgainWithAnotherPassword(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := browser()
		c.Session = h.startSignUp(t, "mara@example.com", c)
		planted := c
		h.forward(time.Minute)
		s, err := h.SignUps.Start(ctx, "mara@example.com", newPassword, c)
		if err != nil {
			t.Fatal(err)
		}
		c.Session = s.Session
		if _, err := h.SignUps.Start(ctx, "mara@example.com", testPassword, planted); err != nil {
			t.Fatal(err)
		}
		codes := h.post(t)["mara@example.com"]
		if a, err := h.SignUps.Answer(ctx, codes[0], "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Fatalf("%+v, %v", a, err)
		}
		h.forward(time.Hour)
		if got := h.opens(t, "mara@example.com", testPassword, browser()); got != Wrong {
			t.Errorf("the password before: %v", got)
		}
		if got := h.opens(t, "mara@example.com", newPassword, browser()); got != CodeSent {
			t.Errorf("the password that was typed last: %v", got)
		}
	})
}

// A reset that is begun again looks the same where nobody has the address.
func TestResetAgainTellsNothing(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.forward(time.Hour)
		type look struct {
			resend, expires time.Duration
			tries           int
			over            Outcome
		}
		var looks [2][3]look
		for i, email := range []string{"mara@example.com", "nobody@example.com"} {
			c := browser()
			c.Address = from(c, i).Address
			for n := range looks[i] {
				s, err := h.Resets.Start(ctx, email, c)
				if err != nil || s.Outcome != CodeSent {
					t.Fatalf("%+v, %v", s, err)
				}
				c.Session = s.Session
				p, err := h.Resets.Pending(ctx, c)
				if err != nil {
					t.Fatal(err)
				}
				looks[i][n] = look{p.ResendAt.Sub(h.now()), p.ExpiresAt.Sub(h.now()), p.TriesLeft, p.Over}
				h.forward(40 * time.Second)
			}
			if n := len(h.messages(t)); n != 2*(1-i) {
				t.Errorf("%d messages to %s", n, email)
			}
		}
		if looks[0] != looks[1] {
			t.Errorf("%+v with an account, %+v without", looks[0], looks[1])
		}
	})
}

// Whose the address is may change while a reset or a sign-up waits: then it begins anew,
// and the message says what holds now.
func TestBegunAgainWhenTheOwnerIsAnother(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.core.policy.StrangerSends = Sends{20, 20, 20}
		reset, up := browser(), browser()
		for range 2 {
			s, err := h.Resets.Start(ctx, "mara@example.com", reset)
			if err != nil {
				t.Fatal(err)
			}
			reset.Session = s.Session
			up.Session = h.startSignUp(t, "mara@example.com", up)
			if h.count(t, "SELECT count(*) FROM accounts") == 0 {
				h.messages(t)
				h.signUp(t, "mara@example.com")
				h.messages(t)
			}
		}
		mustTell(t, h.messages(t), KindResetCode+" mara@example.com", KindSignUpExisting+" mara@example.com")
	})
}
