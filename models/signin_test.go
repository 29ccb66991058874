package models

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"time"
)

func TestDevicesAndSessions(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		if !h.signedIn(t, c.Session) {
			t.Fatal("not signed in after the sign-up")
		}
		at, err := h.Sessions.SignOut(ctx, c)
		if err != nil || !at.Equal(h.now()) {
			t.Fatalf("sign-out at %v, %v", at, err)
		}
		if h.signedIn(t, c.Session) {
			t.Error("the session outlives the sign-out")
		}
		s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "/account", c)
		if err != nil || s.Outcome != Accepted || s.Next != "/account" || s.Session == c.Session {
			t.Fatalf("on the known device: %+v, %v", s, err)
		}

		// A device of one account is not a device of another.
		h.signUp(t, "tom@example.com")
		if s, err := h.SignIns.Start(ctx, "tom@example.com", testPassword, "", c); err != nil || s.Outcome != CodeSent {
			t.Errorf("another account on this device: %v, %v", s.Outcome, err)
		}
	})
}

func TestDeviceTokenIsNewWhenBound(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		planted := h.signUp(t, "stranger@example.com")
		c := h.startSignIn(t, "mara@example.com")
		c.Device = planted.Device // a stranger's cookie in the owner's browser
		a, err := h.SignIns.Answer(ctx, h.lastCode(t, "mara@example.com"), "", Ticks{}, c)
		if err != nil || a.Outcome != Accepted || a.Device == planted.Device {
			t.Fatalf("%+v, %v", a, err)
		}
		stranger := browser()
		stranger.Device = planted.Device
		if s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", stranger); err != nil || s.Outcome != CodeSent {
			t.Errorf("the planted cookie opens without a code: %v, %v", s.Outcome, err)
		}
	})
}

func TestSharedDevice(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		a, err := h.SignIns.Answer(ctx, h.lastCode(t, "mara@example.com"), "", Ticks{Shared: true}, c)
		if err != nil || a.Outcome != Accepted || !a.UntilClose || a.Device != "" {
			t.Fatalf("%+v, %v", a, err)
		}
		if s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", c); err != nil || s.Outcome != CodeSent {
			t.Errorf("the next sign-in: %v, %v", s.Outcome, err)
		}
	})
}

func TestSessionEnds(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		for range 2 {
			h.forward(29 * 24 * time.Hour)
			h.use(t, c)
		}
		h.forward(30 * 24 * time.Hour)
		if h.signedIn(t, c.Session) {
			t.Error("an idle session lives")
		}
	})
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		for range 4 {
			h.forward(20 * 24 * time.Hour)
			h.use(t, c)
		}
		h.forward(10 * 24 * time.Hour)
		if h.signedIn(t, c.Session) {
			t.Error("a session lives longer than 90 days")
		}
	})
}

func TestUnknownAndWrongAreAlike(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		spends := func() int { return h.count(t, "SELECT count(*) FROM spends") }
		events := func() int { return h.count(t, "SELECT count(*) FROM events") }
		for _, email := range []string{"mara@example.com", "nobody@example.com"} {
			s0, e0 := spends(), events()
			for i := range 5 {
				s, err := h.SignIns.Start(ctx, email, "wrong wrong wrong", "", browser())
				if err != nil || s.Outcome != Wrong {
					t.Fatalf("%s, try %d: %+v, %v", email, i, s, err)
				}
			}
			if spends()-s0 != 10 || events()-e0 != 5 {
				t.Errorf("%s wrote %d spends and %d events", email, spends()-s0, events()-e0)
			}
			s, err := h.SignIns.Start(ctx, email, testPassword, "", browser())
			if err != nil || s.Outcome != Throttled || s.RetryAt.Sub(h.now()) != time.Second {
				t.Errorf("%s, after five: %+v, %v", email, s, err)
			}
			h.forward(2 * time.Minute) // past the budget of the network address
		}
	})
}

func TestLanes(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUp(t, "mara@example.com")
		stranger := browser()
		wrong := 0
		for range 400 {
			stranger.Address = stranger.Address.Next()
			s, err := h.SignIns.Start(ctx, "mara@example.com", "wrong wrong wrong", "", stranger)
			if err != nil {
				t.Fatal(err)
			}
			if s.Outcome == Wrong {
				wrong++
			}
			h.forward(3 * time.Minute)
		}
		if wrong < 20 || wrong > 30 {
			t.Errorf("strangers got %d judged passwords in 20 hours, want at most 30", wrong)
		}
		// The owner is never kept out of a browser that the account knows.
		if s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", owner); err != nil || s.Outcome != Accepted {
			t.Errorf("the owner: %+v, %v", s, err)
		}
	})
}

func TestParallelWrongPasswordsAreCounted(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		var wrong atomic.Int32
		parallel(20, func(i int) {
			c := browser()
			c.Address = netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
			s, err := h.SignIns.Start(ctx, "mara@example.com", "wrong wrong wrong", "", c)
			if err != nil {
				t.Error(err)
			}
			if s.Outcome == Wrong {
				wrong.Add(1)
			}
		})
		if wrong.Load() != 5 {
			t.Errorf("%d parallel guesses were judged, want 5", wrong.Load())
		}
	})
}

func TestNetworkAddressBudget(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		spray := func(c Client) (judged int) {
			for i := range 15 {
				s, err := h.SignIns.Start(ctx, string(rune('a'+i))+"@example.com", "wrong wrong wrong", "", c)
				if err != nil {
					t.Fatal(err)
				}
				if s.Outcome == Wrong {
					judged++
				}
			}
			return judged
		}
		c := browser()
		if n := spray(c); n != 10 {
			t.Errorf("one address: %d judged in a minute, want 10", n)
		}
		// A client of IPv6 owns its /64.
		c.Address = netip.MustParseAddr("2001:db8::1")
		spray(c)
		c.Address = netip.MustParseAddr("2001:db8::ffff:1")
		if n := spray(c); n != 0 {
			t.Errorf("the same /64: %d judged", n)
		}
		c.Address = netip.MustParseAddr("::ffff:127.0.0.1")
		if n := spray(c); n != 15 {
			t.Errorf("loopback: %d judged", n)
		}
	})
}

func TestOwnersSendsAreNotStrangers(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		// Strangers use up their budget of sends to her address.
		for range 4 {
			c := browser()
			c.Address = netip.Addr{}
			if _, err := h.SignUps.Start(ctx, "mara@example.com", testPassword, c); err != nil {
				t.Fatal(err)
			}
		}
		if s, err := h.SignUps.Start(ctx, "mara@example.com", testPassword, Client{}); err != nil || s.Outcome != Throttled {
			t.Errorf("strangers: %v, %v", s.Outcome, err)
		}
		for i := range 6 {
			c := h.startSignIn(t, "mara@example.com")
			p, err := h.SignIns.Pending(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			// The time on the page is the whole truth: at the sixth send it is
			// the budget's, not the pause's.
			if want := 30 * time.Second; i == 5 && p.ResendAt.Sub(p.Now) != 10*time.Minute || i < 5 && p.ResendAt.Sub(p.Now) != want {
				t.Errorf("send %d: again in %v", i+1, p.ResendAt.Sub(p.Now))
			}
		}
		s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", browser())
		if err != nil || s.Outcome != Throttled || s.RetryAt.Sub(h.now()) != 10*time.Minute {
			t.Errorf("the seventh: %+v, %v", s, err)
		}
	})
}

func TestParallelSendsAreCounted(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.messages(t)
		var sent atomic.Int32
		parallel(20, func(i int) {
			c := browser()
			c.Address = netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
			s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", c)
			if err != nil {
				t.Error(err)
			}
			if s.Outcome == CodeSent {
				sent.Add(1)
			}
		})
		if sent.Load() != 6 || len(h.messages(t)) != 6 {
			t.Errorf("%d codes were sent, want 6", sent.Load())
		}
	})
}

func TestCompletedSignInForgivesTheLane(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		for range 4 {
			if _, err := h.SignIns.Start(ctx, "mara@example.com", "wrong wrong wrong", "", browser()); err != nil {
				t.Fatal(err)
			}
		}
		c := h.startSignIn(t, "mara@example.com")
		if n := h.count(t, "SELECT count(*) FROM spends WHERE key LIKE 'lane %'"); n != 4 {
			t.Errorf("%d failures after the password alone, want 4: only the whole sign-in forgives", n)
		}
		if _, err := h.SignIns.Answer(ctx, h.lastCode(t, "mara@example.com"), "", Ticks{}, c); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, "SELECT count(*) FROM spends WHERE key LIKE 'lane %'"); n != 0 {
			t.Errorf("%d failures are left", n)
		}
	})
}

func TestTriesUsedUpTellsTheOwner(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		right := h.lastCode(t, "mara@example.com")
		for range 7 {
			if _, err := h.SignIns.Answer(ctx, wrongCode(right), "", Ticks{}, c); err != nil {
				t.Fatal(err)
			}
		}
		var kinds []string
		for _, m := range h.messages(t) {
			kinds = append(kinds, m.Kind)
			if code, _ := h.Outbox.Code(m); code != "" {
				t.Errorf("%s carries a code", m.Kind)
			}
		}
		if len(kinds) != 1 || kinds[0] != KindTooManyTries {
			t.Errorf("messages %v", kinds)
		}
	})
}

func TestSignInRefusesBadInput(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for _, c := range []struct{ email, password string }{{"", testPassword}, {"mara", testPassword}, {"mara@example.com", ""}} {
			if _, err := h.SignIns.Start(ctx, c.email, c.password, "", browser()); !isKind(err, Invalid) {
				t.Errorf("%q, %q: %v", c.email, c.password, err)
			}
		}
		long := make([]byte, 1<<20)
		for i := range long {
			long[i] = 'a'
		}
		if s, err := h.SignIns.Start(ctx, "mara@example.com", string(long), "", browser()); err != nil || s.Outcome != Wrong {
			t.Errorf("a megabyte of password: %v, %v", s.Outcome, err)
		}
		if _, err := h.SignIns.Answer(ctx, "123456", "", Ticks{}, browser()); !isKind(err, Gone) {
			t.Errorf("a code without a flow: %v", err)
		}
		if _, err := h.SignIns.Answer(ctx, "12345", "", Ticks{}, browser()); !isKind(err, Invalid) {
			t.Errorf("five digits: %v", err)
		}
		if _, err := h.SignIns.Resend(ctx, "", "", browser()); !isKind(err, Gone) {
			t.Errorf("a resend without a flow: %v", err)
		}
	})
}
