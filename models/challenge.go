package models

import (
	"slices"
	"strings"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Purpose is what a challenge's code is good for, and nothing else.
type Purpose string

// The purposes.
const (
	PurposeSignUp Purpose = "sign_up"
	PurposeSignIn Purpose = "sign_in"
	PurposeStepUp Purpose = "step_up"
	PurposeReset  Purpose = "reset"
	PurposeEmail  Purpose = "email" // a new address proves itself
	PurposePhone  Purpose = "phone" // a new number proves itself
	PurposeUndo   Purpose = "undo"  // an older channel agrees to take a change back
)

// message is the kind of the message that brings the code.
func (p Purpose) message() string { return string(p) + "_code" }

// digits is how long the codes of a purpose are: longer where the code is the
// only proof (POLICY.md 2).
func (p Purpose) digits() int {
	if p == PurposeReset {
		return ResetDigits
	}
	return CodeDigits
}

// challenge is a row: one outstanding question. What it keeps of the code is
// this and no more; the digits are derived when they are needed.
type challenge struct {
	ID             string
	KeyID          string
	AccountID      *string
	Purpose        Purpose
	Channel        string
	Destination    string
	IdentifierID   *string
	Digits         int
	Generation     int
	Attempts       int
	MaxAttempts    int
	Sends          int
	CreatedAt      time.Time
	ExpiresAt      time.Time
	PriorExpiresAt *time.Time
	ResendAt       time.Time
	EndsAt         time.Time
	ConsumedAt     *time.Time
}

// issue makes a challenge and spends the first send on its destination. A
// time says that the destination's budget is spent until then, and nothing was
// made.
// sends are the budgets that its messages spend.
func (c *core) issue(tx *db.Tx, purpose Purpose, account string, to destination, sends []budget) (challenge, time.Time, error) {
	retryAt, next, err := spendSend(tx, sends)
	if err != nil || !retryAt.IsZero() {
		return challenge{}, retryAt, err
	}
	k := c.keys.current(tx.Now)
	if c.notedKey.Load() != k.id { // one that has only just begun
		if err := noteKey(tx, k); err != nil {
			return challenge{}, time.Time{}, err
		}
	}
	ch := challenge{
		ID: newID(), KeyID: k.id, Purpose: purpose, Channel: to.channel, Destination: to.shown, Digits: purpose.digits(),
		MaxAttempts: c.policy.CodeTries, Sends: 1, CreatedAt: tx.Now,
		ExpiresAt: tx.Now.Add(time.Duration(c.policy.CodeLife)),
		EndsAt:    tx.Now.Add(time.Duration(c.policy.FlowLife)),
	}
	if account != "" {
		ch.AccountID = &account
	}
	if to.id != "" {
		ch.IdentifierID = &to.id
	}
	ch.ResendAt = c.resendAt(tx, ch, next)
	return ch, time.Time{}, tx.Insert(&ch)
}

// spendSend counts one message to a destination, or says when it may be asked
// for again. next is when one more will be allowed, zero for now.
func spendSend(tx *db.Tx, sends []budget) (retryAt, next time.Time, err error) {
	if err := lock(tx, sends...); err != nil {
		return retryAt, next, err
	}
	if retryAt, next, err = refused(tx, Client{}, sends...); err != nil || !retryAt.IsZero() {
		return retryAt, next, err
	}
	if err := spend(tx, sends...); err != nil {
		return retryAt, next, err
	}
	if slices.ContainsFunc(sends, func(b budget) bool { return !b.plain() }) {
		next, err = freeAt(tx.DB, tx.Now, sends...)
	}
	return retryAt, next, err
}

// resendAt is the later of the pause and the destination's budget, so that the
// one time on the page is the whole truth.
func (c *core) resendAt(tx *db.Tx, ch challenge, next time.Time) time.Time {
	return later(next, tx.Now.Add(c.policy.resendWait(ch.Sends)))
}

// rightCode compares a code with every generation that still works, under the
// key that the row names and no other: trying all keys would double a
// guesser's odds.
func (ch challenge) rightCode(k key, code string, now time.Time) bool {
	right := now.Before(ch.ExpiresAt) && sameCode(code, k.code(ch.ID, string(ch.Purpose), ch.Generation, ch.Digits))
	if ch.PriorExpiresAt != nil && now.Before(*ch.PriorExpiresAt) {
		right = sameCode(code, k.code(ch.ID, string(ch.Purpose), ch.Generation-1, ch.Digits)) || right
	}
	return right
}

// judgement is how one typed code was judged.
type judgement struct {
	outcome   Outcome
	triesLeft int
	retryAt   time.Time
	counted   bool // this try was compared and was wrong
}

// judge counts one try and compares. The try is counted by a guarded update
// before anything is compared, so that any number of parallel guesses gets
// MaxAttempts judgements and one acceptance (ASVS v5.0.0-15.4.2). codes is the
// budget of wrong codes, "" for none. A wrong one also counts as a failure of
// its network address, but that budget never keeps a code from being judged:
// other people behind one address could use it up. The caller has locked both.
// void is a challenge whose code nobody was sent.
func (c *core) judge(tx *db.Tx, ch challenge, code string, void bool, codes budget, cl Client) (judgement, error) {
	budgets := []budget{codes, c.addressBudget(cl.Address)}
	if retryAt, err := refusedUntil(tx, cl, codes); err != nil || !retryAt.IsZero() {
		return judgement{outcome: Throttled, retryAt: retryAt}, err
	}
	// What is judged is the row as it is now: tries, generation and use may have
	// changed since the flow was looked up.
	var rows []challenge
	err := db.Scan(tx.DB, &rows, `UPDATE challenges SET attempts = attempts + 1
		WHERE id = ? AND attempts < max_attempts AND consumed_at IS NULL AND (expires_at > ? OR prior_expires_at > ?) RETURNING *`, ch.ID, tx.Now, tx.Now)
	if err != nil {
		return judgement{}, err
	}
	counted := len(rows)
	if counted == 1 {
		ch = rows[0]
	} else if ch, err = challengeOf(tx.DB, ch.ID); err != nil {
		return judgement{}, err
	}
	k, held := c.keys.find(ch.KeyID)
	switch {
	case ch.ConsumedAt != nil:
		note(tx, Incident{Name: "authn_token_reuse", Account: orNone(ch.AccountID), Client: cl, Detail: "code " + string(ch.Purpose)})
		return judgement{outcome: Used}, nil
	case counted == 0 && ch.Attempts >= ch.MaxAttempts:
		return judgement{outcome: Exhausted}, nil
	case counted == 0 || !held: // a key that is gone reads as expired
		count(tx, "codes", "expired", ch.Channel)
		return judgement{outcome: Expired, triesLeft: ch.MaxAttempts - ch.Attempts}, nil
	}
	if !ch.rightCode(k, code, tx.Now) || void {
		if err := spend(tx, budgets...); err != nil {
			return judgement{}, err
		}
		count(tx, "codes", "wrong", ch.Channel)
		if ch.Attempts >= ch.MaxAttempts {
			return judgement{outcome: Exhausted, counted: true}, nil
		}
		return judgement{outcome: Wrong, triesLeft: ch.MaxAttempts - ch.Attempts, counted: true}, nil
	}
	spent, err := tx.Exec("UPDATE challenges SET consumed_at = ? WHERE id = ? AND consumed_at IS NULL", tx.Now, ch.ID)
	if err != nil {
		return judgement{}, err
	}
	if spent == 0 {
		return judgement{outcome: Used}, nil
	}
	count(tx, "codes", "entered", ch.Channel)
	return judgement{outcome: Accepted}, c.typed(tx, ch)
}

// Resent is how asking for the code again ended.
type Resent struct {
	Outcome Outcome // CodeSent, Exhausted, Used, Superseded
	Fresh   bool    // the code is a new one; else it is the same, so either message works
	At      time.Time
}

// resend sends the code again: the same one while enough of its life is left,
// else the next generation. Tries go on counting. A TooSoon error says when it
// may be asked for.
//
// to is another channel to send it to, the zero one for the same as before: the
// code is the same on every channel, and a channel that has had no message yet
// need not wait for the pause.
func (c *core) resend(tx *db.Tx, ch challenge, m message, sends []budget, to destination) (Resent, error) {
	if err := lock(tx, sends...); err != nil {
		return Resent{}, err
	}
	// Locked by a write, so that two presses at once are told apart on both
	// engines: the second one reads the first one's ResendAt.
	if _, err := tx.Exec("UPDATE challenges SET sends = sends WHERE id = ?", ch.ID); err != nil {
		return Resent{}, err
	}
	ch, err := challengeOf(tx.DB, ch.ID)
	if err != nil {
		return Resent{}, err
	}
	paused := tx.Now.Before(ch.ResendAt)
	if to.shown != "" {
		type way struct{ Channel, Destination string }
		var went []way // compared here: given more to choose by, SQLite reads the channel's messages
		if err := db.Scan(tx.DB, &went, "SELECT channel, destination FROM messages WHERE challenge_id = ?", ch.ID); err != nil {
			return Resent{}, err
		}
		paused = paused && slices.Contains(went, way{to.channel, to.shown})
		ch.Channel, ch.Destination, ch.IdentifierID = to.channel, to.shown, &to.id
	}
	switch {
	case ch.ConsumedAt != nil:
		return Resent{Outcome: Used}, nil
	case ch.Attempts >= ch.MaxAttempts:
		return Resent{Outcome: Exhausted}, nil
	case paused:
		return Resent{}, &Error{Kind: TooSoon, Reason: "resend", RetryAt: ch.ResendAt}
	}
	retryAt, next, err := spendSend(tx, sends)
	if err != nil {
		return Resent{}, err
	}
	if !retryAt.IsZero() {
		return Resent{}, &Error{Kind: TooSoon, Reason: "resend", RetryAt: retryAt}
	}
	// Not where it would live no longer, as at the end of a flow, and never in the place
	// of one that still works: two work at once, not three.
	until := earlier(tx.Now.Add(time.Duration(c.policy.CodeLife)), ch.EndsAt)
	both := ch.PriorExpiresAt != nil && tx.Now.Before(*ch.PriorExpiresAt)
	fresh := ch.ExpiresAt.Sub(tx.Now) < SameCodeLeft && until.After(ch.ExpiresAt) && !both
	if fresh {
		if prior := ch.ExpiresAt; prior.After(tx.Now) {
			ch.PriorExpiresAt = &prior
		} else {
			ch.PriorExpiresAt = nil
		}
		ch.Generation++
		ch.ExpiresAt = until
	}
	ch.Sends++
	ch.ResendAt = c.resendAt(tx, ch, next)
	_, err = tx.Exec(`UPDATE challenges SET channel = ?, destination = ?, identifier_id = ?, generation = ?, expires_at = ?, prior_expires_at = ?,
		sends = ?, resend_at = ? WHERE id = ?`,
		ch.Channel, ch.Destination, ch.IdentifierID, ch.Generation, ch.ExpiresAt, ch.PriorExpiresAt, ch.Sends, ch.ResendAt, ch.ID)
	if err != nil {
		return Resent{}, err
	}
	m.about(ch)
	return Resent{Outcome: CodeSent, Fresh: fresh, At: tx.Now}, enqueue(tx, m)
}

// Pending is what the code page shows of a flow that waits for a code.
type Pending struct {
	Flow        string // tells two tabs of one browser apart; opens nothing
	Purpose     Purpose
	Channel     string
	Destination string // masked
	Digits      int
	Tag         string // 'Maple 42', the same in the page and in its messages
	Now         time.Time
	ExpiresAt   time.Time
	ResendAt    time.Time
	TriesLeft   int
	Tries       int
	Delivery    Delivery
	MayTrust    bool  // a code is asked for every time, unless this device is trusted
	Ways        []Way // the account's other confirmed channels
	TextsHeld   bool  // it would have gone by text, but none can be sent at the moment
	Reasons     []Reason
	Next        string  // where a step-up leads
	Over        Outcome // Exhausted or Used where no code can be typed any more
}

// challengeOf reads a challenge that a row names.
func challengeOf(g *gorm.DB, id string) (challenge, error) {
	ch, there, err := db.First[challenge](g, "SELECT * FROM challenges WHERE id = ?", id)
	if err == nil && !there {
		err = gorm.ErrRecordNotFound
	}
	return ch, err
}

// pendingRow is a row that waits for a code: a signUp, a signIn, a verification.
type pendingRow interface {
	table() string
	keys() (id, challenge string)
}

// scope picks the flows of one browser or session.
type scope struct {
	where string
	args  []any
}

func (s scope) and(where string, args ...any) scope {
	return scope{s.where + " AND " + where, slices.Concat(s.args, args)}
}

// ofHandle picks the flows of a browser in which nobody is signed in.
func ofHandle(c Client, now time.Time) scope { return ofHandles(now, c.Session) }

// ofHandles picks the flows that hang on any of some handles' tokens.
func ofHandles(now time.Time, tokens ...string) scope {
	var args []any
	for _, token := range tokens {
		args = append(args, hashToken(cut(token, tokenLength+1)))
	}
	return scope{
		"session_id IN (SELECT id FROM sessions WHERE id IN (?" + strings.Repeat(", ?", len(tokens)-1) + ") AND account_id IS NULL AND ends_at > ?)",
		append(args, now),
	}
}

// newest gives the newest flow of a kind; there is false where there is none.
func newest[F pendingRow](g *gorm.DB, in scope) (f F, there bool, err error) {
	return db.First[F](g, "SELECT * FROM "+f.table()+" WHERE "+in.where+" ORDER BY created_at DESC LIMIT 1", in.args...)
}

// flow finds the newest pending flow of a kind in a session, and its challenge.
// A Gone error says that there is none: cookies are off, or the flow is over.
// flowID is the one of the page, "" where the form did not carry it; current is
// false where the flow began again in another tab.
func flow[F pendingRow](g *gorm.DB, in scope, flowID string, now time.Time) (f F, ch challenge, current bool, err error) {
	gone := &Error{Kind: Gone, Reason: "flow"}
	row, there, err := newest[F](g, in)
	if err != nil {
		return f, ch, false, err
	}
	if !there {
		return f, ch, false, gone
	}
	id, challengeID := row.keys()
	if ch, err = challengeOf(g, challengeID); err != nil {
		return f, ch, false, err
	}
	if !now.Before(ch.EndsAt) {
		return f, ch, false, gone
	}
	return row, ch, flowID == "" || flowID == id, nil
}

// pending makes the code page's view of a challenge.
func (c *core) pending(g *gorm.DB, id string, ch challenge, now time.Time) (Pending, error) {
	p := Pending{
		Flow: id, Purpose: ch.Purpose, Channel: ch.Channel, Destination: Mask(ch.Channel, ch.Destination), Digits: ch.Digits,
		Now: now, ExpiresAt: ch.ExpiresAt, ResendAt: ch.ResendAt,
		TriesLeft: ch.MaxAttempts - ch.Attempts, Tries: ch.MaxAttempts,
	}
	if k, ok := c.keys.find(ch.KeyID); ok {
		p.Tag = k.requestTag(ch.ID)
	} else {
		p.ExpiresAt = ch.CreatedAt
	}
	switch {
	case ch.ConsumedAt != nil:
		p.Over = Used
	case p.TriesLeft <= 0:
		p.Over = Exhausted
	}
	var err error
	p.Delivery, err = deliveryOf(g, ch)
	return p, err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
