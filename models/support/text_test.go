package support

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLooksLikeCode(t *testing.T) {
	for text, want := range map[string]bool{
		// Codes as they are read off a mail and typed.
		"482913":                                true,
		"my code is 482 913":                    true,
		"my code is 482 913.":                   true,
		"482-913":                               true,
		"482\u2013913":                          true, // a dash
		"482\u00a0913":                          true, // a space that does not break
		"482\u200b913":                          true, // nothing to be seen
		"482  913":                              true,
		"4 8 2 9 1 3":                           true,
		"4-8-2-9-1-3":                           true,
		"4, 8, 2, 9, 1, 3":                      true,
		"4. 8. 2. 9. 1. 3.":                     true,
		"48 29 13":                              true,
		"482\n913":                              true,
		"code:482913":                           true,
		"code=482913,":                          true,
		"(482913)":                              true,
		"\"482913\"":                            true,
		"Code482913":                            true,
		"482913 is your code":                   true,
		"It says 482913!":                       true,
		"#482913":                               true,
		"@accounts.example.com #482913":         true,
		"\uff14\uff18\uff12\uff19\uff11\uff13":  true, // full width
		"\u0664\u0668\u0662\u0669\u0661\u0663":  true, // Arabic-Indic
		"\u06f4\u06f8\u06f2 \u06f9\u06f1\u06f3": true, // Persian
		"\u096a\u096e\u0968\u096f\u0967\u0969":  true, // Devanagari
		"\u2463\u2467\u2461\u2468\u2460\u2462":  true, // in circles
		"\u9a8c\u8bc1\u7801482913":              true, // 'verification code' before it
		"48291356":                              true,
		"4829 1356":                             true,
		"4829-1356":                             true,
		"48 29 13 56":                           true,
		"482 913 56":                            true,
		"first 482913, then 771204":             true,
		"482 913 771 204":                       true,
		"tried 482913 at 20:14":                 true,
		"at 20:14 482913":                       true,
		"000000":                                true,
		"01234567":                              true,
		"KX4-207":                               true,
		"kx4 207":                               true,
		"kx4207":                                true,
		"my service code: KX4\u2013207.":        true,
		"K X 4 - 2 0 7":                         true,
		"\uff2b\uff38\uff14-\uff12\uff10\uff17": true,
		"code 482913 came at 20:14 on 22.11.26": true,
		"order came, but my code is 482913":     true,
		"+1 is all I see, and the code is 48291356, 4": true,

		// What must go through.
		"":                                       false,
		"hello":                                  false,
		"the code did not work":                  false,
		"I typed it 5 times in 10 minutes":       false,
		"since 2025":                             false,
		"2025-2026":                              false,
		"2025 2026":                              false,
		"22 11 2026":                             false,
		"22-11-2026":                             false,
		"2026-11-22":                             false,
		"2026-11-22 20:14:07":                    false,
		"22.11.2026":                             false,
		"22/11/26":                               false,
		"22-11-26":                               false,
		"at 20:14:07":                            false,
		"from 08:00-22:00":                       false,
		"08:00 - 22:00 each day":                 false,
		"call +43 664 1234567":                   false,
		"+436641234567":                          false,
		"+44 20 7946 0123":                       false,
		"+43 (664) 123456":                       false,
		"my number ends in 42":                   false,
		"it cost 1299.00":                        false,
		"1,299.00":                               false,
		"123456.50":                              false,
		"\u20ac 100 000":                         false,
		"100000 EUR":                             false,
		"100 000 dollars":                        false,
		"USD 123456":                             false,
		"order 12345678":                         false,
		"Order number: 123456":                   false,
		"invoice no. 48291356":                   false,
		"ticket #482913":                         false,
		"my order is 482913":                     false,
		"AB482913":                               false,
		"12345":                                  false,
		"1234567":                                false,
		"1234567890":                             false,
		"203.0.113.7":                            false,
		"version 140.0.1":                        false,
		"error 504":                              false,
		"I am 43 and live at number 12":          false,
		"https://example.com/help/482913":        false,
		"Maple 42":                               false,
		"KX 42":                                  false,
		"12 messages, 3 codes":                   false,
		"1. open settings 2. press send 3. wait": false,
		"24/7":                                   false,
		"1080p, 60 fps":                          false,
	} {
		if got := LooksLikeCode(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

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

// Whatever is typed, it can be stored, and a code in the middle of it is seen.
func FuzzText(f *testing.F) {
	for _, s := range []string{"hello", "482 913", "\xff\x00", "1.2.3", "+1", "\u0664", "a-", "1:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		text, reason := cleanText(typed)
		if reason == "" && (!utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x1b\r") || utf8.RuneCountInString(text) > maxText) {
			t.Errorf("%q", text)
		}
		if len(typed) < 1000 && !LooksLikeCode(typed+" it is 482913 now") {
			t.Errorf("%q hides a code", typed)
		}
	})
}
