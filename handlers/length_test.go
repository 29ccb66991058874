package handlers_test

import (
	"net/http"
	"testing"
)

// A page that shows a service code and repeats the address it was asked by is not
// compressed: its length would tell a guess that is right (BREACH).
func TestServiceCodeIsNotInTheLength(t *testing.T) {
	h := once(t, withDesk)
	b := h.browser()
	b.signUp(mara)
	b.send("/contact/phone/service-code")
	b.open("/contact/phone").find(serviceCodeOf)
	for path, want := range map[string]string{"/contact/phone?x=KX4-207": "", "/help": "gzip"} {
		req, err := http.NewRequest(http.MethodGet, h.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", "gzip")
		req.Header.Set("User-Agent", firefox)
		req.Header.Set("Cookie", "session="+b.cookies["session"])
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("Content-Encoding"); got != want || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, encoded as %q", path, res.Status, got)
		}
	}
}
