package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestExpiry lets a code run out for real: the operator has made its life short, and long
// enough for a slow browser to type the next one.
func TestExpiry(t *testing.T) {
	t.Parallel()
	s := start(t, "code_life = \"40s\"\nflow_life = \"10m\"\n"+onceMore)
	t.Run("script on", func(t *testing.T) {
		t.Parallel()
		p := open(t, s, how{})
		email := p.nobody()
		p.signUp(email)
		old := p.s.code(email, 1)
		p.press(old)
		p.says("[data-over]", "Your code has expired")
		p.over()
		p.is(`document.getElementById("code").value.length === 6`)
		p.send(kb.Enter)
		p.is(`document.title.startsWith("Error: ")`)
		p.says(".error-summary", "That code has expired. Send a new one.")
		p.newGeneration(email, old)
	})
	t.Run("script off", func(t *testing.T) {
		t.Parallel()
		p := open(t, s, how{noScript: true})
		email := p.nobody()
		p.signUp(email)
		old := p.s.code(email, 1)
		p.saysAfterReload("h2", "Your code has expired")
		p.says("main", "Nothing is lost")
		if n := p.s.messages(email); n != 1 {
			t.Errorf("%d messages were made, want one: nothing is sent unasked", n)
		}
		p.newGeneration(email, old)
	})
	t.Run("by the button of the page that saw it", func(t *testing.T) {
		t.Parallel()
		p := open(t, s, how{})
		email := p.nobody()
		p.signUp(email)
		old := p.s.code(email, 1)
		p.says("#send", "Send a new code")
		p.mayResend()
		p.tab("#send")
		p.press(kb.Enter)
		p.says("#code-status", "Use the one in the newest message.")
		p.says("#send", "Send another code") // the clock runs again
		p.is(`document.querySelector("[data-over]").innerText === ""`)
		p.is(`!document.querySelector("[data-left]").hidden`)
		p.opensWith(p.s.code(email, 2), old)
	})
}

// over waits until the code is over for the server too: the clock of the page
// counts whole seconds.
func (p *tab) over() {
	p.t.Helper()
	p.is(`fetch(location.href).then(r => r.text()).then(page => page.includes("ticket torn"))`)
}

// newGeneration asks for a new code on the page of an expired one.
func (p *tab) newGeneration(email, old string) {
	p.t.Helper()
	p.focusOn("#send")
	p.send(kb.Enter)
	p.at("/sign-up/code")
	p.says("#code-status", "Use the one in the newest message.")
	p.opensWith(p.s.code(email, 2), old)
}

// opensWith types the new code, which is not the old one.
func (p *tab) opensWith(code, old string) {
	p.t.Helper()
	if code == old {
		p.t.Errorf("the code after the end of %s is the same", old)
	}
	p.shiftTabTo("#code")
	p.enter(code)
	p.at("/account")
}

func (p *tab) shiftTabTo(name string) {
	p.t.Helper()
	for range 20 {
		if p.focus() == name {
			return
		}
		p.shiftTab()
	}
	p.t.Fatalf("back from here there is no %s", name)
}
