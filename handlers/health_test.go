package handlers_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"admitone/static"
)

// Every answer of an https site says that it is one, whatever becomes of the request;
// one on this machine alone never does, or the browser would hold its other programs
// to it too.
func TestStrictTransport(t *testing.T) {
	for public, want := range map[string]bool{"https://accounts.example.com": true, "https://localhost:8443": false, "http://localhost:8080": false} {
		h := once(t, func(s *setup) { s.pages.PublicURL, _ = url.Parse(public) })
		ask := func(status int, method, path, body string, headers ...string) {
			t.Helper()
			r := httptest.NewRequest(method, path, strings.NewReader(body))
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			w := httptest.NewRecorder()
			h.site.ServeHTTP(w, r)
			if n := len(w.Result().Header.Values("Strict-Transport-Security")); w.Code != status || n > 1 || (n == 1) != want {
				t.Errorf("%s: %s %s: %d with %d headers", public, method, path, w.Code, n)
			}
		}
		form := []string{"Content-Type", "application/x-www-form-urlencoded"}
		ask(200, "GET", "/sign-in", "")
		ask(200, "HEAD", "/sign-in", "")
		ask(200, "GET", static.URL("app.css"), "")
		ask(404, "GET", "/static/none.css", "")
		ask(404, "GET", "/none", "")
		ask(405, "DELETE", "/sign-in", "")
		ask(303, "GET", "/account", "")
		ask(422, "POST", "/sign-in", "email=mara", form...)
		ask(415, "POST", "/sign-in", "email=mara", "Content-Type", "text/plain")
		ask(413, "POST", "/sign-in", strings.Repeat("a", 100<<10), form...)
		ask(403, "POST", "/sign-in", "email=mara", append(form, "Sec-Fetch-Site", "cross-site")...)
		h.ready()
		ask(200, "GET", "/readyz", "")
		if err := h.models.Close(); err != nil {
			t.Fatal(err)
		}
		h.clock.forward(time.Second) // an answer holds for that long
		ask(503, "GET", "/readyz", "")
		ask(500, "POST", "/sign-in", "email=mara@example.com&password=a+wrong+horse", form...)
	}
}

// ready has the database asked whether it takes writes, however slow the disk is: until
// the clock goes on that answer holds, and a request, which waits two seconds, has it.
func (h *house) ready() {
	h.t.Helper()
	must(h.t, h.models.Ready(context.Background()))
}

// Before a stop the site says that it is not ready, serves on, and ends each
// connection with its answer.
func TestLeave(t *testing.T) {
	h := once(t)
	ask := func(path string) *http.Response {
		w := httptest.NewRecorder()
		h.site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Result()
	}
	h.ready()
	if r := ask("/readyz"); r.StatusCode != 200 || r.Header.Get("Connection") != "" {
		t.Errorf("before: %s %v", r.Status, r.Header)
	}
	h.site.Leave()
	for path, status := range map[string]int{"/readyz": 503, "/healthz": 200, "/sign-in": 200, static.URL("app.css"): 200} {
		if r := ask(path); r.StatusCode != status || r.Header.Get("Connection") != "close" {
			t.Errorf("%s after: %s %v", path, r.Status, r.Header)
		}
	}
}
