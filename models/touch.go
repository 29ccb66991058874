package models

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"admitone/models/internal/db"
)

// usedSessions are the uses of sessions that no row says yet. A page that only reads
// writes nothing itself: it would wait for whoever writes, and fail where nothing can be
// written.
type usedSessions struct {
	mu sync.Mutex
	at map[string]time.Time // by the session's id
}

// usedMost bounds them while nothing can be written.
const usedMost = 100_000

func (u *usedSessions) note(id string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.at == nil {
		u.at = map[string]time.Time{}
	}
	if was, there := u.at[id]; at.After(was) && (there || len(u.at) < usedMost) {
		u.at[id] = at
	}
}

// take gives those that were noted until now, and forgets them.
func (u *usedSessions) take() map[string]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	at := u.at
	u.at = nil
	return at
}

// How late a use of a session may be written, and how many in one transaction: others
// wait for it where there is one writer.
const (
	touchLate = time.Second
	touchMost = 50
)

// Touch writes which sessions were used, each second, until ctx ends. What cannot be
// written is kept for the next time.
func (s *Sessions) Touch(ctx context.Context) error {
	every := time.NewTicker(touchLate)
	defer every.Stop()
	for failed := false; ; {
		err := s.touch(ctx)
		if err != nil && !failed { // said once, not each second
			s.log.Error("when sessions were last used cannot be written; it is kept and tried again", "error", err)
		}
		failed = err != nil
		if ctx.Err() != nil {
			return nil
		}
		select {
		case <-ctx.Done(): // what the last requests used is written, too
		case <-every.C:
		}
	}
}

func (s *Sessions) touch(ctx context.Context) error {
	used := s.used.take()
	err := s.writeUses(ctx, used)
	for id, at := range used {
		s.used.note(id, at)
	}
	return err
}

// writeUses takes what it has written out of the map.
func (s *Sessions) writeUses(ctx context.Context, used map[string]time.Time) error {
	for ids := range slices.Chunk(slices.Collect(maps.Keys(used)), touchMost) {
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			for _, id := range ids {
				// One that another act has is left out: who ends an account's sessions takes
				// them in another order. Its next use is noted again.
				_, err := tx.Exec("UPDATE sessions SET seen_at = ? WHERE id = (SELECT s.id FROM sessions s WHERE s.id = ? AND s.seen_at < ?"+tx.SkipLocked()+")", used[id], id, used[id])
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, id := range ids {
			delete(used, id)
		}
	}
	return nil
}
