package models

import (
	"context"
	"encoding/json"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// PendingAddress is an address or number that has not proven itself yet.
type PendingAddress struct {
	Address string // "" for none
	As      string // main or second
	SentAt  time.Time
}

// pendingAddress finds the newest address of an account that waits for its code,
// in whatever session it was begun.
func (c *core) pendingAddress(g *gorm.DB, account string, now time.Time) (p PendingAddress, err error) {
	row, there, err := db.First[verification](g, `SELECT v.shown, v.subject, v.created_at FROM verifications v JOIN challenges c ON c.id = v.challenge_id
		WHERE v.account_id = ? AND v.purpose = 'email' AND c.consumed_at IS NULL AND c.ends_at > ? ORDER BY v.created_at DESC LIMIT 1`, account, now)
	if err != nil || !there {
		return p, err
	}
	p = PendingAddress{Address: row.Shown, As: "main", SentAt: row.CreatedAt}
	if row.Subject == ChangeEmailSecond {
		p.As = "second"
	}
	return p, nil
}

// StartEmail sends a code to an address that is to be the main one, or the
// second. Nothing changes before it is typed. An address that is someone else's
// gets the same answer: its owner is told, and no code is right.
func (a *Accounts) StartEmail(ctx context.Context, typed string, second bool, c Client) (out Started, err error) {
	email, reason := ParseEmail(typed)
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		s, err := a.elevated(tx, c)
		if err != nil {
			return err
		}
		if reason != "" {
			return invalid("email", reason, 0)
		}
		who, err := findOwner(tx.DB, email)
		if err != nil {
			return err
		}
		if who.AccountID == *s.AccountID {
			return invalid("email", "same", 0)
		}
		// The address has proven nothing, so what it is sent is a stranger's wish:
		// it must not use up what its owner may ask for.
		sends := a.strangersSends(email, c)
		row := verification{Purpose: PurposeEmail, Value: email.Value, Shown: email.Shown, Subject: ChangeEmail, Taken: who.AccountID != ""}
		if second {
			row.Subject = ChangeEmailSecond
		}
		l, err := localeOf(tx, *s.AccountID)
		if err != nil {
			return err
		}
		m := newMessage(KindEmailCode, email.to(), l, c)
		if row.Taken {
			m = newMessage(KindEmailTaken, who.to(), who.Locale, c)
		}
		out, err = a.prove(tx, s, row, email.to(), sends, m)
		if err != nil || out.Outcome != CodeSent || out.again {
			return err
		}
		return record(tx, EventEmailChangeAsked, *s.AccountID, c)
	})
	if err != nil {
		return out, err
	}
	return goOn(ctx, out, c, a.ResendProof(PurposeEmail))
}

// prove begins the proof of an address or number inside a session, or goes on with it;
// another one ends the one before it.
func (a *Accounts) prove(tx *db.Tx, s session, row verification, to destination, sends []budget, m message) (Started, error) {
	if err := lock(tx, sends...); err != nil { // two presses at once are told apart
		return Started{}, err
	}
	before, _, again, err := begun[verification](tx, a.core, ofSession(s.ID, row.Purpose))
	if err != nil {
		return Started{}, err
	}
	if again && before.Value == row.Value && before.Subject == row.Subject && before.Taken == row.Taken {
		return Started{Outcome: CodeSent, again: true}, nil
	}
	out, ch, err := a.await(tx, s, row, to, sends, m)
	if err != nil || out.Outcome != CodeSent {
		return out, err
	}
	return out, endProofs(tx, *s.AccountID, row.Purpose, ch.ID)
}

// endProofs voids what waits for a code of a purpose but one challenge ("" for
// none).
func endProofs(tx *db.Tx, account string, purpose Purpose, keep string) error {
	_, err := tx.Exec("UPDATE challenges SET consumed_at = ? WHERE account_id = ? AND purpose = ? AND id <> ? AND consumed_at IS NULL", tx.Now, account, purpose, keep)
	if err != nil {
		return err
	}
	_, err = tx.Exec("DELETE FROM verifications WHERE account_id = ? AND purpose = ? AND challenge_id <> ?", account, purpose, keep)
	return err
}

// StartPhone sends the text that proves a number. landline says that a number
// which looks like one is meant: without it such a number is refused with a
// warning.
func (a *Accounts) StartPhone(ctx context.Context, typed string, landline bool, c Client) (out Started, err error) {
	countries := a.countries
	if !a.texts {
		countries = nil
	}
	phone, reason := ParsePhone(typed, countries)
	if reason == "" && phone.Landline && !landline {
		reason = "landline"
	}
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		s, err := a.elevated(tx, c)
		if err != nil {
			return err
		}
		if reason != "" {
			return invalid("phone", reason, 0)
		}
		list, err := identifiersOf(tx.DB, *s.AccountID)
		if err != nil {
			return err
		}
		for _, i := range list {
			if i.Kind == kindPhone && i.Value == phone.Value {
				return invalid("phone", "same", 0)
			}
		}
		if free, err := a.canText(tx.DB, tx.Now, 2); err != nil || !free {
			if err == nil {
				err = a.noText(tx)
			}
			return err
		}
		who, err := primaryOwner(tx.DB, *s.AccountID)
		if err != nil {
			return err
		}
		to := destination{channel: ChannelSMS, value: phone.Value, shown: phone.Value}
		sends := a.proofTexts(phone.Value, who.AccountID)
		row := verification{Purpose: PurposePhone, Value: phone.Value, Shown: phone.Value, Subject: ChangePhone}
		out, err = a.prove(tx, s, row, to, sends, newMessage(KindPhoneCode, to, who.Locale, c))
		return err
	})
	if err != nil {
		return out, err
	}
	return goOn(ctx, out, c, a.ResendProof(PurposePhone))
}

// PendingProof is what the code page of a new address or number shows.
func (a *Accounts) PendingProof(purpose Purpose) func(context.Context, Client) (Pending, error) {
	return func(ctx context.Context, c Client) (Pending, error) {
		g, now := a.db.Read(ctx), a.db.Now()
		_, row, ch, _, err := a.inside(g, purpose, "", c, now)
		if err != nil {
			return Pending{}, err
		}
		p, err := a.pending(g, row.ID, ch, now)
		if purpose == PurposeEmail {
			p.Destination = row.Shown // the holder has just typed it
		}
		return p, err
	}
}

// ResendProof sends the code of a new address or number again.
func (a *Accounts) ResendProof(purpose Purpose) func(ctx context.Context, flowID, way string, c Client) (Resent, error) {
	return func(ctx context.Context, flowID, _ string, c Client) (out Resent, err error) {
		err = a.db.Write(ctx, func(tx *db.Tx) error {
			if _, err := a.elevated(tx, c); err != nil {
				return err
			}
			_, row, ch, current, err := a.inside(tx.DB, purpose, flowID, c, tx.Now)
			if err != nil || !current {
				out = Resent{Outcome: Superseded}
				return err
			}
			out, err = a.resendProof(tx, row, ch, c)
			return err
		})
		return out, err
	}
}

func (a *Accounts) resendProof(tx *db.Tx, row verification, ch challenge, c Client) (Resent, error) {
	to := destination{channel: ch.Channel, value: row.Value, shown: row.Shown}
	l, err := localeOf(tx, *row.AccountID)
	if err != nil {
		return Resent{}, err
	}
	if row.Purpose == PurposePhone {
		return a.resend(tx, ch, newMessage(KindPhoneCode, to, l, c), a.proofTexts(row.Value, *row.AccountID), destination{})
	}
	m := newMessage(KindEmailCode, to, l, c)
	if row.Taken {
		who, err := findOwner(tx.DB, Email{Value: row.Value})
		if err != nil {
			return Resent{}, err
		}
		m = newMessage(KindEmailTaken, who.to(), who.Locale, c)
		m.decoy = who.AccountID == "" // it was given up meanwhile
	}
	return a.resend(tx, ch, m, a.strangersSends(Email{Value: row.Value}, c), destination{})
}

// AnswerProof takes the code of a new address or number. The session must still
// have a fresh proof: a code typed an hour later changes nothing without it.
func (a *Accounts) AnswerProof(purpose Purpose) func(ctx context.Context, typed, flowID string, _ Ticks, c Client) (Answered, error) {
	return func(ctx context.Context, typed, flowID string, _ Ticks, c Client) (out Answered, err error) {
		code, reason := NormaliseCode(typed, CodeDigits)
		err = a.db.Write(ctx, func(tx *db.Tx) error {
			s, err := a.elevated(tx, c)
			if err != nil {
				return err
			}
			if reason != "" {
				return invalid("code", reason, CodeDigits)
			}
			_, row, ch, current, err := a.inside(tx.DB, purpose, flowID, c, tx.Now)
			if err != nil || !current {
				out = Answered{Outcome: Superseded}
				return err
			}
			out, err = a.answerProof(tx, s, row, ch, code, c)
			return err
		})
		return out, err
	}
}

func (a *Accounts) answerProof(tx *db.Tx, s session, row verification, ch challenge, code string, c Client) (Answered, error) {
	codes, changes := insideCodes(*s.AccountID), changesBudget(*s.AccountID)
	if err := lock(tx, codes, a.addressBudget(c.Address), changes); err != nil {
		return Answered{}, err
	}
	// Asked before the code is used up.
	if retryAt, err := refusedUntil(tx, c, changes); err != nil || !retryAt.IsZero() {
		return Answered{Outcome: Throttled, RetryAt: retryAt}, err
	}
	j, err := a.judge(tx, ch, code, row.Taken, codes, c)
	if err != nil || j.outcome != Accepted {
		return Answered{Outcome: j.outcome, TriesLeft: j.triesLeft, RetryAt: j.retryAt}, err
	}
	value, err := json.Marshal(typedAddress{Value: row.Value, Shown: row.Shown})
	if err != nil {
		return Answered{}, err
	}
	done, err := a.change(tx, s, row.Subject, string(value), Mask(ch.Channel, row.Shown), c)
	if err != nil {
		return Answered{}, err
	}
	return Answered{Outcome: done.Outcome, Session: c.Session, UntilClose: s.UntilClose, HoldsAt: done.HoldsAt, Subject: row.Subject}, nil
}

// CancelEmail gives up an address that has not proven itself yet.
func (a *Accounts) CancelEmail(ctx context.Context, c Client) error {
	return a.db.Write(ctx, func(tx *db.Tx) error {
		s, err := a.elevatedAlone(tx, c)
		if err != nil {
			return err
		}
		p, err := a.pendingAddress(tx.DB, *s.AccountID, tx.Now)
		if err != nil || p.Address == "" {
			return err // cancelled already, or proven
		}
		if err := endProofs(tx, *s.AccountID, PurposeEmail, ""); err != nil {
			return err
		}
		return record(tx, EventEmailCancelled, *s.AccountID, c)
	})
}

// MakeMain makes the second address the main one.
func (a *Accounts) MakeMain(ctx context.Context, id string, c Client) (Changed, error) {
	return a.changeOne(ctx, ChangeEmailMain, c, func(i identifier) bool { return i.ID == id && i.Kind == kindEmail && !i.IsPrimary })
}

// RemoveEmail removes the second address. The main one can only be replaced.
func (a *Accounts) RemoveEmail(ctx context.Context, id string, c Client) (Changed, error) {
	return a.changeOne(ctx, ChangeEmailRemoved, c, func(i identifier) bool { return i.ID == id && i.Kind == kindEmail && !i.IsPrimary })
}

// RemovePhone removes the number.
func (a *Accounts) RemovePhone(ctx context.Context, c Client) (Changed, error) {
	return a.changeOne(ctx, ChangePhoneRemoved, c, func(i identifier) bool { return i.Kind == kindPhone })
}

// changeOne changes a confirmed identifier of the account; a NotFound error
// where it has none that fits.
func (a *Accounts) changeOne(ctx context.Context, kind string, c Client, fits func(identifier) bool) (out Changed, err error) {
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		s, err := a.elevated(tx, c)
		if err != nil {
			return err
		}
		if _, err := lockOwner(tx, *s.AccountID, true); err != nil {
			return err
		}
		list, err := identifiersOf(tx.DB, *s.AccountID)
		if err != nil {
			return err
		}
		for _, i := range list {
			if fits(i) {
				out, err = a.change(tx, s, kind, i.ID, i.masked(), c)
				return err
			}
		}
		return &Error{Kind: NotFound, Reason: "identifier"}
	})
	return out, err
}
