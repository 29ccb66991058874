package handlers_test

import (
	"strings"
	"testing"
	"time"
)

// forgotten asks that an answer has its browser forget what a session leaves behind,
// and not which device it is.
func (a answer) forgotten(b *browser) {
	a.t.Helper()
	if got := a.header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
		a.t.Errorf("Clear-Site-Data is %q in %v", got, a)
	}
	device := a.cookie("device") // a proven mailbox gets a new one, for its lane
	if b.cookies["chat"] != "" || b.cookies["device"] == "" || device != nil && device.MaxAge < 0 {
		a.t.Errorf("the chat is to be forgotten, the device is not, in %v", a)
	}
	b.open("/account").away("/sign-in?next=/account")
}

// kept asks that nothing is forgotten.
func (a answer) kept(b *browser) {
	a.t.Helper()
	if got := a.header.Get("Clear-Site-Data"); got != "" || b.cookies["chat"] == "" {
		a.t.Errorf("something is forgotten in %v", a)
	}
	if !b.signedIn() {
		a.t.Errorf("not signed in after %v", a)
	}
}

// TestNothingIsLeftBehind: by whatever act of its own a browser's session ends, the
// next person there finds neither the conversation nor what was being written.
func TestNothingIsLeftBehind(t *testing.T) {
	for name, end := range map[string]func(h *house, b *browser) answer{
		"sign out": func(_ *house, b *browser) answer { return b.send("/sign-out").leads("/sign-in") },
		"this device": func(_ *house, b *browser) answer {
			return b.send("/account/devices/sign-out", "device", b.device("Firefox on Linux")).leads("/sign-in")
		},
		"everywhere": func(_ *house, b *browser) answer {
			return b.send("/account/devices/everywhere", "this", "yes").leads("/sign-in")
		},
		"close": func(_ *house, b *browser) answer { return b.send("/account/close").leads("/sign-in") },
		"reset by a link": func(h *house, b *browser) answer {
			h.browser().forgot(mara)
			_, link := h.reset(mara)
			return b.follow(link).leads("/reset/new")
		},
		"undo": func(h *house, b *browser) answer {
			b.moves(nora)
			return b.send(h.link(undoLink, mara, emailChanged)).leads("/reset")
		},
		"undo by a code": func(h *house, b *browser) answer {
			b.addEmail(nora, "second")
			h.forward(time.Second)
			b.send("/account/two-step/off").leads("/account/two-step")
			return b.send(h.link(undoLink, mara, twoStepOff)).leads("/undo/code")
		},
		"not me, all out": func(h *house, b *browser) answer {
			path := b.notMeHere(h)
			return b.send(path, "act", "sign_out").leads(path)
		},
		"not me, a new password": func(h *house, b *browser) answer {
			return b.send(b.notMeHere(h), "act", "reset").leads("/reset/code")
		},
	} {
		t.Run(name, func(t *testing.T) {
			twice(t, func(t *testing.T, h *house) {
				b := h.browser()
				b.signUp(mara)
				path := b.startChat()
				end(h, b).forgotten(b)
				b.open(path).is(404).without(someWords)
			}, withDesk)
		})
	}
}

// notMeHere is the page of a message about another sign-in, whose first question is
// answered in this browser.
func (b *browser) notMeHere(h *house) string {
	h.t.Helper()
	b.signInAnew(mara)
	h.forward(time.Second)
	path := h.notMe(mara, "New sign-in to")
	b.send(path, "act", "block").leads(path).kept(b)
	return path
}

// TestWhatStaysStays: where this browser's session goes on, so does all else.
func TestWhatStaysStays(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b, phone, other := h.browser(), h.browser().with("User-Agent", iPhone), h.browser()
		b.signUp(mara)
		phone.signIn(mara)
		b.startChat()
		b.send("/account/devices/sign-out", "device", b.device("Safari on iOS")).kept(b)
		b.send("/account/devices/everywhere").leads("/account/devices").kept(b)

		// The message was about somebody else's account.
		other.signUp(tom)
		other.startChat()
		path := b.notMeHere(h)
		other.send(path, "act", "sign_out").leads(path).kept(other)

		// Who is not signed in talks on with support about the new password.
		guest := h.browser()
		chat := guest.startChat()
		guest.forgot(tom)
		code, _ := h.reset(tom)
		guest.send("/reset/code", "code", code).leads("/reset/new")
		a := guest.send("/reset/new", "new_password", newPassword).leads("/sign-in")
		if got := a.header.Get("Clear-Site-Data"); !strings.Contains(got, "storage") {
			t.Errorf("Clear-Site-Data: %q", got)
		}
		guest.open(chat).is(200, someWords)
	}, withDesk)
}
