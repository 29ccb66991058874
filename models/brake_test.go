package models

import (
	"testing"
	"time"
)

// flood asks for resets as strangers do, and gives the kinds of what was sent. The
// budget of the mailbox is not in the way.
func (h *house) flood(t testing.TB, email string, n int) (sent []string) {
	t.Helper()
	for i := range n {
		h.exec(t, "DELETE FROM spends WHERE key LIKE 'send %'")
		if s, err := h.Resets.Start(ctx, email, elsewhere(i)); err != nil || s.Outcome != CodeSent {
			t.Fatalf("reset %d: %v, %v", i, s.Outcome, err)
		}
		h.forward(time.Minute)
	}
	for _, m := range h.messages(t) {
		sent = append(sent, m.Kind+" "+m.Channel)
	}
	return sent
}

func howMany(list []string) map[string]int {
	n := map[string]int{}
	for _, s := range list {
		n[s]++
	}
	return n
}

// After three codes that nobody types the next ones are not sent: one digest goes to
// every address. The owner's own ways are never braked.
func TestBrake(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		owner := h.signUp(t, "mara@example.com")
		h.newPhone(t, owner, "+436641234567")
		h.messages(t)
		sent := howMany(h.flood(t, "mara@example.com", 8))
		if sent["reset_code email"] != brakeCodes || sent["codes_braked email"] != 1 || sent["codes_braked sms"] != 1 || len(sent) != 3 {
			t.Fatalf("sent: %v", sent)
		}
		if n := h.count(t, "SELECT count(*) FROM events WHERE kind = ? AND account_id IS NOT NULL", EventCodesBraked); n != 1 {
			t.Errorf("%d activities", n)
		}
		// A right password, a known device, a lane and a message's link still get codes.
		h.startSignIn(t, "mara@example.com")
		if m, code, _ := h.letter(t); m.Kind != KindSignInCode || code == "" {
			t.Errorf("after the right password: %+v", m)
		}
		owner.Session = ""
		if s, err := h.Resets.Start(ctx, "mara@example.com", owner); err != nil || s.Outcome != CodeSent {
			t.Fatalf("%v, %v", s.Outcome, err)
		}
		m, _, link := h.letter(t)
		if m.Kind != KindResetCode {
			t.Errorf("a known device: %+v", m)
		}
		fresh := elsewhere(100)
		var err error
		if fresh.Session, fresh.Device, err = h.Resets.Follow(ctx, link, fresh); err != nil {
			t.Fatal(err)
		}
		if s, err := h.Resets.Start(ctx, "mara@example.com", fresh); err != nil || s.Outcome != CodeSent {
			t.Fatalf("%v, %v", s.Outcome, err)
		}
		if m, _, _ := h.letter(t); m.Kind != KindResetCode {
			t.Errorf("a lane: %+v", m)
		}
		token := h.notMeOf(m)
		if err := h.NotMes.Block(ctx, token, browser()); err != nil {
			t.Fatal(err)
		}
		if s, err := h.NotMes.Reset(ctx, token, elsewhere(101)); err != nil || s.Outcome != CodeSent {
			t.Fatalf("%v, %v", s.Outcome, err)
		}
		if m, _, _ := h.letter(t); m.Kind != KindResetCode {
			t.Errorf("from a message: %+v", m)
		}
		// An hour after the brake strangers' codes go out again.
		h.forward(brakeFor)
		if sent := howMany(h.flood(t, "mara@example.com", 1)); sent["reset_code email"] != 1 {
			t.Errorf("after the hour: %v", sent)
		}
	})
}

// Codes that are typed are no flood, and resends are codes too.
func TestBrakeCounts(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.messages(t)
		for i := range 6 {
			h.exec(t, "DELETE FROM spends WHERE key LIKE 'send %'")
			c := elsewhere(i)
			s, err := h.Resets.Start(ctx, "mara@example.com", c)
			if err != nil || s.Outcome != CodeSent {
				t.Fatalf("%v, %v", s.Outcome, err)
			}
			c.Session = s.Session
			m, code, link := h.letter(t)
			if m.Kind != KindResetCode {
				t.Fatalf("code %d: %+v", i, m)
			}
			if i%2 == 0 {
				if _, _, err := h.Resets.Follow(ctx, link, c); err != nil {
					t.Fatal(err)
				}
			} else if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, c); err != nil || a.Outcome != Accepted {
				t.Fatalf("%v, %v", a.Outcome, err)
			}
		}
		// One stranger who asks again and again.
		h.exec(t, "DELETE FROM spends")
		c := elsewhere(50)
		s, err := h.Resets.Start(ctx, "mara@example.com", c)
		if err != nil || s.Outcome != CodeSent {
			t.Fatalf("%v, %v", s.Outcome, err)
		}
		c.Session = s.Session
		for range 4 {
			h.exec(t, "DELETE FROM spends WHERE key LIKE 'send %'")
			h.forward(5 * time.Minute)
			if r, err := h.Resets.Resend(ctx, "", "", c); err != nil || r.Outcome != CodeSent {
				t.Fatalf("%+v, %v", r, err)
			}
		}
		sent := map[string]int{}
		for _, kind := range h.kinds(t) {
			sent[kind]++
		}
		if n := h.count(t, "SELECT count(*) FROM messages WHERE kind = 'reset_code' AND challenge_id = (SELECT challenge_id FROM verifications WHERE session_id = ?) AND state <> 'dropped'", hashToken(c.Session)); n > brakeCodes || sent[KindCodesBraked] != 1 {
			t.Errorf("%d codes, %v", n, sent)
		}
	})
}

// Nothing outside tells an address that nobody has: the same answers, the same rows.
func TestBrakeOfAnUnknownAddress(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.exec(t, "DELETE FROM spends")
		h.messages(t)
		var wrote [2][3]int
		for i, email := range []string{"mara@example.com", "nobody@example.com"} {
			rows := func() [3]int {
				return [3]int{h.count(t, "SELECT count(*) FROM messages"), h.count(t, "SELECT count(*) FROM events"), h.count(t, "SELECT count(*) FROM challenges")}
			}
			before := rows()
			h.flood(t, email, 6)
			after := rows()
			for j := range after {
				wrote[i][j] = after[j] - before[j]
			}
		}
		if wrote[0] != wrote[1] {
			t.Errorf("rows written: known %v, unknown %v", wrote[0], wrote[1])
		}
	})
}

// Who wants nothing from strangers is not told that they still ask.
func TestBrakeIsSilentWhileMuted(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.messages(t)
		h.exec(t, "UPDATE accounts SET muted_until = ?", h.core.db.Now().Add(MuteLife))
		if sent := h.flood(t, "mara@example.com", 8); len(sent) != 0 {
			t.Errorf("sent: %v", sent)
		}
	})
}
