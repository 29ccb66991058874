package handlers

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// streams are the open event streams of this process.
type streams struct {
	over chan struct{}
	once sync.Once

	mu   sync.Mutex
	open map[string]int // by what they tell of
}

// streamsEach is how many streams one conversation or member of staff may hold
// open at once: a few tabs, and the ones that a proxy has not closed yet.
const streamsEach = 8

// keepAlive is how often a silent stream says that it is still there, so that no
// proxy cuts it off.
const keepAlive = 20 * time.Second

func newStreams() *streams { return &streams{over: make(chan struct{}), open: map[string]int{}} }

func (t *streams) close() { t.once.Do(func() { close(t.over) }) }

func (t *streams) enter(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[key] >= streamsEach {
		return false
	}
	t.open[key]++
	return true
}

func (t *streams) leave(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[key]--; t.open[key] == 0 {
		delete(t.open, key)
	}
}

// isStream says whether a path answers with an event stream: it is neither
// compressed nor ever complete.
func isStream(path string) bool { return strings.HasSuffix(path, "/events") }

// stream keeps an answer open and says 'news' whenever there may be some. The
// event carries nothing: the page then asks for what came after the last thing it
// shows, so that a stream that was cut can neither lose nor double anything. It
// ends with its reader, or first of all at a graceful stop.
func (s *site) stream(c echo.Context, key string, news <-chan struct{}) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	if c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusOK)
	}
	if !s.streams.enter(key) {
		return echo.NewHTTPError(http.StatusTooManyRequests)
	}
	defer s.streams.leave(key)
	w := http.NewResponseController(c.Response())
	// A stream is as long as a conversation: the server's limits are for pages.
	if err := errors.Join(w.SetReadDeadline(time.Time{}), w.SetWriteDeadline(time.Time{})); err != nil {
		return err
	}
	c.Response().WriteHeader(http.StatusOK)
	alive := time.NewTicker(keepAlive)
	defer alive.Stop()
	say := "retry: 2000\nevent: news\ndata: now\n\n" // what came before the stream was open
	for {
		if _, err := io.WriteString(c.Response(), say); err != nil {
			return nil //nolint:nilerror // the reader has gone
		}
		if err := w.Flush(); err != nil {
			return nil //nolint:nilerror // likewise
		}
		select {
		case <-c.Request().Context().Done():
			return nil
		case <-s.streams.over:
			return nil
		case <-news:
			say = "event: news\ndata: now\n\n"
		case <-alive.C:
			say = ": still here\n\n"
		}
	}
}
