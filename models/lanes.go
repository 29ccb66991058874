package models

import (
	"strings"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// A lane keeps the failures of strangers from a browser that is the owner's
// (SECURITY.md B5): one that the account knows, or whose reader has proven the
// mailbox. Such a browser has budgets of its own, and what strangers use up is
// never its own.

const (
	laneLife   = 24 * time.Hour // of a lane that a proven mailbox has made: it only reaches from the reset to the sign-in
	strikeLife = 183 * 24 * time.Hour
	fewStrikes = 10 // with fewer than these, failures in a row are forgotten sooner
	fewLife    = 30 * 24 * time.Hour
)

// laneDevice gives the id of the browser that holds the token, if it has a lane of
// the account's. One where the password was wrong too often in a row has none any
// more: somebody may have stolen its cookie.
func laneDevice(g *gorm.DB, token, account string, now time.Time) (string, error) {
	if len(token) != tokenLength { // asked without an account too, as in knownDevice
		return "", nil
	}
	id, _, err := db.First[string](g, `SELECT d.id FROM devices d WHERE d.token_hash = ? AND d.ends_at > ?
		AND (EXISTS (SELECT 1 FROM known_devices k WHERE k.device_id = d.id AND k.account_id = ?)
			OR EXISTS (SELECT 1 FROM lanes l WHERE l.device_id = d.id AND l.account_id = ? AND l.ends_at > ?))
		AND NOT EXISTS (SELECT 1 FROM strikes s WHERE s.key = ? || d.id AND s.n >= ?)`,
		hashToken(token), now, account, account, now, strikesOf(account, ""), wrongInRow)
	return id, err
}

// strikesOf names the failures in a row of one browser that has a lane.
func strikesOf(account, device string) string { return "device " + account + " " + device }

// bindLane gives the browser whose reader has proven the mailbox a lane, and its
// new device token. It is not a known device: codes are asked for there as anywhere
// else. The proof also opens the password to strangers' browsers again, where
// failures in a row had shut it.
func (c *core) bindLane(tx *db.Tx, cl Client, account string) (token string, err error) {
	token, id, _, err := bindBrowser(tx, cl)
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(`INSERT INTO lanes (account_id, device_id, made_at, ends_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (account_id, device_id) DO UPDATE SET ends_at = excluded.ends_at`, account, id, tx.Now, tx.Now.Add(laneLife))
	if err != nil {
		return "", err
	}
	who, err := primaryOwner(tx.DB, account)
	if err != nil {
		return "", err
	}
	return token, c.settle(tx, c.lane(Email{}, who, id).key, who)
}

// rowOf names the failures in a row of an account, or of an address without one. They
// are one for all its addresses, for what is guessed is one password (NIST SP
// 800-63B 3.2.2). That tells little of which belong together: the tries take days.
func (c *core) rowOf(email Email, who owner) string {
	if who.Main != "" {
		email.Value = who.Main
	}
	return c.laneOf(email.Value)
}

// settle empties the counts of wrong passwords after a success: those of its lane,
// and the failures in a row.
func (c *core) settle(tx *db.Tx, lane string, who owner) error {
	if err := forgive(tx, lane); err != nil {
		return err
	}
	device := ""
	if parts := strings.Fields(lane); len(parts) == 3 {
		device = parts[2]
	}
	_, err := tx.Exec("DELETE FROM strikes WHERE key IN (?, ?)", c.rowOf(Email{}, who), strikesOf(who.AccountID, device))
	return err
}

// strike counts a wrong password: among those of all browsers together, and of one
// that has a lane by itself. The address need not have an account.
func (c *core) strike(tx *db.Tx, a attempt) error {
	keys := []string{c.rowOf(a.email, a.owner)}
	if a.own != "" {
		keys = append(keys, strikesOf(a.owner.AccountID, a.own))
	}
	for _, key := range keys {
		var n []int
		err := tx.Raw(`INSERT INTO strikes (key, n, touched_at) VALUES (?, 1, ?)
			ON CONFLICT (key) DO UPDATE SET n = strikes.n + 1, touched_at = excluded.touched_at RETURNING n`, key, tx.Now).Scan(&n).Error
		if err != nil {
			return err
		}
		if len(n) > 0 && n[0] == wrongInRow {
			note(tx, Incident{Name: "authn_login_lock", Account: a.owner.AccountID, Client: a.client, Detail: "password off"})
		}
	}
	return nil
}

// passwordOff says whether the password opens nothing in this browser, not even the
// right one: too many wrong ones came in a row, and it has no lane. It is asked in
// the same way where the address has no account.
func (c *core) passwordOff(g *gorm.DB, a attempt) (bool, error) {
	if a.own != "" {
		return false, nil
	}
	_, shut, err := db.First[string](g, "SELECT key FROM strikes WHERE key = ? AND n >= ?", c.rowOf(a.email, a.owner), wrongInRow)
	return shut, err
}

// codeLane bounds the wrong codes of one account that are typed in one browser:
// whoever knows the password must not use up what the owner needs.
func (c *core) codeLane(tx *db.Tx, account string, cl Client) (budget, error) {
	b := c.codeBudget(account)
	device, err := laneDevice(tx.DB, cl.Device, account, tx.Now)
	if device != "" {
		b.key += " " + device
	}
	return b, err
}

// forgiveLanes empties a budget and those of the browsers that have it for
// themselves.
func forgiveLanes(tx *db.Tx, key string) error {
	if err := forgive(tx, key); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM spends WHERE "+within, key+" ", key+"!")
	return err
}

// within picks the keys from one up to another, byte by byte: '!' is the character
// after the space. A LIKE would read the whole table, and SQLite has one writer.
const within = "key >= ? AND key < ?"

// forgiveStrikes deletes the failures in a row of all browsers of an account.
func forgiveStrikes(tx *db.Tx, account string) error {
	_, err := tx.Exec("DELETE FROM strikes WHERE "+within, strikesOf(account, ""), "device "+account+"!")
	return err
}

// eraseLanes deletes what the lanes of an account, and the holders of its undo links, have
// left behind.
func eraseLanes(tx *db.Tx, account string) error {
	for _, of := range []string{"code " + account, "code undo " + account} {
		if err := forgiveLanes(tx, of); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM budgets WHERE "+within, of+" ", of+"!"); err != nil {
			return err
		}
	}
	return forgiveStrikes(tx, account)
}
