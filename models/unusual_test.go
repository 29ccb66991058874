package models

import (
	"slices"
	"testing"
	"time"
)

// guess enters wrong passwords from a stranger's browser.
func (h *house) guess(t testing.TB, email string, n int) {
	t.Helper()
	for range n {
		s, err := h.SignIns.Start(ctx, email, "not the password", "", stranger())
		if err != nil || s.Outcome != Wrong {
			t.Fatalf("a wrong password: %v, %v", s.Outcome, err)
		}
		h.forward(20 * time.Second) // within the limits of an address and of the lane
	}
}

// enter enters the right password.
func (h *house) enter(t testing.TB, email string, c Client, want Outcome) Started {
	t.Helper()
	s, err := h.SignIns.Start(ctx, email, testPassword, "", c)
	if err != nil || s.Outcome != want {
		t.Fatalf("the right password: %v, %v; want %v", s.Outcome, err, want)
	}
	return s
}

// reasonsIn reads the reasons of the newest event of a kind.
func (h *house) reasonsIn(t testing.TB, kind EventKind) []Reason {
	t.Helper()
	var rows []string
	err := h.core.db.Read(ctx).Raw("SELECT reasons FROM events WHERE kind = ? ORDER BY id DESC LIMIT 1", kind).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		t.Fatalf("no event %s: %v", kind, err)
	}
	return reasonsOf(rows[0])
}

func hasAll(list []Reason, want ...Reason) bool {
	for _, r := range want {
		if !slices.Contains(list, r) {
			return false
		}
	}
	return true
}

// kinds are those of the messages that wait.
func (h *house) kinds(t testing.TB) (list []string) {
	t.Helper()
	for _, m := range h.messages(t) {
		list = append(list, m.Kind)
	}
	return list
}

func (h *house) twoStep(t testing.TB, choice string) {
	t.Helper()
	h.write(t, "UPDATE accounts SET two_step = ?", choice)
}

const mara = "mara@example.com"

func TestFarAwayOnKnownDevice(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUpAt(t, mara, vienna)
		h.forward(time.Hour)
		h.enter(t, mara, owner, Accepted)
		h.messages(t)
		owner.Place = sydney
		s := h.enter(t, mara, owner, CodeSent)
		owner.Session = s.Session
		p, err := h.SignIns.Pending(ctx, owner)
		if err != nil || !hasAll(p.Reasons, ReasonFarAway, ReasonNewCountry) || slices.Contains(p.Reasons, ReasonNewDevice) {
			t.Errorf("the page says %v, %v", p.Reasons, err)
		}
		h.forward(time.Minute)
		if r, err := h.SignIns.Resend(ctx, "", "", owner); err != nil || r.Outcome != CodeSent {
			t.Fatal(r.Outcome, err)
		}
		var code string
		for _, m := range h.messages(t) {
			if !slices.Equal(m.Reasons, p.Reasons) || m.Place != sydney.String() {
				t.Errorf("%s says %v, %q", m.Kind, m.Reasons, m.Place)
			}
			code, _ = h.Outbox.Code(m)
		}
		if got := h.reasonsIn(t, EventCodeAsked); !slices.Equal(got, p.Reasons) {
			t.Errorf("the activity says %v", got)
		}
		past := h.count(t, "SELECT count(*) FROM sign_in_history")
		a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, owner)
		if err != nil || a.Outcome != Accepted {
			t.Fatal(a.Outcome, err)
		}
		if n := h.count(t, "SELECT count(*) FROM sign_in_history"); n != past+1 {
			t.Errorf("%d sign-ins after %d", n, past)
		}
		// Where the code was typed nothing is unusual any more.
		owner.Device, owner.Session = a.Device, ""
		h.enter(t, mara, owner, Accepted)
	})
}

func TestTrustedDeviceIsAskedToo(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUpAt(t, mara, vienna)
		h.twoStep(t, TwoStepEveryTime)
		h.write(t, "UPDATE known_devices SET trusted_until = ?", h.now().Add(24*time.Hour))
		h.enter(t, mara, owner, Accepted)
		owner.Place = sydney
		h.enter(t, mara, owner, CodeSent)
	})
}

func TestNewDeviceIsOrdinary(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUpAt(t, mara, vienna)
		c := browser()
		c.Place = vienna
		c.Session = h.enter(t, mara, c, CodeSent).Session
		if p, err := h.SignIns.Pending(ctx, c); err != nil || !slices.Equal(p.Reasons, []Reason{ReasonNewDevice}) {
			t.Errorf("%v, %v", p.Reasons, err)
		}
	})
}

// Very unusual: refused, without a session and without a lesson. The mail's link
// leads to a new password, and from there the code opens.
func TestVeryUnusual(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUpAt(t, mara, vienna)
		h.guess(t, mara, 5)
		h.messages(t)
		past := h.count(t, "SELECT count(*) FROM sign_in_history")
		var mails []Message
		for try := range 4 {
			s := h.enter(t, mara, stranger(), Refused)
			if s.Session != "" || s.Masked == "" || s.Masked == mara || s.Mailed != (try < 3) || !hasAll(s.Reasons, ReasonNewDevice, ReasonFarAway, ReasonFailures) {
				t.Fatalf("%+v", s)
			}
			got := h.messages(t)
			if want := 1; try < 3 && len(got) != want || try == 3 && len(got) != 0 {
				t.Errorf("%d mails at try %d", len(got), try)
			}
			mails = append(mails, got...)
		}
		m := mails[0]
		link := h.Outbox.Links(m).Reset
		if _, code := h.Outbox.Code(m); m.Kind != KindSignInRefused || m.Destination != mara || link == "" || !code || !hasAll(m.Reasons, ReasonFarAway) {
			t.Fatalf("%+v, %q", m, link)
		}
		if n := h.count(t, "SELECT count(*) FROM sign_in_history"); n != past {
			t.Errorf("a refusal taught: %d sign-ins after %d", n, past)
		}
		if got := h.reasonsIn(t, EventSignInRefused); !hasAll(got, ReasonFarAway) {
			t.Errorf("the activity says %v", got)
		}
		// The owner at home is in no way kept out.
		h.enter(t, mara, owner, Accepted)
		h.messages(t)

		c := stranger()
		var err error
		if c.Session, c.Device, err = h.Resets.Follow(ctx, link[len(LinkPath):], c); err != nil {
			t.Fatal(err)
		}
		if err := h.Resets.Finish(ctx, newPassword, c); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		s, err := h.SignIns.Start(ctx, mara, newPassword, "", c)
		if err != nil || s.Outcome != CodeSent {
			t.Fatalf("after the reset: %v, %v", s.Outcome, err)
		}
		c.Session = s.Session
		if a, err := h.SignIns.Answer(ctx, h.lastCode(t, mara), "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Fatalf("its code: %v, %v", a.Outcome, err)
		}
	})
}

func TestUnusualWithTwoStepOff(t *testing.T) {
	for _, always := range []bool{true, false} {
		name := map[bool]string{true: "always", false: "never"}[always]
		t.Run("step_up_when_off="+name, func(t *testing.T) {
			enginesWith(t, func(o *Options) { o.Policy.StepUpWhenOff = name }, func(t *testing.T, h *house) {
				h.signUpAt(t, mara, vienna)
				h.twoStep(t, TwoStepOff)
				h.messages(t)
				near := browser()
				near.Place = vienna
				h.enter(t, mara, near, Accepted)
				if got := h.kinds(t); !slices.Equal(got, []string{KindNewDevice}) {
					t.Errorf("an ordinary new device: %v", got)
				}
				h.enter(t, mara, stranger(), Accepted)
				got := h.messages(t)
				if len(got) != 1 || got[0].Kind != KindSignInUnusual || !hasAll(got[0].Reasons, ReasonFarAway, ReasonNewDevice) {
					t.Errorf("an unusual one: %+v", got)
				}
				if got := h.reasonsIn(t, EventSignInKnown); !hasAll(got, ReasonFarAway) {
					t.Errorf("the activity says %v", got)
				}
				h.write(t, "DELETE FROM sign_in_history WHERE country = ?", sydney.Country)
				h.guess(t, mara, 5)
				if !always {
					h.enter(t, mara, stranger(), Accepted)
					if got := h.kinds(t); !slices.Equal(got, []string{KindSignInUnusual}) {
						t.Errorf("a very unusual one: %v", got)
					}
					return
				}
				h.enter(t, mara, stranger(), CodeSent)
				if got := h.messages(t); len(got) != 1 || got[0].Kind != KindSignInCode || !hasAll(got[0].Reasons, ReasonFailures) {
					t.Errorf("a very unusual one: %+v", got)
				}
			})
		})
	}
}

// Wrong passwords tell nobody, but what opened after several of them does.
func TestSuccessAfterFailures(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUpAt(t, mara, vienna)
		h.messages(t)
		h.guess(t, mara, manyWrong-1)
		h.enter(t, mara, owner, Accepted)
		if got := h.kinds(t); len(got) != 0 {
			t.Errorf("after four: %v", got)
		}
		h.guess(t, mara, 1)
		h.enter(t, mara, owner, Accepted)
		got := h.messages(t)
		if len(got) != 1 || got[0].Kind != KindSignInUnusual || !slices.Equal(got[0].Reasons, []Reason{ReasonFailures}) {
			t.Errorf("after five: %+v", got)
		}
		h.forward(time.Hour)
		h.enter(t, mara, owner, Accepted)
		if got := h.kinds(t); len(got) != 0 {
			t.Errorf("an hour later: %v", got)
		}
	})
}

// The statistical score is not used for a few friends.
func TestNoPopulation(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUpAt(t, mara, vienna)
		h.forward(time.Minute)
		// The same cookie in another browser, behind another address of the country.
		owner.Address, owner.UserAgent = stranger().Address, stranger().UserAgent
		h.enter(t, mara, owner, Accepted)

		h.write(t, "DELETE FROM sign_in_history WHERE system NOT LIKE 'Linux%'")
		h.write(t, "INSERT INTO risk_totals (name, n) VALUES ('sign_ins', 5000), ('accounts', 400), ('address', 4000), ('network', 300), ('agent', 200), ('browser', 60), ('system', 9)")
		c := h.core
		now := c.traitsOf(owner)
		for i, value := range now.values() {
			h.write(t, "INSERT INTO risk_counts (feature, value, month, n) VALUES (?, ?, ?, ?)", features[i], value, monthOf(h.now()), 900)
		}
		owner.Place.Network = 8447
		owner.Session = h.enter(t, mara, owner, CodeSent).Session
		p, err := h.SignIns.Pending(ctx, owner)
		if err != nil || !hasAll(p.Reasons, ReasonNewNetwork, ReasonNewBrowser) {
			t.Errorf("%v, %v", p.Reasons, err)
		}
	})
}
