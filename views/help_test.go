package views

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

// someText is what an article may hold.
const someText = `<p>Look in <a href="/help/a/email-rules">spam</a>.</p><h3>Then</h3><ol><li>Wait.</li></ol>`

var someLinks = []ArticleLink{{"no-code", "My code didn't arrive", "Look in spam. Then send another."}, {"tv", `"TV" & <b>codes</b>`, "Not yet </script>."}}

func articleOf(headings int) Article {
	a := Article{Slug: "no-code", Title: "My code didn't arrive", Summary: "Look in spam first.", HTML: "<p>Then.</p>", Updated: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Related: someLinks}
	for _, id := range []string{"one", "two", "three", "four"}[:headings] {
		a.Headings = append(a.Headings, Heading{id, "Part " + id})
		a.HTML += `<h2 id="` + id + `">Part ` + id + "</h2><p>Do this.</p>"
	}
	return a
}

// helpPages adds the pages of the help centre.
func helpPages(all map[string]templ.Component) {
	topics := []Topic{{"getting-a-code", "Getting a code", someLinks}, {"signing-in", "Signing in", nil}}
	shell := shellAt("/help")
	shell.Origin = "https://accounts.example.com"
	all["help"] = Help(HelpPage{Shell: shell, Top: someLinks, Topics: topics, Now: noon, Speeds: []Speed{
		{Channel: "email", State: "usual", Typical: 4 * time.Second}, {Channel: "sms", State: "slow", Since: noon.Add(-time.Hour)}, {Channel: "fax", State: "down", Since: noon},
	}})
	all["help, people there"] = Help(HelpPage{Shell: shell, Topics: topics, Ways: Ways{
		HasChat: true, Chat: Opening{Hours: Hours{Always: true}, Open: true}, Wait: ChatWait{Waiting: 2, Typical: 3 * time.Minute, Staffed: true},
		HasPhone: true, Phone: Opening{Hours: Hours{Lines: []HoursLine{{time.Monday, time.Friday, "08:00", "22:00"}}}, Next: noon}, Email: "help@example.com",
	}})
	all["topic"] = HelpTopic(TopicPage{shell, topics[0]})
	all["faq"] = HelpFAQ(FAQPage{shell, someLinks})
	all["article"] = HelpArticle(ArticlePage{Shell: shell, Article: articleOf(3)})
	all["article, long"] = HelpArticle(ArticlePage{Shell: shell, Article: articleOf(4), Now: noon, Speeds: []Speed{{Channel: "sms", State: "down", Since: noon}}})
	for kind := range helpActs {
		all["article, "+kind] = HelpArticle(ArticlePage{Shell: shell, Article: articleOf(0), Acts: []Act{{Kind: kind}}})
	}
	all["article, resend"] = HelpArticle(ArticlePage{Shell: shell, Article: articleOf(0), Acts: []Act{{Kind: "resend", Path: "/sign-in/code/resend", Flow: "a&b", Destination: "m***@example.com", Tag: "Maple 42"}, {Kind: "contact"}}})
	found := []Hit{{"no-code", []Run{{"My ", false}, {"code", true}, {" didn't arrive", false}}, []Run{{"<b>Look</b>", true}}}}
	all["search"] = Search(SearchPage{Shell: shell, Top: someLinks})
	all["search, found"] = Search(SearchPage{Shell: shell, Query: `<b>"code"</b>`, Hits: found})
	all["search, nothing"] = Search(SearchPage{Shell: shell, Query: "cde", Guess: `co"de`, Top: someLinks})
	for _, p := range []VotePage{{}, {Article: someLinks[0]}, {Article: someLinks[0], ID: "v1"}, {ID: "v1", Words: "</textarea>a <b>", Errors: []FieldError{{Field: "words", Reason: "too_long", N: 1000}}}, {Kept: true}} {
		p.Shell, p.Most = shell, 1000
		all["thanks "+p.ID+p.Words+p.Article.Slug+p.title()] = Thanks(p)
	}
	for reason := range fieldErrors["words"] {
		all["words "+reason] = Thanks(VotePage{Shell: shell, ID: "v1", Article: someLinks[0], Words: "x", Errors: []FieldError{{Field: "words", Reason: reason, N: 1000}}, Most: 1000})
	}
	all["sign-in, failed twice"] = SignIn(SignInPage{Shell: shellAt("/sign-in"), Failed: 2, Inline: someText, Errors: []FieldError{{Field: "email", Reason: "credentials"}}})
	everything := slices.Sorted(maps.Keys(reasonWords))
	all["refused"] = Refused(RefusedPage{Shell: shellAt("/sign-in"), Email: "m***@example.com", Mailed: true, Reasons: everything, Life: 10 * time.Minute})
	all["refused again"] = Refused(RefusedPage{Shell: shellAt("/sign-in"), Email: "m***@example.com", Reasons: everything})
	all["code, unusual"] = CodeEntry(CodePage{Shell: shellAt("/sign-in/code"), Code: codeWith(func(c *Code) { c.Reasons = everything })})
	all["problem with articles"] = Problem(ProblemPage{Shell: shellAt("/x"), Kind: "not_found", Top: someLinks})
}

// helpsOf are the answers that a page leads to beside its form, in order.
func helpsOf(doc *html.Node) []string {
	var list []string
	for _, n := range find(doc, func(n *html.Node) bool { return n.Data == "a" && has(n, "data-help") }) {
		list = append(list, strings.TrimPrefix(attr(n, "href"), "/help/a/"))
	}
	return list
}

func wants(t *testing.T, name string, doc *html.Node, slugs []string) {
	t.Helper()
	got := helpsOf(doc)
	for _, slug := range slugs {
		if !slices.Contains(got, slug) {
			t.Errorf("%s does not lead to %s, only to %v", name, slug, got)
		}
	}
}

// Every screen and every error has its answers beside it. What the map does not
// know is a failure: whoever adds a reason says what helps.
func TestHelpIsWhereItIsNeeded(t *testing.T) {
	all := pages()
	screens := map[string]string{
		"sign_in": "sign-in", "sign_in refused": "sign-in, failed twice", "sign_up": "sign-up", "reset": "reset", "reset_link": "reset link", "reset_new": "reset new",
		"another": "another sign_in", "reauth": "reauth start", "reauth_password": "reauth password", "reauth_moved": "reauth start moved", "email": "email", "phone": "phone", "phone_remove": "phone remove",
		"password": "change password", "two_step": "two-step new", "two_step_off": "two-step turn off", "devices": "devices", "everywhere": "everywhere",
		"close": "close", "not_me": "not me", "undo": "undo of nothing known", "activity": "activity", "refused": "refused",
	}
	for screen, h := range helpAt {
		if len(h.slugs) == 0 || len(h.slugs) > mostHelps {
			t.Errorf("%s has %d answers", screen, len(h.slugs))
		}
		if strings.HasPrefix(screen, "code ") {
			continue
		}
		if all[screens[screen]] == nil {
			t.Errorf("no page shows the answers of %s", screen)
			continue
		}
		wants(t, screen, parse(t, all[screens[screen]]), h.slugs)
	}
	for purpose := range placesOf {
		for _, channel := range []string{"email", "sms"} {
			for _, life := range []time.Duration{0, 10 * time.Minute} {
				c := codeWith(func(c *Code) {
					c.Purpose, c.Channel, c.ExpiresAt, c.Inline = purpose, channel, noon.Add(life), someText
				})
				h, ok := helpAt[c.HelpScreen()]
				if !ok || h.inline == "" {
					t.Errorf("no answers for %s", c.HelpScreen())
				}
				doc := parse(t, CodeEntry(CodePage{Shell: shellAt("/"), Code: c}))
				wants(t, c.HelpScreen(), doc, h.slugs)
				if len(find(doc, func(n *html.Node) bool { return has(n, "data-helps") })) != 1 {
					t.Errorf("%s does not show what to do", c.HelpScreen())
				}
				wants(t, "late "+purpose, parse(t, LateHelp(c)), []string{"no-code"})
			}
		}
	}
	wants(t, "later", parse(t, LaterHelp()), []string{"late-code"})
}

func TestEveryErrorHasItsHelp(t *testing.T) {
	for field, reasons := range fieldErrors {
		if field == "words" {
			continue // of the help centre itself
		}
		for reason := range reasons {
			slugs, ok := helpForErrors[field][reason]
			if !ok {
				t.Errorf("%s %q: nothing says what helps", field, reason)
			}
			e := []FieldError{{Field: field, Reason: reason, N: 3}}
			for name, page := range pagesWith(field, e) {
				doc := parse(t, page)
				wants(t, name+" "+field+" "+reason, doc, slugs)
				if len(helpsOf(doc)) == 0 {
					t.Errorf("%s %s %s: no help", name, field, reason)
				}
			}
		}
	}
	for field, reasons := range helpForErrors {
		for reason := range reasons {
			if _, ok := fieldErrors[field][reason]; !ok {
				t.Errorf("help for %s %q, which is no reason", field, reason)
			}
		}
	}
	for reason := range waits {
		slugs, ok := helpForWaits[reason]
		if name, _, flow := strings.Cut(reason, "/"); flow {
			slugs, ok = helpForWaits[name]
		}
		if !ok || len(slugs) == 0 {
			t.Errorf("the wait %q: nothing says what helps", reason)
		}
		name, _, _ := strings.Cut(reason, "/")
		wants(t, "wait "+reason, parse(t, Wait(WaitPage{Shell: shellAt("/"), Reason: name, Now: noon, RetryAt: noon.Add(time.Minute)})), slugs)
	}
	for kind := range problems {
		slugs, ok := helpForProblems[kind]
		if !ok {
			t.Errorf("the problem %q: nothing says what helps", kind)
		}
		wants(t, "problem "+kind, parse(t, Problem(ProblemPage{Shell: shellAt("/"), Kind: kind})), slugs)
	}
	for name := range deliveries {
		c := Code{Purpose: "sign_in", Channel: "email"}
		state, text := strings.CutPrefix(name, "sms ")
		if text {
			c.Channel = "sms"
		}
		c.Delivery.State, _, _ = strings.Cut(state, "/")
		if trouble := !slices.Contains([]string{"queued", "accepted", "delivered"}, c.Delivery.State); trouble != (c.deliveryHelp() != "") {
			t.Errorf("the delivery %q leads to %q", name, c.deliveryHelp())
		} else if trouble {
			wants(t, name, parse(t, DeliveryLine(c)), []string{c.deliveryHelp()})
		}
	}
	for _, reason := range []string{"over", "taken"} {
		if len(helpForUndo[reason]) == 0 {
			t.Errorf("an undo that is %s has no help", reason)
		}
		wants(t, "undo "+reason, parse(t, UndoOver(UndoOverPage{shellAt("/undo/a"), reason})), helpForUndo[reason])
	}
}

// pagesWith are the pages that can refuse a field.
func pagesWith(field string, e []FieldError) map[string]templ.Component {
	s := shellAt("/")
	switch field {
	case "email":
		return map[string]templ.Component{
			"sign-in": SignIn(SignInPage{Shell: s, Errors: e}), "sign-up": SignUp(SignUpPage{Shell: s, Errors: e}),
			"reset": Reset(ResetPage{Shell: s, Errors: e}), "email": Email(EmailPage{Shell: s, Errors: e}),
		}
	case "password":
		return map[string]templ.Component{"sign-in": SignIn(SignInPage{Shell: s, Errors: e}), "sign-up": SignUp(SignUpPage{Shell: s, Errors: e})}
	case "current_password":
		return map[string]templ.Component{"password": Password(PasswordPage{Shell: s, Errors: e}), "reauth": ReauthPassword(ReauthPasswordPage{Shell: s, Errors: e})}
	case "new_password":
		return map[string]templ.Component{"password": Password(PasswordPage{Shell: s, Errors: e}), "reset": ResetNew(ResetNewPage{Shell: s, Errors: e})}
	case "two_step":
		return map[string]templ.Component{"two-step": TwoStep(TwoStepPage{Shell: s, Errors: e})}
	case "phone":
		return map[string]templ.Component{"phone": Phone(PhonePage{Shell: s, On: true, Errors: e})}
	case "name":
		return map[string]templ.Component{"devices": Devices(DevicesPage{Shell: s, Devices: someDevices(), Rename: "d2", Errors: e})}
	case "way":
		return map[string]templ.Component{"another": Another(AnotherPage{Shell: s, Purpose: "sign_in", Ways: someWays(), Errors: e}), "two-step": TwoStep(TwoStepPage{Shell: s, Ways: someWays(), Errors: e})}
	case "code":
		list := map[string]templ.Component{}
		for purpose := range placesOf {
			list[purpose] = CodeEntry(CodePage{Shell: s, Code: codeWith(func(c *Code) { c.Purpose = purpose }), Errors: e})
		}
		return list
	}
	return nil
}

// No screen is drowned in help.
func TestHelpIsShort(t *testing.T) {
	for name, page := range pages() {
		boxes := find(parse(t, page), func(n *html.Node) bool { return hasClass(n, "helps") })
		for _, box := range boxes {
			if n := len(helpsOf(box)); n == 0 || n > mostHelps || len(boxes) > 1 {
				t.Errorf("%s: %d answers in %d boxes", name, n, len(boxes))
			}
		}
	}
}

func TestEveryAnswerHasATitle(t *testing.T) {
	used := map[string]bool{helpLate: true, "no-code": true, "keep-safe": true, "reset-password": true}
	for _, lists := range []map[string][]string{helpForWaits, helpForProblems, helpForUndo} {
		for _, slugs := range lists {
			for _, slug := range slugs {
				used[slug] = true
			}
		}
	}
	for _, h := range helpAt {
		for _, slug := range h.slugs {
			used[slug] = true
		}
	}
	for _, reasons := range helpForErrors {
		for _, slugs := range reasons {
			for _, slug := range slugs {
				used[slug] = true
			}
		}
	}
	for _, slug := range helpForDeliveries {
		used[slug] = true
	}
	for slug := range used {
		if helpTitles[slug] == "" {
			t.Errorf("%s has no title", slug)
		}
	}
	for slug := range helpTitles {
		if !used[slug] {
			t.Errorf("nothing leads to %s", slug)
		}
	}
}

func TestFAQData(t *testing.T) {
	doc := parse(t, pages()["faq"])
	data := find(doc, func(n *html.Node) bool { return attr(n, "type") == "application/ld+json" })
	if len(data) != 1 {
		t.Fatalf("%d blocks of data", len(data))
	}
	var page struct {
		Type       string `json:"@type"`
		MainEntity []struct {
			Name           string
			AcceptedAnswer struct{ Text string }
		}
	}
	if err := json.Unmarshal([]byte(data[0].FirstChild.Data), &page); err != nil {
		t.Fatal(err)
	}
	for i, a := range someLinks {
		if q := page.MainEntity[i]; page.Type != "FAQPage" || q.Name != a.Title || q.AcceptedAnswer.Text != a.Summary {
			t.Errorf("%+v", q)
		}
	}
}

func TestInPageLinksOnlyWhereTheyHelp(t *testing.T) {
	for name, want := range map[string]int{"article": 0, "article, long": 4} {
		nav := find(parse(t, pages()[name]), func(n *html.Node) bool { return hasClass(n, "jump") })
		links := 0
		for _, n := range nav {
			links += len(tag(n, "a"))
		}
		if links != want {
			t.Errorf("%s: %d links", name, links)
		}
	}
}

func TestSearchIsTextAndMarks(t *testing.T) {
	doc := parse(t, pages()["search, found"])
	if len(tag(doc, "b")) != 0 || len(tag(doc, "mark")) != 2 {
		t.Error(render(t, pages()["search, found"]))
	}
	if s := text(doc); !strings.Contains(s, `1 result for '<b>"code"</b>'`) || !strings.Contains(s, "My code didn't arrive") {
		t.Error(s)
	}
	nothing := parse(t, pages()["search, nothing"])
	if s := text(nothing); !strings.Contains(s, `Did you mean co"de?`) || !strings.Contains(s, "Nothing found for 'cde'") || !strings.Contains(s, helpContact) {
		t.Error(s)
	}
}

func TestSpeedWords(t *testing.T) {
	for want, s := range map[string]Speed{
		"Codes by email: usually within 5 seconds.":                        {Channel: "email", State: "usual", Typical: 4100 * time.Millisecond},
		"Codes by email: usually within 1 second.":                         {Channel: "email", State: "usual", Typical: 20 * time.Millisecond},
		"Texts: usually within 3 minutes.":                                 {Channel: "sms", State: "usual", Typical: 121 * time.Second},
		"Texts: slow since {time}.":                                        {Channel: "sms", State: "slow", Since: noon},
		"Codes by email: none could be sent since {time}. We keep trying.": {Channel: "email", State: "down", Since: noon},
	} {
		if got := s.words(); got != want {
			t.Errorf("%+v: %q, want %q", s, got, want)
		}
	}
	for _, s := range []Speed{{}, {Channel: "sms", State: "off"}, {Channel: "email", State: "usual"}, {Channel: "email", State: "slow"}} {
		if got := s.words(); got != "" {
			t.Errorf("%+v says %q", s, got)
		}
	}
}

func TestHoursWords(t *testing.T) {
	vienna := time.FixedZone("Europe/Vienna", 3600)
	for want, h := range map[string]Hours{
		"":                               {},
		"at any hour of any day":         {Always: true},
		"every day 08:00 to 22:00 (UTC)": {Lines: []HoursLine{{time.Monday, time.Sunday, "08:00", "22:00"}}},
		"Monday to Friday 08:00 to 12:00 and 13:00 to 18:00, Saturday and Sunday 10:00 to 18:00 (Vienna time)": {Zone: vienna, Lines: []HoursLine{
			{time.Monday, time.Friday, "08:00", "12:00"}, {time.Monday, time.Friday, "13:00", "18:00"}, {time.Saturday, time.Sunday, "10:00", "18:00"},
		}},
		"Wednesday 08:00 to 24:00 (UTC)": {Lines: []HoursLine{{time.Wednesday, time.Wednesday, "08:00", "24:00"}}},
	} {
		if got := HoursWords(h); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
