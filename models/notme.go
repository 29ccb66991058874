package models

import (
	"context"
	"slices"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// NotMes holds the acts of who got a message without asking for it. The link of
// the message is the key to them: no session, and no more than it says.
type NotMes struct{ *core }

// NotMe is what the page of such a link shows.
type NotMe struct {
	Kind            string // of the message
	At              time.Time
	Device, Address string
	Place           string // roughly where, "" unknown
	Tag             string
	PasswordRight   bool // whoever asked had typed the right password
	InSession       bool // whoever asked was signed in
	HasAccount      bool
	Blocked         bool // its reader has said so
	Opened          bool // its code had been used before that

	Undo string // the path that takes the change of the message back, "" for none

	PasswordDone, OutDone, TwoStepDone bool // done since
	MutedUntil                         time.Time
}

// afterPassword are the messages that only go out after a right password.
var afterPassword = map[string]bool{KindSignInCode: true, KindTooManyTries: true, KindNewDevice: true, KindSignInRefused: true, KindSignInUnusual: true}

// inSession are those that only somebody signed in can cause.
var inSession = map[string]bool{
	KindStepUpCode: true, KindEmailChanged: true, KindEmailAdded: true, KindEmailRemoved: true, KindPhoneAdded: true, KindPhoneRemoved: true,
	KindChangeWaiting: true, KindTwoStepOn: true, KindTwoStepOff: true, KindClosing: true, KindSignedOutEverywhere: true,
	KindSessionMoved: true,
}

// Show says what a message was about. It writes nothing: scanners open links. A
// Gone error says that the link is too old, or not ours.
func (n *NotMes) Show(ctx context.Context, token string) (NotMe, error) {
	g := n.db.Read(ctx)
	m, err := n.read(g, token, n.db.Now())
	if err != nil {
		return NotMe{}, err
	}
	out := NotMe{
		Kind: m.Kind, At: m.AskedAt, Device: m.Device, Address: m.Address, Place: m.Place, Blocked: m.NotMeAt != nil,
		PasswordRight: afterPassword[m.Kind] && m.Change != string(PurposeStepUp),
		InSession:     inSession[m.Kind] || m.Change == string(PurposeStepUp),
	}
	if m.UndoID != nil {
		out.Undo = UndoPath + n.keys.current(n.db.Now()).mailed(linkUndo, m.ID)
	}
	if out.HasAccount, err = stillTold(g, m); err != nil {
		return out, err
	}
	if m.ChallengeID != nil {
		ch, err := challengeOf(g, *m.ChallengeID)
		if err != nil {
			return out, err
		}
		if k, held := n.keys.find(ch.KeyID); held {
			out.Tag = k.requestTag(ch.ID)
		}
		out.Opened = ch.ConsumedAt != nil && (m.NotMeAt == nil || ch.ConsumedAt.Before(*m.NotMeAt))
	}
	if !out.HasAccount {
		return out, nil
	}
	return out, n.since(g, m, &out)
}

// since says what has been done about it after the message was asked for.
func (n *NotMes) since(g *gorm.DB, m message, out *NotMe) error {
	var rows []struct {
		TwoStep    string
		MutedUntil *time.Time
	}
	if err := g.Raw("SELECT two_step, muted_until FROM accounts WHERE id = ?", *m.AccountID).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return err
	}
	r := rows[0]
	_, waits, err := waitingOff(g, *m.AccountID)
	if err != nil {
		return err
	}
	out.TwoStepDone = r.TwoStep != TwoStepOff && !waits
	if r.MutedUntil != nil && r.MutedUntil.After(n.db.Now()) {
		out.MutedUntil = *r.MutedUntil
	}
	ended, err := endedSince(g, m)
	out.OutDone, out.PasswordDone = len(ended) > 0, slices.Contains(ended, EventPasswordReset)
	return err
}

// endedSince lists what has ended every session after a message was asked for. A thief
// who signs all others out keeps his own, and who changes the password in it is not
// shut out either: neither is done for the reader of the message.
func endedSince(g *gorm.DB, m message) (kinds []EventKind, err error) {
	err = db.Scan(g, &kinds, `SELECT kind FROM events e WHERE account_id = ? AND kind IN (?, ?, ?) AND at > ?
		AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.account_id = e.account_id AND s.created_at < e.at)
		AND NOT EXISTS (SELECT 1 FROM known_devices k WHERE k.account_id = e.account_id AND k.known_at < e.at)`,
		orNone(m.AccountID), EventSignedOutEverywhere, EventPasswordReset, EventUndone, m.AskedAt)
	return kinds, err
}

func (n *NotMes) read(g *gorm.DB, token string, now time.Time) (message, error) {
	m, err := n.mailed(g, linkNotMe, token)
	if err == nil && !now.Before(m.CreatedAt.Add(NotMeLife)) {
		err = &Error{Kind: Gone, Reason: "link"}
	}
	return m, err
}

// act runs one act of a link's reader, who must have said 'not me' before.
func (n *NotMes) act(ctx context.Context, token string, do func(*db.Tx, message) error) error {
	return n.db.Write(ctx, func(tx *db.Tx) error {
		m, err := n.read(tx.DB, token, tx.Now)
		if err != nil {
			return err
		}
		told, err := stillTold(tx.DB, m)
		if err == nil && (m.NotMeAt == nil || !told) {
			err = &Error{Kind: NotFound, Reason: "not_me"}
		}
		if err != nil {
			return err
		}
		return do(tx, m)
	})
}

// stillTold says whether a message went to where its account is still reached:
// an address that has left the account secures nothing for it, it can only take
// back what removed it.
func stillTold(g *gorm.DB, m message) (bool, error) {
	var n int
	err := g.Raw("SELECT count(*) FROM identifiers WHERE account_id = ? AND shown = ? AND verified_at IS NOT NULL", orNone(m.AccountID), m.Destination).Scan(&n).Error
	return n > 0, err
}

// Block stops what the message is about: its code opens nothing any more, and
// the attempt that waited for it is over.
func (n *NotMes) Block(ctx context.Context, token string, c Client) error {
	err := n.db.Write(ctx, func(tx *db.Tx) error {
		m, err := n.read(tx.DB, token, tx.Now)
		if err != nil {
			return err
		}
		first, err := tx.Exec("UPDATE messages SET not_me_at = ? WHERE id = ? AND not_me_at IS NULL", tx.Now, m.ID)
		if err != nil || first == 0 {
			return err
		}
		if m.ChallengeID != nil {
			if _, err := tx.Exec("UPDATE challenges SET consumed_at = ? WHERE id = ? AND consumed_at IS NULL", tx.Now, *m.ChallengeID); err != nil {
				return err
			}
			for _, table := range []string{"sign_ins", "sign_ups"} {
				if _, err := tx.Exec("DELETE FROM "+table+" WHERE challenge_id = ?", *m.ChallengeID); err != nil {
					return err
				}
			}
			if _, err := tx.Exec("UPDATE verifications SET proven_at = NULL WHERE challenge_id = ?", *m.ChallengeID); err != nil {
				return err
			}
		}
		return record(tx, EventNotMe, orNone(m.AccountID), c)
	})
	return n.linkGone(err, c, "not_me_link")
}

// SignOutEverywhere ends every session of the account and makes its devices
// unknown.
func (n *NotMes) SignOutEverywhere(ctx context.Context, token string, c Client) error {
	return n.act(ctx, token, func(tx *db.Tx, m message) error {
		if _, err := lockOwner(tx, *m.AccountID, true); err != nil {
			return err
		}
		if ended, err := endedSince(tx.DB, m); err != nil || len(ended) > 0 {
			return err // once per message: each time tells every address
		}
		if err := stopWaiting(tx, *m.AccountID, ""); err != nil {
			return err
		}
		if err := shutOut(tx, *m.AccountID); err != nil {
			return err
		}
		if err := n.tell(tx, *m.AccountID, notice{kind: KindSignedOutEverywhere}, c); err != nil {
			return err
		}
		return record(tx, EventSignedOutEverywhere, *m.AccountID, c)
	})
}

// waitingOff is the change that waits to turn two-step verification off.
func waitingOff(g *gorm.DB, account string) (ch change, waits bool, err error) {
	return db.First[change](g, "SELECT * FROM changes WHERE account_id = ? AND kind = ? AND value = ? AND applied_at IS NULL AND undone_at IS NULL",
		account, ChangeTwoStep, TwoStepOff)
}

// TurnOnTwoStep turns two-step verification on where it is off, and stops the change
// that would turn it off.
func (n *NotMes) TurnOnTwoStep(ctx context.Context, token string, c Client) error {
	return n.act(ctx, token, func(tx *db.Tx, m message) error {
		if _, err := lockOwner(tx, *m.AccountID, true); err != nil {
			return err
		}
		ch, waits, err := waitingOff(tx.DB, *m.AccountID)
		if err == nil && waits {
			err = (&Undos{n.core}).stop(tx, found{change: ch}, c)
		}
		if err != nil {
			return err
		}
		done, err := tx.Exec("UPDATE accounts SET two_step = ? WHERE id = ? AND two_step = ?", TwoStepNewDevices, *m.AccountID, TwoStepOff)
		if err != nil || done == 0 {
			return err
		}
		if err := n.tell(tx, *m.AccountID, notice{kind: KindTwoStepOn}, c); err != nil {
			return err
		}
		return record(tx, EventTwoStepOn, *m.AccountID, c)
	})
}

// Mute stops what strangers can have sent to the account, for a day. The owner's
// own devices and right passwords still get their codes.
func (n *NotMes) Mute(ctx context.Context, token string, c Client) error {
	return n.act(ctx, token, func(tx *db.Tx, m message) error {
		if !tx.Now.Before(m.NotMeAt.Add(MuteLife)) {
			return &Error{Kind: NotFound, Reason: "not_me"} // a link cannot mute on and on
		}
		done, err := tx.Exec("UPDATE accounts SET muted_until = ? WHERE id = ?", tx.Now.Add(MuteLife), orNone(m.AccountID))
		if err != nil || done == 0 {
			return err
		}
		return record(tx, EventMuted, *m.AccountID, c)
	})
}

// Reset sends the way to a new password to the account's main address. Neither the
// strangers' budget nor the mute is in the way; it has a budget of its own.
func (n *NotMes) Reset(ctx context.Context, token string, c Client) (out Started, err error) {
	err = n.act(ctx, token, func(tx *db.Tx, m message) error {
		who, err := primaryOwner(tx.DB, *m.AccountID)
		if err != nil {
			return err
		}
		if who.AccountID == "" {
			return &Error{Kind: Gone, Reason: "link"}
		}
		r := &Resets{n.core}
		out, err = r.send(tx, Email{Value: who.Value, Shown: who.Shown}, who, n.linkSends(who.Value), true, c)
		if err == nil && out.Session != "" {
			err = n.endHere(tx, c)
		}
		return err
	})
	return out, err
}
