package models

import "strings"

// mailHosts are hosts of mailboxes that many people have; a host that differs
// from one of them by one stroke is perhaps a typing mistake.
var mailHosts = []string{
	"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "icloud.com",
	"gmx.net", "gmx.de", "gmx.at", "t-online.de", "proton.me", "protonmail.com", "fastmail.com", "posteo.de", "mailbox.org",
	"orange.fr", "free.fr", "libero.it", "yandex.ru",
}

// DidYouMean gives the address that was perhaps meant, "" for none. It is a hint
// and never a refusal: the address that was typed may well exist.
func DidYouMean(address string) string {
	local, host, ok := strings.Cut(address, "@")
	if !ok {
		return ""
	}
	host = strings.ToLower(host)
	near := ""
	for _, known := range mailHosts {
		if host == known {
			return ""
		}
		if near == "" && oneStroke(host, known) {
			near = known
		}
	}
	if near == "" {
		return ""
	}
	return local + "@" + near
}

// oneStroke says that two words differ by one letter left out, typed twice,
// mistaken, or by two neighbours exchanged (Damerau-Levenshtein distance 1).
func oneStroke(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if i == len(a) {
		return false // the same word
	}
	swapped := i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	return swapped || a[i+1:] == b[i+1:]
}
