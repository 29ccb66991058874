package models

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"admitone/models/internal/db"
)

// Places to sign in from.
var (
	vienna = Place{Country: "AT", City: "Vienna", Network: 1901, Latitude: 48.2, Longitude: 16.4, Fixed: true}
	linz   = Place{Country: "AT", City: "Linz", Network: 1901, Latitude: 48.3, Longitude: 14.3, Fixed: true}
	sydney = Place{Country: "AU", City: "Sydney", Network: 1221, Latitude: -33.9, Longitude: 151.2, Fixed: true}
)

// signUpAt makes an account somewhere.
func (h *house) signUpAt(t testing.TB, email string, p Place) Client {
	t.Helper()
	c := browser()
	c.Place = p
	c.Session = h.startSignUp(t, email, c)
	a, err := h.SignUps.Answer(ctx, h.lastCode(t, email), "", Ticks{}, c)
	if err != nil || a.Outcome != Accepted {
		t.Fatalf("sign-up: %v, %v", a.Outcome, err)
	}
	c.Session, c.Device = a.Session, a.Device
	return c
}

// stranger is a browser that no account knows, on the other side of the world.
func stranger() Client {
	return Client{
		Address: netip.MustParseAddr("198.51.100.77"), Place: sydney,
		UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
	}
}

// signalsOf gathers the signals of an attempt with the right password.
func (h *house) signalsOf(t testing.TB, email string, c Client) (s Signals) {
	t.Helper()
	err := h.core.db.Write(ctx, func(tx *db.Tx) error {
		who, err := findOwner(tx.DB, Email{Value: email})
		if err != nil {
			return err
		}
		device, err := knownDevice(tx.DB, c.Device, who.AccountID, tx.Now)
		if err != nil {
			return err
		}
		own, err := laneDevice(tx.DB, c.Device, who.AccountID, tx.Now)
		if err != nil {
			return err
		}
		s, err = h.core.signals(tx, attempt{owner: who, device: device, own: own, client: c})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSignals(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUpAt(t, "mara@example.com", vienna)
		at := func(c Client, p Place) Client { c.Place = p; return c }
		s := h.signalsOf(t, "mara@example.com", owner)
		if s.UnknownDevice || s.NewCountry || s.FarAway || s.Changed || !s.MailboxProven || s.Idle != 0 || s.Failures != 0 || s.AddressFailures != 0 {
			t.Errorf("on the device of the sign-up: %+v", s)
		}
		if s.Own != 1 || s.Address != (Count{1, 1}) || s.Agent != (Count{1, 1}) || s.Kind != (Count{1, 1}) {
			t.Errorf("its evidence: %+v", s.Evidence)
		}
		h.forward(time.Hour)
		s = h.signalsOf(t, "mara@example.com", stranger())
		if !s.UnknownDevice || !s.NewCountry || !s.FarAway || s.Idle != time.Hour {
			t.Errorf("a stranger far away: %+v", s)
		}
		if s.Own != 1 || s.Address.Own+s.Network.Own+s.Country.Own+s.Agent.Own+s.Browser.Own+s.System.Own != 0 || s.Kind.Own != 1 {
			t.Errorf("its evidence: %+v", s.Evidence)
		}
		if s := h.signalsOf(t, "mara@example.com", at(owner, linz)); s.FarAway || s.NewCountry || s.Network.Own != 1 {
			t.Errorf("the next town: %+v", s)
		}
		roaming, unfixed := sydney, sydney
		roaming.Roams, unfixed.Fixed = true, false
		for name, p := range map[string]Place{"a relay": roaming, "no place": unfixed, "nothing known": {}} {
			if s := h.signalsOf(t, "mara@example.com", at(owner, p)); s.FarAway || s.NewCountry != (p.Country != "") {
				t.Errorf("%s: %+v", name, s)
			}
		}
		h.forward(23 * time.Hour) // 16,000 km: a plane can
		if s := h.signalsOf(t, "mara@example.com", at(owner, sydney)); s.FarAway || !s.NewCountry {
			t.Errorf("a day later: %+v", s)
		}
	})
}

// Where the operator has just given a file of places, nothing looks new for that.
func TestSignalsWhenPlacesBegin(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUp(t, "mara@example.com")
		owner.Place = vienna
		if s := h.signalsOf(t, "mara@example.com", owner); s.NewCountry || s.FarAway || s.Country.Own != 1 || s.Network.Own != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestFarAwayAtOnce(t *testing.T) {
	now := newClock().now()
	last := pastSignIn{At: now, Traits: traits{Country: "AT"}, Latitude: &vienna.Latitude, Longitude: &vienna.Longitude}
	if !farAway(last, sydney, now) || !farAway(last, sydney, now.Add(-time.Hour)) {
		t.Error("no time at all is time enough")
	}
	near := Place{Country: "SK", Latitude: 48.1, Longitude: 17.1, Fixed: true}
	if farAway(last, near, now) {
		t.Error("across the border is far away")
	}
	if d := kilometres(48.2, 16.4, -33.9, 151.2); d < 15900 || d > 16100 {
		t.Errorf("Vienna to Sydney: %.0f km", d)
	}
	if d := kilometres(0, 0, 0, 180); d < 20000 || d > 20040 {
		t.Errorf("half round the world: %.0f km", d)
	}
}

func TestSignalsOfFailuresAndChanges(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUp(t, "mara@example.com")
		for range 3 {
			if s, err := h.SignIns.Start(ctx, "mara@example.com", "not the password", "", stranger()); err != nil || s.Outcome != Wrong {
				t.Fatal(s.Outcome, err)
			}
		}
		if s := h.signalsOf(t, "mara@example.com", owner); s.Failures != 3 || s.AddressFailures != 0 {
			t.Errorf("from the owner's address: %+v", s)
		}
		if s := h.signalsOf(t, "mara@example.com", stranger()); s.Failures != 3 || s.AddressFailures != 3 {
			t.Errorf("from the address of the failures: %+v", s)
		}
		h.forward(61 * time.Minute)
		if s := h.signalsOf(t, "mara@example.com", stranger()); s.Failures != 0 || s.AddressFailures != 0 {
			t.Errorf("an hour later: %+v", s)
		}
		h.write(t, "UPDATE accounts SET password_set_at = ?", h.now())
		if !h.signalsOf(t, "mara@example.com", owner).Changed {
			t.Error("a new password is no change")
		}
		h.forward(25 * time.Hour)
		if h.signalsOf(t, "mara@example.com", owner).Changed {
			t.Error("a day later it still is one")
		}
	})
}

// write runs a statement.
func (h *house) write(t testing.TB, sql string, args ...any) {
	t.Helper()
	err := h.core.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(sql, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pastOf makes sign-ins of an account out of a few values.
func pastOf(account string, from time.Time, n int) []pastSignIn {
	list := make([]pastSignIn, n)
	for i := range list {
		value := func(most int) string { return fmt.Sprint(i % most) }
		list[i] = pastSignIn{
			ID: newID(), AccountID: account, At: from.Add(time.Duration(i) * 6 * time.Hour),
			Traits: traits{Address: value(7), Network: value(5), Country: value(3), Agent: value(6), Browser: value(4), System: value(2), Kind: value(2)},
		}
	}
	return list
}

func (h *house) insert(t testing.TB, list []pastSignIn) {
	t.Helper()
	err := h.core.db.Write(ctx, func(tx *db.Tx) error { return tx.CreateInBatches(&list, 200).Error })
	if err != nil {
		t.Fatal(err)
	}
}

// counts reads risk_counts and risk_totals.
func (h *house) counts(t testing.TB) (all []string) {
	t.Helper()
	g := h.core.db.Read(ctx)
	for _, sql := range []string{
		"SELECT feature || ' ' || value || ' ' || month || ' ' || n FROM risk_counts ORDER BY feature, value, month",
		"SELECT name || ' ' || n FROM risk_totals ORDER BY name",
	} {
		var rows []string
		if err := g.Raw(sql).Scan(&rows).Error; err != nil {
			t.Fatal(err)
		}
		all = append(all, rows...)
	}
	return all
}

// What is learnt is the same in whatever order it comes, in however many parts, and
// whoever else counts at the same time.
func TestLearnCounts(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		var account string
		if err := h.core.db.Read(ctx).Raw("SELECT id FROM accounts").Scan(&account).Error; err != nil {
			t.Fatal(err)
		}
		h.write(t, "DELETE FROM sign_in_history")
		past := pastOf(account, h.now().Add(-60*24*time.Hour), 230)
		var want []string
		for _, turn := range []string{"at once", "shuffled, in parts", "in parallel"} {
			list := slices.Clone(past)
			switch turn {
			case "at once", "in parallel":
				h.insert(t, list)
			default:
				rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
				for part := range slices.Chunk(list, 61) {
					h.insert(t, part)
					if err := h.learnCounts(ctx); err != nil {
						t.Fatal(err)
					}
				}
			}
			if turn == "in parallel" {
				parallel(4, func(int) {
					if err := h.learnCounts(ctx); err != nil {
						t.Error(err)
					}
				})
			}
			for range 2 { // the second time there is nothing to learn
				if err := h.learnCounts(ctx); err != nil {
					t.Fatal(err)
				}
			}
			got := h.counts(t)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", turn, got, want)
			}
			h.write(t, "DELETE FROM sign_in_history")
			h.write(t, "DELETE FROM risk_counts")
			h.write(t, "DELETE FROM risk_totals")
		}
		joined := strings.Join(want, "\n")
		for _, total := range []string{"sign_ins 230", "accounts 1", "address 7", "network 5", "agent 6", "browser 4", "system 2"} {
			if !strings.Contains(joined, "\n"+total) {
				t.Errorf("no %q in %s", total, joined)
			}
		}
	})
}

func TestCountsAreSeenAndForgotten(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUpAt(t, "mara@example.com", vienna)
		h.signUpAt(t, "tom@example.com", vienna)
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		s := h.signalsOf(t, "mara@example.com", owner)
		if s.Total != 2 || s.Accounts != 2 || s.Own != 1 || s.Address != (Count{All: 2, Own: 1}) || s.Country != (Count{All: 2, Own: 1}) || s.Addresses != 1 {
			t.Errorf("%+v", s.Evidence)
		}
		h.forward(8 * 30 * 24 * time.Hour)
		if s := h.signalsOf(t, "mara@example.com", owner); s.Own != 0 || s.Address != (Count{}) {
			t.Errorf("what is old still counts: %+v", s.Evidence)
		}
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"sign_in_history", "risk_counts"} {
			if n := h.count(t, "SELECT count(*) FROM "+table); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
		if n := h.count(t, "SELECT sum(n) FROM risk_totals WHERE name IN ('sign_ins', 'accounts')"); n != 0 {
			t.Errorf("the totals still say %d", n)
		}
	})
}

// An account that is erased takes its history along; what is left says nothing of
// whose it was.
func TestErasedHistory(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUpAt(t, "mara@example.com", vienna)
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Accounts.Close(ctx, owner); err != nil {
			t.Fatal(err)
		}
		h.forward(time.Duration(h.core.policy.ClosingWait) + time.Minute)
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, "SELECT count(*) FROM accounts") + h.count(t, "SELECT count(*) FROM sign_in_history"); n != 0 {
			t.Errorf("%d rows of the account are left", n)
		}
		if n := h.count(t, "SELECT n FROM risk_totals WHERE name = 'accounts'"); n != 0 {
			t.Errorf("%d accounts count", n)
		}
	})
}

// A whole address is in no row of what was learnt.
func TestHistoryIsTags(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUpAt(t, "mara@example.com", vienna)
		var row pastSignIn
		if err := h.core.db.Read(ctx).Raw("SELECT * FROM sign_in_history").Scan(&row).Error; err != nil {
			t.Fatal(err)
		}
		all := fmt.Sprintf("%+v", row)
		for _, secret := range []string{c.Address.String(), "203.0.113", c.UserAgent, "Gecko"} {
			if strings.Contains(all, secret) {
				t.Errorf("the row has %q: %s", secret, all)
			}
		}
		if row.Traits.Network != "AS1901" || row.Traits.Country != "AT" || row.Traits.Browser != "Firefox 140.0" || row.Traits.Kind != "computer" || len(row.Traits.Address) != 32 {
			t.Errorf("%+v", row.Traits)
		}
	})
}

// BenchmarkAssess measures one assessment, queries and all, beside what so many other
// accounts have shown.
func BenchmarkAssess(b *testing.B) {
	for _, others := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(others), func(b *testing.B) {
			bench := func(b *testing.B, h *house) {
				withoutHash(h)
				owner := h.signUpAt(b, "mara@example.com", vienna)
				var account string
				if err := h.core.db.Read(ctx).Raw("SELECT id FROM accounts").Scan(&account).Error; err != nil {
					b.Fatal(err)
				}
				h.insert(b, pastOf(account, h.now().Add(-90*24*time.Hour), historyMost))
				month := monthOf(h.now())
				for i := range others / 1000 { // each of them has an address and a browser of its own
					from := i * 1000
					h.write(b, `WITH RECURSIVE k(i) AS (SELECT CAST(? AS INTEGER) UNION ALL SELECT i + 1 FROM k WHERE i < CAST(? AS INTEGER))
						INSERT INTO risk_counts (feature, value, month, n) SELECT f.name, 'other ' || k.i, CAST(? AS INTEGER), 3 FROM k,
						(SELECT 'address' AS name UNION ALL SELECT 'network' UNION ALL SELECT 'agent' UNION ALL SELECT 'browser' UNION ALL SELECT 'system') f`, from, from+999, month)
				}
				if err := h.learnCounts(ctx); err != nil {
					b.Fatal(err)
				}
				weights := h.core.weights
				measure(b, func() {
					for range b.N {
						Assess(h.signalsOf(b, "mara@example.com", owner), weights)
					}
				})
			}
			b.Run("sqlite", func(b *testing.B) { bench(b, openHouse(b, filepath.Join(b.TempDir(), "admitone.db"), nil)) })
			b.Run("postgres", func(b *testing.B) { bench(b, openHouse(b, postgresURL(b), nil)) })
		})
	}
}
