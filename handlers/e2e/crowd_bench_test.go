package e2e

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkCrowd is 500 people who sign in at the same moment, and what others wait
// for pages meanwhile: p50-ms and p99-ms of the sign-in page, an article and the
// session check. served of them had their password looked at; busy were told to come
// back, by a page with Retry-After.
func BenchmarkCrowd(b *testing.B) {
	base, _ := launched(b, filepath.Join(b.TempDir(), "data"))
	crowd := make([]*peer, 500)
	for i := range crowd {
		crowd[i] = newPeer(b, base, "127.0.0.1")
	}
	reader := newPeer(b, base, "127.0.0.1")
	var pages []time.Duration
	var served, busy atomic.Int64
	b.ResetTimer()
	for range b.N {
		var all sync.WaitGroup
		for i, p := range crowd {
			all.Go(func() {
				switch r := p.tryPassword(fmt.Sprintf("nobody%d@example.com", i), password); r.status {
				case http.StatusUnprocessableEntity:
					served.Add(1)
				case http.StatusServiceUnavailable:
					busy.Add(1)
					if r.header.Get("Retry-After") == "" {
						b.Errorf("no Retry-After: %v", r)
					}
				default:
					b.Errorf("%v", r)
				}
			})
		}
		over := make(chan struct{})
		go func() {
			defer close(over)
			all.Wait()
		}()
		for during := true; during; {
			for _, path := range []string{"/sign-in", "/help/a/no-code", "/session"} {
				begin := time.Now()
				reader.get(path)
				pages = append(pages, time.Since(begin))
			}
			select {
			case <-over:
				during = false
			default:
			}
		}
	}
	b.StopTimer()
	slices.Sort(pages)
	b.ReportMetric(milliseconds(pages[len(pages)/2]), "p50-ms")
	b.ReportMetric(milliseconds(pages[len(pages)*99/100]), "p99-ms")
	b.ReportMetric(float64(served.Load())/float64(b.N), "served")
	b.ReportMetric(float64(busy.Load())/float64(b.N), "busy")
}
