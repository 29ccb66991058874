package support

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"admitone/models"
	"admitone/models/internal/db"
)

// poked says whether there is news now, and takes it.
func poked(news <-chan struct{}) bool {
	select {
	case <-news:
		return true
	default:
		return false
	}
}

// awaits gives news as long as it may take between machines.
func awaits(t testing.TB, news <-chan struct{}) {
	t.Helper()
	select {
	case <-news:
	case <-time.After(30 * time.Second):
		t.Fatal("no news")
	}
}

// repeats does something again and again until there is news of it.
func repeats(t testing.TB, news <-chan struct{}, do func()) {
	t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	late := time.After(30 * time.Second)
	for {
		do()
		select {
		case <-news:
			return
		case <-again.C:
		case <-late:
			t.Fatal("no news")
		}
	}
}

func TestWatch(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines := h.staff(t, "ines@example.com", "Ines")
		v, id := h.chat(t, here())
		_, other := h.chat(t, here())
		news, cancel := h.Chats.Watch(id)
		quiet, cancelQuiet := h.Chats.Watch(other)
		queue, cancelQueue := h.Chats.WatchQueue(h.account(t, ines))
		h.settle(t, news, quiet, queue)
		for _, act := range []func() error{
			func() error { return h.Chats.Join(ctx, ines, id) },
			func() error { return h.Chats.Reply(ctx, ines, id, "hi", "") },
			func() error { return h.Chats.Say(ctx, v, id, "hello", "") },
			func() error { return h.Chats.Leave(ctx, v, id, "m@example.com") },
			func() error { return h.Chats.End(ctx, v, id) },
		} {
			must(t, act())
			awaits(t, news)
			awaits(t, queue)
			h.settle(t, news, queue)
		}
		if poked(quiet) {
			t.Error("news of another conversation")
		}
		// What changes nothing is no news.
		must(t, h.Chats.End(ctx, v, id))
		h.settle(t)
		if poked(news) || poked(queue) {
			t.Error("news of nothing")
		}
		cancel()
		cancelQuiet()
		cancelQueue()
		must(t, h.Chats.Rate(ctx, v, id, true))
		h.settle(t)
		if poked(news) || poked(queue) || !h.core.watching.nobody() {
			t.Error("news after the end")
		}
	})
}

// settle waits until what is under way from the database has come, and takes it:
// notifications come in the order of their commits.
func (h *house) settle(t testing.TB, drained ...<-chan struct{}) {
	t.Helper()
	if h.core.db.Engine == db.Postgres {
		topic := rand.Text()
		last, cancel := h.core.db.Subscribe(topic)
		defer cancel()
		repeats(t, last, func() { // what is said before this process listens is lost
			must(t, h.core.db.Read(ctx).Exec("SELECT pg_notify('admitone', ?)", topic).Error)
		})
	}
	for _, d := range drained {
		poked(d)
	}
}

// Who waits is told when his place in line is another one, by one query for all.
func TestLine(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines := h.staff(t, "ines@example.com", "Ines")
		var ids []string
		var who []Visitor
		for range 3 {
			v, id := h.chat(t, here())
			who, ids = append(who, v), append(ids, id)
			h.forward(time.Second)
		}
		l := newLookout(h.core)
		must(t, l.look(ctx, true)) // nobody watches
		if len(l.places) != 0 {
			t.Error("asked for nobody")
		}
		second, cancel := h.Chats.Watch(ids[1])
		defer cancel()
		third, cancel := h.Chats.Watch(ids[2])
		defer cancel()
		must(t, l.look(ctx, true))
		h.settle(t, second, third)
		must(t, h.Chats.Join(ctx, ines, ids[1]))
		h.settle(t, second)
		must(t, l.look(ctx, true))
		if !poked(third) || h.shown(t, who[2], ids[2]).Place != 2 {
			t.Error("the third is not told that he is the second")
		}
		h.settle(t, second, third)
		must(t, l.look(ctx, false))
		must(t, l.look(ctx, true))
		if poked(third) {
			t.Error("told twice")
		}
	})
}

// Run does the rounds until its context ends.
func TestRun(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines := h.staff(t, "ines@example.com", "Ines")
		_, first := h.chat(t, here())
		h.forward(time.Second)
		_, id := h.chat(t, here())
		news, cancel := h.Chats.Watch(id)
		defer cancel()
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- h.Support.Run(running) }()
		repeats(t, news, func() { h.core.db.Poke(lineTopic) }) // until it listens, and has told the place
		must(t, h.Chats.Join(ctx, ines, first))
		awaits(t, news) // without anything said in it: its place is the first now
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Two machines: what is written on one is seen on the other, and what their
// telling loses, a poll finds.
func TestTwoMachines(t *testing.T) {
	database := postgresURL(t)
	h := openHouse(t, database, nil)
	other := &house{clock: h.clock, options: h.options}
	other.Models, other.Support = openBoth(t, h.options)
	h.settle(t) // both listen: before that they say and hear nothing
	other.settle(t)
	ines := h.staff(t, "ines@example.com", "Ines")
	v, id := h.chat(t, here())
	news, cancel := other.Chats.Watch(id)
	defer cancel()
	queue, cancelQueue := other.Chats.WatchQueue("")
	defer cancelQueue()
	must(t, h.Chats.Join(ctx, ines, id))
	awaits(t, news)
	awaits(t, queue)
	must(t, other.Chats.Say(ctx, v, id, "from there", ""))
	must(t, h.Chats.Reply(ctx, ines, id, "from here", ""))
	if c := other.shown(t, v, id); len(c.Messages) != 4 || c.Messages[3].Text != "from here" {
		t.Errorf("%q", texts(c))
	}
	other.settle(t, news, queue)

	l := newLookout(other.core)
	must(t, l.look(ctx, false))
	other.settle(t, news, queue)
	must(t, l.look(ctx, false))
	if poked(news) || poked(queue) {
		t.Error("news of nothing")
	}
	must(t, h.write(func(tx *tx) error { // its notification is lost
		r, err := take(tx, id)
		if err != nil {
			return err
		}
		r.say(byStaff, "Ines", "lost on the way", "")
		_, err = tx.Exec("UPDATE chats SET seq = ?, changed_at = ? WHERE id = ?", r.Seq, tx.Now, id)
		if err == nil {
			err = tx.Create(&r.lines).Error
		}
		return err
	}))
	must(t, l.look(ctx, false))
	if !poked(news) || !poked(queue) {
		t.Error("the poll finds nothing")
	}
}

// With SQLite a watched conversation costs no query.
func TestNoPollAlone(t *testing.T) {
	h := openHouse(t, filepath.Join(t.TempDir(), "admitone.db"), nil)
	_, id := h.chat(t, here())
	_, cancel := h.Chats.Watch(id)
	defer cancel()
	l := newLookout(h.core)
	must(t, l.look(ctx, false))
	if len(l.known) != 0 || len(l.places) != 0 {
		t.Errorf("%v, %v", l.known, l.places)
	}
}

// An account that goes takes its conversations, calls and codes with it.
func TestErased(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines, mara := h.staff(t, "ines@example.com", "Ines"), h.signUp(t, "mara@example.com")
		_, id := h.chat(t, mara)
		_, guest := h.chat(t, here())
		must(t, h.Chats.Join(ctx, ines, id))
		must(t, h.Chats.Join(ctx, ines, guest))
		h.book(t, mara, "+436641234567")
		_, err := h.ServiceCodes.Make(ctx, mara)
		must(t, err)
		must(t, h.write(func(tx *tx) error {
			_, err := tx.Exec("DELETE FROM accounts WHERE id IN (?, ?)", h.account(t, mara), h.account(t, ines))
			return err
		}))
		if n := h.count(t, "SELECT (SELECT count(*) FROM calls) + (SELECT count(*) FROM service_codes) + (SELECT count(*) FROM desk_seen)"); n != 0 {
			t.Errorf("%d rows", n)
		}
		if n := h.count(t, "SELECT count(*) FROM chats"); n != 1 {
			t.Errorf("%d conversations", n)
		}
		// The guest's goes on with somebody else.
		omar := h.staff(t, "omar@example.com", "Omar")
		must(t, h.Chats.Join(ctx, omar, guest))
		refused(t, h.Chats.Join(ctx, omar, id), models.NotFound, "chat")
	})
}
