package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// withPhone makes an account with a confirmed number and is signed in to it.
func (p *tab) withPhone(email, number string) {
	p.t.Helper()
	p.account(email)
	p.visit("/account/phone")
	p.submit("main "+form("/account/phone"), "phone", number)
	p.at("/account/phone/code")
	p.enter(p.s.code(number, 1))
	p.at("/account/phone")
}

// TestTexts: a text goes all the way to the test inbox and its report all the
// way back, to a page that is not loaded anew.
func TestTexts(t *testing.T) {
	t.Parallel()
	s := start(t, roomy)
	const email, number = "ada@example.com", "+436641234567"
	p := open(t, s, how{})
	p.withPhone(email, number)

	second := open(t, s, how{})
	s.behave("hang", number)
	second.signIn(email, password)
	second.says("h1", "Check your phone")
	second.delivery("Waiting for the text service")
	second.visit("/account") // a gateway that hangs lets nobody in
	second.at("/sign-in?next=/account")
	second.visit("/sign-in/code")
	second.delivery("Waiting for the text service")
	eval[any](second, `window.samePage = true, 0`)
	s.behave("accept", number)
	second.delivery("Delivered to your phone at")
	second.is(`window.samePage`)
	second.is(`!document.getElementById("delivery").hasAttribute("hx-get")`)
	second.is(`document.getElementById("code").autocomplete === "one-time-code"`)

	p.visit("/dev/inbox?to=" + number[1:])
	p.says("#inbox-list", "Text to "+number)
	code := s.code(number, 2)
	lines := strings.Split(strings.TrimRight(p.text(".letter-text"), "\n"), "\n")
	if !strings.HasPrefix(lines[0], code+" is your Admit One code to sign in (") || lines[len(lines)-1] != "@localhost #"+code {
		t.Errorf("the text is %q", lines)
	}
	if strings.Contains(strings.Join(lines, ""), "://") {
		t.Errorf("a text bears a link: %q", lines)
	}
	second.enter(code)
	second.at("/account")

	s.behave("refuse", number)
	third := open(t, s, how{noScript: true})
	third.signIn(email, password)
	third.delivery("Refused by the text service")
	third.followTo("Try another way", "/sign-in/code/another")
	third.follow("Send the code")
	third.enter(s.code(email, 2))
	third.at("/account")
}

// readsTexts is a browser that can fill a code in from a text: it gives what the
// test hands to it, and counts how often it was asked.
const readsTexts = `window.OTPCredential = class {}
window.wishes = []
CredentialsContainer.prototype.get = wish => new Promise((give, refuse) => wishes.push({wish, give, refuse}))`

// TestFilledInByTheBrowser (WebOTP): a code that the browser reads in a text is
// filled in and sent. A browser that cannot, or whose owner says no, is none the
// worse for it.
func TestFilledInByTheBrowser(t *testing.T) {
	t.Parallel()
	s := start(t, roomy)
	const email, number = "ada@example.com", "+436641234567"
	p := open(t, s, how{})
	p.withPhone(email, number)
	reader := func() *tab {
		r := open(t, s, how{})
		call(r, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: readsTexts})
		r.signIn(email, password)
		r.at("/sign-in/code")
		r.is(`wishes.length === 1 && wishes[0].wish.otp.transport.join() === "sms" && !wishes[0].wish.signal.aborted`)
		return r
	}

	gives := reader()
	code := s.code(number, 2)
	gives.arrive("a code from a text", act(`wishes[0].give({code: "`+code+`"})`))
	gives.at("/account")

	refuses := reader()
	eval[any](refuses, `wishes[0].refuse(new DOMException("no", "AbortError")), 0`)
	refuses.enter(s.code(number, 3))
	refuses.at("/account")

	byHand := reader()
	eval[any](byHand, `addEventListener("submit", e => e.preventDefault(), {once: true, capture: true}), document.getElementById("verify").click(), 0`)
	byHand.is(`wishes[0].wish.signal.aborted`)
	byHand.reload()
	byHand.enter(s.code(number, 4))
	byHand.at("/account")

	// By mail there is nothing to read: the browser is not asked.
	byHand.visit("/account/email")
	byHand.submit(form("/account/email"), "email", "eve@example.com", "as", "second")
	byHand.at("/account/email/code")
	byHand.is(`wishes.length === 0`)

	without := open(t, s, how{})
	call(without, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `delete window.OTPCredential`})
	without.signIn(email, password)
	without.enter(s.code(number, 5))
	without.at("/account")
}
