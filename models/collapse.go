package models

import (
	"time"

	"admitone/models/internal/db"
)

// alreadyTold marks a message that says what another has just said: it is closed in
// place of being sent.
const alreadyTold = "already_told"

// collapseLook is how soon a message looks again at the one that it would repeat, while
// that one is on its way.
const collapseLook = 20 * time.Millisecond

// collapse closes a message that would only repeat another, in the way in which that one
// was closed and after as long. Whoever asked for it sees what he would see of a code to
// an address that nobody has, while the mail server is slow or away, too: where it were
// taken over at once, he would know that the address has an account. Staff see that it was
// not sent.
func collapse(tx *db.Tx, row message) error {
	first, there, err := db.First[firstTold](tx.DB, `SELECT state, reason, asked_at, next_at, done_at, (SELECT s.at FROM message_steps s WHERE s.message_id = m.id ORDER BY s.at LIMIT 1) AS step_at
		FROM messages m WHERE account_id = ? AND kind = ? AND destination = ? AND what <> ? AND created_at <= ? ORDER BY created_at DESC LIMIT 1`,
		orNone(row.AccountID), row.Kind, row.Destination, alreadyTold, row.CreatedAt)
	if err != nil {
		return err
	}
	if !there { // erased, or purged
		first = firstTold{State: stateAccepted, AskedAt: row.AskedAt, DoneAt: &row.AskedAt, StepAt: &row.AskedAt}
	}
	after := func(at *time.Time) time.Time { return row.AskedAt.Add(at.Sub(first.AskedAt)) }
	next, reason := tx.Now, ""
	switch {
	case first.StepAt == nil: // it has been tried for the first time, or not yet
	case tx.Now.Before(after(first.StepAt)):
		next = after(first.StepAt)
	case first.DoneAt == nil:
		next, reason = first.NextAt, first.Reason
	case tx.Now.Before(after(first.DoneAt)):
		next, reason = after(first.DoneAt), first.Reason
	default:
		if _, err := tx.Exec("UPDATE messages SET state = ?, reason = ?, done_at = ? WHERE id = ?", first.State, first.Reason, tx.Now, row.ID); err != nil {
			return err
		}
		return step(tx, row.ID, stateDropped, alreadyTold)
	}
	_, err = tx.Exec("UPDATE messages SET next_at = ?, reason = ? WHERE id = ?", later(next, tx.Now.Add(collapseLook)), reason, row.ID)
	return err
}

// firstTold is what became of the message that another repeats: StepAt is when it first
// came to something.
type firstTold struct {
	State, Reason   string
	AskedAt, NextAt time.Time
	DoneAt, StepAt  *time.Time
}
