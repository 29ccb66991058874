package models

import (
	"net/netip"
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
	var rows []struct{ At time.Time }
	err := g.Raw("SELECT at FROM spends WHERE key = ? AND at > ? ORDER BY at DESC LIMIT ?",
		b.key, now.Add(-long.per), most).Scan(&rows).Error
	times := make([]time.Time, len(rows))
	for i, r := range rows {
		times[i] = r.At
	}
	return times, err
}

// freeAt reads when a budget allows the next act, zero for now. It locks
// nothing: who must be sure asks again inside a transaction.
func freeAt(g *gorm.DB, now time.Time, budgets ...budget) (time.Time, error) {
	var free time.Time
	for _, b := range budgets {
		if b.key == "" {
			continue
		}
		times, err := counted(g, b, now)
		if err != nil {
			return free, err
		}
		if t := b.freeAt(times, now); t.After(free) {
			free = t
		}
	}
	return free, nil
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
		if _, err := tx.Exec("INSERT INTO spends (key, at) VALUES (?, ?)", b.key, tx.Now); err != nil {
			return err
		}
	}
	return nil
}

// forgive empties a budget: the authenticator that it guards was used rightly.
func forgive(tx *db.Tx, key string) error {
	_, err := tx.Exec("DELETE FROM spends WHERE key = ?", key)
	return err
}

// addressBudget bounds the failures of one network address; an IPv6 client
// owns its whole /64. Loopback is nobody's address: a proxy without
// --trusted-proxies would make all people one.
func (c *core) addressBudget(a netip.Addr) budget {
	a = a.Unmap()
	if !a.IsValid() {
		return budget{}
	}
	if a.IsLoopback() {
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
	}}
}

// strangersSends bound what anyone may have sent: to one mailbox, whose plus
// tags are one destination, and from one network address (SECURITY.md D1).
func (c *core) strangersSends(e Email, cl Client) []budget {
	local, host, _ := strings.Cut(e.Value, "@")
	mailbox, _, _ := strings.Cut(local, "+")
	from := c.addressBudget(cl.Address)
	if from.key != "" {
		from = budget{key: "sends from " + from.key, windows: []window{{c.policy.AddressSends, time.Hour}}}
	}
	return []budget{
		{key: "send stranger " + c.keys.laneTag(kindEmail, mailbox+"@"+host), windows: c.policy.StrangerSends.windows()}, from,
	}
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

// The other budgets that are an account's own.
const (
	noticeTexts = "notices by text "
	proofTexts  = "texts of "
)

// accountBudgets names every budget whose key holds an account's id.
func accountBudgets(account string) []string {
	return []string{
		"code " + account, "code undo " + account, insideCodes(account).key, changesBudget(account).key, noticeTexts + account, proofTexts + account,
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
