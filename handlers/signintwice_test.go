package handlers_test

import (
	"testing"
	"time"
)

// A button that is pressed twice in a browser that has no cookie yet begins one sign-in,
// sign-up or reset: the first answer is lost to the browser, and the code of the one
// message works.
func TestBegunByTwoPresses(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.browser().signUp("mara@example.com")
		for path, c := range map[string]struct {
			form []string
			next string
		}{
			"/sign-in": {[]string{"email", "mara@example.com", "password", password}, "/account"},
			"/sign-up": {[]string{"email", "new@example.com", "password", password}, "/account"},
			"/reset":   {[]string{"email", "mara@example.com"}, "/reset/new"},
		} {
			h.forward(time.Hour)
			b, to, before := h.browser(), c.form[1], h.letters(c.form[1])
			form := append(c.form, "nonce", b.open(path).is(200).find(nonceOf))
			lost := b.copy()
			for _, press := range []*browser{lost, b} {
				press.send(path, form...).leads(path + "/code")
			}
			if n := h.letters(to) - before; n != 1 {
				t.Errorf("%s: %d messages", path, n)
			}
			code := h.code(to)
			if path == "/reset" {
				code, _ = h.reset(to)
			}
			b.send(path+"/code", "code", code).leads(c.next)
		}
	})
}
