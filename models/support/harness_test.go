package support

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"admitone/models"
	"admitone/models/internal/db"
	"admitone/models/internal/plans"

	"github.com/jackc/pgx/v5"
)

var ctx = context.Background()

// clock is the injected clock; tests move it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

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

// house is an open domain with support on it.
type house struct {
	*models.Models
	*Support
	*clock
	options models.Options
}

const testPassword = "correct horse battery staple"

// engines runs a test on SQLite and on PostgreSQL.
func engines(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	enginesWith(t, nil, test)
}

// enginesWith is engines with other options.
func enginesWith(t *testing.T, change func(*models.Options), test func(t *testing.T, h *house)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		test(t, openHouse(t, filepath.Join(t.TempDir(), "admitone.db"), change))
	})
	t.Run("postgres", func(t *testing.T) {
		test(t, openHouse(t, postgresURL(t), change))
	})
}

func hours(t testing.TB, s string) models.Hours {
	t.Helper()
	h, err := models.ParseHours(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func openHouse(t testing.TB, database string, change func(*models.Options)) *house {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 23, 10, 14, 7, 0, time.UTC)} // a Monday
	o := models.Options{
		Database: database, KeyFile: filepath.Join(t.TempDir(), "key"), Brand: "Admit One", Policy: models.DefaultPolicy(),
		Desk: models.Desk{
			Zone: time.UTC, Chat: hours(t, "always"), Phone: hours(t, "mon-fri 08:00-18:00"), DialURL: "http://127.0.0.1:1/dial?to={number}",
			Numbers:           []models.PhoneLine{{Region: "Austria", Tel: "+4312345678"}, {Region: "United Kingdom", Tel: "+442079460123"}},
			UnansweredMinutes: 10,
		},
		Now: c.now, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	h := &house{clock: c, options: o}
	h.Models, h.Support = openBoth(t, o)
	return h
}

func openBoth(t testing.TB, o models.Options) (*models.Models, *Support) {
	t.Helper()
	heard := plans.Hear(o.Log)
	o.Log = slog.New(heard)
	m, err := models.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	s, err := Open(Options{Models: m, Log: o.Log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { heard.Explain(t, s.core.db) })
	return m, s
}

// postgresURL makes a schema of its own on the server that tools/with-postgres
// has started.
func postgresURL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("ADMITONE_TEST_POSTGRES")
	if base == "" {
		t.Skip("ADMITONE_TEST_POSTGRES is not set: run it by make test or tools/with-postgres")
	}
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

// browser is one person's browser, at an address that nobody else has.
func browser(n int) models.Client {
	return models.Client{
		Address:   netip.AddrFrom4([4]byte{203, 0, byte(113 + n/250), byte(1 + n%250)}),
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	}
}

// here is a browser at nobody's address.
func here() models.Client {
	return models.Client{Address: netip.MustParseAddr("127.0.0.1"), UserAgent: browser(0).UserAgent}
}

// messages hands every waiting message over.
func (h *house) messages(t testing.TB) (all []models.Message) {
	t.Helper()
	for {
		claimed, err := h.Outbox.Claim(ctx, "", 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if len(claimed) == 0 {
			return all
		}
		for _, m := range claimed {
			if err := h.Outbox.Sent(ctx, m, ""); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, claimed...)
	}
}

// signUp makes an account and gives its owner's browser, signed in.
func (h *house) signUp(t testing.TB, email string) models.Client {
	t.Helper()
	c := here()
	s, err := h.SignUps.Start(ctx, email, testPassword, c)
	if err != nil || s.Outcome != models.CodeSent {
		t.Fatalf("sign-up: %v, %v", s.Outcome, err)
	}
	c.Session = s.Session
	for _, m := range h.messages(t) {
		code, ok := h.Outbox.Code(m)
		if !ok || m.Destination != email {
			continue
		}
		a, err := h.SignUps.Answer(ctx, code, "", models.Ticks{}, c)
		if err != nil || a.Outcome != models.Accepted {
			t.Fatalf("sign-up: %v, %v", a.Outcome, err)
		}
		c.Session, c.Device = a.Session, a.Device
	}
	return c
}

// staff makes a member of staff, with a fresh proof.
func (h *house) staff(t testing.TB, email, name string) models.Client {
	t.Helper()
	c := h.signUp(t, email)
	if err := h.Staff.SetRole(ctx, email, models.RoleStaff, name); err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *house) account(t testing.TB, c models.Client) string {
	t.Helper()
	s, _, err := h.Sessions.Find(ctx, c)
	if err != nil || s.AccountID == "" {
		t.Fatalf("no session: %v", err)
	}
	return s.AccountID
}

// chat begins a conversation in a browser of its own.
func (h *house) chat(t testing.TB, c models.Client) (v Visitor, id string) {
	t.Helper()
	s, err := h.Chats.Start(ctx, Visitor{Client: c}, StartChat{Problem: NoCode, Name: "Mara", Message: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	return Visitor{Client: c, Token: s.Token}, s.ID
}

// shown is a conversation as its visitor sees it.
func (h *house) shown(t testing.TB, v Visitor, id string) Chat {
	t.Helper()
	c, err := h.Chats.Show(ctx, v, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// read is a conversation as staff see it.
func (h *house) read(t testing.TB, a models.Client, id string) Chat {
	t.Helper()
	c, err := h.Chats.Read(ctx, a, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	return c
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
	if err := h.core.db.Read(ctx).Raw(query, args...).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks the kind and the reason of a refusal.
func refused(t testing.TB, err error, kind models.Kind, reason string) {
	t.Helper()
	if e, ok := err.(*models.Error); !ok || e.Kind != kind || reason != "" && e.Reason != reason {
		t.Errorf("%v; wanted %s %s", err, kind, reason)
	}
}

type tx = db.Tx

// write runs a transaction of the test's own.
func (h *house) write(act func(*tx) error) error { return h.core.db.Write(ctx, act) }
