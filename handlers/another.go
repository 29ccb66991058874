package handlers

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// showAnother offers the account's other confirmed channels for the same code.
func (p *codePage) showAnother(c echo.Context) error { return p.anotherForm(c, http.StatusOK, nil) }

func (p *codePage) anotherForm(c echo.Context, status int, errors []views.FieldError) error {
	if p.elsewhere(c) {
		return to(c, "/account")
	}
	now, err := p.pending(c.Request().Context(), p.client(c))
	if _, gone := refusedAs(err, models.Gone); gone || err == nil && now.Over != "" {
		return p.lost(c)
	}
	if err != nil {
		return err
	}
	if len(now.Ways) == 0 {
		return to(c, p.path)
	}
	v := views.AnotherPage{Shell: p.shell(c), Purpose: string(now.Purpose), Flow: now.Flow, Ways: waysOf(now.Ways), Errors: errors}
	return p.unit(c, status, views.Another(v), views.AnotherForm(v))
}

// submitAnother sends the code to the channel that was chosen, never to one that
// was typed.
func (p *codePage) submitAnother(c echo.Context) error {
	if p.elsewhere(c) {
		return to(c, "/account")
	}
	way := field(c, "way")
	if way == "" {
		return p.anotherForm(c, http.StatusUnprocessableEntity, []views.FieldError{{Field: "way", Reason: "empty"}})
	}
	r, err := p.again(c.Request().Context(), field(c, "flow"), way, p.client(c))
	if _, gone := refusedAs(err, models.Gone); gone {
		return p.lost(c)
	}
	if retryAt, tooSoon := refusedAs(err, models.TooSoon); tooSoon {
		wait := max(retryAt.Sub(p.Models.Now()), time.Second)
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		return p.page(c, http.StatusTooManyRequests, "too_soon", nil)
	}
	if err != nil {
		return err
	}
	if r.Outcome == models.CodeSent {
		p.cookies.leaveNotice(c, map[bool]string{true: "resent_new", false: "resent"}[r.Fresh], r.At)
	}
	return to(c, p.path)
}
