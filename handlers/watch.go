package handlers

import (
	"net/http"
	"strings"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// showWatch is the operator's page. It refreshes itself; with still=1 it stays.
func (s *site) showWatch(c echo.Context) error {
	if isHTMX(c) { // nobody may be looking
		p, err := s.watchPage(c, s.deskHead(c))
		if err != nil {
			return err
		}
		return s.render(c, http.StatusOK, views.ConsoleWatchNow(p))
	}
	return s.watchWith(c, http.StatusOK, "", "", nil)
}

// watchWith is the page after the refusal of a switch, with what was typed.
func (s *site) watchWith(c echo.Context, status int, of, reason string, errors []views.FieldError) error {
	d, err := s.desk(c)
	if err != nil {
		return err
	}
	p, err := s.watchPage(c, d)
	if err != nil {
		return err
	}
	p.Of, p.Reason, p.Errors = of, reason, errors
	return s.render(c, status, views.ConsoleWatch(p))
}

func (s *site) watchPage(c echo.Context, d views.Desk) (views.ConsoleWatchPage, error) {
	w, err := s.Models.Console.Watch(c.Request().Context(), s.client(c))
	if err != nil {
		return views.ConsoleWatchPage{}, err
	}
	p := views.ConsoleWatchPage{
		Desk: d, At: w.At, QueueLength: w.QueueLength, QueueAge: w.QueueAge, PurseUsed: w.PurseUsed, PurseLimit: w.PurseLimit,
		Still: c.QueryParam("still") == "1",
	}
	for _, h := range w.Hours {
		p.Hours = append(p.Hours, views.WatchHour(h))
	}
	for _, speed := range w.Speeds {
		p.Speeds = append(p.Speeds, views.Speed(speed))
	}
	for _, turned := range w.Switches {
		p.Switches = append(p.Switches, views.WatchSwitch(turned))
	}
	for _, a := range w.Alarms {
		p.Alarms = append(p.Alarms, views.WatchAlarm(a))
	}
	return p, nil
}

// switchNotices say what a switch does now, on and off.
var switchNotices = map[string]map[bool]string{
	models.SwitchTextsOff:      {true: "texts_off", false: "texts_on"},
	models.SwitchStrangersSlow: {true: "strangers_slow", false: "strangers_usual"},
}

// submitSwitch turns a switch.
func (s *site) submitSwitch(c echo.Context) error {
	name, on, reason := field(c, "switch"), field(c, "on") == "yes", strings.TrimSpace(shown(field(c, "reason")))
	if switchNotices[name] == nil {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	err := s.Models.Console.Switch(c.Request().Context(), s.client(c), name, on, reason)
	if said, status := s.refusal(err, "reason"); status != 0 {
		retryIn(c, said, status)
		return s.watchWith(c, status, name, reason, []views.FieldError{said})
	}
	if err != nil {
		return err
	}
	s.cookies.leaveNotice(c, switchNotices[name][on], s.Models.Now())
	return to(c, "/console/watch")
}
