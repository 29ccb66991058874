package handlers_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	nora = "nora@example.com"
	tom  = "tom@example.com"

	emailChanged = "Your Admit One email has changed"
	emailAdded   = "Email address added on Admit One"
	emailRemoved = "Email address removed on Admit One"
)

// idField is the identifier that a button is about.
var idField = regexp.MustCompile(`name="id" value="([0-9a-f]{32})"`)

// prove types the code that was sent to a new address or number, and waits until
// everybody has been told: who moves the clock while a message is being sent may
// have it sent twice.
func (b *browser) prove(page, to string) {
	b.h.t.Helper()
	b.send(page+"/code", "code", b.h.code(to)).leads(page)
	b.h.settle()
}

// addEmail confirms another address of the account; as is main or second.
func (b *browser) addEmail(email, as string) {
	b.h.t.Helper()
	b.send("/account/email", "email", email, "as", as).leads("/account/email/code")
	b.prove("/account/email", email)
}

func TestChangeEmail(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b, other := h.browser(), h.browser()
		b.signUp(mara)
		other.signIn(mara)
		b.open("/account/email").is(200, mara, "Confirmed", "None", `action="/account/email"`, `value="main" checked`, `value="second"`).without("One step is left")
		letters := h.letters("")
		for typed, words := range map[string]string{
			"": "Enter your email address", "nora": "in the right form", "MARA@Example.com": "already your address", `"no ra"@example.com`: "quotation marks",
			"a@[127.0.0.1]": "not a number in brackets", `"><img src=x>@example.com`: "&lt;img", strings.Repeat("x", 5000): "too long", "nora\x00@example.com": "Check it",
		} {
			b.send("/account/email", "email", typed, "as", "second").unit(422, words, `aria-invalid="true"`, `value="second" checked`).without("<img src")
		}
		b.send("/account/email", "email", "nora@", "as", "main").unit(422, `value="nora@"`, `value="main" checked`)
		b.send("/account/email/code", "code", "123456").leads("/account/email") // nothing is awaited
		b.open("/account/email").is(200, "You need to start again")
		if n := h.letters(""); n != letters {
			t.Fatalf("%d letters for nothing", n-letters)
		}

		b.send("/account/email", "email", "Nora@Example.com", "as", "main").leads("/account/email/code")
		page := b.open("/account/email/code").is(200, "Nora@example.com", "Nothing changes until you enter it", `action="/account/email/code"`).without("Did you mean", "shared", "Trust this")
		m := h.mail(nora)[0]
		code := h.code(nora)
		if m.Subject != "Confirm this email for Admit One" || !strings.Contains(m.Text, page.find(tagField)) {
			t.Errorf("the letter: %s", m.Source)
		}
		for _, who := range []*browser{b, other} { // wherever it was begun
			who.open("/account").is(200, "Not confirmed yet", "Nora@example.com", mara)
			who.open("/account/email").is(200, "One step is left", "Nora@example.com", "stays", "Today, 20:14 UTC", `href="/account/email/code"`, `action="/account/email/cancel"`, mara)
		}
		h.browser().send("/sign-in", "email", nora, "password", password).unit(422) // it is nobody's yet
		b.send("/account/email/code", "code", "").unit(422, "Enter the 6-digit code")
		b.send("/account/email/code", "code", notCode(code)).unit(422, "4 tries left").without(code)
		b.send("/account/email/code/resend").unit(429, "30 seconds").retryAfter("30")
		h.forward(30 * time.Second)
		if a := b.send("/account/email/code/resend"); h.htmx {
			a.unit(200, sameCode)
		} else {
			a.leads("/account/email/code")
			b.open("/account/email/code").is(200, sameCode)
		}
		h.settle()
		b.part("/account/email/code/delivery?flow="+page.find(flowField)).is(200, "Accepted by the mail server")
		b.part("/account/email/code/help?flow="+page.find(flowField)).is(200, "codes@example.com")
		other.send("/account/email/code", "code", code).leads("/account/email") // the code is good where it was asked for
		b.send("/account/email/code", "code", code, "flow", page.find(flowField)).leads("/account/email")
		b.open("/account/email").is(200, "Your email address has changed", "Nora@example.com", "None").without(mara, "One step is left")
		b.open("/account").is(200, "Nora@example.com").without(mara, "Not confirmed")
		toSignIn(t, other) // whoever reads the old mailbox is not the owner any more

		if !h.bears(undoLink, mara, emailChanged) || h.bears(undoLink, nora, emailChanged) {
			t.Error("the old address can take it back, the new one cannot")
		}
		for _, to := range []string{mara, nora} {
			if m := h.mail(to)[0]; m.Subject != emailChanged || !strings.Contains(m.Text, "N***@example.com") || strings.Contains(m.Source, code) {
				t.Errorf("the letter to %s: %s", to, m.Text)
			}
		}
		b.send("/account/email/code", "code", code).unit(422, "already been used")
		b.open("/account/email/code").away("/account/email")
		b.send("/sign-out")
		b.send("/sign-in", "email", mara, "password", password).unit(422)
		b.send("/sign-in", "email", nora, "password", password).leads("/account") // known as before
		h.browser().toCode(nora)
		if got := strings.Join(b.activity(), "|") + "|"; !strings.Contains(got, "Email address changed|") || !strings.Contains(got, "A code was sent to a new email address") {
			t.Errorf("%q", got)
		}
	})
}

// A host that looks like a typing mistake is asked about, and never refused.
func TestEmailTypo(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.send("/account/email", "email", "nora@gmial.com", "as", "main").leads("/account/email/code")
		b.open("/account/email/code").is(200, "Did you mean", "nora@gmail.com", `href="/account/email"`, "nora@gmial.com")
		b.send("/account/email/code", "code", "1").unit(422, "nora@gmail.com")
		b.prove("/account/email", "nora@gmial.com")
		b.open("/account/email").is(200, "nora@gmial.com")
	})
}

// Given up, the address is as good as never typed: its code does nothing.
func TestCancelEmail(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.send("/account/email", "email", nora, "as", "main").leads("/account/email/code")
		code := h.code(nora)
		tom := h.browser()
		tom.signUp("tom@example.com")
		tom.send("/account/email/cancel").leads("/account/email")
		b.open("/account/email").is(200, "One step is left")
		letters := h.letters("")
		b.send("/account/email/cancel").leads("/account/email")
		b.open("/account/email").is(200, "The change is cancelled", mara, "None").without("One step is left", nora)
		b.open("/account").is(200).without("Not confirmed", nora)
		b.send("/account/email/code", "code", code).leads("/account/email")
		b.open("/account/email/code").away("/account/email")
		b.open("/account/email").is(200, mara).without(nora)
		b.send("/account/email/cancel").leads("/account/email") // twice
		if n := h.letters(""); n != letters {
			t.Errorf("%d letters more", n-letters)
		}

		// A newer one takes the place of the one before.
		b.send("/account/email", "email", "first@example.com", "as", "main").leads("/account/email/code")
		first := h.code("first@example.com")
		b.send("/account/email", "email", "last@example.com", "as", "second").leads("/account/email/code")
		b.open("/account/email").is(200, "last@example.com", "nothing changes").without("first@example.com")
		b.send("/account/email/code", "code", first).unit(422, "4 tries left")
		b.prove("/account/email", "last@example.com")
		b.open("/account/email").is(200, mara, "last@example.com", "second email address is confirmed")
	})
}

// Whether an address has an account, nobody learns who asks for it on his own:
// neither from a page nor from a code. Its owner is told.
func TestEmailTaken(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		const free = "zoe@example.com"
		h.browser().signUp(tom)
		ann, bob := h.browser(), h.browser()
		ann.signUp("ann@example.com")
		bob.signUp("bob@example.com")
		h.forward(time.Hour)
		ann.stepUp("ann@example.com", "/account/email")
		bob.stepUp("bob@example.com", "/account/email")
		own := func(a answer) answer {
			h.settle()
			a.body = strings.NewReplacer("ann@example.com", "OWN", "bob@example.com", "OWN", "a***@example.com", "OWN", "b***@example.com", "OWN").Replace(a.body)
			return a
		}
		both := func(do func(b *browser, email string) answer) answer {
			t.Helper()
			h.forward(time.Second) // activities of one moment have no order
			a := own(do(ann, tom))
			alike(t, a, own(do(bob, free)), tom, free)
			return a
		}
		pages := func() {
			t.Helper()
			for _, path := range []string{"/account/email", "/account/email/code", "/account", "/account/activity"} {
				both(func(b *browser, _ string) answer { return b.open(path) })
			}
			both(func(b *browser, _ string) answer { // the delivery line is part of it
				page := b.open("/account/email/code")
				found := flowField.FindStringSubmatch(page.body)
				if found == nil {
					return page
				}
				a := b.part("/account/email/code/delivery?flow=" + found[1])
				a.body = strings.ReplaceAll(a.body, `class="line `, `class="seen `)
				return a
			})
		}
		letters := h.letters(tom)
		both(func(b *browser, email string) answer { return b.send("/account/email", "email", email, "as", "main") }).leads("/account/email/code")
		pages()
		if m := h.mail(tom); len(m) != letters+1 || m[0].Subject != "Someone entered your email on Admit One" || codeLine.MatchString(m[0].Text) || strings.Contains(m[0].Source, "ann@") {
			t.Fatalf("the owner is told, without a code: %+v", m[0])
		}
		for _, typed := range []string{"", "12", "000000"} {
			both(func(b *browser, _ string) answer { return b.send("/account/email/code", "code", typed) }).unit(422)
			pages()
		}
		both(func(b *browser, _ string) answer { return b.send("/account/email/code/resend") }).unit(429)
		h.forward(time.Minute)
		both(func(b *browser, _ string) answer { return b.send("/account/email/code/resend") })
		pages()
		for range 4 {
			both(func(b *browser, _ string) answer { return b.send("/account/email/code", "code", "000000") }).unit(422)
		}
		pages()
		both(func(b *browser, _ string) answer { return b.send("/account/email/cancel") })
		pages()
		h.browser().toCode(tom) // still his own
	})
}

// An address that got an account of its own in the meantime is not taken away.
func TestEmailTakenLate(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.send("/account/email", "email", nora, "as", "main").leads("/account/email/code")
		code := h.code(nora)
		h.browser().signUp(nora)
		b.send("/account/email/code", "code", code).leads("/account/email")
		b.open("/account/email").is(200, "That address is taken now", mara)
		b.open("/account").is(200, mara)
	})
}

// A second address: added, made the main one, removed.
func TestSecondEmail(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		letters := h.letters(mara)
		b.send("/account/email", "email", nora, "as", "second").leads("/account/email/code")
		b.open("/account/email").is(200, "nothing changes").without("stays")
		b.prove("/account/email", nora)
		h.told(mara, letters, emailAdded)
		if !h.bears(undoLink, mara, emailAdded) || h.bears(undoLink, nora, emailAdded) {
			t.Error("the old address can take it back, the new one cannot")
		}
		other := b.signInAnew(mara)
		h.settle()
		page := b.open("/account/email").is(200, "The second email address is confirmed", mara, nora, `action="/account/email/main"`, `action="/account/email/remove"`, "For another second address, remove").without(`value="second"`)
		b.open("/account").is(200, mara, nora)
		second := page.find(idField)

		tom := h.browser()
		tom.signUp("tom@example.com")
		for _, path := range []string{"/account/email/main", "/account/email/remove"} {
			for _, id := range []string{second, "x", "\x00", strings.Repeat("0", 32), strings.Repeat("é", 400)} {
				tom.send(path, "id", id).unit(404)
			}
			for _, id := range []string{"x", "\x00", strings.Repeat("f", 32), nora} {
				b.send(path, "id", id).unit(404)
			}
		}
		if !other.signedIn() {
			t.Fatal("a second address ends no session")
		}
		b.send("/account/email/main", "id", second).leads("/account/email")
		page = b.open("/account/email").is(200, "changed places", nora, mara)
		if strings.Index(page.body, nora) > strings.Index(page.body, mara) {
			t.Errorf("the main one comes first: %v", page)
		}
		toSignIn(t, other)
		b.open("/account").is(200, "Signed in as")
		for _, to := range []string{mara, nora} {
			if m := h.mail(to)[0]; m.Subject != emailChanged {
				t.Errorf("%s was told %q", to, m.Subject)
			}
		}
		b.send("/account/email/main", "id", second).unit(404) // it is that already
		old := page.find(idField)
		b.send("/account/email/remove", "id", old).leads("/account/email")
		b.open("/account/email").is(200, "The second email address is removed", nora, "None", `value="second"`).without(mara)
		if m := h.mail(mara)[0]; m.Subject != emailRemoved || !undoLink.MatchString(m.Text) {
			t.Errorf("the removed one was told %q", m.Subject)
		}
		if m := h.mail(nora)[0]; m.Subject != emailRemoved {
			t.Errorf("the main one was told %q", m.Subject)
		}
		b.send("/account/email/remove", "id", old).unit(404)
		h.browser().send("/sign-in", "email", mara, "password", password).unit(422)
		h.browser().toCode(nora)
	})
}

// The code alone is not enough an hour later: the session must have a fresh
// proof when it is typed.
func TestEmailCodeNeedsFreshProof(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		h.forward(5 * time.Minute)
		b.send("/account/email", "email", nora, "as", "main").leads("/account/email/code")
		code := h.code(nora)
		h.forward(5 * time.Minute)
		thief := b.copy()
		thief.send("/account/email/code", "code", code).away("/reauth?next=/account/email/code")
		thief.send("/account/email/code/resend").away("/reauth?next=/account/email/code")
		b.open("/account").is(200, mara, "Not confirmed yet")
		b.stepUp(mara, "/account/email/code")
		b.send("/account/email/code", "code", code).leads("/account/email")
		b.open("/account/email").is(200, nora)
	})
}

// Strangers' mailboxes are not flooded from a settings page.
func TestEmailCodesAreBounded(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		for _, typed := range []string{nora, "nora+a@example.com", "nora+b@example.com"} { // one mailbox
			b.send("/account/email", "email", typed, "as", "main").leads("/account/email/code")
		}
		if a := b.send("/account/email", "email", nora, "as", "main").unit(429); a.header.Get("Retry-After") == "" {
			t.Errorf("%v", a)
		}
		if n := h.letters(nora); n > 3 || n == 0 {
			t.Errorf("%d letters", n)
		}
	})
}
