package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

var counter int

// fail tries a password for an address that nobody has had before, so that
// only the network address is counted.
func fail(b *browser) answer {
	b.h.t.Helper()
	counter++
	return b.send("/sign-in", "email", fmt.Sprintf("nobody%d@example.com", counter), "password", wrong)
}

// spendAddress uses up what a network address may do in a minute.
func spendAddress(b *browser) {
	b.h.t.Helper()
	for range 10 {
		fail(b).unit(422)
	}
	fail(b).unit(429).retryAfter("60")
}

func TestAddressLimit(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.from("203.0.113.7")
		waits := h.from("203.0.113.7")
		h.browser().signUp(mara)
		waits.toCode(mara)
		spendAddress(b)
		fail(h.from("203.0.113.8")).unit(422)
		b.send("/sign-in", "email", mara, "password", password).unit(429).retryAfter("60")
		// What others fail behind one address stops neither a code that is
		// awaited nor a sign-up.
		b.send("/sign-up", "email", "nora@example.com", "password", password).leads("/sign-up/code")
		waits.send("/sign-in/code", "code", h.code(mara)).leads("/account")
		h.forward(time.Minute - time.Millisecond)
		fail(b).unit(429).retryAfter("15")
		h.forward(time.Millisecond)
		fail(b).unit(422)
	})
}

// A wrong code counts against its network address; sign-ups have a budget of
// their own, because each sends a message.
func TestAddressLimitCounts(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.from("2001:db8:1:2::7")
		for i := range 10 {
			b = h.from("2001:db8:1:2::7") // in one browser the same sign-up goes on
			b.send("/sign-up", "email", fmt.Sprintf("new%d@example.com", i/2), "password", password).leads("/sign-up/code")
		}
		h.from("2001:db8:1:2::7").send("/sign-up", "email", "new4@example.com", "password", password).unit(429)
		for range 4 {
			b.send("/sign-up/code", "code", notCode(h.code("new4@example.com"))).unit(422)
		}
		for range 6 {
			fail(h.from("2001:db8:1:2:ffff::1")).unit(422) // the same household
		}
		fail(h.from("2001:db8:1:2::8")).unit(429)
		b.send("/sign-up/code", "code", h.code("new4@example.com")).leads("/account")
		fail(h.from("2001:db8:1:3::7")).unit(422)
		for range 12 {
			fail(h.browser()).unit(422) // loopback is nobody's address
		}
	})
}

// Who is not a proxy of ours can write what he likes into these headers.
func TestSpoofedAddress(t *testing.T) {
	proxies := func(s *setup) { s.pages.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} }
	for name, c := range map[string]struct {
		peer   string
		change []func(*setup)
	}{
		"no proxies":    {"203.0.113.7", nil},
		"not the proxy": {"203.0.113.7", []func(*setup){proxies}},
	} {
		t.Run(name, func(t *testing.T) {
			h := once(t, c.change...)
			for i := range 13 {
				b := h.from(c.peer)
				for _, header := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP"} {
					b = b.with(header, fmt.Sprintf("198.51.100.%d", i))
				}
				fail(b).unit(map[bool]int{true: 422, false: 429}[i < 10])
			}
		})
	}
}

func TestForwardedAddress(t *testing.T) {
	proxies := func(s *setup) {
		s.pages.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::5/128")}
	}
	h := once(t, proxies)
	through := func(peer, forwarded string) *browser { return h.from(peer).with("X-Forwarded-For", forwarded) }
	spendAddress(through("10.0.0.5", "203.0.113.7"))
	fail(through("10.0.0.5", "203.0.113.8")).unit(422)
	for i := range 3 { // what stands before the address that our proxy saw is a claim
		fail(through("10.0.0.5", fmt.Sprintf("198.51.100.%d, 203.0.113.7", i))).unit(429)
	}
	fail(through("10.0.0.5", "203.0.113.7, 10.1.2.3")).unit(429) // two proxies of ours
	fail(through("2001:db8::5", "203.0.113.7")).unit(429)
	fail(through("2001:db8::6", "203.0.113.7")).unit(422) // not ours
	fail(h.from("203.0.113.7")).unit(429)
	for _, odd := range []string{"", "unknown", ",,,", "<script>", "1.2.3.4.5", "203.0.113.9:1234", strings.Repeat("1.2.3.4, ", 500)} {
		if a := fail(through("10.0.0.5", odd)); a.status != 422 && a.status != 429 {
			t.Errorf("%q: %v", odd, a)
		}
	}
	in := h.browser()
	in.signUp(mara)
	in.send("/sign-out")
	seen := in.copy()
	seen.peer = "10.0.0.5"
	seen = seen.with("X-Forwarded-For", "203.0.113.20")
	seen.send("/sign-in", "email", mara, "password", password).leads("/account")
	seen.open("/account").is(200, "203.0.113.20").without("10.0.0.5")
}

// Fifteen wrong codes of an account in a day, over all its challenges.
func TestWrongCodeLimit(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		for range 3 {
			b := h.browser()
			b.toCode(mara)
			not := notCode(h.code(mara))
			for range 5 {
				b.send("/sign-in/code", "code", not).unit(422)
			}
		}
		b := h.browser()
		b.toCode(mara)
		b.send("/sign-in/code", "code", h.code(mara)).unit(429).retryAfter("86400")
		h.forward(24 * time.Hour)
		b.toCode(mara)
		b.send("/sign-in/code", "code", h.code(mara)).leads("/account")
	})
}

// When more people sign in than there are cores for, the last ones are told
// to come back; what they sent changed nothing.
func TestBusy(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		refused := make(chan *httptest.ResponseRecorder, 400)
		var all sync.WaitGroup
		for i := range 400 {
			all.Go(func() {
				body := form("email", fmt.Sprintf("crowd%d@example.com", i), "password", wrong)
				r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/sign-in", strings.NewReader(body))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if h.htmx {
					r.Header.Set("HX-Request", "true")
				}
				w := httptest.NewRecorder()
				h.site.ServeHTTP(w, r)
				if w.Code == http.StatusServiceUnavailable {
					refused <- w
					cancel() // the others hang up, and their places come free
				}
			})
		}
		all.Wait()
		if len(refused) == 0 {
			t.Fatal("nobody was told to come back")
		}
		w := <-refused
		a := answer{t: t, what: "POST /sign-in in a crowd", htmx: h.htmx, status: w.Code, header: w.Header(), body: w.Body.String(), cookies: w.Result().Cookies()}
		a.unit(503, "Nothing").retryAfter("15")
		if len(a.cookies) != 0 {
			t.Errorf("a refusal set %v", a.cookies)
		}
		fail(h.browser()).unit(422)
	}, func(s *setup) { s.policy.ArgonMemory, s.policy.ArgonIterations = 128<<10, 4 })
}
