package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestOnlyTheButtonSends: a reload, the back button and a GET of the address
// of the button send nothing.
func TestOnlyTheButtonSends(t *testing.T) {
	t.Parallel()
	s := start(t, onceMore)
	for _, h := range []how{{}, {noScript: true}} {
		t.Run(h.String(), func(t *testing.T) {
			p := open(t, s, h)
			email := p.nobody()
			p.signUp(email)
			p.reload()
			p.reload()
			p.visit("/help")
			p.back()
			p.at("/sign-up/code")
			p.visit("/sign-up/code/resend")
			p.at("/sign-up/code")
			p.back()
			if n := p.s.messages(email); n != 1 {
				t.Errorf("%d messages were made, want the first one only", n)
			}

			// The answer to the button can be reloaded too.
			p.visit("/sign-up/code")
			await(t, "another code", func() (int64, bool) {
				p.plainPost("resend")
				return p.status, p.status == http.StatusOK
			})
			p.says("#code-status", "We sent your code again to")
			p.reload()
			p.is(`document.getElementById("code-status").innerText === ""`)
			p.back()
			if n := p.s.messages(email); n != 2 {
				t.Errorf("%d messages were made, want two", n)
			}
		})
	}
}

// TestAnotherCode by script: only a part of the page comes, and what was typed stays.
func TestAnotherCode(t *testing.T) {
	t.Parallel()
	s := start(t, `resend_waits = ["30s", "1h"]`) // long enough to be seen by a slow browser
	p := open(t, s, how{})
	p.signUp("ada@example.com")
	p.press("12 34")
	p.tab("#send")
	p.is(`document.getElementById("send").ariaDisabled === "true"`)
	p.says("#resend-wait", "You can ask again in")
	p.asked()
	p.press(" " + kb.Enter) // too soon: the button does nothing, and keeps the focus
	p.mayResend()
	p.says("#code-status", "You can send another code now")
	p.focused("#send")
	for _, r := range p.asked() {
		if r.method == http.MethodPost {
			t.Errorf("a button that is not free sent %s", r.path(s.base))
		}
	}
	before := eval[string](p, `document.getElementById("countdown").dataset.now`)
	eval[any](p, `window.samePage = true, 0`)
	eval[any](p, watchClock)

	p.press(kb.Enter + kb.Enter) // a second press at once is the same press
	p.says("#code-status", "It is the same code, so either message works.")
	p.says("#delivery", "Accepted by the mail server at")
	p.says("#resend-wait", "You can ask again in 60 minutes")
	p.is(`window.samePage && document.getElementById("code").value === "12 34"`)
	p.is(`document.querySelectorAll("#code-status h1, #code-status form").length === 0`)
	p.is(`document.getElementById("countdown").dataset.now > ` + before)
	p.is(`/^\d:\d\d$/.test(document.querySelector("[data-left] b").textContent)`)
	p.is(`window.swaps > 0 && window.gone === 0`)
	p.is(`document.getElementById("send").ariaDisabled === "true"`)
	p.focused("#send")
	if n := p.s.messages("ada@example.com"); n != 2 {
		t.Errorf("%d messages were made, want two", n)
	}

	mails := s.mail("ada@example.com", 2)
	if mails[0].code() != mails[1].code() {
		t.Errorf("the second mail brings %s, want %s again", mails[0].code(), mails[1].code())
	}
	p.shiftTab()
	p.focused("#code")
	p.press(kb.End + strings.Repeat(kb.Backspace, 5))
	p.enter(mails[0].code())
	p.at("/account")
}

// watchClock counts the times that the countdown was swapped, and those where its
// figures were gone after that.
const watchClock = `(() => {
	window.swaps = window.gone = 0
	new MutationObserver(list => {
		if (!list.some(m => [...m.addedNodes].some(n => n.id === "countdown"))) return
		swaps++
		if (document.querySelector("[data-left]").hidden) gone++
	}).observe(document.querySelector("main"), {childList: true, subtree: true})
	return 0
})()`
