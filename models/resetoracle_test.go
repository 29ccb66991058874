package models

import (
	"net/netip"
	"testing"
	"time"
)

// A second address is asked about as nobody's is: neither the wait before a resend nor
// the count of wrong digits tells that it has an account, or whose it is.
func TestResetOfASecondAddressTellsNothing(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newEmail(t, c, "second@example.net", true)
		h.forward(25 * time.Hour)
		ask := func(n byte, email string) string {
			t.Helper()
			from := browser()
			from.Address = netip.AddrFrom4([4]byte{198, 51, 100, n})
			var first Client
			for i := range 3 {
				s, err := h.Resets.Start(ctx, email, from)
				if err != nil || s.Outcome != CodeSent {
					t.Fatalf("%s %d: %+v, %v", email, i, s, err)
				}
				if i == 0 {
					first = from
					first.Session = s.Session
				}
			}
			h.forward(31 * time.Second)
			r, err := h.Resets.Resend(ctx, "", "", first)
			if isKind(err, TooSoon) {
				return "too soon"
			}
			return string(r.Outcome)
		}
		if second, nobody := ask(1, "second@example.net"), ask(2, "nobody@example.net"); second != nobody {
			t.Errorf("a second address: %s, nobody's: %s", second, nobody)
		}
	})
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newEmail(t, c, "second@example.net", true)
		h.signUp(t, "john@example.com")
		h.forward(25 * time.Hour)
		from := browser()
		from.Address = netip.MustParseAddr("127.0.0.1")
		wrong := func(email string, n int) (last Outcome) {
			t.Helper()
			s, err := h.Resets.Start(ctx, email, from)
			if err != nil || s.Outcome != CodeSent {
				t.Fatalf("%+v, %v", s, err)
			}
			b := from
			b.Session = s.Session
			for range n {
				a, err := h.Resets.Answer(ctx, "00000000", "", Ticks{}, b)
				if err != nil {
					t.Fatal(err)
				}
				last = a.Outcome
			}
			return last
		}
		for range 4 {
			wrong("second@example.net", 5)
			h.forward(21 * time.Minute)
		}
		if mara, john := wrong("mara@example.com", 1), wrong("john@example.com", 1); mara != john {
			t.Errorf("mara's main address: %s, john's: %s", mara, john)
		}
	})
}
