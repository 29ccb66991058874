package models

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const day = 24 * time.Hour

func TestRiskFile(t *testing.T) {
	if w := DefaultWeights(); w.NeverSeen != 4 || w.MinTotal != 100 || w.Signals.FarAway != 3 || w.Signals.UnknownDevice != 2 {
		t.Errorf("the committed numbers are not those of the specification: %+v", w)
	}
	for change, fault := range map[[2]string]string{
		{"min_total", "minimum"}:             "minimum",
		{"usual = 0.045", ""}:                "thresholds",
		{"far_away = 3.0", "far_away = 0.5"}: "factor",
		{"far_away = 3.0", "far_away = nan"}: "factor",
		{"far_away = 3.0", ""}:               "factor",
		{"kind = 0.00511", "kind = 0.1"}:     "shares",
		{"country = 1.0", "country = 0.1"}:   "chosen",
		{"prior_min = 0.25", ""}:             "prior",
		{"deny = 10.0", "deny = 0.5"}:        "thresholds",
		{"idle_days = 90", ""}:               "signal",
		{"step_up = 1.0", "step_up = x"}:     "toml",
	} {
		if !strings.Contains(riskFile, change[0]) {
			t.Fatalf("risk.toml has no %q", change[0])
		}
		if _, err := readWeights(strings.Replace(riskFile, change[0], change[1], 1)); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%q for %q: %v, want one that says %q", change[1], change[0], err, fault)
		}
	}
}

// Without a population the plain signals alone decide.
func TestRiskOfPlainSignals(t *testing.T) {
	for name, c := range map[string]struct {
		signals Signals
		want    Decision
		why     []Reason
	}{
		"nothing":                    {Signals{}, Allow, nil},
		"unknown device":             {Signals{UnknownDevice: true}, Allow, []Reason{ReasonNewDevice}},
		"long idle":                  {Signals{Idle: 200 * day}, Allow, []Reason{ReasonLongIdle}},
		"recent change":              {Signals{Changed: true}, Allow, []Reason{ReasonRecentChange}},
		"new country":                {Signals{NewCountry: true}, Allow, []Reason{ReasonNewCountry}},
		"four wrong passwords":       {Signals{UnknownDevice: true, Failures: 4}, Allow, []Reason{ReasonNewDevice}},
		"strangers' wrong passwords": {Signals{Failures: 1000}, Allow, nil},
		"five wrong passwords":       {Signals{UnknownDevice: true, Failures: 5}, StepUp, []Reason{ReasonFailures, ReasonNewDevice}},
		"impossible travel":          {Signals{FarAway: true}, StepUp, []Reason{ReasonFarAway}},
		"wrong passwords abroad":     {Signals{UnknownDevice: true, NewCountry: true, Failures: 9}, StepUp, []Reason{ReasonFailures, ReasonNewCountry, ReasonNewDevice}},
		"an address that sprays":     {Signals{AddressFailures: 20}, StepUp, []Reason{ReasonAddressFailures}},
		"a traveller with a new phone": {
			Signals{UnknownDevice: true, NewCountry: true, FarAway: true, Idle: 100 * day, Changed: true},
			StepUp,
			[]Reason{ReasonFarAway, ReasonNewCountry, ReasonNewDevice, ReasonLongIdle, ReasonRecentChange},
		},
		"a forgetful person at home": {
			Signals{UnknownDevice: true, Failures: 20, AddressFailures: 20, Changed: true},
			StepUp,
			[]Reason{ReasonFailures, ReasonAddressFailures, ReasonNewDevice, ReasonRecentChange},
		},
		"all at once": {
			Signals{UnknownDevice: true, NewCountry: true, FarAway: true, Failures: 5},
			Deny,
			[]Reason{ReasonFarAway, ReasonFailures, ReasonNewCountry, ReasonNewDevice},
		},
		"all at once on a known device":      {Signals{NewCountry: true, FarAway: true, Failures: 50, AddressFailures: 500}, StepUp, []Reason{ReasonFarAway, ReasonAddressFailures, ReasonNewCountry}},
		"all at once where the mailbox is":   {Signals{UnknownDevice: true, NewCountry: true, FarAway: true, Failures: 5, MailboxProven: true}, StepUp, []Reason{ReasonFarAway, ReasonFailures, ReasonNewCountry, ReasonNewDevice}},
		"a clock that was set back":          {Signals{Idle: -200 * day, Failures: -5, AddressFailures: math.MinInt}, Allow, nil},
		"too few sign-ins for a population":  {Signals{Evidence: Evidence{Total: 99, Accounts: 9, Own: 5}}, Allow, nil},
		"the first sign-in after the signup": {Signals{Evidence: Evidence{Total: 1e6, Accounts: 1e5}}, Allow, nil},
	} {
		a := Assess(c.signals, DefaultWeights())
		if a.Decision != c.want || !slices.Equal(a.Reasons, c.why) {
			t.Errorf("%s: %s (%.2f) for %q, want %s for %q", name, a.Decision, a.Score, a.Reasons, c.want, c.why)
		}
	}
}

// settled is an account of ten sign-ins among many, with the values that it always has.
func settled() Evidence {
	always := func(all int) Count { return Count{All: all, Own: 10} }
	return Evidence{
		Total: 100_000, Accounts: 10_000, Own: 10,
		Country: always(40_000), Network: always(8_000), Address: always(10),
		Kind: always(60_000), System: always(30_000), Browser: always(9_000), Agent: always(2_000),
		Networks: 900, Addresses: 30_000, Systems: 60, Browsers: 300, Agents: 4_000,
	}
}

func TestRiskOfEvidence(t *testing.T) {
	w := DefaultWeights()
	for name, c := range map[string]struct {
		change func(*Signals)
		want   Decision
		why    []Reason
	}{
		"as always":          {func(*Signals) {}, Allow, nil},
		"as always, far off": {func(s *Signals) { s.UnknownDevice, s.Changed = true, true }, Allow, []Reason{ReasonNewDevice, ReasonRecentChange}},
		"a new version":      {func(s *Signals) { s.Agent, s.Browser = Count{All: 500}, Count{All: 4_000} }, Allow, nil},
		"a new address":      {func(s *Signals) { s.Address = Count{} }, Allow, nil},
		"another network":    {func(s *Signals) { s.Address, s.Network = Count{}, Count{All: 900} }, StepUp, []Reason{ReasonNewNetwork}},
		"another browser": {
			func(s *Signals) { s.Agent, s.Browser, s.System = Count{All: 900}, Count{All: 900}, Count{All: 9_000} },
			StepUp,
			[]Reason{ReasonNewBrowser},
		},
		"another country and kind, where it was sprayed from": {
			func(s *Signals) {
				e := s.Evidence
				*s = Signals{UnknownDevice: true, NewCountry: true, AddressFailures: 30}
				s.Evidence = Evidence{Total: e.Total, Accounts: e.Accounts, Own: e.Own}
			},
			Deny,
			[]Reason{ReasonNewNetwork, ReasonNewBrowser, ReasonAddressFailures, ReasonNewCountry, ReasonNewDevice},
		},
	} {
		s := Signals{Evidence: settled()}
		c.change(&s)
		if a := Assess(s, w); a.Decision != c.want || !slices.Equal(a.Reasons, c.why) {
			t.Errorf("%s: %s (%.3f) for %q, want %s for %q", name, a.Decision, a.Score, a.Reasons, c.want, c.why)
		}
	}

	// What was never seen counts exactly four, twice, beside the prior of ten.
	e := settled()
	e.Own = 10
	stranger := Evidence{Total: e.Total, Accounts: e.Accounts, Own: e.Own}
	if got := Score(stranger, w); math.Abs(got-16) > 1e-9 {
		t.Errorf("both trees never seen, prior 1: %v, want 16", got)
	}
	// By hand, of the 99,990 sign-ins of others, none of them from this address; 1 for
	// the account.
	of := func(all float64) float64 { return (all*100_000 - 10) / 99_990 }
	at := .6/(99_990+901) + .3*of(.08) + .1*of(.4)
	by := w.Agent.Agent*of(.02)*(1-361./(99_990+361)) + w.Agent.Browser*of(.09) + w.Agent.System*of(.3) + w.Agent.Kind*of(.6)
	if got := Score(e, w); math.Abs(got-at*by) > 1e-7 {
		t.Errorf("as always: %v, by hand %v", got, at*by)
	}
}

// Friends are no population: who signs in as always is asked for nothing, however few
// others there are and however often he comes.
func TestRiskOfFriends(t *testing.T) {
	for _, friends := range []int{1, 2, 3, 5, 10, 20, 50, 200} {
		for _, each := range []int{1, 10, 30, 100} {
			own := Count{each, each}
			e := Evidence{
				Total: friends * each, Accounts: friends, Own: each, Country: Count{friends * each, each}, Kind: Count{friends * each, each},
				Network: own, Address: own, System: Count{(friends + 1) / 2 * each, each}, Browser: own, Agent: own,
				Networks: friends, Addresses: friends, Systems: 2, Browsers: friends, Agents: friends,
			}
			if a := Assess(Signals{Evidence: e}, DefaultWeights()); a.Decision != Allow {
				t.Errorf("%d friends, %d sign-ins each: %+v", friends, each, a)
			}
		}
	}
}

// anySignals are possible ones, and often impossible ones.
func anySignals(d *rand.Rand) Signals {
	number := func() int {
		switch d.IntN(6) {
		case 0:
			return 0
		case 1:
			return -d.IntN(1000)
		case 2:
			return math.MaxInt - d.IntN(3)
		case 3:
			return math.MinInt + d.IntN(3)
		}
		return int(math.Exp(d.Float64() * 20))
	}
	both := func() Count { return Count{number(), number()} }
	coin := func() bool { return d.IntN(2) == 0 }
	return Signals{
		Evidence: Evidence{
			Total: number(), Accounts: number(), Own: number(),
			Country: both(), Network: both(), Address: both(), Kind: both(), System: both(), Browser: both(), Agent: both(),
			Networks: number(), Addresses: number(), Systems: number(), Browsers: number(), Agents: number(),
		},
		UnknownDevice: coin(), NewCountry: coin(), FarAway: coin(), Changed: coin(), MailboxProven: coin(),
		Failures: number(), AddressFailures: number(), Idle: time.Duration(number()),
	}
}

var strength = map[Decision]int{Allow: 1, StepUp: 2, Deny: 3}

// holds are the laws that hold for any signals.
func holds(t *testing.T, s Signals) {
	t.Helper()
	w := DefaultWeights()
	a := Assess(s, w)
	fault := func(law string, other Signals) {
		t.Helper()
		t.Fatalf("%s:\n%+v\n%+v\n%+v\n%+v", law, s, a, other, Assess(other, w))
	}
	switch {
	case math.IsNaN(a.Score) || math.IsInf(a.Score, 0) || a.Score <= 0 || strength[a.Decision] == 0:
		fault("not a score", s)
	case a.Decision == Deny && (!s.UnknownDevice || s.MailboxProven):
		fault("the holder is locked out", s)
	case s.Own <= 0 && !s.UnknownDevice && !s.FarAway && !s.NewCountry && s.AddressFailures < w.Signals.AddressFailuresFrom && a.Decision != Allow:
		fault("the first sign-in is asked for more", s)
	case a.Decision != Allow && len(a.Reasons) == 0:
		fault("unusual, and nobody could be told why", s)
	case !reflect.DeepEqual(a, Assess(s, w)):
		fault("not the same twice", s)
	}
	for i, why := range a.Reasons {
		if slices.Contains(a.Reasons[:i], why) {
			fault("a reason is said twice", s)
		}
	}

	for name, worsen := range map[string]func(*Signals){
		"an unknown device":       func(s *Signals) { s.UnknownDevice = true },
		"a new country":           func(s *Signals) { s.NewCountry = true },
		"far away":                func(s *Signals) { s.FarAway = true },
		"a change":                func(s *Signals) { s.Changed = true },
		"wrong passwords":         func(s *Signals) { s.Failures = max(s.Failures, 5) },
		"failures of the address": func(s *Signals) { s.AddressFailures = max(s.AddressFailures, 20) },
		"time":                    func(s *Signals) { s.Idle = max(s.Idle, 91*day) },
	} {
		worse := s
		worsen(&worse)
		if b := Assess(worse, w); b.Score < a.Score || strength[b.Decision] < strength[a.Decision] {
			fault(name+" made it better", worse)
		}
	}
	for i, value := range []func(*Signals) *Count{
		func(s *Signals) *Count { return &s.Country }, func(s *Signals) *Count { return &s.Network }, func(s *Signals) *Count { return &s.Address },
		func(s *Signals) *Count { return &s.Kind }, func(s *Signals) *Count { return &s.System }, func(s *Signals) *Count { return &s.Browser },
		func(s *Signals) *Count { return &s.Agent },
	} {
		better := s
		c := value(&better)
		if c.Own = max(c.Own, 0); c.Own >= c.All || c.Own >= s.Own {
			continue // not one more of those that were seen
		}
		c.Own++
		if b := Assess(better, w); b.Score > a.Score*(1+1e-9) || strength[b.Decision] > strength[a.Decision] {
			fault("having had value "+string(rune('0'+i))+" once more made it worse", better)
		}
	}
}

// Where most people share a country and a browser, one who comes as always on a known
// device is still not unusual.
func TestRiskOfTheAlike(t *testing.T) {
	own := func(all int) Count { return Count{All: all, Own: 2} }
	s := Signals{Evidence: Evidence{
		Total: 3995, Accounts: 1550, Own: 2,
		Country: own(3995), Network: own(231), Address: own(2), Kind: own(3395), System: own(1375), Browser: own(1375), Agent: own(1375),
		Networks: 27, Addresses: 2895, Systems: 2, Browsers: 41, Agents: 883,
	}}
	if a := Assess(s, DefaultWeights()); a.Decision != Allow {
		t.Errorf("a known device, where it always was: %+v", a)
	}
	s.UnknownDevice = true
	if a := Assess(s, DefaultWeights()); a.Decision != StepUp {
		t.Errorf("an unknown device: %+v", a)
	}
}

func TestRiskHolds(t *testing.T) {
	d := rand.New(rand.NewPCG(5, 8))
	for range 50_000 {
		holds(t, anySignals(d))
	}
}

func FuzzAssess(f *testing.F) {
	f.Add(100, 10, 1, 5, 1, 3, 0, 4, 0, int64(0), 0, uint8(0))
	f.Add(100_000, 10_000, 10, 40_000, 10, 8_000, 10, 10, 10, int64(200*day), 7, uint8(255))
	f.Add(0, -1, math.MaxInt, math.MinInt, math.MaxInt, 0, 0, -1, 1, int64(math.MinInt64), math.MaxInt, uint8(3))
	f.Fuzz(func(t *testing.T, total, accounts, own, a, b, c, d, e, g int, idle int64, failures int, flags uint8) {
		holds(t, Signals{
			Evidence: Evidence{
				Total: total, Accounts: accounts, Own: own,
				Country: Count{a, b}, Network: Count{c, d}, Address: Count{e, g}, Kind: Count{b, a}, System: Count{d, c}, Browser: Count{g, e}, Agent: Count{e, b},
				Networks: a, Addresses: c, Systems: e, Browsers: b, Agents: d,
			},
			UnknownDevice: flags&1 > 0, NewCountry: flags&2 > 0, FarAway: flags&4 > 0, Changed: flags&8 > 0, MailboxProven: flags&16 > 0,
			Failures: failures, AddressFailures: g, Idle: time.Duration(idle),
		})
	})
}

// Whatever numbers are taken, they make a score of any signals, and no good thing
// makes a sign-in more unusual.
func FuzzReadWeights(f *testing.F) {
	f.Add(riskFile, uint64(1))
	for _, change := range [][2]string{
		{"never_seen = 4.0", "never_seen = inf"},
		{"min_total = 100", "min_total = 1"},
		{"far_away = 3.0", "far_away = nan"},
		{"deny = 10.0", "deny = 1e6"},
		{"idle_days = 90", "idle_days = 3650"},
		{"[decision]", "[decided]"},
	} {
		f.Add(strings.Replace(riskFile, change[0], change[1], 1), uint64(2))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		w, err := readWeights(text)
		if err != nil {
			return
		}
		d := rand.New(rand.NewPCG(seed, 8))
		for range 10 {
			s := anySignals(d)
			a := Assess(s, w)
			if !(a.Score > 0) || math.IsInf(a.Score, 0) || strength[a.Decision] == 0 {
				t.Errorf("%q makes %+v of %+v", text, a, s)
			}
			known := s
			known.UnknownDevice, known.FarAway, known.NewCountry = false, false, false
			if b := Assess(known, w); b.Score > a.Score || strength[b.Decision] > strength[a.Decision] {
				t.Errorf("%q: a known device at its place makes %+v of %+v", text, b, a)
			}
		}
	})
}

func BenchmarkScore(b *testing.B) {
	s, w := Signals{Evidence: settled(), UnknownDevice: true, Failures: 5}, DefaultWeights()
	s.Address, s.Agent = Count{}, Count{All: 3}
	b.ReportAllocs()
	for b.Loop() {
		if Assess(s, w).Score <= 0 {
			b.Fatal("no score")
		}
	}
}
