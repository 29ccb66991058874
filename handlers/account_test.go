package handlers_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	newPassword = "a lighthouse keeps its own hours"
	iPhone      = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)

// places are the pages of the account area with what each must say; the ones
// in fresh need a fresh proof.
var (
	places = map[string]string{
		"/account": "Your account", "/account/two-step": "Two-step verification", "/account/devices": "Your devices",
		"/account/activity": "Recent activity",
	}
	fresh = map[string]string{
		"/account/password": "Change your password", "/account/two-step/off": "What stops", "/account/devices/everywhere": "Also this device",
		"/account/email": "Email address", "/account/phone": "Phone", "/account/close": "Close your account?",
	}
)

// pageOfAct is the page that an act of the account is on: where a person is led
// back to.
func pageOfAct(path string) string {
	for _, act := range []string{"/resend", "/rename", "/sign-out", "/untrust", "/channel"} {
		path = strings.TrimSuffix(path, act)
	}
	if path != "/account/email/code" && strings.HasPrefix(path, "/account/email/") {
		return "/account/email"
	}
	return path
}

// away asks for the way of who may not go on here: a 303, or for htmx a 401
// with an order to navigate.
func (a answer) away(path string) answer {
	a.t.Helper()
	status, got := http.StatusSeeOther, a.header.Get("Location")
	if a.htmx {
		status, got = http.StatusUnauthorized, a.header.Get("HX-Redirect")
	}
	if a.status != status || got != path || a.htmx && a.body != "" {
		a.t.Fatalf("%d to %q is wanted of %v", status, path, a)
	}
	return a
}

// notFresh asks that a page wants a fresh proof first, of a browser and of htmx.
func (b *browser) notFresh(path string) {
	b.h.t.Helper()
	b.open(path).away("/reauth?next=" + path)
	b.part(path).away("/reauth?next=" + path)
}

// stepUp proves it is the account holder, on the way to a page.
func (b *browser) stepUp(email, next string) {
	b.h.t.Helper()
	b.send("/reauth", "next", next).leads("/reauth")
	b.send("/reauth", "code", b.h.code(email)).leads(next)
}

// event is one line of the recent activity.
var event = regexp.MustCompile(`<dt><time[^>]*>[^<]*</time></dt><dd>([^<]*)`)

// activity is what the page lists, the newest first.
func (b *browser) activity() []string {
	b.h.t.Helper()
	var said []string
	for _, found := range event.FindAllStringSubmatch(b.open("/account/activity").is(200).body, -1) {
		said = append(said, strings.TrimSpace(found[1]))
	}
	return said
}

// letters counts what has come to an address.
func (h *house) letters(to string) int {
	h.t.Helper()
	return len(h.mail(to))
}

// told asks for one letter more than there were, with a subject.
func (h *house) told(to string, before int, subject string) {
	h.t.Helper()
	got := h.mail(to)
	if len(got) != before+1 || got[0].Subject != subject {
		h.t.Fatalf("one letter %q is wanted of %d more, the newest %q", subject, len(got)-before, got[0].Subject)
	}
}

func TestAccountPage(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		page := b.open("/account").is(200, mara, "Confirmed", "Set on", "22 November 2026", "On, for new devices", "m***@example.com",
			"1 device", "Firefox on Linux", "127.0.0.1", "Today, 20:14 UTC", "not ask for a code on this device", "Account created",
			`href="/account/password"`, `href="/account/two-step"`, `href="/account/devices"`, `href="/account/activity"`, `action="/sign-out"`, `href="/help"`)
		page.without(b.cookies["session"], b.cookies["device"], password)
		if strings.Count(page.body, "<h1") != 1 || !strings.Contains(page.body, "<title>Your account - Admit One</title>") {
			t.Errorf("one title is wanted of %v", page)
		}
		phone := h.browser().with("User-Agent", iPhone)
		phone.signIn(mara)
		h.forward(24 * time.Hour)
		b.open("/account").is(200, "2 devices", "Yesterday, 20:14 UTC", "Signed in")
		phone.open("/account").is(200, "Safari on iOS")
	})
}

// Each place of the account says where it is, and knows the others.
func TestAccountPlaces(t *testing.T) {
	h := once(t)
	b := h.browser()
	b.signUp(mara)
	pages := maps.Clone(places)
	maps.Copy(pages, fresh)
	for path, words := range pages {
		page := b.open(path).is(200, words, `aria-current=`)
		for _, side := range []string{"/account", "/account/password", "/account/two-step", "/account/devices", "/account/activity"} {
			page.is(200, `<a href="`+side+`"`)
		}
		if n := strings.Count(page.body, "<h1"); n != 1 {
			t.Errorf("%d h1 on %s", n, path)
		}
		if path != "/account" {
			page.is(200, `class="back"`)
		}
		if a := b.do("HEAD", path, "", false).is(200); a.body != "" || len(a.cookies) != 0 {
			t.Errorf("HEAD: %v", a)
		}
	}
	b.open("/account/activity").is(200, "Account created", "Firefox on Linux", "127.0.0.1", `href="/not-me"`)
}

// Who is not signed in is led to the sign-in, and back.
func TestAccountNeedsSession(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		owner := h.browser()
		owner.signUp(mara)
		pages := slices.Concat(slices.Collect(maps.Keys(places)), slices.Collect(maps.Keys(fresh)), []string{"/reauth"})
		for _, path := range pages {
			next := "/sign-in?next=" + path
			for _, b := range []*browser{h.browser(), forgedSession(h)} {
				b.open(path).away(next)
				b.part(path).away(next)
				b.do("HEAD", path, "", false).away(next)
			}
		}
		for _, path := range posts(h) {
			if !strings.HasPrefix(path, "/account") && !strings.HasPrefix(path, "/reauth") {
				continue
			}
			fields := []string{
				"current_password", password, "new_password", newPassword, "two_step", "off", "device", "x", "name", "x", "this", "yes",
				"email", "nora@example.com", "as", "second", "phone", "+436641234567", "id", "x", "way", "x",
			}
			if path == "/reauth" {
				h.browser().send(path, "code", "123456").away("/sign-in?next=/reauth")
			}
			h.browser().send(path, fields...).away("/sign-in?next=" + pageOfAct(path))
		}
		if n := h.letters(""); n != 1 {
			t.Errorf("%d letters", n)
		}
		for _, path := range []string{"/account/devices", "/account/password", "/account/two-step/off"} {
			b := h.browser()
			b.open("/sign-in?next="+path).is(200, `name="next" value="`+path+`"`)
			b.toCode(mara, "next", path)
			b.send("/sign-in/code", "code", h.code(mara)).leads(path)
			b.open(path).is(200)
			h.forward(10 * time.Minute)
		}
		owner.send("/sign-out")
		owner.send("/sign-in", "email", mara, "password", password, "next", "/account/password").leads("/account/password")
		owner.notFresh("/account/password")
	})
}

// forgedSession is a browser with a token that nobody gave it.
func forgedSession(h *house) *browser {
	b := h.browser()
	b.cookies["session"] = strings.Repeat("A", 43)
	return b
}

// A password manager finds the page that changes a password, and learns that
// no other path of that kind is there.
func TestWellKnown(t *testing.T) {
	h := once(t)
	b := h.browser()
	for _, method := range []string{"GET", "HEAD"} {
		if a := b.do(method, "/.well-known/change-password", "", false).is(303); a.header.Get("Location") != "/account/password" {
			t.Errorf("leads elsewhere: %v", a)
		}
		b.do(method, "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200", "", false).is(404)
		b.do(method, "/.well-known/", "", false).is(404)
	}
	b.open("/account/password").away("/sign-in?next=/account/password")
	b.signUp(mara)
	b.open("/account/password").is(200, `autocomplete="current-password"`, `autocomplete="new-password"`, `autocomplete="username"`, mara)
}

// A reload of the answer to an act leads to the page that the act is on.
func TestAccountActsByGet(t *testing.T) {
	h := once(t)
	b := h.browser()
	b.signUp(mara)
	before := b.open("/account/activity").body
	for path, page := range map[string]string{
		"/account/devices/rename": "/account/devices", "/account/devices/sign-out": "/account/devices", "/account/devices/untrust": "/account/devices",
		"/reauth/resend": "/reauth", "/reauth/delivery": "/reauth", "/reauth/help": "/reauth",
		"/reset/code/resend": "/reset/code", "/reset/code/help": "/reset/code", "/account/email/code/resend": "/account/email/code",
		"/account/email/cancel": "/account/email", "/account/email/main": "/account/email", "/account/email/remove": "/account/email",
		"/account/phone/code/resend": "/account/phone/code", "/account/two-step/channel": "/account/two-step", "/undo/code/resend": "/undo/code",
	} {
		for _, query := range []string{"", "?device=x&name=x"} {
			for _, method := range []string{"GET", "HEAD"} {
				if a := b.do(method, path+query, "", false).is(303); a.header.Get("Location") != page {
					t.Errorf("leads elsewhere: %v", a)
				}
			}
		}
	}
	if b.open("/account/activity").body != before || h.letters("") != 1 {
		t.Error("a GET did something")
	}
}

// The page names what has happened, each act in its own words, to its owner alone.
func TestActivity(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		act := func(words string, do func()) {
			t.Helper()
			h.forward(11 * time.Minute)
			do()
			if got := b.activity(); len(got) == 0 || got[0] != words {
				t.Fatalf("%q is wanted of %q", words, got)
			}
			if page := b.open("/account").is(200, words); strings.Count(page.body, "<dt><time") > 3 {
				t.Errorf("the overview lists too much: %v", page)
			}
		}
		change := func(path string, fields ...string) func() {
			return func() {
				t.Helper()
				b.stepUp(mara, "/account")
				h.forward(time.Second)
				b.send(path, fields...).is(map[bool]int{true: 204, false: 303}[h.htmx])
			}
		}
		phone := h.browser().with("User-Agent", iPhone)
		act("A wrong password was entered", func() { phone.send("/sign-in", "email", mara, "password", wrong).is(422) })
		act("The right password was entered, and a code was sent", func() { phone.toCode(mara) })
		act("A wrong code was entered", func() {
			phone.toCode(mara)
			h.forward(time.Second)
			phone.send("/sign-in/code", "code", notCode(h.code(mara))).is(422)
		})
		act("Signed in", func() {
			phone.toCode(mara)
			h.forward(time.Second)
			phone.send("/sign-in/code", "code", h.code(mara)).leads("/account")
		})
		act("A device got a new name", func() { b.send("/account/devices/rename", "device", b.device("Safari on iOS"), "name", "Phone") })
		act("Signed out", func() { phone.send("/sign-out") })
		act("Signed in on a device that your account knows", func() { phone.send("/sign-in", "email", mara, "password", password).leads("/account") })
		act("Confirmed with a code before a change", func() { b.stepUp(mara, "/account") })
		act("Two-step verification set to every sign-in", change("/account/two-step", "two_step", "every_time"))
		act("Two-step verification turned off", change("/account/two-step/off"))
		act("Two-step verification turned on, for new devices", change("/account/two-step", "two_step", "new_devices"))
		act("Password changed", change("/account/password", "current_password", password, "new_password", newPassword))
		act("Signed out everywhere", change("/account/devices/everywhere"))
		act("Someone asked to reset the password", func() { h.browser().send("/reset", "email", mara) })
		act("Someone tried to create an account with your email address", func() { h.browser().send("/sign-up", "email", mara, "password", password) })

		tom := h.browser()
		tom.signUp("tom@example.com")
		if got := tom.activity(); !slices.Equal(got, []string{"Account created"}) {
			t.Errorf("somebody else's activity: %q", got)
		}
	})
}

// The newest twenty are listed, and no code or secret among them.
func TestActivityIsBounded(t *testing.T) {
	h := once(t)
	b := h.browser()
	b.signUp(mara)
	for range 25 {
		h.forward(time.Minute)
		b.send("/account/devices/rename", "device", b.device("Firefox on Linux"), "name", "Firefox on Linux").leads("/account/devices")
	}
	if got := b.activity(); len(got) != 20 || slices.Contains(got, "Account created") {
		t.Errorf("%d lines: %q", len(got), got)
	}
}
