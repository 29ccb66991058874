package handlers

import (
	"net/http"

	"admitone/views"

	"github.com/labstack/echo/v4"
)

func (s *site) home(c echo.Context) error {
	if _, in := s.session(c); in {
		return c.Redirect(http.StatusSeeOther, "/account")
	}
	return c.Redirect(http.StatusSeeOther, "/sign-in")
}

func (s *site) showAccount(c echo.Context) error {
	found, done, err := s.requireSession(c)
	if done || err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Account(views.AccountPage{
		Shell: s.shell(c), Email: found.Email, SignedInAt: found.SignedInAt,
		Device: found.Device, Known: found.Known, Address: found.Address,
	}))
}

// signOut ends the session; the very next request with its token finds
// nothing. What the browser has stored is cleared, but not its cookies: the
// device stays known.
func (s *site) signOut(c echo.Context) error {
	at, err := s.Models.Sessions.SignOut(c.Request().Context(), s.client(c))
	if err != nil {
		return err
	}
	if err := s.setSession(c, "", -1); err != nil {
		return err
	}
	c.Response().Header().Set("Clear-Site-Data", `"cache", "storage"`)
	s.cookies.leaveNotice(c, "signed_out", at)
	return to(c, "/sign-in")
}
