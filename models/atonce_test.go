package models

import "testing"

// hashing waits until so many owners wait for their hashes.
func (h *house) hashing(want int) {
	for n := 0; n < want; {
		q := h.core.hasher.queue
		q.mu.Lock()
		n = len(q.own.waiting)
		q.mu.Unlock()
	}
}

// As many passwords as an account may hash at once, typed in one session: no more are
// judged than one after the other.
func TestPasswordsAtOnceInASession(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.stale(t, "mara@example.com")
		release, done := holdHashes(h), make(chan Outcome, ownPlaces)
		for range ownPlaces {
			go func() {
				a, err := h.Reauths.Password(ctx, "wrong wrong wrong", c)
				if err != nil {
					t.Error(err)
				}
				done <- a.Outcome
			}()
		}
		h.hashing(ownPlaces)
		release()
		judged := 0
		for range ownPlaces {
			if <-done == Wrong {
				judged++
			}
		}
		if judged != LaneFree {
			t.Errorf("%d were judged, want %d", judged, LaneFree)
		}
	})
}

// The right password, pressed twice where the operator has raised the cost of hashes: the
// first press hashes it anew, and the second is right, too.
func TestRightPasswordBesideARehash(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		c.Session = ""
		dear := h.elsewhere(t)
		dear.core.hasher.iterations = 3
		release, done := holdHashes(dear), make(chan Started, 2)
		for range 2 {
			go func() {
				s, err := dear.SignIns.Start(ctx, "mara@example.com", testPassword, "", c)
				if err != nil {
					t.Error(err)
				}
				done <- s
			}()
		}
		dear.hashing(2)
		release()
		for range 2 {
			if s := <-done; s.Outcome != Accepted {
				t.Errorf("the right password: %v", s.Outcome)
			}
		}
		if n := h.count(t, "SELECT count(*) FROM events WHERE kind = ?", EventWrongPassword); n > 0 {
			t.Errorf("%d wrong passwords", n)
		}
	})
}
