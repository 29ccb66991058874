package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
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

// peer is a browser as the server sees one: a network address, a User-Agent and
// cookies. It follows nothing by itself.
type peer struct {
	tb     testing.TB
	base   string
	header http.Header
	client *http.Client
}

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	chrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
)

func newPeer(tb testing.TB, base, address string) *peer {
	tb.Helper()
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
	at := "127.0.0.1" + base[strings.LastIndex(base, ":"):]
	wire := &http.Transport{
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return from.DialContext(ctx, "tcp", at) },
		MaxIdleConnsPerHost: 8, DisableCompression: true,
	}
	tb.Cleanup(wire.CloseIdleConnections)
	jar := must[*cookiejar.Jar](tb)(cookiejar.New(nil))
	return &peer{tb: tb, base: base, header: http.Header{"User-Agent": {firefox}}, client: &http.Client{
		Transport: wire, Jar: jar, Timeout: 2 * patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

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

func (p *peer) site() *url.URL { return must[*url.URL](p.tb)(url.Parse(p.base)) }

// cookie gives the value of a cookie, "" where the peer has none.
func (p *peer) cookie(name string) string {
	for _, k := range p.client.Jar.Cookies(p.site()) {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}

func (p *peer) setCookie(name, value string) {
	p.client.Jar.SetCookies(p.site(), []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// reply is what came back; to is where it leads. Its status is 0 where nothing came.
type reply struct {
	status int
	to     string
	body   string
	header http.Header
}

func (r reply) String() string {
	body := r.body
	if from := strings.Index(body, "<main"); from >= 0 {
		body = body[from:]
	}
	return fmt.Sprintf("%d to %q %s", r.status, r.to, body[:min(len(body), 600)])
}

func (p *peer) get(path string) reply {
	p.tb.Helper()
	return p.ask(http.MethodGet, path)
}

func (p *peer) post(path string, fields ...string) reply {
	p.tb.Helper()
	return p.ask(http.MethodPost, path, fields...)
}

func (p *peer) ask(method, path string, fields ...string) reply {
	p.tb.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequest(method, p.base+path, strings.NewReader(values.Encode()))
	if err != nil {
		p.tb.Errorf("%s %s: %v", method, path, err)
		return reply{}
	}
	r.Header = p.header.Clone()
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := p.client.Do(r)
	if err != nil {
		p.tb.Errorf("%s %s: %v", method, path, err)
		return reply{}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.tb.Errorf("%s %s: %v", method, path, err)
	}
	return reply{resp.StatusCode, resp.Header.Get("Location"), string(body), resp.Header}
}

// leads asks for a way to a path.
func (r reply) leads(tb testing.TB, what, path string) {
	tb.Helper()
	if r.status != http.StatusSeeOther || r.to != path {
		tb.Fatalf("%s: want a way to %s, got %v", what, path, r)
	}
}

var shownTag = regexp.MustCompile(`<bdi>([A-Z][a-z]+ \d\d)</bdi>`)

// code is the one for this peer's page: the message to one of the places that bears
// the page's tag. It also says where it went.
func (p *peer) code(page string, places ...string) (code, to string) {
	p.tb.Helper()
	shown := p.get(page)
	tag := shownTag.FindStringSubmatch(shown.body)
	if tag == nil {
		p.tb.Fatalf("no tag on %s: %v", page, shown)
	}
	found := await(p.tb, "the message "+tag[1], func() (letter, bool) {
		for _, l := range p.inbox() {
			for _, place := range places {
				if l.To == place && strings.Contains(l.Text, tag[1]) && l.code() != "" {
					return l, true
				}
			}
		}
		return letter{}, false
	})
	return found.code(), found.To
}

// inbox is the newest that the test inbox has, newest first.
func (p *peer) inbox() (list []letter) {
	p.tb.Helper()
	resp, err := http.Get(p.base + "/dev/inbox.json")
	if err == nil {
		defer resp.Body.Close()
		err = json.NewDecoder(resp.Body).Decode(&list)
	}
	if err != nil {
		p.tb.Errorf("the test inbox: %v", err)
	}
	return list
}

func (p *peer) signUp(email, password string) {
	p.tb.Helper()
	p.post("/sign-up", "email", email, "password", password).leads(p.tb, "sign-up", "/sign-up/code")
	code, _ := p.code("/sign-up/code", email)
	p.post("/sign-up/code", "code", code).leads(p.tb, "the code of a sign-up", "/account")
}

func (p *peer) tryPassword(email, password string) reply {
	p.tb.Helper()
	return p.post("/sign-in", "email", email, "password", password)
}

// signIn is from a new device: with the password and a code. places are where the
// code may go; it says where it went.
func (p *peer) signIn(email, password string, places ...string) (to string) {
	p.tb.Helper()
	p.tryPassword(email, password).leads(p.tb, "a right password on a new device", "/sign-in/code")
	code, to := p.code("/sign-in/code", append(places, email)...)
	p.post("/sign-in/code", "code", code).leads(p.tb, "the code of a sign-in", "/account")
	return to
}

// resets sets a new password with the link of a message.
func (p *peer) resets(link, password string) {
	p.tb.Helper()
	p.get(link).leads(p.tb, "the link of a reset", "/reset/link")
	p.post("/reset/link").leads(p.tb, "the button of a reset", "/reset/new")
	p.post("/reset/new", "new_password", password).leads(p.tb, "the new password", "/sign-in")
}

func (p *peer) signedIn() bool {
	p.tb.Helper()
	return p.get("/account").status == http.StatusOK
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
