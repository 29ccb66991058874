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
	"unicode/utf8"
)

// Mail is the facts of one mail, already fit to be shown: addresses of people are masked or absent.
type Mail struct {
	Brand   string // the name of the service
	Host    string // the host people type, for the hint against false pages; "" takes it from BaseURL
	BaseURL string // https://accounts.example.com, the root of every link

	Code    string // the digits; left out of a notice whatever it holds
	Tag     string // the request tag, the same as on the page
	Link    string // path of the link that does what the code does; "" leaves it out
	NotMe   string // path of 'I didn't request this', such as /not-me/<letters>; "" is /not-me
	Undo    string // path that takes the change back or stops it, /undo/<letters>; "" leaves its button out
	Purpose string // what a code is or was for, one of purposes; the row of any other is left out

	What   string // the masked address or number that a change is about; what became of a call, one of calls; who answers; where a session was; "" leaves it out
	Change string // which change waits or was stopped, one of changes; any other is only called a change
	Body   string // what people wrote, shown as it is and as text only

	Reasons []string // why a sign-in is unusual, of reasons, the strongest first; any other is left out

	LegalName string // who runs the service; "" leaves it out
	ReplyTo   string // where an answer is read; "" says that it reaches nobody

	Device  string // "Firefox on Linux"
	Place   string // roughly where; "" leaves the row out
	Address string // the network address asked from; "" leaves the row out

	AskedAt     time.Time
	WorksUntil  time.Time      // when the code is over; in a mail with Undo when that is, zero leaves it unsaid
	HoldsAt     time.Time      // when a change or a closing takes hold
	Zone        *time.Location // named beside every time; nil is UTC
	LifeMinutes int
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
	Asked, Works, Holds  stamp
	Lines                []string // of Body
}

// The longest a fact may be. A device's name comes from what a browser says of itself, so a stranger chooses it.
const (
	maxBrand = 40
	maxTag   = 40
	maxFact  = 80
	maxLegal = 120
	maxWhat  = 260 // a masked address to its end, because the end says whose it is
)

// What the words know how to say, and which mails cannot do without HoldsAt.
var (
	purposes = []string{"sign_up", "sign_in", "step_up", "reset", "email", "phone", "undo"}
	changes  = []string{"password", "two_step", "email", "email_second", "email_removed", "phone", "phone_removed", "channel"}
	reasons  = []string{"new_device", "new_country", "far_away", "new_network", "new_browser", "failures", "address_failures", "long_idle", "recent_change"}
	calls    = []string{"booked", "moved", "cancelled", "missed_once", "missed"}
	holding  = []string{"change_waiting", "closing", "call_back"}
	written  = []string{"chat_transcript", "support_reply"} // which are mostly what people wrote
)

// wholeCode is what may be sent as a code: anything else means that the caller mixed up its fields.
var wholeCode = regexp.MustCompile(`^[0-9]{4,10}$`)

// linkPath is what a link may be: letters only, because a number in it could be taken for the code.
var linkPath = regexp.MustCompile(`^/[a-z/-]+$`)

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
		return view{}, errors.New("a code needs 4 to 10 digits")
	}
	if !slices.Contains(purposes, m.Purpose) {
		m.Purpose = ""
	}
	if !slices.Contains(changes, m.Change) {
		m.Change = ""
	}
	m.Reasons = strongest(m.Reasons)
	for _, link := range []string{m.Link, m.NotMe, m.Undo} {
		if link != "" && !linkPath.MatchString(link) {
			return view{}, errors.New("a link is a path of this site, in letters")
		}
	}
	if m.NotMe == "" {
		m.NotMe = "/not-me"
	}
	m.Brand, m.Tag = clean(m.Brand, maxBrand), fact(m.Tag, maxTag)
	m.Device, m.Place = fact(m.Device, maxFact), fact(m.Place, maxFact)
	m.What, m.LegalName = fact(m.What, maxWhat), strings.TrimSuffix(fact(m.LegalName, maxLegal), ".")
	if a, err := netip.ParseAddr(m.Address); err == nil {
		m.Address = a.WithZone("").Unmap().String()
	} else {
		m.Address = ""
	}
	if m.Zone == nil {
		m.Zone = time.UTC
	}
	v := view{Mail: m, BrandHead: m.Brand}
	v.Asked, v.Works, v.Holds = stampOf(m.AskedAt, m.Zone), stampOf(m.WorksUntil, m.Zone), stampOf(m.HoldsAt, m.Zone)
	if i := strings.LastIndex(m.Brand, " "); i > 0 {
		v.BrandHead, v.BrandTail = m.Brand[:i], m.Brand[i+1:]
	}
	_, v.Typed, _ = strings.Cut(m.BaseURL, "://")
	v.Lines = lines(m.Body)
	return v, nil
}

// mostReasons is how many reasons people are told: more of them read like a list of faults.
const mostReasons = 3

// strongest gives the reasons to tell. A change of one's own, such as a reset, is named only where nothing else is unusual.
func strongest(list []string) []string {
	known := slices.DeleteFunc(slices.Clone(list), func(r string) bool { return !slices.Contains(reasons, r) })
	if len(known) > 1 {
		known = slices.DeleteFunc(known, func(r string) bool { return r == "recent_change" })
	}
	return known[:min(len(known), mostReasons)]
}

// fact cleans a fact that may stand next to the code: a long number in it could be taken for the code, or be planted there
// to be taken for it, so its digits go.
func fact(s string, most int) string {
	return clean(longNumber.ReplaceAllString(s, "…"), most)
}

// clean makes s one line of at most so many characters.
func clean(s string, most int) string {
	s = oneLine(s)
	if r := []rune(s); len(r) > most {
		s = strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return s
}

// oneLine makes s one line of visible text: a line break in a subject would start a header of the sender's choosing, and a
// direction mark could show the reader something else than what was written.
func oneLine(s string) string { return strings.Join(strings.Fields(visible(s)), " ") }

// visible puts a space where nothing can be seen.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u200c' || r == '\u200d': // joiners are spelling in some scripts
			return r
		case unicode.IsControl(r), unicode.IsSpace(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp), r == unicode.ReplacementChar:
			return ' '
		}
		return r
	}, s)
}

// number is one, and what may make it a telephone number.
var number = regexp.MustCompile(`\+?\p{Nd}+`)

// lines makes what people wrote lines of visible text, at most one of two empty ones. A number that could be taken for a code
// goes, whatever was checked before: a phone that fills in codes reads the whole mail.
func lines(body string) []string {
	var list []string
	for line := range strings.SplitSeq(strings.Trim(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(body), "\n"), "\n") {
		line = strings.TrimRight(visible(line), " ")
		line = number.ReplaceAllStringFunc(line, func(n string) string {
			if digits := utf8.RuneCountInString(n); n[0] == '+' || digits < 6 || digits > 8 {
				return n
			}
			return "…"
		})
		if line != "" || len(list) > 0 && list[len(list)-1] != "" {
			list = append(list, line)
		}
	}
	return list
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
// as is a code mail without a code, a mail without what it is about, or that of a change that waits without its time.
func Compose(kind, locale string, m Mail) (Parts, error) {
	letters, err := read()
	if err != nil {
		return Parts{}, err
	}
	l, err := letters.find(kind, locale)
	if err != nil {
		return Parts{}, err
	}
	if slices.Contains(holding, kind) && m.HoldsAt.IsZero() {
		return Parts{}, fmt.Errorf("mail %s: it needs the time at which it takes hold", kind)
	}
	v, err := see(m, hasCode(kind))
	if err != nil {
		return Parts{}, fmt.Errorf("mail %s: %w", kind, err)
	}
	switch {
	case kind == "call_back" && !slices.Contains(calls, v.What):
		return Parts{}, fmt.Errorf("mail %s: it needs to know what became of the call", kind)
	case (kind == "reset_started" || kind == "sign_in_refused") && v.Link == "":
		return Parts{}, fmt.Errorf("mail %s: it is nothing without its link", kind)
	case slices.Contains(written, kind) && len(v.Lines) == 0:
		return Parts{}, fmt.Errorf("mail %s: nobody has written anything", kind)
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
