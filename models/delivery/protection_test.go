package delivery

import (
	"strings"
	"testing"
	"time"
)

func TestEncryption(t *testing.T) {
	config, pool := certificate(t)
	start := newPeer(t)
	start.tls = config
	start.start()
	implicit := newPeer(t)
	implicit.tls, implicit.implicit = config, true
	implicit.start()
	plain := newPeer(t).start()

	for name, c := range map[string]struct {
		peer  *peer
		mode  string
		trust bool
		sent  bool
	}{
		"starttls":                         {start, TLSStart, true, true},
		"starttls, unknown certificate":    {start, TLSStart, false, false},
		"tls":                              {implicit, TLSImplicit, true, true},
		"tls, unknown certificate":         {implicit, TLSImplicit, false, false},
		"no starttls offered":              {plain, TLSStart, true, false},
		"tls to a server without it":       {plain, TLSImplicit, true, false},
		"starttls to a server of mere tls": {implicit, TLSStart, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := c.peer.smtp(c.mode)
			if c.peer == implicit && c.mode == TLSStart {
				server.DialTimeout = 2 * time.Second // a server of mere TLS waits for us to speak
			}
			if c.trust {
				server.RootCAs = pool
			}
			_, err := sender(t, server).Send(t.Context(), letter("one"))
			if c.sent {
				if err != nil {
					t.Fatal(err)
				}
				c.peer.next()
				return
			}
			if f := failure(t, err); f.Permanent || f.Reason != Unreachable {
				t.Errorf("got %+v", f)
			}
			if len(c.peer.mails) != 0 {
				t.Error("a mail went out unprotected")
			}
		})
	}
}

func TestAuthentication(t *testing.T) {
	config, pool := certificate(t)
	for _, mode := range []string{TLSStart, TLSImplicit, TLSNone} {
		p := newPeer(t)
		p.password = "p w/?#%ö"
		if mode != TLSNone {
			p.tls, p.implicit = config, mode == TLSImplicit
		}
		p.start()
		try := func(password string) error {
			server, err := ParseSMTP("smtp://codes:" + password + "@" + p.addr + "?tls=" + mode)
			if err != nil {
				t.Fatal(err)
			}
			server.RootCAs = pool
			_, err = sender(t, server).Send(t.Context(), letter("one"))
			return err
		}
		if err := try("p%20w%2F%3F%23%25%C3%B6"); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		f := failure(t, try("wrongsecret"))
		if f.Permanent || f.Reason != Auth || strings.Contains(f.Detail, "wrongsecret") {
			t.Errorf("%s: wrong password: %+v", mode, f)
		}
	}
	// A server that offers no authentication does not get the mail, nor the password.
	p := newPeer(t).start()
	server, err := ParseSMTP("smtp://codes:secret@" + p.addr + "?tls=none")
	if err != nil {
		t.Fatal(err)
	}
	_, err = sender(t, server).Send(t.Context(), letter("one"))
	if f := failure(t, err); f.Permanent || f.Reason != Auth {
		t.Errorf("no AUTH offered: %+v", f)
	}
}
