package handlers

import (
	"net/http"
	"slices"
	"strings"
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

// slowly lets the forms of strangers pass one after the other while the switch is
// on, and refuses those for whom the line is too long.
func (s *site) slowly() echo.MiddlewareFunc {
	line := s.StrangersLine
	if line == (Line{}) {
		line = usualLine
	}
	limit := rate.NewLimiter(rate.Limit(line.PerSecond), line.First)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if !s.inLine(c) {
				return next(c)
			}
			now := s.Models.Now()
			turn := limit.ReserveN(now, 1)
			wait := turn.DelayFrom(now)
			if wait > line.Wait {
				turn.CancelAt(now)
				s.Models.Count("budgets", "strangers_slow")
				return s.wait(c, http.StatusServiceUnavailable, "slow", pageOf(c.Request().URL.EscapedPath()), now.Add(wait))
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

// never are the forms that nobody waits for: whoever holds a mailed link gets on, a
// gateway reports, and a colour costs nothing.
var never = []string{"/reset/link", "/not-me/:token", "/undo/:token", "/sms/report/:token", "/theme"}

// inLine says whether a request is a form of a stranger, and strangers are slowed
// down. Who is signed in, or whose browser was here before, is none, and whoever
// asks for help does not wait for it.
func (s *site) inLine(c echo.Context) bool {
	r := c.Request()
	missing := c.Path() == "" || c.Get(echo.ContextKeyHeaderAllow) != nil
	if r.Method != post || missing || !isPage(r.URL.Path) || slices.Contains(never, c.Path()) ||
		strings.HasPrefix(c.Path(), "/help") || strings.HasPrefix(c.Path(), "/contact") || !s.Models.Console.Slow(r.Context()) {
		return false
	}
	if _, in := s.session(c); in {
		return false
	}
	met, err := s.Models.Console.Met(r.Context(), s.cookies.value(c, s.cookies.device))
	return err != nil || !met
}
