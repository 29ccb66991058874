package models

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// The budgets by name; throttle.go says how one is counted, and sends.go has those of
// messages.

// budgetNames are what the keys of budgets begin with. Behind it is whose budget it
// is: a tag, an address, or with true an account's id.
var budgetNames = map[string]bool{
	"lane": false, "address": false, "sends from address": false, "send stranger": false, "send owner": false, "send password": false, "send reset": false, "send undo": false, "send link": false, "send proof": false,
	"sends from network": false, "destinations from address": false, "domain": false, "prefix": false, "new prefix": false, "country": false, "sign-up note": false, "unasked": false, "sends of": true, "password sends of": true,
	"purse": false, "reset": false, "resets of all": false, "current password": false,
	"code": true, "code undo": true, "inside": true, "changes": true, "notices by text": true, "texts of": true,
	"refusals of": true, "new devices of": true, "unusual sign-ins of": true, "failures of": true, "agent finds": true, "agent acts": true, "unlocks of": true, "session moved": true,
	"service codes for": true, "wrong service codes by": true, "calls of": true, "chats of": true, "answers by": true, // of models/support
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
		"code " + account, insideCodes(account).key, changesBudget(account).key, refusals(account).key, noticeTexts + account, proofTexts + account, ownSends + account, passwordSends + account,
		newDeviceNotices + account, unusualNotices + account, failureNotices + account,
		findsBudget(account).key, actsBudget(account).key, unlocksBudget(account).key,
		"service codes for " + account, "wrong service codes by " + account, "calls of " + account, "chats of " + account, "answers by " + account, // of models/support
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
