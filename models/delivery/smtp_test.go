package delivery

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestParseSMTP(t *testing.T) {
	for raw, want := range map[string]SMTP{
		"smtp://mail.example":                         {Host: "mail.example", Port: 587, TLS: TLSStart},
		"smtp://mail.example/?tls=tls":                {Host: "mail.example", Port: 465, TLS: TLSImplicit},
		"smtp://mail.example?tls=none":                {Host: "mail.example", Port: 25, TLS: TLSNone},
		"smtp://u%40e:p%2F%3F@mail.example:2525":      {Host: "mail.example", Port: 2525, TLS: TLSStart, User: "u@e", password: "p/?"},
		"smtp://u:p@localhost:1025?tls=none":          {Host: "localhost", Port: 1025, TLS: TLSNone, User: "u", password: "p"},
		"smtp://u:p@[::1]:1025?tls=none":              {Host: "::1", Port: 1025, TLS: TLSNone, User: "u", password: "p"},
		"smtp://[2001:db8::25]:26?tls=starttls":       {Host: "2001:db8::25", Port: 26, TLS: TLSStart},
		"smtp://codes:secret@127.0.0.1:1025?tls=none": {Host: "127.0.0.1", Port: 1025, TLS: TLSNone, User: "codes", password: "secret"},
	} {
		if got, err := ParseSMTP(raw); err != nil || got != want {
			t.Errorf("%s is %v (%v), want %v", raw, got, err, want)
		}
	}
}

// Whatever is wrong with the URL, no error repeats a piece of the password.
func TestParseSMTPErrors(t *testing.T) {
	for raw, mend := range map[string]string{
		"":                                        "smtp://host",
		"mail.example:587":                        "smtp://",
		"http://u:hunter2@mail.example":           "smtp://host",
		"smtps://u:hunter2@mail.example":          "?tls=tls",
		"smtp://u:hunter2@":                       "smtp://host",
		"smtp://u:hunter2:":                       "smtp://host",
		"smtp://u:hun?ter2@mail.example":          "%",
		"smtp://u:hun#ter2@mail.example":          "%xx",
		"smtp://u:hun/ter2@mail.example":          "%",
		"smtp://u:hun%ter2@mail.example":          "%xx",
		"smtp://u:hunter2@mail.example/x":         "%2F",
		"smtp://u:hunter2@mail.example:0":         "1 to 65535",
		"smtp://u:hunter2@mail.example:99999":     "1 to 65535",
		"smtp://u:hunter2@mail.example?tls=on":    "?tls=starttls",
		"smtp://u:hunter2@mail.example?a=b":       "?tls=starttls",
		"smtp://hunter2@mail.example":             "user:password@host",
		"smtp://:hunter2@mail.example":            "user:password@host",
		"smtp://u:hunter2@mail.example?tls=none":  "in the clear",
		"smtp://u:hunter2@10.0.0.1:25?tls=none":   "in the clear",
		"smtp://u:hunter2@mail.example\r\n?tls=x": "%xx",
	} {
		_, err := ParseSMTP(raw)
		if err == nil {
			t.Errorf("%q is taken", raw)
			continue
		}
		if !strings.Contains(err.Error(), mend) {
			t.Errorf("%q: %q does not say %q", raw, err, mend)
		}
		if strings.Contains(err.Error(), "hun") || strings.Contains(err.Error(), "ter2") {
			t.Errorf("%q: the error shows the password: %q", raw, err)
		}
	}
}

func TestSMTPHidesThePassword(t *testing.T) {
	s, err := ParseSMTP("smtp://u%40e:hunter2@mail.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if shown := fmt.Sprintf(verb, s); shown != "smtp://u%40e@mail.example:587?tls=starttls" {
			t.Errorf("%s shows %s", verb, shown)
		}
	}
}

func TestScrub(t *testing.T) {
	for words, want := range map[string]string{
		"5.1.1 <ada.l+x@mail.example>: no\r\n such\tuser": "5.1.1 <(address)>: no such user",
		"subject '482913 is your code' refused":           "subject '(code) is your code' refused",
		"o'neil@mail.example unknown":                     "(address) unknown",
		"a\x1b[31mb\u202ec":                               "a [31mb c",
		strings.Repeat("ü", 300):                          strings.Repeat("ü", 199) + "…",
	} {
		if got := scrub(words, "482913"); got != want {
			t.Errorf("%q becomes %q, want %q", words, got, want)
		}
	}
}

// What is taken can be written again and means the same; what is not is refused
// without a piece of the password.
func FuzzParseSMTP(f *testing.F) {
	const secret = "hunter2"
	for _, s := range [][2]string{
		{"smtp://u:", "@mail.example"},
		{"smtp://u%40e:", "@[2001:db8::25]:26?tls=tls"},
		{"smtp://u:", "@localhost:1025?tls=none"},
		{"smtp://u:", "@mail.example?tls=none"},
		{"smtp://", "@mail.example"},
		{"smtps://u:", "@mail.example"},
		{"smtp://u:", "/x@mail.example"},
		{"smtp://u:", "?@mail.example"},
		{"smtp://mail.example?", ""},
		{"smtp://u:", "@mail.example:99999"},
		{"smtp://u:p@", "%"},
		{"", ""},
		{"smtp://u:", "@[fe80::1%25eth0]"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		raw := before + secret + after
		s, err := ParseSMTP(raw)
		if err != nil {
			if strings.Contains(err.Error(), secret) || s != (SMTP{}) {
				t.Errorf("%q: %v, %q", raw, s, err)
			}
			return
		}
		if s.Host == "" || s.Port < 1 || s.Port > 65535 || defaultPorts[s.TLS] == 0 || (s.User == "") != (s.password == "") {
			t.Errorf("%q is %v", raw, s)
		}
		if s.password != "" && s.TLS == TLSNone && !loopback(s.Host) {
			t.Errorf("%q sends its password in the clear", raw)
		}
		if shown := s.String(); strings.Contains(shown, secret) && !strings.Contains(s.User+s.Host, secret) {
			t.Errorf("%q is shown as %q", raw, shown)
		}
		u := url.URL{Scheme: "smtp", Host: net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), RawQuery: "tls=" + s.TLS}
		if s.User != "" {
			u.User = url.UserPassword(s.User, s.password)
		}
		if again, err := ParseSMTP(u.String()); err != nil || again != s {
			t.Errorf("%q is %v, and that written as %q is %v, %v", raw, s, u.String(), again, err)
		}
	})
}
