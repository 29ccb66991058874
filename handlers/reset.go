package handlers

import (
	"crypto/rand"
	"net/http"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

func (s *site) showReset(c echo.Context) error {
	email := shown(s.cookies.value(c, typedCookie))
	if found, in := s.session(c); in {
		email = found.Email
	}
	return s.resetForm(c, http.StatusOK, email, nil)
}

// typedCookie carries the address typed at a failed sign-in to the reset, so
// that nobody types it twice (WCAG 3.3.7). It is not in the address bar: that
// ends up in histories and logs.
const typedCookie = "typed"

func (s *site) submitReset(c echo.Context) error {
	if _, in := s.session(c); in {
		// A reset hangs on a browser in which nobody is signed in; who is signed
		// in proves the mailbox by the step-up.
		return to(c, "/account/password")
	}
	email := field(c, "email")
	started, err := s.Models.Resets.Start(c.Request().Context(), email, s.beginner(c))
	if fields := fieldErrors(err); fields != nil {
		return s.resetForm(c, http.StatusUnprocessableEntity, email, fields)
	}
	if err != nil {
		return err
	}
	if started.Outcome == models.Throttled {
		return s.wait(c, http.StatusTooManyRequests, "reset", "", started.RetryAt)
	}
	return s.toCode(c, started, "/reset/code")
}

func (s *site) resetForm(c echo.Context, status int, email string, errors []views.FieldError) error {
	p := views.ResetPage{Shell: s.shell(c), Email: shown(email), Nonce: rand.Text(), Errors: errors}
	return s.unit(c, status, views.Reset(p), views.ResetForm(p))
}

// resetCode is the code page of a reset; a right code leads to the new
// password and signs nobody in.
func (s *site) resetCode() *codePage {
	return &codePage{
		site: s, tooMany: "reset_tries", start: "/reset", path: "/reset/code", then: "/reset/new",
		pending: s.Models.Resets.Pending, answer: s.Models.Resets.Answer, again: s.Models.Resets.Resend,
	}
}

// keepLink takes the token out of the address at once, so that no history, log
// or Referer holds it. Nothing else happens: scanners open links.
func (s *site) keepLink(c echo.Context) error {
	token := c.Param("token")
	if !models.IsLinkToken(token) {
		return s.linkOver(c)
	}
	http.SetCookie(c.Response(), s.cookies.plain(s.cookies.link, token, 15*60))
	return c.Redirect(http.StatusSeeOther, "/reset/link")
}

func (s *site) showLink(c echo.Context) error {
	masked, err := s.Models.Resets.Link(c.Request().Context(), s.cookies.value(c, s.cookies.link))
	if _, gone := refusedAs(err, models.Gone); gone {
		return s.linkOver(c)
	}
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.ResetLink(views.ResetLinkPage{Shell: s.shell(c), Email: masked}))
}

func (s *site) followLink(c echo.Context) error {
	_, in := s.session(c)
	token, device, err := s.Models.Resets.Follow(c.Request().Context(), s.cookies.value(c, s.cookies.link), s.client(c))
	if _, gone := refusedAs(err, models.Gone); gone {
		return s.linkOver(c)
	}
	if err != nil {
		return err
	}
	http.SetCookie(c.Response(), s.cookies.plain(s.cookies.link, "", -1))
	if in { // the handle takes the place of that session
		s.forgetHere(c)
	}
	if err := s.setSession(c, token, 0); err != nil {
		return err
	}
	s.setDevice(c, device)
	return to(c, "/reset/new")
}

func (s *site) linkOver(c echo.Context) error {
	http.SetCookie(c.Response(), s.cookies.plain(s.cookies.link, "", -1))
	return s.render(c, http.StatusNotFound, views.ResetLinkOver(views.ResetLinkOverPage{Shell: s.shell(c)}))
}

func (s *site) showResetNew(c echo.Context) error { return s.resetNewForm(c, http.StatusOK, nil) }

func (s *site) submitResetNew(c echo.Context) error {
	err := s.Models.Resets.Finish(c.Request().Context(), field(c, "new_password"), s.client(c))
	if _, gone := refusedAs(err, models.Gone); gone {
		s.outOfOrder(c, "no_proof /reset/new")
		return s.resetLost(c)
	}
	if fields := fieldErrors(err); fields != nil {
		return s.resetNewForm(c, http.StatusUnprocessableEntity, fields)
	}
	if err != nil {
		return err
	}
	// Nobody is signed in here. Who talks with support about it, signed out, goes on.
	c.Response().Header().Set(clearSiteData, storedHere)
	s.cookies.leaveNotice(c, "password_reset", s.Models.Now())
	return to(c, "/sign-in")
}

func (s *site) resetNewForm(c echo.Context, status int, errors []views.FieldError) error {
	email, err := s.Models.Resets.Proven(c.Request().Context(), s.client(c))
	if _, gone := refusedAs(err, models.Gone); gone {
		return s.resetLost(c)
	}
	if err != nil {
		return err
	}
	p := views.ResetNewPage{Shell: s.shell(c), Email: email, Errors: errors, MinPassword: s.Models.Policy().PasswordMin}
	return s.unit(c, status, views.ResetNew(p), views.ResetNewForm(p))
}

func (s *site) resetLost(c echo.Context) error {
	s.cookies.leaveNotice(c, "flow_lost", s.Models.Now())
	return to(c, "/reset")
}
