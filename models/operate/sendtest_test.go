package operate

import (
	"net/http"
	"strings"
	"testing"

	"admitone/internal/freeport"
)

// A test mail goes the way of a code, has no code in it, and what the server said to it
// is printed.
func TestSendTestMail(t *testing.T) {
	s := newService(t)
	said, err := s.run("send-test", "--to", "Mara@example.net")
	if err != nil || !strings.Contains(said, "Taken for Mara@example.net by smtp://codes@localhost:"+s.smtp.at) || !strings.Contains(said, "queued") {
		t.Errorf("%v\n%s", err, said)
	}
	mail := <-s.smtp.took
	if !strings.HasPrefix(mail, "Mara@example.net\n") || !strings.Contains(mail, "From: \"Admit One\" <codes@example.com>") || !strings.Contains(mail, "This is a test") {
		t.Errorf("it got\n%s", mail)
	}
}

func TestSendTestText(t *testing.T) {
	s := newService(t)
	asked := make(chan string, 1)
	s.args["--sms-url"] = "http://" + serveForms(t, asked) + "/send"
	said, err := s.run("send-test", "--to", "+43 664 1234567")
	if err != nil || !strings.Contains(said, "Taken for +436641234567 by gateway at 127.0.0.1") {
		t.Errorf("%v\n%s", err, said)
	}
	if words := <-asked; !strings.Contains(words, "Admit One: a test by the people who run it") {
		t.Errorf("it got %q", words)
	}
}

// What cannot be sent is said by name, with the mend.
func TestSendTestFails(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(s *service)
		to    string
		want  []string
	}{
		"no such mailbox": {func(*service) {}, "nobody@example.net", []string{"no such mailbox", "550 5.1.1 no such user", "look at the address"}},
		"wrong login":     {func(s *service) { s.args["--smtp"] = s.smtp.url("codes", "wrong") }, "mara@example.net", []string{"does not take user and password"}},
		"not from us":     {func(s *service) { s.args["--mail-from"] = "other@example.com" }, "mara@example.net", []string{"takes no mail from your address", "553 5.7.1", "set --mail-from"}},
		"no login there":  {func(s *service) { s.smtp.noLogin = true }, "mara@example.net", []string{"takes no user and password there", "587", "leave user and password out"}},
		"no TLS there": {
			func(s *service) {
				s.args["--smtp"] = strings.Replace(newMailPeerWithoutTLS(s.t).url("", ""), "=starttls", "=tls", 1)
			}, "mara@example.net", []string{"it speaks no TLS there", "?tls=starttls"},
		},
		"away":       {func(s *service) { s.noMail() }, "mara@example.net", []string{"no connection", "firewall"}},
		"no address": {func(*service) {}, "mara@", []string{"--to:", "not an address that can be used. The part after the @ is not a domain name"}},
		"no number":  {func(*service) {}, "mara", []string{"--to:", "neither an email address nor a number"}},
		"a country without texts": {
			func(*service) {}, "+49 1512 3456789", []string{"--to:", "--sms-countries, which has AT"},
		},
		"gateway away": {
			func(s *service) { s.args["--sms-url"] = "http://" + freeport.Address(s.t) + "/send" }, "+43 664 1234567", []string{"no connection"},
		},
		"gateway refuses": {
			func(s *service) { s.args["--sms-url"] = "http://" + serveHealth(s.t, nil, http.StatusForbidden) + "/" }, "+43 664 1234567", []string{"does not take user and password"},
		},
		"test inbox": {
			func(s *service) {
				for _, a := range []string{"--smtp", "--public-url", "--mail-from"} {
					delete(s.args, a)
				}
			}, "mara@example.net", []string{"--smtp: no mail server is set", "test inbox"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			c.spoil(s)
			said, err := s.run("send-test", "--to", c.to)
			if err == nil {
				t.Fatalf("it went through: %s", said)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("it says %q, without %q", err, want)
				}
			}
		})
	}
}
