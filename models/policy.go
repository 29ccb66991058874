package models

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Policy holds every number of the product. The operator may change the ones
// with a toml name, in [policy] of the --config file.
type Policy struct {
	CodeLife        Duration   `toml:"code_life"`          // how long a code works; at most 10 minutes
	CodeTries       int        `toml:"code_tries"`         // judged guesses per challenge, over all its messages
	FlowLife        Duration   `toml:"flow_life"`          // a pending flow ends this long after it began
	ResendWaits     []Duration `toml:"resend_waits"`       // the wait after the first send, the second, ...; the last one doubles on
	OwnerSends      Sends      `toml:"owner_sends"`        // per destination, asked for after a right password
	StrangerSends   Sends      `toml:"stranger_sends"`     // per destination, asked for by anyone
	DailyTexts      int        `toml:"daily_texts"`        // texts in 24 hours, all accounts together
	WrongCodes      int        `toml:"wrong_codes"`        // per account in 24 hours
	WrongResetCodes int        `toml:"wrong_reset_codes"`  // per account in 24 hours, in resets
	Elevated        Duration   `toml:"elevated"`           // how long a step-up holds
	Trust           Duration   `toml:"trust"`              // how long a device may be trusted
	UndoLife        Duration   `toml:"undo_life"`          // how long a change can be taken back, and one made with the password alone waits
	ClosingWait     Duration   `toml:"closing_wait"`       // from the wish to close an account to its end
	SessionIdle     Duration   `toml:"session_idle"`       // a session ends when unused for this long
	SessionLife     Duration   `toml:"session_life"`       // and at the latest after this
	AddressMinute   int        `toml:"address_per_minute"` // failures per network address
	AddressHour     int        `toml:"address_per_hour"`
	AddressSends    int        `toml:"address_sends"` // messages asked for by strangers, per network address in an hour
	PasswordMin     int        `toml:"password_min"`  // code points
	PasswordMax     int        `toml:"password_max"`
	Desk            Duration   `toml:"desk"`             // how long a member of staff works in the console on one step-up
	ServiceCode     Duration   `toml:"service_code"`     // how long a service code works
	ChatIdle        Duration   `toml:"chat_idle"`        // a visitor who is silent for this long is warned; 5 minutes later the chat ends
	ChatKept        Duration   `toml:"chat_kept"`        // how long conversations and call-backs are kept
	StepUpWhenOff   string     `toml:"step_up_when_off"` // always or never: whether a very unusual sign-in asks for a code though two-step is off
	CountryTexts    int        `toml:"country_texts"`    // texts to one country in 24 hours
	DomainSends     int        `toml:"domain_sends"`     // messages asked for by strangers, per domain of addresses in an hour
	ArgonMemory     uint32     `toml:"argon2_memory"`    // KiB
	ArgonIterations uint32     `toml:"argon2_iterations"`
	ArgonThreads    uint8      `toml:"argon2_threads"`
}

// Sends is a budget of messages to one destination.
type Sends struct {
	TenMinutes int `toml:"ten_minutes"`
	Hour       int `toml:"hour"`
	Day        int `toml:"day"`
}

// half is the budget of texts, which cost money.
func (s Sends) half() Sends {
	return Sends{max(1, s.TenMinutes/2), max(1, s.Hour/2), max(1, s.Day/2)}
}

func (s Sends) windows() []window {
	return []window{{s.TenMinutes, 10 * time.Minute}, {s.Hour, time.Hour}, {s.Day, 24 * time.Hour}}
}

// The numbers that no operator changes, because what is promised about
// guessing and lock-out rests on them. The exported ones are told in help.
const (
	CodeDigits   = 6               // behind a right password, in a session, or at sign-up
	ResetDigits  = 8               // where the code is the only proof
	SameCodeLeft = 2 * time.Minute // a resend repeats the code while this much of its life is left
	LaneFree     = 5               // failures of strangers that cost no wait
	LaneWaitMax  = 900 * time.Second
	DeviceLife   = 365 * 24 * time.Hour
	EventLife    = 183 * 24 * time.Hour
	NotMeLife    = 7 * 24 * time.Hour

	wrongInRow  = 100             // NIST SP 800-63B 3.2.2
	insideWrong = 15              // wrong codes of one account in 24 hours, typed inside sessions
	touchEvery  = 5 * time.Minute // a session's row is written at most this often

	codeLifeMost = 10 * time.Minute // ASVS v5.0.0-6.5.5
	clocksApart  = time.Minute      // as far as those of two machines may be; what is further ahead was made before a clock was set back
)

// MuteLife is how long a stranger can have nothing sent to who asked for that.
const MuteLife = 24 * time.Hour

// laneWindows bound the wrong passwords of one lane.
func laneWindows() []window { return []window{{10, time.Hour}, {30, 24 * time.Hour}} }

// DefaultPolicy is the product's own choice of every number.
func DefaultPolicy() Policy {
	return Policy{
		CodeLife:        Duration(10 * time.Minute),
		CodeTries:       5,
		FlowLife:        Duration(60 * time.Minute),
		ResendWaits:     []Duration{Duration(30 * time.Second), Duration(60 * time.Second), Duration(120 * time.Second)},
		OwnerSends:      Sends{6, 12, 30},
		StrangerSends:   Sends{3, 5, 10},
		DailyTexts:      1000,
		WrongCodes:      15,
		WrongResetCodes: 20,
		Elevated:        Duration(10 * time.Minute),
		Trust:           Duration(30 * 24 * time.Hour),
		UndoLife:        Duration(72 * time.Hour),
		ClosingWait:     Duration(7 * 24 * time.Hour),
		SessionIdle:     Duration(30 * 24 * time.Hour),
		SessionLife:     Duration(90 * 24 * time.Hour),
		AddressMinute:   10,
		AddressHour:     100,
		AddressSends:    10,
		Desk:            Duration(8 * time.Hour),
		ServiceCode:     Duration(60 * time.Minute),
		ChatIdle:        Duration(10 * time.Minute),
		ChatKept:        Duration(90 * 24 * time.Hour),
		PasswordMin:     12,
		PasswordMax:     256,
		StepUpWhenOff:   "always",
		CountryTexts:    500,
		DomainSends:     1000,
		ArgonMemory:     19 * 1024,
		ArgonIterations: 2,
		ArgonThreads:    1,
	}
}

// Validate refuses numbers that break a promise; the error names the setting
// and what it may be.
func (p Policy) Validate() error {
	checks := []struct {
		ok   bool
		name string
		want string
	}{
		{p.CodeLife >= Duration(time.Second) && p.CodeLife <= Duration(codeLifeMost), "code_life", "from 1s to 10m"},
		{p.CodeTries >= 1 && p.CodeTries <= 10, "code_tries", "from 1 to 10"},
		{p.FlowLife >= p.CodeLife && p.FlowLife <= Duration(24*time.Hour), "flow_life", "from code_life to 24h"},
		{len(p.ResendWaits) > 0 && p.waitsGrow(), "resend_waits", `a list of waits from 1s that never shrink, such as ["30s", "60s", "120s"]`},
		{p.OwnerSends.valid(), "owner_sends", "1 or more for ten_minutes, and no less for hour and day"},
		{p.StrangerSends.valid(), "stranger_sends", "1 or more for ten_minutes, and no less for hour and day"},
		{p.WrongCodes >= p.CodeTries && p.WrongCodes <= 100, "wrong_codes", "from code_tries to 100"},
		{p.WrongResetCodes >= p.CodeTries && p.WrongResetCodes <= 100, "wrong_reset_codes", "from code_tries to 100"},
		{p.Elevated >= Duration(time.Minute) && p.Elevated <= Duration(time.Hour), "elevated", "from 1m to 1h"},
		{p.Trust >= Duration(24*time.Hour) && p.Trust <= Duration(30*24*time.Hour), "trust", "from 1d to 30d"},
		{p.DailyTexts >= 1, "daily_texts", "1 or more"},
		{p.UndoLife >= Duration(24*time.Hour) && p.UndoLife <= Duration(14*24*time.Hour), "undo_life", "from 24h to 14d"},
		{p.ClosingWait >= Duration(24*time.Hour) && p.ClosingWait <= Duration(30*24*time.Hour), "closing_wait", "from 24h to 30d"},
		{p.SessionIdle >= p.FlowLife && p.SessionIdle <= p.SessionLife, "session_idle", "from flow_life to session_life"},
		{p.SessionLife <= Duration(366*24*time.Hour), "session_life", "at most 366d"},
		{p.AddressMinute >= 1, "address_per_minute", "1 or more"},
		{p.AddressHour >= p.AddressMinute, "address_per_hour", "address_per_minute or more"},
		{p.AddressSends >= 1, "address_sends", "1 or more"},
		{p.Desk >= Duration(10*time.Minute) && p.Desk <= Duration(12*time.Hour), "desk", "from 10m to 12h"},
		{p.Desk >= p.Elevated, "desk", "elevated or more"},
		{p.ServiceCode >= Duration(10*time.Minute) && p.ServiceCode <= Duration(60*time.Minute), "service_code", "from 10m to 60m"},
		{p.ChatIdle >= Duration(2*time.Minute) && p.ChatIdle <= Duration(time.Hour), "chat_idle", "from 2m to 1h"},
		{p.ChatKept >= Duration(24*time.Hour) && p.ChatKept <= Duration(366*24*time.Hour), "chat_kept", "from 1d to 366d"},
		{p.StepUpWhenOff == "always" || p.StepUpWhenOff == "never", "step_up_when_off", "always or never"},
		{p.CountryTexts >= 1, "country_texts", "1 or more"},
		{p.DomainSends >= 1, "domain_sends", "1 or more"},
		{p.PasswordMin >= 8 && p.PasswordMin <= p.PasswordMax, "password_min", "from 8 to password_max"},
		{p.PasswordMax >= 64 && p.PasswordMax <= 1024, "password_max", "from 64 to 1024"},
		{p.ArgonMemory >= 19*1024 && p.ArgonMemory <= 1024*1024, "argon2_memory", "from 19456 to 1048576 (KiB)"},
		{p.ArgonIterations >= 2 && p.ArgonIterations <= 20, "argon2_iterations", "from 2 to 20"},
		{p.ArgonThreads >= 1 && p.ArgonThreads <= 16, "argon2_threads", "from 1 to 16"},
	}
	for _, c := range checks {
		if !c.ok {
			return fmt.Errorf("[policy] %s: must be %s", c.name, c.want)
		}
	}
	return nil
}

func (p Policy) waitsGrow() bool {
	last := Duration(time.Second)
	for _, w := range p.ResendWaits {
		if w < last {
			return false
		}
		last = w
	}
	return true
}

func (s Sends) valid() bool {
	return s.TenMinutes >= 1 && s.Hour >= s.TenMinutes && s.Day >= s.Hour
}

// resendWait is the pause after the nth send (1, 2, ...). Past the list the
// last wait doubles, so that a page left open does not become a mail bomb.
func (p Policy) resendWait(n int) time.Duration {
	if n < 1 {
		n = 1
	}
	if n <= len(p.ResendWaits) {
		return time.Duration(p.ResendWaits[n-1])
	}
	wait := time.Duration(p.ResendWaits[len(p.ResendWaits)-1])
	for i := len(p.ResendWaits); i < n && wait < time.Duration(p.FlowLife); i++ {
		wait *= 2
	}
	return wait
}

// Duration is a time.Duration written in a file as "90s", "10m", "12h" or
// "30d".
type Duration time.Duration

// UnmarshalText reads a Duration.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return fmt.Errorf("%q is not a number of days such as 30d", s)
		}
		*d = Duration(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is not a length of time such as 90s, 10m, 12h or 30d", s)
	}
	*d = Duration(v)
	return nil
}
