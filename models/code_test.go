package models

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNormaliseCode(t *testing.T) {
	for typed, want := range map[string]string{
		"123456":                               "123456",
		" 123 456 ":                            "123456",
		"123-456":                              "123456",
		"123\u2013456":                         "123456",
		"123\u00a0456":                         "123456",
		"1\u200b23456\ufeff":                   "123456",
		"123456\r\n":                           "123456",
		"\u0661\u0662\u0663\u0664\u0665\u0666": "123456",
		"\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6": "123456",
		"\uff11\uff12\uff13\uff14\uff15\uff16": "123456",
		"000042":                               "000042",
		"123456 is your Admit One code":        "123456",
		"Your code: 123 456":                   "123456",
		"123456 is your Admit One code to sign in (Maple 42). Never share it.\n\n@localhost #123456":           "123456",
		"123456\n\nWorks until 20:24 (UTC), asked at 20:14, 22 November 2026. Maple 42. IP address: 192.0.2.7": "123456",
	} {
		if got, reason := NormaliseCode(typed, 6); got != want || reason != "" {
			t.Errorf("%q: %q, %q; want %q", typed, got, reason, want)
		}
	}
	for typed, want := range map[string]string{
		"": "empty", "  \t\n": "empty", "\u200b": "empty",
		"12345": "shape", "1234567": "shape", "abcdef": "shape", "-": "shape",
		"123456 654321": "shape", "123456 or 654321": "shape",
		strings.Repeat("1", 5000): "shape",
	} {
		if got, reason := NormaliseCode(typed, 6); got != "" || reason != want {
			t.Errorf("%q: %q, %q; want %q", typed, got, reason, want)
		}
	}
}

func FuzzNormaliseCode(f *testing.F) {
	for _, s := range []string{"123456", "123 456", "\u0661\u0662\u0663456", "x123456y", "", "\x00", "123456 654321"} {
		f.Add(s, 6)
	}
	f.Fuzz(func(t *testing.T, typed string, digits int) {
		digits = 6 + digits&2
		code, reason := NormaliseCode(typed, digits)
		if (code == "") == (reason == "") {
			t.Fatalf("%q: %q, %q", typed, code, reason)
		}
		if code == "" {
			return
		}
		if len(code) != digits || strings.Trim(code, "0123456789") != "" {
			t.Fatalf("%q gave %q", typed, code)
		}
		// What was read is stable: reading it again gives itself.
		if again, _ := NormaliseCode(code, digits); again != code {
			t.Fatalf("%q gave %q, then %q", typed, code, again)
		}
	})
}

// Codes are uniform enough: each digit at each place by chi-square, one in ten
// begins with 0, and no code is the one before.
func TestCodesAreUniform(t *testing.T) {
	const n = 20000
	k := key{id: "k", secret: []byte("0123456789abcdef0123456789abcdef")}
	var counts [6][10]float64
	last, same := "", 0
	for i := range n {
		code := k.code(fmt.Sprint("challenge", i), "sign_in", 0, 6)
		if len(code) != 6 {
			t.Fatalf("%q", code)
		}
		for place, d := range code {
			counts[place][d-'0']++
		}
		if code == last {
			same++
		}
		last = code
	}
	for place := range counts {
		chi := 0.0
		for _, c := range counts[place] {
			chi += math.Pow(c-n/10, 2) / (n / 10)
		}
		if chi > 27.88 { // p = 0.001 at 9 degrees of freedom; the input is fixed
			t.Errorf("place %d: chi-square %.1f", place, chi)
		}
	}
	if lead := counts[0][0] / n; lead < 0.09 || lead > 0.11 {
		t.Errorf("%.3f begin with 0", lead)
	}
	if same > 2 {
		t.Errorf("%d codes repeat the one before", same)
	}
}

func TestDerivationsDiffer(t *testing.T) {
	a, b := key{id: "a", secret: randomBytes(keyBytes)}, key{id: "b", secret: randomBytes(keyBytes)}
	seen := map[string]string{}
	for name, sum := range map[string][]byte{
		"code":            a.mac("code", "c1", "sign_in", "0"),
		"next generation": a.mac("code", "c1", "sign_in", "1"),
		"other purpose":   a.mac("code", "c1", "sign_up", "0"),
		"other challenge": a.mac("code", "c2", "sign_in", "0"),
		"other key":       b.mac("code", "c1", "sign_in", "0"),
		"other label":     a.mac("tag", "c1", "sign_in", "0"),
		"moved boundary":  a.mac("code", "c1s", "ign_in", "0"),
		"joined fields":   a.mac("code", "c1", "sign_in0"),
	} {
		if other, twice := seen[string(sum)]; twice {
			t.Errorf("%s gives the same as %s", name, other)
		}
		seen[string(sum)] = name
	}
}

func TestRequestTag(t *testing.T) {
	k := key{secret: randomBytes(keyBytes)}
	for range 200 {
		word, number, ok := strings.Cut(k.requestTag(newID()), " ")
		if !ok || len(word) < 3 || len(number) != 2 || number < "10" {
			t.Fatalf("%q %q", word, number)
		}
	}
	words := map[string]bool{}
	for _, w := range tagWords {
		if words[w] || !utf8.ValidString(w) || len(w) > 8 {
			t.Errorf("%q", w)
		}
		words[w] = true
	}
}
