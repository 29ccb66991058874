package e2e

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// kills is a server that is killed with SIGKILL again and again, while drivers use it.
type kills struct {
	*server
	rows
	mail   *archive
	called string // what PostgreSQL knows its connections by

	gate  sync.RWMutex // held while the server is down
	at    []time.Time  // of each kill
	over  atomic.Bool
	acts  atomic.Int64 // that drivers asked for and that change something
	lost  atomic.Int64 // whose answer never came
	done  atomic.Int64 // of these, that had happened all the same
	twice atomic.Int64 // codes that were typed a second time
}

// sizeOf is how much of a fault a run makes: little in make test, more in make faults.
func sizeOf(t *testing.T, name string, usual int) int {
	t.Helper()
	set := os.Getenv(name)
	if set == "" {
		return usual
	}
	return must[int](t)(strconv.Atoi(set))
}

// seedOf is what a run's chances are made from. It is printed, and given back with
// ADMITONE_SEED it makes the same choices again; the machine's own timing it cannot repeat.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if set := os.Getenv("ADMITONE_SEED"); set != "" {
		seed = must[uint64](t)(strconv.ParseUint(set, 10, 64))
	}
	t.Logf("ADMITONE_SEED=%d", seed)
	return seed
}

// generous is a policy under which nothing that a driver does is refused for being too much.
const generous = `resend_waits = ["1s"]
owner_sends = { ten_minutes = 100000, hour = 100000, day = 100000 }
stranger_sends = { ten_minutes = 100000, hour = 100000, day = 100000 }
address_sends = 1000000
domain_sends = 1000000
`

// drivers is how many people use the server at once.
const drivers = 8

// TestKills kills the server with SIGKILL at random points of a load. What was answered holds;
// what was not has happened wholly or not at all; every message arrives, a second time at most
// once for each kill in the middle of its sending.
func TestKills(t *testing.T) {
	n, seed := sizeOf(t, "ADMITONE_KILLS", 8), seedOf(t)
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			k := newKills(t, engine, seed)
			var working sync.WaitGroup
			for i := range drivers {
				d := &driver{kills: k, name: string(rune('a' + i)), rnd: rand.New(rand.NewPCG(seed, uint64(i)))}
				working.Go(d.work)
			}
			rnd := rand.New(rand.NewPCG(seed, 1000))
			for range n {
				<-time.After(time.Duration(rnd.IntN(2000)) * time.Millisecond)
				k.kill()
				k.consistent()
				if t.Failed() {
					break
				}
			}
			k.over.Store(true)
			working.Wait()
			k.settled()
			k.consistent()
			k.delivered()
			t.Logf("%d kills; %d acts, of which %d had no answer and %d of these had happened; %d codes typed again", len(k.at), k.acts.Load(), k.lost.Load(), k.done.Load(), k.twice.Load())
		})
	}
}

func newKills(t *testing.T, engine string, seed uint64) *kills {
	t.Helper()
	k := &kills{mail: newArchive(t)}
	pauses := rand.New(rand.NewPCG(seed, 2000))
	var one sync.Mutex
	k.mail.pause = func() time.Duration {
		one.Lock()
		defer one.Unlock()
		return time.Duration(pauses.IntN(20)) * time.Millisecond
	}
	args := k.mail.args()
	if engine == "postgres" {
		k.url, k.called = freshDatabase(t), fmt.Sprintf("killed-%d", rand.Uint64())
		args = append(args, "--database", k.url+"&application_name="+k.called)
	}
	data := filepath.Join(t.TempDir(), "data")
	k.server = &server{t, &process{data: data, out: &output{}}}
	k.args = append([]string{"--data", data, "--listen", "127.0.0.1:0", "--config", configFile(t, "[policy]\n"+generous)}, args...)
	k.rows = rows{t, k.url, data}
	k.letters = k.mail.newest(30)
	k.run()
	t.Cleanup(func() {
		if engine == "sqlite" {
			k.end()
		} else if k.cmd != nil {
			k.stop()
		}
		if t.Failed() {
			t.Logf("the log of the server:\n%s", tail(k.out.String(), 4000))
		}
	})
	return k
}

// kill ends the server without a word, wherever it is, and starts it again.
func (k *kills) kill() {
	k.gate.Lock()
	defer k.gate.Unlock()
	k.at = append(k.at, time.Now())
	if err := k.cmd.Process.Kill(); err != nil {
		k.t.Fatal(err)
	}
	<-k.gone
	k.run()
	if k.url != "" { // which goes on with a commit that it has heard of, whoever is dead
		await(k.t, "PostgreSQL to be done with what the dead one asked for", func() (int, bool) {
			n := k.number("SELECT count(*) FROM pg_stat_activity WHERE application_name = ? AND backend_start < ?", k.called, k.at[len(k.at)-1])
			return n, n == 0
		})
	}
}

// address is where the server is, once it is there.
func (k *kills) address() string {
	k.gate.RLock()
	defer k.gate.RUnlock()
	return k.base
}

// none asks for no row.
func (k *kills) none(what, query string) {
	k.t.Helper()
	var list []string
	k.query(query, nil, func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		list = append(list, id)
		return err
	})
	if len(list) > 0 {
		k.t.Errorf("%s: %d, such as %s", what, len(list), list[0])
	}
}

func (k *kills) query(query string, args []any, scan func(*sql.Rows) error) {
	k.t.Helper()
	k.rows.query(query, args, scan)
}

func (k *kills) number(query string, args ...any) int {
	k.t.Helper()
	return k.rows.number(query, args...)
}

// consistent asks of the rows what holds at every moment, whatever was cut off.
func (k *kills) consistent() {
	k.t.Helper()
	if k.url == "" {
		if said := k.word("PRAGMA integrity_check"); said != "ok" {
			k.t.Errorf("integrity_check: %s", said)
		}
		k.query("PRAGMA foreign_key_check", nil, func(r *sql.Rows) error { k.t.Error("a foreign key leads nowhere"); return nil })
	}
	events := func(kind string) string {
		return "(SELECT count(*) FROM events e WHERE e.account_id = a.id AND e.kind = '" + kind + "')"
	}
	used := func(purpose string) string {
		return "(SELECT count(*) FROM challenges c WHERE c.account_id = a.id AND c.purpose = '" + purpose + "' AND c.consumed_at IS NOT NULL)"
	}
	k.none("accounts without exactly one confirmed main address",
		"SELECT a.id FROM accounts a WHERE (SELECT count(*) FROM identifiers i WHERE i.account_id = a.id AND i.kind = 'email' AND i.is_primary AND i.verified_at IS NOT NULL) <> 1")
	k.none("accounts that were not made exactly once", "SELECT a.id FROM accounts a WHERE "+events("sign_up")+" <> 1")
	k.none("accounts with more sign-ins by code than codes used", "SELECT a.id FROM accounts a WHERE "+events("sign_in")+" > "+used("sign_in"))
	k.none("accounts with more step-ups than codes used", "SELECT a.id FROM accounts a WHERE "+events("step_up")+" > "+used("step_up"))
	k.none("challenges with more tries than they have", "SELECT id FROM challenges WHERE attempts > max_attempts")
	k.none("changes that hold and have no activity",
		`SELECT a.id FROM accounts a WHERE (SELECT count(*) FROM changes c WHERE c.account_id = a.id AND c.applied_at IS NOT NULL AND c.undone_at IS NULL)
			<> (SELECT count(*) FROM events e WHERE e.account_id = a.id AND e.kind IN ('password_changed', 'two_step_on', 'two_step_every_time', 'two_step_off', 'email_changed'))`)
	k.none("changes that nobody is told of",
		"SELECT c.id FROM changes c WHERE c.applied_at IS NOT NULL AND c.undone_at IS NULL AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.undo_id = c.id)")
	k.none("sign-outs everywhere that nobody is told of",
		"SELECT a.id FROM accounts a WHERE "+events("signed_out_everywhere")+" > (SELECT count(*) FROM messages m WHERE m.account_id = a.id AND m.kind = 'signed_out_everywhere')")
	k.none("codes that are awaited and were never asked to be sent",
		`SELECT c.id FROM challenges c WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.challenge_id = c.id)`)
}

// settled waits until nothing is on its way any more.
func (k *kills) settled() {
	k.t.Helper()
	await(k.t, "the outbox to be empty", func() (int, bool) {
		n := k.number("SELECT count(*) FROM messages WHERE state = 'queued'")
		return n, n == 0
	})
}

// messageID is the local part of the Message-ID that a message of the outbox always has.
func messageID(id string) string {
	sum := sha256.Sum256([]byte("message\x00" + id))
	var b strings.Builder
	for _, x := range sum[:16] {
		b.WriteByte('a' + x>>4)
		b.WriteByte('a' + x&15)
	}
	return b.String()
}

// delivered holds every message against what the mail server has: none is lost, and one comes
// again at most once for each kill that may have hit its sending.
func (k *kills) delivered() {
	k.t.Helper()
	copies := map[string][]arrived{}
	for _, l := range k.mail.letters("") {
		id, _, _ := strings.Cut(l.id, "@")
		copies[id] = append(copies[id], l)
	}
	messages, repeats, unneeded := 0, 0, 0
	var waits []time.Duration
	k.query("SELECT id, kind, state, reason, created_at, done_at FROM messages", nil, func(r *sql.Rows) error {
		var id, kind, state, reason string
		var made, done time.Time
		if err := r.Scan(&id, &kind, &state, &reason, &made, &done); err != nil {
			return err
		}
		messages++
		came := copies[messageID(id)]
		delete(copies, messageID(id))
		waits = append(waits, done.Sub(made))
		switch {
		case state == "dropped" && (reason == "not_needed" || reason == "decoy"): // the code was used meanwhile
			unneeded++
		case state != "accepted":
			k.t.Errorf("the message %s (%s) ended as %s: %s", id, kind, state, reason)
		case len(came) == 0:
			k.t.Errorf("the message %s (%s) is accepted and never came", id, kind)
		}
		hits := 0
		for _, at := range k.at {
			if at.After(made.Add(-time.Second)) && at.Before(done.Add(time.Second)) {
				hits++
			}
		}
		if again := len(came) - 1; again > 0 {
			repeats += again
			if again > hits {
				k.t.Errorf("the message %s (%s) came %d times, with %d kills while it was being sent", id, kind, len(came), hits)
			}
		}
		return nil
	})
	if len(copies) > 0 {
		k.t.Errorf("%d letters are of no message", len(copies))
	}
	slices.Sort(waits)
	if len(waits) > 0 {
		k.t.Logf("%d messages, %d came once more, %d were not needed any more; asked to accepted p50 %v, p99 %v, longest %v", messages, repeats, unneeded,
			waits[len(waits)/2].Round(time.Millisecond), waits[len(waits)*99/100].Round(time.Millisecond), waits[len(waits)-1].Round(time.Millisecond))
	}
}
