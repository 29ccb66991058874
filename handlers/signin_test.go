package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"admitone/models"
)

// A new device is asked for a code, and known afterwards.
func TestSignInOnNewDevice(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		before := len(h.mail(mara))
		b := h.browser()
		b.open("/sign-in").is(200, `action="/sign-in"`)
		a := b.send("/sign-in", "email", strings.ToUpper(mara), "password", password).leads("/sign-in/code")
		if a.cookie("device") != nil {
			t.Error("a device cookie before the code")
		}
		letters := h.mail(mara)
		if len(letters) != before+1 || !strings.HasPrefix(letters[0].Subject, h.code(mara)) {
			t.Fatalf("the code is to lead the subject of one new letter: %+v", letters)
		}
		page := b.open("/sign-in/code").is(200, "m***@example.com", "new device").without(mara)
		if !strings.Contains(letters[0].Text, page.find(tagField)) {
			t.Error("page and letter bear different tags")
		}
		b.send("/sign-in/code", "code", h.code(mara), "flow", page.find(flowField)).leads("/account")
		b.open("/account").is(200, mara, "not ask for a code on this device")
		if got := h.mail(mara); len(got) != before+2 || strings.Contains(got[0].Text, h.code(mara)) {
			t.Errorf("the owner is to be told of the new device: %+v", got[0])
		}

		b.send("/sign-out").leads("/sign-in")
		a = b.send("/sign-in", "email", mara, "password", password).leads("/account")
		if a.cookie("session") == nil || !b.signedIn() {
			t.Error("the known device is not in")
		}
		if got := h.mail(mara); len(got) != before+2 {
			t.Errorf("a sign-in on a known device sent %q", got[0].Subject)
		}
	})
}

// On a shared device nothing stays: neither the device nor the cookie.
func TestSharedDevice(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		b := h.browser()
		b.toCode(mara)
		b.send("/sign-in/code", "code", "12", "shared", "yes").unit(422, `value="yes" checked`)
		a := b.send("/sign-in/code", "code", h.code(mara), "shared", "yes").leads("/account")
		if k := a.cookie("session"); k == nil || k.MaxAge != 0 || !k.Expires.IsZero() {
			t.Errorf("the cookie outlives the browser: %v", a.cookies)
		}
		if a.cookie("device") != nil {
			t.Error("a shared device became known")
		}
		b.open("/account").is(200, "will ask for a code on this device again")
		b.send("/sign-out").leads("/sign-in")
		b.toCode(mara)
	})
}

// An unknown address and a wrong password cannot be told apart: a hundred of
// both in turns (on one engine, for the hashes take their time), then over the
// limit.
func TestSignInAlike(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		const stranger = "nora@example.com"
		h.browser().signUp(mara)
		known, unknown, rounds := h.browser(), h.browser(), 50
		if h.htmx || strings.Contains(t.Name(), "postgres") {
			rounds = 3
		}
		for i := range rounds {
			pass := fmt.Sprint(wrong, i)
			a := known.send("/sign-in", "email", mara, "password", pass).unit(422, "email or password is not right", `value="`+mara+`"`).without(pass)
			b := unknown.send("/sign-in", "email", stranger, "password", pass).unit(422).without(pass)
			alike(t, a, b, mara, stranger)
			a.typed(mara)
			b.typed(stranger)
			h.forward(61 * time.Minute)
		}
		h.forward(25 * time.Hour)
		for i := range 12 {
			a := known.send("/sign-in", "email", mara, "password", wrong)
			b := unknown.send("/sign-in", "email", stranger, "password", wrong)
			alike(t, a, b, mara, stranger)
			if want := map[bool]int{true: 422, false: 429}[i < 5 || i == 9]; a.status != want {
				t.Fatalf("the %dth at once: %v", i+1, a)
			}
			if i == 8 {
				h.forward(2 * time.Second)
			}
		}
		if got := h.mail(stranger); len(got) != 0 {
			t.Errorf("a stranger got %q", got[0].Subject)
		}
	})
}

// typed asks for the one cookie that a wrong password leaves: the address, for
// the reset, and nothing else.
func (a answer) typed(email string) {
	a.t.Helper()
	if len(a.cookies) != 1 || a.cookies[0].Name != "typed" || a.cookies[0].Value != email || !a.cookies[0].HttpOnly ||
		a.cookies[0].MaxAge != 15*60 || a.cookies[0].SameSite != http.SameSiteLaxMode {
		a.t.Fatalf("one cookie with %s is wanted of %v", email, a.cookies)
	}
}

func TestSignInRefusals(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		for _, c := range []struct{ email, password, words string }{
			{"", password, "Enter your email address"},
			{mara, "", "Enter a password"},
			{"mara", password, "in the right form"},
			{`"><img src=x>@example.com`, password, "&lt;img"},
			{mara, strings.Repeat("x", 5000), "email or password is not right"},
		} {
			a := b.send("/sign-in", "email", c.email, "password", c.password).unit(422, c.words).without("<img src", strings.Repeat("x", 5000))
			if len(c.password) > 1000 {
				a.typed(mara)
			} else if len(a.cookies) != 0 {
				t.Errorf("a refused form set %v", a.cookies)
			}
		}
	})
}

// The lane of strangers: five free, then a growing wait. A browser that the
// account knows has a lane of its own.
func TestSignInLane(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner, stranger := h.browser(), h.browser()
		owner.signUp(mara)
		owner.send("/sign-out").leads("/sign-in")
		fail := func(status int) answer {
			t.Helper()
			return stranger.send("/sign-in", "email", mara, "password", wrong).unit(status)
		}
		for range 5 {
			fail(422)
		}
		fail(429).retryAfter("15")
		stranger.send("/sign-in", "email", mara, "password", password).unit(429).retryAfter("15").without(mara)
		owner.send("/sign-in", "email", mara, "password", wrong).unit(422)
		owner.send("/sign-in", "email", mara, "password", password).leads("/account")

		h.forward(time.Second)
		for n, wait := range []time.Duration{2, 4, 8, 16} {
			fail(422)
			fail(429).retryAfter(map[bool]string{true: "15", false: "30"}[n < 3])
			h.forward(wait*time.Second - time.Millisecond)
			fail(429)
			h.forward(time.Millisecond)
		}
		fail(422) // the tenth in the hour
		h.forward(time.Minute)
		if a := fail(429); len(a.header.Get("Retry-After")) < 4 {
			t.Errorf("the hour's limit does not hold: %v", a)
		}
		h.forward(time.Hour)
		stranger.toCode(mara)
		stranger.send("/sign-in/code", "code", h.code(mara)).leads("/account")
	})
}

// A hundred wrong codes in a row switch the channel off, also for who has the
// password and the code.
func TestChannelOff(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		other := h.browser()
		other.toCode(mara)
		right := h.code(mara)
		for range 10 {
			b := h.browser()
			b.toCode(mara)
			not := notCode(h.code(mara))
			for range 10 {
				b.send("/sign-in/code", "code", not).is(422)
			}
		}
		other.send("/sign-in/code", "code", right).unit(422)
		h.forward(25 * time.Hour)
		a := h.browser().send("/sign-in", "email", mara, "password", password).unit(422)
		if len(a.cookies) != 0 || other.signedIn() {
			t.Errorf("a closed channel let somebody on: %v", a)
		}
	}, func(s *setup) {
		s.policy.CodeTries, s.policy.WrongCodes = 10, 100
		s.policy.OwnerSends = models.Sends{TenMinutes: 100, Hour: 100, Day: 100}
	})
}

// A path to go on to leads back into this site or nowhere.
func TestNext(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		known := h.browser()
		known.signUp(mara)
		known.send("/sign-out")
		hidden := `action="/sign-in" novalidate><input type="hidden" name="next"`
		in := func(next string) answer {
			t.Helper()
			known.send("/sign-out")
			return known.send("/sign-in", "email", mara, "password", password, "next", next)
		}
		for _, next := range []string{"/account", "/help?a=b&c=d", "/not-me", "/help#top", "/%2f%2fevil.example"} {
			want, _, _ := strings.Cut(next, "#")
			known.send("/sign-out")
			known.open("/sign-in?"+form("next", next)).is(200, hidden)
			in(next).leads(want)
		}
		for _, next := range hostile[:4] {
			in(next).leads("/account")
		}
		stranger := h.browser()
		for _, next := range hostile {
			stranger.open("/sign-in?" + form("next", next)).is(200).without(hidden)
			known.send("/sign-in", "next", next).leads("/account") // signed in already
			known.send("/theme", "theme", "dark", "next", next).leads("/")
		}

		// Over the code page, and over a refusal.
		b := h.browser()
		b.send("/sign-in", "email", mara, "password", wrong, "next", "/help").unit(422, `name="next" value="/help"`)
		b.toCode(mara, "next", "/help?from=mail")
		b.send("/sign-in/code", "code", h.code(mara)).leads("/help?from=mail")
		b.open("/sign-in?next=/not-me").is(303)
	})
}

// hostile are ways to another site that have passed for paths somewhere.
var hostile = []string{
	"", "//evil.example", `/\evil.example`, `\\evil.example`, `\/evil.example`, "https:evil.example", "https://evil.example",
	"http:/evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "///evil.example", "/\t/evil.example",
	"/\n/evil.example", "/\r\nSet-Cookie: a=b", "/a\r\nLocation: //evil.example", " //evil.example", "\t//evil.example", "evil.example",
	"@evil.example", "%2f%2fevil.example", "/\x00/evil.example", "/\u0085/evil.example", "/\u2028x", "/%zz", "?next=//evil.example", "#x", ".", "..//evil.example",
	"/" + strings.Repeat("a", 600),
}
