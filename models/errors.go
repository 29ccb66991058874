package models

import (
	"fmt"
	"time"

	"admitone/models/internal/db"
)

// Kind says what sort of refusal an Error is; handlers turn it into a status.
type Kind string

// The kinds of refusal.
const (
	Invalid Kind = "invalid"  // what was typed cannot be: Field and Reason say what and why
	TooSoon Kind = "too_soon" // asked again before RetryAt; nothing was written
	Busy    Kind = "busy"     // the hashing queue is full until about RetryAt
	Gone    Kind = "gone"     // the flow is not there: cookies off, or too late

	NoSession Kind = "no_session" // nobody is signed in
	NotProven Kind = "not_proven" // signed in, but the act needs a fresh proof (step-up)
	NotFound  Kind = "not_found"  // no such thing in this account

	Closed      Kind = "closed"      // nobody is there now; RetryAt is when somebody is
	Conflict    Kind = "conflict"    // somebody else was first
	Unreachable Kind = "unreachable" // another system did not answer
)

// Error is a refusal that changes nothing. Reason is a slug: the sentence for
// it lives with the pages and the messages. A refusal that must be remembered
// is an Outcome instead, because an error rolls its transaction back.
type Error struct {
	Kind    Kind
	Field   string
	Reason  string
	N       int // the number in the sentence, where there is one
	RetryAt time.Time
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s %s", e.Kind, e.Field, e.Reason)
}

// Away says that an act failed because the database cannot be reached, is locked,
// full or read-only: it may succeed later.
func Away(err error) bool { return db.Away(err) }

// Damaged says that a file is no database, or one that is broken.
func Damaged(err error) bool { return db.Damaged(err) }

// Full says that there is no room on the disk.
func Full(err error) bool { return db.Full(err) }

func invalid(field, reason string, n int) *Error {
	return &Error{Kind: Invalid, Field: field, Reason: reason, N: n}
}

// Outcome is how an act ended. Acts return it beside a nil error, also where
// the answer is no: a wrong code that came back as an error would roll back
// the very count that limits guessing.
type Outcome string

// The outcomes of acts.
const (
	Accepted    Outcome = "accepted"     // the door is open: a session was minted
	CodeSent    Outcome = "code_sent"    // a code is on its way and is awaited
	Wrong       Outcome = "wrong"        // wrong password, or wrong code
	Expired     Outcome = "expired"      // the code's life is over; nothing was compared
	Exhausted   Outcome = "exhausted"    // no tries are left on this challenge
	Used        Outcome = "used"         // this code has already opened the door
	Superseded  Outcome = "superseded"   // the flow began again in another tab
	Throttled   Outcome = "throttled"    // a budget is spent until RetryAt
	Refused     Outcome = "refused"      // too unusual: the way back in goes by mail
	ChannelOff  Outcome = "channel_off"  // too many wrong codes in a row on this channel
	PasswordOff Outcome = "password_off" // too many wrong passwords in a row: it opens nothing in browsers without a lane
	DigitsOff   Outcome = "digits_off"   // too many wrong codes of resets everywhere: only the links work
	Taken       Outcome = "taken"        // the address got an account in the meantime
)
