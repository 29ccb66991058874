package models

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// person is one account in a random script: its newest session and what it may do.
type person struct {
	account string
	client  Client
	home    string // the address that it signed up with
	codes   map[Purpose]string
	undos   []string
}

// Whatever people do in whatever order, an account has one main address and at
// most one more and one number, and no address is two accounts'.
func TestRandomChanges(t *testing.T) {
	enginesWith(t, func(o *Options) {
		withTexts(o)
		o.Policy.DailyTexts = 1000000
	}, func(t *testing.T, h *house) {
		withoutHash(h)
		done := map[string]int{}
		for seed := range uint64(3) {
			h.randomChanges(t, seed, done)
		}
		// A script that never gets anywhere proves nothing.
		for _, act := range []string{"email", "second", "main", "remove", "phone", "no phone", "undo", "undo by code", "waiting"} {
			if done[act] == 0 {
				t.Errorf("%q never happened: %v", act, done)
			}
		}
	})
}

func (h *house) randomChanges(t *testing.T, seed uint64, done map[string]int) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 7))
	addresses := make([]string, 7)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("s%d-%d@example.net", seed, i)
	}
	numbers := []string{"+436641234567", "+436641234568", "+4915123456789"}
	people := make([]*person, 3)
	for i := range people {
		home := fmt.Sprintf("home%d-%d@example.com", seed, i)
		h.forward(time.Hour)
		p := &person{client: h.signUp(t, home), home: home, codes: map[Purpose]string{}}
		s, _, err := h.Sessions.Find(ctx, p.client)
		if err != nil {
			t.Fatal(err)
		}
		p.account, people[i] = s.AccountID, p
		h.messages(t)
	}
	for step := range 120 {
		p := people[random.IntN(len(people))]
		h.forward(time.Duration(1+random.IntN(90)) * time.Minute)
		h.again(t, p)
		name := p.act(t, h, random, addresses, numbers)
		if name != "" {
			done[name]++
		}
		h.collect(t, people)
		h.invariants(t, fmt.Sprintf("seed %d, step %d (%s)", seed, step, name))
	}
}

// again makes the session of a person good and freshly proven, as a sign-in and a
// step-up by a code would.
func (h *house) again(t testing.TB, p *person) {
	t.Helper()
	if !h.signedIn(t, p.client.Session) {
		token := newToken()
		h.exec(t, "INSERT INTO sessions (id, account_id, device, address, amr, until_close, created_at, seen_at, ends_at) VALUES (?, ?, '', '', '', ?, ?, ?, ?)",
			hashToken(token), p.account, false, h.core.db.Now(), h.core.db.Now(), h.core.db.Now().Add(90*24*time.Hour))
		p.client.Session = token
	}
	until := h.core.db.Now().Add(10 * time.Minute)
	h.exec(t, "UPDATE sessions SET elevated_until = ?, password_until = NULL WHERE id = ?", until, hashToken(p.client.Session))
}

func (p *person) act(t *testing.T, h *house, random *rand.Rand, addresses, numbers []string) string {
	t.Helper()
	ok := func(name string, outcome Outcome, err error) string {
		t.Helper()
		if _, refused := err.(*Error); err != nil && !refused {
			t.Fatalf("%s: %v", name, err)
		}
		if err != nil || outcome != Accepted {
			return ""
		}
		return name
	}
	c := from(p.client, random.IntN(1<<16))
	o := h.overview(t, p.client)
	answer := func(purpose Purpose, name string) string {
		code := p.codes[purpose]
		if code == "" {
			return ""
		}
		if random.IntN(5) == 0 { // the password alone: the change waits
			h.exec(t, "UPDATE sessions SET elevated_until = NULL, password_until = ? WHERE id = ?", h.core.db.Now().Add(time.Minute), hashToken(p.client.Session))
		}
		a, err := h.Accounts.AnswerProof(purpose)(ctx, code, "", Ticks{}, c)
		if a.Subject == ChangeEmailSecond {
			name = "second"
		}
		if !a.HoldsAt.IsZero() {
			name = "waiting"
		}
		return ok(name, a.Outcome, err)
	}
	switch random.IntN(10) {
	case 0, 1:
		pool := append(slices.Clone(addresses), p.home)
		_, err := h.Accounts.StartEmail(ctx, pool[random.IntN(len(pool))], random.IntN(2) == 0, c)
		ok("start", CodeSent, err)
		h.collect(t, []*person{p})
		return answer(PurposeEmail, "email")
	case 2:
		return answer(PurposeEmail, "email")
	case 3:
		ch, err := h.Accounts.MakeMain(ctx, o.Second.ID, c)
		return ok("main", ch.Outcome, err)
	case 4:
		ch, err := h.Accounts.RemoveEmail(ctx, o.Second.ID, c)
		return ok("remove", ch.Outcome, err)
	case 5:
		_, err := h.Accounts.StartPhone(ctx, numbers[random.IntN(len(numbers))], false, c)
		ok("start", CodeSent, err)
		h.collect(t, []*person{p})
		return answer(PurposePhone, "phone")
	case 6:
		ch, err := h.Accounts.RemovePhone(ctx, c)
		return ok("no phone", ch.Outcome, err)
	case 7, 8:
		if len(p.undos) == 0 {
			return ""
		}
		return p.undo(t, h, p.undos[random.IntN(len(p.undos))])
	}
	if err := h.ApplyDue(ctx); err != nil {
		t.Fatal(err)
	}
	return "due"
}

func (p *person) undo(t *testing.T, h *house, link string) string {
	t.Helper()
	b := browser()
	u, err := h.Undos.Follow(ctx, link, "", b)
	switch {
	case isKind(err, Gone):
		return ""
	case err != nil:
		t.Fatal(err)
	case u.Outcome == Accepted:
		return "undo"
	case u.Outcome != CodeSent:
		return ""
	}
	b.Session = u.Session
	for _, m := range h.messages(t) {
		if m.Kind == KindUndoCode {
			code, _ := h.Outbox.Code(m)
			if a, err := h.Undos.Answer(ctx, code, "", Ticks{}, b); err != nil {
				t.Fatal(err)
			} else if a.Outcome == Accepted {
				return "undo by code"
			}
		}
	}
	return ""
}

// collect reads the post: the codes to new addresses, and the undo links.
func (h *house) collect(t testing.TB, people []*person) {
	t.Helper()
	for _, m := range h.messages(t) {
		var owner []string
		h.core.db.Read(ctx).Raw("SELECT account_id FROM messages WHERE id = ? AND account_id IS NOT NULL", m.ID).Scan(&owner)
		for _, p := range people {
			if len(owner) == 0 || p.account != owner[0] {
				continue
			}
			if code, ok := h.Outbox.Code(m); ok && (m.Kind == KindEmailCode || m.Kind == KindPhoneCode) {
				p.codes[Purpose(m.Purpose)] = code
			}
			if link := h.undoOf(m); link != "" {
				p.undos = append(p.undos, link)
			}
		}
	}
}

// invariants are what holds after every act.
func (h *house) invariants(t testing.TB, after string) {
	t.Helper()
	for what, query := range map[string]string{
		"accounts without exactly one main address": `SELECT count(*) FROM accounts a WHERE 1 <> (SELECT count(*) FROM identifiers i
			WHERE i.account_id = a.id AND i.is_primary AND i.kind = 'email' AND i.verified_at IS NOT NULL)`,
		"accounts with more than one second address": "SELECT count(*) FROM (SELECT account_id FROM identifiers WHERE kind = 'email' AND NOT is_primary GROUP BY account_id HAVING count(*) > 1) x",
		"accounts with more than one number":         "SELECT count(*) FROM (SELECT account_id FROM identifiers WHERE kind = 'phone' GROUP BY account_id HAVING count(*) > 1) x",
		"main numbers":                               "SELECT count(*) FROM identifiers WHERE kind = 'phone' AND is_primary",
		"addresses with two owners":                  "SELECT count(*) FROM (SELECT value FROM identifiers WHERE kind = 'email' AND verified_at IS NOT NULL GROUP BY value HAVING count(*) > 1) x",
		"identifiers that are not confirmed":         "SELECT count(*) FROM identifiers WHERE verified_at IS NULL",
		"changes that hold and wait":                 "SELECT count(*) FROM changes WHERE applied_at IS NOT NULL AND made_at > applied_at",
		"kinds that wait twice":                      "SELECT count(*) FROM (SELECT account_id, kind FROM changes WHERE applied_at IS NULL AND undone_at IS NULL GROUP BY account_id, kind HAVING count(*) > 1) x",
		"second hashes":                              "SELECT count(*) FROM changes WHERE kind = 'password' AND applied_at IS NOT NULL AND value <> ''",
	} {
		if n := h.count(t, query); n != 0 {
			t.Fatalf("%s: %d %s", after, n, what)
		}
	}
}
