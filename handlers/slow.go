package handlers

import (
	"container/list"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// Line is how strangers go while staff slow them down, in each process: a first few
// at once, then so many in a second, and nobody waits for longer than a while. That
// bounds how many wait at the same time.
type Line struct {
	PerSecond float64
	First     int
	Wait      time.Duration
}

var usualLine = Line{PerSecond: 2, First: 10, Wait: 5 * time.Second}

// Before that line each network has turns of its own, so that one address cannot
// fill it. Browsers that were here before pass it by, and have theirs. Nobody waits
// for one.
var (
	networkTurns = Line{PerSecond: .5, First: 3}
	deviceTurns  = Line{PerSecond: 1, First: 10}
)

// turnsMost is of how many it is known when they came last.
const turnsMost = 4096

// turns let each one act so often and no more. Who has not come for longest is
// forgotten first.
type turns struct {
	each Line

	mu    sync.Mutex
	known map[string]*list.Element // of order, by who it is
	order *list.List               // of takers; who came last is in front
}

type taker struct {
	whose string
	limit *rate.Limiter
}

func newTurns(each Line) *turns {
	return &turns{each: each, known: map[string]*list.Element{}, order: list.New()}
}

// take takes a turn, or says when there will be one.
func (t *turns) take(whose string, now time.Time) (retryAt time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.known[whose]
	if at == nil {
		if last := t.order.Back(); len(t.known) >= turnsMost {
			delete(t.known, t.order.Remove(last).(taker).whose)
		}
		at = t.order.PushFront(taker{whose, rate.NewLimiter(rate.Limit(t.each.PerSecond), t.each.First)})
		t.known[whose] = at
	}
	t.order.MoveToFront(at)
	mine := at.Value.(taker).limit.ReserveN(now, 1)
	if wait := mine.DelayFrom(now); wait > 0 {
		mine.CancelAt(now)
		return now.Add(wait)
	}
	return time.Time{}
}

// networkOf counts together what one person can have many of: the /24 of an IPv4
// address, the /48 of an IPv6 one. The machine's own is nobody's.
func networkOf(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || a.IsLoopback() {
		return ""
	}
	bits := 24
	if a.Is6() {
		bits = 48
	}
	around, _ := a.Prefix(bits) // an address has one
	return around.String()
}

// slowly lets the forms of strangers pass one after the other while the switch is
// on, and refuses those for whom the line is too long.
func (s *site) slowly() echo.MiddlewareFunc {
	line := s.StrangersLine
	if line == (Line{}) {
		line = usualLine
	}
	limit := rate.NewLimiter(rate.Limit(line.PerSecond), line.First)
	networks, devices := newTurns(networkTurns), newTurns(deviceTurns)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if !s.slowed(c) {
				return next(c)
			}
			now, device := s.Models.Now(), s.met(c)
			own, whose := networks, networkOf(s.client(c).Address)
			if device != "" {
				own, whose = devices, device
			}
			if whose != "" {
				if retryAt := own.take(whose, now); !retryAt.IsZero() {
					return s.comeBack(c, retryAt)
				}
			}
			if device != "" {
				return next(c)
			}
			turn := limit.ReserveN(now, 1)
			wait := turn.DelayFrom(now)
			if wait > line.Wait {
				turn.CancelAt(now)
				return s.comeBack(c, now.Add(wait))
			}
			ripe := time.NewTimer(wait)
			defer ripe.Stop()
			select {
			case <-ripe.C:
				return next(c)
			case <-c.Request().Context().Done(): // nobody reads the answer any more
				turn.CancelAt(now)
				return c.Request().Context().Err()
			}
		}
	}
}

// comeBack refuses a form until there is a turn for it.
func (s *site) comeBack(c echo.Context, retryAt time.Time) error {
	s.Models.Count("budgets", "strangers_slow")
	return s.wait(c, http.StatusServiceUnavailable, "slow", pageOf(c.Request().URL.EscapedPath()), retryAt)
}

// never are the forms that nobody waits for: whoever holds a mailed link gets on, a
// gateway reports, and a colour costs nothing.
var never = []string{"/reset/link", "/not-me/:token", "/undo/:token", "/sms/report/:token", "/theme"}

// slowed says whether a request is a form that nobody signed in sends, and such are
// slowed down. Whoever asks for help does not wait for it.
func (s *site) slowed(c echo.Context) bool {
	r := c.Request()
	missing := c.Path() == "" || c.Get(echo.ContextKeyHeaderAllow) != nil
	if r.Method != post || missing || !isPage(r.URL.Path) || slices.Contains(never, c.Path()) ||
		strings.HasPrefix(c.Path(), "/help") || strings.HasPrefix(c.Path(), "/contact") || !s.Models.Console.Slow(r.Context()) {
		return false
	}
	_, in := s.session(c)
	return !in
}

// met is the device of a browser that was here before, "" for a stranger's.
func (s *site) met(c echo.Context) string {
	id, err := s.Models.Console.Met(c.Request().Context(), s.cookies.value(c, s.cookies.device))
	if err != nil {
		return ""
	}
	return id
}
