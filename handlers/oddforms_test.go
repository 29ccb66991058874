package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// accountFields is a form with one value in all fields of the newer pages but for
// the flow's: an odd one is an older tab's, and leads on to the page.
func accountFields(v string) string {
	return form("email", v, "as", v, "id", v, "phone", v, "landline", v, "code", v, "next", v, "way", v, "current_password", v, "act", v, "state", v)
}

// Whatever the newer forms hold, on pages where everything is under way: a clear
// refusal where a field matters, no fault of ours, nothing written back.
func TestOddNewForms(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b, taker, guest := h.browser(), h.browser(), h.browser()
		b.signUp(mara)
		b.addEmail(nora, "second")
		b.addPhone(number, number)
		undo, notMe := h.link(undoLink, mara, phoneAdded), h.notMe(mara, emailAdded)
		taker.send(undo).leads("/undo/code")
		guest.toCode(mara)
		b.send("/account/email", "email", tom, "as", "main").leads("/account/email/code")
		b.send("/account/phone", "phone", "+4915123456789").leads("/account/phone/code")
		h.forward(5 * time.Minute)
		b.send("/reauth", "next", "/account").leads("/reauth")
		session := func(b *browser) string { return "session=" + b.cookies["session"] }
		bodies := map[string]string{
			"the same fields often": strings.Repeat(accountFields("x")+"&", 60), "first odd, then good": accountFields("\x00") + "&" + accountFields("x"),
			"an overlong field": accountFields(strings.Repeat("x", 5500)), "no fields": "", "many": manyFields(10_000), "signs": strings.Repeat("&=", 5000),
		}
		for what, v := range oddValues {
			if len(v) < 5500 {
				bodies[what] = accountFields(v)
			}
		}
		for path, c := range map[string]struct {
			who     *browser
			refused bool // a field of it matters
		}{
			"/account/email": {b, true}, "/account/email/code": {b, true}, "/account/email/code/resend": {b, false}, "/account/email/main": {b, false},
			"/account/email/remove": {b, false}, "/account/phone": {b, true}, "/account/phone/code": {b, true}, "/account/phone/code/resend": {b, false},
			"/account/two-step/channel": {b, true}, "/reauth/password": {b, true}, "/reauth/another": {b, true}, "/sign-in/code/another": {guest, true},
			"/undo/code": {taker, true}, "/undo/code/resend": {taker, false}, notMe: {taker, true},
		} {
			for what, body := range bodies {
				if !c.refused && what == "no fields" {
					continue // that is the button's own form, or nearly
				}
				if !c.refused && (what == "empty" || what == "many" || what == "signs") {
					continue
				}
				w := raw(h, "POST", path, urlencoded, session(c.who), strings.NewReader(body))
				digits := path == "/account/phone" && what == "full-width" // as good as any other way to write one
				if c.refused && w.Code < 400 && !digits {
					t.Errorf("%s to %s: %d %s", what, path, w.Code, w.Header().Get("Location"))
				}
				tab := raw(h, "POST", path, urlencoded, session(c.who), strings.NewReader(body+"&"+form("flow", oddValues[what])))
				for _, bad := range []string{"<script>alert", c.who.cookies["session"], "+436641234567"} {
					if strings.Contains(w.Body.String()+tab.Body.String(), bad) {
						t.Errorf("%s to %s: %q is in the page", what, path, bad)
					}
				}
				if strings.Contains(w.Header().Get("Set-Cookie"), "session=") {
					t.Errorf("%s to %s opened something", what, path)
				}
			}
			for _, kind := range []string{"", "application/json", "multipart/form-data; boundary=x", "text/plain"} {
				if w := raw(h, "POST", path, kind, session(c.who), strings.NewReader(`{"email":"a@example.com"}`)); w.Code != http.StatusUnsupportedMediaType {
					t.Errorf("%q to %s: %d", kind, path, w.Code)
				}
			}
		}
		b.open("/account").is(200, mara, nora, masked)

		// The ones that need no field come last.
		for _, path := range []string{"/account/email/cancel", "/account/phone/remove", undo, "/account/close"} {
			if w := raw(h, "POST", path, urlencoded, session(b), strings.NewReader("a=%zz")); w.Code != 400 {
				t.Errorf("%s: %d", path, w.Code)
			}
			raw(h, "POST", path, urlencoded, session(b), strings.NewReader(bodies["NUL"]))
		}
	}, withTexts)
}

// What another site makes a browser send does nothing, also behind links that
// are right.
func TestOtherOriginsOfLinks(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.addEmail(nora, "second")
		b.addPhone(number, number)
		undo, notMe := h.link(undoLink, mara, emailAdded), h.notMe(mara, emailAdded)
		h.unchanged(func() {
			for _, path := range []string{
				undo, notMe, "/account/email", "/account/email/code", "/account/email/code/resend", "/account/email/cancel", "/account/email/main", "/account/email/remove",
				"/account/phone", "/account/phone/code", "/account/phone/code/resend", "/account/phone/remove", "/account/two-step/channel", "/account/close",
				"/reauth/password", "/reauth/another", "/sign-in/code/another", "/undo/code", "/undo/code/resend",
			} {
				for _, from := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
					a := b.with(from[0], from[1]).send(path, "email", "thief@example.com", "act", "block", "phone", "+4915123456789", "current_password", password).is(403)
					if a.cookie("session") != nil || a.cookie("device") != nil {
						t.Errorf("%v", a)
					}
				}
			}
		})
		if !b.signedIn() {
			t.Error("signed out")
		}
	}, withTexts)
}
