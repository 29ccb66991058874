package models

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

// Each of these was found by an attack on the sign-in.

// holdHashes lets no hash begin until release is called.
func holdHashes(h *house) (release func()) {
	q := h.core.hasher.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	cores := q.free
	q.free = 0
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		for range cores {
			q.next()
		}
	}
}

// awaitHash waits until a browser of an owner's waits for its hash.
func awaitHash(h *house) {
	q := h.core.hasher.queue
	for waiting := 0; waiting == 0; runtime.Gosched() {
		q.mu.Lock()
		waiting = len(q.own.waiting)
		q.mu.Unlock()
	}
}

// copied is a second browser that an account knows; somebody holds its cookie.
func (h *house) copied(t testing.TB, email string) Client {
	t.Helper()
	c := h.startSignIn(t, email)
	a, err := h.SignIns.Answer(ctx, h.lastCode(t, email), "", Ticks{}, c)
	if err != nil || a.Outcome != Accepted {
		t.Fatalf("%v, %v", a.Outcome, err)
	}
	c.Session, c.Device = "", a.Device
	return c
}

func (h *house) sessionsOf(t testing.TB, account string) int {
	t.Helper()
	return h.count(t, "SELECT count(*) FROM sessions WHERE account_id = ?", account)
}

// A browser that is signed out while its password is hashed is a stranger's.
func TestSignedOutDuringTheHash(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for i, out := range []struct {
			name string
			left int // sessions
			act  func(owner Client, email, device string) error
		}{
			{"everywhere", 1, func(owner Client, _, _ string) error {
				_, err := h.Accounts.SignOutEverywhere(ctx, false, owner)
				return err
			}},
			{"this device", 1, func(owner Client, _, device string) error {
				_, _, err := h.Accounts.SignOutDevice(ctx, device, owner)
				return err
			}},
			{"by staff", 0, func(_ Client, email, _ string) error { return h.Staff.SignOut(ctx, email) }},
		} {
			for j, password := range []string{testPassword, "wrong wrong wrong"} {
				h.forward(time.Hour)
				email := fmt.Sprintf("mara%d%d@example.com", i, j)
				owner := h.signUp(t, email)
				thief, account := h.copied(t, email), h.idOf(t, email)
				device, err := knownDevice(h.core.db.Read(ctx), thief.Device, account, h.now())
				if err != nil || device == "" {
					t.Fatal(device, err)
				}
				release, done := holdHashes(h), make(chan Started, 1)
				go func() {
					s, err := h.SignIns.Start(ctx, email, password, "", thief)
					if err != nil {
						t.Error(err)
					}
					done <- s
				}()
				awaitHash(h)
				if err := out.act(owner, email, device); err != nil {
					t.Fatal(err)
				}
				release()
				s, failures := <-done, h.count(t, "SELECT count(*) FROM spends WHERE key = ?", h.core.laneOf(email))
				switch {
				case j == 0 && s.Outcome != CodeSent:
					t.Errorf("%s: the right password: %v, want a code to be asked for", out.name, s.Outcome)
				case j == 1 && (s.Outcome != Wrong || failures != 1):
					t.Errorf("%s: a wrong password: %v, %d in the strangers' lane", out.name, s.Outcome, failures)
				}
				if n := h.sessionsOf(t, account); n != out.left {
					t.Errorf("%s: %d sessions, want %d", out.name, n, out.left)
				}
				if n := h.count(t, "SELECT count(*) FROM known_devices WHERE account_id = ?", account); n != out.left {
					t.Errorf("%s: %d known devices, want %d", out.name, n, out.left)
				}
			}
		}
	})
}

func TestSignInsBesideSignOutEverywhere(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for round := range 4 {
			h.forward(time.Hour)
			email, left := fmt.Sprintf("mara%d@example.com", round), round%2
			owner := h.signUp(t, email)
			thief, account := h.copied(t, email), h.idOf(t, email)
			parallel(1+ownPlaces, func(i int) {
				if i == 0 {
					if _, err := h.Accounts.SignOutEverywhere(ctx, left == 0, owner); err != nil {
						t.Error(err)
					}
					return
				}
				for range 2 {
					if _, err := h.SignIns.Start(ctx, email, testPassword, "", thief); err != nil && !isKind(err, Busy) {
						t.Error(err)
					}
				}
			})
			if n := h.sessionsOf(t, account); n != left {
				t.Errorf("%d sessions after all others were ended, want %d", n, left)
			}
			if n := h.count(t, "SELECT count(*) FROM known_devices WHERE account_id = ?", account); n != left {
				t.Errorf("%d known devices, want %d", n, left)
			}
		}
	})
}

// beside runs an act that waits for the account, which statements are done to
// meanwhile.
func (h *house) beside(t *testing.T, act func() error, statements ...string) error {
	t.Helper()
	g := h.core.db.Read(ctx).Begin()
	defer g.Rollback()
	for _, sql := range append([]string{"SELECT id FROM accounts FOR UPDATE"}, statements...) {
		if err := g.Exec(sql).Error; err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error, 1)
	go func() { done <- act() }()
	for waiting := 0; waiting == 0; {
		waiting = h.count(t, "SELECT count(*) FROM pg_locks WHERE NOT granted")
		select {
		case err := <-done:
			t.Fatalf("the act did not wait: %v", err)
		default:
		}
	}
	if err := g.Commit().Error; err != nil {
		t.Fatal(err)
	}
	return <-done
}

// A code that is right opens nothing where its sign-in was ended at that moment.
func TestCodeBesideSignOutEverywhere(t *testing.T) {
	h := openHouse(t, postgresURL(t), nil)
	h.signUp(t, mara)
	c := h.startSignIn(t, mara)
	code := h.lastCode(t, mara)
	err := h.beside(t, func() error {
		_, err := h.SignIns.Answer(ctx, code, "", Ticks{}, c)
		return err
	}, "DELETE FROM sessions WHERE account_id IS NOT NULL", "DELETE FROM sign_ins", "DELETE FROM known_devices")
	if !isKind(err, Gone) {
		t.Errorf("%v", err)
	}
	if n := h.count(t, "SELECT count(*) FROM sessions WHERE account_id IS NOT NULL") + h.count(t, "SELECT count(*) FROM known_devices"); n != 0 {
		t.Errorf("%d sessions and devices", n)
	}
}

// A session that was ended at that moment signs nobody else out.
func TestEndedSessionSignsNobodyOut(t *testing.T) {
	h := openHouse(t, postgresURL(t), nil)
	owner := h.signUp(t, mara)
	device, err := knownDevice(h.core.db.Read(ctx), owner.Device, h.idOf(t, mara), h.now())
	if err != nil {
		t.Fatal(err)
	}
	for name, act := range map[string]func(thief Client) error{
		"everywhere":  func(thief Client) error { _, err := h.Accounts.SignOutEverywhere(ctx, false, thief); return err },
		"one of them": func(thief Client) error { _, _, err := h.Accounts.SignOutDevice(ctx, device, thief); return err },
	} {
		thief := h.startSignIn(t, mara)
		a, err := h.SignIns.Answer(ctx, h.lastCode(t, mara), "", Ticks{}, thief)
		if err != nil || a.Outcome != Accepted {
			t.Fatal(a.Outcome, err)
		}
		thief.Session = a.Session
		if err := h.beside(t, func() error { return act(thief) }, "DELETE FROM sessions WHERE id = '"+hashToken(thief.Session)+"'"); !isKind(err, NoSession) {
			t.Errorf("%s: %v", name, err)
		}
		if n := h.count(t, "SELECT count(*) FROM known_devices WHERE device_id = ?", device); n != 1 {
			t.Errorf("%s: the owner's device is unknown", name)
		}
	}
}

// mails counts the mails of a kind that wait.
func (h *house) mails(t testing.TB, kind string) (n int) {
	t.Helper()
	for _, k := range h.kinds(t) {
		if k == kind {
			n++
		}
	}
	return n
}

// Whoever knows the password fills no mailbox where two-step is off.
func TestNoticesOfSignInsAreBounded(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		h.signUpAt(t, mara, vienna)
		h.twoStep(t, TwoStepOff)
		h.messages(t)
		begun := h.count(t, "SELECT count(*) FROM events WHERE kind = ?", EventSignInKnown)
		near := browser()
		near.Place = vienna
		for hour, want := range []int{6, 6, 6, 2, 0} {
			for range 10 {
				h.enter(t, mara, near, Accepted)
			}
			if n := h.mails(t, KindNewDevice); n != want {
				t.Errorf("hour %d: %d mails, want %d", hour, n, want)
			}
			h.forward(time.Hour)
		}
		if n := h.count(t, "SELECT count(*) FROM events WHERE kind = ?", EventSignInKnown) - begun; n != 50 {
			t.Errorf("%d sign-ins are in the activity", n)
		}
		// From one side of the world to the other and back.
		for range 10 {
			h.enter(t, mara, stranger(), Accepted)
			h.enter(t, mara, near, Accepted)
		}
		if n := h.mails(t, KindSignInUnusual); n != 6 {
			t.Errorf("%d mails of unusual sign-ins, want 6", n)
		}
	})
}

// Strangers' wrong passwords do not make a mail of each sign-in of the owner's, and
// refusals make six a day.
func TestFailuresFillNoMailbox(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		owner := h.signUpAt(t, mara, vienna)
		h.messages(t)
		for hour := range 3 {
			h.guess(t, mara, 5)
			h.write(t, "DELETE FROM spends WHERE key LIKE 'lane %'")
			for try := range 5 {
				h.enter(t, mara, owner, Accepted)
				want := []string{KindSignInUnusual}
				if try > 0 {
					want = nil
				}
				if got := h.kinds(t); !slices.Equal(got, want) {
					t.Errorf("hour %d, sign-in %d: %v", hour, try, got)
				}
			}
			for try := range 4 {
				s := h.enter(t, mara, stranger(), Refused)
				if got := h.mails(t, KindSignInRefused); s.Mailed != (hour < 2 && try < 3) || s.Mailed != (got == 1) {
					t.Errorf("hour %d, refusal %d: %d mails", hour, try, got)
				}
			}
			h.forward(time.Hour)
		}
	})
}

// What wrong passwords for one address come to does not show which other address
// belongs to the same account.
func TestLanesOfLinkedAddresses(t *testing.T) {
	const other = "mara.b@example.com"
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		owner := h.signUp(t, mara)
		h.newEmail(t, owner, other, true)
		at := 0
		exhaust := func(email string) {
			t.Helper()
			for n := range LaneFree + 1 {
				at++
				want := Wrong
				if n == LaneFree {
					want = Throttled
				}
				if out := h.tryPassword(t, email, "wrong wrong wrong", elsewhere(at)); out != want {
					t.Fatalf("%s, try %d: %v, want %v", email, n, out, want)
				}
			}
		}
		strikes := func() int { return h.count(t, "SELECT coalesce(sum(n), 0) FROM strikes") }
		spent := func(email string) int {
			return h.count(t, "SELECT count(*) FROM spends WHERE key = ?", h.core.laneOf(email))
		}
		exhaust(mara)
		exhaust(other)
		if n := h.count(t, "SELECT count(*) FROM strikes"); n != 1 || strikes() != 2*LaneFree {
			t.Errorf("%d rows of failures, %d failures: they are the account's", n, strikes())
		}
		h.forward(time.Minute)
		c := elsewhere(at + 1)
		s, err := h.SignIns.Start(ctx, other, testPassword, "", c)
		if err != nil || s.Outcome != CodeSent {
			t.Fatalf("%v, %v", s.Outcome, err)
		}
		c.Session = s.Session
		if a, err := h.SignIns.Answer(ctx, h.lastCode(t, mara), "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Fatalf("%v, %v", a.Outcome, err)
		}
		if spent(other) != 0 || spent(mara) != LaneFree || strikes() != 0 {
			t.Errorf("after a success: %d and %d in the lanes, %d in a row", spent(other), spent(mara), strikes())
		}
		exhaust(other)
		if err := h.Staff.Unlock(ctx, mara); err != nil {
			t.Fatal(err)
		}
		if spent(other)+spent(mara)+strikes() != 0 {
			t.Errorf("after an unlock: %d and %d in the lanes, %d in a row", spent(other), spent(mara), strikes())
		}
	})
}

// Who signs in again and again in one way, or in two by turns, teaches no more than
// once a day.
func TestRepeatedSignInsTeachOnce(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		owner := h.signUpAt(t, mara, vienna)
		other := owner
		other.Place.Network = 8447
		learnt := func(rows int) {
			t.Helper()
			for range 2 {
				if err := h.Sweep(ctx); err != nil {
					t.Fatal(err)
				}
			}
			n, total := h.count(t, "SELECT count(*) FROM sign_in_history"), h.count(t, "SELECT n FROM risk_totals WHERE name = 'sign_ins'")
			if n != rows || total != rows {
				t.Errorf("%d rows, %d counted; want %d", n, total, rows)
			}
		}
		for range 30 {
			h.forward(time.Minute)
			h.enter(t, mara, owner, Accepted)
		}
		learnt(1)
		owner.Place.City, owner.Place.Latitude, owner.Place.Longitude = linz.City, linz.Latitude, linz.Longitude
		h.forward(time.Hour)
		h.enter(t, mara, owner, Accepted)
		var last pastSignIn
		if err := h.core.db.Read(ctx).Raw("SELECT * FROM sign_in_history").Scan(&last).Error; err != nil {
			t.Fatal(err)
		}
		if !last.At.Equal(h.core.db.Now()) || last.Latitude == nil || *last.Latitude != linz.Latitude || !last.Counted {
			t.Errorf("it did not move on: %+v", last)
		}
		for range 10 {
			h.enter(t, mara, other, Accepted)
			h.enter(t, mara, owner, Accepted)
		}
		learnt(2)
		h.forward(24 * time.Hour)
		h.enter(t, mara, owner, Accepted)
		learnt(3)
	})
}
