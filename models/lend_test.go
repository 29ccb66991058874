package models

import (
	"testing"
	"time"

	"admitone/models/internal/db"
)

// lent gives what a package under this one works with.
func (h *house) lent() (d *db.DB, p Parts) {
	h.Lend(func(lent *db.DB, parts Parts) { d, p = lent, parts })
	return d, p
}

func (h *house) mail(m Mail) error {
	d, p := h.lent()
	return d.Write(ctx, func(tx *db.Tx) error { return p.Mail(tx, m) })
}

func TestMailOfSupport(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "Mara@example.com")
		id := h.idOf(t, "mara@example.com")
		h.messages(t)
		slot := h.now().Add(time.Hour)
		if err := h.mail(Mail{Kind: KindCallBack, Account: id, To: "else@example.com", What: "booked", HoldsAt: slot.In(time.FixedZone("CET", 3600)), Client: browser()}); err != nil {
			t.Fatal(err)
		}
		m, code, link := h.letter(t)
		if m.Kind != KindCallBack || m.Destination != "Mara@example.com" || m.What != "booked" || !m.HoldsAt.Equal(slot) || m.Device != "Firefox on Linux" || code != "" || link != "" {
			t.Errorf("%+v", m)
		}
		if err := h.mail(Mail{Kind: KindSupportReply, Account: id, Body: "Hello <b>Mara</b>\nLook in spam."}); err != nil {
			t.Fatal(err)
		}
		if m, _, _ := h.letter(t); m.Body != "Hello <b>Mara</b>\nLook in spam." || m.Device != "" {
			t.Errorf("%+v", m)
		}
		if n := h.count(t, "SELECT count(*) FROM messages WHERE body <> ''"); n != 0 {
			t.Error("the words are kept after they were handed over")
		}
		// A typed address: of nobody, or of an account that nothing is tied to.
		for _, to := range []string{"new@example.com", "mara@EXAMPLE.com"} {
			if err := h.mail(Mail{Kind: KindSupportReply, To: to, Body: "Hello", Client: browser()}); err != nil {
				t.Fatal(err)
			}
			h.forward(time.Second) // what is of one moment goes out in any order
		}
		list := h.messages(t)
		if len(list) != 2 || list[0].Destination != "new@example.com" || list[1].Destination != "Mara@example.com" {
			t.Errorf("%+v", list)
		}
		if n := h.count(t, "SELECT count(*) FROM messages WHERE account_id IS NULL AND kind = 'support_reply'"); n != 2 {
			t.Errorf("%d hang on nobody", n)
		}
		h.nothingWritten(t, func() {
			if err := h.mail(Mail{Kind: KindSupportReply, To: "mara"}); !isReason(err, Invalid, "no_at") {
				t.Errorf("%v", err)
			}
			if err := h.mail(Mail{Kind: KindSupportReply, Account: "nobody"}); !isKind(err, NotFound) {
				t.Errorf("%v", err)
			}
		})
	})
}

// What goes to a typed address is what anyone may have sent there, and no more.
func TestMailOfSupportIsBounded(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.messages(t)
		h.forward(10 * time.Minute) // the sign-up was one of a stranger too
		write := func(to string, n int) error {
			return h.mail(Mail{Kind: KindSupportReply, To: to, Body: "Hello", Client: from(browser(), n)})
		}
		h.exec(t, "UPDATE accounts SET muted_until = ?", h.now().Add(time.Minute))
		if err := write("mara@example.com", 1); err != nil {
			t.Fatal(err)
		}
		if list := h.messages(t); len(list) != 0 {
			t.Errorf("its owner wants none: %+v", list)
		}
		h.forward(time.Minute)
		for range 2 {
			if err := write("mara+tag@example.com", 1); err != nil {
				t.Fatal(err)
			}
		}
		err := write("mara@example.com", 2)
		if e, ok := err.(*Error); !ok || e.Kind != TooSoon || !e.RetryAt.After(h.now()) {
			t.Errorf("a fourth one: %v", err)
		}
		for i := range 7 { // and to four others
			if err := write(string(rune('a'+i%4))+"@example.net", 1); err != nil {
				t.Fatal(err)
			}
		}
		if err := write("d@example.net", 1); !isKind(err, TooSoon) {
			t.Errorf("an eleventh one from one network address: %v", err)
		}
		if err := write("z@example.net", 3); err != nil {
			t.Errorf("another network address: %v", err)
		}
	})
}

func TestLentParts(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		mara := h.signUp(t, "mara@example.com")
		ines := h.agent(t, "ines@example.com", "Ines")
		d, p := h.lent()
		if s, err := p.SignedIn(d.Read(ctx), mara, d.Now()); err != nil || s.AccountID != h.idOf(t, "mara@example.com") {
			t.Errorf("%+v, %v", s, err)
		}
		if _, err := p.SignedIn(d.Read(ctx), browser(), d.Now()); !isKind(err, NoSession) {
			t.Errorf("%v", err)
		}
		if a, err := p.Agent(d.Read(ctx), ines, d.Now()); err != nil || a.Name != "Ines" {
			t.Errorf("%+v, %v", a, err)
		}
		if _, err := p.Agent(d.Read(ctx), mara, d.Now()); !isReason(err, NotFound, "console") {
			t.Errorf("%v", err)
		}
		spent := func() (at time.Time) {
			err := d.Write(ctx, func(tx *db.Tx) (err error) {
				at, err = p.Spend(tx, "chats of somebody", Limit{2, time.Minute}, Limit{3, time.Hour})
				return err
			})
			if err != nil {
				t.Error(err)
			}
			return at
		}
		began := h.now()
		for range 2 {
			if at := spent(); !at.IsZero() {
				t.Errorf("%s", at)
			}
		}
		if at := spent(); !at.Equal(began.Add(time.Minute)) {
			t.Errorf("%s", at)
		}
		h.forward(time.Minute)
		spent()
		if at := spent(); !at.Equal(began.Add(time.Hour)) {
			t.Errorf("%s", at)
		}
		if p.AddressKey(browser()) == "" || p.AddressKey(Client{}) != "" {
			t.Error("the key of a network address")
		}
		if p.Tag("service code", "a") == p.Tag("service code", "b") || p.Tag("service code", "a") == p.Tag("lane", "a") || p.Derive("a", "b") == p.Derive("ab", "") || p.Word("call", "1") == "" {
			t.Error("what is derived")
		}
	})
}
