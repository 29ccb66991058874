package handlers

import (
	"context"
	"net/http"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// changeNotices name the banner of a change that took hold.
var changeNotices = map[string]string{
	models.ChangeEmail: "email_changed", models.ChangeEmailSecond: "email_added", models.ChangePhone: "phone_added",
}

// emailCode is the code page of a new address.
func (s *site) emailCode() *codePage { return s.proofCode(models.PurposeEmail, "/account/email") }

// proofCode is the code page of a new address or number, inside a session.
func (s *site) proofCode(purpose models.Purpose, start string) *codePage {
	a := s.Models.Accounts
	return &codePage{
		site: s, tooMany: "code_tries", start: start, path: start + "/code", inside: true,
		pending: a.PendingProof(purpose), answer: a.AnswerProof(purpose), again: a.ResendProof(purpose),
		done: func(out models.Answered) (notice, path string) {
			if !out.HoldsAt.IsZero() {
				return "change_waiting", start
			}
			return changeNotices[out.Subject], start
		},
	}
}

func (s *site) showEmail(c echo.Context) error { return s.emailForm(c, http.StatusOK, "main", "", nil) }

func (s *site) submitEmail(c echo.Context) error {
	email, as := field(c, "email"), field(c, "as")
	started, err := s.Models.Accounts.StartEmail(c.Request().Context(), email, as == "second", s.client(c))
	if fields := fieldErrors(err); fields != nil {
		return s.emailForm(c, http.StatusUnprocessableEntity, as, email, fields)
	}
	if err != nil {
		return err
	}
	if started.Outcome == models.Throttled {
		return s.wait(c, http.StatusTooManyRequests, "sends", "", started.RetryAt)
	}
	return to(c, "/account/email/code")
}

func (s *site) emailForm(c echo.Context, status int, as, typed string, errors []views.FieldError) error {
	found, err := s.requireSession(c)
	if err != nil {
		return err
	}
	slow, err := s.slow(c)
	if err != nil {
		return err
	}
	o, err := s.Models.Accounts.Overview(c.Request().Context(), found)
	if err != nil {
		return err
	}
	p := views.EmailPage{
		Shell: s.shell(c), Main: views.EmailItem(o.Main), Second: views.EmailItem(o.Second), Pending: views.PendingEmail(o.Pending),
		As: as, Email: shown(typed), Errors: errors, Slow: slow, Now: s.Models.Now(),
	}
	return s.unit(c, status, views.Email(p), views.EmailForm(p))
}

// cancelEmail gives up an address that has not proven itself.
func (s *site) cancelEmail(c echo.Context) error {
	if err := s.Models.Accounts.CancelEmail(c.Request().Context(), s.client(c)); err != nil {
		return err
	}
	s.cookies.leaveNotice(c, "email_cancelled", s.Models.Now())
	return to(c, "/account/email")
}

func (s *site) makeMainEmail(c echo.Context) error {
	return s.changed(c, s.Models.Accounts.MakeMain, "email_main", "/account/email")
}

func (s *site) removeEmail(c echo.Context) error {
	return s.changed(c, s.Models.Accounts.RemoveEmail, "email_removed", "/account/email")
}

// changed runs a change of one identifier and says what became of it.
func (s *site) changed(c echo.Context, act func(context.Context, string, models.Client) (models.Changed, error), notice, path string) error {
	out, err := act(c.Request().Context(), field(c, "id"), s.client(c))
	if err != nil {
		return err
	}
	return s.afterChange(c, out, notice, path)
}

func (s *site) afterChange(c echo.Context, out models.Changed, notice, path string) error {
	if out.Outcome == models.Throttled {
		return s.wait(c, http.StatusTooManyRequests, "changes", "", out.RetryAt)
	}
	if !out.HoldsAt.IsZero() {
		notice = "change_waiting"
	}
	s.cookies.leaveNotice(c, notice, s.Models.Now())
	return to(c, path)
}
