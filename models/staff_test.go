package models

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestStaffCreate(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		if err := h.Staff.Create(ctx, "Mara@Example.com"); err != nil {
			t.Fatal(err)
		}
		for typed, reason := range map[string]string{"mara@example.com": "taken", "mara": "no_at", "": "empty"} {
			err := h.Staff.Create(ctx, typed)
			if e, ok := err.(*Error); !ok || e.Kind != Invalid || e.Reason != reason {
				t.Errorf("%q: %v", typed, err)
			}
		}
		if n := h.count(t, "SELECT count(*) FROM accounts"); n != 1 {
			t.Errorf("%d accounts: a refused one leaves a row", n)
		}
		f, err := h.Staff.Show(ctx, "mara@example.com")
		if err != nil || f.HasPassword() || f.Role != RoleMember || len(f.Recent) != 1 || f.Recent[0].Kind != string(EventStaffCreated) {
			t.Errorf("%+v, %v", f, err)
		}
		// No password opens it, not even none.
		for i, password := range []string{testPassword, " ", "\x00", f.ID} {
			if s, err := h.SignIns.Start(ctx, "mara@example.com", password, "", from(browser(), i)); err != nil || s.Outcome != Wrong {
				t.Errorf("%q: %+v, %v", password, s, err)
			}
		}
		if _, err := h.SignIns.Start(ctx, "mara@example.com", "", "", browser()); !isKind(err, Invalid) {
			t.Errorf("%v", err)
		}
		r := h.startReset(t, "mara@example.com")
		m, code, _ := h.letter(t)
		if m.Destination != "Mara@example.com" {
			t.Errorf("%+v", m)
		}
		if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, r); err != nil || a.Outcome != Accepted {
			t.Fatalf("%+v, %v", a, err)
		}
		if err := h.Resets.Finish(ctx, newPassword, r); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		in := browser()
		s, err := h.SignIns.Start(ctx, "mara@example.com", newPassword, "", in)
		if err != nil || s.Outcome != CodeSent {
			t.Fatalf("%+v, %v", s, err)
		}
		in.Session = s.Session
		_, code, _ = h.letter(t)
		if a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, in); err != nil || a.Outcome != Accepted {
			t.Errorf("%+v, %v", a, err)
		}
		at := h.now()
		for range 12 { // more than the activity that is shown
			h.forward(time.Second)
			if err := h.Staff.Unlock(ctx, "mara@example.com"); err != nil {
				t.Fatal(err)
			}
		}
		if f, err := h.Staff.Show(ctx, "mara@example.com"); err != nil || !f.HasPassword() || !f.LastSignIn.Equal(at) || f.Devices != 1 || f.Sessions != 1 {
			t.Errorf("%+v, %v", f, err)
		}
	})
}

// What staff see is masked, and holds no secret.
func TestStaffFacts(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.threeWays(t)
		h.forward(time.Second)
		in := h.startSignIn(t, "mara@example.com")
		_, code, _ := h.letter(t)
		if _, err := h.SignIns.Answer(ctx, wrongCode(code), "", Ticks{}, in); err != nil {
			t.Fatal(err)
		}
		h.exec(t, "UPDATE identifiers SET wrong_in_row = 100 WHERE kind = 'phone'")
		f, err := h.Staff.Show(ctx, "second@example.net")
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"m***@example.com", "s***@example.net", "number ending 67"}; !slices.Equal(f.Addresses, want) {
			t.Errorf("%q", f.Addresses)
		}
		if f.WrongCodes != 1 || !slices.Equal(f.CodesShut, []string{"number ending 67"}) || f.Devices != 1 || f.Sessions != 1 || f.TwoStep != TwoStepNewDevices {
			t.Errorf("%+v", f)
		}
		if f.VoIP {
			t.Error("a mobile number is said to be an internet service's")
		}
		h.exec(t, "UPDATE identifiers SET value = '+43720123456' WHERE kind = 'phone'")
		if f, err := h.Staff.Show(ctx, f.ID); err != nil || !f.VoIP {
			t.Errorf("an internet service's number is not said to be one: %+v, %v", f, err)
		}
		if byID, err := h.Staff.Show(ctx, f.ID); err != nil || byID.ID != f.ID {
			t.Errorf("%+v, %v", byID, err)
		}
		if _, err := h.Accounts.Close(ctx, c); err != nil {
			t.Fatal(err)
		}
		if f, err = h.Staff.Show(ctx, f.ID); err != nil || !f.ClosingAt.Equal(h.now().Add(closingWait)) {
			t.Errorf("%+v, %v", f, err)
		}
		printed := fmt.Sprintf("%+v", f)
		for _, secret := range []string{"argon2", "mara@", "second@", "1234567", code, c.Session, hashToken(c.Session), hashToken(c.Device)} {
			if strings.Contains(printed, secret) {
				t.Errorf("the facts hold %q: %s", secret, printed)
			}
		}
	})
}

func TestStaffList(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		if list, err := h.Staff.List(ctx, "", 10); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		for i := range 5 { // two at the same moment
			if err := h.Staff.Create(ctx, fmt.Sprintf("p%d@example.com", i)); err != nil {
				t.Fatal(err)
			}
			h.forward(time.Duration(i%2) * time.Second)
		}
		var seen []string
		after := ""
		for {
			list, err := h.Staff.List(ctx, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) == 0 {
				break
			}
			for _, f := range list {
				seen, after = append(seen, f.ID), f.ID
			}
		}
		if slices.Sort(seen); len(seen) != 5 || len(slices.Compact(seen)) != 5 {
			t.Errorf("%q", seen)
		}
	})
}

func TestStaffActs(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		tom := h.signUp(t, "tom@example.com")
		h.messages(t)
		acts := map[EventKind]func(name string) error{
			EventStaffUnlocked:  func(n string) error { return h.Staff.Unlock(ctx, n) },
			EventStaffSignedOut: func(n string) error { return h.Staff.SignOut(ctx, n) },
			EventStaffRole:      func(n string) error { return h.Staff.SetRole(ctx, n, RoleStaff, "Ines") },
			"show":              func(n string) error { _, err := h.Staff.Show(ctx, n); return err },
		}
		h.nothingWritten(t, func() {
			for kind, act := range acts {
				for _, name := range []string{"nobody@example.com", "", "x", "\x00", "abcd", strings.Repeat("0", 32), "mara", "' OR 1=1 --"} {
					if err := act(name); !isKind(err, NotFound) {
						t.Errorf("%s of %q: %v", kind, name, err)
					}
				}
			}
			if err := h.Staff.SetRole(ctx, "mara@example.com", "admin", ""); !isKind(err, Invalid) {
				t.Errorf("%v", err)
			}
		})
		for kind, act := range acts {
			h.forward(time.Second)
			if err := act("MARA@example.com"); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
			if kind == "show" {
				continue
			}
			f, err := h.Staff.Show(ctx, "mara@example.com")
			if err != nil || len(f.Recent) == 0 || f.Recent[0].Kind != string(kind) || !f.Recent[0].At.Equal(h.now()) {
				t.Errorf("%s is not kept: %+v, %v", kind, f.Recent, err)
			}
		}
		mustTell(t, h.messages(t), "signed_out_everywhere mara@example.com")
		if h.signedIn(t, c.Session) || h.opens(t, "mara@example.com", testPassword, c) != CodeSent {
			t.Error("a session or a device is still good")
		}
		if !h.signedIn(t, tom.Session) {
			t.Error("another account's session ended")
		}
		if f, err := h.Staff.Show(ctx, "mara@example.com"); err != nil || f.Role != RoleStaff {
			t.Errorf("%+v, %v", f, err)
		}
		if f, err := h.Staff.Show(ctx, "tom@example.com"); err != nil || f.Role != RoleMember || len(f.Recent) != 1 {
			t.Errorf("%+v, %v", f, err)
		}
	})
}

// Unlocking frees a lane, the codes of a day and a channel, and opens no door.
func TestStaffUnlock(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		for i := range 8 {
			if _, err := h.SignIns.Start(ctx, "mara@example.com", "a wrong horse and no staple", "", from(browser(), i)); err != nil {
				t.Fatal(err)
			}
		}
		fresh := from(browser(), 99)
		if h.opens(t, "mara@example.com", testPassword, fresh) != Throttled {
			t.Fatal("the lane is open")
		}
		h.exec(t, "UPDATE identifiers SET wrong_in_row = 100")
		account := h.firstAccount(t)
		for range 20 {
			h.exec(t, "INSERT INTO spends (key, at) VALUES (?, ?), (?, ?), (?, ?)", "code "+account, h.now(), "current password "+account, h.now(),
				h.core.resetBudget(Email{Value: "mara@example.com"}).key, h.now())
		}
		if err := h.Staff.Unlock(ctx, "mara@example.com"); err != nil {
			t.Fatal(err)
		}
		if h.opens(t, "mara@example.com", "a wrong horse and no staple", fresh) != Wrong {
			t.Error("it opened the door")
		}
		s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", fresh)
		if err != nil || s.Outcome != CodeSent {
			t.Fatalf("%+v, %v", s, err)
		}
		fresh.Session = s.Session
		code := h.lastCode(t, "mara@example.com")
		if a, err := h.SignIns.Answer(ctx, wrongCode(code), "", Ticks{}, fresh); err != nil || a.Outcome != Wrong {
			t.Errorf("%+v, %v", a, err)
		}
		if a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, fresh); err != nil || a.Outcome != Accepted {
			t.Errorf("%+v, %v", a, err)
		}
		if out, err := h.Accounts.ChangePassword(ctx, testPassword, newPassword, false, c); err != nil || out.Outcome != Accepted {
			t.Errorf("the current password: %+v, %v", out, err)
		}
		r := h.startReset(t, "mara@example.com")
		code = h.lastCode(t, "mara@example.com")
		if a, err := h.Resets.Answer(ctx, code, "", Ticks{}, r); err != nil || a.Outcome != Accepted {
			t.Errorf("a reset: %+v, %v", a, err)
		}
	})
}
