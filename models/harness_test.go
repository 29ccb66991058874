package models

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"admitone/models/internal/plans"

	"github.com/jackc/pgx/v5"
)

// clock is the injected clock; tests move it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// house is an open domain with its clock.
type house struct {
	*Models
	*clock
	options Options
}

const testPassword = "correct horse battery staple"

// engines runs a test on SQLite and on PostgreSQL.
func engines(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	enginesWith(t, nil, test)
}

// enginesWith is engines with other options.
func enginesWith(t *testing.T, change func(*Options), test func(t *testing.T, h *house)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		test(t, openHouse(t, filepath.Join(t.TempDir(), "admitone.db"), change))
	})
	t.Run("postgres", func(t *testing.T) {
		test(t, openHouse(t, postgresURL(t), change))
	})
}

// withTexts sets a gateway for texts up.
func withTexts(o *Options) { o.Texts, o.Countries = true, []string{"AT", "DE", "US", "GB"} }

func openHouse(t testing.TB, database string, change func(*Options)) *house {
	t.Helper()
	c := newClock()
	o := Options{
		Database: database, KeyFile: filepath.Join(t.TempDir(), "key"), Brand: "Admit One",
		Policy: DefaultPolicy(), Now: c.now, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	return &house{Models: openModels(t, o), clock: c, options: o}
}

func openModels(t testing.TB, o Options) *Models {
	t.Helper()
	heard := plans.Hear(o.Log)
	if _, measures := t.(*testing.B); !measures {
		o.Log = slog.New(heard)
	}
	m, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	t.Cleanup(func() { heard.Explain(t, m.core.db) })
	return m
}

// postgresServer is the URL of the server that tools/with-postgres has started.
func postgresServer(t testing.TB) string {
	t.Helper()
	base := os.Getenv("ADMITONE_TEST_POSTGRES")
	if base == "" {
		t.Skip("ADMITONE_TEST_POSTGRES is not set: run it by make test or tools/with-postgres")
	}
	return base
}

// postgresURL makes a schema of its own on it.
func postgresURL(t testing.TB) string {
	t.Helper()
	base := postgresServer(t)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var b [6]byte
	_, _ = rand.Read(b[:])
	schema := "t" + hex.EncodeToString(b[:])
	if _, err := conn.Exec(ctx, "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

// browser is one person's browser: an address and the cookies it was given.
func browser() Client {
	return Client{
		Address:   netip.MustParseAddr("203.0.113.7"),
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	}
}

// post takes every message that waits and gives the codes by address, the
// newest last.
func (h *house) post(t testing.TB) map[string][]string {
	t.Helper()
	codes := map[string][]string{}
	for _, m := range h.messages(t) {
		if code, ok := h.Outbox.Code(m); ok && code != "" {
			codes[m.Destination] = append(codes[m.Destination], code)
		}
	}
	return codes
}

// messages hands every waiting message over.
func (h *house) messages(t testing.TB) []Message {
	t.Helper()
	var all []Message
	for {
		claimed, err := h.Outbox.Claim(context.Background(), "", 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if len(claimed) == 0 {
			return all
		}
		for _, m := range claimed {
			if err := h.Outbox.Sent(context.Background(), m, ""); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, claimed...)
	}
}

func (h *house) lastCode(t testing.TB, email string) string {
	t.Helper()
	codes := h.post(t)[email]
	if len(codes) == 0 {
		t.Fatalf("no code came to %s", email)
	}
	return codes[len(codes)-1]
}

// signUp makes an account and gives its owner's browser, signed in.
func (h *house) signUp(t testing.TB, email string) Client {
	t.Helper()
	c := browser()
	c.Session = h.startSignUp(t, email, c)
	a, err := h.SignUps.Answer(context.Background(), h.lastCode(t, email), "", Ticks{}, c)
	if err != nil || a.Outcome != Accepted {
		t.Fatalf("sign-up: %v, %v", a.Outcome, err)
	}
	c.Session, c.Device = a.Session, a.Device
	return c
}

func (h *house) startSignUp(t testing.TB, email string, c Client) (session string) {
	t.Helper()
	s, err := h.SignUps.Start(context.Background(), email, testPassword, c)
	if err != nil || s.Outcome != CodeSent {
		t.Fatalf("sign-up start: %v, %v", s.Outcome, err)
	}
	return s.Session
}

// startSignIn types the right password in a browser that the account does not
// know.
func (h *house) startSignIn(t testing.TB, email string) Client {
	t.Helper()
	c := browser()
	s, err := h.SignIns.Start(context.Background(), email, testPassword, "", c)
	if err != nil || s.Outcome != CodeSent {
		t.Fatalf("sign-in start: %v, %v", s.Outcome, err)
	}
	c.Session = s.Session
	return c
}

// signedIn asks as the acts do: wherever that is from, it is no use of the session.
func (h *house) signedIn(t testing.TB, token string) bool {
	t.Helper()
	_, err := h.core.signedIn(h.core.db.Read(context.Background()), Client{Session: token}, h.now())
	if err != nil && !isKind(err, NoSession) {
		t.Fatal(err)
	}
	return err == nil
}

// wrongCode is a code that is surely not the right one.
func wrongCode(right string) string {
	d := (right[0]-'0'+1)%10 + '0'
	return string(d) + right[1:]
}

// parallel runs n copies of an act at once.
func parallel(n int, act func(i int)) {
	var wait sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wait.Go(func() {
			<-begin
			act(i)
		})
	}
	close(begin)
	wait.Wait()
}

// count asks the database for a number.
func (h *house) count(t testing.TB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := h.core.db.Read(context.Background()).Raw(query, args...).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

func isKind(err error, kind Kind) bool {
	e, ok := err.(*Error)
	return ok && e.Kind == kind
}

func mustContain(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; wanted one with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}
