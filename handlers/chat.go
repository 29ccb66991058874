package handlers

import (
	"crypto/rand"
	"net/http"
	"strconv"

	"admitone/models"
	"admitone/models/support"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

func (s *site) showStartChat(c echo.Context) error {
	current, err := s.Support.Chats.Current(c.Request().Context(), s.visitor(c))
	if err != nil {
		return err
	}
	if current != "" {
		return to(c, "/contact/chat/"+current)
	}
	p := views.StartChatPage{Problem: chosenProblem(c), Nonce: rand.Text()}
	if p.Problem == "" {
		p.Problem = support.Else
	}
	return s.startForm(c, http.StatusOK, p)
}

func (s *site) submitStartChat(c echo.Context) error {
	p := views.StartChatPage{
		Problem: field(c, "problem"), Name: field(c, "name"), Email: field(c, "email"), Message: field(c, "message"), Nonce: field(c, "nonce"),
	}
	started, err := s.Support.Chats.Start(c.Request().Context(), s.visitor(c), support.StartChat{
		Problem: p.Problem, Name: p.Name, Email: p.Email, Message: p.Message, Nonce: p.Nonce,
	})
	if p.Errors = fieldErrors(err); p.Errors != nil {
		return s.startForm(c, http.StatusUnprocessableEntity, p)
	}
	if _, closed := refusedAs(err, models.Closed); closed {
		p.Full = true
		return s.startForm(c, http.StatusConflict, p)
	}
	if retryAt, tooSoon := refusedAs(err, models.TooSoon); tooSoon {
		return s.wait(c, http.StatusTooManyRequests, "chat", "/contact", retryAt)
	}
	if err != nil {
		return err
	}
	s.setVisitor(c, started.Token)
	return to(c, "/contact/chat/"+started.ID)
}

// startForm is the form that begins a conversation, or where nobody is there the
// other ways to a person.
func (s *site) startForm(c echo.Context, status int, p views.StartChatPage) error {
	ways, err := s.ways(c, p.Problem)
	if err != nil {
		return err
	}
	p.Ways = ways
	if found, in := s.session(c); in {
		p.Account = found.Email
		if p.Here, err = s.Support.Chats.Here(c.Request().Context(), s.visitor(c)); err != nil {
			return err
		}
	}
	p.Shell = s.shell(c)
	p.Name, p.Email = shown(p.Name), shown(p.Email)
	if !ways.Chat.Open || p.Full {
		return s.render(c, status, views.NoChat(p))
	}
	return s.render(c, status, views.StartChat(p))
}

func (s *site) showChat(c echo.Context) error {
	p, err := s.chatSince(c, 0)
	if err != nil {
		return err
	}
	p.Shell = s.shell(c)
	return s.render(c, http.StatusOK, views.Chat(p))
}

// submitChat sends a message. htmx gets what is new after the last message that
// the page shows, its own among it.
func (s *site) submitChat(c echo.Context) error {
	id, text := c.Param("id"), field(c, "message")
	err := s.Support.Chats.Say(c.Request().Context(), s.visitor(c), id, text, field(c, "nonce"))
	if errors := fieldErrors(err); errors != nil {
		return s.refuseMessage(c, http.StatusUnprocessableEntity, errors)
	}
	if retryAt, tooSoon := refusedAs(err, models.TooSoon); tooSoon {
		return s.refuseMessage(c, http.StatusTooManyRequests, []views.FieldError{{Field: "message", Reason: "too_soon", At: retryAt}})
	}
	if err != nil {
		return err
	}
	if !isHTMX(c) {
		return to(c, "/contact/chat/"+id+"#say")
	}
	p, err := s.news(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.ChatSaid(p))
}

// refuseMessage gives back what was typed, with what is wrong.
func (s *site) refuseMessage(c echo.Context, status int, errors []views.FieldError) error {
	p, err := s.chatSince(c, 0)
	if err != nil {
		return err
	}
	p.Typed, p.Errors = field(c, "message"), errors
	if isHTMX(c) {
		return s.render(c, status, views.ChatRefused(p))
	}
	p.Shell = s.shell(c)
	return s.render(c, status, views.Chat(p))
}

// chatMessages gives what came after the last message that the page shows.
func (s *site) chatMessages(c echo.Context) error {
	if !isHTMX(c) {
		return to(c, "/contact/chat/"+c.Param("id"))
	}
	p, err := s.news(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.ChatNews(p.ChatView))
}

// chatEvents tells of an ended conversation once: a page that had lost its stream
// learns of the end by it and asks for no other.
func (s *site) chatEvents(c echo.Context) error {
	ctx, v, id := c.Request().Context(), s.visitor(c), c.Param("id")
	news, cancel := s.Support.Chats.Watch(id)
	defer cancel()
	return s.stream(c, telling{key: "chat " + id, from: addressOfStreams(v.Client.Address), news: news, look: func() (bool, error) {
		return s.Support.Chats.GoesOn(ctx, v, id)
	}})
}

func (s *site) showTranscript(c echo.Context) error {
	p, err := s.chatSince(c, 0)
	if err != nil {
		return err
	}
	p.Shell = s.shell(c)
	return s.render(c, http.StatusOK, views.Transcript(p))
}

func (s *site) extendChat(c echo.Context) error {
	if err := s.Support.Chats.Extend(c.Request().Context(), s.visitor(c), c.Param("id")); err != nil {
		return err
	}
	if !isHTMX(c) {
		return to(c, "/contact/chat/"+c.Param("id")+"#say")
	}
	p, err := s.news(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.ChatNews(p.ChatView))
}

func (s *site) showLeaveChat(c echo.Context) error { return s.leaveForm(c, http.StatusOK, "", nil) }

func (s *site) leaveChat(c echo.Context) error {
	id, email := c.Param("id"), field(c, "email")
	err := s.Support.Chats.Leave(c.Request().Context(), s.visitor(c), id, email)
	if errors := fieldErrors(err); errors != nil {
		return s.leaveForm(c, http.StatusUnprocessableEntity, email, errors)
	}
	if err != nil {
		return err
	}
	s.cookies.leaveNotice(c, "chat_left", s.Models.Now())
	return to(c, "/contact/chat/"+id)
}

func (s *site) leaveForm(c echo.Context, status int, typed string, errors []views.FieldError) error {
	chat, err := s.chatSince(c, 0)
	if err != nil {
		return err
	}
	if chat.State == support.Ended {
		return to(c, "/contact/chat/"+chat.ID)
	}
	p := views.LeaveChatPage{Shell: s.shell(c), ID: chat.ID, Email: shown(typed), Errors: errors}
	if chat.CanMail {
		p.To = chat.Email
	} else if typed == "" {
		p.Email = chat.Email
	}
	return s.render(c, status, views.LeaveChat(p))
}

func (s *site) endChat(c echo.Context) error {
	if err := s.Support.Chats.End(c.Request().Context(), s.visitor(c), c.Param("id")); err != nil {
		return err
	}
	return to(c, "/contact/chat/"+c.Param("id")+"#composer")
}

func (s *site) rateChat(c echo.Context) error {
	helped := field(c, "helped")
	if helped != "yes" && helped != "no" {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	if err := s.Support.Chats.Rate(c.Request().Context(), s.visitor(c), c.Param("id"), helped == "yes"); err != nil {
		return err
	}
	return to(c, "/contact/chat/"+c.Param("id")+"#composer")
}

func (s *site) mailTranscript(c echo.Context) error {
	if _, err := s.Support.Chats.MailTranscript(c.Request().Context(), s.visitor(c), c.Param("id")); err != nil {
		if retryAt, tooSoon := refusedAs(err, models.TooSoon); tooSoon {
			return s.wait(c, http.StatusTooManyRequests, "chat", "/contact/chat/"+c.Param("id"), retryAt)
		}
		return err
	}
	s.cookies.leaveNotice(c, "chat_mailed", s.Models.Now())
	return to(c, "/contact/chat/"+c.Param("id"))
}

// news is the conversation from after the message that the page shows last.
func (s *site) news(c echo.Context) (views.ChatPage, error) {
	after, err := strconv.ParseInt(c.FormValue("after"), 10, 64)
	if err != nil || after < 0 {
		return views.ChatPage{}, echo.NewHTTPError(http.StatusBadRequest)
	}
	return s.chatSince(c, after)
}

// chatSince is the conversation as it is shown, from after a message, with a
// fresh form.
func (s *site) chatSince(c echo.Context, after int64) (views.ChatPage, error) {
	chat, err := s.Support.Chats.Show(c.Request().Context(), s.visitor(c), c.Param("id"), after)
	if err != nil {
		return views.ChatPage{}, err
	}
	p := views.ChatPage{Nonce: rand.Text(), ChatView: views.ChatView{
		ID: chat.ID, State: chat.State, Problem: chat.Problem, Agent: chat.Agent, Place: chat.Place,
		StartedAt: chat.StartedAt, JoinedAt: chat.JoinedAt, EndedAt: chat.EndedAt, IdleEndsAt: chat.IdleEndsAt,
		Seq: chat.Seq, CanMail: chat.CanMail, Email: chat.Email, Rating: chat.Rating, Zone: s.Zone, Origin: s.origin(),
	}}
	for _, m := range chat.Messages {
		p.Messages = append(p.Messages, views.Said(m))
	}
	if chat.State == support.Waiting {
		wait, err := s.Support.Wait(c.Request().Context())
		if err != nil {
			return p, err
		}
		// The reader is one of those who wait: the place says it better.
		p.Wait = views.ChatWait{Typical: wait.Typical, Staffed: wait.Staffed || wait.Waiting > 0}
	}
	return p, nil
}
