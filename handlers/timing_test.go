package handlers_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"admitone/handlers"
	"admitone/models"
)

// timingPairs is how many known and unknown addresses are compared.
const timingPairs = 1000

// BenchmarkTiming compares how long the answer takes for an address that has an
// account and for one that has none, in interleaved pairs of random order. auc is
// the chance that the known one took longer: 0.5 says that time tells nothing,
// 1 or 0 that it tells everything.
func BenchmarkTiming(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			s := openTiming(b, engine)
			for _, act := range []struct {
				name, before, path, form string
			}{
				{"sign-in", "", "/sign-in", "email=%s&password=a+wrong+horse+and+no+staple"},
				{"sign-up", "", "/sign-up", "email=%s&password=a+quite+different+horse"},
				{"reset", "", "/reset", "email=%s"},
				{"resend", "/reset", "/reset/code/resend", "email=%s"},
			} {
				b.Run(act.name, func(b *testing.B) {
					for range b.N {
						var known, unknown []time.Duration
						for i := range timingPairs {
							s.round(i)
							pair := []string{fmt.Sprintf("known%d@example.com", i%timingKnown), fmt.Sprintf("nobody%d@example.com", i%timingKnown)}
							if rand.IntN(2) == 0 {
								slices.Reverse(pair)
							}
							for _, email := range pair {
								took := s.took(b, act.before, act.path, act.form, email)
								if strings.HasPrefix(email, "known") {
									known = append(known, took)
								} else {
									unknown = append(unknown, took)
								}
							}
						}
						b.ReportMetric(auc(known, unknown), "auc")
					}
				})
			}
		})
	}
}

// timingKnown is how many accounts there are; each is asked for once in a round,
// and rounds are days apart, so that no budget is spent.
const timingKnown = 50

type timing struct {
	*clock
	models *models.Models
	site   http.Handler
}

func openTiming(b *testing.B, engine string) *timing {
	b.Helper()
	s := &timing{clock: &clock{at: time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)}}
	log := slog.New(slog.DiscardHandler)
	var err error
	s.models, err = models.Open(context.Background(), models.Options{
		Database: database(b, engine), KeyFile: filepath.Join(b.TempDir(), "key"), Brand: "Admit One", Policy: models.DefaultPolicy(), Now: s.now, Log: log,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.models.Close() })
	s.site = handlers.New(handlers.Options{
		Models: s.models, Brand: "Admit One", MailFrom: "codes@example.com", PublicURL: &url.URL{Scheme: "http", Host: "localhost:8080"},
		Zone: time.UTC, SignUpOpen: true, Log: log, Support: talk(b, s.models, log), Help: help(b, s.models),
	})
	for i := range timingKnown {
		s.signUp(b, fmt.Sprintf("known%d@example.com", i))
	}
	return s
}

func (s *timing) signUp(b *testing.B, email string) {
	ctx := context.Background()
	started, err := s.models.SignUps.Start(ctx, email, password, models.Client{})
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range s.empty(b) {
		code, _ := s.models.Outbox.Code(m)
		if a, err := s.models.SignUps.Answer(ctx, code, "", models.Ticks{}, models.Client{Session: started.Session}); err != nil || a.Outcome != models.Accepted {
			b.Fatal(a.Outcome, err)
		}
	}
}

// empty takes every message out of the outbox, as a worker would between two
// requests.
func (s *timing) empty(b *testing.B) []models.Message {
	ctx := context.Background()
	list, err := s.models.Outbox.Claim(ctx, "", 100, time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range list {
		if err := s.models.Outbox.Sent(ctx, m, ""); err != nil {
			b.Fatal(err)
		}
	}
	return list
}

func (s *timing) round(i int) {
	if i%timingKnown == 0 {
		s.forward(49 * time.Hour)
	}
}

func (s *timing) took(b *testing.B, before, path, form, email string) time.Duration {
	form = fmt.Sprintf(form, url.QueryEscape(email))
	jar := map[string]string{}
	if before != "" {
		s.send(b, jar, before, form)
		s.forward(31 * time.Second)
	}
	s.empty(b)
	begin := time.Now()
	s.send(b, jar, path, form)
	took := time.Since(begin)
	s.empty(b)
	return took
}

func (s *timing) send(b *testing.B, jar map[string]string, path, form string) {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = "127.0.0.1:50000" // nobody's address: the limit per address is not what is measured
	for name, value := range jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	s.site.ServeHTTP(w, r)
	for _, k := range w.Result().Cookies() {
		jar[k.Name] = k.Value
	}
	if w.Code >= 500 || w.Code == http.StatusTooManyRequests {
		b.Fatalf("%s: %d", path, w.Code)
	}
}

// auc is the area under the curve: how often one of xs is greater than one of ys.
func auc(xs, ys []time.Duration) float64 {
	type sample struct {
		took time.Duration
		x    bool
	}
	var all []sample
	for _, x := range xs {
		all = append(all, sample{x, true})
	}
	for _, y := range ys {
		all = append(all, sample{y, false})
	}
	slices.SortFunc(all, func(a, b sample) int { return cmp.Compare(a.took, b.took) })
	sum := 0.0
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].took == all[i].took {
			j++
		}
		for k := i; k < j; k++ {
			if all[k].x {
				sum += float64(i+j+1) / 2
			}
		}
		i = j
	}
	n, m := float64(len(xs)), float64(len(ys))
	return (sum - n*(n+1)/2) / (n * m)
}
