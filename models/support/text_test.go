package support

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanText(t *testing.T) {
	for typed, want := range map[string]string{
		"hello":                           "hello",
		" two \n lines ":                  " two \n lines ",
		"a\r\nb":                          "a\nb",
		"a\tb":                            "a b",
		"a\x00b\x1b[31m":                  "ab[31m",
		"<script>alert(1)</script>":       "<script>alert(1)</script>",
		"\xff":                            "\uFFFD",
		strings.Repeat("\u00e9", maxText): strings.Repeat("\u00e9", maxText),
	} {
		if got, reason := cleanText(typed); got != want || reason != "" {
			t.Errorf("%.40q: %.40q, %q", typed, got, reason)
		}
	}
	for typed, want := range map[string]string{
		"": "required", " \n\t\x00": "required", "482 913": "looks_like_code",
		strings.Repeat("a", maxText+1): "too_long", strings.Repeat("a", 100<<10): "too_long",
	} {
		if _, reason := cleanText(typed); reason != want {
			t.Errorf("%.40q: %q", typed, reason)
		}
	}
	for typed, want := range map[string]string{
		" Mara \n Novak ": "Mara Novak", "482913": "", strings.Repeat("a", 50): strings.Repeat("a", maxName), "\x00": "",
	} {
		if got := cleanName(typed); got != want {
			t.Errorf("%q: %q", typed, got)
		}
	}
}

// Whatever is typed, it can be stored, and a code in the middle of it is seen,
// however it is written.
func FuzzText(f *testing.F) {
	for _, s := range []string{"hello", "482 913", "\xff\x00", "1.2.3", "+1", "\u0664", "a-", "1:", "https://a.b", "0800 ", "\u4e00", "call me on"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		text, reason := cleanText(typed)
		if reason == "" && (!utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x1b\r") || utf8.RuneCountInString(text) > maxText) {
			t.Errorf("%q", text)
		}
		if len(typed) > 1000 {
			return
		}
		for _, code := range []string{"482913", "482 913", "482.913", "4, 8, 2, 9, 1, 3", "48\ufe0f2\u034f913", "48291O"} {
			if !LooksLikeCode(typed + " it is " + code + " now") {
				t.Errorf("%q hides %q", typed, code)
			}
		}
		if !strings.HasSuffix(read(typed+" it is 482 it is 913").digits(), "482913") {
			t.Errorf("%q hides digits", typed)
		}
	})
}
