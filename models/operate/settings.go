package operate

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"admitone/models"

	"github.com/BurntSushi/toml"
	"github.com/nyaruka/phonenumbers"
)

// Settings are the file of --config.
type Settings struct {
	Policy  models.Policy   `toml:"policy"`
	Brand   BrandSettings   `toml:"brand"`
	Support SupportSettings `toml:"support"`
}

// BrandSettings are [brand]: who the service is, and the operator's own pages.
type BrandSettings struct {
	Name          string `toml:"name"`
	LegalName     string `toml:"legal_name"`
	Privacy       string `toml:"privacy"`
	Terms         string `toml:"terms"`
	Accessibility string `toml:"accessibility"`
	Status        string `toml:"status"`
}

// SupportSettings are [support]: when and how people reach a person.
type SupportSettings struct {
	Email             string           `toml:"email"`
	Security          string           `toml:"security"`
	TimeZone          string           `toml:"time_zone"`
	Chat              string           `toml:"chat"`
	Phone             string           `toml:"phone"`
	DialURL           string           `toml:"dial_url"`
	UnansweredMinutes int              `toml:"unanswered_minutes"`
	Numbers           []NumberSettings `toml:"number"`
}

// NumberSettings are one [[support.number]].
type NumberSettings struct {
	Region string `toml:"region"`
	Number string `toml:"number"`
	Cost   string `toml:"cost"`
}

// Link is a page of the operator's.
type Link struct{ Title, URL string }

// DefaultSettings hold without a file.
func DefaultSettings() Settings {
	return Settings{Policy: models.DefaultPolicy(), Support: SupportSettings{Chat: "always", Phone: "off", UnansweredMinutes: 10}}
}

// The longest what the operator says may be.
const (
	maxName = 40
	maxSaid = 120
)

// readSettings reads the file over the defaults, and checks the numbers.
func readSettings(path string) (Settings, error) {
	file := DefaultSettings()
	if path == "" {
		return file, nil
	}
	known, err := toml.DecodeFile(path, &file)
	if err != nil {
		return file, fmt.Errorf("--config: %s cannot be read: %w; the settings and how they are written are in README.md", path, err)
	}
	if more := known.Undecoded(); len(more) > 0 {
		return file, fmt.Errorf("--config: %s: %s is not a setting; the settings of [policy], [brand] and [support] are listed in README.md", path, more[0])
	}
	if err := file.Policy.Validate(); err != nil {
		return file, fmt.Errorf("--config: %s: %w", path, err)
	}
	return file, nil
}

// brand chooses the name, and checks the operator's own pages.
func (o Options) brand(b BrandSettings, s *Setup) error {
	fault := func(key, mend string) error { return fmt.Errorf("--config: %s: [brand] %s: %s", o.Config, key, mend) }
	const fits = "give a name of 1 to 40 characters on one line, without spaces around it"
	s.Brand = o.BrandName
	switch {
	case !isLine(o.BrandName, maxName) || o.BrandName == "":
		return errors.New("--brand-name: " + fits)
	case b.Name == "":
	case !isLine(b.Name, maxName):
		return fault("name", fits)
	case o.BrandName != defaultBrand && o.BrandName != b.Name:
		return fault("name", fmt.Sprintf("it says %q, and --brand-name %q; leave one of the two out", b.Name, o.BrandName))
	default:
		s.Brand = b.Name
	}
	if !isLine(b.LegalName, maxSaid) {
		return fault("legal_name", "give a name of at most 120 characters on one line, without spaces around it")
	}
	if numbered.MatchString(b.LegalName) {
		return fault("legal_name", "leave the number out: it stands in every mail, where it could be taken for a code")
	}
	s.LegalName = b.LegalName
	for _, page := range []struct{ key, title, link string }{
		{"privacy", "Privacy", b.Privacy},
		{"terms", "Terms", b.Terms},
		{"accessibility", "Accessibility", b.Accessibility},
		{"status", "Service status", b.Status},
	} {
		switch {
		case page.link == "":
		case !isPage(page.link):
			return fault(page.key, fmt.Sprintf("%q is not a page; give an https address, or a path of this site that begins with /", page.link))
		default:
			s.Legal = append(s.Legal, Link{page.title, page.link})
		}
	}
	return nil
}

// desk makes what [support] says of the way to a person.
func (o Options) desk(set SupportSettings, zone *time.Location) (models.Desk, error) {
	d := models.Desk{Email: set.Email, Security: set.Security, Zone: zone, DialURL: set.DialURL, UnansweredMinutes: set.UnansweredMinutes}
	fault := func(key, mend string, a ...any) (models.Desk, error) {
		return models.Desk{}, fmt.Errorf("--config: %s: [support] %s: %w", o.Config, key, fmt.Errorf(mend, a...))
	}
	for key, address := range map[string]string{"email": set.Email, "security": set.Security} {
		if a, err := mail.ParseAddress(address); address != "" && (err != nil || a.Address != address || len(address) > maxSaid) {
			return fault(key, "%q is not a bare address such as help@example.com", address)
		}
	}
	var err error
	if set.TimeZone != "" {
		if d.Zone, err = time.LoadLocation(set.TimeZone); err != nil || set.TimeZone == "Local" {
			return fault("time_zone", "%q is not the name of a time zone; write it like Europe/Vienna or UTC", set.TimeZone)
		}
		if zone != time.UTC && zone.String() != d.Zone.String() {
			return fault("time_zone", "it is %q, and --time-zone is %q; a site has one zone, so leave one of the two out", set.TimeZone, zone)
		}
	}
	if d.Chat, err = hours(set.Chat); err != nil {
		return fault("chat", "%w", err)
	}
	if d.Phone, err = hours(set.Phone); err != nil {
		return fault("phone", "%w", err)
	}
	for i, n := range set.Numbers {
		line, err := phoneLine(n)
		if err != nil {
			return fault("number", "the one at place %d: %w", i+1, err)
		}
		d.Numbers = append(d.Numbers, line)
	}
	switch {
	case d.Phone.Any() && len(d.Numbers) == 0:
		return fault("phone", "there are hours, but no number to call; add [[support.number]], or write off")
	case !d.Phone.Any() && len(d.Numbers) > 0:
		return fault("number", "nobody answers it; give the hours of phone, or leave the numbers out")
	case !d.Phone.Any() && set.DialURL != "":
		return fault("dial_url", "nobody calls back; give the hours of phone, or leave it out")
	case set.UnansweredMinutes < 1 || set.UnansweredMinutes > 240:
		return fault("unanswered_minutes", "%d is not from 1 to 240", set.UnansweredMinutes)
	}
	if err := dials(set.DialURL); err != nil {
		return fault("dial_url", "%w", err)
	}
	return d, nil
}

func hours(s string) (models.Hours, error) {
	if s == "off" {
		return models.Hours{}, nil
	}
	h, err := models.ParseHours(s)
	if err != nil {
		return h, fmt.Errorf("%w; or write off", err)
	}
	return h, nil
}

// phoneLine reads a number that people call. It may be of a kind that gets no
// texts, so models.ParsePhone is not for it.
func phoneLine(set NumberSettings) (models.PhoneLine, error) {
	if set.Region == "" || !isLine(set.Region, maxName) {
		return models.PhoneLine{}, errors.New("region: say for whom it is in 1 to 40 characters, such as United Kingdom")
	}
	if !isLine(set.Cost, maxSaid) {
		return models.PhoneLine{}, errors.New("cost: say it in at most 120 characters on one line")
	}
	n, err := phonenumbers.Parse(set.Number, phonenumbers.UNKNOWN_REGION)
	if err != nil || len(set.Number) > maxName || n.GetExtension() != "" || !phonenumbers.IsValidNumber(n) {
		return models.PhoneLine{}, fmt.Errorf("number: %q is not a telephone number; write it with its country code, such as +44 20 7946 0123", set.Number)
	}
	return models.PhoneLine{
		Region: set.Region, Cost: set.Cost,
		Shown: phonenumbers.Format(n, phonenumbers.INTERNATIONAL), Tel: phonenumbers.Format(n, phonenumbers.E164),
	}, nil
}

// dialed are the places in dial_url that a call-back fills in.
var dialed = strings.NewReplacer("{number}", "0", "{agent}", "0", "{reference}", "0")

// placeholder is anything that looks like one of them.
var placeholder = regexp.MustCompile(`\{[^}]*\}?`)

// dials checks the address of the telephone system. It may hold a password, so
// no error says it.
func dials(raw string) error {
	if raw == "" {
		return nil
	}
	filled := dialed.Replace(raw)
	u, err := url.Parse(filled)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || u.Fragment != "":
		return errors.New("this is not an address such as https://phones.example.com/dial?to={number}")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("it must begin with https://, because numbers of people travel to it; http is for this machine alone")
	case placeholder.MatchString(filled):
		return fmt.Errorf("%s is not filled in; the places are {number}, {agent} and {reference}", placeholder.FindString(filled))
	case !strings.Contains(raw, "{number}"):
		return errors.New("without {number} nobody can be called; write it where the number belongs")
	case strings.Contains(strings.SplitN(raw, "/", 4)[2], "{"):
		return errors.New("the places are filled in behind the host, not in it")
	}
	return nil
}

// numbered is a number that a person, or a phone that fills in codes, could take
// for one.
var numbered = regexp.MustCompile(`\p{Nd}{4,}`)

// isLine says whether s, which may be empty, is one line of at most so many
// characters without spaces around it.
func isLine(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, unicode.IsControl)
}

// isPage says whether s is a page that a footer may lead to.
func isPage(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.User != nil || strings.ContainsFunc(s, func(r rune) bool { return r == '\\' || unicode.IsSpace(r) }) {
		return false
	}
	return u.Scheme == "https" && u.Hostname() != "" || u.Scheme == "" && u.Host == "" && strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
}
