package devinbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Mode is how the inbox treats the sender. Faults are made here, by the real
// peer in a real conversation, so that the sender's own code is what is tried.
type Mode int

const (
	// Accept takes every message.
	Accept Mode = iota
	// Refuse answers the recipient with 550 5.1.1, no such mailbox, a text with
	// 422: for good.
	Refuse
	// Defer answers the recipient with 451 4.3.0, a text with 503: try again
	// later.
	Defer
	// Hang takes the message's data and never answers, until the mode changes
	// (then that one is obeyed) or the connection ends (then the message is
	// forgotten). It is the case in which a sender cannot know.
	Hang
	// Drop closes the connection in the middle of the letter's data, or in place
	// of the answer to a text.
	Drop
)

var modeNames = [...]string{Accept: "accept", Refuse: "refuse", Defer: "defer", Hang: "hang", Drop: "drop"}

// maxRules and maxFailures bound what a page on this computer can pile up.
const (
	maxRules    = 100
	maxFailures = 20
)

// String is the name ParseMode reads.
func (m Mode) String() string {
	if m < 0 || int(m) >= len(modeNames) {
		return fmt.Sprintf("Mode(%d)", int(m))
	}
	return modeNames[m]
}

// ParseMode reads accept, refuse, defer, hang or drop.
func ParseMode(name string) (Mode, error) {
	i := slices.Index(modeNames[:], strings.ToLower(strings.TrimSpace(name)))
	if i < 0 {
		return Accept, fmt.Errorf("devinbox: unknown mode %q: one of %s", name, strings.Join(modeNames[:], ", "))
	}
	return Mode(i), nil
}

// Failure is one recipient the inbox did not take a message for, because it had
// been told to. Such messages are not kept, so this is all there is to show.
type Failure struct {
	At   time.Time
	To   string
	Mode Mode
}

// Behave sets how every address is treated, and forgets what BehaveTo said of
// single ones: the last word counts, and Behave(Accept) makes all well again.
func (in *Inbox) Behave(m Mode) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.general = m
	clear(in.rules)
	in.wake()
}

// BehaveTo sets how one address is treated, until the next Behave.
func (in *Inbox) BehaveTo(address string, m Mode) {
	in.mu.Lock()
	defer in.mu.Unlock()
	key := canonical(address)
	if _, known := in.rules[key]; !known && len(in.rules) >= maxRules {
		in.log.Warn("test inbox has too many rules for single addresses", "max", maxRules)
		return
	}
	in.rules[key] = m
	in.wake()
}

// mode is how one address is treated now.
func (in *Inbox) mode(address string) Mode {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.modeOf(address)
}

// ruling is how a message for these addresses is treated now, and a channel
// that tells when that should be asked again. A letter has one answer, so the
// worst of its recipients' modes decides.
func (in *Inbox) ruling(addresses []string) (Mode, <-chan struct{}) {
	in.mu.Lock()
	defer in.mu.Unlock()
	worst := Accept
	for _, a := range addresses {
		worst = max(worst, in.modeOf(a))
	}
	return worst, in.changed
}

func (in *Inbox) modeOf(address string) Mode {
	if m, ok := in.rules[canonical(address)]; ok {
		return m
	}
	return in.general
}

// failed remembers who was let down, for the page.
func (in *Inbox) failed(m Mode, addresses ...string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, a := range addresses {
		in.failures = append(in.failures, Failure{At: in.opts.Now().UTC().Truncate(time.Millisecond), To: a, Mode: m})
	}
	if over := len(in.failures) - maxFailures; over > 0 {
		in.failures = slices.Delete(in.failures, 0, over)
	}
	in.wake()
}

// Failures lists the last messages that were not taken because the inbox had
// been told to misbehave, newest first.
func (in *Inbox) Failures() []Failure {
	in.mu.Lock()
	defer in.mu.Unlock()
	list := slices.Clone(in.failures)
	slices.Reverse(list)
	return list
}
