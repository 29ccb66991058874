package handlers

import (
	"crypto/rand"
	"net/http"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

func (s *site) showSignUp(c echo.Context) error {
	if _, in := s.session(c); in {
		return to(c, "/account")
	}
	return s.signUpForm(c, http.StatusOK, "", nil)
}

func (s *site) submitSignUp(c echo.Context) error {
	if _, in := s.session(c); in {
		return to(c, "/account")
	}
	if !s.SignUpOpen {
		return s.signUpForm(c, http.StatusForbidden, "", nil)
	}
	email := field(c, "email")
	started, err := s.Models.SignUps.Start(c.Request().Context(), email, field(c, "password"), s.beginner(c))
	if fields := fieldErrors(err); fields != nil {
		return s.signUpForm(c, http.StatusUnprocessableEntity, email, fields)
	}
	if err != nil {
		return err
	}
	if started.Outcome == models.Throttled {
		return s.wait(c, http.StatusTooManyRequests, "sign_up", "/sign-up", started.RetryAt)
	}
	return s.toCode(c, started, "/sign-up/code")
}

func (s *site) signUpForm(c echo.Context, status int, email string, errors []views.FieldError) error {
	if !s.SignUpOpen {
		return s.unit(c, status, views.SignUpClosed(views.SignUpClosedPage{Shell: s.shell(c)}), views.SignUpClosedPart())
	}
	p := views.SignUpPage{Shell: s.shell(c), Email: shown(email), Nonce: rand.Text(), Errors: errors, MinPassword: s.Models.Policy().PasswordMin}
	return s.unit(c, status, views.SignUp(p), views.SignUpForm(p))
}

// signUpCode is the code page of a sign-up.
func (s *site) signUpCode() *codePage {
	return &codePage{
		site: s, tooMany: "code_tries", start: "/sign-up", path: "/sign-up/code", made: "account_made",
		pending: s.Models.SignUps.Pending, answer: s.Models.SignUps.Answer, again: s.Models.SignUps.Resend,
	}
}
