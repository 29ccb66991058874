package handlers

import (
	"net/http"
	"slices"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// phoneCode is the code page of a new number.
func (s *site) phoneCode() *codePage { return s.proofCode(models.PurposePhone, "/account/phone") }

func (s *site) showPhone(c echo.Context) error { return s.phoneForm(c, http.StatusOK, "", nil) }

func (s *site) submitPhone(c echo.Context) error {
	phone := field(c, "phone")
	started, err := s.Models.Accounts.StartPhone(c.Request().Context(), phone, field(c, "landline") != "", s.client(c))
	if fields := fieldErrors(err); fields != nil {
		return s.phoneForm(c, http.StatusUnprocessableEntity, phone, fields)
	}
	if err != nil {
		return err
	}
	if started.Outcome == models.Throttled {
		return s.wait(c, http.StatusTooManyRequests, "sends", "", started.RetryAt)
	}
	return to(c, "/account/phone/code")
}

func (s *site) phoneForm(c echo.Context, status int, typed string, errors []views.FieldError) error {
	found, err := s.requireSession(c)
	if err != nil {
		return err
	}
	slow, err := s.slow(c)
	if err != nil {
		return err
	}
	o, err := s.Models.Accounts.Overview(c.Request().Context(), found)
	if err != nil {
		return err
	}
	on, countries := s.Models.Texts()
	held, noNew, err := s.Models.TextsHeld(c.Request().Context())
	if err != nil {
		return err
	}
	p := views.PhonePage{
		Shell: s.shell(c), On: on, Held: held, NoNew: noNew, Number: o.Phone.Address, Phone: shown(typed), Countries: countries, Errors: errors, Slow: slow,
		Landline: slices.ContainsFunc(errors, func(e views.FieldError) bool { return e.Reason == "landline" }),
	}
	return s.unit(c, status, views.Phone(p), views.PhoneForm(p))
}

func (s *site) showRemovePhone(c echo.Context) error {
	found, err := s.requireSession(c)
	if err != nil {
		return err
	}
	slow, err := s.slow(c)
	if err != nil {
		return err
	}
	o, err := s.Models.Accounts.Overview(c.Request().Context(), found)
	if err != nil {
		return err
	}
	if o.Phone.ID == "" {
		return to(c, "/account/phone")
	}
	return s.render(c, http.StatusOK, views.PhoneRemove(views.PhoneRemovePage{
		Shell: s.shell(c), Number: o.Phone.Address, Only: o.Second.ID == "", Slow: slow,
	}))
}

func (s *site) removePhone(c echo.Context) error {
	out, err := s.Models.Accounts.RemovePhone(c.Request().Context(), s.client(c))
	if err != nil {
		return err
	}
	return s.afterChange(c, out, "phone_removed", "/account/phone")
}
