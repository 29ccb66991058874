package models

import (
	"strings"
	"testing"
	"time"
)

// What is promised about guessing, waiting and undoing rests on the bounds of the
// numbers: each holds at its very edge, and the error of what is past it names the
// setting.
func TestPolicyHoldsItsBounds(t *testing.T) {
	const second, minute, hour, day = Duration(time.Second), Duration(time.Minute), Duration(time.Hour), Duration(24 * time.Hour)
	sends := func(ten, hour, day int) Sends { return Sends{ten, hour, day} }
	for name, set := range map[string]func(p *Policy) (good, bad []func()){
		"code_life":          edges(func(p *Policy) *Duration { return &p.CodeLife }, second, 10*minute),
		"code_tries":         edges(func(p *Policy) *int { return &p.CodeTries }, 1, 10),
		"flow_life":          edges(func(p *Policy) *Duration { return &p.FlowLife }, 10*minute, day),
		"wrong_codes":        edges(func(p *Policy) *int { return &p.WrongCodes }, 5, 100),
		"wrong_reset_codes":  edges(func(p *Policy) *int { return &p.WrongResetCodes }, 5, 100),
		"elevated":           edges(func(p *Policy) *Duration { return &p.Elevated }, minute, hour),
		"trust":              edges(func(p *Policy) *Duration { return &p.Trust }, day, 30*day),
		"undo_life":          edges(func(p *Policy) *Duration { return &p.UndoLife }, day, 14*day),
		"closing_wait":       edges(func(p *Policy) *Duration { return &p.ClosingWait }, day, 30*day),
		"session_idle":       edges(func(p *Policy) *Duration { return &p.SessionIdle }, hour, 90*day),
		"session_life":       one(func(p *Policy) *Duration { return &p.SessionLife }, []Duration{30 * day, 366 * day}, []Duration{366*day + 1}),
		"desk":               edges(func(p *Policy) *Duration { return &p.Desk }, 10*minute, 12*hour),
		"service_code":       edges(func(p *Policy) *Duration { return &p.ServiceCode }, 10*minute, hour),
		"chat_idle":          edges(func(p *Policy) *Duration { return &p.ChatIdle }, 2*minute, hour),
		"chat_kept":          edges(func(p *Policy) *Duration { return &p.ChatKept }, day, 366*day),
		"password_min":       edges(func(p *Policy) *int { return &p.PasswordMin }, 8, 256),
		"password_max":       edges(func(p *Policy) *int { return &p.PasswordMax }, 64, 1024),
		"argon2_memory":      edges(func(p *Policy) *uint32 { return &p.ArgonMemory }, 19*1024, 1024*1024),
		"argon2_iterations":  edges(func(p *Policy) *uint32 { return &p.ArgonIterations }, 2, 20),
		"argon2_threads":     edges(func(p *Policy) *uint8 { return &p.ArgonThreads }, 1, 16),
		"resend_waits":       one(func(p *Policy) *[]Duration { return &p.ResendWaits }, [][]Duration{{second}, {minute, minute}}, [][]Duration{nil, {second - 1}, {minute, second}}),
		"owner_sends":        one(func(p *Policy) *Sends { return &p.OwnerSends }, []Sends{sends(1, 1, 1), sends(1, 2, 3)}, []Sends{sends(0, 1, 1), sends(2, 1, 2), sends(1, 2, 1)}),
		"stranger_sends":     one(func(p *Policy) *Sends { return &p.StrangerSends }, []Sends{sends(1, 1, 1), sends(1, 2, 3)}, []Sends{sends(0, 1, 1), sends(2, 1, 2), sends(1, 2, 1)}),
		"daily_texts":        one(func(p *Policy) *int { return &p.DailyTexts }, []int{1}, []int{0}),
		"country_texts":      one(func(p *Policy) *int { return &p.CountryTexts }, []int{1}, []int{0}),
		"domain_sends":       one(func(p *Policy) *int { return &p.DomainSends }, []int{1}, []int{0}),
		"address_per_minute": one(func(p *Policy) *int { return &p.AddressMinute }, []int{1, 100}, []int{0}),
		"address_per_hour":   one(func(p *Policy) *int { return &p.AddressHour }, []int{10}, []int{9}),
		"address_sends":      one(func(p *Policy) *int { return &p.AddressSends }, []int{1}, []int{0}),
		"step_up_when_off":   one(func(p *Policy) *string { return &p.StepUpWhenOff }, []string{"always", "never"}, []string{"", "Always"}),
	} {
		p := DefaultPolicy()
		good, bad := set(&p)
		for i, to := range good {
			if to(); p.Validate() != nil {
				t.Errorf("%s, the value %d that holds: %v", name, i, p.Validate())
			}
		}
		for i, to := range bad {
			if to(); p.Validate() == nil || !strings.HasPrefix(p.Validate().Error(), "[policy] "+name+": must be ") {
				t.Errorf("%s, the value %d past the bound: %v", name, i, p.Validate())
			}
		}
	}
	p := DefaultPolicy()
	p.Desk, p.Elevated = 10*minute, 11*minute
	mustContain(t, p.Validate(), "desk", "elevated or more")
}

// one sets a number of the policy to values that hold, and to values that do not.
func one[T any](of func(*Policy) *T, good, bad []T) func(*Policy) (good, bad []func()) {
	return func(p *Policy) (holds, fails []func()) {
		for _, v := range good {
			holds = append(holds, func() { *of(p) = v })
		}
		for _, v := range bad {
			fails = append(fails, func() { *of(p) = v })
		}
		return holds, fails
	}
}

// edges are the least and the most that holds, and the next ones past them.
func edges[T int | uint8 | uint32 | Duration](of func(*Policy) *T, least, most T) func(*Policy) (good, bad []func()) {
	return one(of, []T{least, most}, []T{least - 1, most + 1})
}

func TestLengthsOfTime(t *testing.T) {
	for text, want := range map[string]Duration{
		"90s": Duration(90 * time.Second), "1h30m": Duration(90 * time.Minute), "30d": Duration(30 * 24 * time.Hour), "0d": 0, "36500d": Duration(36500 * 24 * time.Hour),
	} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || d != want {
			t.Errorf("%q is %v, %v", text, time.Duration(d), err)
		}
	}
	for _, text := range []string{"", "30", "d", "-1d", "1.5d", "36501d", "-1s", "1w", "99999999999d"} {
		d := Duration(time.Second)
		if err := d.UnmarshalText([]byte(text)); err == nil || d != Duration(time.Second) {
			t.Errorf("%q is %v", text, time.Duration(d))
		}
	}
}
