package models

import (
	"context"
	"strings"
	"time"

	"admitone/models/internal/db"

	"github.com/mileusna/useragent"
)

// A session lives in one browser and one country: those of its sign-in, or of its
// last step-up. A cookie that turns up in a browser of another family, or in another
// country, may have been copied. There nothing of the account is shown or changed
// before a step-up; where the session lives it goes on as it was.

// movedBudget bounds how often an account is told: a copy that hops about must not
// fill a mailbox.
func movedBudget(account string) budget {
	return budget{key: "session moved " + account, windows: []window{{3, 24 * time.Hour}}}
}

// browserFamily names a browser without its version, which changes by itself.
func browserFamily(userAgent string) string {
	return oneOf(useragent.Parse(strings.ToValidUTF8(cut(userAgent, 512), "")).Name, browsers)
}

// settle makes a session live where a client is. An address that many share,
// wherever they are, binds it to no country: who goes in and out of a VPN is asked
// once and not each time.
func (s *session) settle(c Client) {
	s.Browser, s.Country, s.Place, s.MovedAt = browserFamily(c.UserAgent), c.Place.Country, c.Place.String(), nil
	if c.Place.Roams {
		s.Country = ""
	}
}

// elsewhere says whether a client is not where the session lives. A browser goes on
// saying what it is, so that a request that says nothing known comes from another
// program. A country that is not known now is no difference: which networks a file
// knows is nobody's doing, and changes with the file.
func (s session) elsewhere(c Client) bool {
	return s.Browser != "" && s.Browser != browserFamily(c.UserAgent) ||
		s.Country != "" && c.Place.Country != "" && s.Country != c.Place.Country
}

// home is where a session lives, in words: 'Firefox on Linux, Vienna, Austria'.
func (s session) home() string {
	if s.Place == "" {
		return s.Device
	}
	return s.Device + ", " + s.Place
}

// moved keeps that a session has turned up elsewhere: its proofs are void and every
// address of the account is told, once. The next step-up begins anew.
func (c *core) moved(ctx context.Context, s session, cl Client) error {
	account := *s.AccountID
	told := movedBudget(account)
	return c.db.Write(ctx, func(tx *db.Tx) error {
		if err := lock(tx, told); err != nil {
			return err
		}
		if _, err := lockOwner(tx, account, true); err != nil {
			return err
		}
		n, err := tx.Exec("UPDATE sessions SET moved_at = ?, elevated_until = NULL, password_until = NULL WHERE id = ? AND moved_at IS NULL", tx.Now, s.ID)
		if err != nil || n == 0 {
			return err
		}
		if err := record(tx, EventSessionMoved, account, cl); err != nil {
			return err
		}
		retryAt, err := refusedUntil(tx, cl, told)
		if err != nil || !retryAt.IsZero() {
			return err
		}
		if err := spend(tx, told); err != nil {
			return err
		}
		return c.tell(tx, account, notice{kind: KindSessionMoved, what: s.home()}, cl)
	})
}
