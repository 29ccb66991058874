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
	laneLife   = 30 * 24 * time.Hour // of a lane that a proven mailbox has made
	strikeLife = 183 * 24 * time.Hour
)

// laneDevice gives the id of the browser that holds the token, if it has a lane of
// the account's. One where the password was wrong too often in a row has none any
// more: somebody may have stolen its cookie.
func laneDevice(g *gorm.DB, token, account string, now time.Time) (string, error) {
	if len(token) != tokenLength { // asked without an account too, as in knownDevice
		return "", nil
	}
	var ids []string
	err := g.Raw(`SELECT d.id FROM devices d WHERE d.token_hash = ? AND d.ends_at > ?
		AND (EXISTS (SELECT 1 FROM known_devices k WHERE k.device_id = d.id AND k.account_id = ?)
			OR EXISTS (SELECT 1 FROM lanes l WHERE l.device_id = d.id AND l.account_id = ? AND l.ends_at > ?))
		AND NOT EXISTS (SELECT 1 FROM strikes s WHERE s.key = ? || d.id AND s.n >= ?)`,
		hashToken(token), now, account, account, now, strikesOf(account, ""), wrongInRow).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// strikesOf names the failures in a row of one browser that has a lane.
func strikesOf(account, device string) string { return "device " + account + " " + device }

// bindLane gives the browser whose reader has proven the mailbox a lane, and its
// new device token. It is not a known device: codes are asked for there as anywhere
// else. The proof also opens the password to strangers' browsers again, where
// failures in a row had shut it.
func (c *core) bindLane(tx *db.Tx, cl Client, account string) (token string, err error) {
	token, id, err := bindBrowser(tx, cl)
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
	return token, settle(tx, c.lane(Email{}, who, id).key, account)
}

// settle empties the counts of wrong passwords after a success: those of its lane,
// and the failures in a row.
func settle(tx *db.Tx, lane, account string) error {
	if err := forgive(tx, lane); err != nil {
		return err
	}
	strangers, device := lane, ""
	if parts := strings.Fields(lane); len(parts) == 3 {
		strangers, device = parts[0]+" "+parts[1], parts[2]
	}
	_, err := tx.Exec("DELETE FROM strikes WHERE key IN (?, ?)", strangers, strikesOf(account, device))
	return err
}

// strike counts a wrong password: among those of all browsers together (NIST SP
// 800-63B 3.2.2), and of one that has a lane by itself. The address need not have
// an account.
func (c *core) strike(tx *db.Tx, a attempt) error {
	keys := []string{c.lane(a.email, a.owner, "").key}
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
	var n int
	err := g.Raw("SELECT count(*) FROM strikes WHERE key = ? AND n >= ?", c.lane(a.email, a.owner, "").key, wrongInRow).Scan(&n).Error
	return n > 0, err
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
	_, err := tx.Exec("DELETE FROM spends WHERE key = ? OR key LIKE ?", key, key+" %")
	return err
}

// eraseLanes deletes what the lanes of an account have left behind.
func eraseLanes(tx *db.Tx, account string) error {
	of := "code " + account
	if err := forgiveLanes(tx, of); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM budgets WHERE key LIKE ?", of+" %"); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM strikes WHERE key LIKE ?", strikesOf(account, "%"))
	return err
}
