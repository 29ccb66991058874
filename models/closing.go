package models

import (
	"context"
	"errors"
	"time"

	"admitone/models/internal/db"
)

// Close begins the end of an account: after a while it is erased, and signing in
// before then keeps it. Every session ends at once, so that nobody keeps it by
// accident.
func (a *Accounts) Close(ctx context.Context, c Client) (ends time.Time, err error) {
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		s, err := a.elevatedAlone(tx, c)
		if err != nil {
			return err
		}
		ends = tx.Now.Add(time.Duration(a.policy.ClosingWait))
		if _, err := tx.Exec("UPDATE accounts SET closing_at = ? WHERE id = ?", ends, *s.AccountID); err != nil {
			return err
		}
		if err := endSessions(tx, *s.AccountID, ""); err != nil {
			return err
		}
		if err := a.tell(tx, *s.AccountID, notice{kind: KindClosing, holdsAt: ends}, c); err != nil {
			return err
		}
		return record(tx, EventClosing, *s.AccountID, c)
	})
	return ends, err
}

// cancelClosing keeps an account that its holder has just signed in to; kept says
// that it was about to be closed.
func (c *core) cancelClosing(tx *db.Tx, who owner, cl Client) (kept bool, err error) {
	if who.ClosingAt == nil {
		return false, nil
	}
	n, err := tx.Exec("UPDATE accounts SET closing_at = NULL WHERE id = ? AND closing_at IS NOT NULL", who.AccountID)
	if err != nil || n == 0 {
		return false, err
	}
	if err := c.tell(tx, who.AccountID, notice{kind: KindClosingCancelled}, cl); err != nil {
		return false, err
	}
	return true, record(tx, EventClosingCancelled, who.AccountID, cl)
}

// EraseDue erases the accounts whose closing time has come, with every row that
// hangs on them. A last message, which hangs on nothing, says so.
func (m *Models) EraseDue(ctx context.Context) error {
	c := m.core
	var ids []string
	err := c.db.Read(ctx).Raw("SELECT id FROM accounts WHERE closing_at <= ?", c.db.Now()).Scan(&ids).Error
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids { // one that fails does not hold up the others
		errs = append(errs, c.db.Write(ctx, func(tx *db.Tx) error { return c.erase(tx, id) }))
	}
	return errors.Join(errs...)
}

func (c *core) erase(tx *db.Tx, account string) error {
	list, err := identifiersOf(tx.DB, account)
	if err != nil {
		return err
	}
	who, err := lockOwner(tx, account, true)
	if err != nil {
		return err
	}
	// A sign-in may have kept it a moment ago.
	n, err := tx.Exec("DELETE FROM accounts WHERE id = ? AND closing_at <= ?", account, tx.Now)
	if err != nil || n == 0 {
		return err
	}
	if err := eraseLanes(tx, account); err != nil {
		return err
	}
	for _, b := range accountBudgets(account) {
		if err := forgive(tx, b); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM budgets WHERE key = ?", b); err != nil {
			return err
		}
	}
	for _, i := range list {
		if i.Kind != kindEmail {
			continue
		}
		m := newMessage(KindClosed, i.to(), who.Locale, Client{})
		m.Device = ""
		if err := enqueue(tx, m); err != nil {
			return err
		}
	}
	return nil
}

// Data is everything that is kept about an account, for its holder. Nothing in
// it is a secret: no hash, no token.
type Data struct {
	ExportedAt  time.Time      `json:"exported_at"`
	CreatedAt   time.Time      `json:"created_at"`
	Language    string         `json:"language"`
	TwoStep     string         `json:"two_step"`
	PasswordSet time.Time      `json:"password_set_at"`
	Identifiers []identifier   `json:"identifiers"`
	Devices     []DataDevice   `json:"devices"`
	Sessions    []DataSession  `json:"sessions"`
	SignIns     []DataSignIn   `json:"sign_ins"`
	Activity    []DataActivity `json:"activity"`
	Messages    []DataMessage  `json:"messages"`
	Changes     []DataChange   `json:"changes"`
	Chats       []DataChat     `json:"chats"`
	Calls       []DataCall     `json:"calls"`
}

// DataDevice is a browser that the account knows.
type DataDevice struct {
	Name         string     `json:"name"`
	Kind         string     `json:"kind"`
	KnownAt      time.Time  `json:"known_at"`
	SeenAt       time.Time  `json:"seen_at"`
	TrustedUntil *time.Time `json:"trusted_until"`
}

// DataSession is a session of the account.
type DataSession struct {
	Device    string     `json:"device"`
	Address   string     `json:"address"`
	Place     string     `json:"place,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	SeenAt    time.Time  `json:"seen_at"`
	MovedAt   *time.Time `json:"moved_at,omitempty"` // when it turned up elsewhere
}

// DataSignIn is a sign-in that the risk engine remembers.
type DataSignIn struct {
	At        time.Time `json:"at"`
	Country   string    `json:"country,omitempty"`
	Browser   string    `json:"browser"`
	System    string    `json:"system"`
	Kind      string    `json:"kind"`
	Latitude  *float64  `json:"latitude,omitempty"`
	Longitude *float64  `json:"longitude,omitempty"`
}

// DataActivity is one security activity.
type DataActivity struct {
	Kind    string    `json:"kind"`
	At      time.Time `json:"at"`
	Device  string    `json:"device"`
	Address string    `json:"address"`
	Place   string    `json:"place,omitempty"`
	Reasons string    `json:"reasons,omitempty"` // why it was unusual
	Detail  string    `json:"detail,omitempty"`
	Agent   string    `json:"support,omitempty"` // who of support did it
}

// DataMessage is one message that was sent, without its words.
type DataMessage struct {
	Kind        string    `json:"kind"`
	Channel     string    `json:"channel"`
	Destination string    `json:"destination"`
	CreatedAt   time.Time `json:"created_at"`
	State       string    `json:"state"`
}

// DataChange is one change of the account.
type DataChange struct {
	Kind      string     `json:"kind"`
	What      string     `json:"what"`
	MadeAt    time.Time  `json:"made_at"`
	AppliedAt *time.Time `json:"applied_at"`
	UndoneAt  *time.Time `json:"undone_at"`
}

// DataChat is one conversation with support. What staff noted for themselves is not
// in it.
type DataChat struct {
	ID        string     `json:"-"`
	Problem   string     `json:"problem"`
	Name      string     `json:"name"`
	Email     string     `json:"email"`
	Agent     string     `json:"support"`
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"`
	Messages  []DataSaid `json:"messages" gorm:"-"`
}

// DataSaid is one message of a conversation.
type DataSaid struct {
	ChatID string    `json:"-"`
	Author string    `json:"author"`
	Name   string    `json:"name,omitempty"`
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
}

// DataCall is a call that the holder asked for.
type DataCall struct {
	Number    string    `json:"number"`
	Name      string    `json:"name"`
	Problem   string    `json:"problem"`
	State     string    `json:"state"`
	SlotAt    time.Time `json:"slot_at"`
	CreatedAt time.Time `json:"created_at"`
}

// Data collects what is kept about the account of a session with a fresh proof.
func (a *Accounts) Data(ctx context.Context, c Client) (out Data, err error) {
	g, now := a.db.Read(ctx), a.db.Now()
	s, err := a.signedIn(g, c, now)
	if err != nil {
		return out, err
	}
	if s.proof(now) == ProofNone {
		return out, notProven()
	}
	var rows []struct {
		CreatedAt, PasswordSetAt time.Time
		Locale, TwoStep          string
	}
	if err := g.Raw("SELECT created_at, password_set_at, locale, two_step FROM accounts WHERE id = ?", *s.AccountID).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return out, err
	}
	out = Data{ExportedAt: now, CreatedAt: rows[0].CreatedAt, Language: rows[0].Locale, TwoStep: rows[0].TwoStep, PasswordSet: rows[0].PasswordSetAt}
	if out.Identifiers, err = identifiersOf(g, *s.AccountID); err != nil {
		return out, err
	}
	var said []DataSaid
	for _, part := range []struct {
		sql  string
		into any
	}{
		{"SELECT name, kind, known_at, seen_at, trusted_until FROM known_devices WHERE account_id = ? ORDER BY known_at", &out.Devices},
		{"SELECT device, address, place, created_at, seen_at, moved_at FROM sessions WHERE account_id = ? ORDER BY created_at", &out.Sessions},
		{"SELECT kind, at, device, address, place, reasons, detail, agent FROM events WHERE account_id = ? ORDER BY at DESC, id DESC", &out.Activity},
		{"SELECT at, country, browser, system, kind, latitude, longitude FROM sign_in_history WHERE account_id = ? ORDER BY at DESC", &out.SignIns},
		// Not the codes to new addresses: an address that is somebody's gets none, and
		// the gap would tell.
		{"SELECT kind, channel, destination, created_at, state FROM messages WHERE account_id = ? AND kind <> 'email_code' ORDER BY created_at DESC", &out.Messages},
		{"SELECT kind, what, made_at, applied_at, undone_at FROM changes WHERE account_id = ? ORDER BY made_at DESC", &out.Changes},
		{"SELECT id, problem, name, email, agent_name AS agent, started_at, ended_at FROM chats WHERE account_id = ? ORDER BY started_at", &out.Chats},
		{"SELECT m.chat_id, m.author, m.name, m.text, m.at FROM chat_messages m JOIN chats c ON c.id = m.chat_id WHERE c.account_id = ? AND m.author IN ('visitor', 'staff') ORDER BY m.chat_id, m.seq", &said},
		{"SELECT number, name, problem, state, slot_at, created_at FROM calls WHERE account_id = ? ORDER BY created_at", &out.Calls},
	} {
		if err := g.Raw(part.sql, *s.AccountID).Scan(part.into).Error; err != nil {
			return out, err
		}
	}
	lines := map[string][]DataSaid{}
	for _, m := range said {
		lines[m.ChatID] = append(lines[m.ChatID], m)
	}
	for i, chat := range out.Chats {
		out.Chats[i].Messages = lines[chat.ID]
	}
	return out, nil
}
