package models

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Undos holds the acts of who takes a change back, from the link of its notice.
type Undos struct{ *core }

// Undo is what the page of an undo link shows.
type Undo struct {
	Change  string
	What    string
	At      time.Time
	HoldsAt time.Time
	Waiting bool  // it has not taken hold: it is stopped, nothing is put back
	Ways    []Way // one of these has to agree by a code; none where none is asked for
}

// found is a change that a link can take back.
type found struct {
	message message
	change  change
	before  standing
	older   []identifier // the other channels that are older than the change
}

// Link says what an undo link is good for. It writes nothing: scanners open
// links. A Gone error says that its time is over, or that it is not ours.
func (u *Undos) Link(ctx context.Context, token string) (Undo, error) {
	g := u.db.Read(ctx)
	f, err := u.find(g, token, u.db.Now())
	if err != nil {
		return Undo{}, err
	}
	out := Undo{Change: f.change.Kind, What: f.change.What, At: f.change.MadeAt, Waiting: f.change.AppliedAt == nil}
	if f.change.HoldsAt != nil {
		out.HoldsAt = *f.change.HoldsAt
	}
	out.Ways = others(f.older, "")
	return out, nil
}

func (u *Undos) find(g *gorm.DB, token string, now time.Time) (f found, err error) {
	gone := &Error{Kind: Gone, Reason: "undo"}
	f.message, err = u.mailed(g, linkUndo, token)
	if err != nil {
		return f, err
	}
	if f.message.UndoID == nil {
		return f, gone
	}
	if err := g.Take(&f.change, "id = ?", *f.message.UndoID).Error; err != nil {
		return f, err
	}
	since := f.change.AppliedAt
	if since != nil && f.change.HoldsAt == nil {
		since = &f.change.MadeAt // when it took hold, whatever it counts as later than (afterAll)
	}
	if f.change.UndoneAt != nil || since != nil && !now.Before(since.Add(time.Duration(u.policy.UndoLife))) {
		return f, gone
	}
	if since == nil {
		return f, nil
	}
	if err := json.Unmarshal([]byte(f.change.Before), &f.before); err != nil {
		return f, err
	}
	for _, i := range f.before.Identifiers {
		// A phone counts only while it can be reached.
		if i.to().shown != f.message.Destination && (i.Kind == kindEmail || u.texts) {
			f.older = append(f.older, i)
		}
	}
	return f, nil
}

// Undone is how following an undo link ended.
type Undone struct {
	Outcome Outcome   // Accepted: it is done; CodeSent: an older channel is asked first; Taken; Throttled
	RetryAt time.Time // with Throttled
	Session string    // with CodeSent: the handle of the code
	Stopped bool      // with Accepted: a waiting change was stopped, the password stays
}

// Follow takes the change of a link back, or asks an older channel first: a
// stolen old mailbox alone takes nothing back (POLICY.md 5). The earliest of
// several changes wins: with it go all that came after it. way is the older channel
// that was chosen, "" for the first one.
func (u *Undos) Follow(ctx context.Context, token, way string, c Client) (out Undone, err error) {
	err = u.db.Write(ctx, func(tx *db.Tx) error {
		f, err := u.find(tx.DB, token, tx.Now)
		if err != nil {
			return err
		}
		if f.change.AppliedAt == nil { // it may be about to: who lets it has the account's row
			if _, err := lockOwner(tx, f.change.AccountID, true); err != nil {
				return err
			}
			if f, err = u.find(tx.DB, token, tx.Now); err != nil {
				return err
			}
		}
		if f.change.AppliedAt == nil {
			out = Undone{Outcome: Accepted, Stopped: true}
			return u.stop(tx, f, c)
		}
		if len(f.older) > 0 {
			out, err = u.ask(tx, f, way, c)
			return err
		}
		// The new password is chosen by a reset: this link may have been
		// forwarded by mistake, and alone it must not be the account.
		out, err = u.takeBack(tx, f.change, f.before, c)
		return err
	})
	var taken *takenError
	if errors.As(err, &taken) {
		return Undone{Outcome: Taken}, nil
	}
	return out, u.linkGone(err, c, "undo_link")
}

// stop ends a change that waits.
func (u *Undos) stop(tx *db.Tx, f found, c Client) error {
	n, err := tx.Exec(voided+" WHERE id = ? AND applied_at IS NULL AND undone_at IS NULL", tx.Now, f.change.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return &Error{Kind: Gone, Reason: "undo"}
	}
	if err := u.tell(tx, f.change.AccountID, notice{kind: KindChangeStopped, what: f.change.What, change: f.change.Kind}, c); err != nil {
		return err
	}
	return record(tx, EventChangeStopped, f.change.AccountID, c)
}

// ask sends a code to the older channel.
func (u *Undos) ask(tx *db.Tx, f found, way string, c Client) (Undone, error) {
	to := f.older[0].to()
	for _, i := range f.older {
		if i.ID == way {
			to = i.to()
		}
	}
	ch, retryAt, err := u.issue(tx, PurposeUndo, f.change.AccountID, to, u.undoSends(to, f.message.Destination))
	if err != nil || !retryAt.IsZero() {
		return Undone{Outcome: Throttled, RetryAt: retryAt}, err
	}
	if err := u.endHere(tx, c); err != nil {
		return Undone{}, err
	}
	sid, token, err := u.handle(tx, c)
	if err != nil {
		return Undone{}, err
	}
	row := verification{
		ID: newID(), SessionID: sid, ChallengeID: ch.ID, AccountID: &f.change.AccountID, Purpose: PurposeUndo,
		Value: f.message.Destination, Shown: to.shown, Subject: f.change.ID, CreatedAt: tx.Now,
	}
	if err := tx.Insert(&row); err != nil {
		return Undone{}, err
	}
	l, err := localeOf(tx, f.change.AccountID)
	if err != nil {
		return Undone{}, err
	}
	m := newMessage(KindUndoCode, to, l, c)
	m.about(ch)
	return Undone{Outcome: CodeSent, Session: token}, enqueue(tx, m)
}

// Pending is what the code page of an undo shows.
func (u *Undos) Pending(ctx context.Context, c Client) (Pending, error) {
	g, now := u.db.Read(ctx), u.db.Now()
	row, ch, _, err := outside(g, PurposeUndo, "", c, now)
	if err != nil {
		return Pending{}, err
	}
	return u.pending(g, row.ID, ch, now)
}

// Resend sends the code of an undo again.
func (u *Undos) Resend(ctx context.Context, flowID, _ string, c Client) (out Resent, err error) {
	err = u.db.Write(ctx, func(tx *db.Tx) error {
		row, ch, current, err := outside(tx.DB, PurposeUndo, flowID, c, tx.Now)
		if err != nil || !current {
			out = Resent{Outcome: Superseded}
			return err
		}
		to := destination{channel: ch.Channel, value: canonical(ch.Channel, ch.Destination), shown: ch.Destination}
		l, err := localeOf(tx, *row.AccountID)
		if err != nil {
			return err
		}
		out, err = u.resend(tx, ch, newMessage(KindUndoCode, to, l, c), u.undoSends(to, row.Value), destination{})
		return err
	})
	return out, err
}

// canonical is the form of a destination that budgets are told apart by.
func canonical(channel, shown string) string {
	if channel == ChannelSMS {
		return shown
	}
	e, _ := ParseEmail(shown)
	return e.Value
}

// Answer takes the code of an undo. With Accepted the change is taken back, and
// the browser may choose a new password.
func (u *Undos) Answer(ctx context.Context, typed, flowID string, _ Ticks, c Client) (out Answered, err error) {
	code, reason := NormaliseCode(typed, CodeDigits)
	if reason != "" {
		return out, invalid("code", reason, CodeDigits)
	}
	err = u.db.Write(ctx, func(tx *db.Tx) error {
		row, ch, current, err := outside(tx.DB, PurposeUndo, flowID, c, tx.Now)
		if err != nil || !current {
			out = Answered{Outcome: Superseded}
			return err
		}
		// Apart from the account's own codes: an old mailbox that was stolen must
		// not use them up, nor what another holder of a link has.
		codes := u.codeBudget("undo " + *row.AccountID + " " + u.undoHolder(row.Value))
		if err := lock(tx, codes, u.addressBudget(c.Address)); err != nil {
			return err
		}
		j, err := u.judge(tx, ch, code, false, codes, c)
		out = Answered{Outcome: j.outcome, TriesLeft: j.triesLeft, RetryAt: j.retryAt, Session: c.Session}
		if err != nil || j.outcome != Accepted {
			return err
		}
		return u.answered(tx, row, &out, c)
	})
	var taken *takenError
	if errors.As(err, &taken) {
		return Answered{Outcome: Taken}, nil
	}
	return out, err
}

func (u *Undos) answered(tx *db.Tx, row verification, out *Answered, c Client) error {
	var ch change
	if err := tx.Take(&ch, "id = ?", row.Subject).Error; err != nil {
		return err
	}
	var before standing
	if err := json.Unmarshal([]byte(ch.Before), &before); err != nil {
		return err
	}
	done, err := u.takeBack(tx, ch, before, c)
	if err != nil {
		return err
	}
	out.Outcome = done.Outcome
	if done.Outcome != Accepted {
		return nil
	}
	if out.Device, err = u.bindLane(tx, c, *row.AccountID); err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE verifications SET purpose = ?, proven_at = ?, value = ?, shown = ? WHERE id = ?", PurposeReset, tx.Now, canonical(ChannelEmail, mainOf(before)), mainOf(before), row.ID)
	return err
}

func mainOf(s standing) string {
	for _, i := range s.Identifiers {
		if i.IsPrimary {
			return i.Shown
		}
	}
	return ""
}

// takenError rolls an undo back: an address that it would restore belongs to
// another account now.
type takenError struct{}

func (*takenError) Error() string { return "the address belongs to another account" }

// takeBack puts everything back as it stood before a change, and with it go all
// changes that came after. Every session ends, every device is unknown, and the
// password opens nothing any more until a new one is chosen.
func (u *Undos) takeBack(tx *db.Tx, ch change, before standing, c Client) (Undone, error) {
	account := ch.AccountID
	if _, err := lockOwner(tx, account, true); err != nil {
		return Undone{}, err
	}
	n, err := tx.Exec(voided+" WHERE id = ? AND applied_at IS NOT NULL AND undone_at IS NULL", tx.Now, ch.ID)
	if err != nil || n == 0 {
		return Undone{Outcome: Used}, err
	}
	_, err = tx.Exec(voided+" WHERE account_id = ? AND (applied_at >= ? OR applied_at IS NULL) AND undone_at IS NULL", tx.Now, account, *ch.AppliedAt)
	if err != nil {
		return Undone{}, err
	}
	now, err := identifiersOf(tx.DB, account)
	if err != nil {
		return Undone{}, err
	}
	if err := restore(tx, account, before); err != nil {
		return Undone{}, err
	}
	if err := setPassword(tx, account, ""); err != nil {
		return Undone{}, err
	}
	if err := shutOut(tx, account); err != nil {
		return Undone{}, err
	}
	for _, p := range []Purpose{PurposeEmail, PurposePhone, PurposeStepUp} {
		if err := endProofs(tx, account, p, ""); err != nil {
			return Undone{}, err
		}
	}
	gone := slices.DeleteFunc(now, func(i identifier) bool {
		return slices.ContainsFunc(before.Identifiers, func(b identifier) bool { return b.ID == i.ID })
	})
	if err := u.tell(tx, account, notice{kind: KindUndone, what: ch.What, change: ch.Kind, also: gone}, c); err != nil {
		return Undone{}, err
	}
	return Undone{Outcome: Accepted}, record(tx, EventUndone, account, c)
}

// restore writes the identifiers and the choices as they were, as long as every
// address is still free.
func restore(tx *db.Tx, account string, before standing) error {
	if _, err := tx.Exec("DELETE FROM identifiers WHERE account_id = ?", account); err != nil {
		return err
	}
	for _, i := range before.Identifiers {
		i.AccountID = account
		added, err := addIdentifier(tx, i)
		if err != nil {
			return err
		}
		if !added {
			return &takenError{}
		}
	}
	preferred := &before.PreferredID
	if before.PreferredID == "" {
		preferred = nil
	}
	_, err := tx.Exec("UPDATE accounts SET two_step = ?, preferred_id = ?, closing_at = NULL, reset_via = NULL WHERE id = ?", before.TwoStep, preferred, account)
	return err
}
