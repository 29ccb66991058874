package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestCountdown lets ten minutes go by on the browser's clock. In them exactly
// four things are said aloud, nothing is asked of the server but the late
// help and its answer, and what was typed stays.
func TestCountdown(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	p := open(t, s, how{})
	p.signUp("ada@example.com")
	await(t, "the mail server to accept", func() (int, bool) { // by the true clock, or the one of the page runs out
		n := s.number("SELECT count(*) FROM messages WHERE state = 'accepted'")
		return n, n == 1
	})
	await(t, "the page to say so", func() (string, bool) {
		p.passTo(p.left() - 3)
		return p.text("#delivery"), strings.Contains(p.text("#delivery"), "Accepted by the mail server at")
	})
	p.press("123")
	eval[any](p, watchSpoken)
	p.asked()

	p.passTo(600 - 27)
	if early := p.asked(); len(early) > 0 {
		t.Errorf("in the first half minute the page asked for %v", early)
	}
	p.passTo(600 - 33)
	p.says(".late", "Still no code?")
	p.says("#code-status", "You can send another code now")
	if late := p.asked(); len(late) != 1 || !strings.HasPrefix(late[0].path(s.base), "GET /sign-up/code/help?flow=") {
		t.Errorf("after half a minute the page asked for %v, want the late help alone", late)
	}
	p.is(`document.activeElement.id === "code"`) // help that comes moves nobody

	p.passTo(600 - 66)
	p.says(".late", "My code is late")
	if later := p.asked(); len(later) != 1 || !strings.HasSuffix(later[0].path(s.base), "&after=60") {
		t.Errorf("after a minute the page asked for %v, want the answer alone", later)
	}

	p.passTo(-5)
	p.says("[data-over]", "Your code has expired. Send a new code. What you typed stays here.")
	if more := p.asked(); len(more) > 0 {
		t.Errorf("while it counted the page asked for %v", more)
	}
	want := []spoken{
		{"5:00", "The code works for 5 more minutes"},
		{"1:00", "The code works for 1 more minute"},
		{"0:30", "The code works for 30 more seconds"},
		{"0:00", "Your code has expired. Send a new code. What you typed stays here."},
	}
	if got := eval[[]spoken](p, `window.said`); !slices.Equal(got, want) {
		t.Errorf("said in ten minutes: %v, want %v", got, want)
	}
	if n := eval[int](p, `window.written`); n < 500 {
		t.Errorf("the figures that are seen were written %d times, want about 600: the clock did not run", n)
	}
	p.is(`document.getElementById("code").value === "123"`)
	p.is(`document.querySelector("[data-left]").hidden`)
	p.says("#send", "Send a new code")
}

// spoken is one change of a live region of the countdown, and what the figures
// showed then.
type spoken struct{ Left, Text string }

// watchSpoken notes every write to the two regions that are read out, and
// counts those to the figures, which are not.
const watchSpoken = `(() => {
	const c = document.getElementById("countdown"), figures = c.querySelector("[data-left] b")
	window.said = []
	window.written = 0
	const watch = (what, then) => new MutationObserver(then).observe(c.querySelector(what), {childList: true, characterData: true, subtree: true})
	for (const what of ["[data-polite]", "[data-over]"]) watch(what, list => {
		said.push({Left: figures.textContent, Text: list.at(-1).target.textContent})
	})
	watch("[data-left]", () => written++)
	return 0
})()`

// left is how many seconds the page says that the code still works.
func (p *tab) left() int {
	p.t.Helper()
	return eval[int](p, `document.querySelector("[data-left] b").textContent.split(":").reduce((m, s) => m * 60 + +s)`)
}

// passTo lets time go by until so many seconds are left.
func (p *tab) passTo(left int) {
	p.t.Helper()
	p.pass(float64(p.left()-left) * 1000)
}

// pass lets time go by on the clock of the page, in milliseconds, as fast as
// the browser can.
func (p *tab) pass(milliseconds float64) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.WaitEvent(emulation.VirtualTimeBudgetExpired, nil, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetVirtualTimePolicy, emulation.SetVirtualTimePolicyParams{
			Policy: emulation.VirtualTimePolicyPauseIfNetworkFetchesPending, Budget: &milliseconds,
		})
		return err
	})))
	if err != nil {
		p.t.Fatalf("virtual time: %v", err)
	}
}
