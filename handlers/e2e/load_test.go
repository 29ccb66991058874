package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// loadPolicy widens what bounds one person, as few of them do what many would. The
// limits are counted all the same.
const loadPolicy = `
resend_waits = ["1s"]
owner_sends = { ten_minutes = 100000, hour = 100000, day = 100000 }
stranger_sends = { ten_minutes = 100000, hour = 100000, day = 100000 }
wrong_codes = 100
address_per_minute = 100000
address_per_hour = 100000
domain_sends = 1000000
`

// trip is what one person does; weight is its share of the time. pauses says that most
// of it is waiting, so that more people are on it at once.
type trip struct {
	name   string
	weight float64
	pauses bool
	does   func(*visit) error
}

var trips = []trip{
	{"sign-up", 1, false, signsUp},
	{"sign-in, new device", 1, false, signsInNew},
	{"sign-in, wrong code and resend", 1, true, signsInLate},
	{"sign-in, known device", 1, false, signsInKnown},
	{"session checks", 0.5, false, looks},
	{"help", 0.5, false, readsHelp},
}

// site is the instances of one database, with what was measured of them.
type site struct {
	load      *load
	engine    string
	instances int
	crowd     crowd

	bases   []string
	running []*exec.Cmd
	turn    atomic.Int64 // requests go round the instances
	persons atomic.Int64 // and visits round the people
	busy    sync.Map     // who is on a visit

	started    time.Duration // of the first instance, to its first answer
	mu         sync.Mutex
	took       map[string][]time.Duration // by step
	walked     map[string]int             // by journey
	cpu        map[string]time.Duration   // of all instances, by journey
	rss, peak  float64                    // MB, of all instances
	failed     int
	firstFault error
}

// load is one run: a closed loop, in which each of so many workers begins the next
// visit when the last one is over. No more than parallel requests are under way.
type load struct {
	tb       testing.TB
	sink     *sink
	wire     *http.Transport
	parallel int
	pausing  int // times as many people where most of a trip is waiting
	rounds   int // how often few and many take turns
	seconds  float64
	slots    chan struct{}
	fresh    atomic.Int64 // numbers those who sign up
}

func (l *load) open(engine string, instances, accounts int) *site {
	s := &site{load: l, engine: engine, instances: instances, crowd: crowd{accounts}, took: map[string][]time.Duration{}, walked: map[string]int{}, cpu: map[string]time.Duration{}}
	dir := l.tb.(interface{ TempDir() string }).TempDir()
	config, key := filepath.Join(dir, "admitone.toml"), filepath.Join(dir, "key")
	if err := os.WriteFile(config, []byte("[policy]\n"+loadPolicy), 0o600); err != nil {
		l.tb.Fatal(err)
	}
	source := filepath.Join(dir, "0", "admitone.db")
	args := []string{"--key-file", key, "--config", config, "--smtp", "smtp://" + l.sink.address + "?tls=none", "--mail-from", "codes@example.com", "--trusted-proxies", "127.0.0.1"}
	if engine == "postgres" {
		source = postgresSchema(l.tb)
		args = append(args, "--database", source)
	}
	folder := func(i int) []string { return append([]string{filepath.Join(dir, strconv.Itoa(i))}, args...) }

	base, c := launch(l.tb, folder(0)...)
	s.bases = []string{base}
	if err := signsUpAs(s.visitor(addressOf(0), nil), firstEmail); err != nil {
		l.tb.Fatal(err)
	}
	quit(l.tb, c)
	seed(l.tb, engine, source, key, accounts)

	begin := time.Now()
	base, c = launch(l.tb, folder(0)...)
	s.started = time.Since(begin)
	s.bases, s.running = []string{base}, []*exec.Cmd{c}
	for i := 1; i < instances; i++ {
		base, c := launch(l.tb, append(folder(i), "--public-url", s.bases[0])...)
		s.bases, s.running = append(s.bases, base), append(s.running, c)
	}
	s.took, s.walked = map[string][]time.Duration{}, map[string]int{}
	return s
}

// drive lets the workers walk one journey for a while.
func (s *site) drive(j trip, length time.Duration) {
	before, until := s.spent(), time.Now().Add(length)
	workers, n := sync.WaitGroup{}, s.load.parallel
	if j.pauses {
		n *= s.load.pausing
	}
	for range n {
		workers.Go(func() {
			for again := true; again; again = time.Now().Before(until) { // once at least, though the machine stands still meanwhile
				i := s.crowd.person(int(s.persons.Add(1)))
				if _, there := s.busy.LoadOrStore(i, true); there {
					continue // one visit at a time: the codes of two would be mixed up
				}
				v := s.visitor(addressOf(i), &i)
				err := j.does(v)
				s.busy.Delete(i)
				s.mu.Lock()
				s.walked[j.name]++
				if err != nil {
					s.failed++
					if s.firstFault == nil {
						s.firstFault = fmt.Errorf("%s: %w", j.name, err)
					}
				}
				s.mu.Unlock()
			}
		})
	}
	workers.Wait()
	s.cpu[j.name] += s.spent() - before
}

// spent is the CPU time of all instances so far.
func (s *site) spent() (sum time.Duration) {
	for _, c := range s.running {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.Process.Pid))
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if err != nil || len(fields) < 13 {
			s.load.tb.Fatalf("the CPU time of a process: %v", err)
		}
		for _, ticks := range fields[11:13] { // in user and in system mode, 100 to a second
			n, _ := strconv.Atoi(ticks)
			sum += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return sum
}

// close notes what the instances hold, and ends them.
func (s *site) close() {
	for _, c := range s.running {
		now, most := residentMB(s.load.tb, c.Process.Pid)
		s.rss, s.peak = s.rss+now, s.peak+most
		quit(s.load.tb, c)
	}
	if s.failed > 0 {
		s.load.tb.Errorf("%s: %d visits went wrong, the first: %v", s.name(), s.failed, s.firstFault)
	}
}

func (s *site) name() string {
	return fmt.Sprintf("%s, %d instances, %d accounts", s.engine, s.instances, s.crowd.accounts)
}

// visit is one person's browser on one journey. The connections are shared by all, as
// a proxy's are, and each request goes to the next instance.
type visit struct {
	*peer
	site *site
	who  int
}

func (s *site) visitor(address string, who *int) *visit {
	jar := must[*cookiejar.Jar](s.load.tb)(cookiejar.New(nil))
	p := &peer{
		tb: s.load.tb, base: s.bases[0], header: http.Header{"User-Agent": {firefox}, "X-Forwarded-For": {address}},
		client: &http.Client{Transport: s.load.wire, Jar: jar, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		turn:   func() string { return s.bases[int(s.turn.Add(1))%len(s.bases)] },
	}
	v := &visit{peer: p, site: s}
	if who != nil {
		v.who = *who
	}
	return v
}

// step is one request; leads is where its answer leads, "" for a page.
func (v *visit) step(name, leads string, status int, method, path string, fields ...string) error {
	r, took, err := v.timed(method, path, fields...)
	v.note(name, took)
	if err == nil && (r.status != status || r.to != leads) {
		err = fmt.Errorf("%s: %v", name, r)
	}
	return err
}

// timed is try, once there is room for another request.
func (v *visit) timed(method, path string, fields ...string) (reply, time.Duration, error) {
	v.site.load.slots <- struct{}{}
	defer func() { <-v.site.load.slots }()
	begin := time.Now()
	r, err := v.try(method, path, fields...)
	return r, time.Since(begin), err
}

func (v *visit) page(name, path string) error { return v.step(name, "", http.StatusOK, "GET", path) }

func (v *visit) form(name, leads, path string, fields ...string) error {
	return v.step(name, leads, http.StatusSeeOther, "POST", path, fields...)
}

func (v *visit) note(name string, took time.Duration) {
	v.site.mu.Lock()
	defer v.site.mu.Unlock()
	v.site.took[name] = append(v.site.took[name], took)
}

// code waits for a letter that was asked for at a time.
func (v *visit) code(box <-chan taken, asked time.Time) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	select {
	case got := <-box:
		v.note("form to mail", max(0, got.at.Sub(asked)))
		return got.code, nil
	case <-ctx.Done():
		return "", fmt.Errorf("no code has come")
	}
}

// first does one after the other until one fails.
func first(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func signsUp(v *visit) error {
	n := v.site.load.fresh.Add(1)
	v.header.Set("X-Forwarded-For", fmt.Sprintf("11.%d.%d.%d", n>>16, n>>8&255, n&255))
	return signsUpAs(v, fmt.Sprintf("fresh%d@example.net", n))
}

func signsUpAs(v *visit, email string) error {
	box := v.site.load.sink.expect(email)
	defer v.site.load.sink.forget(email)
	if err := v.page("form", "/sign-up"); err != nil {
		return err
	}
	if err := v.form("sign-up", "/sign-up/code", "/sign-up", "email", email, "password", password); err != nil {
		return err
	}
	asked := time.Now()
	if err := v.page("code page", "/sign-up/code"); err != nil {
		return err
	}
	code, err := v.code(box, asked)
	if err != nil {
		return err
	}
	if err := v.form("code of a sign-up", "/account", "/sign-up/code", "code", code); err != nil {
		return err
	}
	return v.page("account", "/account")
}

func signsInNew(v *visit) error { return v.signsInByCode(nil) }

// signsInLate types a wrong code, has the code sent again when that may be, and types
// it once it has come: a letter that is still under way must not be taken for the
// next visit's.
func signsInLate(v *visit) error {
	return v.signsInByCode(func(right string, box <-chan taken) error {
		wrong := "123456"
		if right == wrong {
			wrong = "654321"
		}
		if err := v.step("wrong code", "", http.StatusUnprocessableEntity, "POST", "/sign-in/code", "code", wrong); err != nil {
			return err
		}
		if err := v.resend(); err != nil {
			return err
		}
		again, err := v.code(box, time.Now())
		if err == nil && again != right {
			err = fmt.Errorf("sent again, the code is another one")
		}
		return err
	})
}

// resend asks again until it is not too soon any more. Only the one that is taken is
// counted.
func (v *visit) resend() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	soon := time.NewTimer(time.Second)
	defer soon.Stop()
	for {
		select {
		case <-soon.C:
		case <-ctx.Done():
			return fmt.Errorf("the code is never sent again")
		}
		r, took, err := v.timed("POST", "/sign-in/code/resend")
		if err != nil || r.status != http.StatusTooManyRequests {
			v.note("resend", took)
			if err == nil && r.status != http.StatusSeeOther {
				err = fmt.Errorf("resend: %v", r)
			}
			return err
		}
		soon.Reset(50 * time.Millisecond)
	}
}

func (v *visit) signsInByCode(before func(code string, box <-chan taken) error) error {
	email := emailOf(v.who)
	box := v.site.load.sink.expect(email)
	defer v.site.load.sink.forget(email)
	if err := v.page("form", "/sign-in"); err != nil {
		return err
	}
	if err := v.form("password, new device", "/sign-in/code", "/sign-in", "email", email, "password", password); err != nil {
		return err
	}
	asked := time.Now()
	if err := v.page("code page", "/sign-in/code"); err != nil {
		return err
	}
	code, err := v.code(box, asked)
	if err == nil && before != nil {
		err = before(code, box)
	}
	if err != nil {
		return err
	}
	if err := v.form("code", "/account", "/sign-in/code", "code", code); err != nil {
		return err
	}
	return v.page("account", "/account")
}

func signsInKnown(v *visit) error {
	v.setCookie("device", deviceOf(v.who))
	return first(
		func() error { return v.page("form", "/sign-in") },
		func() error {
			return v.form("password, known device", "/account", "/sign-in", "email", emailOf(v.who), "password", password)
		},
		func() error { return v.page("account", "/account") },
		func() error { return v.form("sign-out", "/sign-in", "/sign-out") },
	)
}

// looks is somebody who has been away and comes back: the first page notes it.
func looks(v *visit) error {
	v.setCookie("session", sessionOf(v.who))
	for i := range 5 {
		name := "session check"
		if i == 0 {
			name = "session check, first in a while"
		}
		if err := v.page(name, "/account"); err != nil {
			return err
		}
		if err := v.step("session check for a proxy", "", http.StatusNoContent, "GET", "/session"); err != nil {
			return err
		}
	}
	return nil
}

func readsHelp(v *visit) error {
	return first(
		func() error { return v.page("help", "/help") },
		func() error { return v.page("help article", "/help/a/no-code") },
		func() error { return v.page("help search", "/help/search?q=recieve+otp") },
	)
}

// TestLoad is what make load runs; in make test it only shows that the load can be
// driven. The figures of few and of many accounts are of one run, turn by turn, as
// machines are noisy.
func TestLoad(t *testing.T) {
	out := os.Getenv("ADMITONE_LOAD")
	few, many, parallel, pausing, rounds, seconds, engines := 40, 100, 2, 1, 1, 0.1, []string{"sqlite"}
	if out != "" {
		pausing, rounds = 8, 6
		few, many, parallel, seconds = 1000, number(t, "ACCOUNTS", 1000000), number(t, "PARALLEL", 4), float64(number(t, "SECONDS", 12))
		engines = strings.Fields(os.Getenv("ENGINE"))
		if len(engines) == 0 {
			engines = []string{"sqlite", "postgres"}
		}
	}
	l := &load{tb: t, sink: openSink(t), parallel: parallel, pausing: pausing, rounds: rounds, seconds: seconds, slots: make(chan struct{}, parallel)}
	l.wire = &http.Transport{MaxIdleConnsPerHost: 2 * parallel, DisableCompression: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", "127.0.0.1"+address[strings.LastIndex(address, ":"):])
	}}
	t.Cleanup(l.wire.CloseIdleConnections)
	var all []*site
	for _, engine := range engines {
		for instances := 1; instances <= 2; instances++ {
			if instances == 2 && engine == "sqlite" {
				continue // one process holds the file
			}
			all = append(all, l.compare(engine, instances, few, many)...)
		}
	}
	for _, s := range all {
		for _, j := range trips {
			if s.walked[j.name] == 0 {
				t.Errorf("%s: nobody walked %q", s.name(), j.name)
			}
		}
	}
	if out != "" {
		l.report(out, all)
	}
}

func (l *load) compare(engine string, instances, few, many int) []*site {
	pair := []*site{l.open(engine, instances, few), l.open(engine, instances, many)}
	for round := range l.rounds {
		for _, j := range trips {
			for i := range pair {
				s := pair[(i+round)%2]
				s.drive(j, time.Duration(l.seconds*j.weight/float64(l.rounds)*float64(time.Second)))
			}
		}
	}
	for _, s := range pair {
		s.close()
	}
	return pair
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s: %q is not a number from 1 on", name, text)
	}
	return n
}

// at gives the part of a step's times, of 1.
func (s *site) at(step string, part float64) time.Duration {
	list := s.took[step]
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[min(len(list)-1, int(part*float64(len(list))))]
}
