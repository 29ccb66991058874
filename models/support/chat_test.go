package support

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"admitone/models"
)

// texts are what was said by whom, in order.
func texts(c Chat) (list []string) {
	for _, m := range c.Messages {
		list = append(list, m.Author+": "+m.Text)
	}
	return list
}

func TestConversation(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines := h.staff(t, "ines@example.com", "Ines")
		v, id := h.chat(t, here())
		if c := h.shown(t, v, id); c.State != Waiting || c.Place != 1 || c.Seq != 1 || c.Short != id[:4] || c.CanMail || c.Device != "" || c.Account != "" {
			t.Errorf("%+v", c)
		}
		refused(t, h.Chats.Reply(ctx, ines, id, "hi", "n"), models.Conflict, "not_yours")
		h.forward(40 * time.Second)
		must(t, h.Chats.Join(ctx, ines, id))
		must(t, h.Chats.Join(ctx, ines, id))
		must(t, h.Chats.Reply(ctx, ines, id, "Hello Mara", "r1"))
		must(t, h.Chats.Reply(ctx, ines, id, "Hello Mara", "r1"))
		must(t, h.Chats.Note(ctx, ines, id, "seems lost", "n1"))
		must(t, h.Chats.Say(ctx, v, id, "no <b>mail</b>", "s1"))
		must(t, h.Chats.Say(ctx, v, id, "no <b>mail</b>", "s1"))
		must(t, h.Chats.Say(ctx, v, id, "other words of the same form", "s1"))
		c := h.shown(t, v, id)
		want := []string{"visitor: hello", "event: joined", "staff: Hello Mara", "visitor: no <b>mail</b>", "visitor: other words of the same form"}
		if got := texts(c); !slices.Equal(got, want) || c.State != Talking || c.Agent != "Ines" || c.Place != 0 || c.Seq != 6 || !c.JoinedAt.Equal(h.now()) {
			t.Errorf("%q\n%+v", got, c)
		}
		if c.Messages[1].Name != "Ines" || c.Messages[2].Name != "Ines" || c.Messages[0].Name != "" {
			t.Errorf("%+v", c.Messages)
		}
		after, err := h.Chats.Show(ctx, v, id, 4)
		if err != nil || len(after.Messages) != 2 || after.Seq != 6 {
			t.Errorf("%+v, %v", after, err)
		}
		must(t, h.Chats.Note(ctx, ines, id, "another note", ""))
		if none, err := h.Chats.Show(ctx, v, id, 6); err != nil || len(none.Messages) != 0 || none.Seq != 6 {
			t.Errorf("%+v, %v", none, err)
		}
		if r := h.read(t, ines, id); r.Seq != 7 || len(r.Messages) != 7 || !r.Mine || r.Device != "Firefox on Linux" || r.Messages[3].Author != "note" {
			t.Errorf("%+v", r)
		}
		must(t, h.Chats.Wrap(ctx, ines, id, "solved"))
		must(t, h.Chats.End(ctx, v, id))
		must(t, h.Chats.Rate(ctx, v, id, true))
		if c := h.shown(t, v, id); c.State != Ended || !c.EndedAt.Equal(h.now()) || c.Rating != 2 || c.Wrap != "" || len(c.Messages) != 6 {
			t.Errorf("%+v", c)
		}
		refused(t, h.Chats.Say(ctx, v, id, "more", ""), models.Invalid, "ended")
		refused(t, h.Chats.Reply(ctx, ines, id, "more", ""), models.Invalid, "ended")
		refused(t, h.Chats.Leave(ctx, v, id, "m@example.com"), models.Invalid, "ended")
		refused(t, h.Chats.Join(ctx, ines, id), models.Conflict, "ended")
		refused(t, h.Chats.Transfer(ctx, ines, id, ""), models.Conflict, "ended")
		refused(t, h.Chats.Wrap(ctx, ines, id, "nonsense"), models.Invalid, "required")
		if cur, err := h.Chats.Current(ctx, v); err != nil || cur != "" {
			t.Errorf("%q, %v", cur, err)
		}
	})
}

// What cannot be said is refused before anything is written, on every form.
func TestRefusedTexts(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines := h.staff(t, "ines@example.com", "Ines")
		v, id := h.chat(t, here())
		must(t, h.Chats.Join(ctx, ines, id))
		for typed, reason := range map[string]string{
			"": "required", "\x00 \n": "required", strings.Repeat("a", 100<<10): "too_long", strings.Repeat("a", 4001): "too_long",
			"my code is 482 913": "looks_like_code", "KX4-207": "looks_like_code", "482913": "looks_like_code",
		} {
			_, err := h.Chats.Start(ctx, v, StartChat{Message: typed})
			refused(t, err, models.Invalid, reason)
			refused(t, h.Chats.Say(ctx, v, id, typed, ""), models.Invalid, reason)
			refused(t, h.Chats.Reply(ctx, ines, id, typed, ""), models.Invalid, reason)
			refused(t, h.Chats.Note(ctx, ines, id, typed, ""), models.Invalid, reason)
		}
		_, err := h.Chats.Start(ctx, v, StartChat{Message: "hello", Email: "nobody"})
		refused(t, err, models.Invalid, "no_at")
		if n := h.count(t, "SELECT count(*) FROM chat_messages"); n != 2 {
			t.Errorf("%d messages", n)
		}
		odd := "<script>alert(1)</script>\n' OR 1=1 -- \U0001F600\u202e"
		must(t, h.Chats.Say(ctx, v, id, odd, strings.Repeat("n", 1000)))
		if c := h.shown(t, v, id); c.Messages[2].Text != odd {
			t.Errorf("%q", c.Messages[2].Text)
		}
	})
}

// Fifty who write at once: one order, nothing lost, nothing twice.
func TestManyWriters(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		agents := []models.Client{h.staff(t, "a@example.com", "Ada"), h.staff(t, "b@example.com", "Bo")}
		v, id := h.chat(t, here())
		var joined atomic.Int32
		parallel(10, func(i int) {
			if err := h.Chats.Join(ctx, agents[i%2], id); err == nil {
				joined.Add(1)
			} else {
				refused(t, err, models.Conflict, "taken")
			}
		})
		if joined.Load() != 5 {
			t.Errorf("%d joins", joined.Load())
		}
		agent := agents[0]
		if !h.read(t, agent, id).Mine {
			agent = agents[1]
		}
		parallel(50, func(i int) {
			var err error
			switch n := fmt.Sprint(i / 2); {
			case i < 40:
				err = h.Chats.Say(ctx, v, id, "line "+n, n)
			case i < 46:
				err = h.Chats.Reply(ctx, agent, id, "answer "+n, n)
			default:
				err = h.Chats.Note(ctx, agent, id, "note "+n, n)
			}
			if err != nil {
				t.Error(err)
			}
		})
		c := h.read(t, agent, id)
		seen := map[string]bool{}
		for i, m := range c.Messages {
			if m.Seq != int64(i+1) || seen[m.Author+m.Text] {
				t.Errorf("%d: %+v", i, m)
			}
			seen[m.Author+m.Text] = true
		}
		if len(c.Messages) != 2+20+3+2 || c.Seq != int64(len(c.Messages)) {
			t.Errorf("%d messages, seq %d", len(c.Messages), c.Seq)
		}
	})
}

// A form that is sent twice at once begins one conversation, and the last cookie
// opens it.
func TestStartedTwice(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ids := make([]Started, 10)
		parallel(10, func(i int) {
			s, err := h.Chats.Start(ctx, Visitor{Client: here()}, StartChat{Message: "hello", Nonce: "abcdefghijklmnopqrstuv"})
			if err != nil {
				t.Error(err)
			}
			ids[i] = s
		})
		works := 0
		for _, s := range ids {
			if s.ID != ids[0].ID {
				t.Errorf("%v", ids)
			}
			if _, err := h.Chats.Show(ctx, Visitor{Client: here(), Token: s.Token}, s.ID, 0); err == nil {
				works++
			}
		}
		if works != 1 {
			t.Errorf("%d cookies work", works)
		}
	})
}

// A form whose mark could be guessed opens nothing again.
func TestGuessedForm(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		f := StartChat{Message: "hello", Nonce: "1"}
		one, err := h.Chats.Start(ctx, Visitor{Client: here()}, f)
		must(t, err)
		other, err := h.Chats.Start(ctx, Visitor{Client: here()}, f)
		if err != nil || one.ID == other.ID || one.Token == other.Token {
			t.Errorf("%v, %v, %v", one, other, err)
		}
	})
}

func TestWhoseConversation(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		mara, niko := h.signUp(t, "mara@example.com"), h.signUp(t, "niko@example.com")
		v, id := h.chat(t, here())
		foreign := []Visitor{{Client: here()}, {Client: niko}, {Client: niko, Token: h.core.NewToken()}, {Client: here(), Token: "x"}, {Client: here(), Token: "\x00\xff"}}
		acts := map[string]func(Visitor, string) error{
			"show":   func(v Visitor, id string) error { _, err := h.Chats.Show(ctx, v, id, 0); return err },
			"say":    func(v Visitor, id string) error { return h.Chats.Say(ctx, v, id, "mine", "") },
			"extend": func(v Visitor, id string) error { return h.Chats.Extend(ctx, v, id) },
			"leave":  func(v Visitor, id string) error { return h.Chats.Leave(ctx, v, id, "m@example.com") },
			"end":    func(v Visitor, id string) error { return h.Chats.End(ctx, v, id) },
			"rate":   func(v Visitor, id string) error { return h.Chats.Rate(ctx, v, id, true) },
			"mail":   func(v Visitor, id string) error { _, err := h.Chats.MailTranscript(ctx, v, id); return err },
		}
		for name, act := range acts {
			for _, f := range foreign {
				if err := act(f, id); !isKind(err, models.NotFound) {
					t.Errorf("%s of a foreign one: %v", name, err)
				}
			}
			for _, wrong := range []string{"", "x", id[:31], id + "0", strings.ToUpper(id), h.core.NewID(), "\x00", "\xff", "../" + id, strings.Repeat("0", 100000)} {
				if err := act(v, wrong); !isKind(err, models.NotFound) {
					t.Errorf("%s of %.40q: %v", name, wrong, err)
				}
			}
		}
		// Any number is one that may be asked for.
		if c, err := h.Chats.Show(ctx, v, id, math.MaxInt64); err != nil || len(c.Messages) != 0 {
			t.Errorf("%+v, %v", c, err)
		}
		// She signs in in the same browser and writes on: from now on it is hers.
		signedIn := Visitor{Client: mara, Token: v.Token}
		if c := h.shown(t, signedIn, id); c.CanMail {
			t.Errorf("%+v", c)
		}
		// It may be somebody else's: nothing but a message makes it hers.
		must(t, h.Chats.Rate(ctx, signedIn, id, true))
		if cur, err := h.Chats.Current(ctx, signedIn); err != nil || cur != "" {
			t.Errorf("%q, %v", cur, err)
		}
		if at, err := h.Chats.Here(ctx, signedIn); err != nil || at != id {
			t.Errorf("%q, %v", at, err)
		}
		must(t, h.Chats.Say(ctx, signedIn, id, "now signed in", ""))
		elsewhere := Visitor{Client: mara}
		if c := h.shown(t, elsewhere, id); c.Email != "m***@example.com" || !c.CanMail {
			t.Errorf("%+v", c)
		}
		if cur, err := h.Chats.Current(ctx, elsewhere); err != nil || cur != id {
			t.Errorf("%q, %v", cur, err)
		}
		// The next person at this browser does not read it, nor gets into it.
		next := Visitor{Client: niko, Token: v.Token}
		for name, act := range acts {
			if err := act(next, id); !isKind(err, models.NotFound) {
				t.Errorf("%s by the next person: %v", name, err)
			}
		}
		if cur, err := h.Chats.Current(ctx, next); err != nil || cur != "" {
			t.Errorf("%q, %v", cur, err)
		}
		s, err := h.Chats.Start(ctx, next, StartChat{Message: "me too"})
		if err != nil || s.Token == v.Token {
			t.Errorf("the cookie of another account is taken again: %v", err)
		}
		// Signed out, a copy of the cookie opens nothing of an account.
		for name, act := range acts {
			if err := act(v, id); !isKind(err, models.NotFound) {
				t.Errorf("%s by a copied cookie: %v", name, err)
			}
		}
	})
}

func TestChatBudgets(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		start := func(c models.Client) error {
			_, err := h.Chats.Start(ctx, Visitor{Client: c}, StartChat{Message: "hello"})
			return err
		}
		for range 3 {
			must(t, start(browser(1)))
		}
		refused(t, start(browser(1)), models.TooSoon, "chats_open")
		must(t, start(browser(2)))
		// They end; two more fill the hour.
		h.forward(13 * time.Hour)
		must(t, h.core.quiet(ctx))
		for range 5 {
			must(t, start(browser(3)))
			h.forward(time.Minute)
			h.endAll(t)
		}
		err := start(browser(3))
		refused(t, err, models.TooSoon, "chats")
		if e := err.(*models.Error); !e.RetryAt.Equal(h.now().Add(55 * time.Minute)) {
			t.Errorf("retry at %v, now %v", e.RetryAt, h.now())
		}
		// Many at once from one address are three.
		var ok atomic.Int32
		parallel(20, func(int) {
			if start(browser(4)) == nil {
				ok.Add(1)
			}
		})
		if ok.Load() != 3 {
			t.Errorf("%d starts at once", ok.Load())
		}
		// Nobody's address has no such limit, and writing has one of its own.
		v, id := h.chat(t, here())
		for i := range 29 {
			must(t, h.Chats.Say(ctx, v, id, fmt.Sprint("line ", i), ""))
			h.forward(time.Second)
		}
		err = h.Chats.Say(ctx, v, id, "one more", "")
		refused(t, err, models.TooSoon, "messages")
		h.forward(31 * time.Second)
		must(t, h.Chats.Say(ctx, v, id, "one more", ""))
	})
}

// endAll ends every conversation, as if their visitors had.
func (h *house) endAll(t testing.TB) {
	t.Helper()
	var ids []string
	must(t, h.core.db.Read(ctx).Raw("SELECT id FROM chats WHERE ended_at IS NULL").Scan(&ids).Error)
	for _, id := range ids {
		must(t, h.write(func(tx *tx) error {
			r, err := take(tx, id)
			if err != nil {
				return err
			}
			r.end("ended")
			return r.keep()
		}))
	}
}

func TestLongConversation(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines := h.staff(t, "ines@example.com", "Ines")
		v, id := h.chat(t, here())
		must(t, h.Chats.Join(ctx, ines, id))
		must(t, h.write(func(tx *tx) error {
			_, err := tx.Exec("UPDATE chats SET seq = 500 WHERE id = ?", id)
			return err
		}))
		refused(t, h.Chats.Say(ctx, v, id, "more", ""), models.Invalid, "too_many")
		must(t, h.Chats.Reply(ctx, ines, id, "please begin a new one", ""))
		must(t, h.Chats.End(ctx, v, id))
	})
}

func TestFullHouse(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		must(t, h.write(func(tx *tx) error { // in few statements: a transaction has its limit
			rows := make([]chat, chatsWaiting)
			for i := range rows {
				rows[i] = chat{ID: fmt.Sprintf("%032x", i), TokenHash: fmt.Sprint(i), State: Waiting, StartedAt: tx.Now, VisitorAt: tx.Now, ChangedAt: tx.Now}
			}
			return tx.CreateInBatches(&rows, 100).Error
		}))
		_, err := h.Chats.Start(ctx, Visitor{Client: here()}, StartChat{Message: "hello"})
		refused(t, err, models.Closed, "full")
	})
}

func TestOpeningHours(t *testing.T) {
	enginesWith(t, func(o *models.Options) { o.Desk.Chat = hours(t, "mon-fri 12:00-18:00") }, func(t *testing.T, h *house) {
		_, err := h.Chats.Start(ctx, Visitor{Client: here()}, StartChat{Message: "hello"})
		refused(t, err, models.Closed, "hours")
		if e := err.(*models.Error); !e.RetryAt.Equal(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)) {
			t.Errorf("%v", e.RetryAt)
		}
		h.forward(2 * time.Hour)
		v, id := h.chat(t, here())
		h.forward(6 * time.Hour)
		must(t, h.Chats.Say(ctx, v, id, "still here", "")) // what has begun goes on
	})
	enginesWith(t, func(o *models.Options) { o.Desk.Chat = models.Hours{} }, func(t *testing.T, h *house) {
		_, err := h.Chats.Start(ctx, Visitor{Client: here()}, StartChat{Message: "hello"})
		refused(t, err, models.NotFound, "chat")
	})
}

func TestLeaving(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines, mara := h.staff(t, "ines@example.com", "Ines"), h.signUp(t, "mara@example.com")
		h.messages(t)

		v, id := h.chat(t, here())
		refused(t, h.Chats.Leave(ctx, v, id, ""), models.Invalid, "empty")
		refused(t, h.Chats.Leave(ctx, v, id, "nobody"), models.Invalid, "no_at")
		must(t, h.Chats.Leave(ctx, v, id, "guest@example.org"))
		must(t, h.Chats.Leave(ctx, v, id, ""))
		if c := h.read(t, ines, id); c.State != Left || c.Email != "g***@example.org" || c.Seq != 2 {
			t.Errorf("%+v", c)
		}
		must(t, h.Chats.Join(ctx, ines, id))
		must(t, h.Chats.Note(ctx, ines, id, "secret note", ""))
		must(t, h.Chats.Reply(ctx, ines, id, "here is how", "r"))
		must(t, h.Chats.Reply(ctx, ines, id, "here is how", "r"))
		m := h.messages(t)
		if len(m) != 1 || m[0].Kind != models.KindSupportReply || m[0].Destination != "guest@example.org" || m[0].Body != "here is how" || m[0].What != "Ines" || m[0].Device != "" || m[0].Address != "" {
			t.Errorf("%+v", m)
		}
		// Nobody else is written to in his place.
		refused(t, h.Chats.Leave(ctx, v, id, "next@example.org"), models.Invalid, "fixed")
		// Back again: staff and he talk as before.
		must(t, h.Chats.Say(ctx, v, id, "I am back", ""))
		must(t, h.Chats.Reply(ctx, ines, id, "good", ""))
		if c := h.shown(t, v, id); c.State != Talking {
			t.Errorf("%+v", c)
		}

		v, id = h.chat(t, mara)
		must(t, h.Chats.Leave(ctx, v, id, "other@example.org"))
		must(t, h.Chats.Join(ctx, ines, id))
		must(t, h.Chats.Reply(ctx, ines, id, "to you alone", ""))
		m = h.messages(t)
		if len(m) != 1 || m[0].Destination != "mara@example.com" || m[0].Body != "to you alone" {
			t.Errorf("%+v", m)
		}
		for i := range answersChat - 1 {
			must(t, h.Chats.Reply(ctx, ines, id, "and more "+strings.Repeat("!", i), ""))
		}
		refused(t, h.Chats.Reply(ctx, ines, id, "too much", ""), models.TooSoon, "answers")

		// Those who have left do not stand before one who waits.
		_, waits := h.chat(t, browser(2))
		q, err := h.Chats.Queue(ctx, ines, QueueFilter{}, time.Time{})
		if err != nil || len(q.Rows) < 2 || q.Rows[len(q.Rows)-1].State != Left || !slices.ContainsFunc(q.Rows[:len(q.Rows)-1], func(r QueueRow) bool { return r.ID == waits }) {
			t.Errorf("%+v, %v", q.Rows, err)
		}
	})
}

// TestNetworks: one provider's customer has thousands of addresses, and may not
// fill the line with them; who is signed in finds a place in a full one.
func TestNetworks(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		start := func(address string) error {
			_, err := h.Chats.Start(ctx, Visitor{Client: models.Client{Address: netip.MustParseAddr(address)}}, StartChat{Message: "hello"})
			return err
		}
		for i := range chatsNetwork {
			must(t, start(fmt.Sprintf("2001:db8:7:%x::1", i)))
		}
		refused(t, start("2001:db8:7:ffff::1"), models.TooSoon, "chats")
		must(t, start("2001:db8:8::1"))
		for i := range 9 {
			for j := range chatsNetwork {
				if err := start(fmt.Sprintf("2001:db8:1%d:%x::1", i, j)); err != nil {
					refused(t, err, models.Closed, "full")
				}
			}
		}
		refused(t, start("2001:db8:9::1"), models.Closed, "full")
		_, err := h.Chats.Start(ctx, Visitor{Client: h.signUp(t, "mara@example.com")}, StartChat{Message: "hello"})
		must(t, err)
	})
}

func TestTranscript(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines, mara := h.staff(t, "ines@example.com", "Ines"), h.signUp(t, "mara@example.com")
		h.messages(t)
		v, id := h.chat(t, here())
		must(t, h.Chats.Join(ctx, ines, id))
		must(t, h.Chats.Note(ctx, ines, id, "secret note", ""))
		h.forward(15 * time.Hour)
		must(t, h.Chats.Say(ctx, v, id, "two\nlines", ""))
		_, err := h.Chats.MailTranscript(ctx, v, id)
		refused(t, err, models.NotFound, "account")
		in := Visitor{Client: mara, Token: v.Token}
		_, err = h.Chats.MailTranscript(ctx, in, id)
		refused(t, err, models.NotFound, "account")
		must(t, h.Chats.Say(ctx, in, id, "signed in", ""))
		ines = h.renewed(t, ines)
		must(t, h.Chats.Reply(ctx, ines, id, "fine", ""))
		for range 3 {
			masked, err := h.Chats.MailTranscript(ctx, in, id)
			if err != nil || masked != "m***@example.com" {
				t.Fatalf("%q, %v", masked, err)
			}
		}
		_, err = h.Chats.MailTranscript(ctx, in, id)
		refused(t, err, models.TooSoon, "transcripts")
		m := h.messages(t)
		want := "23 November 2026 (UTC)\nYou 10:14: hello\n24 November 2026 (UTC)\nYou 01:14: two\n    lines\nYou 01:14: signed in\nInes 01:14: fine\n"
		if len(m) != 3 || m[0].Kind != models.KindChatTranscript || m[0].Body != want || m[0].Destination != "mara@example.com" {
			t.Errorf("%d: %+v", len(m), m)
		}
	})
}

// renewed gives a member of staff a fresh proof in a new session.
func (h *house) renewed(t testing.TB, c models.Client) models.Client {
	t.Helper()
	must(t, h.write(func(tx *tx) error {
		_, err := tx.Exec("UPDATE sessions SET elevated_until = ?, seen_at = ? WHERE account_id IS NOT NULL AND elevated_until IS NOT NULL",
			tx.Now.Add(time.Duration(h.Policy().Elevated)), tx.Now)
		return err
	}))
	return c
}

func TestQuiet(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines := h.staff(t, "ines@example.com", "Ines")
		quiet := func(ago time.Duration) {
			t.Helper()
			h.forward(ago)
			parallel(5, func(int) {
				if err := h.core.quiet(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		v, id := h.chat(t, here())
		must(t, h.Chats.Join(ctx, ines, id))
		quiet(30 * time.Minute) // it is for staff to write
		if c := h.shown(t, v, id); c.State != Talking || !c.IdleEndsAt.IsZero() {
			t.Errorf("%+v", c)
		}
		must(t, h.Chats.Reply(ctx, ines, id, "are you there?", ""))
		quiet(9 * time.Minute)
		if c := h.shown(t, v, id); !c.IdleEndsAt.IsZero() {
			t.Errorf("%+v", c)
		}
		quiet(time.Minute)
		c := h.shown(t, v, id)
		if !c.IdleEndsAt.Equal(h.now().Add(5*time.Minute)) || c.Messages[len(c.Messages)-1].Text != "idle" {
			t.Errorf("%+v", c)
		}
		must(t, h.Chats.Extend(ctx, v, id))
		must(t, h.Chats.Extend(ctx, v, id))
		quiet(9 * time.Minute)
		if c := h.shown(t, v, id); !c.IdleEndsAt.IsZero() {
			t.Errorf("%+v", c)
		}
		quiet(time.Minute)
		must(t, h.Chats.Say(ctx, v, id, "yes", ""))
		quiet(20 * time.Minute)
		if c := h.shown(t, v, id); c.State != Talking || !c.IdleEndsAt.IsZero() {
			t.Errorf("%+v", c)
		}
		must(t, h.Chats.Reply(ctx, ines, id, "good", ""))
		quiet(10 * time.Minute)
		quiet(4 * time.Minute)
		if c := h.shown(t, v, id); c.State != Talking {
			t.Errorf("%+v", c)
		}
		quiet(time.Minute)
		c = h.shown(t, v, id)
		events := []string{}
		for _, m := range c.Messages {
			if m.Author == "event" {
				events = append(events, m.Text)
			}
		}
		if want := []string{"joined", "idle", "extended", "idle", "idle", "ended_idle"}; c.State != Ended || !slices.Equal(events, want) {
			t.Errorf("%s, %q", c.State, events)
		}

		// Who waits in line is not sent away, and who left waits for a mail.
		v, id = h.chat(t, here())
		w, other := h.chat(t, here())
		must(t, h.Chats.Leave(ctx, w, other, "m@example.com"))
		quiet(11*time.Hour + 59*time.Minute)
		if c := h.shown(t, v, id); c.State != Waiting {
			t.Errorf("%+v", c)
		}
		quiet(time.Minute)
		if c := h.shown(t, v, id); c.State != Ended {
			t.Errorf("%+v", c)
		}
		if c := h.shown(t, w, other); c.State != Left {
			t.Errorf("%+v", c)
		}

		// Long after all of it goes.
		h.forward(89 * 24 * time.Hour)
		must(t, h.Support.Sweep(ctx))
		if n := h.count(t, "SELECT count(*) FROM chats"); n != 3 {
			t.Errorf("%d", n)
		}
		h.forward(2 * 24 * time.Hour)
		must(t, h.Support.Sweep(ctx))
		if n := h.count(t, "SELECT (SELECT count(*) FROM chats) + (SELECT count(*) FROM chat_messages)"); n != 0 {
			t.Errorf("%d", n)
		}
	})
}

func TestQueue(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines, omar := h.staff(t, "ines@example.com", "Ines"), h.staff(t, "omar@example.com", "Omar")
		mara := h.signUp(t, "mara@example.com")
		first, a := h.chat(t, mara)
		h.forward(4 * time.Minute)
		since := h.now()
		h.forward(time.Minute)
		_, b := h.chat(t, here())
		h.forward(6 * time.Minute)
		q, err := h.Chats.Queue(ctx, ines, QueueFilter{}, since)
		if err != nil || len(q.Rows) != 2 || q.Rows[0].ID != a || q.Open != 2 || q.New != 1 || q.Longest != 11*time.Minute {
			t.Fatalf("%+v, %v", q, err)
		}
		if r := q.Rows[0]; !r.Late || r.Age != 11*time.Minute || r.Masked != "m***@example.com" || r.Short != a[:4] || q.Rows[1].Late || q.Rows[1].Masked != "" {
			t.Errorf("%+v", q.Rows)
		}
		must(t, h.Chats.Join(ctx, ines, a))
		must(t, h.Chats.Reply(ctx, ines, a, "hi", ""))
		q, err = h.Chats.Queue(ctx, ines, QueueFilter{}, time.Time{})
		if err != nil || q.Rows[0].ID != b || q.Rows[1].Age != 0 || !q.Rows[1].Mine || q.New != 0 || q.Longest != 6*time.Minute || !q.Newest.Equal(h.now()) {
			t.Errorf("%+v, %v", q, err)
		}
		for state, want := range map[string][]string{"mine": {a}, Waiting: {b}, Talking: {a}, Left: nil, Ended: nil, "nonsense": {b, a}} {
			for _, sort := range []string{"", "age", "state", "who", "nonsense; DROP TABLE chats"} {
				q, err := h.Chats.Queue(ctx, ines, QueueFilter{State: state, Sort: sort}, time.Time{})
				if err != nil || len(q.Rows) != len(want) {
					t.Errorf("%s by %s: %+v, %v", state, sort, q.Rows, err)
				}
			}
		}
		// Handed over and back.
		list, err := h.Chats.Colleagues(ctx, ines, b)
		if err != nil || len(list) != 2 || list[0].Name != "Ines" || list[1].Name != "Omar" {
			t.Fatalf("%+v, %v", list, err)
		}
		if others, err := h.Chats.Colleagues(ctx, ines, a); err != nil || len(others) != 1 || others[0] != list[1] {
			t.Errorf("to whom has it already: %+v, %v", others, err)
		}
		refused(t, h.Chats.Transfer(ctx, ines, a, h.account(t, mara)), models.NotFound, "colleague")
		must(t, h.Chats.Transfer(ctx, ines, a, list[1].Account))
		refused(t, h.Chats.Reply(ctx, ines, a, "still me", ""), models.Conflict, "not_yours")
		refused(t, h.Chats.Wrap(ctx, ines, a, "solved"), models.Conflict, "not_yours")
		must(t, h.Chats.Reply(ctx, omar, a, "now me", ""))
		must(t, h.Chats.Transfer(ctx, omar, a, ""))
		c := h.shown(t, first, a)
		if c.State != Waiting || c.Place != 1 || c.Agent != "" || c.Messages[len(c.Messages)-1].Text != "transferred" {
			t.Errorf("%+v", c)
		}
		must(t, h.Chats.Transfer(ctx, ines, a, list[0].Account)) // taken over
		must(t, h.Chats.Wrap(ctx, ines, a, "mail_problem"))
		if c := h.read(t, omar, a); c.State != Ended || c.Wrap != "mail_problem" || c.Masked != "m***@example.com" || c.Account != h.account(t, mara) {
			t.Errorf("%+v", c)
		}
		if q, err := h.Chats.Queue(ctx, ines, QueueFilter{State: Ended}, time.Time{}); err != nil || len(q.Rows) != 1 || q.Rows[0].ID != a {
			t.Errorf("ended: %+v, %v", q.Rows, err)
		}
		// Nobody else sees any of it.
		member, out := mara, here()
		for name, act := range h.staffActs(b) {
			refused(t, act(member), models.NotFound, "")
			refused(t, act(out), models.NoSession, "")
			if name == "" {
				t.Fatal(name)
			}
		}
		must(t, h.Staff.SetRole(ctx, "omar@example.com", models.RoleMember, ""))
		for _, act := range h.staffActs(b) {
			refused(t, act(omar), models.NotFound, "")
		}
		h.forward(9 * time.Hour)
		for _, act := range h.staffActs(b) {
			refused(t, act(ines), models.NotProven, "")
		}
	})
}

// staffActs are all acts of staff.
func (h *house) staffActs(id string) map[string]func(models.Client) error {
	return map[string]func(models.Client) error{
		"queue":      func(c models.Client) error { _, err := h.Chats.Queue(ctx, c, QueueFilter{}, time.Time{}); return err },
		"read":       func(c models.Client) error { _, err := h.Chats.Read(ctx, c, id, 0); return err },
		"join":       func(c models.Client) error { return h.Chats.Join(ctx, c, id) },
		"reply":      func(c models.Client) error { return h.Chats.Reply(ctx, c, id, "x", "") },
		"note":       func(c models.Client) error { return h.Chats.Note(ctx, c, id, "x", "") },
		"transfer":   func(c models.Client) error { return h.Chats.Transfer(ctx, c, id, "") },
		"wrap":       func(c models.Client) error { return h.Chats.Wrap(ctx, c, id, "solved") },
		"colleagues": func(c models.Client) error { _, err := h.Chats.Colleagues(ctx, c, id); return err },
		"figures":    func(c models.Client) error { _, err := h.Figures(ctx, c); return err },
		"redeem":     func(c models.Client) error { _, err := h.ServiceCodes.Redeem(ctx, c, "KX4-207"); return err },
		"verified":   func(c models.Client) error { _, err := h.ServiceCodes.Verified(ctx, c, id, id); return err },
		"calls":      func(c models.Client) error { _, err := h.Calls.List(ctx, c); return err },
		"dial":       func(c models.Client) error { return h.Calls.Dial(ctx, c, id) },
		"missed":     func(c models.Client) error { return h.Calls.Missed(ctx, c, id) },
		"done":       func(c models.Client) error { return h.Calls.Done(ctx, c, id) },
	}
}
