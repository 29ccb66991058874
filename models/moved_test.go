package models

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	safariAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
	newerAgent  = "Mozilla/5.0 (X11; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0"
)

// in is a browser's request from another place.
func in(c Client, p Place) Client {
	c.Place = p
	return c
}

func as(c Client, userAgent string) Client {
	c.UserAgent = userAgent
	return c
}

var (
	inVienna = Place{Country: "AT", City: "Vienna"}
	inRome   = Place{Country: "IT", City: "Rome"}
)

// livesIn signs up in a place and gives the browser with a fresh proof.
func (h *house) livesIn(t testing.TB, email string, p Place) Client {
	t.Helper()
	c := in(browser(), p)
	s, err := h.SignUps.Start(ctx, email, testPassword, c)
	if err != nil {
		t.Fatal(err)
	}
	c.Session = s.Session
	a, err := h.SignUps.Answer(ctx, h.lastCode(t, email), "", Ticks{}, c)
	if err != nil || a.Outcome != Accepted {
		t.Fatalf("%+v, %v", a, err)
	}
	h.messages(t)
	c.Session, c.Device = a.Session, a.Device
	return c
}

// moves says how a session is found, and asks for the acts to agree with it.
func (h *house) moves(t testing.TB, c Client) (moved bool) {
	t.Helper()
	s, standing, err := h.Sessions.Find(ctx, c)
	if err != nil || standing != SignedIn {
		t.Fatalf("%v, %v", standing, err)
	}
	if s.Moved && s != (Session{AccountID: s.AccountID, SignedInAt: s.SignedInAt, Moved: true}) {
		t.Errorf("a session that has moved shows %+v", s)
	}
	return s.Moved
}

// Another browser or another country is a move, and so is what names no browser where
// the session lives in one; a newer version, another network, and a country that is
// not known are none.
func TestWhatIsAMove(t *testing.T) {
	for name, test := range map[string]struct {
		home, now Client
		moved     bool
	}{
		"the same":              {in(browser(), inVienna), in(browser(), inVienna), false},
		"a newer browser":       {in(browser(), inVienna), as(in(browser(), inVienna), newerAgent), false},
		"another city":          {in(browser(), inVienna), in(browser(), Place{Country: "AT", City: "Graz"}), false},
		"another country":       {in(browser(), inVienna), in(browser(), inRome), true},
		"another family":        {in(browser(), inVienna), as(in(browser(), inVienna), safariAgent), true},
		"both":                  {in(browser(), inVienna), as(in(browser(), inRome), safariAgent), true},
		"no country now":        {in(browser(), inVienna), browser(), false},
		"no country before":     {browser(), in(browser(), inRome), false},
		"no word of a browser":  {in(browser(), inVienna), as(in(browser(), inVienna), ""), true},
		"a tool":                {in(browser(), inVienna), as(in(browser(), inVienna), "curl/8.5"), true},
		"a script":              {in(browser(), inVienna), as(in(browser(), inVienna), "python-requests/2.32"), true},
		"half a browser":        {in(browser(), inVienna), as(in(browser(), inVienna), "Mozilla/5.0"), true},
		"no browser before":     {as(browser(), ""), as(browser(), safariAgent), false},
		"into a VPN abroad":     {in(browser(), inVienna), in(browser(), Place{Country: "NL", Roams: true}), true},
		"out of a VPN":          {in(browser(), Place{Country: "NL", Roams: true}), in(browser(), inVienna), false},
		"bytes of no character": {in(browser(), inVienna), as(in(browser(), inVienna), "\xff\x00Firefox"), true},
		"a tool all along":      {as(browser(), "curl/8.5"), as(browser(), "curl/8.6"), false},
	} {
		var s session
		s.settle(test.home)
		if got := s.elsewhere(test.now); got != test.moved {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSessionMoves(t *testing.T) {
	for name, away := range map[string]func(Client) Client{
		"browser": func(c Client) Client { return as(c, safariAgent) },
		"country": func(c Client) Client { return in(c, inRome) },
		"nothing": func(c Client) Client { return as(c, "") },
		"tool":    func(c Client) Client { return as(c, "curl/8.5") },
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, h *house) {
				owner := h.livesIn(t, "mara@example.com", inVienna)
				thief := away(from(owner, 9))
				thief.Device = ""
				proof := func(c Client) Proof {
					t.Helper()
					p, err := h.Reauths.Check(ctx, c)
					if (p == ProofNone) != isKind(err, NotProven) {
						t.Errorf("%v, %v", p, err)
					}
					return p
				}
				refused := func(c Client) {
					t.Helper()
					if proof(c) != ProofNone {
						t.Error("the proof holds elsewhere")
					}
					for what, err := range map[string]error{
						"rename": h.Accounts.RenameDevice(ctx, "ab", "x", c),
						"password": func() error {
							_, err := h.Accounts.ChangePassword(ctx, testPassword, "another long password", true, c)
							return err
						}(),
						"close":    func() error { _, err := h.Accounts.Close(ctx, c); return err }(),
						"two-step": func() error { _, err := h.Accounts.SetTwoStep(ctx, TwoStepOff, c); return err }(),
						"data":     func() error { _, err := h.Accounts.Data(ctx, c); return err }(),
						"pending":  func() error { _, err := h.Accounts.PendingProof(PurposeEmail)(ctx, c); return err }(),
						"everyone": func() error { _, err := h.Accounts.SignOutEverywhere(ctx, true, c); return err }(),
					} {
						if !isKind(err, NotProven) {
							t.Errorf("%s: %v", what, err)
						}
					}
				}
				// The fresh proof of the sign-up does not hold elsewhere, before anything was
				// noted.
				refused(thief)
				if proof(owner) != ProofCode || h.moves(t, owner) {
					t.Fatal("the owner has lost the proof")
				}
				parallel(8, func(int) {
					if s, _, err := h.Sessions.Find(ctx, thief); err != nil || !s.Moved {
						t.Errorf("%+v, %v", s, err)
					}
				})
				told := h.messages(t)
				if len(told) != 1 || told[0].Kind != KindSessionMoved || told[0].What != "Firefox on Linux, Vienna, Austria" ||
					told[0].Device != deviceName(thief.UserAgent) || told[0].Place != thief.Place.String() || told[0].Destination != "mara@example.com" {
					t.Fatalf("%+v", told)
				}
				n, err := h.NotMes.Show(ctx, strings.TrimPrefix(h.notMeOf(told[0]), NotMePath))
				if err != nil || !n.InSession || n.PasswordRight || n.Place != thief.Place.String() {
					t.Errorf("%+v, %v", n, err)
				}
				refused(thief)
				_, parts := h.lent()
				if _, err := parts.SignedIn(h.core.db.Read(ctx), thief, h.now()); !isKind(err, NotProven) {
					t.Errorf("support: %v", err)
				}

				// The owner goes on: the pages as they were, a fresh proof for what is sensitive.
				if h.moves(t, owner) || proof(owner) != ProofNone {
					t.Error("the owner is not as before")
				}
				list, _, err := h.Accounts.Devices(ctx, Session{AccountID: h.idOf(t, "mara@example.com")}, owner)
				if err != nil || len(list) != 1 || !list[0].This || list[0].Place != "Vienna, Austria" || !list[0].MovedAt.Equal(h.now()) {
					t.Errorf("%+v, %v", list, err)
				}
				events, _ := h.Accounts.Activity(ctx, Session{AccountID: h.idOf(t, "mara@example.com")}, 5)
				if i := slices.IndexFunc(events, func(a Activity) bool { return a.Kind == string(EventSessionMoved) }); i < 0 ||
					events[i].Place != thief.Place.String() || events[i].Device != deviceName(thief.UserAgent) {
					t.Errorf("%+v", events)
				}
				now := h.stepUpAlone(t, owner)
				if proof(now) != ProofCode || h.signedIn(t, thief.Session) {
					t.Error("the copy lives on after the owner's step-up")
				}
				if data, err := h.Accounts.Data(ctx, now); err != nil || !slices.ContainsFunc(data.Activity, func(a DataActivity) bool { return a.Place == thief.Place.String() }) {
					t.Errorf("%v", err)
				} else if b, _ := json.Marshal(data); !strings.Contains(string(b), `"sign_ins":[{"at":"2026-`) || !strings.Contains(string(b), `"country":"AT"`) {
					t.Errorf("%s", b)
				}
				if again := h.messages(t); len(again) != 0 {
					t.Errorf("told again: %+v", again)
				}
			})
		})
	}
}

// Who can prove it in the new place goes on there; the old token is dead.
func TestStepUpAfterAMove(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		home := h.livesIn(t, "mara@example.com", inVienna)
		away := as(in(home, inRome), safariAgent)
		away.Device = ""
		if !h.moves(t, away) {
			t.Fatal("it is no move")
		}
		ways, err := h.Reauths.Ways(ctx, away)
		if err != nil || len(ways) != 1 || strings.Contains(fmt.Sprint(ways), "mara@example.com") {
			t.Fatalf("%+v, %v", ways, err)
		}
		there := h.stepUpAlone(t, away)
		if p, err := h.Reauths.Check(ctx, there); p != ProofCode || h.moves(t, there) {
			t.Errorf("%v, %v", p, err)
		}
		if h.signedIn(t, home.Session) {
			t.Error("the old token lives")
		}
		s, _, err := h.Sessions.Find(ctx, there)
		if err != nil || s.Device != "Safari on iOS" || s.Place != "Rome, Italy" || s.Known {
			t.Errorf("%+v, %v", s, err)
		}
		// It lives there now: where it came from is elsewhere.
		h.messages(t)
		back := there
		back.UserAgent, back.Place = home.UserAgent, home.Place
		if !h.moves(t, back) {
			t.Error("the way back is no move")
		}
		// The password alone is a proof of its own sort here as anywhere.
		a, err := h.Reauths.Password(ctx, testPassword, back)
		if err != nil || a.Outcome != Accepted {
			t.Fatalf("%+v, %v", a, err)
		}
		back.Session = a.Session
		if p, err := h.Reauths.Check(ctx, back); p != ProofPassword || h.moves(t, back) {
			t.Errorf("%v, %v", p, err)
		}
	})
}

// A traveller who goes to and fro is told three times a day and no more.
func TestMovesAreToldWithinABudget(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.livesIn(t, "mara@example.com", inVienna)
		told := 0
		for i := range 6 {
			c = in(c, []Place{inRome, inVienna}[i%2])
			for range 2 {
				if !h.moves(t, c) {
					t.Fatal("it is no move")
				}
			}
			for _, m := range h.messages(t) {
				if m.Kind == KindSessionMoved {
					told++
				}
			}
			c = h.stepUp(t, c)
			h.forward(10 * time.Minute)
		}
		if told != 3 {
			t.Errorf("told %d times", told)
		}
		if n := h.count(t, "SELECT count(*) FROM events WHERE kind = ?", EventSessionMoved); n != 6 {
			t.Errorf("%d activities", n)
		}
		h.forward(24 * time.Hour)
		if c = in(c, inRome); !h.moves(t, c) {
			t.Fatal("it is no move")
		}
		if got := h.messages(t); len(got) != 1 || got[0].Kind != KindSessionMoved {
			t.Errorf("%+v", got)
		}
	})
}

// The console asks for a proof in the new place, and a session that only moved is
// not kept alive by it.
func TestConsoleAfterAMove(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines := h.livesIn(t, "ines@example.com", inVienna)
		if err := h.Staff.SetRole(ctx, "ines@example.com", RoleStaff, "Ines"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Agents.Enter(ctx, ines); err != nil {
			t.Fatal(err)
		}
		away := in(ines, inRome)
		if _, err := h.Agents.Enter(ctx, away); !isKind(err, NotProven) {
			t.Errorf("%v", err)
		}
		idle := time.Duration(h.options.Policy.SessionIdle)
		for range 3 {
			h.forward(idle / 2)
			if _, standing, err := h.Sessions.Find(ctx, away); err != nil {
				t.Fatalf("%v, %v", standing, err)
			}
		}
		if h.signedIn(t, ines.Session) {
			t.Error("a copy kept the session alive")
		}
	})
}
