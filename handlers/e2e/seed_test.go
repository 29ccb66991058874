package e2e

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/mattn/go-sqlite3"
)

// A large site is made by the database itself, a statement a table, from one account
// that has signed up: every other one has its password, and its browser. The rows are
// as many as such a site would have. Nobody is driven who has a phone, as a code would
// go there.

// crowd says who is in a database that was seeded.
type crowd struct{ accounts int }

// driven is how many of the seeded people sign in, spread over all.
const driven = 20000

// person is the number of the nth person that is driven; it begins again at the end.
func (c crowd) person(n int) int {
	most := min(c.accounts, driven)
	i := n % most * (c.accounts / most)
	if i%10 == 9 { // has a phone
		i--
	}
	return i
}

func emailOf(i int) string   { return fmt.Sprintf("person%d@example.com", i) }
func deviceOf(i int) string  { return fmt.Sprintf("device%037d", i) }
func sessionOf(i int) string { return fmt.Sprintf("session%036d", i) }
func addressOf(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255) }

// seeding is one database that is being filled: begin makes the numbers from 0 on, and
// the others write what the engines write differently.
type seeding struct {
	engine    string
	series    func(n int) string
	hex       func(number string, digits int) string
	padded    func(number string, digits int) string
	hashed    func(text string) string
	at        func(seconds string) string
	now, most int64
}

func init() {
	sql.Register("sqlite3-seeding", &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		return c.RegisterFunc("hashed", func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) }, true)
	}})
}

func seedingOf(engine string, accounts int) seeding {
	s := seeding{engine: engine, now: time.Now().Unix(), most: int64(accounts)}
	if engine == "postgres" {
		s.series = func(n int) string {
			return fmt.Sprintf("(SELECT i::bigint FROM generate_series(0, %d) AS i) AS numbers", n-1)
		}
		s.hex = func(number string, digits int) string {
			return fmt.Sprintf("lpad(to_hex((%s)::bigint), %d, '0')", number, digits)
		}
		s.padded = func(number string, digits int) string {
			return fmt.Sprintf("lpad((%s)::text, %d, '0')", number, digits)
		}
		s.hashed = func(text string) string { return "encode(sha256(convert_to(" + text + ", 'UTF8')), 'hex')" }
		s.at = func(seconds string) string { return "to_timestamp(" + seconds + ")" }
		return s
	}
	s.series = func(n int) string {
		return fmt.Sprintf("(WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < %d) SELECT i FROM c) AS numbers", n-1)
	}
	s.hex = func(number string, digits int) string { return fmt.Sprintf("printf('%%0%dx', %s)", digits, number) }
	s.padded = func(number string, digits int) string { return fmt.Sprintf("printf('%%0%dd', %s)", digits, number) }
	s.hashed = func(text string) string { return "hashed(" + text + ")" }
	s.at = func(seconds string) string {
		return "strftime('%Y-%m-%d %H:%M:%S+00:00', " + seconds + ", 'unixepoch')"
	}
	return s
}

const day = 24 * 60 * 60

// ago is a moment up to some days ago, another one for each number.
func (s seeding) ago(number string, days int) string {
	return s.at(fmt.Sprintf("%d - (%s) * 7919 %% %d", s.now, number, days*day))
}

// id spreads the ids of numbers evenly over all, in their order.
func (s seeding) id(number string, of int64) string {
	return s.hex(fmt.Sprintf("(%s) * %d", number, (int64(1)<<32)/max(of, 1)), 8) + " || " + s.hex(number, 24)
}

func (s seeding) account() string { return s.id("i", s.most) }
func (s seeding) device(number string) string {
	return s.hashed("'device' || " + s.padded(number, 37))
}

// statements fill one table each. first is the account that everybody is like.
func (s seeding) statements() []string {
	n := int(s.most)
	all, two := s.series(n), s.series(2*n)
	some := func(share int) string { return s.series(max(1, n/share)) }
	const first = "first"
	const browser = "Firefox on Linux"
	month := s.now / (30 * day)
	list := []string{
		"CREATE TEMP TABLE first AS SELECT a.locale, a.password_hash, h.agent, h.browser, h.system, h.kind FROM accounts a JOIN sign_in_history h ON h.account_id = a.id",
		"INSERT INTO accounts (id, created_at, locale, password_hash, password_set_at) SELECT " + s.account() + ", " + s.ago("i", 700) + ", locale, password_hash, " + s.ago("i", 700) + " FROM " + first + ", " + all,
		"INSERT INTO identifiers (id, account_id, kind, value, shown, is_primary, created_at, verified_at) SELECT " + s.account() + ", " + s.account() +
			", 'email', 'person' || i || '@example.com', 'person' || i || '@example.com', " + s.yes() + ", " + s.ago("i", 700) + ", " + s.ago("i", 700) + " FROM " + all,
		"INSERT INTO identifiers (id, account_id, kind, value, shown, is_primary, created_at, verified_at) SELECT 'p' || substr(" + s.account() + ", 2), " + s.account() +
			", 'phone', '+43664' || " + s.padded("i", 7) + ", '+43664' || " + s.padded("i", 7) + ", NOT " + s.yes() + ", " + s.ago("i", 700) + ", " + s.ago("i", 700) + " FROM " + all + " WHERE i % 10 = 9",
		// Every other account knows a second browser.
		"INSERT INTO devices (id, token_hash, created_at, ends_at) SELECT substr(" + s.device("i") + ", 1, 32), " + s.device("i") + ", " + s.ago("i", 180) + ", " + s.at(fmt.Sprint(s.now+180*day)) + " FROM " + s.series(n+n/2) + " ORDER BY 2",
		"INSERT INTO known_devices (account_id, device_id, name, kind, known_at, seen_at) SELECT " + s.account() + ", substr(" + s.device("i") + ", 1, 32), '" + browser + "', 'computer', " + s.ago("i", 180) + ", " + s.ago("i", 30) + " FROM " + all,
		"INSERT INTO known_devices (account_id, device_id, name, kind, known_at, seen_at) SELECT " + s.account() + ", substr(" + s.device(fmt.Sprintf("i + %d", n)) + ", 1, 32), '" + browser + "', 'computer', " + s.ago("i", 180) + ", " + s.ago("i", 30) + " FROM " + some(2),
		"INSERT INTO sessions (id, account_id, device_id, device, address, amr, until_close, browser, created_at, seen_at, ends_at) SELECT " + s.hashed("'session' || "+s.padded("i", 36)) + ", " + s.account() +
			", substr(" + s.device("i") + ", 1, 32), '" + browser + "', '10.0.0.1', 'pwd otp', NOT " + s.yes() + ", 'Firefox', " + s.ago("i", 30) + ", " + s.ago("i", 25) + ", " + s.at(fmt.Sprint(s.now+60*day)) + " FROM " + all + " ORDER BY 1",
		// One sign-in in fifty was on the first account's browser.
		"INSERT INTO sign_in_history (id, account_id, at, address, network, country, agent, browser, system, kind, roams, counted) SELECT " + s.id(fmt.Sprintf("k * %d + i", n), 9*s.most) + ", " + s.account() + ", " + s.ago("i + k * 86413", 180) +
			", " + s.hex("i * 2 + k % 2", 32) + ", " + s.hex("i / 50", 32) + ", '', CASE WHEN (i + k) % 50 = 0 THEN agent ELSE " + s.hex("i % 900", 32) + " END, CASE WHEN (i + k) % 50 = 0 THEN browser ELSE 'Chrome ' || (100 + i % 40) END" +
			", CASE WHEN (i + k) % 50 = 0 THEN system ELSE 'Windows ' || i % 12 END, CASE WHEN i % 5 < 2 THEN 'phone' ELSE kind END, NOT " + s.yes() + ", " + s.yes() +
			" FROM " + first + ", (SELECT i AS k FROM " + s.series(9) + ") AS times, " + all + " WHERE k < CASE WHEN i % 10 < 4 THEN 1 WHEN i % 10 < 7 THEN 2 WHEN i % 10 < 9 THEN 4 ELSE 9 END",
		"INSERT INTO events (id, account_id, kind, at, device, address) SELECT " + s.hex(fmt.Sprintf("%d + i * %d", (s.now-180*day)*1000, 180*day*1000/(2*s.most)), 12) + " || " + s.hex("i", 20) + ", " + s.id(fmt.Sprintf("i %% %d", n), s.most) +
			", CASE i % 3 WHEN 0 THEN 'sign_in' WHEN 1 THEN 'sign_in_known' ELSE 'code_asked' END, " + s.at(fmt.Sprintf("%d + i * %d / %d", s.now-180*day, 180*day, 2*s.most)) + ", '" + browser + "', '10.0.0.1' FROM " + two,
		// A month's notices, and a day's codes.
		"INSERT INTO messages (id, kind, account_id, generation, channel, destination, locale, device, address, asked_at, state, reason, attempts, created_at, next_at, give_up_at, done_at) SELECT " + s.id("i", s.most/2) + ", 'new_device', " + s.account() +
			", 0, 'email', 'person' || i || '@example.com', 'en', '" + browser + "', '10.0.0.1', " + s.ago("i", 29) + ", 'accepted', '', 1, " + s.ago("i", 29) + ", " + s.ago("i", 29) + ", " + s.ago("i", 29) + ", " + s.ago("i", 29) + " FROM " + some(2),
		"INSERT INTO challenges (id, key_id, account_id, purpose, channel, destination, digits, generation, attempts, max_attempts, sends, created_at, expires_at, resend_at, ends_at, consumed_at) SELECT " + s.id("i", s.most/40) + ", 'seeded', " + s.account() +
			", 'sign_in', 'email', 'person' || i || '@example.com', 6, 0, 1, 5, 1, " + s.ago("i", 1) + ", " + s.ago("i", 1) + ", " + s.ago("i", 1) + ", " + s.ago("i", 1) + ", " + s.ago("i", 1) + " FROM " + some(40),
		"INSERT INTO messages (id, kind, account_id, challenge_id, generation, channel, destination, locale, device, address, asked_at, state, reason, attempts, created_at, next_at, give_up_at, done_at) SELECT 'p' || substr(" + s.id("i", s.most/40) + ", 2), 'sign_in_code', " + s.account() +
			", " + s.id("i", s.most/40) + ", 0, 'email', 'person' || i || '@example.com', 'en', '" + browser + "', '10.0.0.1', " + s.ago("i", 1) + ", 'accepted', '', 1, " + s.ago("i", 1) + ", " + s.ago("i", 1) + ", " + s.ago("i", 1) + ", " + s.ago("i", 1) + " FROM " + some(40),
		"INSERT INTO message_steps (message_id, at, step, detail) SELECT id, done_at, 'accepted', '' FROM messages WHERE done_at IS NOT NULL",
		"INSERT INTO spends (key, at) SELECT 'send password ' || " + s.hex("i", 32) + ", " + s.ago("i", 1) + " FROM " + some(5),
		"INSERT INTO budgets (key, touched_at) SELECT 'send password ' || " + s.hex("i", 32) + ", " + s.ago("i", 1) + " FROM " + some(5),
		"INSERT INTO strikes (key, n, touched_at) SELECT 'lane ' || " + s.hex("i", 32) + ", 1 + i % 5, " + s.ago("i", 29) + " FROM " + some(50),
		"INSERT INTO changes (id, account_id, kind, value, what, before, device, address, made_at, applied_at) SELECT " + s.id("i", s.most/100) + ", " + s.account() + ", 'password', '', '', '{}', '" + browser + "', '10.0.0.1', " + s.ago("i", 29) + ", " + s.ago("i", 29) + " FROM (SELECT 10 * i + 9 AS i FROM " + some(100) + ") AS others",
	}
	for _, feature := range []string{"address", "network", "country", "agent", "browser", "system", "kind"} {
		list = append(list, fmt.Sprintf("INSERT INTO risk_counts (feature, value, month, n) SELECT '%s', %s, %d, count(*) FROM sign_in_history WHERE counted GROUP BY 2", feature, feature, month-1))
	}
	return list
}

func (s seeding) yes() string {
	if s.engine == "postgres" {
		return "true"
	}
	return "1"
}

// seed fills a database with a schema, a key and one account.
func seed(tb testing.TB, engine, url, keyFile string, accounts int) {
	tb.Helper()
	ctx, begin := context.Background(), time.Now()
	driver, file := "pgx", url
	if engine == "sqlite" {
		driver, url = "sqlite3-seeding", "file:"+url+"?_journal_mode=OFF&_synchronous=OFF&_cache_size=-200000"
	}
	pool := must[*sql.DB](tb)(sql.Open(driver, url))
	defer pool.Close()
	db := must[*sql.Conn](tb)(pool.Conn(ctx))
	defer db.Close()
	do := func(statement string, args ...any) {
		tb.Helper()
		if _, err := db.ExecContext(ctx, statement, args...); err != nil {
			tb.Fatalf("%v: %s", err, statement)
		}
	}
	// Indexes are made at the end, which takes a fraction of the time.
	indexes := "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
	if engine == "postgres" {
		do("SET session_replication_role = replica")
		do("SET maintenance_work_mem = '256MB'")
		indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT IN (SELECT conname FROM pg_constraint)"
	}
	rows := must[*sql.Rows](tb)(db.QueryContext(ctx, indexes))
	again := map[string]string{}
	for rows.Next() {
		var name, definition string
		if err := rows.Scan(&name, &definition); err != nil {
			tb.Fatal(err)
		}
		again[name] = definition
	}
	if err := rows.Close(); err != nil {
		tb.Fatal(err)
	}
	for name := range again {
		do("DROP INDEX " + name)
	}
	do("BEGIN")
	s := seedingOf(engine, accounts)
	for _, statement := range s.statements() {
		do(statement)
	}
	do("COMMIT")
	for _, definition := range again {
		do(definition)
	}
	places(tb, db, s, keyFile, crowd{accounts})
	if engine == "postgres" {
		do("VACUUM ANALYZE") // as the server does by itself, a while later
	} else { // or whoever commits first waits for gigabytes
		f := must[*os.File](tb)(os.OpenFile(file, os.O_RDWR, 0))
		defer f.Close()
		if err := f.Sync(); err != nil {
			tb.Fatal(err)
		}
	}
	tb.Logf("%s: %d accounts were made in %v", engine, accounts, time.Since(begin).Round(time.Second))
}

// places lets those who are driven come from where they were before: the tags of
// addresses are keyed.
func places(tb testing.TB, db *sql.Conn, s seeding, keyFile string, c crowd) {
	tb.Helper()
	fields := strings.Fields(lastLine(string(must[[]byte](tb)(os.ReadFile(keyFile)))))
	secret := must[[]byte](tb)(base64.StdEncoding.DecodeString(fields[len(fields)-1]))
	tag := func(list ...string) string {
		mac := hmac.New(sha256.New, secret)
		for _, field := range append([]string{"lane"}, list...) {
			_, _ = mac.Write([]byte{7: byte(len(field))})
			_, _ = mac.Write([]byte(field))
		}
		return hex.EncodeToString(mac.Sum(nil)[:16])
	}
	ctx := context.Background()
	tx := must[*sql.Tx](tb)(db.BeginTx(ctx, nil))
	update := "UPDATE sign_in_history SET address = $1, network = $2, agent = $3, browser = $4, system = $5, kind = $6 WHERE account_id = (SELECT account_id FROM identifiers WHERE kind = 'email' AND value = $7 AND verified_at IS NOT NULL)"
	var like [4]string
	row := tx.QueryRowContext(ctx, "SELECT agent, browser, system, kind FROM sign_in_history WHERE account_id = (SELECT account_id FROM identifiers WHERE kind = 'email' AND value = $1 AND verified_at IS NOT NULL)", firstEmail)
	if err := row.Scan(&like[0], &like[1], &like[2], &like[3]); err != nil {
		tb.Fatal(err)
	}
	prepared := must[*sql.Stmt](tb)(tx.PrepareContext(ctx, update))
	for n := range min(c.accounts, driven) {
		i := c.person(n)
		address := addressOf(i)
		network := address[:strings.LastIndex(address, ".")] + ".0/24"
		if _, err := prepared.ExecContext(ctx, tag("address", address), tag("network", network), like[0], like[1], like[2], like[3], emailOf(i)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}

const firstEmail = "first@example.org"

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// postgresSchema makes a schema of its own on the server that tools/with-postgres has
// started, and drops it with the test.
func postgresSchema(tb testing.TB) string {
	tb.Helper()
	base := os.Getenv("ADMITONE_TEST_POSTGRES")
	if base == "" {
		tb.Fatal("ADMITONE_TEST_POSTGRES is not set: run it by make load or tools/with-postgres")
	}
	name := fmt.Sprintf("load%d", time.Now().UnixNano())
	do := func(statement string) {
		pool := must[*sql.DB](tb)(sql.Open("pgx", base))
		defer pool.Close()
		if _, err := pool.Exec(statement); err != nil {
			tb.Fatal(err)
		}
	}
	do("CREATE SCHEMA " + name)
	tb.Cleanup(func() { do("DROP SCHEMA " + name + " CASCADE") })
	u := must[*url.URL](tb)(url.Parse(base))
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}
