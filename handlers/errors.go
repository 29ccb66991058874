package handlers

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// problem is the one place where an error becomes an answer. What
// a form can show beside its fields never comes here: its handler does that.
func (s *site) problem(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	if s.ledOn(err, c) {
		return
	}
	status, kind := classify(err)
	id := requestID(c)
	if status == http.StatusInternalServerError || kind == "away" && s.away.say() {
		s.Log.Error("request failed", "request", id, "method", c.Request().Method, "route", c.Path(), "error", err, "unsaid", s.away.unsaid.Swap(0))
	}
	var refusal *models.Error
	if errors.As(err, &refusal) && refusal.Kind == models.Busy {
		s.answer(c, s.wait(c, http.StatusServiceUnavailable, "busy", "", refusal.RetryAt))
		return
	}
	var wait time.Duration
	if kind == "away" {
		wait = awayWait
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
	}
	if isHTMX(c) {
		s.answer(c, s.render(c, status, views.ProblemNotice(kind, id, wait)))
		return
	}
	s.answer(c, s.render(c, status, views.Problem(views.ProblemPage{Shell: s.shell(c), Kind: kind, RequestID: id, Top: s.topArticles()})))
}

// awayWait is when somebody may try again whose act found the database away.
const awayWait = 15 * time.Second

// awayLog bounds what the log says of a database that is away: the requests of an
// outage all fail alike, and their lines would fill the disk that is perhaps full.
type awayLog struct {
	limit  *rate.Limiter
	unsaid atomic.Int64
}

func newAwayLog() *awayLog { return &awayLog{limit: rate.NewLimiter(5, 50)} }

func (l *awayLog) say() bool {
	if l.limit.Allow() {
		return true
	}
	l.unsaid.Add(1)
	return false
}

// answer notes that even the problem page could not be made.
func (s *site) answer(c echo.Context, err error) {
	if err != nil && !errors.Is(err, context.Canceled) { // nobody reads it any more
		s.Log.Error("no answer", "request", requestID(c), "error", err)
	}
}

// ledOn answers the refusals that lead somewhere: to the sign-in, or to the
// step-up, and back after it.
func (s *site) ledOn(err error, c echo.Context) bool {
	var e *models.Error
	if !errors.As(err, &e) {
		return false
	}
	back := strings.ReplaceAll(pageOf(c.Request().URL.EscapedPath()), "&", "%26")
	switch e.Kind {
	case models.NoSession:
		if s.standing(c) == models.Ended {
			s.note(c, "session_use_after_expire", "", "")
			s.cookies.leaveNotice(c, "session_ended", s.Models.Now())
		}
		s.answer(c, leadAway(c, "/sign-in?next="+back))
	case models.NotProven:
		s.answer(c, leadAway(c, "/reauth?next="+back))
	default:
		return false
	}
	return true
}

// leadAway is a redirect for a browser; htmx is told to navigate.
func leadAway(c echo.Context, path string) error {
	if isHTMX(c) {
		c.Response().Header().Set("HX-Redirect", path)
		return c.NoContent(http.StatusUnauthorized)
	}
	return c.Redirect(http.StatusSeeOther, path)
}

// pageOf is the page that an act's path belongs to: where a person is led back
// to, since the act itself only takes POST.
func pageOf(path string) string {
	if isConsole(path) {
		return consolePage(path)
	}
	for _, act := range []string{"/resend", "/cancel", "/main", "/rename", "/sign-out", "/untrust", "/channel", "/service-code"} {
		path = strings.TrimSuffix(path, act)
	}
	return strings.Replace(path, "/account/email/remove", "/account/email", 1)
}

func classify(err error) (status int, kind string) {
	var refusal *models.Error
	if errors.As(err, &refusal) && (refusal.Kind == models.NotFound || refusal.Kind == models.Gone) {
		return http.StatusNotFound, "not_found"
	}
	if models.Away(err) {
		return http.StatusServiceUnavailable, "away"
	}
	var he *echo.HTTPError
	if !errors.As(err, &he) {
		if errors.Is(err, context.Canceled) {
			return http.StatusBadRequest, "bad_request" // the browser has gone; nobody reads this
		}
		return http.StatusInternalServerError, "server"
	}
	switch he.Code {
	case http.StatusNotFound:
		return he.Code, "not_found"
	case http.StatusMethodNotAllowed:
		return he.Code, "method"
	case http.StatusForbidden:
		return he.Code, "forbidden"
	case http.StatusRequestEntityTooLarge:
		return he.Code, "too_large"
	}
	if he.Code >= 400 && he.Code < 500 {
		return he.Code, "bad_request"
	}
	return http.StatusInternalServerError, "server"
}

// wait answers with the page that names a wait.
func (s *site) wait(c echo.Context, status int, reason, start string, retryAt time.Time) error {
	now := s.Models.Now()
	if !retryAt.IsZero() {
		retryAt = now.Add(coarse(retryAt.Sub(now)))
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(retryAt.Sub(now).Seconds())))
	}
	if isHTMX(c) {
		return s.render(c, status, views.ProblemNotice(reason, requestID(c), retryAt.Sub(now)))
	}
	return s.render(c, status, views.Wait(views.WaitPage{
		Shell: s.shell(c), Reason: reason, Now: now, RetryAt: retryAt, StartPath: start,
	}))
}

// coarse rounds a wait up, so that its exact length tells nobody which limit
// was met or how many others met it.
func coarse(d time.Duration) time.Duration {
	step := 15 * time.Second
	if d > time.Minute {
		step = time.Minute
	}
	return time.Duration(math.Ceil(float64(max(d, time.Second))/float64(step))) * step
}

// fieldErrors gives the refusals of fields inside an error, nil where it is
// something else.
func fieldErrors(err error) []views.FieldError {
	var list []views.FieldError
	var walk func(error) bool
	walk = func(err error) bool {
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range many.Unwrap() {
				if !walk(one) {
					return false
				}
			}
			return true
		}
		var e *models.Error
		if !errors.As(err, &e) || e.Kind != models.Invalid {
			return false
		}
		list = append(list, views.FieldError{Field: e.Field, Reason: e.Reason, N: e.N})
		return true
	}
	if !walk(err) {
		return nil
	}
	return list
}

// refusedAs says whether an error is a refusal of a kind, and until when.
func refusedAs(err error, kind models.Kind) (retryAt time.Time, ok bool) {
	var e *models.Error
	if errors.As(err, &e) && e.Kind == kind {
		return e.RetryAt, true
	}
	return time.Time{}, false
}
