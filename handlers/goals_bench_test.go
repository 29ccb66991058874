package handlers_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// BenchmarkBesideBare is how many requests in a second the session check, the
// account page and an article of the help centre answer, as a part of what a bare
// Echo + templ page answers: by turns in one run, over kept connections, with the
// same driver in the same process. cpu-ratio is the same of their CPU time, driver
// included; same-size-ratio is to a bare page as long as the article.
func BenchmarkBesideBare(b *testing.B) {
	bare := httptest.NewServer(barePage())
	defer bare.Close()
	benchEngines(b, func(b *testing.B, s *bench) {
		site := httptest.NewServer(s.site)
		defer site.Close()
		var cookies []string
		for name, value := range s.signUp(b) {
			cookies = append(cookies, name+"="+value)
		}
		for _, page := range []struct{ name, path, cookies string }{
			{"session", "/session", strings.Join(cookies, "; ")},
			{"account", "/account", strings.Join(cookies, "; ")},
			{"article", "/help/a/no-code", ""},
		} {
			b.Run(page.name, func(b *testing.B) {
				var usual, same, ours rate
				length := s.do(b, map[string]string{}, "GET", "/help/a/no-code", "").Body.Len()
				for range b.N {
					usual.add(b, bare.URL, "/?bytes=300", page.cookies)
					ours.add(b, site.URL, page.path, page.cookies)
					if page.name == "article" {
						same.add(b, bare.URL, fmt.Sprintf("/?bytes=%d", length), "")
					}
				}
				if page.name == "article" {
					b.ReportMetric(ours.perSecond()/same.perSecond(), "same-size-ratio")
				}
				b.ReportMetric(usual.perSecond(), "bare/s")
				b.ReportMetric(ours.perSecond(), "ours/s")
				b.ReportMetric(ours.perSecond()/usual.perSecond(), "ratio")
				b.ReportMetric(usual.cpuEach()/ours.cpuEach(), "cpu-ratio")
			})
		}
	})
}

// barePage is the least that Echo and templ answer with: a page of so many bytes, one
// name in it.
func barePage() http.Handler {
	words := strings.Repeat("Words that say nothing new. ", 4096)
	page := func(name string, bytes int) templ.Component {
		return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hello</title></head><body><main><h1>Hello, `+templ.EscapeString(name)+"</h1><p>"+words[:bytes]+"</p></main></body></html>")
			return err
		})
	}
	e := echo.New()
	e.GET("/", func(c echo.Context) error {
		bytes, err := strconv.Atoi(c.QueryParam("bytes"))
		if err != nil {
			return err
		}
		c.Response().Header().Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
		return page("Mara", bytes).Render(c.Request().Context(), c.Response())
	})
	return e
}

// rate is what was answered in how long, and what it cost.
type rate struct {
	answers atomic.Int64
	took    time.Duration
	cpu     time.Duration
}

func (r *rate) perSecond() float64 { return float64(r.answers.Load()) / r.took.Seconds() }
func (r *rate) cpuEach() float64   { return float64(r.cpu) / float64(r.answers.Load()) }

// add asks for a page over eight kept connections for a quarter of a second.
func (r *rate) add(b *testing.B, site, path, cookies string) {
	request := "GET " + path + " HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
	if cookies != "" {
		request += "Cookie: " + cookies + "\r\n"
	}
	request += "\r\n"
	before, start := cpu(), time.Now()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			conn, err := net.Dial("tcp", strings.TrimPrefix(site, "http://"))
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			in := bufio.NewReaderSize(conn, 64<<10)
			for time.Since(start) < 250*time.Millisecond {
				if err := exchange(conn, in, request); err != nil {
					b.Errorf("%s: %v", path, err)
					return
				}
				r.answers.Add(1)
			}
		})
	}
	all.Wait()
	r.took += time.Since(start)
	r.cpu += cpu() - before
}

// exchange sends one request and reads its answer whole. net/http's client costs more
// than the pages do.
func exchange(out io.Writer, in *bufio.Reader, request string) error {
	if _, err := io.WriteString(out, request); err != nil {
		return err
	}
	status, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 20")) {
		return fmt.Errorf("%s", status)
	}
	length, chunked := 0, false
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case len(line) <= 2:
			if chunked {
				return readChunks(in)
			}
			_, err = in.Discard(length)
			return err
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
}

func readChunks(in *bufio.Reader) error {
	for {
		line, err := textproto.NewReader(in).ReadLine()
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(line, 16, 32)
		if err != nil {
			return err
		}
		if _, err := in.Discard(int(n) + 2); err != nil || n == 0 {
			return err
		}
	}
}
