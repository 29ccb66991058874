package handlers

import (
	"net/http"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

func (s *site) showNotMe(c echo.Context) error {
	return s.render(c, http.StatusOK, views.NotMe(views.NotMePage{Shell: s.shell(c), Inline: s.inline["not_me"]}))
}

// showNotMeThis shows what one message was about. It only shows: scanners open
// links.
func (s *site) showNotMeThis(c echo.Context) error {
	token := c.Param("token")
	n, err := s.Models.NotMes.Show(c.Request().Context(), token)
	if _, gone := refusedAs(err, models.Gone); gone {
		return s.notMeOver(c)
	}
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.NotMeThis(views.NotMeThisPage{
		Shell: s.shell(c), Token: token, Kind: n.Kind, At: n.At, Device: n.Device, Address: n.Address, Place: n.Place, Tag: n.Tag,
		PasswordRight: n.PasswordRight, InSession: n.InSession, HasAccount: n.HasAccount, Blocked: n.Blocked, Opened: n.Opened,
		PasswordDone: n.PasswordDone, OutDone: n.OutDone, TwoStepDone: n.TwoStepDone, MutedUntil: n.MutedUntil,
		MuteHours: int(models.MuteLife.Hours()), Undo: n.Undo,
	}))
}

// submitNotMe does what its reader chose. Each act leads back to the page, whose
// ticks say what is done.
func (s *site) submitNotMe(c echo.Context) error {
	ctx, token, client, n := c.Request().Context(), c.Param("token"), s.client(c), s.Models.NotMes
	_, in := s.session(c)
	var err error
	switch field(c, "act") {
	case "block":
		err = n.Block(ctx, token, client)
	case "sign_out":
		err = n.SignOutEverywhere(ctx, token, client)
	case "two_step":
		err = n.TurnOnTwoStep(ctx, token, client)
	case "mute":
		err = n.Mute(ctx, token, client)
	case "reset":
		return s.resetFromMessage(c, token, in)
	default:
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	if _, gone := refusedAs(err, models.Gone); gone {
		return s.notMeOver(c)
	}
	if err != nil {
		return err
	}
	if err := s.endedHere(c, in); err != nil {
		return err
	}
	return to(c, models.NotMePath+token)
}

func (s *site) resetFromMessage(c echo.Context, token string, in bool) error {
	started, err := s.Models.NotMes.Reset(c.Request().Context(), token, s.client(c))
	if _, gone := refusedAs(err, models.Gone); gone {
		return s.notMeOver(c)
	}
	if err != nil {
		return err
	}
	if started.Outcome == models.Throttled {
		return s.wait(c, http.StatusTooManyRequests, "reset", "", started.RetryAt)
	}
	if in { // the handle takes the place of that session
		s.forgetHere(c)
	}
	return s.toCode(c, started, "/reset/code")
}

func (s *site) notMeOver(c echo.Context) error {
	return s.render(c, http.StatusNotFound, views.NotMeOver(views.NotMeOverPage{Shell: s.shell(c), Inline: s.inline["not_me"]}))
}
