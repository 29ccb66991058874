package handlers_test

import (
	"strings"
	"testing"
	"time"

	"admitone/models/devinbox"
)

// flows are the two ways to a code page, each from its start to it.
var flows = map[string]func(b *browser){
	"/sign-up": func(b *browser) { b.send("/sign-up", "email", mara, "password", password).leads("/sign-up/code") },
	"/sign-in": func(b *browser) {
		b.h.browser().signUp(mara)
		b.toCode(mara)
	},
}

// eachFlow is scenario with a browser that waits on a code page.
func eachFlow(t *testing.T, test func(t *testing.T, h *house, b *browser, start string), change ...func(*setup)) {
	t.Helper()
	for start, begin := range flows {
		t.Run(start[1:], func(t *testing.T) {
			scenario(t, func(t *testing.T, h *house) {
				b := h.browser()
				begin(b)
				test(t, h, b, start)
			}, change...)
		})
	}
}

func TestWrongCodes(t *testing.T) {
	eachFlow(t, func(t *testing.T, h *house, b *browser, start string) {
		code := h.code(mara)
		letters := len(h.mail(mara))
		for _, typed := range []struct{ code, words string }{{"", "Enter the 6-digit code"}, {"12345", "must be 6 numbers"}, {"abc", "must be 6 numbers"}} {
			b.send(start+"/code", "code", typed.code).unit(422, typed.words, `name="code"`).without("tries left")
		}
		for left := 4; left > 1; left-- {
			a := b.send(start+"/code", "code", notCode(code)).unit(422, "not right", string('0'+rune(left))+" tries left", `aria-invalid="true"`)
			a.without(notCode(code), code)
		}
		b.send(start+"/code", "code", notCode(code)).unit(422, "1 try left")
		b.open(start+"/code").is(200, "1 try left")
		b.send(start+"/code", "code", notCode(code)).unit(422).without(`name="code"`)
		b.send(start+"/code", "code", code).unit(422).without(`name="code"`)
		refusedResend(b.send(start+"/code/resend"), start).without(`name="code"`)
		b.open(start+"/code").is(200, `href="`+start+`"`).without(`name="code"`)
		if b.signedIn() {
			t.Fatal("the right code after the last try opened the door")
		}
		got := h.mail(mara)
		if start == "/sign-up" {
			if len(got) != letters {
				t.Errorf("wrong codes of a sign-up sent %q", got[0].Subject)
			}
		} else if len(got) != letters+1 || strings.Contains(got[0].Text, code) || !strings.Contains(got[0].Text, "/not-me") {
			t.Errorf("the owner is to be told once: %d letters, the newest %+v", len(got)-letters, got[0])
		}
	})
}

// refusedResend asks that no message was sent: a plain browser sees why, htmx
// goes to the page that says so.
func refusedResend(a answer, start string) answer {
	a.t.Helper()
	if a.htmx {
		return a.leads(start + "/code")
	}
	return a.unit(422)
}

// Every way in which people type a code.
func TestTypedCodes(t *testing.T) {
	full := strings.NewReplacer("0", "０", "1", "１", "2", "２", "3", "３", "4", "４", "5", "５", "6", "６", "7", "７", "8", "８", "9", "９")
	for name, as := range map[string]func(string) string{
		"spaces":     func(c string) string { return " " + c[:3] + " " + c[3:] + "\n" },
		"hyphen":     func(c string) string { return c[:3] + "-" + c[3:] },
		"full width": full.Replace,
		"message":    func(c string) string { return c + " is your Admit One code" },
	} {
		t.Run(name, func(t *testing.T) {
			twice(t, func(t *testing.T, h *house) {
				b := h.browser()
				b.send("/sign-up", "email", mara, "password", password).leads("/sign-up/code")
				b.send("/sign-up/code", "code", as(h.code(mara))).leads("/account")
			})
		})
	}
}

// A code works until its life is over, and no guess is spent on it after.
func TestExpiredCode(t *testing.T) {
	eachFlow(t, func(t *testing.T, h *house, b *browser, start string) {
		code := h.code(mara)
		h.forward(10*time.Minute - time.Second)
		b.open(start+"/code").is(200, `name="code"`)
		h.forward(time.Second)
		b.open(start+"/code").is(200, "has expired", `action="`+start+`/code/resend"`).without(`name="code"`)
		for range 6 {
			b.send(start+"/code", "code", code).unit(422, "has expired").without(`name="code"`)
		}
		a := b.send(start + "/code/resend")
		if h.htmx {
			a.unit(200, "new code")
		} else {
			a.leads(start + "/code")
			b.open(start+"/code").is(200, "new code", `name="code"`).without("tries left")
		}
		fresh := h.code(mara)
		if fresh == code {
			t.Fatal("the new code is the old one")
		}
		b.send(start+"/code", "code", code).unit(422, "4 tries left")
		b.send(start+"/code", "code", fresh).leads("/account")
	})
}

// A code opens the door once, also for who holds the cookie from before.
func TestUsedCode(t *testing.T) {
	eachFlow(t, func(t *testing.T, h *house, b *browser, start string) {
		code, thief := h.code(mara), b.copy()
		b.send(start+"/code", "code", code).leads("/account")
		thief.send(start+"/code", "code", code).unit(422, "already been used")
		refusedResend(thief.send(start+"/code/resend"), start)
		if thief.signedIn() {
			t.Error("the code worked twice")
		}
		thief.open(start + "/code").is(303)
		b.send("/sign-out")
		b.send(start+"/code", "code", code).leads(start)
	})
}

// The flow that was begun last is the one that counts; the older tab says so.
func TestSuperseded(t *testing.T) {
	eachFlow(t, func(t *testing.T, h *house, b *browser, start string) {
		first, old := h.code(mara), b.open(start+"/code").is(200).find(flowField)
		b.send(start, "email", mara, "password", password).leads(start + "/code")
		second, flow := h.code(mara), b.open(start+"/code").is(200).find(flowField)
		if first == second {
			t.Skip("one in a million")
		}
		b.send(start+"/code", "code", first, "flow", old).unit(422, "another tab").without("tries left")
		letters := len(h.mail(mara))
		h.forward(31 * time.Second)
		refusedResend(b.send(start+"/code/resend", "flow", old), start)
		if n := len(h.mail(mara)); n != letters {
			t.Error("the older tab had the newer flow's code sent again")
		}
		b.send(start+"/code", "code", first, "flow", flow).unit(422, "4 tries left")
		b.send(start+"/code", "code", second, "flow", flow).leads("/account")
	})
}

// A code is good for the flow it was made for, and for no other.
func TestCodeOfAnotherFlow(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		const nora = "nora@example.com"
		h.browser().signUp(mara)
		h.browser().signUp(nora)
		a, b := h.browser(), h.browser()
		a.toCode(mara)
		b.toCode(nora)
		codeA, codeB := h.code(mara), h.code(nora)
		a.send("/sign-in/code", "code", codeB).unit(422, "4 tries left")
		a.send("/sign-up/code", "code", codeA).leads("/sign-up")
		again := h.browser()
		again.toCode(mara)
		again.send("/sign-in/code", "code", codeA).unit(422, "4 tries left")
		a.send("/sign-in/code", "code", codeA).leads("/account")
		b.send("/sign-in/code", "code", codeB).leads("/account")
	})
}

// Without the cookie there is no flow: the start says so, once.
func TestFlowLost(t *testing.T) {
	eachFlow(t, func(t *testing.T, h *house, b *browser, start string) {
		code, letters := h.code(mara), len(h.mail(mara))
		lost := "You need to start again"
		for _, path := range []string{"/code", "/code/resend"} {
			stranger := h.browser()
			stranger.send(start+path, "code", code).leads(start)
			stranger.open(start).is(200, lost)
			stranger.open(start).is(200).without(lost)
		}
		stranger := h.browser()
		if a := stranger.open(start + "/code").is(303); a.header.Get("Location") != start {
			t.Errorf("leads elsewhere: %v", a)
		}
		stranger.open(start).is(200, lost)

		h.forward(time.Hour)
		b.send(start+"/code", "code", code).leads(start)
		b.send(start + "/code/resend").leads(start)
		b.open(start).is(200, lost)
		if n := len(h.mail(mara)); n != letters {
			t.Errorf("%d letters more", n-letters)
		}
	})
}

// A reload, the back button and a link scanner send nothing and spend nothing.
func TestCodePageOnlyShows(t *testing.T) {
	eachFlow(t, func(t *testing.T, h *house, b *browser, start string) {
		code, letters := h.code(mara), len(h.mail(mara))
		h.forward(time.Minute)
		for range 7 {
			b.open(start + "/code?code=" + notCode(code)).is(200).without("tries left")
			if a := b.do("HEAD", start+"/code", "", false); a.status != 200 || a.body != "" || len(a.cookies) != 0 {
				t.Fatalf("HEAD: %v", a)
			}
			b.open(start + "/code/resend").is(303)
			b.do("HEAD", start+"/code/resend", "", false).is(303)
		}
		if n := len(h.mail(mara)); n != letters {
			t.Errorf("%d letters more", n-letters)
		}
		b.send(start+"/code", "code", code).leads("/account")
	})
}

// The parts that the page asks for by itself.
func TestCodePageParts(t *testing.T) {
	eachFlow(t, func(t *testing.T, h *house, b *browser, start string) {
		h.settle()
		flow := b.open(start + "/code").find(flowField)
		b.part(start+"/code/delivery?flow="+flow).is(200, `id="delivery"`, "Accepted by the mail server").without("hx-get", "<html")
		b.part(start+"/code/help?flow="+flow).is(200, "codes@example.com").without("<html")
		b.open(start + "/code/delivery?flow=" + flow).is(303)
		for _, other := range []string{"", "?flow=", "?flow=" + strings.Repeat("0", 32)} {
			if a := b.part(start + "/code/delivery" + other).is(200); a.body != "" {
				t.Errorf("a tab of another flow is shown %q", a.body)
			}
		}
		if a := h.browser().part(start + "/code/help?flow=" + flow).is(200); a.body != "" {
			t.Errorf("another browser is shown %q", a.body)
		}
	})
}

// The delivery line tells the truth of a mailbox that is not there.
func TestDeliveryRefused(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.inbox.Behave(devinbox.Refuse)
		b := h.browser()
		b.send("/sign-up", "email", mara, "password", password).leads("/sign-up/code")
		h.settle()
		flow := b.open("/sign-up/code").is(200, "no such mailbox").find(flowField)
		b.part("/sign-up/code/delivery?flow="+flow).is(200, "no such mailbox").without("hx-get")
		b.part("/sign-up/code/help?flow="+flow).is(200, "could not be delivered")
	})
}
