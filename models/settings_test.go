package models

import (
	"testing"
	"time"

	"admitone/models/internal/db"
)

func (h *house) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	err := h.core.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(sql, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// stale is a signed-in browser whose fresh proof is over.
func (h *house) stale(t testing.TB, email string) Client {
	t.Helper()
	c := h.signUp(t, email)
	h.messages(t)
	h.forward(10 * time.Minute)
	return c
}

// A stolen session cookie alone reaches none of the changes.
func TestChangesNeedAFreshProof(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.stale(t, "mara@example.com")
		acts := map[string]func(c Client) error{
			"password": func(c Client) error {
				_, err := h.Accounts.ChangePassword(ctx, testPassword, newPassword, true, c)
				return err
			},
			"two-step":   func(c Client) error { _, err := h.Accounts.SetTwoStep(ctx, TwoStepOff, c); return err },
			"device":     func(c Client) error { _, _, err := h.Accounts.SignOutDevice(ctx, "x", c); return err },
			"trust":      func(c Client) error { return h.Accounts.StopTrusting(ctx, AllDevices, c) },
			"everywhere": func(c Client) error { _, err := h.Accounts.SignOutEverywhere(ctx, true, c); return err },
			"check":      func(c Client) error { _, err := h.Reauths.Check(ctx, c); return err },
		}
		for name, act := range acts {
			if err := act(c); !isKind(err, NotProven) {
				t.Errorf("%s: %v", name, err)
			}
			if err := act(browser()); !isKind(err, NoSession) {
				t.Errorf("%s, nobody: %v", name, err)
			}
		}
		if h.count(t, "SELECT count(*) FROM messages WHERE state = 'queued'") != 0 {
			t.Error("a refused change told somebody")
		}
	})
}

func (h *house) stepUp(t testing.TB, c Client) Client {
	t.Helper()
	s, err := h.Reauths.Start(ctx, "/account/password", "", c)
	if err != nil || s.Outcome != CodeSent {
		t.Fatalf("%+v, %v", s, err)
	}
	_, code, _ := h.letter(t)
	a, err := h.Reauths.Answer(ctx, code, "", Ticks{}, c)
	if err != nil || a.Outcome != Accepted || a.Next != "/account/password" {
		t.Fatalf("%+v, %v", a, err)
	}
	c.Session = a.Session
	return c
}

func TestStepUp(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		old := h.stale(t, "mara@example.com")
		c := h.stepUp(t, old)
		if c.Session == old.Session || h.signedIn(t, old.Session) || !h.signedIn(t, c.Session) {
			t.Error("the session keeps its token")
		}
		if _, err := h.Reauths.Check(ctx, c); err != nil {
			t.Errorf("after the step-up: %v", err)
		}
		h.forward(10 * time.Minute)
		if _, err := h.Reauths.Check(ctx, c); !isKind(err, NotProven) {
			t.Errorf("after ten minutes: %v", err)
		}
	})
	engines(t, func(t *testing.T, h *house) {
		c := h.stale(t, "mara@example.com")
		if _, err := h.Reauths.Pending(ctx, c); !isKind(err, Gone) {
			t.Errorf("nothing was asked for: %v", err)
		}
		for range 3 { // asking again while one is awaited sends nothing
			if _, err := h.Reauths.Start(ctx, "/account", "", c); err != nil {
				t.Fatal(err)
			}
		}
		_, code, _ := h.letter(t)
		if a, err := h.Reauths.Answer(ctx, wrongCode(code), "", Ticks{}, c); err != nil || a.Outcome != Wrong {
			t.Errorf("%+v, %v", a, err)
		}
		// The code of one session is none of another's.
		h.signUp(t, "tom@example.com")
		other := h.startSignIn(t, "mara@example.com")
		b, err := h.SignIns.Answer(ctx, h.lastCode(t, "mara@example.com"), "", Ticks{}, other)
		if err != nil {
			t.Fatal(err)
		}
		other.Session = b.Session
		if _, err := h.Reauths.Answer(ctx, code, "", Ticks{}, other); !isKind(err, Gone) {
			t.Errorf("another session: %v", err)
		}
		h.forward(31 * time.Second)
		if r, err := h.Reauths.Resend(ctx, "", "", c); err != nil || r.Outcome != CodeSent || r.Fresh {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestChangePassword(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		other := h.startSignIn(t, "mara@example.com")
		a, err := h.SignIns.Answer(ctx, h.lastCode(t, "mara@example.com"), "", Ticks{}, other)
		if err != nil {
			t.Fatal(err)
		}
		pending := h.startSignIn(t, "mara@example.com")
		waiting := h.lastCode(t, "mara@example.com")
		h.messages(t)
		change := func(current, password string, others bool) (Changed, error) {
			return h.Accounts.ChangePassword(ctx, current, password, others, c)
		}
		if _, err := change("", "short", true); !isKind(firstOf(err), Invalid) {
			t.Errorf("%v", err)
		}
		if _, err := change(testPassword, testPassword, true); !isKind(firstOf(err), Invalid) {
			t.Errorf("the same again: %v", err)
		}
		if out, err := change("a wrong horse and no staple", newPassword, true); err != nil || out.Outcome != Wrong {
			t.Errorf("%+v, %v", out, err)
		}
		if out, err := change(testPassword, newPassword, true); err != nil || out.Outcome != Accepted {
			t.Fatalf("%+v, %v", out, err)
		}
		if !h.signedIn(t, c.Session) || h.signedIn(t, a.Session) {
			t.Error("this session stays, the others end")
		}
		if m, _, _ := h.letter(t); m.Kind != KindPasswordChanged {
			t.Errorf("%+v", m)
		}
		if _, err := h.SignIns.Answer(ctx, waiting, "", Ticks{}, pending); !isKind(err, Gone) {
			t.Errorf("a sign-in begun with the old password: %v", err)
		}
		if s, err := h.SignIns.Start(ctx, "mara@example.com", newPassword, "", c); err != nil || s.Outcome != Accepted {
			t.Errorf("the new password: %v, %v", s.Outcome, err)
		}
		// Guesses of the current password are bounded inside a session too.
		judged := 0
		for range 8 {
			if out, err := change("a wrong horse and no staple", testPassword, true); err != nil {
				t.Fatal(err)
			} else if out.Outcome == Wrong {
				judged++
			}
		}
		if judged > 5 {
			t.Errorf("%d guesses of the current password were judged", judged)
		}
	})
}

// firstOf unwraps the first of joined errors.
func firstOf(err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()[0]
	}
	return err
}

func TestTwoStep(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		start := func(c Client) Started {
			t.Helper()
			s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", c)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		set := func(choice, kind string) {
			t.Helper()
			if _, err := h.Accounts.SetTwoStep(ctx, choice, c); err != nil {
				t.Fatal(err)
			}
			if m, _, _ := h.letter(t); m.Kind != kind {
				t.Errorf("%s told by %s", choice, m.Kind)
			}
			if _, err := h.Accounts.SetTwoStep(ctx, choice, c); err != nil || len(h.messages(t)) != 0 {
				t.Errorf("no change was told: %v", err)
			}
		}
		if _, err := h.Accounts.SetTwoStep(ctx, "never", c); !isKind(err, Invalid) {
			t.Errorf("%v", err)
		}
		set(TwoStepEveryTime, KindTwoStepOn)
		known := c
		s := start(known)
		if s.Outcome != CodeSent {
			t.Fatalf("every time, on the known device: %v", s.Outcome)
		}
		known.Session = s.Session
		if p, err := h.SignIns.Pending(ctx, known); err != nil || !p.MayTrust {
			t.Errorf("the page does not offer to trust: %+v, %v", p, err)
		}
		_, code, _ := h.letter(t)
		a, err := h.SignIns.Answer(ctx, code, "", Ticks{Trust: true}, known)
		if err != nil || a.Outcome != Accepted {
			t.Fatalf("%+v, %v", a, err)
		}
		h.messages(t)
		known.Session, known.Device = "", a.Device
		if s := start(known); s.Outcome != Accepted {
			t.Errorf("on the trusted device: %v", s.Outcome)
		}
		h.forward(30 * 24 * time.Hour)
		if s := start(known); s.Outcome != CodeSent {
			t.Errorf("after 30 days: %v", s.Outcome)
		}
	})
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		if _, err := h.Accounts.SetTwoStep(ctx, TwoStepOff, c); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", browser())
		if err != nil || s.Outcome != Accepted {
			t.Fatalf("off, on a new device: %v, %v", s.Outcome, err)
		}
		if m, _, _ := h.letter(t); m.Kind != KindNewDevice {
			t.Errorf("the holder was told by %s", m.Kind)
		}
		// The password alone is no fresh proof.
		if _, err := h.Reauths.Check(ctx, Client{Session: s.Session, UserAgent: browser().UserAgent}); !isKind(err, NotProven) {
			t.Errorf("%v", err)
		}
	})
}

func TestDeviceList(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		phone := h.startSignIn(t, "mara@example.com")
		phone.UserAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
		a, err := h.SignIns.Answer(ctx, h.lastCode(t, "mara@example.com"), "", Ticks{}, phone)
		if err != nil {
			t.Fatal(err)
		}
		phone.Session, phone.Device = a.Session, a.Device
		shared := h.startSignIn(t, "mara@example.com")
		b, err := h.SignIns.Answer(ctx, h.lastCode(t, "mara@example.com"), "", Ticks{Shared: true}, shared)
		if err != nil {
			t.Fatal(err)
		}
		stranger := h.signUp(t, "tom@example.com")

		list := func(c Client) []Device {
			t.Helper()
			s, _, err := h.Sessions.Find(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			devices, _, err := h.Accounts.Devices(ctx, s, c)
			if err != nil {
				t.Fatal(err)
			}
			return devices
		}
		devices := list(c)
		if len(devices) != 3 || !devices[0].This || devices[1].This || devices[2].This {
			t.Fatalf("%+v", devices)
		}
		var phoneID string
		for _, d := range devices {
			if d.Name == "Safari on iOS" {
				phoneID = d.ID
				if d.Kind != "phone" || !d.SignedIn {
					t.Errorf("%+v", d)
				}
			}
		}
		if err := h.Accounts.RenameDevice(ctx, phoneID, "  Mara's   phone ", c); err != nil {
			t.Fatal(err)
		}
		if err := h.Accounts.RenameDevice(ctx, phoneID, "Tom's now", stranger); !isKind(err, NotFound) {
			t.Errorf("a stranger renames it: %v", err)
		}
		if _, _, err := h.Accounts.SignOutDevice(ctx, phoneID, stranger); !isKind(err, NotFound) {
			t.Errorf("a stranger signs it out: %v", err)
		}
		gone, at, err := h.Accounts.SignOutDevice(ctx, phoneID, c)
		if err != nil || gone.Name != "Mara's phone" || !at.Equal(h.now()) {
			t.Fatalf("%+v, %v, %v", gone, at, err)
		}
		if h.signedIn(t, phone.Session) || !h.signedIn(t, c.Session) || !h.signedIn(t, b.Session) {
			t.Error("one device is signed out, and no other")
		}
		if s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", phone); err != nil || s.Outcome != CodeSent {
			t.Errorf("a device that was signed out from the list: %v, %v", s.Outcome, err)
		}
		if _, err := h.Accounts.SignOutEverywhere(ctx, false, c); err != nil {
			t.Fatal(err)
		}
		if h.signedIn(t, b.Session) || !h.signedIn(t, c.Session) || len(list(c)) != 1 {
			t.Error("everywhere else, and not here")
		}
		if _, err := h.Accounts.SignOutEverywhere(ctx, true, c); err != nil {
			t.Fatal(err)
		}
		if h.signedIn(t, c.Session) {
			t.Error("here too")
		}
		if s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", c); err != nil || s.Outcome != CodeSent {
			t.Errorf("after everywhere: %v, %v", s.Outcome, err)
		}
	})
}

func TestActivity(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.forward(time.Second)
		if _, err := h.Accounts.SetTwoStep(ctx, TwoStepEveryTime, c); err != nil {
			t.Fatal(err)
		}
		s, _, err := h.Sessions.Find(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		list, err := h.Accounts.Activity(ctx, s, 20)
		if err != nil || len(list) != 2 || list[0].Kind != string(EventTwoStepEveryTime) || list[1].Kind != string(EventSignUp) {
			t.Errorf("%+v, %v", list, err)
		}
		o, err := h.Accounts.Overview(ctx, s)
		if err != nil || o.TwoStep != TwoStepEveryTime || o.Devices != 1 || len(o.Recent) != 2 || !o.PasswordSetAt.Equal(list[1].At) {
			t.Errorf("%+v, %v", o, err)
		}
	})
}
