package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"admitone/models/internal/db"
)

// Sweep lets take hold what waited, and purges what is over.
func (m *Models) Sweep(ctx context.Context) error {
	return errors.Join(m.ApplyDue(ctx), m.EraseDue(ctx), m.purge(ctx), m.learnCounts(ctx))
}

// purgeBatch is how many rows one transaction deletes: with all those of a large site
// at once people would wait for seconds, as SQLite has one writer.
const purgeBatch = 500

// outdated are the rows of a table whose time in a column has come, and of which
// something else is so.
type outdated struct {
	table, column, also string
	until               time.Time
}

// purge deletes what is over.
func (m *Models) purge(ctx context.Context) error {
	now := m.core.db.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	if err := m.core.db.Write(ctx, clocksBack); err != nil {
		return err
	}
	for _, o := range []outdated{
		{"sessions", "ends_at", "", now},
		{"sessions", "seen_at", "", ago(time.Duration(m.core.policy.SessionIdle))},
		{"devices", "ends_at", "", now},
		{"challenges", "ends_at", "", ago(NotMeLife)}, // their messages go with them, and the links in those
		{"messages", "created_at", " AND state <> 'queued'", ago(30 * 24 * time.Hour)},
		{"spends", "at", "", ago(24 * time.Hour)},
		{"lanes", "ends_at", "", now},
		{"strikes", "touched_at", fmt.Sprintf(" AND n < %d", fewStrikes), ago(fewLife)},
		{"strikes", "touched_at", "", ago(strikeLife)},
		{"budgets", "touched_at", "", ago(25 * time.Hour)},
		{"changes", "made_at", " AND (applied_at IS NOT NULL OR undone_at IS NOT NULL)", ago(30 * 24 * time.Hour)},
		{"sign_in_history", "at", "", ago(historyLife)},
		{"tallies", "hour", "", ago(tallyLife)},
		{"events", "at", "", ago(EventLife)},
	} {
		if err := m.inBatches(ctx, purgeBatch, o.purge); err != nil {
			return err
		}
	}
	return m.core.db.Write(ctx, m.core.dropKeys)
}

// clocksBack mends what a clock that was set back has left behind. Codes that have more
// than a whole life before them, as none has else, are over, and stay so when their time
// comes again.
func clocksBack(tx *db.Tx) error {
	// What was counted, or was to be sent, in a time that is not yet: now.
	if _, err := tx.Exec("UPDATE spends SET at = ? WHERE at > ?", tx.Now, tx.Now.Add(clocksApart)); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE messages SET next_at = ? WHERE state = 'queued' AND next_at > ?", tx.Now, tx.Now.Add(noticeRetryMax+clocksApart)); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE challenges SET expires_at = ?, prior_expires_at = NULL, ends_at = ? WHERE ends_at > ? AND expires_at > ?",
		tx.Now, tx.Now, tx.Now, tx.Now.Add(codeLifeMost+clocksApart))
	return err
}

// purge deletes the oldest ones, and a few more where they are of one moment. Rows
// are named by their time, as not every table has an id.
func (o outdated) purge(tx *db.Tx) (int, error) {
	due := o.column + " <= ?" + o.also
	n, err := tx.Exec("DELETE FROM "+o.table+" WHERE "+due+" AND "+o.column+" <= coalesce((SELECT "+o.column+" FROM "+o.table+
		" WHERE "+due+" ORDER BY "+o.column+" LIMIT 1 OFFSET ?), ?)", o.until, o.until, purgeBatch-1, o.until)
	return int(n), err
}

// inBatches lets a step take so many rows at a time until it finds fewer, each time
// in a transaction of its own, so that a long sweep does not hold up the acts of
// people.
func (m *Models) inBatches(ctx context.Context, size int, step func(*db.Tx) (int, error)) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := m.core.db.Write(ctx, func(tx *db.Tx) error {
			n, err := step(tx)
			more = n >= size
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
