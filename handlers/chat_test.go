package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

const ines = "ines@example.com"

var (
	chatID    = regexp.MustCompile(`data-chat="([0-9a-f]{32})"`)
	nonceOf   = regexp.MustCompile(`name="nonce" value="([^"]+)"`)
	seqOf     = regexp.MustCompile(`name="after" value="(\d+)"`)
	chatItem  = regexp.MustCompile(`data-seq="(\d+)"`)
	chatPath  = regexp.MustCompile(`^/contact/chat/([0-9a-f]{32})$`)
	someWords = "I asked for a code three times and nothing comes."
)

// startChat begins a conversation and gives its path.
func (b *browser) startChat(fields ...string) string {
	b.h.t.Helper()
	page := b.open("/contact/chat").is(200, `action="/contact/chat"`)
	a := b.send("/contact/chat", append(fields, "problem", "no_code", "message", someWords, "nonce", page.find(nonceOf))...)
	path := a.header.Get("Location") + a.header.Get("Hx-Redirect")
	if !chatPath.MatchString(path) {
		b.h.t.Fatalf("no chat began: %v", a)
	}
	return path
}

// say sends a message from the page as it stands.
func (b *browser) say(path, text string) answer {
	b.h.t.Helper()
	page := b.open(path).is(200)
	return b.send(path, "message", text, "nonce", page.find(nonceOf), "after", page.find(seqOf))
}

// said asks that a message was taken: a plain browser is led to the page, htmx gets
// what is new.
func (a answer) said(path, text string) answer {
	a.t.Helper()
	if !a.htmx {
		return a.leads(path + "#say")
	}
	return a.unit(200, text, `id="composer"`, `hx-swap-oob`)
}

func TestChat(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b, staff := h.browser(), h.agent(ines, "Ines")
		b.open("/contact").is(200, "Live chat", "Open now", "at any hour", `href="/contact/chat"`)
		path := b.startChat("name", "Mara")
		id := strings.TrimPrefix(path, "/contact/chat/")
		k := b.cookies["chat"]
		if k == "" {
			t.Fatal("no cookie")
		}
		page := b.open(path).is(200, someWords, "You are next in line", `role="log"`, `sse-connect="`+path+`/events"`, `aria-labelledby="log-name"`, `tabindex="0"`)
		if got := page.find(chatID); got != id {
			t.Errorf("the page is of %s", got)
		}
		b.open("/contact/chat").away(path) // there is one already
		b.open("/contact").is(200, "Go on with your chat", path)
		b.say(path, "It is\nurgent.").said(path, "It is\nurgent.")

		ctx := context.Background()
		h.forward(2 * time.Minute)
		must(t, h.people.Chats.Join(ctx, staff.client(), id))
		seq := page.find(seqOf)
		b.part(path+"/messages?after="+seq).is(200, `>20:16 UTC</time>. You waited 2 minutes.`, "It is\nurgent.", "You are talking to <strong>Ines</strong>").without(someWords, "<html", `id="composer"`)
		must(t, h.people.Chats.Reply(ctx, staff.client(), id, "Hello. See http://localhost:8080/help/a/no-code and https://evil.example/help/a/no-code", "n1"))
		must(t, h.people.Chats.Note(ctx, staff.client(), id, "a note for us alone", "n2"))
		page = b.open(path).is(200, `<a href="/help/a/no-code">http://localhost:8080/help/a/no-code</a>`, "https://evil.example/help/a/no-code", "<bdi>Ines</bdi>").
			without("a note for us alone", `<a href="https://evil`, `>https://evil.example/help/a/no-code</a>`)
		b.part(path + "/messages?after=" + page.find(seqOf)).is(200).without("data-seq")

		// A message that looks like a code is stopped, and can be mended.
		for range 2 {
			b.say(path, "my code is 482913, what now?").unit(422, "Don&#39;t send your code", "my code is 482913, what now?", `aria-invalid="true"`)
		}
		b.say(path, "").unit(422, "Write a message")
		b.open(path).is(200).without("482913")

		// The same form twice is one message, whether or not the first was answered.
		page = b.open(path)
		for range 3 {
			b.send(path, "message", "only once", "nonce", page.find(nonceOf), "after", page.find(seqOf)).said(path, "only once")
		}
		if n := strings.Count(b.open(path).body, "only once"); n != 1 {
			t.Errorf("a message sent three times shows %d times", n)
		}

		// The end, what was said, and whether it helped.
		b.send(path + "/end").leads(path + "#composer")
		b.open(path).is(200, "This chat has ended", "Did we help?", path+"/transcript").without("sse-connect", "Your message", "Mail it to", path+"/end")
		b.part(path+"/messages?after=0").is(200, `<div id="live" hx-swap-oob="true"></div>`, `id="composer"`, "Did we help?")
		b.send(path+"/rating", "helped", "perhaps").is(400)
		b.send(path+"/rating", "helped", "yes").leads(path + "#composer")
		b.open(path).is(200, "Thank you").without("Did we help?")
		b.open(path+"/transcript").is(200, someWords, "only once", "Ines", "I did not get a code").without("a note for us alone")
		b.say2(path).is(422, "This chat has ended")
		b.open("/contact/chat").is(200, `action="/contact/chat"`)
		b.send(path + "/mail").is(404) // nobody has proven an address
	}, withDesk)
}

// TestQuietChat: a warning, and one press keeps it going.
func TestQuietChat(t *testing.T) {
	t.Parallel() // the round that looks for quiet ones comes every few seconds
	for _, as := range []string{"plain", "htmx"} {
		t.Run(as, func(t *testing.T) {
			t.Parallel()
			h := open(t, database(t, "sqlite"), as == "htmx", withDesk)
			ctx, b, staff := context.Background(), h.browser(), h.agent(ines, "Ines")
			path := b.startChat()
			id := strings.TrimPrefix(path, "/contact/chat/")
			must(t, h.people.Chats.Join(ctx, staff.client(), id))
			must(t, h.people.Chats.Reply(ctx, staff.client(), id, "Are you in?", "n1"))
			h.forward(time.Duration(h.models.Policy().ChatIdle) + time.Minute)
			h.until("the warning", func() bool { return strings.Contains(b.open(path).body, "I am still here") })
			page := b.open(path).is(200, "Are you still there?", path+"/extend")
			a := b.send(path+"/extend", "after", page.find(seqOf))
			if h.htmx {
				a.unit(200, "You said at", "still here").without("I am still here")
			} else {
				a.leads(path + "#say")
			}
			b.open(path).is(200).without("I am still here")

			h.forward(time.Duration(h.models.Policy().ChatIdle) + time.Minute)
			must(t, h.people.Chats.Reply(ctx, staff.client(), id, "Hello?", "n2"))
			h.forward(time.Duration(h.models.Policy().ChatIdle) + time.Minute)
			h.until("the warning", func() bool { return strings.Contains(b.open(path).body, "I am still here") })
			h.forward(6 * time.Minute)
			h.until("the end", func() bool { return strings.Contains(b.open(path).body, "This chat has ended") })
			b.open(path).is(200, "because it had been quiet for a while", someWords)
		})
	}
}

// say2 sends to a chat that has no form any more.
func (b *browser) say2(path string) answer {
	b.h.t.Helper()
	return b.send(path, "message", "too late", "nonce", "x", "after", "0")
}

// TestChatIsNobodyElses: a conversation is its visitor's alone, by every path.
func TestChatIsNobodyElses(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b, other, nobody := h.browser(), h.browser(), h.browser()
		path := b.startChat()
		other.startChat()
		for _, who := range []*browser{other, nobody} {
			for _, rest := range []string{"", "/messages?after=0", "/events", "/transcript", "/leave"} {
				who.part(path + rest).is(404).without(someWords)
				if rest != "/messages?after=0" {
					who.open(path + rest).is(404).without(someWords)
				}
			}
			for _, rest := range []string{"", "/extend", "/leave", "/end", "/rating", "/mail"} {
				who.send(path+rest, "message", "x", "after", "0", "helped", "yes", "email", "a@example.com").is(404).without(someWords)
			}
		}
		b.open(path).is(200, someWords).without("This chat has ended")
		for _, id := range []string{"x", strings.Repeat("a", 32), "../..", "%00"} {
			for _, rest := range []string{"", "/events", "/transcript"} {
				b.open("/contact/chat/" + id + rest).is(404)
			}
		}
		b.part(path + "/messages?after=x").is(400)
		b.part(path + "/messages?after=-1").is(400)
		b.part(path + "/messages").is(400)
		b.open(path + "/messages?after=0").away(path)
		for method, rests := range map[string][]string{
			http.MethodPost: {"/messages", "/events", "/transcript"}, http.MethodPut: {"", "/leave"}, http.MethodDelete: {"", "/events"},
		} {
			for _, rest := range rests {
				b.do(method, path+rest, "", h.htmx).is(405)
			}
		}
		for _, rest := range []string{"/extend", "/end", "/rating", "/mail"} { // a reload of the answer to an act
			b.do(http.MethodGet, path+rest, "", false).away(path)
		}
		for _, rest := range []string{"", "/events", "/transcript", "/leave"} {
			if a := b.do(http.MethodHead, path+rest, "", false); a.status != 200 || a.body != "" {
				t.Errorf("HEAD of %q: %v", rest, a)
			}
		}
	}, withDesk)
}

// payloads are what people may write that a browser must never run.
var payloads = []string{
	`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<b hx-get="/account" hx-trigger="load">x</b>`, `<div hx-on:click="alert(1)">x</div>`,
	`<a href="javascript:alert(1)">x</a>`, `"><svg onload=alert(1)>`, `</textarea><script>alert(1)</script>`, `<div sse-connect="/x" hx-swap-oob="true" id="composer"></div>`,
	`javascript:alert(1)/help/a/no-code`, "{{.CodeMinutes}} ${7*7} &lt;b&gt;",
}

var marked = regexp.MustCompile(`<(script>|img|b |div hx|a href="java|svg onload|div sse-connect="/x)`)

// TestMarkupInAChatIsText, from either side, on the page, in a part of it, in a
// refusal and in the transcript.
func TestMarkupInAChatIsText(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b, staff := h.browser(), h.agent(ines, "Ines")
		page := b.open("/contact/chat")
		for _, p := range payloads {
			a := b.send("/contact/chat", "problem", `"><script>`, "name", p, "email", p, "message", "my code is 482913 "+p, "nonce", page.find(nonceOf))
			if a.is(422, "Don&#39;t send your code"); marked.MatchString(a.body) {
				t.Fatalf("%q runs in %v", p, a)
			}
		}
		path := b.startChat("name", payloads[0])
		id := strings.TrimPrefix(path, "/contact/chat/")
		must(t, h.people.Chats.Join(context.Background(), staff.client(), id))
		for i, p := range payloads {
			b.say(path, p).said(path, "")
			must(t, h.people.Chats.Reply(context.Background(), staff.client(), id, p, fmt.Sprint("n", i)))
		}
		for _, a := range []answer{b.open(path), b.part(path + "/messages?after=0"), b.open(path + "/transcript"), b.say(path, "4 8 2 9 1 3 "+strings.Join(payloads, " "))} {
			if found := marked.FindString(a.body); found != "" {
				t.Errorf("%q is markup in %v", found, a)
			}
		}
	}, withDesk)
}

func TestLongMessages(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		path := b.startChat()
		b.say(path, strings.Repeat("x", 4001)).unit(422, "4000 characters or fewer")
		b.say(path, strings.Repeat("long ", 12000)).unit(422, "4000 characters or fewer")
		b.say(path, strings.Repeat("x", 100<<10)).is(413)
		b.send("/contact/chat", "message", strings.Repeat("x", 100<<10)).is(413)
		if n := len(chatItem.FindAllString(b.open(path).body, -1)); n != 1 {
			t.Errorf("%d messages", n)
		}
	}, withDesk)
}

// TestLeaveAChat: the answer goes to an address, and shows on the page too.
func TestLeaveAChat(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		ctx, staff := context.Background(), h.agent(ines, "Ines")
		b := h.browser()
		path := b.startChat()
		id := strings.TrimPrefix(path, "/contact/chat/")
		b.open(path+"/leave").is(200, `name="email"`, "Stay in the chat")
		b.send(path+"/leave", "email", "").is(422, "Enter your email address")
		b.send(path+"/leave", "email", "nobody").is(422, "name@example.com")
		b.send(path+"/leave", "email", nora).leads(path)
		b.open(path).is(200, "You have left the chat", "This chat goes on by email", nora).without("Need to go?")
		must(t, h.people.Chats.Join(ctx, staff.client(), id))
		must(t, h.people.Chats.Reply(ctx, staff.client(), id, "Here is your answer.", "n1"))
		if m := h.mail(nora)[0]; !strings.Contains(m.Text, "Here is your answer.") {
			t.Errorf("the mail: %s", m.Text)
		}
		b.open(path).is(200, "Here is your answer.")
		b.say(path, "I am back.").said(path, "I am back.")
		b.open(path).is(200, "You are talking to").without("This chat goes on by email")

		// With an account nothing is asked, and what was said can be mailed.
		in := h.browser()
		in.signUp(mara)
		path = in.startChat("email", "other@example.com")
		in.open(path+"/leave").is(200, "m***@example.com").without(`name="email"`, mara)
		in.send(path + "/leave").leads(path)
		in.send(path + "/end").leads(path + "#composer")
		in.open(path).is(200, "Mail it to", "m***@example.com").without(mara)
		for range 3 {
			in.send(path + "/mail").leads(path)
		}
		in.open(path).is(200, "on its way to your main email address")
		in.send(path+"/mail").is(429, "It was done many times")
		if m := h.mail(mara)[0]; !strings.Contains(m.Text, someWords) {
			t.Errorf("the mail: %s", m.Text)
		}

		// Whoever signs out of a shared browser leaves no conversation behind.
		in.send("/sign-out")
		next := in
		next.signUp("next@example.com")
		next.open(path).is(404)
	}, withDesk)
}

// TestChatOfASharedBrowser: what was begun there signed out is nobody's account's until
// its writer goes on in it signed in, and then nobody else's.
func TestChatOfASharedBrowser(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		path := b.startChat()
		guest := b.copy()
		b.signUp(mara)
		b.open("/contact").is(200, "Start a chat").without(path)
		b.open("/contact/chat").is(200, `action="/contact/chat"`, "begun in this browser before you signed in", `href="`+path+`"`)
		guest.open("/contact/chat").away(path)
		b.send(path+"/rating", "helped", "yes").leads(path + "#composer")
		guest.open(path).is(200, someWords) // to look at it takes it from nobody

		b.say(path, "It is mine.").said(path, "It is mine.")
		b.open("/contact/chat").away(path)
		guest.open(path).is(404).without(someWords)
		guest.open("/contact/chat").is(200, `action="/contact/chat"`).without(path)
		b.signInAnew(mara).open("/contact/chat").away(path)
		next := b.copy()
		delete(next.cookies, "session")
		next.signUp("next@example.com")
		next.open(path).is(404).without(someWords)
		next.open("/contact/chat").is(200).without(path)
	}, withDesk)
}

// TestClosedChat: it says when it opens, what else there is, and loses no words.
func TestClosedChat(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.open("/contact").is(200, "Closed now", "Opens tomorrow at 09:00.", "Monday to Friday 09:00 to 17:00 (UTC)", "Ask us to call you back").without("Start a chat")
		b.open("/contact/chat").is(200, "The chat is closed now", "Opens tomorrow at 09:00.", "Ask us to call you back").without(`action="/contact/chat"`)
		b.send("/contact/chat", "message", someWords, "nonce", "n").is(409, "The chat is closed now", someWords, "It was not sent")
		if b.cookies["chat"] != "" {
			t.Error("a cookie for nothing")
		}
		h.forward(13 * time.Hour)
		b.open("/contact/chat").is(200, `action="/contact/chat"`)
	}, withHours)
	h := once(t)
	b := h.browser()
	b.open("/contact").is(200, "Help articles").without("Live chat", "Phone", "Email")
	b.open("/contact/chat").is(200, "There is no chat here").without(`action="/contact/chat"`)
	b.send("/contact/chat", "message", someWords, "nonce", "n").is(404)
}

// TestChatFloods: one network address begins a few and no more; one visitor
// writes as fast as people do.
func TestChatFloods(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		for i := range 4 {
			b := h.from("203.0.113.9")
			page := b.open("/contact/chat")
			a := b.send("/contact/chat", "message", someWords, "nonce", page.find(nonceOf))
			if i == 3 {
				a.is(429, "It was done many times")
			}
		}
		b := h.browser()
		path := b.startChat()
		for i := range 29 {
			b.say(path, fmt.Sprint("line ", i))
		}
		b.say(path, "one too many").unit(429, "Wait a moment", "one too many")
		h.forward(time.Minute)
		b.say(path, "one too many").said(path, "one too many")
	}, withDesk)
}
