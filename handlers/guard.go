package handlers

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"runtime/debug"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// maxBody bounds a request's body, in bytes; the longest form is far below.
const maxBody = "64K"

// policy is the content security policy of every page: nothing inline, nothing
// evaluated, nothing from elsewhere (ASVS v5.0.0-3.4.3).
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// guard puts in front of every route what must hold for all of them.
func (s *site) guard(e *echo.Echo) {
	e.Pre(s.headers, s.sameOrigin())
	e.Use(s.recovered)
	e.Use(middleware.BodyLimitWithConfig(middleware.BodyLimitConfig{
		Limit: maxBody, Skipper: func(c echo.Context) bool { return c.Request().Body == http.NoBody },
	}))
	e.Use(middleware.GzipWithConfig(middleware.GzipConfig{
		Skipper: func(c echo.Context) bool {
			path := c.Request().URL.Path
			// A page with a service code on it repeats its own address, too: its length
			// would tell a guess that is right (BREACH).
			return !isPage(path) || isStream(path) || path == "/contact/phone"
		},
		MinLength: 1024,
	}))
	e.Use(readForm, s.slowly(), s.provenHere, s.staffOnly)
}

func (s *site) headers(next echo.HandlerFunc) echo.HandlerFunc {
	// A browser would hold every other program on this machine to https too.
	secure := s.PublicURL.Scheme == "https" && s.PublicURL.Hostname() != "localhost"
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(echo.HeaderXRequestID, newRequestID())
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if secure {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		if isPage(c.Request().URL.Path) {
			h.Set("Cache-Control", "no-store")
			h.Add("Vary", "HX-Request")
		}
		if s.leaving.Load() {
			h.Set("Connection", "close")
		}
		return next(c)
	}
}

// sameOrigin refuses what another site makes a browser send (ASVS
// v5.0.0-3.5.1), sign-in forms too: a stranger must not sign people in to an
// account of his. The public URL is trusted by name, because a proxy may
// rewrite Host.
func (s *site) sameOrigin() echo.MiddlewareFunc {
	guard := http.NewCrossOriginProtection()
	if err := guard.AddTrustedOrigin(s.origin()); err != nil {
		panic(err) // main has checked the public URL
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := guard.Check(c.Request()); err != nil {
				s.note(c, "malicious_csrf", "", "cross_origin")
				return echo.NewHTTPError(http.StatusForbidden).SetInternal(err)
			}
			return next(c)
		}
	}
}

func newRequestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// requestID is shown to people and logged with a fault, so that one finds the
// other.
func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// recovered turns a panic into the ordinary 500, with its trace in the log.
func (s *site) recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if v := recover(); v != nil {
				s.Log.Error("panic", "request", requestID(c), "trace", string(debug.Stack()))
				err = fmt.Errorf("panic: %v", v)
			}
		}()
		return next(c)
	}
}

// field reads a field of the form that was sent. What stands in the address is
// not one: a code or a password must never be taken from there.
func field(c echo.Context, name string) string { return c.Request().PostFormValue(name) }

// readForm parses a body once, so that a broken one is a clear 400 and every
// handler after it may read fields without looking for errors.
func readForm(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Method == post && isPage(c.Request().URL.Path) {
			kind, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
			if kind != echo.MIMEApplicationForm && c.Request().ContentLength != 0 {
				return echo.NewHTTPError(http.StatusUnsupportedMediaType)
			}
			if err := c.Request().ParseForm(); err != nil {
				if he, ok := err.(*echo.HTTPError); ok {
					return he // the body was over its limit
				}
				return echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
			}
		}
		return next(c)
	}
}
