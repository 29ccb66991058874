package delivery

import (
	"fmt"
	"net/http"
	"testing"
)

// hang answers nothing until it is released; begun gets one for each that hangs.
func hang() (wait, release func(), begun chan struct{}) {
	released := make(chan struct{})
	begun = make(chan struct{}, 100)
	return func() { begun <- struct{}{}; <-released }, func() { close(released) }, begun
}

// As many texts as can be on their way hang at the gateway: the mails go out.
func TestHangingGatewayKeepsNoMailBack(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	phone := newTexting(t)
	wait, release, begun := hang()
	defer release()
	phone.answer = func(http.ResponseWriter, *http.Request) { wait() }
	for i := range mostTexts + 5 {
		h.signUp(fmt.Sprintf("ada%d@mail%d.example", i, i))
	}
	h.texted("%")
	h.run(h.texter(generic(phone.url)))
	for range mostTexts {
		<-begun
	}
	for _, address := range []string{"mara@mail.example", "finn@mail.example"} {
		h.signUp(address)
		if got := h.peer.next(); got.to != address {
			t.Error(got.to)
		}
	}
}

// As many mails as can be on their way hang at the mail server: the texts go out, also
// that of a moment later.
func TestHangingMailServerKeepsNoTextBack(t *testing.T) {
	h := newHouse(t)
	wait, release, begun := hang()
	defer release()
	h.peer.onRcpt = func(string) error { wait(); return nil }
	h.peer.start()
	phone := newTexting(t)
	for i := range lanes + 2 {
		h.signUp(fmt.Sprintf("ada%d@mail%d.example", i, i))
	}
	h.run(h.texter(generic(phone.url)))
	for range lanes {
		<-begun
	}
	h.signUp("mara@mail.example")
	h.texted("mara@mail.example")
	phone.next()
}
