package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkUnderAttack is how often owners sign in in known browsers and open a page,
// alone and beside an attack from 250 addresses: one whose tries are all hashed, and
// one whose tries are refused before. Both halves are of one run, as machines are
// noisy; the attackers run on the same cores.
func BenchmarkUnderAttack(b *testing.B) {
	for name, attack := range map[string]func(p *peer, i int, email string){
		"hashed": func(p *peer, i int, _ string) {
			p.tryPassword(fmt.Sprintf("nobody%d@example.com", i), "stolen elsewhere")
		},
		"refused": func(p *peer, i int, email string) { p.tryPassword(email, fmt.Sprintf("the wrong guess number %d", i)) },
	} {
		b.Run(name, func(b *testing.B) { underAttack(b, attack) })
	}
}

func underAttack(b *testing.B, attack func(p *peer, i int, email string)) {
	base, _ := launched(b, filepath.Join(b.TempDir(), "data"))
	owners := make([]*owner, 10)
	for i := range owners {
		o := &owner{peer: newPeer(b, base, fmt.Sprintf("127.77.0.%d", 1+i)), email: fmt.Sprintf("owner%d@example.com", i), password: password}
		o.signUp(o.email, o.password)
		owners[i] = o
	}
	var crowd []*peer
	for i := range 250 {
		crowd = append(crowd, newPeer(b, base, crowdAddress(30, i)))
	}
	acts := func() float64 {
		begin := time.Now()
		for i := range b.N {
			owners[i%len(owners)].signsIn()
		}
		return float64(b.N) / time.Since(begin).Seconds()
	}

	b.ResetTimer()
	quiet := acts()
	b.StopTimer()
	ctx, stop := context.WithCancel(context.Background())
	var tries atomic.Int64
	var attackers sync.WaitGroup
	for worker := range 16 {
		attackers.Go(func() {
			for i := worker; ctx.Err() == nil; i += 16 {
				attack(crowd[i%len(crowd)], i, owners[i%len(owners)].email)
				tries.Add(1)
			}
		})
	}
	await(b, "the free tries to be used up", func() (int64, bool) { return tries.Load(), tries.Load() > 250 })
	before, begin := tries.Load(), time.Now()
	b.StartTimer()
	attacked := acts()
	b.StopTimer()
	pace := float64(tries.Load()-before) / time.Since(begin).Seconds()
	stop()
	attackers.Wait()
	b.ReportMetric(quiet, "acts/s")
	b.ReportMetric(attacked, "attacked-acts/s")
	b.ReportMetric(attacked/quiet, "ratio")
	b.ReportMetric(pace, "tries/s")
}

// launched starts the binary for a benchmark, gives its address and ends it with the
// benchmark.
func launched(tb testing.TB, args ...string) (base string, c *exec.Cmd) {
	tb.Helper()
	c = command(append([]string{"--listen", "127.0.0.1:0", "--data"}, args...)...)
	out := must[io.ReadCloser](tb)(c.StdoutPipe())
	if err := c.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { quit(tb, c) })
	line, err := bufio.NewReader(out).ReadString('\n')
	found := readyLine.FindStringSubmatch(line)
	if err != nil || found == nil {
		tb.Fatalf("%q, %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return found[1], c
}
