package handlers

import (
	"net/http"
	"time"

	"admitone/models"
	"admitone/models/support"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// suggested are the articles that may solve a problem at once (HELP.md).
var suggested = map[string][]string{
	support.NoCode:    {"no-code"},
	support.WrongCode: {"code-wrong"},
	support.LostWay:   {"lost-phone", "lost-email"},
	support.SomeoneIn: {"someone-using"},
	support.Else:      nil,
}

// chosenProblem is what a page was asked about, "" for nothing that it knows.
func chosenProblem(c echo.Context) string {
	problem := c.QueryParam("problem")
	if _, known := suggested[problem]; !known {
		return ""
	}
	return problem
}

func (s *site) showContact(c echo.Context) error {
	problem := chosenProblem(c)
	ways, err := s.ways(c, problem)
	if err != nil {
		return err
	}
	p := views.ContactPage{Shell: s.shell(c), Problem: problem, Ways: ways}
	for _, slug := range suggested[problem] {
		if a, ok := s.Help.Article(slug); ok {
			p.Articles = append(p.Articles, articleLink(a))
		}
	}
	return s.render(c, http.StatusOK, views.Contact(p))
}

// visitor is who writes or asks to be called.
func (s *site) visitor(c echo.Context) support.Visitor {
	return support.Visitor{Client: s.client(c), Token: s.cookies.value(c, s.cookies.chat)}
}

// setVisitor gives the browser what its conversations and call-backs are found
// by, for as long as they are kept. One that it has already is not given again.
func (s *site) setVisitor(c echo.Context, token string) {
	if token != "" {
		kept := time.Duration(s.Models.Policy().ChatKept)
		http.SetCookie(c.Response(), s.cookies.plain(s.cookies.chat, token, int(kept/time.Second)))
	}
}

// channels are how a person is reached, but for how long one waits.
func (s *site) channels() views.Ways {
	desk, now := s.Models.Desk(), s.Models.Now()
	w := views.Ways{
		Email: desk.Email, CallBack: desk.CallBack(),
		HasChat: desk.Chat.Any(), Chat: opening(desk.Chat, desk.Zone, now),
		HasPhone: desk.Phone.Any(), Phone: opening(desk.Phone, desk.Zone, now),
	}
	for _, n := range desk.Numbers {
		w.Numbers = append(w.Numbers, views.PhoneLine(n))
	}
	return w
}

// ways are how a person is reached now, and what the reader has under way.
func (s *site) ways(c echo.Context, problem string) (views.Ways, error) {
	ctx, v, w := c.Request().Context(), s.visitor(c), s.channels()
	w.Problem = problem
	if w.HasChat {
		wait, err := s.Support.Wait(ctx)
		if err != nil {
			return w, err
		}
		w.Wait = views.ChatWait(wait)
	}
	if v.Token == "" && v.Session == "" {
		return w, nil // a reader who has nothing under way
	}
	var err error
	if w.CurrentChat, err = s.Support.Chats.Current(ctx, v); err != nil {
		return w, err
	}
	w.CurrentCall, err = s.Support.Calls.Current(ctx, v)
	return w, err
}

func opening(h models.Hours, z *time.Location, now time.Time) views.Opening {
	return views.Opening{Hours: hours(h, z), Open: h.Open(now, z), Next: h.Next(now, z), Now: now}
}

// origin is what the links to our own pages begin with.
func (s *site) origin() string { return s.PublicURL.Scheme + "://" + s.PublicURL.Host }
