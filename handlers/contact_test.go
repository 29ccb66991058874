package handlers_test

import (
	"strings"
	"testing"
)

// TestContact: one question, a short answer, and every way to a person below it,
// always in the same order, signed in or not.
func TestContact(t *testing.T) {
	h := once(t, withDesk)
	b := h.browser()
	ordered := func(a answer, words ...string) {
		t.Helper()
		at := 0
		for _, w := range words {
			i := strings.Index(a.body[at:], w)
			if i < 0 {
				t.Fatalf("%q is not there, or not in order, in %v", w, a)
			}
			at += i
		}
	}
	everyWay := []string{"Live chat", "Phone", "Help articles", "help@example.com"}
	plain := b.open("/contact").is(200, "What is the problem?", "We will never ask for a verification code").without("This may be quicker")
	ordered(plain, everyWay...)
	if len(plain.cookies) > 0 {
		t.Errorf("a reader gets cookies: %v", plain.cookies)
	}
	for problem, articles := range map[string][]string{
		"no_code": {"no-code"}, "wrong_code": {"code-wrong"}, "lost_way": {"lost-phone", "lost-email"}, "someone_in": {"someone-using"}, "else": nil,
	} {
		heading := "This may be quicker"
		if articles == nil {
			heading = "Search the help articles for it"
		}
		a := b.open("/contact?problem="+problem).is(200, heading, `value="`+problem+`" checked`, "/contact/chat?problem="+problem)
		for _, slug := range articles {
			a.is(200, `href="/help/a/`+slug+`"`)
			b.open("/help/a/" + slug).is(200)
		}
		ordered(a, append([]string{heading}, everyWay...)...)
		b.open("/contact/chat?problem="+problem).is(200, `value="`+problem+`" checked`)
	}
	for _, odd := range []string{"x", `"><script>`, strings.Repeat("x", 3000)} {
		b.open("/contact?problem="+strings.ReplaceAll(odd, `"`, "%22")).is(200).without("This may be quicker", "<script>al")
	}
	b.open("/contact").is(200, "Open now", "at any hour", "+44 20 7946 0123", "tel:+442079460123", "Calls cost the same as a local call.", "United Kingdom", "Ask us to call you back", "Free of charge")
	b.signUp(mara)
	ordered(b.open("/contact").is(200, "Sign out"[:0]), everyWay...)
	b.open("/account").is(200, `href="/contact"`, `action="/contact/phone/service-code"`)
}

// TestContactSaysHowLongPeopleWait, from the line as it is.
func TestContactSaysHowLongPeopleWait(t *testing.T) {
	h := once(t, withDesk)
	h.browser().startChat()
	h.browser().startChat()
	h.forward(minute)
	h.browser().open("/contact").is(200, "2 people are waiting.")
}
