package models

import (
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// owner is an account as the acts on it need it, with the address that it was
// found by.
type owner struct {
	AccountID    string
	IdentifierID string
	Value        string
	Shown        string
	Main         string // the main address, canonical
	PasswordHash string
	Locale       string
	TwoStep      string
	MutedUntil   *time.Time
	BrakedUntil  *time.Time
	ClosingAt    *time.Time
	ResetVia     *string // the channel that a reset has proven, until another one agrees
}

func (o owner) to() destination {
	return destination{id: o.IdentifierID, channel: ChannelEmail, value: o.Value, shown: o.Shown}
}

const ownerColumns = `SELECT a.id AS account_id, i.id AS identifier_id, i.value, i.shown,
		(SELECT m.value FROM identifiers m WHERE m.account_id = a.id AND m.is_primary) AS main, a.password_hash, a.locale, a.two_step, a.muted_until, a.braked_until, a.closing_at, a.reset_via
		FROM identifiers i JOIN accounts a ON a.id = i.account_id`

// findOwner looks an address up; the zero owner where nobody has proven it.
func findOwner(g *gorm.DB, e Email) (owner, error) {
	return ownerWhere(g, "i.kind = 'email' AND i.value = ? AND i.verified_at IS NOT NULL", e.Value)
}

// primaryOwner gives the account with its main address.
func primaryOwner(g *gorm.DB, account string) (owner, error) {
	return ownerWhere(g, "a.id = ? AND i.is_primary", account)
}

// lockOwner is primaryOwner inside the transaction of a sign-in or a change:
// until it commits, nobody changes the password or the addresses that it rests
// on. Else a session could be minted beside a change that ends all sessions.
func lockOwner(tx *db.Tx, account string, change bool) (owner, error) {
	switch {
	case tx.OneWriter():
		return primaryOwner(tx.DB, account)
	case change:
		return ownerWhere(tx.DB, "a.id = ? AND i.is_primary FOR UPDATE OF a", account)
	}
	return ownerWhere(tx.DB, "a.id = ? AND i.is_primary FOR SHARE OF a", account)
}

func ownerWhere(g *gorm.DB, where string, args ...any) (owner, error) {
	who, _, err := db.First[owner](g, ownerColumns+" WHERE "+where, args...)
	return who, err
}

// reached gives the identifier that a challenge's code went to, where it still
// is a confirmed one of the account and wrong codes have not shut it. An address
// that has left the account meanwhile can prove nothing for it.
func reached(tx *db.Tx, ch challenge) (identifier, bool, error) {
	i, there, err := db.First[identifier](tx.DB, "SELECT * FROM identifiers WHERE id = ? AND account_id = ? AND verified_at IS NOT NULL", orNone(ch.IdentifierID), orNone(ch.AccountID))
	return i, there && i.WrongInRow < wrongInRow, err
}

func orNone(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
