package handlers_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const urlencoded = "application/x-www-form-urlencoded"

// raw sends what no well-behaved client would, past the client's own checks.
func raw(h *house, method, path, kind, cookie string, body io.Reader) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequest(method, path, body)
	r.Header = h.browser().header // a session is at home in it
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if cookie != "" {
		r.Header["Cookie"] = []string{cookie}
	}
	if h.htmx {
		r.Header.Set("HX-Request", "true")
	}
	w := httptest.NewRecorder()
	h.site.ServeHTTP(w, r)
	if w.Code >= 500 || w.Code < 200 {
		h.t.Errorf("%s %s, %s: %d %s", method, path, kind, w.Code, w.Body)
	}
	return w
}

// everyField is a form with one value in all of the site's fields.
func everyField(v string) string {
	return form("email", v, "password", v, "code", v, "flow", v, "next", v, "shared", v, "theme", v)
}

var oddValues = map[string]string{
	"empty": "", "NUL": "\x00", "NUL inside": "a\x00@example.com", "controls": "\x01\x02\x1b[31m\x7f\u0085", "invalid UTF-8": "\xff\xfe\xc3\x28",
	"full-width": "１２３４５６", "astral": strings.Repeat("🜁", 300), "long": strings.Repeat("a", 7000), "CRLF": "a@example.com\r\nBcc: b@example.com",
	"quotes": `'; DROP TABLE accounts; --`, "format": "%s%n%d", "right to left": "\u202e\u2066moc.elpmaxe@a", "zero width": "\u200b\ufeff",
	"markup": `"><script>alert(1)</script>`, "combining": "a" + strings.Repeat("\u0301", 2000) + "@example.com",
}

func multi(fields ...string) (kind, body string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = w.WriteField(fields[i], fields[i+1])
	}
	_ = w.Close()
	return w.FormDataContentType(), b.String()
}

// Whatever a form holds, the answer is clear and is no fault of ours.
func TestOddForms(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		waits := h.browser()
		flows["/sign-in"](waits)
		pending := "session=" + waits.cookies["session"]
		kind, body := multi("email", mara, "code", "12", "password", "\x00")
		bodies := []struct{ what, kind, body string }{
			{"no type", "", everyField("x")},
			{"wrong type", "application/json", `{"email":"a@example.com"}`},
			{"odd type", "a/b; ;;=", everyField("x")},
			{"multipart", kind, body},
			{"multipart cut off", kind, body[:len(body)/2]},
			{"multipart without boundary", "multipart/form-data", body},
			{"multipart of garbage", kind, strings.Repeat("\x00\xff--", 1000)},
			{"many fields", urlencoded, strings.Repeat("a=1&", 10_000)},
			{"different fields", urlencoded, manyFields(10_000)},
			{"the same field often", urlencoded, strings.Repeat("email=a%40example.com&code=1&", 200)},
			{"signs", urlencoded, strings.Repeat("&=", 5000)},
		}
		for what, v := range oddValues {
			bodies = append(bodies, struct{ what, kind, body string }{what, urlencoded, everyField(v)})
		}
		for _, path := range posts(h) {
			for _, b := range bodies {
				for _, cookie := range []string{"", pending} {
					w := raw(h, "POST", path, b.kind, cookie, strings.NewReader(b.body))
					if strings.Contains(w.Body.String(), "<script>alert") {
						t.Errorf("%s to %s is written into the page", b.what, path)
					}
					if w.Header().Get("Set-Cookie") != "" && strings.Contains(w.Header().Get("Set-Cookie"), "device=") {
						t.Errorf("%s to %s opened something", b.what, path)
					}
				}
			}
		}
		if waits.signedIn() {
			t.Error("one of them opened the door")
		}
	})
}

// Behind a right password more of the form is read and kept.
func TestOddNextBehindPassword(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		for _, next := range []string{"/?a=\xff\xfe", "/\xff", "/?a=\u202e", "/?\U0001F701", "/?a=%00", "/?a=%ff", "/#\xff"} {
			body := form("email", mara, "password", password, "next", next)
			w := raw(h, "POST", "/sign-in", urlencoded, "", strings.NewReader(body))
			if w.Code != http.StatusSeeOther && w.Code != http.StatusNoContent {
				t.Errorf("next=%q: %d", next, w.Code)
			}
			h.forward(10 * time.Minute) // the budget of messages
		}
	})
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d=&", i)
	}
	return b.String()
}

// Broken encoding is a 400 and a body over the limit a 413, on every route and
// before anything is read.
func TestBrokenBodies(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		for _, path := range posts(h) {
			if strings.HasPrefix(path, "/dev/") {
				continue
			}
			for _, broken := range []string{"email=%", "email=%zz", "%", "email=a;b=c", "a=%e"} {
				if w := raw(h, "POST", path, urlencoded, "", strings.NewReader(broken)); w.Code != 400 {
					t.Errorf("%s with %q: %d", path, broken, w.Code)
				}
			}
			big := "email=" + strings.Repeat("x", 1<<20)
			for _, c := range []struct {
				what, kind string
				body       io.Reader
			}{
				{"with its length", urlencoded, strings.NewReader(big)},
				{"without its length", urlencoded, io.NopCloser(strings.NewReader(big))},
				{"multipart", "multipart/form-data; boundary=x", strings.NewReader(big)},
				{"no form at all", "application/octet-stream", strings.NewReader(big)},
			} {
				if w := raw(h, "POST", path, c.kind, "", c.body); w.Code != 413 {
					t.Errorf("a megabyte %s to %s: %d", c.what, path, w.Code)
				}
			}
		}
	})
}

// Cookies that are not ours are nobody's.
func TestBrokenCookies(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		long := strings.Repeat("x", 8<<10)
		for _, cookie := range []string{
			"session=garbage; device=garbage", "session=; device=; notice=; theme=", "session", "=", ";;;", "session=" + long + "; device=" + long,
			"session=\x00; device=\x00", "session=\"\x00\x01\"", "session=ünïcode🜁; device=🜁", "session=\xff\xfe; device=\xff", "notice=\xff.1; theme=\xff",
			`session="quoted"; device="quo\"ted"`, "session=a; session=b; session=c", strings.Repeat("a=b; ", 1000),
			"session=" + strings.Repeat("A", 43) + "; device=" + strings.Repeat("A", 43), "notice=" + long + "; theme=" + long,
			"session=' OR 1=1 --; device=' OR 1=1 --", "session=" + strings.Repeat("é", 21) + "x",
		} {
			for _, path := range []string{"/", "/account", "/sign-in", "/sign-in/code", "/sign-up/code", "/sign-in/code/delivery?flow=x"} {
				if w := raw(h, "GET", path, "", cookie, nil); w.Code == 200 && path == "/account" {
					t.Fatalf("%q opens the account", cookie)
				}
			}
			for _, path := range posts(h) {
				raw(h, "POST", path, urlencoded, cookie, strings.NewReader(form("email", "", "code", "123456")))
			}
		}
	})
}

// Odd addresses of pages.
func TestOddPaths(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		for _, path := range []string{
			"/sign-in?next=%", "/sign-in?next=%ff", "/sign-in?%zz=1", "/sign-in?a=1;b=2", "/sign-in?" + strings.Repeat("a=1&", 4000), "/" + strings.Repeat("a/", 4000),
			"/static/../main.go", "/static/%2e%2e/main.go", "/static/", "/%00", "/sign-in%00", "/sign-in%2fcode", "/dev/inbox/..%2f..", "/?%", "/sign-up?email=" + strings.Repeat("%41", 3000),
			"/sign-in/code?shared=%ff", "/sign-in/code/help?flow=%00", "/account?%ff",
		} {
			if a := b.do("GET", path, "", h.htmx); a.status >= 500 {
				t.Errorf("%.100v", a)
			}
		}
	})
}
