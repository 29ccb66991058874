package handlers

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"admitone/models"

	"github.com/labstack/echo/v4"
)

// client is who asks, as the request shows it.
func (s *site) client(c echo.Context) models.Client {
	who := s.cookies.client(c.Request())
	who.Request = requestID(c)
	return who
}

// beginner is the client of a form that begins what waits for a code.
func (s *site) beginner(c echo.Context) models.Client {
	who := s.client(c)
	who.Form = field(c, "nonce")
	return who
}

// client reads who asks off a request. The store of the session cookie needs it too:
// a session holds in the browser and the country that it lives in.
func (k *cookies) client(r *http.Request) models.Client {
	address, _ := netip.ParseAddr(k.address(r))
	return models.Client{
		Address:   address,
		Place:     k.locate(address),
		UserAgent: r.UserAgent(),
		Session:   valueOf(r, k.session),
		Device:    valueOf(r, k.device),
	}
}

// addressOf reads a client's address from the connection, or from the
// X-Forwarded-For that configured proxies wrote. Anyone can send that header,
// so nobody else's is believed (ASVS v5.0.0-15.3.4, -4.1.3).
func addressOf(proxies []netip.Prefix) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(&net.IPNet{
			IP: p.Masked().Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
		}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// returnPath gives a path of this site that a person may be led back to, ""
// for anything else: a link must not lead on to another site (ASVS
// v5.0.0-3.7.2).
func returnPath(raw string) string {
	if len(raw) > 512 || !utf8.ValidString(raw) || !strings.HasPrefix(raw, "/") || strings.HasPrefix(raw, "//") ||
		strings.ContainsFunc(raw, func(r rune) bool { return r == '\\' || unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return ""
	}
	// A path with letters that are not ASCII is escaped anew, and an escaped slash in it
	// comes out as a slash: /%2fevil.example/é.
	path := u.RequestURI()
	if strings.HasPrefix(path, "//") {
		return ""
	}
	return path
}

func theme(c echo.Context) string {
	if k, err := c.Cookie(themeCookie); err == nil && (k.Value == "dark" || k.Value == "light") {
		return k.Value
	}
	return ""
}

const themeCookie = "theme"

// setTheme keeps the choice of colours in a cookie, so that the server writes
// it into the page and nothing flashes.
func (s *site) setTheme(c echo.Context) error {
	k := s.cookies.plain(themeCookie, field(c, "theme"), year)
	if k.Value != "dark" && k.Value != "light" {
		k.Value, k.MaxAge = "", -1
	}
	http.SetCookie(c.Response(), k)
	next := returnPath(field(c, "next"))
	if next == "" {
		next = "/"
	}
	return to(c, next)
}
