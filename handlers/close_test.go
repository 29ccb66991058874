package handlers_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"admitone/models/devinbox"
)

// To sign in before its end keeps an account that is to be closed.
func TestCloseAndKeep(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.addEmail(nora, "second")
		other := b.signInAnew(mara)
		b.open("/account").is(200, `href="/account/close"`)
		b.open("/account/close").is(200, "Close your account?", mara, "7 days", `action="/account/close"`, `href="/account/data.json"`, "Keep my account")
		if !other.signedIn() {
			t.Fatal("a look did something")
		}
		h.forward(time.Second)
		letters, toldToo := h.letters(mara), h.letters(nora)
		a := b.send("/account/close").leads("/sign-in")
		if k := a.cookie("session"); k == nil || k.MaxAge >= 0 {
			t.Errorf("the cookie stays: %v", a.cookies)
		}
		b.open("/sign-in").is(200, "Your account will be closed", "29 November 2026")
		toSignIn(t, other)
		h.told(mara, letters, closing)
		h.told(nora, toldToo, closing)
		if m := h.mail(mara)[0]; !strings.Contains(m.Text, "29 November 2026") {
			t.Errorf("the letter: %s", m.Text)
		}
		h.forward(6 * 24 * time.Hour)
		if err := h.models.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		h.browser().send("/sign-in", "email", mara, "password", wrong).unit(422)
		guest := h.browser()
		guest.toCode(mara)
		letters = h.letters(mara)
		guest.send("/sign-in/code", "code", h.code(mara)).leads("/account")
		if !slices.ContainsFunc(h.mail(mara)[:h.letters(mara)-letters], func(m devinbox.Message) bool { return m.Subject == "Your Admit One account stays open" }) {
			t.Error("nobody was told that it stays")
		}
		guest.open("/account").is(200, mara)
		guest.open("/account/activity").is(200, "The account stays open, because someone signed in", "Someone asked to close the account")
		h.forward(10 * 24 * time.Hour)
		if err := h.models.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		guest.open("/account").is(200, mara)
	})
}

// At its end everything is erased, and the address is free.
func TestClosed(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.addPhone(number, number)
		b.send("/account/close").leads("/sign-in")
		notMe := h.notMe(mara, closing)
		h.forward(7 * 24 * time.Hour)
		if err := h.models.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if m := h.mail(mara)[0]; m.Subject != "Your Admit One account is closed" || strings.Contains(m.Text, "/undo/") || strings.Contains(m.Text, "/not-me/") {
			t.Errorf("the letter: %s", m.Text)
		}
		for _, row := range h.dump() {
			if strings.Contains(row, number) || strings.Contains(row, mara) && !strings.HasPrefix(row, "messages: ") {
				t.Errorf("left: %s", row)
			}
		}
		h.browser().open(notMe).is(404)
		b.send("/sign-in", "email", mara, "password", password).unit(422)
		h.browser().signUp(mara)
	}, withTexts)
}

// What is kept is given to its holder, and to nobody else; no secret is among it.
func TestData(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.addPhone(number, number)
		b.addEmail(nora, "second")
		b.change(password, newPassword, "others", "yes").leads("/account")
		h.browser().signUp(tom)
		guest := h.browser()
		guest.send("/sign-in", "email", mara, "password", newPassword).leads("/sign-in/code")
		code := h.code(number)
		a := b.open("/account/data.json").is(200)
		if a.header.Get("Content-Type") != "application/json" || a.header.Get("Content-Disposition") != `attachment; filename="account.json"` ||
			a.header.Get("Cache-Control") != "no-store" || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Content-Security-Policy") == "" {
			t.Errorf("%v", a.header)
		}
		var data struct {
			Identifiers []struct{ Shown string }
			Devices     []struct{ Name string }
			Sessions    []struct{ Address string }
			Activity    []struct{ Kind string }
			Messages    []struct{ Destination string }
			Changes     []struct{ Kind string }
		}
		if err := json.Unmarshal([]byte(a.body), &data); err != nil {
			t.Fatal(err)
		}
		if len(data.Identifiers) != 3 || len(data.Devices) != 1 || len(data.Sessions) != 1 || len(data.Activity) < 4 || len(data.Messages) < 4 || len(data.Changes) != 3 {
			t.Errorf("%s", a.body)
		}
		a.is(200, mara, nora, number)
		link := h.link(undoLink, mara, phoneAdded)
		a.without(tom, "argon2", password, newPassword, code, b.cookies["session"], b.cookies["device"], strings.TrimPrefix(link, "/undo/"), "hash", "token")
		for _, row := range h.dump() { // nothing of the keys' and tokens' rows either
			if table, rest, _ := strings.Cut(row, ": "); table == "sessions" || table == "keys" || table == "budgets" {
				if id, _, _ := strings.Cut(rest, "|"); id != "" {
					a.without(id)
				}
			}
		}
		if head := b.do("HEAD", "/account/data.json", "", false).is(200); head.body != "" {
			t.Errorf("HEAD: %v", head)
		}
		h.forward(time.Hour)
		b.notFresh("/account/data.json")
		h.browser().open("/account/data.json").away("/sign-in?next=/account/data.json")
		b.stepUp(number, "/account/data.json")
		b.open("/account/data.json").is(200, mara)
		h.browser().do("POST", "/account/data.json", "", h.htmx).is(405)
	}, withTexts)
}
