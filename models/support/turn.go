package support

import (
	"context"
	"errors"
	"time"

	"admitone/models"
	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// chat is a row.
type chat struct {
	ID         string
	TokenHash  string
	AccountID  *string
	Problem    string
	Name       string
	Email      string
	Address    string
	Device     string
	State      string
	AgentID    *string
	AgentName  string
	Wrap       string
	Rating     int
	Seq        int64
	StartedAt  time.Time
	JoinedAt   *time.Time
	VisitorAt  time.Time
	AnsweredAt *time.Time
	WarnedAt   *time.Time
	EndedAt    *time.Time
	ChangedAt  time.Time

	Main string `gorm:"->"` // the account's main address, where the query joins it
}

// chatMessage is a row.
type chatMessage struct {
	ChatID string
	Seq    int64
	Author string
	Name   string
	Text   string
	Nonce  string
	At     time.Time
}

// The authors of what is said.
const (
	byVisitor = "visitor"
	byStaff   = "staff"
	byNote    = "note"
	byEvent   = "event"
)

// warnedFor is how long a warned visitor has, and staleAfter how long nothing may
// happen at all before a conversation ends by itself.
const (
	warnedFor  = 5 * time.Minute
	staleAfter = 12 * time.Hour
)

const chatColumns = `SELECT c.*, COALESCE(i.shown, '') AS main
	FROM chats c LEFT JOIN identifiers i ON i.account_id = c.account_id AND i.is_primary`

// find gives a conversation; a NotFound error where there is none.
func find(g *gorm.DB, id string) (chat, error) {
	if !models.IsID(id) {
		return chat{}, notFound("chat")
	}
	var rows []chat
	if err := g.Raw(chatColumns+" WHERE c.id = ?", id).Scan(&rows).Error; err != nil {
		return chat{}, err
	}
	if len(rows) == 0 {
		return chat{}, notFound("chat")
	}
	return rows[0], nil
}

// said gives the lines of a conversation after one of them.
func said(g *gorm.DB, id string, after int64, which string) (lines []Said, err error) {
	err = g.Raw("SELECT seq, author, name, text, at FROM chat_messages WHERE chat_id = ? AND seq > ? AND "+which+" ORDER BY seq", id, after).Scan(&lines).Error
	return lines, err
}

// shown is what both sides may see.
func (c chat) shown() Chat {
	s := Chat{
		ID: c.ID, Short: short(c.ID), State: c.State, Problem: c.Problem, Name: c.Name, Agent: c.AgentName,
		StartedAt: c.StartedAt, Rating: c.Rating,
	}
	if c.JoinedAt != nil {
		s.JoinedAt = *c.JoinedAt
	}
	if c.EndedAt != nil {
		s.EndedAt = *c.EndedAt
	}
	if c.WarnedAt != nil {
		s.IdleEndsAt = c.WarnedAt.Add(warnedFor)
	}
	return s
}

func short(id string) string { return id[:min(len(id), 4)] }

// turn is one act on a conversation: its row, locked, as the act changes it, and
// what is said in it. Only keep writes.
type turn struct {
	*chat
	tx     *db.Tx
	before chat
	lines  []chatMessage
}

// take locks a conversation, so that all acts on it have one order.
func take(tx *db.Tx, id string) (*turn, error) {
	if !models.IsID(id) {
		return nil, notFound("chat")
	}
	var rows []chat
	if err := tx.Raw("SELECT * FROM chats WHERE id = ?"+forUpdate(tx), id).Scan(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, notFound("chat")
	}
	return &turn{chat: &rows[0], tx: tx, before: rows[0]}, nil
}

// say adds a line.
func (t *turn) say(author, name, text, nonce string) {
	t.Seq++
	t.lines = append(t.lines, chatMessage{ChatID: t.ID, Seq: t.Seq, Author: author, Name: name, Text: text, Nonce: nonce, At: t.tx.Now})
}

// kept says whether a form's message is there already.
func (t *turn) kept(nonce string) (bool, error) {
	if nonce == "" {
		return false, nil
	}
	var n int
	err := t.tx.Raw("SELECT count(*) FROM chat_messages WHERE chat_id = ? AND nonce = ?", t.ID, nonce).Scan(&n).Error
	return n > 0, err
}

// end ends a conversation, whoever does it.
func (t *turn) end(event string) {
	t.State, t.WarnedAt, t.EndedAt = Ended, nil, &t.tx.Now
	t.say(byEvent, "", event, "")
}

// comeBack undoes a leaving.
func (t *turn) comeBack() {
	t.State = Waiting
	if t.AgentID != nil {
		t.State = Talking
	}
}

var errMoved = errors.New("support: a conversation was changed beside its lock")

// keep writes what the act has changed, and pokes who watches. The update names
// the number that was read: beside the lock nobody else can have taken it.
func (t *turn) keep() error {
	if *t.chat == t.before && len(t.lines) == 0 {
		return nil
	}
	t.ChangedAt = t.tx.Now
	n, err := t.tx.Exec(`UPDATE chats SET account_id = ?, email = ?, state = ?, agent_id = ?, agent_name = ?, wrap = ?, rating = ?, seq = ?,
		joined_at = ?, visitor_at = ?, answered_at = ?, warned_at = ?, ended_at = ?, changed_at = ? WHERE id = ? AND seq = ?`,
		t.AccountID, t.Email, t.State, t.AgentID, t.AgentName, t.Wrap, t.Rating, t.Seq,
		t.JoinedAt, t.VisitorAt, t.AnsweredAt, t.WarnedAt, t.EndedAt, t.ChangedAt, t.ID, t.before.Seq)
	if err == nil && n != 1 {
		err = errMoved
	}
	if err != nil {
		return err
	}
	for i := range t.lines {
		if err := t.tx.Insert(&t.lines[i]); err != nil {
			return err
		}
	}
	t.tx.Wake(chatTopic(t.ID))
	t.tx.Wake(queueTopic)
	if (t.before.State == Waiting) != (t.State == Waiting) {
		t.tx.Wake(lineTopic)
	}
	return nil
}

// visit is one act of a visitor.
func (c *Chats) visit(ctx context.Context, v Visitor, id string, act func(*turn, who) error) error {
	return c.db.Write(ctx, func(tx *db.Tx) error {
		w, err := c.who(tx.DB, v, tx.Now)
		if err != nil {
			return err
		}
		t, err := take(tx, id)
		if err != nil {
			return err
		}
		if !w.has(t.AccountID, t.TokenHash) {
			return notFound("chat")
		}
		if err := act(t, w); err != nil {
			return err
		}
		return t.keep()
	})
}

// serve is one act of a member of staff.
func (c *Chats) serve(ctx context.Context, a models.Client, id string, act func(*turn, models.Agent) error) error {
	return c.db.Write(ctx, func(tx *db.Tx) error {
		agent, err := c.LockAgent(tx, a)
		if err != nil {
			return err
		}
		t, err := take(tx, id)
		if err != nil {
			return err
		}
		if err := act(t, agent); err != nil {
			return err
		}
		if err := t.keep(); err != nil {
			return err
		}
		return seen(tx, agent.Account)
	})
}

// mine says whether a member of staff has the conversation.
func (c chat) mine(a models.Agent) bool { return c.AgentID != nil && *c.AgentID == a.Account }
