package models

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"admitone/models/internal/db"
)

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

func (l *logbook) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

// security gives the lines of the security log, read as JSON.
func (l *logbook) security(t testing.TB) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(l.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if m["msg"] == "security" {
			lines = append(lines, m)
		}
	}
	return lines
}

// withLog opens a house that writes its log into a book.
func withLog(book *logbook) func(*Options) {
	return func(o *Options) {
		withTexts(o)
		o.Log = slog.New(slog.NewJSONHandler(book, nil))
	}
}

// Every kind of activity has a name of the vocabulary, and nothing else has.
func TestEveryKindHasAName(t *testing.T) {
	kinds := map[EventKind]bool{}
	file, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || v.Type == nil {
			return true
		}
		if of, ok := v.Type.(*ast.Ident); ok && of.Name == "EventKind" {
			kind, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds[EventKind(kind)] = true
		}
		return true
	})
	if len(kinds) < 40 {
		t.Fatalf("only %d kinds were read", len(kinds))
	}
	for kind := range kinds {
		if vocabulary[kind].name == "" {
			t.Errorf("%s has no name in the security log", kind)
		}
	}
	for kind, in := range vocabulary {
		if !kinds[kind] {
			t.Errorf("%s is no kind", kind)
		}
		if in.tally == nil {
			continue
		}
		if name, ok := newFigures().count(tally{in.tally[0], in.tally[1:]}); !ok || strings.Contains(name, other) {
			t.Errorf("%s is counted as %v, which is no figure", kind, in.tally)
		}
	}
}

// Every key of a budget begins with a name that the log and the figures know.
func TestEveryBudgetHasAName(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			kv, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			if name, ok := kv.Key.(*ast.Ident); !ok || name.Name != "key" {
				return true
			}
			value := kv.Value
			for {
				sum, ok := value.(*ast.BinaryExpr)
				if !ok {
					break
				}
				value = sum.X
			}
			if text, ok := value.(*ast.BasicLit); ok {
				found++
				key, _ := strconv.Unquote(text.Value)
				begins := func(name string) bool { return strings.HasPrefix(name, key) }
				if slug, _ := (budget{key: key}).name(); slug == other && !slices.ContainsFunc(slices.Collect(maps.Keys(budgetNames)), begins) {
					t.Errorf("%s: the budget %q has no name", path, key)
				}
			}
			return true
		})
	}
	if found < 10 {
		t.Errorf("only %d budgets were found", found)
	}
	for key, want := range map[string][2]string{
		"lane 0123 4567":                 {"lane", ""},
		"code " + strings.Repeat("a", 4): {"code", "aaaa"},
		"code undo b 0123":               {"code_undo", "b"},
		"sends from address 192.0.2.9":   {"sends_from_address", ""},
		"purse":                          {"purse", ""},
		"mara@example.com":               {other, ""},
	} {
		if slug, account := (budget{key: key}).name(); slug != want[0] || account != want[1] {
			t.Errorf("%q is %q of %q, want %v", key, slug, account, want)
		}
	}
}

// Each scenario writes its line once, with who, where and on what, and no secret.
func TestSecurityScenarios(t *testing.T) {
	book := &logbook{}
	enginesWith(t, withLog(book), func(t *testing.T, h *house) {
		owner := h.signUp(t, "mara@example.com")
		var secrets, codes []string
		scenario := func(name, detail string, want int, act func()) {
			t.Helper()
			h.forward(2 * time.Minute)
			h.core.flush(ctx) // what came again before
			book.clear()
			act()
			got := 0
			for _, l := range book.security(t) {
				if l["event"] == name && (detail == "" || l["detail"] == detail) {
					got++
					if name == "excess_rate_limit_exceeded" && (l["address"] != "203.0.113.0" || l["device"] != "Firefox on Linux") {
						t.Errorf("nobody asked: %v", l)
					}
					if at, err := time.Parse(time.RFC3339Nano, l["time"].(string)); err != nil || !at.Equal(h.now()) || at.Location() != time.UTC {
						t.Errorf("%s: the time is %v", name, l["time"])
					}
				}
			}
			if got != want {
				t.Errorf("%s %s: %d lines, want %d:\n%s", name, detail, got, want, book)
			}
			for _, secret := range append(secrets, "mara@", "203.0.113.7", testPassword, "wrong horse", "Mozilla") {
				if strings.Contains(book.String(), secret) {
					t.Errorf("%s: %q is in the log:\n%s", name, secret, book)
				}
			}
			for _, code := range codes {
				if wholeToken(book.String(), code) {
					t.Errorf("%s: the code %s is in the log:\n%s", name, code, book)
				}
			}
		}
		startSignIn := func(password string, c Client) Started {
			t.Helper()
			s, err := h.SignIns.Start(ctx, "mara@example.com", password, "", c)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		answer := func(code string, c Client) Answered {
			t.Helper()
			a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, c)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, code)
			if a.Session != "" {
				secrets = append(secrets, a.Session, hashToken(a.Session)[:12])
			}
			return a
		}
		c := browser()
		scenario("user_created", "sign_up", 1, func() { h.signUp(t, "nora@example.com") })
		scenario("authn_login_success", "sign_in_known", 1, func() {
			opened := startSignIn(testPassword, owner)
			for _, l := range book.security(t) { // created and opened are about one session
				if l["session"] != hashToken(hashToken(opened.Session))[:12] {
					t.Errorf("%v is not about the session that was opened", l)
				}
			}
		})
		scenario("authn_login_fail", "wrong_password", 1, func() { startSignIn("a wrong horse", owner) })
		scenario("authn_login_successafterfail", "sign_in_known", 1, func() { startSignIn(testPassword, owner) })
		scenario("authn_token_created", "code_asked", 1, func() { c = h.startSignIn(t, "mara@example.com") })
		code := h.lastCode(t, "mara@example.com")
		scenario("authn_login_fail", "wrong_code", 1, func() { answer(wrongCode(code), c) })
		scenario("session_created", "pwd_otp", 1, func() {
			a := answer(code, c)
			for _, l := range book.security(t) {
				if l["event"] == "session_created" && l["session"] != hashToken(hashToken(a.Session))[:12] {
					t.Errorf("the session is %v", l["session"])
				}
			}
		})
		scenario("authn_login_fail_max", "tries_used_up", 1, func() {
			c := h.startSignIn(t, "mara@example.com")
			code := h.lastCode(t, "mara@example.com")
			for range h.core.policy.CodeTries {
				answer(wrongCode(code), c)
			}
		})
		scenario("authn_login_lock", "lane", 1, func() {
			for range LaneFree {
				startSignIn("a wrong horse", browser())
			}
		})
		scenario("excess_rate_limit_exceeded", "send_stranger", 1, func() {
			for range 20 {
				if _, err := h.Resets.Start(ctx, "mara@example.com", browser()); err != nil {
					t.Fatal(err)
				}
			}
		})
		scenario("authn_password_change", "password_changed", 1, func() {
			a, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", owner)
			if err != nil || a.Outcome != Accepted {
				t.Fatal(a.Outcome, err)
			}
			owner.Session = a.Session
			h.messages(t)
			owner = h.stepUp(t, owner)
			if _, err := h.Accounts.ChangePassword(ctx, testPassword, newPassword, false, owner); err != nil {
				t.Fatal(err)
			}
		})
		h.messages(t)
		scenario("session_renewed", "step_up", 1, func() { owner = h.stepUp(t, owner) })
		scenario("authn_token_reuse", "reset_link", 1, func() {
			if _, _, err := h.Resets.Follow(ctx, strings.Repeat("a", linkLength), browser()); !isKind(err, Gone) {
				t.Fatal(err)
			}
		})
		scenario("privilege_permissions_changed", "staff_role staff", 1, func() {
			if err := h.Staff.SetRole(ctx, "mara@example.com", RoleStaff, "Ines"); err != nil {
				t.Fatal(err)
			}
		})
		scenario("session_expired", "sign_out", 1, func() {
			if _, err := h.Sessions.SignOut(ctx, owner); err != nil {
				t.Fatal(err)
			}
		})
		idle := h.signUp(t, "idle@example.com")
		h.forward(time.Duration(h.core.policy.SessionIdle))
		scenario("session_expired", "too_late", 1, func() {
			if _, standing, err := h.Sessions.Find(ctx, idle); err != nil || standing != Ended {
				t.Errorf("%v, %v", standing, err)
			}
		})
	})
}

// A refusal that rolls its act back is in the log and the figures all the same, and
// what else the act would have told is not.
func TestRefusalsOutliveTheirAct(t *testing.T) {
	book := &logbook{}
	enginesWith(t, withLog(book), func(t *testing.T, h *house) {
		book.clear()
		b := budget{key: "agent finds " + newID(), windows: []window{{1, time.Hour}}}
		find := func() error {
			return h.core.db.Write(ctx, func(tx *db.Tx) error {
				note(tx, Incident{Name: "user_updated"})
				return take(tx, b, "finds")
			})
		}
		if err := find(); err != nil {
			t.Fatal(err)
		}
		if err := find(); !isKind(err, TooSoon) {
			t.Fatal(err)
		}
		lines := book.security(t)
		if len(lines) != 2 || lines[0]["event"] != "user_updated" || lines[1]["event"] != "excess_rate_limit_exceeded" || lines[1]["detail"] != "agent_finds" || lines[1]["account"] == "" {
			t.Errorf("the log: %v", lines)
		}
		if n := h.scrape(t)[`admitone_budgets_hit_total{budget="agent_finds"}`]; n != "1" {
			t.Errorf("%s refusals are counted", n)
		}
	})
}

// What a request says of itself cannot write a line of its own, in either form.
func TestSecurityLogIsInjectionProof(t *testing.T) {
	payloads := []string{
		"x\ntime=2026-11-22T20:14:07Z level=INFO msg=security event=authn_login_success",
		"x\r\n{\"msg\":\"security\",\"event\":\"forged\"}",
		"\x1b[2J\x1b[31mforged", "x\",\"event\":\"forged\"}", "x event=forged", "\u2028forged\u202e", "\xff\xfeforged", strings.Repeat("forged ", 1000),
	}
	for form, handler := range map[string]func(*logbook) slog.Handler{
		"text": func(b *logbook) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *logbook) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		t.Run(form, func(t *testing.T) {
			book := &logbook{}
			w := newWatch(slog.New(handler(book)), newClock().now)
			for i, payload := range payloads {
				c := Client{
					Address: netip.MustParseAddr(fmt.Sprintf("2001:db8:%x:1:2:3:4:5", i+1)), UserAgent: payload,
					Session: payload, Device: payload,
				}
				w.told(Incident{Name: "authn_login_fail", Account: payload, By: payload, Client: c, Detail: "wrong_password"})
			}
			text := book.String()
			if n := strings.Count(text, "\n"); n != len(payloads) {
				t.Errorf("%d lines of %d incidents:\n%s", n, len(payloads), text)
			}
			for _, bad := range []string{"forged", "success", "\x1b", "\r", "\u202e", ":1:2:3:4:5"} {
				if strings.Contains(text, bad) {
					t.Errorf("%q is in the log:\n%s", bad, text)
				}
			}
			// Nor what a caller of ours would hand on by mistake.
			book.clear()
			w.told(Incident{Name: "sequence_fail", Detail: payloads[0], Client: Client{Request: payloads[1]}})
			if text := book.String(); strings.Count(text, "\n") != 1 || strings.Contains(text, "event=authn") || strings.Contains(text, `"forged"`) {
				t.Errorf("the detail is raw:\n%s", text)
			}
		})
	}
}

// The same attack again and again is two lines a minute, and different ones have a
// most, each event its own: strangers cannot fill the disk with the log, and a flood
// of one attack does not hide another, nor that on an account.
func TestSecurityLogIsBounded(t *testing.T) {
	book, at := &logbook{}, newClock()
	w := newWatch(slog.New(slog.NewJSONHandler(book, nil)), at.now)
	for i := range 1000 {
		// Tokens that somebody makes up, from one network.
		w.told(Incident{Name: "session_use_after_expire", Client: Client{Address: netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), Session: newToken()}})
	}
	if lines := book.security(t); len(lines) != 1 {
		t.Fatalf("%d lines of one attack", len(lines))
	}
	at.forward(time.Minute)
	w.told(Incident{Name: "sequence_fail"})
	lines := book.security(t)
	if len(lines) != 3 || lines[1]["repeated"] != 999.0 || lines[1]["address"] != "192.0.2.0" || lines[2]["event"] != "sequence_fail" {
		t.Fatalf("the next minute: %v", lines[1:])
	}
	book.clear()
	const many = 3 * alikeMost
	flood := func(name string, n int, account func(int) string) {
		for i := range n {
			w.told(Incident{Name: name, Account: account(i), Client: Client{Address: netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1})}})
		}
	}
	nobody := func(int) string { return "" }
	flood("sequence_fail", many, nobody)
	w.told(Incident{Name: "authn_login_success"})
	lines = book.security(t)
	if n := len(lines); n != alikeMost || lines[n-1]["event"] != "authn_login_success" || len(w.seen) != alikeMost+1 {
		t.Fatalf("%d lines, %d kept in mind, the last %v", n, len(w.seen), lines[n-1])
	}
	book.clear()
	flood("malicious_csrf", many, nobody)
	if n := len(book.security(t)); n != alikeMost {
		t.Fatalf("%d lines of another attack", n)
	}
	book.clear()
	flood("authn_login_fail", many, nobody)
	flood("authn_login_fail", alikeOwn+1, strconv.Itoa)
	if n := len(book.security(t)); n != alikeMost+alikeOwn {
		t.Fatalf("%d lines of wrong passwords", n)
	}
	book.clear()
	at.forward(time.Minute)
	w.told(Incident{Name: "authn_login_success"})
	lines = book.security(t)
	if len(lines) != 4 {
		t.Fatalf("the next minute: %v", lines)
	}
	for i, want := range []struct {
		detail string
		more   int
	}{{"log authn_login_fail", many - alikeMost + 1}, {"log malicious_csrf", many - alikeMost}, {"log sequence_fail", many - alikeMost + 1}} {
		if l := lines[i]; l["event"] != "excess_rate_limit_exceeded" || l["detail"] != want.detail || l["repeated"] != float64(want.more) {
			t.Errorf("%v, want %v", l, want)
		}
	}
}

// What was counted by several instances adds up, what cannot be written is kept, and
// what is old goes.
func TestTallies(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		second := openModels(t, h.options)
		hour := h.now().Truncate(time.Hour)
		counted := func() map[string]int {
			t.Helper()
			list, err := tallied(h.core.db.Read(ctx), hour, hour.Add(2*time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int{}
			for _, l := range list {
				if l.Hour.Location() != time.UTC && l.Hour.UTC() != l.Hour.Truncate(time.Hour).UTC() {
					t.Errorf("not an hour: %v", l.Hour)
				}
				got[l.Name] += l.N
			}
			return got
		}
		for range 3 {
			h.Count("sign_ins", "known")
			second.Count("sign_ins", "known")
		}
		second.Count("codes", "sent", ChannelEmail)
		second.Count("budgets", "mara@example.com")
		second.Count("no such figure", "x")
		second.Count("moved", "more than it has")
		h.core.flush(ctx)
		second.core.flush(ctx)
		h.forward(time.Hour)
		h.Count("sign_ins", "known")
		h.core.flush(ctx)
		h.core.flush(ctx) // nothing twice
		want := map[string]int{"sign_ins known": 7, "codes sent email": 1, "budgets other": 1, "moved": 1}
		if got := counted(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("counted %v, want %v", got, want)
		}

		rename := func(from, to string) {
			t.Helper()
			h.exec(t, "ALTER TABLE "+from+" RENAME TO "+to)
		}
		rename("tallies", "tallies_away")
		h.Count("sign_ins", "code")
		h.core.flush(ctx)
		h.Count("sign_ins", "code")
		h.core.flush(ctx)
		rename("tallies_away", "tallies")
		h.core.flush(ctx)
		if got := counted()["sign_ins code"]; got != 2 {
			t.Errorf("%d of what could not be written came back, want 2", got)
		}

		running, stop := context.WithCancel(ctx)
		h.Count("resets", "asked")
		stop()
		if err := h.Tally(running); err != nil {
			t.Fatal(err)
		}
		if got := counted()["resets asked"]; got != 1 {
			t.Errorf("%d at the end, want 1", got)
		}

		h.forward(tallyLife + time.Hour)
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, "SELECT count(*) FROM tallies"); n != 0 {
			t.Errorf("%d figures are left after %v", n, tallyLife)
		}
	})
}

// While nothing can be written, what is kept has a most.
func TestDeltasAreBounded(t *testing.T) {
	at := newClock()
	w := newWatch(slog.New(slog.DiscardHandler), at.now)
	for range 2 * deltasMost {
		at.forward(time.Hour)
		w.count(tally{"moved", nil})
	}
	if n := len(w.deltas); n != deltasMost {
		t.Errorf("%d are kept", n)
	}
}
