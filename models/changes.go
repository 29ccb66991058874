package models

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// change is a row: one change of what an account is reached or guarded by. Made
// after a code it holds at once; made with the password alone it waits, and every
// address can stop it. Either way it can be taken back for a while (POLICY.md 5).
type change struct {
	ID        string
	AccountID string
	Kind      string
	Value     string // what Kind needs to take hold: a hash, a choice, an identifier
	What      string // masked
	Before    string // the standing before it took hold
	Device    string
	Address   string
	MadeAt    time.Time
	HoldsAt   *time.Time // a waiting one takes hold then
	AppliedAt *time.Time
	UndoneAt  *time.Time
}

// The kinds of changes.
const (
	ChangePassword     = "password"
	ChangeTwoStep      = "two_step"
	ChangeEmail        = "email"        // the main address
	ChangeEmailSecond  = "email_second" // one more
	ChangeEmailMain    = "email_main"   // the second one becomes the main one
	ChangeEmailRemoved = "email_removed"
	ChangePhone        = "phone"
	ChangePhoneRemoved = "phone_removed"
)

// standing is what an undo puts back.
type standing struct {
	TwoStep     string       `json:"two_step"`
	PreferredID string       `json:"preferred_id"`
	Identifiers []identifier `json:"identifiers"`
}

func standingOf(g *gorm.DB, account string) (s standing, err error) {
	var rows []struct {
		TwoStep     string
		PreferredID *string
	}
	if err := g.Raw("SELECT two_step, preferred_id FROM accounts WHERE id = ?", account).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return s, err
	}
	s.TwoStep, s.PreferredID = rows[0].TwoStep, orNone(rows[0].PreferredID)
	s.Identifiers, err = identifiersOf(g, account)
	return s, err
}

// stopWaiting ends the changes of an account that wait, of one kind or, with "", of
// every kind.
func stopWaiting(tx *db.Tx, account, kind string) error {
	_, err := tx.Exec(voided+" WHERE account_id = ? AND (kind = ? OR ? = '') AND applied_at IS NULL AND undone_at IS NULL", tx.Now, account, kind, kind)
	return err
}

// voided ends changes; a hash among them is not kept any longer.
const voided = "UPDATE changes SET undone_at = ?, value = CASE WHEN kind = 'password' THEN '' ELSE value END"

// Changed is how a wish to change something ended.
type Changed struct {
	Outcome Outcome   // Accepted, Wrong, Throttled, Taken
	RetryAt time.Time // with Throttled
	HoldsAt time.Time // zero: it holds already; else it waits until then
}

// change makes a change at once, or lets it wait where the session's proof is
// the password alone. The account's row is locked, so that two changes come one
// after the other and each knows what was before it.
func (c *core) change(tx *db.Tx, s session, kind, value, what string, cl Client) (Changed, error) {
	account := *s.AccountID
	if _, err := lockOwner(tx, account, true); err != nil {
		return Changed{}, err
	}
	// Whoever had the row before may have ended this very session.
	if _, err := c.elevated(tx, cl); err != nil {
		return Changed{}, err
	}
	changes := changesBudget(account)
	if retryAt, err := refusedUntil(tx, cl, changes); err != nil || !retryAt.IsZero() {
		return Changed{Outcome: Throttled, RetryAt: retryAt}, err
	}
	if err := spend(tx, changes); err != nil {
		return Changed{}, err
	}
	// A newer wish of the same kind comes in the place of one that waits.
	if err := stopWaiting(tx, account, kind); err != nil {
		return Changed{}, err
	}
	ch := change{
		ID: newID(), AccountID: account, Kind: kind, Value: value, What: what, Before: "{}",
		Device: deviceName(cl.UserAgent), Address: addressText(cl), MadeAt: tx.Now,
	}
	if s.proof(tx.Now) != ProofCode {
		return c.wait(tx, ch, cl)
	}
	if err := tx.Insert(&ch); err != nil {
		return Changed{}, err
	}
	return c.apply(tx, ch, s.ID, cl)
}

// wait keeps a change for later and tells every address.
func (c *core) wait(tx *db.Tx, ch change, cl Client) (Changed, error) {
	holds := tx.Now.Add(time.Duration(c.policy.UndoLife))
	ch.HoldsAt = &holds
	if err := tx.Insert(&ch); err != nil {
		return Changed{}, err
	}
	kind := ch.Kind
	if kind == ChangeEmailMain {
		kind = ChangeEmail
	}
	n := notice{kind: KindChangeWaiting, what: ch.What, change: kind, undo: ch.ID, holdsAt: holds}
	if err := c.tell(tx, ch.AccountID, n, cl); err != nil {
		return Changed{}, err
	}
	return Changed{Outcome: Accepted, HoldsAt: holds}, record(tx, EventChangeWaiting, ch.AccountID, cl)
}

// Waiting is a change that has not taken hold yet.
type Waiting struct {
	Change  string
	HoldsAt time.Time
}

func waiting(g *gorm.DB, account string) (list []Waiting, err error) {
	err = db.Scan(g, &list, `SELECT kind AS change, holds_at FROM changes
		WHERE account_id = ? AND holds_at IS NOT NULL AND applied_at IS NULL AND undone_at IS NULL ORDER BY holds_at`, account)
	return list, err
}

// ApplyDue lets the changes take hold whose waiting time is over.
func (m *Models) ApplyDue(ctx context.Context) error {
	c := m.core
	var ids []string
	err := c.db.Read(ctx).Raw("SELECT id FROM changes WHERE holds_at <= ? AND applied_at IS NULL AND undone_at IS NULL ORDER BY holds_at", c.db.Now()).Scan(&ids).Error
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids { // one that fails does not hold up the others
		err := c.db.Write(ctx, func(tx *db.Tx) error {
			var rows []change
			err := tx.Raw("SELECT * FROM changes WHERE id = ? AND applied_at IS NULL AND undone_at IS NULL", id).Scan(&rows).Error
			if err != nil || len(rows) == 0 {
				return err
			}
			if _, err := lockOwner(tx, rows[0].AccountID, true); err != nil {
				return err
			}
			_, err = c.apply(tx, rows[0], "", Client{})
			return err
		})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// apply makes a change hold. keep is the session that made it: the others end
// with a change of an address. The guarded update makes it single, whatever an
// undo or another instance does at this moment. The account's row is locked.
func (c *core) apply(tx *db.Tx, ch change, keep string, cl Client) (Changed, error) {
	before, err := standingOf(tx.DB, ch.AccountID)
	if err != nil {
		return Changed{}, err
	}
	text, err := json.Marshal(before)
	if err != nil {
		return Changed{}, err
	}
	value := ch.Value
	if ch.Kind == ChangePassword {
		value = "" // a hash is kept in one place only
	}
	at, err := afterAll(tx, ch.AccountID)
	if err != nil {
		return Changed{}, err
	}
	n, err := tx.Exec("UPDATE changes SET applied_at = ?, before = ?, value = ? WHERE id = ? AND applied_at IS NULL AND undone_at IS NULL", at, string(text), value, ch.ID)
	if err != nil || n == 0 {
		return Changed{Outcome: Used}, err
	}
	e, err := c.effect(tx, ch, before, keep)
	if err != nil {
		return Changed{}, err
	}
	if e.outcome != Accepted { // nothing was changed, so there is nothing to take back
		_, err := tx.Exec(voided+" WHERE id = ?", tx.Now, ch.ID)
		return Changed{Outcome: e.outcome}, err
	}
	if e.kind != "" {
		e.undo = ch.ID
		if ch.HoldsAt != nil {
			e.from = &ch
		}
		if err := c.tell(tx, ch.AccountID, e.notice, cl); err != nil {
			return Changed{}, err
		}
	}
	return Changed{Outcome: Accepted}, recordAs(tx, e.event, ch.AccountID, ch.Device, ch.Address, cl.Place)
}

// afterAll is when a change takes hold: now, but later than every one that already has,
// whatever the clocks of two instances say and however long this act has waited for its
// turn. An undo tells by it which changes came after its own.
func afterAll(tx *db.Tx, account string) (time.Time, error) {
	last, there, err := db.First[time.Time](tx.DB, "SELECT applied_at FROM changes WHERE account_id = ? AND applied_at IS NOT NULL ORDER BY applied_at DESC LIMIT 1", account)
	if err != nil || !there {
		return tx.Now, err
	}
	return later(tx.Now, last.Add(time.Millisecond)), nil
}

// effected is what a change did: who is told what.
type effected struct {
	notice
	outcome Outcome
	event   EventKind
}

func (c *core) effect(tx *db.Tx, ch change, before standing, keep string) (e effected, err error) {
	e.outcome, e.what = Accepted, ch.What
	switch ch.Kind {
	case ChangePassword:
		e.kind, e.event = KindPasswordChanged, EventPasswordChanged
		if err = setPassword(tx, ch.AccountID, ch.Value); err == nil && keep == "" {
			err = endSessions(tx, ch.AccountID, "")
		}
	case ChangeTwoStep:
		e.kind, e.event = twoStepWords(ch.Value)
		_, err = tx.Exec("UPDATE accounts SET two_step = ? WHERE id = ?", ch.Value, ch.AccountID)
	case ChangeEmail:
		e.kind, e.event = KindEmailChanged, EventEmailChanged
		return c.newMain(tx, ch, before, keep, e)
	case ChangeEmailSecond:
		e.kind, e.event = KindEmailAdded, EventEmailAdded
		e.also = slices.DeleteFunc(before.Identifiers, func(i identifier) bool { return i.Kind != kindEmail || i.IsPrimary })
		if e.outcome, e.fresh, err = insertIdentifier(tx, ch, kindEmail, false); err == nil && e.outcome == Accepted {
			_, err = tx.Exec("DELETE FROM identifiers WHERE account_id = ? AND kind = 'email' AND NOT is_primary AND id <> ?", ch.AccountID, e.fresh)
		}
	case ChangeEmailMain:
		e.kind, e.event = KindEmailChanged, EventEmailChanged
		e.outcome, err = swapMain(tx, ch.AccountID, ch.Value, keep)
	case ChangeEmailRemoved, ChangePhoneRemoved:
		e.kind, e.event = KindEmailRemoved, EventEmailRemoved
		if ch.Kind == ChangePhoneRemoved {
			e.kind, e.event = KindPhoneRemoved, EventPhoneRemoved
		}
		e.also = slices.DeleteFunc(before.Identifiers, func(i identifier) bool { return i.ID != ch.Value })
		var n int64
		if n, err = tx.Exec("DELETE FROM identifiers WHERE account_id = ? AND id = ? AND NOT is_primary", ch.AccountID, ch.Value); n == 0 {
			e.outcome = Used // it has left the account already, or has become the main one
		}
	case ChangePhone:
		e.kind, e.event = KindPhoneAdded, EventPhoneAdded
		e.also = slices.DeleteFunc(before.Identifiers, func(i identifier) bool { return i.Kind != kindPhone })
		if _, err = tx.Exec("DELETE FROM identifiers WHERE account_id = ? AND kind = 'phone'", ch.AccountID); err != nil {
			return e, err
		}
		e.outcome, e.fresh, err = insertIdentifier(tx, ch, kindPhone, false)
	}
	return e, err
}

// newMain puts a new address in the place of the main one. Every other session
// ends: whoever reads the old mailbox is not the owner any more.
func (c *core) newMain(tx *db.Tx, ch change, before standing, keep string, e effected) (effected, error) {
	e.also = slices.DeleteFunc(before.Identifiers, func(i identifier) bool { return !i.IsPrimary })
	var err error
	if e.outcome, e.fresh, err = insertIdentifier(tx, ch, kindEmail, true); err != nil || e.outcome != Accepted {
		return e, err
	}
	// Who has chosen codes by mail goes on getting them by mail.
	_, err = tx.Exec("UPDATE accounts SET preferred_id = ? WHERE id = ? AND preferred_id = (SELECT i.id FROM identifiers i WHERE i.account_id = ? AND i.is_primary AND i.id <> ?)",
		e.fresh, ch.AccountID, ch.AccountID, e.fresh)
	if err != nil {
		return e, err
	}
	if _, err := tx.Exec("DELETE FROM identifiers WHERE account_id = ? AND is_primary AND id <> ?", ch.AccountID, e.fresh); err != nil {
		return e, err
	}
	return e, endSessions(tx, ch.AccountID, keep)
}

// typedAddress is an address or number that has proven itself, inside a change.
type typedAddress struct{ Value, Shown string }

func (ch change) address() (a typedAddress) {
	_ = json.Unmarshal([]byte(ch.Value), &a) // written by us; an empty one is refused by the insert
	return a
}

// insertIdentifier adds a proven address.
func insertIdentifier(tx *db.Tx, ch change, kind string, main bool) (Outcome, string, error) {
	a := ch.address()
	i := identifier{ID: newID(), AccountID: ch.AccountID, Kind: kind, Value: a.Value, Shown: a.Shown, IsPrimary: main, CreatedAt: tx.Now, VerifiedAt: &tx.Now}
	added, err := addIdentifier(tx, i)
	if err != nil {
		return "", "", err
	}
	if !added {
		return Taken, "", nil
	}
	return Accepted, i.ID, nil
}

// swapMain makes another confirmed address the main one; the old one stays.
func swapMain(tx *db.Tx, account, id, keep string) (Outcome, error) {
	n, err := tx.Exec("UPDATE identifiers SET is_primary = TRUE WHERE id = ? AND account_id = ? AND kind = 'email' AND verified_at IS NOT NULL AND NOT is_primary", id, account)
	if err != nil || n == 0 {
		return Used, err // it has left the account, or is the main one already
	}
	if _, err := tx.Exec("UPDATE identifiers SET is_primary = FALSE WHERE account_id = ? AND id <> ? AND is_primary", account, id); err != nil {
		return "", err
	}
	return Accepted, endSessions(tx, account, keep)
}

// notice is what an account's addresses are told.
type notice struct {
	kind    string
	what    string
	change  string
	undo    string // the change that it can take back
	holdsAt time.Time
	also    []identifier // told too, though they have left the account
	fresh   string       // the identifier that came with the change: it cannot take it back
	from    *change      // waited: asked for there, earlier
	reasons []Reason     // why a sign-in was unusual
}

// texted are the notices that a phone gets as well; a new device, which happens
// often, goes by mail alone.
var texted = []string{
	KindPasswordChanged, KindTwoStepOn, KindTwoStepOff, KindEmailChanged, KindEmailAdded, KindEmailRemoved, KindPhoneAdded, KindPhoneRemoved,
	KindChangeWaiting, KindChangeStopped, KindUndone, KindClosing, KindClosingCancelled, KindTooManyTries, KindSignedOutEverywhere,
	KindSessionMoved, KindCodesBraked,
}

// tell enqueues a notice to every confirmed address of an account, old and new
// (POLICY.md 5). Notices have no budget of mails: they are never the ones to be
// dropped. Texts come out of the day's purse.
func (c *core) tell(tx *db.Tx, account string, n notice, cl Client) error {
	list, of, err := channelsOf(tx.DB, account)
	if err != nil {
		return err
	}
	list = append(list, n.also...)
	if c.texts && slices.Contains(texted, n.kind) {
		if err := lock(tx, c.noticeBudgets(account, list)...); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	for _, i := range list {
		if to := i.to(); !seen[to.channel+to.value] {
			seen[to.channel+to.value] = true
			if err := c.tellOne(tx, account, of.Locale, i, n, cl); err != nil {
				return err
			}
		}
	}
	return nil
}

// noticeBudgets are what the texts of a notice spend, in the order in which they are
// locked; none where nobody gets a text.
func (c *core) noticeBudgets(account string, list []identifier) []budget {
	var countries []budget
	for _, i := range list {
		if i.Kind == kindPhone {
			countries = append(countries, c.countryTexts(i.Value))
		}
	}
	if len(countries) == 0 {
		return nil
	}
	slices.SortFunc(countries, func(x, y budget) int { return strings.Compare(x.key, y.key) })
	return append(append([]budget{c.noticeTexts(account)}, countries...), c.purse())
}

// noticeTexts bound the notices that go to an account's phone.
func (c *core) noticeTexts(account string) budget {
	return budget{key: noticeTexts + account, windows: c.policy.OwnerSends.windows()}
}

func (c *core) tellOne(tx *db.Tx, account, locale string, i identifier, n notice, cl Client) error {
	if i.Kind == kindPhone {
		texts, err := c.canText(tx.DB, tx.Now, 2)
		country := c.countryTexts(i.Value)
		if err == nil && texts {
			var full time.Time
			full, err = freeAt(tx.DB, tx.Now, country)
			texts = full.IsZero()
		}
		if err != nil || !texts || !slices.Contains(texted, n.kind) {
			return err
		}
		own := c.noticeTexts(account)
		if retryAt, err := refusedUntil(tx, cl, own); err != nil || !retryAt.IsZero() {
			return err // the mails still go out
		}
		if err := spend(tx, own, country, c.purse()); err != nil {
			return err
		}
	}
	m := newMessage(n.kind, i.to(), locale, cl)
	if n.from != nil {
		m.Device, m.Address, m.Place = n.from.Device, n.from.Address, "" // where that was is not kept
	}
	m.AccountID, m.What, m.Change, m.Reasons = &account, n.what, n.change, joined(n.reasons)
	if !n.holdsAt.IsZero() {
		m.HoldsAt = &n.holdsAt
	}
	if n.undo != "" && i.ID != n.fresh {
		m.UndoID = &n.undo
	}
	return enqueue(tx, m)
}

func localeOf(tx *db.Tx, account string) (string, error) {
	l, _, err := db.First[string](tx.DB, "SELECT locale FROM accounts WHERE id = ?", account)
	return l, err
}
