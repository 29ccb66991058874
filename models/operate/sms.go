package operate

import (
	"errors"
	"fmt"
	"strings"

	"admitone/content"
	"admitone/models/delivery"

	"github.com/nyaruka/phonenumbers"
)

// SMSOptions say how texts are sent. Each flag begins with --sms-.
type SMSOptions struct {
	Preset    string   `enum:",kannel,twilio" default:"" help:"Gateway for texts that is known: kannel or twilio; empty: described by the options below."`
	URL       string   `name:"url" help:"Address that a text is sent to; of Kannel its sendsms, such as http://127.0.0.1:13013/cgi-bin/sendsms."`
	Method    string   `help:"GET, POST or PUT; empty: POST."`
	Header    []string `sep:"\n" help:"Header of the request, 'Name: value'; may be repeated."`
	Body      string   `help:"Body of the request, a form or JSON, with {to} {from} {text} {user} {password} {basic} {report} {id}."`
	OK        string   `name:"ok" help:"Regular expression that 'STATUS BODY' of a good answer matches; empty: any status of 2xx."`
	User      string   `help:"User, or account, at the gateway."`
	Password  string   `help:"Password at the gateway; better given as a variable."`
	From      string   `help:"Number or name that texts come from."`
	Countries []string `help:"Countries that texts are sent to, such as AT,DE; a number without a country code is one of the first."`
}

// trialCountries are those of the test inbox, where nothing is really sent.
var trialCountries = []string{"AT", "DE", "US", "GB"}

// texts adds to the setup how texts are sent: by the gateway that is set, else
// to the test inbox where that runs, else not at all.
func (o Options) texts(s *Setup) (err error) {
	if s.Countries, err = countries(o.SMS.Countries); err != nil {
		return err
	}
	gateway := o.SMS.gateway()
	if gateway == nil && !s.DevInbox {
		return nil
	}
	// Whatever has no place in a text is found now, not at the first one.
	unfit := content.CheckTexts(s.Brand, s.Public.String())
	if unfit != nil {
		unfit = fmt.Errorf("--brand-name (or [brand] name), --public-url: %w; choose a shorter name, of letters that every phone can show in a text", unfit)
	}
	if gateway == nil {
		s.Texts, s.TextsUnfit = unfit == nil, unfit
		if s.Texts && len(s.Countries) == 0 {
			s.Countries = trialCountries
		}
		return nil
	}
	if err := gateway.Check(); err != nil {
		return err
	}
	if len(s.Countries) == 0 {
		return errors.New("--sms-countries: name the countries that texts are sent to, such as AT,DE: a list keeps strangers from having texts sent, at your cost, to anywhere")
	}
	s.Texts, s.SMS = true, gateway
	return unfit
}

// gateway is what the options say of one, nil where they say nothing.
func (o SMSOptions) gateway() *delivery.SMS {
	if o.Preset+o.URL+o.Method+strings.Join(o.Header, "")+o.Body+o.OK+o.User+o.Password+o.From == "" {
		return nil
	}
	return &delivery.SMS{
		Preset: o.Preset, URL: o.URL, Method: o.Method, Headers: o.Header, Body: o.Body, OK: o.OK,
		User: o.User, Password: o.Password, From: o.From,
	}
}

func countries(list []string) (out []string, err error) {
	known := phonenumbers.GetSupportedRegions()
	for _, s := range list {
		code := strings.ToUpper(strings.TrimSpace(s))
		if !known[code] {
			return nil, fmt.Errorf("--sms-countries: %q is not the code of a country; write two letters (ISO 3166) each, such as AT,DE", s)
		}
		out = append(out, code)
	}
	return out, nil
}

// InboxGateway is how texts go to the test inbox: by the same sender as to any
// other gateway.
func InboxGateway(url, brand string) *delivery.SMS {
	return &delivery.SMS{URL: url, From: brand, Body: "to={to}&from={from}&text={text}&report={report}&id={id}"}
}
