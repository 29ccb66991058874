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

		// Other marks, signs and words round it.
		"482.913":                              true,
		"482,913":                              true,
		"482/913":                              true,
		"482:913":                              true,
		"482'913":                              true,
		"482, 913":                             true,
		"482 . 913":                            true,
		"48.29.13":                             true,
		"482\u00b7913":                         true,
		"482\u2022913":                         true,
		"482_913":                              true,
		"482|913":                              true,
		"[482][913]":                           true,
		"482 \U0001f600 913":                   true,
		"4829.1356":                            true,
		"482.913, or so":                       true,
		"12, 482.913":                          true,
		"482\ufe0f913":                         true,
		"4\ufe0f8\ufe0f2\ufe0f9\ufe0f1\ufe0f3": true,
		"4\ufe0f\u20e38\ufe0f\u20e32\ufe0f\u20e39\ufe0f\u20e31\ufe0f\u20e33\ufe0f\u20e3": true,
		"482\u034f913":                          true,
		"482\u2800913":                          true,
		"482\u115f913":                          true,
		"482\u3164913":                          true,
		"482\U000e0100913":                      true,
		"\u2779\u277d\u2777\u277e\u2776\u2778":  true,
		"\u2783\u2787\u2781\u2788\u2780\u2782":  true,
		"\u24f8\u24fc\u24f6\u24fd\u24f5\u24f7":  true,
		"\u56db\u516b\u4e8c\u4e5d\u4e00\u4e09":  true,
		"\u56db\u516b\u4e8c \u4e5d\u4e00\u4e09": true,
		"48291O":                                true,
		"4829I3":                                true,
		"l482913":                               true,
		"48291\u043e":                           true,
		"https://482913":                        true,
		"http://482913/":                        true,
		"no482913":                              true,
		"ok482913":                              true,
		"a482913":                               true,
		"AB482913":                              true,
		"482913x":                               true,
		"ref 482913":                            true,
		"$482913":                               true,
		"USD 482913":                            true,
		"order 12345678":                        true,
		"ticket #482913":                        true,
		"my order is 482913":                    true,
		"482913.50":                             true,
		"+482913":                               true,
		"1/482913":                              true,
		"I got 482 913 10 minutes ago":          true,
		"482 913 5 minutes ago":                 true,
		"482913 5 minutes ago":                  true,
		"it came at 20:14:07 and is 482 913":    true,
		"call me on 07700 900123, it says 482 913": true,
		"code 048291 since 22.11.2026":             true,
		"0 4 8 2 9 1":                              true,
		"KX 4-207":                                 true,
		"KX4--207":                                 true,
		"KX4.207":                                  true,
		"KX 4 207":                                 true,
		"K-X-4-2-0-7":                              true,
		"K X 4 2 0 7":                              true,
		"\u041a\u04254-207":                        true,
		"\u03ba\u03c7 4 207":                       true,
		"KX4_207":                                  true,

		// What must go through.
		"07700 900123":                           false,
		"0800 123456":                            false,
		"call me on 9123 4567":                   false,
		"My phone number is 9123 4567.":          false,
		"12 34 56 78":                            false,
		"10 20 30 minutes":                       false,
		"10, 20, 30":                             false,
		"100-200":                                false,
		"1000-1500":                              false,
		"100 000":                                false,
		"123 456 km":                             false,
		"12 345 678 views":                       false,
		"020 7946 0123":                          false,
		"+43 (0)664 123456":                      false,
		"0664/123456":                            false,
		"(0664) 123456":                          false,
		"212-555-0123":                           false,
		"2025-26":                                false,
		"2025/26":                                false,
		"2023, 2024, 2025, 2026":                 false,
		"Windows 10.0.22631":                     false,
		"192.168.178.101":                        false,
		"at 20:14, 20:20 and 20:31":              false,
		"2026-11-22T20:14:07Z":                   false,
		"1920\u00d71080":                         false,
		"3840x2160":                              false,
		"TV 2160":                                false,
		"HD 1080":                                false,
		"12.99, 14.99":                           false,
		"\u7b2c\u4e00\u6b21":                     false,
		"O2":                                     false,
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
		"\u20ac 100 000":                         false,
		"100000 EUR":                             false,
		"100 000 dollars":                        false,
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

func TestDigits(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"no code came":              "",
		"at 20:14 it said 4 then 8": "201448",
		"48291O of \u2463\u2467":    "48291048",
		"\u56db\u516b\u4e8c, two":   "482",
		"https://example.com/4829":  "4829",
		"4\ufe0f\u20e38":            "48",
	} {
		if got := digitsOf(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	for text, want := range map[string]bool{"482": true, " 4 8\n": true, "48O": true, "": false, "...": false, "482 it says": false} {
		if got := isBare(text); got != want {
			t.Errorf("%q: %v", text, got)
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
		if !strings.HasSuffix(digitsOf(typed+" it is 482 it is 913"), "482913") {
			t.Errorf("%q hides digits", typed)
		}
	})
}
