package handlers_test

import (
	"strings"
	"testing"
	"time"
)

const (
	twoStepOn  = "Two-step verification is on"
	twoStepOff = "Two-step verification is off"
)

func TestTwoStepPage(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.open("/account/two-step").is(200, "On - by email", `value="new_devices" checked`, `value="every_time"`, `href="/account/two-step/off"`)
		letters := h.letters(mara)
		for _, choice := range []string{"", "off", "never", "OFF", "new_devices ", "\x00", "every_time\x00", strings.Repeat("x", 5000), "<script>"} {
			b.send("/account/two-step", "two_step", choice).unit(422, "Choose when we should ask for a code", `aria-invalid="true"`, `value="new_devices" checked`).without("<script>")
		}
		b.send("/account/two-step").unit(422)
		b.send("/account/two-step", "two_step", "new_devices").leads("/account/two-step") // as it is
		if n := h.letters(mara); n != letters {
			t.Fatalf("nothing changed, and %d letters tell it", n-letters)
		}
		b.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
		b.open("/account/two-step").is(200, "your choice is saved", "each time you sign in", `value="every_time" checked`)
		b.open("/account").is(200, "On, at every sign-in", "unless you have chosen to trust")
		h.told(mara, letters, twoStepOn)

		b.open("/account/two-step/off").is(200, "What stops", "What stays", "Alerts about new devices and changes", "Codes to reset your password", `action="/account/two-step/off"`)
		if h.letters(mara) != letters+1 {
			t.Error("to look at it is not to do it")
		}
		b.send("/account/two-step/off").leads("/account/two-step")
		b.open("/account/two-step").is(200, twoStepOff, "An ordinary sign-in needs only your password", "Turn on").without(`href="/account/two-step/off"`)
		b.open("/account").is(200, "Off", "because two-step verification is off")
		h.told(mara, letters+1, twoStepOff)
		if m := h.mail(mara)[0]; !strings.Contains(m.Text, "/not-me") || !strings.Contains(m.Text, "Firefox on Linux") {
			t.Errorf("the letter: %s", m.Text)
		}
		b.send("/account/two-step/off").leads("/account/two-step") // twice
		b.send("/account/two-step", "two_step", "new_devices").leads("/account/two-step")
		h.told(mara, letters+2, twoStepOn)
	})
}

// Every time: a known device is asked too, a trusted one is not for 30 days.
func TestEveryTime(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		const day = 24 * time.Hour
		b := h.browser()
		b.signUp(mara)
		plain := h.browser()
		plain.toCode(mara)
		plain.open("/sign-in/code").is(200, "new device").without(`name="trust"`)
		plain.send("/sign-in/code", "code", h.code(mara), "trust", "yes").leads("/account") // nothing to trust yet
		b.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
		if !plain.signedIn() {
			t.Error("a choice is no sign-out")
		}
		plain.send("/sign-out")
		plain.toCode(mara)

		b.send("/sign-out")
		b.toCode(mara)
		b.open("/sign-in/code").is(200, "every sign-in", `name="trust" type="checkbox" value="yes"`, "Trust this device for 30 days").without(`id="trust" name="trust" type="checkbox" value="yes" checked`)
		b.send("/sign-in/code", "code", "12", "trust", "yes").unit(422, `id="trust" name="trust" type="checkbox" value="yes" checked`)
		b.send("/sign-in/code", "code", h.code(mara)).leads("/account")
		b.send("/sign-out")
		b.toCode(mara) // not ticked
		b.send("/sign-in/code", "code", h.code(mara), "trust", "yes", "shared", "yes").leads("/account")
		b.send("/sign-out")
		b.toCode(mara) // a shared device is never trusted
		a := b.send("/sign-in/code", "code", h.code(mara), "trust", "yes").leads("/account")
		if a.cookie("device") == nil {
			t.Fatalf("no device cookie: %v", a.cookies)
		}
		letters := h.letters(mara)
		for range 2 {
			h.forward(15*day - time.Second)
			b.send("/sign-out")
			b.send("/sign-in", "email", mara, "password", password).leads("/account")
		}
		if n := h.letters(mara); n != letters {
			t.Errorf("%d letters for a trusted device", n-letters)
		}
		b.notFresh("/account/password") // trust is for the second step alone
		h.browser().toCode(mara)
		h.forward(2 * time.Second)
		b.send("/sign-out")
		b.toCode(mara)
	})
}

// Off: the password alone opens on any device, the owner is told, and what
// needs a code goes on to need one.
func TestTwoStepOff(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.send("/account/two-step/off").leads("/account/two-step")
		letters := h.letters(mara)
		phone := h.browser().with("User-Agent", iPhone)
		phone.send("/sign-in", "email", mara, "password", wrong).unit(422)
		a := phone.send("/sign-in", "email", mara, "password", password, "next", "/account/devices").leads("/account/devices")
		if a.cookie("device") != nil {
			t.Error("no code was typed there, so the device is not known")
		}
		h.told(mara, letters, "New sign-in to Admit One")
		if m := h.mail(mara)[0]; !strings.Contains(m.Text, "Safari on iOS") {
			t.Errorf("the letter: %s", m.Text)
		}
		for path := range fresh {
			phone.notFresh(path)
		}
		phone.send("/account/two-step", "two_step", "new_devices").away("/reauth?next=/account/two-step")
		phone.stepUp(mara, "/account/two-step")
		phone.send("/account/two-step", "two_step", "new_devices").leads("/account/two-step")
		h.browser().toCode(mara)
		phone.send("/sign-out")
		phone.toCode(mara)
		b.send("/sign-out")
		b.send("/sign-in", "email", mara, "password", password).leads("/account") // known all the while
	})
}
