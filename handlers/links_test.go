package handlers_test

import (
	"html"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// lettersOfAll makes a house send every kind of letter that pages can cause.
func lettersOfAll(h *house) (owner *browser) {
	h.t.Helper()
	b := h.browser()
	b.signUp(mara)
	b.addEmail(nora, "second")
	b.addPhone(number, number)
	b.change(password, newPassword).leads("/account")
	b.change(newPassword, password).leads("/account")
	b.send("/account/two-step/off").leads("/account/two-step")
	b.send("/account/two-step", "two_step", "new_devices").leads("/account/two-step")
	b.send("/account/devices/everywhere").leads("/account/devices")
	second := b.open("/account/email").find(idField)
	b.send("/account/email/main", "id", second).leads("/account/email")
	b.send("/account/email/remove", "id", b.open("/account/email").find(idField)).leads("/account/email")
	b.send("/account/phone/remove").leads("/account/phone")
	h.browser().signUp(tom)
	b.send("/account/email", "email", tom, "as", "main").leads("/account/email/code")
	b.send("/account/email", "email", "zoe@example.com", "as", "second").leads("/account/email/code")
	h.settle()
	h.browser().send("/sign-up", "email", nora, "password", password).leads("/sign-up/code")
	h.browser().send("/sign-up", "email", "new@example.com", "password", password).leads("/sign-up/code")
	h.settle()
	h.forward(time.Hour)
	b.byPassword("/account")
	b.send("/account/two-step/off").leads("/account/two-step")
	h.settle()
	b.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
	h.browser().send(h.link(undoLink, nora, changeWaiting)).is(200)
	b.send("/account/two-step/off").leads("/account/two-step")
	b.send("/reauth", "next", "/account").leads("/reauth")
	h.settle()
	h.browser().send(h.link(undoLink, mara, emailRemoved)).leads("/undo/code")
	h.browser().forgot(nora)
	guest := h.browser()
	guest.toCode(nora)
	for range 5 {
		guest.send("/sign-in/code", "code", notCode(h.code(nora))).is(422)
	}
	h.browser().signIn(nora)
	t := h.browser()
	t.send("/sign-in", "email", tom, "password", password).leads("/sign-in/code")
	t.send("/sign-in/code", "code", h.code(tom)).leads("/account")
	t.send("/account/close").leads("/sign-in")
	t.send("/sign-in", "email", tom, "password", password).leads("/account")
	t.send("/account/close").away("/reauth?next=/account/close")
	h.settle()
	return b
}

// Scanners open every link of every letter, again and again, by HEAD too, and
// even as the holder: nothing changes in the whole database.
func TestMailedLinksOnlyShow(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner := lettersOfAll(h)
		links, subjects := map[string]bool{}, map[string]bool{}
		for _, m := range h.mail("") {
			if m.Channel != "email" {
				if strings.Contains(m.Text, "http") {
					t.Errorf("a text bears a link: %q", m.Text)
				}
				continue
			}
			subjects[codeLine.ReplaceAllString(m.Subject, "a code")] = true
			for _, found := range anyLink.FindAllStringSubmatch(m.Text+"\n"+html.UnescapeString(m.HTML), -1) {
				links[strings.TrimRight(found[1], ".,")] = true
			}
		}
		counts := map[string]int{}
		for link := range links {
			area, _, _ := strings.Cut(link[1:], "/")
			counts[area]++
		}
		if len(subjects) < 20 || counts["not-me"] < 20 || counts["undo"] < 6 || counts["reset"] < 2 {
			t.Fatalf("too few: %v, %q", counts, slices.Sorted(maps.Keys(subjects)))
		}
		h.unchanged(func() {
			scanner := h.browser()
			for link := range links {
				for range 20 {
					for _, method := range []string{http.MethodGet, http.MethodHead} {
						for _, b := range []*browser{scanner, owner} {
							over := strings.HasPrefix(link, "/undo/") // some are used
							if a := b.do(method, link, "", false); a.status >= 400 && !(over && a.status == 404) || a.cookie("session") != nil || a.cookie("device") != nil {
								t.Fatalf("%v", a)
							}
						}
					}
				}
			}
		})
		if !owner.signedIn() {
			t.Error("the holder was signed out")
		}
	}, withTexts)
}

// The pages that letters lead to may be kept by nobody, run nothing of others,
// and hold no secret of the browser that opens them.
func TestNewPagesAreGuarded(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.addEmail(nora, "second")
		b.addPhone(number, number)
		undo, notMe := h.link(undoLink, mara, phoneAdded), h.notMe(mara, emailAdded)
		guest := h.browser()
		guest.toCode(mara)
		taker := h.browser()
		taker.send(undo).leads("/undo/code")
		b.send("/account/email", "email", tom, "as", "main").leads("/account/email/code")
		b.send("/account/phone", "phone", "+4915123456789").leads("/account/phone/code")
		h.forward(time.Second)
		for path, who := range map[string]*browser{
			undo: b, notMe: b, "/undo/code": taker, "/sign-in/code/another": guest, "/reauth/password": b, "/account/email": b, "/account/email/code": b,
			"/account/phone": b, "/account/phone/code": b, "/account/phone/remove": b, "/account/close": b, "/account/data.json": b, "/account/two-step": b, "/account": b, "/undo/" + strings.Repeat("a", 96): b,
			"/not-me/" + strings.Repeat("a", 96): b, "/not-me": b,
		} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				a := who.do(method, path, "", false)
				if a.status != 200 && a.status != 404 {
					t.Errorf("%v", a)
				}
				if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Referrer-Policy") != "same-origin" || a.header.Get("X-Content-Type-Options") != "nosniff" ||
					a.header.Get("Content-Security-Policy") != "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'" {
					t.Errorf("%s %s: %v", method, path, a.header)
				}
				a.without(who.cookies["session"], password, "argon2", "<script>", " style=", " onclick=")
				if device := who.cookies["device"]; device != "" {
					a.without(device)
				}
			}
		}
		// What was typed that is secret never comes back.
		const typed = "qzx-typed-secret-471"
		for path, who := range map[string]*browser{
			"/reauth/password": b, "/account/email/code": b, "/account/phone/code": b, "/undo/code": taker, "/sign-in/code": guest, "/account/password": b,
		} {
			who.send(path, "current_password", typed, "new_password", typed, "password", typed, "code", typed).is(422).without(typed)
		}
	}, withTexts)
}

// A forged or odd cookie of the address that was typed shows nothing but text,
// and prefills the reset.
func TestTypedAddress(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		b := h.browser()
		b.open("/reset").is(200).without(`value="m`)
		b.send("/sign-in", "email", "Mara@Example.com", "password", wrong).unit(422).typed("Mara@example.com")
		b.open("/reset").is(200, `value="Mara@example.com"`)
		b.send("/sign-in", "email", nora, "password", wrong).unit(422).typed(nora)
		b.open("/reset").is(200, `value="`+nora+`"`).without("Mara")
		for _, typed := range []string{`"><script>alert(1)</script>`, "\x00", "\xff\xfe", strings.Repeat("x", 7000), `"quoted"`, "a b", "' OR 1=1 --"} {
			w := raw(h, "GET", "/reset", "", "typed="+typed, nil)
			if w.Code != 200 || strings.Contains(w.Body.String(), "<script>alert") {
				t.Errorf("%q: %d", typed, w.Code)
			}
		}
	})
}

// Trust of every device ends only where all are named.
func TestStopTrustingAll(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
		for _, agent := range []string{iPhone, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"} {
			trusted := h.browser().with("User-Agent", agent)
			trusted.toCode(mara)
			trusted.send("/sign-in/code", "code", h.code(mara), "trust", "yes").leads("/account")
		}
		if n := strings.Count(b.open("/account/devices").body, "Trusted until"); n != 2 {
			t.Fatalf("%d devices are trusted", n)
		}
		b.send("/account/devices/untrust", "device", "").unit(404)
		b.send("/account/devices/untrust").unit(404)
		b.send("/account/devices/untrust", "device", "ALL").unit(404)
		b.open("/account/devices").is(200, "Trusted until")
		b.send("/account/devices/untrust", "device", "all").leads("/account/devices")
		b.open("/account/devices").is(200, "not trusted any more").without("Trusted until")
	})
}
