package models

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"admitone/models/internal/db"
)

// asks spends one message, and says whether it was allowed.
func (h *house) asks(t testing.TB, sends []budget) bool {
	t.Helper()
	var retryAt time.Time
	err := h.core.db.Write(ctx, func(tx *db.Tx) (err error) {
		retryAt, _, err = spendSend(tx, sends)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return retryAt.IsZero()
}

func mailTo(i int) Email {
	e, _ := ParseEmail(fmt.Sprintf("n%d@example.com", i))
	return e
}

func textTo(number string) destination {
	return destination{channel: ChannelSMS, value: number, shown: number}
}

// An address reaches five different mailboxes in any hour, whatever the order.
func TestDestinationsOfOneAddress(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		random := rand.New(rand.NewPCG(5, 2))
		h.core.policy.AddressSends, h.core.policy.StrangerSends = 1000, Sends{1000, 1000, 1000}
		last := map[int]time.Time{}
		for range 300 {
			h.forward(time.Duration(1+random.IntN(400)) * time.Second)
			to := random.IntN(12)
			inside := map[int]bool{}
			for other, at := range last {
				inside[other] = at.After(h.now().Add(-time.Hour))
			}
			n := 0
			for _, is := range inside {
				if is {
					n++
				}
			}
			if may := inside[to] || n < farDestinations; h.asks(t, h.core.strangersSends(mailTo(to), browser())) != may {
				t.Fatalf("the %d. mailbox in an hour, seen before %v: want %v", n+1, inside[to], may)
			} else if may {
				last[to] = h.now()
			}
		}
	})
}

// Whatever many requests do at once, each budget lets through what it says.
func TestParallelSendsAreExact(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.core.policy.DomainSends = 7
		allowed := func(sends func(i int) []budget) int {
			h.exec(t, "DELETE FROM spends")
			done := make([]bool, 200)
			parallel(200, func(i int) { done[i] = h.asks(t, sends(i)) })
			n := 0
			for _, ok := range done {
				if ok {
					n++
				}
			}
			return n
		}
		for name, c := range map[string]struct {
			want  int
			sends func(i int) []budget
		}{
			"one mailbox": {3, func(i int) []budget { return h.core.strangersSends(mailTo(1), elsewhere(i)) }},
			"one address": {5, func(i int) []budget { return h.core.strangersSends(mailTo(i), browser()) }},
			"first ones":  {200, func(i int) []budget { return h.core.strangersSends(mailTo(i), elsewhere(i)) }},
			"one /64":     {5, func(i int) []budget { return h.core.strangersSends(mailTo(i), inNetwork(0)) }},
			"one /48":     {50, func(i int) []budget { return h.core.strangersSends(mailTo(i), inNetwork(i)) }},
			"a password":  {6, func(i int) []budget { return h.core.passwordSends("a", mailTo(i%3).to()) }},
			"one account": {12, func(i int) []budget { return h.core.ownersSends("a", mailTo(i%3).to()) }},
			"one prefix": {10, func(i int) []budget {
				return h.core.ownersSends(fmt.Sprint(i), textTo(fmt.Sprintf("+43664123%04d", i)))
			}},
		} {
			if n := allowed(c.sends); n != c.want {
				t.Errorf("%s: %d were let through, want %d", name, n, c.want)
			}
		}
	})
}

// inNetwork is a browser in the nth /64 of one IPv6 customer.
func inNetwork(i int) Client {
	c := browser()
	c.Address = netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0, 7, byte(i >> 8), byte(i), 15: 1})
	return c
}

// Whoever fills a domain keeps nobody there from a first message; only asking again
// has to wait.
func TestFullDomain(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.core.policy.DomainSends = 7
		h.signUp(t, "mara@example.com")
		h.forward(time.Hour)
		for i := range 7 {
			h.asks(t, h.core.strangersSends(mailTo(i), elsewhere(i)))
		}
		for _, email := range []string{"mara@example.com", "nobody@example.com"} {
			for i, want := range []Outcome{CodeSent, Throttled} {
				s, err := h.Resets.Start(ctx, email, elsewhere(100))
				if err != nil || s.Outcome != want {
					t.Errorf("%s, reset %d: %v, %v", email, i, s.Outcome, err)
				}
			}
		}
		h.startSignUp(t, "new@example.com", elsewhere(101))
		h.forward(time.Hour)
		if s, err := h.Resets.Start(ctx, "mara@example.com", elsewhere(100)); err != nil || s.Outcome != CodeSent {
			t.Errorf("an hour later: %v, %v", s.Outcome, err)
		}
	})
}

// New numbers leave the last texts of a country and of the day to proven ones.
func TestNewNumbersLeaveTextsOver(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for name, limit := range map[string]*int{"country": &h.core.policy.CountryTexts, "purse": &h.core.policy.DailyTexts} {
			h.exec(t, "DELETE FROM spends")
			before := *limit
			*limit = 10
			ask := func(sends func(i int) []budget) (n int) {
				for i := range 20 {
					if h.asks(t, sends(i)) {
						n++
					}
				}
				return n
			}
			number := func(i int) string { return fmt.Sprintf("+4366412%02d4567", i) }
			if n := ask(func(i int) []budget { return h.core.proofTexts(number(i), fmt.Sprint(i)) }); n != 7 {
				t.Errorf("%s: %d texts to new numbers, want 7", name, n)
			}
			if n := ask(func(i int) []budget { return h.core.ownersSends(fmt.Sprint(i), textTo(number(i))) }); n != 3 {
				t.Errorf("%s: %d more to proven ones, want 3", name, n)
			}
			*limit = before
		}
	})
}

// Notices that go out at once have no more texts than one after the other.
func TestParallelNoticesAreExact(t *testing.T) {
	enginesWith(t, func(o *Options) {
		withTexts(o)
		o.Policy.OwnerSends = Sends{2, 2, 2}
	}, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newPhone(t, c, "+436641234567")
		account := h.idOf(t, "mara@example.com")
		for range 10 {
			h.exec(t, "DELETE FROM spends")
			parallel(20, func(int) {
				err := h.core.db.Write(ctx, func(tx *db.Tx) error {
					return h.core.tell(tx, account, notice{kind: KindTooManyTries, change: string(PurposeSignIn)}, c)
				})
				if err != nil {
					t.Error(err)
				}
			})
			sent := map[string]int{}
			for _, m := range h.messages(t) {
				sent[m.Channel]++
			}
			if sent[ChannelEmail] != 20 || sent[ChannelSMS] != 2 {
				t.Fatalf("%v", sent)
			}
		}
	})
}

// Where codes are not typed, somebody earns by the texts: that neighbourhood gets
// none, and others are as before.
func TestPumpedPrefix(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		number := func(i int) string { return fmt.Sprintf("+43664123%04d", i) }
		for typed, want := range map[int]bool{5: false, 6: true} {
			h.exec(t, "DELETE FROM spends")
			for i := range prefixJudged {
				if !h.asks(t, h.core.proofTexts(number(i), fmt.Sprint(i))) {
					t.Fatalf("text %d is refused", i)
				}
				if i < typed {
					err := h.core.db.Write(ctx, func(tx *db.Tx) error {
						return h.core.typed(tx, challenge{Channel: ChannelSMS, Purpose: PurposePhone, Destination: number(i)})
					})
					if err != nil {
						t.Fatal(err)
					}
				}
				h.forward(10 * time.Minute)
			}
			if got := h.asks(t, h.core.proofTexts(number(100), "new")); got != want {
				t.Errorf("%d of %d typed: the next is allowed %v", typed, prefixJudged, got)
			}
			if !h.asks(t, h.core.proofTexts("+436649990001", "other")) {
				t.Error("another neighbourhood is shut")
			}
			if !h.asks(t, h.core.ownersSends("owner", textTo(number(101)))) {
				t.Error("numbers that have proven themselves are shut with new ones")
			}
			h.forward(24 * time.Hour)
			if !h.asks(t, h.core.proofTexts(number(102), "later")) {
				t.Error("a day later it is still shut")
			}
		}
	})
}

// Where no text can be sent e-mail takes over: a code to sign in is never refused
// for it.
func TestMailTakesOver(t *testing.T) {
	for name, shut := range map[string]func(*testing.T, *house){
		"country": func(_ *testing.T, h *house) { h.core.policy.CountryTexts = 1 },
		"prefix": func(t *testing.T, h *house) {
			for i := range prefixSends {
				h.asks(t, h.core.ownersSends(fmt.Sprint(i), textTo(fmt.Sprintf("+43664123%04d", i))))
			}
		},
		"switch": func(t *testing.T, h *house) {
			h.exec(t, "INSERT INTO switches (name, since, agent, reason) VALUES (?, ?, 'Kim', 'pumped')", SwitchTextsOff, h.core.db.Now())
		},
	} {
		t.Run(name, func(t *testing.T) {
			enginesWith(t, withTexts, func(t *testing.T, h *house) {
				c := h.signUp(t, "mara@example.com")
				h.newPhone(t, c, "+436641234567")
				h.exec(t, "DELETE FROM spends")
				in := h.startSignIn(t, "mara@example.com")
				if m, _, _ := h.letter(t); m.Channel != ChannelSMS {
					t.Fatalf("the first code went by %s", m.Channel)
				}
				shut(t, h)
				// Asked for again it comes by mail, and works.
				h.forward(31 * time.Second)
				if r, err := h.SignIns.Resend(ctx, "", "", in); err != nil || r.Outcome != CodeSent {
					t.Fatalf("%+v, %v", r, err)
				}
				m, code, _ := h.letter(t)
				if m.Channel != ChannelEmail {
					t.Errorf("asked for again it went by %s", m.Channel)
				}
				if a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, in); err != nil || a.Outcome != Accepted {
					t.Errorf("%v, %v", a.Outcome, err)
				}
				h.messages(t)
				h.startSignIn(t, "mara@example.com")
				if m, _, _ := h.letter(t); m.Channel != ChannelEmail {
					t.Errorf("the next one went by %s", m.Channel)
				}
			})
		})
	}
}

// While the switch for strangers is on, they have a third; the owner has all.
func TestStrangersSlow(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		h.exec(t, "INSERT INTO switches (name, since, agent, reason) VALUES (?, ?, 'Kim', 'a flood')", SwitchStrangersSlow, h.core.db.Now())
		counted := func(act func(i int) bool) (n int) {
			for i := range 20 {
				if act(i) {
					n++
				}
			}
			return n
		}
		if n := counted(func(int) bool { return h.asks(t, h.core.strangersSends(mailTo(1), browser())) }); n != 2 {
			t.Errorf("%d to one mailbox, want 2: a code, and once more", n)
		}
		h.exec(t, "DELETE FROM spends")
		if n := counted(func(i int) bool { return h.asks(t, h.core.strangersSends(mailTo(i), browser())) }); n != 1 {
			t.Errorf("%d from one address, want 1", n)
		}
		h.exec(t, "DELETE FROM spends")
		if n := counted(func(i int) bool {
			return h.tryPassword(t, fmt.Sprintf("n%d@example.com", i), "wrong wrong wrong", browser()) == Wrong
		}); n != 3 {
			t.Errorf("%d wrong passwords from one address in a minute, want 3", n)
		}
		if n := counted(func(int) bool { return h.asks(t, h.core.ownersSends("a", mailTo(1).to())) }); n != 6 {
			t.Errorf("%d for the owner, want 6", n)
		}
	})
}

// The owner of an address is told once an hour that somebody signs up with it.
// Whoever does sees the same as at the first time.
func TestSignUpNoteOnceAnHour(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.messages(t)
		told := func(c Client) (n int, d Delivery) {
			t.Helper()
			for _, m := range h.messages(t) {
				if m.Kind == KindSignUpExisting {
					n++
				}
			}
			p, err := h.SignUps.Pending(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			return n, p.Delivery
		}
		c := elsewhere(1)
		c.Session = h.startSignUp(t, "mara@example.com", c)
		if n, d := told(c); n != 1 || d.State != stateAccepted {
			t.Fatalf("told %d times, %+v", n, d)
		}
		h.forward(31 * time.Second)
		if _, err := h.SignUps.Resend(ctx, "", "", c); err != nil {
			t.Fatal(err)
		}
		if n, d := told(c); n != 0 || d.State != stateAccepted {
			t.Errorf("asked for again: told %d times, %+v", n, d)
		}
		h.forward(58 * time.Minute)
		c = elsewhere(2)
		c.Session = h.startSignUp(t, "mara@example.com", c)
		if n, d := told(c); n != 0 || d.State != stateAccepted {
			t.Errorf("within the hour: told %d times, %+v", n, d)
		}
		if n := h.count(t, "SELECT count(*) FROM message_steps WHERE step = 'dropped' AND detail = ?", alreadyTold); n != 2 {
			t.Errorf("%d timelines say that the message was not sent", n)
		}
		h.forward(2 * time.Minute)
		c = elsewhere(3)
		c.Session = h.startSignUp(t, "mara@example.com", c)
		if n, _ := told(c); n != 1 {
			t.Errorf("after an hour: told %d times", n)
		}
	})
}
