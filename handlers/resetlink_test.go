package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Scanners open links, again and again and by HEAD too: nothing happens, and
// the link is as good as before.
func TestResetLinkScanned(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner, b := h.browser(), h.browser()
		owner.signUp(mara)
		b.forgot(mara)
		code, link := h.reset(mara)
		letters, before := h.letters(""), owner.open("/account/activity").body
		for range 20 {
			for _, method := range []string{"GET", "HEAD"} {
				scanner := h.browser()
				scanner.do(method, link, "", false).away("/reset/link")
				scanner.do(method, "/reset/link", "", false).is(200)
				owner.do(method, link, "", false).away("/reset/link")
				owner.do(method, "/reset/link", "", false).is(200)
			}
		}
		if h.letters("") != letters || owner.open("/account/activity").body != before {
			t.Fatal("to open the link did something")
		}
		owner.open("/account").is(200, mara)
		b.open("/reset/code").is(200, `name="code"`).without("tries left")
		b.send("/reset/code", "code", notCode(code)).unit(422, "4 tries left")
		h.browser().follow(link).leads("/reset/new")
	})
}

// The token is in an address for one request: then it is in a cookie, and
// nowhere else, until the button is pressed, in whatever browser.
func TestResetLink(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner, asked, b := h.browser(), h.browser(), h.browser()
		owner.signUp(mara)
		asked.forgot(mara)
		code, link := h.reset(mara)
		token := strings.TrimPrefix(link, "/reset/link/")
		a := b.open(link).away("/reset/link")
		a.without(token)
		if len(a.cookies) != 1 || a.cookies[0].Value != token || !a.cookies[0].HttpOnly || a.cookies[0].SameSite != http.SameSiteLaxMode ||
			a.cookies[0].MaxAge <= 0 || a.cookies[0].MaxAge > 15*60 || a.cookies[0].Path != "/" {
			t.Fatalf("the cookie: %v", a.cookies)
		}
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%v", a.header)
		}
		b.open("/reset/link").is(200, "m***@example.com", `method="post" action="/reset/link"`, "works once").without(token, mara, `src="http`)
		cross := b.with("Sec-Fetch-Site", "cross-site")
		cross.send("/reset/link").is(403)
		cross.send("/reset/new", "new_password", newPassword).is(403)
		h.browser().send("/reset/link").is(404, "does not work any more")

		session := b.send("/reset/link").leads("/reset/new")
		if k := session.cookie("session"); k == nil || k.Value == token || b.cookies["reset-link"] != "" {
			t.Errorf("a session for the new password alone is wanted: %v", session.cookies)
		}
		for _, used := range []*browser{h.browser(), asked, b.copy()} { // once
			used.open(link).away("/reset/link")
			used.open("/reset/link").is(404, "does not work any more").without(token)
			used.send("/reset/link").is(404, "does not work any more")
		}
		asked.send("/reset/code", "code", code).unit(422, "already been used")
		asked.open("/reset/new").away("/reset")
		b.open("/account").away("/sign-in?next=/account")
		b.open("/reset/new").is(200, mara)
		b.send("/reset/new", "new_password", newPassword).leads("/sign-in")
		toSignIn(t, owner)
		b.send("/sign-in", "email", mara, "password", newPassword).leads("/sign-in/code")
		for _, secret := range []string{token, code, newPassword, b.cookies["session"]} {
			if h.log.tells(secret) {
				t.Errorf("%q is in the log:\n%s", secret, h.log)
			}
		}
	})
}

// Code and link are of one message: when one is used, the other is.
func TestResetLinkAfterCode(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		b := h.browser()
		b.forgot(mara)
		code, link := h.reset(mara)
		b.send("/reset/code", "code", code).leads("/reset/new")
		h.browser().follow(link).is(404, "does not work any more")
		b.send("/reset/new", "new_password", newPassword).leads("/sign-in")
		h.browser().follow(link).is(404)
	})
}

func TestResetLinkEnds(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		b, late := h.browser(), h.browser()
		b.forgot(mara)
		_, link := h.reset(mara)
		h.forward(10*time.Minute - time.Millisecond)
		late.open(link)
		late.open("/reset/link").is(200)
		h.forward(time.Millisecond)
		late.send("/reset/link").is(404, "does not work any more")
		b.send("/reset/code/resend")
		_, again := h.reset(mara)
		late.follow(again).leads("/reset/new")
		h.forward(15*time.Minute - time.Millisecond)
		late.open("/reset/new").is(200)
		h.forward(time.Millisecond) // a proven mailbox is not proven for ever
		late.send("/reset/new", "new_password", newPassword).leads("/reset")
		late.open("/reset").is(200, "You need to start again")
		h.browser().toCode(mara) // with the old password
	})
}

// Wrong digits, however many, never touch the link, so that the mailbox always
// gets in; nor do they touch the codes of the sign-in.
func TestResetLinkOutlivesTries(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner := h.browser()
		owner.signUp(mara)
		stranger := h.browser()
		for range 4 {
			stranger.forgot(mara)
			code, _ := h.reset(mara)
			for range 5 {
				stranger.send("/reset/code", "code", notCode(code)).is(422)
			}
			stranger.open("/reset/code").is(200, "Use the link in the message").without(`name="code"`)
			h.forward(time.Hour)
		}
		b := h.browser()
		b.forgot(mara)
		code, link := h.reset(mara)
		b.send("/reset/code", "code", code).unit(429) // the day's wrong codes are used up
		h.browser().toCode(mara)
		h.browser().signIn(mara)
		h.browser().follow(link).leads("/reset/new")
	})
}

// Strangers who have messages sent cannot keep the owner's browser from it.
func TestResetBudgets(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner := h.browser()
		owner.signUp(mara)
		owner.send("/sign-out")
		h.forward(time.Hour)
		for range 3 {
			h.browser().forgot(mara)
		}
		letters := h.letters(mara)
		h.browser().send("/reset", "email", mara).unit(429)
		if n := h.letters(mara); n != letters {
			t.Errorf("%d letters over the limit", n-letters)
		}
		owner.forgot(mara)
		code, _ := h.reset(mara)
		owner.send("/reset/code", "code", code).leads("/reset/new")
	})
}

// Whatever stands in place of a token, it is nothing and no fault of ours.
func TestHostileLinks(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		b := h.browser()
		b.forgot(mara)
		_, link := h.reset(mara)
		token := strings.TrimPrefix(link, "/reset/link/")
		tokens := []string{
			"x", token[:95], token + "a", token[:95] + "q", strings.ToUpper(token), strings.Repeat("a", 96), strings.Repeat("p", 96), strings.Repeat("1", 96),
			strings.Repeat("a", 7000), "\x00", strings.Repeat("\x00", 96), token[:95] + "\x00", "\x00" + token[:95], token + "\x00", strings.Repeat("é", 48), strings.Repeat("é", 96), "🜁",
			"\xff\xfe", "../../account", "..", "../link/" + token, "//evil.example", `\evil`, "a/b", "?x=1", "#x", " ", token + " ", " " + token, "\r\nSet-Cookie: session=x",
			`"` + token + `"`, token + ";", token + "; Domain=evil.example", "' OR 1=1 --", "%", "%00", "%2500", "<script>alert(1)</script>", "{{.}}",
			token[32:] + token[:32], token[:32] + strings.Repeat("a", 64),
		}
		for _, odd := range tokens {
			guest := h.browser()
			a := guest.open("/reset/link/" + url.PathEscape(odd))
			if a.status != 404 {
				a.away("/reset/link")
				if len(a.cookies) > 1 || len(a.cookies) == 1 && (a.cookies[0].Name != "reset-link" || a.cookies[0].Domain != "") {
					t.Errorf("%q: %v", odd, a.cookies)
				}
			}
			if strings.Contains(odd, token) {
				continue // a cookie drops what it cannot hold, and the token may be left
			}
			guest.open("/reset/link").is(404).without("<script>alert")
			if a := guest.send("/reset/link").is(404); a.cookie("session") != nil {
				t.Errorf("%q opened something: %v", odd, a.cookies)
			}
			if len(odd) > 4000 {
				continue
			}
			for _, method := range []string{"GET", "POST"} {
				raw(h, method, "/reset/link", urlencoded, "reset-link="+odd, strings.NewReader(""))
			}
		}
		for _, path := range []string{"/reset/link/", "/reset/link/a/b", "/reset/link/../../account", "/reset/link/..%2f..%2faccount", "/reset//link", "/reset/link/%", "/reset/link?token=" + token} {
			r := strings.ReplaceAll(path, "/%", "/%25")
			if a := h.browser().open(r); a.status >= 500 || a.status == 200 {
				t.Errorf("%v", a)
			}
		}
		h.browser().send(link).is(405) // the address itself takes no POST
		if strings.Contains(h.log.String(), token) {
			t.Errorf("the token is in the log:\n%s", h.log)
		}
		h.browser().follow(link).leads("/reset/new")
	})
}

// Who is signed in proves the mailbox by a step-up, and resets nothing.
func TestResetSignedIn(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		letters := h.letters("")
		b.open("/reset").is(200, "You are signed in", `href="/account/password"`, `action="/sign-out"`).without(`action="/reset"`)
		b.send("/reset", "email", mara).leads("/account/password")
		for _, path := range []string{"/reset/code", "/reset/code/resend"} {
			b.send(path, "code", "12345678").leads("/account")
		}
		b.open("/reset/code").away("/account")
		b.send("/reset/new", "new_password", newPassword).leads("/reset")
		if h.letters("") != letters || !b.signedIn() {
			t.Error("it did something")
		}
	})
}

// Without the cookie there is no reset: its start says so, once.
func TestResetLost(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		const lost = "You need to start again"
		h.browser().signUp(mara)
		b := h.browser()
		b.forgot(mara)
		code, _ := h.reset(mara)
		for _, path := range []string{"/reset/code", "/reset/code/resend", "/reset/new"} {
			guest := h.browser()
			guest.send(path, "code", code, "new_password", newPassword).leads("/reset")
			guest.open("/reset").is(200, lost)
			guest.open("/reset").is(200).without(lost)
		}
		for _, path := range []string{"/reset/code", "/reset/new"} {
			h.browser().open(path).away("/reset")
		}
		h.forward(time.Hour)
		b.send("/reset/code", "code", code).leads("/reset")
	})
}
