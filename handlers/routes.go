// Package handlers turns requests into acts of models and outcomes into pages.
// This file is the menu of the site; render.go, errors.go, sessions.go and
// client.go are what the pages share; every other file is one area.
package handlers

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"admitone/content"
	"admitone/models"
	"admitone/models/support"
	"admitone/static"
	"admitone/views"

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
	Support        *support.Support
	Help           *content.Help
	Legal          []views.Link // the operator's own pages, in the footer
	StrangersLine  Line         // how strangers go while staff slow them down; zero for as usual
	Log            *slog.Logger
}

type site struct {
	Options
	cookies *cookies
	streams *streams
	away    *awayLog
	leaving atomic.Bool // a graceful stop has begun

	// What of the help centre is the same for everybody, made once.
	articles map[string]views.Article // by slug
	inline   map[string]string        // by screen
	kept     keptPages

	sources []views.Link // whose data tells the places
}

// Site is the whole site.
type Site struct {
	http.Handler
	site *site
}

// Leave begins a graceful stop: /readyz says no, and a connection ends with its
// answer, so that a proxy sends nothing new and keeps none that is about to be cut.
func (s *Site) Leave() { s.site.leaving.Store(true) }

// CloseStreams ends the open event streams, so that a graceful stop does not wait
// for them: their readers ask for a new one.
func (s *Site) CloseStreams() { s.site.streams.close() }

// New builds the site.
func New(o Options) *Site {
	address := addressOf(o.TrustedProxies)
	s := &site{
		Options: o, cookies: newCookies(o.Models, address, o.PublicURL.Scheme == "https"), streams: newStreams(), away: newAwayLog(),
		inline: inlineOfHelp(o.Help), kept: keptPages{pages: map[keptFor]keptPage{}},
	}
	s.articles = articlesOfHelp(o.Help, s.origin())
	for _, p := range o.Models.PlaceSources() {
		s.sources = append(s.sources, views.Link{Title: p.Words, URL: p.URL})
	}
	e := echo.New()
	e.HTTPErrorHandler = s.problem
	e.IPExtractor = address
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
		{get, "/session", s.checkSession},
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
		{get, "/.well-known/security.txt", s.securityTxt},
		{post, "/theme", s.setTheme},
		{get, "/help", s.showHelp},
		{get, "/help/t/:topic", s.showTopic},
		{get, "/help/a/:slug", s.showArticle},
		{post, "/help/a/:slug/vote", s.submitVote},
		{post, "/help/words", s.submitVoteWords},
		{get, "/help/faq", s.showFAQ},
		{get, "/help/search", s.showSearch},
		{get, "/help/thanks", s.showThanks},
		{get, "/sitemap.xml", s.sitemap},
		{get, "/robots.txt", s.robots},
		{get, "/contact", s.showContact},
		{get, "/contact/chat", s.showStartChat},
		{post, "/contact/chat", s.submitStartChat},
		{get, "/contact/chat/:id", s.showChat},
		{post, "/contact/chat/:id", s.submitChat},
		{get, "/contact/chat/:id/messages", s.chatMessages},
		{get, "/contact/chat/:id/events", s.chatEvents},
		{get, "/contact/chat/:id/transcript", s.showTranscript},
		{post, "/contact/chat/:id/extend", s.extendChat},
		{get, "/contact/chat/:id/leave", s.showLeaveChat},
		{post, "/contact/chat/:id/leave", s.leaveChat},
		{post, "/contact/chat/:id/end", s.endChat},
		{post, "/contact/chat/:id/rating", s.rateChat},
		{post, "/contact/chat/:id/mail", s.mailTranscript},
		{get, "/contact/phone", s.showContactPhone},
		{post, "/contact/phone/service-code", s.makeServiceCode},
		{get, "/contact/phone/call-back", s.showBookCall},
		{post, "/contact/phone/call-back", s.submitBookCall},
		{get, "/contact/phone/call-back/:id", s.showCall},
		{post, "/contact/phone/call-back/:id", s.moveCall},
		{post, "/contact/phone/call-back/:id/cancel", s.cancelCall},
		{get, "/console", s.showConsole},
		{get, "/console/events", s.consoleEvents},
		{get, "/console/queue", s.consoleQueue},
		{get, "/console/chat/:id", s.showConsoleChat},
		{get, "/console/chat/:id/messages", s.consoleMessages},
		{get, "/console/chat/:id/events", s.consoleChatEvents},
		{post, "/console/chat/:id/join", s.joinChat},
		{post, "/console/chat/:id/reply", s.replyChat},
		{post, "/console/chat/:id/note", s.noteChat},
		{post, "/console/chat/:id/transfer", s.transferChat},
		{post, "/console/chat/:id/wrap", s.wrapChat},
		{post, "/console/find", s.findCustomer},
		{get, "/console/account/:id", s.showCustomer},
		{post, "/console/account/:id/act", s.actOnCustomer},
		{get, "/console/calls", s.showConsoleCalls},
		{post, "/console/calls/:id/:act", s.actOnCall},
		{get, "/console/articles", s.showConsoleArticles},
		{get, "/console/figures", s.showFigures},
		{get, "/console/watch", s.showWatch},
		{post, "/console/watch/switch", s.submitSwitch},
		{get, "/console/keys", s.showConsoleKeys},
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
		{get, "/contact/phone/service-code", leadTo("/contact/phone")},
		{get, "/help/words", leadTo("/help")},
		{get, "/help/a/:slug/vote", leadUp},
		{get, "/contact/chat/:id/extend", leadUp},
		{get, "/contact/chat/:id/end", leadUp},
		{get, "/contact/chat/:id/rating", leadUp},
		{get, "/contact/chat/:id/mail", leadUp},
		{get, "/contact/phone/call-back/:id/cancel", leadUp},
		{get, "/console/find", leadTo("/console")},
		{get, "/console/chat/:id/join", s.backToPage},
		{get, "/console/chat/:id/reply", s.backToPage},
		{get, "/console/chat/:id/note", s.backToPage},
		{get, "/console/chat/:id/transfer", s.backToPage},
		{get, "/console/chat/:id/wrap", s.backToPage},
		{get, "/console/account/:id/act", s.backToPage},
		{get, "/console/calls/:id/:act", s.backToPage},
		{get, "/console/watch/switch", s.backToPage},
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
	return &Site{Handler: e, site: s}
}

const (
	get  = http.MethodGet
	post = http.MethodPost
)

func leadTo(path string) echo.HandlerFunc {
	return func(c echo.Context) error { return c.Redirect(http.StatusSeeOther, path) }
}

// leadUp leads to the page that an act lies below.
func leadUp(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, path.Dir(c.Request().URL.EscapedPath()))
}

// isPage says whether an answer is one of the site's own pages, in contrast to
// a file or the test inbox, which set their own headers.
func isPage(path string) bool {
	return !strings.HasPrefix(path, "/static/") && !strings.HasPrefix(path, "/dev/inbox")
}
