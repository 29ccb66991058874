package models

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// oracle is the challenge as the policy tells it, in the fewest words: what a
// random script of acts must agree with.
type oracle struct {
	codes    []generation
	tries    int
	used     bool
	began    time.Time
	resendAt time.Time
	sends    int
}

type generation struct {
	code string
	ends time.Time
}

func (o *oracle) answer(code string, now time.Time) (Outcome, bool) {
	alive, right := false, false
	for i, g := range o.codes {
		// Only the newest and the one before can be alive.
		if i >= len(o.codes)-2 && now.Before(g.ends) {
			alive = true
			right = right || g.code == code
		}
	}
	switch {
	case !now.Before(o.began.Add(time.Hour)):
		return "", true // gone
	case o.used:
		return Used, false
	case o.tries == 0:
		return Exhausted, false
	case !alive:
		return Expired, false
	case right:
		o.used = true
		o.tries--
		return Accepted, false
	}
	o.tries--
	if o.tries == 0 {
		return Exhausted, false
	}
	return Wrong, false
}

// resends says what asking again must do.
func (o *oracle) resend(now time.Time) (outcome Outcome, fresh, tooSoon, gone bool) {
	switch {
	case !now.Before(o.began.Add(time.Hour)):
		return "", false, false, true
	case o.used:
		return Used, false, false, false
	case o.tries == 0:
		return Exhausted, false, false, false
	case now.Before(o.resendAt):
		return "", false, true, false
	}
	o.sends++
	return CodeSent, o.codes[len(o.codes)-1].ends.Sub(now) < 2*time.Minute, false, false
}

func TestRandomScripts(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for seed := range uint64(25) {
			script(t, h, fmt.Sprintf("seed %d", seed), rand.New(rand.NewPCG(seed, 99)).IntN)
		}
	})
}

// FuzzScript lets the fuzzer choose the acts.
func FuzzScript(f *testing.F) {
	for seed := range byte(2) { // and those of testdata
		acts := make([]byte, 60)
		rand.NewChaCha8([32]byte{seed}).Read(acts)
		f.Add(acts)
	}
	h := openHouse(f, f.TempDir()+"/admitone.db", nil)
	f.Fuzz(func(t *testing.T, acts []byte) {
		h.forward(24 * time.Hour) // sign-ups from one address are bounded too
		left := written(acts)
		script(t, h, fmt.Sprintf("acts %x", acts), left.choose)
	})
}

// written are the choices of a script, a byte each: a mutation of one changes one
// act, which a seed could not do.
type written []byte

// choose gives 0 up to n-1, and 0 where nothing more is written.
func (w *written) choose(n int) int {
	if len(*w) == 0 {
		return 0
	}
	first := (*w)[0]
	*w = (*w)[1:]
	return int(first) * n / 256
}

func script(t *testing.T, h *house, which string, choose func(n int) int) {
	t.Helper()
	email := fmt.Sprintf("%s@example.com", newID())
	h.signUp(t, email)
	h.forward(11 * time.Minute)
	c := h.startSignIn(t, email)
	p, err := h.SignIns.Pending(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{tries: 5, began: h.now(), sends: 1, resendAt: p.ResendAt}
	o.codes = append(o.codes, generation{h.lastCode(t, email), h.now().Add(10 * time.Minute)})

	for step := range 25 {
		name := fmt.Sprintf("%s, step %d at %v", which, step, h.now().Sub(o.began))
		switch choose(4) {
		case 0:
			h.forward(time.Duration(choose(400)) * time.Second)
		case 1:
			code := o.codes[choose(len(o.codes))].code
			if choose(3) > 0 {
				code = wrongCode(code)
			}
			want, gone := o.answer(code, h.now())
			a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, c)
			if gone {
				if !isKind(err, Gone) {
					t.Fatalf("%s: %+v, %v; want gone", name, a, err)
				}
				continue
			}
			if err != nil || a.Outcome != want {
				t.Fatalf("%s: %v, %v; want %v", name, a.Outcome, err, want)
			}
		default:
			want, fresh, tooSoon, gone := o.resend(h.now())
			r, err := h.SignIns.Resend(ctx, "", "", c)
			switch {
			case gone:
				if !isKind(err, Gone) {
					t.Fatalf("%s: %+v, %v; want gone", name, r, err)
				}
			case tooSoon:
				if !isKind(err, TooSoon) {
					t.Fatalf("%s: %+v, %v; want too soon", name, r, err)
				}
			case err != nil || r.Outcome != want || r.Fresh != (fresh && want == CodeSent):
				t.Fatalf("%s: %+v, %v; want %v, fresh %v", name, r, err, want, fresh)
			case want == CodeSent:
				afterSend(t, h, o, c, email, fresh, name)
			}
		}
	}
}

// afterSend checks what a send must have left behind.
func afterSend(t *testing.T, h *house, o *oracle, c Client, email string, fresh bool, name string) {
	t.Helper()
	code := h.lastCode(t, email)
	last := o.codes[len(o.codes)-1]
	if !fresh && code != last.code {
		t.Fatalf("%s: the resend brought another code", name)
	}
	if fresh {
		ends := h.now().Add(10 * time.Minute)
		if flow := o.began.Add(time.Hour); ends.After(flow) {
			ends = flow
		}
		o.codes = append(o.codes, generation{code, ends})
	}
	p, err := h.SignIns.Pending(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if !p.ExpiresAt.Equal(o.codes[len(o.codes)-1].ends) || p.TriesLeft != o.tries {
		t.Fatalf("%s: the page says %v and %d tries; want %v and %d", name, p.ExpiresAt, p.TriesLeft, o.codes[len(o.codes)-1].ends, o.tries)
	}
	// The wait is at least the pause; the destination's budget may make it longer.
	if pause := DefaultPolicy().resendWait(o.sends); p.ResendAt.Before(h.now().Add(pause)) {
		t.Fatalf("%s: again in %v, the pause is %v", name, p.ResendAt.Sub(h.now()), pause)
	}
	o.resendAt = p.ResendAt
}
