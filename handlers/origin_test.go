package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

// posts are the paths of every POST route there is, the test inbox's too.
func posts(h *house) []string {
	paths := []string{"/dev/inbox/empty", "/dev/inbox/behave"}
	for _, r := range h.routes() {
		if r.Method == http.MethodPost && !strings.HasPrefix(r.Path, "/dev/") {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

// What another site makes a browser send is refused on every route that
// changes anything, sign-in and sign-out too.
func TestOtherOrigins(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		if n := len(posts(h)); n < 9 {
			t.Fatalf("only %d POST routes were found", n)
		}
		for _, path := range posts(h) {
			for _, from := range []map[string]string{
				{"Sec-Fetch-Site": "cross-site"},
				{"Sec-Fetch-Site": "same-site"},
				{"Sec-Fetch-Site": "cross-site", "Origin": "null"},
				{"Origin": "https://evil.example"},
				{"Origin": "null"},
				{"Origin": "http://localhost:8081"},
				{"Origin": "https://localhost:8080"}, // another scheme is another origin
				{"Origin": "http://localhost:8080.evil.example"},
				{"Sec-Fetch-Site": "cross-site", "HX-Request": "true", "X-Requested-With": "XMLHttpRequest"},
			} {
				forged := b
				for name, value := range from {
					forged = forged.with(name, value)
				}
				a := forged.send(path, "email", mara, "password", password, "theme", "dark")
				a.is(403).without(mara)
				if page := strings.Contains(a.body, "<html"); page == (h.htmx || from["HX-Request"] != "") {
					t.Errorf("the wrong sort of answer to %v: %v", from, a)
				}
				if a.cookie("theme") != nil || a.cookie("session") != nil {
					t.Errorf("%v did something: %v", from, a)
				}
			}
		}
		b.open("/account").is(200, mara)
		for _, path := range posts(h) {
			for _, override := range []string{"?_method=POST", "?theme=dark&_method=POST"} {
				forged := b.with("Sec-Fetch-Site", "cross-site").with("X-HTTP-Method-Override", "POST").with("X-HTTP-Method", "POST").with("X-Method-Override", "POST")
				if a := forged.open(path + override); a.status >= 400 && a.status != 404 && path != "/reset/link" || a.cookie("theme") != nil || a.cookie("session") != nil {
					t.Errorf("%v", a)
				}
			}
		}
		b.open("/account").is(200, mara)
		if n := len(h.mail("")); n != 1 {
			t.Errorf("%d letters", n)
		}
	})
}

// Our own pages are let through, under the public URL too where a proxy has
// written another Host; so is who sends neither header, which no browser does.
func TestOwnOrigin(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		for _, from := range []map[string]string{
			{},
			{"Sec-Fetch-Site": "same-origin"},
			{"Sec-Fetch-Site": "none"},
			{"Origin": "http://localhost:8080"},
			{"Origin": h.url},
		} {
			b := h.browser()
			for name, value := range from {
				b = b.with(name, value)
			}
			b.send("/theme", "theme", "dark", "next", "/help").leads("/help")
			b.send("/sign-in", "email", mara, "password", "").unit(422)
		}
	})
}
