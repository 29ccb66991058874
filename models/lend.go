package models

import (
	"encoding/binary"
	"strings"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Lend gives a package under models the one database, and the parts of the
// domain that it must not make anew. Only such a package can write the function:
// nobody else can name *db.DB.
func (m *Models) Lend(use func(*db.DB, Parts)) { use(m.core.db, Parts{m.core}) }

// Parts are steps of acts. They take the transaction of the act.
type Parts struct{ c *core }

// Limit allows N acts in a sliding length of time.
type Limit struct {
	N   int
	Per time.Duration
}

// Policy is the numbers in force.
func (p Parts) Policy() Policy { return p.c.policy }

// Desk is how people reach a person.
func (p Parts) Desk() Desk { return p.c.desk }

// Device names the browser of a client: 'Firefox on Linux'.
func (p Parts) Device(c Client) string { return deviceName(c.UserAgent) }

// SignedIn gives the signed-in session of a client; a NoSession error where there
// is none, NotProven where it has moved.
func (p Parts) SignedIn(g *gorm.DB, c Client, now time.Time) (Session, error) {
	s, err := p.c.atHome(g, c, now)
	if err != nil {
		return Session{}, err
	}
	return Session{AccountID: *s.AccountID, Device: s.Device, Address: s.Address, SignedInAt: s.CreatedAt}, nil
}

// Free takes a budget and says until when it is spent, zero where it is not;
// nothing is counted. What is found out next can then be counted with Spend.
func (p Parts) Free(tx *db.Tx, key string, limits ...Limit) (retryAt time.Time, err error) {
	b := budgetOf(key, limits)
	if err := lock(tx, b); err != nil {
		return time.Time{}, err
	}
	return refusedUntil(tx, Client{}, b)
}

// Spend counts one act on a budget. A time says that it is spent until then, and
// nothing was counted.
func (p Parts) Spend(tx *db.Tx, key string, limits ...Limit) (retryAt time.Time, err error) {
	if retryAt, err = p.Free(tx, key, limits...); err != nil || !retryAt.IsZero() {
		return retryAt, err
	}
	return time.Time{}, spend(tx, budget{key: key})
}

func budgetOf(key string, limits []Limit) budget {
	b := budget{key: key}
	for _, l := range limits {
		b.windows = append(b.windows, window{l.N, l.Per})
	}
	return b
}

// AddressKey names a client's network address in budgets, "" where it is
// nobody's: nothing is counted then.
func (p Parts) AddressKey(c Client) string { return p.c.addressBudget(c.Address).key }

// NetworkKey names the network around a client's address: what one customer of a
// provider is given of IPv6 (/48), and 256 addresses of IPv4. "" as AddressKey.
func (p Parts) NetworkKey(c Client) string {
	a := c.Address.Unmap().WithZone("")
	if !a.IsValid() || nobodys(a) {
		return ""
	}
	bits := 24
	if a.Is6() {
		bits = 48
	}
	around, _ := a.Prefix(bits) // an address has one
	return "network " + around.String()
}

// LockAgent is Agent inside an act: until it commits, the role and the session stay
// what they are.
func (p Parts) LockAgent(tx *db.Tx, c Client) (Agent, error) {
	agent, _, err := p.c.lockAgent(tx, c)
	return agent, err
}

// LockSignedIn is SignedIn inside an act: until that commits the session does not end.
func (p Parts) LockSignedIn(tx *db.Tx, c Client) (Session, error) {
	s, err := p.SignedIn(tx.DB, c, tx.Now)
	if err != nil || tx.OneWriter() {
		return s, err
	}
	if _, err := lockOwner(tx, s.AccountID, false); err != nil {
		return Session{}, err
	}
	return p.SignedIn(tx.DB, c, tx.Now)
}

// LockAccount takes an account's row, so that no session of it ends until the commit:
// before the rows that such an end takes with it.
func (p Parts) LockAccount(tx *db.Tx, account string) error {
	_, err := lockOwner(tx, account, false)
	return err
}

// OwnNumber says whether a number is an account's, confirmed.
func (p Parts) OwnNumber(tx *db.Tx, account, number string) (bool, error) {
	_, own, err := db.First[string](tx.DB, "SELECT id FROM identifiers WHERE account_id = ? AND kind = 'phone' AND value = ? AND verified_at IS NOT NULL", account, number)
	return own, err
}

// Tag is what may be kept of something secret so that it can be found again: a
// MAC under the ring's oldest key, as in the lanes.
func (p Parts) Tag(label, value string) string { return p.c.keys.laneTag(label, value) }

// Derive gives 64 bits for an id under a label. They stay the same as long as the
// ring's oldest key does.
func (p Parts) Derive(label, id string) uint64 {
	return binary.BigEndian.Uint64(p.c.keys.oldest().mac(label, id))
}

// Word gives the word that two people tell each other by.
func (p Parts) Word(label, id string) string {
	return strings.ToLower(tagWords[p.Derive(label, id)%uint64(len(tagWords))])
}

// Record keeps a security activity of an account.
func (p Parts) Record(tx *db.Tx, kind EventKind, account, detail string, c Client) error {
	e := event{ID: eventID(tx.Now), AccountID: &account, Kind: kind, At: tx.Now, Address: addressText(c), Detail: detail}
	if c != (Client{}) { // else staff did it: their browser is nobody's business
		e.Device = deviceName(c.UserAgent)
	}
	return tx.Insert(&e)
}

// NewID is 128 random bits.
func (p Parts) NewID() string { return newID() }

// NewToken is 256 random bits for a cookie; a row keeps HashToken of it.
func (p Parts) NewToken() string { return newToken() }

// IsID says whether a text that was typed or sent can be one of our ids.
func IsID(s string) bool { return isID(s) }

// HashToken is what a row keeps of a cookie's token.
func (p Parts) HashToken(token string) string { return hashToken(cut(token, tokenLength+1)) }

// Agent says who the member of staff of a client is, inside an act.
func (p Parts) Agent(g *gorm.DB, c Client, now time.Time) (Agent, error) {
	agent, _, err := p.c.agent(g, c, now)
	return agent, err
}

// Mail is a message of support to one person.
type Mail struct {
	Kind    string
	Account string // its main address gets it; without one, To
	To      string // an address as it was typed
	What    string // a slug, or what is masked
	Body    string // a text of people, shown as text only
	HoldsAt time.Time
	Client  Client
}

// Mail enqueues a message of support. What goes to a typed address is what anyone
// could have sent there: it spends the strangers' budgets (a TooSoon error says
// that they are spent), and goes nowhere while its owner wants nothing from
// strangers. Invalid{email} for no address, NotFound for no account.
func (p Parts) Mail(tx *db.Tx, m Mail) error {
	row, err := p.c.addressed(tx, m)
	if err != nil {
		return err
	}
	row.What, row.Body = m.What, m.Body
	if m.Client == (Client{}) { // staff wrote it, or nobody asked
		row.Device = ""
	}
	if !m.HoldsAt.IsZero() {
		at := m.HoldsAt.UTC()
		row.HoldsAt = &at
	}
	return enqueue(tx, row)
}

func (c *core) addressed(tx *db.Tx, m Mail) (message, error) {
	if m.Account != "" {
		who, err := primaryOwner(tx.DB, m.Account)
		if err == nil && who.AccountID == "" {
			err = noAccount()
		}
		row := newMessage(m.Kind, who.to(), who.Locale, m.Client)
		row.AccountID = &m.Account
		return row, err
	}
	email, reason := ParseEmail(m.To)
	if reason != "" {
		return message{}, invalid("email", reason, 0)
	}
	retryAt, _, err := spendSend(tx, c.strangersSends(email, m.Client))
	if err == nil && !retryAt.IsZero() {
		err = &Error{Kind: TooSoon, Field: "email", Reason: "mail", RetryAt: retryAt}
	}
	if err != nil {
		return message{}, err
	}
	who, err := findOwner(tx.DB, email)
	if err != nil || who.AccountID == "" {
		return newMessage(m.Kind, email.to(), locale, m.Client), err
	}
	// Not tied to the account: whoever typed its address is not known to be its
	// holder.
	row := newMessage(m.Kind, who.to(), who.Locale, m.Client)
	row.decoy = who.muted(tx.Now)
	return row, nil
}
