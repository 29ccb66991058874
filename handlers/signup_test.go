package handlers_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestSignUp(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.open("/sign-up").is(200, `action="/sign-up"`, `name="email"`, `name="password"`)
		b.send("/sign-up", "email", mara, "password", password).leads("/sign-up/code")
		handle := b.cookies["session"]
		h.settle()
		page := b.open("/sign-up/code").is(200, "m***@example.com", `name="code"`, "codes@example.com", "Accepted by the mail server at").without(mara)
		letters := h.mail(mara)
		if len(letters) != 1 || !strings.Contains(letters[0].Text, page.find(tagField)) {
			t.Fatalf("one letter with the page's tag is wanted, not %+v", letters)
		}
		if b.signedIn() {
			t.Fatal("signed in before the code")
		}
		b.send("/sign-up/code", "code", h.code(mara), "flow", page.find(flowField)).leads("/account")
		if b.cookies["session"] == handle || b.cookies["device"] == "" {
			t.Errorf("no new session and device after the code: %v", b.cookies)
		}
		b.open("/account").is(200, mara, "Firefox on Linux", "Your account is ready")
		b.open("/account").is(200, mara).without("Your account is ready")

		fixed := h.browser()
		fixed.cookies["session"] = handle
		if fixed.signedIn() {
			t.Error("the token from before the code opens the account")
		}
	})
}

// An address that has an account gets the same answers to the last byte; the
// truth goes to its owner's mailbox alone.
func TestSignUpExisting(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		const fresh = "nora@example.com"
		h.browser().signUp(mara)
		before := len(h.mail(mara))
		h.forward(25 * time.Hour) // the messages of that sign-up count no more
		known, unknown := h.browser(), h.browser()
		both := func(act func(b *browser, email string) answer) {
			t.Helper()
			a, b := act(known, mara), act(unknown, fresh)
			alike(t, a, b, mara, fresh)
		}
		both(func(b *browser, email string) answer {
			return b.send("/sign-up", "email", email, "password", password).leads("/sign-up/code")
		})
		letters := h.mail(mara)
		if len(letters) != before+1 {
			t.Fatalf("%d new letters to the owner", len(letters)-before)
		}
		if notice := letters[0]; !strings.Contains(notice.Subject, "already exists") || regexp.MustCompile(`\b\d{6}\b`).MatchString(notice.Text+notice.Subject) {
			t.Errorf("the owner's notice is %q: %s", notice.Subject, notice.Text)
		}
		show := func(b *browser, _ string) answer {
			h.settle()
			return b.open("/sign-up/code").is(200, "Accepted by the mail server at")
		}
		both(show)
		both(func(b *browser, _ string) answer { return b.send("/sign-up/code/resend") })
		h.forward(31 * time.Second)
		both(func(b *browser, _ string) answer { return b.send("/sign-up/code/resend") })
		both(show)
		h.settle()
		not := notCode(h.code(fresh))
		for range 5 {
			both(func(b *browser, _ string) answer { return b.send("/sign-up/code", "code", not) })
			both(func(b *browser, _ string) answer { return b.open("/sign-up/code") })
		}
		both(func(b *browser, _ string) answer { return b.send("/sign-up/code", "code", not) })
	})
}

// Two browsers may sign up with one address; the second one, who has proven
// the mailbox too, is told.
func TestSignUpTaken(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		first, second := h.browser(), h.browser()
		first.send("/sign-up", "email", mara, "password", password).leads("/sign-up/code")
		codeOne := h.code(mara)
		second.send("/sign-up", "email", mara, "password", password+"!").leads("/sign-up/code")
		codeTwo := h.code(mara)
		first.send("/sign-up/code", "code", codeOne).leads("/account")
		second.send("/sign-up/code", "code", codeTwo).leads("/sign-in")
		if second.signedIn() {
			t.Error("the second one is in")
		}
		if page := second.open("/sign-in").is(200); !strings.Contains(page.body, `class="notice`) {
			t.Errorf("the second one is not told why: %s", page.body)
		}
	})
}

func TestSignUpRefusals(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		for _, c := range []struct{ email, password, words string }{
			{"", "", "Enter your email address"},
			{"", "", "Enter a password"},
			{"mara", password, `value="mara"`},
			{mara, "short", "12 characters or more"},
			{mara, strings.Repeat("x", 257), "256 characters or fewer"},
			{mara, mara, "too close to your email address"},
			{mara, "Admit One 2026", "too close to the name"},
			{mara, "password1234", "common passwords"},
			{`"mara"@example.com`, password, "quotation marks"},
			{"mara@[192.0.2.1]", password, "number in brackets"},
			{`"><script>alert(1)</script>`, password, "&lt;script&gt;"},
			{strings.Repeat("m", 2000) + "@example.com", password, "254 characters"},
		} {
			a := b.send("/sign-up", "email", c.email, "password", c.password).unit(422, c.words, `action="/sign-up"`, "There is a problem")
			a.without("<script>alert", `value="`+c.password+`"`+" type=\"password\"")
			if c.password != "" && c.password != c.email && strings.Contains(a.body, c.password) {
				t.Errorf("the password is in the answer: %v", a)
			}
			if len(a.cookies) != 0 {
				t.Errorf("a refused form set %v", a.cookies)
			}
		}
		if n := len(h.mail("")); n != 0 {
			t.Errorf("refused forms sent %d letters", n)
		}
	})
}

func TestSignUpClosed(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.open("/sign-up").is(200, "New accounts are closed").without(`name="password"`)
		b.send("/sign-up", "email", mara, "password", password).unit(403)
		b.open("/sign-in").is(200).without(`href="/sign-up"`)
		if n := len(h.mail("")); n != 0 || b.cookies["session"] != "" {
			t.Errorf("a closed sign-up sent %d letters and set %v", n, b.cookies)
		}
	}, func(s *setup) { s.pages.SignUpOpen = false })
}

// Every sign-up sends a message to an address that nobody has proven, so the
// destination has a budget.
func TestSignUpBudget(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		for range 3 {
			h.browser().send("/sign-up", "email", mara, "password", password).leads("/sign-up/code")
		}
		a := h.browser().send("/sign-up", "email", mara, "password", password).unit(429).retryAfter("600")
		if len(a.cookies) != 0 {
			t.Errorf("a refused sign-up set %v", a.cookies)
		}
		if n := len(h.mail(mara)); n != 3 {
			t.Errorf("%d letters", n)
		}
		h.forward(10 * time.Minute)
		h.browser().send("/sign-up", "email", mara, "password", password).leads("/sign-up/code")
	})
}
