package delivery

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
)

// generic is a template that holds.
func generic(url string) SMS {
	return SMS{URL: url, Body: "to={to}&from={from}&text={text}", From: "AdmitOne"}
}

func TestCheckSMS(t *testing.T) {
	for name, s := range map[string]SMS{
		"form":        generic("https://gateway.example.com/send"),
		"loopback":    generic("http://[::1]:13013/send"),
		"get":         {URL: "https://gateway.example.com/{user}/send?to={to}&text={text}", Method: "GET", User: "u"},
		"json":        {URL: "https://gateway.example.com/", Body: `{"messages":[{"to":"{to}","text":"{text}"}]}`, Headers: []string{"Authorization: Bearer abc"}},
		"kannel":      {Preset: PresetKannel, URL: "http://127.0.0.1:13013/cgi-bin/sendsms", User: "u", Password: "p", From: "AdmitOne"},
		"twilio":      {Preset: PresetTwilio, User: "AC1", Password: "p", From: "+15005550006"},
		"twilio's EU": {Preset: PresetTwilio, URL: "https://api.ie1.twilio.com/2010-04-01/Accounts/{user}/Messages.json", User: "AC1", Password: "p", From: "MG1"},
		"ok":          {URL: "https://gateway.example.com/", Body: "{to}{text}", OK: `^200 .*"status":"0"`},
	} {
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is wrong, the error names the option and repeats no piece of a secret.
func TestCheckSMSErrors(t *testing.T) {
	const at = "https://gateway.example.com/send"
	with := func(change func(*SMS)) SMS {
		s := generic(at)
		change(&s)
		return s
	}
	kannel := SMS{Preset: PresetKannel, URL: "http://127.0.0.1:13013/", User: "u", Password: "hunter2", From: "AdmitOne"}
	twilio := SMS{Preset: PresetTwilio, User: "AC1", Password: "hunter2", From: "AdmitOne"}
	for _, c := range []struct {
		option, mend string
		sms          SMS
	}{
		{"--sms-preset", "kannel or twilio", with(func(s *SMS) { s.Preset = "hunter2" })},
		{"--sms-url", "--sms-preset", SMS{}},
		{"--sms-url", "13013", SMS{Preset: PresetKannel}},
		{"--sms-url", "https://", with(func(s *SMS) { s.URL = "gateway.example.com?key=hunter2" })},
		{"--sms-url", "https://", with(func(s *SMS) { s.URL = "ftp://gateway.example.com/hunter2" })},
		{"--sms-url", "%xx", with(func(s *SMS) { s.URL = at + "?key=%hunter2" })},
		{"--sms-url", "%xx", with(func(s *SMS) { s.URL = at + "#hunter2" })},
		{"--sms-url", "{basic}", with(func(s *SMS) { s.URL = "https://u:hunter2@gateway.example.com/" })},
		{"--sms-url", "https://", with(func(s *SMS) { s.URL = "http://10.0.0.5:13013/?key=hunter2" })},
		{"--sms-url", "https://", with(func(s *SMS) { s.URL = "https://:8443/hunter2" })},
		{"--sms-url", "host", with(func(s *SMS) { s.URL = "https://{to}/send" })},
		{"--sms-url", "no address", with(func(s *SMS) { s.URL = "https://gateway.example.com:{to}/send" })},
		{"--sms-method", "POST", with(func(s *SMS) { s.Method = "DELETE" })},
		{"--sms-method", "leave", SMS{Preset: PresetTwilio, Method: "POST"}},
		{"--sms-header", "leave", SMS{Preset: PresetTwilio, Headers: []string{"X-Key: hunter2"}}},
		{"--sms-body", "leave", SMS{Preset: PresetTwilio, Body: "hunter2"}},
		{"--sms-ok", "leave", SMS{Preset: PresetTwilio, OK: "hunter2"}},
		{"--sms-body", "POST", with(func(s *SMS) { s.Method = "GET" })},
		{"--sms-body", "JSON", with(func(s *SMS) {
			s.Headers, s.Body = []string{"content-type: application/json"}, `{"to":{to},"text":"hunter2"}`
		})},
		{"--sms-body", "{text}", with(func(s *SMS) { s.Body = "to={to}&key=hunter2" })},
		{"--sms-body", "{to}", with(func(s *SMS) { s.Body = "text={text}&key=hunter2" })},
		{"--sms-body", "{number}", with(func(s *SMS) { s.Body += "&n={number}" })},
		{"--sms-header", "Name: value", with(func(s *SMS) { s.Headers = []string{"hunter2"} })},
		{"--sms-header", "one line", with(func(s *SMS) { s.Headers = []string{"X-Key: a\r\nX-Other: hunter2"} })},
		{"--sms-header", "{text}", with(func(s *SMS) { s.Headers = []string{"X-Text: {text}"} })},
		{"--sms-header", "Content-Length", with(func(s *SMS) { s.Headers = []string{"content-length: 3"} })},
		{"--sms-header", "Content-Type", with(func(s *SMS) { s.Headers = []string{"Content-Type: text/xml"} })},
		{"--sms-ok", "RE2", with(func(s *SMS) { s.OK = "hunter2(" })},
		{"--sms-from", "needs", with(func(s *SMS) { s.From = "" })},
		{"--sms-from", "line", with(func(s *SMS) { s.From = "hunter\n2" })},
		{"--sms-user", "needs", with(func(s *SMS) { s.URL += "?u={user}" })},
		{"--sms-password", "needs", with(func(s *SMS) { s.URL += "?p={password}" })},
		{"--sms-user", "needs", with(func(s *SMS) { s.Headers = []string{"Authorization: Basic {basic}"} })},
		{"--sms-from", "needs", func() SMS { s := kannel; s.From = ""; return s }()},
		{"--sms-user", "needs", func() SMS { s := kannel; s.User = ""; return s }()},
		{"--sms-password", "needs", func() SMS { s := twilio; s.Password = ""; return s }()},
		{"--sms-user", "needs", func() SMS { s := twilio; s.User = ""; return s }()},
	} {
		err := c.sms.Check()
		if err == nil || !strings.Contains(strings.SplitN(err.Error(), ": ", 2)[0], c.option) || !strings.Contains(err.Error(), c.mend) {
			t.Errorf("%s with %q: %v", c.option, c.mend, err)
			continue
		}
		if strings.Contains(err.Error(), "hunter") || strings.Contains(err.Error(), "ter2") {
			t.Errorf("the error shows a secret: %v", err)
		}
		if _, err := NewGateway(c.sms); err == nil {
			t.Errorf("%s: a gateway is made of it", c.option)
		}
	}
}

func TestSMSHidesItsSecrets(t *testing.T) {
	s := SMS{
		URL: "https://gateway.example.com/send?key=hunter2", Headers: []string{"X-Key: hunter2"}, Body: "{to}{text}hunter2",
		User: "u", Password: "hunter2",
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{s, &s} {
			if shown := fmt.Sprintf(verb, v); shown != "gateway at gateway.example.com" {
				t.Errorf("%s shows %s", verb, shown)
			}
		}
	}
	if b, err := json.Marshal(s); err != nil || string(b) != `"gateway at gateway.example.com"` {
		t.Errorf("JSON shows %s (%v)", b, err)
	}
}

// A template that is taken writes a request to its own host, whatever the text and the
// secrets hold: each stays in its place, and in JSON comes out as it was.
func FuzzSMSTemplate(f *testing.F) {
	for _, s := range [][4]string{
		{"https://gateway.example.com/send?key=x", "", "to={to}&text={text}", `"}\n{to}`},
		{"https://gateway.example.com/{user}/send?to={to}&text={text}", "X-Key: {password}", "", "a b&c=d#e/../?"},
		{"https://gateway.example.com/", "Content-Type: application/json", `{"to":["{to}"],"text":"{text}","p":"{password}"}`, "\\\u2028\xff"},
		{"http://[::1]:13013/", "Authorization: Basic {basic}", `{"to":"{to}","text":"{text}"}`, "{text}"},
		{"https://{to}/", "Host: x", "{text}", "\r\nX: y"},
	} {
		f.Add(s[0], s[1], s[2], s[3])
	}
	f.Fuzz(func(t *testing.T, at, header, body, said string) {
		s := SMS{URL: at, Body: body, User: "u", Password: "hunter2", From: "AdmitOne"}
		if header != "" {
			s.Headers = []string{header}
		}
		g, err := NewGateway(s)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "--sms-") {
				t.Errorf("%+q: %v", s.URL, err)
			}
			return
		}
		text := aText()
		text.Words = said
		r, err := g.request(t.Context(), text)
		if err != nil {
			t.Fatalf("%q %q %q is taken and cannot be written: %v", at, header, body, err)
		}
		u, err := url.Parse(placeholder.ReplaceAllString(at, "x"))
		if err != nil || r.URL.Hostname() != u.Hostname() || u.Hostname() == "" || r.URL.Port() != u.Port() || r.URL.Scheme != u.Scheme || r.URL.Fragment != "" || r.URL.User != nil {
			t.Errorf("%q with %q leads to %q", at, said, r.URL)
		}
		if len(r.URL.Query()) > len(u.Query()) {
			t.Errorf("%q with %q says more: %q", at, said, r.URL)
		}
		if body == "" {
			return
		}
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if s.contentType() != typeJSON {
			if form, err := url.ParseQuery(string(sent)); err == nil && body == "to={to}&text={text}" && form.Get("text") != said {
				t.Errorf("%q became %q", said, sent)
			}
		} else if !json.Valid(sent) {
			t.Errorf("%q with %q is no JSON: %q", body, said, sent)
		}
	})
}
