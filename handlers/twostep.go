package handlers

import (
	"net/http"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

func (s *site) showTwoStep(c echo.Context) error { return s.twoStepForm(c, http.StatusOK, nil) }

func (s *site) submitTwoStep(c echo.Context) error {
	choice := field(c, "two_step")
	if choice == models.TwoStepOff {
		choice = "" // that has a page of its own, with what it means
	}
	out, err := s.Models.Accounts.SetTwoStep(c.Request().Context(), choice, s.client(c))
	if fields := fieldErrors(err); fields != nil {
		return s.twoStepForm(c, http.StatusUnprocessableEntity, fields)
	}
	if err != nil {
		return err
	}
	return s.afterChange(c, out, "two_step_saved", "/account/two-step")
}

// submitChannel chooses where codes go first.
func (s *site) submitChannel(c echo.Context) error {
	err := s.Models.Accounts.PreferWay(c.Request().Context(), field(c, "way"), s.client(c))
	if fields := fieldErrors(err); fields != nil {
		return s.twoStepForm(c, http.StatusUnprocessableEntity, fields)
	}
	if err != nil {
		return err
	}
	s.cookies.leaveNotice(c, "channel_saved", s.Models.Now())
	return to(c, "/account/two-step")
}

func (s *site) twoStepForm(c echo.Context, status int, errors []views.FieldError) error {
	found, err := s.requireSession(c)
	if err != nil {
		return err
	}
	o, err := s.Models.Accounts.Overview(c.Request().Context(), found)
	if err != nil {
		return err
	}
	p := views.TwoStepPage{Shell: s.shell(c), State: o.TwoStep, Now: s.Models.Now(), Errors: errors, Ways: waysOf(o.Ways)}
	if len(o.Ways) > 0 {
		p.CodesTo = o.Ways[0].Masked
	}
	if proof, err := s.Models.Reauths.Check(c.Request().Context(), s.client(c)); err == nil && proof == models.ProofPassword {
		p.Slow = s.undoHours()
	}
	return s.unit(c, status, views.TwoStep(p), views.TwoStepForm(p))
}

func (s *site) showTwoStepOff(c echo.Context) error {
	slow, err := s.slow(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.TwoStepOff(views.TwoStepOffPage{Shell: s.shell(c), Slow: slow, Unusual: s.Models.Policy().StepUpWhenOff == "always"}))
}

func (s *site) submitTwoStepOff(c echo.Context) error {
	out, err := s.Models.Accounts.SetTwoStep(c.Request().Context(), models.TwoStepOff, s.client(c))
	if err != nil {
		return err
	}
	return s.afterChange(c, out, "two_step_off", "/account/two-step")
}
