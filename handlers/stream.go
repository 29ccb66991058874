package handlers

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
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
	all  int
	open map[string]int // by what they tell of, and by network address
}

// How many streams may be open at once. One conversation or member of staff has a
// few tabs, and the ones that a proxy has not closed yet; of one network address
// conversations are counted, since many of staff may work behind one.
const (
	streamsEach    = 8
	streamsAddress = 24
	streamsAll     = 10000
)

// streamLife bounds every stream. Its reader asks for a new one.
const streamLife = time.Hour

// lastNews is how long a stream stays open after the last thing it can tell.
const lastNews = 5 * time.Second

// keepAlive is how often a silent stream says that it is still there, so that no
// proxy cuts it off.
const keepAlive = 20 * time.Second

func newStreams() *streams { return &streams{over: make(chan struct{}), open: map[string]int{}} }

func (t *streams) close() { t.once.Do(func() { close(t.over) }) }

// enter counts a stream, or gives the status that refuses it. from is "" where its
// network address does not count.
func (t *streams) enter(key, from string) (refused int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.open[key] >= streamsEach, from != "" && t.open[from] >= streamsAddress:
		return http.StatusTooManyRequests
	case t.all >= streamsAll:
		return http.StatusServiceUnavailable
	}
	t.all++
	t.open[key]++
	if from != "" {
		t.open[from]++
	}
	return 0
}

func (t *streams) leave(key, from string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all--
	for _, k := range []string{key, from} {
		if k == "" {
			continue
		}
		if t.open[k]--; t.open[k] == 0 {
			delete(t.open, k)
		}
	}
}

// addressOfStreams counts together what one customer of a provider has: an address,
// of IPv6 the network around it. The machine's own stands for nobody.
func addressOfStreams(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || a.IsLoopback() {
		return ""
	}
	bits := 32
	if a.Is6() {
		bits = 64
	}
	around, _ := a.Prefix(bits) // an address has one
	return "from " + around.String()
}

// isStream says whether a path answers with an event stream: it is neither
// compressed nor ever complete.
func isStream(path string) bool { return strings.HasSuffix(path, "/events") }

// telling is a stream that is asked for.
type telling struct {
	key  string // what it tells of
	from string // the network address that it counts for, "" for none
	news <-chan struct{}
	// look is the check of the page that the stream belongs to, made before anything is
	// said: a session, a role or a conversation may have ended meanwhile. more is
	// false where nothing will be new after this.
	look func() (more bool, err error)
}

// stream keeps an answer open and says 'news' whenever there may be some. The
// event carries nothing: the page then asks for what came after the last thing it
// shows, so that a stream that was cut can neither lose nor double anything. It
// ends with its reader, with the right to read, or first of all at a graceful stop.
func (s *site) stream(c echo.Context, t telling) error {
	more, err := t.look()
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	if c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusOK)
	}
	if refused := s.streams.enter(t.key, t.from); refused != 0 {
		h.Set("Retry-After", "60")
		return c.NoContent(refused)
	}
	defer s.streams.leave(t.key, t.from)
	w := http.NewResponseController(c.Response())
	// A stream is as long as a conversation: the server's limits are for pages.
	if err := errors.Join(w.SetReadDeadline(time.Time{}), w.SetWriteDeadline(time.Time{})); err != nil {
		return err
	}
	c.Response().WriteHeader(http.StatusOK)
	alive, over := time.NewTicker(keepAlive), time.NewTimer(streamLife)
	defer alive.Stop()
	defer over.Stop()
	say := "retry: 2000\nevent: news\ndata: now\n\n" // what came before the stream was open
	for {
		if _, err := io.WriteString(c.Response(), say); err != nil {
			return nil //nolint:nilerror // the reader has gone
		}
		if err := w.Flush(); err != nil {
			return nil //nolint:nilerror // likewise
		}
		if !more {
			// The page closes the stream itself when it has asked for the last news:
			// one that is cut off first is an error to it.
			alive.Stop()
			over.Reset(lastNews)
		}
		select {
		case <-c.Request().Context().Done():
			return nil
		case <-s.streams.over:
			return nil
		case <-over.C:
			return nil
		case <-t.news:
			say = "event: news\ndata: now\n\n"
		case <-alive.C:
			say = ": still here\n\n"
		}
		if more, err = t.look(); err != nil {
			return nil //nolint:nilerror // who asks anew is told why
		}
	}
}
