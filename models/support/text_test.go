package support

import (
	"regexp"
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

// A code that is read is read again, and however a caller's code is typed it is the
// same one.
func FuzzServiceCode(f *testing.F) {
	for _, s := range []string{"KX4-207", "kx4 207", "K X 4 - 2 0 7", "\uff2b\uff384207", "KX4207 KX4207", "", " ", "AE4-207", "\xff", "K\u0301X4207", "\u017f"} {
		f.Add(s)
	}
	shape := regexp.MustCompile(`^[` + serviceLetters + `]{2}[0-9]-[0-9]{3}$`)
	f.Fuzz(func(t *testing.T, typed string) {
		code, reason := readServiceCode(typed)
		if (code == "") == (reason == "") || reason != "" && reason != "wrong" && reason != "required" {
			t.Fatalf("%q: %q, %q", typed, code, reason)
		}
		if code == "" {
			return
		}
		if !shape.MatchString(code) {
			t.Errorf("%q gave %q", typed, code)
		}
		for _, same := range append(spellings(code), code) {
			if again, _ := readServiceCode(same); again != code {
				t.Errorf("%q gave %q, and that as %q gave %q", typed, code, same, again)
			}
		}
	})
}

// A number that somebody is called at is whole, in a country of ours, and reads as
// itself; a refusal names the field.
func FuzzReadNumber(f *testing.F) {
	countries := []string{"AT", "GB", "US"}
	for _, s := range []string{"0664 1234567", "+43 664 1234567", "(020) 7946 0123", "0900 123456", "+44 70 1234 5678", "+1 800 555 0199", "", "abc", "1-800-FLOWERS", "+43664123\u0664567", "tel:+43;ext=1"} {
		f.Add(s, "AT")
		f.Add(s, " gb ")
	}
	f.Add("0664 1234567", "DE")
	f.Fuzz(func(t *testing.T, typed, country string) {
		number, field, reason := readNumber(typed, country, countries)
		if (number == "") == (reason == "") || (field == "") != (reason == "") {
			t.Fatalf("%q, %q: %q, %q, %q", typed, country, number, field, reason)
		}
		if number == "" {
			if field != "phone" && field != "country" {
				t.Errorf("%q, %q: there is no field %q", typed, country, field)
			}
			return
		}
		if !regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`).MatchString(number) {
			t.Errorf("%q, %q gave %q", typed, country, number)
		}
		for _, from := range append(countries, "") {
			if again, _, reason := readNumber(number, from, countries); again != number || reason != "" {
				t.Errorf("%q, %q gave %q, and that from %q %q, %q", typed, country, number, from, again, reason)
			}
		}
	})
}
