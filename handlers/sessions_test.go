package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// toSignIn asks for what a page that needs a session answers without one.
func toSignIn(t *testing.T, b *browser) {
	t.Helper()
	const next = "/sign-in?next=/account"
	if a := b.open("/account").is(303); a.header.Get("Location") != next {
		t.Fatalf("leads elsewhere: %v", a)
	}
	if a := b.part("/account").is(401); a.header.Get("HX-Redirect") != next || a.body != "" {
		t.Fatalf("leads elsewhere: %v", a)
	}
}

func TestHome(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		toSignIn(t, b)
		if a := b.open("/").is(303); a.header.Get("Location") != "/sign-in" {
			t.Errorf("leads elsewhere: %v", a)
		}
		b.signUp(mara)
		if a := b.open("/").is(303); a.header.Get("Location") != "/account" {
			t.Errorf("leads elsewhere: %v", a)
		}
		// Who is signed in has no use for the pages that lead there.
		letters := len(h.mail(""))
		for _, path := range []string{"/sign-in", "/sign-up", "/sign-in/code", "/sign-up/code"} {
			if a := b.open(path).is(303); a.header.Get("Location") != "/account" {
				t.Errorf("leads elsewhere: %v", a)
			}
			b.send(path, "email", "nora@example.com", "password", password, "code", "123456").leads("/account")
		}
		for _, path := range []string{"/sign-in/code/resend", "/sign-up/code/resend"} {
			b.send(path).leads("/account")
		}
		if n := len(h.mail("")); n != letters {
			t.Errorf("%d letters more", n-letters)
		}
	})
}

func TestSignOut(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		thief := b.copy()
		h.forward(time.Minute)
		a := b.send("/sign-out").leads("/sign-in")
		if got := a.header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
			t.Errorf("Clear-Site-Data: %q", got)
		}
		if k := a.cookie("session"); k == nil || k.MaxAge >= 0 {
			t.Errorf("the cookie is not taken away: %v", a.cookies)
		}
		toSignIn(t, thief)
		toSignIn(t, b)
		page := h.browser()
		page.cookies["notice"] = a.cookie("notice").Value
		page.open("/sign-in").is(200, "signed out", "20:15:07 UTC")
		page.open("/sign-in").is(200).without("signed out")

		b.send("/sign-out").leads("/sign-in") // again, and from nobody
		h.browser().send("/sign-out").leads("/sign-in")

		other := h.browser()
		other.signIn(mara)
		second := h.browser()
		second.signIn(mara)
		second.send("/sign-out").leads("/sign-in")
		other.open("/account").is(200, mara) // one session ends, not all
	})
}

func TestSessionEnds(t *testing.T) {
	const day = 24 * time.Hour
	scenario(t, func(t *testing.T, h *house) {
		idle, busy := h.browser(), h.browser()
		idle.signUp(mara)
		busy.signIn(mara)
		h.forward(30*day - time.Millisecond)
		busy.open("/account").is(200, mara)
		h.forward(time.Millisecond)
		toSignIn(t, idle)
		idle.open("/sign-in").is(200, "not signed in any more")
		idle.open("/sign-in").is(200).without("not signed in any more")
		busy.open("/account").is(200, mara)
		h.forward(29 * day)
		busy.open("/account").is(200, mara)
		h.forward(29 * day)
		busy.open("/account").is(200, mara)
		h.forward(2*day - time.Millisecond)
		busy.open("/account").is(200, mara)
		h.forward(time.Millisecond)
		toSignIn(t, busy) // ninety days, however busy
		busy.send("/sign-in", "email", mara, "password", password).leads("/account")
	})
}

// A notice is a slug of ours and a time: nothing else shows anything.
func TestForgedNotice(t *testing.T) {
	h := once(t)
	plain := h.browser().open("/help").is(200).body
	for _, value := range []string{"", "x", "signed_out", "signed_out.", "signed_out.x", "hello.1", "<b>.1", ".1", "signed_out.1e3", strings.Repeat("9", 5000)} {
		b := h.browser()
		b.cookies["notice"] = value
		if a := b.open("/help").is(200); a.body != plain {
			t.Errorf("%q shows something", value)
		}
	}
	b := h.browser()
	b.cookies["notice"] = "signed_out.9223372036854775807"
	b.open("/help").is(200)
}

func TestTheme(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.open("/help").is(200).without("data-theme")
		for _, theme := range []string{"dark", "light"} {
			a := b.send("/theme", "theme", theme, "next", "/help?a=1").leads("/help?a=1")
			if k := a.cookie("theme"); k == nil || k.Value != theme || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.MaxAge < 1 {
				t.Errorf("cookie: %v", a.cookies)
			}
			b.open("/help").is(200, `data-theme="`+theme+`"`)
		}
		for _, theme := range []string{"system", "", `"><script>`} {
			b.cookies["theme"] = "dark"
			b.send("/theme", "theme", theme).leads("/")
			b.open("/help").is(200).without("data-theme")
		}
		b.cookies["theme"] = `"><script>`
		b.open("/help").is(200).without("<script>")
	})
}

func TestCookies(t *testing.T) {
	public, _ := url.Parse("https://accounts.example.com")
	for name, change := range map[string]func(*setup){
		"loopback": func(*setup) {},
		"https":    func(s *setup) { s.pages.PublicURL = public },
	} {
		t.Run(name, func(t *testing.T) {
			twice(t, func(t *testing.T, h *house) {
				prefix, secure := "", false
				if name == "https" {
					prefix, secure = "__Host-", true
				}
				b := h.browser()
				check := func(a answer, names ...string) {
					t.Helper()
					if len(a.cookies) != len(names) {
						t.Errorf("%v are wanted of %v", names, a)
					}
					for _, n := range names {
						k := a.cookie(n)
						if k == nil {
							t.Fatalf("no cookie %s: %v", n, a)
						}
						if k.Secure != secure || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" {
							t.Errorf("attributes: %v", k.Raw)
						}
					}
				}
				a := b.send("/sign-up", "email", mara, "password", password)
				check(a, prefix+"session")
				if len(a.cookies[0].Value) < 43 {
					t.Errorf("a short token: %v", a.cookies)
				}
				check(b.send("/sign-up/code", "code", h.code(mara)), prefix+"session", prefix+"device", "notice")
				check(b.open("/account").is(200, mara), "notice")
				check(b.send("/theme", "theme", "dark"), "theme")
				check(b.send("/sign-out"), prefix+"session", "notice")
				check(b.send("/sign-in", "email", mara, "password", password).leads("/account"), prefix+"session")
				if hsts := b.open("/account").header.Get("Strict-Transport-Security"); (hsts != "") != secure {
					t.Errorf("Strict-Transport-Security: %q", hsts)
				}
			}, change)
		})
	}
}
