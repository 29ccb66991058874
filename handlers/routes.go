// Package handlers turns requests into acts of models and outcomes into pages.
// This file is the menu of the site; render.go, errors.go, sessions.go and
// client.go are what the pages share; every other file is one area.
package handlers

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"admitone/models"
	"admitone/static"

	"github.com/labstack/echo/v4"
)

// Options is what the pages need to know of the set-up.
type Options struct {
	Models         *models.Models
	Brand          string
	MailFrom       string // the bare address that messages come from
	PublicURL      *url.URL
	Zone           *time.Location
	SignUpOpen     bool
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	DevInbox       http.Handler   // nil where no test inbox runs
	Log            *slog.Logger
}

type site struct {
	Options
	cookies *cookies
}

// New builds the site.
func New(o Options) http.Handler {
	s := &site{Options: o, cookies: newCookies(o.Models.Sessions, o.PublicURL.Scheme == "https")}
	e := echo.New()
	e.HTTPErrorHandler = s.problem
	e.IPExtractor = addressOf(o.TrustedProxies)
	s.guard(e)

	signUp, signIn := s.signUpCode(), s.signInCode()
	for _, r := range []struct {
		method, path string
		handle       echo.HandlerFunc
	}{
		{get, "/", s.home},
		{get, "/sign-up", s.showSignUp},
		{post, "/sign-up", s.submitSignUp},
		{get, "/sign-up/code", signUp.show},
		{post, "/sign-up/code", signUp.submit},
		{post, "/sign-up/code/resend", signUp.resend},
		{get, "/sign-up/code/delivery", signUp.delivery},
		{get, "/sign-up/code/help", signUp.lateHelp},
		{get, "/sign-in", s.showSignIn},
		{post, "/sign-in", s.submitSignIn},
		{get, "/sign-in/code", signIn.show},
		{post, "/sign-in/code", signIn.submit},
		{post, "/sign-in/code/resend", signIn.resend},
		{get, "/sign-in/code/delivery", signIn.delivery},
		{get, "/sign-in/code/help", signIn.lateHelp},
		{post, "/sign-out", s.signOut},
		{get, "/account", s.showAccount},
		{post, "/theme", s.setTheme},
		{get, "/help", s.showHelp},
		{get, "/not-me", s.showNotMe},
		{get, "/healthz", s.healthz},
		{get, "/readyz", s.readyz},
		{get, "/static/*", echo.WrapHandler(static.Handler())},
		{get, "/favicon.ico", func(c echo.Context) error { return c.Redirect(http.StatusFound, static.URL("favicon.svg")) }},
		// A reload of the answer to a POST.
		{get, "/sign-up/code/resend", leadTo("/sign-up/code")},
		{get, "/sign-in/code/resend", leadTo("/sign-in/code")},
		{get, "/sign-out", leadTo("/account")},
		{get, "/theme", leadTo("/")},
	} {
		e.Add(r.method, r.path, r.handle)
		if r.method == get {
			e.Add(http.MethodHead, r.path, r.handle)
		}
	}
	if o.DevInbox != nil {
		e.Any("/dev/inbox", echo.WrapHandler(o.DevInbox))
		e.Any("/dev/inbox.json", echo.WrapHandler(o.DevInbox))
		e.Any("/dev/inbox/*", echo.WrapHandler(o.DevInbox))
	}
	return e
}

const (
	get  = http.MethodGet
	post = http.MethodPost
)

func leadTo(path string) echo.HandlerFunc {
	return func(c echo.Context) error { return c.Redirect(http.StatusSeeOther, path) }
}

// isPage says whether an answer is one of the site's own pages, in contrast to
// a file or the test inbox, which set their own headers.
func isPage(path string) bool {
	return !strings.HasPrefix(path, "/static/") && !strings.HasPrefix(path, "/dev/inbox")
}
