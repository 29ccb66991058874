package models

import (
	"context"
	"time"

	"admitone/models/internal/db"
)

// SignIns holds the acts from a password to a session.
type SignIns struct{ *core }

// signIn is a row: the password was right and the code is awaited. lane is the
// budget that a completed sign-in forgives.
type signIn struct {
	ID          string
	SessionID   string
	ChallengeID string
	AccountID   string
	Lane        string
	Reasons     string // why the code is asked for
	Next        string
	CreatedAt   time.Time
}

func (s signIn) keys() (id, challenge string) { return s.ID, s.ChallengeID }

// attempt is one sign-in between the password and the answer.
type attempt struct {
	email   Email
	owner   owner  // zero for an address without an account
	device  string // the id of this browser, where the account knows it
	right   bool   // the password was the one of owner.PasswordHash
	rehash  string // a hash with today's parameters, where the stored one is older
	lane    budget
	address budget
	next    string
	client  Client
}

// Start takes an address and a password. On a device that the account knows a
// right password opens the door; elsewhere a code is sent. An address without
// an account is taken through the same steps, at the same cost, under the same
// limits, to the same answer as a wrong password.
func (s *SignIns) Start(ctx context.Context, typed, password, next string, c Client) (Started, error) {
	email, reason := ParseEmail(typed)
	if reason != "" {
		return Started{}, invalid("email", reason, 0)
	}
	if password == "" {
		return Started{}, invalid("password", "empty", 0)
	}
	a := attempt{email: email, next: next, client: c, address: s.addressBudget(c.Address)}
	g, now := s.db.Read(ctx), s.db.Now()
	var err error
	if a.owner, err = findOwner(g, email); err != nil {
		return Started{}, err
	}
	if a.device, err = knownDevice(g, c.Device, a.owner.AccountID, now); err != nil {
		return Started{}, err
	}
	a.lane = s.lane(email, a.owner, a.device)
	if a.device != "" {
		a.address = budget{} // failures of others behind one address never block it either
	}
	// Asked before the hash to spare its cost; what counts is asked again
	// inside the transaction.
	if retryAt, err := freeAt(g, now, a.lane, a.address); err != nil || !retryAt.IsZero() {
		return Started{Outcome: Throttled, RetryAt: retryAt}, err
	}
	if err := s.check(ctx, &a, password); err != nil {
		return Started{}, err
	}
	var out Started
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		out, err = s.start(tx, a)
		return err
	})
	return out, err
}

// lane is the budget of wrong passwords, one for all addresses of an account. A
// browser that the account knows has one of its own, so that strangers' failures
// never block it.
func (c *core) lane(email Email, who owner, device string) budget {
	if who.Main != "" {
		email.Value = who.Main
	}
	key := "lane " + c.keys.laneTag(kindEmail, email.Value)
	if device != "" {
		key += " " + device
	}
	return budget{key: key, windows: laneWindows(), backoff: true}
}

// check runs the hash: the decoy's where nobody has the address.
func (s *SignIns) check(ctx context.Context, a *attempt, password string) error {
	if len(password) > 4*s.policy.PasswordMax {
		return nil // no password is that long: wrong, and not worth a hash
	}
	right, err := s.hasher.verify(ctx, password, a.owner.PasswordHash, s.addressBudget(a.client.Address).key)
	if err != nil {
		return err
	}
	a.right = right && a.owner.AccountID != ""
	if a.right && !s.hasher.current(a.owner.PasswordHash) {
		a.rehash, err = s.hasher.hash(ctx, password, s.addressBudget(a.client.Address).key)
	}
	return err
}

func (s *SignIns) start(tx *db.Tx, a attempt) (Started, error) {
	if err := lock(tx, a.lane, a.address); err != nil {
		return Started{}, err
	}
	retryAt, err := freeAt(tx.DB, tx.Now, a.lane, a.address)
	if err != nil || !retryAt.IsZero() {
		return Started{Outcome: Throttled, RetryAt: retryAt}, err
	}
	// The stored hash must still be the one that was verified: a password that
	// was changed meanwhile opens nothing.
	now, err := lockOwner(tx, a.owner.AccountID, false)
	if err != nil {
		return Started{}, err
	}
	if !a.right || now.AccountID != a.owner.AccountID || now.PasswordHash != a.owner.PasswordHash {
		if err := spend(tx, a.lane, a.address); err != nil {
			return Started{}, err
		}
		return Started{Outcome: Wrong}, record(tx, EventWrongPassword, now.AccountID, a.client)
	}
	a.owner.ClosingAt = now.ClosingAt // it may have begun to close during the hash
	if a.rehash != "" {
		if _, err := tx.Exec("UPDATE accounts SET password_hash = ? WHERE id = ?", a.rehash, a.owner.AccountID); err != nil {
			return Started{}, err
		}
	}
	if ok, err := s.opensWithoutCode(tx, a, now.TwoStep); err != nil || ok {
		if err != nil {
			return Started{}, err
		}
		return s.openKnown(tx, a)
	}
	return s.askForCode(tx, a)
}

// opensWithoutCode is the account holder's choice of two-step verification
// (POLICY.md 1).
func (s *SignIns) opensWithoutCode(tx *db.Tx, a attempt, twoStep string) (bool, error) {
	switch twoStep {
	case TwoStepOff:
		return true, nil
	case TwoStepEveryTime:
		var trusted []string
		err := tx.Raw("SELECT device_id FROM known_devices WHERE account_id = ? AND device_id = ? AND trusted_until > ?",
			a.owner.AccountID, a.device, tx.Now).Scan(&trusted).Error
		return len(trusted) > 0, err
	}
	return a.device != "", nil
}

// openKnown opens the door with the password alone: on a device that the
// account knows, or where two-step is off.
func (s *SignIns) openKnown(tx *db.Tx, a attempt) (Started, error) {
	token, err := mint(tx, s.policy, a.client, a.owner.AccountID, a.device, amrPassword, false)
	if err != nil {
		return Started{}, err
	}
	_, err = tx.Exec("UPDATE known_devices SET seen_at = ? WHERE account_id = ? AND device_id = ?", tx.Now, a.owner.AccountID, a.device)
	if err != nil {
		return Started{}, err
	}
	if err := forgive(tx, a.lane.key); err != nil {
		return Started{}, err
	}
	kept, err := s.cancelClosing(tx, a.owner, a.client)
	if err != nil {
		return Started{}, err
	}
	if a.device == "" { // two-step is off, and the holder hears of it
		if err := s.tell(tx, a.owner.AccountID, notice{kind: KindNewDevice}, a.client); err != nil {
			return Started{}, err
		}
	}
	return Started{Outcome: Accepted, Session: token, Next: a.next, Kept: kept}, record(tx, EventSignInKnown, a.owner.AccountID, a.client)
}

// askForCode sends a code to the account's first way and waits for it.
func (s *SignIns) askForCode(tx *db.Tx, a attempt) (Started, error) {
	ways, err := s.ways(tx.DB, a.owner.AccountID, tx.Now)
	if err != nil {
		return Started{}, err
	}
	if len(ways) == 0 {
		return Started{Outcome: ChannelOff}, nil
	}
	to := ways[0].to()
	ch, retryAt, err := s.issue(tx, PurposeSignIn, a.owner.AccountID, to, s.ownersSends(to))
	if err != nil || !retryAt.IsZero() {
		return Started{Outcome: Throttled, RetryAt: retryAt}, err
	}
	sid, token, err := s.handle(tx, a.client)
	if err != nil {
		return Started{}, err
	}
	row := signIn{ID: newID(), SessionID: sid, ChallengeID: ch.ID, AccountID: a.owner.AccountID, Lane: a.lane.key, Next: a.next, CreatedAt: tx.Now}
	if err := tx.Create(&row).Error; err != nil {
		return Started{}, err
	}
	m := newMessage(KindSignInCode, to, a.owner.Locale, a.client)
	m.about(ch)
	if err := enqueue(tx, m); err != nil {
		return Started{}, err
	}
	return Started{Outcome: CodeSent, Session: token}, record(tx, EventCodeAsked, a.owner.AccountID, a.client)
}

// Pending is what the code page of a sign-in shows; a Gone error where no
// sign-in is pending in this browser. It writes nothing.
func (s *SignIns) Pending(ctx context.Context, c Client) (Pending, error) {
	g, now := s.db.Read(ctx), s.db.Now()
	row, ch, _, err := flow[signIn](g, ofHandle(g, c, now), "", now)
	if err != nil {
		return Pending{}, err
	}
	p, err := s.pending(g, row.ID, ch, now)
	if err != nil {
		return p, err
	}
	who, err := primaryOwner(g, row.AccountID)
	if err != nil {
		return p, err
	}
	p.MayTrust = who.TwoStep == TwoStepEveryTime
	ways, err := s.ways(g, row.AccountID, now)
	p.Ways = others(ways, orNone(ch.IdentifierID))
	return p, err
}

// Resend sends the code of the pending sign-in again: where it went, or to
// another confirmed way of the account. flowID is the one of the page, "" where
// the form did not carry it.
func (s *SignIns) Resend(ctx context.Context, flowID, way string, c Client) (out Resent, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		_, ch, current, err := flow[signIn](tx.DB, ofHandle(tx.DB, c, tx.Now), flowID, tx.Now)
		if err != nil || !current {
			out = Resent{Outcome: Superseded}
			return err
		}
		out, err = s.sendAgain(tx, ch, way, c)
		return err
	})
	return out, err
}

// sendAgain sends the code of an account's challenge again, to a way of it or,
// with "", to where it went.
func (c *core) sendAgain(tx *db.Tx, ch challenge, way string, cl Client) (Resent, error) {
	who, err := primaryOwner(tx.DB, orNone(ch.AccountID))
	if err != nil {
		return Resent{}, err
	}
	if way != "" {
		return c.another(tx, ch, way, func(to destination) message { return newMessage(ch.Purpose.message(), to, who.Locale, cl) })
	}
	i, ok, err := reached(tx, ch)
	if err != nil {
		return Resent{}, err
	}
	if !ok {
		return Resent{Outcome: ChannelOff}, nil
	}
	return c.resend(tx, ch, newMessage(ch.Purpose.message(), i.to(), who.Locale, cl), c.ownersSends(i.to()), destination{})
}

// Answer takes a typed code. flowID is the one of the page, "" where the form
// did not carry it.
func (s *SignIns) Answer(ctx context.Context, typed, flowID string, ticks Ticks, c Client) (out Answered, err error) {
	code, reason := NormaliseCode(typed, CodeDigits)
	if reason != "" {
		return out, invalid("code", reason, CodeDigits)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		row, ch, current, err := flow[signIn](tx.DB, ofHandle(tx.DB, c, tx.Now), flowID, tx.Now)
		if err != nil || !current {
			out = Answered{Outcome: Superseded}
			return err
		}
		out, err = s.answer(tx, row, ch, code, ticks, c)
		return err
	})
	return out, err
}

func (s *SignIns) answer(tx *db.Tx, row signIn, ch challenge, code string, ticks Ticks, c Client) (Answered, error) {
	out, who, err := s.judgeOwn(tx, ch, code, c)
	if err != nil || out.Outcome != Accepted {
		return out, err
	}
	return s.opened(tx, row, ch, who, ticks, c)
}

// judgeOwn judges a code that went to a confirmed channel of its account, and
// keeps that channel's count of wrong codes.
func (c *core) judgeOwn(tx *db.Tx, ch challenge, code string, cl Client) (Answered, owner, error) {
	account := orNone(ch.AccountID)
	codes := c.codeBudget(account)
	if ch.Purpose == PurposeStepUp {
		codes = insideCodes(account)
	}
	if err := lock(tx, codes, c.addressBudget(cl.Address)); err != nil {
		return Answered{}, owner{}, err
	}
	who, err := lockOwner(tx, account, false)
	if err != nil {
		return Answered{}, who, err
	}
	i, open, err := reached(tx, ch)
	if err != nil {
		return Answered{}, who, err
	}
	if !open || who.AccountID == "" {
		return Answered{Outcome: ChannelOff}, who, nil
	}
	j, err := c.judge(tx, ch, code, false, codes, cl)
	if err != nil {
		return Answered{}, who, err
	}
	switch j.outcome {
	case Accepted:
		if i.WrongInRow > 0 {
			_, err = tx.Exec("UPDATE identifiers SET wrong_in_row = 0 WHERE id = ?", i.ID)
		}
	case Wrong, Exhausted:
		err = c.noteWrong(tx, ch, i, j, cl)
	}
	return Answered{Outcome: j.outcome, TriesLeft: j.triesLeft, RetryAt: j.retryAt}, who, err
}

// noteWrong counts a wrong code on its channel and, when the tries are used
// up, tells the owner: whoever typed them knows the password or has a session.
func (c *core) noteWrong(tx *db.Tx, ch challenge, i identifier, j judgement, cl Client) error {
	if !j.counted {
		return nil
	}
	_, err := tx.Exec("UPDATE identifiers SET wrong_in_row = wrong_in_row + 1 WHERE id = ?", i.ID)
	if err != nil {
		return err
	}
	if j.outcome == Wrong {
		return record(tx, EventWrongCode, i.AccountID, cl)
	}
	if err := c.tell(tx, i.AccountID, notice{kind: KindTooManyTries, change: string(ch.Purpose)}, cl); err != nil {
		return err
	}
	return record(tx, EventTriesUsedUp, i.AccountID, cl)
}

func (s *SignIns) opened(tx *db.Tx, row signIn, ch challenge, who owner, ticks Ticks, c Client) (Answered, error) {
	ticks.Trust = ticks.Trust && who.TwoStep == TwoStepEveryTime
	if err := forgive(tx, row.Lane); err != nil {
		return Answered{}, err
	}
	kept, err := s.cancelClosing(tx, who, c)
	if err != nil {
		return Answered{}, err
	}
	// A second channel has agreed to what a reset by the first one began.
	if _, err := tx.Exec("UPDATE accounts SET reset_via = NULL WHERE id = ? AND reset_via IS NOT NULL", who.AccountID); err != nil {
		return Answered{}, err
	}
	known, err := knownDevice(tx.DB, c.Device, who.AccountID, tx.Now)
	if err != nil {
		return Answered{}, err
	}
	out, err := s.open(tx, row.AccountID, ticks, c)
	if err != nil {
		return Answered{}, err
	}
	out.Next, out.Kept = row.Next, kept
	if known == "" { // under 'every time' a code is also typed on a device that is known
		if err := s.tell(tx, who.AccountID, notice{kind: KindNewDevice}, c); err != nil {
			return Answered{}, err
		}
	}
	return out, record(tx, EventSignIn, row.AccountID, c)
}
