package support

import (
	"context"
	"strings"
	"time"

	"admitone/models"
	"admitone/models/internal/db"
)

// StartChat is the form that begins a conversation.
type StartChat struct {
	Problem, Name, Email, Message string // name and address may be empty
	Nonce                         string
}

// Started is a conversation that began; the token goes into the chat cookie.
type Started struct{ ID, Token string }

// Start begins a conversation. Invalid errors: message (required, too_long,
// looks_like_code), email; TooSoon; Closed outside the hours, or with the reason
// full where too many wait. The same form sent twice begins one.
func (c *Chats) Start(ctx context.Context, v Visitor, f StartChat) (s Started, err error) {
	text, reason := cleanText(f.Message)
	if reason != "" {
		return s, invalid("message", reason, maxText)
	}
	email, reason := typedEmail(f.Email)
	if reason != "" {
		return s, invalid("email", reason, 0)
	}
	nonce := once(byVisitor, f.Nonce, text)
	err = c.db.Write(ctx, func(tx *db.Tx) error {
		if err := c.staffedNow(tx.Now); err != nil {
			return err
		}
		w, err := c.who(tx.DB, v, tx.Now)
		if err != nil {
			return err
		}
		from := c.origin(v.Client)
		if len(f.Nonce) >= nonceLength {
			if s, err = c.startedBefore(tx, nonce, from); err != nil || s.ID != "" {
				return err
			}
		}
		if err := c.mayStart(tx, v.Client, w, from); err != nil {
			return err
		}
		row := chat{
			ID: c.NewID(), Problem: problemOf(f.Problem), Name: cleanName(f.Name), Email: email, Address: from,
			Device: c.Device(v.Client), State: Waiting, StartedAt: tx.Now, VisitorAt: tx.Now, ChangedAt: tx.Now,
		}
		if row.AccountID, s.Token, err = c.holder(tx, w); err != nil {
			return err
		}
		s.ID, row.TokenHash = row.ID, c.HashToken(s.Token)
		if err := tx.Insert(&row); err != nil {
			return err
		}
		t := turn{tx: tx, chat: &row, before: row}
		t.say(byVisitor, "", text, nonce)
		return t.keep()
	})
	return s, err
}

// staffedNow refuses outside the hours.
func (c *core) staffedNow(now time.Time) error {
	d := c.Desk()
	if !d.Chat.Any() {
		return notFound("chat")
	}
	if d.Chat.Open(now, zoneOf(d)) {
		return nil
	}
	return &models.Error{Kind: models.Closed, Reason: "hours", RetryAt: d.Chat.Next(now, zoneOf(d))}
}

// origin stands for a visitor's network address, "" for nobody's.
func (c *core) origin(cl models.Client) string {
	key := c.AddressKey(cl)
	if key == "" {
		return ""
	}
	return c.Tag("chat origin", key)
}

// startedBefore finds what the same form began a moment ago: a button pressed
// twice begins one conversation. Its cookie is made anew, since only the answer to
// the last press is sure to be kept.
func (c *core) startedBefore(tx *db.Tx, nonce, from string) (s Started, err error) {
	// The mark is "" where the form's nonce is none of ours: over 64 bytes, or with odd
	// characters. All such messages share it, so that one from the same address would
	// open somebody else's conversation.
	if nonce == "" {
		return s, nil
	}
	// Of two at once the second waits here until the first has committed.
	if _, err := c.Free(tx, "chat form "+c.Tag("chat form", nonce)); err != nil {
		return s, err
	}
	var rows []chat
	err = tx.Raw(`SELECT c.id, c.token_hash FROM chats c JOIN chat_messages m ON m.chat_id = c.id AND m.seq = 1
		WHERE c.ended_at IS NULL AND c.state = 'waiting' AND c.started_at > ? AND c.address = ? AND m.nonce = ? LIMIT 1`,
		tx.Now.Add(-sameStartFor), from, nonce).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return s, err
	}
	s.ID = rows[0].ID
	s.Token, err = c.token(tx, rows[0].TokenHash)
	return s, err
}

// mayStart spends what a network address, and the network around it, may begin.
// The bound of all who wait is against floods, and people who are signed in have
// as many places again: starts at the same moment may pass it by a few.
func (c *core) mayStart(tx *db.Tx, cl models.Client, w who, from string) error {
	if err := c.mayHave(tx, cl, w, from); err != nil {
		return err
	}
	var waiting int
	if err := tx.Raw("SELECT count(*) FROM chats WHERE ended_at IS NULL AND state = 'waiting'").Scan(&waiting).Error; err != nil {
		return err
	}
	places := chatsWaiting
	if w.account != "" {
		places *= 2
	}
	if waiting >= places {
		return &models.Error{Kind: models.Closed, Reason: "full"}
	}
	return nil
}

// mayHave spends what one visitor may begin. Strangers behind the same address must not
// shut the chat for who is signed in.
func (c *core) mayHave(tx *db.Tx, cl models.Client, w who, from string) error {
	if w.account != "" {
		if err := c.count(tx, "chats", "chats of "+w.account, models.Limit{N: chatsHour, Per: time.Hour}); err != nil {
			return err
		}
		return mayOpen(tx, "account_id = ?", w.account)
	}
	if key := c.NetworkKey(cl); key != "" {
		if err := c.count(tx, "chats", "chats from "+key, models.Limit{N: chatsNetwork, Per: time.Hour}); err != nil {
			return err
		}
	}
	key := c.AddressKey(cl)
	if key == "" {
		return nil
	}
	if err := c.count(tx, "chats", "chats from "+key, models.Limit{N: chatsHour, Per: time.Hour}); err != nil {
		return err
	}
	return mayOpen(tx, "account_id IS NULL AND address = ?", from)
}

// mayOpen bounds the conversations of one visitor that go on.
func mayOpen(tx *db.Tx, whose, of string) error {
	var open int
	err := tx.Raw("SELECT count(*) FROM chats WHERE ended_at IS NULL AND state IN ('waiting', 'open') AND "+whose, of).Scan(&open).Error
	if err == nil && open >= chatsOpen {
		err = tooSoon("chats_open", tx.Now.Add(openRetry))
	}
	return err
}

// typedEmail reads an address that may be left out.
func typedEmail(typed string) (email, reason string) {
	if strings.TrimSpace(typed) == "" {
		return "", ""
	}
	e, reason := models.ParseEmail(typed)
	return e.Shown, reason
}
