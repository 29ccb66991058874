package models

import (
	"slices"
	"strings"
	"time"

	"admitone/models/internal/db"

	"github.com/mileusna/useragent"
	"gorm.io/gorm"
)

// knownDevice gives the id of the browser that holds the token, if the account
// knows it. A cookie that the account does not know gives "".
func knownDevice(g *gorm.DB, token, account string, now time.Time) (string, error) {
	// Asked also where there is no account, so that a browser with some device
	// cookie learns nothing from the time it takes.
	if len(token) != tokenLength {
		return "", nil
	}
	id, _, err := db.First[string](g, `SELECT d.id FROM devices d JOIN known_devices k ON k.device_id = d.id
		WHERE d.token_hash = ? AND d.ends_at > ? AND k.account_id = ?`, hashToken(token), now, account)
	return id, err
}

// bindDevice makes the browser known to the account and returns its new token
// and id.
func bindDevice(tx *db.Tx, c Client, account string) (token, id string, err error) {
	token, id, met, err := bindBrowser(tx, c)
	if err != nil {
		return "", "", err
	}
	_, err = tx.Exec(`INSERT INTO known_devices (device_id, account_id, name, kind, known_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (account_id, device_id) DO UPDATE SET seen_at = excluded.seen_at`,
		id, account, deviceName(c.UserAgent), deviceKind(c.UserAgent), tx.Now, tx.Now)
	if err == nil && met { // a new id has nothing against it
		_, err = tx.Exec("DELETE FROM strikes WHERE key = ?", strikesOf(account, id))
	}
	return token, id, err
}

// bindBrowser gives the browser a device token and an id, which it keeps. The token
// is always a new one: a cookie that a stranger planted beforehand must not become
// the owner's with the owner's code. met says that the browser had an id.
func bindBrowser(tx *db.Tx, c Client) (token, id string, met bool, err error) {
	if len(c.Device) == tokenLength {
		id, met, err = db.First[string](tx.DB, "SELECT id FROM devices WHERE token_hash = ? AND ends_at > ?", hashToken(c.Device), tx.Now)
		if err != nil {
			return "", "", false, err
		}
	}
	token = newToken()
	if !met {
		id = newID()
	}
	_, err = tx.Exec(`INSERT INTO devices (id, token_hash, created_at, ends_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash, ends_at = excluded.ends_at`,
		id, hashToken(token), tx.Now, tx.Now.Add(DeviceLife))
	return token, id, met, err
}

// deviceName says what a browser calls itself, in words a person knows:
// 'Firefox on Linux'. What cannot be told is left out, never guessed.
func deviceName(userAgent string) string {
	ua := useragent.Parse(strings.ToValidUTF8(cut(userAgent, 512), ""))
	browser, system := oneOf(ua.Name, browsers), oneOf(ua.OS, systems)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	case system != "":
		return "A browser on " + system
	}
	return "A web browser"
}

// deviceKind says what sort of machine a browser runs on.
func deviceKind(userAgent string) string {
	ua := useragent.Parse(strings.ToValidUTF8(cut(userAgent, 512), ""))
	switch {
	case ua.Mobile, ua.Tablet:
		return "phone"
	case strings.Contains(userAgent, "TV"):
		return "tv"
	case ua.Desktop:
		return "computer"
	}
	return "other"
}

// The names that a message may repeat. A browser says of itself what it likes,
// and what it says stands beside a code in a mail that bears our name: a
// stranger's words must not.
var (
	browsers = []string{
		useragent.Chrome, useragent.HeadlessChrome, useragent.Edge, useragent.Firefox, useragent.InternetExplorer, useragent.Opera,
		useragent.OperaMini, useragent.OperaTouch, useragent.Safari, useragent.SamsungBrowser, useragent.Vivaldi,
	}
	systems = []string{
		useragent.Android, useragent.ChromeOS, useragent.FreeBSD, useragent.Harmony, useragent.IOS, useragent.Linux, useragent.MacOS, useragent.Windows,
	}
)

func oneOf(name string, known []string) string {
	if slices.Contains(known, name) {
		return name
	}
	return ""
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
