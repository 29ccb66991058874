package models

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

const undoLife = 72 * time.Hour

// byPassword gives a session the lesser proof: a change waits.
func (h *house) byPassword(t testing.TB, c Client) Client {
	t.Helper()
	a, err := h.Reauths.Password(ctx, testPassword, c)
	if err != nil || a.Outcome != Accepted {
		t.Fatalf("%+v, %v", a, err)
	}
	c.Session = a.Session
	if p, err := h.Reauths.Check(ctx, c); err != nil || p != ProofPassword {
		t.Fatalf("proof %v, %v", p, err)
	}
	return c
}

func TestStepUpByPassword(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		old := h.stale(t, "mara@example.com")
		if a, err := h.Reauths.Password(ctx, "a wrong horse and no staple", old); err != nil || a.Outcome != Wrong || a.Session != "" {
			t.Errorf("%+v, %v", a, err)
		}
		if _, err := h.Reauths.Check(ctx, old); !isKind(err, NotProven) {
			t.Errorf("%v", err)
		}
		if _, err := h.Reauths.Password(ctx, "", old); !isKind(err, Invalid) {
			t.Errorf("%v", err)
		}
		if _, err := h.Reauths.Password(ctx, testPassword, browser()); !isKind(err, NoSession) {
			t.Errorf("%v", err)
		}
		c := h.byPassword(t, old)
		if c.Session == old.Session || h.signedIn(t, old.Session) {
			t.Error("the session keeps its token")
		}
		// A code makes it the full proof.
		full := h.stepUp(t, c)
		if p, err := h.Reauths.Check(ctx, full); err != nil || p != ProofCode {
			t.Errorf("%v, %v", p, err)
		}
		h.forward(10 * time.Minute)
		if _, err := h.Reauths.Check(ctx, full); !isKind(err, NotProven) {
			t.Errorf("after ten minutes: %v", err)
		}
		judged := 0
		for range 12 {
			a, err := h.Reauths.Password(ctx, "a wrong horse and no staple", full)
			if err != nil {
				t.Fatal(err)
			}
			switch a.Outcome {
			case Wrong:
				judged++
			case Throttled:
				if !a.RetryAt.After(h.now()) {
					t.Errorf("%+v", a)
				}
			default:
				t.Errorf("%+v", a)
			}
		}
		if judged > 5 {
			t.Errorf("%d guesses were judged at once", judged)
		}
		if a, err := h.Reauths.Password(ctx, testPassword, full); err != nil || a.Outcome != Throttled {
			t.Errorf("the right one over the limit: %+v, %v", a, err)
		}
	})
}

// begin begins one kind of change and gives the end of its waiting.
func (h *house) begin(t testing.TB, kind string, c Client) time.Time {
	t.Helper()
	o := h.overview(t, c)
	var ch Changed
	var err error
	switch kind {
	case ChangePassword:
		ch, err = h.Accounts.ChangePassword(ctx, testPassword, newPassword, true, c)
	case ChangeTwoStep:
		ch, err = h.Accounts.SetTwoStep(ctx, TwoStepOff, c)
	case ChangeEmail, ChangeEmailSecond:
		a := h.answerEmail(t, c, h.startEmail(t, c, kind+"@example.org", kind == ChangeEmailSecond))
		ch = Changed{Outcome: a.Outcome, HoldsAt: a.HoldsAt}
	case ChangeEmailMain:
		ch, err = h.Accounts.MakeMain(ctx, o.Second.ID, c)
	case ChangeEmailRemoved:
		ch, err = h.Accounts.RemoveEmail(ctx, o.Second.ID, c)
	case ChangePhone:
		var a Answered
		a, err = h.Accounts.AnswerProof(PurposePhone)(ctx, h.startPhone(t, c, "+4915123456789"), "", Ticks{}, c)
		ch = Changed{Outcome: a.Outcome, HoldsAt: a.HoldsAt}
	case ChangePhoneRemoved:
		ch, err = h.Accounts.RemovePhone(ctx, c)
	}
	if err != nil || ch.Outcome != Accepted {
		t.Fatalf("%s: %+v, %v", kind, ch, err)
	}
	return ch.HoldsAt
}

var changeKinds = []string{
	ChangePassword, ChangeTwoStep, ChangeEmail, ChangeEmailSecond, ChangeEmailMain, ChangeEmailRemoved, ChangePhone, ChangePhoneRemoved,
}

// holds says whether a change of a kind shows in the account.
func (h *house) holds(t testing.TB, kind string, c Client) bool {
	t.Helper()
	account := h.firstAccount(t)
	has := func(where string, args ...any) bool {
		return h.count(t, "SELECT count(*) FROM identifiers WHERE account_id = ? AND "+where, append([]any{account}, args...)...) > 0
	}
	switch kind {
	case ChangePassword:
		var hash string
		h.core.db.Read(ctx).Raw("SELECT password_hash FROM accounts WHERE id = ?", account).Scan(&hash)
		ok, err := h.core.hasher.verify(ctx, newPassword, hash, asker{})
		return err == nil && ok
	case ChangeTwoStep:
		return h.count(t, "SELECT count(*) FROM accounts WHERE id = ? AND two_step = 'off'", account) > 0
	case ChangeEmail, ChangeEmailSecond:
		return has("value = ?", kind+"@example.org")
	case ChangeEmailMain:
		return has("value = 'second@example.net' AND is_primary")
	case ChangeEmailRemoved:
		return !has("value = 'second@example.net'")
	case ChangePhone:
		return has("value = '+4915123456789'")
	}
	return !has("kind = 'phone'")
}

// firstAccount gives the id of the account that was made first.
func (h *house) firstAccount(t testing.TB) string {
	t.Helper()
	var ids []string
	h.core.db.Read(ctx).Raw("SELECT id FROM accounts ORDER BY created_at").Scan(&ids)
	if len(ids) == 0 {
		t.Fatal("no account")
	}
	return ids[0]
}

var toAll = []string{"change_waiting +436641234567", "change_waiting mara@example.com", "change_waiting second@example.net"}

func TestEveryChangeByPasswordWaits(t *testing.T) {
	for _, kind := range changeKinds {
		t.Run(kind, func(t *testing.T) {
			enginesWith(t, withTexts, func(t *testing.T, h *house) {
				withoutHash(h)
				c := h.threeWays(t)
				h.forward(11 * time.Minute)
				c = h.byPassword(t, c)
				holdsAt := h.begin(t, kind, c)
				if !holdsAt.Equal(h.now().Add(undoLife)) {
					t.Errorf("holds at %v", holdsAt)
				}
				list := h.messages(t)
				mustTell(t, list, slices.Clone(toAll)...)
				for _, m := range list {
					if h.undoOf(m) == "" || !m.HoldsAt.Equal(holdsAt) || m.Change == "" {
						t.Errorf("%+v", m)
					}
				}
				if o := h.overview(t, c); len(o.Waiting) != 1 || o.Waiting[0].Change != kind || !o.Waiting[0].HoldsAt.Equal(holdsAt) {
					t.Errorf("%+v", o.Waiting)
				}
				h.forward(undoLife - time.Millisecond)
				if err := h.ApplyDue(ctx); err != nil {
					t.Fatal(err)
				}
				if h.holds(t, kind, c) {
					t.Error("it holds too early")
				}
				mustTell(t, h.messages(t))
				h.forward(time.Millisecond)
				// Several programs on one database sweep at once.
				errs := make([]error, 4)
				parallel(len(errs), func(i int) { errs[i] = h.ApplyDue(ctx) })
				for _, err := range errs {
					if err != nil {
						t.Error(err)
					}
				}
				if !h.holds(t, kind, c) {
					t.Error("it does not hold")
				}
				perAddress := map[string]int{}
				for _, m := range h.messages(t) {
					perAddress[m.Destination]++
				}
				for _, to := range []string{"mara@example.com", "second@example.net", "+436641234567"} {
					if perAddress[to] != 1 {
						t.Errorf("%s was told %d times", to, perAddress[to])
					}
				}
				if n := h.count(t, "SELECT count(*) FROM changes WHERE holds_at IS NOT NULL AND applied_at IS NOT NULL AND undone_at IS NULL"); n != 1 {
					t.Errorf("%d changes took hold", n)
				}
				if n := h.count(t, "SELECT count(*) FROM changes WHERE kind = 'password' AND value <> ''"); n != 0 {
					t.Error("a hash is kept in a second place")
				}
			})
		})
	}
}

// A change made now is told with the place it was made from; of one that waited the
// place is not known any more.
func TestPlaceOfAChange(t *testing.T) {
	for _, kind := range []string{ChangeTwoStep, ChangePhone, ChangeEmail} {
		for _, waits := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, waits %v", kind, waits), func(t *testing.T) {
				enginesWith(t, withTexts, func(t *testing.T, h *house) {
					withoutHash(h)
					c := h.threeWays(t)
					c.Place = vienna
					want := vienna.String()
					if waits {
						h.forward(11 * time.Minute)
						c = h.byPassword(t, c)
						want = ""
					}
					h.begin(t, kind, c)
					if waits {
						h.messages(t)
						h.forward(undoLife)
						if err := h.ApplyDue(ctx); err != nil {
							t.Fatal(err)
						}
					}
					list := h.messages(t)
					if len(list) < 3 {
						t.Fatalf("told: %+v", list)
					}
					for _, m := range list {
						if m.Place != want || m.Device != "Firefox on Linux" || m.Address == "" {
							t.Errorf("%s names %q, %q, %q, want %q", m.Kind, m.Device, m.Address, m.Place, want)
						}
					}
					var rows []event
					err := h.core.db.Read(ctx).Raw("SELECT * FROM events ORDER BY id DESC LIMIT 1").Scan(&rows).Error
					if err != nil || len(rows) != 1 || rows[0].Place != want || rows[0].Address == "" {
						t.Errorf("the activity: %+v, %v, want %q", rows, err, want)
					}
				})
			})
		}
	}
}

func TestNewerWaitingChangeReplaces(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.byPassword(t, h.stale(t, "mara@example.com"))
		h.begin(t, ChangeTwoStep, c)
		h.forward(time.Minute)
		if ch, err := h.Accounts.SetTwoStep(ctx, TwoStepEveryTime, c); err != nil || ch.HoldsAt.IsZero() {
			t.Fatalf("%+v, %v", ch, err)
		}
		if o := h.overview(t, c); len(o.Waiting) != 1 || !o.Waiting[0].HoldsAt.Equal(h.now().Add(undoLife)) {
			t.Errorf("%+v", o.Waiting)
		}
		// Another kind waits beside it.
		h.begin(t, ChangePassword, c)
		if o := h.overview(t, c); len(o.Waiting) != 2 {
			t.Errorf("%+v", o.Waiting)
		}
		h.forward(undoLife)
		if err := h.ApplyDue(ctx); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, "SELECT count(*) FROM accounts WHERE two_step = 'every_time'"); n != 1 {
			t.Error("the newer one holds, and the older one does not")
		}
	})
}

// What is changed by a code holds at once, and what waited for the same thing
// must not come over it days later.
func TestChangeByCodeReplacesAWaitingOne(t *testing.T) {
	for _, kind := range []string{ChangeTwoStep, ChangePassword} {
		t.Run(kind, func(t *testing.T) {
			engines(t, func(t *testing.T, h *house) {
				c := h.byPassword(t, h.stale(t, "mara@example.com"))
				h.begin(t, kind, c)
				h.messages(t)
				c = h.stepUp(t, c)
				var ch Changed
				var err error
				if kind == ChangeTwoStep {
					ch, err = h.Accounts.SetTwoStep(ctx, TwoStepEveryTime, c)
				} else {
					ch, err = h.Accounts.ChangePassword(ctx, testPassword, "yet another horse and battery", true, c)
				}
				if err != nil || ch.Outcome != Accepted || !ch.HoldsAt.IsZero() {
					t.Fatalf("%+v, %v", ch, err)
				}
				h.forward(undoLife)
				if err := h.ApplyDue(ctx); err != nil {
					t.Fatal(err)
				}
				if h.holds(t, kind, c) {
					t.Error("the older wish came over the newer one")
				}
			})
		})
	}
}

func TestWaitingChangeIsStopped(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.threeWays(t)
		for _, to := range []string{"mara@example.com", "second@example.net", "+436641234567"} {
			h.forward(time.Hour)
			c = h.byPassword(t, c)
			h.begin(t, ChangeTwoStep, c)
			link := h.undoOf(pick(t, h.messages(t), KindChangeWaiting, to))
			for range 20 {
				if u, err := h.Undos.Link(ctx, link); err != nil || !u.Waiting || u.Change != ChangeTwoStep || len(u.Ways) != 0 || u.HoldsAt.IsZero() {
					t.Fatalf("%+v, %v", u, err)
				}
			}
			if o := h.overview(t, c); len(o.Waiting) != 1 {
				t.Fatalf("%+v", o.Waiting)
			}
			u, err := h.Undos.Follow(ctx, link, "", browser())
			if err != nil || u.Outcome != Accepted || !u.Stopped || u.Session != "" {
				t.Fatalf("%+v, %v", u, err)
			}
			mustTell(t, h.messages(t), "change_stopped +436641234567", "change_stopped mara@example.com", "change_stopped second@example.net")
			if o := h.overview(t, c); len(o.Waiting) != 0 || o.TwoStep != TwoStepNewDevices {
				t.Errorf("%+v", o)
			}
			if _, err := h.Undos.Follow(ctx, link, "", browser()); !isKind(err, Gone) {
				t.Errorf("a second time: %v", err)
			}
		}
		h.forward(2 * undoLife)
		if err := h.ApplyDue(ctx); err != nil {
			t.Fatal(err)
		}
		if h.holds(t, ChangeTwoStep, c) {
			t.Error("a stopped change took hold")
		}
	})
}

// A reset stops what waits: whoever had only the old password does not go on.
func TestResetStopsWhatWaits(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.byPassword(t, h.stale(t, "mara@example.com"))
		h.begin(t, ChangeTwoStep, c)
		h.begin(t, ChangePassword, c)
		h.messages(t)
		r := h.startReset(t, "mara@example.com")
		_, code, _ := h.letter(t)
		if _, err := h.Resets.Answer(ctx, code, "", Ticks{}, r); err != nil {
			t.Fatal(err)
		}
		if err := h.Resets.Finish(ctx, "yet another horse and battery", r); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		h.forward(undoLife)
		if err := h.ApplyDue(ctx); err != nil {
			t.Fatal(err)
		}
		if h.holds(t, ChangeTwoStep, c) || h.holds(t, ChangePassword, c) {
			t.Error("a change by the old password took hold after the reset")
		}
		mustTell(t, h.messages(t))
	})
}

// Stopped and due at the same moment: one of the two, and never both.
func TestStopAndDueAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.byPassword(t, h.stale(t, "mara@example.com"))
		h.begin(t, ChangeTwoStep, c)
		link := h.undoOf(pick(t, h.messages(t), KindChangeWaiting, "mara@example.com"))
		h.forward(undoLife)
		var u Undone
		var stopErr, dueErr error
		parallel(2, func(i int) {
			if i == 0 {
				u, stopErr = h.Undos.Follow(ctx, link, "", browser())
			} else {
				dueErr = h.ApplyDue(ctx)
			}
		})
		if stopErr != nil || dueErr != nil || u.Outcome != Accepted {
			t.Fatalf("%+v, %v, %v", u, stopErr, dueErr)
		}
		// Stopped, or taken back right after it took hold.
		if h.holds(t, ChangeTwoStep, c) {
			t.Error("it holds though it was stopped")
		}
	})
}

// What waited is judged as things stand when it takes hold: of an address that
// is gone by then, or is the main one, nothing is changed and nobody is told a
// change that was none.
func TestWaitingChangeOfWhatIsGone(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		for _, kind := range []string{ChangeEmailMain, ChangeEmailRemoved, ChangePhoneRemoved} {
			h.exec(t, "DELETE FROM accounts")
			h.exec(t, "DELETE FROM spends")
			c := h.threeWays(t)
			h.forward(11 * time.Minute)
			c = h.byPassword(t, c)
			h.begin(t, kind, c)
			h.messages(t)
			c = h.stepUp(t, c)
			o := h.overview(t, c)
			var err error
			switch kind {
			case ChangeEmailMain:
				_, err = h.Accounts.RemoveEmail(ctx, o.Second.ID, c)
			case ChangeEmailRemoved:
				_, err = h.Accounts.MakeMain(ctx, o.Second.ID, c)
			case ChangePhoneRemoved:
				h.newPhone(t, c, "+4915123456789")
			}
			if err != nil {
				t.Fatal(err)
			}
			h.messages(t)
			before := h.overview(t, c)
			other := h.signIn(t, "mara@example.com")
			h.forward(undoLife)
			if err := h.ApplyDue(ctx); err != nil {
				t.Fatal(err)
			}
			if list := h.messages(t); len(list) != 0 {
				t.Errorf("%s: nothing changed, and yet %q", kind, told(list))
			}
			if !h.signedIn(t, other.Session) {
				t.Errorf("%s: nothing changed, and yet the sessions ended", kind)
			}
			if !h.signedIn(t, c.Session) {
				continue
			}
			after := h.overview(t, c)
			if after.Main != before.Main || after.Second != before.Second || after.Phone != before.Phone || len(after.Waiting) != 0 {
				t.Errorf("%s: %+v, then %+v", kind, before, after)
			}
		}
	})
}

// An address that another account has proven meanwhile stays there.
func TestWaitingAddressIsTakenMeanwhile(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.byPassword(t, h.stale(t, "mara@example.com"))
		h.begin(t, ChangeEmail, c)
		h.messages(t)
		h.forward(time.Hour)
		tom := h.signUp(t, "tom@example.com")
		h.newEmail(t, tom, "email@example.org", false)
		h.forward(undoLife)
		if err := h.ApplyDue(ctx); err != nil {
			t.Fatal(err)
		}
		if o := h.overview(t, c); o.Main.Address != "mara@example.com" || len(o.Waiting) != 0 {
			t.Errorf("%+v", o)
		}
		if o := h.overview(t, tom); o.Main.Address != "email@example.org" {
			t.Errorf("%+v", o)
		}
	})
}
