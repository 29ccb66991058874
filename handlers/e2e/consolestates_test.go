package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// The states of the staff console. They come one out of the other.

// TestConsolePages is TestPages for the staff console.
func TestConsolePages(t *testing.T) {
	t.Parallel()
	lookAt(t, []walk{consoleWalk("ines@example.com", "mara@example.com")})
}

// caller is somebody at a browser of his own, of whom no page is looked at.
type caller struct {
	s *server
	*http.Client
}

func newCaller(s *server) *caller {
	jar, _ := cookiejar.New(nil) // it has no way to fail
	return &caller{s, &http.Client{Jar: jar}}
}

func (c *caller) get(path string) string {
	c.s.t.Helper()
	return c.read(c.Get(c.s.base + path))
}

func (c *caller) post(path string, fields ...string) string {
	c.s.t.Helper()
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return c.read(c.PostForm(c.s.base+path, v))
}

// read gives the page that it came to in the end.
func (c *caller) read(r *http.Response, err error) string {
	c.s.t.Helper()
	if err != nil {
		c.s.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		c.s.t.Fatalf("%s: status %d, %v\n%s", r.Request.URL, r.StatusCode, err, tail(string(body), 2000))
	}
	return string(body)
}

var (
	nonceField   = regexp.MustCompile(`name="nonce" value="([^"]+)"`)
	slotField    = regexp.MustCompile(`name="slot" value="([^"]+)"`)
	chatOfCaller = regexp.MustCompile(`/contact/chat/([0-9a-f]{32})`)
)

// match is the first group of a pattern that is not empty.
func (c *caller) match(in string, pattern *regexp.Regexp) string {
	c.s.t.Helper()
	for _, group := range append(pattern.FindStringSubmatch(in), "")[min(1, pattern.NumSubexp()):] {
		if group != "" {
			return group
		}
	}
	c.s.t.Fatalf("no %v in %s", pattern, tail(in, 2000))
	return ""
}

// chat begins a conversation and gives its id.
func (c *caller) chat(name, problem, message string) string {
	c.s.t.Helper()
	nonce := c.match(c.get("/contact/chat"), nonceField)
	return c.match(c.post("/contact/chat", "name", name, "problem", problem, "message", message, "nonce", nonce), chatOfCaller)
}

// bookCall asks to be called back, at the last time that is offered.
func (c *caller) bookCall(name, phone string) {
	c.s.t.Helper()
	slots := slotField.FindAllStringSubmatch(c.get("/contact/phone/call-back"), -1)
	c.post("/contact/phone/call-back", "name", name, "phone", phone, "country", "GB", "problem", "no_code", "slot", slots[len(slots)-1][1])
}

// say writes one message more.
func (c *caller) say(id, message string) {
	c.s.t.Helper()
	path := "/contact/chat/" + id
	c.post(path, "message", message, "nonce", c.match(c.get(path), nonceField))
}

// signUp makes an account.
func (c *caller) signUp(email string) {
	c.s.t.Helper()
	c.s.keepSecret(password)
	c.post("/sign-up", "email", email, "password", password)
	page := c.get("/sign-up/code")
	c.post("/sign-up/code", "code", c.s.code(email, 1), "flow", regexp.MustCompile(`name="flow" value="([0-9a-f]{32})"`).FindStringSubmatch(page)[1])
}

// atConsole makes the tab that of a member of staff, at the console.
func (p *tab) atConsole(email, name string) {
	p.t.Helper()
	p.account(email)
	p.s.account("role", email, "staff", "--name", name)
	p.reload()
	p.followTo("Staff console", "/console")
	p.says(".staff-bar", "STAFF")
}

func consoleWalk(ines, mara string) walk {
	var talk, other string // paths of two conversations
	return walk{"reached", []state{
		{"console, nobody is there", "", func(p *tab) {
			p.atConsole(ines, "Ines")
			p.says(".queue caption", "0 open")
		}},
		{"console, a queue", "", func(p *tab) {
			signedIn, stranger := newCaller(p.s), newCaller(p.s)
			signedIn.signUp(mara)
			talk = "/console/chat/" + signedIn.chat("Mara E.", "no_code", "I asked for a code three times and nothing comes.")
			newCaller(p.s).post("/sign-in", "email", mara, "password", password) // a code is on its way
			other = "/console/chat/" + stranger.chat("", "lost_way", "My phone is gone, and my number with it. What can I do to get in?")
			newCaller(p.s).chat("Tomasz W.", "wrong_code", "The code says expired.")
			p.says("#queue-news", "3 new: show them")
			p.followTo("3 new: show them", "/console")
			p.says(".queue caption", "3 open")
		}},
		{"console, nothing found", "", func(p *tab) {
			p.submit(form("/console/find"), "find", "KX4-207")
			p.says(".error-summary", "That service code is not right")
		}},
		{"conversation, waiting", "", func(p *tab) {
			p.visit(talk)
			p.says("h1", "Mara E., chat")
		}},
		{"conversation, joined", "", func(p *tab) {
			p.submit(form(talk + "/join"))
			p.says(".notice", "The conversation is with you")
			p.submit("#note-form", "note", "Filter on her side. Second time this month: offer text as first way.")
			p.focusOn("#reply")
			p.paste("Hello Mara, sorry about that. I can see a message to an address that begins with m at example.com.")
			p.tab("#send-reply")
			p.press(" ")
			p.says("#said", "sorry about that")
			p.says("#said", "Filter on her side")
		}},
		{"conversation, a saved reply and an article", "", func(p *tab) {
			p.is(`document.getElementById("reply").value === ""`)
			for _, d := range []string{"Saved replies", "Insert an article"} {
				p.tabTo(d)
				p.press(" ")
			}
			p.focusOn("#pick")
			p.paste("spam")
			p.is(`document.querySelectorAll("#picks button").length < 21`)
		}},
		{"conversation, a reply that looks like a code", "", func(p *tab) {
			p.submitWith("#reply-form", "#send-reply", "reply", "Is your code 482 913?")
			p.says(".error-summary", "That looks like a code")
		}},
		{"conversation, signed out", "", func(p *tab) {
			p.visit(other)
			p.says("body", "Signed out, chat")
		}},
		{"customer", "", func(p *tab) {
			p.visit(talk)
			p.visit(eval[string](p, `document.querySelector("form[action$='/act']").getAttribute("action").replace("/act", "")`))
			p.says("body", "The code itself is never shown here.")
		}},
		{"customer, a reason is missing", "", func(p *tab) {
			p.submitWith("form[action$='/act']", "[value=unlock]", "reason", "")
			p.says(".error-summary", "Write a reason")
		}},
		{"customer, an act to confirm", "", func(p *tab) {
			p.submitWith("form[action$='/act']", "[value=sign_out]", "reason", "She asked for it on the phone.")
			p.says("h1", "Sign out all devices?")
		}},
		{"customer, an act done", "", func(p *tab) {
			p.submitWith("form[action$='/act']", "[value=sign_out]")
			p.says(".notice", "All devices of this account were signed out at")
		}},
		{"call-backs, none", "", visiting("/console/calls")},
		{"call-backs, booked", "", func(p *tab) {
			newCaller(p.s).bookCall("Mara E.", "020 7946 0120")
			newCaller(p.s).bookCall("", "020 7946 0121")
			p.visit("/console/calls")
			p.says(".calls", "No name given, number ending 21")
		}},
		{"call-back, too early", "", func(p *tab) {
			p.submit("form[action$='/dial']")
			p.says("h1", "early. Call now?")
		}},
		{"articles", "", visiting("/console/articles")},
		{"articles, found", "", visiting("/console/articles?q=spam")},
		{"figures", "", func(p *tab) {
			c := newCaller(p.s)
			c.get("/help/search?q=flying+carpet+zzqx")
			p.visit("/console/figures")
			p.says("body", "Median wait")
		}},
		{"now", "", func(p *tab) {
			p.visit("/console/watch")
			p.says("#alarms + p", "Nothing unusual.")
		}},
		{"now, the numbers", "", func(p *tab) {
			p.focusOn("#sign-ins-sum")
			p.press(" ")
			p.is(`document.querySelector("#sign-ins-sum").parentNode.open`)
		}},
		{"now, a reason is missing", "", func(p *tab) {
			p.submit("form:has(#reason-texts_off)", "reason", "why")
			p.says(".error-summary", "The reason must be 5 characters or more")
			p.is(`document.getElementById("reason-texts_off").value === "why"`)
		}},
		{"now, texts are off", "", func(p *tab) {
			p.submit("form:has(#reason-texts_off)", "reason", "Somebody has texts sent for money.")
			p.says(".notice", "No text has gone out since")
			p.says("#alarms + ul", "Texts are off. Since")
			p.submit("form:has([value=texts_off])")
			p.says("#alarms + p", "Nothing unusual.")
		}},
		{"keys", "", visiting("/console/keys")},
		{"conversation, ended", "", func(p *tab) {
			p.visit(talk)
			p.submit(form(talk+"/wrap"), "wrap", "mail_problem")
			p.at("/console")
			p.visit(talk)
			p.says("main", "Wrapped up as: A problem with mail")
		}},
	}}
}

// submitWith is submit by one of the form's buttons.
func (p *tab) submitWith(form, button string, fields ...string) {
	p.t.Helper()
	p.arrive("form "+form, act(fmt.Sprintf(`(() => {
		const form = document.querySelector(%q), button = form.querySelector(%q), fields = %s
		for (let i = 0; i < fields.length; i += 2) form.elements[fields[i]].value = fields[i + 1]
		const extra = document.createElement("input")
		extra.type = "hidden"; extra.name = button.name; extra.value = button.value
		form.append(extra); form.submit()
	})()`, form, button, quoted(fields))))
}

func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprintf("%q", s)
	}
	return "[" + strings.Join(out, ",") + "]"
}
