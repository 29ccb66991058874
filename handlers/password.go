package handlers

import (
	"net/http"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

func (s *site) showPassword(c echo.Context) error {
	return s.passwordForm(c, http.StatusOK, true, nil)
}

func (s *site) submitPassword(c echo.Context) error {
	others := field(c, "others") != ""
	out, err := s.Models.Accounts.ChangePassword(c.Request().Context(), field(c, "current_password"), field(c, "new_password"), others, s.client(c))
	if fields := fieldErrors(err); fields != nil {
		return s.passwordForm(c, http.StatusUnprocessableEntity, others, fields)
	}
	if err != nil {
		return err
	}
	switch out.Outcome {
	case models.Accepted:
		return s.afterChange(c, out, "password_changed", "/account")
	case models.Throttled:
		return s.wait(c, http.StatusTooManyRequests, "password", "", out.RetryAt)
	}
	return s.passwordForm(c, http.StatusUnprocessableEntity, others, []views.FieldError{{Field: "current_password", Reason: "wrong"}})
}

func (s *site) passwordForm(c echo.Context, status int, others bool, errors []views.FieldError) error {
	found, err := s.requireSession(c)
	if err != nil {
		return err
	}
	slow, err := s.slow(c)
	if err != nil {
		return err
	}
	p := views.PasswordPage{Shell: s.shell(c), Slow: slow, Email: found.Email, Errors: errors, MinPassword: s.Models.Policy().PasswordMin, SignOutOthers: others}
	return s.unit(c, status, views.Password(p), views.PasswordForm(p))
}
