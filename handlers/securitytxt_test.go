package handlers_test

import (
	"strings"
	"testing"
	"time"
)

func TestSecurityTxt(t *testing.T) {
	fields := func(h *house) map[string]string {
		t.Helper()
		a := h.browser().open("/.well-known/security.txt").is(200)
		if kind := a.header.Get("Content-Type"); !strings.EqualFold(kind, "text/plain; charset=utf-8") {
			t.Errorf("it comes as %q", kind)
		}
		found := map[string]string{}
		for _, line := range strings.Split(strings.TrimSpace(a.body), "\n") {
			name, value, ok := strings.Cut(line, ": ")
			if _, twice := found[name]; !ok || twice {
				t.Errorf("bad line %q", line)
			}
			found[name] = value
		}
		return found
	}
	h := once(t)
	for range 2 { // a year on it must still be good
		f := fields(h)
		if f["Contact"] != "http://localhost:8080/contact" || f["Canonical"] != "http://localhost:8080/.well-known/security.txt" {
			t.Errorf("%v", f)
		}
		end, err := time.Parse(time.RFC3339, f["Expires"])
		if left := end.Sub(h.now()); err != nil || left < 24*time.Hour || left > 365*24*time.Hour {
			t.Errorf("it expires in %v: %v", left, err)
		}
		h.forward(400 * 24 * time.Hour)
	}
	h = once(t, func(s *setup) { s.desk.Security = "holes@example.com" })
	if f := fields(h); f["Contact"] != "mailto:holes@example.com" {
		t.Errorf("%v", f)
	}
}
