package models

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// elsewhere is a stranger's browser at one of many addresses.
func elsewhere(i int) Client {
	c := browser()
	c.Address = netip.AddrFrom4([4]byte{127, 1, byte(i / 250), byte(i % 250)})
	return c
}

// Only the machine's own two addresses are nobody's.
func TestNobodysAddresses(t *testing.T) {
	for text, nobody := range map[string]bool{
		"127.0.0.1": true, "::1": true, "::ffff:127.0.0.1": true,
		"127.0.0.2": false, "127.1.0.1": false, "::2": false, "203.0.113.7": false,
	} {
		if nobodys(netip.MustParseAddr(text).Unmap()) != nobody {
			t.Errorf("%s: nobody's must be %v", text, nobody)
		}
	}
}

func (h *house) tryPassword(t testing.TB, email, password string, c Client) Outcome {
	t.Helper()
	s, err := h.SignIns.Start(ctx, email, password, "", c)
	if err != nil {
		t.Fatal(err)
	}
	return s.Outcome
}

// Whatever strangers do, a known browser gets in, and so does who reads the mailbox.
func TestStrangersNeverLockTheOwnerOut(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		owner := h.signUp(t, "mara@example.com")
		h.messages(t)
		said := map[string]map[Outcome]int{}
		for _, email := range []string{"mara@example.com", "nobody@example.com"} {
			said[email] = map[Outcome]int{}
		}
		for i := range 5000 { // at both: 10,000
			h.forward(100 * time.Second)
			for email, outcomes := range said {
				outcomes[h.tryPassword(t, email, "wrong wrong wrong", elsewhere(i%250))]++
			}
		}
		for email, outcomes := range said {
			if outcomes[Wrong] != wrongInRow || outcomes[PasswordOff] == 0 || outcomes[Throttled] != said["mara@example.com"][Throttled] {
				t.Errorf("%s: %v", email, outcomes)
			}
		}
		if out := h.tryPassword(t, "mara@example.com", testPassword, elsewhere(1000)); out != PasswordOff {
			t.Errorf("the right password in a stranger's browser: %v", out)
		}
		// The browser of the owner has a lane of its own.
		if out := h.tryPassword(t, "mara@example.com", "wrong wrong wrong", owner); out != Wrong {
			t.Errorf("a wrong one in the owner's: %v", out)
		}
		// The mailbox opens a fresh browser.
		fresh := h.startReset(t, "mara@example.com")
		_, _, link := h.letter(t)
		var err error
		if fresh.Session, fresh.Device, err = h.Resets.Follow(ctx, link, fresh); err != nil {
			t.Fatal(err)
		}
		// Strangers go on all the time.
		for i := range 200 {
			h.tryPassword(t, "mara@example.com", "wrong wrong wrong", elsewhere(i))
			h.forward(time.Second)
		}
		if err := h.Resets.Finish(ctx, newPassword, fresh); err != nil {
			t.Fatal(err)
		}
		s, err := h.SignIns.Start(ctx, "mara@example.com", newPassword, "", fresh)
		if err != nil || s.Outcome != CodeSent {
			t.Fatalf("the fresh browser: %v, %v; want a code, for it is not known", s.Outcome, err)
		}
		fresh.Session = s.Session
		if a, err := h.SignIns.Answer(ctx, h.lastCode(t, "mara@example.com"), "", Ticks{}, fresh); err != nil || a.Outcome != Accepted {
			t.Errorf("its code: %v, %v", a.Outcome, err)
		}
	})
}

// A known browser gets in while the password is off for strangers, and that turns
// it on again for all.
func TestAKnownBrowserTurnsThePasswordOnAgain(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		owner := h.signUp(t, "mara@example.com")
		off := func() {
			for h.tryPassword(t, "mara@example.com", "wrong wrong wrong", elsewhere(1)) != PasswordOff {
				h.forward(20 * time.Minute)
			}
			h.forward(24 * time.Hour)
		}
		off()
		owner.Session = ""
		if out := h.tryPassword(t, "mara@example.com", testPassword, owner); out != Accepted {
			t.Fatalf("a known browser: %v", out)
		}
		if out := h.tryPassword(t, "mara@example.com", testPassword, elsewhere(2)); out != CodeSent {
			t.Errorf("another one after it: %v", out)
		}
		off()
		if err := h.Staff.Unlock(ctx, "mara@example.com"); err != nil {
			t.Fatal(err)
		}
		if out := h.tryPassword(t, "mara@example.com", testPassword, elsewhere(2)); out != CodeSent {
			t.Errorf("after an unlock: %v", out)
		}
	})
}

// Whoever has stolen the cookie of a device has a hundred tries in it, and then is
// a stranger.
func TestABurntDeviceIsAStrangers(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		thief := h.signUp(t, "mara@example.com")
		thief.Session = ""
		wrong := 0
		for range 1000 {
			switch h.tryPassword(t, "mara@example.com", "wrong wrong wrong", thief) {
			case Wrong:
				wrong++
			case PasswordOff:
				if wrong != wrongInRow {
					t.Errorf("%d tries, want %d", wrong, wrongInRow)
				}
				h.exec(t, "DELETE FROM strikes WHERE key LIKE 'lane %'") // the owner got in elsewhere
				h.exec(t, "DELETE FROM spends")
				if out := h.tryPassword(t, "mara@example.com", testPassword, thief); out != CodeSent {
					t.Errorf("the right password in a burnt browser: %v, want a code to be asked for", out)
				}
				return
			}
			h.forward(20 * time.Minute)
		}
		t.Fatal("the browser is never burnt")
	})
}

// A proven mailbox gives this browser a lane, and takes those of others; so does
// every way to shut all browsers out.
func TestLanesComeAndGo(t *testing.T) {
	lanes := func(t *testing.T, h *house) int { return h.count(t, "SELECT count(*) FROM lanes") }
	prove := func(t *testing.T, h *house, c Client) Client {
		t.Helper()
		s, err := h.Resets.Start(ctx, "mara@example.com", c)
		if err != nil || s.Outcome != CodeSent {
			t.Fatalf("%v, %v", s.Outcome, err)
		}
		c.Session = s.Session
		_, code, _ := h.letter(t)
		a, err := h.Resets.Answer(ctx, code, "", Ticks{}, c)
		if err != nil || a.Outcome != Accepted || a.Device == "" || a.Device == c.Device {
			t.Fatalf("%+v, %v", a, err)
		}
		c.Device = a.Device
		return c
	}
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUp(t, "mara@example.com")
		h.messages(t)
		first, second := prove(t, h, elsewhere(1)), prove(t, h, elsewhere(2))
		if n := lanes(t, h); n != 2 {
			t.Fatalf("%d lanes", n)
		}
		before := h.count(t, "SELECT count(*) FROM devices")
		again := prove(t, h, first)
		if n := lanes(t, h); n != 2 || h.count(t, "SELECT count(*) FROM devices") != before {
			t.Errorf("%d lanes: a browser that proves it again keeps its row", n)
		}
		if err := h.Resets.Finish(ctx, newPassword, second); err != nil {
			t.Fatal(err)
		}
		mine := func(c Client) string {
			id, err := laneDevice(h.core.db.Read(ctx), c.Device, h.idOf(t, "mara@example.com"), h.now())
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		if mine(second) == "" || mine(again) != "" || mine(owner) != "" {
			t.Error("after the new password this browser alone must have a lane")
		}
		h.forward(laneLife)
		if mine(second) != "" {
			t.Error("a lane has no end")
		}
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if n := lanes(t, h); n != 0 {
			t.Errorf("%d lanes after the sweep", n)
		}
		h.messages(t)
		prove(t, h, elsewhere(3))
		if err := h.Staff.SignOut(ctx, "mara@example.com"); err != nil {
			t.Fatal(err)
		}
		if n := lanes(t, h); n != 0 {
			t.Errorf("%d lanes after all were signed out", n)
		}
	})
}

// Who knows the password cannot use up the wrong codes of the owner's browser; the
// channel is shut by a hundred in a row wherever they are typed.
func TestCodeLanes(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		owner := h.signUp(t, "mara@example.com")
		h.exec(t, "UPDATE accounts SET two_step = 'every_time'")
		wrongs := func(c Client) (judged int) {
			for range 4 { // of five tries each
				s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", c)
				if err != nil || s.Outcome != CodeSent {
					t.Fatalf("%v, %v", s.Outcome, err)
				}
				in := c
				in.Session = s.Session
				right := h.lastCode(t, "mara@example.com")
				for range 5 {
					a, err := h.SignIns.Answer(ctx, wrongCode(right), "", Ticks{}, in)
					if err != nil {
						t.Fatal(err)
					}
					if a.Outcome == Wrong || a.Outcome == Exhausted {
						judged++
					}
				}
				h.forward(11 * time.Minute)
			}
			return judged
		}
		owner.Session = ""
		if n := wrongs(elsewhere(1)); n != 15 {
			t.Errorf("a stranger: %d judged, want 15", n)
		}
		if n := wrongs(owner); n != 15 {
			t.Errorf("the owner: %d judged, want 15", n)
		}
		if n := h.count(t, "SELECT wrong_in_row FROM identifiers"); n != 30 {
			t.Errorf("%d in a row", n)
		}
		if err := h.Staff.Unlock(ctx, "mara@example.com"); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, "SELECT count(*) FROM spends WHERE key LIKE 'code %'"); n != 0 {
			t.Errorf("%d wrong codes after an unlock", n)
		}
		// A hundred in a row shut the channel, not the account.
		h.exec(t, "UPDATE identifiers SET wrong_in_row = 100")
		if out := h.tryPassword(t, "mara@example.com", testPassword, owner); out != ChannelOff {
			t.Errorf("%v", out)
		}
		fresh := h.startReset(t, "mara@example.com")
		_, _, link := h.letter(t)
		var err error
		if fresh.Session, fresh.Device, err = h.Resets.Follow(ctx, link, fresh); err != nil {
			t.Fatal(err)
		}
		if err := h.Resets.Finish(ctx, newPassword, fresh); err != nil {
			t.Fatal(err)
		}
		if out := h.tryPassword(t, "mara@example.com", newPassword, fresh); out != CodeSent {
			t.Errorf("after a reset: %v", out)
		}
	})
}

// Very many wrong reset codes everywhere shut the digits, and never the links.
func TestResetBreaker(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		h.messages(t)
		for range 1000 {
			h.exec(t, "INSERT INTO spends (key, at) VALUES ('resets of all', ?)", h.core.db.Now())
		}
		c := h.startReset(t, "mara@example.com")
		_, code, link := h.letter(t)
		if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, c); err != nil || a.Outcome != DigitsOff || !a.RetryAt.Equal(h.now().Add(time.Hour)) {
			t.Errorf("the digits: %+v, %v", a, err)
		}
		if _, _, err := h.Resets.Follow(ctx, link, c); err != nil {
			t.Errorf("the link: %v", err)
		}
		h.forward(time.Hour)
		c = h.startReset(t, "mara@example.com")
		_, code, _ = h.letter(t)
		if a, err := h.Resets.Answer(ctx, wrongCode(code), "", Ticks{}, c); err != nil || a.Outcome != Wrong {
			t.Errorf("%v, %v", a.Outcome, err)
		}
		if n := h.count(t, "SELECT count(*) FROM spends WHERE key = 'resets of all'"); n != 1001 {
			t.Errorf("%d wrong codes are counted", n)
		}
	})
}

// Whoever knows the password, or has stolen the cookie of a device, does not use up
// the codes that the owner needs.
func TestOwnersHaveTheirHalf(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		owner := h.signUp(t, "mara@example.com")
		h.newEmail(t, owner, "second@example.org", true)
		h.exec(t, "UPDATE accounts SET two_step = 'every_time'")
		h.exec(t, "UPDATE sessions SET elevated_until = NULL")
		h.exec(t, "DELETE FROM spends")
		h.messages(t)
		// The password in unknown browsers, and the code again by the other mailbox.
		sent := 0
		for i := range 20 {
			c := elsewhere(i)
			s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", c)
			if err != nil {
				t.Fatal(err)
			}
			if s.Outcome != CodeSent {
				continue
			}
			sent++
			c.Session = s.Session
			p, err := h.SignIns.Pending(ctx, c)
			if err != nil || len(p.Ways) != 1 {
				t.Fatalf("%+v, %v", p, err)
			}
			if r, err := h.SignIns.Resend(ctx, "", p.Ways[0].ID, c); err == nil && r.Outcome == CodeSent {
				sent++
			}
		}
		if sent != 6 {
			t.Errorf("%d codes after a right password, want 6", sent)
		}
		step := func(when string) {
			t.Helper()
			if s, err := h.Reauths.Start(ctx, "/account", "", owner); err != nil || s.Outcome != CodeSent {
				t.Errorf("%s: the step-up of the owner: %v, %v", when, s.Outcome, err)
			}
			h.exec(t, "DELETE FROM verifications WHERE purpose = ?", PurposeStepUp)
			known := owner
			known.Session = ""
			if out := h.tryPassword(t, "mara@example.com", testPassword, known); out != CodeSent {
				t.Errorf("%s: the password in the owner's browser: %v", when, out)
			}
		}
		step("after sign-ins elsewhere")
		// The cookie of the device alone.
		thief := elsewhere(1)
		thief.Device = owner.Device
		sent = 0
		for range 10 {
			s, err := h.Resets.Start(ctx, "mara@example.com", thief)
			if err != nil {
				t.Fatal(err)
			}
			if s.Outcome == CodeSent {
				sent++
			}
		}
		if sent != 3 {
			t.Errorf("%d resets with a stolen cookie, want 3", sent)
		}
		step("after resets with its cookie")
		for range 4 {
			h.tryPassword(t, "mara@example.com", testPassword, thief)
		}
		if out := h.tryPassword(t, "mara@example.com", testPassword, thief); out != Throttled {
			t.Errorf("the owner's own are used up: %v", out)
		}
		// The new password opens the way for codes as well.
		fresh := h.startReset(t, "mara@example.com")
		var link string
		for _, m := range h.messages(t) {
			if m.Kind == KindResetCode {
				link = h.Outbox.Links(m).Reset[len(LinkPath):]
			}
		}
		var err error
		if fresh.Session, fresh.Device, err = h.Resets.Follow(ctx, link, fresh); err != nil {
			t.Fatal(err)
		}
		if err := h.Resets.Finish(ctx, newPassword, fresh); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]Client{"its": fresh, "another": elsewhere(900)} {
			if out := h.tryPassword(t, "mara@example.com", newPassword, c); out != CodeSent {
				t.Errorf("the new password in %s browser: %v", name, out)
			}
		}
	})
}

// What staff unlock may be used at once: codes, and the passwords of every address.
func TestUnlockEmptiesSends(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		owner := h.signUp(t, "mara@example.com")
		h.newEmail(t, owner, "second@example.org", true)
		h.exec(t, "DELETE FROM spends")
		owner.Session = ""
		for i := range 10 {
			h.tryPassword(t, "mara@example.com", testPassword, elsewhere(i))
			h.tryPassword(t, "mara@example.com", "wrong wrong wrong", elsewhere(i))
			h.tryPassword(t, "second@example.org", "wrong wrong wrong", elsewhere(i))
			h.tryPassword(t, "second@example.org", "wrong wrong wrong", owner)
			if _, err := h.Resets.Start(ctx, "mara@example.com", owner); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.Staff.Unlock(ctx, "mara@example.com"); err != nil {
			t.Fatal(err)
		}
		var left []string
		err := h.core.db.Read(ctx).Raw("SELECT DISTINCT key FROM spends").Scan(&left).Error
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range left {
			if !strings.Contains(key, "address") {
				t.Errorf("%s is left", key)
			}
		}
		if n := h.count(t, "SELECT count(*) FROM strikes"); n != 0 {
			t.Errorf("%d strikes are left", n)
		}
	})
}
