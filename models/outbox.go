package models

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Outbox holds the acts of the worker that sends messages.
type Outbox struct {
	*core
	wake   <-chan struct{}
	speeds speeds
}

const outboxTopic = "outbox"

// The kinds of messages. The sentences of each are in content/messages.
const (
	KindSignUpCode     = "sign_up_code"
	KindSignUpExisting = "sign_up_existing"
	KindSignInCode     = "sign_in_code"
	KindNewDevice      = "new_device"
	KindTooManyTries   = "too_many_tries"
	KindSignInRefused  = "sign_in_refused" // very unusual: the link of a reset
	KindSignInUnusual  = "sign_in_unusual" // it was let in

	KindStepUpCode          = "step_up_code"
	KindResetCode           = "reset_code"
	KindCodesBraked         = "codes_braked" // strangers had too many sent
	KindPasswordChanged     = "password_changed"
	KindTwoStepOn           = "two_step_on"
	KindTwoStepOff          = "two_step_off"
	KindSignedOutEverywhere = "signed_out_everywhere"
	KindSessionMoved        = "session_moved" // What is where it lived

	KindEmailCode        = "email_code" // to the new address
	KindPhoneCode        = "phone_code" // to the new number
	KindUndoCode         = "undo_code"
	KindEmailTaken       = "email_taken" // to whom the address belongs already
	KindEmailChanged     = "email_changed"
	KindEmailAdded       = "email_added"
	KindEmailRemoved     = "email_removed"
	KindPhoneAdded       = "phone_added"
	KindPhoneRemoved     = "phone_removed"
	KindChangeWaiting    = "change_waiting"
	KindChangeStopped    = "change_stopped"
	KindUndone           = "undone"
	KindClosing          = "closing"
	KindClosingCancelled = "closing_cancelled"
	KindClosed           = "closed"

	KindResetStarted   = "reset_started"   // a reset that support began: the link alone
	KindCallBack       = "call_back"       // What says what became of it
	KindChatTranscript = "chat_transcript" // Body is what was said
	KindSupportReply   = "support_reply"   // Body is the answer
)

// The states of a message at rest. A queued one with an attempt behind it is
// delayed.
const (
	stateQueued   = "queued"
	stateAccepted = "accepted"
	stateRefused  = "refused"
	stateDropped  = "dropped"

	stateDelivered   = "delivered"   // the gateway says so
	stateUndelivered = "undelivered" // likewise
)

const (
	codeRetryMax   = 15 * time.Second // apart, while a code lives
	noticeRetryMax = 15 * time.Minute
	keyAway        = time.Second    // until a message whose key this process lacks is due again
	noticeLife     = 72 * time.Hour // a notice that cannot be delivered is given up after this
)

// message is a row of the outbox. There is no code in it.
type message struct {
	ID          string
	Kind        string
	AccountID   *string
	ChallengeID *string
	Generation  int
	Channel     string
	Destination string
	Locale      string
	Device      string
	Address     string
	Place       string
	Reasons     string // why a code is asked for, or a sign-in was refused
	What        string
	Change      string
	Body        string // words of people, kept until it has been handed over
	HoldsAt     *time.Time
	UndoID      *string
	NotMeAt     *time.Time // when its reader said that it was not him
	AskedAt     time.Time
	State       string
	Reason      string
	Attempts    int
	CreatedAt   time.Time
	NextAt      time.Time
	GiveUpAt    time.Time
	LeaseUntil  *time.Time
	DoneAt      *time.Time

	decoy bool // for an address that nobody has: written, never sent
}

// newMessage begins a message of a kind, asked for by a client.
func newMessage(kind string, to destination, locale string, c Client) message {
	return message{Kind: kind, Channel: to.channel, Destination: to.shown, Locale: locale, Device: deviceName(c.UserAgent), Address: addressText(c), Place: c.Place.String()}
}

// about ties a message to a challenge's present generation: after the code's
// life it is not sent any more, because a late code helps nobody.
func (m *message) about(ch challenge) {
	m.ChallengeID = &ch.ID
	if m.Kind != KindEmailTaken && m.Kind != KindSignUpExisting { // told to another account's owner: neither sees the other's
		m.AccountID = ch.AccountID
	}
	m.Generation, m.GiveUpAt = ch.Generation, ch.ExpiresAt
}

// enqueue puts a message into the outbox of the transaction that makes it
// true, and pokes the worker once that has committed.
func enqueue(tx *db.Tx, m message) error {
	m.ID, m.State = newID(), stateQueued
	m.AskedAt, m.CreatedAt, m.NextAt = tx.Now, tx.Now, tx.Now
	if m.GiveUpAt.IsZero() {
		m.GiveUpAt = tx.Now.Add(noticeLife)
	}
	if m.decoy {
		m.State, m.Reason, m.DoneAt = stateDropped, "decoy", &tx.Now
	}
	if carriesCode(m.Kind) && !m.decoy {
		count(tx, "codes", "sent", m.Channel)
	}
	tx.Wake(outboxTopic) // for a decoy too: it must cost the same
	return tx.Insert(&m)
}

// step adds to the timeline of a message; that it was queued its own row says.
func step(tx *db.Tx, id, what, detail string) error {
	_, err := tx.Exec("INSERT INTO message_steps (message_id, at, step, detail) VALUES (?, ?, ?, ?)", id, tx.Now, what, detail)
	return err
}

// Message is what the worker is handed. There is no secret in it.
type Message struct {
	ID, Kind, Channel, Destination, Locale, Purpose, Tag string
	Device, Place, Address                               string
	AskedAt, CreatedAt, WorksUntil, GiveUpAt             time.Time
	Attempt                                              int // from 1

	Reasons []Reason  // why a code is asked for, or a sign-in was refused
	What    string    // the address or number that a change is about, masked; a slug in messages of support
	Body    string    // words of people: a transcript, an answer
	Change  string    // with KindChangeWaiting: which change waits
	HoldsAt time.Time // when a change or a closing takes hold

	generation, digits int
	challengeID, keyID string
	undo               bool
}

// ReasonTooLate is the reason of a message that was dropped because its code
// was over when it came to be sent.
const ReasonTooLate = "too_late"

// Failure is why a message was not accepted. Detail is for the timeline and
// the log: never an address, a code or a password.
type Failure struct {
	Permanent      bool
	Reason, Detail string
}

// Wake gives a value after a commit that enqueued a message.
func (o *Outbox) Wake() <-chan struct{} { return o.wake }

// NextAt says when the next message of a channel is due, with "" of any; zero where none
// waits.
func (o *Outbox) NextAt(ctx context.Context, channel string) (time.Time, error) {
	of, args := ofChannel(channel)
	next, _, err := db.First[time.Time](o.db.Read(ctx), "SELECT next_at FROM messages WHERE state = 'queued'"+of+" ORDER BY next_at LIMIT 1", args...)
	return next, err
}

// ofChannel picks the messages of a channel, with "" all.
func ofChannel(channel string) (also string, args []any) {
	if channel == "" {
		return "", nil
	}
	return " AND channel = ?", []any{channel}
}

// Claim leases up to n messages that are due, of one channel or with "" of any. A lease
// that runs out without being renewed (the process died) is claimed again: a message may
// arrive twice and is never lost. Codes whose life is over, or that have been used, are
// dropped here. With an error nothing is leased, and none may be sent.
func (o *Outbox) Claim(ctx context.Context, channel string, n int, lease time.Duration) ([]Message, error) {
	if o.db.OneWriter() { // it is not taken for nothing
		due, err := o.NextAt(ctx, channel)
		if err != nil || due.IsZero() || due.After(o.db.Now()) {
			return nil, err
		}
	}
	of, args := ofChannel(channel)
	var claimed []Message
	err := o.db.Write(ctx, func(tx *db.Tx) error {
		claimed = nil
		// Read, then written by id, and not UPDATE ... WHERE id IN (SELECT ...):
		// that builds a table in memory for each claim, which cost SQLite more
		// than the rest of a sign-in.
		var rows []message
		err := db.Scan(tx.DB, &rows, "SELECT * FROM messages WHERE state = 'queued' AND next_at <= ?"+of+" ORDER BY next_at LIMIT ?"+tx.SkipLocked(),
			slices.Concat([]any{tx.Now}, args, []any{n})...)
		if err != nil {
			return err
		}
		for _, row := range rows {
			m, err := o.lease(tx, row, tx.Now.Add(lease))
			if err != nil {
				return err
			}
			if m != nil {
				claimed = append(claimed, *m)
			}
		}
		return nil
	})
	if err != nil { // of the commit too, on a full disk: what was read is leased to nobody
		return nil, err
	}
	return claimed, nil
}

// lease takes one due message until a time; nil means that it was dropped
// instead: its code is over, or has been used.
func (o *Outbox) lease(tx *db.Tx, row message, until time.Time) (*Message, error) {
	if !tx.Now.Before(row.GiveUpAt) {
		return nil, drop(tx, row, ReasonTooLate)
	}
	if row.What == alreadyTold && row.Kind == KindSignUpExisting {
		return nil, collapse(tx, row)
	}
	m := &Message{
		ID: row.ID, Kind: row.Kind, Channel: row.Channel, Destination: row.Destination, Locale: row.Locale,
		Device: row.Device, Place: row.Place, Address: row.Address, Reasons: reasonsOf(row.Reasons), AskedAt: row.AskedAt, CreatedAt: row.CreatedAt, GiveUpAt: row.GiveUpAt,
		Attempt: row.Attempts + 1, generation: row.Generation,
		What: row.What, Change: row.Change, Body: row.Body, undo: row.UndoID != nil,
	}
	if row.HoldsAt != nil {
		m.HoldsAt = *row.HoldsAt
	}
	if m.undo {
		m.WorksUntil = row.AskedAt.Add(time.Duration(o.policy.UndoLife))
	}
	if row.Kind == KindTooManyTries {
		m.Purpose = row.Change
	}
	if row.ChallengeID != nil {
		ch, err := challengeOf(tx.DB, *row.ChallengeID)
		if err != nil {
			return nil, err
		}
		k, held := o.keys.find(ch.KeyID)
		switch {
		case ch.ConsumedAt != nil && (carriesCode(row.Kind) || linkAlone(row.Kind)):
			return nil, drop(tx, row, "not_needed")
		case !held: // another process has the key, and sends it
			_, err := tx.Exec("UPDATE messages SET next_at = ? WHERE id = ?", tx.Now.Add(keyAway/2+rand.N(keyAway)), row.ID)
			return nil, err
		}
		m.Purpose, m.Tag, m.WorksUntil = string(ch.Purpose), k.requestTag(ch.ID), row.GiveUpAt
		m.challengeID, m.keyID, m.digits = ch.ID, ch.KeyID, ch.Digits
	}
	_, err := tx.Exec("UPDATE messages SET lease_until = ?, next_at = ?, attempts = ? WHERE id = ?", until, until, m.Attempt, row.ID)
	return m, err
}

// Renew prolongs the leases of messages that are being sent. One that another
// process has claimed meanwhile, or that has been closed, is left alone: each
// claim counts an attempt, so the attempt says whose lease it is.
func (o *Outbox) Renew(ctx context.Context, list []Message, lease time.Duration) error {
	if len(list) == 0 {
		return nil
	}
	return o.db.Write(ctx, func(tx *db.Tx) error {
		until := tx.Now.Add(lease)
		for _, m := range list {
			_, err := tx.Exec("UPDATE messages SET lease_until = ?, next_at = ? WHERE id = ? AND attempts = ? AND state = 'queued' AND lease_until IS NOT NULL",
				until, until, m.ID, m.Attempt)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func drop(tx *db.Tx, row message, reason string) error {
	_, err := tx.Exec("UPDATE messages SET state = 'dropped', reason = ?, done_at = ?, body = '' WHERE id = ?", reason, tx.Now, row.ID)
	if err != nil {
		return err
	}
	count(tx, "deliveries", row.Channel, stateDropped)
	return step(tx, row.ID, stateDropped, reason)
}

func carriesCode(kind string) bool {
	return strings.HasSuffix(kind, "_code")
}

// linkAlone says that a message brings the link of a reset without its code.
func linkAlone(kind string) bool { return kind == KindResetStarted || kind == KindSignInRefused }

// Code derives the code of a message at the moment it is sent; "" for a
// notice. ok is false where it must not be sent any more.
func (o *Outbox) Code(m Message) (code string, ok bool) {
	if !carriesCode(m.Kind) {
		return "", true
	}
	k, held := o.keys.find(m.keyID)
	if !held || !o.db.Now().Before(m.GiveUpAt) {
		return "", false
	}
	return k.code(m.challengeID, m.Purpose, m.generation, m.digits), true
}

// Sent notes that the peer took a message over.
func (o *Outbox) Sent(ctx context.Context, m Message, detail string) error {
	return o.close(ctx, m, stateAccepted, "", detail)
}

// Failed notes that a message was not accepted: for good, or to be tried again
// after a growing wait.
func (o *Outbox) Failed(ctx context.Context, m Message, f Failure) error {
	switch {
	case f.Reason == ReasonTooLate:
		return o.close(ctx, m, stateDropped, f.Reason, f.Detail)
	case f.Permanent:
		return o.close(ctx, m, stateRefused, f.Reason, f.Detail)
	}
	return o.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec("UPDATE messages SET next_at = ?, lease_until = NULL, reason = ? WHERE id = ? AND attempts = ? AND state = 'queued'",
			tx.Now.Add(retryWait(m)), f.Reason, m.ID, m.Attempt)
		if err != nil || n == 0 { // another process is trying it by now
			return err
		}
		count(tx, "deliveries", m.Channel, "delayed")
		return step(tx, m.ID, "delayed", f.Reason+" "+f.Detail)
	})
}

func (o *Outbox) close(ctx context.Context, m Message, state, reason, detail string) error {
	return o.db.Write(ctx, func(tx *db.Tx) error {
		// What was taken over is, whoever has the lease by now; what was refused in a lease
		// that has run out, another process may be handing over.
		n, err := tx.Exec("UPDATE messages SET state = ?, reason = ?, done_at = ?, lease_until = NULL, body = '' WHERE id = ? AND state = 'queued' AND (attempts = ? OR ? = '"+stateAccepted+"')",
			state, reason, tx.Now, m.ID, m.Attempt, state)
		if err != nil || n == 0 {
			return err
		}
		count(tx, "deliveries", m.Channel, state)
		if state == stateAccepted {
			tx.Tell(handover{m.Channel, tx.Now.Sub(m.AskedAt)})
		}
		return step(tx, m.ID, state, detail)
	})
}

// retryWait doubles from 2 s. It stays short while a code lives, so that a mail
// server that comes back finds every living code within seconds.
func retryWait(m Message) time.Duration {
	most := noticeRetryMax
	if carriesCode(m.Kind) || m.challengeID != "" {
		most = codeRetryMax
	}
	if m.Attempt > 12 {
		return most
	}
	return min(time.Second<<m.Attempt, most)
}

// Delivery is the delivery line: what has become of the newest message of a
// challenge.
type Delivery struct {
	State  string    // queued, accepted, delayed, refused, dropped
	At     time.Time // when it came to that
	Reason string    // a slug, for delayed and refused
	NextAt time.Time // when a delayed message is tried again
}

func deliveryOf(g *gorm.DB, ch challenge) (Delivery, error) {
	// One to where the code goes now comes first, whatever the clocks of two instances say.
	m, there, err := db.First[message](g, `SELECT * FROM messages WHERE challenge_id = ?
		ORDER BY CASE WHEN channel = ? AND destination = ? THEN 0 ELSE 1 END, created_at DESC LIMIT 1`, ch.ID, ch.Channel, ch.Destination)
	if err != nil || !there {
		return Delivery{}, err
	}
	d := Delivery{State: m.State, At: m.CreatedAt, Reason: m.Reason}
	if m.DoneAt != nil {
		d.At = *m.DoneAt
	}
	if m.State == stateQueued && m.Reason != "" {
		d.State = "delayed"
		if m.LeaseUntil == nil { // else it is being tried right now
			d.NextAt = m.NextAt
		}
	}
	return d, nil
}
