package models

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Device is a browser that the account knows, or one that is signed in without
// being known.
type Device struct {
	ID           string
	Name         string
	Kind         string // phone, computer, tv or other
	Browser      string // of its newest session: 'Firefox on Linux', whatever its name is
	This         bool
	Known        bool // it needs no code; else it is only signed in
	SignedIn     bool
	FirstSeen    time.Time
	LastSeen     time.Time
	Address      string    // of its newest session
	Place        string    // roughly where that was, "" unknown
	MovedAt      time.Time // when a session of it turned up elsewhere, zero for never
	TrustedUntil time.Time
}

// Devices lists the account's devices, this one first, and counts its signed-in
// sessions.
func (a *Accounts) Devices(ctx context.Context, s Session, c Client) ([]Device, int, error) {
	return a.devices(a.db.Read(ctx), s.AccountID, hashToken(c.Session))
}

func (a *Accounts) devices(g *gorm.DB, account, this string) ([]Device, int, error) {
	now := a.db.Now()
	var known []struct {
		DeviceID, Name, Kind string
		KnownAt, SeenAt      time.Time
		TrustedUntil         *time.Time
	}
	err := db.Scan(g, &known, `SELECT k.device_id, k.name, k.kind, k.known_at, k.seen_at, k.trusted_until FROM known_devices k
		JOIN devices d ON d.id = k.device_id WHERE k.account_id = ? AND d.ends_at > ?`, account, now)
	if err != nil {
		return nil, 0, err
	}
	var sessions []session
	err = db.Scan(g, &sessions, "SELECT * FROM sessions WHERE account_id = ? AND ends_at > ? AND seen_at > ? ORDER BY seen_at",
		account, now, now.Add(-time.Duration(a.policy.SessionIdle)))
	if err != nil {
		return nil, 0, err
	}
	byID := map[string]*Device{}
	for _, k := range known {
		d := &Device{ID: k.DeviceID, Name: k.Name, Kind: k.Kind, Known: true, FirstSeen: k.KnownAt, LastSeen: k.SeenAt}
		if k.TrustedUntil != nil && k.TrustedUntil.After(now) {
			d.TrustedUntil = *k.TrustedUntil
		}
		byID[d.ID] = d
	}
	for _, s := range sessions { // the newest last: its address stays
		d := byID[orNone(s.DeviceID)]
		if d == nil {
			d = &Device{ID: s.ID, Name: s.Device, Kind: "other", FirstSeen: s.CreatedAt}
			byID[d.ID] = d
		}
		d.SignedIn, d.Browser, d.Address, d.Place = true, s.Device, s.Address, s.Place
		if s.MovedAt != nil {
			d.MovedAt = *s.MovedAt
		}
		d.This = d.This || s.ID == this
		if s.SeenAt.After(d.LastSeen) {
			d.LastSeen = s.SeenAt
		}
	}
	list := make([]Device, 0, len(byID))
	for _, d := range byID {
		list = append(list, *d)
	}
	slices.SortFunc(list, func(x, y Device) int {
		switch {
		case x.This != y.This && x.This:
			return -1
		case x.This != y.This:
			return 1
		case !x.LastSeen.Equal(y.LastSeen):
			return y.LastSeen.Compare(x.LastSeen)
		}
		return strings.Compare(x.ID, y.ID)
	})
	return list, len(sessions), nil
}

// find gives the one device of the account with an id; a NotFound error for
// anyone else's.
func (a *Accounts) find(tx *db.Tx, account, this, id string) (Device, error) {
	list, _, err := a.devices(tx.DB, account, this)
	if err != nil {
		return Device{}, err
	}
	for _, d := range list {
		if d.ID == id {
			return d, nil
		}
	}
	return Device{}, &Error{Kind: NotFound, Reason: "device"}
}

// maxDeviceName bounds a name that people give a device, in code points.
const maxDeviceName = 40

// RenameDevice gives a known device the name that its owner uses.
func (a *Accounts) RenameDevice(ctx context.Context, id, name string, c Client) error {
	name = strings.Join(strings.Fields(strings.ToValidUTF8(name, "")), " ")
	// A name of marks and joiners alone would be a row that nobody can see.
	seen := func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsMark(r) }
	switch {
	case utf8.RuneCountInString(name) > maxDeviceName:
		return invalid("name", "too_long", maxDeviceName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return invalid("name", "bad_characters", 0)
	case !strings.ContainsFunc(name, seen):
		return invalid("name", "empty", 0)
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		s, err := a.atHome(tx.DB, c, tx.Now)
		if err != nil {
			return err
		}
		if !isID(id) {
			return &Error{Kind: NotFound, Reason: "device"}
		}
		n, err := tx.Exec("UPDATE known_devices SET name = ? WHERE account_id = ? AND device_id = ?", name, *s.AccountID, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return &Error{Kind: NotFound, Reason: "device"}
		}
		return record(tx, EventDeviceRenamed, *s.AccountID, c)
	})
}

// SignOutDevice ends the sessions of one device and makes it unknown: it needs
// a code again. It holds from the moment that is returned.
func (a *Accounts) SignOutDevice(ctx context.Context, id string, c Client) (gone Device, at time.Time, err error) {
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		at = tx.Now
		s, err := a.elevatedAlone(tx, c)
		if err != nil {
			return err
		}
		if gone, err = a.find(tx, *s.AccountID, s.ID, id); err != nil {
			return err
		}
		_, err = tx.Exec("DELETE FROM sessions WHERE account_id = ? AND (device_id = ? OR id = ?)", *s.AccountID, id, id)
		if err != nil {
			return err
		}
		for _, table := range []string{"known_devices", "lanes"} {
			if _, err := tx.Exec("DELETE FROM "+table+" WHERE account_id = ? AND device_id = ?", *s.AccountID, id); err != nil {
				return err
			}
		}
		if err := voidServiceCodes(tx, *s.AccountID); err != nil {
			return err
		}
		return record(tx, EventSignedOutDevice, *s.AccountID, c)
	})
	return gone, at, err
}

// isID says whether an id that was typed or sent can be one of ours: PostgreSQL does
// not even take every string.
func isID(id string) bool {
	_, err := hex.DecodeString(id)
	return err == nil && id != ""
}

// AllDevices stands for every trusted device in StopTrusting.
const AllDevices = "all"

// StopTrusting ends the trust of one device, or of AllDevices; a NotFound error
// where that device is not trusted.
func (a *Accounts) StopTrusting(ctx context.Context, id string, c Client) error {
	return a.db.Write(ctx, func(tx *db.Tx) error {
		s, err := a.elevatedAlone(tx, c)
		if err != nil {
			return err
		}
		var n int64
		switch {
		case id == AllDevices:
			_, err = tx.Exec("UPDATE known_devices SET trusted_until = NULL WHERE account_id = ?", *s.AccountID)
			n = 1
		case isID(id):
			n, err = tx.Exec("UPDATE known_devices SET trusted_until = NULL WHERE account_id = ? AND device_id = ? AND trusted_until IS NOT NULL", *s.AccountID, id)
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return &Error{Kind: NotFound, Reason: "device"}
		}
		return record(tx, EventDeviceUntrusted, *s.AccountID, c)
	})
}

// SignOutEverywhere ends every session of the account and makes its devices
// unknown; this one too where this is true.
func (a *Accounts) SignOutEverywhere(ctx context.Context, this bool, c Client) (at time.Time, err error) {
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		at = tx.Now
		s, err := a.elevatedAlone(tx, c)
		if err != nil {
			return err
		}
		keepSession, keepDevice := s.ID, orNone(s.DeviceID)
		if this {
			keepSession, keepDevice = "", ""
		}
		if err := endSessions(tx, *s.AccountID, keepSession); err != nil {
			return err
		}
		if err := forgetDevices(tx, *s.AccountID, keepDevice, keepDevice); err != nil {
			return err
		}
		if s.proof(tx.Now) == ProofCode {
			if err := stopWaiting(tx, *s.AccountID, ""); err != nil {
				return err
			}
		}
		if err := a.tell(tx, *s.AccountID, notice{kind: KindSignedOutEverywhere}, c); err != nil {
			return err
		}
		return record(tx, EventSignedOutEverywhere, *s.AccountID, c)
	})
	return at, err
}

// elevatedAlone is elevated with the account's row locked. Whoever had the row before
// may have ended this very session.
func (c *core) elevatedAlone(tx *db.Tx, cl Client) (session, error) {
	s, err := c.elevated(tx, cl)
	if err != nil {
		return s, err
	}
	if _, err := lockOwner(tx, *s.AccountID, true); err != nil {
		return s, err
	}
	return c.elevated(tx, cl)
}

// endSessions ends the sessions of an account but one ("" for none), and what
// is pending for it.
// The account's row is locked first: a step-up that gives a session a new token at
// this moment comes before or after, never between.
func endSessions(tx *db.Tx, account, keep string) error {
	if _, err := lockOwner(tx, account, true); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM sessions WHERE account_id = ? AND id <> ?", account, keep); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM sign_ins WHERE account_id = ?", account); err != nil {
		return err
	}
	return voidServiceCodes(tx, account)
}

// voidServiceCodes takes what a session that ends may have been shown: whoever reads it
// out would pass for the account's holder. The caller has locked the account.
func voidServiceCodes(tx *db.Tx, account string) error {
	_, err := tx.Exec("DELETE FROM service_codes WHERE account_id = ? AND used_at IS NULL", account)
	return err
}

// shutOut ends every session of an account and makes all its devices unknown.
func shutOut(tx *db.Tx, account string) error { return shutOutBut(tx, account, "") }

// shutOutBut is shutOut where one browser keeps its lane ("" for none): strangers'
// failures must not stop who has just proven the mailbox there.
func shutOutBut(tx *db.Tx, account, lane string) error {
	if err := endSessions(tx, account, ""); err != nil {
		return err
	}
	return forgetDevices(tx, account, "", lane)
}

// forgetDevices makes the devices of an account unknown but one, and takes the
// lanes of its browsers but one ("" for none).
func forgetDevices(tx *db.Tx, account, keep, lane string) error {
	if _, err := tx.Exec("DELETE FROM known_devices WHERE account_id = ? AND device_id <> ?", account, keep); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM lanes WHERE account_id = ? AND device_id <> ?", account, lane)
	return err
}
