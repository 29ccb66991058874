package models

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"admitone/models/internal/db"
)

// Staff holds the acts of who runs the service. Each is kept as an event that the
// account holder can see, and none gives away a secret or a whole address.
type Staff struct{ *core }

// The roles of accounts.
const (
	RoleMember = "member"
	RoleStaff  = "staff"
)

// Facts is what an operator may see of an account.
type Facts struct {
	ID                string
	Addresses         []string // masked, the main one first
	VoIP              bool     // the number is an internet service's: who has an account there reads its texts (SECURITY.md D1)
	Role, TwoStep     string
	CreatedAt         time.Time
	ClosingAt         time.Time // zero: it is not closing
	Devices, Sessions int
	WrongCodes        int // in the last 24 hours
	CodesShut         []string
	LastSignIn        time.Time
	Recent            []Activity
	passwordSet       bool
}

// HasPassword says whether a password was ever chosen.
func (f Facts) HasPassword() bool { return f.passwordSet }

// Create makes an account without a password: its holder chooses one by a reset,
// which proves the mailbox. An Invalid error where the address cannot be.
func (s *Staff) Create(ctx context.Context, typed string) error {
	email, reason := ParseEmail(typed)
	if reason != "" {
		return invalid("email", reason, 0)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		acct := account{ID: newID(), CreatedAt: tx.Now, Locale: locale, PasswordSetAt: tx.Now}
		if err := tx.Insert(&acct); err != nil {
			return err
		}
		added, err := addIdentifier(tx, mainAddress(acct.ID, email, tx.Now))
		if err != nil {
			return err
		}
		if !added {
			return invalid("email", "taken", 0)
		}
		return recordAs(tx, EventStaffCreated, acct.ID, "", "", Place{})
	})
}

// find gives the account that an operator names by an address or an id.
func (s *Staff) find(tx *db.Tx, name string) (owner, error) {
	email, reason := ParseEmail(name)
	who, err := owner{}, error(nil)
	if reason == "" {
		who, err = findOwner(tx.DB, email)
	} else if isID(name) {
		who, err = primaryOwner(tx.DB, name)
	}
	if err == nil && who.AccountID == "" {
		err = &Error{Kind: NotFound, Reason: "account"}
	}
	return who, err
}

// List gives accounts in the order they were made, at most n after an id ("" for
// the first ones).
func (s *Staff) List(ctx context.Context, after string, n int) (list []Facts, err error) {
	g := s.db.Read(ctx)
	query, args := "SELECT id FROM accounts ORDER BY created_at, id LIMIT ?", []any{n}
	if after != "" {
		query, args = `SELECT id FROM accounts WHERE (created_at, id) > (SELECT created_at, id FROM accounts WHERE id = ?)
			ORDER BY created_at, id LIMIT ?`, []any{after, n}
	}
	var ids []string
	if err := g.Raw(query, args...).Scan(&ids).Error; err != nil {
		return nil, err
	}
	for _, id := range ids {
		f, err := s.facts(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// Show gives the facts of one account; a NotFound error where there is none.
func (s *Staff) Show(ctx context.Context, name string) (f Facts, err error) {
	var who owner
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		who, err = s.find(tx, name)
		return err
	})
	if err != nil {
		return f, err
	}
	return s.facts(ctx, who.AccountID)
}

func (s *Staff) facts(ctx context.Context, id string) (f Facts, err error) {
	g, now := s.db.Read(ctx), s.db.Now()
	var rows []struct {
		CreatedAt                   time.Time
		Role, TwoStep, PasswordHash string
		ClosingAt                   *time.Time
		Devices, Sessions           int
	}
	err = g.Raw(`SELECT created_at, role, two_step, password_hash, closing_at,
		(SELECT count(*) FROM known_devices k WHERE k.account_id = a.id) AS devices,
		(SELECT count(*) FROM sessions s WHERE s.account_id = a.id AND s.ends_at > ?) AS sessions
		FROM accounts a WHERE id = ?`, now, id).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return f, err
	}
	r := rows[0]
	f = Facts{ID: id, Role: r.Role, TwoStep: r.TwoStep, CreatedAt: r.CreatedAt, Devices: r.Devices, Sessions: r.Sessions, passwordSet: r.PasswordHash != ""}
	if r.ClosingAt != nil {
		f.ClosingAt = *r.ClosingAt
	}
	list, err := identifiersOf(g, id)
	if err != nil {
		return f, err
	}
	for _, i := range list {
		f.Addresses = append(f.Addresses, i.masked())
		f.VoIP = f.VoIP || i.Kind == kindPhone && isVoIP(i.Value)
		if i.WrongInRow >= wrongInRow {
			f.CodesShut = append(f.CodesShut, i.masked())
		}
	}
	if f.WrongCodes, err = used(g, s.codeBudget(id), now); err != nil {
		return f, err
	}
	accounts := &Accounts{s.core}
	if f.Recent, err = accounts.Activity(ctx, Session{AccountID: id}, 10); err != nil {
		return f, err
	}
	f.LastSignIn, _, err = db.First[time.Time](g, "SELECT at FROM events WHERE account_id = ? AND kind IN (?, ?) ORDER BY at DESC LIMIT 1", id, EventSignIn, EventSignInKnown)
	return f, err
}

// Unlock empties the counts of wrong passwords and codes of an account, and opens
// the channels that they had shut. It opens no door: the password and the code
// are still asked for.
func (s *Staff) Unlock(ctx context.Context, name string) error {
	return s.act(ctx, name, EventStaffUnlocked, "", s.unlock)
}

func (c *core) unlock(tx *db.Tx, who owner) error {
	account := who.AccountID
	list, err := identifiersOf(tx.DB, account)
	if err != nil {
		return err
	}
	keys := []string{c.codeBudget(account).key, insideCodes(account).key, changesBudget(account).key}
	var lanes []string
	for _, i := range list {
		if i.Kind == kindEmail {
			email := Email{Value: i.Value}
			lanes = append(lanes, c.lane(email, owner{}, "").key)
			keys = append(keys, c.resetBudget(email).key)
		}
	}
	for _, key := range append(keys, lanes...) {
		if err := forgiveLanes(tx, key); err != nil {
			return err
		}
	}
	if err := c.forgiveSends(tx, account); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM strikes WHERE key IN ?", lanes); err != nil {
		return err
	}
	if err := forgiveStrikes(tx, account); err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE identifiers SET wrong_in_row = 0 WHERE account_id = ?", account)
	return err
}

// SignOut ends every session of an account and makes its devices unknown; its
// holder is told.
func (s *Staff) SignOut(ctx context.Context, name string) error {
	return s.act(ctx, name, EventStaffSignedOut, "", s.signOutAll)
}

func (c *core) signOutAll(tx *db.Tx, who owner) error {
	if err := shutOut(tx, who.AccountID); err != nil {
		return err
	}
	return c.tell(tx, who.AccountID, notice{kind: KindSignedOutEverywhere}, Client{})
}

// maxDeskName is the longest name of a member of staff, in code points.
const maxDeskName = 40

// SetRole makes an account's holder staff, or a member again. deskName is what
// viewers are told that a member of staff is called, "" for no name; it goes with
// the role. An Invalid error for another role, or a name that is no name.
func (s *Staff) SetRole(ctx context.Context, name, role, deskName string) error {
	if role != RoleMember && role != RoleStaff {
		return invalid("role", "unknown", 0)
	}
	deskName = strings.TrimSpace(deskName)
	if role == RoleMember {
		deskName = ""
	}
	switch {
	case utf8.RuneCountInString(deskName) > maxDeskName:
		return invalid("name", "too_long", maxDeskName)
	case !utf8.ValidString(deskName), strings.ContainsFunc(deskName, unicode.IsControl), looksLikeCode(deskName):
		return invalid("name", "bad_characters", 0)
	}
	return s.act(ctx, name, EventStaffRole, role, func(tx *db.Tx, who owner) error {
		_, err := tx.Exec("UPDATE accounts SET role = ?, desk_name = ? WHERE id = ?", role, deskName, who.AccountID)
		return err
	})
}

// act runs one act of an operator and keeps it as an event.
func (s *Staff) act(ctx context.Context, name string, kind EventKind, detail string, do func(*db.Tx, owner) error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		who, err := s.find(tx, name)
		if err != nil {
			return err
		}
		if err := do(tx, who); err != nil {
			return err
		}
		return keep(tx, event{Kind: kind, Detail: detail}, who.AccountID, Client{})
	})
}
