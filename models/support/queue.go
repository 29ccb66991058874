package support

import (
	"context"
	"slices"
	"time"

	"admitone/models"
	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// queueRows is how many conversations the staff's list shows.
const queueRows = 200

// What bounds the answers by mail.
const (
	answersChat  = 10 // in 24 hours, of one conversation
	answersAgent = 30 // in an hour, by one member of staff
)

// QueueFilter is what the staff's list shows.
type QueueFilter struct {
	State string // "" all that have not ended; waiting, open, left, ended, mine
	Sort  string // age (default), state, who
}

// Queue is the staff's list.
type Queue struct {
	Rows    []QueueRow
	Open    int // that have not ended
	Longest time.Duration
	Newest  time.Time // the newest change: a later one means news
	New     int       // that began after since
}

// QueueRow is a conversation in it.
type QueueRow struct {
	ID, Short, Name, Problem, State, Agent string
	Masked                                 string // of the account, "" signed out
	StartedAt, ChangedAt                   time.Time
	Age                                    time.Duration // since its visitor waits for an answer, 0 where it is his turn
	Mine, Late                             bool          // late: unanswered longer than the desk's limit
}

// Of those that have ended the list shows the latest, in whichever order: to sort them
// all would read all that are kept.
var queueStates = map[string]string{
	"":      "c.ended_at IS NULL",
	Waiting: "c.ended_at IS NULL AND c.state = 'waiting'",
	Talking: "c.ended_at IS NULL AND c.state = 'open'",
	Left:    "c.ended_at IS NULL AND c.state = 'left'",
	Ended:   "c.id IN (SELECT id FROM chats WHERE ended_at IS NOT NULL ORDER BY changed_at DESC LIMIT ?)",
	"mine":  "c.ended_at IS NULL AND c.agent_id = ?",
}

// queueSorts put who waits longest first; those whose visitor has the answer come
// after them, and those who have left last: they can be any number.
var queueSorts = map[string]string{
	"age":   "CASE WHEN c.ended_at IS NOT NULL THEN 3 WHEN c.state = 'left' THEN 2 WHEN c.answered_at IS NOT NULL THEN 1 ELSE 0 END, c.ended_at DESC, c.visitor_at, c.id",
	"state": "CASE c.state WHEN 'waiting' THEN 0 WHEN 'open' THEN 1 WHEN 'left' THEN 2 ELSE 3 END, c.visitor_at, c.id",
	"who":   "CASE WHEN c.state = 'left' THEN 1 ELSE 0 END, CASE WHEN c.name = '' THEN 1 ELSE 0 END, lower(c.name), c.started_at, c.id",
}

// Queue lists conversations for a member of staff. since is when the page was
// made, zero at first.
func (c *Chats) Queue(ctx context.Context, a models.Client, f QueueFilter, since time.Time) (Queue, error) {
	g, now := c.db.Read(ctx), c.db.Now()
	agent, err := c.Agent(g, a, now)
	if err != nil {
		return Queue{}, err
	}
	if err := c.Present(ctx, agent); err != nil {
		return Queue{}, err
	}
	where, known := queueStates[f.State]
	if !known {
		where = queueStates[""]
	}
	order, known := queueSorts[f.Sort]
	if !known {
		order = queueSorts["age"]
	}
	var args []any
	switch f.State {
	case "mine":
		args = append(args, agent.Account)
	case Ended:
		args = append(args, queueRows)
	}
	var rows []chat
	if err := g.Raw(chatColumns+" WHERE "+where+" ORDER BY "+order+" LIMIT ?", append(args, queueRows)...).Scan(&rows).Error; err != nil {
		return Queue{}, err
	}
	q := Queue{}
	for _, r := range rows {
		q.Rows = append(q.Rows, c.queueRow(r, agent, now))
	}
	return q, c.sumUp(g, &q, since, now)
}

// sumUp counts over all conversations, whatever the list shows of them.
func (c *core) sumUp(g *gorm.DB, q *Queue, since, now time.Time) error {
	var of struct{ Open, New int }
	err := g.Raw("SELECT count(*) AS open, COALESCE(sum(CASE WHEN started_at > ? THEN 1 ELSE 0 END), 0) AS new FROM chats WHERE ended_at IS NULL", since).Scan(&of).Error
	if err != nil {
		return err
	}
	q.Open = of.Open
	if !since.IsZero() {
		q.New = of.New
	}
	var waits []time.Time
	err = g.Raw("SELECT visitor_at FROM chats WHERE ended_at IS NULL AND answered_at IS NULL ORDER BY visitor_at LIMIT 1").Scan(&waits).Error
	if err != nil {
		return err
	}
	for _, at := range waits {
		q.Longest = now.Sub(at)
	}
	var newest []time.Time
	err = g.Raw("SELECT changed_at FROM chats ORDER BY changed_at DESC LIMIT 1").Scan(&newest).Error
	for _, at := range newest {
		q.Newest = at
	}
	return err
}

func (c *core) queueRow(r chat, agent models.Agent, now time.Time) QueueRow {
	q := QueueRow{
		ID: r.ID, Short: short(r.ID), Name: r.Name, Problem: r.Problem, State: r.State, Agent: r.AgentName,
		StartedAt: r.StartedAt, ChangedAt: r.ChangedAt, Mine: r.mine(agent),
	}
	if r.AccountID != nil {
		q.Masked = models.MaskEmail(r.Main)
	}
	if r.EndedAt == nil && r.AnsweredAt == nil {
		q.Age = now.Sub(r.VisitorAt)
		q.Late = q.Age > c.unanswered()
	}
	return q
}

func (c *core) unanswered() time.Duration {
	return time.Duration(c.Desk().UnansweredMinutes) * time.Minute
}

// open gives the row of a conversation to a member of staff.
func (c *Chats) open(g *gorm.DB, a models.Client, id string, now time.Time) (chat, models.Agent, error) {
	agent, err := c.Agent(g, a, now)
	if err != nil {
		return chat{}, agent, err
	}
	row, err := find(g, id)
	return row, agent, err
}

// MayRead gives the error that Read would refuse a conversation with, nil for none.
func (c *Chats) MayRead(ctx context.Context, a models.Client, id string) error {
	_, _, err := c.open(c.db.Read(ctx), a, id, c.db.Now())
	return err
}

// Read gives a conversation to staff, notes and all.
func (c *Chats) Read(ctx context.Context, a models.Client, id string, after int64) (Chat, error) {
	g, now := c.db.Read(ctx), c.db.Now()
	row, agent, err := c.open(g, a, id, now)
	if err != nil {
		return Chat{}, err
	}
	s := row.shown()
	s.Device, s.Wrap, s.Mine = row.Device, row.Wrap, row.mine(agent)
	if row.Email != "" {
		s.Email = models.MaskEmail(row.Email)
	}
	if row.AccountID != nil {
		s.Account, s.Masked = *row.AccountID, models.MaskEmail(row.Main)
		s.CanMail = true
		if s.ReadOut, err = readOut(g, agent, s.Account, now, ""); err != nil {
			return Chat{}, err
		}
	}
	if row.State == Waiting {
		if s.Place, err = place(g, row); err != nil {
			return Chat{}, err
		}
	}
	s.Seq = row.Seq
	if s.Messages, err = said(g, id, after, "author <> ''"); err != nil {
		return Chat{}, err
	}
	if n := len(s.Messages); n > 0 {
		s.Seq = s.Messages[n-1].Seq
	}
	return s, nil
}

// Join takes a conversation that waits; Conflict where a colleague has it.
func (c *Chats) Join(ctx context.Context, a models.Client, id string) error {
	return c.serve(ctx, a, id, func(t *turn, agent models.Agent) error {
		switch {
		case t.State == Ended:
			return conflict("ended")
		case t.mine(agent):
			return nil
		case t.AgentID != nil:
			return conflict("taken")
		}
		t.handTo(agent, "joined")
		return nil
	})
}

// handTo gives a conversation to a member of staff. Who has left is answered by
// mail by whoever has it.
func (t *turn) handTo(agent models.Agent, event string) {
	t.AgentID, t.AgentName = &agent.Account, agent.Name
	if t.State == Waiting {
		t.State = Talking
	}
	if t.JoinedAt == nil {
		t.JoinedAt = &t.tx.Now
	}
	t.say(byEvent, agent.Name, event, "")
}

// Reply answers; in a conversation that its visitor left it goes by mail as well.
func (c *Chats) Reply(ctx context.Context, a models.Client, id, text, nonce string) error {
	text, reason := cleanText(text)
	if reason != "" {
		return invalid("message", reason, maxText)
	}
	return c.serve(ctx, a, id, func(t *turn, agent models.Agent) error {
		switch {
		case t.State == Ended:
			return invalid("message", "ended", 0)
		case !t.mine(agent):
			return conflict("not_yours")
		case t.Seq >= saidStaff:
			return invalid("message", "too_many", saidStaff)
		}
		nonce := once(byStaff, nonce, text)
		if kept, err := t.kept(nonce); err != nil || kept {
			return err
		}
		if err := c.spelled(t, byStaff, "message", text); err != nil {
			return err
		}
		t.say(byStaff, agent.Name, text, nonce)
		t.AnsweredAt, t.WarnedAt = &t.tx.Now, nil
		if t.State != Left {
			return nil
		}
		if err := c.mayMail(t, agent); err != nil {
			return err
		}
		m := models.Mail{Kind: models.KindSupportReply, To: t.Email, What: agent.Name, Body: text}
		if t.AccountID != nil {
			m.Account = *t.AccountID
		}
		return c.Mail(t.tx, m)
	})
}

// mayMail bounds the answers that go by mail: our name stands above them.
func (c *core) mayMail(t *turn, agent models.Agent) error {
	if err := c.count(t.tx, "answers", "answers of "+t.ID, models.Limit{N: answersChat, Per: 24 * time.Hour}); err != nil {
		return err
	}
	return c.count(t.tx, "answers", "answers by "+agent.Account, models.Limit{N: answersAgent, Per: time.Hour})
}

// Note keeps a note for staff. It is never shown to the visitor, mailed or part of
// a transcript.
func (c *Chats) Note(ctx context.Context, a models.Client, id, text, nonce string) error {
	text, reason := cleanText(text)
	if reason != "" {
		return invalid("note", reason, maxText)
	}
	return c.serve(ctx, a, id, func(t *turn, agent models.Agent) error {
		if t.Seq >= saidStaff {
			return invalid("note", "too_many", saidStaff)
		}
		nonce := once(byNote, nonce, text)
		if kept, err := t.kept(nonce); err != nil || kept {
			return err
		}
		if err := c.spelled(t, byNote, "note", text); err != nil {
			return err
		}
		t.say(byNote, agent.Name, text, nonce)
		return nil
	})
}

// Transfer hands a conversation to a colleague, or with "" back to the queue. Any
// member of staff may take one over so, too: a colleague may have gone home.
func (c *Chats) Transfer(ctx context.Context, a models.Client, id, account string) error {
	return c.serve(ctx, a, id, func(t *turn, _ models.Agent) error {
		if t.State == Ended {
			return conflict("ended")
		}
		if account == "" {
			t.handBack()
			return nil
		}
		to, err := colleagues(t.tx.DB)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(to, func(a models.Agent) bool { return a.Account == account })
		switch {
		case i < 0:
			return notFound("colleague")
		case t.mine(to[i]):
			return nil
		}
		t.handTo(to[i], "transferred")
		return nil
	})
}

// handBack lets a conversation wait again; it keeps its place in line.
func (t *turn) handBack() {
	if t.AgentID == nil {
		return
	}
	t.AgentID, t.AgentName = nil, ""
	if t.State == Talking {
		t.State = Waiting
	}
	if t.AnsweredAt != nil {
		t.VisitorAt, t.AnsweredAt = t.tx.Now, nil
	}
	t.WarnedAt = nil
	t.say(byEvent, "", "transferred", "")
}

// Wrap ends a conversation with what it was about (one of Wraps); one that has
// ended gets it afterwards.
func (c *Chats) Wrap(ctx context.Context, a models.Client, id, wrap string) error {
	if !slices.Contains(Wraps, wrap) {
		return invalid("wrap", "required", 0)
	}
	return c.serve(ctx, a, id, func(t *turn, agent models.Agent) error {
		if t.AgentID != nil && !t.mine(agent) {
			return conflict("not_yours")
		}
		t.Wrap = wrap
		if t.State != Ended {
			t.end("ended")
		}
		return nil
	})
}

// Wraps are the wrap-up codes.
var Wraps = []string{"solved", "advice", "mail_problem", "text_problem", "account_taken", "no_answer", "other"}

// Colleagues lists all staff that a conversation can be handed to, the one who
// asks among them: not who has it already.
func (c *Chats) Colleagues(ctx context.Context, a models.Client, id string) ([]models.Agent, error) {
	g := c.db.Read(ctx)
	row, _, err := c.open(g, a, id, c.db.Now())
	if err != nil {
		return nil, err
	}
	list, err := colleagues(g)
	return slices.DeleteFunc(list, row.mine), err
}

func colleagues(g *gorm.DB) (list []models.Agent, err error) {
	var rows []struct{ ID, DeskName string }
	err = g.Raw("SELECT id, desk_name FROM accounts WHERE role = 'staff' ORDER BY lower(desk_name), id LIMIT 500").Scan(&rows).Error
	for _, r := range rows {
		if r.DeskName == "" {
			r.DeskName = "Support"
		}
		list = append(list, models.Agent{Account: r.ID, Name: r.DeskName})
	}
	return list, err
}

// seen notes that a member of staff is at the console.
func seen(tx *db.Tx, account string) error {
	_, err := tx.Exec(`INSERT INTO desk_seen (account_id, at) SELECT id, ? FROM accounts WHERE id = ? AND role = 'staff'
		ON CONFLICT (account_id) DO UPDATE SET at = excluded.at`, tx.Now, account)
	return err
}

// Present notes that a member of staff is at the console and only looks; it is
// written now and then.
func (c *Chats) Present(ctx context.Context, agent models.Agent) error {
	account, now, n := agent.Account, c.db.Now(), 0
	err := c.db.Read(ctx).Raw("SELECT count(*) FROM desk_seen WHERE account_id = ? AND at > ? AND at <= ?", account, now.Add(-seenFor/4), now).Scan(&n).Error
	if err != nil || n > 0 {
		return err
	}
	return c.db.Write(ctx, func(tx *db.Tx) error { return seen(tx, account) })
}
