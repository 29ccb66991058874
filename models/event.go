package models

import (
	"fmt"
	"strings"
	"sync/atomic"
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

	EventSignInKnown         EventKind = "sign_in_known" // the password alone, on a known or trusted device
	EventSignInRefused       EventKind = "sign_in_refused"
	EventStepUp              EventKind = "step_up"
	EventPasswordChanged     EventKind = "password_changed"
	EventResetAsked          EventKind = "reset_asked"
	EventPasswordReset       EventKind = "password_reset"
	EventTwoStepOn           EventKind = "two_step_on"
	EventTwoStepEveryTime    EventKind = "two_step_every_time"
	EventTwoStepOff          EventKind = "two_step_off"
	EventDeviceRenamed       EventKind = "device_renamed"
	EventSignedOutDevice     EventKind = "signed_out_device"
	EventSignedOutEverywhere EventKind = "signed_out_everywhere"
	EventDeviceUntrusted     EventKind = "device_untrusted"
	EventSessionMoved        EventKind = "session_moved" // a session turned up in another browser or country

	EventStepUpPassword   EventKind = "step_up_password" // for who cannot get a code
	EventEmailChangeAsked EventKind = "email_change_asked"
	EventEmailChanged     EventKind = "email_changed"
	EventEmailAdded       EventKind = "email_added"
	EventEmailRemoved     EventKind = "email_removed"
	EventEmailCancelled   EventKind = "email_cancelled"
	EventPhoneAdded       EventKind = "phone_added"
	EventPhoneRemoved     EventKind = "phone_removed"
	EventChannelChanged   EventKind = "channel_changed"
	EventChangeWaiting    EventKind = "change_waiting"
	EventChangeStopped    EventKind = "change_stopped"
	EventUndone           EventKind = "undone"
	EventNotMe            EventKind = "not_me"
	EventMuted            EventKind = "muted"
	EventCodesBraked      EventKind = "codes_braked" // strangers had too many codes sent: no more for a while
	EventClosing          EventKind = "closing"
	EventClosingCancelled EventKind = "closing_cancelled"
	EventLinkFollowed     EventKind = "link_followed"

	EventStaffCreated   EventKind = "staff_created"
	EventStaffUnlocked  EventKind = "staff_unlocked"
	EventStaffSignedOut EventKind = "staff_signed_out"
	EventStaffRole      EventKind = "staff_role"
	EventStaffResent    EventKind = "staff_resent" // support sent a code again
	EventStaffReset     EventKind = "staff_reset"  // support had the link of a reset sent
)

type event struct {
	ID        string
	AccountID *string
	Kind      EventKind
	At        time.Time
	Device    string
	Address   string
	Place     string  // roughly where, "" unknown
	Reasons   string  // why it was unusual: slugs of Reason, with spaces between
	Detail    string  // with a member of staff: the reason, in words
	Agent     string  // what the account's holder is told that the member of staff is called
	AgentID   *string // who that is
}

// eventCount keeps the activities of one millisecond in their order.
var eventCount atomic.Uint32

// eventID sorts as the activities happened.
func eventID(now time.Time) string {
	return fmt.Sprintf("%012x%08x%s", now.UnixMilli(), eventCount.Add(1), newID()[:12])
}

// record keeps a security activity. It writes the same row for an address
// without an account, so that the time it takes tells nothing.
func record(tx *db.Tx, kind EventKind, account string, c Client) error {
	return keep(tx, event{Kind: kind, Device: deviceName(c.UserAgent), Address: addressText(c), Place: c.Place.String()}, account, c)
}

// recordRisk is record for what the risk engine found unusual.
func recordRisk(tx *db.Tx, kind EventKind, account string, reasons []Reason, c Client) error {
	return keep(tx, event{Kind: kind, Device: deviceName(c.UserAgent), Address: addressText(c), Place: c.Place.String(), Reasons: joined(reasons)}, account, c)
}

// joined writes reasons into a row.
func joined(reasons []Reason) string {
	list := make([]string, len(reasons))
	for i, r := range reasons {
		list[i] = string(r)
	}
	return strings.Join(list, " ")
}

// reasonsOf reads them again.
func reasonsOf(row string) []Reason {
	var list []Reason
	for _, r := range strings.Fields(row) {
		list = append(list, Reason(r))
	}
	return list
}

// recordAs is record for what was asked for earlier: where that was is not known any
// more.
func recordAs(tx *db.Tx, kind EventKind, account, device, address string, p Place) error {
	return keep(tx, event{Kind: kind, Device: device, Address: address, Place: p.String()}, account, Client{})
}

func keep(tx *db.Tx, e event, account string, c Client) error {
	e.ID, e.At = eventID(tx.Now), tx.Now
	if account != "" {
		e.AccountID = &account
	}
	if err := noteEvent(tx, e, account, c); err != nil {
		return err
	}
	return tx.Insert(&e)
}
