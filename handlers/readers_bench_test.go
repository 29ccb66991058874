package handlers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// readersAtOnce is how many people read help at the same moment, each over a
// connection of their own.
const readersAtOnce = 1000

// BenchmarkReaders lets a thousand readers open the help home, an article, search
// with a mistake and open the next article. The figures are of all pages together,
// with the whole crowd there: p50 and p99 in milliseconds, pages in a second, and
// the memory that each reader's connection costs on both its ends, in kilobytes.
func BenchmarkReaders(b *testing.B) {
	benchEngines(b, func(b *testing.B, s *bench) {
		server := httptest.NewServer(s.site)
		defer server.Close()
		for range b.N {
			var before, during runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			took := make([][]time.Duration, readersAtOnce)
			start := time.Now()
			var all sync.WaitGroup
			for i := range readersAtOnce {
				all.Go(func() { took[i] = reads(b, server.URL) })
			}
			all.Wait()
			whole := time.Since(start)
			runtime.GC()
			runtime.ReadMemStats(&during)
			pages := slices.Concat(took...)
			slices.Sort(pages)
			b.ReportMetric(float64(pages[len(pages)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(pages[len(pages)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(len(pages))/whole.Seconds(), "pages/s")
			b.ReportMetric(float64(int64(during.HeapAlloc)-int64(before.HeapAlloc))/1024/readersAtOnce, "KB/reader")
		}
	})
}

// reads is one reader; the connection stays open, as a browser's does.
func reads(b *testing.B, site string) (took []time.Duration) {
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	b.Cleanup(client.CloseIdleConnections)
	for _, path := range []string{"/help", "/help/a/no-code", "/help/search?q=recieve+otp", "/help/a/late-code"} {
		start := time.Now()
		r, err := client.Get(site + path)
		if err != nil {
			b.Error(err)
			return took
		}
		_, err = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK {
			b.Errorf("%s: %v %v", path, r.Status, err)
		}
		took = append(took, time.Since(start))
	}
	return took
}
