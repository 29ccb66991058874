package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"admitone/handlers"
)

// openChats is how many conversations are open at once, each with its page.
const openChats = 200

// BenchmarkOpenChats sends messages while that many streams are open: how long it
// is from sending to the event on its page (p50 and p99), and what an open
// conversation takes of memory, on both ends of its connection.
func BenchmarkOpenChats(b *testing.B) {
	benchEngines(b, func(b *testing.B, s *bench) {
		server := httptest.NewServer(s.site)
		b.Cleanup(func() {
			s.site.(*handlers.Site).CloseStreams()
			server.Close()
		})
		jars, paths := make([]map[string]string, openChats), make([]string, openChats)
		for i := range openChats {
			jars[i] = map[string]string{}
			paths[i] = writes(b, server.URL, jars[i], "/contact/chat", "Nothing comes.")
		}
		pages := make([]*listener, openChats)
		before := heap()
		for i := range openChats {
			pages[i] = listen(b, server.URL, paths[i]+"/events", jars[i])
			if pages[i].answer.StatusCode != http.StatusOK {
				b.Fatalf("stream %d: %s", i, pages[i].answer.Status)
			}
			pages[i].hears("news")
		}
		each := float64(heap()-before) / openChats

		var took []time.Duration
		b.ResetTimer()
		for n := range b.N {
			i := n % openChats
			at := time.Now()
			writes(b, server.URL, jars[i], paths[i], "Still nothing.")
			pages[i].hears("news")
			took = append(took, time.Since(at))
		}
		b.StopTimer()
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(each, "heap-B/chat")
	})
}

// writes sends a message and gives the path that it leads to. It comes from
// nobody's address, for which there is no limit.
func writes(b *testing.B, site string, jar map[string]string, path, message string) string {
	b.Helper()
	r, err := http.NewRequest(http.MethodPost, site+path, strings.NewReader(form("message", message)))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		b.Fatalf("POST %s: %d", path, res.StatusCode)
	}
	for _, k := range res.Cookies() {
		jar[k.Name] = k.Value
	}
	return res.Header.Get("Location")
}

// heap is what is in use after all that is not is gone.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
