package handlers_test

import (
	"html"
	"slices"
	"strings"
	"testing"
	"time"
)

const closing = "Your Admit One account will be closed"

// ticks counts what a page of 'not me' shows as done and as not done.
func (a answer) ticks() (done, open int) {
	return strings.Count(a.body, `<span class="tag good">Done</span>`), strings.Count(a.body, `<span class="tag">Not done yet</span>`)
}

// notMe is the link in the newest letter to an address.
func (h *house) notMe(to, subject string) string {
	h.t.Helper()
	return h.link(notMeLink, to, subject)
}

// Each kind of message has a page that says what was tried; only its button
// does something.
func TestNotMeKinds(t *testing.T) {
	const code = " is your Admit One code"
	for _, kind := range []struct {
		name, to, subject string
		words             []string // before
		after             string
		cause             func(h *house, b *browser)
	}{
		{"sign_up_code", nora, "Confirm your email for", []string{"create an account with your email address", "Block this attempt"}, "without it no account is made", func(h *house, _ *browser) {
			h.browser().send("/sign-up", "email", nora, "password", password).leads("/sign-up/code")
		}},
		{"sign_up_existing", mara, "already exists", []string{"tried to create an account", "Go on"}, "Choose what you want to do", func(h *house, _ *browser) {
			h.browser().send("/sign-up", "email", mara, "password", password).leads("/sign-up/code")
		}},
		{"sign_in_code", mara, code, []string{"tried to sign in with your password", "Entered correctly", "someone knows your password"}, "Nobody got in.", func(h *house, _ *browser) { h.browser().toCode(mara) }},
		{"new_device", mara, "New sign-in to", []string{"signed in on a new device", "Entered correctly"}, "Secure your account", func(h *house, b *browser) { b.signInAnew(mara) }},
		{"too_many_tries", mara, "Someone tried to sign in", []string{"Too many wrong codes were entered", "Entered correctly"}, "Secure your account", func(h *house, _ *browser) {
			b := h.browser()
			b.toCode(mara)
			for range 5 {
				b.send("/sign-in/code", "code", notCode(h.code(mara))).is(422)
			}
		}},
		{"too_many_tries in a session", mara, "Too many wrong codes", []string{"Too many wrong codes were entered", "signed in to your account"}, "Secure your account", func(h *house, b *browser) {
			h.forward(time.Hour)
			b.send("/reauth").leads("/reauth")
			for range 5 {
				b.send("/reauth", "code", notCode(h.code(mara))).is(422)
			}
		}},
		{"step_up_code", mara, code, []string{"wanted to make changes", "a browser that is signed in"}, "The code no longer works", func(h *house, b *browser) {
			h.forward(time.Hour)
			b.send("/reauth").leads("/reauth")
		}},
		{"reset_code", mara, "Reset your", []string{"asked to reset your password", "Not entered"}, "your password has not changed", func(h *house, _ *browser) { h.browser().forgot(mara) }},
		{"email_code", nora, "Confirm this email", []string{"add your email address to their account", "Block this attempt"}, "has nothing to do with that account", func(h *house, b *browser) {
			b.send("/account/email", "email", nora, "as", "main").leads("/account/email/code")
		}},
		{"email_taken", tom, "entered your email", []string{"add your email address to another account"}, "Secure your account", func(h *house, b *browser) {
			h.browser().signUp(tom)
			b.send("/account/email", "email", tom, "as", "main").leads("/account/email/code")
		}},
		{"undo_code", nora, "Take a change back", []string{"wanted to take a change back", "Not entered"}, "Nobody got in.", func(h *house, b *browser) {
			b.addEmail(nora, "second")
			h.forward(time.Second)
			b.send("/account/two-step/off").leads("/account/two-step")
			h.browser().send(h.link(undoLink, mara, twoStepOff)).leads("/undo/code")
		}},
		{"password_changed", mara, changed, []string{"Your password was changed", "Go on"}, "Secure your account", func(_ *house, b *browser) { b.change(password, newPassword).leads("/account") }},
		{"two_step_off", mara, twoStepOff, []string{"was turned off"}, "Turn it on", func(_ *house, b *browser) { b.send("/account/two-step/off").leads("/account/two-step") }},
		{"two_step_on", mara, twoStepOn, []string{"was turned on or changed"}, "Secure your account", func(_ *house, b *browser) {
			b.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
		}},
		{"signed_out_everywhere", mara, "Signed out on every", []string{"All devices were signed out"}, "Secure your account", func(_ *house, b *browser) {
			b.send("/account/devices/everywhere").leads("/account/devices")
		}},
		{"session_moved", mara, movedSubject, []string{"turned up in another browser or country", "signed in to your account", "Place unknown"}, "Secure your account", func(h *house, b *browser) {
			phone := h.browser().with("User-Agent", iPhone)
			phone.signIn(mara)
			phone.copy().with("User-Agent", b.header.Get("User-Agent")).open("/account").away("/reauth?next=/account")
		}},
		{"email_added", mara, emailAdded, []string{"A second email address was added"}, "Secure your account", func(_ *house, b *browser) { b.addEmail(nora, "second") }},
		{"email_changed", nora, emailChanged, []string{"Your main email address was changed"}, "Secure your account", func(_ *house, b *browser) { b.moves(nora) }},
		{"email_removed", mara, emailRemoved, []string{"An email address was removed"}, "Secure your account", func(_ *house, b *browser) {
			b.addEmail(nora, "second")
			b.send("/account/email/remove", "id", b.open("/account/email").find(idField)).leads("/account/email")
		}},
		{"phone_added", mara, phoneAdded, []string{"A phone number was added"}, "Secure your account", func(_ *house, b *browser) { b.addPhone(number, number) }},
		{"phone_removed", mara, phoneRemoved, []string{"A phone number was removed"}, "Secure your account", func(_ *house, b *browser) {
			b.addPhone(number, number)
			b.send("/account/phone/remove").leads("/account/phone")
		}},
		{"change_waiting", mara, changeWaiting, []string{"with your password alone, and waits"}, "Secure your account", func(h *house, b *browser) {
			h.forward(time.Hour)
			b.byPassword("/account")
			b.send("/account/two-step/off").leads("/account/two-step")
		}},
		{"change_stopped", mara, changeStopped, []string{"A waiting change was stopped"}, "Secure your account", func(h *house, b *browser) {
			h.forward(time.Hour)
			b.byPassword("/account")
			b.send("/account/two-step/off").leads("/account/two-step")
			h.browser().send(h.link(undoLink, mara, changeWaiting)).is(200)
		}},
		{"undone", mara, takenBack, []string{"A change was taken back"}, "Secure your account", func(h *house, b *browser) {
			b.moves(nora)
			h.browser().send(h.link(undoLink, mara, emailChanged)).leads("/reset")
		}},
		{"closing", mara, closing, []string{"asked to close your account"}, "Secure your account", func(_ *house, b *browser) { b.send("/account/close").leads("/sign-in") }},
		{"closing_cancelled", mara, "stays open", []string{"so your account stays open"}, "Secure your account", func(_ *house, b *browser) {
			b.send("/account/close").leads("/sign-in")
			b.send("/sign-in", "email", mara, "password", password).leads("/account")
		}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			h := open(t, database(t, "sqlite"), len(kind.name)%2 == 0, withTexts)
			b := h.browser()
			b.signUp(mara)
			h.forward(time.Second)
			kind.cause(h, b)
			path := h.notMe(kind.to, kind.subject)
			asked := h.now()
			guest := h.browser()
			h.unchanged(func() {
				page := guest.open(path)
				page.body = html.UnescapeString(page.body)
				page.is(200, append(kind.words, `action="`+path+`"`, `name="act" value="block"`, "Looking at this page changes nothing", asked.Format("15:04"), "Firefox on Linux")...)
				page.without(mara, nora, tom, `value="reset"`)
				for _, act := range []string{"sign_out", "two_step", "mute", "reset"} {
					guest.send(path, "act", act).is(404) // first the answer
				}
				for _, act := range []string{"", "x", "BLOCK", "block ", "\x00"} {
					guest.send(path, "act", act).is(400)
				}
			})
			guest.send(path, "act", "block").leads(path)
			page := guest.open(path).is(200, kind.after).without(mara, tom, `value="block"`)
			guest.send(path, "act", "block").leads(path) // twice is once
			if again := guest.open(path); again.body != page.body {
				t.Errorf("the page changed: %v", again)
			}
			if done, open := page.ticks(); done+open != 4 && done+open != 0 || strings.Contains(page.body, "Send none for 1 hour<") {
				t.Errorf("%d done, %d open: %v", done, open, page)
			}
		})
	}
}

// Its reader blocks the code, and with it the attempt; then secures the account,
// a tick for each thing done.
func TestNotMeSteps(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner := h.browser()
		owner.signUp(mara)
		owner.send("/account/two-step/off").leads("/account/two-step")
		owner.send("/account/two-step", "two_step", "new_devices").leads("/account/two-step")
		h.forward(time.Minute)
		thief := h.browser()
		thief.toCode(mara)
		code := h.code(mara)
		path := h.notMe(mara, code)
		h.forward(time.Second)
		reader := h.browser()
		reader.send(path, "act", "block").leads(path)
		page := reader.open(path).is(200, "Done. Nobody got in.", "someone knows your password", `value="reset"`, `value="sign_out"`, `value="mute"`)
		if done, open := page.ticks(); done != 1 || open != 3 { // two-step is on already
			t.Errorf("%d done, %d open", done, open)
		}
		thief.send("/sign-in/code", "code", code).leads("/sign-in")
		thief.open("/account").away("/sign-in?next=/account")
		if !owner.signedIn() {
			t.Error("to block an attempt signs nobody out")
		}
		if got := owner.activity(); !slices.Contains(got, "Someone with one of your messages said: this wasn't me") && !slices.Contains(got, "Someone with one of your messages said: this wasn&#39;t me") {
			t.Errorf("%q", got)
		}

		h.forward(time.Second)
		letters := h.letters(mara)
		reader.send(path, "act", "sign_out").leads(path)
		toSignIn(t, owner)
		h.told(mara, letters, "Signed out on every device")
		if done, _ := reader.open(path).is(200).ticks(); done != 2 {
			t.Errorf("%d done", done)
		}

		reader.send(path, "act", "mute").leads(path)
		page = reader.open(path).is(200, "Until", "23 November 2026").without(`value="mute"`)
		if done, open := page.ticks(); done != 3 || open != 1 {
			t.Errorf("%d done, %d open", done, open)
		}
		letters = h.letters(mara)
		stranger := h.browser()
		stranger.forgot(mara) // the answer is as always
		if h.letters(mara) != letters {
			t.Error("a stranger could have a code sent")
		}
		h.browser().toCode(mara) // a right password is never braked
		if h.letters(mara) != letters+1 {
			t.Error("the owner could not")
		}

		a := reader.send(path, "act", "reset").leads("/reset/code")
		if a.cookie("session") == nil {
			t.Errorf("no handle: %v", a)
		}
		reset, _ := h.reset(mara)
		reader.send("/reset/code", "code", reset).leads("/reset/new")
		h.forward(time.Second)
		reader.send("/reset/new", "new_password", newPassword).leads("/sign-in")
		page = reader.open(path).is(200)
		if done, open := page.ticks(); done != 4 || open != 0 {
			t.Errorf("%d done, %d open: %v", done, open, page)
		}
		h.browser().send("/sign-in", "email", mara, "password", password).unit(422)
		h.browser().send("/sign-in", "email", mara, "password", newPassword).leads("/sign-in/code")
		h.forward(25 * time.Hour)
		letters = h.letters(mara)
		h.browser().forgot(mara)
		if h.letters(mara) != letters+1 {
			t.Error("the rest lasts a day")
		}
	})
}

// Two-step verification is turned on from there where it is off.
func TestNotMeTurnsOnTwoStep(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.send("/account/two-step/off").leads("/account/two-step")
		path := h.notMe(mara, twoStepOff)
		b.send(path, "act", "block").leads(path)
		b.open(path).is(200, `value="two_step"`)
		letters := h.letters(mara)
		h.forward(time.Second)
		b.send(path, "act", "two_step").leads(path)
		b.open(path).is(200, "Recent activity").without(`value="two_step"`)
		b.open("/account/two-step").is(200, `value="new_devices" checked`)
		h.told(mara, letters, twoStepOn)
	})
}

// A code that was used before its reader said so is told as such.
func TestNotMeTooLate(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		thief := h.browser()
		thief.toCode(mara)
		code := h.code(mara)
		thief.send("/sign-in/code", "code", code).leads("/account")
		h.forward(time.Minute)
		path := h.notMe(mara, code)
		reader := h.browser()
		reader.send(path, "act", "block").leads(path)
		reader.open(path).is(200, "The code had already been used", "Shut them out now").without("Nobody got in")
		if !thief.signedIn() {
			t.Fatal("only a step signs out")
		}
		reader.send(path, "act", "sign_out").leads(path)
		toSignIn(t, thief)
	})
}

// The reader of a mailbox that is not the account's, or not any more, secures
// nothing there, and does not learn whose it is.
func TestNotMeOfStrangers(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.send("/account/email", "email", nora, "as", "main").leads("/account/email/code")
		code := h.code(nora)
		path := h.notMe(nora, "Confirm this email")
		letters := h.letters(mara)
		reader := h.browser()
		reader.send(path, "act", "block").leads(path)
		for _, act := range []string{"sign_out", "two_step", "mute", "reset"} {
			reader.send(path, "act", act).is(404).without(mara)
		}
		reader.open(path).is(200).without(mara, "m***@")
		reader.open("/reset/code").away("/reset")
		if !b.signedIn() || h.letters(mara) != letters {
			t.Error("a stranger did something to the account")
		}
		b.send("/account/email/code", "code", code).is(422) // its code is void all the same

		b.moves("new@example.com")
		old := h.notMe(mara, emailChanged)
		reader.send(old, "act", "block").leads(old)
		for _, act := range []string{"sign_out", "two_step", "mute", "reset"} {
			reader.send(old, "act", act).is(404).without("new@example.com")
		}
		if !b.signedIn() {
			t.Error("an address that has left does no more than take the change back")
		}
	})
}

func TestNotMeEnds(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		h.browser().toCode(mara)
		path := h.notMe(mara, "is your Admit One code")
		h.forward(7*24*time.Hour - time.Millisecond)
		h.browser().open(path).is(200, "tried to sign in")
		h.forward(time.Millisecond)
		h.browser().open(path).is(404, "does not work any more", "A code opens nothing by itself")
		h.browser().send(path, "act", "block").is(404, "does not work any more")
	})
}
