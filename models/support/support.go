// Package support is how people reach a person: live chat, call-backs, service
// codes, and what readers of the help centre tell. It owns its tables and shares
// no invariant with sign-in.
package support

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"admitone/models"
	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Options says what support works on.
type Options struct {
	Models *models.Models
	Log    *slog.Logger
}

// Support is one field per group of acts.
type Support struct {
	Chats        *Chats
	Calls        *Calls
	ServiceCodes *ServiceCodes
	Readers      *Readers

	core *core
}

type core struct {
	models.Parts
	db        *db.DB
	log       *slog.Logger
	watching  watching
	telephone *http.Client
	countries []string // of numbers that we call, the first one read where none is chosen

	waitMu sync.Mutex
	wait   Wait
	waitAt time.Time

	missMu sync.Mutex
	misses []miss
}

// The numbers that no operator changes.
const (
	waitKept    = 5 * time.Second
	typicalOver = 2 * time.Hour // joined chats that the typical wait is made of
	seenFor     = 2 * time.Minute
	callKept    = 30 * 24 * time.Hour
	codeKept    = 24 * time.Hour
	voteKept    = 366 * 24 * time.Hour
	missedKept  = 90 * 24 * time.Hour
)

// Open takes the database of the account domain.
func Open(o Options) (*Support, error) {
	c := &core{log: o.Log, watching: newWatching(), telephone: telephone()}
	o.Models.Lend(func(d *db.DB, p models.Parts) { c.db, c.Parts = d, p })
	_, texts := o.Models.Texts()
	var err error
	if c.countries, err = callCountries(c.Desk().Numbers, texts); err != nil {
		return nil, err
	}
	return &Support{Chats: &Chats{c}, Calls: &Calls{c}, ServiceCodes: &ServiceCodes{c}, Readers: &Readers{c}, core: c}, nil
}

// Sweep purges what is over. Nothing goes when a conversation ends: only later,
// once nobody needs it. Each line is a transaction of its own, so that a long one
// does not hold up the acts of people.
func (s *Support) Sweep(ctx context.Context) error {
	c := s.core
	ago := func(d time.Duration) time.Time { return c.db.Now().Add(-d) }
	kept := time.Duration(c.Policy().ChatKept)
	purges := []struct {
		sql string
		at  time.Time
	}{
		{"DELETE FROM chats WHERE ended_at <= ?", ago(kept)},
		{"DELETE FROM chats WHERE ended_at IS NULL AND state = 'left' AND changed_at <= ?", ago(kept)},
		{"DELETE FROM calls WHERE changed_at <= ?", ago(callKept)},
		{"DELETE FROM service_codes WHERE created_at <= ?", ago(codeKept)},
		{"DELETE FROM votes WHERE at <= ?", ago(voteKept)},
		{"DELETE FROM missed_searches WHERE last_at <= ?", ago(missedKept)},
		{"DELETE FROM desk_seen WHERE at <= ?", ago(codeKept)},
	}
	for _, p := range purges {
		err := c.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(p.sql, p.at)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Visitor is who writes or asks to be called: a browser with the chat cookie,
// signed in or not.
type Visitor struct {
	models.Client
	Token string // of the chat cookie, "" without one
}

// who is a visitor inside an act: what the rows know of him.
type who struct{ account, hash string }

func (c *core) who(g *gorm.DB, v Visitor, now time.Time) (w who, err error) {
	if v.Token != "" {
		w.hash = c.HashToken(v.Token)
	}
	if v.Session == "" {
		return w, nil
	}
	s, err := c.SignedIn(g, v.Client, now)
	if isKind(err, models.NoSession) || isKind(err, models.NotProven) { // he has moved: to support a stranger until the step-up
		return w, nil
	}
	w.account = s.AccountID
	return w, err
}

// has says whether a row is the visitor's. What belongs to an account is open to
// its sessions alone: a sign-out shuts it, whoever has copied the cookie. What was
// begun signed out belongs to its cookie.
func (w who) has(account *string, hash string) bool {
	if account != nil {
		return *account == w.account
	}
	return w.hash != "" && hash == w.hash
}

// holder is whose what begins now is: the account's where its visitor is signed in, and
// the browser's with the new cookie.
func (c *core) holder(tx *db.Tx, w who) (account *string, token string, err error) {
	if w.account != "" {
		account = &w.account
	}
	token, err = c.token(tx, w.hash)
	return account, token, err
}

// token makes a new cookie at each beginning: one that was there before may have
// been copied by whoever had this browser last. What the old one opened goes on
// under the new one.
func (c *core) token(tx *db.Tx, old string) (token string, err error) {
	token = c.NewToken()
	if old == "" {
		return token, nil
	}
	for _, sql := range []string{
		"UPDATE chats SET token_hash = ? WHERE token_hash = ? AND account_id IS NULL",
		"UPDATE calls SET token_hash = ? WHERE token_hash = ? AND account_id IS NULL",
	} {
		if _, err := tx.Exec(sql, c.HashToken(token), old); err != nil {
			return "", err
		}
	}
	return token, nil
}

// Wait says how long people wait for a chat right now.
type Wait struct {
	Waiting int           // people in line
	Typical time.Duration // zero: not known, nobody has waited lately
	Staffed bool          // a member of staff has the console open
}

// Wait gives the present wait; it is kept for some seconds.
func (s *Support) Wait(ctx context.Context) (Wait, error) {
	c := s.core
	now := c.db.Now()
	c.waitMu.Lock()
	defer c.waitMu.Unlock()
	if !c.waitAt.IsZero() && !now.Before(c.waitAt) && now.Sub(c.waitAt) < waitKept {
		return c.wait, nil
	}
	w, err := c.readWait(ctx, now)
	if err == nil {
		c.wait, c.waitAt = w, now
	}
	return w, err
}

func (c *core) readWait(ctx context.Context, now time.Time) (w Wait, err error) {
	g := c.db.Read(ctx)
	if err := g.Raw("SELECT count(*) FROM chats WHERE state = 'waiting' AND ended_at IS NULL").Scan(&w.Waiting).Error; err != nil {
		return w, err
	}
	var joined []struct{ StartedAt, JoinedAt time.Time }
	since := now.Add(-typicalOver)
	err = g.Raw("SELECT started_at, joined_at FROM chats WHERE changed_at > ? AND joined_at > ? LIMIT 5000", since, since).Scan(&joined).Error
	if err != nil {
		return w, err
	}
	waits := make([]time.Duration, len(joined))
	for i, j := range joined {
		waits[i] = j.JoinedAt.Sub(j.StartedAt)
	}
	w.Typical = median(waits)
	if w.Staffed = c.watching.staffed(); w.Staffed {
		return w, nil
	}
	var seen int
	err = g.Raw("SELECT count(*) FROM desk_seen WHERE at > ?", now.Add(-seenFor)).Scan(&seen).Error
	w.Staffed = seen > 0
	return w, err
}

// median is the middle of the values, zero of none.
func median(of []time.Duration) time.Duration {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return of[len(of)/2]
}

func isKind(err error, kind models.Kind) bool {
	var e *models.Error
	return errors.As(err, &e) && e.Kind == kind
}

func invalid(field, reason string, n int) error {
	return &models.Error{Kind: models.Invalid, Field: field, Reason: reason, N: n}
}

func notFound(reason string) error { return &models.Error{Kind: models.NotFound, Reason: reason} }

func conflict(reason string) error { return &models.Error{Kind: models.Conflict, Reason: reason} }

func tooSoon(reason string, retryAt time.Time) error {
	return &models.Error{Kind: models.TooSoon, Reason: reason, RetryAt: retryAt}
}

// spent is the error of a budget that is used up, nil where it is not.
func spent(reason string, retryAt time.Time, err error) error {
	if err == nil && !retryAt.IsZero() {
		err = tooSoon(reason, retryAt)
	}
	return err
}

// count counts one act on a budget; a TooSoon error where it is used up.
func (c *core) count(tx *db.Tx, reason, key string, limits ...models.Limit) error {
	retryAt, err := c.Spend(tx, key, limits...)
	return spent(reason, retryAt, err)
}

// forUpdate locks the rows of a query until the commit; SQLite has one writer and
// needs none.
func forUpdate(tx *db.Tx) string {
	if tx.OneWriter() {
		return ""
	}
	return " FOR UPDATE"
}

func zoneOf(d models.Desk) *time.Location {
	if d.Zone == nil {
		return time.UTC
	}
	return d.Zone
}

func problemOf(typed string) string {
	switch typed {
	case NoCode, WrongCode, LostWay, SomeoneIn:
		return typed
	}
	return Else
}
