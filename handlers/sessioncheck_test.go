package handlers_test

import (
	"net/http"
	"testing"
	"time"
)

// What a proxy asks before it lets a request through to a service behind it.
func TestSessionCheck(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		check := func(what string, b *browser, want int) string {
			t.Helper()
			for _, method := range []string{"GET", "HEAD"} {
				a := b.do(method, "/session", "", false).is(want)
				id := a.header.Get("X-Account-Id")
				if a.body != "" || a.header.Get("Cache-Control") != "no-store" || (id != "") != (want == http.StatusNoContent) {
					t.Errorf("%s: %v, account %q", what, a, id)
				}
			}
			return b.do("GET", "/session", "", false).header.Get("X-Account-Id")
		}
		check("nobody", b, http.StatusUnauthorized)
		b.send("/sign-up", "email", mara, "password", password).leads("/sign-up/code")
		check("a sign-up under way", b, http.StatusUnauthorized)
		b = h.browser()
		b.signUp("nora@example.com")
		id := check("signed in", b, http.StatusNoContent)
		thief := b.copy().with("User-Agent", iPhone)
		check("the cookie in another browser", thief, http.StatusUnauthorized)
		if again := check("where it lives", b, http.StatusNoContent); again != id || len(id) != 32 {
			t.Errorf("%q, then %q", id, again)
		}
		copied := b.copy()
		h.forward(time.Minute)
		b.send("/sign-out").leads("/sign-in")
		check("signed out", copied, http.StatusUnauthorized)
	})
}
