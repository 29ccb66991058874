package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// TestSignInPageIsLight: at most 6 requests and 20 KB over the wire for a
// browser that has never been here.
func TestSignInPageIsLight(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	for _, path := range []string{"/sign-in", "/sign-up"} {
		p := open(t, s, how{})
		p.visit(path)
		if list := p.weighs(20 << 10); len(list) > 6 {
			t.Errorf("%s takes %d requests, want at most 6", path, len(list))
		}
	}
}

// TestMemberPagesAreLight: at most 45 KB for any other page.
func TestMemberPagesAreLight(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	p := open(t, s, how{})
	p.signUp("ada@example.com")
	call(p, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	p.visitNothing()
	p.asked()
	p.visit("/sign-up/code")
	p.weighs(45 << 10)
	fresh := open(t, s, how{})
	fresh.visit("/help")
	fresh.weighs(45 << 10)
}

// weighs expects all that the tab has loaded since asked to be no more than that.
func (p *tab) weighs(most float64) []request {
	p.t.Helper()
	list := await(p.t, "the end of loading", func() ([]request, bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		// A stream of events never ends, and carries nothing.
		list := slices.DeleteFunc(slices.Clone(p.requests[p.told:]), func(r request) bool { return strings.HasSuffix(r.url, "/events") })
		return list, !slices.ContainsFunc(list, func(r request) bool { return !r.done })
	})
	sum := 0.0
	for _, r := range list {
		p.t.Logf("%6.0f bytes %s", r.bytes, r.path(p.s.base))
		sum += r.bytes
	}
	if sum > most {
		p.t.Errorf("%s and its files take %.0f bytes, want at most %.0f", p.path(), sum, most)
	}
	return list
}
