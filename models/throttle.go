package models

import (
	"net/netip"
	"slices"
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

// freeAt says when the next act is allowed, zero for now. times are the acts
// counted so far, newest first. It is exact for a sliding window: the nth act
// back leaves the window when the next one may come. (A leaky bucket with the
// same numbers lets nearly twice as many through.)
func (b budget) freeAt(times []time.Time, now time.Time) time.Time {
	var free time.Time
	later := func(t time.Time) {
		if t.After(now) && t.After(free) {
			free = t
		}
	}
	for _, w := range b.windows {
		if len(times) >= w.n {
			later(times[w.n-1].Add(w.per))
		}
	}
	if n := len(times); b.backoff && n >= LaneFree {
		wait := LaneWaitMax
		if shift := n - LaneFree; shift < 10 {
			wait = min(time.Second<<shift, LaneWaitMax)
		}
		later(times[0].Add(wait))
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

// counted reads the acts inside the budget's windows, newest first.
func counted(g *gorm.DB, b budget, now time.Time) ([]time.Time, error) {
	long, most := b.longest()
	var times []time.Time
	err := db.Scan(g, &times, "SELECT at FROM spends WHERE key = ? AND at > ? ORDER BY at DESC LIMIT ?", b.key, now.Add(-long.per), most)
	return times, err
}

// used counts the acts inside the budget's windows, no more than they hold.
func used(g *gorm.DB, b budget, now time.Time) (n int, err error) {
	long, most := b.longest()
	err = g.Raw("SELECT count(*) FROM (SELECT 1 FROM spends WHERE key = ? AND at > ? LIMIT ?) AS acts", b.key, now.Add(-long.per), most).Scan(&n).Error
	return n, err
}

// freeAt reads when a budget allows the next act, zero for now. It locks
// nothing: who must be sure asks again inside a transaction.
func freeAt(g *gorm.DB, now time.Time, budgets ...budget) (time.Time, error) {
	free, _, err := freest(g, now, budgets...)
	return free, err
}

// freest is freeAt, and which of the budgets has to be waited for.
func freest(g *gorm.DB, now time.Time, budgets ...budget) (free time.Time, by budget, err error) {
	slow := false
	if slices.ContainsFunc(budgets, func(b budget) bool { return b.slow && b.key != "" }) {
		if slow, err = switched(g, SwitchStrangersSlow); err != nil {
			return free, by, err
		}
	}
	for _, b := range budgets {
		if b.key == "" {
			continue
		}
		if slow && b.slow {
			b = b.third()
		}
		t, err := b.full(g, now)
		if err != nil {
			return free, by, err
		}
		if t.After(free) {
			free, by = t, b
		}
	}
	return free, by, nil
}

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
	if len(b.windows) == 1 && !b.backoff { // the one act that matters, not hundreds of them
		return nth(g, b, b.windows[0], now)
	}
	times, err := counted(g, b, now)
	return b.freeAt(times, now), err
}

// nth says when the nth act back leaves its window, zero where there are fewer.
func nth(g *gorm.DB, b budget, w window, now time.Time) (time.Time, error) {
	var times []time.Time
	err := db.Scan(g, &times, "SELECT at FROM spends WHERE key = ? AND at > ? ORDER BY at DESC LIMIT 1 OFFSET ?", b.key, now.Add(-w.per), w.n-1)
	if err != nil || len(times) == 0 {
		return time.Time{}, err
	}
	return times[0].Add(w.per), nil
}

// budgetNames are what the keys of budgets begin with. Behind it is whose budget it
// is: a tag, an address, or with true an account's id.
var budgetNames = map[string]bool{
	"lane": false, "address": false, "sends from address": false, "send stranger": false, "send owner": false, "send password": false, "send reset": false, "send undo": false, "send link": false, "send proof": false,
	"sends from network": false, "destinations from address": false, "domain": false, "prefix": false, "new prefix": false, "country": false, "sign-up note": false, "unasked": false, "sends of": true, "password sends of": true,
	"purse": false, "reset": false, "resets of all": false, "current password": false,
	"code": true, "code undo": true, "inside": true, "changes": true, "notices by text": true, "texts of": true,
	"refusals of": true, "new devices of": true, "unusual sign-ins of": true, "failures of": true, "agent finds": true, "agent acts": true, "unlocks of": true, "session moved": true,
	"service codes for": true, "wrong service codes by": true, "calls of": true, "answers by": true, // of models/support
	"calls from": false, "calls to": false, "moves of": false, "chats from": false,
	"keys":           false, // for turns alone: which machine's first key is kept
	"strangers slow": false, // the slower lane of handlers, which has no key
}

// name is what sort of budget it is, as a slug, and the account whose it is.
func (b budget) name() (slug, account string) {
	for name := b.key; name != ""; name = name[:max(0, strings.LastIndexByte(name, ' '))] {
		if own, known := budgetNames[name]; known {
			if own {
				account, _, _ = strings.Cut(strings.TrimPrefix(b.key[len(name):], " "), " ")
			}
			return slugOf(name), account
		}
	}
	return other, ""
}

func slugOf(name string) string { return strings.ReplaceAll(name, " ", "_") }

// budgetSlugs lists them all.
func budgetSlugs() (list []string) {
	for name := range budgetNames {
		list = append(list, slugOf(name))
	}
	slices.Sort(list)
	return list
}

// lock takes the budgets' rows, so that what is counted next stays true until
// the commit. Budgets come first, in the order given, in every act: a fixed
// order cannot deadlock.
func lock(tx *db.Tx, budgets ...budget) error {
	if tx.OneWriter() {
		return nil
	}
	for _, b := range budgets {
		if b.key == "" {
			continue
		}
		if _, err := tx.Exec("INSERT INTO budgets (key, touched_at) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET touched_at = excluded.touched_at", b.key, tx.Now); err != nil {
			return err
		}
	}
	return nil
}

// spend counts one act on each budget.
func spend(tx *db.Tx, budgets ...budget) error {
	for _, b := range budgets {
		if b.key == "" {
			continue
		}
		if b.each != "" {
			if err := spendEach(tx, b); err != nil {
				return err
			}
			continue
		}
		if _, err := tx.Exec("INSERT INTO spends (key, at) VALUES (?, ?)", b.key, tx.Now); err != nil {
			return err
		}
	}
	return nil
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

// nobodys are the addresses that stand for nobody: a proxy without
// --trusted-proxies would make all people one (POLICY.md 4).
func nobodys(a netip.Addr) bool {
	return a == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || a == netip.IPv6Loopback()
}

// addressBudget bounds the failures of one network address; an IPv6 client
// owns its whole /64.
func (c *core) addressBudget(a netip.Addr) budget {
	a = a.Unmap()
	if !a.IsValid() {
		return budget{}
	}
	if nobodys(a) {
		c.loopbackOnce.Do(func() {
			c.log.Info("requests come from the loopback address: limits per network address do not hold for them; behind a proxy, set --trusted-proxies")
		})
		return budget{}
	}
	key := a.String()
	if a.Is6() {
		p, _ := a.WithZone("").Prefix(64) // an IPv6 address has one
		key = p.String()
	}
	return budget{key: "address " + key, windows: []window{
		{c.policy.AddressMinute, time.Minute}, {c.policy.AddressHour, time.Hour},
	}, slow: true}
}

// codeBudget bounds the wrong codes of one account, over all its challenges. A
// sign-up has no account yet, and a budget of its address would let a stranger
// keep its owner from ever signing up: there the tries of a code and the
// strangers' sends are the bound (50 guesses a day, 2^-14).
func (c *core) codeBudget(account string) budget {
	return budget{key: "code " + account, windows: []window{{c.policy.WrongCodes, 24 * time.Hour}}}
}

// insideCodes bounds the wrong codes typed inside sessions of one account: a
// stolen session must not use up what the owner needs to sign in.
func insideCodes(account string) budget {
	return budget{key: "inside " + account, windows: []window{{insideWrong, 24 * time.Hour}}}
}

// resetBreaker bounds the wrong codes of all resets together: past it somebody
// guesses at many accounts, and the links alone go on (SECURITY.md B3).
func resetBreaker() budget {
	return budget{key: "resets of all", windows: []window{{1000, time.Hour}}}
}

// The other budgets that are an account's own.
const (
	noticeTexts   = "notices by text "
	proofTexts    = "texts of "
	ownSends      = "sends of "
	passwordSends = "password sends of "
)

// accountBudgets names every budget whose key holds an account's id.
func accountBudgets(account string) []string {
	return []string{
		"code " + account, "code undo " + account, insideCodes(account).key, changesBudget(account).key, refusals(account).key, noticeTexts + account, proofTexts + account, ownSends + account, passwordSends + account,
		newDeviceNotices + account, unusualNotices + account, failureNotices + account,
		findsBudget(account).key, actsBudget(account).key, unlocksBudget(account).key,
		"service codes for " + account, "wrong service codes by " + account, "calls of " + account, "answers by " + account, // of models/support
	}
}

// changesBudget bounds the changes of one account: every one of them is told to
// every address.
func changesBudget(account string) budget {
	return budget{key: "changes " + account, windows: []window{{12, time.Hour}, {30, 24 * time.Hour}}}
}

// resetBudget bounds the wrong codes of resets for one address. Strangers can
// spend it, so it never touches the other codes of the account, and the link of
// the same message has no budget at all.
func (c *core) resetBudget(e Email) budget {
	return budget{key: "reset " + c.keys.laneTag(kindEmail, e.Value), windows: []window{{c.policy.WrongResetCodes, 24 * time.Hour}}}
}
