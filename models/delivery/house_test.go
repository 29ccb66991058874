package delivery

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"admitone/models"
)

// house is the real models on a real file, a real mail server, and one clock that the test moves.
type house struct {
	t    *testing.T
	m    *models.Models
	file string
	peer *peer
	log  *logbook

	mu  sync.Mutex
	now time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	folder := t.TempDir()
	h := &house{t: t, file: filepath.Join(folder, "test.db"), peer: newPeer(t), log: &logbook{lines: make(chan string, 1000)}, now: time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)}
	var err error
	h.m, err = models.Open(t.Context(), models.Options{
		Database: h.file, KeyFile: filepath.Join(folder, "keys"), Brand: "Admit One",
		Policy: models.DefaultPolicy(), Now: h.clock, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.m.Close() })
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *house) worker(server SMTP) *Worker {
	return New(Options{
		Outbox: h.m.Outbox, SMTP: server, From: "codes@example.com", Brand: "Admit One",
		PublicURL: "https://accounts.example.com", LifeMinutes: 10, Now: h.clock, Log: slog.New(slog.NewTextHandler(h.log, nil)),
	})
}

// run starts a worker; stop ends it and waits until it has written everything down.
func (h *house) run(w *Worker) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				h.t.Error(err)
			}
		})
	}
	h.t.Cleanup(stop)
	return stop
}

// signUp enqueues a code to an address and returns who waits for it.
func (h *house) signUp(address string) models.Client {
	h.t.Helper()
	c := models.Client{Address: netip.IPv6Loopback(), UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
	out, err := h.m.SignUps.Start(h.t.Context(), address, "correct horse battery", c)
	if err != nil || out.Outcome != models.CodeSent {
		h.t.Fatalf("sign-up: %v %v", out.Outcome, err)
	}
	c.Session = out.Session
	return c
}

func (h *house) delivery(c models.Client) models.Delivery {
	h.t.Helper()
	p, err := h.m.SignUps.Pending(h.t.Context(), c)
	if err != nil {
		h.t.Fatal(err)
	}
	return p.Delivery
}

// logbook keeps what is logged and hands each line on.
type logbook struct {
	mu    sync.Mutex
	all   bytes.Buffer
	lines chan string
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Write(b)
	l.lines <- string(b)
	return len(b), nil
}

func (l *logbook) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// await returns the first new line that says words.
func (h *house) await(words string) string {
	h.t.Helper()
	limit := time.After(30 * time.Second)
	for {
		select {
		case line := <-h.log.lines:
			if strings.Contains(line, words) {
				return line
			}
		case <-limit:
			h.t.Fatalf("nothing logged %q; the log is:\n%s", words, h.log.text())
		}
	}
}
