package support

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"admitone/models"
	"admitone/models/internal/db"
)

// The topics that acts wake. The line is told of apart: a conversation that leaves
// it moves up those behind.
const (
	queueTopic = "queue"
	lineTopic  = "chat line"
)

func chatTopic(id string) string { return "chat " + id }

const (
	lookEvery  = time.Second      // for what other processes changed, and for the line
	quietEvery = 15 * time.Second // for conversations that have gone quiet
	lookBack   = 20 * time.Second // a transaction commits at most this long after its moment
	quietAtOne = 200              // conversations in one round
)

// watching is who looks at what in this process. However many there are, one
// goroutine looks for them.
type watching struct {
	mu     *sync.Mutex
	chats  map[string]int
	queues map[string]int // by account
}

func newWatching() watching {
	return watching{mu: &sync.Mutex{}, chats: map[string]int{}, queues: map[string]int{}}
}

func (w watching) add(to map[string]int, key string) (drop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	to[key]++
	return sync.OnceFunc(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if to[key]--; to[key] == 0 {
			delete(to, key)
		}
	})
}

func (w watching) staffed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queues) > 0
}

func (w watching) staff() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.queues))
}

func (w watching) nobody() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queues) == 0 && len(w.chats) == 0
}

// Watch gives a value whenever something about a conversation may be new; call
// cancel when nobody looks any more.
func (c *Chats) Watch(id string) (news <-chan struct{}, cancel func()) {
	return c.watch(chatTopic(id), c.watching.chats, id)
}

// WatchQueue is Watch for the whole queue; while somebody of staff watches, the
// desk counts as staffed.
func (c *Chats) WatchQueue(account string) (news <-chan struct{}, cancel func()) {
	return c.watch(queueTopic, c.watching.queues, account)
}

func (c *core) watch(topic string, among map[string]int, key string) (news <-chan struct{}, cancel func()) {
	news, end := c.db.Subscribe(topic)
	drop := c.watching.add(among, key)
	return news, func() { end(); drop() }
}

// Run warns and ends conversations that have gone quiet, and hands on what other
// processes write, until ctx ends.
func (s *Support) Run(ctx context.Context) error {
	look, quiet := time.NewTicker(lookEvery), time.NewTicker(quietEvery)
	defer look.Stop()
	defer quiet.Stop()
	line, cancel := s.core.db.Subscribe(lineTopic)
	defer cancel()
	l, moved := newLookout(s.core), false
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-line:
			moved = true
			continue
		case <-quiet.C:
			err = s.round(ctx)
		case <-look.C:
			err = l.look(ctx, moved)
			moved = false
		}
		if err != nil && ctx.Err() == nil {
			s.core.log.Error("support could not look after conversations", "error", err)
		}
	}
}

// lookout finds what is new for who watches in this process.
type lookout struct {
	*core
	known  map[string]string // what a poll has seen of a conversation
	places map[string]int    // in line, as last told
}

func newLookout(c *core) *lookout {
	return &lookout{core: c, known: map[string]string{}, places: map[string]int{}}
}

// look is one round. A poke from another process can be lost, so on PostgreSQL it
// asks what has changed; SQLite has one process. With nobody watching it asks
// nothing.
func (l *lookout) look(ctx context.Context, moved bool) error {
	if l.watching.nobody() {
		clear(l.known)
		clear(l.places)
		return nil
	}
	if l.db.Engine == db.Postgres {
		changed, err := l.changed(ctx)
		if err != nil {
			return err
		}
		moved = moved || changed
	}
	if !moved {
		return nil
	}
	return l.line(ctx)
}

// changed pokes the watchers of what was written since the last round, here or
// elsewhere.
func (l *lookout) changed(ctx context.Context) (any bool, err error) {
	var rows []struct {
		ID        string
		Seq       int64
		ChangedAt time.Time
	}
	err = l.db.Read(ctx).Raw("SELECT id, seq, changed_at FROM chats WHERE changed_at > ? ORDER BY changed_at DESC LIMIT 2000", l.db.Now().Add(-lookBack)).Scan(&rows).Error
	if err != nil {
		return false, err
	}
	known := make(map[string]string, len(rows))
	for _, r := range rows {
		known[r.ID] = fmt.Sprint(r.Seq, " ", r.ChangedAt.UnixMilli())
		if l.known[r.ID] != known[r.ID] {
			any = true
			l.db.Poke(chatTopic(r.ID))
		}
	}
	l.known = known
	if any {
		l.db.Poke(queueTopic)
	}
	return any, nil
}

// line pokes the watchers whose place in line is another one.
func (l *lookout) line(ctx context.Context) error {
	var ids []string
	err := l.db.Read(ctx).Raw("SELECT id FROM chats WHERE ended_at IS NULL AND state = 'waiting' ORDER BY started_at, id LIMIT ?", 2*chatsWaiting).Scan(&ids).Error
	if err != nil {
		return err
	}
	places := make(map[string]int, len(ids))
	for i, id := range ids {
		places[id] = i + 1
		if l.places[id] != i+1 {
			l.db.Poke(chatTopic(id))
		}
	}
	l.places = places
	return nil
}

// round looks after what goes quiet, and says that staff who watch are there.
func (s *Support) round(ctx context.Context) error {
	c := s.core
	if staff := c.watching.staff(); len(staff) > 0 {
		err := c.db.Write(ctx, func(tx *db.Tx) error {
			for _, account := range staff {
				if err := seen(tx, account); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return c.quiet(ctx)
}

// quiet warns visitors who have been silent since staff wrote, ends what stays
// silent, and ends what nobody has touched for hours. Many processes may do it at
// once: each looks again at the locked row.
func (c *core) quiet(ctx context.Context) error {
	now := c.db.Now()
	var ids []string
	err := c.db.Read(ctx).Raw(`SELECT id FROM chats WHERE ended_at IS NULL AND state IN ('waiting', 'open')
		AND (warned_at <= ? OR state = 'open' AND warned_at IS NULL AND answered_at <= ? OR changed_at <= ?) LIMIT ?`,
		now.Add(-warnedFor), now.Add(-c.idle()), now.Add(-staleAfter), quietAtOne).Scan(&ids).Error
	if err != nil {
		return err
	}
	err = c.each(ctx, ids, func(t *turn) error {
		c.growQuiet(t)
		return nil
	})
	if err != nil {
		return err
	}
	return c.leftBehind(ctx)
}

// each does something to one conversation after the other, while its row is locked.
func (c *core) each(ctx context.Context, ids []string, do func(*turn) error) error {
	for _, id := range ids {
		err := c.db.Write(ctx, func(tx *db.Tx) error {
			t, err := take(tx, id)
			if err != nil {
				return err
			}
			if err := do(t); err != nil {
				return err
			}
			return t.keep()
		})
		if err != nil && !isKind(err, models.NotFound) { // erased meanwhile
			return err
		}
	}
	return nil
}

// leftBehind hands back what somebody has who is not of staff any more.
func (c *core) leftBehind(ctx context.Context) error {
	const theirs = " ended_at IS NULL AND agent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = chats.agent_id AND a.role = 'staff')"
	var ids []string
	if err := c.db.Read(ctx).Raw("SELECT id FROM chats WHERE"+theirs+" LIMIT ?", quietAtOne).Scan(&ids).Error; err != nil {
		return err
	}
	return c.each(ctx, ids, func(t *turn) error {
		var n int
		err := t.tx.Raw("SELECT count(*) FROM chats WHERE id = ? AND"+theirs, t.ID).Scan(&n).Error
		if err == nil && n > 0 {
			t.handBack()
		}
		return err
	})
}

func (c *core) idle() time.Duration { return time.Duration(c.Policy().ChatIdle) }

func (c *core) growQuiet(t *turn) {
	since := func(at *time.Time, d time.Duration) bool { return at != nil && !t.tx.Now.Before(at.Add(d)) }
	switch {
	case t.State != Waiting && t.State != Talking:
	case since(&t.ChangedAt, staleAfter) && t.AnsweredAt == nil && (t.AccountID != nil || t.Email != ""):
		// Nobody came before the night: staff go on seeing it, and the answer goes by mail.
		t.State, t.WarnedAt = Left, nil
		t.say(byEvent, "", "unanswered", "")
	case since(t.WarnedAt, warnedFor), since(&t.ChangedAt, staleAfter):
		t.end("ended_idle")
	case t.State == Talking && t.WarnedAt == nil && since(t.AnsweredAt, c.idle()):
		t.WarnedAt = &t.tx.Now
		t.say(byEvent, "", "idle", "")
	}
}
