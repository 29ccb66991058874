package models

import (
	"context"
	"sync"
	"time"

	"admitone/models/internal/db"
)

// readyEvery is how old an answer to 'can you write' may be: whoever asks, and however
// often, causes one small write in this time.
const readyEvery = time.Second

// readiness is whether the database takes writes. A query would not tell: a full disk,
// a read-only file and a lock leave all queries well.
type readiness struct {
	mu   sync.Mutex
	at   time.Time
	err  error
	done chan struct{} // closed when the write under way has ended; nil while there is none
}

// ask waits for the answer until ctx ends: then the database is taken as away.
func (r *readiness) ask(ctx context.Context, c *core) error {
	r.mu.Lock()
	if r.done == nil && c.db.Now().Sub(r.at).Abs() >= readyEvery {
		r.done = make(chan struct{})
		go r.write(c)
	}
	done := r.done
	r.mu.Unlock()
	if done != nil {
		select {
		case <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

func (r *readiness) write(c *core) {
	err := c.db.Write(context.Background(), func(tx *db.Tx) error {
		// Something that differs each time: SQLite writes nothing where nothing changes.
		_, err := tx.Exec("INSERT INTO budgets (key, touched_at) VALUES ('ready', ?) ON CONFLICT (key) DO UPDATE SET touched_at = excluded.touched_at", tx.Now)
		return err
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.err = c.db.Now(), err
	close(r.done)
	r.done = nil
}
