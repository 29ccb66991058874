package handlers_test

import (
	"context"
	"strings"
	"testing"
	"time"
)

const (
	changeWaiting = "A change is waiting on Admit One"
	changeStopped = "A change was stopped on Admit One"
)

// byPassword is the step-up of who cannot get a code.
func (b *browser) byPassword(next string) {
	b.h.t.Helper()
	b.send("/reauth/password", "current_password", password, "next", next).leads(next)
}

// With the password alone a change waits: every page says so, every address is
// told, and the link of that letter stops it.
func TestStepUpByPassword(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.addEmail(nora, "second")
		h.forward(time.Hour)
		other := b.signInAnew(mara)
		b.notFresh("/account/password")
		b.open("/reauth?next=/account/password").is(200, "get a code", `href="/reauth/password?next=%2Faccount%2Fpassword"`)
		b.open("/reauth/password?next=/account/password").is(200, "Confirm with your password", "72 hours", `name="next" value="/account/password"`, `autocomplete="current-password"`, mara)
		for typed, words := range map[string]string{"": "Enter your current password", wrong: "current password is not right", "\x00": "current password is not right", strings.Repeat("x", 5000): "current password is not right"} {
			a := b.send("/reauth/password", "current_password", typed, "next", "/account/password").unit(422, words, `aria-invalid="true"`, `value="/account/password"`)
			if typed != "" {
				a.without(typed)
			}
		}
		b.notFresh("/account/password")
		for _, next := range hostile {
			b.open("/reauth/password?"+form("next", next)).is(200, `action="/reauth/password" novalidate>`).without(`action="/reauth/password" novalidate><input type="hidden" name="next"`)
		}
		old, letters := b.copy(), h.letters("")
		a := b.send("/reauth/password", "current_password", password, "next", "//evil.example").leads("/account")
		if k := a.cookie("session"); k == nil || k.Value == old.cookies["session"] {
			t.Errorf("a new token is wanted: %v", a.cookies)
		}
		toSignIn(t, old)
		if h.letters("") != letters {
			t.Error("a proof is told to nobody")
		}
		for _, path := range []string{"/account/password", "/account/email", "/account/phone", "/account/two-step", "/account/two-step/off"} {
			b.open(path).is(200, "Changes wait for now", "72 hours")
			other.open(path).is(200).without("Changes wait for now") // a code was typed there
		}
		b.open("/reauth?next=/account/password").is(200, "fresh code") // a code is still worth something

		// The password of the step-up is not asked for in vain: the change waits.
		told, toldToo := h.letters(mara), h.letters(nora)
		b.change(password, newPassword, "others", "yes").leads("/account")
		b.open("/account").is(200, "Your change is saved, and waits", "Changes that wait", "A new password", "25 November 2026")
		b.open("/account").is(200, "Changes that wait").without("Your change is saved")
		other.open("/account").is(200, "Changes that wait", "A new password") // nobody was signed out
		h.told(mara, told, changeWaiting)
		h.told(nora, toldToo, changeWaiting)
		if m := h.mail(nora)[0]; !strings.Contains(m.Text, "a new password") || !strings.Contains(m.Text, "Nothing has changed yet") || strings.Contains(m.Source, newPassword) {
			t.Errorf("the letter: %s", m.Text)
		}
		h.browser().send("/sign-in", "email", mara, "password", newPassword).unit(422)
		link := h.link(undoLink, nora, changeWaiting)
		guest := h.browser()
		guest.open(link).is(200, "Stop this change", "A new password", "has not taken hold yet", "25 November 2026", `action="`+link+`"`).without(mara, nora)
		b.open("/account").is(200, "Changes that wait")
		h.forward(time.Hour)
		guest.send(link).is(200, "The change is stopped", `href="/reset"`)
		guest.send(link).is(404, "does not work any more")
		guest.open(h.link(undoLink, mara, changeWaiting)).is(404) // one change, one end
		b.open("/account").is(200).without("Changes that wait")
		h.told(mara, told+1, changeStopped)
		h.forward(80 * time.Hour)
		if err := h.models.ApplyDue(context.Background()); err != nil {
			t.Fatal(err)
		}
		if !b.signedIn() || !other.signedIn() {
			t.Error("a change that was stopped signs nobody out")
		}
		h.browser().send("/sign-in", "email", mara, "password", newPassword).unit(422)
		h.browser().toCode(mara)
	})
}

// Whatever can be changed waits after a password; in the end it takes hold, and
// can still be taken back.
func TestWaitingChanges(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.addEmail("second@example.com", "second")
		b.addPhone(number, number)
		second := b.open("/account/email").find(idField)
		h.forward(time.Hour)
		b.byPassword("/account")
		letters := h.letters(mara)
		const waits = "Your change is saved, and waits"
		b.send("/account/email", "email", nora, "as", "main").leads("/account/email/code")
		b.send("/account/email/code", "code", h.code(nora)).leads("/account/email")
		b.open("/account/email").is(200, waits, mara).without(nora)
		b.send("/account/email/remove", "id", second).leads("/account/email")
		b.open("/account/email").is(200, waits, "second@example.com")
		b.send("/account/phone/remove").leads("/account/phone")
		b.open("/account/phone").is(200, waits, masked)
		b.send("/account/two-step/off").leads("/account/two-step")
		b.open("/account/two-step").is(200, waits, "On - by text")
		b.open("/account").is(200, "Changes that wait", "A new main email address", "The removal of an email address", "The removal of the phone number", "Another choice for two-step verification", mara, masked)
		if n := h.letters(mara); n != letters+4 {
			t.Errorf("%d letters", n-letters)
		}
		if text := h.mail(number)[0]; !strings.Contains(text.Text, "waiting") || strings.Contains(text.Text, "http") {
			t.Errorf("the text: %q", text.Text)
		}
		// The same again replaces the one before.
		b.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
		if page := b.open("/account").is(200, "Another choice"); strings.Count(page.body, "Another choice") != 1 {
			t.Errorf("%v", page)
		}
		h.forward(72*time.Hour - time.Millisecond)
		apply := func() {
			t.Helper()
			if err := h.models.ApplyDue(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		apply()
		b.open("/account").is(200, "Changes that wait", mara)
		h.forward(time.Millisecond)
		apply()
		toSignIn(t, b) // another main address ends every session
		h.browser().send("/sign-in", "email", mara, "password", password).unit(422)
		b.send("/sign-in", "email", nora, "password", password).leads("/sign-in/code")
		b.send("/sign-in/code", "code", h.code(nora)).leads("/account")
		b.open("/account").is(200, nora, "On, at every sign-in").without("Changes that wait", masked, "second@example.com", mara)
		h.browser().open(h.link(undoLink, mara, emailChanged)).is(200, "Take this change back")
	}, withTexts)
}

// Guessing the password at a step-up is slowed down like anywhere else, and
// holds up nobody's sign-in.
func TestStepUpPasswordIsBounded(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		h.forward(time.Hour)
		var last answer
		for range 8 {
			last = b.send("/reauth/password", "current_password", wrong)
		}
		last.unit(429)
		b.send("/reauth/password", "current_password", password).unit(429)
		b.notFresh("/account/password")
		b.send("/account/password", "current_password", wrong, "new_password", newPassword).away("/reauth?next=/account/password")
		h.browser().toCode(mara)
		h.settle()
		b.stepUp(mara, "/account/password") // a code has a limit of its own
	})
}

// Three browsers are signed in; one of them changes the password, and the others
// are out on their very next request.
func TestPasswordSignsOutOthers(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		a := h.browser()
		a.signUp(mara)
		b, c := a.signInAnew(mara), a.signInAnew(mara)
		for _, who := range []*browser{a, b, c} {
			who.open("/account").is(200, mara)
		}
		b.change(password, newPassword, "others", "yes").leads("/account")
		toSignIn(t, a)
		toSignIn(t, c)
		c.open("/sign-in").is(200, "You are not signed in any more")
		a.send("/account/email", "email", nora, "as", "main").away("/sign-in?next=/account/email")
		b.open("/account").is(200, mara)
	})
}
