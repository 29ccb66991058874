package handlers

import (
	"net/http"

	"admitone/models"

	"github.com/labstack/echo/v4"
)

// The fields that gateways say the state of a text in: Kannel's, as our preset
// asks for it, and Twilio's.
var reportFields = []string{"state", "MessageStatus", "SmsStatus", "status"}

// report takes a delivery report, by GET or POST as gateways do. The path is the
// secret: it names one text, and nothing but that text's state can move.
func (s *site) report(c echo.Context) error {
	if c.Request().Method == http.MethodHead { // no gateway asks so, but scanners do
		return echo.NewHTTPError(http.StatusNotFound)
	}
	word := ""
	for _, name := range reportFields {
		if word = c.FormValue(name); word != "" {
			break
		}
	}
	err := s.Models.Outbox.Report(c.Request().Context(), c.Param("token"), word)
	if _, gone := refusedAs(err, models.Gone); gone {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
