package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"admitone/models"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"
)

const year = 365 * 24 * 60 * 60 // seconds

// cookies is the gorilla/sessions store over our own rows: what a cookie holds
// is a random token, what it stands for is in the database. It also names the
// other cookies of the site.
type cookies struct {
	rows    *models.Sessions
	address echo.IPExtractor
	locate  func(netip.Addr) models.Place
	secure  bool
	session string
	device  string
	link    string // the token of a mailed link, while the person decides
	chat    string // whose conversation or call-back it is
}

// newCookies takes the __Host- prefix with Secure; on loopback http neither,
// because browsers refuse the prefix without Secure.
func newCookies(m *models.Models, address echo.IPExtractor, secure bool) *cookies {
	k := &cookies{rows: m.Sessions, address: address, locate: m.Locate, secure: secure, session: "session", device: "device", link: "reset-link", chat: "chat"}
	if secure {
		k.session, k.device, k.link, k.chat = "__Host-session", "__Host-device", "__Host-reset-link", "__Host-chat"
	}
	return k
}

// The keys of a gorilla session's values.
const (
	valueToken    = "token"
	valueSession  = "session"
	valueStanding = "standing"
)

// Get gives the request's session, read from the database at most once.
func (k *cookies) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(k, name)
}

// New reads the session that the request's cookie stands for. The error is the
// database's.
func (k *cookies) New(r *http.Request, name string) (*sessions.Session, error) {
	s := sessions.NewSession(k, name)
	s.Options = &sessions.Options{Path: "/", HttpOnly: true, Secure: k.secure, SameSite: http.SameSiteLaxMode}
	s.IsNew = true
	if _, err := r.Cookie(name); err != nil {
		return s, nil
	}
	found, standing, err := k.rows.Find(r.Context(), k.client(r))
	s.Values[valueStanding] = standing
	if standing == models.SignedIn {
		s.Values[valueSession] = found
		s.IsNew = false
	}
	return s, err
}

// Save sets the cookie to the token in the session's values, or takes it away.
func (k *cookies) Save(_ *http.Request, w http.ResponseWriter, s *sessions.Session) error {
	token, _ := s.Values[valueToken].(string)
	if token == "" {
		s.Options.MaxAge = -1
	}
	http.SetCookie(w, sessions.NewCookie(s.Name(), token, s.Options))
	return nil
}

// session gives the signed-in session of a request. A database that cannot
// answer is nobody: the door stays shut.
func (s *site) session(c echo.Context) (models.Session, bool) {
	g, err := s.cookies.Get(c.Request(), s.cookies.session)
	if err != nil {
		return models.Session{}, false
	}
	found, in := g.Values[valueSession].(models.Session)
	return found, in
}

// requireSession gives the signed-in session, or the NoSession error that leads
// to the sign-in and back.
func (s *site) requireSession(c echo.Context) (models.Session, error) {
	g, err := s.cookies.Get(c.Request(), s.cookies.session)
	if err != nil {
		return models.Session{}, err
	}
	found, in := g.Values[valueSession].(models.Session)
	if !in {
		return found, &models.Error{Kind: models.NoSession, Reason: "session"}
	}
	return found, nil
}

// provenHere lets a session that has turned up elsewhere show and change nothing of its
// account before a step-up. The rest of the site is as open as to anyone: help, the
// ways to a person, the step-up itself and the sign-out.
func (s *site) provenHere(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		path := c.Request().URL.Path
		own := path == "/account" || strings.HasPrefix(path, "/account/")
		if !own && !isConsole(path) && !strings.HasPrefix(path, "/contact/") {
			return next(c)
		}
		found, _ := s.session(c)
		if !found.Moved {
			return next(c)
		}
		notProven := &models.Error{Kind: models.NotProven, Reason: "step_up"}
		if own {
			return notProven
		}
		err := next(c) // the console asks for a proof itself
		if _, missing := refusedAs(err, models.NotFound); missing && !isConsole(path) {
			return notProven // a conversation of the account may be there after it
		}
		return err
	}
}

// standing says what the request's session cookie stands for.
func (s *site) standing(c echo.Context) models.Standing {
	g, err := s.cookies.Get(c.Request(), s.cookies.session)
	if err != nil {
		return models.Nobody
	}
	standing, _ := g.Values[valueStanding].(models.Standing)
	return standing
}

// setSession gives the browser a new session token. maxAge is in seconds; 0
// ends the cookie with the browser window.
func (s *site) setSession(c echo.Context, token string, maxAge int) error {
	g, err := s.cookies.Get(c.Request(), s.cookies.session)
	if err != nil {
		return err
	}
	g.Values[valueToken] = token
	g.Options.MaxAge = maxAge
	return g.Save(c.Request(), c.Response())
}

// endHere is for every act of a browser that ends its own session: its token goes,
// and what the session leaves behind.
func (s *site) endHere(c echo.Context) error {
	s.forgetHere(c)
	return s.setSession(c, "", -1)
}

// endedHere is endHere after the act of a mailed link: it ends the sessions of the
// account that the message was about, and that may not be the one signed in here.
func (s *site) endedHere(c echo.Context, in bool) error {
	if !in {
		return nil
	}
	_, standing, err := s.Models.Sessions.Find(c.Request().Context(), s.client(c))
	if err != nil || standing == models.SignedIn {
		return err
	}
	return s.endHere(c)
}

// forgetHere takes away what a session leaves behind: the next person at this
// browser must read neither what was said to support nor what was being written. The
// device stays known.
func (s *site) forgetHere(c echo.Context) {
	c.Response().Header().Set(clearSiteData, storedHere)
	if s.cookies.value(c, s.cookies.chat) != "" {
		http.SetCookie(c.Response(), s.cookies.plain(s.cookies.chat, "", -1))
	}
}

// What a browser is asked to clear. Its cookies are not among it: one of them is the
// device's.
const (
	clearSiteData = "Clear-Site-Data"
	storedHere    = `"cache", "storage"`
)

// setDevice gives the browser its device token, for a year.
func (s *site) setDevice(c echo.Context, token string) {
	http.SetCookie(c.Response(), s.cookies.plain(s.cookies.device, token, year))
}

func (k *cookies) plain(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: k.secure, SameSite: http.SameSiteLaxMode}
}

func (k *cookies) value(c echo.Context, name string) string { return valueOf(c.Request(), name) }

func valueOf(r *http.Request, name string) string {
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// noticeCookie carries the banner of the next page over a redirect: a slug and
// a time, nothing that a stranger could make us say.
const noticeCookie = "notice"

var notices = []string{
	"signed_out", "account_made", "flow_lost", "session_ended", "taken", "resent", "resent_new",
	"password_changed", "password_reset", "two_step_saved", "two_step_off", "device_renamed", "device_signed_out",
	"device_untrusted", "signed_out_everywhere",
	"email_changed", "email_added", "email_main", "email_removed", "email_cancelled", "email_taken_late", "phone_added", "phone_removed",
	"channel_saved", "change_waiting", "closing", "closing_cancelled", "undone",
	"staff_resent", "staff_unlocked", "staff_signed_out", "staff_reset", "staff_joined", "staff_handed_on", "staff_wrapped", "call_missed", "call_done",
	"texts_off", "texts_on", "strangers_slow", "strangers_usual",
	"chat_left", "chat_mailed", "call_booked", "call_moved", "call_cancelled",
}

func (k *cookies) leaveNotice(c echo.Context, slug string, at time.Time) {
	http.SetCookie(c.Response(), k.plain(noticeCookie, fmt.Sprintf("%s.%d", slug, at.UnixMilli()), 60))
}

func (k *cookies) takeNotice(c echo.Context) (slug string, at time.Time) {
	slug, at, err := parseNotice(k.value(c, noticeCookie))
	if err != nil {
		return "", time.Time{}
	}
	http.SetCookie(c.Response(), k.plain(noticeCookie, "", -1))
	return slug, at
}

func parseNotice(value string) (string, time.Time, error) {
	slug, ms, _ := strings.Cut(value, ".")
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil {
		return "", time.Time{}, err
	}
	for _, known := range notices {
		if slug == known {
			return slug, time.UnixMilli(n).UTC(), nil
		}
	}
	return "", time.Time{}, errors.New("no such notice")
}
