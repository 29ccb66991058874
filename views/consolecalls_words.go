package views

import (
	"strings"
	"time"
)

// The words of call-backs as staff see them.

const (
	deskCallsLede = "The times people asked to be called, the next one first. Numbers stay hidden: the telephone system connects you."
	deskNoCalls   = "No call-backs are booked."
	deskNoName    = "No name given"
	deskCallWord  = "Say the word first: {word}"
	deskCallWho   = "Who"
	deskCallWhen  = "Booked for"
	deskCallNow   = "now"
	deskEarlyLede = "Another time was booked. Whoever answers may not expect a call."
	deskEarlyYes  = "Yes, call now"
)

var deskCallTries = plural{" Tried once.", " Tried {n} times."}

var deskCallStates = map[string]string{
	"scheduled": "Booked", "calling": "Calling", "missed": "Missed", "done": "Done", "cancelled": "Cancelled",
}

// deskIn, deskAgo and deskEarly say how far a call-back is from its time.
var (
	deskIn    = far{plural{"in {n} minute", "in {n} minutes"}, plural{"in {n} hour", "in {n} hours"}, plural{"in {n} day", "in {n} days"}}
	deskAgo   = far{plural{"{n} minute ago", "{n} minutes ago"}, plural{"{n} hour ago", "{n} hours ago"}, plural{"{n} day ago", "{n} days ago"}}
	deskEarly = far{
		plural{"It is {n} minute early. Call now?", "It is {n} minutes early. Call now?"},
		plural{"It is {n} hour early. Call now?", "It is {n} hours early. Call now?"},
		plural{"It is {n} day early. Call now?", "It is {n} days early. Call now?"},
	}
)

// far is a sentence about a time that is told by its largest whole unit.
type far struct{ minutes, hours, days plural }

func (f far) of(d time.Duration) string {
	switch {
	case d < time.Hour:
		return f.minutes.of(upToMinutes(d))
	case d < 48*time.Hour:
		return f.hours.of(int(d.Round(time.Hour) / time.Hour))
	}
	return f.days.of(int(d.Round(24*time.Hour) / (24 * time.Hour)))
}

// away says how far the call is from now, "" where it is over.
func (c ConsoleCall) away(now time.Time) string {
	switch d := c.Slot.Sub(now); {
	case c.State != "scheduled":
		return ""
	case d > 0:
		return deskIn.of(d)
	case -d < slotLength:
		return deskCallNow
	default:
		return deskAgo.of(-d)
	}
}

func deskCallState(c ConsoleCall) string {
	words := deskCallStates[c.State]
	if c.State == "calling" && !c.Mine && c.Agent != "" {
		return words + strings.ReplaceAll(", by {name}", "{name}", c.Agent)
	}
	return words
}

// acts are what can be done about a call-back now.
func (c ConsoleCall) acts() []deskChoice {
	switch {
	case c.State == "scheduled":
		return []deskChoice{{"dial", "Call now"}}
	case c.State == "calling" && c.Mine:
		return []deskChoice{{"done", "We talked"}, {"missed", "Nobody answered"}}
	}
	return nil
}
