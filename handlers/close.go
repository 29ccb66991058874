package handlers

import (
	"encoding/json"
	"net/http"
	"time"

	"admitone/views"

	"github.com/labstack/echo/v4"
)

func (s *site) showClose(c echo.Context) error {
	found, err := s.requireSession(c)
	if err != nil {
		return err
	}
	if _, err := s.slow(c); err != nil {
		return err
	}
	days := int(time.Duration(s.Models.Policy().ClosingWait).Hours() / 24)
	return s.render(c, http.StatusOK, views.Close(views.ClosePage{Shell: s.shell(c), Email: found.Email, Days: days}))
}

func (s *site) submitClose(c echo.Context) error {
	ends, err := s.Models.Accounts.Close(c.Request().Context(), s.client(c))
	if err != nil {
		return err
	}
	if err := s.endHere(c); err != nil {
		return err
	}
	s.cookies.leaveNotice(c, "closing", ends)
	return to(c, "/sign-in")
}

// downloadData gives the account holder everything that is kept, as a file.
func (s *site) downloadData(c echo.Context) error {
	data, err := s.Models.Accounts.Data(c.Request().Context(), s.client(c))
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="account.json"`)
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, text)
}
