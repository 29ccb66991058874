package models

import (
	"context"
	"errors"
	"time"

	"admitone/models/internal/db"
)

// SignUps holds the acts from an address and a password to an account.
type SignUps struct{ *core }

// signUp is a row: a sign-up that waits for its code.
type signUp struct {
	ID           string
	SessionID    string
	ChallengeID  string
	OwnerID      *string
	Email        string
	EmailShown   string
	PasswordHash string
	CreatedAt    time.Time
}

func (signUp) table() string { return "sign_ups" }

func (s signUp) keys() (id, challenge string) { return s.ID, s.ChallengeID }

// account and its first identifier are rows too.
type account struct {
	ID            string
	CreatedAt     time.Time
	Locale        string
	PasswordHash  string
	PasswordSetAt time.Time
}

// locale is the language of a new account's messages.
const locale = "en"

// Started is how the first step of a sign-up or sign-in ended.
type Started struct {
	Outcome Outcome
	RetryAt time.Time // with Throttled
	Session string    // the new session cookie's token: a handle after CodeSent, a session after Accepted
	Next    string    // with Accepted: where the person was going
	Kept    bool      // with Accepted: the account was about to be closed, and is not any more
	Reasons []Reason  // with Refused: why
	Masked  string    // with Refused: where the mail goes
	Mailed  bool      // with Refused: one is on its way; else those before it are all there is
	again   bool      // with CodeSent: it goes on with what waited already, and nothing has been sent
}

// Start begins a sign-up. It ends alike for an address that already has an
// account: its owner is told, and no code is right. A person who may read that
// mailbox learns the truth there, nobody else does.
func (s *SignUps) Start(ctx context.Context, typed, password string, c Client) (Started, error) {
	email, reason := ParseEmail(typed)
	var emailErr error
	if reason != "" {
		emailErr = invalid("email", reason, 0)
	}
	if err := errors.Join(emailErr, s.checkPassword(password, email)); err != nil {
		return Started{}, err
	}
	// Asked before the hash to spare its cost, alike for every address; what
	// counts is asked again inside the transaction.
	if retryAt, err := s.refusedUntil(s.db.Read(ctx), s.db.Now(), c, s.strangersSends(email, c)...); err != nil || !retryAt.IsZero() {
		return Started{Outcome: Throttled, RetryAt: retryAt}, err
	}
	hash, err := s.hasher.hash(ctx, password, asker{whose: s.addressBudget(c.Address).key})
	if err != nil {
		return Started{}, err
	}
	var out Started
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		out, err = s.start(tx, email, hash, c)
		return err
	})
	if err != nil {
		return out, err
	}
	return goOn(ctx, out, c, s.Resend)
}

func (s *SignUps) start(tx *db.Tx, email Email, hash string, c Client) (Started, error) {
	sends := s.strangersSends(email, c)
	if err := lock(tx, sends...); err != nil { // two presses at once are told apart
		return Started{}, err
	}
	owner, err := findOwner(tx.DB, email)
	if err != nil {
		return Started{}, err
	}
	before, ch, again, err := begun[signUp](tx, s.core, s.ofBrowser(tx, c))
	if err != nil {
		return Started{}, err
	}
	if again && before.Email == email.Value && orNone(before.OwnerID) == owner.AccountID {
		before.PasswordHash = hash // what was typed last
		out := Started{Outcome: CodeSent, again: true}
		if before.SessionID, out.Session, err = s.handle(tx, c); err != nil {
			return Started{}, err
		}
		return out, tx.Insert(&before)
	}
	ch, retryAt, err := s.issue(tx, PurposeSignUp, "", email.to(), sends)
	if err != nil || !retryAt.IsZero() {
		return Started{Outcome: Throttled, RetryAt: retryAt}, err
	}
	sid, token, err := s.handle(tx, c)
	if err != nil {
		return Started{}, err
	}
	row := signUp{ID: newID(), SessionID: sid, ChallengeID: ch.ID, Email: email.Value, EmailShown: email.Shown, PasswordHash: hash, CreatedAt: tx.Now}
	m := newMessage(KindSignUpCode, email.to(), locale, c)
	first, err := s.noteOnce(tx, email, owner.AccountID != "")
	if err != nil {
		return Started{}, err
	}
	if owner.AccountID != "" {
		row.OwnerID = &owner.AccountID
		m = existing(owner, first, c)
	}
	if err := tx.Insert(&row); err != nil {
		return Started{}, err
	}
	m.about(ch)
	if err := enqueue(tx, m); err != nil {
		return Started{}, err
	}
	return Started{Outcome: CodeSent, Session: token}, record(tx, EventSignUpTried, owner.AccountID, c)
}

// Pending is what the code page of a sign-up shows; a Gone error where no
// sign-up is pending in this browser. It writes nothing.
func (s *SignUps) Pending(ctx context.Context, c Client) (Pending, error) {
	g, now := s.db.Read(ctx), s.db.Now()
	row, ch, _, err := flow[signUp](g, ofHandle(c, now), "", now)
	if err != nil {
		return Pending{}, err
	}
	return s.pending(g, row.ID, ch, now)
}

// Resend sends the code of the pending sign-up again. flowID is the one of the
// page, "" where the form did not carry it.
func (s *SignUps) Resend(ctx context.Context, flowID, _ string, c Client) (out Resent, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		row, ch, current, err := flow[signUp](tx.DB, ofHandle(c, tx.Now), flowID, tx.Now)
		if err != nil || !current {
			out = Resent{Outcome: Superseded}
			return err
		}
		owner, err := findOwner(tx.DB, Email{Value: row.Email})
		if err != nil {
			return err
		}
		if row.OwnerID != nil && owner.AccountID == "" { // it has left that account: now it may sign up
			if _, err := tx.Exec("UPDATE sign_ups SET owner_id = NULL WHERE id = ?", row.ID); err != nil {
				return err
			}
			row.OwnerID = nil
		}
		m := newMessage(KindSignUpCode, Email{Value: row.Email, Shown: row.EmailShown}.to(), locale, c)
		sends := s.strangersSends(Email{Value: row.Email}, c)
		if err := lock(tx, sends...); err != nil {
			return err
		}
		first, err := s.noteOnce(tx, Email{Value: row.Email}, row.OwnerID != nil)
		if err != nil {
			return err
		}
		if row.OwnerID != nil { // to the stored original, in the owner's language
			m = existing(owner, first, c)
		}
		out, err = s.resend(tx, ch, m, sends, destination{})
		return err
	})
	return out, err
}

// existing tells the owner of an address that somebody signs up with it; one that
// was told already gets nothing, and the page says what it always says.
func existing(who owner, first bool, c Client) message {
	m := newMessage(KindSignUpExisting, who.to(), who.Locale, c)
	m.AccountID = &who.AccountID
	if !first {
		m.What = alreadyTold
	}
	return m
}

// Answered is how a typed code was taken.
type Answered struct {
	Outcome    Outcome
	TriesLeft  int       // with Wrong and Expired
	RetryAt    time.Time // with Throttled
	Session    string    // with Accepted: the session cookie's token
	UntilClose bool      // the session cookie ends with the browser window
	Device     string    // with Accepted: the device cookie's token, "" on a shared device
	Next       string    // with Accepted: where the person was going
	Kept       bool      // with Accepted: the account was about to be closed, and is not any more
	HoldsAt    time.Time // with Accepted: the change waits until then, zero where it holds
	Subject    string    // with Accepted: the kind of change that the code confirmed
}

// Ticks are the boxes of the code page.
type Ticks struct {
	Shared bool // other people use this browser: it does not become known
	Trust  bool // where a code is asked for every time: not on this device for a while
}

// Answer takes a typed code. flowID is the one of the page, "" where the form
// did not carry it.
func (s *SignUps) Answer(ctx context.Context, typed, flowID string, ticks Ticks, c Client) (out Answered, err error) {
	code, reason := NormaliseCode(typed, CodeDigits)
	if reason != "" {
		return out, invalid("code", reason, CodeDigits)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		row, ch, current, err := flow[signUp](tx.DB, ofHandle(c, tx.Now), flowID, tx.Now)
		if err != nil || !current {
			out = Answered{Outcome: Superseded}
			return err
		}
		out, err = s.answer(tx, row, ch, code, ticks, c)
		return err
	})
	return out, err
}

func (s *SignUps) answer(tx *db.Tx, row signUp, ch challenge, code string, ticks Ticks, c Client) (Answered, error) {
	if err := lock(tx, s.addressBudget(c.Address)); err != nil {
		return Answered{}, err
	}
	j, err := s.judge(tx, ch, code, row.OwnerID != nil, budget{}, c)
	if err != nil || j.outcome != Accepted {
		return Answered{Outcome: j.outcome, TriesLeft: j.triesLeft, RetryAt: j.retryAt}, err
	}
	acct := account{ID: newID(), CreatedAt: tx.Now, Locale: locale, PasswordHash: row.PasswordHash, PasswordSetAt: tx.Now}
	if err := tx.Insert(&acct); err != nil {
		return Answered{}, err
	}
	// Two browsers may sign up with one address; the second one, who has proven
	// the mailbox too, is told.
	added, err := addIdentifier(tx, mainAddress(acct.ID, Email{Value: row.Email, Shown: row.EmailShown}, tx.Now))
	if err != nil {
		return Answered{}, err
	}
	if !added {
		_, err := tx.Exec("DELETE FROM accounts WHERE id = ?", acct.ID)
		return Answered{Outcome: Taken}, err
	}
	// The code and its message are the account's from now on, and are erased with it.
	if _, err := tx.Exec("UPDATE challenges SET account_id = ? WHERE id = ?", acct.ID, ch.ID); err != nil {
		return Answered{}, err
	}
	out, err := s.open(tx, acct.ID, ticks, c)
	if err != nil {
		return Answered{}, err
	}
	return out, record(tx, EventSignUp, acct.ID, c)
}

// open is the last step behind a right code: the device becomes known unless
// others share it, and the session is minted.
func (c *core) open(tx *db.Tx, account string, ticks Ticks, cl Client) (out Answered, err error) {
	out = Answered{Outcome: Accepted, UntilClose: ticks.Shared}
	deviceID := ""
	if !ticks.Shared {
		if out.Device, deviceID, err = bindDevice(tx, cl, account); err != nil {
			return out, err
		}
	}
	if ticks.Trust && !ticks.Shared {
		_, err := tx.Exec("UPDATE known_devices SET trusted_until = ? WHERE account_id = ? AND device_id = ?",
			tx.Now.Add(time.Duration(c.policy.Trust)), account, deviceID)
		if err != nil {
			return out, err
		}
	}
	if out.Session, err = mint(tx, c.policy, cl, account, deviceID, amrPasswordCode, ticks.Shared); err != nil {
		return out, err
	}
	return out, c.learn(tx, account, cl)
}
