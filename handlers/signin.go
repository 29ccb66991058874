package handlers

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"time"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

func (s *site) showSignIn(c echo.Context) error {
	next := returnPath(c.QueryParam("next"))
	if _, in := s.session(c); in {
		return to(c, orAccount(next))
	}
	return s.signInForm(c, http.StatusOK, "", next, 0, nil)
}

func (s *site) submitSignIn(c echo.Context) error {
	email, next := field(c, "email"), returnPath(field(c, "next"))
	if _, in := s.session(c); in {
		return to(c, orAccount(next))
	}
	started, err := s.Models.SignIns.Start(c.Request().Context(), email, field(c, "password"), next, s.beginner(c))
	if fields := fieldErrors(err); fields != nil {
		return s.signInForm(c, http.StatusUnprocessableEntity, email, next, failures(c), fields)
	}
	if err != nil {
		return err
	}
	switch started.Outcome {
	case models.CodeSent:
		return s.toCode(c, started, "/sign-in/code")
	case models.Accepted:
		if err := s.setSession(c, started.Session, s.sessionAge()); err != nil {
			return err
		}
		s.keptNotice(c, started.Kept)
		return to(c, orAccount(started.Next))
	case models.Throttled:
		return s.wait(c, http.StatusTooManyRequests, "sign_in", "/sign-in", started.RetryAt)
	case models.PasswordOff:
		http.SetCookie(c.Response(), s.cookies.plain(typedCookie, typedValue(email), 15*60))
		return s.wait(c, http.StatusUnprocessableEntity, "password_off", "/sign-in", time.Time{})
	case models.Refused:
		return s.render(c, http.StatusForbidden, views.Refused(views.RefusedPage{
			Shell: s.shell(c), Email: started.Masked, Mailed: started.Mailed, Reasons: reasons(started.Reasons), Life: time.Duration(s.Models.Policy().CodeLife),
		}))
	case models.ChannelOff:
		return s.wait(c, http.StatusUnprocessableEntity, "channel_off", "/sign-in", time.Time{})
	default:
		http.SetCookie(c.Response(), s.cookies.plain(typedCookie, typedValue(email), 15*60))
		return s.signInForm(c, http.StatusUnprocessableEntity, email, next, failures(c)+1,
			[]views.FieldError{{Field: "email", Reason: "credentials"}})
	}
}

func (s *site) signInForm(c echo.Context, status int, email, next string, failed int, errors []views.FieldError) error {
	p := views.SignInPage{Shell: s.shell(c), Email: shown(email), Nonce: rand.Text(), Next: next, Errors: errors, SignUpOpen: s.SignUpOpen, Failed: failed}
	if failed >= manyFailures {
		p.Inline = s.inline["sign_in refused"]
	}
	return s.unit(c, status, views.SignIn(p), views.SignInForm(p))
}

// manyFailures is how many wrong tries in a row open the help with them.
const manyFailures = 2

// failures is how often this form has failed, as it tells itself: nothing but what
// it shows depends on it.
func failures(c echo.Context) int {
	n, _ := strconv.Atoi(field(c, "failed"))
	return max(0, min(n, manyFailures))
}

// keptNotice says that signing in has kept an account that was about to be closed.
func (s *site) keptNotice(c echo.Context, kept bool) {
	if kept {
		s.cookies.leaveNotice(c, "closing_cancelled", s.Models.Now())
	}
}

// toCode hands the browser the handle of its flow and leads to the code page.
func (s *site) toCode(c echo.Context, started models.Started, path string) error {
	flow := time.Duration(s.Models.Policy().FlowLife)
	if err := s.setSession(c, started.Session, 2*int(flow.Seconds())); err != nil {
		return err
	}
	return to(c, path)
}

// sessionAge is how long the browser keeps the session cookie, in seconds. The
// row decides when the session ends.
func (s *site) sessionAge() int {
	return int(time.Duration(s.Models.Policy().SessionLife).Seconds())
}

// shown cuts what was typed before it is put back into its field.
func shown(typed string) string {
	if len(typed) > 1024 {
		return ""
	}
	return typed
}

func orAccount(next string) string {
	if next == "" {
		return "/account"
	}
	return next
}

// signInCode is the code page of a sign-in.
func (s *site) signInCode() *codePage {
	return &codePage{
		site: s, tooMany: "code_tries", start: "/sign-in", path: "/sign-in/code",
		pending: s.Models.SignIns.Pending, answer: s.Models.SignIns.Answer, again: s.Models.SignIns.Resend,
	}
}

// typedValue is an address as a cookie can carry it: one that it cannot is left
// out.
func typedValue(typed string) string {
	if email, reason := models.ParseEmail(typed); reason == "" && !strings.ContainsAny(email.Shown, `",;\`) {
		return email.Shown
	}
	return ""
}

// reasons are slugs for the pages.
func reasons(list []models.Reason) []string {
	slugs := make([]string, len(list))
	for i, r := range list {
		slugs[i] = string(r)
	}
	return slugs
}
