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
	Next        string
	CreatedAt   time.Time
}

func (s signIn) challenge() string { return s.ChallengeID }

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
	a.lane = s.lane(email, a.device)
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

// lane is the budget of wrong passwords. A browser that the account knows has
// one of its own, so that strangers' failures never block it.
func (s *SignIns) lane(email Email, device string) budget {
	key := "lane " + s.keys.laneTag(kindEmail, email.Value)
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
	now, err := lockOwner(tx, a.email)
	if err != nil {
		return Started{}, err
	}
	if !a.right || now.AccountID != a.owner.AccountID || now.PasswordHash != a.owner.PasswordHash {
		if err := spend(tx, a.lane, a.address); err != nil {
			return Started{}, err
		}
		return Started{Outcome: Wrong}, record(tx, EventWrongPassword, a.owner.AccountID, a.client)
	}
	if a.rehash != "" {
		if _, err := tx.Exec("UPDATE accounts SET password_hash = ? WHERE id = ?", a.rehash, a.owner.AccountID); err != nil {
			return Started{}, err
		}
	}
	if a.device != "" {
		return s.openKnown(tx, a)
	}
	if now.WrongInRow >= wrongInRow {
		return Started{Outcome: ChannelOff}, nil
	}
	return s.askForCode(tx, a)
}

// openKnown opens the door on a device that the account knows.
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
	return Started{Outcome: Accepted, Session: token, Next: a.next}, record(tx, EventSignIn, a.owner.AccountID, a.client)
}

// askForCode sends a code to the account's own address and waits for it.
func (s *SignIns) askForCode(tx *db.Tx, a attempt) (Started, error) {
	to := Email{Value: a.email.Value, Shown: a.owner.Shown}
	ch, retryAt, err := s.issue(tx, PurposeSignIn, a.owner.AccountID, to, a.client)
	if err != nil || !retryAt.IsZero() {
		return Started{Outcome: Throttled, RetryAt: retryAt}, err
	}
	sid, token, err := handle(tx, a.client, 2*time.Duration(s.policy.FlowLife))
	if err != nil {
		return Started{}, err
	}
	row := signIn{ID: newID(), SessionID: sid, ChallengeID: ch.ID, AccountID: a.owner.AccountID, Lane: a.lane.key, Next: a.next, CreatedAt: tx.Now}
	if err := tx.Create(&row).Error; err != nil {
		return Started{}, err
	}
	m := newMessage(KindSignInCode, to.Shown, a.owner.Locale, a.client)
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
	row, ch, err := flow(g, c, now, signIn.challenge)
	if err != nil {
		return Pending{}, err
	}
	return s.pending(g, row.ID, ch, now)
}

// Resend sends the code of the pending sign-in again. flowID is the one of the
// page, "" where the form did not carry it.
func (s *SignIns) Resend(ctx context.Context, flowID string, c Client) (out Resent, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		row, ch, err := flow(tx.DB, c, tx.Now, signIn.challenge)
		if err != nil {
			return err
		}
		if flowID != "" && flowID != row.ID {
			out = Resent{Outcome: Superseded}
			return nil
		}
		l, err := localeOf(tx, row.AccountID)
		if err != nil {
			return err
		}
		out, err = s.resend(tx, ch, newMessage(KindSignInCode, ch.Destination, l, c), c)
		return err
	})
	return out, err
}

// Answer takes a typed code; shared says that other people use this browser.
// flowID is the one of the page, "" where the form did not carry it.
func (s *SignIns) Answer(ctx context.Context, typed, flowID string, shared bool, c Client) (out Answered, err error) {
	code, reason := NormaliseCode(typed, codeDigits)
	if reason != "" {
		return out, invalid("code", reason, codeDigits)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		row, ch, err := flow(tx.DB, c, tx.Now, signIn.challenge)
		if err != nil {
			return err
		}
		if flowID != "" && flowID != row.ID {
			out = Answered{Outcome: Superseded}
			return nil
		}
		out, err = s.answer(tx, row, ch, code, shared, c)
		return err
	})
	return out, err
}

func (s *SignIns) answer(tx *db.Tx, row signIn, ch challenge, code string, shared bool, c Client) (Answered, error) {
	codes := s.codeBudget(row.AccountID)
	if err := lock(tx, codes, s.addressBudget(c.Address)); err != nil {
		return Answered{}, err
	}
	to, _ := ParseEmail(ch.Destination)
	who, err := lockOwner(tx, to)
	if err != nil {
		return Answered{}, err
	}
	// An address that has left the account meanwhile can prove nothing for it.
	if who.AccountID != row.AccountID || who.WrongInRow >= wrongInRow {
		return Answered{Outcome: ChannelOff}, nil
	}
	j, err := s.judge(tx, ch, code, false, codes, c)
	if err != nil {
		return Answered{}, err
	}
	switch j.outcome {
	case Accepted:
		return s.opened(tx, row, who, shared, c)
	case Wrong, Exhausted:
		err = s.noteWrong(tx, who, j, c)
	}
	return Answered{Outcome: j.outcome, TriesLeft: j.triesLeft, RetryAt: j.retryAt}, err
}

// noteWrong counts a wrong code on its channel and, when the tries are used
// up, tells the owner: whoever typed them knows the password.
func (s *SignIns) noteWrong(tx *db.Tx, who owner, j judgement, c Client) error {
	if !j.counted {
		return nil
	}
	_, err := tx.Exec("UPDATE identifiers SET wrong_in_row = wrong_in_row + 1 WHERE id = ?", who.IdentifierID)
	if err != nil {
		return err
	}
	if j.outcome == Wrong {
		return record(tx, EventWrongCode, who.AccountID, c)
	}
	if err := notify(tx, KindTooManyTries, who, c); err != nil {
		return err
	}
	return record(tx, EventTriesUsedUp, who.AccountID, c)
}

func (s *SignIns) opened(tx *db.Tx, row signIn, who owner, shared bool, c Client) (Answered, error) {
	if who.WrongInRow > 0 {
		if _, err := tx.Exec("UPDATE identifiers SET wrong_in_row = 0 WHERE id = ?", who.IdentifierID); err != nil {
			return Answered{}, err
		}
	}
	if err := forgive(tx, row.Lane); err != nil {
		return Answered{}, err
	}
	out, err := s.open(tx, row.AccountID, amrPasswordCode, shared, c)
	if err != nil {
		return Answered{}, err
	}
	out.Next = row.Next
	if err := notify(tx, KindNewDevice, who, c); err != nil {
		return Answered{}, err
	}
	return out, record(tx, EventSignIn, row.AccountID, c)
}

// notify tells the account holder what happened. Notices have no budget: they
// are never the ones to be dropped.
func notify(tx *db.Tx, kind string, to owner, c Client) error {
	m := newMessage(kind, to.Shown, to.Locale, c)
	m.AccountID = &to.AccountID
	return enqueue(tx, m)
}

func localeOf(tx *db.Tx, account string) (string, error) {
	var l string
	err := tx.Raw("SELECT locale FROM accounts WHERE id = ?", account).Scan(&l).Error
	return l, err
}
