package handlers_test

import (
	"strings"
	"testing"
	"time"

	"admitone/models/devinbox"
)

const (
	number = "+436641234567"
	masked = "number ending 67"

	phoneAdded   = "Phone number added on Admit One"
	phoneRemoved = "Phone number removed on Admit One"
)

// addPhone confirms a number of the account.
func (b *browser) addPhone(typed, to string) {
	b.h.t.Helper()
	b.send("/account/phone", "phone", typed).leads("/account/phone/code")
	b.prove("/account/phone", to)
}

func TestPhone(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.open("/account").is(200, "Add a phone number", `href="/account/phone"`)
		b.open("/account/phone").is(200, "Add a number", `action="/account/phone"`, `autocomplete="tel"`).without(`name="landline"`, `href="/account/phone/remove"`)
		b.open("/account/phone/remove").away("/account/phone") // there is none
		b.send("/account/phone/remove").unit(404)
		for typed, words := range map[string]string{
			"": "Enter your phone number", "abc": "in the right form", "+43 900 123456": "Premium", "+33612345678": "numbers of that country", "112": "in the right form",
			"+43664\x001234567": "in the right form", strings.Repeat("1", 5000): "in the right form", `"><script>`: "&lt;script", "+436641234567;ext=5": "in the right form",
		} {
			b.send("/account/phone", "phone", typed).unit(422, words, `aria-invalid="true"`).without("Use it anyway", "<script>")
		}
		b.send("/account/phone/code", "code", "123456").leads("/account/phone")
		letters := h.letters("")

		// A landline is warned of, and used where that is meant.
		const landline = "+4315885800"
		b.send("/account/phone", "phone", "+43 1 5885800").unit(422, "looks like a landline", "Use it anyway", `name="landline" value="yes"`, `value="+43 1 5885800"`)
		if n := h.letters(""); n != letters {
			t.Fatalf("%d messages for nothing", n-letters)
		}
		b.send("/account/phone", "phone", "+43 1 5885800", "landline", "yes").leads("/account/phone/code")
		b.open("/account/phone/code").is(200, "number ending 00")
		old := h.code(landline)

		b.send("/account/phone", "phone", "0664/123 45 67").leads("/account/phone/code")
		page := b.open("/account/phone/code").is(200, "Check your phone", masked, "Nothing changes until you enter it").without(number, "codes@example.com", "shared")
		b.send("/account/phone/code", "code", old).unit(422, "4 tries left")
		text := h.mail(number)[0]
		code := h.code(number)
		if text.Channel != "sms" || !strings.Contains(text.Text, page.find(tagField)) || strings.Contains(text.Text, "http") || !strings.HasSuffix(text.Text, "#"+code) {
			t.Errorf("the text: %+v", text)
		}
		line := "/account/phone/code/delivery?flow=" + page.find(flowField)
		h.until("the report", func() bool { return strings.Contains(b.part(line).body, "Delivered to your phone at") })
		b.open("/account/phone/code").is(200, "Delivered to your phone").without(`hx-trigger="every`)
		b.part("/account/phone/code/help?flow="+page.find(flowField)).is(200, "phone has signal")
		b.open("/account").is(200, "Add a phone number").without(masked)
		b.send("/account/phone/code/resend").unit(429, "30 seconds").retryAfter("30")
		b.send("/account/phone/code", "code", notCode(code)).unit(422, "3 tries left")
		letters = h.letters(mara)
		h.forward(time.Second)
		b.send("/account/phone/code", "code", code).leads("/account/phone")
		b.open("/account/phone").is(200, "Your phone number is confirmed", masked, "Use another number", `href="/account/phone/remove"`).without(number)
		b.open("/account").is(200, masked, "Codes go to").without("Add a phone number", number)
		h.told(mara, letters, phoneAdded)
		if !h.bears(undoLink, mara, phoneAdded) {
			t.Error("a number that came can be taken back")
		}
		if text := h.mail(number)[0]; !strings.Contains(text.Text, "this phone number was added") || !strings.Contains(text.Text, "/not-me") {
			t.Errorf("the text: %q", text.Text)
		}
		b.send("/account/phone", "phone", number).unit(422, "already your number")

		// Removed after it was asked twice.
		b.open("/account/phone/remove").is(200, "Remove your phone number?", masked, "your only other way in", `action="/account/phone/remove"`).without(number)
		b.open("/account").is(200, masked)
		h.forward(time.Second)
		b.send("/account/phone/remove").leads("/account/phone")
		b.open("/account/phone").is(200, "Your phone number is removed", "Add a number").without(masked)
		if m := h.mail(mara)[0]; m.Subject != phoneRemoved || !undoLink.MatchString(m.Text) {
			t.Errorf("the letter: %s", m.Text)
		}
		if text := h.mail(number)[0]; !strings.Contains(text.Text, "this phone number was removed") {
			t.Errorf("the text: %q", text.Text)
		}
		b.send("/account/phone/remove").unit(404)
		if got := strings.Join(b.activity(), "|"); !strings.Contains(got, "Phone number removed|Phone number confirmed") {
			t.Errorf("%q", got)
		}
		b.addEmail(nora, "second")
		h.forward(time.Hour)
		b.stepUp(mara, "/account/phone")
		b.addPhone(number, number)
		b.open("/account/phone/remove").is(200).without("your only other way in")
	}, withTexts)
}

// Another number takes the place of the one before, which hears of it.
func TestAnotherPhone(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		const second = "+4915123456789"
		b := h.browser()
		b.signUp(mara)
		b.addPhone(number, number)
		b.addPhone("+49 151 23456789", second)
		b.open("/account/phone").is(200, "number ending 89").without(masked)
		for to, words := range map[string]string{number: "phone number", second: "this phone number was added"} {
			if m := h.mail(to)[0]; !strings.Contains(m.Text, words) {
				t.Errorf("%s was told %q", to, m.Text)
			}
		}
	}, withTexts)
}

// Two accounts may have one number: it signs nobody in by itself.
func TestPhoneOfTwo(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b, c := h.browser(), h.browser()
		b.signUp(mara)
		c.signUp(tom)
		b.addPhone(number, number)
		h.forward(time.Hour)
		c.stepUp(tom, "/account/phone")
		c.send("/account/phone", "phone", number).leads("/account/phone/code")
		code := h.code(number)
		c.send("/account/phone/code", "code", code)
		if h.browser().open("/account").status == 200 || !b.signedIn() || !c.signedIn() {
			t.Error("somebody was let in or out")
		}
		b.open("/account").is(200, masked)
	}, withTexts)
}

// A house that cannot text says so, and offers nothing that needs one.
func TestTextsOff(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.open("/account").is(200, "This service does not send texts").without("Add a phone number")
		b.open("/account/phone").is(200, "does not send texts yet").without(`name="phone"`)
		b.send("/account/phone", "phone", number).unit(422, "Texts are switched off")
		b.open("/account/phone/remove").away("/account/phone")
		b.send("/account/phone/code", "code", "123456").leads("/account/phone")
		b.open("/account/two-step").is(200).without(`name="way"`)
		b.send("/sign-out")
		guest := h.browser()
		guest.toCode(mara)
		guest.open("/sign-in/code").is(200).without("/sign-in/code/another")
		guest.open("/sign-in/code/another").away("/sign-in/code") // there is none
		if n := h.letters(number); n != 0 {
			t.Errorf("%d texts", n)
		}
	})
}

// What the gateway says of a number is told on the page.
func TestPhoneRefused(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		h.inbox.BehaveTo(number, devinbox.Refuse)
		b.send("/account/phone", "phone", number).leads("/account/phone/code")
		h.settle()
		b.open("/account/phone/code").is(200, "Refused by the text service")
		b.part("/account/phone/code/help?flow="+b.open("/account/phone/code").find(flowField)).is(200, "The text could not be delivered")
	}, withTexts)
}
