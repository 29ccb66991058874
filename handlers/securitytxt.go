package handlers

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// securityTxtLife is how long the file says that it can be relied on: under a year
// (RFC 9116 2.5.5), and always ahead, because it is written anew each day.
const securityTxtLife = 180 * 24 * time.Hour

// securityTxt says whom to tell of a hole (RFC 9116).
func (s *site) securityTxt(c echo.Context) error {
	contact := s.origin() + "/contact"
	if to := s.Models.Desk().Security; to != "" {
		contact = "mailto:" + to
	}
	text := fmt.Sprintf("Contact: %s\nExpires: %s\nPreferred-Languages: en\nCanonical: %s/.well-known/security.txt\n",
		contact, s.Models.Now().Truncate(24*time.Hour).Add(securityTxtLife).Format(time.RFC3339), s.origin())
	return c.String(http.StatusOK, text) // charset UTF-8, as 3 of the same asks for
}
