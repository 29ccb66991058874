package models

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"admitone/models/internal/db"

	"github.com/jackc/pgx/v5"
)

// patience bounds every wait for what must come.
const patience = 30 * time.Second

// await asks until it is so.
func await(t testing.TB, what string, so func() bool) {
	t.Helper()
	limit, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	every := time.NewTicker(20 * time.Millisecond)
	defer every.Stop()
	for !so() {
		select {
		case <-limit.Done():
			t.Fatalf("waited in vain for %s", what)
		case <-every.C:
		}
	}
}

// beside is another process of the same fleet: the same database, keys and clock.
func (h *house) elsewhere(t testing.TB) *house {
	t.Helper()
	return &house{Models: openModels(t, h.options), clock: h.clock, options: h.options}
}

// journal counts what a log says.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *journal) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *journal) count(words string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), words)
}

func (l *journal) log() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// Ten processes start on an empty database at once, and all of them serve.
func TestTenAtOnce(t *testing.T) {
	want := openHouse(t, postgresURL(t), func(*Options) {}).shape(t)
	for name, through := range map[string]func(string) string{
		"an advisory lock": func(database string) string { return database },
		"no advisory lock": func(database string) string { _, database = onWire(t, database); return database },
		"and tables that are changed one statement at a time": func(database string) string {
			w, database := onWire(t, database)
			w.online.Store(true)
			return database
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := &house{clock: newClock()}
			h.options = Options{
				Database: through(postgresURL(t)), KeyFile: t.TempDir() + "/key", Brand: "Admit One", Policy: DefaultPolicy(), Now: h.now, Log: slog.New(slog.DiscardHandler),
			}
			parallel(10, func(int) {
				m, err := Open(ctx, h.options)
				if err != nil {
					t.Error(err)
					return
				}
				t.Cleanup(func() { _ = m.Close() })
				if err := m.Ping(ctx); err != nil {
					t.Error(err)
				}
			})
			if t.Failed() {
				return
			}
			h.Models = openModels(t, h.options)
			if n := h.count(t, "SELECT count(*) FROM goose_db_version GROUP BY version_id ORDER BY count(*) DESC LIMIT 1"); n != 1 {
				t.Errorf("a migration was made %d times", n)
			}
			if got := h.shape(t); !slices.Equal(got, want) {
				t.Errorf("the tables are\n%q\nwant\n%q", got, want)
			}
		})
	}
}

// shape is the columns and the indexes of every table.
func (h *house) shape(t *testing.T) []string {
	t.Helper()
	return texts(t, must(h.core.db.Read(ctx).DB()), `SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
		FROM information_schema.columns WHERE table_schema = current_schema()
		UNION ALL SELECT regexp_replace(indexdef, ' ON \S+\.', ' ON ') FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1`)
}

// On an engine that speaks the protocol of PostgreSQL, has no LISTEN, no pg_notify
// and no advisory locks, and takes transactions back at their commit, everything
// works: a sign-up and a sign-in, each step in another process.
func TestOtherEngine(t *testing.T) {
	w, database := onWire(t, postgresURL(t))
	said := &journal{}
	h := openHouse(t, database, func(o *Options) { o.Log = said.log() })
	other := h.elsewhere(t)
	c := h.signUp(t, "mara@example.com")
	if !other.signedIn(t, c.Session) {
		t.Error("the other process does not know the session")
	}
	for range 5 {
		c = h.startSignIn(t, "mara@example.com")
		right := other.lastCode(t, "mara@example.com")
		a, err := other.SignIns.Answer(ctx, wrongCode(right), "", Ticks{}, c)
		if err != nil || a.Outcome != Wrong || a.TriesLeft != h.core.policy.CodeTries-1 {
			t.Fatalf("a wrong code: %v, %d tries left, %v", a.Outcome, a.TriesLeft, err)
		}
		a, err = h.SignIns.Answer(ctx, right, "", Ticks{}, c)
		if err != nil || a.Outcome != Accepted {
			t.Fatalf("the right code: %v, %v", a.Outcome, err)
		}
		if _, err := other.Sessions.SignOut(ctx, Client{Session: a.Session}); err != nil {
			t.Fatal(err)
		}
		if h.signedIn(t, a.Session) {
			t.Error("signed out in the other process, and still in here")
		}
		h.forward(20 * time.Minute)
	}
	for _, p := range []*house{h, other} {
		if err := p.Sweep(ctx); err != nil {
			t.Error(err)
		}
	}
	await(t, "the log to say that nothing is passed on", func() bool { return said.count("passes no pokes on") == 2 })
	if w.notified.Load() != 0 || w.undone.Load() < 5 || w.refused.Load() < 4 {
		t.Errorf("%d acts tried to speak; %d commits were taken back, %d statements refused", w.notified.Load(), w.undone.Load(), w.refused.Load())
	}
	if n := said.count("level=ERROR"); n != 0 || said.count("mara@") != 0 {
		t.Errorf("%d errors in the log, or an address:\n%s", n, said.text.String())
	}
}

// An act whose connection ends before its commit runs again and happens once; one whose
// connection ends over the commit is an error, whether or not it has happened; a query
// outside of a transaction is asked again.
func TestConnectionEndsAtAStatement(t *testing.T) {
	w, database := onWire(t, postgresURL(t))
	w.plain.Store(true)
	h := openHouse(t, database, nil)
	for name, c := range map[string]struct {
		ending       ending
		runs, happen int
		fails        bool
	}{
		"at its begin":                {ending{words: "begin", times: 1}, 1, 1, false},
		"at a statement":              {ending{words: "the second", times: 1}, 2, 1, false},
		"at a statement, three times": {ending{words: "the second", times: 3}, 4, 1, false},
		"over it, unheard":            {ending{words: "commit", times: 1}, 1, 0, true},
		"over it, done":               {ending{words: "commit", times: 1, late: true}, 1, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			w.endAt(c.ending)
			runs := 0
			err := h.core.db.Write(ctx, func(tx *db.Tx) error {
				runs++
				_, err := tx.Exec("INSERT INTO tallies (hour, name, n) VALUES (?, ?, 1) ON CONFLICT (hour, name) DO UPDATE SET n = tallies.n + 1", tx.Now, name)
				if err == nil {
					_, err = tx.Exec("SELECT 'the second: " + name + "'") // a text of its own: no connection has it prepared
				}
				return err
			})
			if (err != nil) != c.fails || runs != c.runs || w.endings() != 0 {
				t.Fatalf("it ran %d times and came to %v; %d connections were still to end", runs, err, w.endings())
			}
			happened := func() int {
				return h.count(t, "SELECT coalesce(sum(n), 0) FROM tallies WHERE name = ?", name)
			}
			if c.happen > 0 { // who lost the commit may ask before it is done
				await(t, "what it did", func() bool { return happened() > 0 })
			}
			if n := happened(); n != c.happen {
				t.Errorf("it happened %d times", n)
			}
		})
	}
	t.Run("a query", func(t *testing.T) {
		w.endAt(ending{words: "asked again", times: 3})
		if said, _, err := db.First[string](h.core.db.Read(ctx), "SELECT 'asked again'"); err != nil || said != "asked again" || w.endings() != 0 {
			t.Errorf("%q, %v; %d connections were still to end", said, err, w.endings())
		}
	})
}

// Connections end under load: hardly an act fails but one whose commit was under way,
// none happens twice, and what is heard from other processes is heard again.
func TestConnectionsEnd(t *testing.T) {
	base := postgresURL(t)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	name := "ends-" + q.Get("search_path")
	q.Set("application_name", name)
	u.RawQuery = q.Encode()
	h := openHouse(t, u.String(), nil)
	killer, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = killer.Close(ctx) }()

	const each, enough = 60, 20 // acts of each, and connections that end under them
	var did, unknown, unread atomic.Int32
	var endedEnough atomic.Bool
	defer endedEnough.Store(true)
	over := make(chan struct{})
	go func() {
		defer close(over)
		parallel(8, func(int) {
			for i := 0; i < each || !endedEnough.Load(); i++ {
				err := h.core.db.Write(ctx, func(tx *db.Tx) error {
					_, err := tx.Exec("INSERT INTO tallies (hour, name, n) VALUES (?, 'acts', 1) ON CONFLICT (hour, name) DO UPDATE SET n = tallies.n + 1", tx.Now)
					return err
				})
				if err == nil {
					did.Add(1)
				} else {
					unknown.Add(1)
				}
				if h.Ping(ctx) != nil { // cut off between its row and its end
					unread.Add(1)
				}
			}
		})
	}()
	ended := 0
	for running := true; running; {
		var n int
		if err := killer.QueryRow(ctx, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1", name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		ended += n
		endedEnough.Store(ended >= enough)
		select {
		case <-over:
			running = false
		case <-time.After(100 * time.Millisecond): // the load goes on between
		}
	}
	n := h.count(t, "SELECT coalesce(sum(n), 0) FROM tallies WHERE name = 'acts'")
	if sure, most := int(did.Load()), int(did.Load()+unknown.Load()); n < sure || n > most {
		t.Errorf("%d acts are in the database; %d were said to be done, and of %d it is not known", n, sure, most-sure)
	}
	t.Logf("%d connections ended under %d acts, of which %d were at their commit; %d queries failed", ended, did.Load()+unknown.Load(), unknown.Load(), unread.Load())
	if int(unknown.Load()+unread.Load()) > ended { // whatever fails has lost a connection that was ended
		t.Errorf("%d connections ended, %d acts and %d queries failed", ended, unknown.Load(), unread.Load())
	}
	hears(t, h, killer)
}

// Every process hears what an act in one of them wakes: its topic, then a line break and
// who says it. An act that is taken back says nothing.
func TestWakeIsSaidToAll(t *testing.T) {
	base := postgresURL(t)
	h := openHouse(t, base, nil)
	other, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close(ctx) }()
	hears(t, h, other) // from then on it speaks
	if _, err := other.Exec(ctx, "LISTEN admitone"); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	topic := "outbox of " + u.Query().Get("search_path") // the channel is that of all tests
	wakes := func(topic string, comesTo error) {
		t.Helper()
		if err := h.core.db.Write(ctx, func(tx *db.Tx) error { tx.Wake(topic); return comesTo }); !errors.Is(err, comesTo) {
			t.Fatal(err)
		}
	}
	wakes(topic+" undone", errors.New("no"))
	wakes(topic, nil)
	limit, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		n, err := other.WaitForNotification(limit)
		if err != nil {
			t.Fatalf("%q was not said: %v", topic, err)
		}
		said, voice, _ := strings.Cut(n.Payload, "\n")
		if said == topic && voice != "" {
			break
		}
		if strings.HasPrefix(said, topic) {
			t.Errorf("it says %q", n.Payload)
		}
	}
}

// hears says something as another process does, until it is heard.
func hears(t *testing.T, h *house, other *pgx.Conn) {
	t.Helper()
	pokes, cancel := h.core.db.Subscribe("a topic")
	defer cancel()
	await(t, "what another process says", func() bool {
		if _, err := other.Exec(ctx, "SELECT pg_notify('admitone', 'a topic')"); err != nil {
			t.Fatal(err)
		}
		select {
		case <-pokes:
			return true
		default:
			return false
		}
	})
}

// The database goes away and comes back: meanwhile acts fail at once, and then all is
// as it was, without a start.
func TestDatabaseAway(t *testing.T) {
	base := postgresURL(t)
	w, database := onWire(t, base)
	w.plain.Store(true)
	said := &journal{}
	h := openHouse(t, database, func(o *Options) { o.Log = said.log() })
	c := h.signUp(t, "mara@example.com")
	other, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close(ctx) }()
	hears(t, h, other)

	address := w.listener.Addr().String()
	w.cut()
	if err := h.Ping(ctx); err == nil {
		t.Error("a database that is away answers")
	}
	if _, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", browser()); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a sign-in without a database: %v", err)
	}
	await(t, "the log to say so", func() bool { return said.count("was cut off") > 0 })
	w.mend(t, address)
	await(t, "the database", func() bool { return h.Ping(ctx) == nil })
	if !h.signedIn(t, c.Session) {
		t.Error("the session is gone")
	}
	h.startSignIn(t, "mara@example.com")
	hears(t, h, other)
	if n := said.count("was cut off"); n != 1 {
		t.Errorf("one silence is told of %d times", n)
	}
}

// Who turns a switch in one process sees it turned in every other.
func TestSwitchElsewhere(t *testing.T) {
	h := openHouse(t, postgresURL(t), nil)
	other, staff := h.elsewhere(t), h.staffAt(t, "ines@example.com")
	for _, on := range []bool{false, true, false} {
		if on {
			if err := h.Console.Switch(ctx, staff, SwitchTextsOff, true, "The gateway fails."); err != nil {
				t.Fatal(err)
			}
		} else if err := h.Console.Switch(ctx, staff, SwitchTextsOff, false, ""); err != nil {
			t.Fatal(err)
		}
		w, err := other.Console.Watch(ctx, staff)
		if err != nil || w.Switches[0].On() != on {
			t.Errorf("turned to %v here, and %v there (%v)", on, w.Switches[0].On(), err)
		}
	}
}
