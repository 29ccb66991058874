package views

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

var noon = time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)

func shellAt(path string) Shell {
	return Shell{Brand: "Admit One", Lang: "en", Path: path, DevInbox: true}
}

func codeWith(change func(*Code)) Code {
	c := Code{
		Purpose: "sign_in", Flow: "a&b", Channel: "email", Digits: 6,
		Destination: "m***@example.com", Tag: "Maple 42", Sender: "codes@example.com",
		Now: noon, ExpiresAt: noon.Add(10 * time.Minute), ResendAt: noon.Add(24 * time.Second), Life: 10 * time.Minute,
		TriesLeft: 5, Tries: 5, Delivery: Delivery{State: "accepted", At: noon},
	}
	if change != nil {
		change(&c)
	}
	return c
}

// pages is every page in every state it can be in.
func pages() map[string]templ.Component {
	all := map[string]templ.Component{
		"sign-up":        SignUp(SignUpPage{Shell: shellAt("/sign-up"), MinPassword: 12}),
		"sign-up closed": SignUpClosed(SignUpClosedPage{shellAt("/sign-up")}),
		"sign-in":        SignIn(SignInPage{Shell: shellAt("/sign-in?next=%2Faccount"), Next: "/account", SignUpOpen: true}),
		"sign-in closed": SignIn(SignInPage{Shell: shellAt("/sign-in")}),
		"account":        Account(AccountPage{Shell: Shell{Brand: "Solo", Path: "/account", SignedIn: true}, Email: "mara@example.com", SignedInAt: noon, Device: "Firefox on Linux", Known: true, Address: "203.0.113.7"}),
		"account shared": Account(AccountPage{Shell: shellAt("/account"), Email: "mara@example.com", SignedInAt: noon, Device: "Firefox on Linux", Address: "2001:db8::1"}),
		"help":           Help(HelpPage{Shell: shellAt("/help"), LifeMinutes: 10, Tries: 5, FlowMinutes: 60, MinPassword: 12, Sender: "codes@example.com"}),
		"not me":         NotMe(NotMePage{shellAt("/not-me")}),
	}
	code := func(name string, p CodePage) {
		p.Shell = shellAt(p.Code.path(""))
		all["code "+name] = CodeEntry(p)
	}
	code("new", CodePage{Code: codeWith(nil)})
	code("sign-up", CodePage{Code: codeWith(func(c *Code) { c.Purpose = "sign_up"; c.Shared = true })})
	code("phone", CodePage{Code: codeWith(func(c *Code) { c.Channel = "sms"; c.Digits = 8 })})
	code("resent", CodePage{Code: codeWith(nil), Said: "resent"})
	code("resent new", CodePage{Code: codeWith(nil), Said: "resent_new"})
	code("too soon", CodePage{Code: codeWith(nil), Said: "too_soon"})
	code("torn", CodePage{Code: codeWith(func(c *Code) { c.ExpiresAt = noon })})
	code("torn, just posted", CodePage{Code: codeWith(func(c *Code) { c.ExpiresAt = noon; c.Purpose = "sign_up" }), Errors: []FieldError{{Field: "code", Reason: "expired"}}})
	for _, d := range []Delivery{{}, {State: "queued"}, {State: "delayed", NextAt: noon}, {State: "refused", Reason: "no_mailbox"}, {State: "refused", Reason: "rejected"}, {State: "dropped"}} {
		code("delivery "+d.State+d.Reason, CodePage{Code: codeWith(func(c *Code) { c.Delivery = d })})
	}
	for reason := range fieldErrors["email"] {
		e := []FieldError{{Field: "email", Reason: reason}}
		all["sign-up email "+reason] = SignUp(SignUpPage{Shell: shellAt("/sign-up"), Email: `a"b@example.com`, Errors: e, MinPassword: 12})
		all["sign-in email "+reason] = SignIn(SignInPage{Shell: shellAt("/sign-in"), Email: "mara@example.com", Errors: e})
	}
	for reason := range fieldErrors["password"] {
		e := []FieldError{{Field: "email", Reason: "empty"}, {Field: "password", Reason: reason, N: 12}}
		all["sign-up password "+reason] = SignUp(SignUpPage{Shell: shellAt("/sign-up"), Errors: e, MinPassword: 12})
		all["sign-in password "+reason] = SignIn(SignInPage{Shell: shellAt("/sign-in"), Errors: e})
	}
	for reason := range fieldErrors["code"] {
		code("error "+reason, CodePage{Code: codeWith(func(c *Code) { c.TriesLeft = 3 }), Errors: []FieldError{{Field: "code", Reason: reason, N: 3}}})
	}
	for slug := range banners {
		s := shellAt("/sign-in")
		s.Notice, s.NoticeAt, s.Theme = slug, noon, "light"
		all["banner "+slug] = SignIn(SignInPage{Shell: s})
	}
	for reason := range waits {
		all["wait "+reason] = Wait(WaitPage{Shell: shellAt("/sign-in"), Reason: reason, Now: noon, RetryAt: noon.Add(15 * time.Minute), StartPath: "/sign-up"})
		all["no wait "+reason] = Wait(WaitPage{Shell: shellAt("/sign-in"), Reason: reason})
	}
	for kind := range problems {
		all["problem "+kind] = Problem(ProblemPage{Shell: shellAt("/x"), Kind: kind, RequestID: "k3v9q2"})
	}
	return all
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func parse(t *testing.T, c templ.Component) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(render(t, c)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasClass(n *html.Node, class string) bool {
	for _, c := range strings.Fields(attr(n, "class")) {
		if c == class {
			return true
		}
	}
	return false
}

func find(doc *html.Node, want func(*html.Node) bool) []*html.Node {
	var list []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && want(n) {
			list = append(list, n)
		}
	}
	return list
}

func tag(doc *html.Node, name string) []*html.Node {
	return find(doc, func(n *html.Node) bool { return n.Data == name })
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestEveryPage(t *testing.T) {
	for name, page := range pages() {
		t.Run(name, func(t *testing.T) {
			doc := parse(t, page)
			checkHead(t, doc)
			ids := checkIDs(t, doc)
			checkForms(t, doc, ids)
			checkPolicy(t, doc)
			checkErrors(t, doc, ids)
		})
	}
}

func checkHead(t *testing.T, doc *html.Node) {
	headings := tag(doc, "h1")
	if len(headings) != 1 || text(headings[0]) == "" {
		t.Fatalf("%d h1", len(headings))
	}
	title := text(tag(doc, "title")[0])
	if !strings.Contains(title, text(headings[0])+" - ") {
		t.Errorf("title %q does not begin with the h1 %q", title, text(headings[0]))
	}
	failed := len(find(doc, func(n *html.Node) bool { return hasClass(n, "error-summary") })) > 0
	if failed != strings.HasPrefix(title, "Error: ") {
		t.Errorf("title %q, error summary %v", title, failed)
	}
	root := tag(doc, "html")[0]
	if attr(root, "lang") == "" || attr(root, "dir") == "" {
		t.Error("html without lang or dir")
	}
	for _, landmark := range []string{"header", "nav", "main", "footer"} {
		if len(tag(doc, landmark)) == 0 {
			t.Errorf("no %s", landmark)
		}
	}
	if first := tag(doc, "a")[0]; attr(first, "href") != "#main" {
		t.Error("the first link does not skip to the content")
	}
	if n := len(find(doc, func(n *html.Node) bool { return hasClass(n, "ticket") })); n > 1 {
		t.Errorf("%d tickets", n)
	}
	for _, n := range tag(doc, "time") {
		if _, err := time.Parse(time.RFC3339, attr(n, "datetime")); err != nil || !strings.HasSuffix(text(n), "UTC") {
			t.Errorf("time %q: %q", attr(n, "datetime"), text(n))
		}
	}
	if page := text(tag(doc, "body")[0]); strings.ContainsAny(page, "{}") {
		t.Errorf("a mark is not filled: %s", page)
	}
}

func checkIDs(t *testing.T, doc *html.Node) map[string]*html.Node {
	ids := map[string]*html.Node{}
	for _, n := range find(doc, func(n *html.Node) bool { return attr(n, "id") != "" }) {
		if ids[attr(n, "id")] != nil {
			t.Errorf("id %s twice", attr(n, "id"))
		}
		ids[attr(n, "id")] = n
	}
	for n := range doc.Descendants() {
		for _, key := range []string{"aria-describedby", "aria-labelledby", "aria-controls", "for", "form"} {
			for _, id := range strings.Fields(attr(n, key)) {
				if ids[id] == nil {
					t.Errorf("%s of <%s> names %q, which is not here", key, n.Data, id)
				}
			}
		}
		if id, ok := strings.CutPrefix(attr(n, "href"), "#"); ok && ids[id] == nil {
			t.Errorf("a link to #%s, which is not here", id)
		}
	}
	return ids
}

func checkForms(t *testing.T, doc *html.Node, ids map[string]*html.Node) {
	labels := map[string]bool{}
	for _, n := range tag(doc, "label") {
		labels[attr(n, "for")] = true
	}
	for _, n := range tag(doc, "input") {
		if attr(n, "type") != "hidden" && !labels[attr(n, "id")] {
			t.Errorf("input %s has no label", attr(n, "name"))
		}
		for _, a := range n.Attr {
			if a.Key == "maxlength" || a.Key == "pattern" || a.Key == "placeholder" || a.Val == "number" {
				t.Errorf("input %s has %s=%q", attr(n, "name"), a.Key, a.Val)
			}
		}
		if attr(n, "type") == "password" && attr(n, "value") != "" || attr(n, "id") == "code" && attr(n, "value") != "" {
			t.Errorf("input %s keeps a secret", attr(n, "name"))
		}
	}
	for _, n := range tag(doc, "form") {
		if attr(n, "method") != "post" || !strings.HasPrefix(attr(n, "action"), "/") {
			t.Errorf("form method=%q action=%q", attr(n, "method"), attr(n, "action"))
		}
		if hx := attr(n, "hx-post"); hx != "" && hx != attr(n, "action") {
			t.Errorf("form posts to %s with script and to %s without", hx, attr(n, "action"))
		}
	}
	filled := find(doc, func(n *html.Node) bool {
		return (n.Data == "a" || n.Data == "button") && hasClass(n, "button") && !hasClass(n, "second")
	})
	if len(filled) > 1 {
		t.Errorf("%d filled buttons, one act per screen", len(filled))
	}
}

// The content policy forbids whatever runs or is styled inside the page.
func checkPolicy(t *testing.T, doc *html.Node) {
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") || strings.HasPrefix(a.Val, "js:") || strings.HasPrefix(a.Val, "javascript:") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		if n.Data == "style" || n.Data == "script" && (attr(n, "src") == "" || n.FirstChild != nil) {
			t.Errorf("inline <%s>", n.Data)
		}
		for _, key := range []string{"src", "href"} {
			if v := attr(n, key); strings.Contains(v, "//") {
				t.Errorf("<%s> loads or leads elsewhere: %s", n.Data, v)
			}
		}
	}
}

func checkErrors(t *testing.T, doc *html.Node, ids map[string]*html.Node) {
	summary := find(doc, func(n *html.Node) bool { return hasClass(n, "error-summary") })
	autofocus := find(doc, func(n *html.Node) bool {
		for _, a := range n.Attr {
			if a.Key == "autofocus" {
				return true
			}
		}
		return false
	})
	invalid := find(doc, func(n *html.Node) bool { return attr(n, "aria-invalid") == "true" })
	if len(summary) == 0 {
		if len(invalid) > 0 {
			t.Error("a field is marked without a summary")
		}
		return
	}
	if len(autofocus) > 0 {
		t.Error("autofocus takes the focus from the error summary")
	}
	for _, link := range tag(summary[0], "a") {
		id := strings.TrimPrefix(attr(link, "href"), "#")
		said := ids[id+"-error"]
		if id == "send" { // a torn ticket: the button answers the error
			continue
		}
		if said == nil {
			said = ids["email-error"]
		}
		if said == nil || text(said) != "Error: "+text(link) {
			t.Errorf("the summary says %q, the field something else", text(link))
		}
		if attr(ids[id], "aria-invalid") != "true" {
			t.Errorf("#%s is not marked", id)
		}
	}
	if len(find(doc, func(n *html.Node) bool { return hasClass(n, "notice") && hasClass(n, "first") })) > 0 {
		t.Error("a banner beside an error summary")
	}
}

func TestCredentialsMarkBothFields(t *testing.T) {
	doc := parse(t, SignIn(SignInPage{Shell: shellAt("/sign-in"), Email: "mara@example.com", Errors: []FieldError{{Field: "email", Reason: "credentials"}}}))
	for _, n := range tag(doc, "input") {
		if attr(n, "type") != "hidden" && (attr(n, "aria-invalid") != "true" || attr(n, "aria-describedby") != "email-error") {
			t.Errorf("%s: %v", attr(n, "name"), n.Attr)
		}
	}
}

func TestSignInPageIsLight(t *testing.T) {
	page := render(t, SignIn(SignInPage{Shell: shellAt("/sign-in"), SignUpOpen: true}))
	if strings.Contains(page, "htmx") {
		t.Error("the sign-in page loads htmx")
	}
	if n := strings.Count(page, `"/static/`); n > 5 {
		t.Errorf("%d files besides the page", n)
	}
	if strings.Contains(page, `href="/sign-in"`) {
		t.Error("the sign-in page leads to itself")
	}
}

func TestThemeStandsOnTheRoot(t *testing.T) {
	for theme, want := range map[string]string{"": "", "dark": "dark", "light": "light", `x" onload="`: ""} {
		s := shellAt("/help")
		s.Theme = theme
		doc := parse(t, Help(HelpPage{Shell: s}))
		if got := attr(tag(doc, "html")[0], "data-theme"); got != want {
			t.Errorf("theme %q: data-theme %q", theme, got)
		}
		pressed := find(doc, func(n *html.Node) bool { return attr(n, "aria-pressed") == "true" })
		if len(pressed) != 1 {
			t.Errorf("theme %q: %d pressed", theme, len(pressed))
		}
	}
}

func TestWordmark(t *testing.T) {
	for brand, want := range map[string]int{"Admit One": 1, "Solo": 0, "The Old Mill": 1} {
		s := shellAt("/help")
		s.Brand = brand
		doc := parse(t, NotMe(NotMePage{s}))
		behind := find(doc, func(n *html.Node) bool { return hasClass(n, "brand-b") })
		if len(behind) != want {
			t.Errorf("%s: %d words behind the perforation", brand, len(behind))
		}
		mark := find(doc, func(n *html.Node) bool { return hasClass(n, "brand") })[0]
		if text(mark) != brand {
			t.Errorf("%s is written %q", brand, text(mark))
		}
	}
}

func TestTimesKeepTheirZone(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	s := shellAt("/sign-in")
	s.Notice, s.NoticeAt, s.Zone = "signed_out", noon, zone
	page := render(t, SignIn(SignInPage{Shell: s}))
	if !strings.Contains(page, `<time datetime="2026-11-22T20:14:07Z">21:14:07 CET</time>`) {
		t.Error(page)
	}
}

// The parts that are swapped in have the ids of the parts they replace.
func TestResentReplacesTheClocks(t *testing.T) {
	page := parse(t, CodeEntry(CodePage{Shell: shellAt("/sign-in/code"), Code: codeWith(nil)}))
	for name, c := range map[string]templ.Component{
		"sent":     Resent(codeWith(nil), true, false),
		"fresh":    Resent(codeWith(func(c *Code) { c.Fresh = true }), true, false),
		"too soon": Resent(codeWith(func(c *Code) { c.Delivery.State = "queued" }), false, true),
		"neither":  Resent(codeWith(nil), false, false),
	} {
		doc := parse(t, c)
		swapped := find(doc, func(n *html.Node) bool { return attr(n, "hx-swap-oob") == "true" })
		if len(swapped) != 4 {
			t.Errorf("%s: %d parts", name, len(swapped))
		}
		for _, n := range swapped {
			if len(find(page, func(m *html.Node) bool { return attr(m, "id") == attr(n, "id") && m.Data == n.Data })) != 1 {
				t.Errorf("%s: #%s is not on the page", name, attr(n, "id"))
			}
		}
		checkPolicy(t, doc)
	}
	if s := render(t, Resent(codeWith(nil), true, false)); !strings.Contains(s, "It is the same code, so either message works.") {
		t.Error("a second message with the same code is not told as such")
	}
	if s := render(t, Resent(codeWith(nil), false, true)); !strings.Contains(s, "You can ask again in 24 seconds") {
		t.Error("the wait is not told")
	}
}

func TestDeliveryLineEndsItsOwnPolling(t *testing.T) {
	for state, polls := range map[string]bool{"queued": true, "delayed": true, "accepted": false, "refused": false, "dropped": false} {
		line := render(t, DeliveryLine(codeWith(func(c *Code) { c.Delivery = Delivery{State: state, At: noon, NextAt: noon} })))
		if strings.Contains(line, "hx-trigger") != polls {
			t.Errorf("%s: %s", state, line)
		}
		if polls && !strings.Contains(line, `hx-get="/sign-in/code/delivery?flow=a%26b"`) {
			t.Error(line)
		}
	}
}

func TestLateHelpAndNotices(t *testing.T) {
	if s := render(t, LateHelp(codeWith(nil))); !strings.Contains(s, "codes@example.com</bdi>, or send another code. <a") {
		t.Error(s)
	}
	s := render(t, ProblemNotice("server", "k3v9q2", 0))
	if !strings.Contains(s, "k3v9q2") {
		t.Error(s)
	}
	s = render(t, ProblemNotice("busy", "k3v9q2", 3*time.Second))
	if strings.Contains(s, "k3v9q2") || !strings.Contains(s, "Nothing has changed. You can try again in 3 seconds.") {
		t.Error(s)
	}
}

func TestNoticeOfAWaitNamesItsReason(t *testing.T) {
	for reason, w := range waits {
		if s := render(t, ProblemNotice(reason, "k3v9q2", time.Minute)); reason != "" && !strings.Contains(s, w.why) && problems[reason].notice == "" {
			t.Errorf("%s: %s", reason, s)
		}
	}
}

// Links lead to pages that exist.
func TestLinksLeadToPages(t *testing.T) {
	exist := regexp.MustCompile(`^(/|/sign-up|/sign-in|/account|/help|/not-me|/theme|/sign-out|/dev/inbox|/(sign-in|sign-up)/code(/resend|/delivery|/help)?)$`)
	help := parse(t, Help(HelpPage{Shell: shellAt("/help")}))
	for name, page := range pages() {
		for n := range parse(t, page).Descendants() {
			for _, key := range []string{"href", "action", "hx-get", "hx-post"} {
				v := attr(n, key)
				if v == "" || strings.HasPrefix(v, "#") || strings.HasPrefix(v, "/static/") {
					continue
				}
				path, id, _ := strings.Cut(v, "#")
				path, _, _ = strings.Cut(path, "?")
				if !exist.MatchString(path) {
					t.Errorf("%s: %s=%q", name, key, v)
				}
				if path == "/help" && id != "" && len(find(help, func(n *html.Node) bool { return attr(n, "id") == id })) != 1 {
					t.Errorf("%s: help has no %q", name, id)
				}
			}
		}
	}
	for _, id := range []string{"no-code", "why-a-code", "wrong-or-expired", "scams", "shared-device", "lost-email", "not-me"} {
		if len(find(help, func(n *html.Node) bool { return attr(n, "id") == id })) != 1 {
			t.Errorf("help has no section %s", id)
		}
	}
}
