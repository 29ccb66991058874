package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"admitone/content"
	"admitone/models"
	"admitone/models/support"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// typed is what a conversation's forms hold besides what the database knows.
type typed struct {
	reply, note views.ConsoleText
	errors      []views.FieldError
}

func (s *site) showConsoleChat(c echo.Context) error {
	var t typed
	for _, insert := range []string{"reply", "article"} {
		if slug := c.QueryParam(insert); slug != "" {
			t.reply.Text = s.inserted("", insert+":"+slug)
		}
	}
	return s.consoleChat(c, http.StatusOK, t)
}

// consoleChatPage puts the conversation between the queue and its customer.
func (s *site) consoleChatPage(c echo.Context, t typed) (p views.ConsoleChatPage, err error) {
	ctx, a := c.Request().Context(), s.client(c)
	chat, err := s.Support.Chats.Read(ctx, a, c.Param("id"), 0)
	if err != nil {
		return p, err
	}
	if p.Desk, err = s.queueDesk(c); err != nil {
		return p, err
	}
	p.Desk.Queue.Chat = chat.ID
	p.Chat, p.Reply, p.Note, p.Errors = consoleChat(chat), t.reply, t.note, t.errors
	p.Reply.Nonce, p.Note.Nonce = newRequestID(), newRequestID()
	p.Articles = s.articlesFor("")
	for _, r := range s.Help.Replies() {
		p.Replies = append(p.Replies, views.ConsoleReply(r))
	}
	list, err := s.Support.Chats.Colleagues(ctx, a, chat.ID)
	if err != nil {
		return p, err
	}
	for _, of := range list {
		p.Colleagues = append(p.Colleagues, views.ConsoleColleague(of))
	}
	if chat.Account != "" {
		customer, err := s.customer(c, chat.Account)
		if err != nil {
			return p, err
		}
		customer.Writes, customer.ReadOut = true, chat.ReadOut
		p.Customer = &customer
	}
	return p, nil
}

func (s *site) consoleChat(c echo.Context, status int, t typed) error {
	p, err := s.consoleChatPage(c, t)
	if err != nil {
		return err
	}
	return s.render(c, status, views.ConsoleChatView(p))
}

func consoleChat(chat support.Chat) views.ConsoleChat {
	v := views.ConsoleChat{
		ID: chat.ID, Short: chat.Short, State: chat.State, Problem: chat.Problem, Name: chat.Name, Agent: chat.Agent, Place: chat.Place,
		StartedAt: chat.StartedAt, EndedAt: chat.EndedAt, IdleEndsAt: chat.IdleEndsAt, Seq: chat.Seq,
		Account: chat.Account, Masked: chat.Masked, Device: chat.Device, Wrap: chat.Wrap, Mine: chat.Mine, Rating: chat.Rating,
	}
	for _, m := range chat.Messages {
		v.Said = append(v.Said, views.ConsoleSaid{Author: m.Author, Name: m.Name, Text: m.Text, At: m.At})
	}
	return v
}

// consoleMessages is what was said after the last line that the page shows.
func (s *site) consoleMessages(c echo.Context) error {
	if !isHTMX(c) {
		return s.backToPage(c)
	}
	after, err := strconv.ParseInt(c.QueryParam("after"), 10, 64)
	if err != nil || after < 0 {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	chat, err := s.Support.Chats.Read(c.Request().Context(), s.client(c), c.Param("id"), after)
	if err != nil {
		return err
	}
	chat.Seq = max(chat.Seq, after)
	return s.render(c, http.StatusOK, views.ConsoleMore(consoleChat(chat), views.Desk{Shell: views.Shell{Zone: s.Models.Desk().Zone}, Now: s.Models.Now()}))
}

// consoleChatEvents tells of this conversation at once, and of the queue beside it.
func (s *site) consoleChatEvents(c echo.Context) error {
	id, of := c.Param("id"), agent(c).Account
	said, cancel := s.Support.Chats.Watch(id)
	defer cancel()
	queue, leave := s.Support.Chats.WatchQueue(of)
	defer leave()
	return s.stream(c, telling{key: "console " + of, news: paced(c, said, queue), look: func() (bool, error) {
		return true, s.Support.Chats.MayRead(c.Request().Context(), s.client(c), id)
	}})
}

func (s *site) joinChat(c echo.Context) error {
	err := s.Support.Chats.Join(c.Request().Context(), s.client(c), c.Param("id"))
	return s.afterTalk(c, err, "staff_joined", consolePage(c.Request().URL.Path))
}

func (s *site) transferChat(c echo.Context) error {
	err := s.Support.Chats.Transfer(c.Request().Context(), s.client(c), c.Param("id"), field(c, "to"))
	var e *models.Error
	if errors.As(err, &e) && e.Kind == models.NotFound && e.Reason == "colleague" {
		return s.consoleChat(c, http.StatusUnprocessableEntity, typed{errors: []views.FieldError{{Field: "talk", Reason: e.Reason}}})
	}
	return s.afterTalk(c, err, "staff_handed_on", "/console")
}

func (s *site) wrapChat(c echo.Context) error {
	err := s.Support.Chats.Wrap(c.Request().Context(), s.client(c), c.Param("id"), field(c, "wrap"))
	return s.afterTalk(c, err, "staff_wrapped", "/console")
}

// afterTalk leads on, or says on the conversation's page why nothing was done.
func (s *site) afterTalk(c echo.Context, err error, notice, path string) error {
	if said, status := s.refusal(err, "talk"); status != 0 {
		return s.consoleChat(c, status, typed{errors: []views.FieldError{said}})
	}
	if err != nil {
		return err
	}
	s.cookies.leaveNotice(c, notice, s.Models.Now())
	return to(c, path)
}

// replyChat sends only what its own button sends: every other button of the form
// puts something into the text and gives it back.
func (s *site) replyChat(c echo.Context) error {
	text := views.ConsoleText{Text: strings.ToValidUTF8(field(c, "reply"), "")}
	if field(c, "send") != "yes" {
		text.Text, text.Focus = s.inserted(text.Text, field(c, "insert")), true
		return s.consoleForm(c, http.StatusOK, typed{reply: text}, false)
	}
	err := s.Support.Chats.Reply(c.Request().Context(), s.client(c), c.Param("id"), field(c, "reply"), field(c, "nonce"))
	if said, status := s.refusal(err, "reply"); status != 0 {
		return s.consoleForm(c, http.StatusUnprocessableEntity, typed{reply: text, errors: []views.FieldError{said}}, false)
	}
	return s.said(c, err, false)
}

func (s *site) noteChat(c echo.Context) error {
	text := views.ConsoleText{Text: strings.ToValidUTF8(field(c, "note"), "")}
	err := s.Support.Chats.Note(c.Request().Context(), s.client(c), c.Param("id"), field(c, "note"), field(c, "nonce"))
	if said, status := s.refusal(err, "note"); status != 0 {
		return s.consoleForm(c, http.StatusUnprocessableEntity, typed{note: text, errors: []views.FieldError{said}}, true)
	}
	return s.said(c, err, true)
}

// said gives an empty form back, and has the page ask for what is new.
func (s *site) said(c echo.Context, err error, note bool) error {
	if err != nil {
		return err
	}
	if !isHTMX(c) {
		return to(c, consolePage(c.Request().URL.Path))
	}
	c.Response().Header().Set("HX-Trigger", "said")
	return s.consoleForm(c, http.StatusOK, typed{}, note)
}

// consoleForm renders the form of a reply or a note for htmx, or the whole page.
func (s *site) consoleForm(c echo.Context, status int, t typed, note bool) error {
	p, err := s.consoleChatPage(c, t)
	if err != nil {
		return err
	}
	if note {
		return s.unit(c, status, views.ConsoleChatView(p), views.ConsoleNoteForm(p))
	}
	return s.unit(c, status, views.ConsoleChatView(p), views.ConsoleReplyForm(p))
}

// inserted is a text with a saved reply or the link of an article put after it.
func (s *site) inserted(text, what string) string {
	kind, slug, _ := strings.Cut(what, ":")
	more := ""
	switch kind {
	case "reply":
		if i := slices.IndexFunc(s.Help.Replies(), func(r content.Reply) bool { return r.Slug == slug }); i >= 0 {
			more = s.Help.Replies()[i].Text
		}
	case "article":
		if a, ok := s.Help.Article(slug); ok {
			more = a.Title + ": " + s.origin() + "/help/a/" + a.Slug
		}
	}
	if text != "" && more != "" {
		text += "\n\n"
	}
	return text + more
}
