package models

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// What is read as a ring is one when it is written again, oldest key first. What is
// not says where, and repeats no secret.
func FuzzParseRing(f *testing.F) {
	const secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	const line = "k1 2026-11-22T20:14:07Z " + secret
	for _, s := range []string{
		line, "# c\n" + line + "\r\n\r\nk2 2026-11-22T20:14:07.5+01:00 " + secret, line + ",k0 2025-01-01T00:00:00Z " + secret, line + "\n" + line,
		"", "#", "k1 yesterday " + secret, "k1 2026-11-22T20:14:07Z AAEC", "a b", "k\u00a01 x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := parseRing(text)
		if (err == nil) == (len(keys) == 0) {
			t.Fatalf("%q: %d keys, %v", text, len(keys), err)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") && !strings.Contains(err.Error(), "backup") || strings.Contains(err.Error(), secret) && !strings.HasSuffix(err.Error(), "twice") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if !slices.IsSortedFunc(keys, func(a, b key) int { return a.starts.Compare(b.starts) }) {
			t.Errorf("%q is not in the order of time", text)
		}
		var again strings.Builder
		for _, k := range keys {
			if len(k.secret) != keyBytes || k.id == "" || strings.ContainsAny(k.id, " \t\r\n,") || k.starts.Location() != time.UTC {
				t.Errorf("%q gives the key %q of %v with %d bytes", text, k.id, k.starts, len(k.secret))
			}
			fmt.Fprintln(&again, k.id, k.starts.Format(time.RFC3339Nano), base64.StdEncoding.EncodeToString(k.secret))
		}
		if same, err := parseRing(again.String()); err != nil || !reflect.DeepEqual(same, keys) {
			t.Errorf("%q is written as %q, and that is %v, %v", text, again.String(), same, err)
		}
	})
}

// Only what a key has made leads to a message, and only under its own label.
func FuzzLinkToken(f *testing.F) {
	k := key{id: "k1", secret: []byte("0123456789abcdef0123456789abcdef")}
	ring := new(keyRing)
	ring.held.Store(&[]key{{id: "k0", secret: []byte("another 6789abcdef0123456789abcd")}, k})
	const id = "00112233445566778899aabbccddeeff"
	for _, token := range []string{k.mailed(linkNotMe, id), k.mailed(linkUndo, id), "", id, strings.Repeat("a", linkLength), strings.Repeat("\u00e9", linkLength/2), strings.Repeat("Q", linkLength)} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		got := ring.messageOf(linkNotMe, token)
		if got == "" {
			return
		}
		if !IsLinkToken(token) || got != unlettered(token[:32]) || lettered(got) != token[:32] {
			t.Errorf("%q leads to %q", token, got)
		}
		if ring.messageOf(linkUndo, token) != "" {
			t.Errorf("%q is a link of two kinds", token)
		}
	})
}
