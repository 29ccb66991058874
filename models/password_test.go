package models

import (
	"context"
	"errors"
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
	phc, err := h.hash(ctx, "caf\u00e9 au lait every day", "")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q, %v", phc, err)
	}
	if again, _ := h.hash(ctx, "caf\u00e9 au lait every day", ""); again == phc {
		t.Error("two hashes share a salt")
	}
	for password, want := range map[string]bool{
		"caf\u00e9 au lait every day":  true,
		"cafe\u0301 au lait every day": true, // the same letters, composed otherwise
		"caf\u00e9 au lait every da":   false,
		"Caf\u00e9 au lait every day":  false,
		"":                             false,
	} {
		if got, err := h.verify(ctx, password, phc, ""); got != want || err != nil {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
	long := strings.Repeat("a", 100)
	phc, _ = h.hash(ctx, long, "")
	if ok, _ := h.verify(ctx, long[:72], phc, ""); ok {
		t.Error("a password is cut")
	}
	if ok, err := h.verify(ctx, "anything at all", "", ""); ok || err != nil {
		t.Errorf("the decoy: %v, %v", ok, err)
	}
	for _, broken := range []string{"x", "$argon2id$v=19$m=x$a$b", "$argon2i$v=19$m=1,t=1,p=1$a$b", "$argon2id$v=19$m=19456,t=2,p=1$!$!"} {
		if ok, err := h.verify(ctx, "anything", broken, ""); ok || err == nil {
			t.Errorf("%q is verified", broken)
		}
	}
}

func TestHashingQueue(t *testing.T) {
	h := newHasher(DefaultPolicy(), time.Now)
	for range cap(h.slots) {
		h.slots <- struct{}{} // every core is taken
	}
	gone, cancel := context.WithCancel(ctx)
	done := make(chan error, queueLength)
	for range queueLength {
		go func() {
			_, err := h.hash(gone, "a password that waits", "")
			done <- err
		}()
	}
	waiting := func() int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.queued
	}
	for waiting() < queueLength {
		select {
		case err := <-done:
			t.Fatal(err)
		default:
		}
	}
	_, err := h.hash(ctx, "one too many", "")
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

// One network address takes its share of the queue and no more.
func TestHashingShare(t *testing.T) {
	h := newHasher(DefaultPolicy(), time.Now)
	for range queuePlaces {
		if !h.take("203.0.113.7") {
			t.Fatal("refused before the share was taken")
		}
	}
	if h.take("203.0.113.7") {
		t.Error("more than its share")
	}
	if !h.take("203.0.113.8") || !h.take("") {
		t.Error("one address shuts the others out")
	}
	h.give("203.0.113.7")
	if !h.take("203.0.113.7") {
		t.Error("a place that was given back is lost")
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
