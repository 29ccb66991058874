package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The clock of a machine jumps: a battery is empty, a snapshot is restored, somebody
// corrects it. No code lives longer for that, nothing breaks, and what was used up
// is never more than free again.

// walk opens every page that takes no parameter, and asks that none breaks.
func (b *browser) walk() {
	b.h.t.Helper()
	for _, r := range b.h.routes() {
		if r.Method != http.MethodGet || strings.ContainsAny(r.Path, ":*") || strings.HasPrefix(r.Path, "/dev/") || strings.HasSuffix(r.Path, "/events") {
			continue
		}
		if a := b.open(r.Path); a.status >= 500 {
			b.h.t.Errorf("after a jump of the clock: %v", a)
		}
	}
}

// judged is how many wrong passwords from one network address are judged before one
// is refused.
func judged(b *browser) int {
	b.h.t.Helper()
	for n := range 30 {
		if a := fail(b); a.status == http.StatusTooManyRequests {
			return n
		}
	}
	b.h.t.Fatal("the limit of a network address is gone")
	return 0
}

// sent is how many resets of one address strangers are sent before one is refused.
func sent(h *house, email string) int {
	h.t.Helper()
	for n := range 30 {
		counter++
		if a := h.from(fmt.Sprintf("198.51.100.%d", counter%250)).send("/reset", "email", email); a.status == http.StatusTooManyRequests {
			return n
		}
	}
	h.t.Fatal("the limit of a destination is gone")
	return 0
}

// jumped is a house in which budgets are used up and codes are awaited.
type jumped struct {
	*house
	guesser            *browser
	owner, waits, lost *browser
	code, link, digits string
}

func beforeJump(h *house) *jumped {
	h.t.Helper()
	j := &jumped{house: h, guesser: h.from("203.0.113.7"), owner: h.from("203.0.113.8"), waits: h.from("203.0.113.9"), lost: h.from("203.0.113.10")}
	j.owner.signUp(mara)
	j.waits.toCode(mara)
	j.code = h.code(mara)
	j.lost.forgot(mara)
	j.digits, j.link = h.reset(mara)
	if n := judged(j.guesser); n != 10 {
		h.t.Fatalf("%d wrong passwords were judged before the jump", n)
	}
	if n := sent(h, mara); n != 1 { // the sign-up was the first of three
		h.t.Fatalf("%d resets more were sent before the jump", n)
	}
	return j
}

func TestClockJumpsAhead(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		j := beforeJump(h)
		h.forward(24 * time.Hour)
		j.waits.send("/sign-in/code", "code", j.code).leads("/sign-in")
		j.lost.send("/reset/code", "code", j.digits).leads("/reset")
		j.lost.open(j.link)
		j.lost.open("/reset/link").is(http.StatusNotFound)
		j.owner.notFresh("/account/password")
		if n := judged(j.guesser); n != 10 {
			t.Errorf("%d wrong passwords were judged after a jump of a day", n)
		}
		if n := sent(h, mara); n != 3 {
			t.Errorf("%d resets were sent after a jump of a day", n)
		}
		j.owner.walk()
		h.browser().walk()
		h.from("203.0.113.11").signIn(mara)
		if !j.owner.signedIn() {
			t.Error("the session ended by the jump")
		}

		// And back again: what was over stays over, and what was used up since counts.
		h.forward(-time.Hour)
		j.waits.send("/sign-in/code", "code", j.code).leads("/sign-in")
		j.lost.send("/reset/code", "code", j.digits).leads("/reset")
		if n := judged(j.guesser); n != 0 {
			t.Errorf("%d wrong passwords were judged after the jump back", n)
		}
	})
}

func TestClockJumpsBack(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		j := beforeJump(h)
		h.forward(-time.Hour)
		if n := judged(j.guesser); n != 0 {
			t.Errorf("%d wrong passwords were judged after a jump back", n)
		}
		if n := sent(h, mara); n != 0 {
			t.Errorf("%d resets were sent after a jump back", n)
		}
		j.owner.walk()
		j.waits.walk()
		h.browser().walk()
		h.from("203.0.113.11").signIn(mara) // people go on, with codes of the new time
		j.owner.send("/sign-out")
		j.owner.send("/sign-in", "email", mara, "password", password).leads("/account")

		// A code of the time before is over when that says so, and no later.
		h.forward(time.Hour + 10*time.Minute)
		j.waits.send("/sign-in/code", "code", j.code).unit(422)
		j.lost.send("/reset/code", "code", j.digits).unit(422)
		j.lost.open(j.link)
		j.lost.open("/reset/link").is(http.StatusNotFound)
	})
}

// What the clock of before let live for longer than a whole life from now on is over,
// and stays so when its time comes again: who set the clock back gave nobody an hour.
func TestClockSetBackEndsWhatIsOpen(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		j := beforeJump(h)
		proven := h.from("203.0.113.11") // in the midst of a reset
		proven.open(j.link).leads("/reset/link")
		proven.send("/reset/link").leads("/reset/new")
		j.owner.open("/account/password").is(200) // with the proof of the sign-up

		h.forward(-time.Hour)
		j.owner.notFresh("/account/password")
		proven.open("/reset/new").leads("/reset")
		must(t, h.models.Sweep(context.Background()))
		for range 2 {
			j.waits.send("/sign-in/code", "code", j.code).leads("/sign-in")
			j.lost.send("/reset/code", "code", j.digits).leads("/reset")
			h.forward(time.Hour) // and then it is the time of before
		}
		h.from("203.0.113.12").signIn(mara)
	})
}
