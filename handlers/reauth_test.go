package handlers_test

import (
	"strings"
	"testing"
	"time"

	"admitone/models"
)

func TestStepUp(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		const page = "/account/password"
		b := h.browser()
		b.signUp(mara)
		b.open(page).is(200) // a code typed right now is as good
		h.forward(10*time.Minute - time.Millisecond)
		b.open(page).is(200)
		h.forward(time.Millisecond)
		b.notFresh(page)
		letters := h.letters(mara)
		for range 3 {
			b.open("/reauth?next="+page).is(200, "fresh code", "m***@example.com", `name="next" value="`+page+`"`, `action="/reauth"`).without(mara)
			b.do("HEAD", "/reauth?next="+page, "", false).is(200)
		}
		if n := h.letters(mara); n != letters {
			t.Fatalf("a GET sent %d letters", n-letters)
		}
		for range 3 { // asked for twice more by a reload
			b.send("/reauth", "next", page).leads("/reauth")
		}
		code := h.code(mara)
		h.told(mara, letters, code+" is your Admit One code")
		now := b.open("/reauth").is(200, `action="/reauth"`, "before you go on", "m***@example.com").without(mara, "shared", "Trust this")
		if !strings.Contains(h.mail(mara)[0].Text, now.find(tagField)) {
			t.Error("page and letter bear different tags")
		}
		b.notFresh(page) // asking is no proof
		b.send("/reauth", "code", "").unit(422, "Enter the 6-digit code")
		b.send("/reauth", "code", "12345").unit(422, "must be 6 numbers")
		b.send("/reauth", "code", notCode(code)).unit(422, "4 tries left").without(code, notCode(code))
		old, thief := b.cookies["session"], b.copy()
		a := b.send("/reauth", "code", code, "flow", now.find(flowField)).leads(page)
		if k := a.cookie("session"); k == nil || k.Value == old || k.MaxAge <= 0 || a.cookie("device") != nil {
			t.Fatalf("a new session cookie is wanted: %v", a.cookies)
		}
		toSignIn(t, thief) // the old token is dead
		b.open(page).is(200)
		b.open("/account/devices/everywhere").is(200)
		if n := h.letters(mara); n != letters+1 {
			t.Errorf("%d letters more", n-letters)
		}
		h.forward(10*time.Minute - time.Millisecond)
		b.open(page).is(200)
		h.forward(time.Millisecond)
		b.notFresh(page)
		b.send("/reauth", "code", code).leads("/reauth") // used
		b.notFresh(page)
	})
}

// What counts as a fresh proof: a code typed at the sign-in, but no password
// alone, on a device however well known.
func TestFreshProof(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b, shared := h.browser(), h.browser()
		b.signUp(mara)
		b.send("/sign-out")
		b.send("/sign-in", "email", mara, "password", password).leads("/account")
		b.notFresh("/account/password")
		b.signInAnew(mara).open("/account/password").is(200)

		shared.toCode(mara)
		shared.send("/sign-in/code", "code", h.code(mara), "shared", "yes").leads("/account")
		shared.open("/account/password").is(200)
		h.forward(10 * time.Minute)
		shared.notFresh("/account/password")
		shared.send("/reauth", "next", "/account/password").leads("/reauth")
		a := shared.send("/reauth", "code", h.code(mara)).leads("/account/password")
		if k := a.cookie("session"); k == nil || k.MaxAge != 0 || !k.Expires.IsZero() {
			t.Errorf("a shared device's cookie outlives the browser after a step-up: %v", a.cookies)
		}
	})
}

// signInAnew opens a session in a new browser.
func (b *browser) signInAnew(email string) *browser {
	b.h.t.Helper()
	other := b.h.browser()
	other.signIn(email)
	return other
}

// The code of a step-up is good in its own session, for nothing else; and no
// other code is good for it.
func TestStepUpCodeOfAnother(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		other := b.signInAnew(mara)
		tom := h.browser()
		tom.signUp("tom@example.com")
		h.forward(10 * time.Minute)
		b.send("/reauth", "next", "/account/password").leads("/reauth")
		stepUp := h.code(mara)
		waits := h.browser()
		waits.toCode(mara)
		signIn := h.code(mara)
		tom.send("/reauth").leads("/reauth")
		toms := h.code("tom@example.com")
		other.send("/reauth", "code", stepUp).leads("/reauth") // nothing is awaited there
		other.open("/reauth").is(200, "You need to start again")
		other.notFresh("/account/password")
		b.send("/reauth", "code", signIn).unit(422, "4 tries left")
		b.send("/reauth", "code", toms).unit(422, "3 tries left")
		waits.send("/sign-in/code", "code", stepUp).unit(422, "4 tries left")
		tom.send("/reauth", "code", stepUp).unit(422, "4 tries left")
		b.send("/sign-in/code", "code", stepUp).leads("/account")
		b.notFresh("/account/password")
		b.send("/reauth", "code", stepUp).leads("/account/password")
		waits.send("/sign-in/code", "code", signIn).leads("/account")
		other.notFresh("/account/password")
	})
}

func TestStepUpExpired(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		h.forward(time.Hour)
		b.send("/reauth", "next", "/account/two-step/off").leads("/reauth")
		code := h.code(mara)
		h.forward(10 * time.Minute)
		letters := h.letters(mara)
		b.open("/reauth").is(200, "has expired", `action="/reauth/resend"`, "still signed in").without(`name="code"`)
		for range 6 {
			b.send("/reauth", "code", code).unit(422, "has expired").without(`name="code"`)
		}
		b.notFresh("/account/two-step/off")
		if n := h.letters(mara); n != letters {
			t.Fatalf("%d letters were sent unasked", n-letters)
		}
		a := b.send("/reauth/resend")
		if h.htmx {
			a.unit(200, newCode)
		} else {
			a.leads("/reauth")
			b.open("/reauth").is(200, newCode)
		}
		if h.code(mara) == code {
			t.Fatal("the new code is the old one")
		}
		b.send("/reauth", "code", code).unit(422, "4 tries left")
		b.send("/reauth", "code", h.code(mara)).leads("/account/two-step/off")
		b.open("/account/two-step/off").is(200)

		// An hour after it began the flow is over, the session is not.
		h.forward(time.Hour)
		b.send("/reauth", "next", "/account/password").leads("/reauth")
		code = h.code(mara)
		h.forward(time.Hour)
		b.send("/reauth", "code", code).leads("/reauth")
		b.open("/reauth").is(200, "You need to start again", "fresh code")
		b.open("/account").is(200, mara)
	})
}

func TestStepUpResend(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		h.forward(time.Hour)
		b.send("/reauth/resend").leads("/reauth") // nothing to send again
		b.send("/reauth", "next", "/account/password").leads("/reauth")
		code, letters := h.code(mara), h.letters(mara)
		b.send("/reauth/resend").unit(429, "30 seconds").retryAfter("30")
		h.forward(30*time.Second - time.Millisecond)
		b.send("/reauth/resend").unit(429).retryAfter("1")
		h.forward(time.Millisecond)
		a := b.send("/reauth/resend")
		if h.htmx {
			a.unit(200, sameCode, `id="countdown"`)
		} else {
			a.leads("/reauth")
			b.open("/reauth").is(200, sameCode)
			b.open("/reauth").is(200).without(sameCode)
		}
		h.told(mara, letters, code+" is your Admit One code")
		flow := b.open("/reauth").find(flowField)
		b.part("/reauth/delivery?flow="+flow).is(200, "Accepted by the mail server").without("<html")
		b.part("/reauth/help?flow="+flow).is(200, "codes@example.com").without("<html")
		if a := b.part("/reauth/delivery?flow=" + strings.Repeat("0", 32)).is(200); a.body != "" {
			t.Errorf("another flow's tab is shown %q", a.body)
		}
		h.browser().part("/reauth/delivery?flow=" + flow).is(401)
		b.send("/reauth", "code", code).leads("/account/password")
	})
}

// Wrong codes use up the tries, tell the owner, and leave the session alone.
func TestStepUpExhausted(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		h.forward(time.Hour)
		b.send("/reauth", "next", "/account/password").leads("/reauth")
		code := h.code(mara)
		letters := h.letters(mara)
		for left := 4; left > 0; left-- {
			b.send("/reauth", "code", notCode(code)).unit(422, string('0'+rune(left))+" tr")
		}
		b.send("/reauth", "code", notCode(code)).unit(422, "no longer works").without(`name="code"`)
		b.send("/reauth", "code", code).unit(422).without(`name="code"`)
		b.notFresh("/account/password")
		got := h.mail(mara)
		if len(got) != letters+1 || strings.Contains(got[0].Text, code) || !strings.Contains(got[0].Text, "/not-me") {
			t.Errorf("the owner is to be told once: %d letters, the newest %+v", len(got)-letters, got[0])
		}
		b.open("/reauth?next=/account/password").is(200, "fresh code", `name="next" value="/account/password"`).without(`name="code"`)
		b.send("/reauth", "next", "/account/password").leads("/reauth")
		if h.code(mara) != code {
			b.send("/reauth", "code", code).unit(422, "4 tries left")
		}
		b.send("/reauth", "code", h.code(mara)).leads("/account/password")
		b.open("/account").is(200, mara)
	})
}

// The limits of messages and of wrong codes hold for a step-up too.
func TestStepUpLimits(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		h.forward(time.Hour)
		b.send("/reauth").leads("/reauth")
		exhaust := func() {
			for range 5 {
				b.send("/reauth", "code", notCode(h.code(mara))).is(422)
			}
		}
		exhaust()
		letters := h.letters(mara)
		b.send("/reauth").unit(429).retryAfter("600")
		if n := h.letters(mara); n != letters {
			t.Errorf("%d letters over the limit", n-letters)
		}
		for range 2 {
			h.forward(10 * time.Minute)
			b.send("/reauth").leads("/reauth")
			exhaust()
		}
		h.forward(10 * time.Minute)
		b.send("/reauth").leads("/reauth") // the sixteenth wrong code of the day
		a := b.send("/reauth", "code", h.code(mara)).unit(429)
		if len(a.header.Get("Retry-After")) < 4 || a.cookie("session") != nil {
			t.Errorf("the day's limit does not hold: %v", a)
		}
		b.notFresh("/account/password")
		h.forward(25 * time.Hour)
		b.stepUp(mara, "/account/password")
	}, func(s *setup) { s.policy.OwnerSends = models.Sends{TenMinutes: 1, Hour: 10, Day: 10} })
}

// Where the person was going is a path of this site, or nothing.
func TestStepUpNext(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		const hidden = `action="/reauth"><input type="hidden" name="next"`
		b.open("/reauth?next=/account/devices").away("/account/devices") // the proof is fresh
		h.forward(time.Hour)
		b.open("/reauth?next=/account/devices").is(200, hidden+` value="/account/devices"`)
		for _, next := range hostile {
			b.open("/reauth?"+form("next", next)).is(200, `action="/reauth"`).without(hidden)
		}
		for next, want := range map[string]string{
			"//evil.example": "/account", "https://evil.example": "/account", "": "/account", "/account/devices?rename=x": "/account/devices?rename=x",
		} {
			h.forward(time.Hour)
			b.send("/reauth", "next", next).leads("/reauth")
			b.send("/reauth", "code", h.code(mara)).leads(want)
		}
	})
}
