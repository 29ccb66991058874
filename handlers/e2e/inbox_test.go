package e2e

import (
	"fmt"
	"testing"
)

// TestInboxNews: messages that come while somebody goes through the test inbox
// with the keyboard push what has the focus down, but not out of sight.
func TestInboxNews(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	arrive := func(from, to int) {
		for n := from; n <= to; n++ {
			newPeer(t, s.base, "127.0.0.1").post("/sign-up", "email", fmt.Sprintf("n%d@example.com", n), "password", password)
			s.mail(fmt.Sprintf("n%d@example.com", n), 1)
		}
	}
	arrive(1, 9)
	p := open(t, s, how{})
	p.visit("/dev/inbox/m-1-1")
	at := "#m-" + lettersTo("n1@example.com", s.mails())[0].ID
	p.tabTo(at)
	eval[any](p, `document.activeElement.scrollIntoView({block: "end"}), 0`)
	arrive(10, 12)
	p.says("#inbox-count", "12 messages")
	p.focused(at)
	if now := eval[stop](p, readStop); now.Fault != "" {
		t.Errorf("when new messages had come, %q %s", now.Name, now.Fault)
	}
}
