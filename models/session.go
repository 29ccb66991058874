package models

import (
	"context"
	"strings"
	"sync"
	"time"

	"admitone/models/internal/db"
)

// Sessions holds the acts on sessions.
type Sessions struct {
	*core
	held heldSessions
	used usedSessions
}

// Session is a signed-in session, as the account page shows it.
type Session struct {
	AccountID  string
	Email      string // as typed at sign-up
	Device     string // 'Firefox on Linux'
	Address    string // network address at sign-in
	Place      string // roughly where that is, "" unknown
	Known      bool   // this device needs no code next time
	SignedInAt time.Time
	TwoStep    string
	Staff      bool // the console is there for this person

	// Moved says that the session has turned up elsewhere: it shows nothing before a
	// step-up, so that AccountID and SignedInAt are all that is told of it.
	Moved bool
}

// session is a row. Without an account it is only the handle of what is
// pending in this browser.
type session struct {
	ID         string
	AccountID  *string
	DeviceID   *string
	Device     string
	Address    string
	AMR        string `gorm:"column:amr"`
	UntilClose bool
	Browser    string     // its family, such as Firefox: "" unknown
	Country    string     // "" unknown
	Place      string     // roughly where, in words
	MovedAt    *time.Time // when it turned up elsewhere
	CreatedAt  time.Time
	SeenAt     time.Time
	EndsAt     time.Time

	ElevatedUntil *time.Time // by a code
	PasswordUntil *time.Time // by the password alone

	Away bool `gorm:"-"` // who asks is not where the session lives
}

// Standing says what a session cookie's token stands for.
type Standing int

// The standings of a token.
const (
	Nobody   Standing = iota // no token, or only the handle of what is pending
	SignedIn                 // a session
	Ended                    // a session that was, or a token that nobody has
)

// Find says what a client's token stands for, with the session where it is signed in.
// It notes that the session was used, which Touch writes, and that it has moved.
func (s *Sessions) Find(ctx context.Context, c Client) (Session, Standing, error) {
	if c.Session == "" {
		return Session{}, Nobody, nil
	}
	r, there, err := s.lookUp(ctx, hashToken(cut(c.Session, tokenLength+1)))
	if err != nil || !there {
		return Session{}, Ended, err
	}
	found, now := r.Session, s.db.Now()
	switch {
	case found.AccountID == nil:
		return Session{}, Nobody, nil
	case r.Shown == nil, !now.Before(found.EndsAt), !now.Before(found.SeenAt.Add(time.Duration(s.policy.SessionIdle))):
		s.watch.told(Incident{Name: "session_expired", Account: *found.AccountID, Client: c, Detail: "too_late"})
		return Session{}, Ended, nil
	}
	if found.elsewhere(c) {
		if found.MovedAt == nil {
			err = s.moved(ctx, found, c)
		}
		return Session{AccountID: *found.AccountID, SignedInAt: found.CreatedAt, Moved: true}, SignedIn, err
	}
	if now.Sub(found.SeenAt) >= touchEvery {
		s.used.note(found.ID, now)
	}
	return Session{
		AccountID: *found.AccountID, Email: *r.Shown, Device: found.Device, Address: found.Address, Place: found.Place,
		Known: r.Known != nil, SignedInAt: found.CreatedAt, TwoStep: orNone(r.TwoStep), Staff: orNone(r.Role) == RoleStaff,
	}, SignedIn, nil
}

// foundSession is what the rows say of a session.
type foundSession struct {
	Session                     session `gorm:"embedded"`
	Shown, TwoStep, Role, Known *string
}

// lookUp reads a session. What was read holds for as long as nothing at all was
// committed, which is asked each time: a sign-out holds on the very next request,
// whichever process it was done in.
func (s *Sessions) lookUp(ctx context.Context, id string) (row foundSession, there bool, err error) {
	version, guarded := s.db.Version(ctx) // before the rows: what is committed between is only read again
	if guarded {
		if row, there = s.held.get(version, id); there {
			return row, true, nil
		}
	}
	row, there, err = db.First[foundSession](s.db.Read(ctx), `SELECT s.id, s.account_id, s.device, s.address, s.browser, s.country, s.place, s.moved_at, s.created_at, s.seen_at, s.ends_at,
			i.shown, a.two_step, a.role, k.device_id AS known
		FROM sessions s
		LEFT JOIN identifiers i ON i.account_id = s.account_id AND i.is_primary
		LEFT JOIN accounts a ON a.id = s.account_id
		LEFT JOIN known_devices k ON k.account_id = s.account_id AND k.device_id = s.device_id
		WHERE s.id = ?`, id)
	if there && guarded {
		s.held.put(version, id, row)
	}
	return row, there, err
}

// heldMost bounds the sessions that are held, at about a kilobyte each.
const heldMost = 4096

// heldSessions are sessions as they were read at one version of the database.
type heldSessions struct {
	mu      sync.Mutex
	version int64
	rows    map[string]foundSession // by id
}

func (h *heldSessions) get(version int64, id string) (row foundSession, there bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.version != version {
		return row, false
	}
	row, there = h.rows[id]
	return row, there
}

func (h *heldSessions) put(version int64, id string, row foundSession) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.version != version || len(h.rows) >= heldMost {
		h.version, h.rows = version, map[string]foundSession{}
	}
	h.rows[id] = row
}

// SignOut ends the session of a token. It holds from the moment that is
// returned: the next request with the token finds nothing.
func (s *Sessions) SignOut(ctx context.Context, c Client) (at time.Time, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		at = tx.Now
		ended, there, err := db.First[session](tx.DB, "SELECT * FROM sessions WHERE id = ? AND account_id IS NOT NULL", hashToken(c.Session))
		if err != nil || !there {
			return err
		}
		account := *ended.AccountID
		if _, err := lockOwner(tx, account, true); err != nil {
			return err
		}
		n, err := tx.Exec("DELETE FROM sessions WHERE id = ?", ended.ID)
		if err == nil && n == 0 { // a step-up has just given it a new token, and no new beginning
			_, err = tx.Exec("DELETE FROM sessions WHERE account_id = ? AND created_at = ?", account, ended.CreatedAt)
		}
		if err != nil {
			return err
		}
		if err := voidServiceCodes(tx, account); err != nil {
			return err
		}
		return record(tx, EventSignOut, account, c)
	})
	return at, err
}

// Authentication methods (RFC 8176).
const (
	amrPassword     = "pwd"
	amrPasswordCode = "pwd otp"
)

// mint makes a signed-in session. It is unexported on purpose: the only ways
// to it are the acts of this package that ask for what the policy asks.
func mint(tx *db.Tx, p Policy, c Client, account, deviceID, amr string, untilClose bool) (token string, err error) {
	token = newToken()
	row := session{
		ID: hashToken(token), AccountID: &account, Device: deviceName(c.UserAgent), Address: addressText(c),
		AMR: amr, UntilClose: untilClose,
		CreatedAt: tx.Now, SeenAt: tx.Now, EndsAt: tx.Now.Add(time.Duration(p.SessionLife)),
	}
	row.settle(c)
	if deviceID != "" {
		row.DeviceID = &deviceID
	}
	// A code typed right now is as fresh a proof as a step-up.
	if amr == amrPasswordCode {
		until := tx.Now.Add(time.Duration(p.Elevated))
		row.ElevatedUntil = &until
	}
	c.Session = token
	note(tx, Incident{Name: "session_created", Account: account, Client: c, Detail: strings.ReplaceAll(amr, " ", "_")})
	return token, tx.Insert(&row)
}

// handle makes the row that pending flows of this browser hang on. It is a new
// one at every start and the one before it ends: a handle that a stranger
// planted must not show or spend the owner's flow (ASVS v5.0.0-7.2.4). Its token
// never becomes a signed-in session's.
func (c *core) handle(tx *db.Tx, cl Client) (id, token string, err error) {
	token = c.handleToken(tx, cl)
	_, err = tx.Exec("DELETE FROM sessions WHERE id IN (?, ?) AND account_id IS NULL", hashToken(cut(cl.Session, tokenLength+1)), hashToken(token))
	if err != nil {
		return "", "", err
	}
	life := 2 * time.Duration(c.policy.FlowLife) // a flow that ends is still told that it did
	row := session{ID: hashToken(token), Device: deviceName(cl.UserAgent), Address: addressText(cl), CreatedAt: tx.Now, SeenAt: tx.Now, EndsAt: tx.Now.Add(life)}
	return row.ID, token, tx.Insert(&row)
}

func addressText(c Client) string {
	if !c.Address.IsValid() {
		return ""
	}
	return c.Address.Unmap().WithZone("").String()
}
