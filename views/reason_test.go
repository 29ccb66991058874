package views

import (
	"slices"
	"strings"
	"testing"
)

func TestReasonsInWords(t *testing.T) {
	for slugs, want := range map[string]string{
		"":                                  "",
		"of_another_program":                "",
		"recent_change":                     "a recent change to your account",
		"far_away of_another_program":       "far from your last sign-in",
		"far_away recent_change":            "far from your last sign-in",
		"far_away new_device":               "far from your last sign-in and a new device",
		"recent_change far_away new_device": "far from your last sign-in and a new device",
		"far_away new_device failures":      "far from your last sign-in, a new device and wrong passwords just before",
		"far_away new_device failures new_country long_idle": "far from your last sign-in, a new device and wrong passwords just before",
	} {
		if got := reasonList(strings.Fields(slugs)); got != want {
			t.Errorf("%s: %q, not %q", slugs, got, want)
		}
	}
	for slug, words := range reasonWords {
		if words == "" || strings.ContainsAny(words, ".,:") {
			t.Errorf("%s says %q, which does not fit into a list", slug, words)
		}
	}
	ordinary := codeWhy(Code{Purpose: "sign_in", Digits: 6, Reasons: []string{"new_device"}})
	if ordinary != codeWhy(Code{Purpose: "sign_in", Digits: 6}) || !strings.Contains(ordinary, "on a new device") {
		t.Errorf("an ordinary new device is told %q", ordinary)
	}
	for _, slugs := range [][]string{{"far_away"}, {"new_device", "far_away"}} {
		if c := (Code{Purpose: "sign_in", Digits: 6, Reasons: slugs, MayTrust: true}); !strings.Contains(codeWhy(c), "unusual") {
			t.Errorf("%v is told %q", slices.Clone(slugs), codeWhy(c))
		}
	}
}
