package e2e

import (
	"bufio"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMailServerAway: the mail server is away for half of a code's life, and for less in make
// test. The page says so, and when it is back every code that lives is delivered and opens the
// door.
func TestMailServerAway(t *testing.T) {
	t.Parallel()
	in := newArchive(t)
	s := start(t, fmt.Sprintf(`code_life = "%v"`, seconds(t, 180, 600)), in.args()...)
	s.letters = in.newest(30)
	in.stop()
	var people []*peer
	for i := range 6 {
		p := s.archivePeer(in)
		p.post("/sign-up", "email", fmt.Sprintf("away%d@example.com", i), "password", password).leads(t, "a sign-up", "/sign-up/code")
		people = append(people, p)
	}
	for _, p := range people {
		await(t, "the page to say that it is delayed", func() (reply, bool) {
			r := p.get("/sign-up/code")
			return r, strings.Contains(r.body, "Delayed. We try again")
		})
	}
	<-time.After(seconds(t, 8, 300))
	in.start()
	back := time.Now()
	for i, p := range people {
		code, _ := p.code("/sign-up/code", fmt.Sprintf("away%d@example.com", i))
		p.post("/sign-up/code", "code", code).leads(t, "a code that was late", "/account")
	}
	t.Logf("%d codes delivered and typed %v after the mail server's return", len(people), time.Since(back).Round(time.Millisecond))
	if n := len(in.letters("")); n != len(people) {
		t.Errorf("%d letters, want %d", n, len(people))
	}
}

// outage is something that keeps the database from taking writes, for a while.
type outage struct {
	name  string
	reads bool // queries are answered all the same
	// begin begins it and gives what ends it.
	begin func(s *server) (end func())
	// lasts is how long it lasts at least.
	lasts time.Duration
}

// seconds is how long a thing lasts in make test, and in make faults.
func seconds(t *testing.T, usual, full int) time.Duration {
	t.Helper()
	if inFull() {
		return time.Duration(full) * time.Second
	}
	return time.Duration(usual) * time.Second
}

// inFull says that this is make faults.
func inFull() bool { return os.Getenv("ADMITONE_FAULTS") != "" }

// cannot ends a test of what this machine has not. In make faults that is a failure: who
// asks for all of them must not take what was left out for what went well.
func cannot(t *testing.T, format string, args ...any) {
	t.Helper()
	if inFull() {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// TestOutages: while the database takes no writes nobody gets in without the step, every page
// says what is so, and nothing is lost; afterwards all is well without a restart.
func TestOutages(t *testing.T) {
	for _, o := range []outage{
		{name: "a full disk", reads: true, begin: fillDisk},
		{name: "files that may not grow", reads: true, begin: capFiles},
		{name: "a read-only file", reads: true, begin: freezeFile},
		{name: "a locked file", reads: true, begin: lockFile, lasts: 10 * time.Second},
	} {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			in := newArchive(t)
			s := startIn(t, o, in.args()...)
			s.letters = in.newest(30)
			o.strikes(s, in)
		})
	}
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		pg := ownPostgres(t)
		in := newArchive(t)
		s := &server{t, &process{data: filepath.Join(t.TempDir(), "data"), out: &output{}}}
		s.args = append([]string{"--data", s.data, "--listen", "127.0.0.1:0", "--database", pg.url}, in.args()...)
		s.letters = in.newest(30)
		s.run()
		t.Cleanup(func() {
			s.stop()
			if t.Failed() {
				t.Logf("the log of the server:\n%s", tail(s.out.String(), 4000))
			}
		})
		outage{name: "read-only", reads: true, begin: pg.freeze}.strikes(s, in)
		outage{name: "stopped", begin: pg.stops, lasts: seconds(t, 5, 30)}.strikes(s, in)
	})
}

// strikes lets an outage happen to a server that people use.
func (o outage) strikes(s *server, in *archive) {
	s.t.Helper()
	name := strconv.Itoa(len(in.letters("")))
	mara := s.archivePeer(in)
	email := "mara" + name + "@example.com"
	mara.signUp(email, password)
	waiting := s.archivePeer(in) // has a code, and types it in the middle of it
	waiting.tryPassword(email, password).leads(s.t, "a right password", "/sign-in/code")
	code, _ := waiting.code("/sign-in/code", email)
	await(s.t, "readyz to be well before "+o.name, func() (reply, bool) { r := mara.get("/readyz"); return r, r.status == http.StatusOK })

	end := o.begin(s)
	began := time.Now()
	lines := strings.Count(s.out.String(), "\n")
	await(s.t, "readyz to say so", func() (int, bool) { n := mara.get("/readyz").status; return n, n == http.StatusServiceUnavailable })
	stranger := s.archivePeer(in)
	var asking sync.WaitGroup
	for _, htmx := range []string{"", "true"} {
		refused := func(p *peer, path string, fields ...string) {
			p = p.twin()
			p.header.Set("HX-Request", htmx)
			asking.Go(func() { o.refused(p, path, fields...) })
		}
		refused(stranger, "/sign-up", "email", "new"+name+"@example.com", "password", password)
		refused(stranger, "/sign-in", "email", email, "password", password)
		refused(waiting, "/sign-in/code", "code", code)
		refused(stranger, "/reset", "email", email)
		refused(mara, "/sign-out")
	}
	asking.Wait()
	if r := mara.get("/account"); o.reads && r.status != http.StatusOK || !o.reads && r.status != http.StatusServiceUnavailable {
		s.t.Errorf("%s: the account of who is signed in: %v", o.name, r)
	}
	if r := waiting.get("/account"); r.status == http.StatusOK {
		s.t.Errorf("%s: a code that was not judged opened the door", o.name)
	}
	for _, path := range []string{"/healthz", "/", "/help", "/sign-in"} {
		if r := stranger.get(path); r.status != http.StatusOK && (path != "/" || r.status != http.StatusSeeOther) {
			s.t.Errorf("%s: %s: %v", o.name, path, r)
		}
	}
	flood(200, 8, func(int) { stranger.get("/account"); _, _ = waiting.try(http.MethodGet, "/account") })
	if left := o.lasts - time.Since(began); left > 0 {
		<-time.After(left)
	}
	// Requests that failed are in it 50 times, and then five times a second.
	if n, most := strings.Count(s.out.String(), "\n")-lines, 100+5*int(time.Since(began).Seconds()); n > most {
		s.t.Errorf("%s: the log has grown by %d lines, want at most %d", o.name, n, most)
	}

	end()
	ended := time.Now()
	await(s.t, "readyz to be well again", func() (int, bool) { n := mara.get("/readyz").status; return n, n == http.StatusOK })
	s.t.Logf("%s: %v, well again %v after its end", o.name, ended.Sub(began).Round(time.Millisecond), time.Since(ended).Round(time.Millisecond))
	if !mara.signedIn() {
		s.t.Errorf("%s: who did not sign out is signed out", o.name)
	}
	waiting.post("/sign-in/code", "code", code).leads(s.t, "the code of before", "/account")
	s.archivePeer(in).signUp("new"+name+"@example.com", password)
	mara.post("/sign-out").leads(s.t, "a sign-out", "/sign-in")
	if mara.signedIn() {
		s.t.Errorf("%s: a sign-out did not hold", o.name)
	}
}

// refused asks that a form was not taken: its page says that it is our fault, when to try again,
// and under which number the log has it.
func (o outage) refused(p *peer, path string, fields ...string) {
	p.tb.Helper()
	before := p.cookie("session")
	r := p.post(path, fields...)
	id := r.header.Get("X-Request-Id")
	if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" || id == "" ||
		!strings.Contains(r.body, "could not save anything") || !strings.Contains(r.body, "Nothing you had is lost") || !strings.Contains(r.body, id) {
		p.tb.Errorf("%s: %s (htmx %q): %v", o.name, path, p.header.Get("HX-Request"), r)
	}
	if p.cookie("session") != before {
		p.tb.Errorf("%s: %s gave a session, or took it", o.name, path)
	}
}

// archivePeer is a peer whose mail an archive takes.
func (s *server) archivePeer(in *archive) *peer {
	p := s.peer("127.0.0.1")
	p.mails = in.newest(30)
	return p
}

// startIn starts a server whose data folder is a file system of its own, where the outage is
// that it is full.
func startIn(t *testing.T, o outage, args ...string) *server {
	t.Helper()
	if o.name != "a full disk" {
		return start(t, "", args...)
	}
	data := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=8m"); err != nil {
		cannot(t, "no file system can be mounted here (%v): files that may not grow stand for it", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(data, syscall.MNT_DETACH) })
	s := &server{t, &process{data: data, out: &output{}}}
	s.args = append([]string{"--data", data, "--listen", "127.0.0.1:0"}, args...)
	s.run()
	t.Cleanup(s.end)
	return s
}

// fillDisk leaves no byte, not even those that SQLite's log has for itself and would use
// again.
func fillDisk(s *server) func() {
	s.t.Helper()
	filler := filepath.Join(s.data, "filler")
	f := must[*os.File](s.t)(os.Create(filler))
	defer f.Close()
	db := must[*sql.DB](s.t)(sql.Open("sqlite3", "file:"+filepath.Join(s.data, "admitone.db")+"?_busy_timeout=5000"))
	defer db.Close()
	for range 2 { // the server may write in between
		_, _ = db.Exec("PRAGMA wal_checkpoint(TRUNCATE)") // one that the disk is too full for leaves nothing to use again
		for size := 64 << 10; size > 0; {
			if _, err := f.Write(make([]byte, size)); err != nil {
				size /= 2
			}
		}
	}
	return func() {
		if err := os.Remove(filler); err != nil {
			s.t.Error(err)
		}
	}
}

// capFiles lets the process write no byte to any file: a quota.
func capFiles(s *server) func() {
	s.t.Helper()
	limit := func(to string) {
		if out, err := exec.Command("prlimit", "--pid", strconv.Itoa(s.cmd.Process.Pid), "--fsize="+to).CombinedOutput(); err != nil {
			s.t.Fatalf("prlimit: %v %s", err, out)
		}
	}
	limit("0:unlimited")
	return func() { limit("unlimited") }
}

// freezeFile makes the database and its journal immutable: root may not write them either. Not
// the shared memory beside them: SQLite maps it, and the kernel ends who writes into a map of a
// file that has become read-only.
func freezeFile(s *server) func() {
	s.t.Helper()
	files := []string{filepath.Join(s.data, "admitone.db"), filepath.Join(s.data, "admitone.db-wal")}
	if out, err := exec.Command("chattr", append([]string{"+i"}, files...)...).CombinedOutput(); err != nil {
		cannot(s.t, "this file system has no immutable files: %s", out)
	}
	thaw := func() { _ = exec.Command("chattr", append([]string{"-i"}, files...)...).Run() }
	s.t.Cleanup(thaw)
	return thaw
}

// lockFile holds the database's lock, as a copying or repairing program might.
func lockFile(s *server) func() {
	s.t.Helper()
	db := must[*sql.DB](s.t)(sql.Open("sqlite3", "file:"+filepath.Join(s.data, "admitone.db")+"?_txlock=exclusive"+patiently))
	tx := must[*sql.Tx](s.t)(db.Begin())
	return func() {
		_ = tx.Rollback()
		db.Close()
	}
}

// postgres is a PostgreSQL that one test has for itself.
type postgres struct {
	t   *testing.T
	url string
	dir string
}

func ownPostgres(t *testing.T) *postgres {
	t.Helper()
	c := exec.Command(filepath.Join("tools", "with-postgres"), "sh", "-c", `echo "$ADMITONE_TEST_POSTGRES"; cat`)
	c.Dir = filepath.Join("..", "..")
	c.Env = append(os.Environ(), "ADMITONE_TEST_POSTGRES=")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = c.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		cannot(t, "there is no PostgreSQL here")
	}
	p := &postgres{t: t, url: strings.TrimSpace(line)}
	p.dir = rows{tb: t, url: p.url}.word("SHOW data_directory")
	return p
}

// as runs a command as the user that the files belong to: PostgreSQL refuses root.
func (p *postgres) as(name string, args ...string) *exec.Cmd {
	owner := must[os.FileInfo](p.t)(os.Stat(p.dir)).Sys().(*syscall.Stat_t)
	c := exec.Command(name, args...)
	c.Dir = p.dir
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	return c
}

// stops ends it at once, as a crash does, and starts it as it was started.
func (p *postgres) stops(*server) func() {
	p.t.Helper()
	pid, _, _ := strings.Cut(string(must[[]byte](p.t)(os.ReadFile(filepath.Join(p.dir, "postmaster.pid")))), "\n")
	began := strings.TrimSpace(string(must[[]byte](p.t)(os.ReadFile(filepath.Join(p.dir, "postmaster.opts")))))
	if err := syscall.Kill(must[int](p.t)(strconv.Atoi(pid)), syscall.SIGQUIT); err != nil {
		p.t.Fatal(err)
	}
	gone := func() (string, bool) {
		_, err := os.Stat(filepath.Join(p.dir, "postmaster.pid"))
		return fmt.Sprint(err), os.IsNotExist(err)
	}
	await(p.t, "PostgreSQL to be gone", gone)
	return func() {
		c := p.as("sh", "-c", "exec "+began)
		if err := c.Start(); err != nil {
			p.t.Fatal(err)
		}
		go func() { _ = c.Wait() }()
		u := must[*url.URL](p.t)(url.Parse(p.url))
		await(p.t, "PostgreSQL to be back", func() (error, bool) {
			db := must[*sql.DB](p.t)(sql.Open("pgx", u.String()))
			defer db.Close()
			err := db.Ping()
			return err, err == nil
		})
	}
}

// freeze makes the whole server read-only, as one that has been demoted to a copy is.
func (p *postgres) freeze(*server) func() {
	p.t.Helper()
	set := func(to string) {
		db := must[*sql.DB](p.t)(sql.Open("pgx", p.url))
		defer db.Close()
		for _, q := range []string{"ALTER SYSTEM SET default_transaction_read_only = " + to, "SELECT pg_reload_conf()"} {
			if _, err := db.Exec(q); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	set("on")
	return func() { set("off") }
}
