package models

import (
	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// owner is who an address belongs to, with what a sign-in needs.
type owner struct {
	AccountID    string
	IdentifierID string
	PasswordHash string
	Locale       string
	Shown        string
	WrongInRow   int
}

// findOwner looks an address up; the zero owner where nobody has proven it.
func findOwner(g *gorm.DB, e Email) (owner, error) { return ownerOf(g, e, "") }

// lockOwner is findOwner inside the transaction of a sign-in: until it commits,
// nobody changes the password that it rests on. Else a session could be minted
// beside a change that ends all sessions.
func lockOwner(tx *db.Tx, e Email) (owner, error) {
	if tx.OneWriter() {
		return ownerOf(tx.DB, e, "")
	}
	return ownerOf(tx.DB, e, " FOR SHARE OF a")
}

func ownerOf(g *gorm.DB, e Email, lock string) (owner, error) {
	var rows []owner
	err := g.Raw(`SELECT a.id AS account_id, i.id AS identifier_id, a.password_hash, a.locale, i.shown, i.wrong_in_row
		FROM identifiers i JOIN accounts a ON a.id = i.account_id
		WHERE i.kind = 'email' AND i.value = ? AND i.verified_at IS NOT NULL`+lock, e.Value).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return owner{}, err
	}
	return rows[0], nil
}
