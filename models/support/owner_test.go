package support

import (
	"testing"
	"time"

	"admitone/models"
)

// A code that a stolen session made works no more once its holder has ended that session.
func TestServiceCodeEndsWithItsSession(t *testing.T) {
	for name, end := range map[string]func(h *house, mara models.Client) error{
		"everywhere": func(h *house, mara models.Client) error {
			_, err := h.Accounts.SignOutEverywhere(ctx, false, mara)
			return err
		},
		"by staff":   func(h *house, _ models.Client) error { return h.Staff.SignOut(ctx, "mara@example.com") },
		"signed out": func(h *house, mara models.Client) error { _, err := h.Sessions.SignOut(ctx, mara); return err },
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, h *house) {
				ines := h.staff(t, "ines@example.com", "Ines")
				mara := h.signUp(t, "mara@example.com")
				made, err := h.ServiceCodes.Make(ctx, mara)
				must(t, err)
				h.forward(time.Minute)
				must(t, end(h, mara))
				_, err = h.ServiceCodes.Redeem(ctx, ines, made.Code)
				refused(t, err, models.Invalid, "wrong")
			})
		})
	}
}

// A code that is read out while its holder signs out waits for that, and has nothing that
// the sign-out waits for: else the engine would take one of the two back.
func TestReadOutBesideSignOut(t *testing.T) {
	h := openHouse(t, postgresURL(t), nil)
	ines, mara := h.staff(t, "ines@example.com", "Ines"), h.signUp(t, "mara@example.com")
	made, err := h.ServiceCodes.Make(ctx, mara)
	must(t, err)
	account := h.account(t, mara)
	g := h.core.db.Read(ctx).Begin()
	defer g.Rollback()
	must(t, g.Exec("SELECT id FROM accounts WHERE id = ? FOR UPDATE", account).Error) // as a sign-out begins
	done := make(chan error, 1)
	go func() {
		_, err := h.ServiceCodes.Redeem(ctx, ines, made.Code)
		done <- err
	}()
	for waiting := 0; waiting == 0 && len(done) == 0; {
		must(t, h.core.db.Read(ctx).Raw("SELECT count(*) FROM pg_locks WHERE NOT granted").Scan(&waiting).Error)
	}
	must(t, g.Exec("SET LOCAL lock_timeout = 100").Error)
	must(t, g.Exec("DELETE FROM service_codes WHERE account_id = ? AND used_at IS NULL", account).Error)
	must(t, g.Commit().Error)
	refused(t, <-done, models.Invalid, "wrong")
}

// Strangers behind the same address do not shut the chat for who is signed in.
func TestStrangersBehindOneAddress(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		mara := h.signUp(t, "mara@example.com")
		mara.Address = browser(1).Address
		for range chatsOpen {
			h.chat(t, browser(1))
		}
		for range chatsOpen {
			_, err := h.Chats.Start(ctx, Visitor{Client: mara}, StartChat{Message: "hello"})
			must(t, err)
		}
		_, err := h.Chats.Start(ctx, Visitor{Client: mara}, StartChat{Message: "hello"})
		refused(t, err, models.TooSoon, "chats_open")
	})
}

// Strangers who have a number called do not use up what its holder may book.
func TestStrangersCallANumber(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		mara := h.signUp(t, "mara@example.com")
		account := h.account(t, mara)
		must(t, h.write(func(tx *tx) error {
			_, err := tx.Exec("INSERT INTO identifiers (id, account_id, kind, value, shown, is_primary, verified_at, created_at) VALUES (?, ?, 'phone', '+436641234567', '+436641234567', ?, ?, ?)",
				"0123456789abcdef0123456789abcdef", account, false, tx.Now, tx.Now)
			return err
		}))
		h.book(t, browser(1), "+436641234567")
		h.book(t, browser(2), "+436641234567")
		slots, err := h.Calls.Slots(ctx)
		must(t, err)
		_, err = h.Calls.Book(ctx, Visitor{Client: mara}, BookCall{Phone: "+436641234567", Slot: slots[1]})
		must(t, err)
	})
}

// Who waits and can be written to gets an answer, though nobody came before the night:
// staff go on seeing it.
func TestUnansweredOvernight(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines, mara := h.staff(t, "ines@example.com", "Ines"), h.signUp(t, "mara@example.com")
		for name, begin := range map[string]func() (Started, error){
			"with an address": func() (Started, error) {
				return h.Chats.Start(ctx, Visitor{Client: browser(1)}, StartChat{Problem: NoCode, Email: "nora@example.com", Message: "no code comes"})
			},
			"signed in": func() (Started, error) {
				return h.Chats.Start(ctx, Visitor{Client: mara}, StartChat{Problem: NoCode, Message: "no code comes"})
			},
		} {
			s, err := begin()
			must(t, err)
			h.forward(staleAfter)
			must(t, h.core.quiet(ctx))
			ines = h.renewed(t, ines)
			c := h.read(t, ines, s.ID)
			if c.State != Left {
				t.Errorf("%s: %s", name, c.State)
			}
			if last := c.Messages[len(c.Messages)-1]; last.Author != "event" || last.Text != "unanswered" {
				t.Errorf("%s: who stayed is told %q", name, last.Text)
			}
			must(t, h.Chats.Join(ctx, ines, s.ID))
			must(t, h.Chats.Reply(ctx, ines, s.ID, "It is on its way.", "an answer by mail"))
		}
		// Who can be written to by nobody is not kept waiting.
		_, id := h.chat(t, browser(2))
		h.forward(staleAfter)
		must(t, h.core.quiet(ctx))
		if c := h.read(t, h.renewed(t, ines), id); c.State != Ended {
			t.Errorf("nobody's: %s", c.State)
		}
	})
}

// A conversation whose member of staff is none any more waits for another.
func TestRoleTakenAwayHandsBack(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines, omar := h.staff(t, "ines@example.com", "Ines"), h.staff(t, "omar@example.com", "Omar")
		v, id := h.chat(t, browser(1))
		must(t, h.Chats.Join(ctx, ines, id))
		must(t, h.core.quiet(ctx))
		if c := h.shown(t, v, id); c.Agent != "Ines" {
			t.Errorf("handed back from %q, who is of staff", c.Agent)
		}
		must(t, h.Staff.SetRole(ctx, "ines@example.com", models.RoleMember, ""))
		must(t, h.Chats.Say(ctx, v, id, "are you there?", "n"))
		must(t, h.core.quiet(ctx))
		must(t, h.Chats.Join(ctx, omar, id))
	})
}
