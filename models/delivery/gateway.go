package delivery

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Text is one text on its way.
type Text struct {
	ID     string // of the outbox message
	To     string // E.164 with its +
	Words  string
	Report string // URL where the gateway reports the delivery; "" asks for no report
	Code   string // only to keep it out of what is remembered of the gateway's answer
}

// Gateway hands texts to one HTTP gateway, over connections that it keeps. It may be used by several goroutines at once.
type Gateway struct {
	sms       SMS
	ok        *regexp.Regexp
	secrets   []string // kept out of every detail
	transport *http.Transport
	client    *http.Client
}

// NewGateway makes a gateway of settings that hold. It connects to nothing yet.
func NewGateway(s SMS) (*Gateway, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	s = s.withDefaults()
	rule := s.template(true).OK
	if rule == "" {
		rule = `^2\d\d `
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.IdleConnTimeout = lanes, s.IdleTimeout
	return &Gateway{
		sms: s, ok: regexp.MustCompile("(?s)" + rule), secrets: secretsOf(s), transport: transport,
		client: &http.Client{
			Transport: transport,
			// A redirect would carry the number, the code and the password to where nobody has set us up to send them.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Close closes the connections that are kept. The gateway stays usable.
func (g *Gateway) Close() { g.transport.CloseIdleConnections() }

// wholeNumber is what a text may be sent to.
var wholeNumber = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// mostAnswer is how much of an answer is read, in bytes.
const mostAnswer = 64 << 10

// Send hands one text over and returns what is worth keeping of the gateway's answer. Any error is a *Failure. It takes at
// most the send timeout, and gives up at once when ctx ends.
func (g *Gateway) Send(ctx context.Context, t Text) (string, error) {
	if !wholeNumber.MatchString(t.To) {
		return "", &Failure{Permanent: true, Reason: NoNumber, Detail: "the number is malformed"}
	}
	ctx, cancel := context.WithTimeout(ctx, g.sms.SendTimeout)
	defer cancel()
	request, err := g.request(ctx, t)
	if err != nil {
		return "", &Failure{Reason: Fault, Detail: "the request to the gateway cannot be written"}
	}
	a, err := g.ask(request)
	if err != nil {
		f := &Failure{Reason: Unreachable, Detail: "no answer in time"}
		if ctx.Err() == nil {
			f.Detail = g.scrub(err.Error(), t)
		}
		return "", f
	}
	if g.ok.MatchString(strconv.Itoa(a.status) + " " + a.body) {
		return g.scrub(g.accepted(a), t), nil
	}
	f := g.refused(a)
	f.Detail = g.scrub(f.Detail, t)
	return "", f
}

// request writes the request for one text.
func (g *Gateway) request(ctx context.Context, t Text) (*http.Request, error) {
	if !g.finds(t.Report) {
		t.Report = ""
	}
	s := g.sms.template(t.Report != "")
	values := map[string]string{
		"{to}": t.To, "{from}": s.From, "{text}": t.Words, "{user}": s.User, "{password}": s.Password, "{basic}": s.basic(),
		"{report}": t.Report, "{id}": t.ID,
	}
	kind, escape := s.contentType(), percent
	if kind == typeJSON {
		escape = quoted
	}
	var body io.Reader
	if s.Body != "" {
		body = strings.NewReader(fill(s.Body, values, escape))
	}
	r, err := http.NewRequestWithContext(ctx, s.Method, fill(s.URL, values, percent), body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "admitone")
	if s.Body != "" {
		r.Header.Set("Content-Type", kind)
	}
	for _, h := range s.Headers {
		name, value := cutHeader(h)
		value = fill(value, values, func(s string) string { return s })
		if strings.ContainsFunc(value, isControl) {
			return nil, errors.New("a header of several lines")
		}
		r.Header.Set(name, value)
	}
	return r, nil
}

// finds says whether the gateway could call the address for reports: a gateway elsewhere has another loopback than ours,
// and some refuse the whole text for such an address.
func (g *Gateway) finds(report string) bool {
	from, err := url.Parse(report)
	return err == nil && (!loopback(from.Hostname()) || loopback(g.sms.host()))
}

// answer is what the gateway said, its body cut.
type answer struct {
	status int
	body   string
}

// ask sends a request and reads the answer. Its error never holds the URL, in which a password may stand.
func (g *Gateway) ask(r *http.Request) (answer, error) {
	res, err := g.client.Do(r)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	if err != nil {
		return answer{}, err
	}
	return answer{res.StatusCode, string(body)}, nil
}

// accepted is what is worth keeping of a good answer. The body of a gateway that is not known may repeat the text in any
// form, so it is left out.
func (g *Gateway) accepted(a answer) string {
	words := strconv.Itoa(a.status)
	switch g.sms.Preset {
	case PresetKannel:
		words += ": " + a.body
	case PresetTwilio:
		if status, ok := twilioOf(a).Status.(string); ok {
			words += ": " + status
		}
	}
	return words
}

// refused says what an answer that breaks the rule for good ones means.
func (g *Gateway) refused(a answer) *Failure {
	f := &Failure{Detail: strconv.Itoa(a.status)}
	if a.body != "" {
		f.Detail += ": " + a.body
	}
	switch {
	case a.status == 401 || a.status == 402 || a.status == 403 || a.status == 407:
		f.Reason = Auth
	case a.status == 408 || a.status == 425 || a.status == 429 || a.status/100 == 5:
		f.Reason = Deferred
	case a.status == 404 || a.status == 405 || a.status/100 == 3 || a.status/100 == 1:
		f.Reason = Fault // it is not where the settings say
	default:
		// A 2xx too: by a rule that is wrong the same text would be sent, and paid for, again and again.
		f.Permanent, f.Reason = true, Rejected
	}
	switch g.sms.Preset {
	case PresetKannel:
		// Kannel says 403 for a wrong password and for a number that no line of its own leads to.
		if strings.Contains(a.body, "Do not try again") || strings.Contains(a.body, "denied by white") {
			f.Permanent, f.Reason = true, Rejected
		}
	case PresetTwilio:
		said := twilioOf(a)
		if said.Code != 0 {
			f.Detail = fmt.Sprintf("%d, code %d: %s", a.status, said.Code, said.Message)
		}
		if reason, known := twilioReasons[said.Code]; known {
			f.Reason, f.Permanent = reason, reason == NoNumber || reason == Rejected
		}
	}
	return f
}

// twilioAnswer is what matters of Twilio's answers, the good and the others.
type twilioAnswer struct {
	Status  any // "queued"; with an error the number of the HTTP status
	Code    int
	Message string
}

// twilioReasons are the errors that say more than the status beside them.
var twilioReasons = map[int]string{
	21211: NoNumber, // not a number
	21217: NoNumber, // does not look like one
	21401: NoNumber, // the same, in older words
	21610: NoNumber, // its holder has asked for no more texts
	21614: NoNumber, // not a mobile number
	21408: Rejected, // not a country that the account sends to
	21612: Rejected, // no way from this sender to this number
	21611: Deferred, // too many texts wait
	20003: Auth,     // user and password do not fit
	20005: Auth,     // the account is not active
	21212: Fault,    // the sender is no number
	21603: Fault,    // no sender
	21606: Fault,    // not a sender of the account's
	21609: Fault,    // not an address for reports
	21703: Fault,    // the messaging service has no sender
}

// twilioOf reads an answer of Twilio's; one that is none gives nothing.
func twilioOf(a answer) (t twilioAnswer) {
	_ = json.Unmarshal([]byte(a.body), &t)
	return t
}

// longNumber is a telephone number as people and machines write them, and whatever else could be a code.
var longNumber = regexp.MustCompile(`\+?\p{Nd}(?:[ .()/-]{0,2}\p{Nd}){5,}`)

// aKey is what in a template is long enough to be a key rather than a word.
var aKey = regexp.MustCompile(`[0-9A-Za-z_-]{12,}`)

// scrub makes a gateway's words fit to be kept and shown to staff. A gateway that refuses likes to repeat what it was sent.
func (g *Gateway) scrub(words string, t Text) string {
	for _, secret := range g.secrets {
		words = strings.ReplaceAll(words, secret, "(secret)")
	}
	if t.Code != "" {
		words = strings.ReplaceAll(words, t.Code, "(code)")
	}
	// A number is looked for in what will be seen: digits with tabs between them are one too.
	return scrub(longNumber.ReplaceAllStringFunc(plainLine(words), func(number string) string {
		if ofMachine(number, t) {
			return number
		}
		return "(number)"
	}), "")
}

// ofMachine says whether a number is a network address, and not a part of what was sent written like one.
func ofMachine(number string, t Text) bool {
	digits := strings.ReplaceAll(number, ".", "")
	_, err := netip.ParseAddr(number)
	return err == nil && !strings.Contains(t.To, digits) && !strings.Contains(t.Code, digits)
}

// secretsOf lists what of the settings must not be remembered, as it may come back.
func secretsOf(s SMS) (all []string) {
	add := func(secret string) {
		if secret != "" {
			all = append(all, secret, percent(secret), url.QueryEscape(secret), quoted(secret), html.EscapeString(secret))
		}
	}
	add(s.Password)
	if s.Password != "" {
		add(s.basic())
	}
	for _, h := range s.Headers {
		name, value := cutHeader(h)
		if !strings.EqualFold(name, "Content-Type") && !strings.EqualFold(name, "Accept") {
			add(value[strings.LastIndexByte(value, ' ')+1:])
		}
	}
	for _, key := range aKey.FindAllString(s.URL+" "+s.Body, -1) {
		add(key)
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) }) // a part of another must not spoil it
	return slices.Compact(all)
}

// Try connects to the gateway, with TLS where its address says so, and asks it for
// nothing.
func (g *Gateway) Try(ctx context.Context) error {
	u, err := url.Parse(placeholder.ReplaceAllString(g.sms.template(false).URL, "x"))
	if err != nil {
		return errors.New("its address cannot be read")
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme // the name of a port is one
	}
	at := net.JoinHostPort(u.Hostname(), port)
	if u.Scheme == "https" {
		conn, err := (&tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}).DialContext(ctx, "tcp", at)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", at)
	if err != nil {
		return err
	}
	return conn.Close()
}
