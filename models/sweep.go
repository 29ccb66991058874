package models

import (
	"context"
	"errors"
	"time"

	"admitone/models/internal/db"
)

// Sweep lets take hold what waited, and purges what is over.
func (m *Models) Sweep(ctx context.Context) error {
	return errors.Join(m.ApplyDue(ctx), m.EraseDue(ctx), m.purge(ctx), m.learnCounts(ctx))
}

// purge deletes what is over. Each line is a transaction of its own, so that a
// long one does not hold up the acts of people.
func (m *Models) purge(ctx context.Context) error {
	now := m.core.db.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	purges := []struct {
		sql  string
		args []any
	}{
		{"DELETE FROM sessions WHERE ends_at <= ? OR seen_at <= ?", []any{now, ago(time.Duration(m.core.policy.SessionIdle))}},
		{"DELETE FROM devices WHERE ends_at <= ?", []any{now}},
		// No code has more than a whole life before it, unless a clock was set back since:
		// then it is over, and stays so when its time comes again.
		{
			"UPDATE challenges SET expires_at = ?, prior_expires_at = NULL, ends_at = ? WHERE ends_at > ? AND expires_at > ?",
			[]any{now, now, now, now.Add(codeLifeMost + clocksApart)},
		},
		{"DELETE FROM challenges WHERE ends_at <= ?", []any{ago(24 * time.Hour)}},
		{"DELETE FROM messages WHERE created_at <= ? AND state <> 'queued'", []any{ago(30 * 24 * time.Hour)}},
		{"DELETE FROM spends WHERE at <= ?", []any{ago(24 * time.Hour)}},
		{"DELETE FROM lanes WHERE ends_at <= ?", []any{now}},
		{"DELETE FROM strikes WHERE touched_at <= ? AND (n < ? OR touched_at <= ?)", []any{ago(fewLife), fewStrikes, ago(strikeLife)}},
		{"DELETE FROM budgets WHERE touched_at <= ?", []any{ago(25 * time.Hour)}},
		{"DELETE FROM changes WHERE made_at <= ? AND (applied_at IS NOT NULL OR undone_at IS NOT NULL)", []any{ago(30 * 24 * time.Hour)}},
		{"DELETE FROM sign_in_history WHERE at <= ?", []any{ago(historyLife)}},
		{"DELETE FROM tallies WHERE hour <= ?", []any{ago(tallyLife)}},
		{"DELETE FROM events WHERE at <= ?", []any{ago(EventLife)}},
	}
	for _, p := range purges {
		err := m.core.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(p.sql, p.args...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return m.core.db.Write(ctx, m.core.dropKeys)
}
