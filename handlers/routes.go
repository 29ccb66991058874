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

	signUp, signIn, reset, stepUp := s.signUpCode(), s.signInCode(), s.resetCode(), s.stepUpCode()
	email, phone, undo := s.emailCode(), s.phoneCode(), s.undoCode()
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
		{get, "/sign-in/code/another", signIn.showAnother},
		{post, "/sign-in/code/another", signIn.submitAnother},
		{post, "/sign-out", s.signOut},
		{get, "/reset", s.showReset},
		{post, "/reset", s.submitReset},
		{get, "/reset/code", reset.show},
		{post, "/reset/code", reset.submit},
		{post, "/reset/code/resend", reset.resend},
		{get, "/reset/code/help", reset.lateHelp},
		{get, "/reset/link/:token", s.keepLink},
		{get, "/reset/link", s.showLink},
		{post, "/reset/link", s.followLink},
		{get, "/reset/new", s.showResetNew},
		{post, "/reset/new", s.submitResetNew},
		{get, "/account", s.showAccount},
		{get, "/account/email", s.showEmail},
		{post, "/account/email", s.submitEmail},
		{get, "/account/email/code", email.show},
		{post, "/account/email/code", email.submit},
		{post, "/account/email/code/resend", email.resend},
		{get, "/account/email/code/delivery", email.delivery},
		{get, "/account/email/code/help", email.lateHelp},
		{post, "/account/email/cancel", s.cancelEmail},
		{post, "/account/email/main", s.makeMainEmail},
		{post, "/account/email/remove", s.removeEmail},
		{get, "/account/phone", s.showPhone},
		{post, "/account/phone", s.submitPhone},
		{get, "/account/phone/code", phone.show},
		{post, "/account/phone/code", phone.submit},
		{post, "/account/phone/code/resend", phone.resend},
		{get, "/account/phone/code/delivery", phone.delivery},
		{get, "/account/phone/code/help", phone.lateHelp},
		{get, "/account/phone/remove", s.showRemovePhone},
		{post, "/account/phone/remove", s.removePhone},
		{get, "/account/password", s.showPassword},
		{post, "/account/password", s.submitPassword},
		{get, "/account/two-step", s.showTwoStep},
		{post, "/account/two-step", s.submitTwoStep},
		{get, "/account/two-step/off", s.showTwoStepOff},
		{post, "/account/two-step/off", s.submitTwoStepOff},
		{post, "/account/two-step/channel", s.submitChannel},
		{get, "/account/devices", s.showDevices},
		{post, "/account/devices/rename", s.renameDevice},
		{post, "/account/devices/sign-out", s.signOutDevice},
		{post, "/account/devices/untrust", s.untrustDevice},
		{get, "/account/devices/everywhere", s.showSignOutEverywhere},
		{post, "/account/devices/everywhere", s.signOutEverywhere},
		{get, "/account/activity", s.showActivity},
		{get, "/account/close", s.showClose},
		{post, "/account/close", s.submitClose},
		{get, "/account/data.json", s.downloadData},
		{get, "/reauth", s.showReauth},
		{post, "/reauth", s.submitReauth},
		{post, "/reauth/resend", stepUp.resend},
		{get, "/reauth/delivery", stepUp.delivery},
		{get, "/reauth/help", stepUp.lateHelp},
		{get, "/reauth/another", stepUp.showAnother},
		{post, "/reauth/another", stepUp.submitAnother},
		{get, "/reauth/password", s.showReauthPassword},
		{post, "/reauth/password", s.submitReauthPassword},
		{get, "/.well-known/change-password", leadTo("/account/password")},
		{post, "/theme", s.setTheme},
		{get, "/help", s.showHelp},
		{get, "/not-me", s.showNotMe},
		{get, "/not-me/:token", s.showNotMeThis},
		{post, "/not-me/:token", s.submitNotMe},
		{get, "/undo/code", undo.show},
		{post, "/undo/code", undo.submit},
		{post, "/undo/code/resend", undo.resend},
		{get, "/undo/code/delivery", undo.delivery},
		{get, "/undo/code/help", undo.lateHelp},
		{get, "/undo/:token", s.showUndo},
		{post, "/undo/:token", s.submitUndo},
		{get, "/sms/report/:token", s.report},
		{post, "/sms/report/:token", s.report},
		{get, "/healthz", s.healthz},
		{get, "/readyz", s.readyz},
		{get, "/static/*", echo.WrapHandler(static.Handler())},
		{get, "/favicon.ico", func(c echo.Context) error { return c.Redirect(http.StatusFound, static.URL("favicon.svg")) }},
		// A reload of the answer to a POST.
		{get, "/sign-up/code/resend", leadTo("/sign-up/code")},
		{get, "/sign-in/code/resend", leadTo("/sign-in/code")},
		{get, "/reset/code/resend", leadTo("/reset/code")},
		{get, "/reauth/resend", leadTo("/reauth")},
		{get, "/undo/code/resend", leadTo("/undo/code")},
		{get, "/account/email/code/resend", leadTo("/account/email/code")},
		{get, "/account/email/cancel", leadTo("/account/email")},
		{get, "/account/email/main", leadTo("/account/email")},
		{get, "/account/email/remove", leadTo("/account/email")},
		{get, "/account/phone/code/resend", leadTo("/account/phone/code")},
		{get, "/account/two-step/channel", leadTo("/account/two-step")},
		{get, "/account/devices/rename", leadTo("/account/devices")},
		{get, "/account/devices/sign-out", leadTo("/account/devices")},
		{get, "/account/devices/untrust", leadTo("/account/devices")},
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
