package handlers_test

import "testing"

// A button that is pressed twice books one call, and what was begun in this browser before
// is still there: both presses carry the cookie of before, and the browser keeps the
// answer to the last.
func TestCallBackPressedTwice(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		chat := b.startChat()
		page := b.open("/contact/phone/call-back").is(200)
		form := []string{"phone", "+43 664 1234567", "slot", page.find(slotField), "problem", "no_code", "nonce", page.find(nonceOf)}
		lost := b.copy()
		one := lost.send("/contact/phone/call-back", form...)
		two := b.send("/contact/phone/call-back", form...)
		first, second := one.header.Get("Location")+one.header.Get("Hx-Redirect"), two.header.Get("Location")+two.header.Get("Hx-Redirect")
		if first != second {
			t.Errorf("two calls are booked: %s and %s", first, second)
		}
		for _, path := range []string{chat, first} {
			if a := b.open(path); a.status != 200 {
				t.Errorf("%s is lost to the browser that began it: %d", path, a.status)
			}
		}
	}, withDesk)
}
