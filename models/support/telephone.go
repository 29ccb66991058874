package support

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"admitone/models"

	"github.com/nyaruka/phonenumbers"
)

// dialLimit bounds how long the telephone system may take, and dialAnswer how much
// of its answer is read, in bytes.
const (
	dialLimit  = 10 * time.Second
	dialAnswer = 64 << 10
)

// telephone is the client of the telephone system. A redirect would carry the
// number to where nobody has set us up to send it.
func telephone() *http.Client {
	return &http.Client{
		Transport:     http.DefaultTransport.(*http.Transport).Clone(),
		Timeout:       dialLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// dial says whether the telephone system took the call. Its errors are not passed
// on: they name the URL, and with it the number. Who asked may have closed the
// page meanwhile; the phone rings all the same.
func (c *core) dial(ctx context.Context, number, agent, reference string) bool {
	at := strings.NewReplacer(
		"{number}", url.QueryEscape(number), "{agent}", url.QueryEscape(agent), "{reference}", url.QueryEscape(reference),
	).Replace(c.Desk().DialURL)
	ctx = context.WithoutCancel(ctx)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		c.log.WarnContext(ctx, "the telephone system's URL cannot be read", "call", reference)
		return false
	}
	answer, err := c.telephone.Do(request)
	if err != nil {
		c.log.WarnContext(ctx, "the telephone system did not answer", "call", reference)
		return false
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, dialAnswer))
	if answer.StatusCode/100 != 2 {
		c.log.WarnContext(ctx, "the telephone system refused a call", "call", reference, "status", answer.StatusCode)
		return false
	}
	return true
}

// callCountries are those of the desk's own numbers, then those where texts go.
func callCountries(lines []models.PhoneLine, texts []string) (countries []string, err error) {
	add := func(country string) {
		if country = isoCountry(country); country != "" && country != "ZZ" && !slices.Contains(countries, country) {
			countries = append(countries, country)
		}
	}
	for _, l := range lines {
		n, err := phonenumbers.Parse(l.Tel, "")
		if err != nil {
			return nil, fmt.Errorf("the number of %s cannot be read: %w", l.Region, err)
		}
		add(phonenumbers.GetRegionCodeForNumber(n))
	}
	for _, t := range texts {
		add(t)
	}
	return countries, nil
}

// readNumber reads a number that somebody wants to be called at. field and reason
// say what is wrong. Numbers that cost by the minute, or cost nobody, are refused.
func readNumber(typed, country string, countries []string) (number, field, reason string) {
	among := slices.Clone(countries)
	if country = isoCountry(country); country != "" {
		i := slices.Index(among, country)
		if i < 0 {
			return "", "country", "unknown"
		}
		among[0], among[i] = among[i], among[0] // what is read where no country code was typed
	}
	if len(among) == 0 {
		return "", "phone", "country"
	}
	p, reason := models.ParsePhone(typed, among)
	if reason != "" {
		return "", "phone", reason
	}
	n, err := phonenumbers.Parse(p.Value, "")
	if err != nil || phonenumbers.GetNumberType(n) == phonenumbers.PERSONAL_NUMBER {
		return "", "phone", "type"
	}
	return p.Value, "", ""
}

// isoCountry gives a country code in the form that the lists use.
func isoCountry(country string) string { return strings.ToUpper(strings.TrimSpace(country)) }
