package handlers_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"
)

const minute = time.Minute

var (
	serviceCodeOf = regexp.MustCompile(`<bdi aria-hidden="true" dir="ltr">([BCDFGHJKLMNPQRSTVWXZ]{2}\d-\d{3})</bdi>`)
	slotField     = regexp.MustCompile(`name="slot" value="([^"]+)"`)
	wordOf        = regexp.MustCompile(`say the word <strong>([a-z]+)</strong>`)
	callPath      = regexp.MustCompile(`^/contact/phone/call-back/([0-9a-f]{32})$`)
)

// TestServiceCode: shown to who is signed in, on this page and nowhere else.
func TestServiceCode(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.open("/contact/phone").is(200, "Your service code", "/sign-in?next=%2Fcontact%2Fphone", "+43 1 5134567").without("Get a service code")
		b.send("/contact/phone/service-code").away("/sign-in?next=/contact/phone")
		b.signUp(mara)
		b.open("/contact/phone").is(200, "Get a service code", "Only read it out if you called us").without("Get a new one")
		letters := h.letters("")
		b.send("/contact/phone/service-code").leads("/contact/phone#service-code")
		page := b.open("/contact/phone").is(200, "valid for 60 more minutes", "21:14 UTC", "Get a new one", "data-copy=", `hidden data-copy`)
		code := page.find(serviceCodeOf)
		spelled := strings.Join(strings.Split(strings.ReplaceAll(code, "-", ""), ""), ", ")
		page.is(200, `<span class="vh">`+spelled+`</span>`).without("ticket")
		h.forward(29*minute + time.Second)
		b.open("/contact/phone").is(200, code, "valid for 31 more minutes")
		b.send("/contact/phone/service-code").leads("/contact/phone#service-code")
		second := b.open("/contact/phone").is(200).without(code).find(serviceCodeOf)
		if second == code {
			t.Error("the new one is the old one")
		}
		h.forward(time.Hour)
		b.open("/contact/phone").is(200, "Get a service code").without(second)
		for range 10 {
			b.send("/contact/phone/service-code")
		}
		b.send("/contact/phone/service-code").is(429, "Many were made in a short time")
		if n := h.letters(""); n != letters {
			t.Errorf("%d messages", n-letters)
		}
		if strings.Contains(h.log.String(), second) {
			t.Error("the log has it")
		}
	}, withDesk)
	b := once(t).browser()
	b.open("/contact/phone").is(200, "There is no phone line here", "Help articles").without("tel:", "Your service code")
}

// book books a call and gives its path.
func (b *browser) book(fields ...string) string {
	b.h.t.Helper()
	slot := b.open("/contact/phone/call-back").is(200).find(slotField)
	a := b.send("/contact/phone/call-back", append(fields, "phone", "+43 664 1234567", "slot", slot, "problem", "no_code")...)
	path := a.header.Get("Location") + a.header.Get("Hx-Redirect")
	if !callPath.MatchString(path) {
		b.h.t.Fatalf("no call was booked: %v", a)
	}
	return path
}

func TestCallBack(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		ctx, staff := context.Background(), h.agent(ines, "Ines")
		b := h.browser()
		form := b.open("/contact/phone/call-back?problem=lost_way").is(200, `type="tel"`, `autocomplete="tel"`, "When should we call?", "UTC", `value="lost_way" checked`)
		slot := form.find(slotField)
		for typed, words := range map[string]string{"": "Enter your phone number", "abc": "in the right form", "+33 6 12345678": "do not call numbers of that country", `"><script>`: "&lt;script"} {
			b.send("/contact/phone/call-back", "phone", typed, "slot", slot).is(422, words, `aria-invalid="true"`, `value="`+slot+`" checked`).without("<script>")
		}
		b.send("/contact/phone/call-back", "phone", number, "name", "Mara").is(422, "Choose a time", "Mara")
		b.send("/contact/phone/call-back", "phone", number, "slot", "2026-11-22T20:14:00Z").is(422, "taken")
		b.send("/contact/phone/call-back", "phone", number, "slot", `"><b>`).is(422, "Choose a time").without("<b>")
		path := b.book("name", "Mara")
		page := b.open(path).is(200, "Your call is booked", "Booked", "number ending 67", "I did not get a code", "Sunday 22 November, 21:00 to 21:30 UTC").without(number, "1234567")
		word := page.find(wordOf)
		b.open("/contact/phone/call-back").away(path)
		b.open("/contact/phone").is(200, "See your call-back", path)
		b.send("/contact/phone/call-back", "phone", number, "slot", slot).leads("/contact/phone/call-back") // there is one

		// Changed, by nobody but who booked it.
		other := h.browser()
		for _, a := range []answer{other.open(path), other.send(path, "slot", slot), other.send(path + "/cancel")} {
			a.is(404).without(word)
		}
		slots := slotField.FindAllStringSubmatch(page.body, -1)
		b.send(path, "slot", "x").is(422, "Choose a time", word)
		b.send(path, "slot", slots[3][1]).leads(path)
		b.open(path).is(200, "The call has its new time", "22:30 to 23:00 UTC", word)

		// We have talked.
		id := strings.TrimPrefix(path, "/contact/phone/call-back/")
		must(t, h.people.Calls.Done(ctx, staff.client(), id))
		b.open(path).is(200, "Done", "We have talked.", "Book another call").without(word, "Cancel the call", "Change the time")
		b.send(path + "/cancel").leads(path)
		b.send(path, "slot", slots[3][1]).leads(path)
		b.open(path).is(200, "Done")

		// Cancelled by an account's holder, who is told by mail.
		in := h.browser()
		in.signUp(mara)
		path = in.book("phone", "+43 664 7654321")
		in.open(path).is(200, "Cancel the call")
		in.send(path + "/cancel").leads(path)
		in.open(path).is(200, "The call is cancelled", "Cancelled", "This call will not be made.").without("Cancel the call")
	}, withDesk)
}

// TestNoCallBack: where nobody calls, other ways are shown, and nothing is booked.
func TestNoCallBack(t *testing.T) {
	b := once(t).browser()
	b.open("/contact/phone/call-back").is(404, "We cannot call back at the moment", "Help articles")
	b.send("/contact/phone/call-back", "phone", number, "slot", "2026-11-23T09:00:00Z").is(404)
}
