package models

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// theft changes the main address in steps, an hour apart, and gives the undo
// links that the addresses before got.
func (h *house) theft(t testing.TB, c Client, addresses ...string) []string {
	t.Helper()
	var links []string
	was := h.overview(t, c).Main.Address
	for _, to := range addresses {
		h.forward(time.Hour)
		c = h.stepUp(t, c)
		links = append(links, h.undoOf(pick(t, h.newEmail(t, c, to, false), KindEmailChanged, was)))
		was = to
	}
	return links
}

// follow takes a change back by its link alone, in a browser of its own.
func (h *house) follow(t testing.TB, link string) (Undone, Client) {
	t.Helper()
	c := browser()
	u, err := h.Undos.Follow(ctx, link, "", c)
	if err != nil {
		t.Fatalf("follow: %v", err)
	}
	c.Session = u.Session
	return u, c
}

func (h *house) mainAddress(t testing.TB) string {
	t.Helper()
	var shown []string
	h.core.db.Read(ctx).Raw("SELECT shown FROM identifiers WHERE account_id = ? AND is_primary", h.firstAccount(t)).Scan(&shown)
	if len(shown) != 1 {
		t.Fatalf("main addresses %q", shown)
	}
	return shown[0]
}

func TestUndo(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		h.forward(time.Hour)
		c = h.stepUp(t, c)
		list := h.newEmail(t, c, "thief@example.net", false)
		notice := pick(t, list, KindEmailChanged, "mara@example.com")
		link := h.undoOf(notice)
		if !notice.WorksUntil.Equal(h.now().Add(undoLife)) {
			t.Errorf("the notice says it works until %v", notice.WorksUntil)
		}
		rows := func() (n int) {
			for _, table := range []string{"messages", "events", "changes", "challenges", "sessions", "verifications", "spends"} {
				n += h.count(t, "SELECT count(*) FROM "+table)
			}
			return n
		}
		before := rows()
		for range 20 { // a scanner opens it
			u, err := h.Undos.Link(ctx, link)
			if err != nil || u.Change != ChangeEmail || u.What != "t***@example.net" || u.Waiting || len(u.Ways) != 0 || !u.At.Equal(h.now()) {
				t.Fatalf("%+v, %v", u, err)
			}
		}
		if rows() != before || h.mainAddress(t) != "thief@example.net" {
			t.Error("opening the link changed something")
		}
		// The thief has another address waiting for its code, and a known browser.
		other := h.startEmail(t, c, "thief@example.org", false)

		u, owner := h.follow(t, link)
		if u.Outcome != Accepted || u.Stopped || owner.Session != "" {
			t.Fatalf("%+v", u)
		}
		mustTell(t, h.messages(t), "undone mara@example.com", "undone thief@example.net")
		if h.mainAddress(t) != "mara@example.com" || h.count(t, "SELECT count(*) FROM identifiers") != 1 {
			t.Error("the address is not back")
		}
		if h.signedIn(t, c.Session) {
			t.Error("the thief's session goes on")
		}
		if _, err := h.Accounts.AnswerProof(PurposeEmail)(ctx, other, "", Ticks{}, c); !isKind(err, NoSession) {
			t.Errorf("the thief's next address: %v", err)
		}
		if h.count(t, "SELECT count(*) FROM known_devices") != 0 {
			t.Error("a device is still known")
		}
		// No password opens anything until a new one is chosen.
		for _, email := range []string{"mara@example.com", "thief@example.net"} {
			if h.opens(t, email, testPassword, c) != Wrong {
				t.Errorf("the old password opens %s", email)
			}
		}
		if _, err := h.Undos.Link(ctx, link); !isKind(err, Gone) {
			t.Errorf("the link a second time: %v", err)
		}
		if _, err := h.Undos.Follow(ctx, link, "", browser()); !isKind(err, Gone) {
			t.Errorf("the link a second time: %v", err)
		}
		// The link may have been forwarded by mistake: the new password is chosen
		// by a reset, which asks the mailbox itself.
		if _, err := h.Resets.Proven(ctx, owner); !isKind(err, Gone) {
			t.Errorf("the browser that followed it: %v", err)
		}
		h.resetPassword(t, "mara@example.com")
		h.messages(t)
		if h.opens(t, "mara@example.com", testPassword, c) != Wrong || h.opens(t, "mara@example.com", newPassword, c) != CodeSent {
			t.Error("the new password opens, behind a code, on what was a known device too")
		}
	})
}

// Every kind of change goes back, with all that stood beside it.
func TestUndoPutsEverythingBack(t *testing.T) {
	for _, kind := range changeKinds {
		t.Run(kind, func(t *testing.T) {
			enginesWith(t, withTexts, func(t *testing.T, h *house) {
				withoutHash(h)
				c := h.threeWays(t)
				second := h.overview(t, c).Second.ID
				if err := h.Accounts.PreferWay(ctx, second, c); err != nil {
					t.Fatal(err)
				}
				before := h.standing(t)
				h.forward(11 * time.Minute)
				c = h.stepUp(t, c)
				h.begin(t, kind, c)
				if !h.holds(t, kind, c) {
					t.Fatal("a change by a code holds at once")
				}
				var link string
				for _, m := range h.messages(t) {
					if m.Destination == "mara@example.com" {
						link = h.undoOf(m)
					}
				}
				// What comes after it goes too.
				h.forward(time.Minute)
				if _, err := h.Accounts.SetTwoStep(ctx, TwoStepEveryTime, c); err != nil {
					t.Fatal(err)
				}
				if err := h.Accounts.PreferWay(ctx, h.overview(t, c).Main.ID, c); err != nil {
					t.Fatal(err)
				}
				if _, err := h.Accounts.Close(ctx, c); err != nil {
					t.Fatal(err)
				}
				h.messages(t)

				u, f := h.follow(t, link)
				if u.Outcome != CodeSent {
					t.Fatalf("an older channel is there to be asked: %+v", u)
				}
				m, code, _ := h.letter(t)
				if m.Kind != KindUndoCode || m.Destination != "second@example.net" || h.standing(t) == before {
					t.Fatalf("%+v", m)
				}
				if a, err := h.Undos.Answer(ctx, code, "", Ticks{}, f); err != nil || a.Outcome != Accepted {
					t.Fatalf("%+v, %v", a, err)
				}
				if after := h.standing(t); after != before {
					t.Errorf("before %s\nafter  %s", before, after)
				}
				if n := h.count(t, "SELECT count(*) FROM accounts WHERE closing_at IS NOT NULL OR password_hash <> ''"); n != 0 {
					t.Error("the closing or the password is still there")
				}
				if n := h.count(t, "SELECT count(*) FROM known_devices") + h.count(t, "SELECT count(*) FROM sessions WHERE account_id IS NOT NULL"); n != 0 {
					t.Error("a device or a session is still there")
				}
			})
		})
	}
}

// standing is what an undo puts back, as text.
func (h *house) standing(t testing.TB) string {
	t.Helper()
	s, err := standingOf(h.core.db.Read(ctx), h.firstAccount(t))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", s.TwoStep, s.PreferredID)
	for _, i := range s.Identifiers {
		fmt.Fprintf(&b, "; %s %s %s %s %v %v %v", i.ID, i.Kind, i.Value, i.Shown, i.IsPrimary, i.CreatedAt.UTC(), i.VerifiedAt.UTC())
	}
	return b.String()
}

// A to B to C: B may take the second change back, and then A the first.
func TestUndoStepByStep(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "a@example.com")
		h.messages(t)
		links := h.theft(t, c, "b@example.com", "c@example.com")
		h.forward(time.Hour)
		if u, _ := h.follow(t, links[1]); u.Outcome != Accepted || h.mainAddress(t) != "b@example.com" {
			t.Fatalf("%+v, %s", u, h.mainAddress(t))
		}
		mustTell(t, h.messages(t), "undone b@example.com", "undone c@example.com")
		h.forward(time.Hour)
		u, _ := h.follow(t, links[0])
		if u.Outcome != Accepted || h.mainAddress(t) != "a@example.com" {
			t.Fatalf("%+v, %s", u, h.mainAddress(t))
		}
		mustTell(t, h.messages(t), "undone a@example.com", "undone b@example.com")
		h.resetPassword(t, "a@example.com")
	})
}

// resetPassword chooses a new password by the code of a reset.
func (h *house) resetPassword(t testing.TB, email string) {
	t.Helper()
	c := h.startReset(t, email)
	_, code, _ := h.letter(t)
	if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, c); err != nil || a.Outcome != Accepted {
		t.Fatalf("%+v, %v", a, err)
	}
	if err := h.Resets.Finish(ctx, newPassword, c); err != nil {
		t.Fatal(err)
	}
}

// The earliest wins: after A has taken the first change back, B's link is dead.
func TestEarliestUndoWins(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "a@example.com")
		h.messages(t)
		links := h.theft(t, c, "b@example.com", "c@example.com", "d@example.com")
		if u, _ := h.follow(t, links[0]); u.Outcome != Accepted || h.mainAddress(t) != "a@example.com" {
			t.Fatalf("%+v", u)
		}
		mustTell(t, h.messages(t), "undone a@example.com", "undone d@example.com")
		for _, link := range links {
			if _, err := h.Undos.Link(ctx, link); !isKind(err, Gone) {
				t.Errorf("%v", err)
			}
			if _, err := h.Undos.Follow(ctx, link, "", browser()); !isKind(err, Gone) {
				t.Errorf("%v", err)
			}
		}
		if h.mainAddress(t) != "a@example.com" {
			t.Error("a later one went over the earliest")
		}
	})
	// All at once.
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "a@example.com")
		h.messages(t)
		links := h.theft(t, c, "b@example.com", "c@example.com", "d@example.com")
		errs := make([]error, len(links))
		parallel(len(links), func(i int) { _, errs[i] = h.Undos.Follow(ctx, links[i], "", browser()) })
		for i, err := range errs {
			if err != nil && (i == 0 || !isKind(err, Gone)) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if h.mainAddress(t) != "a@example.com" || h.count(t, "SELECT count(*) FROM identifiers") != 1 {
			t.Errorf("%s", h.mainAddress(t))
		}
	})
}

func TestUndoEnds(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		link := h.theft(t, c, "new@example.net")[0]
		h.forward(undoLife - time.Millisecond)
		if _, err := h.Undos.Link(ctx, link); err != nil {
			t.Errorf("in time: %v", err)
		}
		h.forward(time.Millisecond)
		if _, err := h.Undos.Link(ctx, link); !isKind(err, Gone) {
			t.Errorf("after 72 hours: %v", err)
		}
		if _, err := h.Undos.Follow(ctx, link, "", browser()); !isKind(err, Gone) {
			t.Errorf("after 72 hours: %v", err)
		}
		if h.mainAddress(t) != "new@example.net" {
			t.Error("it was taken back too late")
		}
		for name, bad := range map[string]string{
			"empty": "", "short": link[1:], "long": link + "a", "one letter": link[:95] + string('a'+(link[95]-'a'+1)%16), "another message": string('a'+(link[0]-'a'+1)%16) + link[1:], "no letters": "0123" + link[4:],
		} {
			if _, err := h.Undos.Link(ctx, bad); !isKind(err, Gone) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := h.Undos.Follow(ctx, bad, "", browser()); !isKind(err, Gone) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A stolen old mailbox alone takes nothing back where an older channel is there.
func TestUndoAsksTheOlderChannel(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newPhone(t, c, "+436641234567")
		link := h.theft(t, c, "new@example.net")[0]
		if u, err := h.Undos.Link(ctx, link); err != nil || len(u.Ways) != 1 || u.Ways[0].Masked != "number ending 67" {
			t.Errorf("%+v, %v", u, err)
		}
		before := h.standing(t)
		u, f := h.follow(t, link)
		if u.Outcome != CodeSent || u.Session == "" || h.standing(t) != before {
			t.Fatalf("%+v", u)
		}
		m, code, _ := h.letter(t)
		if m.Kind != KindUndoCode || m.Channel != ChannelSMS || m.Destination != "+436641234567" || len(code) != 6 {
			t.Errorf("%+v", m)
		}
		p, err := h.Undos.Pending(ctx, f)
		if err != nil || p.Destination != "number ending 67" || p.Purpose != PurposeUndo || p.Tag != m.Tag {
			t.Errorf("%+v, %v", p, err)
		}
		if _, err := h.Resets.Proven(ctx, f); !isKind(err, Gone) {
			t.Errorf("proven before the code: %v", err)
		}
		if a, err := h.Undos.Answer(ctx, code, "x", Ticks{}, f); err != nil || a.Outcome != Superseded {
			t.Errorf("the page of another flow: %+v, %v", a, err)
		}
		if _, err := h.Undos.Answer(ctx, code, "", Ticks{}, browser()); !isKind(err, Gone) {
			t.Errorf("another browser: %v", err)
		}
		for left := 4; left >= 0; left-- {
			want := Wrong
			if left == 0 {
				want = Exhausted
			}
			if a, err := h.Undos.Answer(ctx, wrongCode(code), "", Ticks{}, f); err != nil || a.Outcome != want || a.TriesLeft != left {
				t.Errorf("%+v, %v; want %v with %d", a, err, want, left)
			}
		}
		if a, err := h.Undos.Answer(ctx, code, "", Ticks{}, f); err != nil || a.Outcome != Exhausted {
			t.Errorf("the right code after five wrong ones: %+v, %v", a, err)
		}
		if h.standing(t) != before || !h.signedIn(t, c.Session) && h.count(t, "SELECT count(*) FROM sessions WHERE account_id IS NOT NULL") == 0 {
			t.Error("following alone changed something")
		}
		// The link is still good: a new flow, a new code.
		h.forward(11 * time.Minute)
		_, f = h.follow(t, link)
		_, code, _ = h.letter(t)
		h.forward(31 * time.Second)
		if r, err := h.Undos.Resend(ctx, "", "", f); err != nil || r.Outcome != CodeSent || r.Fresh {
			t.Errorf("%+v, %v", r, err)
		}
		if _, same, _ := h.letter(t); same != code {
			t.Error("another code")
		}
		if a, err := h.Undos.Answer(ctx, code, "", Ticks{}, f); err != nil || a.Outcome != Accepted {
			t.Fatalf("%+v, %v", a, err)
		}
		if h.mainAddress(t) != "mara@example.com" {
			t.Error("the address is not back")
		}
		if email, err := h.Resets.Proven(ctx, f); err != nil || email != "mara@example.com" {
			t.Errorf("%q, %v", email, err)
		}
		if err := h.Resets.Finish(ctx, newPassword, f); err != nil {
			t.Error(err)
		}
		if a, err := h.Undos.Answer(ctx, code, "", Ticks{}, f); !isKind(err, Gone) {
			t.Errorf("a second time: %+v, %v", a, err)
		}
	})
	// A channel that came with the change, or after it, is not older.
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		link := h.theft(t, c, "thief@example.net")[0]
		h.forward(time.Hour)
		var thief Client
		s, err := h.SignIns.Start(ctx, "thief@example.net", testPassword, "", c)
		if err != nil || s.Outcome != Accepted {
			t.Fatalf("%+v, %v", s, err)
		}
		thief = c
		thief.Session = s.Session
		thief = h.stepUp(t, thief)
		h.newPhone(t, thief, "+436641234567")
		h.newEmail(t, thief, "thief@example.org", true)
		if u, _ := h.follow(t, link); u.Outcome != Accepted {
			t.Errorf("a thief's channels are asked: %+v", u)
		}
		if h.count(t, "SELECT count(*) FROM identifiers") != 1 || h.mainAddress(t) != "mara@example.com" {
			t.Error("the thief's channels stay")
		}
	})
}

// An address that meanwhile is another account's stays there, and nothing at all
// is changed.
func TestUndoOfATakenAddress(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		for _, withPhone := range []bool{false, true} {
			h.exec(t, "DELETE FROM accounts")
			h.exec(t, "DELETE FROM spends")
			c := h.signUp(t, "mara@example.com")
			h.messages(t)
			if withPhone {
				h.newPhone(t, c, "+436641234567")
			}
			link := h.theft(t, c, "new@example.net")[0]
			h.forward(time.Hour)
			taker := h.signUp(t, "mara@example.com")
			h.messages(t)
			before := h.standing(t)
			u, f := h.follow(t, link)
			if withPhone {
				_, code, _ := h.letter(t)
				a, err := h.Undos.Answer(ctx, code, "", Ticks{}, f)
				if err != nil || a.Outcome != Taken {
					t.Errorf("%+v, %v", a, err)
				}
			} else if u.Outcome != Taken || u.Session != "" {
				t.Errorf("%+v", u)
			}
			if h.standing(t) != before || h.opens(t, "new@example.net", testPassword, c) != Accepted || !h.signedIn(t, taker.Session) {
				t.Error("something changed")
			}
			mustTell(t, h.messages(t))
		}
	})
}

// An undo and a change at once: whichever comes first, no half of either.
func TestUndoAndChangeAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for round := range 8 {
			h.exec(t, "DELETE FROM accounts")
			h.exec(t, "DELETE FROM spends")
			h.forward(time.Hour)
			c := h.signUp(t, "mara@example.com")
			h.messages(t)
			h.forward(time.Hour)
			c = h.stepUp(t, c)
			link := h.undoOf(pick(t, h.newEmail(t, c, "thief@example.net", false), KindEmailChanged, "mara@example.com"))
			h.forward(time.Second)
			code := h.startEmail(t, c, "thief@example.org", round%2 == 0)
			var u Undone
			var undoErr, changeErr error
			parallel(2, func(i int) {
				if i == round/2%2 {
					u, undoErr = h.Undos.Follow(ctx, link, "", browser())
				} else {
					_, changeErr = h.Accounts.AnswerProof(PurposeEmail)(ctx, code, "", Ticks{}, c)
				}
			})
			if undoErr != nil || u.Outcome != Accepted || changeErr != nil && !isKind(changeErr, NoSession) && !isKind(changeErr, Gone) {
				t.Fatalf("%+v, %v; %v", u, undoErr, changeErr)
			}
			if h.mainAddress(t) != "mara@example.com" || h.count(t, "SELECT count(*) FROM identifiers") != 1 || h.signedIn(t, c.Session) {
				t.Errorf("round %d: the thief's address or session is still there", round)
			}
		}
	})
}

// A change that waits for the account's row while an undo ends its session
// changes nothing: the session is not there any more when its turn comes.
func TestChangeOfASessionThatAnUndoEnds(t *testing.T) {
	h := openHouse(t, postgresURL(t), withTexts)
	for name, act := range map[string]func(c Client) error{
		"two-step":     func(c Client) error { _, err := h.Accounts.SetTwoStep(ctx, TwoStepOff, c); return err },
		"remove phone": func(c Client) error { _, err := h.Accounts.RemovePhone(ctx, c); return err },
	} {
		t.Run(name, func(t *testing.T) {
			h.exec(t, "DELETE FROM accounts")
			h.exec(t, "DELETE FROM spends")
			c := h.signUp(t, "mara@example.com")
			h.newPhone(t, c, "+436641234567")
			before := h.standing(t)
			g := h.core.db.Read(ctx).Begin()
			defer g.Rollback()
			for _, sql := range []string{"UPDATE accounts SET password_hash = ''", "DELETE FROM sessions"} {
				if err := g.Exec(sql).Error; err != nil {
					t.Fatal(err)
				}
			}
			done := make(chan error, 1)
			go func() { done <- act(c) }()
			for waiting := 0; waiting == 0; {
				waiting = h.count(t, "SELECT count(*) FROM pg_locks WHERE NOT granted")
				select {
				case err := <-done:
					t.Fatalf("the change did not wait: %v", err)
				default:
				}
			}
			if err := g.Commit().Error; err != nil {
				t.Fatal(err)
			}
			if err := <-done; !isKind(err, NoSession) {
				t.Errorf("a session that has ended: %v", err)
			}
			if h.standing(t) != before {
				t.Error("it changed the account")
			}
		})
	}
}

// A closing by a thief is cancelled with what the thief has changed.
func TestUndoCancelsAClosing(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		h.forward(time.Hour)
		c = h.stepUp(t, c)
		link := h.undoOf(pick(t, h.newEmail(t, c, "thief@example.net", false), KindEmailChanged, "mara@example.com"))
		if _, err := h.Accounts.Close(ctx, c); err != nil {
			t.Fatal(err)
		}
		if u, _ := h.follow(t, link); u.Outcome != Accepted {
			t.Fatalf("%+v", u)
		}
		h.forward(30 * 24 * time.Hour)
		if err := h.EraseDue(ctx); err != nil {
			t.Fatal(err)
		}
		if h.mainAddress(t) != "mara@example.com" {
			t.Error("the account is gone")
		}
	})
}
