package models

import (
	"time"

	"admitone/models/internal/db"
)

// EventKind names a security activity.
type EventKind string

// The security activities.
const (
	EventSignUp        EventKind = "sign_up"        // the account was made
	EventSignUpTried   EventKind = "sign_up_tried"  // somebody signed up with an address that has an account
	EventSignIn        EventKind = "sign_in"        // a session was opened
	EventWrongPassword EventKind = "wrong_password" // also for an address without an account
	EventCodeAsked     EventKind = "code_asked"     // the password was right, a code was sent
	EventWrongCode     EventKind = "wrong_code"     // a judged code was wrong
	EventTriesUsedUp   EventKind = "tries_used_up"  // the last try of a challenge was wrong
	EventSignOut       EventKind = "sign_out"       // a session was ended by its holder
)

type event struct {
	ID        string
	AccountID *string
	Kind      EventKind
	At        time.Time
	Device    string
	Address   string
}

// record keeps a security activity. It writes the same row for an address
// without an account, so that the time it takes tells nothing.
func record(tx *db.Tx, kind EventKind, account string, c Client) error {
	e := event{ID: newID(), Kind: kind, At: tx.Now, Device: deviceName(c.UserAgent), Address: addressText(c)}
	if account != "" {
		e.AccountID = &account
	}
	return tx.Create(&e).Error
}
