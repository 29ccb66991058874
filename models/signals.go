package models

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"admitone/models/internal/db"

	"github.com/mileusna/useragent"
	"gorm.io/gorm"
)

// What the risk engine knows of the past: sign_in_history of one account, and what
// all accounts together have shown in risk_counts. Only an opened session trains it.

const (
	historyLife = 183 * 24 * time.Hour // what is older is forgotten (RISK.md C4)
	historyMost = 100                  // the newest sign-ins of an account count
	monthLife   = 30 * 24 * time.Hour  // risk_counts are by months of this length

	recentLife  = 24 * time.Hour // how long a change, or a sign-in like another, counts as recent
	failureSpan = time.Hour      // how far back failures count
	failureMost = 100            // more of them say no more

	// Impossible travel (RISK.md C6).
	farSpeed    = 900.0 // km/h
	farDistance = 300.0 // km
)

// pastSignIn is a row: one sign-in that opened a session.
type pastSignIn struct {
	ID        string
	AccountID string
	At        time.Time
	Traits    traits `gorm:"embedded"`
	Latitude  *float64
	Longitude *float64
	Roams     bool
	Counted   bool
}

// TableName is the table that history is in.
func (pastSignIn) TableName() string { return "sign_in_history" }

// traits are the values that the statistical model counts. Equal addresses and
// agents can be told, none can be read. An unknown value is "", and as common or
// rare as any other.
type traits struct {
	Address, Network, Country    string
	Agent, Browser, System, Kind string
}

// features names the columns of traits, as risk_counts has them.
var features = []string{"address", "network", "country", "agent", "browser", "system", "kind"}

func (t traits) values() []string {
	return []string{t.Address, t.Network, t.Country, t.Agent, t.Browser, t.System, t.Kind}
}

// totals names what risk_totals holds, besides how many values a feature has.
const (
	totalSignIns  = "sign_ins"
	totalAccounts = "accounts"
)

// numbered begins a network that has a number. One without is told by a tag, which
// has small letters only.
const numbered = "AS"

// traitsOf reads the values of a client.
func (c *core) traitsOf(cl Client) traits {
	agent := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(cut(cl.UserAgent, 512), ""))
	ua := useragent.Parse(agent)
	t := traits{
		Country: cl.Place.Country,
		Agent:   c.keys.laneTag("agent", agent), Browser: strings.TrimSpace(ua.Name + " " + ua.Version), System: strings.TrimSpace(ua.OS + " " + ua.OSVersion),
		Kind: deviceKind(cl.UserAgent),
	}
	a := cl.Address.Unmap().WithZone("")
	if !a.IsValid() {
		return t
	}
	t.Address = c.keys.laneTag("address", a.String())
	bits := 24
	if a.Is6() {
		bits = 48
	}
	near, _ := a.Prefix(bits) // every address has one
	t.Network = c.keys.laneTag("network", near.String())
	if cl.Place.Network != 0 {
		t.Network = numbered + strconv.FormatUint(uint64(cl.Place.Network), 10)
	}
	return t
}

// learn keeps a sign-in that opened a session. It is counted with the others later,
// by learnCounts: people do not wait for each other's counts. One that was like this
// less than a day ago moves on and is counted once: who signs in again
// and again teaches nothing by it.
func (c *core) learn(tx *db.Tx, account string, cl Client) error {
	row := pastSignIn{ID: newID(), AccountID: account, At: tx.Now, Traits: c.traitsOf(cl), Roams: cl.Place.Roams}
	if cl.Place.Fixed {
		row.Latitude, row.Longitude = &cl.Place.Latitude, &cl.Place.Longitude
	}
	again := "UPDATE sign_in_history SET at = ?, latitude = ?, longitude = ?, roams = ? WHERE account_id = ? AND at > ?"
	args := []any{row.At, row.Latitude, row.Longitude, row.Roams, account, tx.Now.Add(-recentLife)}
	for i, value := range row.Traits.values() {
		again += " AND " + features[i] + " = ?"
		args = append(args, value)
	}
	if moved, err := tx.Exec(again, args...); err != nil || moved > 0 {
		return err
	}
	return tx.Insert(&row)
}

// signals gathers what the database knows about an attempt whose password was
// right. What that costs does not depend on the number of accounts.
func (c *core) signals(tx *db.Tx, a attempt) (Signals, error) {
	account, now := a.owner.AccountID, c.traitsOf(a.client)
	var history []pastSignIn
	err := db.Scan(tx.DB, &history, "SELECT * FROM sign_in_history WHERE account_id = ? AND at > ? ORDER BY at DESC, id DESC LIMIT ?",
		account, tx.Now.Add(-historyLife), historyMost)
	if err != nil {
		return Signals{}, err
	}
	s := Signals{UnknownDevice: a.device == "", MailboxProven: a.own != "", NewCountry: newCountry(history, now.Country)}
	if s.Evidence, err = evidence(tx.DB, history, now, tx.Now); err != nil {
		return s, err
	}
	if len(history) > 0 {
		s.Idle = max(0, tx.Now.Sub(history[0].At))
		s.FarAway = farAway(history[0], a.client.Place, tx.Now)
	}
	// The password, an address or the number may have changed just before; the sign-up
	// is no change. Nothing is counted under the key of a client without an address.
	just, lately := tx.Now.Add(-failureSpan), tx.Now.Add(-recentLife)
	found, _, err := db.First[struct{ Failures, FromAddress, Passwords, Changes int }](tx.DB, "SELECT "+failuresOf+` AS failures,
			(SELECT count(*) FROM (SELECT 1 FROM spends WHERE key = ? AND at > ? LIMIT ?) AS recent) AS from_address,
			(SELECT count(*) FROM accounts WHERE id = ? AND password_set_at > ? AND password_set_at > created_at) AS passwords,
			(SELECT count(*) FROM changes WHERE account_id = ? AND applied_at > ? AND undone_at IS NULL) AS changes`,
		account, EventWrongPassword, just, failureMost, c.addressBudget(a.client.Address).key, just, failureMost, account, lately, account, lately)
	s.Failures, s.AddressFailures, s.Changed = found.Failures, found.FromAddress, found.Passwords+found.Changes > 0
	return s, err
}

// failuresOf counts the wrong passwords of an account just before: the account, the
// kind of the event, since when, and how many at most.
const failuresOf = "(SELECT count(*) FROM (SELECT 1 FROM events WHERE account_id = ? AND kind = ? AND at > ? LIMIT ?) AS recent)"

// evidence counts how often the values of an attempt were seen.
func evidence(g *gorm.DB, history []pastSignIn, now traits, at time.Time) (Evidence, error) {
	all, totals, err := countsOf(g, now, at)
	if err != nil {
		return Evidence{}, err
	}
	// The newest sign-ins are counted a while later, so that the account may have
	// more than all together.
	e := Evidence{Own: len(history), Total: max(totals[totalSignIns], len(history)), Accounts: max(totals[totalAccounts], min(len(history), 1))}
	counts := []*Count{&e.Address, &e.Network, &e.Country, &e.Agent, &e.Browser, &e.System, &e.Kind}
	kinds := []*int{&e.Addresses, &e.Networks, nil, &e.Agents, &e.Browsers, &e.Systems, nil}
	for i, feature := range features {
		for _, past := range history {
			if same(past.Traits.values()[i], now.values()[i], feature) {
				counts[i].Own++
			}
		}
		counts[i].All = max(all[i], counts[i].Own)
		if kinds[i] != nil {
			*kinds[i] = max(totals[feature], 1)
		}
	}
	return e, nil
}

// same compares two values. Where only one of them is known, or only one of two
// networks has a number, nothing can be said against it: else the day on which the
// operator gives a file of places would look unusual for everyone.
func same(past, now, feature string) bool {
	switch feature {
	case "country":
		return past == now || past == "" || now == ""
	case "network":
		return past == now || strings.HasPrefix(past, numbered) != strings.HasPrefix(now, numbered)
	}
	return past == now
}

// countsOf says how often all accounts together have shown the values, in the order
// of features, and what risk_totals holds. Each part of the query is one range of the
// primary key.
func countsOf(g *gorm.DB, now traits, at time.Time) (all []int, totals map[string]int, err error) {
	query, args := "SELECT -1 AS feature, name, n FROM risk_totals", []any{}
	for i, value := range now.values() {
		query += " UNION ALL SELECT " + strconv.Itoa(i) + ", '', coalesce(sum(n), 0) FROM risk_counts WHERE feature = ? AND value = ? AND month >= ?"
		args = append(args, features[i], value, oldestMonth(at))
	}
	var rows []struct {
		Feature int
		Name    string
		N       int
	}
	err = db.Scan(g, &rows, query, args...)
	all, totals = make([]int, len(features)), map[string]int{}
	for _, r := range rows {
		if r.Feature < 0 {
			totals[r.Name] = r.N
		} else {
			all[r.Feature] = r.N
		}
	}
	return all, totals, err
}

// monthOf numbers the months of risk_counts.
func monthOf(t time.Time) int64 { return t.Unix() / int64(monthLife.Seconds()) }

// oldestMonth is the last one that is remembered.
func oldestMonth(now time.Time) int64 { return monthOf(now.Add(-historyLife)) }

// newCountry says whether an account that has been seen somewhere was never seen in
// this country.
func newCountry(history []pastSignIn, country string) bool {
	if country == "" {
		return false
	}
	somewhere := false
	for _, past := range history {
		if past.Traits.Country == country {
			return false
		}
		somewhere = somewhere || past.Traits.Country != ""
	}
	return somewhere
}

// farAway says whether nobody can have travelled from the last sign-in to here
// (RISK.md C6). A place that says little, as behind a relay, says nothing.
func farAway(last pastSignIn, here Place, now time.Time) bool {
	if last.Latitude == nil || last.Longitude == nil || !here.Fixed || last.Roams || here.Roams || last.Traits.Country == here.Country {
		return false
	}
	distance := kilometres(*last.Latitude, *last.Longitude, here.Latitude, here.Longitude)
	hours := max(0, now.Sub(last.At).Hours())
	return distance > farDistance && distance > farSpeed*hours
}

// kilometres is the length of the great circle between two places.
func kilometres(lat1, lon1, lat2, lon2 float64) float64 {
	const radius, degree = 6371.0, math.Pi / 180
	haversine := func(d float64) float64 { return math.Pow(math.Sin(d*degree/2), 2) }
	h := haversine(lat2-lat1) + math.Cos(lat1*degree)*math.Cos(lat2*degree)*haversine(lon2-lon1)
	return 2 * radius * math.Asin(math.Sqrt(min(1, max(0, h))))
}

// foldBatch is how many sign-ins, or counts, one transaction takes.
const foldBatch = 100

// learnCounts adds the new sign-ins to the counts of all accounts, and forgets what
// is too old. It works in short transactions: people do not wait for it.
func (m *Models) learnCounts(ctx context.Context) error {
	for _, batch := range []func(*db.Tx) (int, error){fold, forgetCounts} {
		if err := m.inBatches(ctx, foldBatch, batch); err != nil {
			return err
		}
	}
	return m.countTotals(ctx)
}

// fold counts one batch of sign-ins, each of them once, whoever else folds.
func fold(tx *db.Tx) (int, error) {
	var rows []pastSignIn
	err := tx.Raw("SELECT * FROM sign_in_history WHERE NOT counted ORDER BY at LIMIT ?"+tx.SkipLocked(), foldBatch).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	type key struct {
		feature, value string
		month          int64
	}
	counts, ids := map[key]int{}, make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
		for f, value := range row.Traits.values() {
			counts[key{features[f], value, monthOf(row.At)}]++
		}
	}
	keys := make([]key, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	// Always in one order, so that two folds cannot wait for each other.
	slices.SortFunc(keys, func(x, y key) int {
		return cmp.Or(strings.Compare(x.feature, y.feature), strings.Compare(x.value, y.value), cmp.Compare(x.month, y.month))
	})
	for _, k := range keys {
		_, err := tx.Exec(`INSERT INTO risk_counts (feature, value, month, n) VALUES (?, ?, ?, ?)
			ON CONFLICT (feature, value, month) DO UPDATE SET n = risk_counts.n + excluded.n`, k.feature, k.value, k.month, counts[k])
		if err != nil {
			return 0, err
		}
	}
	_, err = tx.Exec("UPDATE sign_in_history SET counted = ? WHERE id IN ?", true, ids)
	return len(rows), err
}

// forgetCounts deletes one batch of counts that are too old.
func forgetCounts(tx *db.Tx) (int, error) {
	n, err := tx.Exec(`DELETE FROM risk_counts WHERE (feature, value, month) IN
		(SELECT feature, value, month FROM risk_counts WHERE month < ? LIMIT ?)`, oldestMonth(tx.Now), foldBatch)
	return int(n), err
}

// countTotals sums up. It reads outside any transaction and writes at the end:
// that an account was closed meanwhile is seen the next time. Each part walks along an
// index in its order, so that it needs no memory for what it has seen.
func (m *Models) countTotals(ctx context.Context) error {
	g, now := m.core.db.Read(ctx), m.core.db.Now()
	var rows []struct {
		Name string
		N    int
	}
	err := g.Raw(`SELECT feature AS name, count(DISTINCT value) AS n FROM risk_counts WHERE month >= ? GROUP BY feature
		UNION ALL SELECT ?, coalesce(sum(n), 0) FROM risk_counts WHERE feature = 'kind' AND month >= ?
		UNION ALL SELECT ?, count(*) FROM (SELECT account_id FROM sign_in_history GROUP BY account_id HAVING max(at) > ?) AS remembered`,
		oldestMonth(now), totalSignIns, oldestMonth(now), totalAccounts, now.Add(-historyLife)).Scan(&rows).Error
	if err != nil {
		return err
	}
	return m.core.db.Write(ctx, func(tx *db.Tx) error {
		for _, r := range rows {
			_, err := tx.Exec("INSERT INTO risk_totals (name, n) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = excluded.n", r.Name, r.N)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
