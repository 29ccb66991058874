package delivery

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The gateways whose requests and answers are known.
const (
	PresetKannel = "kannel"
	PresetTwilio = "twilio"
)

// SMS says how a text is handed to the gateway: by a preset, or by a template of one request and a rule for its answer. The
// placeholders {to} {from} {text} {user} {password} {basic} {report} {id} stand in the query or path of the URL, in a
// header's value and in the body; what they stand for is escaped for its place. {to} is E.164 with its +, {basic} is user and
// password as basic authentication writes them, {report} is where the delivery is reported.
type SMS struct {
	Preset  string
	URL     string   // with PresetKannel the address of its sendsms, with PresetTwilio "" for its usual one
	Method  string   // "" is POST
	Headers []string // "Name: value"
	Body    string   // a form, or JSON
	OK      string   // RE2, looked for in "STATUS BODY", . matches line breaks too; "" is any status of 2xx

	User, Password string
	From           string // a number, a name, or with PresetTwilio the id of a messaging service (MG...)

	SendTimeout time.Duration // one text; 0 is 30 s
	IdleTimeout time.Duration // an unused connection is closed after it; 0 is 60 s
}

// Check says what is wrong by the name of the option, with the mend. No error repeats what was written but for the names of
// placeholders: any part of it may hold a piece of the password.
func (s SMS) Check() error {
	if err := s.checkPreset(); err != nil {
		return err
	}
	t := s.template(true)
	if err := t.checkURL(); err != nil {
		return err
	}
	if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut}, t.Method) {
		return errors.New("--sms-method: GET, POST or PUT")
	}
	if t.Method == http.MethodGet && t.Body != "" {
		return errors.New("--sms-body: a GET has no body; leave it out, or write --sms-method POST")
	}
	for _, h := range t.Headers {
		if err := checkHeader(h); err != nil {
			return err
		}
	}
	if err := t.checkBody(); err != nil {
		return err
	}
	if _, err := regexp.Compile(t.OK); err != nil {
		return errors.New("--sms-ok: it is no regular expression (RE2); write one for what a good answer looks like, such as ^200 .*accepted")
	}
	return t.checkPlaceholders()
}

func (s SMS) checkPreset() error {
	switch s.Preset {
	case "":
		if s.URL == "" {
			return errors.New("--sms-url: give the address that texts are sent to, or choose --sms-preset")
		}
		return nil
	case PresetKannel:
		if s.URL == "" {
			return errors.New("--sms-url: give the address of Kannel's sendsms, such as http://127.0.0.1:13013/cgi-bin/sendsms")
		}
	case PresetTwilio:
	default:
		return errors.New("--sms-preset: kannel or twilio; leave it out for a gateway described by --sms-url and --sms-body")
	}
	for _, own := range []struct{ option, value string }{
		{"--sms-method", s.Method}, {"--sms-header", strings.Join(s.Headers, "")}, {"--sms-body", s.Body}, {"--sms-ok", s.OK},
	} {
		if own.value != "" {
			return fmt.Errorf("%s: --sms-preset has its own; leave one of the two out", own.option)
		}
	}
	return nil
}

// checkURL looks at the URL with letters in place of the placeholders.
func (s SMS) checkURL() error {
	u, err := url.Parse(placeholder.ReplaceAllString(s.URL, "x"))
	if err == nil {
		_, err = url.ParseQuery(u.RawQuery)
	}
	if err != nil || u.Hostname() == "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("--sms-url: it is no address such as https://gateway.example.com/send; special characters are written as %xx")
	}
	if u.User != nil {
		return errors.New("--sms-url: user and password do not belong in it; give --sms-user and --sms-password, and {user}, {password} or {basic} where they are sent")
	}
	if plain, _ := url.Parse(s.URL); plain == nil || plain.Host != u.Host {
		return errors.New("--sms-url: the host of the gateway cannot hold a placeholder")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return errors.New("--sms-url: it must begin with https://, because codes and the password travel to it; http only reaches a gateway on this machine")
	}
	return nil
}

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// ownHeaders are written by the HTTP client and cannot be chosen.
var ownHeaders = []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Trailer"}

func checkHeader(h string) error {
	name, value := cutHeader(h)
	switch {
	case !headerName.MatchString(name) || value == "" || strings.ContainsFunc(h, isControl):
		return errors.New("--sms-header: write it like 'Name: value', on one line")
	case slices.Contains(ownHeaders, http.CanonicalHeaderKey(name)):
		return fmt.Errorf("--sms-header: %s is set by the program itself; leave it out", http.CanonicalHeaderKey(name))
	case strings.Contains(value, "{text}"):
		return errors.New("--sms-header: a text has several lines and a header has one; put {text} in --sms-body or --sms-url")
	}
	return nil
}

func cutHeader(h string) (name, value string) {
	name, value, _ = strings.Cut(h, ":")
	return name, strings.TrimSpace(value)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// checkBody looks at the body with letters in place of the placeholders: in JSON each must stand inside of a string.
func (s SMS) checkBody() error {
	if s.Body == "" {
		return nil
	}
	switch s.contentType() {
	case typeForm:
		return nil
	case typeJSON:
		if !json.Valid([]byte(placeholder.ReplaceAllString(s.Body, "x"))) {
			return errors.New(`--sms-body: it is no JSON; placeholders stand inside of strings, such as {"to":"{to}","text":"{text}"}`)
		}
		return nil
	}
	return errors.New("--sms-header: the Content-Type must be application/json or application/x-www-form-urlencoded, so that a text can be escaped for it")
}

// checkPlaceholders makes sure that the words and the number are sent, and that all that is sent is there.
func (s SMS) checkPlaceholders() error {
	all := strings.Join(append([]string{s.URL, s.Body}, s.Headers...), "\n")
	for _, p := range placeholder.FindAllString(all, -1) {
		if !slices.Contains(placeholders, p) {
			return fmt.Errorf("--sms-url, --sms-header, --sms-body: %s is not known; there are %s", p, strings.Join(placeholders, " "))
		}
	}
	for _, p := range []string{"{to}", "{text}"} {
		if !strings.Contains(all, p) {
			return fmt.Errorf("--sms-body: %s stands nowhere in --sms-url, --sms-header or --sms-body; the gateway has to learn it", p)
		}
	}
	for _, n := range []struct {
		option, value string
		in            []string
	}{
		{"--sms-from", s.From, []string{"{from}"}}, {"--sms-user", s.User, []string{"{user}", "{basic}"}}, {"--sms-password", s.Password, []string{"{password}", "{basic}"}},
	} {
		for _, p := range n.in {
			if n.value == "" && strings.Contains(all, p) {
				return fmt.Errorf("%s: the gateway needs it; give the one that it knows", n.option)
			}
		}
		if strings.ContainsFunc(n.value, isControl) {
			return fmt.Errorf("%s: it must be on one line", n.option)
		}
	}
	return nil
}

const (
	typeForm = "application/x-www-form-urlencoded"
	typeJSON = "application/json"
)

// contentType is what the body is: as its header says, else by its looks.
func (s SMS) contentType() string {
	for _, h := range s.Headers {
		if name, value := cutHeader(h); strings.EqualFold(name, "Content-Type") {
			kind, _, _ := mime.ParseMediaType(value)
			return kind
		}
	}
	if json.Valid([]byte(placeholder.ReplaceAllString(s.Body, "x"))) {
		return typeJSON
	}
	return typeForm
}

// template is what a preset comes to. Without a place for reports it asks for none.
func (s SMS) template(report bool) SMS {
	switch s.Preset {
	case PresetKannel:
		s.Method, s.OK = http.MethodGet, `^202 |^\d+ (0: Accepted|3: Queued)`
		separator := "?"
		if strings.Contains(s.URL, "?") {
			separator = "&"
		}
		s.URL += separator + "username={user}&password={password}&from={from}&to={to}&text={text}&charset=UTF-8&coding=0"
		if report {
			s.URL += "&dlr-mask=31&dlr-url={report}%3Fstate%3D%25d"
		}
	case PresetTwilio:
		s.Method, s.OK, s.Headers = http.MethodPost, `^201 `, []string{"Authorization: Basic {basic}"}
		if s.URL == "" {
			s.URL = "https://api.twilio.com/2010-04-01/Accounts/{user}/Messages.json"
		}
		s.Body = "To={to}&From={from}&Body={text}"
		if strings.HasPrefix(s.From, "MG") {
			s.Body = "To={to}&MessagingServiceSid={from}&Body={text}"
		}
		if report {
			s.Body += "&StatusCallback={report}"
		}
	}
	if s.Method == "" {
		s.Method = http.MethodPost
	}
	return s
}

var (
	placeholders = []string{"{to}", "{from}", "{text}", "{user}", "{password}", "{basic}", "{report}", "{id}"}
	placeholder  = regexp.MustCompile(`\{[a-z_]+\}`)
)

// fill puts the values in, each escaped for where it stands.
func fill(template string, values map[string]string, escape func(string) string) string {
	return placeholder.ReplaceAllStringFunc(template, func(p string) string { return escape(values[p]) })
}

// percent escapes for a query, a path and a form alike: a space is %20, which all three read.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// quoted escapes for the inside of a JSON string.
func quoted(s string) string {
	b, _ := json.Marshal(s) // a string always can be
	return string(b[1 : len(b)-1])
}

func (s SMS) withDefaults() SMS {
	if s.SendTimeout <= 0 {
		s.SendTimeout = 30 * time.Second
	}
	if s.IdleTimeout <= 0 {
		s.IdleTimeout = 60 * time.Second
	}
	return s
}

// basic is user and password as basic authentication sends them.
func (s SMS) basic() string {
	return base64.StdEncoding.EncodeToString([]byte(s.User + ":" + s.Password))
}

// String names the gateway as an operator may see it: no part of the template, because any may hold a secret.
func (s SMS) String() string {
	name := s.Preset
	if name == "" {
		name = "gateway"
	}
	return name + " at " + s.host()
}

// host is where the gateway is, without its port.
func (s SMS) host() string {
	u, err := url.Parse(placeholder.ReplaceAllString(s.template(false).URL, "x"))
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// GoString is String, so that %#v does not print the password either.
func (s SMS) GoString() string { return s.String() }

// MarshalText is String for a log in JSON.
func (s SMS) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
