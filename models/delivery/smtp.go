package delivery

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// How the connection to the mail server is protected.
const (
	TLSStart    = "starttls" // begins in the clear and must turn to TLS before anything is said
	TLSImplicit = "tls"      // TLS from the first byte
	TLSNone     = "none"     // in the clear, for a server on this machine or behind it
)

// defaultPorts are the ports by which servers offer each mode.
var defaultPorts = map[string]int{TLSStart: 587, TLSImplicit: 465, TLSNone: 25}

// SMTP says where the mail server is and how patiently to talk to it.
type SMTP struct {
	Host string
	Port int
	TLS  string // TLSStart, TLSImplicit, TLSNone
	User string // "" sends without authentication

	password string // unexported: it must not end up in a log by way of %v or JSON

	RootCAs     *x509.CertPool // nil trusts what the system trusts
	DialTimeout time.Duration  // to connect, encrypt and authenticate; 0 is 10 s
	SendTimeout time.Duration  // one whole mail, a connection opened for it included; 0 is 30 s
	IdleTimeout time.Duration  // an unused connection is closed after it; 0 is 60 s
}

// ParseSMTP reads smtp://user:password@host:port?tls=starttls|tls|none. Without tls it is starttls, without a port the one
// of that mode. No error repeats what was written: any part of it may hold a piece of the password.
func ParseSMTP(raw string) (SMTP, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Fragment != "" {
		return SMTP{}, errors.New("the mail server's URL cannot be read: write smtp://user:password@host:587?tls=starttls, special characters of user and password as %xx")
	}
	if u.Scheme != "smtp" && u.Scheme != "smtps" && strings.Contains(raw, "://") {
		return SMTP{}, errors.New("the mail server's URL must begin with smtp://: write smtp://host:587?tls=starttls")
	}
	if u.Scheme == "smtps" {
		return SMTP{}, errors.New("the mail server's URL begins with smtps: write smtp://...?tls=tls")
	}
	// Without the @ user and password are read as a host and its port, and the host is shown.
	colons := strings.Contains(u.Hostname(), ":") && !strings.HasPrefix(u.Host, "[")
	if u.Scheme != "smtp" || u.Hostname() == "" || colons {
		return SMTP{}, errors.New("the mail server's URL names no server: write smtp://host:587?tls=starttls")
	}
	if u.Path != "" && u.Path != "/" {
		return SMTP{}, errors.New("the mail server's URL goes on after the port: only ?tls=starttls, tls or none may follow, and a / in a password is written %2F")
	}
	s := SMTP{Host: u.Hostname(), TLS: TLSStart}
	query, err := url.ParseQuery(u.RawQuery)
	for key, values := range query {
		if key != "tls" || len(values) != 1 {
			err = errors.New("unknown")
			break
		}
		s.TLS = values[0]
	}
	if _, known := defaultPorts[s.TLS]; err != nil || !known {
		return SMTP{}, errors.New("after the mail server's address only ?tls=starttls, ?tls=tls or ?tls=none may follow, and a ? in a password is written %3F")
	}
	s.Port = defaultPorts[s.TLS]
	if p := u.Port(); p != "" {
		if s.Port, err = strconv.Atoi(p); err != nil || s.Port < 1 || s.Port > 65535 {
			return SMTP{}, errors.New("the mail server's port must be a number from 1 to 65535")
		}
	}
	if u.User != nil {
		s.User = u.User.Username()
		s.password, _ = u.User.Password()
		if s.User == "" || s.password == "" {
			return SMTP{}, errors.New("the mail server's URL has only one of user and password: write both (user:password@host) or none")
		}
		if s.TLS == TLSNone && !loopback(s.Host) {
			return SMTP{}, errors.New("with ?tls=none the password would travel in the clear: use ?tls=starttls or ?tls=tls, or leave user and password out")
		}
	}
	return s, nil
}

// loopback says whether host is this machine: exactly the names that the SMTP client, too, lets a password go to unencrypted.
func loopback(host string) bool {
	return strings.EqualFold(host, "localhost") || host == "127.0.0.1" || host == "::1"
}

// String names the server as an operator may see it, without the password.
func (s SMTP) String() string {
	user := ""
	if s.User != "" {
		user = url.User(s.User).String() + "@"
	}
	return fmt.Sprintf("smtp://%s%s?tls=%s", user, net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), s.TLS)
}

// GoString is String, so that %#v does not print the password either.
func (s SMTP) GoString() string { return s.String() }

// withDefaults fills in the waits that were left at zero.
func (s SMTP) withDefaults() SMTP {
	or := func(d *time.Duration, standard time.Duration) {
		if *d <= 0 {
			*d = standard
		}
	}
	or(&s.DialTimeout, 10*time.Second)
	or(&s.SendTimeout, 30*time.Second)
	or(&s.IdleTimeout, 60*time.Second)
	return s
}
