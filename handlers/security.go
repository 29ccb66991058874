package handlers

import (
	"admitone/models"

	"github.com/labstack/echo/v4"
)

// note writes a line of the security log about a request; account is "" where nobody
// is signed in.
func (s *site) note(c echo.Context, name, account, detail string) {
	s.Models.Note(models.Incident{Name: name, Account: account, Client: s.client(c), Detail: detail})
}

// outOfOrder notes an act whose step before is missing: no flow in this browser, one
// that began again in another tab, a password without a proof.
func (s *site) outOfOrder(c echo.Context, what string) { s.note(c, "sequence_fail", "", what) }
