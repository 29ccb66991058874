package handlers

import (
	"net/http"
	"time"

	"admitone/views"

	"github.com/labstack/echo/v4"
)

func (s *site) showHelp(c echo.Context) error {
	p := s.Models.Policy()
	return s.render(c, http.StatusOK, views.Help(views.HelpPage{
		Shell: s.shell(c), LifeMinutes: minutes(p.CodeLife), Tries: p.CodeTries, FlowMinutes: minutes(p.FlowLife),
		MinPassword: p.PasswordMin, Sender: s.MailFrom,
	}))
}

// minutes rounds up: a life shorter than a minute is told as one.
func minutes[D ~int64](d D) int {
	return int((time.Duration(d) + time.Minute - 1) / time.Minute)
}
