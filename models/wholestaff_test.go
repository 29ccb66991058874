package models

import (
	"testing"
	"time"

	"admitone/models/internal/db"
)

func wholeStaff(t testing.TB, f *faults) {
	const mail = "tom@example.com"
	f.whole(t, "an operator's account", func() error { return f.Staff.Create(ctx, "new@example.com") })
	f.whole(t, "the accounts", func() error { _, err := f.Staff.List(ctx, "", 3); return err })
	f.signUp(t, mail)
	id := f.idOf(t, mail)
	f.whole(t, "an account", func() error { _, err := f.Staff.Show(ctx, mail); return err })
	f.whole(t, "an operator unlocks", func() error { return f.Staff.Unlock(ctx, mail) })
	f.whole(t, "an operator signs out", func() error { return f.Staff.SignOut(ctx, id) })
	ines := f.signUp(t, "ines@example.com")
	f.whole(t, "a role", func() error { return f.Staff.SetRole(ctx, "ines@example.com", RoleStaff, "Ines") })
	f.messages(t)

	f.startSignIn(t, mail)
	f.startSignUp(t, "soon@example.com", browser())
	f.forward(2 * time.Minute)
	f.whole(t, "the console", func() error { _, err := f.Agents.Enter(ctx, ines); return err })
	f.whole(t, "a customer is found", func() error {
		account, err := f.Agents.Find(ctx, ines, mail)
		if err == nil && account != id {
			t.Errorf("found %q", account)
		}
		return err
	})
	f.whole(t, "a customer", func() error { _, err := f.Agents.Customer(ctx, ines, id); return err })
	f.whole(t, "a sign-up under way", func() error { _, err := f.Agents.Unknown(ctx, ines, "soon@example.com"); return err })
	for _, act := range []string{ActResend, ActUnlock, ActReset, ActSignOut} {
		f.whole(t, "support: "+act, func() error { _, err := f.Agents.Act(ctx, ines, id, act, goodReason); return err })
		f.messages(t)
	}
	for _, on := range []bool{true, false} {
		f.whole(t, "a switch", func() error { return f.Console.Switch(ctx, ines, SwitchTextsOff, on, goodReason) })
		f.whole(t, "the figures", func() error {
			f.Console.forget()
			f.Console.outbox.speeds.list = nil
			w, err := f.Console.Watch(ctx, ines)
			if err == nil && w.Switches[0].On() != on {
				t.Errorf("switched to %v, and shown as %+v", on, w.Switches[0])
			}
			return err
		})
	}
	f.whole(t, "a device that was met", func() error {
		met, err := f.Console.Met(ctx, ines.Device)
		if err == nil && met == "" {
			t.Error("the device is a stranger's")
		}
		return err
	})
	d, parts := f.lent()
	for name, act := range map[string]func(tx *db.Tx) error{
		"support writes to an account": func(tx *db.Tx) error { return parts.Mail(tx, Mail{Kind: "chat_summary", Account: id, Body: "hello"}) },
		"support writes to an address": func(tx *db.Tx) error {
			return parts.Mail(tx, Mail{Kind: "chat_summary", To: "who@example.com", Client: browser()})
		},
		"support keeps an activity":     func(tx *db.Tx) error { return parts.Record(tx, EventSignOut, id, "", Client{}) },
		"support spends":                func(tx *db.Tx) error { _, err := parts.Spend(tx, "calls of "+id, Limit{3, time.Hour}); return err },
		"support asks who is signed in": func(tx *db.Tx) error { _, err := parts.SignedIn(tx.DB, ines, tx.Now); return err },
		"support asks who is staff":     func(tx *db.Tx) error { _, err := parts.LockAgent(tx, ines); return err },
	} {
		f.whole(t, name, func() error { return d.Write(ctx, act) })
	}
}

func wholeUpkeep(t testing.TB, f *faults) {
	const mail = "ugo@example.com"
	c := f.signUp(t, mail)
	f.newPhone(t, c, "+436641234571")
	// The worker and one message: it fails, is late, is over, is taken over and arrives.
	claim := func() (m Message) {
		t.Helper()
		f.forward(time.Hour)
		_, m = f.claimTextOf(t, mail)
		return m
	}
	m := claim()
	f.whole(t, "a lease goes on", func() error { return f.Outbox.Renew(ctx, []Message{m}, time.Minute) })
	f.whole(t, "a text is put off", func() error { return f.Outbox.Failed(ctx, m, Failure{Reason: "deferred"}) })
	f.whole(t, "when the next one is due", func() error { _, err := f.Outbox.NextAt(ctx, ""); return err })
	m = claim()
	f.whole(t, "a text is refused", func() error { return f.Outbox.Failed(ctx, m, Failure{Reason: "refused", Permanent: true}) })
	m = claim()
	f.whole(t, "a text is too late", func() error { return f.Outbox.Failed(ctx, m, Failure{Reason: ReasonTooLate}) })
	m = claim()
	f.whole(t, "a text arrives", func() error { return f.Outbox.Report(ctx, f.reportOf(m), "delivered") })
	f.startSignIn(t, mail)
	f.forward(2 * time.Hour)
	f.worker(t) // what is over is dropped
	f.whole(t, "whether texts are held", func() error { _, _, err := f.TextsHeld(ctx); return err })

	f.whole(t, "the figures that all share", func() error {
		return f.core.addTallies(ctx, map[hourly]int{{f.core.db.Now().Truncate(time.Hour), "sign_ins known"}: 2, {f.core.db.Now().Truncate(time.Hour), "codes wrong email"}: 1})
	})
	f.whole(t, "whether anything can be written", func() error { f.forward(2 * readyEvery); return f.Ready(ctx) })
	f.whole(t, "the keys", func() error { _, err := f.Keys.List(ctx); return err })
	added, _, err := f.Keys.Add(ctx, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	look := follows(f.house)
	look.stamp = ""
	f.whole(t, "the keys are read again", func() error { return look.reread(ctx) })
	f.whole(t, "the keys that others use", func() error { return look.used(ctx) })
	f.whole(t, "a key is taken away", func() error { return f.Keys.Remove(ctx, added.ID, false) })

	f.forward(40 * 24 * time.Hour)
	f.inSteps(t, "the sweep", func() error { return f.Sweep(ctx) })
	if n := f.count(t, "SELECT count(*) FROM challenges"); n != 0 {
		t.Errorf("the sweep left %d challenges", n)
	}
}

// claimTextOf is claimText for an account.
func (f *faults) claimTextOf(t testing.TB, email string) (Client, Message) {
	t.Helper()
	f.messages(t)
	c := f.startSignIn(t, email)
	list, err := f.Outbox.Claim(ctx, "", 10, time.Minute)
	if err != nil || len(list) != 1 || list[0].Channel != ChannelSMS {
		t.Fatalf("%+v, %v", list, err)
	}
	return c, list[0]
}
