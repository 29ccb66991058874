package e2e

import (
	"context"
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
	"testing"
)

// peer is a browser as the server sees one: a network address, a User-Agent and
// cookies. It follows nothing by itself.
type peer struct {
	tb     testing.TB
	base   string
	header http.Header
	client *http.Client

	turn  func() string   // the instance that the next request goes to; nil: always base
	mails func() []letter // what a mail server of the test's own has taken; nil: the test inbox
}

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	chrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
)

func newPeer(tb testing.TB, base, address string) *peer {
	tb.Helper()
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
	wire := &http.Transport{
		DialContext: func(ctx context.Context, _, at string) (net.Conn, error) {
			return from.DialContext(ctx, "tcp", "127.0.0.1"+at[strings.LastIndex(at, ":"):])
		},
		MaxIdleConnsPerHost: 8, DisableCompression: true,
	}
	tb.Cleanup(wire.CloseIdleConnections)
	jar := must[*cookiejar.Jar](tb)(cookiejar.New(nil))
	return &peer{tb: tb, base: base, header: http.Header{"User-Agent": {firefox}}, client: &http.Client{
		Transport: wire, Jar: jar, Timeout: 2 * patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

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

// ask fails the test where no answer comes.
func (p *peer) ask(method, path string, fields ...string) reply {
	p.tb.Helper()
	r, err := p.try(method, path, fields...)
	if err != nil {
		p.tb.Errorf("%s %s: %v", method, path, err)
	}
	return r
}

// try is ask for who expects that the server may be gone.
func (p *peer) try(method, path string, fields ...string) (reply, error) {
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	base := p.base
	if p.turn != nil {
		base = p.turn()
	}
	r, err := http.NewRequest(method, base+path, strings.NewReader(values.Encode()))
	if err != nil {
		return reply{}, err
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
		return reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header.Get("Location"), string(body), resp.Header}, err
}

// leads asks for a way to a path.
func (r reply) leads(tb testing.TB, what, path string) {
	tb.Helper()
	if r.status != http.StatusSeeOther || r.to != path {
		tb.Fatalf("%s: want a way to %s, got %v", what, path, r)
	}
}

var shownTag = regexp.MustCompile(`<bdi>([A-Z][a-z]+ \d\d)</bdi>`)

var givenCodes sync.Map

// code is the one for this peer's page: the message to one of the places that bears
// the page's tag. It also says where it went. Each code is given once: there are some
// thousand tags, and an older message may bear the same.
func (p *peer) code(page string, places ...string) (code, to string) {
	p.tb.Helper()
	shown := p.get(page)
	tag := shownTag.FindStringSubmatch(shown.body)
	if tag == nil {
		p.tb.Fatalf("no tag on %s: %v", page, shown)
	}
	digits := 6
	if strings.HasPrefix(page, "/reset") {
		digits = 8
	}
	found := await(p.tb, "the message "+tag[1], func() (letter, bool) {
		for _, l := range p.inbox() {
			for _, place := range places {
				if l.To == place && strings.Contains(l.Text, tag[1]) && len(l.code()) == digits {
					if _, given := givenCodes.LoadOrStore(p.base+" "+place+" "+l.code(), true); !given {
						return l, true
					}
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
	if p.mails != nil {
		return p.mails()
	}
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

func (p *peer) signedIn() bool {
	p.tb.Helper()
	return p.get("/account").status == http.StatusOK
}
