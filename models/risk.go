package models

import (
	_ "embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/BurntSushi/toml"
)

// Decision is what a sign-in's risk asks for. It only ever raises what the policy
// asks for.
type Decision string

// The decisions.
const (
	Allow  Decision = "allow"
	StepUp Decision = "step_up" // unusual
	Deny   Decision = "deny"    // very unusual
)

// Reason is why a sign-in is unusual; views/words.go and the messages say it in words.
type Reason string

// The reasons.
const (
	ReasonNewDevice       Reason = "new_device"
	ReasonNewCountry      Reason = "new_country"
	ReasonFarAway         Reason = "far_away"         // farther than anyone travels since the last one
	ReasonNewNetwork      Reason = "new_network"      // the statistical model: address or network
	ReasonNewBrowser      Reason = "new_browser"      // the statistical model: browser or system
	ReasonFailures        Reason = "failures"         // wrong passwords on the account just before
	ReasonAddressFailures Reason = "address_failures" // failures from the same address just before
	ReasonLongIdle        Reason = "long_idle"
	ReasonRecentChange    Reason = "recent_change"
)

// Count is how often a value was seen among the successful sign-ins of the last six
// months: of all accounts, and of this one.
type Count struct{ All, Own int }

// Evidence is what the history says of the values of an attempt (RISK.md C1).
type Evidence struct {
	Total    int // successful sign-ins of all accounts
	Accounts int // that have one
	Own      int // of this account

	Country, Network, Address    Count
	Kind, System, Browser, Agent Count

	// How many different values all accounts together have.
	Networks, Addresses, Systems, Browsers, Agents int
}

// Signals is all that an assessment rests on.
type Signals struct {
	Evidence

	UnknownDevice   bool
	NewCountry      bool
	FarAway         bool          // impossible travel (RISK.md C6)
	Failures        int           // wrong passwords on the account in the last hour
	AddressFailures int           // failures from the network address in the last hour
	Idle            time.Duration // since the last successful sign-in; zero for none
	Changed         bool          // password, address or number changed in the last 24 hours
	MailboxProven   bool          // this browser's reader has proven the mailbox: never denied
}

// Weights are the numbers of the model; risk.toml says what each is for.
type Weights struct {
	MinTotal  int     `toml:"min_total"`
	Usual     float64 `toml:"usual"`
	Unscored  float64 `toml:"unscored"`
	NeverSeen float64 `toml:"never_seen"`
	PriorMin  float64 `toml:"prior_min"`
	PriorMax  float64 `toml:"prior_max"`

	Address struct {
		Address float64 `toml:"address"`
		Network float64 `toml:"network"`
		Country float64 `toml:"country"`
	} `toml:"address"`
	Agent struct {
		Agent   float64 `toml:"agent"`
		Browser float64 `toml:"browser"`
		System  float64 `toml:"system"`
		Kind    float64 `toml:"kind"`
	} `toml:"agent"`
	Chosen struct {
		Country float64 `toml:"country"`
		Network float64 `toml:"network"`
		Kind    float64 `toml:"kind"`
		System  float64 `toml:"system"`
		Browser float64 `toml:"browser"`
	} `toml:"chosen"`
	Signals struct {
		UnknownDevice   float64 `toml:"unknown_device"`
		NewCountry      float64 `toml:"new_country"`
		FarAway         float64 `toml:"far_away"`
		Failures        float64 `toml:"failures"`
		AddressFailures float64 `toml:"address_failures"`
		LongIdle        float64 `toml:"long_idle"`
		RecentChange    float64 `toml:"recent_change"`

		FailuresFrom        int `toml:"failures_from"`
		AddressFailuresFrom int `toml:"address_failures_from"`
		IdleDays            int `toml:"idle_days"`
	} `toml:"signals"`
	Decision struct {
		StepUp float64 `toml:"step_up"`
		Deny   float64 `toml:"deny"`
	} `toml:"decision"`
}

// Assessment is how unusual a sign-in is.
type Assessment struct {
	Score    float64  // finite and positive
	Reasons  []Reason // the strongest first
	Decision Decision
}

//go:embed risk.toml
var riskFile string

// DefaultWeights are the committed ones.
var DefaultWeights = sync.OnceValue(func() Weights {
	w, err := readWeights(riskFile)
	if err != nil {
		panic("risk.toml: " + err.Error())
	}
	return w
})

// readWeights takes a file that sets every number and nothing else.
func readWeights(text string) (Weights, error) {
	var w Weights
	known, err := toml.Decode(text, &w)
	if err != nil {
		return w, err
	}
	if more := known.Undecoded(); len(more) > 0 {
		return w, fmt.Errorf("%s is no number of the model", more[0])
	}
	return w, w.validate()
}

func (w Weights) validate() error {
	sum := func(list ...float64) bool {
		total := 0.0
		for _, x := range list {
			if !(x > 0) {
				return false
			}
			total += x
		}
		return math.Abs(total-1) < 1e-4
	}
	s, c := w.Signals, w.Chosen
	factors := []float64{s.UnknownDevice, s.NewCountry, s.FarAway, s.Failures, s.AddressFailures, s.LongIdle, s.RecentChange, w.NeverSeen}
	switch {
	case w.MinTotal < 1:
		return errors.New("min_total is not at least 1")
	case !sum(w.Address.Address, w.Address.Network, w.Address.Country) || !sum(w.Agent.Agent, w.Agent.Browser, w.Agent.System, w.Agent.Kind):
		return errors.New("the shares of a tree are not positive, or do not add up to 1")
	case slices.ContainsFunc(factors, func(f float64) bool { return !(f >= 1 && f <= 100) }):
		return errors.New("a factor is not from 1 to 100")
	case !(c.Network >= 0 && c.Country >= c.Network && w.NeverSeen >= c.Country && c.Browser >= 0 && c.System >= c.Browser && c.Kind >= c.System && w.NeverSeen >= c.Kind):
		return errors.New("[chosen] counts a finer level for more than a coarser one")
	case !(w.PriorMin > 0 && w.PriorMin <= 1 && w.PriorMax >= 1 && w.PriorMax <= 100):
		return errors.New("prior_min and prior_max do not enclose 1")
	case !(w.Usual >= 1e-6 && w.Usual <= 100 && w.Unscored > 0 && w.Unscored < w.Decision.StepUp && w.Decision.Deny > w.Decision.StepUp && w.Decision.Deny <= 1e6):
		return errors.New("the thresholds are out of order")
	case s.FailuresFrom < 1 || s.AddressFailuresFrom < 1 || s.IdleDays < 1 || s.IdleDays > 3650:
		return errors.New("a signal would always hold")
	}
	return nil
}

// Score is the statistical part: how much likelier these values are of anyone than
// of this account. What the account itself has shown says nothing about anyone: on
// a small site it would be most of what is known. Zero stands for no score: no
// history of the account, or too little of the others.
func Score(e Evidence, w Weights) float64 {
	score, _, _ := w.statistics(e)
	return score
}

// statistics gives the factors of the two trees too.
func (w Weights) statistics(e Evidence) (score, address, agent float64) {
	if e.Own < 1 || max(e.Total, 0)-e.Own < w.MinTotal {
		return 0, 0, 0
	}
	own, total := float64(e.Own), float64(e.Total)
	others := total - own
	// A user prior of 1/accounts for the attacker, own/total for the holder.
	prior := total / (math.Max(float64(e.Accounts), 1) * own)
	prior = min(max(prior, w.PriorMin), w.PriorMax)

	at, by, least := w.Address, w.Agent, w.Chosen
	address = w.tree(own, others, 1+seen(e.Networks), [4]level{
		{at.Address, e.Address, 0}, {at.Network, e.Network, least.Network}, {at.Country, e.Country, least.Country},
	})
	agent = w.tree(own, others, 1+seen(e.Browsers)+seen(e.Systems), [4]level{
		{by.Agent, e.Agent, 0}, {by.Browser, e.Browser, least.Browser}, {by.System, e.System, least.System}, {by.Kind, e.Kind, least.Kind},
	})
	return address * agent * prior, address, agent
}

// level is one of a tree's, the finest first.
type level struct {
	share float64
	count Count
	least float64 // of the factor, where the account has had nothing finer
}

// tree is the likelihood of a value among the sign-ins of the others over that among
// the account's.
// The finest level leaves room for unseen values. A value that the account has had
// once is never judged worse than one that it has never had, and one that it shares
// only in what an attacker can choose, such as the country, not much better.
func (w Weights) tree(own, others, unseen float64, levels [4]level) float64 {
	var everyone, mine, least float64
	for i, l := range levels {
		had := min(seen(l.count.Own), own)
		all := min(max(seen(l.count.All)-had, 0), others)
		if mine <= 0 {
			least = l.least
		}
		mine += l.share * had / own
		switch {
		case i > 0:
			everyone += l.share * all / others
		case all > 0:
			everyone += l.share * all / others * (1 - unseen/(others+unseen))
		default:
			everyone += l.share / (others + unseen)
		}
	}
	if mine <= 0 {
		return w.NeverSeen
	}
	return min(max(everyone/mine, least), w.NeverSeen)
}

// seen counts nothing where a count is negative.
func seen(n int) float64 { return float64(max(n, 0)) }

// Assess judges an attempt whose password was right. It is pure.
func Assess(s Signals, w Weights) Assessment {
	score := w.Unscored
	type part struct {
		factor float64
		why    Reason
	}
	parts := make([]part, 0, 9)
	if statistical, address, agent := w.statistics(s.Evidence); statistical > 0 {
		score = statistical / w.Usual
		if address >= 1 && s.Network.Own < 1 {
			parts = append(parts, part{address, ReasonNewNetwork})
		}
		if agent >= 1 && s.Browser.Own < 1 {
			parts = append(parts, part{agent, ReasonNewBrowser})
		}
	}
	f := w.Signals
	plain := func(holds bool, factor float64, why Reason) {
		if holds {
			score *= factor
			parts = append(parts, part{factor, why})
		}
	}
	// What strangers try is not held against a known device.
	guessed := s.Failures >= f.FailuresFrom && s.UnknownDevice
	sprayed := s.AddressFailures >= f.AddressFailuresFrom
	plain(s.FarAway, f.FarAway, ReasonFarAway)
	plain(s.NewCountry, f.NewCountry, ReasonNewCountry)
	plain(s.UnknownDevice, f.UnknownDevice, ReasonNewDevice)
	plain(guessed, f.Failures, ReasonFailures)
	plain(sprayed, f.AddressFailures, ReasonAddressFailures)
	plain(s.Idle >= time.Duration(f.IdleDays)*24*time.Hour, f.LongIdle, ReasonLongIdle)
	plain(s.Changed, f.RecentChange, ReasonRecentChange)

	a := Assessment{Score: score, Decision: Allow}
	// Only a strange place and guessing together are refused: a traveller with a new
	// phone is strange, and so is a forgetful person, but neither is an attacker.
	refusable := s.UnknownDevice && !s.MailboxProven && (s.FarAway || s.NewCountry) && (guessed || sprayed)
	switch {
	case score >= w.Decision.Deny && refusable:
		a.Decision = Deny
	case score >= w.Decision.StepUp && len(parts) > 0:
		// Where most people are alike, one who comes as always scores high too.
		a.Decision = StepUp
	}
	slices.SortStableFunc(parts, func(a, b part) int {
		switch {
		case a.factor > b.factor:
			return -1
		case a.factor < b.factor:
			return 1
		}
		return 0
	})
	if len(parts) > 0 {
		a.Reasons = make([]Reason, 0, len(parts))
	}
	for _, p := range parts {
		a.Reasons = append(a.Reasons, p.why)
	}
	return a
}
