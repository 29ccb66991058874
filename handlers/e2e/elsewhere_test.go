package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestOthersAreOut: of three browsers that are signed in, one changes the
// password. The other two are out on their very next request, whatever it is.
func TestOthersAreOut(t *testing.T) {
	t.Parallel()
	s := start(t, roomy)
	const email = "ada@example.com"
	p, page, act := open(t, s, how{}), open(t, s, how{}), open(t, s, how{noScript: true})
	p.account(email)
	for n, other := range []*tab{page, act} {
		other.signIn(email, password)
		other.enter(s.code(email, 2+n))
		other.at("/account")
	}
	act.visit("/account/two-step")

	p.visit("/account/password")
	p.putSecret("#current-password", password)
	p.putSecret("#new-password", newPassword)
	p.send(kb.Enter)
	p.at("/account")
	p.says("main .notice", "Your password has changed.")

	page.reload()
	page.at("/sign-in?next=/account")
	page.says("main .notice", "You are not signed in any more")
	act.follow("Save")
	act.at("/sign-in?next=/account/two-step")
	p.reload()
	p.at("/account")
	page.fillIn(email, password)
	page.says(".error-summary", "The email or password is not right")
}
