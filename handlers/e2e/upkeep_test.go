package e2e

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// operate runs a command of the operator, and expects it to end well.
func operate(t *testing.T, args ...string) string {
	t.Helper()
	out, err := command(args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// resume serves from a folder that is there already.
func resume(t *testing.T, data string, args ...string) *server {
	t.Helper()
	s := &server{t, &process{data: data, out: &output{}}}
	s.args = append([]string{"--data", s.data, "--listen", "127.0.0.1:0", "--config", configFile(t, "[policy]\n"+roomy)}, args...)
	s.run()
	t.Cleanup(s.end)
	return s
}

// TestBackupUnderLoad: while people sign up, the database is copied; the copy is whole,
// has everybody who was there before, and a server with the same key goes on from it.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	s := start(t, roomy)
	email := func(kind string, i int) string { return fmt.Sprintf("%s%d@example.com", kind, i) }
	const before = 4
	s.accounts(before, func(i int) string { return email("before", i) }, func(int) string { return password })
	s.keepSecret(password)

	var enough atomic.Bool
	var made atomic.Int32
	loaded := make(chan struct{})
	go func() {
		defer close(loaded)
		flood(2, 2, func(lane int) {
			for i := lane; !enough.Load() || made.Load() < 2; i += 2 {
				s.peer("127.0.0.1").signUp(email("during", i), password)
				made.Add(1)
			}
		})
	}()
	copied := filepath.Join(t.TempDir(), "copy", "admitone.db")
	if err := os.Mkdir(filepath.Dir(copied), 0o700); err != nil {
		t.Fatal(err)
	}
	said := operate(t, "backup", copied, "--data", s.data)
	enough.Store(true)
	<-loaded
	if !strings.Contains(said, "whole and checked") || !strings.Contains(said, filepath.Join(s.data, "key")) {
		t.Errorf("it says %q", said)
	}
	refused(t, command("backup", copied, "--data", s.data), "is there already")
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", info, err)
	}

	key := must[[]byte](t)(os.ReadFile(filepath.Join(s.data, "key")))
	if err := os.WriteFile(filepath.Join(filepath.Dir(copied), "key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	again := resume(t, filepath.Dir(copied))
	for i := range before {
		again.counted(email("before", i), 1, "SELECT count(*) FROM identifiers WHERE value = '"+email("before", i)+"' AND verified_at IS NOT NULL")
	}
	again.counted("accounts without their address", 0, "SELECT count(*) FROM accounts a WHERE NOT EXISTS (SELECT 1 FROM identifiers i WHERE i.account_id = a.id AND i.is_primary)")
	again.peer("127.0.0.1").signIn(email("before", 0), password)
}

// TestMove: everything goes on where PostgreSQL takes over: the session, the known
// device, the code under way, and the mail that had not been sent.
func TestMove(t *testing.T) {
	t.Parallel()
	to, secret := withPassword(t, postgresURL(t))
	in, mail := mailServer(t)
	s := start(t, roomy, mail...)
	s.reads(in)
	inbox := func() []letter { return s.letters() }
	codeFor := func(to string, n int) string { return s.code(to, n) }

	owner := s.peer("127.0.0.1")
	s.keepSecret(password)
	owner.post("/sign-up", "email", "ada@example.com", "password", password).leads(t, "sign-up", "/sign-up/code")
	owner.post("/sign-up/code", "code", codeFor("ada@example.com", 1)).leads(t, "its code", "/account")
	chat := s.peer("127.0.0.1")
	if r := chat.post("/contact/chat", "problem", "no_code", "message", "My code did not arrive.", "nonce", "one"); r.status != 303 {
		t.Fatalf("a chat: %v", r)
	}
	pending := s.peer("127.0.0.1")
	pending.tryPassword("ada@example.com", password).leads(t, "on a new device", "/sign-in/code")
	code := codeFor("ada@example.com", 2)
	in.Close()
	waiting := s.peer("127.0.0.1")
	waiting.post("/sign-up", "email", "gil@example.com", "password", password).leads(t, "sign-up", "/sign-up/code")
	s.stop()
	before := inbox()

	said := operate(t, "move", "--data", s.data, "--to", to)
	if !strings.Contains(said, "Copying: 100 %") || !strings.Contains(said, "Comparing: 100 %") || !strings.Contains(said, "chat_messages") || strings.Contains(said, secret) {
		t.Errorf("it says\n%s", said)
	}
	refused(t, command("move", "--data", s.data, "--to", to), "--to: the database is in use")

	again, mail2 := mailServer(t)
	moved := resume(t, s.data, append(mail2, "--database", to)...)
	moved.keepSecret(secret)
	moved.reads(again)
	for _, p := range []*peer{owner, pending, waiting, chat} {
		moved.takes(p)
	}
	if !owner.signedIn() {
		t.Error("the session is over")
	}
	owner.post("/sign-out")
	owner.tryPassword("ada@example.com", password).leads(t, "on the known device", "/account")
	pending.post("/sign-in/code", "code", code).leads(t, "the code under way", "/account")
	waiting.post("/sign-up/code", "code", moved.code("gil@example.com", 1)).leads(t, "the code of the mail that waited", "/account")
	if len(before) == 0 {
		t.Error("no mail was sent before")
	}
}

// withPassword gives a database's URL a password that it need not have: the server of
// tools/with-postgres trusts everybody.
func withPassword(t *testing.T, database string) (with, secret string) {
	t.Helper()
	u := must[*url.URL](t)(url.Parse(database))
	if secret, has := u.User.Password(); has {
		return database, secret
	}
	secret = rand.Text()
	u.User = url.UserPassword(u.User.Username(), secret)
	return u.String(), secret
}

// takes sends a browser to this server: its cookies are of localhost, whatever the port.
func (s *server) takes(p *peer) {
	s.t.Helper()
	next := s.peer("127.0.0.1")
	next.client.Jar = p.client.Jar
	*p = *next
}

// postgresURL makes a schema of its own on the server that tools/with-postgres has
// started.
func postgresURL(t *testing.T) string {
	t.Helper()
	base := os.Getenv("ADMITONE_TEST_POSTGRES")
	if base == "" {
		t.Skip("ADMITONE_TEST_POSTGRES is not set: run it by make test or tools/with-postgres")
	}
	pool := must[*sql.DB](t)(sql.Open("pgx", base))
	defer pool.Close()
	var b [6]byte
	_, _ = rand.Read(b[:])
	schema := "t" + hex.EncodeToString(b[:])
	must[sql.Result](t)(pool.Exec("CREATE SCHEMA " + schema))
	u := must[*url.URL](t)(url.Parse(base))
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

// TestDoctorBeside: it looks beside a running server and without one, and is in nobody's way.
func TestDoctorBeside(t *testing.T) {
	t.Parallel()
	s := start(t, roomy)
	for _, how := range []string{"running", "stopped"} {
		if said := operate(t, "doctor", "--data", s.data); !strings.Contains(said, "Nothing is wrong") || !strings.Contains(said, "holds every key in use") {
			t.Errorf("%s: %s", how, said)
		}
		if how == "running" {
			s.stop()
		}
	}
	s.run()
}
