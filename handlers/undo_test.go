package handlers_test

import (
	"strings"
	"testing"
	"time"
)

const (
	takenBack = "A change was taken back on Admit One"
	undoOver  = "This link does not work any more"
)

// moves makes another address the main one.
func (b *browser) moves(email string) {
	b.h.t.Helper()
	b.addEmail(email, "main")
}

// chooses sets the new password that an undo asks for, and signs in with it.
func (b *browser) chooses(email string) {
	b.h.t.Helper()
	b.send("/reset", "email", email).leads("/reset/code")
	code := ""
	for _, m := range b.h.mail(email) { // what was sent at one moment comes in any order
		if found := resetCode.FindStringSubmatch(m.Text); found != nil && code == "" {
			code = found[1]
		}
	}
	b.send("/reset/code", "code", code).leads("/reset/new")
	b.open("/reset/new").is(200, email, "All devices will be signed out")
	b.send("/reset/new", "new_password", newPassword).leads("/sign-in")
	b.send("/sign-in", "email", email, "password", newPassword).leads("/sign-in/code")
	b.send("/sign-in/code", "code", b.h.code(email)).leads("/account")
	b.open("/account").is(200, email)
}

// The message to a removed address puts it back: nothing by a look at it, all by
// its button.
func TestUndo(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		thief := h.browser()
		thief.signUp(mara)
		thief.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
		thief.moves(nora)
		thief.send("/account/two-step/off").leads("/account/two-step")
		link := h.link(undoLink, mara, emailChanged)
		b := h.browser()
		page := b.open(link).is(200, "Take this change back", "The main email address was changed", "n***@example.com", "22 November 2026", "Looking at this page changes nothing", `action="`+link+`"`, "you choose a new password")
		page.without(mara, nora, "First we send a code")
		if !thief.signedIn() {
			t.Fatal("a look did something")
		}
		h.forward(time.Minute)
		a := b.send(link).leads("/reset")
		if a.cookie("session") != nil || a.cookie("device") != nil {
			t.Errorf("the link alone opens nothing: %v", a.cookies)
		}
		toSignIn(t, thief)
		b.open("/reset").is(200, "The change is taken back")
		b.open("/reset/new").leads("/reset") // it may have been forwarded by mistake
		b.open("/account").away("/sign-in?next=/account")
		for _, email := range []string{mara, nora} { // the old password opens nothing
			thief.send("/sign-in", "email", email, "password", password).unit(422)
		}
		for _, to := range []string{mara, nora} {
			if m := h.mail(to)[0]; m.Subject != takenBack || undoLink.MatchString(m.Text) {
				t.Errorf("%s was told %q", to, m.Subject)
			}
		}
		b.send(link).is(404, undoOver)
		h.browser().open(link).is(404, undoOver, `href="/reset"`)
		b.chooses(mara)
		b.open("/account/two-step").is(200, `value="every_time" checked`) // as it was before that change
		thief.send("/sign-in", "email", nora, "password", newPassword).unit(422)
		if got := strings.Join(b.activity(), "|"); !strings.Contains(got, "A change was taken back, and all devices were signed out") {
			t.Errorf("%q", got)
		}
	})
}

// A stolen old mailbox alone takes nothing back where an older channel can be
// asked.
func TestUndoAsksOlder(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner := h.browser()
		owner.signUp(mara)
		owner.addPhone(number, number)
		h.forward(time.Hour)
		owner.stepUp(number, "/account/email")
		owner.moves(nora)
		link := h.link(undoLink, mara, emailChanged)
		b := h.browser()
		b.open(link).is(200, "First we send a code to", masked, "Send a code").without(number, nora)
		b.open("/undo/code").away("/not-me")
		b.send("/undo/code", "code", "123456").leads("/not-me")
		letters := h.letters(number)
		b.send(link).leads("/undo/code")
		page := b.open("/undo/code").is(200, "Check your phone", masked, "before the change is taken back", `action="/undo/code"`).without(number)
		if !owner.signedIn() || h.letters(number) != letters+1 {
			t.Fatal("only a code is wanted")
		}
		code := h.code(number)
		if text := h.mail(number)[0]; !strings.Contains(text.Text, "to take a change back") || !strings.Contains(text.Text, page.find(tagField)) {
			t.Errorf("the text: %q", text.Text)
		}
		b.open("/reset/new").away("/reset")
		b.send("/undo/code", "code", "").unit(422, "Enter the 6-digit code")
		b.send("/undo/code", "code", notCode(code)).unit(422, "4 tries left").without(code)
		b.send("/undo/code/resend").unit(429, "30 seconds").retryAfter("30")
		line := "/undo/code/delivery?flow=" + page.find(flowField)
		h.until("the report", func() bool { return strings.Contains(b.part(line).body, "Delivered to your phone at") })
		b.part("/undo/code/help?flow="+page.find(flowField)).is(200, "phone has signal")
		h.browser().send("/undo/code", "code", code).leads("/not-me") // good in its own browser
		b.send("/undo/code", "code", code).leads("/reset/new")
		toSignIn(t, owner)
		b.open("/reset/new").is(200, mara)
		b.send("/reset/new", "new_password", newPassword).leads("/sign-in")
		b.send("/sign-in", "email", mara, "password", newPassword).leads("/sign-in/code")
		b.open("/sign-in/code").is(200, masked)
		h.browser().send(link).is(404, undoOver)
	}, withTexts)
}

// Whoever has one message can use up the tries of the code that it has sent, and
// takes nothing back with them.
func TestUndoExhausted(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		owner := h.browser()
		owner.signUp(mara)
		owner.addPhone(number, number)
		owner.moves(nora)
		link := h.link(undoLink, mara, emailChanged)
		b := h.browser()
		b.send(link).leads("/undo/code")
		code := h.code(number)
		for range 5 {
			b.send("/undo/code", "code", notCode(code)).is(422)
		}
		b.send("/undo/code", "code", code).is(422)
		b.open("/reset/new").away("/reset")
		owner.open("/account").is(200, nora)
		h.forward(time.Hour)
		b.send(link).leads("/undo/code") // the link is as good as before
		b.send("/undo/code", "code", h.code(number)).leads("/reset/new")
	}, withTexts)
}

// Changed twice, either earlier owner can go back, and the earliest wins.
func TestUndoChain(t *testing.T) {
	const third = "olga@example.com"
	moved := func(h *house) (first, second string, thief *browser) {
		thief = h.browser()
		thief.signUp(mara)
		thief.moves(nora)
		h.forward(time.Minute)
		thief.moves(third)
		return h.link(undoLink, mara, emailChanged), h.link(undoLink, nora, emailChanged), thief
	}
	scenario(t, func(t *testing.T, h *house) {
		first, second, thief := moved(h)
		b := h.browser()
		b.open(first).is(200, "Take this change back")
		b.open(second).is(200, "Take this change back")
		b.send(first).leads("/reset")
		toSignIn(t, thief)
		h.browser().open(second).is(404, undoOver) // what came after is gone with it
		h.browser().send(second).is(404, undoOver)
		b.chooses(mara)
	})
	scenario(t, func(t *testing.T, h *house) {
		first, second, thief := moved(h)
		b, c := h.browser(), h.browser()
		b.send(second).leads("/reset")
		toSignIn(t, thief)
		h.forward(time.Minute)
		c.send(first).leads("/reset") // the earliest wins, also afterwards
		c.chooses(mara)
		h.browser().send("/sign-in", "email", nora, "password", newPassword).unit(422)
	})
}

func TestUndoEnds(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.moves(nora)
		link := h.link(undoLink, mara, emailChanged)
		h.forward(72*time.Hour - time.Millisecond)
		h.browser().open(link).is(200)
		h.forward(time.Millisecond)
		h.browser().open(link).is(404, undoOver)
		h.browser().send(link).is(404, undoOver)
		b.open("/account").is(200, nora)
	})
}

// An address that got an account of its own is not taken from it.
func TestUndoTaken(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.moves(nora)
		link := h.link(undoLink, mara, emailChanged)
		other := h.browser()
		other.signUp(mara)
		h.browser().send(link).is(409, "The address belongs to another account now")
		b.open("/account").is(200, nora)
		other.open("/account").is(200, mara)
	})
}

// What was added goes, what was removed comes back.
func TestUndoOfTheRest(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		h.forward(time.Second)
		b.addEmail(nora, "second")
		link := h.link(undoLink, mara, emailAdded)
		h.browser().open(link).is(200, "A second email address was added", "n***@example.com")
		guest := h.browser()
		guest.send(link).leads("/reset")
		guest.chooses(mara)
		guest.open("/account/email").is(200, mara).without(nora)

		h.forward(time.Hour)
		guest.stepUp(mara, "/account/email")
		guest.addEmail(nora, "second")
		h.forward(time.Second)
		guest.send("/account/email/remove", "id", guest.open("/account/email").find(idField)).leads("/account/email")
		link = h.link(undoLink, nora, emailRemoved)
		b = h.browser()
		b.open(link).is(200, "An email address was removed", "First we send a code to", "m***@example.com")
		b.send(link).leads("/undo/code")
		if m := h.mail(mara)[0]; m.Subject != "Take a change back on Admit One" {
			t.Errorf("%q", m.Subject)
		}
		b.send("/undo/code", "code", h.code(mara)).leads("/reset/new")
		toSignIn(t, guest)
		b.send("/reset/new", "new_password", "another password altogether").leads("/sign-in")
		b.send("/sign-in", "email", nora, "password", "another password altogether").leads("/sign-in/code")
	})
}

// A wrong token is nothing, whatever it is made of; one of another sort is too.
func TestHostileTokens(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.moves(nora)
		undo, notMe := strings.TrimPrefix(h.link(undoLink, mara, emailChanged), "/undo/"), strings.TrimPrefix(h.link(notMeLink, mara, emailChanged), "/not-me/")
		h.unchanged(func() {
			for path, other := range map[string]string{"/undo/": notMe, "/not-me/": undo, "/sms/report/": undo} {
				for _, token := range append(badTokens(other), other) {
					for _, method := range []string{"GET", "HEAD", "POST"} {
						r := path + escaped(token)
						if w := raw(h, method, r, urlencoded, "", strings.NewReader(form("act", "block", "state", "1"))); w.Code < 300 || w.Code >= 500 || w.Header().Get("Set-Cookie") != "" {
							t.Errorf("%s %.120s: %d %v", method, r, w.Code, w.Header())
						} else if strings.Contains(w.Body.String(), "<script>alert") {
							t.Errorf("%s %.120s is written into the page", method, r)
						}
					}
				}
			}
		})
		for _, path := range []string{"/undo/", "/not-me/", "/sms/report/"} {
			if a := h.browser().do("POST", path+strings.Repeat("a", 96), form("act", "block"), h.htmx); a.status != 404 {
				t.Errorf("%v", a)
			}
		}
	})
}
