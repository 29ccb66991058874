package handlers_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FuzzRequest sends the whole site what no browser would: any path, address, cookie,
// header and body. The answer is never a fault of ours, keeps the guard's headers, and
// leads nowhere else.
func FuzzRequest(f *testing.F) {
	for _, s := range [][5]string{
		{"/sign-in", "next=%2faccount", "session=x; device=\"", urlencoded, "email=a%40b&password=x&next=//evil.example"},
		{"/sign-in/code", "flow=x", "__Host-session=x", urlencoded, "code=482913&flow=%00"},
		{"/sign-up", "", "theme=dark", "multipart/form-data; boundary=x", "--x\r\n\r\n"},
		{"/reset/link/" + strings.Repeat("a", 96), "", "reset-link=" + strings.Repeat("p", 96), urlencoded, "%zz"},
		{"/theme", "", "notice=signed_out.1795378447000", urlencoded, "theme=dark&next=/%2fevil.example/\u00e9"},
		{"/help/search", "q=%ff&page=-1", "", "", ""},
		{"/help/a/code-not-arriving", "fragment=1&part=%00", "", "", ""},
		{"/help/a/x/vote", "", "", urlencoded, "helpful=yes"},
		{"/contact/chat", "problem=%22", "chat=x", urlencoded, "message=hello&nonce=%00&email=x"},
		{"/contact/chat/" + strings.Repeat("0", 32), "after=9223372036854775808", "chat=x", "", ""},
		{"/contact/phone/call-back", "", "", urlencoded, "slot=-1&phone=%2b43&country=AT"},
		{"/sms/report/" + strings.Repeat("b", 96), "state=1", "", urlencoded, "MessageStatus=delivered"},
		{"/not-me/%00", "", "", "", ""},
		{"/undo/x", "", "", urlencoded, ""},
		{"/static/app.00000000.css", "", "", "", ""},
		{"/account/devices/rename", "rename=%80", "session=", urlencoded, "name=x"},
		{"/console/customer/x", "since=0", "", "", ""},
		{"//", "", "", "", ""},
		{"/%2e%2e/", ";", "=;=;", "a/b; ;;=", "\xff"},
	} {
		for flags := range uint8(4) {
			f.Add(s[0], s[1], s[2], s[3], s[4], flags)
		}
	}
	site := openBench(f, filepath.Join(f.TempDir(), "admitone.db")).site
	f.Fuzz(func(t *testing.T, path, query, cookie, kind, body string, flags uint8) {
		if len(path) > 500 || strings.HasSuffix(path, "/events") { // a stream has no end
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r := (&http.Request{
			Method: http.MethodGet, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "localhost:8080", RemoteAddr: "203.0.113.7:50000", RequestURI: path,
			Header: http.Header{"Cookie": {cookie}, "User-Agent": {kind}, "Accept-Encoding": {query}, "X-Forwarded-For": {cookie}}, Body: http.NoBody,
		}).WithContext(ctx)
		r.URL = &url.URL{RawQuery: query}
		if u, err := url.ParseRequestURI(path); err == nil && u.Host == "" && u.Scheme == "" {
			r.URL.Path, r.URL.RawPath = u.Path, u.RawPath
		} else {
			return // the server answers for us
		}
		if flags&1 > 0 {
			r.Method, r.Body, r.ContentLength = http.MethodPost, io.NopCloser(strings.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Type", kind)
		}
		if flags&2 > 0 {
			r.Header.Set("HX-Request", "true")
		}
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable || w.Code < 200 {
			t.Errorf("%s %q ? %q, %q, %q, %q: %d %s", r.Method, path, query, cookie, kind, body, w.Code, w.Body)
		}
		if h := w.Header(); h.Get("Content-Security-Policy") == "" || h.Get("X-Content-Type-Options") != "nosniff" || len(h.Get("X-Request-Id")) != 16 {
			t.Errorf("%s %q: the guard's headers are %v", r.Method, path, h)
		}
		for _, name := range []string{"Location", "HX-Redirect", "HX-Location"} {
			to := w.Header().Get(name)
			if there, err := r.URL.Parse(to); err != nil || there.Host != "" || strings.HasPrefix(to, `/\`) || strings.ContainsAny(to, "\r\n") {
				t.Errorf("%s %q ? %q, %q leads to %q", r.Method, path, query, body, to)
			}
		}
	})
}
