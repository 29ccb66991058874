package handlers

import (
	"bytes"
	"net/http"
	"strconv"

	"admitone/views"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// render makes the whole page before the first byte is sent: an error half-way
// is still a 500, and cookies can still be set.
func (s *site) render(c echo.Context, status int, page templ.Component) error {
	var body bytes.Buffer
	if err := page.Render(c.Request().Context(), &body); err != nil {
		return err
	}
	return whole(c, status, body.Bytes())
}

// whole sends a page with its length: else it would go out in chunks.
func whole(c echo.Context, status int, body []byte) error {
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	return c.HTMLBlob(status, body)
}

// unit renders the part of a page that htmx asked for, or the page.
func (s *site) unit(c echo.Context, status int, page, part templ.Component) error {
	if isHTMX(c) {
		return s.render(c, status, part)
	}
	return s.render(c, status, page)
}

// shell is what every page shows around its content. Taking it uses up the
// notice that a redirect left behind.
func (s *site) shell(c echo.Context) views.Shell {
	_, in := s.session(c)
	notice, at := s.cookies.takeNotice(c)
	return views.Shell{
		Brand: s.Brand, Lang: "en", Theme: theme(c), Path: c.Request().URL.RequestURI(),
		SignedIn: in, Notice: notice, NoticeAt: at, DevInbox: s.DevInbox != nil, Zone: s.Zone, Legal: s.Legal,
		Origin: s.origin(), Sources: s.sources,
	}
}

// to leads on to another page. htmx would follow a 303 silently and swap the
// landing page into its target, so it is told to navigate.
func to(c echo.Context, path string) error {
	if isHTMX(c) {
		c.Response().Header().Set("HX-Redirect", path)
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, path)
}

func isHTMX(c echo.Context) bool { return c.Request().Header.Get("HX-Request") == "true" }
