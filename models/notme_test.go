package models

import (
	"os"
	"testing"
	"time"
)

// codeMail signs in on a new device and gives the browser, the message and its
// 'not me' link.
func (h *house) codeMail(t testing.TB, email string) (c Client, m Message, code, link string) {
	t.Helper()
	h.messages(t)
	c = h.startSignIn(t, email)
	m, code, _ = h.letter(t)
	return c, m, code, h.notMeOf(m)
}

// nothingWritten runs something that must write no row.
func (h *house) nothingWritten(t testing.TB, act func()) {
	t.Helper()
	rows := func() (n int) {
		for _, table := range []string{"messages", "events", "changes", "challenges", "sessions", "sign_ins", "sign_ups", "verifications", "spends", "known_devices"} {
			n += h.count(t, "SELECT count(*) FROM "+table)
		}
		return n*1000 + h.count(t, "SELECT count(*) FROM messages WHERE not_me_at IS NOT NULL") + h.count(t, "SELECT count(*) FROM challenges WHERE consumed_at IS NOT NULL")
	}
	before := rows()
	act()
	if rows() != before {
		t.Error("something was written")
	}
}

func TestNotMeShows(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c, m, code, link := h.codeMail(t, "mara@example.com")
		h.nothingWritten(t, func() {
			for range 20 {
				n, err := h.NotMes.Show(ctx, link)
				want := NotMe{Kind: KindSignInCode, At: m.AskedAt, Device: "Firefox on Linux", Address: "203.0.113.7", Tag: m.Tag, PasswordRight: true, HasAccount: true, TwoStepDone: true}
				if err != nil || n != want {
					t.Fatalf("%+v, %v", n, err)
				}
			}
		})
		if a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Errorf("after it was shown: %+v, %v", a, err)
		}
		if n, err := h.NotMes.Show(ctx, link); err != nil || !n.Opened {
			t.Errorf("its code was used: %+v, %v", n, err)
		}
	})
}

// What the page says of each kind of message is true.
func TestNotMeOfEachKind(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		see := func(m Message) NotMe {
			t.Helper()
			n, err := h.NotMes.Show(ctx, h.notMeOf(m))
			if err != nil {
				t.Fatalf("%s: %v", m.Kind, err)
			}
			return n
		}
		check := func(m Message, password, session, account bool) {
			t.Helper()
			if n := see(m); n.Kind != m.Kind || n.PasswordRight != password || n.InSession != session || n.HasAccount != account {
				t.Errorf("%s (%s): password right %v, in a session %v, has an account %v", m.Kind, m.Change, n.PasswordRight, n.InSession, n.HasAccount)
			}
		}
		h.startSignUp(t, "nobody@example.com", browser())
		check(pick(t, h.messages(t), KindSignUpCode, "nobody@example.com"), false, false, false)
		c := h.signUp(t, "mara@example.com")
		h.startSignUp(t, "mara@example.com", browser())
		check(pick(t, h.messages(t), KindSignUpExisting, "mara@example.com"), false, false, true)

		in, m, code, _ := h.codeMail(t, "mara@example.com")
		check(m, true, false, true)
		for range 5 {
			if _, err := h.SignIns.Answer(ctx, wrongCode(code), "", Ticks{}, in); err != nil {
				t.Fatal(err)
			}
		}
		check(pick(t, h.messages(t), KindTooManyTries, "mara@example.com"), true, false, true)
		in, _, code, _ = h.codeMail(t, "mara@example.com")
		if _, err := h.SignIns.Answer(ctx, code, "", Ticks{}, in); err != nil {
			t.Fatal(err)
		}
		check(pick(t, h.messages(t), KindNewDevice, "mara@example.com"), true, false, true)

		h.startReset(t, "mara@example.com")
		check(pick(t, h.messages(t), KindResetCode, "mara@example.com"), false, false, true)

		h.forward(11 * time.Minute)
		if _, err := h.Reauths.Start(ctx, "", "", c); err != nil {
			t.Fatal(err)
		}
		m, code, _ = h.letter(t)
		check(m, false, true, true)
		for range 5 {
			if _, err := h.Reauths.Answer(ctx, wrongCode(code), "", Ticks{}, c); err != nil {
				t.Fatal(err)
			}
		}
		check(pick(t, h.messages(t), KindTooManyTries, "mara@example.com"), false, true, true)
		h.forward(time.Hour)
		c = h.stepUp(t, c)
		list := h.newEmail(t, c, "new@example.net", true)
		check(pick(t, list, KindEmailAdded, "mara@example.com"), false, true, true)
		list = h.newPhone(t, c, "+436641234567")
		check(pick(t, list, KindPhoneAdded, "mara@example.com"), false, true, true)
		if _, err := h.Accounts.SetTwoStep(ctx, TwoStepOff, c); err != nil {
			t.Fatal(err)
		}
		check(pick(t, h.messages(t), KindTwoStepOff, "mara@example.com"), false, true, true)
		if _, err := h.Accounts.RemovePhone(ctx, c); err != nil {
			t.Fatal(err)
		}
		check(pick(t, h.messages(t), KindPhoneRemoved, "mara@example.com"), false, true, true)
		list = h.newEmail(t, c, "main@example.net", false)
		check(pick(t, list, KindEmailChanged, "main@example.net"), false, true, true)
		// An address that has left can take the change back, and secures nothing else.
		m = pick(t, list, KindEmailChanged, "mara@example.com")
		check(m, false, true, false)
		if n := see(m); n.Undo != h.Outbox.Links(m).Undo || n.Undo == "" {
			t.Errorf("%+v", n)
		}
		if _, err := h.Accounts.Close(ctx, c); err != nil {
			t.Fatal(err)
		}
		check(pick(t, h.messages(t), KindClosing, "main@example.net"), false, true, true)
	})
}

// Who gets the code of somebody else's typing mistake has no say over the account
// that it was typed in: the address has proven nothing for it.
func TestNotMeOfAnUnprovenAddress(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		if _, err := h.Accounts.SetTwoStep(ctx, TwoStepOff, c); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		if _, err := h.Accounts.StartEmail(ctx, "stranger@example.net", false, c); err != nil {
			t.Fatal(err)
		}
		m, code, _ := h.letter(t)
		if _, err := h.Accounts.StartPhone(ctx, "+436641234567", false, c); err != nil {
			t.Fatal(err)
		}
		text, _, _ := h.letter(t)
		for _, m := range []Message{m, text} {
			link := h.notMeOf(m)
			if n, err := h.NotMes.Show(ctx, link); err != nil || n.HasAccount {
				t.Errorf("%s: %+v, %v", m.Kind, n, err)
			}
			if err := h.NotMes.Block(ctx, link, browser()); err != nil {
				t.Fatal(err)
			}
			_, reset := h.NotMes.Reset(ctx, link, browser())
			for act, err := range map[string]error{
				"sign out": h.NotMes.SignOutEverywhere(ctx, link, browser()), "two-step": h.NotMes.TurnOnTwoStep(ctx, link, browser()),
				"mute": h.NotMes.Mute(ctx, link, browser()), "reset": reset,
			} {
				if !isKind(err, NotFound) {
					t.Errorf("%s, %s: %v", m.Kind, act, err)
				}
			}
		}
		if !h.signedIn(t, c.Session) || h.count(t, "SELECT count(*) FROM accounts WHERE two_step <> 'off' OR muted_until IS NOT NULL") != 0 {
			t.Error("a stranger's mailbox changed the account")
		}
		mustTell(t, h.messages(t))
		// Its own code is dead.
		if a := h.answerEmail(t, c, code); a.Outcome != Used {
			t.Errorf("%+v", a)
		}
	})
}

// Saying 'not me' ends what that message is about, and nothing else.
func TestBlock(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		block := func(m Message) {
			t.Helper()
			for range 2 { // a second press changes nothing
				if err := h.NotMes.Block(ctx, h.notMeOf(m), browser()); err != nil {
					t.Fatal(err)
				}
			}
			if n, err := h.NotMes.Show(ctx, h.notMeOf(m)); err != nil || !n.Blocked || n.Opened {
				t.Errorf("%+v, %v", n, err)
			}
		}
		up := browser()
		up.Session = h.startSignUp(t, "nobody@example.com", up)
		m, code, _ := h.letter(t)
		block(m)
		if _, err := h.SignUps.Answer(ctx, code, "", Ticks{}, up); !isKind(err, Gone) {
			t.Errorf("a sign-up: %v", err)
		}

		c := h.signUp(t, "mara@example.com")
		thief, m, code, _ := h.codeMail(t, "mara@example.com")
		h.forward(time.Second)
		owner, _, own, _ := h.codeMail(t, "mara@example.com")
		block(m)
		if _, err := h.SignIns.Answer(ctx, code, "", Ticks{}, thief); !isKind(err, Gone) {
			t.Errorf("a sign-in: %v", err)
		}
		if _, err := h.SignIns.Resend(ctx, "", "", thief); !isKind(err, Gone) {
			t.Errorf("again: %v", err)
		}
		if a, err := h.SignIns.Answer(ctx, own, "", Ticks{}, owner); err != nil || a.Outcome != Accepted {
			t.Errorf("another sign-in of the account: %+v, %v", a, err)
		}
		h.messages(t)

		r := h.startReset(t, "mara@example.com")
		m, code, link := h.letter(t)
		h.forward(time.Second)
		r2 := h.startReset(t, "mara@example.com")
		_, code2, _ := h.letter(t)
		block(m)
		if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, r); err != nil || a.Outcome != Used {
			t.Errorf("a reset: %+v, %v", a, err)
		}
		if _, _, err := h.Resets.Follow(ctx, link, browser()); !isKind(err, Gone) {
			t.Errorf("its link: %v", err)
		}
		if a, err := h.Resets.Answer(ctx, code2, "", Ticks{}, r2); err != nil || a.Outcome != Accepted {
			t.Errorf("another reset: %+v, %v", a, err)
		}
		// A code that was typed before, but whose password is not chosen yet.
		h.forward(11 * time.Minute)
		r = h.startReset(t, "mara@example.com")
		m, code, _ = h.letter(t)
		if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, r); err != nil || a.Outcome != Accepted {
			t.Fatalf("%+v, %v", a, err)
		}
		if err := h.NotMes.Block(ctx, h.notMeOf(m), browser()); err != nil {
			t.Fatal(err)
		}
		if err := h.Resets.Finish(ctx, newPassword, r); !isKind(err, Gone) {
			t.Errorf("a proven reset that was blocked: %v", err)
		}

		if s, err := h.Reauths.Start(ctx, "", "", c); err != nil || s.Outcome != CodeSent {
			t.Fatalf("%+v, %v", s, err)
		}
		m, code, _ = h.letter(t)
		block(m)
		if a, err := h.Reauths.Answer(ctx, code, "", Ticks{}, c); err != nil || a.Outcome != Used {
			t.Errorf("a step-up: %+v, %v", a, err)
		}

		h.forward(time.Hour)
		c = h.stepUp(t, c)
		if _, err := h.Accounts.StartEmail(ctx, "new@example.net", false, c); err != nil {
			t.Fatal(err)
		}
		m, code, _ = h.letter(t)
		number := h.startPhone(t, c, "+436641234567")
		block(m)
		if a := h.answerEmail(t, c, code); a.Outcome != Used {
			t.Errorf("a new address: %+v", a)
		}
		if o := h.overview(t, c); o.Pending.Address != "" {
			t.Errorf("%+v", o.Pending)
		}
		if a, err := h.Accounts.AnswerProof(PurposePhone)(ctx, number, "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Errorf("a new number goes on: %+v, %v", a, err)
		}
		h.messages(t)
		if _, err := h.Accounts.StartPhone(ctx, "+4915123456789", false, c); err != nil {
			t.Fatal(err)
		}
		m, code, _ = h.letter(t)
		block(m)
		if a, err := h.Accounts.AnswerProof(PurposePhone)(ctx, code, "", Ticks{}, c); err != nil || a.Outcome != Used {
			t.Errorf("a new number: %+v, %v", a, err)
		}
		// A notice has no code; saying so is kept all the same.
		if _, err := h.Accounts.SetTwoStep(ctx, TwoStepOff, c); err != nil {
			t.Fatal(err)
		}
		block(pick(t, h.messages(t), KindTwoStepOff, "mara@example.com"))
		if n := h.count(t, "SELECT count(*) FROM events WHERE kind = ?", EventNotMe); n != 8 {
			t.Errorf("%d events", n)
		}
	})
}

func TestNotMeActsNeedABlock(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		_, _, _, link := h.codeMail(t, "mara@example.com")
		acts := map[string]func(link string) error{
			"sign out": func(l string) error { return h.NotMes.SignOutEverywhere(ctx, l, browser()) },
			"two-step": func(l string) error { return h.NotMes.TurnOnTwoStep(ctx, l, browser()) },
			"mute":     func(l string) error { return h.NotMes.Mute(ctx, l, browser()) },
			"reset":    func(l string) error { _, err := h.NotMes.Reset(ctx, l, browser()); return err },
		}
		h.nothingWritten(t, func() {
			for name, act := range acts {
				if err := act(link); !isKind(err, NotFound) {
					t.Errorf("%s before it was blocked: %v", name, err)
				}
				if err := act("x"); !isKind(err, Gone) {
					t.Errorf("%s with no link: %v", name, err)
				}
			}
		})
		if !h.signedIn(t, c.Session) {
			t.Error("it acted all the same")
		}
		if err := h.NotMes.Block(ctx, link, browser()); err != nil {
			t.Fatal(err)
		}
		h.forward(7*24*time.Hour - time.Millisecond)
		if n, err := h.NotMes.Show(ctx, link); err != nil || !n.Blocked {
			t.Errorf("in the seven days: %+v, %v", n, err)
		}
		h.forward(time.Millisecond)
		acts["show"] = func(l string) error { _, err := h.NotMes.Show(ctx, l); return err }
		acts["block"] = func(l string) error { return h.NotMes.Block(ctx, l, browser()) }
		h.nothingWritten(t, func() {
			for name, act := range acts {
				if err := act(link); !isKind(err, Gone) {
					t.Errorf("%s after seven days: %v", name, err)
				}
			}
		})
	})
}

func TestNotMeSignsOut(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		tom := h.signUp(t, "tom@example.com")
		if _, err := h.Accounts.SetTwoStep(ctx, TwoStepOff, c); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		h.forward(time.Second)
		if h.opens(t, "mara@example.com", testPassword, browser()) != Accepted {
			t.Fatal("two-step is off")
		}
		link := h.notMeOf(pick(t, h.messages(t), KindNewDevice, "mara@example.com"))
		h.forward(time.Minute)
		if err := h.NotMes.Block(ctx, link, browser()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := h.NotMes.TurnOnTwoStep(ctx, link, browser()); err != nil {
				t.Fatal(err)
			}
		}
		mustTell(t, h.messages(t), "two_step_on mara@example.com")
		if err := h.NotMes.SignOutEverywhere(ctx, link, browser()); err != nil {
			t.Fatal(err)
		}
		mustTell(t, h.messages(t), "signed_out_everywhere mara@example.com")
		if h.signedIn(t, c.Session) || !h.signedIn(t, tom.Session) {
			t.Error("all sessions of the account end, and no other's")
		}
		if h.opens(t, "mara@example.com", testPassword, c) != CodeSent || h.opens(t, "tom@example.com", testPassword, tom) != Accepted {
			t.Error("all devices of the account are unknown, and no other's")
		}
		if n, err := h.NotMes.Show(ctx, link); err != nil || !n.OutDone || !n.TwoStepDone || n.PasswordDone {
			t.Errorf("%+v, %v", n, err)
		}
	})
}

// A mute keeps strangers' codes away, and never the owner's.
func TestMute(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		h.startReset(t, "mara@example.com")
		m, _, _ := h.letter(t)
		link := h.notMeOf(m)
		if err := h.NotMes.Block(ctx, link, browser()); err != nil {
			t.Fatal(err)
		}
		if err := h.NotMes.Mute(ctx, link, browser()); err != nil {
			t.Fatal(err)
		}
		if n, err := h.NotMes.Show(ctx, link); err != nil || !n.MutedUntil.Equal(h.now().Add(24*time.Hour)) {
			t.Errorf("%+v, %v", n, err)
		}
		h.forward(time.Hour)
		stranger := h.startReset(t, "mara@example.com")
		h.forward(31 * time.Second)
		if r, err := h.Resets.Resend(ctx, "", "", stranger); err != nil || r.Outcome != CodeSent {
			t.Errorf("%+v, %v", r, err)
		}
		mustTell(t, h.messages(t))
		// No code is right: none was sent.
		if a, err := h.Resets.Answer(ctx, "12345678", "", Ticks{}, stranger); err != nil || a.Outcome != Wrong {
			t.Errorf("%+v, %v", a, err)
		}
		known := c
		known.Session = ""
		if s, err := h.Resets.Start(ctx, "mara@example.com", known); err != nil || s.Outcome != CodeSent {
			t.Errorf("%+v, %v", s, err)
		}
		mustTell(t, h.messages(t), "reset_code mara@example.com")
		h.startSignIn(t, "mara@example.com")
		mustTell(t, h.messages(t), "sign_in_code mara@example.com")
		r := browser()
		s, err := h.NotMes.Reset(ctx, link, r)
		if err != nil || s.Outcome != CodeSent {
			t.Fatalf("%+v, %v", s, err)
		}
		_, code, _ := h.letter(t)
		r.Session = s.Session
		// Asked for again on the same page it comes again: its reader has the mailbox.
		h.forward(31 * time.Second)
		if again, err := h.Resets.Resend(ctx, "", "", r); err != nil || again.Outcome != CodeSent {
			t.Errorf("%+v, %v", again, err)
		}
		mustTell(t, h.messages(t), "reset_code mara@example.com")
		if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, r); err != nil || a.Outcome != Accepted {
			t.Errorf("%+v, %v", a, err)
		}
		h.forward(24 * time.Hour)
		h.startReset(t, "mara@example.com")
		mustTell(t, h.messages(t), "reset_code mara@example.com")
	})
}

// Strangers who have used up what they may ask for are not in the way of the
// link in the mail that they caused.
func TestResetFromTheLink(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newEmail(t, c, "second@example.net", true)
		h.forward(time.Hour)
		var list []Message
		for i := range 4 {
			s, err := h.Resets.Start(ctx, "mara@example.com", from(browser(), i))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, h.messages(t)...)
			if i == 3 && s.Outcome != Throttled {
				t.Errorf("%+v", s)
			}
		}
		link := h.notMeOf(list[0])
		if err := h.NotMes.Block(ctx, link, browser()); err != nil {
			t.Fatal(err)
		}
		// In a signed-in browser the flow takes the session's place.
		r := Client{Session: c.Session, UserAgent: c.UserAgent}
		s, err := h.NotMes.Reset(ctx, link, r)
		if err != nil || s.Outcome != CodeSent || h.signedIn(t, c.Session) {
			t.Fatalf("%+v, %v", s, err)
		}
		m, code, _ := h.letter(t)
		if m.Kind != KindResetCode || m.Destination != "mara@example.com" {
			t.Errorf("%+v", m)
		}
		r.Session = s.Session
		if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, r); err != nil || a.Outcome != Accepted {
			t.Fatalf("%+v, %v", a, err)
		}
		h.forward(time.Second)
		if err := h.Resets.Finish(ctx, newPassword, r); err != nil {
			t.Fatal(err)
		}
		if n, err := h.NotMes.Show(ctx, link); err != nil || !n.PasswordDone || !n.OutDone {
			t.Errorf("%+v, %v", n, err)
		}
		// Always to the main address: the second one gets no new password.
		link = h.notMeOf(pick(t, h.messages(t), KindPasswordChanged, "second@example.net"))
		if err := h.NotMes.Block(ctx, link, browser()); err != nil {
			t.Fatal(err)
		}
		if s, err := h.NotMes.Reset(ctx, link, browser()); err != nil || s.Outcome != CodeSent {
			t.Fatalf("%+v, %v", s, err)
		}
		if m, _, _ := h.letter(t); m.Destination != "mara@example.com" {
			t.Errorf("%+v", m)
		}
	})
}

// A link does what its label says and nothing else.
func TestLinksAreNotExchanged(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newPhone(t, c, "+436641234567")
		h.messages(t)
		list := h.newEmail(t, c, "new@example.net", false)
		h.startReset(t, "new@example.net")
		reset, _, resetLink := h.letter(t)
		mail, text := pick(t, list, KindEmailChanged, "mara@example.com"), pick(t, list, KindEmailChanged, "+436641234567")
		report := h.Outbox.Links(text).Report[len(ReportPath):]
		tokens := map[string]string{
			"not-me": h.notMeOf(mail), "undo": h.undoOf(mail), "reset": resetLink, "not-me of the reset": h.notMeOf(reset), "report": report, "not-me of a text": h.notMeOf(text),
		}
		uses := map[string]func(token string) error{
			"not-me": func(s string) error { _, err := h.NotMes.Show(ctx, s); return err },
			"undo":   func(s string) error { _, err := h.Undos.Link(ctx, s); return err },
			"reset":  func(s string) error { _, err := h.Resets.Link(ctx, s); return err },
			"report": func(s string) error { return h.Outbox.Report(ctx, s, "") },
		}
		for name, token := range tokens {
			if !IsLinkToken(token) {
				t.Errorf("%s: %q", name, token)
			}
			for use, act := range uses {
				err := act(token)
				if right := name == use || len(name) > 6 && name[:6] == use; right != (err == nil) || !right && !isKind(err, Gone) {
					t.Errorf("%s used as %s: %v", name, use, err)
				}
				for _, i := range []int{0, 31, 32, 95} {
					changed := token[:i] + string('a'+(token[i]-'a'+1)%16) + token[i+1:]
					if err := act(changed); !isKind(err, Gone) {
						t.Errorf("%s with letter %d changed, as %s: %v", name, i, use, err)
					}
				}
			}
		}
	})
}

// The links of a mail outlive a new key.
func TestLinksAfterKeyRotation(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		m := pick(t, h.newEmail(t, c, "new@example.net", false), KindEmailChanged, "mara@example.com")
		notMe, undo := h.notMeOf(m), h.undoOf(m)
		text, err := os.ReadFile(h.options.KeyFile)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(h.options.KeyFile, append(text, newKeyLine("newer", h.now())...), 0o600); err != nil {
			t.Fatal(err)
		}
		h.forward(time.Second)
		next := &house{Models: openModels(t, h.options), clock: h.clock, options: h.options}
		if next.notMeOf(m) == notMe {
			t.Error("the new key makes the same links")
		}
		for _, link := range []string{notMe, next.notMeOf(m)} {
			if n, err := next.NotMes.Show(ctx, link); err != nil || n.Kind != KindEmailChanged {
				t.Errorf("%+v, %v", n, err)
			}
		}
		if _, err := next.Undos.Link(ctx, undo); err != nil {
			t.Error(err)
		}
	})
}
