package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"admitone/models/support"
)

var (
	serviceCode = regexp.MustCompile(`\b([BCDFGHJKLMNPQRSTVWXZ]{2}\d-\d{3})\b`)
	someReason  = "She waits for a code and none comes."
)

// serviceCode makes the code that a caller reads out.
func (b *browser) serviceCode() string {
	b.h.t.Helper()
	made, err := b.h.people.ServiceCodes.Make(context.Background(), b.client())
	must(b.h.t, err)
	if !serviceCode.MatchString(made.Code) {
		b.h.t.Fatalf("a service code of another shape: %q", made.Code)
	}
	return made.Code
}

// finds gives the account that the find box leads to.
func (b *browser) finds(text string) string {
	b.h.t.Helper()
	a := b.send("/console/find", "find", text)
	path := a.header.Get("Location") + a.header.Get("Hx-Redirect")
	if !accountOf.MatchString(path) {
		b.h.t.Fatalf("nobody was found: %v", a)
	}
	return path
}

func TestConsoleFind(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		staff, owner := h.agent(ines, "Ines"), h.browser()
		owner.signUp(mara)
		code := owner.serviceCode()
		at := staff.finds(" MARA@example.com ")
		staff.open(at).is(200, "Not verified by a service code", "m***@example.com").without(mara, "Verified by")
		called := staff.finds(strings.ToLower(strings.ReplaceAll(code, "-", " ")))
		if !strings.HasPrefix(called, at+"?code=") {
			t.Errorf("the code leads to %s, the address to %s", called, at)
		}
		staff.open(called).is(200, "Verified by service code", "20:14 UTC", "21:14 UTC").without(code)
		// It holds for that call: not for who is found by address, not for a
		// colleague, not for another account, and not for whoever writes.
		other := h.browser()
		other.signUp("tomas@example.com")
		sam := h.agent("sam@example.com", "Sam")
		const not = "Not verified by a service code."
		staff.open(at).is(200, not).without("Verified by")
		staff.open(at+"?code="+strings.Repeat("a", 32)).is(200, not)
		staff.open(staff.finds("tomas@example.com")+called[len(at):]).is(200, not)
		sam.open(called).is(200, not)
		chat := strings.TrimPrefix(owner.startChat(), "/contact/chat/")
		staff.open("/console/chat/"+chat).is(200, "Writes in this chat while signed in", "On a call at", "this account&#39;s service code was read out").without("Verified by")
		sam.open("/console/chat/"+chat).is(200, "Writes in this chat while signed in").without("Verified by", "On a call at")
		// An act, and the step-up before it, lead back by the same way.
		id := called[len(at)+len("?code="):]
		staff.send(at+"/act", "act", "unlock", "reason", someReason, "code", id).is(200, `name="code" value="`+id+`"`, `href="`+called+`"`)
		staff.send(at+"/act", "act", "unlock", "reason", someReason, "code", id, "confirm", "yes").leads(called)
		h.forward(time.Duration(h.models.Policy().Elevated))
		staff.send(at+"/act", "act", "unlock", "reason", someReason, "code", id, "confirm", "yes").away("/reauth?next=" + called)
		h.forward(support.VerifiedFor)
		staff.open(called).is(200, not)
		for text, want := range map[string]string{
			"": "Type a service code", code: "not right, or its time is over", "KX4-207": "not right, or its time is over",
			"nobody@example.com": "There is no account with this address", "mara@": "neither a service code nor a whole address", "@": "neither a service code",
		} {
			a := staff.send("/console/find", "find", text).is(422, want, `aria-invalid="true"`, "There is a problem")
			if text != "" && !strings.Contains(text, "@") {
				a.without(`value="` + text)
			}
		}
		// A sign-up under way has messages, and nothing else yet.
		h.browser().send("/sign-up", "email", "new.person@example.net", "password", password)
		staff.send("/console/find", "find", "new.person@example.net").is(200, "n***@example.net", "There is no account with this address yet", "Code to create an account").
			without("new.person", h.code("new.person@example.net"), "/act", "Two-step", "service code.")
		// Never from an address of a page, which logs keep.
		fresh := owner.serviceCode()
		staff.open("/console/find?find=" + fresh).is(303)
		staff.do("POST", "/console/find?find="+fresh, "", h.htmx).is(422, "Type a service code")
		staff.finds(fresh)

		for range 10 {
			staff.send("/console/find", "find", "BB0-000")
		}
		a := staff.send("/console/find", "find", "BB0-000").is(429, "Too many were tried. Try again in")
		if a.header.Get("Retry-After") == "" {
			t.Errorf("no wait is named: %v", a)
		}
	}, withDesk)
}

func TestConsoleActs(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner := h.browser()
		owner.signUp(mara)
		staff := h.agent(ines, "Ines")
		at := staff.finds(mara)
		do := func(act, reason string, more ...string) answer {
			t.Helper()
			staff.send(at+"/act", append(more, "act", act, "reason", reason)...).is(200, reason, "m***@example.com", `name="confirm" value="yes"`).without(mara)
			return staff.send(at+"/act", append(more, "act", act, "reason", reason, "confirm", "yes")...)
		}
		letters := h.letters(mara)
		staff.send(at+"/act", "act", "resend", "reason", "").is(422, "Write a reason", `aria-invalid="true"`)
		staff.send(at+"/act", "act", "burn", "reason", someReason).is(400)
		do("resend", "why").is(422, "The reason must be 5 characters or more", `value="why"`)
		do("resend", someReason).is(422, "No code is awaited at the moment", someReason)
		do("unlock", "their code is 482913").is(422, "looks like a code")
		if n := h.letters(mara); n != letters {
			t.Errorf("%d letters more", n-letters)
		}

		// A code that is awaited goes out once more, and nobody of staff sees it.
		waits := h.browser()
		waits.toCode(mara)
		code := h.code(mara)
		do("resend", someReason).is(429, "Try again in 1 minute")
		h.forward(time.Minute)
		do("resend", someReason).leads(at)
		if again := h.code(mara); again != code || h.letters(mara) != letters+2 {
			t.Errorf("%d letters, the code is %v the one before", h.letters(mara)-letters, again == code)
		}
		staff.open(at).is(200, "The code was sent again at", "Code to sign in", "Asked for", "Accepted by the mail server", "No wrong tries.", "The code itself is never shown here.", `class="timeline"`).without(code)
		waits.send("/sign-in/code", "code", notCode(code))
		staff.open(at).is(200, "1 wrong try of 5.").without(notCode(code))

		do("unlock", someReason).leads(at)
		staff.open(at).is(200, "The waits were lifted at")
		owner.open("/account").is(200)
		do("sign_out", someReason).leads(at)
		owner.open("/account").away("/sign-in?next=/account")
		do("reset", someReason).leads(at)
		staff.open(at).is(200, "A link to choose a new password was sent at", "Link to reset the password, from support")

		// Each is there for the account holder to read, with its reason and the name.
		h.forward(time.Minute)
		again := h.browser()
		again.signIn(mara)
		again.open("/account/activity").is(200, someReason, "Ines")

		// Not on one's own account, and not on a colleague's.
		h.agent("sam@example.com", "Sam")
		for _, of := range []string{ines, "sam@example.com"} {
			path := staff.finds(of)
			staff.open(path).is(200, "This is an account of staff").without("/act", "***@", "Recent activity", "Two-step")
			staff.send(path+"/act", "act", "unlock", "reason", someReason, "confirm", "yes").is(409, "ccount")
		}

		// From a conversation it leads back there; an id of no such form is dropped.
		anywhere := strings.Repeat("c", 32)
		do("unlock", someReason, "chat", anywhere).leads("/console/chat/" + anywhere)
		do("unlock", someReason, "chat", "//evil.example").leads(at)
		staff.open(at + "?chat=//evil.example").is(200).without("evil")

		// With a proof that is not fresh nothing is done, and the page comes back.
		h.forward(time.Duration(h.models.Policy().Elevated))
		staff.open(at).is(200)
		staff.send(at+"/act", "act", "sign_out", "reason", someReason, "confirm", "yes").away("/reauth?next=" + at)
		again.open("/account").is(200)
		staff.send("/reauth", "next", at).leads("/reauth")
		staff.send("/reauth", "code", h.code(ines)).leads(at)
	}, withDesk)
}

// telephone is a telephone system that a test tells what to do.
type telephone struct {
	*httptest.Server
	mu    sync.Mutex
	fails bool
	asked []string
}

func newTelephone(t *testing.T) *telephone {
	p := &telephone{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked = append(p.asked, r.URL.RawQuery)
		if p.fails {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *telephone) calls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

func (p *telephone) fail(fails bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails = fails
}

// bookCall asks to be called at the first free time, and gives the call-back's id.
func (h *house) bookCall(name, number string) string {
	h.t.Helper()
	ctx := context.Background()
	slots, err := h.people.Calls.Slots(ctx)
	must(h.t, err)
	made, err := h.people.Calls.Book(ctx, support.Visitor{}, support.BookCall{Phone: number, Country: "AT", Name: name, Problem: support.NoCode, Slot: slots[0]})
	must(h.t, err)
	return made.ID
}

func TestConsoleCalls(t *testing.T) {
	phone := newTelephone(t)
	twice(t, func(t *testing.T, h *house) {
		phone.fail(false)
		before := phone.calls()
		staff, other := h.agent(ines, "Ines"), h.agent("sam@example.com", "Sam")
		staff.open("/console/calls").is(200, "No call-backs are booked.")
		id := h.bookCall("Mara", "+43 664 9876543")
		act := func(b *browser, what string) answer {
			t.Helper()
			return b.send("/console/calls/" + id + "/" + what)
		}
		page := staff.open("/console/calls").is(200, "Mara", "Booked", "Call now", "I did not get a code", "in 46 minutes", "21:00 to 21:30").without("98765", "664 98", "4366498765", "Say the word")
		act(staff, "dial").is(200, "It is 46 minutes early. Call now?", `name="confirm" value="yes"`, "Yes, call now", "21:00 to 21:30")
		if n := phone.calls(); n != before {
			t.Errorf("%d calls before anybody said yes", n-before)
		}
		h.forward(time.Hour)
		phone.fail(true)
		act(staff, "dial").is(503, "The telephone system did not answer")
		phone.fail(false)
		staff.open("/console/calls").is(200, "Booked", "Call now", "now")
		act(staff, "dial").leads("/console/calls")
		page = staff.open("/console/calls").is(200, "Calling", "Say the word first: <strong>", "We talked", "Nobody answered").without("98765", "664 98", "4366498765")
		other.open("/console/calls").is(200, "Calling, by Ines").without("Say the word", "We talked")
		act(other, "dial").is(409, "has changed in the meantime")
		act(staff, "missed").leads("/console/calls")
		staff.open("/console/calls").is(200, "Booked", "Tried once.", "Nobody answered. It was noted at")
		staff.send("/console/calls/"+id+"/dial", "confirm", "yes").leads("/console/calls") // early, and said so
		act(staff, "done").leads("/console/calls")
		staff.open("/console/calls").is(200, "Done").without("Call now", "Say the word")
		act(staff, "done").is(409)
		if h.log.tells("98765") || h.log.tells("664 98") || h.log.tells("4366498765") || page.body == "" {
			t.Errorf("the number is in the log:\n%s", h.log)
		}
	}, withDesk, func(s *setup) { s.desk.DialURL = phone.URL + "/?to={number}&agent={agent}&ref={reference}" })
}

// Whatever staff look at and do, nothing of the console gives away a code, a
// password, a service code, or a whole number or address: every route is walked,
// with and without htmx, while all of them are in the database.
func TestConsoleGivesNothingAway(t *testing.T) {
	const number, second = "+436641234567", "mara.second@example.org"
	phone := newTelephone(t)
	scenario(t, func(t *testing.T, h *house) {
		owner, staff, waits := h.browser(), h.agent(ines, "Ines"), h.browser()
		owner.signUp(mara)
		owner.send("/account/phone", "phone", number).leads("/account/phone/code")
		owner.send("/account/phone/code", "code", h.code(number)).leads("/account/phone")
		owner.send("/account/email", "email", second, "as", "second").leads("/account/email/code")
		pending := h.code(second)
		waits.toCode(mara)
		h.browser().send("/reset", "email", mara)
		h.browser().send("/sign-up", "email", "new.person@example.net", "password", password)
		service := owner.serviceCode()
		chat := strings.TrimPrefix(owner.startChat(), "/contact/chat/")
		stranger := strings.TrimPrefix(h.browser().startChat("name", "Tomasz", "email", "tomasz@example.net"), "/contact/chat/")
		call := h.bookCall("Mara", "+43 664 9876543")
		at := staff.finds(mara)
		account := strings.TrimPrefix(at, "/console/account/")

		var secrets []string
		keep := func(list ...string) {
			for _, s := range list {
				if s != "" && !slices.Contains(secrets, s) {
					secrets = append(secrets, s)
				}
			}
		}
		keep(mara, second, "new.person@example.net", "tomasz@example.net", password, service, strings.ReplaceAll(service, "-", ""), pending,
			number, "6641234567", "6649876543", "664 9876543", "9876543", owner.cookies["session"], owner.cookies["device"], waits.cookies["session"], owner.cookies["chat"])
		fromOutbox := func() {
			t.Helper()
			n := 0
			for _, m := range h.mail("") {
				for _, found := range regexp.MustCompile(`\b(\d{8}|\d{6})\b`).FindAllString(m.Text, -1) {
					keep(found)
					n++
				}
				keep(regexp.MustCompile(`/[a-z/-]+/([a-p]{96})`).FindAllString(m.Text, -1)...)
			}
			if n < 5 {
				t.Fatalf("only %d codes in the outbox", n)
			}
		}
		look := func(a answer) {
			t.Helper()
			whole := fmt.Sprint(a.header) + a.body
			for _, s := range secrets {
				if holds(whole, s) {
					t.Fatalf("%q is in %v", s, a)
				}
			}
		}
		fields := func(confirm string) []string {
			return []string{
				"reply", "Look in spam.", "send", "yes", "note", "Filter.", "to", "", "wrap", "solved", "nonce", "n" + confirm,
				"reason", someReason, "confirm", confirm, "find", "nobody@example.com",
			}
		}
		fromOutbox()
		staff.send("/console/chat/" + chat + "/join").leads("/console/chat/" + chat)
		paths := h.consoleRoutes(chat, stranger, account, call)
		for _, confirm := range []string{"", "yes"} {
			for path, takesPost := range paths {
				if strings.HasSuffix(path, "/events") {
					continue // says only that there is news
				}
				for _, htmx := range []bool{false, true} {
					look(staff.do("GET", path+"?after=0&since=1&q=mara&state=&sort=who", "", htmx))
					if !takesPost {
						continue
					}
					acts := []string{""}
					if strings.HasSuffix(path, "/act") {
						acts = []string{"resend", "unlock", "reset", "sign_out"}
					}
					for _, act := range acts {
						look(staff.do("POST", path, form(append(fields(confirm), "act", act)...), htmx))
					}
				}
			}
			h.forward(5 * time.Minute)
			fromOutbox()
		}
		again := h.browser()
		again.toCode(mara)
		again.send("/sign-in/code", "code", h.code(number)).leads("/account")
		code := again.serviceCode()
		keep(code)
		staff.finds(code)
		for _, path := range []string{"/console", "/console/calls", "/console/figures", "/console/chat/" + chat, "/console/chat/" + stranger, at, at + "?chat=" + chat} {
			look(staff.open(path).is(200))
		}
		for _, s := range secrets {
			if h.log.tells(s) {
				t.Errorf("%q is in the log", s)
			}
		}
	}, withDesk, withTexts, func(s *setup) { s.desk.DialURL = phone.URL + "/?to={number}&agent={agent}" })
}
