package content

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"
)

// maxSeptets is what one text holds. A longer one would be cut in parts, and a phone could fill in no code from them.
const maxSeptets = 160

// textHost is a host as the last line of a text may name it: what a phone compares with the address of the page.
var textHost = regexp.MustCompile(`^([a-z0-9.-]+|\[[0-9a-f:.]+\])$`)

// textView is what the words of a text may see: a locked screen shows them, so it is little.
type textView struct {
	Brand, Code, Tag, Purpose string
	Typed                     string // the root of the pages as people type it
}

// readTexts parses the words of the texts in every language that has them, once.
var readTexts = sync.OnceValues(func() (map[string]*texttemplate.Template, error) {
	locales, err := files.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	all := map[string]*texttemplate.Template{}
	for _, locale := range locales {
		if !locale.IsDir() {
			continue
		}
		file := path.Join(folder, locale.Name(), texts+".tmpl")
		said, err := files.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it says them in English
		}
		if err != nil {
			return nil, err
		}
		if all[locale.Name()], err = texttemplate.New(file).Parse(string(said)); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// isTextKind tells the kinds of texts from the file itself and from words that they share, which have a space in their name.
func isTextKind(name string) bool { return !strings.ContainsAny(name, " ./") }

// TextKinds lists the kinds of texts there are, sorted.
func TextKinds() []string {
	all, err := readTexts()
	if err != nil {
		return nil
	}
	var kinds []string
	for _, t := range all[english].Templates() {
		if isTextKind(t.Name()) {
			kinds = append(kinds, t.Name())
		}
	}
	slices.Sort(kinds)
	return kinds
}

// Text writes the text of a kind in a language, which falls back as for Compose. It is an error where it would not fit
// into one text: CheckTexts says so before the first is sent.
func Text(kind, locale string, m Mail) (string, error) {
	s, err := say(kind, locale, m)
	if err != nil {
		return "", err
	}
	n, foreign, ok := septets(s)
	if !ok {
		return "", fmt.Errorf("text %s: it has %q, which a text cannot carry", kind, foreign)
	}
	if n > maxSeptets {
		return "", fmt.Errorf("text %s: it takes the room of %d characters, and one text holds %d", kind, n, maxSeptets)
	}
	return s, nil
}

// say writes a text without measuring it.
func say(kind, locale string, m Mail) (string, error) {
	all, err := readTexts()
	if err != nil {
		return "", err
	}
	var t *texttemplate.Template
	for _, name := range spoken(locale) {
		if all[name] != nil && isTextKind(kind) && all[name].Lookup(kind) != nil {
			t = all[name]
			break
		}
	}
	if t == nil {
		return "", fmt.Errorf("there is no text of the kind %q", kind)
	}
	v, err := see(m, hasCode(kind))
	if err != nil {
		return "", fmt.Errorf("text %s: %w", kind, err)
	}
	base, err := url.Parse(v.BaseURL)
	if err != nil {
		return "", fmt.Errorf("text %s: %w", kind, err)
	}
	host := strings.ToLower(strings.TrimSuffix(base.Host, ":"+base.Port()))
	if !textHost.MatchString(host) {
		return "", fmt.Errorf("text %s: the host %q must be written in ASCII, such as accounts.example.com", kind, host)
	}
	var s strings.Builder
	// The whole brand: one that was cut would fit and be wrong.
	err = t.ExecuteTemplate(&s, kind, textView{Brand: oneLine(m.Brand), Code: v.Code, Tag: v.Tag, Purpose: v.Purpose, Typed: v.Typed})
	if err != nil {
		return "", err
	}
	if hasCode(kind) {
		// What phones fill in from (wicg.github.io/sms-one-time-codes): the last line, one space, no newline behind it, and
		// a host without a port, which that form has no place for. Nobody translates it, so it is not in the words.
		fmt.Fprintf(&s, "\n\n@%s #%s", host, v.Code)
	}
	return s.String(), nil
}

// CheckTexts says whether every text fits for this brand and base URL, whatever its other facts may be.
func CheckTexts(brand, baseURL string) error {
	if _, foreign, ok := septets(oneLine(brand)); !ok {
		return fmt.Errorf("the brand %q has %q, which a text cannot carry", brand, foreign)
	}
	all, err := readTexts()
	if err != nil {
		return err
	}
	m := Mail{Brand: brand, BaseURL: baseURL, Code: "000000", Tag: strings.Repeat("W", 14) + " 99"}
	over := 0
	for locale := range all {
		for _, kind := range TextKinds() {
			for _, m.Purpose = range append([]string{""}, purposes...) {
				s, err := say(kind, locale, m)
				if err != nil {
					return err
				}
				n, foreign, ok := septets(s)
				if !ok {
					return fmt.Errorf("the text %s in %s has %q, which a text cannot carry", kind, locale, foreign)
				}
				over = max(over, n-maxSeptets)
			}
		}
	}
	if over > 0 {
		return fmt.Errorf("the brand %q and the host of %s do not fit into a text together; characters too many: %d", brand, baseURL, over)
	}
	return nil
}
