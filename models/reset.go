package models

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Resets holds the acts of a forgotten password. One message carries a code and
// a link; either proves the mailbox. It never skips the second step of a
// sign-in and opens no session.
type Resets struct{ *core }

// proofLife is how long a proven mailbox may choose the new password.
const proofLife = 15 * time.Minute

// Start sends the code and the link to an address. It ends alike where nobody
// has the address: then the same rows are written and no message goes out.
func (r *Resets) Start(ctx context.Context, typed string, c Client) (out Started, err error) {
	email, reason := ParseEmail(typed)
	if reason != "" {
		return Started{}, invalid("email", reason, 0)
	}
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		out, err = r.start(tx, email, c)
		return err
	})
	if err != nil {
		return out, err
	}
	return goOn(ctx, out, c, r.Resend)
}

func (r *Resets) start(tx *db.Tx, email Email, c Client) (Started, error) {
	who, err := findOwner(tx.DB, email)
	if err != nil {
		return Started{}, err
	}
	// Whoever reads the second address gets codes by another way and notices, but
	// no new password (POLICY.md 3): the message goes to the main one.
	if who.Value != who.Main {
		if who, err = primaryOwner(tx.DB, who.AccountID); err != nil {
			return Started{}, err
		}
	}
	device, err := laneDevice(tx.DB, c.Device, who.AccountID, tx.Now)
	if err != nil {
		return Started{}, err
	}
	sends := r.strangersSends(email, c)
	if device != "" {
		sends = r.resetSends(who.Value)
	}
	if err := lock(tx, sends...); err != nil { // two presses at once are told apart
		return Started{}, err
	}
	if out, err := r.again(tx, email, who, c); err != nil || out.again {
		return out, err
	}
	return r.send(tx, email, who, sends, device != "", c)
}

// send makes the challenge and its message. For an address that nobody has, and
// for a stranger's wish while the owner wants none, the same rows are written
// already closed, so that the time it takes tells nothing.
func (r *Resets) send(tx *db.Tx, email Email, who owner, sends []budget, own bool, c Client) (Started, error) {
	to := email.to()
	if who.AccountID != "" {
		to = who.to() // mail goes to the stored original only
	}
	ch, retryAt, err := r.issue(tx, PurposeReset, who.AccountID, to, sends)
	if err != nil || !retryAt.IsZero() {
		return Started{Outcome: Throttled, RetryAt: retryAt}, err
	}
	sid, token, err := r.handle(tx, c)
	if err != nil {
		return Started{}, err
	}
	// What was typed is what the page shows again: the stored original could
	// tell that there is an account.
	row := verification{ID: newID(), SessionID: sid, ChallengeID: ch.ID, Purpose: PurposeReset, Value: to.value, Shown: email.Shown, CreatedAt: tx.Now}
	if who.AccountID != "" {
		row.AccountID = &who.AccountID
	}
	if own {
		row.Subject = resetOwn
	}
	if err := tx.Insert(&row); err != nil {
		return Started{}, err
	}
	braked := false
	if !own {
		if braked, err = r.brake(tx, email, who, c); err != nil {
			return Started{}, err
		}
	}
	m := r.message(who, ch, own, tx.Now, c)
	m.decoy = m.decoy || braked
	m.about(ch)
	if err := enqueue(tx, m); err != nil {
		return Started{}, err
	}
	return Started{Outcome: CodeSent, Session: token}, record(tx, EventResetAsked, who.AccountID, c)
}

// still gives the owner that a reset is for, the zero one where its address has
// left the account since: an old mailbox opens nothing any more.
func (r *Resets) still(g *gorm.DB, row verification) (owner, error) {
	who, err := findOwner(g, Email{Value: row.Value})
	if who.AccountID != orNone(row.AccountID) || who.Value != who.Main { // it may be the second one by now
		who = owner{}
	}
	return who, err
}

// resetOwn marks a reset that the owner asked for, from the link of a message.
const resetOwn = "own"

func (r *Resets) message(who owner, ch challenge, own bool, now time.Time, c Client) message {
	m := newMessage(KindResetCode, destination{channel: ch.Channel, shown: ch.Destination}, locale, c)
	if m.decoy = who.AccountID == "" || who.muted(now) && !own; !m.decoy {
		m.Locale = who.Locale
	}
	return m
}

// Pending is what the code page of a reset shows. Destination is what was
// typed, and there is no delivery line: both are the same for an address that
// nobody has.
func (r *Resets) Pending(ctx context.Context, c Client) (Pending, error) {
	g, now := r.db.Read(ctx), r.db.Now()
	row, ch, _, err := outside(g, PurposeReset, "", c, now)
	if err != nil {
		return Pending{}, err
	}
	p, err := r.pending(g, row.ID, ch, now)
	p.Destination, p.Delivery = row.Shown, Delivery{}
	return p, err
}

// Resend sends the message of the reset again.
func (r *Resets) Resend(ctx context.Context, flowID, _ string, c Client) (out Resent, err error) {
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		row, ch, current, err := outside(tx.DB, PurposeReset, flowID, c, tx.Now)
		if err != nil || !current {
			out = Resent{Outcome: Superseded}
			return err
		}
		who, err := r.still(tx.DB, row)
		if err != nil {
			return err
		}
		device, err := laneDevice(tx.DB, c.Device, who.AccountID, tx.Now)
		if err != nil {
			return err
		}
		asked, _ := ParseEmail(row.Shown) // as at the start: the main address's budget would tell whose second one was typed
		sends, own := r.strangersSends(asked, c), device != "" || row.Subject == resetOwn
		switch {
		case device != "":
			sends = r.resetSends(row.Value)
		case own:
			sends = r.linkSends(row.Value)
		}
		m := r.message(who, ch, own, tx.Now, c)
		if !own && ch.waits(tx.Now) {
			if err := lock(tx, sends...); err != nil {
				return err
			}
			braked, err := r.brake(tx, Email{Value: row.Value}, who, c)
			if err != nil {
				return err
			}
			m.decoy = m.decoy || braked
		}
		out, err = r.resend(tx, ch, m, sends, destination{})
		return err
	})
	return out, err
}

// Answer takes the code of a reset. With Accepted the browser may choose a new
// password for a while.
func (r *Resets) Answer(ctx context.Context, typed, flowID string, _ Ticks, c Client) (out Answered, err error) {
	code, reason := NormaliseCode(typed, ResetDigits)
	if reason != "" {
		return out, invalid("code", reason, ResetDigits)
	}
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		row, ch, current, err := outside(tx.DB, PurposeReset, flowID, c, tx.Now)
		if err != nil || !current {
			out = Answered{Outcome: Superseded}
			return err
		}
		asked, _ := ParseEmail(row.Shown) // one for all addresses would tell which belong together
		codes, all := r.resetBudget(asked), resetBreaker()
		if err := lock(tx, codes, r.addressBudget(c.Address), all); err != nil {
			return err
		}
		if retryAt, err := refusedUntil(tx, c, all); err != nil || !retryAt.IsZero() {
			out = Answered{Outcome: DigitsOff, RetryAt: retryAt}
			return err
		}
		who, err := r.still(tx.DB, row)
		if err != nil {
			return err
		}
		j, err := r.judge(tx, ch, code, who.AccountID == "", codes, c)
		if err != nil {
			return err
		}
		out = Answered{Outcome: j.outcome, TriesLeft: j.triesLeft, RetryAt: j.retryAt, Session: c.Session}
		if j.counted {
			return spend(tx, all)
		}
		if j.outcome != Accepted {
			return nil
		}
		if _, err := tx.Exec("UPDATE verifications SET proven_at = ? WHERE id = ?", tx.Now, row.ID); err != nil {
			return err
		}
		if err := r.asked(tx, ch, who); err != nil {
			return err
		}
		out.Device, err = r.bindLane(tx, c, who.AccountID)
		return err
	})
	return out, err
}

// Link says whether a mailed link is good, and masks whose it is. It writes
// nothing: scanners open links. A Gone error says that it is used, over or not
// ours.
func (r *Resets) Link(ctx context.Context, token string) (masked string, err error) {
	ch, err := r.linked(r.db.Read(ctx), token, r.db.Now())
	if err != nil {
		return "", err
	}
	return MaskEmail(ch.Destination), nil
}

// linked finds the challenge of a link token. Its MAC has 256 bits, so it needs
// no limit of tries and strangers cannot use one up.
func (r *Resets) linked(g *gorm.DB, token string, now time.Time) (challenge, error) {
	gone := &Error{Kind: Gone, Reason: "link"}
	if len(token) != linkLength {
		return challenge{}, gone
	}
	var rows []challenge
	err := g.Where("id = ? AND purpose = ?", unlettered(token[:32]), PurposeReset).Limit(1).Find(&rows).Error
	if err != nil {
		return challenge{}, err
	}
	if len(rows) == 0 {
		return challenge{}, gone
	}
	ch := rows[0]
	k, held := r.keys.find(ch.KeyID)
	if !held || subtle.ConstantTimeCompare([]byte(token), []byte(k.link(ch.ID, string(ch.Purpose)))) != 1 {
		return challenge{}, gone
	}
	if ch.ConsumedAt != nil || ch.AccountID == nil || !now.Before(ch.ExpiresAt) {
		return challenge{}, gone
	}
	who, err := r.still(g, verification{AccountID: ch.AccountID, Value: canonical(ch.Channel, ch.Destination)})
	if err == nil && who.AccountID == "" {
		err = gone
	}
	if err != nil {
		return challenge{}, err
	}
	return ch, nil
}

// Follow spends a link, in whatever browser: the mailbox always gets in, also
// when strangers have used up every try of the digits. device is the browser's new
// device token: it has a lane from now on.
func (r *Resets) Follow(ctx context.Context, token string, c Client) (session, device string, err error) {
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		ch, err := r.linked(tx.DB, token, tx.Now)
		if err != nil {
			return err
		}
		n, err := tx.Exec("UPDATE challenges SET consumed_at = ? WHERE id = ? AND consumed_at IS NULL", tx.Now, ch.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return &Error{Kind: Gone, Reason: "link"}
		}
		var sid string
		if err := r.endHere(tx, c); err != nil {
			return err
		}
		if sid, session, err = r.handle(tx, c); err != nil {
			return err
		}
		who, err := primaryOwner(tx.DB, *ch.AccountID)
		if err != nil {
			return err
		}
		if err := r.asked(tx, ch, who); err != nil {
			return err
		}
		if device, err = r.bindLane(tx, c, *ch.AccountID); err != nil {
			return err
		}
		to, _ := ParseEmail(ch.Destination)
		return tx.Insert(&verification{
			ID: newID(), SessionID: sid, ChallengeID: ch.ID, AccountID: ch.AccountID, Purpose: PurposeReset,
			Value: to.Value, Shown: to.Shown, ProvenAt: &tx.Now, CreatedAt: tx.Now,
		})
	})
	return session, device, r.linkGone(err, c, "reset_link")
}

// endHere ends the session of a browser that gets a handle in its place.
func (c *core) endHere(tx *db.Tx, cl Client) error {
	s, err := c.signedIn(tx.DB, cl, tx.Now)
	var e *Error
	if errors.As(err, &e) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM sessions WHERE id = ?", s.ID); err != nil {
		return err
	}
	return record(tx, EventSignOut, *s.AccountID, cl)
}

// Proven gives the address whose mailbox this browser has proven; a Gone error
// where it has not, or too long ago.
func (r *Resets) Proven(ctx context.Context, c Client) (email string, err error) {
	row, err := r.proven(r.db.Read(ctx), c, r.db.Now())
	return row.Shown, err
}

func (r *Resets) proven(g *gorm.DB, c Client, now time.Time) (verification, error) {
	row, there, err := newest[verification](g, ofHandle(c, now).and("purpose = ?", PurposeReset).
		and("proven_at > ? AND proven_at <= ? AND account_id IS NOT NULL", now.Add(-proofLife), now.Add(clocksApart)))
	if err == nil && !there {
		err = &Error{Kind: Gone, Reason: "flow"}
	}
	return row, err
}

// Finish sets the new password. Every session ends, every device is unknown
// again, pending sign-ins are void, and every address is told. Nobody is signed
// in by it.
func (r *Resets) Finish(ctx context.Context, password string, c Client) error {
	row, err := r.proven(r.db.Read(ctx), c, r.db.Now())
	if err != nil {
		return err
	}
	if reason, n := passwordReason(password, r.policy, Email{Value: row.Value}, r.brand); reason != "" {
		return invalid("new_password", reason, n)
	}
	hash, err := r.hasher.hash(ctx, password, ownHash(*row.AccountID))
	if err != nil {
		return err
	}
	return r.db.Write(ctx, func(tx *db.Tx) error {
		row, err := r.proven(tx.DB, c, tx.Now)
		if err != nil {
			return err
		}
		// Single use, whatever two tabs do at once.
		n, err := tx.Exec("UPDATE verifications SET proven_at = NULL WHERE id = ? AND proven_at IS NOT NULL", row.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return &Error{Kind: Gone, Reason: "flow"}
		}
		return r.finish(tx, row, hash, c)
	})
}

func (r *Resets) finish(tx *db.Tx, row verification, hash string, c Client) error {
	account := *row.AccountID
	if _, err := lockOwner(tx, account, true); err != nil {
		return err
	}
	who, err := r.still(tx.DB, row)
	if err == nil && who.AccountID == "" {
		err = &Error{Kind: Gone, Reason: "flow"}
	}
	if err != nil {
		return err
	}
	if err := setPassword(tx, account, hash); err != nil {
		return err
	}
	own, err := laneDevice(tx.DB, c.Device, account, tx.Now)
	if err != nil {
		return err
	}
	if err := shutOutBut(tx, account, own); err != nil {
		return err
	}
	// Whoever had only the old password does not go on with what waits.
	if err := stopWaiting(tx, account, ""); err != nil {
		return err
	}
	// The mailbox is proven: where wrong codes had shut it, it is open again,
	// and the next code goes to another one, where there is one.
	if _, err := tx.Exec("UPDATE identifiers SET wrong_in_row = 0 WHERE account_id = ? AND kind = 'email' AND value = ?", account, row.Value); err != nil {
		return err
	}
	if err := forgive(tx, insideCodes(account).key); err != nil {
		return err
	}
	if err := r.forgiveSends(tx, account); err != nil {
		return err
	}
	// Where wrong codes have shut every other channel, the mailbox stays a way: nobody
	// would get in.
	_, err = tx.Exec(`UPDATE accounts SET reset_via = (SELECT i.id FROM identifiers i WHERE i.account_id = ? AND i.kind = 'email' AND i.value = ? AND i.verified_at IS NOT NULL
		AND EXISTS (SELECT 1 FROM identifiers o WHERE o.account_id = i.account_id AND o.id <> i.id AND o.verified_at IS NOT NULL AND o.wrong_in_row < ?)) WHERE id = ?`,
		account, row.Value, wrongInRow, account)
	if err != nil {
		return err
	}
	if err := r.tell(tx, account, notice{kind: KindPasswordChanged}, c); err != nil {
		return err
	}
	return record(tx, EventPasswordReset, account, c)
}
