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
		"", "#", "k1 yesterday " + secret, "k1 0000-01-01T00:00:00+01:00 " + secret, "k1 2026-11-22T20:14:07Z AAEC", "a b", "k\u00a01 x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := parseRing(text)
		if (err == nil) == (len(keys) == 0) {
			t.Fatalf("%q: %d keys, %v", text, len(keys), err)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") && !strings.Contains(err.Error(), "holds no key") || strings.Contains(err.Error(), secret) && !strings.HasSuffix(err.Error(), "twice") {
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
			if year := k.starts.Year(); year < 0 || year > 9999 {
				return // in UTC: RFC 3339 cannot write it
			}
			fmt.Fprintln(&again, k.id, k.starts.Format(time.RFC3339Nano), base64.StdEncoding.EncodeToString(k.secret))
		}
		if same, err := parseRing(again.String()); err != nil || !reflect.DeepEqual(same, keys) {
			t.Errorf("%q is written as %q, and that is %v, %v", text, again.String(), same, err)
		}
	})
}
