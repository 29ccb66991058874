package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestAccountJourneys walks what an account holder does after the sign-up, with
// nothing but a keyboard, with script and without. Each journey begins where the
// one before it ended.
func TestAccountJourneys(t *testing.T) {
	t.Parallel()
	s := start(t, roomy)
	for _, h := range []how{{}, {noScript: true}} {
		t.Run(h.String(), func(t *testing.T) {
			t.Parallel()
			a := &holder{how: h, first: open(t, s, h), codes: map[string]int{}, secret: password}
			name := map[bool]string{false: "ada", true: "bob"}[h.noScript]
			a.main, a.email = name+"@example.com", name+"@example.com"
			a.number = map[bool]string{false: "0664 1234567", true: "0664 1234568"}[h.noScript]
			for _, j := range []struct {
				name string
				goes func(*testing.T)
			}{
				{"change of the email address", a.changesEmail},
				{"not me, then a new password", a.saysNotMe},
				{"a phone, by text", a.addsPhone},
				{"another way at sign-in", a.triesAnotherWay},
				{"change of the password", a.changesPassword},
				{"two-step every time, then off", a.setsTwoStep},
				{"devices, with a step-up", a.looksAfterDevices},
				{"sign out everywhere", a.signsOutEverywhere},
				{"forgotten password, by code", a.resetsByCode},
				{"forgotten password, by link", a.resetsByLink},
				{"undo of the change of the email address", a.takesBack},
				{"close, and stay", a.closesAndStays},
			} {
				if !t.Run(j.name, j.goes) {
					return // what comes next would only fail for this
				}
			}
		})
	}
}

// holder is an account holder with a browser that is signed in.
type holder struct {
	how    how
	first  *tab
	codes  map[string]int // the codes that were read, by where they went
	main   string         // the address of the sign-up
	email  string         // the address now
	number string
	secret string // the password now
}

// in gives the holder's browser to a test.
func (a *holder) in(t *testing.T) *tab {
	a.first.goOn(t)
	return a.first
}

// anew opens another browser of the same kind.
func (a *holder) anew(t *testing.T) *tab { return open(t, a.first.s, a.how) }

// code waits for the next code to an address or number.
func (a *holder) code(p *tab, to string) string {
	p.t.Helper()
	a.codes[to]++
	return p.s.code(to, a.codes[to])
}

// phone is the number as it is kept.
func (a *holder) phone() string { return "+43" + strings.ReplaceAll(a.number[1:], " ", "") }

// typeCode enters the next code on the page of a code.
func (a *holder) typeCode(p *tab, to, title string) {
	p.t.Helper()
	p.says("h1", title)
	p.focused("#code")
	p.press(a.code(p, to))
	p.send(kb.Enter)
}

// signIn enters address and password; where that leads is the caller's to say.
func (a *holder) signIn(p *tab) {
	p.t.Helper()
	p.signIn(a.email, a.secret)
}

const (
	byMail = "Check your email"
	byText = "Check your phone"
)

func (a *holder) changesEmail(t *testing.T) {
	p := a.in(t)
	p.account(a.main)
	a.codes[a.main]++
	a.email = strings.Replace(a.main, "@", ".new@", 1)
	p.followTo("Change: email addresses", "/account/email")
	p.put("#email", a.email)
	p.tab("#as")
	p.press(kb.ArrowDown)
	p.focused("#as-second")
	p.press(kb.ArrowUp)
	p.focused("#as")
	p.tab("Send a code")
	p.send(" ")
	p.at("/account/email/code")
	p.says("main .lede", "Nothing changes until you enter it.")
	a.typeCode(p, a.email, byMail)
	p.at("/account/email")
	p.says("main .notice", "Your email address has changed. From now on you sign in with the new one.")
	p.s.linkTo(a.main, "email has changed", "/undo") // kept for later
	for _, l := range p.s.mail(a.email, 2) {
		if l.link("/undo") != "" {
			t.Errorf("the new address can take the change back that brought it: %s", l.Subject)
		}
	}
}

// saysNotMe: somebody has the password. The link of the code's mail ends the
// attempt and leads to a new password, in a browser that knows nothing.
func (a *holder) saysNotMe(t *testing.T) {
	thief := a.anew(t)
	a.signIn(thief)
	thief.at("/sign-in/code")
	stolen := a.code(thief, a.email)

	p := a.in(t)
	p.visit("/account")
	p.signOut()
	p.visit(p.s.linkTo(a.email, stolen+" is your Admit One code", "/not-me"))
	p.says("h1", "Did you ask for this code?")
	p.says("main", "someone knows your password")
	p.follow("Block this attempt")
	p.says("h1", "Done. Nobody got in.")
	thief.enter(stolen)
	thief.at("/sign-in")

	p.followTo("Change your password", "/reset/code")
	a.typeCode(p, a.email, byMail)
	a.choosesPassword(p, "six quiet rows of corduroy")
	a.signIn(p)
	p.at("/sign-in/code") // the reset has made every device unknown
	a.typeCode(p, a.email, byMail)
	p.at("/account")
}

// choosesPassword is the end of every reset.
func (a *holder) choosesPassword(p *tab, secret string) {
	p.t.Helper()
	p.at("/reset/new")
	p.focused("#new-password")
	a.secret = secret
	p.s.keepSecret(secret)
	p.press(secret)
	p.send(kb.Enter)
	p.at("/sign-in")
	p.says("main .notice", "Your password has changed. All devices have been signed out.")
}

func (a *holder) addsPhone(t *testing.T) {
	p := a.in(t)
	p.followTo("Add: phone number", "/account/phone")
	p.put("#phone", a.number)
	p.tab("Send a code")
	p.send(" ")
	p.at("/account/phone/code")
	a.typeCode(p, a.phone(), byText)
	p.at("/account/phone")
	p.says("main .notice", "Your phone number is confirmed.")
	p.says("main", "number ending "+a.phone()[len(a.phone())-2:])
}

// triesAnotherWay: the text does not come, so the same code goes by mail.
func (a *holder) triesAnotherWay(t *testing.T) {
	p := a.anew(t)
	a.signIn(p)
	p.at("/sign-in/code")
	p.says("h1", byText)
	texted := a.code(p, a.phone())
	p.followTo("Try another way", "/sign-in/code/another")
	p.tabTo("#way")
	p.says("main", "Email to "+a.email[:1]+"***@example.com")
	p.tab("Send the code")
	p.send(" ")
	p.at("/sign-in/code")
	p.says("#code-status", "It is the same code, so either message works.")
	p.says("h1", byMail)
	p.focused("#code")
	mailed := a.code(p, a.email)
	if mailed != texted {
		t.Errorf("the mail brings %s, want the %s of the text", mailed, texted)
	}
	p.press(mailed)
	p.send(kb.Enter)
	p.at("/account")
}

func (a *holder) changesPassword(t *testing.T) {
	p := a.in(t)
	p.visit("/account")
	p.followTo("Change: password", "/account/password")
	p.putSecret("#current-password", a.secret)
	a.secret = "five loud rows of velvet"
	p.putSecret("#new-password", a.secret)
	p.tabTo("#others")
	p.is(`document.getElementById("others").checked`)
	p.tab("Change password")
	p.send(" ")
	p.at("/account")
	p.says("main .notice", "Your password has changed.")
	p.s.linkTo(a.email, "password has changed", "/not-me")
}

// setsTwoStep: every time, with a trust that spares the code; then off, and a
// strange browser needs the password alone.
func (a *holder) setsTwoStep(t *testing.T) {
	p := a.in(t)
	p.followTo("Change: two-step verification", "/account/two-step")
	p.tabTo("#two-step")
	p.press(kb.ArrowDown)
	p.focused("#two-step-every")
	p.tab("Save")
	p.send(" ")
	p.at("/account/two-step")
	p.says("main .notice", "Two-step verification is on, and your choice is saved.")

	p.visit("/account")
	p.signOut()
	a.signIn(p)
	p.at("/sign-in/code")
	p.says("main .lede", "because you chose to get one at every sign-in")
	p.focused("#code")
	p.press(a.code(p, a.phone()))
	p.tabTo("#trust")
	p.press(" ")
	p.tab("#verify")
	p.send(kb.Enter)
	p.at("/account")
	p.signOut()
	a.signIn(p)
	p.at("/account") // trusted: no code

	p.followTo("Change: two-step verification", "/account/two-step")
	p.followTo("Turn off two-step verification", "/reauth?next=/account/two-step/off")
	a.confirms(p)
	p.at("/account/two-step/off")
	p.followTo("Turn off", "/account/two-step")
	p.says("main .notice", "Two-step verification is off.")
}

// confirms is the step-up: by a text, where no other way is chosen.
func (a *holder) confirms(p *tab) {
	p.t.Helper()
	p.says("h1", "Confirm it's you")
	p.says("main", "The usual way: number ending")
	p.followTo("Send a code", "/reauth")
	a.typeCode(p, a.phone(), byText)
}

func (a *holder) looksAfterDevices(t *testing.T) {
	second := a.anew(t)
	a.signIn(second)
	second.at("/account") // two-step is off

	p := a.in(t)
	p.visit("/account")
	p.signOut()
	a.signIn(p)
	p.followTo("See all: devices", "/account/devices")
	named := p.text("#device-list h3 bdi")
	p.follow("Rename " + named)
	p.focused("#name")
	p.put("#name", "The one in the kitchen")
	p.tab("Save")
	p.send(" ")
	p.at("/account/devices")
	p.says("main .notice", "The device has its new name.")
	p.says("#device-list h3", "The one in the kitchen")

	// Nobody is signed out of anything without a fresh proof.
	p.follow("Sign out " + named)
	p.at("/reauth?next=/account/devices")
	a.confirms(p)
	p.at("/account/devices")
	p.focusOn("Sign out " + named)
	if a.how.noScript {
		p.send(kb.Enter)
		p.says("main .notice", "The device is signed out, and needs a code next time.")
	} else {
		eval[any](p, `window.samePage = true, 0`)
		p.press(kb.Enter)
		p.says("#status", "Signed out "+named)
		p.focused("#devices-title")
		p.is(`window.samePage`)
	}
	second.reload()
	second.at("/sign-in?next=/account")
}

func (a *holder) signsOutEverywhere(t *testing.T) {
	second := a.anew(t)
	a.signIn(second)
	p := a.in(t)
	p.visit("/account/devices")
	p.followTo("Sign out everywhere", "/account/devices/everywhere")
	p.tabTo("#this")
	p.is(`document.getElementById("this").checked`)
	p.tab("Sign out everywhere")
	p.send(" ")
	p.at("/sign-in")
	p.says("main .notice", "All devices are signed out, this one too.")
	second.reload()
	second.at("/sign-in?next=/account")
}

// forgets asks for a way to a new password, from the sign-in page.
func (a *holder) forgets(p *tab) {
	p.t.Helper()
	p.visit("/sign-in")
	p.followTo("Forgot your password?", "/reset")
	p.focused("#email")
	p.press(a.email)
	p.tab("Send a code")
	p.send(" ")
	p.at("/reset/code")
}

func (a *holder) resetsByCode(t *testing.T) {
	p := a.in(t)
	a.forgets(p)
	a.typeCode(p, a.email, byMail)
	a.choosesPassword(p, "four plain rows of linen")
	a.signIn(p)
	p.at("/account")
}

// resetsByLink follows the link in a browser that has not asked for it.
func (a *holder) resetsByLink(t *testing.T) {
	asks := a.anew(t)
	a.forgets(asks)
	unused := a.code(asks, a.email)

	p := a.in(t)
	p.visit("/account")
	p.signOut()
	p.visit(p.s.linkTo(a.email, "Reset your Admit One password", "/reset/link"))
	p.at("/reset/link") // the token is out of the address bar
	p.followTo("Choose a new password", "/reset/new")
	a.choosesPassword(p, "three bright rows of satin")
	asks.enter(unused)
	asks.at("/reset/code")
	asks.says(".error-summary", "already been used")
	a.signIn(p)
	p.at("/account")
}

// takesBack: the old mailbox still has its link. With the change of the address
// all goes that came after it, the phone too.
func (a *holder) takesBack(t *testing.T) {
	p := a.anew(t)
	p.visit(p.s.linkTo(a.main, "email has changed", "/undo"))
	p.says("h1", "Take this change back")
	p.says("main", "The main email address was changed")
	p.followTo("Take it back", "/reset") // the link alone is not the account
	p.says("main .notice", "The change is taken back, and all devices are signed out.")
	a.email = a.main
	p.put("#email", a.email)
	p.tab("Send a code")
	p.send(" ")
	p.at("/reset/code")
	a.typeCode(p, a.email, byMail)
	a.choosesPassword(p, "two pale rows of taffeta")

	old := a.in(t)
	old.reload()
	old.at("/sign-in?next=/account")
	a.signIn(old)
	old.at("/sign-in/code") // two-step is on again, as it was
	a.typeCode(old, a.email, byMail)
	old.at("/account")
	old.says("main", "Signed in as "+a.main)
	old.is(`!document.querySelector("main").innerText.includes("number ending")`)
}

func (a *holder) closesAndStays(t *testing.T) {
	p := a.in(t)
	p.visit("/account")
	p.followTo("Close account", "/account/close")
	p.says("main", "Your account then waits for 7 days.")
	p.followTo("Close my account", "/sign-in")
	p.says("main .notice", "Sign in before then to keep it.")
	a.signIn(p)
	p.at("/account")
	p.s.linkTo(a.email, "account stays open", "/not-me")
}
