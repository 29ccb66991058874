package e2e

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
)

// How many accounts there are, and how many sign-ins are measured in how many rounds:
// altogether no more than the product's own budget of codes lets these accounts.
const (
	goalAccounts = 100
	goalRounds   = 4
	goalRound    = 48
)

// BenchmarkSignIns is whole sign-ins on new devices, so many at a time: page,
// password, code page, the code from a mail server, code, account page. One op is 192
// of them, in rounds that are measured while as many are always under way.
//
//   - ratio: sign-ins in a second, as a part of the password hashes that the machine
//     does in a second with nothing beside, between the rounds
//   - beside-ms: the CPU time of the server for one, less that of one hash
//   - data-p50-ms, data-p99-ms: from the beginning of the transaction that enqueued a
//     code to the moment when the mail server has read the mail
func BenchmarkSignIns(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, atOnce := range []int{8, 32} {
			b.Run(fmt.Sprintf("%s/%d", engine, atOnce), func(b *testing.B) { signIns(b, engine, atOnce) })
		}
	}
}

func signIns(b *testing.B, engine string, atOnce int) {
	address := func(i int) string { return fmt.Sprintf("mara%d@example.com", i) }
	var addresses []string
	for i := range goalAccounts {
		addresses = append(addresses, address(i))
	}
	box := newLetterbox(b, addresses...)
	data := filepath.Join(b.TempDir(), "data")
	driver, source := "sqlite3", "file:"+filepath.Join(data, "admitone.db")+"?mode=ro&_busy_timeout=5000"
	args := []string{data, "--smtp", "smtp://" + box.address + "?tls=none", "--mail-from", "codes@example.com"}
	if engine == "postgres" {
		driver, source = "pgx", freshDatabase(b)
		args = append(args, "--database", source)
	}
	base, c := launched(b, args...)
	pid := c.Process.Pid
	flood(goalAccounts, 8, func(i int) {
		p := newPeer(b, base, "127.0.0.1")
		p.post("/sign-up", "email", address(i), "password", password).leads(b, "sign-up", "/sign-up/code")
		p.post("/sign-up/code", "code", box.code(b, address(i))).leads(b, "the code of a sign-up", "/account")
	})
	box.beginAnew()

	var hashes, signed pace
	var driving time.Duration
	var begun atomic.Int64
	serverCPU := func() time.Duration { return cpuOf(b, pid) }
	b.ResetTimer()
	for range b.N * goalRounds {
		hashes.of(selfCPU, hashesFor(time.Second/2))
		var workers sync.WaitGroup
		var over atomic.Bool
		ended := make(chan struct{}, goalRound+2*atOnce)
		for range atOnce {
			workers.Go(func() {
				for !over.Load() { // by turns, so that an account signs in once at a time
					signInAnew(b, base, box, address(int(begun.Add(1))%goalAccounts))
					ended <- struct{}{}
				}
			})
		}
		go func() { // where all have failed there is nobody to wait for
			workers.Wait()
			close(ended)
		}()
		pass := func(n int) int {
			for range n {
				<-ended
			}
			return n
		}
		pass(atOnce)
		driver := selfCPU()
		signed.of(serverCPU, func() int { return pass(goalRound) })
		driving += selfCPU() - driver
		over.Store(true)
		workers.Wait()
	}
	hashes.of(selfCPU, hashesFor(time.Second/2))
	b.StopTimer()
	b.ReportMetric(signed.perSecond(), "signins/s")
	b.ReportMetric(hashes.perSecond(), "hashes/s")
	b.ReportMetric(signed.perSecond()/hashes.perSecond(), "ratio")
	b.ReportMetric(milliseconds(hashes.cpuEach()), "hash-ms")
	b.ReportMetric(milliseconds(signed.cpuEach()-hashes.cpuEach()), "beside-ms")
	b.ReportMetric(milliseconds(driving)/float64(signed.n), "driver-ms") // browsers and mail server, on the same cores
	took := box.sinceAsked(b, driver, source)
	for name, at := range map[string]int{"data-p50-ms": 50, "data-p99-ms": 99} {
		b.ReportMetric(milliseconds(took[len(took)*at/100]), name)
	}
}

func signInAnew(b *testing.B, base string, box *letterbox, email string) {
	p := newPeer(b, base, "127.0.0.1")
	defer p.client.CloseIdleConnections()
	p.get("/sign-in")
	p.tryPassword(email, password).leads(b, "a right password on a new device", "/sign-in/code")
	p.get("/sign-in/code")
	p.post("/sign-in/code", "code", box.code(b, email)).leads(b, "the code of a sign-in", "/account")
	p.get("/account")
}

// hashesFor is the hash of the product with nothing around it, on all cores.
func hashesFor(d time.Duration) func() int {
	return func() int {
		var n atomic.Int64
		var all sync.WaitGroup
		start := time.Now()
		for range runtime.GOMAXPROCS(0) {
			all.Go(func() {
				for time.Since(start) < d {
					argon2.IDKey([]byte(password), []byte("sixteen bytes...."), 2, 19456, 1, 32)
					n.Add(1)
				}
			})
		}
		all.Wait()
		return int(n.Load())
	}
}

// pace is how much was done in how long, and with how much CPU time.
type pace struct {
	n         int
	took, cpu time.Duration
}

func (p *pace) of(cpu func() time.Duration, do func() int) {
	before, start := cpu(), time.Now()
	p.n += do()
	p.took += time.Since(start)
	p.cpu += cpu() - before
}

func (p *pace) perSecond() float64     { return float64(p.n) / p.took.Seconds() }
func (p *pace) cpuEach() time.Duration { return p.cpu / time.Duration(max(1, p.n)) }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func selfCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuOf is the CPU time of a process so far, in steps of 10 ms.
func cpuOf(b *testing.B, pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skip("the CPU time of a process is read from /proc")
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // behind the name, which may hold anything
	user := must[int](b)(strconv.Atoi(fields[11]))
	system := must[int](b)(strconv.Atoi(fields[12]))
	return time.Duration(user+system) * 10 * time.Millisecond
}

// letterbox is the boxes of some addresses at a sink, and when codes came to them.
type letterbox struct {
	*sink
	of map[string]<-chan taken

	mu   sync.Mutex
	came map[string][]time.Time
}

func newLetterbox(tb testing.TB, addresses ...string) *letterbox {
	box := &letterbox{sink: openSink(tb), of: map[string]<-chan taken{}, came: map[string][]time.Time{}}
	for _, address := range addresses {
		box.of[address] = box.expect(address)
	}
	return box
}

// code waits for the next code to an address.
func (l *letterbox) code(tb testing.TB, email string) string {
	select {
	case got := <-l.of[email]:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.came[email] = append(l.came[email], got.at)
		return got.code
	case <-time.After(patience):
		tb.Errorf("no code came to %s", email)
		return ""
	}
}

// beginAnew leaves out what came so far.
func (l *letterbox) beginAnew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.came)
}

// sinceAsked is how long each code of a sign-in took since the rows say that it was
// asked for, shortest first.
func (l *letterbox) sinceAsked(b *testing.B, driver, source string) (list []time.Duration) {
	rows := must[*sql.DB](b)(sql.Open(driver, source))
	defer rows.Close()
	found := must[*sql.Rows](b)(rows.Query("SELECT destination, asked_at FROM messages WHERE kind = 'sign_in_code' ORDER BY asked_at"))
	defer found.Close()
	for found.Next() {
		var to string
		var asked time.Time
		if err := found.Scan(&to, &asked); err != nil {
			b.Fatal(err)
		}
		if came := l.came[to]; len(came) > 0 {
			list, l.came[to] = append(list, came[0].Sub(asked)), came[1:]
		}
	}
	if err := found.Err(); err != nil || len(list) == 0 {
		b.Fatal(len(list), err)
	}
	slices.Sort(list)
	return list
}
