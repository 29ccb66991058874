package support

import (
	"context"
	"time"

	"admitone/models"

	"gorm.io/gorm"
)

// Chats holds the acts on conversations.
type Chats struct{ *core }

// The states of a conversation.
const (
	Waiting = "waiting"
	Talking = "open"
	Left    = "left" // the visitor went, or nobody came; the answer goes by mail
	Ended   = "ended"
)

// The problems that people choose from.
const (
	NoCode    = "no_code"
	WrongCode = "wrong_code"
	LostWay   = "lost_way"
	SomeoneIn = "someone_in"
	Else      = "else"
)

// What bounds a conversation.
const (
	chatsHour     = 5   // begun from one network address
	chatsNetwork  = 60  // begun from one network (IPv4 /24, IPv6 /48)
	chatsOpen     = 3   // at once from one network address
	chatsWaiting  = 500 // in all
	saidMinute    = 30  // by a visitor
	saidVisitor   = 500 // lines of a conversation, until its visitor can write no more
	saidStaff     = 600 // and staff neither
	transcripts   = 3   // mailed in 24 hours
	sameStartFor  = 10 * time.Minute
	openRetry     = 10 * time.Minute
	transcriptDay = 24 * time.Hour
	nonceLength   = 16 // of a form that may open its conversation again: nobody guesses it
)

// Chat is a conversation as one side may see it.
type Chat struct {
	ID, Short          string // short is for talk: the first four letters of the id
	State, Problem     string
	Name, Agent        string // of the visitor; of who answers
	Place              int    // in line, from 1; 0 when not waiting
	StartedAt, EndedAt time.Time
	JoinedAt           time.Time
	IdleEndsAt         time.Time // set while the visitor is warned
	Seq                int64     // of the newest message this side may see
	Messages           []Said
	CanMail            bool   // the transcript can go to a confirmed address
	Email              string // where an answer by mail goes; masked but for one that was typed here
	Rating             int    // 0 for none, else 1 (no) or 2 (yes): 'did we help?'

	// Only for staff:
	Account string // "" where nobody is signed in
	Masked  string // its main address
	Device  string
	ReadOut time.Time // when its service code was, to this member of staff on a call; zero: not lately
	Wrap    string
	Mine    bool
}

// Said is one line of a conversation.
type Said struct {
	Seq    int64
	Author string // visitor, staff, note or event
	Name   string // of staff
	Text   string // of an event: its slug (joined, transferred, left, unanswered, idle, extended, ended, ended_idle, mailed)
	At     time.Time
}

// Current gives the visitor's conversation that has not ended, "" for none: the
// account's for who is signed in, else the one begun in this browser. One that he
// left comes after one that goes on.
func (c *Chats) Current(ctx context.Context, v Visitor) (id string, err error) {
	g := c.db.Read(ctx)
	w, err := c.who(g, v, c.db.Now())
	if err != nil {
		return "", err
	}
	if w.account != "" {
		return goesOn(g, "account_id = ?", w.account)
	}
	return begunHere(g, w)
}

// Here gives the conversation that was begun signed out in this browser and has
// not ended, "" for none. For who has signed in since it may be somebody else's.
func (c *Chats) Here(ctx context.Context, v Visitor) (id string, err error) {
	g := c.db.Read(ctx)
	w, err := c.who(g, v, c.db.Now())
	if err != nil {
		return "", err
	}
	return begunHere(g, w)
}

func begunHere(g *gorm.DB, w who) (string, error) {
	if w.hash == "" {
		return "", nil
	}
	return goesOn(g, "account_id IS NULL AND token_hash = ?", w.hash)
}

func goesOn(g *gorm.DB, whose string, args ...any) (id string, err error) {
	var ids []string
	err = g.Raw(`SELECT id FROM chats WHERE ended_at IS NULL AND `+whose+`
		ORDER BY CASE state WHEN 'left' THEN 1 ELSE 0 END, started_at DESC, id LIMIT 1`, args...).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// own gives the row of a visitor's conversation; a NotFound error for anybody
// else's.
func (c *Chats) own(g *gorm.DB, v Visitor, id string) (chat, error) {
	w, err := c.who(g, v, c.db.Now())
	if err != nil {
		return chat{}, err
	}
	row, err := find(g, id)
	if err == nil && !w.has(row.AccountID, row.TokenHash) {
		err = notFound("chat")
	}
	return row, err
}

// GoesOn says whether a visitor's conversation has not ended. A NotFound error for
// anybody else's.
func (c *Chats) GoesOn(ctx context.Context, v Visitor, id string) (bool, error) {
	row, err := c.own(c.db.Read(ctx), v, id)
	return err == nil && row.State != Ended, err
}

// Show gives a conversation to its visitor, with what was said after a message.
// A NotFound error for anybody else's.
func (c *Chats) Show(ctx context.Context, v Visitor, id string, after int64) (Chat, error) {
	g := c.db.Read(ctx)
	row, err := c.own(g, v, id)
	if err != nil {
		return Chat{}, err
	}
	shown := row.shown()
	shown.CanMail, shown.Email = row.AccountID != nil, row.Email
	if row.AccountID != nil {
		shown.Email = models.MaskEmail(row.Main)
	}
	if row.State == Waiting {
		if shown.Place, err = place(g, row); err != nil {
			return Chat{}, err
		}
	}
	if shown.Messages, err = said(g, id, after, "author <> 'note'"); err != nil {
		return Chat{}, err
	}
	// Never more than what was given: one that came meanwhile is asked for next.
	shown.Seq = after
	if n := len(shown.Messages); n > 0 {
		shown.Seq = shown.Messages[n-1].Seq
	}
	return shown, nil
}

// place is where a conversation stands in line, from 1.
func place(g *gorm.DB, row chat) (n int, err error) {
	err = g.Raw("SELECT count(*) FROM chats WHERE ended_at IS NULL AND state = 'waiting' AND (started_at < ? OR started_at = ? AND id < ?)",
		row.StartedAt, row.StartedAt, row.ID).Scan(&n).Error
	return n + 1, err
}

// Say adds a message of the visitor. Invalid{message}: required, too_long,
// looks_like_code, ended, too_many; TooSoon. The same nonce with the same words
// is the same message. Who had left is back.
func (c *Chats) Say(ctx context.Context, v Visitor, id, text, nonce string) error {
	text, reason := cleanText(text)
	if reason != "" {
		return invalid("message", reason, maxText)
	}
	return c.visit(ctx, v, id, func(t *turn, w who) error {
		if t.State == Ended {
			return invalid("message", "ended", 0)
		}
		nonce := once(byVisitor, nonce, text)
		if kept, err := t.kept(nonce); err != nil || kept {
			return err
		}
		if t.Seq >= saidVisitor {
			return invalid("message", "too_many", saidVisitor)
		}
		retryAt, err := t.tooFast()
		if err := spent("messages", retryAt, err); err != nil {
			return err
		}
		if err := c.spelled(t, byVisitor, "message", text); err != nil {
			return err
		}
		// Who has signed in since it began, and writes in it, has it in his account
		// from now on.
		if t.AccountID == nil && w.account != "" {
			t.AccountID = &w.account
		}
		t.say(byVisitor, "", text, nonce)
		if t.AnsweredAt != nil {
			t.VisitorAt, t.AnsweredAt = t.tx.Now, nil
		}
		t.WarnedAt = nil
		if t.State == Left {
			t.comeBack()
		}
		return nil
	})
}

// tooFast says until when the visitor has written enough for a minute. It is
// exact: the conversation's row is locked.
func (t *turn) tooFast() (retryAt time.Time, err error) {
	var rows []struct{ At time.Time }
	err = t.tx.Raw("SELECT at FROM chat_messages WHERE chat_id = ? AND author = 'visitor' AND at > ? ORDER BY seq DESC LIMIT 1 OFFSET ?",
		t.ID, t.tx.Now.Add(-time.Minute), saidMinute-1).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return retryAt, err
	}
	return rows[0].At.Add(time.Minute), nil
}

// Extend tells that the visitor is still there.
func (c *Chats) Extend(ctx context.Context, v Visitor, id string) error {
	return c.visit(ctx, v, id, func(t *turn, _ who) error {
		if t.WarnedAt == nil {
			return nil
		}
		t.WarnedAt, t.AnsweredAt = nil, &t.tx.Now
		t.say(byEvent, "", "extended", "")
		return nil
	})
}

// Leave lets the visitor go; the answer comes by mail. Without an account an
// address is needed (Invalid{email}).
func (c *Chats) Leave(ctx context.Context, v Visitor, id, email string) error {
	email, reason := typedEmail(email)
	if reason != "" {
		return invalid("email", reason, 0)
	}
	return c.visit(ctx, v, id, func(t *turn, _ who) error {
		if t.State == Ended {
			return invalid("message", "ended", 0)
		}
		// One address and no other: staff answer it, and must not be led to write to
		// one stranger after another.
		if email != "" && t.Email != "" && email != t.Email {
			return invalid("email", "fixed", 0)
		}
		if t.Email == "" {
			t.Email = email
		}
		if t.AccountID == nil && t.Email == "" {
			return invalid("email", "empty", 0)
		}
		if t.State == Left {
			return nil
		}
		t.State, t.WarnedAt = Left, nil
		t.say(byEvent, "", "left", "")
		return nil
	})
}

// End ends the conversation.
func (c *Chats) End(ctx context.Context, v Visitor, id string) error {
	return c.visit(ctx, v, id, func(t *turn, _ who) error {
		if t.State != Ended {
			t.end("ended")
		}
		return nil
	})
}

// Rate keeps whether it helped.
func (c *Chats) Rate(ctx context.Context, v Visitor, id string, helped bool) error {
	return c.visit(ctx, v, id, func(t *turn, _ who) error {
		t.Rating = 1
		if helped {
			t.Rating = 2
		}
		return nil
	})
}
