package models

import (
	"testing"
	"time"
)

// Whichever statement of an act fails, nothing is half done: the act tells an error,
// no row is another than before, and the same act comes through once it can. What only
// looks never takes a fault for an answer.
func TestNothingIsHalfDone(t *testing.T) {
	everyWhere(t, func(t *testing.T, f *faults) {
		for _, part := range []struct {
			name string
			acts func(testing.TB, *faults)
			both bool // on PostgreSQL too, where each try costs more: its own are the begin, the commit and the locks
		}{
			{"sign-ups", wholeSignUps, true},
			{"sign-ins", wholeSignIns, false},
			{"resets", wholeResets, true},
			{"step-ups", wholeStepUps, true},
			{"addresses", wholeAddresses, false},
			{"waiting", wholeWaiting, true},
			{"undos", wholeUndos, false},
			{"not me", wholeNotMes, false},
			{"devices", wholeDevices, true},
			{"staff", wholeStaff, false},
			{"upkeep", wholeUpkeep, false},
		} {
			if !part.both && !f.core.db.OneWriter() {
				continue
			}
			f.forward(25 * time.Hour)
			t.Run(part.name, func(t *testing.T) { part.acts(t, f) })
		}
	})
}

// page is whole for a page of a code that is awaited.
func (f *faults) page(t testing.TB, name string, pending func() (Pending, error)) {
	t.Helper()
	f.whole(t, name+": the page", func() error {
		p, err := pending()
		if err == nil && p.TriesLeft == 0 {
			t.Errorf("%s: %+v", name, p)
		}
		return err
	})
}

// worker takes what waits as the worker does, and gives the newest code.
func (f *faults) worker(t testing.TB) (code string) {
	t.Helper()
	var list []Message
	f.whole(t, "claim", func() (err error) {
		if list, err = f.Outbox.Claim(ctx, "", 10, time.Minute); err != nil && len(list) > 0 {
			t.Error("messages are handed out that nobody has leased")
		}
		return err
	})
	for _, m := range list {
		f.whole(t, "sent", func() error { return f.Outbox.Sent(ctx, m, "250 ok") })
		if made, ok := f.Outbox.Code(m); ok && made != "" {
			code = made
		}
	}
	return code
}

func wholeSignUps(t testing.TB, f *faults) {
	c := browser()
	f.whole(t, "sign up", func() error {
		s, err := f.SignUps.Start(ctx, "eva@example.com", testPassword, browser())
		c.Session = s.Session
		return came(s.Outcome, CodeSent, err)
	})
	f.page(t, "sign up", func() (Pending, error) { return f.SignUps.Pending(ctx, c) })
	f.forward(2 * time.Minute)
	f.whole(t, "sign up: the code again", func() error {
		r, err := f.SignUps.Resend(ctx, "", "", c)
		return came(r.Outcome, CodeSent, err)
	})
	code := f.worker(t)
	answer := func(typed string, want Outcome) func() error {
		return func() error {
			a, err := f.SignUps.Answer(ctx, typed, "", Ticks{}, c)
			return came(a.Outcome, want, err)
		}
	}
	f.whole(t, "sign up: a wrong code", answer(wrongCode(code), Wrong))
	f.whole(t, "sign up: the code", answer(code, Accepted))
	f.whole(t, "sign up: the code once more", answer(code, Used))
	f.whole(t, "sign up with an address that is somebody's", func() error {
		s, err := f.SignUps.Start(ctx, "eva@example.com", testPassword, browser())
		c.Session = s.Session
		return came(s.Outcome, CodeSent, err)
	})
	f.forward(15 * time.Minute)
	f.whole(t, "sign up with it: the code again", func() error {
		r, err := f.SignUps.Resend(ctx, "", "", c)
		return came(r.Outcome, CodeSent, err)
	})
	f.worker(t)
	// Two browsers sign up with one address.
	first, second := browser(), browser()
	first.Session = f.startSignUp(t, "two@example.com", first)
	f.forward(time.Second) // what is of one moment goes out in any order
	second.Session = f.startSignUp(t, "two@example.com", second)
	codes := f.post(t)["two@example.com"]
	c = first
	f.whole(t, "sign up: the first of two browsers", answer(codes[0], Accepted))
	c = second
	f.whole(t, "sign up: the second of two browsers", answer(codes[1], Taken))
}

// opens is whole for a password that is typed in a browser.
func (f *faults) opensWhole(t testing.TB, name, email, password string, c *Client, want Outcome) {
	t.Helper()
	f.whole(t, name, func() error {
		from := *c
		from.Session = ""
		s, err := f.SignIns.Start(ctx, email, password, "/account", from)
		if err == nil {
			c.Session = s.Session
		}
		return came(s.Outcome, want, err)
	})
}

func wholeSignIns(t testing.TB, f *faults) {
	const mail = "mara@example.com"
	known := f.signUp(t, mail)
	f.newEmail(t, known, "second@example.net", true)
	c := browser()
	f.opensWhole(t, "a wrong password", mail, "a wrong horse and no staple", &c, Wrong)
	f.opensWhole(t, "a wrong password, on a known device", mail, "a wrong horse and no staple", &known, Wrong)
	f.opensWhole(t, "a password for nobody", "nobody@example.com", testPassword, &c, Wrong)
	f.core.hasher.iterations++
	f.opensWhole(t, "sign in on a known device, with an old hash", mail, testPassword, &known, Accepted)
	f.opensWhole(t, "sign in", mail, testPassword, &c, CodeSent)
	f.page(t, "sign in", func() (Pending, error) { return f.SignIns.Pending(ctx, c) })
	f.forward(2 * time.Minute)
	resend := func(way string) func() error {
		return func() error {
			r, err := f.SignIns.Resend(ctx, "", way, c)
			return came(r.Outcome, CodeSent, err)
		}
	}
	f.whole(t, "sign in: the code again", resend(""))
	f.forward(5 * time.Minute)
	f.whole(t, "sign in: the code by another way", resend(f.overview(t, known).Second.ID))
	f.worker(t)
	code := f.codeOf(t, PurposeSignIn)
	answer := func(typed string, ticks Ticks, want Outcome) func() error {
		return func() error {
			a, err := f.SignIns.Answer(ctx, typed, "", ticks, c)
			if err == nil && a.Session != "" {
				c.Device = a.Device
			}
			return came(a.Outcome, want, err)
		}
	}
	f.whole(t, "sign in: a wrong code", answer(wrongCode(code), Ticks{}, Wrong))
	f.whole(t, "sign in: the code", answer(code, Ticks{Shared: true}, Accepted))
	f.whole(t, "sign in: the code once more", answer(code, Ticks{}, Used))

	f.forward(2 * time.Hour)
	f.exec(t, "UPDATE accounts SET two_step = ?, reset_via = preferred_id WHERE id = ?", TwoStepEveryTime, f.idOf(t, mail))
	f.opensWhole(t, "sign in with a code every time", mail, testPassword, &known, CodeSent)
	c = known
	f.whole(t, "sign in: the code, and trust", answer(f.codeOf(t, PurposeSignIn), Ticks{Trust: true}, Accepted))
	known = c
	f.opensWhole(t, "sign in on a trusted device", mail, testPassword, &known, Accepted)
	f.exec(t, "UPDATE accounts SET two_step = ? WHERE id = ?", TwoStepOff, f.idOf(t, mail))
	c = browser()
	f.opensWhole(t, "sign in without a code", mail, testPassword, &c, Accepted)
	f.exec(t, "UPDATE accounts SET two_step = ? WHERE id = ?", TwoStepNewDevices, f.idOf(t, mail))

	f.forward(2 * time.Hour)
	f.messages(t)
	c = f.startSignIn(t, mail)
	code = f.codeOf(t, PurposeSignIn)
	for range f.core.policy.CodeTries - 1 {
		if err := answer(wrongCode(code), Ticks{}, Wrong)(); err != nil {
			t.Fatal(err)
		}
	}
	f.whole(t, "sign in: the last try", answer(wrongCode(code), Ticks{}, Exhausted))
	f.whole(t, "sign in: one try more", answer(code, Ticks{}, Exhausted))

	for s := (Started{}); s.Outcome != Throttled; {
		var err error
		if s, err = f.SignIns.Start(ctx, mail, "a wrong horse and no staple", "", browser()); err != nil {
			t.Fatal(err)
		}
	}
	f.opensWhole(t, "wrong passwords in a row", mail, "a wrong horse and no staple", &c, Throttled)
	f.opensWhole(t, "sign in on a known device, after wrong passwords", mail, testPassword, &known, Accepted)
	f.forward(25 * time.Hour)
	closed := f.stepUpAlone(t, known)
	f.whole(t, "close", func() error { _, err := f.Accounts.Close(ctx, closed); return err })
	f.worker(t)
	known.Session = ""
	f.opensWhole(t, "sign in to an account that is closing", mail, testPassword, &known, Accepted)
	f.whole(t, "sign out", func() error { _, err := f.Sessions.SignOut(ctx, known); return err })
}

func wholeResets(t testing.TB, f *faults) {
	const mail = "rosa@example.com"
	known := f.signUp(t, mail)
	f.messages(t)
	c := browser()
	f.whole(t, "a reset for nobody", func() error {
		s, err := f.Resets.Start(ctx, "nobody@example.net", browser())
		return came(s.Outcome, CodeSent, err)
	})
	f.messages(t)
	f.whole(t, "a reset", func() error {
		s, err := f.Resets.Start(ctx, mail, browser())
		c.Session = s.Session
		return came(s.Outcome, CodeSent, err)
	})
	f.page(t, "a reset", func() (Pending, error) { return f.Resets.Pending(ctx, c) })
	f.forward(2 * time.Minute)
	f.whole(t, "a reset: the message again", func() error {
		r, err := f.Resets.Resend(ctx, "", "", c)
		return came(r.Outcome, CodeSent, err)
	})
	list := f.messages(t)
	code, _ := f.Outbox.Code(list[0])
	answer := func(typed string, want Outcome) func() error {
		return func() error {
			a, err := f.Resets.Answer(ctx, typed, "", Ticks{}, c)
			return came(a.Outcome, want, err)
		}
	}
	f.whole(t, "a reset: a wrong code", answer(wrongCode(code), Wrong))
	f.whole(t, "a reset: the code", answer(code, Accepted))
	finish := func(password string) func() error {
		return func() error { return f.Resets.Finish(ctx, password, c) }
	}
	f.whole(t, "a reset: whose", func() error { _, err := f.Resets.Proven(ctx, c); return err })
	f.whole(t, "a reset: the new password", finish(newPassword))

	f.forward(2 * time.Hour)
	f.messages(t)
	known.Session = ""
	f.whole(t, "a reset in a known browser", func() error {
		s, err := f.Resets.Start(ctx, mail, known)
		c.Session = s.Session
		return came(s.Outcome, CodeSent, err)
	})
	_, _, link := f.letter(t)
	c = f.signInWith(t, mail, newPassword)
	f.whole(t, "a reset: look at its link", func() error { _, err := f.Resets.Link(ctx, link); return err })
	f.whole(t, "a reset: its link", func() error {
		session, device, err := f.Resets.Follow(ctx, link, c)
		if err == nil {
			c.Session, c.Device = session, device
		}
		return err
	})
	f.whole(t, "a reset: the new password after its link", finish(testPassword))
	f.worker(t)
}

// signInWith is signIn with another password.
func (f *faults) signInWith(t testing.TB, email, password string) Client {
	t.Helper()
	c := browser()
	s, err := f.SignIns.Start(ctx, email, password, "", c)
	if err := came(s.Outcome, CodeSent, err); err != nil {
		t.Fatal(err)
	}
	c.Session = s.Session
	a, err := f.SignIns.Answer(ctx, f.codeOf(t, PurposeSignIn), "", Ticks{}, c)
	if err := came(a.Outcome, Accepted, err); err != nil {
		t.Fatal(err)
	}
	f.messages(t)
	c.Session, c.Device = a.Session, a.Device
	return c
}
