package models

import (
	"context"
	"errors"
	"slices"
	"time"

	"admitone/models/internal/db"
)

// Accounts holds what an account holder may see and change.
type Accounts struct{ *core }

// The choices of two-step verification (POLICY.md 1).
const (
	TwoStepNewDevices = "new_devices"
	TwoStepEveryTime  = "every_time"
	TwoStepOff        = "off"
)

// Overview is what the account pages show of an account.
type Overview struct {
	Main, Second  Address
	Pending       PendingAddress // an address that has not proven itself yet
	Phone         Address        // masked
	PasswordSetAt time.Time
	TwoStep       string
	Ways          []Way // where codes may go, the first choice first
	Waiting       []Waiting
	Devices       int // browsers that the account knows, or that are signed in
	Recent        []Activity
}

// Address is a confirmed address or number.
type Address struct {
	ID      string // "" for none
	Address string
	Refused bool // the newest message to it was refused
}

// Activity is one security activity of the account.
type Activity struct {
	Kind    string
	At      time.Time
	Device  string
	Address string
	Place   string // roughly where, "" unknown
	Detail  string // what an operator did, or why staff did it
	Agent   string // the name of the member of staff, "" where nobody of staff did it
	Reasons string // why it was unusual: slugs of Reason, with spaces between
}

// Overview reads the account of a session.
func (a *Accounts) Overview(ctx context.Context, s Session) (o Overview, err error) {
	g, now := a.db.Read(ctx), a.db.Now()
	list, of, err := channelsOf(g, s.AccountID)
	if err != nil {
		return o, err
	}
	o.PasswordSetAt, o.TwoStep = of.PasswordSetAt, of.TwoStep
	for _, i := range list {
		last, _, err := db.First[string](g, "SELECT state FROM messages WHERE account_id = ? AND channel = ? AND destination = ? AND state NOT IN ('queued', 'dropped') ORDER BY created_at DESC LIMIT 1",
			s.AccountID, i.to().channel, i.Shown)
		if err != nil {
			return o, err
		}
		at := Address{ID: i.ID, Address: i.Shown, Refused: last == stateRefused || last == stateUndelivered}
		switch {
		case i.IsPrimary:
			o.Main = at
		case i.Kind == kindEmail:
			o.Second = at
		default:
			at.Address = i.masked()
			o.Phone = at
		}
	}
	if o.Pending, err = a.pendingAddress(g, s.AccountID, now); err != nil {
		return o, err
	}
	ways, _, err := a.openWays(g, list, of, now)
	if err != nil {
		return o, err
	}
	o.Ways = others(ways, "")
	if len(o.Ways) > 0 {
		o.Ways[0].Now = true
	}
	if o.Waiting, err = waiting(g, s.AccountID); err != nil {
		return o, err
	}
	devices, _, err := a.devices(g, s.AccountID, "")
	if err != nil {
		return o, err
	}
	o.Devices = len(devices)
	o.Recent, err = a.Activity(ctx, s, 3)
	return o, err
}

// Activity gives the newest security activities of the account, at most n.
func (a *Accounts) Activity(ctx context.Context, s Session, n int) ([]Activity, error) {
	var list []Activity
	err := db.Scan(a.db.Read(ctx), &list, "SELECT kind, at, device, address, place, detail, agent, reasons FROM events WHERE account_id = ? ORDER BY at DESC, id DESC LIMIT ?", s.AccountID, n)
	return list, err
}

// ChangePassword sets a new password where the current one is right and the
// session has a fresh proof. others says whether every other session ends and
// every other device loses its trust.
func (a *Accounts) ChangePassword(ctx context.Context, current, password string, others bool, c Client) (out Changed, err error) {
	g, now := a.db.Read(ctx), a.db.Now()
	s, err := a.signedIn(g, c, now)
	if err != nil {
		return out, err
	}
	if s.proof(now) == ProofNone {
		return out, notProven()
	}
	who, err := primaryOwner(g, *s.AccountID)
	if err != nil {
		return out, err
	}
	if err := a.checkChange(current, password, who); err != nil {
		return out, err
	}
	right, retryAt, err := a.verifyInside(ctx, current, s, who)
	if err != nil || !retryAt.IsZero() {
		return Changed{Outcome: Throttled, RetryAt: retryAt}, err
	}
	hash := ""
	if right {
		if hash, err = a.hasher.hash(ctx, password, ownHash(who.AccountID)); err != nil {
			return out, err
		}
	}
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		out = Changed{Outcome: Wrong}
		s, err := a.elevated(tx, c)
		if err != nil {
			return err
		}
		ok, retryAt, err := a.stillRight(tx, right, s, who)
		if !retryAt.IsZero() {
			out = Changed{Outcome: Throttled, RetryAt: retryAt}
		}
		if err != nil || !ok {
			return err
		}
		if out, err = a.change(tx, s, ChangePassword, hash, "", c); err != nil || out.Outcome != Accepted || !out.HoldsAt.IsZero() {
			return err
		}
		if err := stopWaiting(tx, who.AccountID, ""); err != nil || !others {
			return err
		}
		if err := endSessions(tx, who.AccountID, s.ID); err != nil {
			return err
		}
		_, err = tx.Exec("UPDATE known_devices SET trusted_until = NULL WHERE account_id = ? AND device_id <> ?", who.AccountID, orNone(s.DeviceID))
		return err
	})
	return out, err
}

// checkChange refuses what no hash is needed for; every field is told at once.
func (a *Accounts) checkChange(current, password string, who owner) error {
	email, _ := ParseEmail(who.Shown)
	var errs []error
	if current == "" {
		errs = append(errs, invalid("current_password", "empty", 0))
	}
	if reason, n := passwordReason(password, a.policy, email, a.brand); reason != "" {
		errs = append(errs, invalid("new_password", reason, n))
	} else if current == password {
		errs = append(errs, invalid("new_password", "same", 0))
	}
	return errors.Join(errs...)
}

// setPassword also voids what is pending on the old one: sign-ins, and every
// other way to a new password that was proven or is awaited.
func setPassword(tx *db.Tx, account, hash string) error {
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE accounts SET password_hash = ?, password_set_at = ?, reset_via = NULL WHERE id = ?", []any{hash, tx.Now, account}},
		{"UPDATE challenges SET consumed_at = ? WHERE account_id = ? AND purpose = 'reset' AND consumed_at IS NULL", []any{tx.Now, account}},
		{"UPDATE verifications SET proven_at = NULL WHERE account_id = ? AND purpose = 'reset'", []any{account}},
		{"DELETE FROM sign_ins WHERE account_id = ?", []any{account}},
	} {
		if _, err := tx.Exec(step.sql, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// twoStepWords names the message and the activity of a choice, "" for a choice
// that is none.
func twoStepWords(choice string) (kind string, event EventKind) {
	switch choice {
	case TwoStepNewDevices:
		return KindTwoStepOn, EventTwoStepOn
	case TwoStepEveryTime:
		return KindTwoStepOn, EventTwoStepEveryTime
	case TwoStepOff:
		return KindTwoStepOff, EventTwoStepOff
	}
	return "", ""
}

// SetTwoStep makes the choice of two-step verification.
func (a *Accounts) SetTwoStep(ctx context.Context, choice string, c Client) (out Changed, err error) {
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		s, err := a.elevated(tx, c)
		if err != nil {
			return err
		}
		if kind, _ := twoStepWords(choice); kind == "" {
			return invalid("two_step", "empty", 0)
		}
		who, err := lockOwner(tx, *s.AccountID, true)
		if err != nil {
			return err
		}
		out = Changed{Outcome: Accepted}
		if who.TwoStep == choice {
			// Nothing changes and nobody is told; but a wish for something else,
			// made with the password alone, does not outlive this one.
			if s.proof(tx.Now) == ProofCode {
				return stopWaiting(tx, who.AccountID, ChangeTwoStep)
			}
			return nil
		}
		out, err = a.change(tx, s, ChangeTwoStep, choice, "", c)
		return err
	})
	return out, err
}

// PreferWay chooses the confirmed channel that codes go to first; a NotFound
// error where the account has no such way.
func (a *Accounts) PreferWay(ctx context.Context, id string, c Client) error {
	return a.db.Write(ctx, func(tx *db.Tx) error {
		s, err := a.elevatedAlone(tx, c)
		if err != nil {
			return err
		}
		if id == "" {
			return invalid("way", "empty", 0)
		}
		list, err := identifiersOf(tx.DB, *s.AccountID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(i identifier) bool { return i.ID == id }) {
			return &Error{Kind: NotFound, Reason: "way"}
		}
		if _, err := tx.Exec("UPDATE accounts SET preferred_id = ? WHERE id = ?", id, *s.AccountID); err != nil {
			return err
		}
		return record(tx, EventChannelChanged, *s.AccountID, c)
	})
}
