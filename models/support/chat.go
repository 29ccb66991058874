package support

import (
	"context"
	"strings"
	"time"

	"admitone/models"
	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Chats holds the acts on conversations.
type Chats struct{ *core }

// The states of a conversation.
const (
	Waiting = "waiting"
	Talking = "open"
	Left    = "left" // the visitor went; the answer goes by mail
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

// StartChat is the form that begins a conversation.
type StartChat struct {
	Problem, Name, Email, Message string // name and address may be empty
	Nonce                         string
}

// Started is a conversation that began; the token goes into the chat cookie.
type Started struct{ ID, Token string }

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
	Text   string // of an event: its slug (joined, transferred, left, idle, extended, ended, ended_idle, mailed)
	At     time.Time
}

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
		if w.account != "" {
			row.AccountID = &w.account
		}
		if s.Token, err = c.token(tx, w.hash); err != nil {
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

func zoneOf(d models.Desk) *time.Location {
	if d.Zone == nil {
		return time.UTC
	}
	return d.Zone
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
	if key := c.NetworkKey(cl); key != "" {
		if err := c.count(tx, "chats", "chats from "+key, models.Limit{N: chatsNetwork, Per: time.Hour}); err != nil {
			return err
		}
	}
	if key := c.AddressKey(cl); key != "" {
		if err := c.count(tx, "chats", "chats from "+key, models.Limit{N: chatsHour, Per: time.Hour}); err != nil {
			return err
		}
		var open int
		err := tx.Raw("SELECT count(*) FROM chats WHERE ended_at IS NULL AND state IN ('waiting', 'open') AND address = ?", from).Scan(&open).Error
		if err != nil {
			return err
		}
		if open >= chatsOpen {
			return tooSoon("chats_open", tx.Now.Add(openRetry))
		}
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

func problemOf(typed string) string {
	switch typed {
	case NoCode, WrongCode, LostWay, SomeoneIn:
		return typed
	}
	return Else
}

// typedEmail reads an address that may be left out.
func typedEmail(typed string) (email, reason string) {
	if strings.TrimSpace(typed) == "" {
		return "", ""
	}
	e, reason := models.ParseEmail(typed)
	return e.Shown, reason
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

// MailTranscript sends what was said to the account's main address, masked. A
// NotFound error where nobody is signed in: we mail no texts of strangers to
// addresses that nobody has proven.
func (c *Chats) MailTranscript(ctx context.Context, v Visitor, id string) (masked string, err error) {
	err = c.visit(ctx, v, id, func(t *turn, _ who) error {
		if t.AccountID == nil {
			return notFound("account")
		}
		if err := c.count(t.tx, "transcripts", "transcripts of "+id, models.Limit{N: transcripts, Per: transcriptDay}); err != nil {
			return err
		}
		lines, err := said(t.tx.DB, id, 0, "author IN ('visitor', 'staff')")
		if err != nil {
			return err
		}
		if masked, err = mainAddress(t.tx.DB, *t.AccountID); err != nil {
			return err
		}
		err = c.Mail(t.tx, models.Mail{
			Kind: models.KindChatTranscript, Account: *t.AccountID, Body: transcript(lines, zoneOf(c.Desk())), Client: v.Client,
		})
		if err != nil {
			return err
		}
		t.say(byEvent, "", "mailed", "")
		return nil
	})
	return masked, err
}

// transcript writes lines as a mail shows them, a day's first one with its date.
func transcript(lines []Said, z *time.Location) string {
	var b strings.Builder
	day := ""
	for _, l := range lines {
		at := l.At.In(z)
		if d := at.Format("2 January 2006 (MST)"); d != day {
			day = d
			b.WriteString(d + "\n")
		}
		name := l.Name
		if l.Author == byVisitor {
			name = "You"
		}
		// The next lines of a message are set in, so that none looks like another's.
		b.WriteString(name + " " + at.Format("15:04") + ": " + strings.ReplaceAll(l.Text, "\n", "\n    ") + "\n")
	}
	return b.String()
}

// mainAddress is where mail to an account goes, masked.
func mainAddress(g *gorm.DB, account string) (masked string, err error) {
	var shown string
	err = g.Raw("SELECT shown FROM identifiers WHERE account_id = ? AND is_primary", account).Scan(&shown).Error
	return models.MaskEmail(shown), err
}
