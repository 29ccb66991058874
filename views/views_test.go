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

// inside is the shell of a signed-in person.
func inside(path string) Shell {
	s := shellAt(path)
	s.SignedIn = true
	return s
}

func someDevices() []DeviceItem {
	return []DeviceItem{
		{ID: "d1", Name: "Firefox on Linux", This: true, SignedIn: true, FirstSeen: noon, LastSeen: noon, Address: "203.0.113.7", Icon: "computer"},
		{ID: "d2", Name: `Mara's "phone" <b>`, SignedIn: true, FirstSeen: noon.AddDate(-1, 0, 0), LastSeen: noon.Add(-3 * time.Hour), TrustedUntil: noon.AddDate(0, 0, 9), Address: "2001:db8::1", Icon: "phone"},
		{ID: "d3", Name: "Living-room TV", FirstSeen: noon.AddDate(0, -2, 0), LastSeen: noon.AddDate(0, 0, -1), TrustedUntil: noon.Add(-time.Hour), Icon: "tv"},
		{ID: "d4", Name: "A web browser", SignedIn: true, Unknown: true, FirstSeen: noon, LastSeen: noon, Icon: "fridge"},
	}
}

func everyActivity() []Activity {
	list := []Activity{{Kind: "never heard of", At: noon}}
	for kind := range activities {
		list = append(list, Activity{Kind: kind, At: noon, Device: "Firefox on Linux", Address: "203.0.113.7"}, Activity{Kind: kind, At: noon.AddDate(0, 0, -1), Device: "Firefox on Linux"},
			Activity{Kind: kind, At: noon.AddDate(-1, 0, 0), Address: "203.0.113.7"}, Activity{Kind: kind, At: noon, Detail: "asked for it on the <b>phone</b>", Agent: "Ines"})
	}
	return list
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
		"account":        Account(AccountPage{Shell: Shell{Brand: "Solo", Path: "/account", SignedIn: true}, Email: "mara@example.com", SignedInAt: noon, PasswordSetAt: noon, Now: noon, TwoStep: "new_devices", Devices: 4, PhoneLine: true, Device: "Firefox on Linux", Known: true, Address: "203.0.113.7", Recent: everyActivity()[:3]}),
		"account shared": Account(AccountPage{Shell: inside("/account"), Email: "mara@example.com", SignedInAt: noon, PasswordSetAt: noon, Now: noon, TwoStep: "new_devices", Device: "Firefox on Linux", Address: "2001:db8::1"}),
		"account every":  Account(AccountPage{Shell: inside("/account"), Email: "mara@example.com", SignedInAt: noon, PasswordSetAt: noon, Now: noon, TwoStep: "every_time", Devices: 1, Known: true}),
		"account off":    Account(AccountPage{Shell: inside("/account"), Email: "mara@example.com", SignedInAt: noon, PasswordSetAt: noon, Now: noon, TwoStep: "off", Devices: 1, Known: true}),

		"activity":             ActivityList(ActivityPage{Shell: inside("/account/activity"), Events: everyActivity(), Now: noon}),
		"activity without day": ActivityList(ActivityPage{Shell: inside("/account/activity"), Events: everyActivity()}),
		"activity empty":       ActivityList(ActivityPage{Shell: inside("/account/activity")}),
		"change password":      Password(PasswordPage{Shell: inside("/account/password"), Email: "mara@example.com", MinPassword: 12, SignOutOthers: true}),
		"two-step new":         TwoStep(TwoStepPage{Shell: inside("/account/two-step"), State: "new_devices", Now: noon}),
		"two-step every":       TwoStep(TwoStepPage{Shell: inside("/account/two-step"), State: "every_time", Now: noon}),
		"two-step off":         TwoStep(TwoStepPage{Shell: inside("/account/two-step"), State: "off", Now: noon}),
		"two-step turn off":    TwoStepOff(TwoStepOffPage{Shell: inside("/account/two-step/off")}),
		"devices":              Devices(DevicesPage{Shell: inside("/account/devices"), Now: noon, Devices: someDevices(), Sessions: 3}),
		"devices rename":       Devices(DevicesPage{Shell: inside("/account/devices?rename=d2"), Now: noon, Devices: someDevices(), Sessions: 3, Rename: "d2"}),
		"devices alone":        Devices(DevicesPage{Shell: inside("/account/devices"), Now: noon, Devices: someDevices()[:1], Sessions: 1}),
		"devices none":         Devices(DevicesPage{Shell: inside("/account/devices"), Now: noon, Sessions: 1}),
		"everywhere":           SignOutEverywhere(SignOutEverywherePage{inside("/account/devices/everywhere"), 4}),
		"everywhere alone":     SignOutEverywhere(SignOutEverywherePage{inside("/account/devices/everywhere"), 1}),
		"reset":                Reset(ResetPage{Shell: shellAt("/reset"), Email: "mara@example.com"}),
		"reset signed in":      Reset(ResetPage{Shell: inside("/reset")}),
		"reauth start":         ReauthStart(ReauthStartPage{Shell: inside("/reauth"), Destination: "m***@example.com", Next: "/account/password"}),
		"reset link":           ResetLink(ResetLinkPage{Shell: shellAt("/reset/link"), Email: "m***@example.com", Token: "t&k"}),
		"reset link bare":      ResetLink(ResetLinkPage{Shell: shellAt("/reset/link")}),
		"reset link over":      ResetLinkOver(ResetLinkOverPage{shellAt("/reset/link")}),
		"reset new":            ResetNew(ResetNewPage{Shell: shellAt("/reset/new"), Email: "mara@example.com", MinPassword: 12}),
		"not me":               NotMe(NotMePage{Shell: shellAt("/not-me"), Inline: someText}),
	}
	changePages(all)
	contactPages(all)
	helpPages(all)
	code := func(name string, p CodePage) {
		p.Shell = shellAt(p.Code.path(""))
		all["code "+name] = CodeEntry(p)
	}
	code("new", CodePage{Code: codeWith(nil)})
	code("sign-up", CodePage{Code: codeWith(func(c *Code) { c.Purpose = "sign_up"; c.Shared = true })})
	code("phone", CodePage{Code: codeWith(func(c *Code) { c.Channel = "sms"; c.Digits = 8 })})
	for _, purpose := range []string{"step_up", "reset", "email", "phone", "undo"} {
		c := codeWith(func(c *Code) {
			c.Purpose = purpose
			if purpose == "reset" {
				c.Digits, c.Destination, c.Delivery = 8, "mara@example.com", Delivery{}
			}
			if purpose == "phone" {
				c.Channel, c.Destination = "sms", "number ending 42"
			}
		})
		code(purpose, CodePage{Code: c})
		code(purpose+" resent", CodePage{Code: c, Said: "resent"})
		code(purpose+" resent new", CodePage{Code: c, Said: "resent_new"})
		code(purpose+" wrong", CodePage{Code: c, Errors: []FieldError{{Field: "code", Reason: "wrong", N: 3}}})
		c.ExpiresAt = noon
		code(purpose+" torn", CodePage{Code: c})
	}
	code("trust", CodePage{Code: codeWith(func(c *Code) { c.MayTrust, c.TrustDays, c.Trust = true, 30, true })})
	code("trust, no number", CodePage{Code: codeWith(func(c *Code) { c.MayTrust = true })})
	code("resent", CodePage{Code: codeWith(nil), Said: "resent"})
	code("resent new", CodePage{Code: codeWith(nil), Said: "resent_new"})
	code("too soon", CodePage{Code: codeWith(nil), Said: "too_soon"})
	code("torn", CodePage{Code: codeWith(func(c *Code) { c.ExpiresAt = noon })})
	code("torn, just posted", CodePage{Code: codeWith(func(c *Code) { c.ExpiresAt = noon; c.Purpose = "sign_up" }), Errors: []FieldError{{Field: "code", Reason: "expired"}}})
	for _, d := range []Delivery{{}, {State: "queued"}, {State: "delayed", NextAt: noon}, {State: "refused", Reason: "no_mailbox"}, {State: "refused", Reason: "rejected"}, {State: "dropped"}} {
		code("delivery "+d.State+d.Reason, CodePage{Code: codeWith(func(c *Code) { c.Delivery = d })})
	}
	for _, purpose := range []string{"sign_in", "step_up", "phone", "undo"} {
		for _, d := range textDeliveries {
			d.At, d.NextAt = noon, noon
			code("text "+purpose+" "+d.State+d.Reason, CodePage{Code: textCode(purpose, func(c *Code) { c.Delivery, c.Ways, c.Next = d, 2, "/account/email" })})
		}
		code("text "+purpose+" torn", CodePage{Code: textCode(purpose, func(c *Code) { c.ExpiresAt = noon })})
		code("text "+purpose+" resent", CodePage{Code: textCode(purpose, nil), Said: "resent"})
	}
	code("suggestion", CodePage{Code: codeWith(func(c *Code) { c.Purpose, c.Suggestion = "email", "mara@example.com" })})
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
	for reason := range fieldErrors["new_password"] {
		e := []FieldError{{Field: "new_password", Reason: reason, N: 12}}
		all["change password new "+reason] = Password(PasswordPage{Shell: inside("/account/password"), Email: "mara@example.com", MinPassword: 12, Errors: e})
		all["reset new "+reason] = ResetNew(ResetNewPage{Shell: shellAt("/reset/new"), Email: "mara@example.com", MinPassword: 12, Errors: e})
	}
	for reason := range fieldErrors["current_password"] {
		e := []FieldError{{Field: "current_password", Reason: reason}, {Field: "new_password", Reason: "empty"}}
		all["change password current "+reason] = Password(PasswordPage{Shell: inside("/account/password"), Email: "mara@example.com", MinPassword: 12, Errors: e})
	}
	for reason := range fieldErrors["two_step"] {
		all["two-step error "+reason] = TwoStep(TwoStepPage{Shell: inside("/account/two-step"), State: "off", Errors: []FieldError{{Field: "two_step", Reason: reason}}})
	}
	for reason := range fieldErrors["name"] {
		all["rename error "+reason] = Devices(DevicesPage{Shell: inside("/account/devices/rename"), Now: noon, Devices: someDevices(), Sessions: 3, Rename: "d2", RenameTo: "x", Errors: []FieldError{{Field: "name", Reason: reason, N: 40}}})
	}
	for reason := range fieldErrors["code"] {
		code("error "+reason, CodePage{Code: codeWith(func(c *Code) { c.TriesLeft = 3 }), Errors: []FieldError{{Field: "code", Reason: reason, N: 3}}})
	}
	for slug := range banners {
		s := shellAt("/sign-in")
		s.Notice, s.NoticeAt, s.Theme = slug, noon, "light"
		all["banner "+slug] = SignIn(SignInPage{Shell: s})
		s.Path, s.SignedIn = "/account/devices", true
		all["banner inside "+slug] = Devices(DevicesPage{Shell: s, Now: noon, Devices: someDevices()})
	}
	for reason := range waits {
		all["wait "+reason] = Wait(WaitPage{Shell: shellAt("/sign-in"), Reason: reason, Now: noon, RetryAt: noon.Add(15 * time.Minute), StartPath: "/sign-up"})
		all["no wait "+reason] = Wait(WaitPage{Shell: shellAt("/sign-in"), Reason: reason})
	}
	for kind := range problems {
		all["problem inside "+kind] = Problem(ProblemPage{Shell: inside("/x"), Kind: kind})
		all["problem "+kind] = Problem(ProblemPage{Shell: shellAt("/x"), Kind: kind, RequestID: "k3v9q2"})
	}
	return all
}

func someWays() []Way {
	return []Way{{ID: "w1", Channel: "email", Masked: "m***@example.com"}, {ID: "w2", Channel: "sms", Masked: "number ending 42", Now: true}, {ID: "w3", Channel: "email", Masked: "o***@example.net"}}
}

// messageOf is the page of one message that was not expected.
func messageOf(kind string) NotMeThisPage {
	return NotMeThisPage{
		Shell: shellAt("/not-me/abcd"), Token: "abcd", Kind: kind, At: noon, Device: "Firefox on Linux", Place: "Vienna, Austria",
		Address: "203.0.113.7", Tag: "Maple 42", HasAccount: kind != "sign_up_code", MuteHours: 24,
		PasswordRight: kind == "sign_in_code", InSession: kind == "step_up_code",
	}
}

// changePages adds the pages of addresses, the phone, what is taken back and the end.
func changePages(all map[string]templ.Component) {
	overview := AccountPage{
		Shell: inside("/account"), Email: "mara@example.com", PasswordSetAt: noon, TwoStep: "new_devices", Devices: 2, Device: "Firefox on Linux", Known: true,
		Address: "203.0.113.7", SignedInAt: noon, Now: noon, Second: "old@example.net", Pending: "new@example.org", Phone: "number ending 42", TextsOn: true, CodesTo: "number ending 42",
	}
	for slug := range changes {
		overview.Waiting = append(overview.Waiting, WaitingChange{slug, noon.Add(72 * time.Hour)})
		for _, p := range []UndoPage{{Waiting: true, HoldsAt: noon.Add(72 * time.Hour)}, {What: "n***@example.com"}, {What: "n***@example.com", AsksCode: true, Ways: []Way{{ID: "w1", Channel: "sms", Masked: "number ending 42"}}}, {AsksCode: true, Ways: someWays()}} {
			p.Shell, p.Token, p.Change, p.At = shellAt("/undo/abcd"), "abcd", slug, noon
			all["undo "+slug+" "+p.act()] = Undo(p)
		}
	}
	all["account full"] = Account(overview)
	for slug := range nudges {
		overview.Nudge = slug
		all["account nudge "+slug] = Account(overview)
	}
	all["undo of nothing known"] = Undo(UndoPage{Shell: inside("/undo/abcd"), Token: "abcd", Change: "never heard of", At: noon})
	all["undo over"] = UndoOver(UndoOverPage{shellAt("/undo/abcd"), "over"})
	all["undo taken"] = UndoOver(UndoOverPage{shellAt("/undo/abcd"), "taken"})
	all["undo stopped"] = UndoStopped(UndoStoppedPage{shellAt("/undo/abcd")})
	all["undo stopped inside"] = UndoStopped(UndoStoppedPage{inside("/undo/abcd")})

	mail := EmailPage{Shell: inside("/account/email"), Main: EmailItem{ID: "e1", Address: "mara@example.com"}, Now: noon}
	all["email"] = Email(mail)
	mail.Second, mail.Slow = EmailItem{ID: "e2", Address: "old@example.net", Refused: true}, 72
	all["email second"] = Email(mail)
	mail.Pending = PendingEmail{Address: "new@example.org", As: "main", SentAt: noon}
	all["email pending"] = Email(mail)
	mail.Second, mail.Pending.As, mail.Pending.SentAt = EmailItem{}, "second", time.Time{}
	all["email pending second"] = Email(mail)
	for reason := range fieldErrors["email"] {
		all["email error "+reason] = Email(EmailPage{Shell: inside("/account/email"), Main: mail.Main, As: "second", Email: "x", Errors: []FieldError{{Field: "email", Reason: reason}}, Now: noon})
	}

	phone := PhonePage{Shell: inside("/account/phone"), On: true, Countries: []string{"AT", "DE"}}
	all["phone"] = Phone(phone)
	phone.Phone, phone.Landline = "01 234567", true
	all["phone landline"] = Phone(phone)
	for reason := range fieldErrors["phone"] {
		all["phone error "+reason] = Phone(PhonePage{Shell: inside("/account/phone"), On: reason != "texts_off", Landline: reason == "landline", Phone: "x", Countries: []string{"AT"}, Errors: []FieldError{{Field: "phone", Reason: reason}}})
	}
	all["phone set"] = Phone(PhonePage{Shell: inside("/account/phone"), On: true, Number: "number ending 42", Slow: 72})
	all["phone off"] = Phone(PhonePage{Shell: inside("/account/phone")})
	all["phone held"] = Phone(PhonePage{Shell: inside("/account/phone"), On: true, Held: true, NoNew: true, Number: "number ending 42"})
	all["phone, no new"] = Phone(PhonePage{Shell: inside("/account/phone"), On: true, NoNew: true})
	all["phone set, off"] = Phone(PhonePage{Shell: inside("/account/phone"), Number: "number ending 42"})
	all["phone remove"] = PhoneRemove(PhoneRemovePage{Shell: inside("/account/phone/remove"), Number: "number ending 42", Only: true, Slow: 1})
	all["phone remove, one of several"] = PhoneRemove(PhoneRemovePage{Shell: inside("/account/phone/remove"), Number: "number ending 42"})

	all["change password slow"] = Password(PasswordPage{Shell: inside("/account/password"), Email: "mara@example.com", MinPassword: 12, Slow: 72})
	all["two-step ways"] = TwoStep(TwoStepPage{Shell: inside("/account/two-step"), State: "new_devices", Now: noon, CodesTo: "number ending 42", Ways: someWays(), Slow: 72})
	all["two-step mail"] = TwoStep(TwoStepPage{Shell: inside("/account/two-step"), State: "every_time", Now: noon, CodesTo: "m***@example.com", Ways: someWays()[:1]})
	all["two-step turn off slow"] = TwoStepOff(TwoStepOffPage{Shell: inside("/account/two-step/off"), Slow: 72, Unusual: true})
	all["close"] = Close(ClosePage{inside("/account/close"), "mara@example.com", 7})

	all["reauth start ways"] = ReauthStart(ReauthStartPage{Shell: inside("/reauth"), Destination: "number ending 42", Next: "/account/password", Ways: someWays()})
	all["reauth start moved"] = ReauthStart(ReauthStartPage{Shell: inside("/reauth"), Destination: "m***@example.com", Next: "/account", Moved: true})
	all["reauth start moved ways"] = ReauthStart(ReauthStartPage{Shell: inside("/reauth"), Destination: "number ending 42", Ways: someWays(), Moved: true})
	moved := func(c *Code) { c.Purpose, c.Moved, c.TextsHeld = "step_up", true, true }
	all["code moved"] = CodeEntry(CodePage{Shell: inside("/reauth"), Code: codeWith(moved)})
	all["code moved, torn"] = CodeEntry(CodePage{Shell: inside("/reauth"), Code: codeWith(func(c *Code) { moved(c); c.ExpiresAt = noon })})
	all["reauth password moved"] = ReauthPassword(ReauthPasswordPage{Shell: inside("/reauth/password"), Next: "/account", Moved: true, Hours: 72})
	all["devices moved"] = Devices(DevicesPage{Shell: inside("/account/devices"), Now: noon, Sessions: 1, Devices: []DeviceItem{
		{ID: "a", Name: "Firefox on Linux", This: true, SignedIn: true, FirstSeen: noon, LastSeen: noon, Address: "192.0.2.7", Place: "Vienna, Austria", MovedAt: noon, Icon: "computer"},
	}})
	all["reauth start others"] = ReauthStart(ReauthStartPage{Shell: inside("/reauth"), Destination: "number ending 42", Ways: someWays()[:1]})
	all["reauth password"] = ReauthPassword(ReauthPasswordPage{Shell: inside("/reauth/password"), Email: "mara@example.com", Next: "/account/email", Hours: 72})
	for reason := range fieldErrors["current_password"] {
		all["reauth password "+reason] = ReauthPassword(ReauthPasswordPage{Shell: inside("/reauth/password"), Email: "mara@example.com", Hours: 1, Errors: []FieldError{{Field: "current_password", Reason: reason}}})
	}
	for purpose := range placesOf {
		p := AnotherPage{Shell: shellAt(Code{Purpose: purpose}.path("/another")), Purpose: purpose, Flow: "a&b", Ways: someWays()}
		all["another "+purpose] = Another(p)
		p.Ways = nil
		all["another none "+purpose] = Another(p)
	}
	for reason := range fieldErrors["way"] {
		e := []FieldError{{Field: "way", Reason: reason}}
		all["another error "+reason] = Another(AnotherPage{Shell: shellAt("/sign-in/code/another"), Purpose: "sign_in", Flow: "a", Ways: someWays(), Errors: e})
		all["two-step way error "+reason] = TwoStep(TwoStepPage{Shell: inside("/account/two-step"), State: "off", Now: noon, Ways: someWays(), Errors: e})
	}

	for kind := range notMeKinds {
		p := messageOf(kind)
		all["not me "+kind] = NotMeThis(p)
		p.Blocked = true
		all["blocked "+kind] = NotMeThis(p)
		p.Opened, p.PasswordDone, p.OutDone, p.TwoStepDone, p.MutedUntil, p.Shell.SignedIn = true, true, true, true, noon.Add(24*time.Hour), true
		all["blocked, all done "+kind] = NotMeThis(p)
	}
	all["not me bare"] = NotMeThis(NotMeThisPage{Shell: shellAt("/not-me/abcd"), Token: "abcd", Kind: "never heard of", At: noon})
	all["not me over"] = NotMeOver(NotMeOverPage{Shell: shellAt("/not-me/abcd")})
	all["not me inside"] = NotMe(NotMePage{Shell: inside("/not-me")})
}

// textCode is a code on its way to a phone.
func textCode(purpose string, change func(*Code)) Code {
	return codeWith(func(c *Code) {
		c.Purpose, c.Channel, c.Destination = purpose, "sms", "number ending 42"
		if change != nil {
			change(c)
		}
	})
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
		_, err := time.Parse(time.RFC3339, attr(n, "datetime"))
		_, errDay := time.Parse(time.DateOnly, attr(n, "datetime")) // a day alone has no zone
		if (err != nil || !strings.HasSuffix(text(n), "UTC")) && errDay != nil {
			t.Errorf("time %q: %q", attr(n, "datetime"), text(n))
		}
	}
	if page := text(tag(doc, "body")[0]); strings.ContainsAny(page, "{}") {
		t.Errorf("a mark is not filled: %s", page)
	}
	for _, n := range tag(doc, "p") {
		if stuck := regexp.MustCompile(`[a-z]\.[A-Z][a-z]+`).FindString(text(n)); stuck != "" {
			t.Errorf("no space after a sentence: %q", stuck)
		}
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
		if search := attr(n, "role") == "search"; search != (attr(n, "method") == "get") && attr(n, "action") != "/contact" || !strings.HasPrefix(attr(n, "action"), "/") {
			t.Errorf("form method=%q action=%q", attr(n, "method"), attr(n, "action"))
		}
		if hx := attr(n, "hx-post"); hx != "" && hx != attr(n, "action") {
			t.Errorf("form posts to %s with script and to %s without", hx, attr(n, "action"))
		}
	}
	filled := find(doc, func(n *html.Node) bool {
		return (n.Data == "a" || n.Data == "button") && hasClass(n, "button") && !hasClass(n, "second") && !hasClass(n, "danger")
	})
	if len(filled) > 1 {
		t.Errorf("%d filled buttons, one act per screen", len(filled))
	}
}

// The content policy forbids whatever runs or is styled inside the page.
func checkPolicy(t *testing.T, doc *html.Node) {
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "else" || a.Key == "if" || strings.ContainsAny(a.Key, "{}=") {
				t.Errorf("<%s> shows %q of its template", n.Data, a.Key)
			}
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") || strings.HasPrefix(a.Val, "js:") || strings.HasPrefix(a.Val, "javascript:") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		data := attr(n, "type") == "application/ld+json" // no browser runs it
		if n.Data == "style" || n.Data == "script" && !data && (attr(n, "src") == "" || n.FirstChild != nil) {
			t.Errorf("inline <%s>", n.Data)
		}
		for _, key := range []string{"src", "href"} {
			if v := attr(n, key); strings.Contains(v, "//") && attr(n, "rel") != "canonical" {
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
		if attr(ids[id], "type") == "radio" { // the group is refused, not one of it
			group := ids[id]
			for group.Data != "fieldset" {
				group = group.Parent
			}
			if attr(group, "aria-invalid") != "true" || attr(group, "role") != "radiogroup" || attr(group, "aria-describedby") != id+"-error" {
				t.Errorf("the group of #%s is not marked", id)
			}
			continue
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
		doc := parse(t, NotMe(NotMePage{Shell: s}))
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
	exist := regexp.MustCompile(`^(/|/sign-up|/sign-in|/account|/help(/(search|faq|words|t/[a-z-]+|a/[a-z-]+(/vote)?))?|/contact(/(chat(/[a-z0-9]+(/(messages|events|transcript|extend|leave|end|rating|mail))?)?|phone(/service-code|/call-back(/[a-z0-9]+(/cancel)?)?)?))?|mailto:help@example\.com|tel:\+\d+|/not-me|/theme|/sign-out|/dev/inbox|/(sign-in/code|sign-up/code|reset/code|reauth|account/email/code|account/phone/code|undo/code)(/resend|/delivery|/help|/another)?|/account/(password|activity|email(/(cancel|main|remove))?|phone(/remove)?|data\.json|close|two-step(/off|/channel)?|devices(/(rename|sign-out|untrust|everywhere))?)|/reauth/password|/(undo|not-me)/abcd|/reset(/link|/new)?)$`)
	for name, page := range pages() {
		for n := range parse(t, page).Descendants() {
			for _, key := range []string{"href", "action", "hx-get", "hx-post"} {
				v := attr(n, key)
				if v == "" || strings.HasPrefix(v, "#") || strings.HasPrefix(v, "/static/") {
					continue
				}
				path, _, _ := strings.Cut(v, "#")
				path, _, _ = strings.Cut(path, "?")
				if !exist.MatchString(path) && attr(n, "rel") != "canonical" {
					t.Errorf("%s: %s=%q", name, key, v)
				}
			}
		}
	}
}

// Links and buttons with the same words lead to the same place, or a hidden
// word tells them apart.
func TestActsAreToldApart(t *testing.T) {
	for name, page := range pages() {
		seen := map[string]string{}
		doc := parse(t, page)
		for _, n := range find(doc, func(n *html.Node) bool { return n.Data == "a" || n.Data == "button" }) {
			words, to := text(n), attr(n, "href")+attr(n, "aria-controls")
			if label := attr(n, "aria-label"); label != "" {
				words = label
			}
			if n.Data == "button" && attr(n, "name") == "" {
				for form := n.Parent; form != nil; form = form.Parent {
					if form.Data == "form" {
						to += attr(form, "action")
						for _, in := range tag(form, "input") {
							if attr(in, "type") == "hidden" && attr(in, "name") == "device" {
								to += attr(in, "value")
							}
						}
					}
				}
			}
			if words == "" {
				t.Errorf("%s: an act without words", name)
			}
			if was, ok := seen[words+" "+n.Data]; ok && was != to {
				t.Errorf("%s: %q leads to %q and %q", name, words, was, to)
			}
			seen[words+" "+n.Data] = to
		}
	}
}

func TestPlacesOfTheAccount(t *testing.T) {
	for name, want := range map[string]string{
		"account": "page /account", "change password": "page /account/password", "two-step new": "page /account/two-step",
		"two-step turn off": "true /account/two-step", "devices rename": "page /account/devices", "rename error empty": "true /account/devices",
		"everywhere": "true /account/devices", "activity": "page /account/activity", "email": "page /account/email", "phone": "page /account/phone",
		"phone remove": "true /account/phone", "close": "page /account/close",
	} {
		doc := parse(t, pages()[name])
		side := find(doc, func(n *html.Node) bool { return hasClass(n, "side") })
		if len(side) != 1 {
			t.Fatalf("%s: %d lists of places", name, len(side))
		}
		current := find(side[0], func(n *html.Node) bool { return attr(n, "aria-current") != "" })
		if len(current) != 1 || attr(current[0], "aria-current")+" "+attr(current[0], "href") != want {
			t.Errorf("%s: the current place is not %q", name, want)
		}
		back := find(doc, func(n *html.Node) bool { return hasClass(n, "back") })
		if overview := name == "account"; overview != (len(back) == 0) {
			t.Errorf("%s: %d ways back", name, len(back))
		}
		out := find(doc, func(n *html.Node) bool { return n.Data == "form" && attr(n, "action") == "/sign-out" })
		if len(out) != 1 {
			t.Errorf("%s: %d forms to sign out", name, len(out))
		}
	}
}

// A password manager learns whose password it is, which one is old, which new.
func TestPasswordManagersAreTold(t *testing.T) {
	for name, want := range map[string]string{
		"sign-in": "username webauthn,current-password", "sign-up": "username,new-password",
		"change password": "username,current-password,new-password", "reset new": "username,new-password", "reset": "username",
		"reauth password": "username,current-password", "email": "email", "phone": "tel",
	} {
		var got []string
		for _, n := range tag(parse(t, pages()[name]), "input") {
			if a := attr(n, "autocomplete"); a != "" {
				got = append(got, a)
			}
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
}

// In a reset nothing on the page tells whether the address has an account.
func TestResetTellsNothing(t *testing.T) {
	c := codeWith(func(c *Code) {
		c.Purpose, c.Digits, c.Destination, c.Delivery = "reset", 8, "mara@example.com", Delivery{}
	})
	for _, said := range []string{"", "resent", "resent_new", "too_soon"} {
		page := text(parse(t, CodeEntry(CodePage{Shell: shellAt("/reset/code"), Code: c, Said: said})))
		for _, banned := range []string{"Sent to", "We sent", "we sent your", "Accepted by"} {
			if strings.Contains(page, banned) {
				t.Errorf("%s: %q", said, banned)
			}
		}
		if !strings.Contains(page, "If there is an account for mara@example.com, we have sent a code and a link.") {
			t.Error(page)
		}
	}
	s := render(t, Resent(c, true, false))
	if !strings.Contains(s, "If there is an account for <bdi dir=\"ltr\">mara@example.com</bdi>, we sent the code again at") || strings.Contains(s, "delivery") {
		t.Error(s)
	}
}

func TestCodeOfAStepUp(t *testing.T) {
	doc := parse(t, pages()["code step_up"])
	page := text(doc)
	if !strings.Contains(page, "We sent a 6-digit code to confirm it's you before you go on.") || strings.Contains(page, "different email") || strings.Contains(page, "shared") {
		t.Error(page)
	}
	if len(find(doc, func(n *html.Node) bool { return attr(n, "href") == "/account" && text(n) == codeBack })) != 1 {
		t.Error("no way back to the account")
	}
}

func TestDeviceGone(t *testing.T) {
	page := parse(t, pages()["devices"])
	row := DeviceGone(`Mara's "phone" <b>`, noon, time.FixedZone("CET", 3600))
	doc := parse(t, row)
	checkPolicy(t, doc)
	if len(tag(doc, "li")) != 0 || len(tag(doc, "b")) != 0 {
		t.Error("something is left of the row")
	}
	if s := text(doc); !strings.Contains(s, `Signed out Mara's "phone" <b>, confirmed at 21:14:07 CET.`) {
		t.Error(s)
	}
	for _, n := range find(doc, func(n *html.Node) bool { return attr(n, "hx-swap-oob") != "" }) {
		there := find(page, func(m *html.Node) bool { return attr(m, "id") == attr(n, "id") && m.Data == n.Data })
		if len(there) != 1 {
			t.Errorf("#%s is not on the page", attr(n, "id"))
		}
	}
}

func TestDeviceRows(t *testing.T) {
	doc := parse(t, pages()["devices"])
	rows := find(doc, func(n *html.Node) bool { return hasClass(n, "thing") })
	for i, want := range []struct {
		tags, acts string
	}{
		{"This device", "Rename Firefox on Linux"},
		{"Trusted until 1 December 2026", `Rename Mara's "phone" <b>|Stop trusting Mara's "phone" <b>|Sign out Mara's "phone" <b>`},
		{"Not signed in", "Rename Living-room TV|Forget Living-room TV"},
		{"", "Sign out A web browser"},
	} {
		var tags, acts []string
		for _, n := range find(rows[i], func(n *html.Node) bool { return hasClass(n, "tag") }) {
			tags = append(tags, text(n))
		}
		for _, n := range find(rows[i], func(n *html.Node) bool { return n.Data == "a" || n.Data == "button" }) {
			words := text(n)
			if label := attr(n, "aria-label"); label != "" {
				words = label
			}
			acts = append(acts, words)
		}
		if strings.Join(tags, "|") != want.tags || strings.Join(acts, "|") != want.acts {
			t.Errorf("row %d: %v %v", i, tags, acts)
		}
	}
	for name, alone := range map[string]bool{"devices": false, "devices alone": true, "devices none": true} {
		if strings.Contains(render(t, pages()[name]), devicesAlone) != alone {
			t.Errorf("%s: %q", name, devicesAlone)
		}
	}
}

func TestSignedOutEverywhereSaysWhetherHereToo(t *testing.T) {
	out, in := text(parse(t, pages()["banner signed_out_everywhere"])), text(parse(t, pages()["banner inside signed_out_everywhere"]))
	if !strings.Contains(out, "this one too. It took hold at 20:14:07 UTC") || !strings.Contains(in, "All other devices are signed out. It took hold at 20:14:07 UTC") {
		t.Error(out, in)
	}
}
