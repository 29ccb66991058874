package views

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

func someDesk(path string) Desk {
	s := inside(path)
	s.Legal = []Link{{"Privacy", "/privacy"}}
	return Desk{Shell: s, Agent: "Ines <b>", Now: noon, Open: true, OpenUntil: noon.Add(time.Hour), Queue: ConsoleQueue{
		Open: 3, Longest: 14 * time.Minute, Since: noon.UnixMilli(), Late: 10, Chat: "c1", Rows: []ConsoleRow{
			{ID: "c1", Short: "5d1a", Name: "Mara <b>E.", Problem: "no_code", State: "open", Agent: "Ines", Mine: true},
			{ID: "c2", Short: "5d4b", Problem: "lost_way", State: "waiting", Age: 14 * time.Minute, Late: true},
			{ID: "c3", Short: "5d9c", Masked: "a***@example.com", Problem: "else", State: "left", Agent: "Sam", Age: time.Minute},
			{ID: "c4", Short: "5e9c", State: "ended"},
		},
	}}
}

func someCustomer() ConsoleCustomer {
	return ConsoleCustomer{
		ID: "a1", Addresses: []string{"m***@example.com", "m***@example.org", "number ending 17"}, VoIP: true, CodesShut: []string{"m***@example.org"},
		Ways: []Way{{Masked: "number ending 17"}, {Masked: "m***@example.com"}}, TwoStep: "new_devices", Locale: "en", HasPassword: true,
		Devices: 4, Sessions: 2, WrongCodes: 1, CreatedAt: noon, ClosingAt: noon, LastSignIn: noon.AddDate(0, 0, -3), Verified: noon, VerifiedUntil: noon.Add(time.Hour), Recent: everyActivity(),
		Deliveries: []ConsoleDelivery{
			{Kind: "sign_in_code", Channel: "email", Masked: "m***@example.com", Tag: "Maple 42", AskedAt: noon, WrongTries: 1, Tries: 5, Used: true, Steps: []ConsoleStep{
				{noon, "queued", ""}, {noon, "delayed", "greylisted"}, {noon, "accepted", ""},
			}},
			{Kind: "never heard of", Channel: "sms", Masked: "number ending 17", AskedAt: noon.AddDate(0, 0, -1), Steps: []ConsoleStep{{noon.AddDate(0, 0, -1), "refused", "no_number"}, {noon, "lost", ""}}},
		},
	}
}

func someTalk() ConsoleChat {
	c := ConsoleChat{ID: "c1", Short: "5d1a", State: "open", Problem: "no_code", Name: "Mara <b>E.", Agent: "Ines", Seq: 9, Account: "a1", Masked: "m***@example.com", Device: "Firefox on Linux", Mine: true, IdleEndsAt: noon, Rating: 2}
	for _, author := range []string{"visitor", "staff", "note"} {
		c.Said = append(c.Said, ConsoleSaid{author, "Ines", "Some <b>words</b>\nand more", noon})
	}
	for slug := range deskEvents {
		c.Said = append(c.Said, ConsoleSaid{"event", "Ines", slug, noon.AddDate(0, 0, -1)})
	}
	c.Said = append(c.Said, ConsoleSaid{"event", "", "never heard of", noon})
	return c
}

// consolePages is every page of the console, in every state it can be in.
func consolePages() map[string]templ.Component {
	customer := someCustomer()
	talk := ConsoleChatPage{
		Desk: someDesk("/console/chat/c1"), Chat: someTalk(), Customer: &customer, Colleagues: []ConsoleColleague{{"a2", "Sam"}},
		Replies: []ConsoleReply{{"hello", "Say hello", "Hello.\nHow are you?"}}, Reply: ConsoleText{Text: "half <b>", Nonce: "n1"}, Note: ConsoleText{Nonce: "n2"},
		Articles: []Topic{{"getting-a-code", "Getting a code", []ArticleLink{{"no-code", "My code didn't arrive", "Look in spam."}}}},
	}
	waiting, left, ended, refused, noted, mine := talk, talk, talk, talk, talk, talk
	writes := customer
	writes.Verified, writes.Writes, writes.ReadOut = time.Time{}, true, noon
	talk.Customer, mine.Customer = &writes, &ConsoleCustomer{ID: "a2", Staff: true}
	waiting.Chat.State, waiting.Chat.Mine, waiting.Customer, waiting.Chat.Account = "waiting", false, nil, ""
	left.Chat.State, left.Reply.Focus = "left", true
	ended.Chat.State, ended.Chat.Wrap = "ended", "solved"
	refused.Errors = []FieldError{{Field: "reply", Reason: "looks_like_code"}}
	noted.Errors = []FieldError{{Field: "note", Reason: "required"}}
	found := someDesk("/console/find")
	found.Queue.Find, found.Queue.FindError = "mara@", FieldError{Field: "find", Reason: "address"}
	shut := someDesk("/console")
	shut.Open, shut.OpensAt, shut.Queue = false, noon.AddDate(0, 0, 1), ConsoleQueue{State: "waiting", Sort: "who"}
	page := ConsoleCustomerPage{Desk: someDesk("/console/account/a1"), Customer: customer, Chat: "c1"}
	why, colleague, typed := page, page, page
	page.Chat, page.Code = "", "k1"
	typed.Chat, typed.Customer.Verified = "", time.Time{}
	why.Errors, why.Reason = []FieldError{{Field: "reason", Reason: "too_short", N: 5}}, "x"
	colleague.Customer = ConsoleCustomer{ID: "a2", Staff: true}
	all := map[string]templ.Component{
		"queue": Console(someDesk("/console")), "queue empty": Console(shut), "queue, nothing found": Console(found),
		"talk": ConsoleChatView(talk), "talk waiting": ConsoleChatView(waiting), "talk left": ConsoleChatView(left), "talk ended": ConsoleChatView(ended),
		"talk refused": ConsoleChatView(refused), "talk note refused": ConsoleChatView(noted),
		"customer": ConsoleCustomerView(page), "customer refused": ConsoleCustomerView(why), "customer of staff": ConsoleCustomerView(colleague), "customer by address": ConsoleCustomerView(typed), "talk with staff": ConsoleChatView(mine),
		"keys":     ConsoleKeys(someDesk("/console/keys")),
		"articles": ConsoleArticles(ConsoleArticlesPage{Desk: someDesk("/console/articles"), Topics: talk.Articles}),
		"found":    ConsoleArticles(ConsoleArticlesPage{Desk: someDesk("/console/articles"), Query: "<b>", Topics: talk.Articles, Chat: "c1"}),
		"figures":  ConsoleFigures(ConsoleFiguresPage{Desk: someDesk("/console/figures"), Since: noon}),
		"figures, full": ConsoleFigures(ConsoleFiguresPage{
			Desk: someDesk("/console/figures"), Since: noon, Chats: 7, Ended: 3, MedianWait: time.Minute, LongestWait: time.Hour, Unanswered: someDesk("").Queue.Rows[1:2],
			Missed: []ConsoleMissed{{"<b>carpet", 3, noon}}, Articles: []ConsoleVotes{{"no-code", "My code didn't arrive", 1, 2, []string{"<b>more"}}},
		}),
		"calls, none": ConsoleCalls(ConsoleCallsPage{Desk: someDesk("/console/calls")}),
	}
	var calls []ConsoleCall
	for state := range deskCallStates {
		calls = append(calls, ConsoleCall{ID: state, State: state, Name: "Mara", Problem: "no_code", Masked: "number ending 17", Account: "a1", Agent: "Sam", Slot: noon, Tries: 1},
			ConsoleCall{ID: state + " mine", State: state, Masked: "number ending 17", Word: "harbour", Mine: true, Slot: noon.AddDate(0, 0, 1)})
	}
	all["calls"] = ConsoleCalls(ConsoleCallsPage{Desk: someDesk("/console/calls"), Calls: calls})
	all["sign-up under way"] = ConsoleUnknown(ConsoleUnknownPage{Desk: someDesk("/console/find"), Masked: "n***@example.com", Deliveries: customer.Deliveries})
	for _, a := range deskActList {
		all["confirm "+a.value] = ConsoleConfirm(ConsoleConfirmPage{Desk: someDesk("/console/account/a1/act"), ID: "a1", Masked: "m***@example.com", Act: a.value, Reason: "She <b>asked", Chat: "c1", Back: "/console/account/a1?chat=c1"})
	}
	maps.Copy(all, watchPages())
	all["early"] = ConsoleEarly(ConsoleEarlyPage{Desk: someDesk("/console/calls/k1/dial"), Call: ConsoleCall{ID: "k1", State: "scheduled", Masked: "number ending 17", Slot: noon.Add(5 * time.Hour)}})
	return all
}

func TestEveryConsolePage(t *testing.T) {
	for name, page := range consolePages() {
		t.Run(name, func(t *testing.T) {
			doc := parse(t, page)
			checkHead(t, doc)
			ids := checkIDs(t, doc)
			checkPolicy(t, doc)
			checkErrors(t, doc, ids)
			if len(tag(doc, "b")) > 0 {
				t.Error("somebody's markup is markup")
			}
			if attr(tag(doc, "html")[0], "data-theme") != "light" {
				t.Error("the console is light, on purpose unlike the members' pages")
			}
			for _, n := range tag(doc, "form") {
				if get := attr(n, "method") == "get"; get != (attr(n, "role") == "search") {
					t.Errorf("a form to %s goes by %s", attr(n, "action"), attr(n, "method"))
				}
			}
			for _, n := range tag(doc, "textarea") {
				if labels := find(doc, func(l *html.Node) bool { return l.Data == "label" && attr(l, "for") == attr(n, "id") }); len(labels) != 1 {
					t.Errorf("%d labels for %s", len(labels), attr(n, "id"))
				}
			}
		})
	}
}

// Staff see that a number is an internet service's, beside that number alone.
func TestInternetNumber(t *testing.T) {
	for voip, want := range map[bool]int{true: 1, false: 0} {
		c := someCustomer()
		c.VoIP = voip
		doc := parse(t, ConsoleCustomerView(ConsoleCustomerPage{Desk: someDesk("/console/customer/a1"), Customer: c}))
		beside := find(doc, func(n *html.Node) bool {
			return n.Data == "dd" && strings.Contains(text(n), deskVoIP) && strings.Contains(text(n), "number ending 17")
		})
		if len(beside) != want {
			t.Errorf("VoIP %v: it is said %d times", voip, len(beside))
		}
	}
}

// A note cannot be sent: its form has no field and no button of the reply's.
func TestNotesCannotBeSent(t *testing.T) {
	doc := parse(t, consolePages()["talk"])
	for _, form := range tag(doc, "form") {
		if attr(form, "id") != "note-form" {
			continue
		}
		if attr(form, "action") != "/console/chat/c1/note" || !hasClass(form, "inner") {
			t.Errorf("the note goes to %s", attr(form, "action"))
		}
		for n := range form.Descendants() {
			if attr(n, "formaction") != "" || attr(n, "form") != "" || attr(n, "name") == "reply" || attr(n, "name") == "send" {
				t.Errorf("<%s name=%q> stands in the form of the note", n.Data, attr(n, "name"))
			}
		}
		return
	}
	t.Error("there is no form for notes")
}

func TestConsoleWords(t *testing.T) {
	for field, reasons := range deskErrors {
		seen := map[string]bool{}
		for reason := range reasons {
			words := deskErrorWords(FieldError{Field: field, Reason: reason, N: 3})
			if words == "" || strings.ContainsAny(words, "{}") || seen[words] {
				t.Errorf("%s %s: %q", field, reason, words)
			}
			seen[words] = true
		}
		if deskErrorWords(FieldError{Field: field, Reason: "never heard of"}) == "" {
			t.Errorf("%s: an unknown reason says nothing", field)
		}
	}
	if got := agedWords(0); got != "Answered" {
		t.Errorf("%q", got)
	}
	for d, want := range map[time.Duration]string{time.Second: "1 s", 14 * time.Minute: "14 min", 3 * time.Hour: "3 h"} {
		if got := agedWords(d); got != want {
			t.Errorf("%v is told as %q, not %q", d, got, want)
		}
	}
}

// What the account holder reads says 'you'; staff read of somebody else.
func TestStaffReadOfSomebodyElse(t *testing.T) {
	for _, a := range append(everyActivity(), Activity{Kind: "never heard of"}) {
		for _, name := range []string{"", "Support", "Ines"} {
			a.Agent = name
			if words := deskActivity(a); strings.Contains(strings.ToLower(words), "you") || strings.ContainsAny(words, "{}") || strings.Contains(words, "()") {
				t.Errorf("%s by %q: %q", a.Kind, name, words)
			}
		}
	}
}

func TestHowFarACallIs(t *testing.T) {
	for d, want := range map[time.Duration]string{
		5 * time.Hour: "in 5 hours", 31 * time.Minute: "in 31 minutes", 100 * time.Minute: "in 2 hours", 20 * time.Second: "in 1 minute", 50 * time.Hour: "in 2 days",
		0: "now", -29 * time.Minute: "now", -30 * time.Minute: "30 minutes ago", -25 * time.Hour: "25 hours ago",
	} {
		if got := (ConsoleCall{State: "scheduled", Slot: noon.Add(d)}).away(noon); got != want {
			t.Errorf("%v: %q, not %q", d, got, want)
		}
	}
	if got := (ConsoleCall{State: "done", Slot: noon}).away(noon); got != "" {
		t.Errorf("%q", got)
	}
	for d, want := range map[time.Duration]string{30 * time.Second: "30 s", time.Minute: "1 min", 2 * time.Minute: "2 min", 61 * time.Second: "2 min", 3 * time.Hour: "3 h"} {
		if got := agedWords(d); got != want {
			t.Errorf("%v: %q, not %q", d, got, want)
		}
	}
}
