package handlers_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// wayField is one of the ways that a page lets choose from.
var wayField = regexp.MustCompile(`name="way" value="([0-9a-f]{32})"`)

// way is the id of the way that a page names with some words.
func (a answer) way(words string) string {
	a.t.Helper()
	for _, part := range strings.Split(a.body, `<div class="choice">`)[1:] {
		part, _, _ = strings.Cut(part, "</label>")
		if found := wayField.FindStringSubmatch(part); found != nil && strings.Contains(part, words) {
			return found[1]
		}
	}
	a.t.Fatalf("no way %q is in %v", words, a)
	return ""
}

// foreignWays are ids that are no way of mara's: tom's own, addresses, nonsense.
func foreignWays(h *house) []string {
	h.t.Helper()
	t := h.browser()
	t.signUp(tom)
	t.addPhone("+49 151 23456789", "+4915123456789")
	page := t.open("/account/two-step").is(200, "Where should codes go first?")
	return []string{
		page.way("Text to"), page.way("Email to"), mara, number, "thief@example.com", "x", "\x00", strings.Repeat("0", 32), strings.Repeat("é", 500), "' OR 1=1 --",
	}
}

// At the sign-in the same code goes to another confirmed channel, and nowhere
// else.
func TestAnotherWay(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner := h.browser()
		owner.signUp(mara)
		owner.addPhone(number, number)
		foreign := foreignWays(h)
		h.forward(time.Hour)

		b := h.browser()
		b.open("/sign-in/code/another").away("/sign-in")
		b.send("/sign-in/code/another", "way", "x").leads("/sign-in")
		b.toCode(mara)
		code := h.code(number) // a text comes first where there is a phone
		b.open("/sign-in/code").is(200, "Check your phone", masked, `href="/sign-in/code/another"`, "Try another way").without(number, mara)
		letters := h.letters("")
		page := b.open("/sign-in/code/another").is(200, "Try another way", "Email to", "m***@example.com", `action="/sign-in/code/another"`, "It is the same code").without(number, mara, code)
		mail := page.way("m***@example.com")
		b.send("/sign-in/code/another").unit(422, "Choose where the code should go", `aria-invalid="true"`)
		for _, id := range foreign {
			b.send("/sign-in/code/another", "way", id, "email", "thief@example.com", "flow", page.find(flowField)).unit(404).without(number, mara)
		}
		if n := h.letters(""); n != letters {
			t.Fatalf("%d messages more", n-letters)
		}
		b.send("/sign-in/code", "code", notCode(code)).unit(422, "4 tries left")
		b.send("/sign-in/code/another", "way", mail, "flow", page.find(flowField), "email", "thief@example.com").leads("/sign-in/code")
		now := b.open("/sign-in/code").is(200, "m***@example.com", sameCode, "4 tries left").without(mara)
		if h.code(mara) != code || h.letters("") != letters+1 {
			t.Error("the code is to be the same on every channel")
		}
		if now.find(tagField) == "" || !strings.Contains(h.mail(mara)[0].Text, now.find(tagField)) {
			t.Error("page and letter bear different tags")
		}
		b.open("/sign-in/code/another").is(200, "Text to", masked)
		if a := b.send("/sign-in/code/another", "way", mail).is(429); a.header.Get("Retry-After") == "" {
			t.Errorf("%v", a)
		}
		b.send("/sign-in/code/another", "way", mail, "flow", strings.Repeat("0", 32)).leads("/sign-in/code") // an older tab
		if h.letters("") != letters+1 {
			t.Error("an older tab sent something")
		}
		b.send("/sign-in/code", "code", code).leads("/account")
		b.open("/sign-in/code/another").away("/account")
		b.send("/sign-in/code/another", "way", mail).leads("/account")
	}, withTexts)
}

// At the step-up likewise, chosen before the first message or after it.
func TestAnotherWayAtStepUp(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.addPhone(number, number)
		foreign := foreignWays(h)
		h.forward(time.Hour)
		b.open("/reauth/another").away("/reauth")
		page := b.open("/reauth?next=/account/password").is(200, "Where should the code go?", "The usual way", masked, "m***@example.com", `href="/reauth/password?next=%2Faccount%2Fpassword"`).without(number, mara)
		mail := page.way("m***@example.com")
		letters := h.letters("")
		b.send("/reauth", "next", "/account/password", "way", mail).leads("/reauth")
		h.told(mara, h.letters(mara)-1, h.code(mara)+" is your Admit One code")
		if h.letters("") != letters+1 {
			t.Error("more than one was sent")
		}
		code := h.code(mara)
		b.open("/reauth").is(200, "m***@example.com", `href="/reauth/another"`)
		page = b.open("/reauth/another").is(200, "Text to", masked, `href="/reauth/password"`).without(mara, number)
		b.send("/reauth/another").unit(422, "Choose where the code should go")
		for _, id := range foreign {
			b.send("/reauth/another", "way", id).unit(404)
		}
		if h.letters("") != letters+1 {
			t.Fatal("something was sent elsewhere")
		}
		b.send("/reauth/another", "way", page.way(masked)).leads("/reauth")
		if h.code(number) != code {
			t.Error("the code is to be the same on every channel")
		}
		b.open("/reauth").is(200, masked, sameCode)
		b.send("/reauth", "code", code).leads("/account/password")

		// An id that is no way of the account gets the usual one, nothing else.
		h.forward(time.Hour)
		for _, id := range foreign {
			letters, texts := h.letters(""), h.letters(number)
			b.send("/reauth", "next", "/account", "way", id).leads("/reauth")
			if h.letters("") > letters+1 || h.letters("")-letters != h.letters(number)-texts {
				t.Errorf("%q got a code", id)
			}
		}
	}, withTexts)
}

// Where codes go first is the holder's choice.
func TestPreferredChannel(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.addPhone(number, number)
		foreign := foreignWays(h)
		page := b.open("/account/two-step").is(200, "On - by text to", masked, "Where should codes go first?", `action="/account/two-step/channel"`).without(number, mara)
		b.send("/account/two-step/channel").unit(422, "Choose where the code should go")
		for _, id := range foreign {
			b.send("/account/two-step/channel", "way", id).unit(404)
		}
		h.forward(time.Second)
		b.send("/account/two-step/channel", "way", page.way("m***@example.com")).leads("/account/two-step")
		b.open("/account/two-step").is(200, "Your choice is saved", "On - by email to", "m***@example.com")
		b.open("/account").is(200, "Codes go to", "m***@example.com")
		if got := b.activity(); !slices.Contains(got, "Codes go to another place first") {
			t.Errorf("%q", got)
		}
		texts := h.letters(number)
		guest := h.browser()
		guest.toCode(mara)
		guest.open("/sign-in/code").is(200, "m***@example.com")
		if h.letters(number) != texts {
			t.Error("the code went to the phone")
		}
		h.forward(time.Hour)
		b.send("/account/two-step/channel", "way", page.way(masked)).away("/reauth?next=/account/two-step")
		b.send("/reauth").leads("/reauth")
		b.open("/reauth").is(200, "m***@example.com")
	}, withTexts)
}
