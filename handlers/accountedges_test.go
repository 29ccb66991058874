package handlers_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// atOnce sends a form from many browsers at the same time and counts the ones
// that were led to a path.
func atOnce(browsers []*browser, path string, to string, fields ...string) (led int) {
	h := browsers[0].h
	h.t.Helper()
	answers := make([]answer, len(browsers))
	var all sync.WaitGroup
	for i, b := range browsers {
		all.Go(func() { answers[i] = b.do("POST", path, form(fields...), h.htmx) })
	}
	all.Wait()
	for _, a := range answers {
		if a.status >= 500 {
			h.t.Errorf("%v", a)
		}
		if a.header.Get("Location") == to || a.header.Get("HX-Redirect") == to {
			led++
		}
	}
	return led
}

// A proof is used once, however many ask at the same time.
func TestProofsOnceAtOnce(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		h.forward(time.Hour)
		b.send("/reauth", "next", "/account/password").leads("/reauth")
		copies := func(b *browser) []*browser {
			var list []*browser
			for range 12 {
				list = append(list, b.copy())
			}
			return list
		}
		if n := atOnce(copies(b), "/reauth", "/account/password", "code", h.code(mara)); n != 1 {
			t.Errorf("a step-up's code was good for %d", n)
		}
		h.browser().forgot(mara)
		_, link := h.reset(mara)
		var others []*browser
		for range 12 {
			guest := h.browser()
			guest.open(link)
			others = append(others, guest)
		}
		if n := atOnce(others, "/reset/link", "/reset/new"); n != 1 {
			t.Errorf("a link was good for %d", n)
		}
		for _, guest := range others {
			if guest.open("/reset/new").status == http.StatusOK {
				if n := atOnce(copies(guest), "/reset/new", "/sign-in", "new_password", newPassword); n != 1 {
					t.Errorf("%d passwords were set", n)
				}
			}
		}
		h.browser().send("/sign-in", "email", mara, "password", newPassword).leads("/sign-in/code")
	})
}

// Whatever the forms of the account hold, the answer is no fault of ours.
func TestOddAccountForms(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		in, proven := h.browser(), h.browser()
		in.signUp(mara)
		proven.forgot(mara)
		code, _ := h.reset(mara)
		proven.send("/reset/code", "code", code).leads("/reset/new")
		cookies := []string{"session=" + in.cookies["session"], "session=" + proven.cookies["session"]}
		for _, path := range posts(h) {
			if !strings.HasPrefix(path, "/account") && !strings.HasPrefix(path, "/re") || path == "/account/devices/everywhere" || path == "/account/close" {
				continue // they end the session whatever the form holds
			}
			for what, v := range oddValues {
				body := form("current_password", v, "new_password", v, "others", v, "two_step", v, "device", v, "name", v, "this", v, "code", v, "flow", v, "next", v, "email", v,
					"as", v, "phone", v, "landline", v, "id", v, "way", v)
				if path == "/reset/new" && len(v) > 18 {
					body = form("new_password", v[:11]) // too short to be one
				}
				for _, cookie := range cookies {
					if w := raw(h, "POST", path, urlencoded, cookie, strings.NewReader(body)); strings.Contains(w.Body.String(), "<script>alert") {
						t.Errorf("%s to %s is written into the page", what, path)
					}
				}
			}
			for _, v := range oddValues { // a good form but for the device
				raw(h, "POST", path, urlencoded, cookies[0], strings.NewReader(form("device", v, "name", "A name")))
				raw(h, "GET", path+"?"+form("rename", v, "next", v, "name", v), "", cookies[0], nil)
			}
		}
		if !in.signedIn() {
			t.Error("one of them ended the session")
		}
	})
}

// With the database gone no page of the account opens, and no secret is logged.
func TestAccountFault(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		in, proven, linked := h.browser(), h.browser(), h.browser()
		in.signUp(mara)
		proven.forgot(mara)
		code, link := h.reset(mara)
		linked.open(link)
		if err := h.models.Close(); err != nil {
			t.Fatal(err)
		}
		answers := []answer{
			proven.send("/reset/code", "code", code), proven.send("/reset/new", "new_password", newPassword), linked.send("/reset/link"),
			linked.do("GET", "/reset/link", "", h.htmx), h.browser().send("/reset", "email", mara), in.send("/reauth"), in.send("/reauth", "code", "123456"),
		}
		for path := range places {
			answers = append(answers, in.do("GET", path, "", h.htmx))
		}
		for path := range fresh {
			answers = append(answers, in.do("GET", path, "", h.htmx),
				in.send(path, "current_password", password, "new_password", newPassword, "this", "yes"))
		}
		for _, a := range answers {
			a.unit(500, a.header.Get("X-Request-Id")).without(mara, "sql", "database", ".go")
			if a.cookie("session") != nil || a.cookie("device") != nil {
				t.Errorf("a fault set %v", a.cookies)
			}
		}
		for _, secret := range []string{mara, code, strings.TrimPrefix(link, "/reset/link/"), password, newPassword, in.cookies["session"], linked.cookies["reset-link"]} {
			if h.log.tells(secret) {
				t.Errorf("%q is in the log:\n%s", secret, h.log)
			}
		}
	})
}
