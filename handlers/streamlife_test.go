package handlers

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
)

// oneConn is a listener that gives one connection.
type oneConn chan net.Conn

func (l oneConn) Accept() (net.Conn, error) {
	c, open := <-l
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l oneConn) Close() error   { close(l); return nil }
func (l oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// answered runs a stream to its end on a server, in a time of its own.
func answered(t *testing.T, look func() (bool, error)) (text string, took time.Duration) {
	t.Helper()
	e, s := echo.New(), &site{streams: newStreams()}
	e.GET("/events", func(c echo.Context) error { return s.stream(c, telling{key: "x", look: look}) })
	server, l := &http.Server{Handler: e, ReadTimeout: time.Second, WriteTimeout: time.Second}, make(oneConn, 1)
	go func() { _ = server.Serve(l) }()
	ours, theirs := net.Pipe()
	l <- theirs
	began := time.Now()
	if _, err := io.WriteString(ours, "GET /events HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(ours)
	if err != nil {
		t.Fatal(err)
	}
	took = time.Since(began)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if len(s.streams.open) != 0 || s.streams.all != 0 {
		t.Errorf("still counted: %v", s.streams.open)
	}
	return string(all), took
}

// TestStreamLife: an hour at most, however silent, and its reader is asked about
// all the while.
func TestStreamLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		text, took := answered(t, func() (bool, error) { looks++; return true, nil })
		if took != streamLife || looks < 179 || strings.Count(text, ": still here") < 179 || strings.Count(text, "news") != 1 {
			t.Errorf("%v, %d looks, %q", took, looks, text)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		text, took := answered(t, func() (bool, error) {
			if looks++; looks == 4 {
				return false, errors.New("signed out")
			}
			return true, nil
		})
		if took != 3*keepAlive || strings.Count(text, ": still here") != 2 {
			t.Errorf("%v, %q", took, text)
		}
	})
}

// TestStreamsAreBounded: of one thing, of one address, and in all.
func TestStreamsAreBounded(t *testing.T) {
	s := &site{streams: newStreams()}
	for i := range streamsAll {
		if refused := s.streams.enter(strconv.Itoa(i), ""); refused != 0 {
			t.Fatalf("stream %d: %d", i, refused)
		}
	}
	r := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/events", nil), r)
	if err := s.stream(c, telling{key: "x", look: func() (bool, error) { return true, nil }}); err != nil || r.Code != http.StatusServiceUnavailable || r.Header().Get("Retry-After") == "" {
		t.Errorf("%v, %v", err, r)
	}
	s.streams.leave("7", "")
	for _, step := range []struct {
		key, from string
		want      int
	}{{"x", "", 0}, {"y", "", http.StatusServiceUnavailable}} {
		if got := s.streams.enter(step.key, step.from); got != step.want {
			t.Errorf("%v: %d", step, got)
		}
	}

	few := newStreams()
	for i := range streamsAddress {
		few.enter(strconv.Itoa(i/streamsEach), "here")
	}
	if few.enter("0", "there") != http.StatusTooManyRequests || few.enter("9", "here") != http.StatusTooManyRequests || few.enter("9", "there") != 0 {
		t.Errorf("%v", few.open)
	}
}

func TestAddressOfStreams(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1": "", "::1": "", "::ffff:127.0.0.1": "", "203.0.113.9": "from 203.0.113.9/32", "::ffff:203.0.113.9": "from 203.0.113.9/32",
		"2001:db8:1:2:3::4": "from 2001:db8:1:2::/64",
	} {
		if got := addressOfStreams(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
	if got := addressOfStreams(netip.Addr{}); got != "" {
		t.Errorf("%q", got)
	}
}
