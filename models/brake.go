package models

import (
	"time"

	"admitone/models/internal/db"
)

// The flood brake (POLICY.md 5): codes that strangers have sent again and again, and
// that nobody types, are a nuisance or the cover of a fraud. Then such sends stop for
// a while and the owner is told once. Whoever asks sees nothing of it.

const (
	brakeCodes = 3 // codes in an hour that nobody typed; the next one is not sent
	brakeFor   = time.Hour
)

// unasked counts the codes that strangers had sent to an account, as long as nobody
// has typed them. It is kept for an address without an account too.
func (c *core) unasked(e Email, who owner) budget {
	if who.Main != "" {
		e.Value = who.Main
	}
	return budget{key: "unasked " + c.keys.laneTag(kindEmail, e.Value), windows: []window{{brakeCodes, time.Hour}}}
}

// brake counts a code that a stranger asks for, and says whether it is not to be
// sent. The one that is too many tells the owner. The caller has locked the
// strangers' sends to the address.
func (c *core) brake(tx *db.Tx, e Email, who owner, cl Client) (bool, error) {
	codes := c.unasked(e, who)
	full, err := freeAt(tx.DB, tx.Now, codes)
	if err != nil {
		return false, err
	}
	braked := who.BrakedUntil != nil && tx.Now.Before(*who.BrakedUntil)
	if full.IsZero() {
		return braked, spend(tx, codes)
	}
	if err := forgive(tx, codes.key); err != nil {
		return false, err
	}
	if _, err := tx.Exec("UPDATE accounts SET braked_until = ? WHERE id = ?", tx.Now.Add(brakeFor), who.AccountID); err != nil {
		return false, err
	}
	if who.AccountID == "" || braked || who.muted(tx.Now) {
		none := newMessage(KindCodesBraked, e.to(), locale, cl)
		none.decoy = true
		if err := enqueue(tx, none); err != nil {
			return false, err
		}
		// The same row, and no figure: nobody is braked.
		return true, tx.Insert(&event{ID: eventID(tx.Now), Kind: EventCodesBraked, At: tx.Now})
	}
	if err := c.tell(tx, who.AccountID, notice{kind: KindCodesBraked}, cl); err != nil {
		return false, err
	}
	return true, record(tx, EventCodesBraked, who.AccountID, cl)
}

// asked takes the codes of a challenge out of those that nobody typed.
func (c *core) asked(tx *db.Tx, ch challenge, who owner) error {
	_, err := tx.Exec("DELETE FROM spends WHERE key = ? AND at IN (SELECT m.created_at FROM messages m WHERE m.challenge_id = ?)", c.unasked(Email{}, who).key, ch.ID)
	return err
}

// muted says whether the owner wants nothing from strangers.
func (o owner) muted(now time.Time) bool { return o.MutedUntil != nil && now.Before(*o.MutedUntil) }
