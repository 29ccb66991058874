package views

import (
	"slices"
	"strings"
	"testing"
)

func TestReasonsInWords(t *testing.T) {
	if got := reasonList([]string{"far_away", "of_another_program", "new_device"}); got != "far from your last sign-in, a new device" {
		t.Errorf("got %q", got)
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
