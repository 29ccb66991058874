package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"admitone/internal/freeport"
)

// texting is a real HTTP gateway on loopback whose answers a test chooses.
type texting struct {
	t      *testing.T
	url    string
	answer http.HandlerFunc // nil: 200
	asked  chan asked

	connections atomic.Int32
}

// asked is a request as it came over the wire.
type asked struct {
	method, path, query string
	header              http.Header
	body                string
}

func newTexting(t *testing.T) *texting {
	t.Helper()
	g := &texting{t: t, asked: make(chan asked, 100)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g.url = "http://" + l.Addr().String()
	server := &http.Server{Handler: g, ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			g.connections.Add(1)
		}
	}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return g
}

func (g *texting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender broke off
	}
	g.asked <- asked{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header, string(body)}
	if g.answer != nil {
		g.answer(w, r)
	}
}

// next is the next request that came.
func (g *texting) next() asked {
	g.t.Helper()
	select {
	case a := <-g.asked:
		return a
	case <-time.After(30 * time.Second):
		g.t.Fatal("no text came")
		return asked{}
	}
}

// answers is a gateway's answer that is always the same.
func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// gateway is a sender to a gateway of the test.
func gateway(t *testing.T, s SMS) *Gateway {
	t.Helper()
	g, err := NewGateway(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

const (
	number = "+436641234567"
	words  = "482913 is your \"Admit One\" code (Maple & Höhe 42). Never share it.\n\n@accounts.example.com #482913"
	report = "https://accounts.example.com/sms/report/abc?x=1&y"
)

func aText() Text { return Text{ID: "id-1", To: number, Words: words, Report: report, Code: "482913"} }

func TestTwilioOnTheWire(t *testing.T) {
	peer := newTexting(t)
	peer.answer = answers(201, `{"sid": "SM0123456789abcdef0123456789abcdef", "status": "queued", "body": "482913", "to": "+436641234567", "error_code": null}`)
	s := SMS{Preset: PresetTwilio, URL: peer.url + "/2010-04-01/Accounts/{user}/Messages.json", User: "AC 1/x", Password: "p w:ö", From: "+15005550006"}
	detail, err := gateway(t, s).Send(t.Context(), aText())
	if err != nil || detail != "201: queued" {
		t.Fatalf("%q %v", detail, err)
	}
	got := peer.next()
	if got.method != "POST" || got.path != "/2010-04-01/Accounts/AC%201%2Fx/Messages.json" || got.query != "" {
		t.Errorf("%s %s?%s", got.method, got.path, got.query)
	}
	if v := got.header.Get("Content-Type"); v != "application/x-www-form-urlencoded" {
		t.Errorf("Content-Type %q", v)
	}
	r := http.Request{Header: got.header}
	if user, password, ok := r.BasicAuth(); !ok || user != "AC 1/x" || password != "p w:ö" {
		t.Errorf("Authorization is %q", got.header.Get("Authorization"))
	}
	form, err := url.ParseQuery(got.body)
	want := url.Values{"To": {number}, "From": {"+15005550006"}, "Body": {words}, "StatusCallback": {report}}
	if err != nil || !reflect.DeepEqual(form, want) {
		t.Errorf("form %v (%v), want %v", form, err, want)
	}

	// A messaging service is named in a field of its own; without a place for reports none is asked for.
	s.From = "MG0123"
	text := aText()
	text.Report = ""
	if _, err := gateway(t, s).Send(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	form, err = url.ParseQuery(peer.next().body)
	if want := (url.Values{"To": {number}, "MessagingServiceSid": {"MG0123"}, "Body": {words}}); err != nil || !reflect.DeepEqual(form, want) {
		t.Errorf("form %v (%v), want %v", form, err, want)
	}
}

func TestTwilioUsualAddress(t *testing.T) {
	s := SMS{Preset: PresetTwilio, User: "AC1", Password: "p", From: "MG1"}
	text := aText()
	r, err := gateway(t, s).request(t.Context(), text)
	if err != nil || r.URL.String() != "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json" {
		t.Fatalf("%v (%v)", r.URL, err)
	}
	// Twilio has no way to this machine's loopback, and refuses a text that names it.
	text.Report = "http://localhost:8080/sms/report/abc"
	if r, err = gateway(t, s).request(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r.Body); err != nil || bytes.Contains(body, []byte("StatusCallback")) {
		t.Errorf("%s (%v)", body, err)
	}
}

func TestKannelOnTheWire(t *testing.T) {
	peer := newTexting(t)
	peer.answer = answers(202, "0: Accepted for delivery")
	s := SMS{Preset: PresetKannel, URL: peer.url + "/cgi-bin/sendsms", User: "u&1", Password: "p+w%", From: "Admit One"}
	detail, err := gateway(t, s).Send(t.Context(), aText())
	if err != nil || detail != "202: 0: Accepted for delivery" {
		t.Fatalf("%q %v", detail, err)
	}
	got := peer.next()
	query, err := url.ParseQuery(got.query)
	want := url.Values{
		"username": {"u&1"}, "password": {"p+w%"}, "from": {"Admit One"}, "to": {number}, "text": {words},
		"charset": {"UTF-8"}, "coding": {"0"}, "dlr-mask": {"31"}, "dlr-url": {report + "?state=%d"},
	}
	if err != nil || got.method != "GET" || got.path != "/cgi-bin/sendsms" || got.body != "" || !reflect.DeepEqual(query, want) {
		t.Errorf("%s %s %v (%v), want %v", got.method, got.path, query, err, want)
	}

	s.URL += "?smsc=second"
	text := aText()
	text.Report = ""
	if _, err := gateway(t, s).Send(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	query, err = url.ParseQuery(peer.next().query)
	if err != nil || query.Get("smsc") != "second" || query.Get("username") != "u&1" || query.Has("dlr-mask") || query.Has("dlr-url") {
		t.Errorf("%v (%v)", query, err)
	}
}

func TestTemplateOnTheWire(t *testing.T) {
	peer := newTexting(t)
	detail, err := gateway(t, SMS{
		URL: peer.url + "/{user}/send?from={from}", Method: "PUT", User: "a/b", Password: `p"w\`, From: "Admit & One",
		Headers: []string{"Content-Type: application/json; charset=utf-8", "X-Key:  {password}", "authorization: Basic {basic}", "Idempotency-Key: {id}"},
		Body:    `{"key":"{password}","messages":[{"to":"{to}","text":"{text}","report":"{report}"}]}`,
	}).Send(t.Context(), aText())
	if err != nil || detail != "200" {
		t.Fatalf("%q %v", detail, err)
	}
	got := peer.next()
	if got.method != "PUT" || got.path != "/a%2Fb/send" || got.query != "from=Admit%20%26%20One" {
		t.Errorf("%s %s?%s", got.method, got.path, got.query)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "X-Key": `p"w\`, "Authorization": "Basic YS9iOnAid1w=", "Idempotency-Key": "id-1", "User-Agent": "admitone",
	} {
		if v := got.header.Values(name); len(v) != 1 || v[0] != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
	var said struct {
		Key      string
		Messages []struct{ To, Text, Report string }
	}
	if err := json.Unmarshal([]byte(got.body), &said); err != nil || said.Key != `p"w\` || len(said.Messages) != 1 ||
		said.Messages[0] != struct{ To, Text, Report string }{number, words, report} {
		t.Errorf("%+v (%v): %s", said, err, got.body)
	}

	// A body that looks like JSON is said to be; any other is a form.
	for body, kind := range map[string]string{`{"to":"{to}","text":"{text}"}`: "application/json", "to={to}&text={text}": "application/x-www-form-urlencoded"} {
		if _, err := gateway(t, SMS{URL: peer.url, Body: body}).Send(t.Context(), aText()); err != nil {
			t.Fatal(err)
		}
		if got := peer.next(); got.header.Get("Content-Type") != kind {
			t.Errorf("%s is %q", body, got.header.Get("Content-Type"))
		}
	}

	// A value of several lines cannot begin a header of its own.
	text := aText()
	text.ID = "id-1\r\nX-Evil: 1"
	_, err = gateway(t, SMS{URL: peer.url, Headers: []string{"X-Id: {id}"}, Body: "{to}{text}"}).Send(t.Context(), text)
	if f := failure(t, err); f.Permanent || f.Reason != Fault || len(peer.asked) != 0 {
		t.Errorf("%+v, %d requests", f, len(peer.asked))
	}
}

func TestNumberOfAText(t *testing.T) {
	peer := newTexting(t)
	for _, to := range []string{"", "436641234567", "+43", "+0436641234567", "+43 664 1234567", "+436641234567,+436641234568", "+4366412345\n67", "+1234567890123456", "ada@mail.example"} {
		text := aText()
		text.To = to
		_, err := gateway(t, generic(peer.url)).Send(t.Context(), text)
		if f := failure(t, err); !f.Permanent || f.Reason != NoNumber || len(peer.asked) != 0 {
			t.Errorf("%q: %+v", to, f)
		}
	}
}

func TestSuccessRule(t *testing.T) {
	for _, c := range []struct {
		rule   string
		status int
		body   string
		want   string // "" is a success
	}{
		{"", 200, "", ""},
		{"", 204, "", ""},
		{"", 299, "whatever", ""},
		{"", 300, "", Fault},
		{"", 400, "200 ", Rejected},
		{`^200 .*"status": *"0"`, 200, "{\n\"status\": \"0\"}", ""},
		{`^200 .*"status": *"0"`, 200, `{"status": "4"}`, Rejected},
		{`^200 .*"status": *"0"`, 503, `{"status": "0"}`, Deferred},
		{"OK$", 200, "ID 1 OK", ""},
		{"OK$", 200, "ERR 1", Rejected},
	} {
		peer := newTexting(t)
		peer.answer = answers(c.status, c.body)
		s := generic(peer.url)
		s.OK = c.rule
		_, err := gateway(t, s).Send(t.Context(), aText())
		if c.want == "" {
			if err != nil {
				t.Errorf("%q with %d %s: %v", c.rule, c.status, c.body, err)
			}
			continue
		}
		if f := failure(t, err); f.Reason != c.want {
			t.Errorf("%q with %d %s: %+v", c.rule, c.status, c.body, f)
		}
	}
}

func TestGatewayRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		preset string
		status int
		body   string
		want   Failure
	}{
		"bad request":            {"", 400, "no such number: +43 664 123-45 67", Failure{true, Rejected, "400: no such number: (number)"}},
		"address of a machine":   {"", 400, "203.0.113.70 is not let in", Failure{true, Rejected, "400: 203.0.113.70 is not let in"}},
		"number like an address": {"", 400, "43.66.41.234, 41.234.56.7 and 48.29.1.3", Failure{true, Rejected, "400: (number), (number) and (number)"}},
		"unprocessable":          {"", 422, "482913", Failure{true, Rejected, "422: (code)"}},
		"login wanted":           {"", 401, "", Failure{false, Auth, "401"}},
		"no money":               {"", 402, "pay", Failure{false, Auth, "402: pay"}},
		"forbidden":              {"", 403, "no", Failure{false, Auth, "403: no"}},
		"not there":              {"", 404, "<html>\n nothing", Failure{false, Fault, "404: <html> nothing"}},
		"too many":               {"", 429, "slow down", Failure{false, Deferred, "429: slow down"}},
		"trouble":                {"", 500, "oops", Failure{false, Deferred, "500: oops"}},
		"away":                   {"", 503, "later", Failure{false, Deferred, "503: later"}},
		"kannel: wrong password": {PresetKannel, 403, "Authorization failed for sendsms", Failure{false, Auth, "403: Authorization failed for sendsms"}},
		"kannel: no route":       {PresetKannel, 403, "Not routable. Do not try again.", Failure{true, Rejected, "403: Not routable. Do not try again."}},
		"kannel: list":           {PresetKannel, 403, "Number(s) has/have been denied by white- and/or black-lists.", Failure{true, Rejected, "403: Number(s) has/have been denied by white- and/or black-lists."}},
		"kannel: trouble":        {PresetKannel, 503, "Temporal failure, try again later.", Failure{false, Deferred, "503: Temporal failure, try again later."}},
		"twilio: no number":      {PresetTwilio, 400, `{"code":21211,"message":"The 'To' number +436641234567 is not a valid phone number.","status":400}`, Failure{true, NoNumber, "400, code 21211: The 'To' number (number) is not a valid phone number."}},
		"twilio: no mobile":      {PresetTwilio, 400, `{"code":21614,"message":"not a mobile number","status":400}`, Failure{true, NoNumber, "400, code 21614: not a mobile number"}},
		"twilio: no more texts":  {PresetTwilio, 400, `{"code":21610,"message":"unsubscribed","status":400}`, Failure{true, NoNumber, "400, code 21610: unsubscribed"}},
		"twilio: country":        {PresetTwilio, 400, `{"code":21408,"message":"region","status":400}`, Failure{true, Rejected, "400, code 21408: region"}},
		"twilio: any other":      {PresetTwilio, 400, `{"code":21999,"message":"other","status":400}`, Failure{true, Rejected, "400, code 21999: other"}},
		"twilio: password":       {PresetTwilio, 401, `{"code":20003,"message":"Authenticate","status":401}`, Failure{false, Auth, "401, code 20003: Authenticate"}},
		"twilio: queue":          {PresetTwilio, 400, `{"code":21611,"message":"queue","status":400}`, Failure{false, Deferred, "400, code 21611: queue"}},
		"twilio: sender":         {PresetTwilio, 400, `{"code":21606,"message":"sender","status":400}`, Failure{false, Fault, "400, code 21606: sender"}},
		"twilio: busy":           {PresetTwilio, 429, `{"code":20429,"message":"Too many","status":429}`, Failure{false, Deferred, "429, code 20429: Too many"}},
		"twilio: no JSON":        {PresetTwilio, 502, "<html>bad gateway", Failure{false, Deferred, "502: <html>bad gateway"}},
		"twilio: not created":    {PresetTwilio, 200, `{"status":"queued"}`, Failure{true, Rejected, `200: {"status":"queued"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			peer := newTexting(t)
			peer.answer = answers(c.status, c.body)
			s := generic(peer.url)
			if c.preset != "" {
				s = SMS{Preset: c.preset, URL: peer.url, User: "u1", Password: "hunter2", From: "AdmitOne"}
			}
			_, err := gateway(t, s).Send(t.Context(), aText())
			if got := failure(t, err); *got != c.want {
				t.Errorf("got %+v, want %+v", *got, c.want)
			}
		})
	}
}

func TestGatewayHangs(t *testing.T) {
	for name, begin := range map[string]string{"before its answer": "", "in the middle of it": "OK so far"} {
		peer := newTexting(t)
		release := make(chan struct{})
		t.Cleanup(func() { close(release) }) // before the peer stops
		peer.answer = func(w http.ResponseWriter, _ *http.Request) {
			if begin != "" {
				_, _ = io.WriteString(w, begin)
				_ = http.NewResponseController(w).Flush()
			}
			<-release
		}
		s := generic(peer.url)
		for s.SendTimeout = 2 * time.Second; len(peer.asked) == 0; s.SendTimeout *= 2 { // until a slow machine gets as far as to hang
			_, err := gateway(t, s).Send(t.Context(), aText())
			if f := failure(t, err); f.Permanent || f.Reason != Unreachable || f.Detail != "no answer in time" {
				t.Fatalf("a gateway that hangs %s: %+v", name, f)
			}
		}
		peer.next()

		// The same when the caller stops waiting.
		s.SendTimeout = time.Hour
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-peer.asked
			cancel()
		}()
		_, err := gateway(t, s).Send(ctx, aText())
		if f := failure(t, err); f.Permanent || f.Reason != Unreachable {
			t.Errorf("a wait that was broken off %s: %+v", name, f)
		}
	}
}

func TestGatewayAway(t *testing.T) {
	_, err := gateway(t, SMS{Preset: PresetKannel, URL: "http://" + freeport.Address(t) + "/", User: "u", Password: "hunter2", From: "AdmitOne"}).Send(t.Context(), aText())
	f := failure(t, err)
	if f.Permanent || f.Reason != Unreachable || !strings.Contains(f.Detail, "refused") {
		t.Errorf("nobody listens: %+v", f)
	}
	if strings.Contains(f.Detail, "hunter2") || strings.Contains(f.Detail, "664123") || strings.Contains(f.Detail, "482913") {
		t.Errorf("the detail is %q", f.Detail)
	}

	// One that drops the connection, before its answer and in the middle of it.
	for _, begun := range []bool{false, true} {
		peer := newTexting(t)
		peer.answer = func(w http.ResponseWriter, _ *http.Request) {
			if begun {
				w.Header().Set("Content-Length", "100")
				_, _ = io.WriteString(w, "OK")
			}
			panic(http.ErrAbortHandler)
		}
		_, err := gateway(t, generic(peer.url)).Send(t.Context(), aText())
		if f := failure(t, err); f.Permanent || f.Reason != Unreachable {
			t.Errorf("a dropped connection: %+v", f)
		}
		peer.next()
	}
}

func TestGatewayRedirects(t *testing.T) {
	other := newTexting(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		peer := newTexting(t)
		peer.answer = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.url, status) }
		_, err := gateway(t, generic(peer.url)).Send(t.Context(), aText())
		if f := failure(t, err); f.Permanent || f.Reason != Fault || len(other.asked) != 0 {
			t.Errorf("%d: %+v, %d requests elsewhere", status, f, len(other.asked))
		}
	}
}

// Of an answer without end 64 KB are read.
func TestGatewayNeverStopsTalking(t *testing.T) {
	peer := newTexting(t)
	ended := make(chan struct{}, 2)
	peer.answer = func(w http.ResponseWriter, _ *http.Request) {
		defer func() { ended <- struct{}{} }()
		for {
			if _, err := io.WriteString(w, strings.Repeat("OK ", 10000)); err != nil {
				return
			}
		}
	}
	s := generic(peer.url)
	s.OK = "^200 OK"
	if _, err := gateway(t, s).Send(t.Context(), aText()); err != nil {
		t.Error(err)
	}
	<-ended
	s.OK = "never"
	_, err := gateway(t, s).Send(t.Context(), aText())
	if f := failure(t, err); f.Reason != Rejected || len([]rune(f.Detail)) > mostDetail {
		t.Errorf("%+v", f)
	}
	<-ended
}

// A gateway that repeats all it was sent, raw and escaped, puts none of it into what is kept.
func TestGatewayRepeatsSecrets(t *testing.T) {
	const password = `hun ter"2&+`
	for _, status := range []int{202, 400, 403} {
		for _, preset := range []string{"", PresetKannel, PresetTwilio} {
			peer := newTexting(t)
			peer.answer = func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(status)
				said := peer.next()
				_, _ = io.WriteString(w, strings.Join([]string{said.query, said.header.Get("Authorization"), said.header.Get("X-Key"), said.body, number, words, password, "0664 123 45 67"}, " "))
			}
			s := SMS{
				URL: peer.url + "?key=abcdefghijkl0&u={user}&to={to}", User: "u", Password: password, From: "AdmitOne",
				Headers: []string{"Authorization: Basic {basic}", "X-Key: Bearer sesame"}, Body: `{"p":"{password}","text":"{text}"}`,
			}
			if preset != "" {
				s = SMS{Preset: preset, URL: peer.url, User: "u", Password: password, From: "AdmitOne"}
			}
			detail, err := gateway(t, s).Send(t.Context(), aText())
			if err != nil {
				detail = failure(t, err).Detail
			}
			for _, secret := range []string{"hun", "ter", "482913", "664", "34567", "45 67", "sesame", "abcdefghijkl0", s.basic()} {
				if strings.Contains(detail, secret) {
					t.Errorf("%s %d: %q shows %q", preset, status, detail, secret)
				}
			}
		}
	}
}

func TestGatewayKeepsItsConnection(t *testing.T) {
	peer := newTexting(t)
	peer.answer = answers(200, "OK")
	g := gateway(t, generic(peer.url))
	for range 3 {
		if _, err := g.Send(t.Context(), aText()); err != nil {
			t.Fatal(err)
		}
	}
	if n := peer.connections.Load(); n != 1 {
		t.Errorf("%d connections for three texts", n)
	}
}
