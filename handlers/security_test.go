package handlers_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"admitone/models/operate"
)

// lines are those of the security log since the last time, for one event.
func (h *house) lines(event string, from int) (list []string) {
	for line := range strings.Lines(h.log.String()[from:]) {
		if strings.Contains(line, "msg=security event="+event+" ") {
			list = append(list, line)
		}
	}
	return list
}

// What only a request shows is in the security log too: once, with its id, and with
// nothing of what was typed.
func TestSecurityLogOfRequests(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		member, visitor := h.from("198.51.100.77"), h.from("198.51.100.77")
		member.signUp(mara)
		token := member.cookies["session"]
		flow := h.browser()
		flow.toCode(mara)
		one := func(event, detail string, act func()) {
			t.Helper()
			h.forward(2 * time.Minute)
			from := len(h.log.String())
			act()
			got := h.lines(event, from)
			if len(got) != 1 || !strings.Contains(got[0], detail) || !strings.Contains(got[0], "request=") || !strings.Contains(got[0], "address=198.51.100.0") {
				t.Errorf("%s: %q", event, got)
			}
		}
		one("malicious_csrf", "detail=cross_origin", func() {
			visitor.with("Sec-Fetch-Site", "cross-site").send("/sign-in", "email", mara, "password", password).is(403)
		})
		one("authz_fail", "detail=console", func() { member.open("/console").is(404) })
		one("sequence_fail", `detail="no_flow /sign-in/code"`, func() { visitor.send("/sign-in/code", "code", "123456") })
		one("sequence_fail", `detail="superseded /sign-in/code"`, func() {
			flow := h.from("198.51.100.77")
			flow.toCode(mara)
			flow.send("/sign-in/code", "code", "123456", "flow", strings.Repeat("0", 32)).is(422)
		})
		one("sequence_fail", `detail="no_proof /reset/new"`, func() { visitor.send("/reset/new", "new_password", "a new horse and staple") })
		one("session_use_after_expire", "device=", func() {
			gone := member.copy()
			member.send("/sign-out")
			gone.open("/account").leads("/sign-in?next=/account")
		})
		for _, secret := range []string{mara, password, "a new horse", token, "198.51.100.77", "Mozilla", h.code(mara)} {
			if h.log.tells(secret) {
				t.Errorf("%q is in the log:\n%s", secret, h.log)
			}
		}
	})
}

// A browser that names itself in lines of a log writes none.
func TestUserAgentWritesNoLine(t *testing.T) {
	h := once(t)
	for _, payload := range []string{"x\tmsg=security event=forged", `x","event":"forged`, "x event=forged", "\xffforged"} {
		h.browser().with("User-Agent", payload).send("/sign-in", "email", mara, "password", wrong).is(422)
	}
	if text := h.log.String(); strings.Contains(text, "forged") {
		t.Errorf("a browser wrote into the log:\n%s", text)
	}
}

// The figures are told on their own listener alone, and not by the site.
func TestMetricsHaveTheirOwnListener(t *testing.T) {
	h := once(t)
	b := h.browser()
	b.signUp(mara)
	b.open("/metrics").is(404).without("admitone_")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- operate.ServeMetrics(ctx, slog.New(slog.DiscardHandler), l, h.models.Metrics()) }()
	get := func(path string) (int, string) {
		t.Helper()
		res, err := http.Get("http://" + l.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	status, body := get("/metrics")
	if status != http.StatusOK || !strings.Contains(body, `admitone_sign_ups_total{what="done"} 1`) || !strings.Contains(body, "admitone_database_up 1") {
		t.Errorf("%d: %s", status, body)
	}
	if strings.Contains(body, mara) || strings.Contains(body, b.cookies["session"]) {
		t.Error("somebody is in the figures")
	}
	if status, _ := get("/account"); status != http.StatusNotFound {
		t.Errorf("the listener of the figures has other pages: %d", status)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
