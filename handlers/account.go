package handlers

import (
	"net/http"

	"admitone/models"
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
	found, err := s.requireSession(c)
	if err != nil {
		return err
	}
	o, err := s.Models.Accounts.Overview(c.Request().Context(), found)
	if err != nil {
		return err
	}
	on, _ := s.Models.Texts()
	p := views.AccountPage{
		Shell: s.shell(c), Email: o.Main.Address, PasswordSetAt: o.PasswordSetAt, TwoStep: o.TwoStep, Devices: o.Devices,
		Device: found.Device, Address: found.Address, Place: found.Place, Known: found.Known, SignedInAt: found.SignedInAt,
		Recent: activities(o.Recent), Now: s.Models.Now(),
		Second: o.Second.Address, Pending: o.Pending.Address, Phone: o.Phone.Address, TextsOn: on, Nudge: nudge(o, on),
		Staff: found.Staff, PhoneLine: s.Models.Desk().Phone.Any(),
	}
	if len(o.Ways) > 0 {
		p.CodesTo = o.Ways[0].Masked
	}
	for _, w := range o.Waiting {
		p.Waiting = append(p.Waiting, views.WaitingChange(w))
	}
	return s.render(c, http.StatusOK, views.Account(p))
}

// nudge is the one thing worth doing now, "" for nothing.
func nudge(o models.Overview, texts bool) string {
	switch {
	case o.Main.Refused:
		return "mail_refused"
	case texts && o.Phone.ID == "":
		return "phone_missing"
	}
	return ""
}

// shownEvents is how many activities the page lists.
const shownEvents = 20

func (s *site) showActivity(c echo.Context) error {
	found, err := s.requireSession(c)
	if err != nil {
		return err
	}
	list, err := s.Models.Accounts.Activity(c.Request().Context(), found, shownEvents)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.ActivityList(views.ActivityPage{Shell: s.shell(c), Events: activities(list), Now: s.Models.Now()}))
}

func activities(list []models.Activity) []views.Activity {
	out := make([]views.Activity, len(list))
	for i, a := range list {
		out[i] = views.Activity(a)
	}
	return out
}

// signOut ends the session; the very next request with its token finds
// nothing.
func (s *site) signOut(c echo.Context) error {
	at, err := s.Models.Sessions.SignOut(c.Request().Context(), s.client(c))
	if err != nil {
		return err
	}
	if err := s.endHere(c); err != nil {
		return err
	}
	s.cookies.leaveNotice(c, "signed_out", at)
	return to(c, "/sign-in")
}
