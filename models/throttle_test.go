package models

import (
	"math/rand/v2"
	"testing"
	"time"
)

// The budget lets exactly n acts into any window of its length, whatever their
// order, and says truly when the next one may come.
func TestBudgetIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for range 300 {
		b := budget{windows: []window{
			{1 + random.IntN(5), time.Duration(1+random.IntN(20)) * time.Minute},
			{1 + random.IntN(12), time.Duration(20+random.IntN(100)) * time.Minute},
		}}
		var acts []time.Time // newest first
		now := start
		for range 60 {
			now = now.Add(time.Duration(random.IntN(600)) * time.Second)
			free := b.freeAt(past{times: acts}, now)
			if !free.IsZero() {
				if early := b.freeAt(past{times: acts}, free.Add(-time.Millisecond)); early.IsZero() {
					t.Fatalf("free before it said: %v", free)
				}
				if !b.freeAt(past{times: acts}, free).IsZero() {
					t.Fatalf("not free when it said: %v", free)
				}
				continue
			}
			acts = append([]time.Time{now}, acts...)
			for _, w := range b.windows {
				inside := 0
				for _, at := range acts {
					if at.After(now.Add(-w.per)) {
						inside++
					}
				}
				if inside > w.n {
					t.Fatalf("%d acts in %v, allowed %d", inside, w.per, w.n)
				}
			}
		}
	}
}

func TestBackoff(t *testing.T) {
	b := budget{windows: laneWindows(), backoff: true}
	start := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	var acts []time.Time
	now := start
	var waits []time.Duration
	for range 9 {
		acts = append([]time.Time{now}, acts...)
		free := b.freeAt(past{times: acts}, now)
		if free.IsZero() {
			waits = append(waits, 0)
			continue
		}
		waits = append(waits, free.Sub(now))
		now = free
	}
	want := []time.Duration{0, 0, 0, 0, 1, 2, 4, 8, 16}
	for i := range want {
		if waits[i] != want[i]*time.Second {
			t.Errorf("after failure %d: %v, want %v s", i+1, waits[i], want[i])
		}
	}
	many := make([]time.Time, 29)
	for i := range many {
		many[i] = now.Add(-time.Duration(i) * 40 * time.Minute)
	}
	if free := b.freeAt(past{times: many}, now); free.Sub(now) != LaneWaitMax {
		t.Errorf("the longest wait is %v", free.Sub(now))
	}
}

func TestResendWaits(t *testing.T) {
	p := DefaultPolicy()
	for n, want := range []time.Duration{30, 30, 60, 120, 240, 480} {
		if got := p.resendWait(n); got != want*time.Second {
			t.Errorf("send %d: %v, want %v s", n, got, want)
		}
	}
	if got := p.resendWait(1000); got > 2*time.Duration(p.FlowLife) {
		t.Errorf("the wait grows to %v", got)
	}
}

func TestPolicyRefuses(t *testing.T) {
	if err := DefaultPolicy().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Policy){
		"code_life":          func(p *Policy) { p.CodeLife = Duration(11 * time.Minute) },
		"code_tries":         func(p *Policy) { p.CodeTries = 0 },
		"flow_life":          func(p *Policy) { p.FlowLife = Duration(time.Minute) },
		"resend_waits":       func(p *Policy) { p.ResendWaits = []Duration{Duration(time.Minute), Duration(time.Second)} },
		"owner_sends":        func(p *Policy) { p.OwnerSends.Hour = 1 },
		"stranger_sends":     func(p *Policy) { p.StrangerSends.TenMinutes = 0 },
		"wrong_codes":        func(p *Policy) { p.WrongCodes = 1000 },
		"session_idle":       func(p *Policy) { p.SessionIdle = p.SessionLife + 1 },
		"session_life":       func(p *Policy) { p.SessionLife = Duration(400 * 24 * time.Hour) },
		"elevated":           func(p *Policy) { p.Elevated = Duration(2 * time.Hour) },
		"desk":               func(p *Policy) { p.Desk, p.Elevated = Duration(30*time.Minute), Duration(time.Hour) },
		"service_code":       func(p *Policy) { p.ServiceCode = Duration(61 * time.Minute) },
		"chat_idle":          func(p *Policy) { p.ChatIdle = Duration(time.Minute) },
		"chat_kept":          func(p *Policy) { p.ChatKept = Duration(time.Hour) },
		"address_per_minute": func(p *Policy) { p.AddressMinute = 0 },
		"address_per_hour":   func(p *Policy) { p.AddressHour = 1 },
		"password_min":       func(p *Policy) { p.PasswordMin = 4 },
		"password_max":       func(p *Policy) { p.PasswordMax = 20 },
		"argon2_memory":      func(p *Policy) { p.ArgonMemory = 1024 },
		"argon2_iterations":  func(p *Policy) { p.ArgonIterations = 1 },
		"argon2_threads":     func(p *Policy) { p.ArgonThreads = 0 },
	} {
		p := DefaultPolicy()
		change(&p)
		mustContain(t, p.Validate(), name+":")
	}
}

func TestDurationText(t *testing.T) {
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "10m": 10 * time.Minute, "30d": 720 * time.Hour} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || time.Duration(d) != want {
			t.Errorf("%s: %v, %v", text, d, err)
		}
	}
	for _, text := range []string{"", "10", "-1s", "xd", "-3d", "99999999d"} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, d)
		}
	}
}
