package models

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestPasswordRules(t *testing.T) {
	p := DefaultPolicy()
	mara := Email{Value: "mara.long.name@example.com", Shown: "mara.long.name@example.com"}
	for password, want := range map[string]string{
		"":                                "empty",
		"elevenchars":                     "too_short",
		"twelve chars":                    "",
		strings.Repeat("\U0001F3AC", 12):  "",
		strings.Repeat("\U0001F3AC", 11):  "too_short",
		"aaaaaaaaaaaaaaaaaaaaaaz":         "",
		"all lower case words":            "",
		"918273645546372819":              "",
		strings.Repeat("a b ", 64):        "",
		strings.Repeat("a", 257):          "too_long",
		strings.Repeat("a", 1<<20):        "too_long",
		"password1234":                    "common",
		"PassWord1234":                    "common",
		"Admit One 2026":                  "brand",
		"admitone2026!":                   "brand",
		"admit one and a longer sentence": "",
		"mara.long.name@example.com":      "own_address",
		"MARA.LONG.NAME1!":                "own_address",
		"nul\x00nul\x00nul":               "bad_characters",
		"\xff\xfe invalid utf8":           "bad_characters",
	} {
		if got, _ := passwordReason(password, p, mara, "Admit One"); got != want {
			t.Errorf("%.40q: %q, want %q", password, got, want)
		}
	}
}

func TestHash(t *testing.T) {
	h := newHasher(DefaultPolicy(), time.Now)
	phc, err := h.hash(ctx, "caf\u00e9 au lait every day", asker{})
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q, %v", phc, err)
	}
	if again, _ := h.hash(ctx, "caf\u00e9 au lait every day", asker{}); again == phc {
		t.Error("two hashes share a salt")
	}
	for password, want := range map[string]bool{
		"caf\u00e9 au lait every day":  true,
		"cafe\u0301 au lait every day": true, // the same letters, composed otherwise
		"caf\u00e9 au lait every da":   false,
		"Caf\u00e9 au lait every day":  false,
		"":                             false,
	} {
		if got, err := h.verify(ctx, password, phc, asker{}); got != want || err != nil {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
	long := strings.Repeat("a", 100)
	phc, _ = h.hash(ctx, long, asker{})
	if ok, _ := h.verify(ctx, long[:72], phc, asker{}); ok {
		t.Error("a password is cut")
	}
	if ok, err := h.verify(ctx, "anything at all", "", asker{}); ok || err != nil {
		t.Errorf("the decoy: %v, %v", ok, err)
	}
	for _, broken := range []string{"x", "$argon2id$v=19$m=x$a$b", "$argon2i$v=19$m=1,t=1,p=1$a$b", "$argon2id$v=19$m=19456,t=2,p=1$!$!"} {
		if ok, err := h.verify(ctx, "anything", broken, asker{}); ok || err == nil {
			t.Errorf("%q is verified", broken)
		}
	}
}

func TestHashingQueue(t *testing.T) {
	h := newHasher(DefaultPolicy(), time.Now)
	h.queue.free = 0 // every core is taken
	gone, cancel := context.WithCancel(ctx)
	done := make(chan error, queueLength)
	for range queueLength {
		go func() {
			_, err := h.hash(gone, "a password that waits", asker{})
			done <- err
		}()
	}
	waiting := func() int {
		h.queue.mu.Lock()
		defer h.queue.mu.Unlock()
		return h.queue.others.taken
	}
	for waiting() < queueLength {
		select {
		case err := <-done:
			t.Fatal(err)
		default:
		}
	}
	_, err := h.hash(ctx, "one too many", asker{})
	var e *Error
	if !errors.As(err, &e) || e.Kind != Busy || e.RetryAt.IsZero() {
		t.Errorf("a full queue: %v", err)
	}
	cancel()
	for range queueLength {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if waiting() != 0 {
		t.Errorf("%d places are lost", waiting())
	}
}

// One asker takes his share of the queue and no more, and neither line shuts the
// other.
func TestHashingShare(t *testing.T) {
	for _, c := range []struct {
		own          bool
		each, length int
	}{{false, queuePlaces, queueLength}, {true, ownPlaces, ownLength}} {
		q := newHashQueue(2)
		take := func(key string) bool {
			_, ok := q.take(asker{whose: key, own: c.own})
			return ok
		}
		for range c.each {
			if !take("one") {
				t.Fatal("refused before the share was taken")
			}
		}
		if take("one") {
			t.Error("more than its share")
		}
		if !take("another") {
			t.Error("one shuts the others out")
		}
		q.leave(asker{whose: "one", own: c.own})
		if !take("one") {
			t.Error("a place that was given back is lost")
		}
		for i := range c.length - c.each - 1 {
			if !take(fmt.Sprint(i)) {
				t.Fatalf("refused at %d", i)
			}
		}
		if take("late") {
			t.Error("more than the line holds")
		}
		if _, ok := q.take(asker{own: !c.own}); !ok {
			t.Error("a full line shuts the other")
		}
	}
}

// While both lines wait, each gets every other core; each line keeps its order.
func TestHashingTurns(t *testing.T) {
	q := newHashQueue(1)
	running := asker{}
	q.take(running)
	var waits [2][3]chan struct{} // strangers, owners
	for i := range 3 {
		for own := range 2 {
			waits[own][i], _ = q.take(asker{own: own == 1})
		}
	}
	in := func(ready chan struct{}) bool {
		select {
		case <-ready:
			return true
		default:
			return false
		}
	}
	counts := [2]int{}
	for range 6 {
		q.leave(running)
		for own := range 2 {
			if i := counts[own]; i < 3 && in(waits[own][i]) {
				counts[own]++
				running = asker{own: own == 1}
			}
		}
		if d := counts[0] - counts[1]; d < -1 || d > 1 {
			t.Fatalf("not by turns: %v", counts)
		}
	}
	if q.leave(running); counts != [2]int{3, 3} || q.free != 1 || q.own.taken != 0 || q.others.taken != 0 {
		t.Errorf("%v, %+v", counts, q)
	}
}

func TestRehash(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		o := h.options
		o.Policy.ArgonIterations = 3
		stronger := openModels(t, o)
		if s, err := stronger.SignIns.Start(ctx, "mara@example.com", testPassword, "", c); err != nil || s.Outcome != Accepted {
			t.Fatalf("%v, %v", s.Outcome, err)
		}
		if n := h.count(t, "SELECT count(*) FROM accounts WHERE password_hash LIKE '%,t=3,%'"); n != 1 {
			t.Error("the hash keeps its old parameters")
		}
		if s, err := stronger.SignIns.Start(ctx, "mara@example.com", testPassword, "", c); err != nil || s.Outcome != Accepted {
			t.Errorf("with the new hash: %v, %v", s.Outcome, err)
		}
	})
}
