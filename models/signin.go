package models

import (
	"context"
	"errors"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
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

func (signIn) table() string { return "sign_ins" }

func (s signIn) keys() (id, challenge string) { return s.ID, s.ChallengeID }

// attempt is one sign-in between the password and the answer.
type attempt struct {
	email   Email
	owner   owner  // zero for an address without an account
	device  string // the id of this browser, where the account knows it
	own     string // the id of this browser, where it has a lane of its own
	right   bool   // the password was the one of owner.PasswordHash
	again   bool   // the stored hash had changed during the first try
	rehash  string // a hash with today's parameters, where the stored one is older
	lane    budget
	address budget
	next    string
	client  Client

	risk     Assessment
	failures int // wrong passwords on the account just before
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
	a := attempt{email: email, next: next, client: c}
	out, err := s.try(ctx, a, password)
	if errors.Is(err, errHashChanged) {
		a.again = true
		out, err = s.try(ctx, a, password)
	}
	if err != nil {
		return out, err
	}
	return goOn(ctx, out, c, s.Resend)
}

// errHashChanged says that the stored hash is another one than was verified: the same
// password may have been hashed anew, so the attempt is judged once more.
var errHashChanged = errors.New("the hash has changed meanwhile")

func (s *SignIns) try(ctx context.Context, a attempt, password string) (Started, error) {
	email, c := a.email, a.client
	g, now := s.db.Read(ctx), s.db.Now()
	var err error
	if a.owner, err = findOwner(g, email); err != nil {
		return Started{}, err
	}
	if a, err = s.recognised(g, a, now); err != nil {
		return Started{}, err
	}
	if off, err := s.passwordOff(g, a); err != nil || off {
		return Started{Outcome: PasswordOff}, err
	}
	// Asked before the hash to spare its cost; what counts is asked again
	// inside the transaction.
	if retryAt, err := s.refusedUntil(g, now, c, a.lane, a.address); err != nil || !retryAt.IsZero() {
		if err == nil {
			s.watch.told(tally{"sign_ins", []string{"throttled"}})
		}
		return Started{Outcome: Throttled, RetryAt: retryAt}, err
	}
	if err := s.check(ctx, &a, password); err != nil {
		return Started{}, err
	}
	var out Started
	act := func(tx *db.Tx) error {
		out, err = s.start(tx, a)
		return err
	}
	if err = s.db.Write(ctx, act); errors.Is(err, errPutOut) {
		a = s.from(a, "", "")
		err = s.db.Write(ctx, act)
	}
	return out, err
}

// errPutOut says that a browser was the owner's when its attempt began and is a
// stranger's now. The attempt begins again as one: the strangers' lane has to be
// locked before the account.
var errPutOut = errors.New("the browser was signed out meanwhile")

// recognised is an attempt with the browser that it comes from.
func (s *SignIns) recognised(g *gorm.DB, a attempt, now time.Time) (attempt, error) {
	device, err := knownDevice(g, a.client.Device, a.owner.AccountID, now)
	if err != nil {
		return a, err
	}
	own, err := laneDevice(g, a.client.Device, a.owner.AccountID, now)
	return s.from(a, device, own), err
}

// from is an attempt from a browser, and what bounds its failures.
func (s *SignIns) from(a attempt, device, own string) attempt {
	a.device, a.own, a.lane, a.address = device, own, s.lane(a.email, a.owner, own), budget{}
	if own == "" {
		a.device = "" // known once, but too many wrong passwords were typed there
		// Elsewhere failures of others behind one address never block it either.
		a.address = s.addressBudget(a.client.Address)
	}
	return a
}

// lane is the budget of wrong passwords. Strangers have one for each address that is
// typed: one for all addresses of an account would tell which of them belong
// together. A browser that is the owner's has one of its own, so that strangers'
// failures never block it.
func (c *core) lane(email Email, who owner, device string) budget {
	key := c.laneOf(email.Value)
	if device != "" {
		key = c.laneOf(who.Main) + " " + device
	}
	return budget{key: key, windows: laneWindows(), backoff: true}
}

func (c *core) laneOf(address string) string { return "lane " + c.keys.laneTag(kindEmail, address) }

// check runs the hash: the decoy's where nobody has the address.
func (s *SignIns) check(ctx context.Context, a *attempt, password string) error {
	if len(password) > 4*s.policy.PasswordMax {
		return nil // no password is that long: wrong, and not worth a hash
	}
	from := asker{whose: s.addressBudget(a.client.Address).key}
	if a.own != "" {
		from = ownHash(a.owner.AccountID)
	}
	right, err := s.hasher.verify(ctx, password, a.owner.PasswordHash, from)
	if err != nil {
		return err
	}
	a.right = right && a.owner.AccountID != ""
	if a.right && !s.hasher.current(a.owner.PasswordHash) {
		a.rehash, err = s.hasher.hash(ctx, password, from)
	}
	return err
}

func (s *SignIns) start(tx *db.Tx, a attempt) (Started, error) {
	if err := lock(tx, a.lane, a.address); err != nil {
		return Started{}, err
	}
	retryAt, err := refusedUntil(tx, a.client, a.lane, a.address)
	if err != nil || !retryAt.IsZero() {
		count(tx, "sign_ins", "throttled")
		return Started{Outcome: Throttled, RetryAt: retryAt}, err
	}
	if off, err := s.passwordOff(tx.DB, a); err != nil || off {
		return Started{Outcome: PasswordOff}, err
	}
	// The stored hash must still be the one that was verified: a password that
	// was changed meanwhile opens nothing.
	now, err := lockOwner(tx, a.owner.AccountID, false)
	if err != nil {
		return Started{}, err
	}
	if a.own != "" { // all browsers may have been signed out during the hash
		still, err := s.recognised(tx.DB, a, tx.Now)
		if err == nil && still.own == "" {
			err = errPutOut
		}
		if err != nil {
			return Started{}, err
		}
		a = still
	}
	if a.right && !a.again && now.AccountID == a.owner.AccountID && now.PasswordHash != a.owner.PasswordHash {
		return Started{}, errHashChanged
	}
	if !a.right || now.AccountID != a.owner.AccountID || now.PasswordHash != a.owner.PasswordHash {
		if err := spend(tx, a.lane, a.address); err != nil {
			return Started{}, err
		}
		if err := s.strike(tx, a); err != nil {
			return Started{}, err
		}
		if err := noteLock(tx, a.lane, now.AccountID, a.client); err != nil {
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
	if a, err = s.assess(tx, a); err != nil {
		return Started{}, err
	}
	answer, err := s.policyFor(tx, a, now.TwoStep)
	if err != nil {
		return Started{}, err
	}
	switch answer {
	case Refused:
		return s.refuse(tx, a)
	case CodeSent:
		if a.risk.Decision == Allow && now.TwoStep == TwoStepNewDevices { // ordinary, and still the reason
			a.risk.Reasons = ordinary
		}
		return s.askForCode(tx, a)
	}
	return s.openKnown(tx, a)
}

// ordinary is why a code is asked for where nothing is unusual.
var ordinary = []Reason{ReasonNewDevice}

// assess judges how unusual an attempt is. A device that the account knows, or
// whose reader has proven the mailbox, is never refused: nobody may be locked out.
// Reasons are only kept for what is unusual.
func (s *SignIns) assess(tx *db.Tx, a attempt) (attempt, error) {
	known, err := s.signals(tx, a)
	if err != nil {
		return a, err
	}
	a.risk, a.failures = Assess(known, s.weights), known.Failures
	switch {
	case a.risk.Decision == Allow:
		a.risk.Reasons = nil
	case a.risk.Decision == Deny && (!known.UnknownDevice || known.MailboxProven):
		a.risk.Decision = StepUp
	}
	count(tx, "risk", string(a.risk.Decision))
	if known.FarAway {
		note(tx, Incident{Name: "authn_impossible_travel", Account: a.owner.AccountID, Client: a.client})
	}
	return a, nil
}

// policyFor is what a right password comes to (POLICY.md 1): Accepted, CodeSent or
// Refused. How unusual the attempt is only ever raises what two-step asks for.
func (s *SignIns) policyFor(tx *db.Tx, a attempt, twoStep string) (Outcome, error) {
	off := twoStep == TwoStepOff
	switch {
	case a.risk.Decision == Deny && !off:
		return Refused, nil
	case a.risk.Decision == Deny && s.policy.StepUpWhenOff == "always", a.risk.Decision == StepUp && !off:
		return CodeSent, nil
	}
	opens, err := s.opensWithoutCode(tx, a, twoStep)
	if err == nil && !opens {
		return CodeSent, nil
	}
	return Accepted, err
}

// refusals bounds the mails about refused sign-ins. Whoever knows the password is
// refused all the same past it.
func refusals(account string) budget {
	return budget{key: "refusals of " + account, windows: []window{{3, time.Hour}, {6, 24 * time.Hour}}}
}

// refuse opens nothing and trains nothing. The way back in goes to the main address:
// the link of a reset alone, as every try of its code is used up beforehand.
func (s *SignIns) refuse(tx *db.Tx, a attempt) (Started, error) {
	who, err := primaryOwner(tx.DB, a.owner.AccountID)
	if err != nil {
		return Started{}, err
	}
	out := Started{Outcome: Refused, Reasons: a.risk.Reasons, Masked: MaskEmail(who.Shown)}
	count(tx, "sign_ins", "refused")
	if err := recordRisk(tx, EventSignInRefused, who.AccountID, a.risk.Reasons, a.client); err != nil {
		return Started{}, err
	}
	ch, retryAt, err := s.issue(tx, PurposeReset, who.AccountID, who.to(), []budget{refusals(who.AccountID)})
	if err != nil || !retryAt.IsZero() {
		return out, err // the mails before it still lead on
	}
	if _, err := tx.Exec("UPDATE challenges SET attempts = max_attempts WHERE id = ?", ch.ID); err != nil {
		return Started{}, err
	}
	m := newMessage(KindSignInRefused, who.to(), who.Locale, a.client)
	m.Reasons = joined(a.risk.Reasons)
	m.about(ch)
	out.Mailed = true
	return out, enqueue(tx, m)
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
	if err := s.settle(tx, a.lane.key, a.owner); err != nil {
		return Started{}, err
	}
	kept, err := s.cancelClosing(tx, a.owner, a.client)
	if err != nil {
		return Started{}, err
	}
	if err := s.learn(tx, a.owner.AccountID, a.client); err != nil {
		return Started{}, err
	}
	if err := s.tellOpened(tx, a.owner.AccountID, a.device == "", false, a.risk.Reasons, a.failures, a.client); err != nil {
		return Started{}, err
	}
	a.client.Session = token // what the log tells is about the session that was opened
	return Started{Outcome: Accepted, Session: token, Next: a.next, Kept: kept}, recordOpened(tx, EventSignInKnown, a.owner.AccountID, a.risk.Reasons, a.client)
}

// manyWrong is how many wrong passwords in an hour the holder hears of once a
// sign-in has opened (ASVS v5.0.0-6.3.5). Without one nobody is written to.
const manyWrong = 5

// The budgets of notices about sign-ins: whoever knows the password, or types wrong
// ones, must not fill mailboxes. Past them the activity still lists every sign-in.
const (
	newDeviceNotices = "new devices of "
	unusualNotices   = "unusual sign-ins of "
	failureNotices   = "failures of "
)

// tellOpened tells the holder once of a sign-in: what was unusual, else that the
// device is new, else that wrong passwords came before it. One that a code was typed
// for is bounded by the codes.
func (c *core) tellOpened(tx *db.Tx, account string, newDevice, byCode bool, unusual []Reason, failures int, cl Client) error {
	n := notice{kind: KindSignInUnusual, reasons: unusual}
	most := budget{windows: []window{{6, time.Hour}, {20, 24 * time.Hour}}}
	switch {
	case len(unusual) > 0:
		most.key = unusualNotices + account
	case newDevice:
		n.kind = KindNewDevice
		if !byCode {
			most.key = newDeviceNotices + account
		}
	case failures >= manyWrong:
		n.reasons = []Reason{ReasonFailures}
		most.key, most.windows = failureNotices+account, []window{{1, time.Hour}}
	default:
		return nil
	}
	if err := lock(tx, most); err != nil { // behind the account, for whoever locks it has that already
		return err
	}
	if retryAt, err := refusedUntil(tx, cl, most); err != nil || !retryAt.IsZero() {
		return err
	}
	if err := spend(tx, most); err != nil {
		return err
	}
	return c.tell(tx, account, n, cl)
}
