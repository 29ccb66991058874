package models

import (
	"slices"
	"strings"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// What bounds a message that somebody asks for (SECURITY.md D1). Every list has its
// budgets in one order, in which they are locked, checked and counted before
// anything is enqueued: the destination, the account, the network address, the
// number's neighbourhood, its country, the purse, the domain. What strangers ask for
// and what the owner does never share a destination's budget.

const (
	farDestinations = 5  // different destinations of one network address in an hour
	prefixSends     = 10 // texts to numbers that differ in the last four digits, in an hour
	prefixJudged    = 20 // from so many in 24 hours on, the share of codes that were typed counts
	prefixTyped     = 30 // per cent: with less, somebody earns by the texts
	newNumbers      = 70 // per cent of a country's and of all texts: past it new numbers get none
	networkTimes    = 5  // as many messages for an IPv6 /48 as for one network address
	slowLeast       = 2  // to one mailbox, however slow strangers are: a code, and once more
)

// strangersSends bound what anyone may have sent: to one mailbox, whose plus
// tags are one destination, from one network address, and to one domain.
func (c *core) strangersSends(e Email, cl Client) []budget {
	local, host, _ := strings.Cut(e.Value, "@")
	mailbox, _, _ := strings.Cut(local, "+")
	tag := c.keys.laneTag(kindEmail, mailbox+"@"+host)
	list := []budget{{key: "send stranger " + tag, windows: c.policy.StrangerSends.windows(), asker: cl, slow: true, least: slowLeast}}
	if from := c.addressBudget(cl.Address).key; from != "" {
		list = append(list,
			budget{key: "sends from " + from, windows: []window{{c.policy.AddressSends, time.Hour}}, asker: cl, slow: true},
			budget{key: "destinations from " + from, windows: []window{{farDestinations, time.Hour}}, each: tag, asker: cl, slow: true})
	}
	if a := cl.Address.Unmap(); a.Is6() && !nobodys(a) { // one customer may hold very many /64
		network, _ := a.WithZone("").Prefix(48)
		list = append(list, budget{key: "sends from network " + network.String(), windows: []window{{networkTimes * c.policy.AddressSends, time.Hour}}, asker: cl, slow: true})
	}
	// Whoever fills a domain must not shut the door for everybody there: the first
	// message to a mailbox goes out, with an account and without one.
	return append(list, budget{
		key: "domain " + c.keys.laneTag("domain", host), windows: []window{{c.policy.DomainSends, time.Hour}}, asker: cl, slow: true, after: list[0].key,
	})
}

// ownersSends bound the messages of an account that are asked for in a session, or in
// a browser that has a lane. All channels together have twice what one has, so that
// the first does not shut the others.
func (c *core) ownersSends(account string, to destination) []budget {
	list := c.sends("send owner ", to)
	one := c.policy.OwnerSends
	all := budget{key: ownSends + account, windows: Sends{2 * one.TenMinutes, 2 * one.Hour, 2 * one.Day}.windows()}
	return append([]budget{list[0], all}, list[1:]...)
}

// passwordSends bound the codes after a right password in a browser without a lane.
// Whoever knows the password uses up half of what the account has, whatever the
// channel, and the owner's sessions and browsers have the other half.
func (c *core) passwordSends(account string, to destination) []budget {
	list := c.ownersSends(account, to)
	list[0] = c.sends("send password ", to)[0]
	return slices.Insert(list, 1, budget{key: passwordSends + account, windows: c.policy.OwnerSends.windows()})
}

// codeSends bound the code of a sign-in or a step-up; own is what ownCode says.
func (c *core) codeSends(account string, to destination, own bool) []budget {
	if own {
		return c.ownersSends(account, to)
	}
	return c.passwordSends(account, to)
}

// ownCode says whether a code is asked for again in a session, or in a browser that
// has a lane.
func ownCode(tx *db.Tx, ch challenge, cl Client) (bool, error) {
	if ch.Purpose == PurposeStepUp {
		return true, nil
	}
	device, err := laneDevice(tx.DB, cl.Device, orNone(ch.AccountID), tx.Now)
	return device != "", err
}

// resetSends bound the resets asked for in a browser that has a lane. Strangers who
// ask again and again cannot keep it waiting, and who has stolen its cookie does not
// use up the codes of sign-ins.
func (c *core) resetSends(value string) []budget {
	return []budget{{key: "send reset " + c.keys.laneTag(kindEmail, value), windows: c.policy.StrangerSends.windows()}}
}

// forgiveSends empties what was counted of an account's own messages: its owner is
// back, and must not wait for what somebody else has asked for.
func (c *core) forgiveSends(tx *db.Tx, account string) error {
	list, err := identifiersOf(tx.DB, account)
	if err != nil {
		return err
	}
	keys := []string{ownSends + account, passwordSends + account}
	for _, i := range list {
		tag := c.keys.laneTag(i.Kind, i.Value)
		keys = append(keys, "send owner "+tag, "send password "+tag, "send reset "+tag)
	}
	_, err = tx.Exec("DELETE FROM spends WHERE key IN ?", keys)
	return err
}

// linkSends bound what the link of a message can have sent: who got the message
// by mistake must not use up the owner's own codes.
func (c *core) linkSends(value string) []budget {
	return []budget{{key: "send link " + c.keys.laneTag(kindEmail, value), windows: c.policy.StrangerSends.windows()}}
}

// undoSends bound the codes of undos apart from the owner's own: an old mailbox
// that was stolen must not use those up. Each address that holds a link has its own, or a
// thief's would use up what the owner takes his changes back with.
func (c *core) undoSends(to destination, holder string) []budget {
	return c.sends("send undo "+c.undoHolder(holder)+" ", to)
}

// undoHolder stands for the address or number that an undo link went to.
func (c *core) undoHolder(shown string) string {
	if strings.Contains(shown, "@") {
		return c.keys.laneTag(kindEmail, canonical(ChannelEmail, shown))
	}
	return c.keys.laneTag(kindPhone, shown)
}

// proofTexts bound the texts that prove a number: to the number, from the account,
// and in all. The number has proven nothing, so what it is sent does not use up
// what its owner may ask for.
func (c *core) proofTexts(number, account string) []budget {
	windows := c.policy.OwnerSends.half().windows()
	list := []budget{{key: "send proof " + c.keys.laneTag(kindPhone, number), windows: windows}, {key: proofTexts + account, windows: windows}}
	return append(list, c.textSends(number, "new ")...)
}

// sends bound the messages of one sort to one destination. Texts have half as
// many as mails.
func (c *core) sends(sort string, to destination) []budget {
	if to.channel == ChannelSMS {
		own := budget{key: sort + c.keys.laneTag(kindPhone, to.value), windows: c.policy.OwnerSends.half().windows()}
		return append([]budget{own}, c.textSends(to.value, "")...)
	}
	return []budget{{key: sort + c.keys.laneTag(kindEmail, to.value), windows: c.policy.OwnerSends.windows()}}
}

// textSends bound what costs money: by the number's neighbourhood, where new numbers
// and proven ones are apart, by its country, and in all. The last texts of a day are
// for proven numbers.
func (c *core) textSends(number, sort string) []budget {
	country, purse := c.countryTexts(number), c.purse()
	if sort != "" {
		country, purse = country.part(newNumbers), purse.part(newNumbers)
	}
	return []budget{{key: c.prefixKey(number, sort), windows: []window{{prefixSends, time.Hour}}, pumped: true}, country, purse}
}

// countryTexts bound the texts of a day to one country.
func (c *core) countryTexts(number string) budget {
	return budget{key: "country " + countryOf(number), windows: []window{{c.policy.CountryTexts, 24 * time.Hour}}}
}

func (c *core) prefixKey(number, sort string) string {
	return sort + "prefix " + c.keys.laneTag("prefix", number[:max(0, len(number)-4)])
}

// purse bounds the texts of a day, all accounts together: each one costs money.
func (c *core) purse() budget {
	return budget{key: "purse", windows: []window{{c.policy.DailyTexts, 24 * time.Hour}}, off: SwitchTextsOff}
}

// noText says why a new number gets no text.
func (c *core) noText(tx *db.Tx) error {
	off, err := switched(tx.DB, SwitchTextsOff)
	switch {
	case err != nil:
		return err
	case off:
		return invalid("phone", "texts_off", 0)
	}
	return invalid("phone", "purse", 0)
}

// typed notes that a text's code was typed: its neighbourhood is not one where
// somebody earns by having texts sent.
func (c *core) typed(tx *db.Tx, ch challenge) error {
	if ch.Channel != ChannelSMS {
		return nil
	}
	sort := ""
	if ch.Purpose == PurposePhone {
		sort = "new "
	}
	return spend(tx, budget{key: typedOf(c.prefixKey(ch.Destination, sort))})
}

func typedOf(prefix string) string { return "typed in " + prefix }

// pumpedUntil says until when a neighbourhood gets no texts because too few of their
// codes were ever typed.
func pumpedUntil(g *gorm.DB, prefix string, now time.Time) (time.Time, error) {
	var n struct{ Sent, Typed int }
	day := now.Add(-24 * time.Hour)
	err := g.Raw("SELECT (SELECT count(*) FROM spends WHERE key = ? AND at > ?) AS sent, (SELECT count(*) FROM spends WHERE key = ? AND at > ?) AS typed",
		prefix, day, typedOf(prefix), day).Scan(&n).Error
	if err != nil || n.Sent < prefixJudged || 100*n.Typed >= prefixTyped*n.Sent {
		return time.Time{}, err
	}
	return nth(g, budget{key: prefix}, window{prefixJudged, 24 * time.Hour}, now)
}

// canTextTo is canText for a code to one proven number. Where its neighbourhood or
// its country has had enough, e-mail takes over.
func (c *core) canTextTo(g *gorm.DB, now time.Time, number string) (bool, error) {
	if free, err := c.canText(g, now, 1); err != nil || !free {
		return false, err
	}
	shut, err := freeAt(g, now, c.textSends(number, "")...)
	return shut.IsZero(), err
}

// noteOnce says whether the owner of an address is told again that somebody signs up
// with it: once an hour, or the notes would be a flood. The same is written where
// nobody has the address, and counts for nothing. The caller has locked the
// strangers' sends to it.
func (c *core) noteOnce(tx *db.Tx, e Email, taken bool) (bool, error) {
	kind := kindEmail
	if !taken {
		kind = "free"
	}
	note := budget{key: "sign-up note " + c.keys.laneTag(kind, e.Value), windows: []window{{1, time.Hour}}}
	told, err := freeAt(tx.DB, tx.Now, note)
	if err != nil || !told.IsZero() {
		return false, err
	}
	return true, spend(tx, note)
}
