package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"admitone/models"
	"admitone/models/support"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// agentKey is where a request keeps who of staff asks.
const agentKey = "agent"

func isConsole(path string) bool { return path == "/console" || strings.HasPrefix(path, "/console/") }

// staffOnly stands before every path of the console, and before those that could be
// one: to a member who is signed in, none of them exists, whatever the verb. Each
// act asks once more inside its own transaction.
func (s *site) staffOnly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !isConsole(c.Request().URL.Path) {
			return next(c)
		}
		agent, err := s.Models.Agents.Enter(c.Request().Context(), s.client(c))
		if err == nil {
			c.Set(agentKey, agent)
			return next(c)
		}
		if _, member := refusedAs(err, models.NotFound); member {
			found, _ := s.session(c)
			s.note(c, "authz_fail", found.AccountID, "console")
		}
		_, nobody := refusedAs(err, models.NoSession)
		_, unproven := refusedAs(err, models.NotProven)
		missing := c.Path() == "" || c.Get(echo.ContextKeyHeaderAllow) != nil // no such path, or no such verb of it
		if (nobody || unproven) && missing {
			return next(c)
		}
		return err
	}
}

// agent is who of staff asks.
func agent(c echo.Context) models.Agent {
	a, _ := c.Get(agentKey).(models.Agent)
	return a
}

// consolePage is the page of the console that an act or a part belongs to.
func consolePage(path string) string {
	for _, part := range []string{"/find", "/events", "/queue", "/messages", "/join", "/reply", "/note", "/transfer", "/wrap", "/act", "/switch"} {
		path = strings.TrimSuffix(path, part)
	}
	if strings.HasPrefix(path, "/console/calls/") {
		return "/console/calls"
	}
	return path
}

// backToPage answers the reload of what only takes POST.
func (s *site) backToPage(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, consolePage(c.Request().URL.Path))
}

// deskHead is what stands around every page of the console: who works here and the
// hours.
func (s *site) deskHead(c echo.Context) views.Desk {
	now, hours := s.Models.Now(), s.Models.Desk()
	shell := s.shell(c)
	shell.Zone = hours.Zone // one for hours, call-backs and all that happened
	return views.Desk{
		Shell: shell, Agent: agent(c).Name, Now: now, Open: hours.Chat.Open(now, hours.Zone),
		OpenUntil: hours.Chat.Until(now, hours.Zone), OpensAt: hours.Chat.Next(now, hours.Zone),
		Queue: views.ConsoleQueue{Late: hours.UnansweredMinutes},
	}
}

// desk is around a page without the queue. Its reader is at the console all the
// same.
func (s *site) desk(c echo.Context) (views.Desk, error) {
	return s.deskHead(c), s.Support.Chats.Present(c.Request().Context(), agent(c))
}

// queueDesk is around a page beside the queue, under the filters of the address.
func (s *site) queueDesk(c echo.Context) (views.Desk, error) {
	d, filter := s.deskHead(c), queueFilter(c)
	q, err := s.Support.Chats.Queue(c.Request().Context(), s.client(c), filter, time.Time{})
	if err != nil {
		return d, err
	}
	d.Queue.Open, d.Queue.Longest, d.Queue.Since = q.Open, q.Longest, d.Now.UnixMilli()
	d.Queue.State, d.Queue.Sort = filter.State, filter.Sort
	for _, r := range q.Rows {
		d.Queue.Rows = append(d.Queue.Rows, consoleRow(r))
	}
	return d, nil
}

func consoleRow(r support.QueueRow) views.ConsoleRow {
	return views.ConsoleRow{
		ID: r.ID, Short: r.Short, Name: r.Name, Problem: r.Problem, State: r.State, Agent: r.Agent, Masked: r.Masked,
		Age: r.Age, Mine: r.Mine, Late: r.Late,
	}
}

// queueFilter reads the filters of the address; one that is not known is none.
func queueFilter(c echo.Context) support.QueueFilter {
	one := func(name string, known ...string) string {
		for _, k := range known {
			if c.QueryParam(name) == k {
				return k
			}
		}
		return ""
	}
	return support.QueueFilter{
		State: one("state", support.Waiting, "mine", support.Talking, support.Left, support.Ended),
		Sort:  one("sort", "age", "state", "who"),
	}
}

func (s *site) showConsole(c echo.Context) error {
	d, err := s.queueDesk(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Console(d))
}

// consoleQueue says how many conversations began since the page was made. The list
// itself stays as it is until it is asked for.
func (s *site) consoleQueue(c echo.Context) error {
	if !isHTMX(c) {
		return s.backToPage(c)
	}
	ms, err := strconv.ParseInt(c.QueryParam("since"), 10, 64)
	if err != nil || ms <= 0 {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	filter := queueFilter(c)
	q, err := s.Support.Chats.Queue(c.Request().Context(), s.client(c), filter, time.UnixMilli(ms).UTC())
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.ConsoleNews(views.ConsoleQueue{State: filter.State, Sort: filter.Sort}, q.New))
}

func (s *site) consoleEvents(c echo.Context) error {
	of := agent(c).Account
	news, cancel := s.Support.Chats.WatchQueue(of)
	defer cancel()
	return s.stream(c, telling{key: "console " + of, news: paced(c, nil, news), look: func() (bool, error) {
		_, err := s.Models.Agents.Enter(c.Request().Context(), s.client(c))
		return true, err
	}})
}

// queuePace is the least time between two looks at the queue: it changes with every
// message of everybody.
const queuePace = 2 * time.Second

// paced hands on what is said at once, and what is said often now and then.
func paced(c echo.Context, atOnce, often <-chan struct{}) <-chan struct{} {
	news := make(chan struct{}, 1)
	tell := func() {
		select {
		case news <- struct{}{}:
		default: // somebody has still to look
		}
	}
	go func() {
		var ripe <-chan time.Time
		for {
			select {
			case <-c.Request().Context().Done():
				return
			case <-atOnce:
				tell()
			case <-often:
				if ripe == nil {
					ripe = time.After(queuePace)
				}
			case <-ripe:
				ripe = nil
				tell()
			}
		}
	}()
	return news
}

// articlesFor lists the articles by topic, or what a search finds.
func (s *site) articlesFor(query string) []views.Topic {
	if query == "" {
		return s.topics()
	}
	var found views.Topic
	for _, hit := range s.Help.Search(query).Hits {
		found.Articles = append(found.Articles, articleLink(hit.Article))
	}
	if len(found.Articles) == 0 {
		return nil
	}
	return []views.Topic{found}
}

func (s *site) showConsoleArticles(c echo.Context) error {
	query := typedQuery(c.QueryParam("q"))
	if isHTMX(c) {
		return s.render(c, http.StatusOK, views.ConsoleHits(s.articlesFor(query)))
	}
	d, err := s.desk(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.ConsoleArticles(views.ConsoleArticlesPage{
		Desk: d, Query: query, Topics: s.articlesFor(query), Chat: idOf(c.QueryParam("chat")),
	}))
}

// idOf gives an id of ours, "" for anything that has not the form of one.
func idOf(typed string) string {
	if len(typed) != 32 || strings.Trim(typed, "0123456789abcdef") != "" {
		return ""
	}
	return typed
}

func (s *site) showFigures(c echo.Context) error {
	d, err := s.desk(c)
	if err != nil {
		return err
	}
	f, err := s.Support.Figures(c.Request().Context(), s.client(c))
	if err != nil {
		return err
	}
	p := views.ConsoleFiguresPage{Desk: d, Since: f.Since, Chats: f.Chats, Ended: f.Ended, MedianWait: f.MedianWait, LongestWait: f.LongestWait}
	for _, r := range f.Unanswered {
		p.Unanswered = append(p.Unanswered, consoleRow(r))
	}
	for _, m := range f.Missed {
		p.Missed = append(p.Missed, views.ConsoleMissed(m))
	}
	for _, v := range f.Articles {
		votes := views.ConsoleVotes{Slug: v.Article, Title: v.Article, Yes: v.Yes, No: v.No, Words: v.Words}
		if a, ok := s.Help.Article(v.Article); ok {
			votes.Title = a.Title
		}
		p.Articles = append(p.Articles, votes)
	}
	return s.render(c, http.StatusOK, views.ConsoleFigures(p))
}

func (s *site) showConsoleKeys(c echo.Context) error {
	d, err := s.desk(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.ConsoleKeys(d))
}

// refusal gives what the console says by a field about a refusal, and the status of
// the answer; zero where the error is something else.
func (s *site) refusal(err error, name string) (views.FieldError, int) {
	var e *models.Error
	if !errors.As(err, &e) {
		return views.FieldError{}, 0
	}
	said := views.FieldError{Field: name, Reason: e.Reason, N: e.N}
	switch e.Kind {
	case models.Invalid:
		return said, http.StatusUnprocessableEntity
	case models.Conflict:
		return said, http.StatusConflict
	case models.TooSoon:
		said.Reason, said.N = "too_soon", minutes(e.RetryAt.Sub(s.Models.Now()))
		return said, http.StatusTooManyRequests
	}
	return views.FieldError{}, 0
}

// retryIn tells a client how long to wait.
func retryIn(c echo.Context, e views.FieldError, status int) {
	if status == http.StatusTooManyRequests {
		c.Response().Header().Set("Retry-After", strconv.Itoa(e.N*60))
	}
}
