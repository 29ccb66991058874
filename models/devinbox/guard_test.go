package devinbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	in := open(t, "")
	send(t, in, letter("secret", "Subject: secret"), "mara@example.com")
	id := in.Messages("")[0].ID
	h := in.Handler()

	type request struct {
		name, peer, host string
		header           [2]string
		open             bool
	}
	local, here := "127.0.0.1:40000", "localhost:8080"
	requests := []request{
		{name: "this computer", peer: local, host: here, open: true},
		{name: "capitals", peer: local, host: "LocalHost", open: true},
		{name: "IPv4", peer: "127.8.9.1:1", host: "127.0.0.1:8080", open: true},
		{name: "IPv6", peer: "[::1]:1", host: "[::1]:8080", open: true},
		{name: "IPv6 without port", peer: "[::1]:1", host: "[::1]", open: true},
		{name: "IPv4 in IPv6", peer: "[::ffff:127.0.0.1]:1", host: here, open: true},
		{name: "ordinary headers", peer: local, host: here, header: [2]string{"Accept-Language", "en"}, open: true},
	}
	for _, peer := range []string{"192.0.2.7:1", "10.0.0.1:1", "[2001:db8::1]:1", "[::ffff:192.0.2.7]:1", "0.0.0.0:1", "", "@", "127.0.0.1", "localhost:1"} {
		requests = append(requests, request{name: "peer " + peer, peer: peer, host: here})
	}
	for _, host := range []string{
		"", "example.com", "example.com:8080", "localhost.example.com", "127.0.0.1.example.com", "127.1", "2130706433",
		"0.0.0.0", "0.0.0.0:8080", "192.0.2.7", "[::]", "[2001:db8::1]:8080", "localhost.", "app.localhost", "localhost:80:80", "localhost@example.com",
	} {
		requests = append(requests, request{name: "host " + host, peer: local, host: host})
	}
	for name := range forwardingHeaders {
		requests = append(requests, request{name: name, peer: local, host: here, header: [2]string{name, "127.0.0.1"}})
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded", "X-Forwarded-Anything", "X-Real-IP", "Via", "X_Forwarded_For"} {
		requests = append(requests, request{name: name, peer: local, host: here, header: [2]string{name, "127.0.0.1"}},
			request{name: "empty " + name, peer: local, host: here, header: [2]string{name, ""}})
	}

	paths := []string{
		"GET /dev/inbox", "GET /dev/inbox.json", "GET /dev/inbox/list", "GET /dev/inbox/" + id, "GET /dev/inbox/" + id + "/html",
		"GET /dev/inbox/" + id + "/text", "GET /dev/inbox/" + id + "/headers", "GET /dev/inbox/" + id + "/source", "GET /dev/inbox/",
		"POST /dev/inbox/empty", "POST /dev/inbox/behave", "DELETE /dev/inbox", "GET /dev/inbox/empty",
	}
	for _, tc := range requests {
		for _, path := range paths {
			if tc.open && path != paths[0] {
				continue
			}
			method, target, _ := strings.Cut(path, " ")
			r := httptest.NewRequest(method, target, strings.NewReader("mode=drop"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.RemoteAddr, r.Host = tc.peer, tc.host
			if tc.header[0] != "" {
				r.Header.Set(tc.header[0], tc.header[1])
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if want := map[bool]int{true: http.StatusOK, false: http.StatusNotFound}[tc.open]; w.Code != want {
				t.Errorf("%s: %s answered %d, want %d", tc.name, path, w.Code, want)
			}
			if !tc.open && strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%s: %s gave the letter away", tc.name, path)
			}
			if w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %s may be stored", tc.name, path)
			}
		}
	}
	if len(in.Messages("")) != 1 || in.mode("mara@example.com") != Accept {
		t.Error("a request from elsewhere had an effect")
	}
}

func TestFormsFromOtherSites(t *testing.T) {
	in := open(t, "")
	send(t, in, letter("x"), "mara@example.com")
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://example.com"} {
		r := httptest.NewRequest("POST", "/dev/inbox/empty", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost:8080"
		r.Header.Set(name, value)
		w := httptest.NewRecorder()
		in.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || len(in.Messages("")) != 1 {
			t.Errorf("%s: %s answered %d, %d messages left", name, value, w.Code, len(in.Messages("")))
		}
	}
}
