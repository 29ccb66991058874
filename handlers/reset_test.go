package handlers_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	resetCode = regexp.MustCompile(`(?m)^(\d{8})$`)
	resetLink = regexp.MustCompile(`http://127\.0\.0\.1:\d+(/reset/link/([a-p]{96}))\b`)
)

// reset gives what the newest reset message to an address holds: its code, and
// the path of its link.
func (h *house) reset(to string) (code, link string) {
	h.t.Helper()
	for _, m := range h.mail(to) {
		found := resetCode.FindStringSubmatch(m.Text)
		if found == nil {
			continue
		}
		path := resetLink.FindStringSubmatch(m.Text)
		if path == nil {
			h.t.Fatalf("no link in %s", m.Text)
		}
		return found[1], path[1]
	}
	h.t.Fatalf("no reset message came to %s", to)
	return "", ""
}

// forgot goes to the code page of a reset.
func (b *browser) forgot(email string) {
	b.h.t.Helper()
	b.send("/reset", "email", email).leads("/reset/code")
}

// follow opens a mailed link and presses its button.
func (b *browser) follow(link string) answer {
	b.h.t.Helper()
	b.open(link).away("/reset/link")
	return b.send("/reset/link")
}

const allOut = "All devices have been signed out."

// By the code: the whole way, what it ends and what it leaves as it was.
func TestReset(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner, other := h.browser(), h.browser()
		owner.signUp(mara)
		other.signIn(mara)
		waits := h.browser()
		waits.toCode(mara)
		pending := h.code(mara)

		b := h.browser()
		b.open("/sign-in").is(200, `href="/reset"`)
		b.open("/reset").is(200, `action="/reset"`, `autocomplete="username"`)
		letters := h.letters(mara)
		b.forgot("MARA@Example.com")
		h.told(mara, letters, "Reset your Admit One password")
		page := b.open("/reset/code").is(200, "If there is an account for", "MARA@example.com", "8-digit", `action="/reset/code"`).without("shared", `id="delivery"`)
		code, _ := h.reset(mara)
		b.send("/reset/code", "code", "").unit(422, "Enter the 8-digit code")
		b.send("/reset/code", "code", code[:6]).unit(422, "must be 8 numbers")
		b.send("/reset/code", "code", notCode(code)).unit(422, "4 tries left").without(code)
		b.open("/reset/new").away("/reset") // nothing is proven yet
		old := b.copy()
		b.send("/reset/code", "code", code[:4]+" "+code[4:], "flow", page.find(flowField)).leads("/reset/new")
		b.open("/account").away("/sign-in?next=/account") // it opens nothing
		b.open("/reset/new").is(200, "MARA@example.com", `autocomplete="new-password"`, `autocomplete="username"`, "All devices will be signed out")
		owner.open("/account").is(200, mara) // until the new password is there
		old.send("/reset/code", "code", code).unit(422, "already been used")

		for next, words := range map[string]string{
			"": "Enter a new password", "elevenchars": "12 characters or more", "passwordpassword": "list of common passwords",
			"mara@example.com": "too close to your email", "Admit One 2026": "too close to the name", strings.Repeat("é", 257): "256 characters or fewer", "with a \x00 in it, long": "cannot be used",
		} {
			a := b.send("/reset/new", "new_password", next).unit(422, words, `aria-invalid="true"`)
			if next != "" && next != "mara@example.com" {
				a.without(next)
			}
		}
		letters = h.letters(mara)
		a := b.send("/reset/new", "new_password", newPassword).leads("/sign-in")
		if a.cookie("device") != nil || a.cookie("session") != nil {
			t.Errorf("somebody was let in: %v", a.cookies)
		}
		b.open("/sign-in").is(200, "Your password has changed.", allOut).without(newPassword)
		b.open("/sign-in").is(200).without(allOut)
		h.told(mara, letters, changed)
		if strings.Contains(h.mail(mara)[0].Source, newPassword) {
			t.Error("the letter bears the password")
		}
		for _, who := range []*browser{b, owner, other} {
			toSignIn(t, who)
			who.send("/sign-in", "email", mara, "password", password).unit(422)
		}
		waits.send("/sign-in/code", "code", pending).leads("/sign-in")
		b.send("/reset/new", "new_password", "another password altogether").leads("/reset") // once

		// The second step is asked for, on devices that were known too.
		for _, who := range []*browser{owner, h.browser()} {
			who.send("/sign-in", "email", mara, "password", newPassword).leads("/sign-in/code")
			who.send("/sign-in/code", "code", h.code(mara)).leads("/account")
		}
		if got := owner.activity(); len(got) == 0 || !slices.Contains(got, "Password reset") {
			t.Errorf("%q", got)
		}
	})
}

// What two-step verification is set to, a reset leaves.
func TestResetKeepsTwoStep(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
		trusted := h.browser()
		trusted.toCode(mara)
		trusted.send("/sign-in/code", "code", h.code(mara), "trust", "yes").leads("/account")
		reset := func(next string) {
			t.Helper()
			b := h.browser()
			b.forgot(mara)
			code, _ := h.reset(mara)
			b.send("/reset/code", "code", code).leads("/reset/new")
			b.send("/reset/new", "new_password", next).leads("/sign-in")
		}
		reset(newPassword)
		trusted.send("/sign-in", "email", mara, "password", newPassword).leads("/sign-in/code")
		trusted.send("/sign-in/code", "code", h.code(mara)).leads("/account")
		trusted.open("/account").is(200, "On, at every sign-in")
		trusted.send("/account/two-step/off").leads("/account/two-step")
		reset(password)
		b = h.browser()
		b.send("/sign-in", "email", mara, "password", password).leads("/account")
		b.open("/account").is(200, "because two-step verification is off")
	})
}

// The message bears one code and one link, of this site whatever the request
// said about itself, and its subject no code.
func TestResetMessage(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		letters := h.letters(mara)
		b := h.browser()
		for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "X-Host"} {
			b = b.with(name, "evil.example")
		}
		b.with("Forwarded", "host=evil.example;proto=https").forgot(mara)
		raw(h, "POST", "http://evil.example/reset", urlencoded, "", strings.NewReader(form("email", mara)))
		got := h.mail(mara)
		if len(got) != letters+2 {
			t.Fatalf("%d letters", len(got)-letters)
		}
		codes := map[string]bool{}
		for _, m := range got[:2] {
			code, link := resetCode.FindStringSubmatch(m.Text), resetLink.FindAllStringSubmatch(m.Text, -1)
			if code == nil || len(link) != 1 || len(regexp.MustCompile(`\b\d{8}\b`).FindAllString(m.Text, -1)) != 1 {
				t.Fatalf("one code and one link are wanted of %s", m.Text)
			}
			if strings.Contains(m.Source, "evil.example") || strings.Contains(m.Subject, code[1]) || strings.Contains(m.Text, password) {
				t.Errorf("the letter: %s", m.Source)
			}
			for _, u := range regexp.MustCompile(`https?://[^\s"'<>]+`).FindAllString(m.Text+m.HTML, -1) {
				if !strings.HasPrefix(u, h.url+"/") {
					t.Errorf("a link of another site: %s", u)
				}
			}
			if !strings.Contains(m.HTML, link[0][1]) || !strings.Contains(m.HTML, code[1]) {
				t.Error("the parts differ")
			}
			codes[code[1]] = true
		}
		if len(codes) != 2 {
			t.Error("two flows have one code")
		}
	})
}

// Whether an address has an account, no answer tells, all the way along.
func TestResetAlike(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		const stranger = "nora@example.com"
		h.browser().signUp(mara)
		h.forward(time.Hour) // what the sign-up sent is no part of it
		known, unknown := h.browser(), h.browser()
		both := func(do func(b *browser, email string) answer) answer {
			t.Helper()
			a := do(known, mara)
			alike(t, a, do(unknown, stranger), mara, stranger)
			return a
		}
		page := func() {
			t.Helper()
			both(func(b *browser, _ string) answer { return b.open("/reset/code") }).is(200)
			both(func(b *browser, _ string) answer { return b.open("/reset/new") }).is(303)
			both(func(b *browser, _ string) answer {
				return b.part("/reset/code/help?flow=" + b.open("/reset/code").find(flowField))
			}).is(200, "spam")
		}
		post := func(path string, fields ...string) answer {
			t.Helper()
			return both(func(b *browser, email string) answer { return b.send(path, append(fields, "email", email)...) })
		}
		post("/reset").leads("/reset/code")
		page()
		post("/reset/code/resend").unit(429, "30 seconds").retryAfter("30")
		h.forward(30 * time.Second)
		post("/reset/code/resend")
		page()
		for _, typed := range []string{"", "1234", "00000000"} {
			post("/reset/code", "code", typed).unit(422)
			page()
		}
		h.forward(9 * time.Minute)
		post("/reset/code/resend") // a new code
		page()
		h.forward(10 * time.Minute)
		post("/reset/code", "code", "00000000").unit(422, "has expired")
		page()
		post("/reset/code/resend")
		for range 4 {
			post("/reset/code", "code", "00000000").unit(422)
			both(func(b *browser, _ string) answer { return b.open("/reset/code") }).is(200)
		}
		post("/reset/code", "code", "00000000").unit(422).without(`name="code"`) // the tries are used up
		post("/reset/code/resend")
		post("/reset/new", "new_password", newPassword).leads("/reset")
		both(func(b *browser, _ string) answer { return b.open("/reset") }).is(200, "You need to start again")

		h.forward(25 * time.Hour)
		for i := range 4 { // the messages that anyone may ask for, each in a new browser: one goes on
			known, unknown = h.browser(), h.browser()
			a := post("/reset")
			if want := i == 3; (a.status == 429) != want {
				t.Fatalf("the %dth: %v", i+1, a)
			}
		}
		for range 6 { // the wrong codes of a day
			h.forward(4 * time.Hour)
			post("/reset")
			for range 5 {
				post("/reset/code", "code", "00000000")
			}
		}
		h.forward(2 * time.Hour)
		both(func(b *browser, email string) answer {
			b.send("/reset", "email", email)
			return b.send("/reset/code", "code", "00000000")
		})
		if n := h.letters(stranger); n != 0 {
			t.Errorf("a stranger got %d letters", n)
		}
		post("/reset", "email", "") // the first of two fields counts
		for _, email := range []string{"", "mara", `"><img src=x>@example.com`, "a@[127.0.0.1]", strings.Repeat("x", 5000)} {
			known.send("/reset", "email", email).unit(422).without("<img src")
		}
	})
}
