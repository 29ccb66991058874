package models

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// Each of these was found by an attack on the running program.

func TestNeighboursDoNotBlockAKnownDevice(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUp(t, "mara@example.com")
		neighbour := browser() // the same network address
		for i := range 12 {
			if _, err := h.SignIns.Start(ctx, fmt.Sprintf("n%d@example.com", i), "wrong wrong wrong", "", neighbour); err != nil {
				t.Fatal(err)
			}
		}
		if s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", neighbour); err != nil || s.Outcome != Throttled {
			t.Fatalf("the address is not used up: %v, %v", s.Outcome, err)
		}
		if s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", owner); err != nil || s.Outcome != Accepted {
			t.Errorf("the owner on a known device: %v, %v", s.Outcome, err)
		}
	})
}

func TestNeighboursDoNotStopACode(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		right := h.lastCode(t, "mara@example.com")
		for i := range 12 {
			if _, err := h.SignIns.Start(ctx, fmt.Sprintf("n%d@example.com", i), "wrong wrong wrong", "", browser()); err != nil {
				t.Fatal(err)
			}
		}
		if a, err := h.SignIns.Answer(ctx, right, "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Errorf("a right code: %v, %v", a.Outcome, err)
		}
	})
}

func TestStrangersDoNotStopASignUp(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for i := range 3 {
			c := browser()
			c.Address = netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
			c.Session = h.startSignUp(t, "mara@example.com", c)
			right := h.lastCode(t, "mara@example.com")
			for range 5 {
				if _, err := h.SignUps.Answer(ctx, wrongCode(right), "", Ticks{}, c); err != nil {
					t.Fatal(err)
				}
			}
		}
		h.forward(11 * time.Minute)
		c := browser()
		c.Session = h.startSignUp(t, "mara@example.com", c)
		if a, err := h.SignUps.Answer(ctx, h.lastCode(t, "mara@example.com"), "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Errorf("the owner of the address: %v, %v", a.Outcome, err)
		}
	})
}

// Who is refused for sending too much costs no hash.
func TestRefusedSignUpIsNotHashed(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for i := range 3 {
			c := browser()
			c.Address = netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
			h.startSignUp(t, "mara@example.com", c)
		}
		for range queueLength {
			h.core.hasher.queue.take(asker{}) // whoever hashes now is told to come back
		}
		if s, err := h.SignUps.Start(ctx, "mara@example.com", testPassword, browser()); err != nil || s.Outcome != Throttled {
			t.Errorf("%v, %v; want a refusal without a hash", s.Outcome, err)
		}
	})
}

func TestPlusTagsAreOneMailbox(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		sent := 0
		for i := range 9 {
			c := browser()
			c.Address = netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
			s, err := h.SignUps.Start(ctx, fmt.Sprintf("mara+%d@example.com", i), testPassword, c)
			if err != nil {
				t.Fatal(err)
			}
			if s.Outcome == CodeSent {
				sent++
			}
		}
		if sent != 3 {
			t.Errorf("%d messages went to one mailbox in ten minutes, want 3", sent)
		}
	})
}

func TestSendsOfOneNetworkAddress(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		sent := 0
		for i := range 15 {
			s, err := h.SignUps.Start(ctx, fmt.Sprintf("n%d@example.com", i), testPassword, browser())
			if err != nil {
				t.Fatal(err)
			}
			if s.Outcome == CodeSent {
				sent++
			}
		}
		if sent != 5 {
			t.Errorf("one address reached %d mailboxes in an hour, want 5", sent)
		}
		for i := range 15 { // those again
			s, err := h.SignUps.Start(ctx, fmt.Sprintf("n%d@example.com", i%5), testPassword, browser())
			if err != nil {
				t.Fatal(err)
			}
			if s.Outcome == CodeSent {
				sent++
			}
		}
		if sent != 10 {
			t.Errorf("one address had %d messages sent in an hour, want 10", sent)
		}
	})
}

func TestResentNoteGoesToTheStoredOriginal(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "Mara@example.com")
		c := browser()
		c.Session = h.startSignUp(t, "MARA@EXAMPLE.com", c)
		h.forward(31 * time.Second)
		if _, err := h.SignUps.Resend(ctx, "", "", c); err != nil {
			t.Fatal(err)
		}
		for _, m := range h.messages(t) {
			if m.Destination != "Mara@example.com" {
				t.Errorf("%s went to %s", m.Kind, m.Destination)
			}
		}
	})
}

// A password that is changed while a sign-in rests on the old one opens
// nothing: the sign-in holds the account until it commits.
func TestPasswordChangedDuringSignIn(t *testing.T) {
	h := openHouse(t, postgresURL(t), nil)
	owner := h.signUp(t, "mara@example.com")
	g := h.core.db.Read(ctx).Begin()
	defer g.Rollback()
	other, err := h.core.hasher.hash(ctx, newPassword, asker{})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Exec("UPDATE accounts SET password_hash = ?", other).Error; err != nil {
		t.Fatal(err)
	}
	done := make(chan Started, 1)
	go func() {
		s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", owner)
		if err != nil {
			t.Error(err)
		}
		done <- s
	}()
	// The sign-in waits for the change: it is seen in the list of locks.
	for waiting := 0; waiting == 0; {
		waiting = h.count(t, "SELECT count(*) FROM pg_locks WHERE NOT granted")
		select {
		case s := <-done:
			t.Fatalf("the sign-in did not wait: %+v", s)
		default:
		}
	}
	if err := g.Commit().Error; err != nil {
		t.Fatal(err)
	}
	if s := <-done; s.Outcome != Wrong {
		t.Errorf("the old password: %v", s.Outcome)
	}
}
