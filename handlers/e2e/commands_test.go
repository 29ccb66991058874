package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// account runs a command of the operator beside the server, on its data.
func (s *server) account(args ...string) string {
	s.t.Helper()
	out, err := command(append([]string{"account", "--data", s.data}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Errorf("account %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// operator runs any command with the options of the server.
func (s *server) operator(words ...string) string {
	s.t.Helper()
	out, err := command(append(words, s.args...)...).CombinedOutput()
	if err != nil {
		s.t.Errorf("%v: %v\n%s", words, err, out)
	}
	return string(out)
}

// TestAccountCommands: what an operator does beside a running server holds there
// on the very next request, and what is printed names nobody.
func TestAccountCommands(t *testing.T) {
	t.Parallel()
	s := start(t, roomy)
	const email = "gil@example.com"
	if said := s.account("create", email); !strings.Contains(said, "/reset") {
		t.Errorf("create says %q, and not where a password is chosen", said)
	}

	p := open(t, s, how{})
	p.signIn(email, password)
	p.says(".error-summary", "The email or password is not right")
	p.followTo("Forgot your password?", "/reset")
	p.focusOn("#email")
	p.is(`document.activeElement.value === "` + email + `"`) // nobody types it twice
	p.send(kb.Enter)
	p.at("/reset/code")
	p.enter(s.code(email, 1))
	p.at("/reset/new")
	p.putSecret("#new-password", newPassword)
	p.send(kb.Enter)
	p.at("/sign-in")
	p.signIn(email, newPassword)
	p.enter(s.code(email, 2))
	p.at("/account")

	for _, args := range [][]string{{"list"}, {"show", email}} {
		said := s.account(args...)
		if strings.Contains(said, email) || !strings.Contains(said, "g***@example.com") {
			t.Errorf("%v names the address in full, or not at all:\n%s", args, said)
		}
	}

	s.account("sign-out", email)
	p.reload()
	p.at("/sign-in?next=/account")
	p.fillIn(email, newPassword)
	p.at("/sign-in/code") // and the device is unknown
	p.enter(s.code(email, 3))
	p.at("/account")
	p.visit("/account/activity")
	p.says("main", "The people who run this site signed out all devices")
	p.says("main", "The people who run this site created the account")

	s.account("role", email, "staff")
	p.reload()
	p.says("main", "The people who run this site changed what the account may do")
	for _, wrong := range []struct {
		args []string
		want string
	}{
		{[]string{"show", "nobody@example.com"}, "no account has the address or id"},
		{[]string{"create", email}, "has an account already"},
		{[]string{"create", "gil"}, "is not an address that can be used"},
	} {
		refused(t, command(append([]string{"account", "--data", s.data}, wrong.args...)...), wrong.want)
	}
}
