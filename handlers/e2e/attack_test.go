package e2e

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The attack suite. Each test attacks the binary from many network addresses of
// 127.0.0.0/8, with the owner of an account signing in at the same time, and counts
// what came of it: how much was judged, sent and opened. No two of them run at once:
// an attack takes the whole machine.

func (s *server) peer(address string) *peer { return newPeer(s.t, s.base, address) }

// crowd is n peers, each with an address of its own in one network of 127.0.0.0/8.
func (s *server) crowd(network, n int) []*peer {
	list := make([]*peer, n)
	for i := range list {
		list[i] = s.peer(crowdAddress(network, i))
		list[i].header.Set("User-Agent", chrome)
	}
	return list
}

func crowdAddress(network, i int) string { return fmt.Sprintf("127.%d.%d.%d", network, i/200, 1+i%200) }

// resets sets a new password with the link of a message.
func (p *peer) resets(link, password string) {
	p.tb.Helper()
	p.get(link).leads(p.tb, "the link of a reset", "/reset/link")
	p.post("/reset/link").leads(p.tb, "the button of a reset", "/reset/new")
	p.post("/reset/new", "new_password", password).leads(p.tb, "the new password", "/sign-in")
}

// owner is whose account is attacked, at a browser that the account knows.
type owner struct {
	*peer
	s               *server
	email, password string
	slowest         time.Duration
}

func (s *server) owner(email, address string) *owner {
	s.t.Helper()
	o := &owner{peer: s.peer(address), s: s, email: email, password: "the owner of " + email}
	s.keepSecret(o.password)
	o.signUp(email, o.password)
	return o
}

// signsIn does it with the password alone, in the known browser.
func (o *owner) signsIn() {
	o.tb.Helper()
	if o.cookie("session") != "" {
		o.post("/sign-out")
	}
	begin := time.Now()
	o.tryPassword(o.email, o.password).leads(o.tb, "the owner's known browser", "/account")
	o.slowest = max(o.slowest, time.Since(begin))
	if !o.signedIn() {
		o.tb.Fatal("the owner is not signed in")
	}
}

// signsInAnew does it with the password and a code, in a new browser.
func (o *owner) signsInAnew(address string) *peer {
	o.tb.Helper()
	p := o.s.peer(address)
	p.signIn(o.email, o.password)
	return p
}

// flood does n jobs, so many at a time.
func flood(n, atOnce int, job func(i int)) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range atOnce {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				job(i)
			}
		})
	}
	wg.Wait()
}

// often is how many times an owner signs in while an attack lasts, at the most.
const often = 60

// beside does what the owner does, again and again, for as long as an attack lasts,
// and says how often.
func (o *owner) beside(attack func(), acts ...func()) {
	o.tb.Helper()
	over := make(chan struct{})
	begin := time.Now()
	go func() {
		defer close(over)
		attack()
	}()
	defer func() { <-over }()
	n := 0
	for during := true; during; n++ {
		if n < len(acts) {
			acts[n]()
		}
		o.signsIn()
		if n == often {
			<-over
		}
		select {
		case <-over:
			during = false
		default:
		}
	}
	if n < max(1, len(acts)) {
		o.tb.Errorf("the attack was over before the owner had done %d acts: it proves nothing", max(1, len(acts)))
	}
	o.tb.Logf("the attack took %v; meanwhile the owner signed in %d times, at the slowest in %v", time.Since(begin).Round(time.Millisecond), n, o.slowest.Round(time.Millisecond))
}

// tried counts answers by their status and where they lead.
type tried struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *tried) add(r reply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[strings.TrimSpace(fmt.Sprint(r.status, " ", r.to))]++
}

func (c *tried) of(answer string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[answer]
}

// are asks for exactly these answers, and no others.
func (c *tried) are(tb testing.TB, want map[string]int) {
	tb.Helper()
	for answer, n := range want {
		if c.n[answer] != n {
			tb.Errorf("%d answers are %q, want %d", c.n[answer], answer, n)
		}
	}
	for answer, n := range c.n {
		if _, known := want[answer]; !known {
			tb.Errorf("%d answers are %q, want none", n, answer)
		}
	}
}

// number reads one from the database, beside the server.
func (s *server) number(query string) (n int) {
	s.t.Helper()
	s.query(query, func(r *sql.Rows) error { return r.Scan(&n) })
	return n
}

// counted asks for a number in the database.
func (s *server) counted(what string, want int, query string) {
	s.t.Helper()
	if n := s.number(query); n != want {
		s.t.Errorf("%s: %d, want %d", what, n, want)
	}
}

// accounts makes many, each with its own password.
func (s *server) accounts(n int, email, password func(i int) string) {
	s.t.Helper()
	flood(n, 4, func(i int) { s.peer("127.0.0.1").signUp(email(i), password(i)) })
}
