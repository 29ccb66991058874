package handlers_test

import (
	"testing"
	"time"
)

// resent asks that a message was sent, and for what the person is told of it.
func resent(b *browser, start, words string) {
	b.h.t.Helper()
	a := b.send(start + "/code/resend")
	if a.htmx {
		a.unit(200, words, `id="countdown"`, `id="resend-wait"`, `hx-swap-oob="true"`)
		return
	}
	a.leads(start + "/code")
	b.open(start+"/code").is(200, words)
	b.open(start + "/code").is(200).without(words)
}

const (
	sameCode = "It is the same code"
	newCode  = "We sent a new code"
)

func TestResend(t *testing.T) {
	eachFlow(t, func(t *testing.T, h *house, b *browser, start string) {
		code, letters := h.code(mara), len(h.mail(mara))
		b.send(start+"/code/resend").unit(429, "30 seconds").retryAfter("30")
		h.forward(10*time.Second + 600*time.Millisecond)
		b.send(start+"/code/resend").unit(429, "20 seconds").retryAfter("20") // never told too early
		h.forward(19*time.Second + 399*time.Millisecond)
		b.send(start + "/code/resend").unit(429).retryAfter("1")
		if n := len(h.mail(mara)); n != letters {
			t.Fatalf("%d letters were sent too soon", n-letters)
		}
		h.forward(time.Millisecond)
		resent(b, start, sameCode)
		if n := len(h.mail(mara)); n != letters+1 || h.code(mara) != code {
			t.Fatalf("the same code in one letter more is wanted, not %d", n-letters)
		}
		b.send(start+"/code", "code", code).leads("/account")
	})
}

// Tries go on counting over every message of a challenge.
func TestResendKeepsTries(t *testing.T) {
	eachFlow(t, func(t *testing.T, h *house, b *browser, start string) {
		not := notCode(h.code(mara))
		for range 3 {
			b.send(start+"/code", "code", not).is(422)
		}
		h.forward(30 * time.Second)
		resent(b, start, sameCode)
		b.send(start+"/code", "code", not).unit(422, "1 try left")
		h.forward(9 * time.Minute)
		resent(b, start, newCode)
		if h.code(mara) != not {
			b.send(start+"/code", "code", not).unit(422).without(`name="code"`)
		}
	})
}

// With less than two minutes left the next code is made; the one before stays
// good to its own end.
func TestResendLate(t *testing.T) {
	for name, late := range map[string]func(old, fresh string) string{
		"old":   func(old, _ string) string { return old },
		"fresh": func(_, fresh string) string { return fresh },
	} {
		t.Run(name, func(t *testing.T) {
			eachFlow(t, func(t *testing.T, h *house, b *browser, start string) {
				old := h.code(mara)
				h.forward(8*time.Minute + time.Second)
				resent(b, start, newCode)
				fresh := h.code(mara)
				if fresh == old {
					t.Fatal("the new code is the old one")
				}
				h.forward(118 * time.Second)
				b.send(start+"/code", "code", late(old, fresh)).leads("/account")
			})
		})
	}
	t.Run("over", func(t *testing.T) {
		eachFlow(t, func(t *testing.T, h *house, b *browser, start string) {
			old := h.code(mara)
			h.forward(8*time.Minute + time.Second)
			resent(b, start, newCode)
			h.forward(119 * time.Second)
			b.send(start+"/code", "code", old).unit(422, "4 tries left")
			b.send(start+"/code", "code", h.code(mara)).leads("/account")
		})
	})
}

// The destination's budget is told by the same countdown.
func TestResendBudget(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.send("/sign-up", "email", mara, "password", password).leads("/sign-up/code")
		h.forward(30 * time.Second)
		resent(b, "/sign-up", sameCode)
		h.forward(time.Minute)
		resent(b, "/sign-up", sameCode)
		b.send("/sign-up/code/resend").unit(429, "You can ask again in 9 minutes").retryAfter("510")
		h.forward(510 * time.Second)
		resent(b, "/sign-up", newCode)
	})
}
