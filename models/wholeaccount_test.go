package models

import (
	"testing"
	"time"
)

func wholeStepUps(t testing.TB, f *faults) {
	c := f.stale(t, "ina@example.com")
	start := func(way string) func() error {
		return func() error {
			s, err := f.Reauths.Start(ctx, "/account", way, c)
			return came(s.Outcome, CodeSent, err)
		}
	}
	f.whole(t, "step up: the ways", func() error { _, err := f.Reauths.Ways(ctx, c); return err })
	f.whole(t, "step up", start(""))
	f.whole(t, "step up, while its code is awaited", start("")) // one code, not a second
	f.page(t, "step up", func() (Pending, error) { return f.Reauths.Pending(ctx, c) })
	f.forward(2 * time.Minute)
	f.whole(t, "step up: the code again", func() error {
		r, err := f.Reauths.Resend(ctx, "", "", c)
		return came(r.Outcome, CodeSent, err)
	})
	f.worker(t)
	code := f.codeOf(t, PurposeStepUp)
	answer := func(typed string, want Outcome) func() error {
		return func() error {
			a, err := f.Reauths.Answer(ctx, typed, "", Ticks{}, c)
			if err == nil && a.Session != "" {
				c.Session = a.Session
			}
			return came(a.Outcome, want, err)
		}
	}
	f.whole(t, "step up: a wrong code", answer(wrongCode(code), Wrong))
	f.whole(t, "step up: the code", answer(code, Accepted))
	password := func(typed string, want Outcome) func() error {
		return func() error {
			a, err := f.Reauths.Password(ctx, typed, c)
			if err == nil && a.Session != "" {
				c.Session = a.Session
			}
			return came(a.Outcome, want, err)
		}
	}
	f.forward(11 * time.Minute)
	f.whole(t, "step up: a wrong password", password("a wrong horse and no staple", Wrong))
	f.whole(t, "step up: the password", password(testPassword, Accepted))
	f.whole(t, "step up: the proof", func() error { _, err := f.Reauths.Check(ctx, c); return err })

	// The session turns up in another country, and goes on there.
	c = f.livesIn(t, "ada@example.com", inVienna)
	find := func() error {
		f.Sessions.held.version = -1 // what is held would not be asked for
		_, standing, err := f.Sessions.Find(ctx, c)
		if err == nil && standing != SignedIn {
			t.Errorf("found as %v", standing)
		}
		return err
	}
	f.forward(6 * time.Minute)
	f.whole(t, "a session that is used", find)
	c = in(c, inRome)
	f.whole(t, "a session that has moved", find)
	f.messages(t)
	f.whole(t, "step up elsewhere", start(""))
	f.whole(t, "step up elsewhere: the code", answer(f.codeOf(t, PurposeStepUp), Accepted))
}

// proves is whole for the code of a new address or number.
func (f *faults) proves(t testing.TB, purpose Purpose, name string, c Client) {
	t.Helper()
	code := f.codeOf(t, purpose)
	f.page(t, name, func() (Pending, error) { return f.Accounts.PendingProof(purpose)(ctx, c) })
	for _, typed := range []struct {
		code string
		want Outcome
	}{{wrongCode(code), Wrong}, {code, Accepted}} {
		f.whole(t, name+": "+string(typed.want), func() error {
			a, err := f.Accounts.AnswerProof(purpose)(ctx, typed.code, "", Ticks{}, c)
			return came(a.Outcome, typed.want, err)
		})
	}
	f.messages(t)
}

// changes is whole for a change that needs no code.
func (f *faults) changes(t testing.TB, name string, want Outcome, act func() (Changed, error)) {
	t.Helper()
	f.whole(t, name, func() error {
		ch, err := act()
		return came(ch.Outcome, want, err)
	})
}

func wholeAddresses(t testing.TB, f *faults) {
	const mail, second, number = "lea@example.com", "lea@example.net", "+436641234569"
	f.signUp(t, "owner@example.com")
	c := f.signUp(t, mail)
	start := func(address string, another bool) func() error {
		return func() error {
			s, err := f.Accounts.StartEmail(ctx, address, another, c)
			return came(s.Outcome, CodeSent, err)
		}
	}
	resend := func(purpose Purpose) func() error {
		return func() error {
			r, err := f.Accounts.ResendProof(purpose)(ctx, "", "", c)
			return came(r.Outcome, CodeSent, err)
		}
	}
	again := func() { // the proof, and the budget of changes
		f.forward(25 * time.Hour)
		c = f.stepUpAlone(t, c)
	}
	f.whole(t, "somebody's address", start("owner@example.com", true))
	f.forward(2 * time.Minute)
	f.whole(t, "somebody's address: the code again", resend(PurposeEmail))
	f.whole(t, "an address given up", func() error { return f.Accounts.CancelEmail(ctx, c) })
	f.whole(t, "a second address", start(second, true))
	f.forward(2 * time.Minute)
	f.whole(t, "a second address: the code again", resend(PurposeEmail))
	f.worker(t)
	f.proves(t, PurposeEmail, "a second address", c)
	again()
	f.whole(t, "a number", func() error {
		s, err := f.Accounts.StartPhone(ctx, number, false, c)
		return came(s.Outcome, CodeSent, err)
	})
	f.forward(2 * time.Minute)
	f.whole(t, "a number: the code again", resend(PurposePhone))
	f.worker(t)
	f.proves(t, PurposePhone, "a number", c)
	f.whole(t, "the account's page", func() error {
		s, _, err := f.Sessions.Find(ctx, c)
		if err != nil {
			return err
		}
		if _, err = f.Accounts.Overview(ctx, s); err != nil {
			return err
		}
		_, err = f.Accounts.Activity(ctx, s, 10)
		return err
	})
	f.whole(t, "all that is kept", func() error { _, err := f.Accounts.Data(ctx, c); return err })
	o := f.overview(t, c)
	f.whole(t, "the first way", func() error { return f.Accounts.PreferWay(ctx, o.Main.ID, c) })
	again()
	f.changes(t, "the second address becomes the main one", Accepted, func() (Changed, error) { return f.Accounts.MakeMain(ctx, o.Second.ID, c) })
	f.changes(t, "no second address", Accepted, func() (Changed, error) { return f.Accounts.RemoveEmail(ctx, o.Main.ID, c) })
	again()
	f.changes(t, "no number", Accepted, func() (Changed, error) { return f.Accounts.RemovePhone(ctx, c) })
	f.whole(t, "a new main address", start(mail, false))
	f.worker(t)
	f.proves(t, PurposeEmail, "a new main address", c)
	again()
	f.changes(t, "a code every time", Accepted, func() (Changed, error) { return f.Accounts.SetTwoStep(ctx, TwoStepEveryTime, c) })
	f.changes(t, "a code every time, once more", Accepted, func() (Changed, error) { return f.Accounts.SetTwoStep(ctx, TwoStepEveryTime, c) })
	f.changes(t, "a wrong current password", Wrong, func() (Changed, error) {
		return f.Accounts.ChangePassword(ctx, "a wrong horse and no staple", newPassword, true, c)
	})
	f.changes(t, "a new password", Accepted, func() (Changed, error) { return f.Accounts.ChangePassword(ctx, testPassword, newPassword, true, c) })
	f.worker(t)
	again()
	f.whole(t, "close", func() error { _, err := f.Accounts.Close(ctx, c); return err })
	f.forward(time.Duration(f.core.policy.ClosingWait))
	f.whole(t, "erase", func() error { return f.EraseDue(ctx) })
	f.messages(t)
}

func wholeWaiting(t testing.TB, f *faults) {
	c := f.signUp(t, "kim@example.com")
	f.newEmail(t, c, "kim@example.net", true)
	f.forward(25 * time.Hour)
	c = f.byPassword(t, c)
	o := f.overview(t, c)
	f.changes(t, "a password that waits", Accepted, func() (Changed, error) { return f.Accounts.ChangePassword(ctx, testPassword, newPassword, false, c) })
	f.messages(t)
	f.forward(time.Duration(f.core.policy.UndoLife))
	f.whole(t, "the password takes hold", func() error { return f.ApplyDue(ctx) })
	f.messages(t)
	c = f.signInWith(t, "kim@example.com", newPassword)
	f.forward(11 * time.Minute)
	a, err := f.Reauths.Password(ctx, newPassword, c)
	if err := came(a.Outcome, Accepted, err); err != nil {
		t.Fatal(err)
	}
	c.Session = a.Session
	f.changes(t, "a main address that waits", Accepted, func() (Changed, error) { return f.Accounts.MakeMain(ctx, o.Second.ID, c) })
	link := f.undoOf(pick(t, f.messages(t), KindChangeWaiting, "kim@example.com"))
	f.whole(t, "a change is stopped", func() error {
		u, err := f.Undos.Follow(ctx, link, "", browser())
		return came(u.Outcome, Accepted, err)
	})
	f.messages(t)
}

func wholeUndos(t testing.TB, f *faults) {
	c := f.signUp(t, "max@example.com")
	f.newPhone(t, c, "+436641234570")
	f.forward(25 * time.Hour)
	c = f.stepUpAlone(t, c)
	link := f.undoOf(pick(t, f.newEmail(t, c, "thief@example.net", false), KindEmailChanged, "max@example.com"))
	b := c // the owner's own browser, signed in
	f.whole(t, "an undo: look", func() error { _, err := f.Undos.Link(ctx, link); return err })
	f.whole(t, "an undo", func() error {
		u, err := f.Undos.Follow(ctx, link, "", c)
		if err == nil {
			b.Session = u.Session
		}
		return came(u.Outcome, CodeSent, err)
	})
	f.page(t, "an undo", func() (Pending, error) { return f.Undos.Pending(ctx, b) })
	f.forward(2 * time.Minute)
	f.whole(t, "an undo: the code again", func() error {
		r, err := f.Undos.Resend(ctx, "", "", b)
		return came(r.Outcome, CodeSent, err)
	})
	f.worker(t)
	code := f.codeOf(t, PurposeUndo)
	answer := func(typed string, want Outcome) func() error {
		return func() error {
			a, err := f.Undos.Answer(ctx, typed, "", Ticks{}, b)
			return came(a.Outcome, want, err)
		}
	}
	f.whole(t, "an undo: a wrong code", answer(wrongCode(code), Wrong))
	f.whole(t, "an undo: the code", answer(code, Accepted))
	f.whole(t, "an undo: the new password", func() error { return f.Resets.Finish(ctx, newPassword, b) })

	// Where there is no older channel the link alone does it.
	c = f.signUp(t, "una@example.com")
	link = f.undoOf(pick(t, f.newEmail(t, c, "thief@example.org", false), KindEmailChanged, "una@example.com"))
	f.whole(t, "an undo by its link alone", func() error {
		u, err := f.Undos.Follow(ctx, link, "", browser())
		return came(u.Outcome, Accepted, err)
	})
	f.messages(t)
}

func wholeNotMes(t testing.TB, f *faults) {
	const mail = "zoe@example.com"
	f.signUp(t, mail)
	_, _, _, link := f.codeMail(t, mail)
	show := func() error { _, err := f.NotMes.Show(ctx, link); return err }
	f.exec(t, "UPDATE accounts SET two_step = ? WHERE id = ?", TwoStepOff, f.idOf(t, mail))
	f.whole(t, "not me: look", show)
	f.whole(t, "not me", func() error { return f.NotMes.Block(ctx, link, browser()) })
	f.whole(t, "not me: look again", show)
	f.whole(t, "not me: two-step", func() error { return f.NotMes.TurnOnTwoStep(ctx, link, browser()) })
	f.whole(t, "not me: sign out", func() error { return f.NotMes.SignOutEverywhere(ctx, link, browser()) })
	f.whole(t, "not me: mute", func() error { return f.NotMes.Mute(ctx, link, browser()) })
	c := f.signIn(t, mail)
	f.whole(t, "not me: a new password", func() error {
		s, err := f.NotMes.Reset(ctx, link, c)
		return came(s.Outcome, CodeSent, err)
	})
	f.worker(t)
}

func wholeDevices(t testing.TB, f *faults) {
	const mail = "nora@example.com"
	c := f.signUp(t, mail)
	other := f.deviceOf(t, f.signIn(t, mail))
	f.exec(t, "UPDATE known_devices SET trusted_until = ? WHERE account_id = ?", f.core.db.Now().Add(time.Hour), f.idOf(t, mail))
	f.whole(t, "the devices", func() error {
		s, _, err := f.Sessions.Find(ctx, c)
		if err != nil {
			return err
		}
		_, _, err = f.Accounts.Devices(ctx, s, c)
		return err
	})
	f.whole(t, "a device's name", func() error { return f.Accounts.RenameDevice(ctx, other, "the kitchen", c) })
	f.whole(t, "no trust", func() error { return f.Accounts.StopTrusting(ctx, other, c) })
	f.whole(t, "no trust at all", func() error { return f.Accounts.StopTrusting(ctx, AllDevices, c) })
	f.whole(t, "sign a device out", func() error { _, _, err := f.Accounts.SignOutDevice(ctx, other, c); return err })
	f.whole(t, "sign out everywhere else", func() error { _, err := f.Accounts.SignOutEverywhere(ctx, false, c); return err })
	f.whole(t, "sign out everywhere", func() error { _, err := f.Accounts.SignOutEverywhere(ctx, true, c); return err })
	f.worker(t)
}
