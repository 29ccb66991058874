package handlers

import (
	"net/http"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// undoCode is the code page of an undo that an older channel has to agree to.
func (s *site) undoCode() *codePage {
	return &codePage{
		site: s, tooMany: "code_tries", start: "/not-me", path: "/undo/code", then: "/reset/new", made: "undone",
		pending: s.Models.Undos.Pending, answer: s.Models.Undos.Answer, again: s.Models.Undos.Resend,
	}
}

// showUndo shows what an undo link takes back. It only shows: scanners open
// links.
func (s *site) showUndo(c echo.Context) error {
	token := c.Param("token")
	u, err := s.Models.Undos.Link(c.Request().Context(), token)
	if _, gone := refusedAs(err, models.Gone); gone {
		return s.undoOver(c, http.StatusNotFound, "over")
	}
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Undo(views.UndoPage{
		Shell: s.shell(c), Token: token, Change: u.Change, At: u.At, HoldsAt: u.HoldsAt, What: u.What,
		Waiting: u.Waiting, AsksCode: len(u.Ways) > 0, Ways: waysOf(u.Ways),
	}))
}

func (s *site) submitUndo(c echo.Context) error {
	_, in := s.session(c)
	out, err := s.Models.Undos.Follow(c.Request().Context(), c.Param("token"), field(c, "way"), s.client(c))
	if _, gone := refusedAs(err, models.Gone); gone {
		return s.undoOver(c, http.StatusNotFound, "over")
	}
	if err != nil {
		return err
	}
	switch {
	case out.Stopped:
		return s.render(c, http.StatusOK, views.UndoStopped(views.UndoStoppedPage{Shell: s.shell(c)}))
	case out.Outcome == models.Throttled:
		return s.wait(c, http.StatusTooManyRequests, "sends", "", out.RetryAt)
	case out.Outcome == models.Taken:
		return s.undoOver(c, http.StatusConflict, "taken")
	case out.Outcome == models.Used:
		return s.undoOver(c, http.StatusNotFound, "over")
	}
	if out.Outcome == models.Accepted {
		if err := s.endedHere(c, in); err != nil {
			return err
		}
		s.cookies.leaveNotice(c, "undone", s.Models.Now())
		return to(c, "/reset")
	}
	if in { // the handle takes the place of that session
		s.forgetHere(c)
	}
	return s.toCode(c, models.Started{Session: out.Session}, "/undo/code")
}

func (s *site) undoOver(c echo.Context, status int, reason string) error {
	return s.render(c, status, views.UndoOver(views.UndoOverPage{Shell: s.shell(c), Reason: reason}))
}
