package views

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
)

func openWays() Ways {
	weekdays := Hours{Lines: []HoursLine{{time.Monday, time.Friday, "09:00", "17:00"}}, Zone: time.UTC}
	return Ways{
		Problem: "no_code", HasChat: true, Chat: Opening{Hours: Hours{Always: true}, Open: true}, Wait: ChatWait{Waiting: 2, Typical: 3 * time.Minute, Staffed: true},
		HasPhone: true, Phone: Opening{Hours: weekdays, Next: noon.AddDate(0, 0, 1)}, Numbers: []PhoneLine{{"United Kingdom", "+44 20 7946 0123", "+442079460123", "Free."}},
		CallBack: true, Email: "help@example.com",
	}
}

func someChat(state string) ChatView {
	return ChatView{
		ID: strings.Repeat("a", 32), State: state, Problem: "no_code", Agent: "Ines", StartedAt: noon, JoinedAt: noon.Add(3 * time.Minute), Seq: 6,
		Email: "m***@example.com", CanMail: true, Origin: "http://localhost:8080",
		Messages: []Said{
			{1, "visitor", "", "Nothing <b>comes</b>.", noon},
			{2, "event", "Ines", "joined", noon.Add(3 * time.Minute)},
			{3, "staff", "Ines", "See /help/a/no-code.", noon.Add(4 * time.Minute)},
			{4, "event", "", "transferred", noon.Add(5 * time.Minute)},
			{5, "staff", "", "Good morning.", noon.AddDate(0, 0, 1)},
			{6, "event", "", "never heard of", noon.AddDate(0, 0, 1)},
		},
	}
}

// contactPages are the ways to a person, in every state they can be in.
func contactPages(all map[string]templ.Component) {
	ways, bare := openWays(), Ways{}
	under := ways
	under.CurrentChat, under.CurrentCall = "a", "b"
	for _, c := range contactProblems {
		ways.Problem = c.value
		all["contact "+c.value] = Contact(ContactPage{Shell: shellAt("/contact"), Problem: c.value, Ways: ways, Articles: []ArticleLink{{"no-code", "My code didn't arrive", "Look in spam."}}})
	}
	all["contact"] = Contact(ContactPage{Shell: shellAt("/contact"), Ways: under})
	all["contact bare"] = Contact(ContactPage{Shell: inside("/contact"), Ways: bare})
	refused := []FieldError{{Field: "message", Reason: "looks_like_code"}, {Field: "email", Reason: "no_at"}}
	all["chat start"] = StartChat(StartChatPage{Shell: shellAt("/contact/chat"), Problem: "else", Ways: ways})
	all["chat start refused"] = StartChat(StartChatPage{Shell: shellAt("/contact/chat"), Problem: "else", Message: "</textarea>", Ways: ways, Errors: refused})
	all["chat start inside"] = StartChat(StartChatPage{Shell: inside("/contact/chat"), Account: "mara@example.com", Ways: ways})
	all["chat none"] = NoChat(StartChatPage{Shell: shellAt("/contact/chat"), Ways: bare})
	all["chat full"] = NoChat(StartChatPage{Shell: shellAt("/contact/chat"), Full: true, Message: "Nothing comes.", Ways: ways})
	for _, state := range []string{"waiting", "open", "left", "ended"} {
		c := someChat(state)
		c.Place, c.IdleEndsAt = 2, noon
		all["chat "+state] = Chat(ChatPage{Shell: shellAt("/contact/chat/x"), ChatView: c})
		c.Rating = 2
		all["chat rated "+state] = Chat(ChatPage{Shell: shellAt("/contact/chat/x"), ChatView: c, Typed: "x", Errors: refused[:1]})
		all["transcript "+state] = Transcript(ChatPage{Shell: shellAt("/contact/chat/x/transcript"), ChatView: c})
	}
	all["chat leave"] = LeaveChat(LeaveChatPage{Shell: shellAt("/contact/chat/x/leave"), ID: "x", Email: "x", Errors: refused[1:]})
	all["chat leave inside"] = LeaveChat(LeaveChatPage{Shell: inside("/contact/chat/x/leave"), ID: "x", To: "m***@example.com"})
	all["call"] = ContactPhone(ContactPhonePage{Shell: shellAt("/contact/phone"), Ways: under, Now: noon})
	all["call none"] = ContactPhone(ContactPhonePage{Shell: inside("/contact/phone"), Ways: bare, Now: noon})
	all["call with code"] = ContactPhone(ContactPhonePage{Shell: inside("/contact/phone"), Ways: ways, Now: noon, Code: ServiceCode{"KX4-207", noon.Add(time.Minute)}})
	slots := []time.Time{noon.Truncate(time.Hour), noon.Truncate(time.Hour).Add(slotLength)}
	all["call-back"] = BookCall(BookCallPage{Shell: shellAt("/contact/phone/call-back"), Slots: slots, Countries: []string{"GB", "AT"}, Ways: ways, Errors: []FieldError{{Field: "phone", Reason: "no_calls"}, {Field: "slot", Reason: "required"}}})
	all["call-back full"] = BookCall(BookCallPage{Shell: shellAt("/contact/phone/call-back"), Ways: ways})
	all["call-back none"] = NoCallBack(BookCallPage{Shell: shellAt("/contact/phone/call-back"), Ways: bare})
	for state := range callStates {
		all["call-back "+state] = Call(CallPage{Shell: shellAt("/contact/phone/call-back/x"), ID: "x", State: state, Masked: "number ending 42", Word: "harbour", Problem: "no_code", At: noon, Slots: slots})
	}
}

// TestOnlyOurArticlesAreLinks: what else looks like an address stays text.
func TestOnlyOurArticlesAreLinks(t *testing.T) {
	const origin = "https://accounts.example.com"
	for text, want := range map[string]string{
		"See /help/a/no-code.":                           `See <a href="/help/a/no-code">/help/a/no-code</a>.`,
		"a " + origin + "/help/a/no-code b":              `a <a href="/help/a/no-code">` + origin + `/help/a/no-code</a> b`,
		"https://evil.example/help/a/no-code":            "https://evil.example/help/a/no-code",
		"https://accounts.example.com.evil/help/a/x":     "https://accounts.example.com.evil/help/a/x",
		"/help/a/one /help/a/two":                        `<a href="/help/a/one">/help/a/one</a> <a href="/help/a/two">/help/a/two</a>`,
		"/account and <b>":                               "/account and &lt;b&gt;",
		"line one\n  line two  ":                         "line one\n  line two  ",
		`/help/a/x" onclick="y`:                          `<a href="/help/a/x">/help/a/x</a>&#34; onclick=&#34;y`,
		"https://accounts.example.com@evil/help/a/code":  "https://accounts.example.com@evil/help/a/code",
		"https://evil@accounts.example.com/help/a/code ": "https://evil@accounts.example.com/help/a/code ",
	} {
		var b bytes.Buffer
		if err := withLinks(text, origin).Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("%q gives\n%q, not\n%q", text, b.String(), want)
		}
	}
}

func TestSpelled(t *testing.T) {
	if got := spelled("KX4-207"); got != "K, X, 4, 2, 0, 7" {
		t.Errorf("%q", got)
	}
}
