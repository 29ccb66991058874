package models

import "time"

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

// Weights are the numbers of the model.
type Weights struct{}

// Assessment is how unusual a sign-in is.
type Assessment struct {
	Score    float64 // finite, zero where nothing is scored
	Reasons  []Reason
	Decision Decision
}

// DefaultWeights are the committed ones.
func DefaultWeights() Weights { return Weights{} }

// Assess judges an attempt whose password was right. It is pure.
func Assess(s Signals, w Weights) Assessment { return Assessment{Decision: Allow} }
