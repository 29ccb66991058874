package handlers

import (
	"net/http"

	"admitone/models"

	"github.com/labstack/echo/v4"
)

// accountHeader tells the service behind a proxy whose session it is.
const accountHeader = "X-Account-Id"

// checkSession tells a proxy, or another service on this host, whether a browser is
// signed in: 204 with the account's id, or 401. It asks the database each time, so
// that a sign-out holds on the very next request. A session that has turned up
// elsewhere opens nothing.
func (s *site) checkSession(c echo.Context) error {
	g, err := s.cookies.Get(c.Request(), s.cookies.session)
	if err != nil {
		return err
	}
	found, in := g.Values[valueSession].(models.Session)
	if !in || found.Moved {
		if s.standing(c) == models.Ended {
			s.note(c, "session_use_after_expire", "", "")
		}
		return c.NoContent(http.StatusUnauthorized)
	}
	c.Response().Header().Set(accountHeader, found.AccountID)
	return c.NoContent(http.StatusNoContent)
}
