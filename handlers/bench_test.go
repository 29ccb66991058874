package handlers_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"admitone/handlers"
	"admitone/models"
	"admitone/models/delivery"
	"admitone/models/devinbox"
)

// bench is the whole program but for its command line, called without a
// network in front: the figures are the program's own.
type bench struct {
	site  http.Handler
	inbox *devinbox.Inbox
}

// benchEngines runs a benchmark over both engines. The budget of sends is wide:
// one account signs in again and again.
func benchEngines(b *testing.B, run func(b *testing.B, s *bench)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			url := filepath.Join(b.TempDir(), "admitone.db")
			if engine == "postgres" {
				url = database(b, engine)
			}
			run(b, openBench(b, url))
		})
	}
}

func openBench(b testing.TB, databaseURL string) *bench {
	b.Helper()
	log := slog.New(slog.DiscardHandler)
	policy := models.DefaultPolicy()
	policy.OwnerSends = models.Sends{TenMinutes: 5000, Hour: 5000, Day: 5000}
	m, err := models.Open(context.Background(), models.Options{
		Database: databaseURL, KeyFile: filepath.Join(b.TempDir(), "key"), Brand: "Admit One", Policy: policy, Now: time.Now, Log: log,
		Desk: models.Desk{Zone: time.UTC, Chat: hoursOf("always")},
	})
	if err != nil {
		b.Fatal(err)
	}
	inbox, err := devinbox.Open(devinbox.Options{Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	smtp, err := delivery.ParseSMTP("smtp://" + inbox.Addr() + "?tls=none")
	if err != nil {
		b.Fatal(err)
	}
	public := &url.URL{Scheme: "http", Host: "localhost:8080"}
	worker := delivery.New(delivery.Options{
		Outbox: m.Outbox, SMTP: smtp, From: "codes@example.com", Brand: "Admit One", PublicURL: public.String(), LifeMinutes: 10, Now: time.Now, Log: log,
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- worker.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		<-done
		_ = inbox.Close()
		_ = m.Close()
	})
	return &bench{inbox: inbox, site: handlers.New(handlers.Options{
		Models: m, Brand: "Admit One", MailFrom: "codes@example.com", PublicURL: public, Zone: time.UTC, SignUpOpen: true, Log: log,
		Support: talk(b, m, log), Help: help(b, m),
	})}
}

// do sends a request with the cookies of a jar and keeps the ones it is given.
func (s *bench) do(b *testing.B, jar map[string]string, method, path, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form))
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	s.site.ServeHTTP(w, r)
	for _, k := range w.Result().Cookies() {
		jar[k.Name] = k.Value
	}
	if w.Code >= 400 {
		b.Fatalf("%s %s: %d", method, path, w.Code)
	}
	return w
}

// code waits for the nth message to the address and reads its code, which
// stands alone on the first line.
func (s *bench) code(b *testing.B, n int) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	got, err := s.inbox.Wait(ctx, "mara@example.com", n)
	if err != nil {
		b.Fatal(err)
	}
	first, _, _ := strings.Cut(got[0].Text, "\n")
	return strings.TrimSpace(first)
}

const benchForm = "email=mara%40example.com&password=correct+horse+battery+staple"

func (s *bench) signUp(b *testing.B) map[string]string {
	jar := map[string]string{}
	s.do(b, jar, "POST", "/sign-up", benchForm)
	s.do(b, jar, "POST", "/sign-up/code", "code="+s.code(b, 1))
	if err := s.inbox.Empty(); err != nil {
		b.Fatal(err)
	}
	return jar
}

// cpu is the CPU time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func reportCPU(b *testing.B, before time.Duration) {
	b.ReportMetric(float64(cpu()-before)/float64(time.Millisecond)/float64(b.N), "cpu-ms/op")
}

func BenchmarkSignInPage(b *testing.B) {
	s := openBench(b, filepath.Join(b.TempDir(), "admitone.db"))
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	for range b.N {
		s.do(b, map[string]string{}, "GET", "/sign-in", "")
	}
	reportCPU(b, before)
}

func BenchmarkSessionCheck(b *testing.B) {
	benchEngines(b, func(b *testing.B, s *bench) {
		jar := s.signUp(b)
		b.ReportAllocs()
		b.ResetTimer()
		before := cpu()
		for range b.N {
			if w := s.do(b, jar, "GET", "/account", ""); w.Code != http.StatusOK {
				b.Fatal(w.Code)
			}
		}
		reportCPU(b, before)
	})
}

// BenchmarkWholeSignIn is a sign-in on a new device as a browser does it: the
// page, the password with its hash, the code page, the mail by SMTP, the code,
// the account page, the notice by SMTP. handover is from the answer to the
// password (after the commit) to the mail in the inbox.
func BenchmarkWholeSignIn(b *testing.B) {
	benchEngines(b, func(b *testing.B, s *bench) {
		s.signUp(b)
		b.ReportAllocs()
		b.ResetTimer()
		before := cpu()
		var handover []time.Duration
		for range b.N {
			jar := map[string]string{}
			s.do(b, jar, "GET", "/sign-in", "")
			s.do(b, jar, "POST", "/sign-in", benchForm)
			committed := time.Now()
			s.do(b, jar, "GET", "/sign-in/code", "")
			code := s.code(b, 1)
			handover = append(handover, time.Since(committed))
			s.do(b, jar, "POST", "/sign-in/code", "code="+code)
			s.do(b, jar, "GET", "/account", "")
			s.code(b, 2) // the notice of the new device
			if err := s.inbox.Empty(); err != nil {
				b.Fatal(err)
			}
		}
		reportCPU(b, before)
		slices.Sort(handover)
		for name, at := range map[string]int{"handover-p50-ms": 50, "handover-p99-ms": 99} {
			b.ReportMetric(float64(handover[len(handover)*at/100])/float64(time.Millisecond), name)
		}
	})
}
