package models

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Email is an address that was typed and can be written to.
type Email struct {
	Value string // canonical: what accounts are told apart by
	Shown string // as typed, with its host in ASCII: what mail goes to
}

// maxEmail is the longest address that mail can be sent to, in bytes
// (RFC 5321 4.5.3.1.3 less the brackets).
const maxEmail = 254

// ParseEmail reads an address as people type it. The canonical form has the
// host in lower-case punycode and the local part in lower case: two people are
// never told apart by capitals alone. Dots and plus tags are kept, because
// only the mailbox's own server knows what they mean. The reason is a slug,
// empty where the address is good.
func ParseEmail(typed string) (Email, string) {
	s := strings.TrimFunc(typed, unicode.IsSpace)
	switch {
	case s == "":
		return Email{}, "empty"
	case len(s) > 4*maxEmail:
		return Email{}, "too_long"
	case !utf8.ValidString(s):
		return Email{}, "bad_characters"
	}
	s = norm.NFKC.String(s)
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return Email{}, "no_at"
	}
	local, host := s[:at], strings.TrimSuffix(s[at+1:], ".")
	if reason := checkLocal(local); reason != "" {
		return Email{}, reason
	}
	ascii, reason := checkHost(host)
	if reason != "" {
		return Email{}, reason
	}
	e := Email{Value: strings.ToLower(local) + "@" + ascii, Shown: local + "@" + ascii}
	if len(e.Value) > maxEmail {
		return Email{}, "too_long"
	}
	return e, ""
}

func checkLocal(local string) string {
	if local == "" {
		return "no_at"
	}
	if strings.HasPrefix(local, `"`) {
		return "quoted"
	}
	if len(local) > 64 {
		return "too_long"
	}
	for _, r := range local {
		switch {
		case r > unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)):
			return "non_ascii_local"
		case !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~.", r):
			return "bad_characters"
		}
	}
	if local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, "..") {
		return "bad_characters"
	}
	return ""
}

// hostProfile is IDNA2008 as browsers look names up, and strict: no symbol
// that only looks like a letter of a host name.
var hostProfile = idna.New(
	idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(true),
	idna.BidiRule(), idna.ValidateLabels(true), idna.VerifyDNSLength(true),
)

func checkHost(host string) (ascii, reason string) {
	if strings.HasPrefix(host, "[") {
		return "", "ip_literal"
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return "", "ip_literal"
	}
	if strings.ContainsFunc(host, unicode.IsSpace) || strings.ContainsFunc(host, unicode.IsControl) {
		return "", "bad_characters"
	}
	ascii, err := hostProfile.ToASCII(host)
	if err != nil {
		return "", "bad_domain"
	}
	labels := strings.Split(ascii, ".")
	last := labels[len(labels)-1]
	if len(labels) < 2 || last == "" || strings.Trim(last, "0123456789") == "" {
		return "", "bad_domain"
	}
	return ascii, ""
}

// MaskEmail shows just enough of an address for its owner to know it:
// 'm***@example.com'.
func MaskEmail(address string) string {
	local, host, ok := strings.Cut(address, "@")
	if !ok || local == "" {
		return "***"
	}
	return local[:1] + "***@" + host
}
