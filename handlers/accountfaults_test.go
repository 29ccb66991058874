package handlers_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// What is in a page's markup is what was meant.
func TestAccountMarkup(t *testing.T) {
	h := once(t)
	b := h.browser()
	b.signUp(mara)
	for _, pages := range []map[string]string{places, fresh} {
		for path := range pages {
			page := b.open(path).is(200).without(" else>", " else ")
			for _, list := range strings.Split(page.body, "<nav")[1:] {
				list, _, _ = strings.Cut(list, "</nav>")
				if n := strings.Count(list, "aria-current="); n != 1 {
					t.Errorf("%d places are the current one in a list on %s: %s", n, path, list)
				}
			}
		}
	}
}

// A device that the account knows is not told as a new one where a code is
// asked for every time: every message has one true answer (POLICY.md 8).
func TestEveryTimeTellsNoNewDevice(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
		b.send("/sign-out")
		b.toCode(mara)
		b.send("/sign-in/code", "code", h.code(mara)).leads("/account")
		if m := h.mail(mara)[0]; strings.Contains(m.Text, "a device it did not know") {
			t.Errorf("the account knew it: %s", m.Text)
		}
	})
}

// Trust of a device that is not the account's cannot be ended, so nobody is
// told that it was; and a form that names none ends none.
func TestStopTrustingUnknown(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b, tom := h.browser(), h.browser()
		b.signUp(mara)
		tom.signUp("tom@example.com")
		toms := tom.device("Firefox on Linux")
		for _, id := range []string{toms, "x", strings.Repeat("0", 32), ""} {
			if a := b.send("/account/devices/untrust", "device", id); a.status != 404 {
				t.Errorf("device %q: %d", id, a.status)
			}
		}
		if got := b.activity(); len(got) != 1 {
			t.Errorf("%q", got)
		}
	})
}

// A new password voids every other reset that is pending for the account, so
// that who had a message read, or a mailbox proven, before it gets no further
// (ASVS v5.0.0-7.4.3).
func TestResetVoidsOthers(t *testing.T) {
	for _, by := range []string{"reset", "password"} {
		t.Run(by, func(t *testing.T) {
			twice(t, func(t *testing.T, h *house) {
				owner := h.browser()
				owner.signUp(mara)
				h.forward(time.Hour)
				coded, proven, linked := h.browser(), h.browser(), h.browser()
				proven.forgot(mara)
				code, _ := h.reset(mara)
				proven.send("/reset/code", "code", code).leads("/reset/new")
				coded.forgot(mara)
				code, link := h.reset(mara)
				linked.open(link)
				switch by {
				case "reset":
					owner.send("/sign-out")
					owner.forgot(mara)
					mine, _ := h.reset(mara)
					owner.send("/reset/code", "code", mine).leads("/reset/new")
					owner.send("/reset/new", "new_password", newPassword).leads("/sign-in")
				case "password":
					owner.stepUp(mara, "/account/password")
					owner.change(password, newPassword, "others", "yes").leads("/account")
				}
				if a := proven.open("/reset/new"); a.status == 200 {
					t.Errorf("a mailbox proven before may still choose a password")
				}
				if a := linked.open("/reset/link"); a.status == 200 {
					t.Errorf("a link sent before still works")
				}
				coded.send("/reset/code", "code", code)
				if a := coded.open("/reset/new"); a.status == 200 {
					t.Errorf("a code sent before still works")
				}
			})
		})
	}
}

// The step-up leads to where the person was going last, whatever was awaited.
func TestStepUpLeadsToTheLastPage(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		h.forward(time.Hour)
		b.send("/reauth", "next", "/account/password").leads("/reauth")
		b.open("/account/two-step/off").away("/reauth?next=/account/two-step/off")
		page := b.open("/reauth?next=/account/two-step/off").is(200, `name="code"`)
		fields := []string{"code", h.code(mara), "flow", page.find(flowField)}
		if strings.Contains(page.body, `name="next" value="/account/two-step/off"`) {
			fields = append(fields, "next", "/account/two-step/off")
		}
		b.send("/reauth", fields...).leads("/account/two-step/off")
	})
}

// The cookie of a mailed link is as well guarded as the session's: no other
// host of the domain can plant one (ASVS v5.0.0-3.3.1).
func TestLinkCookiePrefix(t *testing.T) {
	public, _ := url.Parse("https://accounts.example.com")
	h := once(t, func(s *setup) { s.pages.PublicURL = public })
	h.browser().signUp(mara)
	h.browser().forgot(mara)
	m := h.mail(mara)[0]
	at := strings.Index(m.Text, "/reset/link/")
	a := h.browser().open(m.Text[at : at+len("/reset/link/")+96])
	if len(a.cookies) != 1 || !strings.HasPrefix(a.cookies[0].Name, "__Host-") || !a.cookies[0].Secure {
		t.Errorf("%v", a.header.Values("Set-Cookie"))
	}
}

// A name that cannot be seen is no name.
func TestInvisibleNames(t *testing.T) {
	h := once(t)
	b := h.browser()
	b.signUp(mara)
	id := b.device("Firefox on Linux")
	for _, name := range []string{"\u200b", "\u2060\u200d", "\u202e", "\u00ad", "\ufeff"} {
		if a := b.send("/account/devices/rename", "device", id, "name", name); a.status != 422 {
			t.Errorf("%+q: %d", name, a.status)
		}
	}
}
