package models

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var ctx = context.Background()

func TestFiftyParallelGuesses(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		right := h.lastCode(t, "mara@example.com")

		var mu sync.Mutex
		outcomes := map[Outcome]int{}
		parallel(50, func(int) {
			a, err := h.SignIns.Answer(ctx, wrongCode(right), "", Ticks{}, c)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			outcomes[a.Outcome]++
		})
		// Four wrong with tries left, the fifth uses them up, 45 are not judged.
		if outcomes[Wrong] != 4 || outcomes[Exhausted] != 46 {
			t.Errorf("outcomes %v", outcomes)
		}
		if n := h.count(t, "SELECT count(*) FROM spends WHERE key LIKE 'code %'"); n != 5 {
			t.Errorf("%d guesses were judged, want 5", n)
		}
		if a, err := h.SignIns.Answer(ctx, right, "", Ticks{}, c); err != nil || a.Outcome != Exhausted {
			t.Errorf("the right code after the tries: %v, %v", a.Outcome, err)
		}
	})
}

func TestFiftyParallelRightCodes(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		right := h.lastCode(t, "mara@example.com")
		before := h.count(t, "SELECT count(*) FROM sessions WHERE account_id IS NOT NULL")

		var opened atomic.Int32
		parallel(50, func(int) {
			a, err := h.SignIns.Answer(ctx, right, "", Ticks{}, c)
			if err != nil {
				t.Error(err)
			}
			if a.Outcome == Accepted {
				opened.Add(1)
			} else if a.Outcome != Used || a.Session != "" {
				t.Errorf("outcome %v, session %q", a.Outcome, a.Session)
			}
		})
		if opened.Load() != 1 {
			t.Errorf("%d sessions were opened, want 1", opened.Load())
		}
		if n := h.count(t, "SELECT count(*) FROM sessions WHERE account_id IS NOT NULL"); n != before+1 {
			t.Errorf("%d new sessions, want 1", n-before)
		}
	})
}

func TestCodeLife(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration
		want  Outcome
	}{
		"9:59":  {9*time.Minute + 59*time.Second, Accepted},
		"10:00": {10 * time.Minute, Expired},
		"10:01": {10*time.Minute + time.Second, Expired},
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, h *house) {
				h.signUp(t, "mara@example.com")
				b := h.startSignIn(t, "mara@example.com")
				right := h.lastCode(t, "mara@example.com")
				h.forward(c.after)
				a, err := h.SignIns.Answer(ctx, right, "", Ticks{}, b)
				if err != nil || a.Outcome != c.want {
					t.Errorf("%v, %v; want %v", a.Outcome, err, c.want)
				}
				// Nothing is compared after the end: no try is spent.
				if c.want == Expired {
					if n := h.count(t, "SELECT max(attempts) FROM challenges WHERE purpose = 'sign_in'"); n != 0 {
						t.Errorf("%d tries were counted on an expired code", n)
					}
				}
			})
		})
	}
}

func TestResendKeepsCodeAndTries(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		first := h.lastCode(t, "mara@example.com")
		if _, err := h.SignIns.Resend(ctx, "", "", c); !isKind(err, TooSoon) {
			t.Fatalf("resend at once: %v", err)
		}
		for want := 4; want >= 3; want-- {
			a, err := h.SignIns.Answer(ctx, wrongCode(first), "", Ticks{}, c)
			if err != nil || a.Outcome != Wrong || a.TriesLeft != want {
				t.Fatalf("%v with %d left, %v; want %d", a.Outcome, a.TriesLeft, err, want)
			}
		}
		h.forward(30 * time.Second)
		r, err := h.SignIns.Resend(ctx, "", "", c)
		if err != nil || r.Outcome != CodeSent || r.Fresh {
			t.Fatalf("resend: %+v, %v", r, err)
		}
		if again := h.lastCode(t, "mara@example.com"); again != first {
			t.Error("the resend brought another code; either message must work")
		}
		p, err := h.SignIns.Pending(ctx, c)
		if err != nil || p.TriesLeft != 3 {
			t.Errorf("%d tries left after the resend, %v; want 3", p.TriesLeft, err)
		}
		if wait := p.ResendAt.Sub(p.Now); wait != 60*time.Second {
			t.Errorf("the second wait is %v, want 60 s", wait)
		}
	})
}

func TestNextGeneration(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		first := h.lastCode(t, "mara@example.com")
		h.forward(8*time.Minute + time.Second) // less than two minutes are left
		r, err := h.SignIns.Resend(ctx, "", "", c)
		if err != nil || !r.Fresh {
			t.Fatalf("resend: %+v, %v", r, err)
		}
		second := h.lastCode(t, "mara@example.com")
		if second == first {
			t.Fatal("the next generation repeats the code")
		}
		p, err := h.SignIns.Pending(ctx, c)
		if err != nil || p.ExpiresAt.Sub(p.Now) != 10*time.Minute {
			t.Errorf("the new code lives %v, %v", p.ExpiresAt.Sub(p.Now), err)
		}
		t.Run("the one before stays good to its own end", func(t *testing.T) {
			h.forward(time.Minute + 58*time.Second)
			if a, err := h.SignIns.Answer(ctx, first, "", Ticks{}, c); err != nil || a.Outcome != Accepted {
				t.Errorf("%v, %v", a.Outcome, err)
			}
		})
	})
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		first := h.lastCode(t, "mara@example.com")
		h.forward(9 * time.Minute)
		if _, err := h.SignIns.Resend(ctx, "", "", c); err != nil {
			t.Fatal(err)
		}
		second := h.lastCode(t, "mara@example.com")
		h.forward(time.Minute)
		if a, err := h.SignIns.Answer(ctx, first, "", Ticks{}, c); err != nil || a.Outcome != Wrong {
			t.Errorf("the first code after its end: %v, %v", a.Outcome, err)
		}
		if a, err := h.SignIns.Answer(ctx, second, "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Errorf("the second code: %v, %v", a.Outcome, err)
		}
	})
}

func TestFlowEnds(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		h.messages(t)
		h.forward(55 * time.Minute)
		if r, err := h.SignIns.Resend(ctx, "", "", c); err != nil || !r.Fresh {
			t.Fatalf("resend after the code's end: %+v, %v", r, err)
		}
		p, err := h.SignIns.Pending(ctx, c)
		if err != nil || p.ExpiresAt.Sub(p.Now) != 5*time.Minute {
			t.Errorf("a code outlives its flow: %v, %v", p.ExpiresAt.Sub(p.Now), err)
		}
		right := h.lastCode(t, "mara@example.com")
		h.forward(5 * time.Minute)
		if _, err := h.SignIns.Answer(ctx, right, "", Ticks{}, c); !isKind(err, Gone) {
			t.Errorf("a code after its flow: %v", err)
		}
		if _, err := h.SignIns.Pending(ctx, c); !isKind(err, Gone) {
			t.Errorf("the page after its flow: %v", err)
		}
	})
}

func TestCodesStayInTheirFlow(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.signUp(t, "tom@example.com")
		mara, tom := h.startSignIn(t, "mara@example.com"), h.startSignIn(t, "tom@example.com")
		codes := h.post(t)
		second := h.startSignIn(t, "mara@example.com")
		newer := h.lastCode(t, "mara@example.com")
		first := codes["mara@example.com"][0]
		up := browser()
		up.Session = h.startSignUp(t, "new@example.com", up)

		refused := func(name string, a Answered, err error) {
			t.Helper()
			if err != nil || a.Outcome != Wrong || a.Session != "" {
				t.Errorf("%s: %v, %v", name, a.Outcome, err)
			}
		}
		a, err := h.SignIns.Answer(ctx, codes["tom@example.com"][0], "", Ticks{}, mara)
		refused("another account's code", a, err)
		a, err = h.SignIns.Answer(ctx, newer, "", Ticks{}, mara)
		refused("the same account's other flow", a, err)
		a, err = h.SignIns.Answer(ctx, first, "", Ticks{}, second)
		refused("the same account's first flow", a, err)
		a, err = h.SignUps.Answer(ctx, first, "", Ticks{}, up)
		refused("another purpose", a, err)
		// A second flow does not kill the first.
		if a, err := h.SignIns.Answer(ctx, first, "", Ticks{}, mara); err != nil || a.Outcome != Accepted {
			t.Errorf("the first flow: %v, %v", a.Outcome, err)
		}
		if a, err := h.SignIns.Answer(ctx, codes["tom@example.com"][0], "", Ticks{}, tom); err != nil || a.Outcome != Accepted {
			t.Errorf("tom: %v, %v", a.Outcome, err)
		}
	})
}

func TestTwoTabs(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "tom@example.com")
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		older, err := h.SignIns.Pending(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		h.forward(time.Second)
		s, err := h.SignIns.Start(ctx, "tom@example.com", testPassword, "", c)
		if err != nil || s.Session == c.Session {
			t.Fatalf("the second tab: %+v, %v", s, err)
		}
		if _, err := h.SignIns.Pending(ctx, c); !isKind(err, Gone) {
			t.Errorf("the handle before it lives on: %v", err)
		}
		c.Session = s.Session // both tabs have the browser's new cookie
		codes := h.post(t)
		if a, err := h.SignIns.Answer(ctx, codes["mara@example.com"][0], older.Flow, Ticks{}, c); err != nil || a.Outcome != Superseded {
			t.Errorf("the older tab: %v, %v", a.Outcome, err)
		}
		if a, err := h.SignIns.Answer(ctx, codes["tom@example.com"][0], "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Errorf("the newer flow: %v, %v", a.Outcome, err)
		}
	})
}

func TestWrongCodesOfAnAccount(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		judged := 0
		for range 3 {
			h.forward(11 * time.Minute) // past the sends of ten minutes
			c := h.startSignIn(t, "mara@example.com")
			right := h.lastCode(t, "mara@example.com")
			for range 5 {
				c.Address = c.Address.Next() // another network, the same budget
				if a, err := h.SignIns.Answer(ctx, wrongCode(right), "", Ticks{}, c); err != nil || a.Outcome != Wrong && a.Outcome != Exhausted {
					t.Fatalf("%v, %v", a.Outcome, err)
				}
				judged++
			}
		}
		h.forward(11 * time.Minute)
		c := h.startSignIn(t, "mara@example.com")
		right := h.lastCode(t, "mara@example.com")
		a, err := h.SignIns.Answer(ctx, right, "", Ticks{}, c)
		if err != nil || a.Outcome != Throttled || a.RetryAt.IsZero() {
			t.Errorf("after %d wrong codes the right one: %v until %v, %v", judged, a.Outcome, a.RetryAt, err)
		}
		// Another account is not touched.
		h.signUp(t, "tom@example.com")
	})
}

func TestHundredWrongInARow(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		wrong := 0
		for wrong < wrongInRow {
			h.forward(8*time.Hour + time.Minute)
			c := h.startSignIn(t, "mara@example.com")
			right := h.lastCode(t, "mara@example.com")
			for range 5 {
				if a, err := h.SignIns.Answer(ctx, wrongCode(right), "", Ticks{}, c); err != nil || a.Outcome != Wrong && a.Outcome != Exhausted {
					t.Fatalf("after %d: %v, %v", wrong, a.Outcome, err)
				}
				wrong++
			}
		}
		h.forward(24 * time.Hour)
		s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", browser())
		if err != nil || s.Outcome != ChannelOff || s.Session != "" {
			t.Errorf("after %d wrong codes in a row: %+v, %v", wrong, s, err)
		}
	})
}

func TestAHangUpDoesNotTakeTheCountBack(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		right := h.lastCode(t, "mara@example.com")
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if a, err := h.SignIns.Answer(gone, wrongCode(right), "", Ticks{}, c); err != nil || a.TriesLeft != 4 {
			t.Errorf("%+v, %v", a, err)
		}
		if n := h.count(t, "SELECT max(attempts) FROM challenges"); n != 1 {
			t.Errorf("%d tries counted, want 1", n)
		}
	})
}
