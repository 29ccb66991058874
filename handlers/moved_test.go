package handlers_test

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// The networks of the tests, and where their file says that they are.
const (
	atHome = "203.0.113.7"
	abroad = "198.51.100.9"
)

// withGeo opens a house that knows where its networks are, from a free file.
func withGeo(t *testing.T) func(*setup) {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "DBIP-City-Lite", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for network, said := range map[string]mmdbtype.Map{
		"203.0.113.0/24":  {"country_code": mmdbtype.String("AT"), "city": mmdbtype.String("Vienna")},
		"198.51.100.0/24": {"country_code": mmdbtype.String("IT")},
	} {
		_, n, err := net.ParseCIDR(network)
		if err == nil {
			err = w.Insert(n, said)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(t.TempDir(), "test.mmdb")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := w.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	return func(s *setup) { s.geo = []string{name} }
}

const movedSubject = "Your session turned up somewhere else"

// A session's cookie in another browser, or in another country, shows and changes
// nothing of the account before a step-up; its holder is told once and goes on.
func TestMovedSession(t *testing.T) {
	for name, move := range map[string]func(*browser) *browser{
		"browser": func(b *browser) *browser { return b.copy().with("User-Agent", iPhone) },
		"country": func(b *browser) *browser {
			c := b.copy()
			c.peer = abroad
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, h *house) {
				owner := h.from(atHome)
				owner.signUp(mara)
				letters := h.letters(mara)
				thief := move(owner)
				delete(thief.cookies, "device")

				open := []string{"/help", "/contact", "/contact/phone", "/reset", "/not-me", "/reauth", "/reauth/password"}
				for _, path := range open {
					thief.open(path).is(200).without(mara, "Firefox on Linux")
				}
				thief.open("/reauth").is(200, "another browser or another country")
				thief.open("/reauth/password").is(200, "Your password confirms the session here")
				owner.open("/reauth/password").is(200).without("Your password confirms the session here")
				for _, r := range h.routes() {
					if r.Path != "/account" && !strings.HasPrefix(r.Path, "/account/") || r.Method == http.MethodHead {
						continue
					}
					for _, htmx := range []bool{false, true} {
						a := thief.do(r.Method, r.Path, form("email", "thief@example.com", "code", "123456", "name", "Thief"), htmx)
						got := a.header.Get("Location") + a.header.Get("HX-Redirect")
						if !strings.HasPrefix(got, "/reauth?next=/account") {
							t.Errorf("%s %s: %v", r.Method, r.Path, a)
						}
					}
				}
				thief.send("/contact/phone/service-code").away("/reauth?next=/contact/phone")
				h.told(mara, letters, movedSubject)
				mail := h.mail(mara)[0].Text
				if words := "Firefox on Linux, Vienna, Austria"; !strings.Contains(mail, words) {
					t.Errorf("%q is not in %s", words, mail)
				}

				// The owner's own browser goes on, and reads of it.
				owner.open("/account").is(200, mara, "Vienna, Austria</bdi>, roughly")
				owner.open("/account/devices").is(200, "roughly <bdi>Vienna, Austria</bdi>", "turned up in another browser or country")
				owner.open("/account/activity").is(200, "A session turned up in another browser or country")
				owner.notFresh("/account/password") // a proof is asked for anew, once
				h.forward(time.Minute)
				owner.stepUp(mara, "/account/password")
				owner.open("/account/password").is(200)
				thief.open("/account").away("/sign-in?next=/account")
				if n := h.letters(mara); n != letters+2 { // the notice and the code
					t.Errorf("%d letters more", n-letters)
				}
			}, withGeo(t))
		})
	}
}

// A request that names no browser at all is no less elsewhere.
func TestMovedToATool(t *testing.T) {
	for _, agent := range []string{"", "curl/8.5", "Mozilla/5.0", "python-requests/2.32.5"} {
		t.Run(agent, func(t *testing.T) {
			h := once(t, withDesk)
			staff := h.agent(ines, "Ines")
			path := staff.startChat()
			id := strings.TrimPrefix(path, "/contact/chat/")
			queue := listen(t, h.url, "/console/events", staff.cookies)
			queue.hears("news")
			letters := h.letters(ines)

			thief := staff.copy().with("User-Agent", agent)
			delete(thief.cookies, "device")
			for _, page := range []string{
				"/account", "/account/data", "/account/data.json", "/account/activity", "/account/devices",
				"/console", "/console/watch", "/console/events", "/console/chat/" + id + "/events", path, path + "/events",
			} {
				a := thief.open(page)
				if to := a.header.Get("Location"); a.status != http.StatusSeeOther || !strings.HasPrefix(to, "/reauth?next=/") {
					t.Errorf("%s: %v", page, a)
				}
			}
			thief.send("/console/find", "email", mara).without(mara)
			h.told(ines, letters, movedSubject)

			// The proof that opened the console is void, and so is the stream by it.
			other := h.browser()
			other.startChat()
			if n := queue.ends(); n != 0 {
				t.Errorf("%d events after the move", n)
			}
			staff.open("/account").is(200, ines)
			listen(t, h.url, path+"/events", staff.cookies).hears("news")
		})
	}
}

// Who travels enters one code, and everything is as it was.
func TestJourney(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.from(atHome)
		b.signUp(mara)
		b.peer = abroad
		b.open("/account").away("/reauth?next=/account")
		h.forward(time.Minute)
		b.stepUp(mara, "/account")
		b.open("/account").is(200, mara, "Italy</bdi>, roughly")
		b.open("/account/devices").is(200, "This device", "roughly <bdi>Italy</bdi>").without("turned up in")
		b.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
		b.open("/").leads("/account")
		b.peer = atHome
		b.send("/sign-out").leads("/sign-in") // that needs no proof
	}, withGeo(t))
}

// What somebody has said to support is the account's too.
func TestChatOfAMovedSession(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.from(atHome)
		b.signUp(mara)
		thief := b.copy().with("User-Agent", iPhone)
		thief.open("/contact/chat").is(200).without(mara)
		thief.open("/contact/chat/0123456789abcdef0123456789abcdef").away("/reauth?next=/contact/chat/0123456789abcdef0123456789abcdef")
		b.open("/contact/chat/0123456789abcdef0123456789abcdef").is(404)
	}, withGeo(t))
}

// Whose data tells the places is said where it is used, and nowhere else.
func TestPlaceAttribution(t *testing.T) {
	once(t, withGeo(t)).browser().open("/sign-in").is(200, `<a href="https://db-ip.com">IP Geolocation by DB-IP</a>`)
	h := once(t)
	h.browser().open("/sign-in").is(200).without("db-ip")
	b := h.from(atHome)
	b.signUp(mara)
	b.open("/account").is(200, "Place unknown")
	b.open("/account/devices").is(200, "place unknown")
	b.open("/account/activity").is(200, "place unknown")
}

// A session that goes on in another browser is the same on both pages that name it,
// and before that it is led out of the step-up.
func TestMovedSessionIsNamed(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.h.forward(time.Minute)
		phone := b.copy().with("User-Agent", iPhone)
		for _, path := range []string{"/reauth", "/reauth/password"} {
			phone.open(path).is(200, `action="/sign-out"`, `href="/not-me"`, "/help/a/signed-in-elsewhere").without(`class="back"`, "What you want to do")
		}
		phone.stepUp(mara, "/account")
		for _, path := range []string{"/account", "/account/devices"} {
			phone.open(path).is(200, "Safari on iOS")
		}
		phone.open("/account/devices").is(200, "Active now, in <bdi>Safari on iOS</bdi>", "This device")
	}, withGeo(t))
}
