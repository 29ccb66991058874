package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"
)

// TestJourneys walks both journeys with nothing but a keyboard: no pointer, no
// selector that is clicked. What has the focus is asserted at every step.
func TestJourneys(t *testing.T) {
	t.Parallel()
	s := start(t, onceMore)
	for _, noScript := range []bool{false, true} {
		for _, width := range []int64{320, 1280} {
			h := how{width, noScript}
			t.Run(fmt.Sprintf("%s, %d px", h, width), func(t *testing.T) {
				t.Parallel()
				j := journey{s: s.seenBy(t), how: h, email: fmt.Sprintf("ada.%d.%v@example.com", width, noScript)}
				first := open(t, s, h)
				j.signUp(t, first)
				j.signOutAndBackIn(t, first)
				second := open(t, s, h)
				j.newDevice(t, second)
				j.sharedDevice(t, second)
			})
		}
	}
}

type journey struct {
	s     *server
	how   how
	email string
}

// reveal is the button in the password field, which only script can work.
func (j journey) reveal() []string {
	if j.how.noScript {
		return nil
	}
	return []string{"Show password"}
}

func (j journey) signUp(t *testing.T, p *tab) {
	p.visit("/sign-up")
	p.focused("#email")
	p.press(j.email)
	p.tab("#new-password")
	p.s.keepSecret(password)
	p.press(password)
	p.tab(append(j.reveal(), "Create account")...)
	p.send(" ")

	p.at("/sign-up/code")
	p.focused("#code")
	p.is(`document.title === "Check your email - Admit One"`)
	p.says("main .lede", "to confirm that this email address is yours")
	p.tab("#send") // another code is one Tab away
	p.shiftTab()
	p.focused("#code")
	p.press(j.s.code(j.email, 1))
	p.send(kb.Enter)

	p.at("/account")
	p.says("main", "Your account is ready and you are signed in.")
	p.says("main", "Signed in as "+j.email)
	p.reload()
	p.is(`!document.body.innerText.includes("Your account is ready")`)
}

// signOutAndBackIn: the session is dead at once, the device stays known.
func (j journey) signOutAndBackIn(t *testing.T, p *tab) {
	old := p.cookie("session")
	p.signOut()
	p.says("main", "You are signed out. It took hold at")
	if status, to := j.ask(t, "/account", old); status != http.StatusSeeOther || to != "/sign-in?next=/account" {
		t.Errorf("with the session cookie of before: %d to %q, want 303 to the sign-in", status, to)
	}
	p.visit("/account")
	p.at("/sign-in?next=/account")

	p.focused("#email")
	p.press(j.email)
	p.tab("#current-password")
	p.press(password)
	p.send(kb.Enter) // 0 Tabs more than the fields need
	p.at("/account")
	p.says("main", "We will not ask for a code on this device.")
	if n := p.s.messages(j.email); n != 1 {
		t.Errorf("%d messages with a code were made, want the one of the sign-up", n)
	}
}

func (j journey) newDevice(t *testing.T, p *tab) {
	p.visit("/sign-in")
	p.focused("#email")
	p.press(j.email)
	p.tab("#current-password")
	p.press(password)
	p.tab(append(j.reveal(), "Sign in")...)
	p.send(kb.Enter)

	p.at("/sign-in/code")
	p.focused("#code")
	p.says("main .lede", "because you're signing in on a new device")
	code := j.readCode(t, p)
	if !j.how.noScript {
		p.press(code[:3]) // and then, in doubt, another one is asked for
	}
	j.resend(t, p)
	if again := j.s.code(j.email, 3); again != code {
		t.Errorf("another code was asked for at once and was %s, want %s again", again, code)
	}
	if !j.how.noScript {
		p.shiftTab()
		p.focused("#code")
		p.press(kb.End)
		code = code[3:]
	}
	p.press(code)
	p.send(kb.Enter)
	p.at("/account")
	p.says("main", "We will not ask for a code on this device.")
	if told := j.s.mail(j.email, 4)[0]; told.code() != "" || !strings.Contains(told.Text, "new device") {
		t.Errorf("after a sign-in on a new device the newest mail is %q, want a notice", told.Subject)
	}
}

// readCode looks the code up as a program does, and in one journey as a person
// does, on the page of the test inbox.
func (j journey) readCode(t *testing.T, p *tab) string {
	code := j.s.code(j.email, 2)
	if j.how.noScript || j.how.width == 320 {
		return code
	}
	p.visit("/dev/inbox?to=" + j.email)
	p.says("h1", "Test inbox")
	p.tabTo("#tab-text")
	p.send(kb.Enter)
	read := regexp.MustCompile(`\b\d{6}\b`).FindString(p.text(".letter-text"))
	if read != code {
		t.Fatalf("the page of the test inbox shows the code %q, want %q", read, code)
	}
	p.visit("/sign-in/code")
	p.focused("#code")
	return read
}

// resend asks for another code: with script in place, else by a page.
func (j journey) resend(t *testing.T, p *tab) {
	p.tab("#send")
	if j.how.noScript {
		await(t, "another code", func() (int64, bool) { // 429 until the wait is over
			p.focusOn("#send")
			p.send(" ")
			return p.status, p.status == http.StatusOK
		})
		p.says("#code-status", "We sent your code again to")
		p.focused("#code")
		return
	}
	p.is(`document.getElementById("send").ariaDisabled !== "true"`)
	p.asked()
	p.press(" ")
	p.says("#code-status", "We sent your code again to")
	p.focused("#send")
	for _, r := range p.asked() {
		if !strings.HasPrefix(r.url, p.s.base+"/sign-in/code/") {
			t.Errorf("asking for another code also asked for %s", r.path(p.s.base))
		}
	}
}

// sharedDevice: ticked, the device stays unknown; not ticked, it is known.
func (j journey) sharedDevice(t *testing.T, p *tab) {
	p.signOut()
	fresh := open(t, j.s, j.how)
	for n, shared := range []bool{true, false} {
		fresh.signIn(j.email, password)
		fresh.at("/sign-in/code")
		fresh.focused("#code")
		fresh.press(j.s.code(j.email, 4+n))
		if shared {
			fresh.tabTo("#shared")
			fresh.press(" ")
			fresh.is(`document.getElementById("shared").checked`)
			fresh.tab("#verify")
		}
		fresh.send(kb.Enter)
		fresh.at("/account")
		if k := fresh.cookies()["session"]; k.Session != shared {
			t.Errorf("shared %v: the session cookie ends with the browser: %v", shared, k.Session)
		}
		fresh.says("main", map[bool]string{true: "We will ask for a code on this device again.", false: "We will not ask for a code on this device."}[shared])
		fresh.signOut()
	}
	fresh.signIn(j.email, password)
	fresh.at("/account")
}

// cookies are the cookies of the tab, by name.
func (p *tab) cookies() map[string]*network.Cookie {
	p.t.Helper()
	found := map[string]*network.Cookie{}
	for _, k := range call(p, network.GetCookies, network.GetCookiesParams{URLs: []string{p.s.base}}).Cookies {
		found[k.Name] = k
	}
	return found
}

func (p *tab) cookie(name string) string {
	p.t.Helper()
	k := p.cookies()[name]
	if k == nil {
		p.t.Fatalf("no cookie %s", name)
	}
	return k.Value
}

// ask is a GET with a session cookie, by no browser.
func (j journey) ask(t *testing.T, path, session string) (status int, to string) {
	r := must[*http.Request](t)(http.NewRequest(http.MethodGet, j.s.base+path, nil))
	r.AddCookie(&http.Cookie{Name: "session", Value: session})
	resp := must[*http.Response](t)(http.DefaultTransport.RoundTrip(r))
	resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Location")
}
