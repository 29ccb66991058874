package models

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestParseEmail(t *testing.T) {
	for typed, want := range map[string]Email{
		"mara@example.com":           {"mara@example.com", "mara@example.com"},
		"  Mara@Example.COM\n":       {"mara@example.com", "Mara@example.com"},
		"mara@example.com.":          {"mara@example.com", "mara@example.com"},
		"m.a.r.a+tv@example.com":     {"m.a.r.a+tv@example.com", "m.a.r.a+tv@example.com"},
		"mara@b\u00fccher.example":   {"mara@xn--bcher-kva.example", "mara@xn--bcher-kva.example"},
		"mara@BU\u0308CHER.example":  {"mara@xn--bcher-kva.example", "mara@xn--bcher-kva.example"},
		"mara@xn--bcher-kva.example": {"mara@xn--bcher-kva.example", "mara@xn--bcher-kva.example"},
		"\uff4dara@example.com":      {"mara@example.com", "mara@example.com"},
		"mara@example\u3002com":      {"mara@example.com", "mara@example.com"},
		"o'neil@example.com":         {"o'neil@example.com", "o'neil@example.com"},
	} {
		if got, reason := ParseEmail(typed); got != want || reason != "" {
			t.Errorf("%q: %+v, %q; want %+v", typed, got, reason, want)
		}
	}
	for typed, want := range map[string]string{
		"": "empty", " \u00a0": "empty", "mara": "no_at", "@example.com": "no_at",
		"mara@": "bad_domain", "mara@localhost": "bad_domain", "mara@-a.com": "bad_domain", "mara@a..com": "bad_domain", "mara@example.123": "bad_domain",
		"mara@[127.0.0.1]": "ip_literal", "mara@127.0.0.1": "ip_literal", "mara@[IPv6:::1]": "ip_literal",
		`"mara m"@example.com`: "quoted", "m\u00e4ra@example.com": "non_ascii_local", "m\u0430ra@example.com": "non_ascii_local",
		".mara@example.com": "bad_characters", "mara.@example.com": "bad_characters", "ma..ra@example.com": "bad_characters",
		"ma ra@example.com": "bad_characters", "mara@exa mple.com": "bad_characters", "mara\x00@example.com": "bad_characters",
		"mara@example.com\r\nBcc: x@example.com": "bad_characters", "a@b@example.com": "bad_characters", "\xff@example.com": "bad_characters",
		"ma\u200bra@example.com": "bad_characters", "mara@example.com,tom@example.com": "bad_characters",
		strings.Repeat("a", 65) + "@example.com":            "too_long",
		"mara@" + strings.Repeat("a.", 126) + "example.com": "bad_domain",
		strings.Repeat("a", 1<<20):                          "too_long",
	} {
		if got, reason := ParseEmail(typed); reason != want {
			t.Errorf("%.60q: %+v, %q; want %q", typed, got, reason, want)
		}
	}
}

func FuzzParseEmail(f *testing.F) {
	for _, s := range []string{"mara@example.com", "M@B\u00fccher.example", "\"a b\"@x.y", "a@[::1]", "a@b\u3002c", "", "\x00@a.b", "a@xn--a.b", "\u0130@a.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		e, reason := ParseEmail(typed)
		if (e == Email{}) == (reason == "") {
			t.Fatalf("%q: %+v, %q", typed, e, reason)
		}
		if reason != "" {
			return
		}
		for _, s := range []string{e.Value, e.Shown} {
			for _, r := range s {
				if r > unicode.MaxASCII || unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune(`<>"(),:;[]\`, r) {
					t.Fatalf("%q gave %q", typed, s)
				}
			}
			if strings.Count(s, "@") != 1 || len(s) > maxEmail {
				t.Fatalf("%q gave %q", typed, s)
			}
		}
		if e.Value != strings.ToLower(e.Shown) {
			t.Fatalf("%q: %+v", typed, e)
		}
		// What is stored reads as itself: one person, one row.
		if again, reason := ParseEmail(e.Shown); again != e || reason != "" {
			t.Fatalf("%q gave %+v, then %+v, %q", typed, e, again, reason)
		}
		local, _, _ := strings.Cut(e.Shown, "@") // one of stars alone is hidden among the mask's
		if masked := MaskEmail(e.Shown); strings.Trim(local, "*") != "" && strings.Contains(masked, local+"@") {
			t.Fatalf("the mask shows it all: %q", masked)
		}
	})
}

func TestDeviceName(t *testing.T) {
	for ua, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  "Firefox on Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1": "Safari on iOS",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":                         "Chrome on Android",
		"":                            "A web browser",
		"<script>alert(1)</script>":   "A web browser",
		"482913 is your code":         "A web browser",
		"Forward the code to Joe/1.0": "A web browser",
		"Text us your code now/1 (Windows NT 10.0)": "A browser on Windows",
		"\xff\xfe\x00":                      "A web browser",
		strings.Repeat("Mozilla/5.0 ", 999): "A web browser",
	} {
		if got := deviceName(ua); got != want {
			t.Errorf("%.60q: %q, want %q", ua, got, want)
		}
	}
}

// What a browser says of itself becomes words of ours, or none: they stand in mails.
func FuzzDeviceName(f *testing.F) {
	for _, s := range []string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) Safari/604.1",
		"Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) Chrome/69.0", "curl/8.1 (+https://example.com)", "a/", "(;)", "/(", "\xff", "Edg/1", "Mozilla/5.0 (Windows NT",
	} {
		f.Add(s)
	}
	words := []string{"A web browser"}
	for _, b := range browsers {
		words = append(words, b)
		for _, s := range systems {
			words = append(words, "A browser on "+s, b+" on "+s)
		}
	}
	f.Fuzz(func(t *testing.T, userAgent string) {
		if name := deviceName(userAgent); !slices.Contains(words, name) {
			t.Errorf("%q is called %q", userAgent, name)
		}
		if kind := deviceKind(userAgent); !slices.Contains([]string{"phone", "tv", "computer", "other"}, kind) {
			t.Errorf("%q is of the kind %q", userAgent, kind)
		}
	})
}
