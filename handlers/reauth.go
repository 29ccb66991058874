package handlers

import (
	"net/http"
	"time"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// stepUpCode is the code page of a step-up. It lies at /reauth itself.
func (s *site) stepUpCode() *codePage {
	return &codePage{
		site: s, tooMany: "code_tries", start: "/reauth", path: "/reauth", inside: true,
		pending: s.Models.Reauths.Pending, answer: s.Models.Reauths.Answer, again: s.Models.Reauths.Resend,
	}
}

// showReauth asks whether to send a code, or shows the page of the one that was
// sent: a GET sends nothing. Who has a fresh proof already is led on.
func (s *site) showReauth(c echo.Context) error {
	next := returnPath(c.QueryParam("next"))
	if proof, err := s.Models.Reauths.Check(c.Request().Context(), s.client(c)); err == nil && proof == models.ProofCode && next != "" {
		return to(c, next)
	}
	now, err := s.Models.Reauths.Pending(c.Request().Context(), s.client(c))
	if _, gone := refusedAs(err, models.Gone); gone || err == nil && now.Over != "" {
		return s.reauthStart(c, next)
	}
	if err != nil {
		return err
	}
	return s.stepUpCode().show(c)
}

func (s *site) reauthStart(c echo.Context, next string) error {
	ways, err := s.Models.Reauths.Ways(c.Request().Context(), s.client(c))
	if err != nil {
		return err
	}
	found, _ := s.session(c)
	p := views.ReauthStartPage{Shell: s.shell(c), Next: next, Moved: found.Moved}
	if len(ways) > 0 {
		p.Destination, p.Ways = ways[0].Masked, waysOf(ways[1:])
	}
	return s.render(c, http.StatusOK, views.ReauthStart(p))
}

func waysOf(list []models.Way) []views.Way {
	out := make([]views.Way, len(list))
	for i, w := range list {
		out[i] = views.Way(w)
	}
	return out
}

// submitReauth takes a code where one is awaited, and else the wish for one.
func (s *site) submitReauth(c echo.Context) error {
	if c.Request().PostForm.Has("code") {
		return s.stepUpCode().submit(c)
	}
	started, err := s.Models.Reauths.Start(c.Request().Context(), returnPath(field(c, "next")), field(c, "way"), s.client(c))
	if err != nil {
		return err
	}
	switch started.Outcome {
	case models.Throttled:
		return s.wait(c, http.StatusTooManyRequests, "sends", "", started.RetryAt)
	case models.ChannelOff:
		return s.wait(c, http.StatusUnprocessableEntity, "channel_off", "", time.Time{})
	}
	return to(c, "/reauth")
}

func (s *site) showReauthPassword(c echo.Context) error {
	return s.reauthPasswordForm(c, http.StatusOK, returnPath(c.QueryParam("next")), nil)
}

// submitReauthPassword takes the password of who cannot get a code; what is
// changed after it waits.
func (s *site) submitReauthPassword(c echo.Context) error {
	next := returnPath(field(c, "next"))
	out, err := s.Models.Reauths.Password(c.Request().Context(), field(c, "current_password"), s.client(c))
	if fields := fieldErrors(err); fields != nil {
		return s.reauthPasswordForm(c, http.StatusUnprocessableEntity, next, fields)
	}
	if err != nil {
		return err
	}
	switch out.Outcome {
	case models.Throttled:
		return s.wait(c, http.StatusTooManyRequests, "password", "", out.RetryAt)
	case models.Accepted:
		age := s.sessionAge()
		if out.UntilClose {
			age = 0
		}
		if err := s.setSession(c, out.Session, age); err != nil {
			return err
		}
		return to(c, orAccount(next))
	}
	return s.reauthPasswordForm(c, http.StatusUnprocessableEntity, next, []views.FieldError{{Field: "current_password", Reason: "wrong"}})
}

func (s *site) reauthPasswordForm(c echo.Context, status int, next string, errors []views.FieldError) error {
	found, err := s.requireSession(c)
	if err != nil {
		return err
	}
	p := views.ReauthPasswordPage{Shell: s.shell(c), Email: found.Email, Next: next, Moved: found.Moved, Hours: s.undoHours(), Errors: errors}
	return s.unit(c, status, views.ReauthPassword(p), views.ReauthPasswordForm(p))
}

func (s *site) undoHours() int { return int(time.Duration(s.Models.Policy().UndoLife).Hours()) }

// slow is how many hours a change waits, for the page of it: 0 where a code was
// typed. The error leads to the step-up.
func (s *site) slow(c echo.Context) (hours int, err error) {
	proof, err := s.Models.Reauths.Check(c.Request().Context(), s.client(c))
	if err != nil || proof == models.ProofCode {
		return 0, err
	}
	return s.undoHours(), nil
}
