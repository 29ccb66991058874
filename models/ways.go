package models

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// identifier is a row: an address or a number of an account. It counts for
// something once it is confirmed.
type identifier struct {
	ID         string     `json:"id"`
	AccountID  string     `json:"-"`
	Kind       string     `json:"kind"`
	Value      string     `json:"value"`
	Shown      string     `json:"shown"`
	IsPrimary  bool       `json:"main"`
	WrongInRow int        `json:"-"`
	CreatedAt  time.Time  `json:"created_at"`
	VerifiedAt *time.Time `json:"verified_at"`
}

// addIdentifier adds a confirmed identifier to an account. added is false where
// the address belongs to another one: the one unique index decides, whatever two
// acts do at once.
func addIdentifier(tx *db.Tx, i identifier) (added bool, err error) {
	n, err := tx.Exec(`INSERT INTO identifiers (id, account_id, kind, value, shown, is_primary, wrong_in_row, created_at, verified_at)
		VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?) ON CONFLICT DO NOTHING`, i.ID, i.AccountID, i.Kind, i.Value, i.Shown, i.IsPrimary, i.CreatedAt.UTC(), i.VerifiedAt)
	return n > 0, err
}

// mainAddress is the first identifier of a new account.
func mainAddress(account string, e Email, now time.Time) identifier {
	return identifier{ID: newID(), AccountID: account, Kind: kindEmail, Value: e.Value, Shown: e.Shown, IsPrimary: true, CreatedAt: now, VerifiedAt: &now}
}

// destination is where a message goes. id is the identifier's, "" where it has
// no row.
type destination struct{ id, channel, value, shown string }

func (i identifier) to() destination {
	d := destination{id: i.ID, channel: ChannelEmail, value: i.Value, shown: i.Shown}
	if i.Kind == kindPhone {
		d.channel = ChannelSMS
	}
	return d
}

func (i identifier) masked() string { return Mask(i.to().channel, i.Shown) }

// to is an address that has no row.
func (e Email) to() destination {
	return destination{channel: ChannelEmail, value: e.Value, shown: e.Shown}
}

// Way is a confirmed channel of an account, masked.
type Way struct {
	ID, Channel, Masked string
	Now                 bool // the one in use
}

// identifiersOf lists what an account has confirmed: the main address, the
// second one, the phone.
func identifiersOf(g *gorm.DB, account string) (list []identifier, err error) {
	err = db.Scan(g, &list, "SELECT * FROM identifiers WHERE account_id = ? AND verified_at IS NOT NULL ORDER BY kind, is_primary DESC, created_at", account)
	return list, err
}

// choices are what an account has chosen, as its channels depend on it.
type choices struct {
	Locale, TwoStep       string
	PreferredID, ResetVia *string
	PasswordSetAt         time.Time
}

// channelsOf is identifiersOf with the account's choices.
func channelsOf(g *gorm.DB, account string) (list []identifier, of choices, err error) {
	var rows []struct {
		Identifier identifier `gorm:"embedded"`
		Choices    choices    `gorm:"embedded"`
	}
	err = db.Scan(g, &rows, `SELECT i.*, a.locale, a.two_step, a.preferred_id, a.reset_via, a.password_set_at FROM identifiers i JOIN accounts a ON a.id = i.account_id
		WHERE i.account_id = ? AND i.verified_at IS NOT NULL ORDER BY i.kind, i.is_primary DESC, i.created_at`, account)
	for _, r := range rows {
		list, of = append(list, r.Identifier), r.Choices
	}
	return list, of, err
}

// ways lists where a code may go, the first choice first (POLICY.md 3): what the
// holder chose, else a text where there is a phone, else the main address. A
// channel that wrong codes have shut is left out; and for a while after a reset
// the mailbox that proved it, as long as there is another. Not for good: who has
// lost the other one must get in again.
func (c *core) ways(g *gorm.DB, account string, now time.Time) ([]identifier, error) {
	list, _, _, err := c.waysNow(g, account, now)
	return list, err
}

// firstFree is the first way that a code may be sent to now, else the first one: what one
// channel has used up does not shut the others.
func (c *core) firstFree(tx *db.Tx, ways []identifier, own bool) (destination, error) {
	if len(ways) == 1 {
		return ways[0].to(), nil
	}
	for _, i := range ways {
		free, err := freeAt(tx.DB, tx.Now, c.codeSends(i.AccountID, i.to(), own)...)
		if err != nil || free.IsZero() {
			return i.to(), err
		}
	}
	return ways[0].to(), nil
}

// waysNow is ways, with the account's choices. held says that the first choice would
// be a text, and that none can be sent at the moment.
func (c *core) waysNow(g *gorm.DB, account string, now time.Time) (list []identifier, of choices, held bool, err error) {
	if list, of, err = channelsOf(g, account); err == nil {
		list, held, err = c.openWays(g, list, of, now)
	}
	return list, of, held, err
}

// openWays are those of an account's channels that a code may go to.
func (c *core) openWays(g *gorm.DB, list []identifier, of choices, now time.Time) (ways []identifier, held bool, err error) {
	list = slices.Clone(list)
	list = slices.DeleteFunc(list, func(i identifier) bool { return i.Kind == kindPhone && !c.texts })
	if via := orNone(of.ResetVia); len(list) > 1 && now.Before(of.PasswordSetAt.Add(time.Duration(c.policy.UndoLife))) {
		list = slices.DeleteFunc(list, func(i identifier) bool { return i.ID == via })
	}
	// Only now, so that an empty purse does not bring that mailbox back.
	texts := true
	if at := slices.IndexFunc(list, func(i identifier) bool { return i.Kind == kindPhone }); at >= 0 { // an account has one at most
		if texts, err = c.canTextTo(g, now, list[at].Value); err != nil {
			return nil, false, err
		}
	}
	list = slices.DeleteFunc(list, func(i identifier) bool { return i.WrongInRow >= wrongInRow })
	first := func(i identifier) int {
		switch {
		case i.ID == orNone(of.PreferredID):
			return 0
		case i.Kind == kindPhone:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(x, y identifier) int { return first(x) - first(y) })
	held = !texts && len(list) > 0 && list[0].Kind == kindPhone
	list = slices.DeleteFunc(list, func(i identifier) bool { return i.Kind == kindPhone && !texts })
	return list, held, nil
}

// others gives the ways but the one in use, as the pages show them.
func others(list []identifier, used string) []Way {
	var out []Way
	for _, i := range list {
		if i.ID != used {
			out = append(out, Way{ID: i.ID, Channel: i.to().channel, Masked: i.masked()})
		}
	}
	return out
}

// another sends the code of a challenge to another confirmed channel of its
// account: never to one that was typed. A NotFound error where the account has
// no such way. own is what ownCode says.
func (c *core) another(tx *db.Tx, ch challenge, way string, own bool, m func(destination) message) (Resent, error) {
	list, err := c.ways(tx.DB, orNone(ch.AccountID), tx.Now)
	if err != nil {
		return Resent{}, err
	}
	for _, i := range list {
		if i.ID == way {
			return c.resend(tx, ch, m(i.to()), c.codeSends(i.AccountID, i.to(), own), i.to())
		}
	}
	return Resent{}, &Error{Kind: NotFound, Reason: "way"}
}

// byMail sends the code of a challenge by e-mail, where no text can be sent any more.
func (c *core) byMail(tx *db.Tx, ch challenge, own bool, m func(destination) message, err error) (Resent, error) {
	if err != nil {
		return Resent{}, err
	}
	list, err := c.ways(tx.DB, orNone(ch.AccountID), tx.Now)
	if err != nil || len(list) == 0 {
		return Resent{Outcome: ChannelOff}, err
	}
	return c.another(tx, ch, list[0].ID, own, m)
}

// canText says whether texts can be sent now; past the purse e-mail takes over,
// and the operator is told. part is which part of the purse may be used up: all of
// it (1) for codes to sign in, half of it (2) for notices and new numbers, so that
// those never cost somebody a code.
func (c *core) canText(g *gorm.DB, now time.Time, part int) (bool, error) {
	if !c.texts {
		return false, nil
	}
	if off, err := switched(g, SwitchTextsOff); err != nil || off {
		return false, err
	}
	spent, err := used(g, c.purse(), now)
	if err != nil {
		return false, err
	}
	free := spent*part < c.policy.DailyTexts
	if percent := 100 * spent / c.policy.DailyTexts; percent >= 80 {
		c.warnPurse(percent)
	}
	return free, nil
}

// warnPurse says each step of the alarm once per process and day.
func (c *core) warnPurse(used int) {
	level, words := slog.LevelWarn, "four fifths of the day's texts are used"
	if used >= 100 {
		level, words = slog.LevelError, "the day's texts are used up; codes go by e-mail until some are free again"
	}
	today := c.db.Now().Format(time.DateOnly)
	c.purseMu.Lock()
	defer c.purseMu.Unlock()
	if !strings.HasPrefix(c.purseSaid, today) {
		c.purseSaid = today
	}
	if strings.Contains(c.purseSaid, words) {
		return
	}
	c.purseSaid += words
	c.log.Log(context.Background(), level, words, "policy", "daily_texts", "limit", c.policy.DailyTexts)
}
