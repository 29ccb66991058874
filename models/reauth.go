package models

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Reauths holds the acts of the step-up: a fresh proof inside a session, before
// anything sensitive.
type Reauths struct{ *core }

// verification is a row: a code that is awaited for something other than a
// sign-up or a sign-in. value and shown are what was typed, subject what the code
// is for. taken says that the address is someone else's: no code is right.
type verification struct {
	ID          string
	SessionID   string
	ChallengeID string
	AccountID   *string
	Purpose     Purpose
	Value       string
	Shown       string
	Subject     string
	Next        string
	Taken       bool
	ProvenAt    *time.Time
	CreatedAt   time.Time
}

func (verification) table() string { return "verifications" }

func (v verification) keys() (id, challenge string) { return v.ID, v.ChallengeID }

// signedIn gives the living session of a client, or a NoSession error. Acts
// ask it inside their transaction: a session that was ended a moment ago can
// change nothing.
func (c *core) signedIn(g *gorm.DB, cl Client, now time.Time) (session, error) {
	s, there, err := db.First[session](g, "SELECT * FROM sessions WHERE id = ? AND account_id IS NOT NULL AND ends_at > ? AND seen_at > ?",
		hashToken(cut(cl.Session, tokenLength+1)), now, now.Add(-time.Duration(c.policy.SessionIdle)))
	if err == nil && !there {
		err = &Error{Kind: NoSession, Reason: "session"}
	}
	if err != nil {
		return session{}, err
	}
	if s.elsewhere(cl) { // no proof given where it lives holds here
		s.Away, s.ElevatedUntil, s.PasswordUntil = true, nil, nil
	}
	latest := now.Add(time.Duration(c.policy.Elevated) + clocksApart)
	for _, until := range []**time.Time{&s.ElevatedUntil, &s.PasswordUntil} {
		if *until != nil && latest.Before(**until) {
			*until = nil
		}
	}
	return s, nil
}

// atHome is signedIn for what needs no fresh proof, but that the session is where it
// lives.
func (c *core) atHome(g *gorm.DB, cl Client, now time.Time) (session, error) {
	s, err := c.signedIn(g, cl, now)
	if err == nil && s.Away {
		err = notProven()
	}
	return s, err
}

// elevated is signedIn for the acts that need a fresh proof: a stolen session
// cookie alone reaches none of them (ASVS v5.0.0-7.5.1).
func (c *core) elevated(tx *db.Tx, cl Client) (session, error) {
	s, err := c.signedIn(tx.DB, cl, tx.Now)
	if err == nil && s.proof(tx.Now) == ProofNone {
		err = notProven()
	}
	return s, err
}

func notProven() error { return &Error{Kind: NotProven, Reason: "step_up"} }

// Proof is how fresh a session's proof is that its holder is the account's.
type Proof int

// The proofs.
const (
	ProofNone     Proof = iota
	ProofPassword       // the password alone: a change waits before it takes hold
	ProofCode
)

func (s session) proof(now time.Time) Proof {
	fresh := func(until *time.Time) bool { return until != nil && now.Before(*until) }
	switch {
	case fresh(s.ElevatedUntil):
		return ProofCode
	case fresh(s.PasswordUntil):
		return ProofPassword
	}
	return ProofNone
}

// Check says how a client may go on to what is sensitive: by a code or by the
// password alone; a NoSession or NotProven error where it may not.
func (r *Reauths) Check(ctx context.Context, c Client) (Proof, error) {
	now := r.db.Now()
	s, err := r.signedIn(r.db.Read(ctx), c, now)
	if err == nil && s.proof(now) == ProofNone {
		err = notProven()
	}
	return s.proof(now), err
}

// Ways lists where the code of a step-up may go, the first choice first.
func (r *Reauths) Ways(ctx context.Context, c Client) ([]Way, error) {
	g, now := r.db.Read(ctx), r.db.Now()
	s, err := r.signedIn(g, c, now)
	if err != nil {
		return nil, err
	}
	list, err := r.ways(g, *s.AccountID, now)
	return others(list, ""), err
}

// Start sends a code to a confirmed way of the account, "" for the first choice.
// next is where the person was going. Where a code is already awaited in this
// session nothing is sent.
func (r *Reauths) Start(ctx context.Context, next, way string, c Client) (out Started, err error) {
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		s, err := r.signedIn(tx.DB, c, tx.Now)
		if err != nil {
			return err
		}
		if err := lock(tx, insideLane(s)); err != nil { // two presses at once are told apart
			return err
		}
		_, ch, _, err := flow[verification](tx.DB, ofSession(s.ID, PurposeStepUp), "", tx.Now)
		var gone *Error
		if err != nil && !errors.As(err, &gone) {
			return err // not knowing is no leave to send another code
		}
		if err == nil && ch.waits(tx.Now) {
			out = Started{Outcome: CodeSent}
			_, err := tx.Exec("UPDATE verifications SET next = ? WHERE challenge_id = ?", next, ch.ID)
			return err
		}
		out, err = r.start(tx, s, next, way, c)
		return err
	})
	return out, err
}

// waits says that a code can still be typed, or sent again, for the challenge.
func (ch challenge) waits(now time.Time) bool {
	return ch.ConsumedAt == nil && ch.Attempts < ch.MaxAttempts && now.Before(ch.EndsAt)
}

func (r *Reauths) start(tx *db.Tx, s session, next, way string, c Client) (Started, error) {
	list, err := r.ways(tx.DB, *s.AccountID, tx.Now)
	if err != nil {
		return Started{}, err
	}
	if len(list) == 0 {
		return Started{Outcome: ChannelOff}, nil
	}
	if i := slices.IndexFunc(list, func(i identifier) bool { return i.ID == way }); i >= 0 {
		list = list[i : i+1] // the one that was chosen, free or not
	}
	to, err := r.firstFree(tx, list, true)
	if err != nil {
		return Started{}, err
	}
	who, err := primaryOwner(tx.DB, *s.AccountID)
	if err != nil {
		return Started{}, err
	}
	out, _, err := r.await(tx, s, verification{Purpose: PurposeStepUp, Next: next}, to, r.ownersSends(*s.AccountID, to), newMessage(KindStepUpCode, to, who.Locale, c))
	return out, err
}

// await sends a code and waits for it inside a session.
func (c *core) await(tx *db.Tx, s session, row verification, to destination, sends []budget, m message) (Started, challenge, error) {
	ch, retryAt, err := c.issue(tx, row.Purpose, *s.AccountID, to, sends)
	if err != nil || !retryAt.IsZero() {
		return Started{Outcome: Throttled, RetryAt: retryAt}, ch, err
	}
	row.ID, row.SessionID, row.ChallengeID, row.AccountID, row.CreatedAt = newID(), s.ID, ch.ID, s.AccountID, tx.Now
	if err = tx.Insert(&row); errors.Is(err, gorm.ErrForeignKeyViolated) { // it was ended at this very moment
		err = &Error{Kind: NoSession, Reason: "session"}
	}
	if err != nil {
		return Started{}, ch, err
	}
	m.about(ch)
	return Started{Outcome: CodeSent}, ch, enqueue(tx, m)
}

// ofSession picks the verifications of a session for a purpose.
func ofSession(session string, purpose Purpose) scope {
	return scope{"session_id = ? AND purpose = ?", []any{session, purpose}}
}

// inside finds what a signed-in browser awaits a code for. flowID is the one of
// the page, "" where the form did not carry it; current is false where the flow
// began again in another tab.
func (c *core) inside(g *gorm.DB, purpose Purpose, flowID string, cl Client, now time.Time) (s session, row verification, ch challenge, current bool, err error) {
	find := c.atHome
	if purpose == PurposeStepUp {
		find = c.signedIn
	}
	if s, err = find(g, cl, now); err != nil {
		return s, row, ch, false, err
	}
	row, ch, current, err = flow[verification](g, ofSession(s.ID, purpose), flowID, now)
	return s, row, ch, current, err
}

// outside is inside for a browser in which nobody is signed in.
func outside(g *gorm.DB, purpose Purpose, flowID string, cl Client, now time.Time) (row verification, ch challenge, current bool, err error) {
	return flow[verification](g, ofHandle(cl, now).and("purpose = ?", purpose), flowID, now)
}

// Pending is what the step-up's code page shows; a Gone error where no code is
// awaited, NoSession where nobody is signed in.
func (r *Reauths) Pending(ctx context.Context, c Client) (Pending, error) {
	g, now := r.db.Read(ctx), r.db.Now()
	s, row, ch, _, err := r.inside(g, PurposeStepUp, "", c, now)
	if err != nil {
		return Pending{}, err
	}
	p, err := r.pending(g, row.ID, ch, now)
	if err != nil {
		return p, err
	}
	ways, _, held, err := r.waysNow(g, *s.AccountID, now)
	p.TextsHeld = held
	p.Ways, p.Next = others(ways, orNone(ch.IdentifierID)), row.Next
	return p, err
}

// Resend sends the code of the step-up again: where it went, or to another
// confirmed way of the account.
func (r *Reauths) Resend(ctx context.Context, flowID, way string, c Client) (out Resent, err error) {
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		_, _, ch, current, err := r.inside(tx.DB, PurposeStepUp, flowID, c, tx.Now)
		if err != nil || !current {
			out = Resent{Outcome: Superseded}
			return err
		}
		out, err = r.sendAgain(tx, ch, way, c)
		return err
	})
	return out, err
}

// Answer takes the code of the step-up. With Accepted the session has a new
// token and may change what is sensitive for a while; the old token is dead.
func (r *Reauths) Answer(ctx context.Context, typed, flowID string, _ Ticks, c Client) (out Answered, err error) {
	code, reason := NormaliseCode(typed, CodeDigits)
	if reason != "" {
		return out, invalid("code", reason, CodeDigits)
	}
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		s, row, ch, current, err := r.inside(tx.DB, PurposeStepUp, flowID, c, tx.Now)
		if err != nil || !current {
			out = Answered{Outcome: Superseded}
			return err
		}
		if out, _, err = r.judgeOwn(tx, ch, code, c); err != nil || out.Outcome != Accepted {
			return err
		}
		until := tx.Now.Add(time.Duration(r.policy.Elevated))
		s.ElevatedUntil = &until
		if out.Session, err = renew(tx, s, c); err != nil {
			return err
		}
		out.UntilClose, out.Next = s.UntilClose, row.Next
		return record(tx, EventStepUp, *s.AccountID, c)
	})
	return out, err
}

// Password takes the password in place of a code, for who cannot get one. What
// is changed after it waits, and every address is told (POLICY.md 1).
func (r *Reauths) Password(ctx context.Context, password string, c Client) (out Answered, err error) {
	if password == "" {
		return out, invalid("current_password", "empty", 0)
	}
	g, now := r.db.Read(ctx), r.db.Now()
	s, err := r.signedIn(g, c, now)
	if err != nil {
		return out, err
	}
	who, err := primaryOwner(g, *s.AccountID)
	if err != nil {
		return out, err
	}
	right, retryAt, err := r.verifyInside(ctx, password, s, who)
	if err != nil || !retryAt.IsZero() {
		return Answered{Outcome: Throttled, RetryAt: retryAt}, err
	}
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		out = Answered{Outcome: Wrong}
		s, err := r.signedIn(tx.DB, c, tx.Now)
		if err != nil {
			return err
		}
		ok, retryAt, err := r.stillRight(tx, right, s, who)
		if !retryAt.IsZero() {
			out = Answered{Outcome: Throttled, RetryAt: retryAt}
		}
		if err != nil || !ok {
			return err
		}
		until := tx.Now.Add(time.Duration(r.policy.Elevated))
		s.PasswordUntil = &until
		token, err := renew(tx, s, c)
		if err != nil {
			return err
		}
		out = Answered{Outcome: Accepted, Session: token, UntilClose: s.UntilClose}
		return record(tx, EventStepUpPassword, who.AccountID, c)
	})
	return out, err
}

// insideLane is the budget of wrong passwords typed inside one session: a stolen
// one does not close the lane of the others.
func insideLane(s session) budget {
	return budget{key: "current password " + s.ID, windows: laneWindows(), backoff: true}
}

// verifyInside runs the hash of the account's password; a time says that too
// many wrong ones were typed. What it finds is written by stillRight.
func (c *core) verifyInside(ctx context.Context, password string, s session, who owner) (right bool, retryAt time.Time, err error) {
	retryAt, err = c.refusedUntil(c.db.Read(ctx), c.db.Now(), Client{}, insideLane(s))
	if err != nil || !retryAt.IsZero() || len(password) > 4*c.policy.PasswordMax {
		return false, retryAt, err
	}
	// One account takes its share of the queue and no more, from wherever it asks.
	right, err = c.hasher.verify(ctx, password, who.PasswordHash, ownHash(who.AccountID))
	return right && who.PasswordHash != "", time.Time{}, err
}

// stillRight counts a wrong password, and takes a right one only while the
// stored hash is the one that was verified. The wait is asked for again: many may have
// waited for their hashes at once.
func (c *core) stillRight(tx *db.Tx, right bool, s session, who owner) (ok bool, retryAt time.Time, err error) {
	lane := insideLane(s)
	if err := lock(tx, lane); err != nil {
		return false, retryAt, err
	}
	if retryAt, err = refusedUntil(tx, Client{}, lane); err != nil || !retryAt.IsZero() {
		return false, retryAt, err
	}
	now, err := lockOwner(tx, who.AccountID, true)
	if err != nil {
		return false, retryAt, err
	}
	if !right || now.PasswordHash != who.PasswordHash {
		from, _ := netip.ParseAddr(s.Address)
		note(tx, Incident{Name: "authn_login_fail", Account: who.AccountID, Client: Client{Address: from}, Detail: "current_password", device: s.Device})
		return false, retryAt, spend(tx, lane)
	}
	return true, retryAt, forgive(tx, lane.key)
}

// renew gives a session a new token; the old row is gone with the old token, and
// an address that waits for its code goes on under the new one (ASVS
// v5.0.0-7.2.4). It lives where the client is from now on.
func renew(tx *db.Tx, s session, c Client) (token string, err error) {
	token = newToken()
	old := s.ID
	if s.Away {
		device, err := knownDevice(tx.DB, c.Device, *s.AccountID, tx.Now)
		if err != nil {
			return "", err
		}
		s.DeviceID, s.Device, s.Address = nil, deviceName(c.UserAgent), addressText(c)
		if device != "" {
			s.DeviceID = &device
		}
	}
	s.settle(c)
	s.ID, s.SeenAt = hashToken(token), tx.Now
	if err := tx.Insert(&s); err != nil {
		return "", err
	}
	if _, err := tx.Exec("UPDATE verifications SET session_id = ? WHERE session_id = ? AND purpose <> ?", s.ID, old, PurposeStepUp); err != nil {
		return "", err
	}
	n, err := tx.Exec("DELETE FROM sessions WHERE id = ?", old)
	if err == nil && n == 0 {
		err = &Error{Kind: NoSession, Reason: "session"} // it was ended at this very moment
	}
	return token, err
}
