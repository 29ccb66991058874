package e2e

import (
	"fmt"
	"testing"
)

// TestTrouble sends codes to a mail server that fails in each of its ways. The
// page says what is so, nothing is lost, and when the server is well again the
// code arrives without anybody's doing.
func TestTrouble(t *testing.T) {
	t.Parallel()
	s := start(t, `resend_waits = ["1s"]`)
	for _, trouble := range []struct{ mode, line, late string }{
		{"defer", "Delayed. We try again at", "The mail server has not taken the message yet"},
		{"drop", "Delayed. We try again at", "The mail server has not taken the message yet"},
		{"hang", "Waiting for the mail server", "The mail server has not taken the message yet"},
		{"refuse", "Refused: the mail server says there is no such mailbox", "The message could not be delivered"},
	} {
		for _, h := range []how{{}, {noScript: true}} {
			t.Run(fmt.Sprintf("%s, %s", trouble.mode, h), func(t *testing.T) {
				t.Parallel()
				p := open(t, s, h)
				email := p.nobody()
				p.s.behave(trouble.mode, email)
				p.signUp(email)
				p.delivery(trouble.line)
				if !h.noScript {
					p.is(fmt.Sprintf(`fetch(document.querySelector(".late").getAttribute("hx-get"), {headers: {"HX-Request": "true"}})
						.then(r => r.text()).then(words => words.includes(%q))`, trouble.late))
				}
				if n := len(lettersTo(email, p.s.mails())); n != 0 {
					t.Errorf("%d letters have arrived, want none", n)
				}

				p.s.behave("accept", email)
				if trouble.mode == "refuse" { // for good: another one has to be asked for
					p.mayPost("resend")
				}
				p.delivery("Accepted by the mail server at")
				if n := len(p.s.mail(email, 1)); n != 1 {
					t.Errorf("%d letters have arrived, want one", n)
				}
				p.focusOn("#code")
				p.enter(p.s.code(email, 1))
				p.at("/account")
			})
		}
	}
}

// delivery waits until the delivery line says something: by itself where
// script runs, after a reload where it does not.
func (p *tab) delivery(words string) {
	p.t.Helper()
	if p.how.noScript {
		p.saysAfterReload("#delivery", words)
	} else {
		p.says("#delivery", words)
	}
}

// mayPost sends a form of the page until it is not too soon for it any more.
func (p *tab) mayPost(form string) {
	p.t.Helper()
	await(p.t, "the form "+form+" to be taken", func() (int64, bool) {
		p.plainPost(form)
		return p.status, p.status == 200
	})
}
