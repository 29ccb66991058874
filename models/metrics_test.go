package models

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// scrape reads the figures as Prometheus does.
func (h *house) scrape(t testing.TB) map[string]string {
	t.Helper()
	w := httptest.NewRecorder()
	h.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("%d, %v: %s", w.Code, err, body)
	}
	figures := map[string]string{}
	for line := range strings.Lines(string(body)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "} "); ok {
			figures[name+"}"] = value
		} else if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
			figures[name] = value
		}
	}
	return figures
}

// A sign-up, a sign-in, a wrong code and a reset are in the figures, beside the
// queue, the purse and the process.
func TestMetrics(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		want := func(now map[string]string, want map[string]string) {
			t.Helper()
			for name, value := range want {
				if now[name] != value {
					t.Errorf("%s is %q, want %q", name, now[name], value)
				}
			}
		}
		want(h.scrape(t), map[string]string{
			`admitone_sign_ins_total{outcome="refused"}`: "0", `admitone_database_up`: "1", `admitone_queue_length`: "0", `admitone_queue_age_seconds`: "0",
			`admitone_purse_used_ratio`: "0", `admitone_budgets_hit_total{budget="send_stranger"}`: "0",
		})
		h.signUp(t, "mara@example.com")
		h.forward(time.Minute)
		c := h.startSignIn(t, "mara@example.com")
		h.forward(3 * time.Second)
		want(h.scrape(t), map[string]string{`admitone_queue_length`: "1", `admitone_queue_age_seconds`: "3"})
		code := h.lastCode(t, "mara@example.com")
		for _, typed := range []string{wrongCode(code), code} {
			if _, err := h.SignIns.Answer(ctx, typed, "", Ticks{}, c); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.SignIns.Start(ctx, "mara@example.com", "a wrong horse", "", browser()); err != nil {
			t.Fatal(err)
		}
		h.startReset(t, "mara@example.com")
		h.startReset(t, "nobody@example.com") // a decoy is no code that was sent
		now := h.scrape(t)
		want(now, map[string]string{
			`admitone_sign_ups_total{what="asked"}`: "1", `admitone_sign_ups_total{what="done"}`: "1",
			`admitone_sign_ins_total{outcome="code"}`: "1", `admitone_sign_ins_total{outcome="wrong_password"}`: "1",
			`admitone_codes_total{channel="email",what="sent"}`: "3", `admitone_codes_total{channel="email",what="entered"}`: "2",
			`admitone_codes_total{channel="email",what="wrong"}`: "1", `admitone_codes_total{channel="sms",what="sent"}`: "0",
			`admitone_resets_total{what="asked"}`: "2", `admitone_deliveries_total{channel="email",state="accepted"}`: "2",
			`admitone_handover_seconds_count{channel="email"}`: "2", `admitone_handover_seconds_sum{channel="email"}`: "3",
			`admitone_handover_seconds_bucket{channel="email",le="2.5"}`: "1",
		})
		for _, name := range []string{"go_goroutines", "process_open_fds"} {
			if now[name] == "" {
				t.Errorf("no %s", name)
			}
		}
		for name := range now {
			if strings.Contains(name, "mara") || strings.Contains(name, "203.0.113") {
				t.Errorf("somebody is in %s", name)
			}
		}
	})
}

// What is on no list makes no series of its own.
func TestLabelsAreFromLists(t *testing.T) {
	h := openHouse(t, t.TempDir()+"/admitone.db", nil)
	before := len(h.scrape(t))
	for range 1000 {
		h.Count("sign_ins", newID())
		h.Count("codes", newID(), newID())
		h.Count(newID(), newID())
	}
	now := h.scrape(t)
	if now[`admitone_sign_ins_total{outcome="other"}`] != "1000" || now[`admitone_codes_total{channel="other",what="other"}`] != "1000" {
		t.Error("what is on no list is not counted as other")
	}
	if n := len(now) - before; n > 2 {
		t.Errorf("%d new series", n)
	}
}

// Where the database does not answer, its own figures are left out and the rest is
// still there.
func TestMetricsWithoutADatabase(t *testing.T) {
	h := openHouse(t, t.TempDir()+"/admitone.db", nil)
	h.Count("sign_ins", "known")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	now := h.scrape(t)
	if now["admitone_database_up"] != "0" || now["admitone_queue_length"] != "" || now[`admitone_sign_ins_total{outcome="known"}`] != "1" {
		t.Errorf("up %q, queue %q, sign-ins %q", now["admitone_database_up"], now["admitone_queue_length"], now[`admitone_sign_ins_total{outcome="known"}`])
	}
}
