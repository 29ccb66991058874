package models

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// window allows n acts in a sliding length of time.
type window struct {
	n   int
	per time.Duration
}

// budget is one counter: acts under a key, bounded by windows. backoff adds a
// growing wait after free acts.
type budget struct {
	key     string
	windows []window
	backoff bool
	asker   Client // for the log, where the caller of spendSend does not know it

	each   string // counted once for each different value, which this is one of
	slow   bool   // a third is allowed while the switch for strangers is on
	least  int    // but no fewer than these
	after  string // only shut for who has had one under this other key in the same time
	off    string // a switch that shuts it
	pumped bool   // shut where too few codes of its texts were typed
}

// past is what a budget has counted, newest first. Where only the nth act back
// matters, the newer ones are not read.
type past struct {
	newer int // that were not read
	times []time.Time
}

// back gives the nth act back; there is false where there are fewer.
func (p past) back(n int) (at time.Time, there bool) {
	if i := n - 1 - p.newer; i >= 0 && i < len(p.times) {
		return p.times[i], true
	}
	return time.Time{}, false
}

// and is what will be counted after one more act.
func (p past) and(now time.Time) past {
	if p.newer > 0 {
		return past{p.newer + 1, p.times}
	}
	return past{times: append([]time.Time{now}, p.times...)}
}

// freeAt says when the next act is allowed, zero for now. It is exact for a sliding
// window: the nth act back leaves the window when the next one may come. (A leaky
// bucket with the same numbers lets nearly twice as many through.)
func (b budget) freeAt(p past, now time.Time) time.Time {
	var free time.Time
	wait := func(until time.Time) {
		if until.After(now) {
			free = later(free, until)
		}
	}
	for _, w := range b.windows {
		if at, full := p.back(w.n); full {
			wait(at.Add(w.per))
		}
	}
	if n := len(p.times); b.backoff && n >= LaneFree {
		pause := LaneWaitMax
		if shift := n - LaneFree; shift < 10 {
			pause = min(time.Second<<shift, LaneWaitMax)
		}
		wait(p.times[0].Add(pause))
	}
	return free
}

// longest is the window that reaches furthest back, and how many acts it holds.
func (b budget) longest() (window, int) {
	long, most := window{}, 0
	for _, w := range b.windows {
		if w.per > long.per {
			long = w
		}
		most = max(most, w.n)
	}
	return long, most
}

// pastActs reads what budgets have counted inside their windows, all in one statement.
func pastActs(g *gorm.DB, now time.Time, budgets ...budget) ([]past, error) {
	list, parts, args := make([]past, len(budgets)), make([]string, len(budgets)), []any{}
	for i, b := range budgets {
		long, most := b.longest()
		if len(b.windows) == 1 && !b.backoff { // the acts that matter, not hundreds of them: the nth back, and the one before for and
			list[i].newer, most = max(0, most-2), min(2, most)
		}
		parts[i] = "SELECT * FROM (SELECT " + strconv.Itoa(i) + " AS b, at FROM spends WHERE key = ? AND at > ? ORDER BY at DESC LIMIT ? OFFSET ?) AS b" + strconv.Itoa(i)
		args = append(args, b.key, now.Add(-long.per), most, list[i].newer)
	}
	var rows []struct {
		B  int
		At time.Time
	}
	if len(budgets) == 0 {
		return nil, nil
	}
	if err := db.Scan(g, &rows, strings.Join(parts, " UNION ALL "), args...); err != nil {
		return nil, err
	}
	for _, r := range rows {
		list[r.B].times = append(list[r.B].times, r.At)
	}
	for _, p := range list {
		slices.SortFunc(p.times, func(x, y time.Time) int { return y.Compare(x) }) // a union promises no order
	}
	return list, nil
}

// used counts the acts inside the budget's windows, no more than they hold.
func used(g *gorm.DB, b budget, now time.Time) (n int, err error) {
	long, most := b.longest()
	n, _, err = db.First[int](g, "SELECT count(*) FROM (SELECT 1 FROM spends WHERE key = ? AND at > ? LIMIT ?) AS acts", b.key, now.Add(-long.per), most)
	return n, err
}

// freeAt reads when a budget allows the next act, zero for now. It locks
// nothing: who must be sure asks again inside a transaction.
func freeAt(g *gorm.DB, now time.Time, budgets ...budget) (time.Time, error) {
	free, _, _, err := freest(g, now, budgets...)
	return free, err
}

// freest is freeAt, with which of the budgets has to be waited for, and when the act
// after the next one will be allowed. That is only known where all budgets are plain
// counters.
func freest(g *gorm.DB, now time.Time, budgets ...budget) (free time.Time, by budget, next time.Time, err error) {
	slow := false
	if slices.ContainsFunc(budgets, func(b budget) bool { return b.slow && b.key != "" }) {
		if slow, err = switched(g, SwitchStrangersSlow); err != nil {
			return free, by, next, err
		}
	}
	var plain []budget
	for _, b := range budgets {
		if b.key == "" {
			continue
		}
		if slow && b.slow {
			b = b.third()
		}
		if b.plain() {
			plain = append(plain, b)
			continue
		}
		t, err := b.full(g, now)
		if err != nil {
			return free, by, next, err
		}
		if t.After(free) {
			free, by = t, b
		}
	}
	list, err := pastActs(g, now, plain...)
	for i, p := range list {
		if t := plain[i].freeAt(p, now); t.After(free) {
			free, by = t, plain[i]
		}
		next = later(next, plain[i].freeAt(p.and(now), now))
	}
	return free, by, next, err
}

// plain says that nothing but what was counted decides.
func (b budget) plain() bool { return b.each == "" && b.after == "" && b.off == "" && !b.pumped }

// third is a budget with a third of its acts.
func (b budget) third() budget {
	b.windows = slices.Clone(b.windows)
	for i, w := range b.windows {
		b.windows[i].n = min(w.n, max(1, b.least, w.n/3))
	}
	return b
}

// part is a budget with some per cent of its acts.
func (b budget) part(percent int) budget {
	b.windows = slices.Clone(b.windows)
	for i := range b.windows {
		b.windows[i].n = max(1, b.windows[i].n*percent/100)
	}
	return b
}

// switchWait is how long who is refused by a switch is told to wait: nobody knows
// when it is turned back.
const switchWait = 15 * time.Minute

// full says until when a budget allows nothing, zero for now.
func (b budget) full(g *gorm.DB, now time.Time) (time.Time, error) {
	if b.off != "" {
		if off, err := switched(g, b.off); err != nil || off {
			return now.Add(switchWait), err
		}
	}
	if b.each != "" {
		if seen, err := nth(g, budget{key: b.key + " " + b.each}, window{1, b.windows[0].per}, now); err != nil || !seen.IsZero() {
			return time.Time{}, err // one that is counted already
		}
	}
	if b.after != "" {
		if had, err := nth(g, budget{key: b.after}, window{1, b.windows[0].per}, now); err != nil || had.IsZero() {
			return time.Time{}, err
		}
	}
	if b.pumped {
		if until, err := pumpedUntil(g, b.key, now); err != nil || !until.IsZero() {
			return until, err
		}
	}
	list, err := pastActs(g, now, b)
	if err != nil {
		return time.Time{}, err
	}
	return b.freeAt(list[0], now), nil
}

// nth says when the nth act back leaves its window, zero where there are fewer.
func nth(g *gorm.DB, b budget, w window, now time.Time) (time.Time, error) {
	at, there, err := db.First[time.Time](g, "SELECT at FROM spends WHERE key = ? AND at > ? ORDER BY at DESC LIMIT 1 OFFSET ?", b.key, now.Add(-w.per), w.n-1)
	if err != nil || !there {
		return time.Time{}, err
	}
	return at.Add(w.per), nil
}

// lock takes the budgets' rows, so that what is counted next stays true until
// the commit. Budgets come first, in the order given, in every act: a fixed
// order cannot deadlock.
func lock(tx *db.Tx, budgets ...budget) error {
	if tx.OneWriter() {
		return nil
	}
	var keys []string
	var args []any
	for _, b := range budgets {
		if b.key != "" && !slices.Contains(keys, b.key) { // one statement cannot take a row twice
			keys, args = append(keys, b.key), append(args, b.key, tx.Now)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	_, err := tx.Exec("INSERT INTO budgets (key, touched_at) VALUES "+pairs(len(keys))+" ON CONFLICT (key) DO UPDATE SET touched_at = excluded.touched_at", args...)
	return err
}

// pairs writes the values of n rows with two columns.
func pairs(n int) string { return "(?, ?)" + strings.Repeat(", (?, ?)", n-1) }

// spend counts one act on each budget.
func spend(tx *db.Tx, budgets ...budget) error {
	var args []any
	for _, b := range budgets {
		switch {
		case b.key == "":
		case b.each != "":
			if err := spendEach(tx, b); err != nil {
				return err
			}
		default:
			args = append(args, b.key, tx.Now)
		}
	}
	if len(args) == 0 {
		return nil
	}
	_, err := tx.Exec("INSERT INTO spends (key, at) VALUES "+pairs(len(args)/2), args...)
	return err
}

// spendEach counts a value that may have been counted before: then what was counted
// moves to now.
func spendEach(tx *db.Tx, b budget) error {
	one := b.key + " " + b.each
	moved, err := tx.Exec("UPDATE spends SET at = ? WHERE key = ? AND at IN (SELECT s.at FROM spends s WHERE s.key = ? AND s.at > ?)",
		tx.Now, b.key, one, tx.Now.Add(-b.windows[0].per))
	if err != nil {
		return err
	}
	if err := forgive(tx, one); err != nil {
		return err
	}
	fresh := []budget{{key: one}}
	if moved == 0 {
		fresh = append(fresh, budget{key: b.key})
	}
	return spend(tx, fresh...)
}

// forgive empties a budget: the authenticator that it guards was used rightly.
func forgive(tx *db.Tx, key string) error {
	_, err := tx.Exec("DELETE FROM spends WHERE key = ?", key)
	return err
}
