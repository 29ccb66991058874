package handlers_test

import (
	"strings"
	"testing"
	"time"
)

// change sends the form of the password page.
func (b *browser) change(current, next string, more ...string) answer {
	b.h.t.Helper()
	return b.send("/account/password", append(more, "current_password", current, "new_password", next)...)
}

const changed = "Your Admit One password has changed"

func TestPasswordRefusals(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		const email = "johanna.lindqvist@example.com"
		b := h.browser()
		b.signUp(email)
		letters := h.letters(email)
		none := []string(nil)
		for _, c := range []struct {
			current, next string
			words         []string
			not           []string
		}{
			{"", "", []string{"Enter your current password", "Enter a new password"}, none},
			{"", "short", []string{"Enter your current password", "must be 12 characters or more"}, none},
			{"", newPassword, []string{"Enter your current password"}, []string{"Choose another", `id="new-password-error"`}},
			{wrong, "elevenchars", []string{"must be 12 characters or more"}, none},
			{password, "", []string{"Enter a new password"}, []string{`id="current-password-error"`}},
			{password, "passwordpassword", []string{"list of common passwords"}, none},
			{password, password, []string{"same as the old one"}, none},
			{password, email, []string{"too close to your email address"}, none},
			{password, "Admit One 2026", []string{"too close to the name of this site"}, none},
			{password, "a password with \x00 inside", []string{"cannot be used"}, none},
			{password, strings.Repeat("é", 257), []string{"256 characters or fewer"}, none},
			{wrong, newPassword, []string{"current password is not right"}, []string{`id="new-password-error"`}},
		} {
			a := b.change(c.current, c.next, "others", "yes").unit(422, c.words...).without(c.not...)
			a.is(422, `aria-invalid="true"`, "There is a problem", `name="current_password"`, `name="new_password"`, `value="yes" checked`)
			for _, typed := range []string{c.current, c.next} {
				if typed != "" && typed != email {
					a.without(typed)
				}
			}
			if !h.htmx && !strings.Contains(a.body, "<title>Error: ") {
				t.Errorf("the title does not say so: %v", a)
			}
		}
		b.change("", "").unit(422).without(`value="yes" checked`) // the tick stays as it was made
		if !b.signedIn() || h.letters(email) != letters {
			t.Error("a refusal did something")
		}
		b.send("/sign-out")
		b.send("/sign-in", "email", email, "password", password).leads("/account")
	})
}

func TestChangePassword(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		other := b.signInAnew(mara)
		waits := h.browser()
		waits.toCode(mara)
		code := h.code(mara)
		b.open("/account/password").is(200, `value="yes" checked`)
		letters := h.letters(mara)
		h.forward(time.Minute)
		b.change(password, newPassword, "others", "yes").leads("/account")
		toSignIn(t, other) // on its very next request
		b.open("/account").is(200, "Your password has changed.", mara).without(newPassword)
		b.open("/account").is(200).without("Your password has changed.")
		h.told(mara, letters, changed)
		if m := h.mail(mara)[0]; strings.Contains(m.Source, newPassword) || strings.Contains(m.Source, password) || !strings.Contains(m.Text, "/reset") || !strings.Contains(m.Text, "127.0.0.1") {
			t.Errorf("the letter: %s", m.Text)
		}
		waits.send("/sign-in/code", "code", code).leads("/sign-in") // begun with the old one
		for _, who := range []*browser{other, h.browser()} {
			who.send("/sign-in", "email", mara, "password", password).unit(422, "email or password is not right")
		}
		other.send("/sign-in", "email", mara, "password", newPassword).leads("/account") // known as before
	})
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		other := b.signInAnew(mara)
		letters := h.letters(mara)
		b.change(password, newPassword).leads("/account")
		h.told(mara, letters, changed)
		if !b.signedIn() || !other.signedIn() {
			t.Error("nobody was to be signed out")
		}
		b.change(newPassword, password).leads("/account") // still fresh, and back is a change like any
		other.change(password, newPassword, "others", "yes").leads("/account")
		if b.signedIn() || !other.signedIn() {
			t.Error("the others end, this one stays")
		}
	})
}

// What was trusted is asked again when the other devices are signed out.
func TestChangePasswordEndsTrust(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
		trusted := h.browser()
		trusted.toCode(mara)
		trusted.send("/sign-in/code", "code", h.code(mara), "trust", "yes").leads("/account")
		b.change(password, newPassword, "others", "yes").leads("/account")
		trusted.send("/sign-in", "email", mara, "password", newPassword).leads("/sign-in/code")
	})
}

// Who sits at an open session cannot guess the password for ever, and neither
// the owner's sign-in nor a stranger's is held up by it.
func TestCurrentPasswordIsBounded(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		for range 5 {
			b.change(wrong, newPassword).unit(422, "current password is not right")
		}
		a := b.change(password, newPassword).unit(429).retryAfter("15").without(password, newPassword)
		if !h.htmx {
			a.is(429, "You cannot change your password at the moment")
		}
		h.browser().toCode(mara)
		other := h.browser()
		other.toCode(mara)
		other.send("/sign-in/code", "code", h.code(mara)).leads("/account")
		h.forward(2 * time.Second)
		b.change(password, newPassword).leads("/account")
		for range 5 {
			b.change(wrong, password).unit(422)
		}
		b.change(newPassword, password).unit(429)
		other.change(newPassword, password).leads("/account") // its lane is its own: a stolen session closes no other's
	})
}

// The longest passwords there may be, and any characters.
func TestOddPasswords(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		current := password
		for _, next := range []string{
			strings.Repeat("🜁", 12), strings.Repeat("x9 ", 85) + "y", "  spaces at both ends  ", "ｆｕｌｌ width and مرحبا", "'; DROP TABLE accounts; --", "%00%s{{.}}<script>",
		} {
			b.change(current, next).leads("/account")
			b.send("/sign-out")
			b.send("/sign-in", "email", mara, "password", strings.TrimSpace(next)[:len(strings.TrimSpace(next))-1]).unit(422)
			b.send("/sign-in", "email", mara, "password", next).leads("/account")
			h.forward(time.Hour)
			b.stepUp(mara, "/account/password")
			current = next
		}
		for _, odd := range []string{"\x00", "a password with \x00 inside", "\xff\xfe and more of it"} {
			if a := b.change(odd, newPassword); a.status != 422 {
				t.Errorf("as the current one, %q: %v", odd, a)
			}
			b.change(current, odd).unit(422)
			h.forward(time.Hour)
			b.stepUp(mara, "/account/password")
		}
	})
}
