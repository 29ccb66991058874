package handlers_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"admitone/content"
	"admitone/handlers"
	"admitone/models"
	"admitone/models/delivery"
	"admitone/models/devinbox"
	"admitone/models/operate"
	"admitone/models/support"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

const (
	mara     = "mara@example.com"
	password = "correct horse battery staple"
	wrong    = "a wrong horse and no staple"
)

// house is the whole program but for its command line: real rows, a real
// worker that hands real mail to a real mail server, and one clock that the
// test moves.
type house struct {
	*clock
	t      *testing.T
	models *models.Models
	inbox  *devinbox.Inbox
	site   *handlers.Site
	help   *content.Help
	people *support.Support
	url    string
	rows   string // the database
	htmx   bool   // whether its browsers send their forms as htmx
	log    *logbook
	lossy  atomic.Bool // the gateway's own reports get lost on the way
}

// setup is what a test may change before a house opens.
type setup struct {
	policy models.Policy
	pages  handlers.Options
	desk   models.Desk
	texts  []string // the countries that get texts; none in most houses
	geo    []string // files that tell places; none in most houses
}

// withTexts opens a house that can text.
func withTexts(s *setup) { s.texts = []string{"AT", "DE", "US", "GB"} }

// scenario runs a test in a browser without script and as htmx, same status,
// same words, and on PostgreSQL, where one of the two is enough.
func scenario(t *testing.T, test func(t *testing.T, h *house), change ...func(*setup)) {
	t.Helper()
	twice(t, test, change...)
	t.Run("postgres", func(t *testing.T) { test(t, open(t, database(t, "postgres"), false, change...)) })
}

// twice runs a test on SQLite, plain and as htmx: for what no engine decides.
func twice(t *testing.T, test func(t *testing.T, h *house), change ...func(*setup)) {
	t.Helper()
	for _, as := range []string{"plain", "htmx"} {
		t.Run(as, func(t *testing.T) { test(t, open(t, database(t, "sqlite"), as == "htmx", change...)) })
	}
}

// once opens one house, on SQLite and plain.
func once(t *testing.T, change ...func(*setup)) *house {
	t.Helper()
	return open(t, database(t, "sqlite"), false, change...)
}

// peerHeader is how a test's browser says which network address it has; the
// server takes it off before the site sees the request.
const peerHeader = "Test-Peer"

func open(t *testing.T, database string, htmx bool, change ...func(*setup)) *house {
	t.Helper()
	h := &house{clock: &clock{at: time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)}, t: t, rows: database, htmx: htmx, log: &logbook{}}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	s := setup{policy: models.DefaultPolicy(), desk: models.Desk{Zone: time.UTC}, pages: handlers.Options{
		Brand: "Admit One", MailFrom: "codes@example.com", PublicURL: &url.URL{Scheme: "http", Host: "localhost:8080"},
		Zone: time.UTC, SignUpOpen: true, Log: log,
	}}
	for _, c := range change {
		c(&s)
	}
	var err error
	h.models, err = models.Open(context.Background(), models.Options{
		Database: database, KeyFile: filepath.Join(t.TempDir(), "key"), Brand: s.pages.Brand,
		Policy: s.policy, Now: h.now, Log: log, Texts: len(s.texts) > 0, Countries: s.texts, Desk: s.desk, Geo: s.geo,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.models.Close() })
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer := r.Header.Get(peerHeader); peer != "" {
			r.RemoteAddr = net.JoinHostPort(peer, "50000")
			r.Header.Del(peerHeader)
		}
		if h.lossy.Load() && strings.HasPrefix(r.UserAgent(), "Go-http-client") {
			panic(http.ErrAbortHandler)
		}
		h.site.ServeHTTP(w, r)
	}))
	h.url = "http://" + server.Listener.Addr().String() // where links lead and gateways report to
	h.post(len(s.texts) > 0)
	s.pages.Models, s.pages.DevInbox = h.models, h.inbox.Handler()
	h.help = help(t, h.models)
	s.pages.Support, s.pages.Help = talk(t, h.models, log), h.help
	h.people, h.site = s.pages.Support, handlers.New(s.pages)
	server.Start()
	t.Cleanup(func() {
		h.site.CloseStreams() // or the server would wait for them
		server.Close()
	})
	t.Cleanup(func() {
		if strings.Contains(h.log.String(), "panic") {
			t.Errorf("something panicked:\n%s", h.log)
		}
	})
	return h
}

// post starts the mail server and the gateway, and the worker that hands them
// the messages.
func (h *house) post(texts bool) {
	var err error
	if h.inbox, err = devinbox.Open(devinbox.Options{Now: h.now}); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = h.inbox.Close() })
	peer, err := delivery.ParseSMTP("smtp://" + h.inbox.Addr() + "?tls=none")
	if err != nil {
		h.t.Fatal(err)
	}
	var gateway *delivery.SMS
	if texts {
		gateway = operate.InboxGateway(h.inbox.GatewayURL(), "Admit One")
	}
	worker := delivery.New(delivery.Options{
		Outbox: h.models.Outbox, SMTP: peer, SMS: gateway, From: "codes@example.com", Brand: "Admit One",
		PublicURL: h.url, LifeMinutes: 10, Now: h.now,
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	h.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			h.t.Errorf("worker: %v", err)
		}
	})
}

// talk opens what people reach a person by, and keeps it running.
func talk(t testing.TB, m *models.Models, log *slog.Logger) *support.Support {
	t.Helper()
	s, err := support.Open(support.Options{Models: m, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("support: %v", err)
		}
	})
	return s
}

// help is the help centre with the numbers of a house.
func help(t testing.TB, m *models.Models) *content.Help {
	t.Helper()
	h, err := content.NewHelp(handlers.HelpFacts(m, "Admit One", "codes@example.com", "localhost:8080"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// database gives an engine's own fresh database.
func database(t testing.TB, engine string) string {
	t.Helper()
	if engine == "sqlite" {
		return filepath.Join(t.TempDir(), "admitone.db")
	}
	base := os.Getenv("ADMITONE_TEST_POSTGRES")
	if base == "" {
		t.Skip("ADMITONE_TEST_POSTGRES is not set: run it by make test or tools/with-postgres")
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var b [6]byte
	_, _ = rand.Read(b[:])
	schema := "t_" + hex.EncodeToString(b[:])
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

// settle waits until the worker has nothing left to do. Nothing announces
// that, so the outbox is asked.
func (h *house) settle() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		next, err := h.models.Outbox.NextAt(ctx, "")
		if err == nil && next.IsZero() {
			return
		}
		select {
		case <-ctx.Done():
			h.t.Fatalf("messages are still waiting: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
}

// mail is what has been delivered to an address or a number, newest first.
func (h *house) mail(to string) []devinbox.Message {
	h.t.Helper()
	h.settle()
	return h.inbox.Messages(to)
}

// codeLine is how a letter shows its code, and a text.
var codeLine = regexp.MustCompile(`(?m)^(\d{6})(?: is your Admit One code .*)?$`)

// code is the one in the newest message to an address or a number that has one.
func (h *house) code(to string) string {
	h.t.Helper()
	for _, m := range h.mail(to) {
		if found := codeLine.FindStringSubmatch(m.Text); found != nil {
			return found[1]
		}
	}
	h.t.Fatalf("no code came to %s", to)
	return ""
}

// notCode is six digits that are not the code.
func notCode(code string) string {
	return string('0'+(code[0]-'0'+1)%10) + code[1:]
}

// forward lets time go by: what a process writes each second is written first.
func (h *house) forward(d time.Duration) {
	h.t.Helper()
	now, end := context.WithCancel(context.Background())
	end()
	if err := h.models.Sessions.Touch(now); err != nil {
		h.t.Fatal(err)
	}
	h.clock.forward(d)
}

// clock is the injected clock.
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

// logbook keeps what is logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// tells says whether a secret is in the log.
func (l *logbook) tells(secret string) bool { return holds(l.String(), secret) }

// holds says whether a secret is in a text. The digits of a code, eight of them at
// most, may be a part of an id by chance: a code counts where it stands alone.
func holds(text, secret string) bool {
	if len(secret) <= 8 && strings.Trim(secret, "0123456789") == "" {
		return regexp.MustCompile(`\b` + secret + `\b`).MatchString(text)
	}
	return strings.Contains(text, secret)
}

// routes are all that the site answers.
func (h *house) routes() []*echo.Route { return h.site.Handler.(*echo.Echo).Routes() }
