package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// The states of the help centre, and of help beside a form.

func init() {
	states = append(states, []state{
		{"help, a topic", "", visiting("/help/t/getting-a-code")},
		{"help, an article", "", visiting("/help/a/no-code")},
		{"help, a short article", "", visiting("/help/a/what-is-a-code")},
		{"help, FAQ", "", visiting("/help/faq")},
		{"help, search", "", visiting("/help/search")},
		{"help, found", "", visiting("/help/search?q=code+late")},
		{"help, found as one types", "", func(p *tab) {
			p.visit("/help")
			p.focusOn("#q")
			p.press("otp late")
			p.says("#found", "results for 'otp late'")
		}},
		{"help, nothing found", "", visiting("/help/search?q=zzzzqqqq")},
		{"help, the code again", "", func(p *tab) {
			p.signUp(p.nobody())
			p.visit("/help/a/no-code")
			p.says("main", "Send my code again")
		}},
		{"help, it helped", "", func(p *tab) {
			p.visit("/help/a/late-code")
			p.focusOn("Yes")
			p.press(" ")
			p.says("#vote-box", "Thanks for your feedback")
		}},
		{"help, it did not help", "", func(p *tab) {
			p.visit("/help/a/late-code")
			p.focusOn("No")
			p.press(" ")
			p.focused("#words")
		}},
		{"help, words like a code", "", func(p *tab) {
			p.visit("/help/a/late-code")
			p.focusOn("No")
			p.press(" ")
			p.focused("#words")
			p.press("482913")
			p.open("Send")
			p.says("#vote-box", "This looks like a code")
		}},
		{"help, thanks", "", visiting("/help/thanks?article=late-code&vote=none")},
		{"help, words kept", "", visiting("/help/thanks?article=late-code&kept=yes")},
		{"help, beside the sign-in", "", func(p *tab) {
			p.visit("/sign-in")
			p.open("Problems signing in?")
			p.open("Help: Reset a forgotten password")
			p.says(".drawer", "How do I reset it?")
		}},
		{"help, after two failures", "", func(p *tab) {
			p.signIn(p.nobody(), "the wrong password")
			p.says(".error-summary", "The email or password is not right")
			p.putSecret("#current-password", "the wrong password")
			p.send(kb.Enter)
			p.says("details[open]", "How do I reset it?")
		}},
		{"help, beside a wrong code", "", func(p *tab) {
			p.signUp(p.nobody())
			p.enter(p.wrongCode(p.s.code(p.nobody(), 1)))
			p.says(".error-summary", "You have 4 tries left.")
			p.open("Help: The code says wrong or expired")
			p.says(".drawer", "request name")
		}},
	}...)
}

// open presses Enter on what changes the page and does not lead away from it.
func (p *tab) open(name string) {
	p.t.Helper()
	p.focusOn(name)
	p.press(kb.Enter)
}

// TestHelpBesideTheForm: an answer opens under its link, its links open in its
// place, and what was typed stays. Without script it is a page like any other.
func TestHelpBesideTheForm(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	p := open(t, s, how{})
	p.signUp("ada@example.com")
	p.focused("#code")
	p.press("123")
	p.open("Problems with the code?")
	p.says("details", "Look in spam")
	p.focusOn("Help: What is a verification code?")
	p.asked()
	p.press(kb.Enter)
	p.says(".drawer h2", "What is a verification code?")
	p.is(`document.activeElement === document.querySelector(".drawer h2")`)
	p.is(`document.querySelector("a[aria-expanded=true]").textContent === "Help: What is a verification code?"`)
	for _, r := range p.asked() {
		if path := r.path(s.base); strings.HasPrefix(path, "GET /help") && path != "GET /help/a/what-is-a-code?fragment=1" {
			t.Errorf("asked for %s", path)
		}
	}
	p.is(`document.querySelectorAll(".drawer").length === 1`)
	p.is(`(a => { a.click(); return true })(document.querySelector(".drawer a[href^='/help/a/']:not([data-whole])"))`)
	p.is(`document.querySelector(".drawer h2").textContent !== "What is a verification code?"`)
	p.is(`document.querySelectorAll(".drawer").length === 1`)
	p.at("/sign-up/code")
	p.is(`document.getElementById("code").value === "123"`)

	// The link that opened it closes it.
	p.is(`(a => { a.click(); return true })(document.querySelector("a[aria-expanded=true]"))`)
	p.is(`!document.querySelector(".drawer")`)
	p.is(`document.getElementById("code").value === "123"`)

	// A link of the text itself opens beside it too.
	p.is(`(a => { a.click(); return true })(document.querySelector(".answer a[href='/help/a/lost-email']"))`)
	p.says(".drawer h2", "I can't get into my email any more")
	p.at("/sign-up/code")

	plain := open(t, s, how{noScript: true})
	plain.visit("/sign-in")
	plain.open("Problems signing in?")
	plain.followTo("Help: Reset a forgotten password", "/help/a/reset-password")
}

// TestHelpSearch: results come as one types, the address follows, and Enter gives
// the same as a page; without script that is all there is.
func TestHelpSearch(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	p := open(t, s, how{})
	p.visit("/help")
	p.focusOn("#q")
	p.press("passcode late")
	p.says("#found", "results for 'passcode late'")
	p.is(`document.querySelector(".hits a").getAttribute("href") === "/help/a/late-code"`)
	p.is(`location.pathname + location.search === "/help/search?q=passcode+late" || location.search === "?q=passcode%20late"`)
	p.is(`document.activeElement.id === "q"`)
	p.send(kb.Enter)
	p.says("h1", "Search help")
	p.says("#found", "results for 'passcode late'")
	p.is(`document.getElementById("q").value === "passcode late"`)

	plain := open(t, s, how{noScript: true})
	plain.visit("/help")
	plain.focusOn("#q")
	plain.press("passcode late")
	plain.send(kb.Enter)
	plain.says("#found", "results for 'passcode late'")
}

// TestHelpVote: the buttons give way to thanks or to a question, the count runs,
// and without script a page says the same.
func TestHelpVote(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	for _, h := range []how{{}, {noScript: true}} {
		t.Run(h.String(), func(t *testing.T) {
			p := open(t, s, h)
			p.visit("/help/a/late-code")
			act := p.open
			if h.noScript {
				act = p.follow
			}
			act("No")
			p.says("main", "What were you looking for?")
			if !h.noScript {
				p.at("/help/a/late-code")
				p.focused("#words")
				p.says("#vote-said", "Thanks for your feedback")
			}
			p.focusOn("#words")
			p.press("a way out <b>")
			if !h.noScript {
				p.says("#words-count", "987 characters left")
				p.says("#words-count + p", "987 characters left")
			}
			act("Send")
			p.says("main", "We read every word.")
			if got := p.cookies(); len(got) > 0 {
				t.Errorf("a vote set %v", got)
			}
		})
	}
}
