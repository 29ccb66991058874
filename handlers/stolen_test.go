package handlers_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A stolen session cookie alone reaches nothing that matters, neither as a
// browser nor as htmx: nothing changes and nobody is told (ASVS v5.0.0-7.5.1).
func TestStolenSession(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner := h.browser()
		owner.signUp(mara)
		owner.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
		phone := h.browser().with("User-Agent", iPhone)
		phone.toCode(mara)
		phone.send("/sign-in/code", "code", h.code(mara), "trust", "yes").leads("/account")
		id, letters := owner.device("Safari on iOS"), h.letters("")
		h.forward(10 * time.Minute)
		thief := owner.copy()
		delete(thief.cookies, "device")
		state := func() string {
			t.Helper()
			s := owner.open("/account/activity").is(200).body
			for _, path := range []string{"/account", "/account/two-step", "/account/devices"} {
				s += owner.open(path).is(200).body
			}
			return s
		}
		before := state()
		fields := []string{
			"current_password", password, "new_password", newPassword, "others", "yes", "two_step", "new_devices",
			"device", id, "this", "yes", "code", "123456", "name", "Thief", "email", "thief@example.com", "as", "second",
			"phone", "+436641234567", "landline", "yes", "id", "x", "way", "x",
		}
		pages := map[string]string{
			"/account/password": "", "/account/two-step": "", "/account/two-step/off": "", "/account/devices/everywhere": "", "/account/close": "",
			"/account/devices/sign-out": "/account/devices", "/account/devices/untrust": "/account/devices", "/account/two-step/channel": "/account/two-step",
			"/account/email": "", "/account/email/code": "", "/account/email/code/resend": "/account/email/code", "/account/email/cancel": "/account/email",
			"/account/email/main": "/account/email", "/account/email/remove": "/account/email",
			"/account/phone": "", "/account/phone/code": "", "/account/phone/code/resend": "/account/phone/code", "/account/phone/remove": "",
		}
		for _, path := range posts(h) {
			if !strings.HasPrefix(path, "/account/") || path == "/account/devices/rename" {
				continue
			}
			page, listed := pages[path]
			if !listed {
				t.Errorf("%s is to be listed here", path)
			}
			if page == "" {
				page = path
			}
			for _, send := range [][]string{fields, slices.Concat(fields, []string{"others", "", "elevated", "true", "next", "/account"})} {
				for _, htmx := range []bool{false, true} {
					thief.do("POST", path, form(send...), htmx).away("/reauth?next=" + page)
				}
			}
			h.browser().do("POST", path+"?"+form(fields...), "", h.htmx).away("/sign-in?next=" + page)
		}
		// Whether the current password is right is not told before the proof.
		thief.send("/account/password", "current_password", wrong, "new_password", newPassword).away("/reauth?next=/account/password")
		for path := range fresh {
			thief.notFresh(path)
		}
		thief.notFresh("/account/phone/remove")
		thief.notFresh("/account/data.json")
		if after := state(); after != before {
			t.Error("something changed")
		}
		if n := h.letters(""); n != letters {
			t.Errorf("%d letters more", n-letters)
		}
		phone.open("/account").is(200)
		phone.send("/sign-out")
		phone.send("/sign-in", "email", mara, "password", password).leads("/account") // trusted, and the password is the old one
		owner.open("/account/two-step").is(200, "each time you sign in")

		// The thief cannot have the code sent anywhere but to its owner.
		thief.send("/reauth", "next", "/account/password", "email", "thief@example.com", "way", "thief@example.com").leads("/reauth")
		if n := h.letters(""); n != letters+1 || h.letters(mara) != letters+1 {
			t.Errorf("%d letters more", n-letters)
		}
		thief.open("/reauth").is(200, "m***@example.com").without(mara, h.code(mara))
	})
}

// After the proof the very same forms do what they say, and a proof is one
// session's own.
func TestProofIsOfOneSession(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		a := h.browser()
		a.signUp(mara)
		h.forward(10 * time.Minute)
		b := a.signInAnew(mara)
		b.open("/account/password").is(200)
		a.notFresh("/account/password")
		a.send("/account/two-step/off").away("/reauth?next=/account/two-step/off")
		mixed := a.copy()
		mixed.cookies["device"] = b.cookies["device"]
		mixed.notFresh("/account/password")
		b.send("/account/two-step/off").leads("/account/two-step")
		h.forward(time.Minute)
		b.send("/sign-out")
		b.send("/sign-in", "email", mara, "password", password).leads("/account")
		b.notFresh("/account/password") // gone with the session
	})
}
