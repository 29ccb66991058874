package models

import (
	"context"
	"slices"
	"strings"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Tallied is how often a thing happened in an hour, over all instances.
type Tallied struct {
	Hour time.Time
	Name string // 'sign_ins known', 'codes sent email'
	N    int
}

// tallied reads what was counted in the hours that begin from a time on and before
// another.
func tallied(g *gorm.DB, from, to time.Time) (list []Tallied, err error) {
	err = g.Raw("SELECT hour, name, n FROM tallies WHERE hour >= ? AND hour < ? ORDER BY hour, name", from, to).Scan(&list).Error
	return list, err
}

// hourly is a figure of one hour.
type hourly struct {
	hour time.Time
	name string
}

// deltasMost bounds what is kept while nothing can be written: a day and more of
// every figure there is.
const deltasMost = 5000

// count adds one to a figure, here and in what is written next.
func (w *watch) count(t tally) {
	name, ok := w.figures.count(t)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add(hourly{w.now().Truncate(time.Hour), name}, 1)
}

func (w *watch) add(h hourly, n int) {
	if _, there := w.deltas[h]; there || len(w.deltas) < deltasMost {
		w.deltas[h] += n
	}
}

// tallyLife is how long the shared figures are kept.
const tallyLife = 8 * 24 * time.Hour

// tallyEvery is how late the shared figures may be.
const tallyEvery = 5 * time.Second

// Tally writes what was counted into the rows that all instances share, every few
// seconds, until ctx ends. What cannot be written is kept for the next time.
func (m *Models) Tally(ctx context.Context) error {
	every := time.NewTicker(tallyEvery)
	defer every.Stop()
	for {
		m.core.flush(ctx)
		select {
		case <-ctx.Done():
			m.core.flush(ctx)
			return nil
		case <-every.C:
		}
	}
}

// flush writes the figures, and the lines that are due since the minute has turned.
func (c *core) flush(ctx context.Context) {
	w := c.watch
	w.mu.Lock()
	due, deltas := w.turn(), w.deltas
	w.deltas = map[hourly]int{}
	w.mu.Unlock()
	w.write(due)
	err := c.addTallies(ctx, deltas)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		for h, n := range deltas {
			w.add(h, n)
		}
		if !w.failed { // said once, not every few seconds
			w.log.Error("the figures cannot be written; they are kept and tried again", "error", err)
		}
	}
	w.failed = err != nil
}

func (c *core) addTallies(ctx context.Context, deltas map[hourly]int) error {
	if len(deltas) == 0 {
		return nil
	}
	keys := make([]hourly, 0, len(deltas))
	for h := range deltas {
		keys = append(keys, h)
	}
	// In one order in every instance: they cannot wait for each other.
	slices.SortFunc(keys, func(a, b hourly) int {
		if c := a.hour.Compare(b.hour); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	return c.db.Write(ctx, func(tx *db.Tx) error {
		for _, h := range keys {
			_, err := tx.Exec("INSERT INTO tallies (hour, name, n) VALUES (?, ?, ?) ON CONFLICT (hour, name) DO UPDATE SET n = tallies.n + excluded.n", h.hour, h.name, deltas[h])
			if err != nil {
				return err
			}
		}
		return nil
	})
}
