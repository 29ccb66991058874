package content

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Mail is the facts of one mail, already fit to be shown: addresses of people are masked or absent.
type Mail struct {
	Brand   string // the name of the service
	Host    string // the host people type, for the hint against false pages; "" takes it from BaseURL
	BaseURL string // https://accounts.example.com, the root of every link

	Code    string // the digits; left out of a notice whatever it holds
	Tag     string // the request tag, the same as on the page
	Purpose string // what a code is for: sign_up, sign_in; the row of any other is left out

	Device  string // "Firefox on Linux"
	Place   string // roughly where; "" leaves the row out
	Address string // the network address asked from; "" leaves the row out

	AskedAt, WorksUntil time.Time
	Zone                *time.Location // named beside every time; nil is UTC
	LifeMinutes         int
}

// stamp is a moment as a template says it: the words around it belong to the language.
type stamp struct {
	Clock, Zone      string
	Day, Month, Year int
}

// view is what the templates see: the Mail after cleaning, and what the shape needs.
type view struct {
	Mail
	BrandHead, BrandTail string // the last word of the name stands behind the perforation
	Typed                string // BaseURL as people type it
	Asked, Works         stamp
}

// The longest a fact may be. A device's name comes from what a browser says of itself, so a stranger chooses it.
const (
	maxBrand = 40
	maxTag   = 40
	maxFact  = 80
)

// purposes are those the words know how to say.
var purposes = []string{"sign_up", "sign_in"}

// wholeCode is what may be sent as a code: anything else means that the caller mixed up its fields.
var wholeCode = regexp.MustCompile(`^[0-9]{4,10}$`)

// longNumber is a number that a person, or a phone that fills in codes, could take for the code.
var longNumber = regexp.MustCompile(`\p{Nd}{4,}`)

// see cleans m and prepares it for the templates.
func see(m Mail, withCode bool) (view, error) {
	base, err := url.Parse(m.BaseURL)
	if err != nil || (base.Scheme != "https" && base.Scheme != "http") || base.Host == "" ||
		base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return view{}, errors.New("the base URL must look like https://accounts.example.com")
	}
	m.BaseURL = strings.TrimRight(base.String(), "/")
	if m.Host = clean(m.Host, 255); m.Host == "" {
		m.Host = base.Host
	}
	switch {
	case !withCode:
		m.Code = ""
	case !wholeCode.MatchString(m.Code):
		return view{}, errors.New("a code mail needs a code of 4 to 10 digits")
	}
	if !withCode || !slices.Contains(purposes, m.Purpose) {
		m.Purpose = ""
	}
	m.Brand, m.Tag = clean(m.Brand, maxBrand), fact(m.Tag, maxTag)
	m.Device, m.Place = fact(m.Device, maxFact), fact(m.Place, maxFact)
	if a, err := netip.ParseAddr(m.Address); err == nil {
		m.Address = a.WithZone("").Unmap().String()
	} else {
		m.Address = ""
	}
	if m.Zone == nil {
		m.Zone = time.UTC
	}
	v := view{Mail: m, BrandHead: m.Brand, Asked: stampOf(m.AskedAt, m.Zone), Works: stampOf(m.WorksUntil, m.Zone)}
	if i := strings.LastIndex(m.Brand, " "); i > 0 {
		v.BrandHead, v.BrandTail = m.Brand[:i], m.Brand[i+1:]
	}
	_, v.Typed, _ = strings.Cut(m.BaseURL, "://")
	return v, nil
}

// fact cleans a fact that may stand next to the code: a long number in it could be taken for the code, or be planted there
// to be taken for it, so its digits go.
func fact(s string, most int) string {
	return clean(longNumber.ReplaceAllString(s, "…"), most)
}

// clean makes s one line of visible text: a line break in a subject would start a header of the sender's choosing, and a
// direction mark could show the reader something else than what was written.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u200c' || r == '\u200d': // joiners are spelling in some scripts
			return r
		case unicode.IsControl(r), unicode.IsSpace(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp), r == unicode.ReplacementChar:
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return s
}

// stampOf writes t as the clock of zone shows it. A zone without a name of its own is only a number: "UTC+03".
func stampOf(t time.Time, zone *time.Location) stamp {
	t = t.In(zone)
	name := t.Format("MST")
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		name = "UTC" + name
	}
	return stamp{Clock: t.Format("15:04"), Zone: name, Day: t.Day(), Month: int(t.Month()), Year: t.Year()}
}

// Parts is one composed mail: its subject and the same content twice.
type Parts struct{ Subject, Text, HTML string }

// Compose writes the mail of a kind in a language. A language that is not there is English; an unknown kind is an error,
// as is a code mail without a code.
func Compose(kind, locale string, m Mail) (Parts, error) {
	letters, err := read()
	if err != nil {
		return Parts{}, err
	}
	l, ok := letters.find(kind, locale)
	if !ok {
		return Parts{}, fmt.Errorf("there is no mail of the kind %q", kind)
	}
	v, err := see(m, hasCode(kind))
	if err != nil {
		return Parts{}, fmt.Errorf("mail %s: %w", kind, err)
	}
	return l.write(v)
}

// Kinds lists the kinds of mail there are, sorted.
func Kinds() []string {
	letters, err := read()
	if err != nil {
		return nil
	}
	return letters.kinds()
}
