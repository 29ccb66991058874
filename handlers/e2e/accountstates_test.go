package e2e

import (
	"fmt"

	"github.com/chromedp/chromedp/kb"
)

// The states of the account area, of the reset, and of what links in messages
// lead to. They come one out of the other.

// onceMore lets a message be sent again after a second, and then not for an hour: the
// end of a wait is said in place of what was said before it.
const onceMore = `resend_waits = ["1s", "1h"]`

// roomy is a policy under which one person can be sent many messages at once, and a
// proof lasts through a long walk of a slow browser.
const roomy = onceMore + `
owner_sends = { ten_minutes = 99, hour = 99, day = 99 }
stranger_sends = { ten_minutes = 99, hour = 99, day = 99 }
address_sends = 99
elevated = "1h"`

const newPassword = "seven loud rows of corduroy"

// Numbers that can be, as people type them; of the first also as it is kept.
const (
	mobile   = "0664 1234567"
	mobileTo = "+436641234567"
	landline = "01 5134567"
)

// noLink has the form of a link's token and is none.
const noLink = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

var walks = []walk{
	settingsWalk("ada@example.com", "ada@gmial.com"), notMeWalk("cem@example.com"), resetWalk("dora@example.com"),
	undoWalk("bob@example.com", "bob.new@example.com"), mailOnlyWalk("fay@example.com"),
}

// form selects the form with an action.
func form(action string) string { return fmt.Sprintf(`form[action=%q]`, action) }

// settingsWalk goes through the settings of an account that comes to have a second
// address and a phone.
func settingsWalk(main, second string) walk {
	return walk{"account", []state{
		{"account, with a nudge", "", func(p *tab) {
			p.account(main)
			p.reload()
			p.says("main .notice", "Add a phone number")
		}},
		{"email", "", visiting("/account/email")},
		{"email, not an address", "", func(p *tab) {
			p.submit(form("/account/email"), "email", "ada", "as", "second")
			p.says(".error-summary", "Enter an email address in the right form")
		}},
		{"email code, another address was perhaps meant", "", func(p *tab) {
			p.submit(form("/account/email"), "email", second, "as", "second")
			p.at("/account/email/code")
			p.says("main .notice", "Did you mean ada@gmail.com?")
		}},
		{"email, waiting for its code", "", func(p *tab) {
			p.visit("/account/email")
			p.says("main", "One step is left")
		}},
		{"email, with a second one", "", func(p *tab) {
			p.visit("/account/email/code")
			p.enter(p.s.code(second, 1))
			p.at("/account/email")
			p.says("main .notice", "The second email address is confirmed.")
		}},
		{"phone", "", visiting("/account/phone")},
		{"phone, not a number", "", func(p *tab) {
			p.submit(form("/account/phone"), "phone", "call me")
			p.says(".error-summary", "Enter a phone number in the right form")
		}},
		{"phone, a landline", "", func(p *tab) {
			p.submit(form("/account/phone"), "phone", landline)
			p.says(".error-summary", "This looks like a landline")
		}},
		{"phone code, delivered", "", func(p *tab) {
			p.submit("main "+form("/account/phone"), "phone", mobile, "landline", "")
			p.at("/account/phone/code")
			p.says("#delivery", "Delivered to your phone at")
		}},
		{"phone code, wrong", "", func(p *tab) {
			p.enter(p.wrongCode(p.s.code(mobileTo, 1)))
			p.says(".error-summary", "You have 4 tries left.")
		}},
		{"phone code, another way in the help", "", func(p *tab) {
			p.visit("/account/phone/code")
			p.tabTo("Problems with the code?")
			p.press(" ")
			p.says("details", "Check that your phone has signal")
		}},
		{"test inbox, a text", "", func(p *tab) {
			p.visit("/dev/inbox?to=" + mobileTo[1:])
			p.says(".letter-text", "is your Admit One code to confirm your number")
		}},
		{"phone, with a number", "", func(p *tab) {
			p.visit("/account/phone/code")
			p.enter(p.s.code(mobileTo, 1))
			p.at("/account/phone")
			p.says("main .notice", "Your phone number is confirmed.")
		}},
		{"phone, to be removed", "", visiting("/account/phone/remove")},
		{"password", "", visiting("/account/password")},
		{"password, errors in both fields", "", func(p *tab) {
			p.submit(form("/account/password"), "current_password", "", "new_password", "short", "others", "")
			p.says(".error-summary", "Enter your current password")
		}},
		{"two-step, where codes go", "", visiting("/account/two-step")},
		{"two-step, nothing chosen", "", func(p *tab) {
			p.submit(form("/account/two-step"), "two_step", "")
			p.says(".error-summary", "Choose when we should ask for a code")
		}},
		{"two-step, to be turned off", "", visiting("/account/two-step/off")},
		{"two-step, every time", "", func(p *tab) {
			p.visit("/account/two-step")
			p.submit(form("/account/two-step"), "two_step", "every_time")
			p.says("main .notice", "your choice is saved")
		}},
		{"code, sign-in by text", "", func(p *tab) {
			p.visit("/account")
			p.signOut()
			p.signIn(main, password)
			p.at("/sign-in/code")
			p.says("h1", "Check your phone")
			p.says("#delivery", "Delivered to your phone at")
		}},
		{"another way, sign-in", "", func(p *tab) {
			p.followTo("Try another way", "/sign-in/code/another")
		}},
		{"another way, nothing chosen", "", func(p *tab) {
			p.submit(form("/sign-in/code/another"), "way", "")
			p.says(".error-summary", "Choose where the code should go")
		}},
		{"code, sent another way", "", func(p *tab) {
			p.visit("/sign-in/code/another")
			p.follow("Send the code")
			p.at("/sign-in/code")
			p.says("#code-status", "It is the same code")
		}},
		{"devices, one trusted and a second one", "", func(p *tab) {
			p.focusOn("#code")
			p.press(p.s.code(mobileTo, 2))
			p.tabTo("#trust")
			p.press(" ")
			p.tab("#verify")
			p.send(kb.Enter)
			p.at("/account")
			second := open(p.t, p.s, how{})
			second.signIn(main, password)
			second.enter(p.s.code(mobileTo, 3))
			p.visit("/account/devices")
			p.says("#device-list", "Trusted until")
			p.says("#device-list", "Last active")
		}},
		{"devices, a name", "", func(p *tab) {
			p.visit(eval[string](p, `document.querySelector("#device-list a").getAttribute("href")`))
			p.focused("#name")
		}},
		{"devices, no name", "", func(p *tab) {
			p.submit(form("/account/devices/rename"), "name", " ")
			p.says(".error-summary", "Enter a name for the device")
		}},
		{"sign out everywhere", "", visiting("/account/devices/everywhere")},
		{"activity", "", visiting("/account/activity")},
		{"close", "", visiting("/account/close")},
		{"step-up, where the code should go", "", func(p *tab) {
			p.visit("/account")
			p.signOut()
			p.signIn(main, password) // trusted: no code, and so no fresh proof
			p.at("/account")
			p.visit("/account/password")
			p.at("/reauth?next=/account/password")
			p.says("legend", "Where should the code go?")
		}},
		{"step-up, password", "", visiting("/reauth/password?next=/account/password")},
		{"step-up, wrong password", "", func(p *tab) {
			p.submit(form("/reauth/password"), "current_password", "the wrong password")
			p.says(".error-summary", "The current password is not right")
		}},
		{"step-up code, by text", "", func(p *tab) {
			p.visit("/reauth?next=/account/password")
			p.follow("Send a code")
			p.at("/reauth")
			p.says("h1", "Check your phone")
			p.says("#delivery", "Delivered to your phone at")
		}},
		{"another way, step-up", "", func(p *tab) { p.followTo("Try another way", "/reauth/another") }},
		{"password, which waits", "", func(p *tab) {
			p.visit("/reauth/password?next=/account/password")
			p.putSecret("#current-password", password)
			p.send(kb.Enter)
			p.at("/account/password")
			p.says("main .notice", "Changes wait for now")
		}},
		{"account, with all there can be", "", func(p *tab) {
			p.s.keepSecret(newPassword)
			p.submit(form("/account/password"), "current_password", password, "new_password", newPassword)
			p.says("main .notice", "Your change is saved, and waits")
			p.visit("/account/email")
			p.submit(form("/account/email"), "email", "ada.third@example.com")
			p.at("/account/email/code")
			p.visit("/account")
			p.says("main", "Changes that wait")
			p.says("main", "Not confirmed yet: ada.third@example.com")
		}},
		{"undo, of what waits", "", func(p *tab) {
			p.visit(p.s.linkTo(main, "A change is waiting", "/undo"))
			p.says("h1", "Stop this change")
		}},
		{"undo, stopped", "", func(p *tab) {
			p.follow("Stop this change")
			p.says("h1", "The change is stopped")
		}},
		{"undo, over", "", func(p *tab) {
			p.reload()
			p.says("h1", "This link does not work any more")
		}},
		{"undo, with a code", "", func(p *tab) {
			p.visit("/reauth?next=/account/email")
			p.follow("Send a code")
			p.enter(p.s.code(mobileTo, 5))
			p.at("/account/email")
			p.submit(form("/account/email/remove"))
			p.says("main .notice", "The second email address is removed.")
			p.visit(p.s.linkTo(main, "Email address removed", "/undo"))
			p.says("legend", "Where should the code go?")
		}},
		{"undo code", "", func(p *tab) {
			p.followTo("Send a code", "/undo/code")
			p.says("#delivery", "Accepted by the mail server at")
		}},
		{"reset, new password after an undo", "", func(p *tab) {
			p.enter(p.s.code(second, 2))
			p.at("/reset/new")
			p.says("main .notice", "The change is taken back")
		}},
	}}
}

// notMeWalk follows the links of messages that were not asked for.
func notMeWalk(main string) walk {
	block := func(words, title string) func(*tab) {
		return func(p *tab) {
			p.follow(words)
			p.says("h1", title)
		}
	}
	return walk{"account", []state{
		{"not me, a code after the right password", "", func(p *tab) {
			open(p.t, p.s, how{}).account(main)
			thief := open(p.t, p.s, how{})
			thief.signIn(main, password)
			p.visit(p.s.linkTo(main, "is your Admit One code", "/not-me"))
			p.says("h1", "Did you ask for this code?")
			p.says("main", "Entered correctly")
		}},
		{"not me, blocked", "", block("Block this attempt", "Done. Nobody got in.")},
		{"not me, a code to reset the password", "", func(p *tab) {
			thief := open(p.t, p.s, how{})
			thief.visit("/reset")
			thief.put("#email", main)
			thief.send(kb.Enter)
			p.visit(p.s.linkTo(main, "Reset your Admit One password", "/not-me"))
			p.says("main", "Someone asked to reset your password")
		}},
		{"not me, a blocked reset", "", block("Block this attempt", "Done. Nobody got in.")},
		{"not me, a notice", "", func(p *tab) {
			thief := open(p.t, p.s, how{})
			thief.signIn(main, password)
			thief.enter(p.s.code(main, 4))
			thief.at("/account")
			p.visit(p.s.linkTo(main, "New sign-in to Admit One", "/not-me"))
			p.says("h1", "Was this you?")
		}},
		{"not me, what can be done", "", block("It wasn't me. Go on", "Secure your account")},
		{"not me, what was done", "", func(p *tab) {
			p.follow("Sign out everywhere")
			p.follow("Send none for 24 hours")
			p.says("main", "Until ")
		}},
		{"not me, too old", "", func(p *tab) {
			p.visit("/not-me/" + noLink)
			p.says("h1", "This link does not work any more")
		}},
	}}
}

// resetWalk is a forgotten password, then an account that is given up.
func resetWalk(main string) walk {
	return walk{"account", []state{
		{"reset, signed in", "", func(p *tab) {
			p.account(main)
			p.visit("/reset")
			p.says("main", "You are signed in.")
		}},
		{"reset", "", func(p *tab) {
			p.follow("Sign out")
			p.visit("/reset")
		}},
		{"reset, not an address", "", func(p *tab) {
			p.submit(form("/reset"), "email", "dora")
			p.says(".error-summary", "Enter an email address in the right form")
		}},
		{"reset code", "", func(p *tab) {
			p.submit(form("/reset"), "email", main)
			p.at("/reset/code")
		}},
		{"reset code, wrong", "", func(p *tab) {
			p.enter("00000000")
			p.says(".error-summary", "tries left.")
		}},
		{"reset link", "", func(p *tab) {
			p.visit(p.s.linkTo(main, "Reset", "/reset/link"))
			p.at("/reset/link")
			p.says("main", "This link is for d***@example.com.")
		}},
		{"reset, new password", "", func(p *tab) { p.followTo("Choose a new password", "/reset/new") }},
		{"reset, new password not good", "", func(p *tab) {
			p.submit(form("/reset/new"), "new_password", "short")
			p.says(".error-summary", "The new password must be 12 characters or more")
		}},
		{"sign-in, after a reset", "", func(p *tab) {
			p.putSecret("#new-password", newPassword)
			p.send(kb.Enter)
			p.at("/sign-in")
			p.says("main .notice", "All devices have been signed out.")
		}},
		{"reset link, over", "", func(p *tab) {
			p.visit(p.s.linkTo(main, "Reset", "/reset/link"))
			p.says("h1", "This link does not work any more")
		}},
		{"sign-in, account closing", "", func(p *tab) {
			p.signIn(main, newPassword)
			p.enter(p.s.code(main, 3))
			p.visit("/account/close")
			p.followTo("Close my account", "/sign-in")
			p.says("main .notice", "Your account will be closed")
		}},
	}}
}

// undoWalk takes back a change of the one address that an account has.
func undoWalk(main, other string) walk {
	return walk{"account", []state{
		{"email code, for the main address", "", func(p *tab) {
			p.account(main)
			p.visit("/account/email")
			p.submit(form("/account/email"), "email", other, "as", "main")
			p.at("/account/email/code")
			p.says("#delivery", "Accepted by the mail server at")
		}},
		{"undo", "", func(p *tab) {
			p.enter(p.s.code(other, 1))
			p.says("main .notice", "Your email address has changed.")
			p.visit(p.s.linkTo(main, "email has changed", "/undo"))
			p.says("h1", "Take this change back")
		}},
		{"undo, address taken meanwhile", "", func(p *tab) {
			open(p.t, p.s, how{}).signUpAgain(main)
			p.follow("Take it back")
			p.says("h1", "The address belongs to another account now")
		}},
	}}
}

// signUpAgain makes an account with an address that has had one before.
func (p *tab) signUpAgain(email string) {
	p.t.Helper()
	p.signUp(email)
	p.enter(p.s.code(email, 2))
	p.at("/account")
}

// mailOnlyWalk is the account area of a site that sends no texts.
func mailOnlyWalk(main string) walk {
	return walk{"no texts", []state{
		{"phone, no texts here", "", func(p *tab) {
			p.account(main)
			p.visit("/account/phone")
			p.says("main .lede", "This service does not send texts yet")
		}},
		{"two-step, off", "", func(p *tab) {
			p.visit("/account/two-step/off")
			p.follow("Turn off")
			p.says("main .notice", "Two-step verification is off.")
		}},
		{"step-up, only one way", "", func(p *tab) {
			p.visit("/account")
			p.signOut()
			p.signIn(main, password)
			p.visit("/account/close")
			p.says("h1", "Confirm it's you")
		}},
		{"step-up code, refused", "", func(p *tab) {
			p.s.behave("refuse", main)
			p.followTo("Send a code", "/reauth")
			p.says("#delivery", "Refused")
		}},
		{"account, its mail refused", "", func(p *tab) {
			p.visit("/account")
			p.says("main .notice", "Your mail server refused our last message")
		}},
		{"email, refused", "", func(p *tab) {
			p.s.behave("accept", main)
			p.visit("/reauth/password?next=/account/email")
			p.putSecret("#current-password", password)
			p.send(kb.Enter)
			p.at("/account/email")
			p.says("main", "Refused our last message")
		}},
	}}
}
