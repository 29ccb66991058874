package views

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

func mainText(doc *html.Node) string { return text(tag(doc, "main")[0]) }

// hidden gives the hidden fields of the form with an action.
func hidden(doc *html.Node, action string) map[string]string {
	fields := map[string]string{}
	for _, form := range find(doc, func(n *html.Node) bool { return n.Data == "form" && attr(n, "action") == action }) {
		for _, n := range tag(form, "input") {
			if attr(n, "type") == "hidden" {
				fields[attr(n, "name")] = attr(n, "value")
			}
		}
	}
	return fields
}

// Someone who waits for a text is not sent to a mailbox.
func TestPagesOfTextsSpeakOfNoMail(t *testing.T) {
	said := 0
	for name, page := range pages() {
		if !strings.HasPrefix(name, "code text ") {
			continue
		}
		said++
		doc := parse(t, page)
		if words := mainText(doc); strings.Contains(strings.ToLower(words), "mail") || !strings.Contains(words, "Check your phone") {
			t.Errorf("%s: %s", name, words)
		}
	}
	for _, d := range textDeliveries {
		c := textCode("sign_in", func(c *Code) { c.Delivery = d })
		if words := text(parse(t, LateHelp(c))) + text(parse(t, Resent(c, true, false))); strings.Contains(strings.ToLower(words), "mail") {
			t.Errorf("%+v: %s", d, words)
		}
	}
	if said < 40 {
		t.Errorf("only %d pages", said)
	}
}

func TestTextsAreReadOnlyWhereTheyGo(t *testing.T) {
	for name, want := range map[string]string{"code new": "email", "code text sign_in accepted": "sms"} {
		form := find(parse(t, pages()[name]), func(n *html.Node) bool { return attr(n, "id") == "code-form" })
		if got := attr(form[0], "data-channel"); got != want {
			t.Errorf("%s: data-channel=%q", name, got)
		}
	}
}

// A text that was accepted may yet be reported as delivered, a mail may not.
func TestDeliveryOfTextsGoesOn(t *testing.T) {
	for state, every := range map[string]string{"queued": "every 2s", "delayed": "every 2s", "accepted": "every 10s", "delivered": "", "undelivered": "", "refused": "", "dropped": ""} {
		c := textCode("sign_in", func(c *Code) { c.Delivery = Delivery{State: state, At: noon, NextAt: noon} })
		if got := c.polls(); got != every {
			t.Errorf("%s: %q, want %q", state, got, every)
		}
		if line := render(t, DeliveryLine(c)); strings.Contains(line, "hx-trigger") != (every != "") {
			t.Errorf("%s: %s", state, line)
		}
	}
	late := textCode("sign_in", func(c *Code) { c.Delivery.State, c.ExpiresAt = "accepted", noon })
	if late.polls() != "" {
		t.Error("the line of an expired code asks on")
	}
}

func TestAnotherWayIsOffered(t *testing.T) {
	for purpose, places := range map[string]int{"sign_in": 2, "step_up": 2, "undo": 1} {
		for ways := range 2 {
			doc := parse(t, CodeEntry(CodePage{Shell: shellAt("/"), Code: textCode(purpose, func(c *Code) { c.Ways = ways })}))
			to := placesOf[purpose].code + "/another"
			links := find(doc, func(n *html.Node) bool { return attr(n, "href") == to && text(n) == anotherTitle })
			if len(links) != ways*places {
				t.Errorf("%s with %d other ways: %d links", purpose, ways, len(links))
			}
		}
	}
	doc := parse(t, pages()["another sign_in"])
	if s := mainText(doc); !strings.Contains(s, "Email to m***@example.com") || !strings.Contains(s, "Text to number ending 42 The last message went here.") {
		t.Error(s)
	}
	chosen := find(doc, func(n *html.Node) bool { return attr(n, "name") == "way" && has(n, "checked") })
	if len(chosen) != 1 || attr(chosen[0], "value") != "w1" {
		t.Error("the way in use is offered first")
	}
	if hidden(doc, "/sign-in/code/another")["flow"] != "a&b" {
		t.Error("the form does not name its flow")
	}
	for purpose, to := range map[string]string{"sign_in": "/help/a/lost-email", "step_up": "/reauth/password"} {
		links := find(parse(t, pages()["another "+purpose]), func(n *html.Node) bool { return text(n) == anotherNone && attr(n, "href") == to })
		if len(links) != 1 {
			t.Errorf("%s: nowhere to go without any way", purpose)
		}
	}
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

// What the person was about to do is not lost on the way through the code.
func TestStepUpKeepsWhereItLeads(t *testing.T) {
	doc := parse(t, pages()["code text step_up accepted"])
	for _, action := range []string{"/reauth", "/reauth/resend"} {
		if got := hidden(doc, action); got["next"] != "/account/email" || got["flow"] != "a&b" {
			t.Errorf("%s: %v", action, got)
		}
	}
	if got := hidden(parse(t, pages()["code text step_up torn"]), "/reauth/resend"); got["flow"] != "a&b" || len(got) != 1 {
		t.Error(got)
	}
	for _, name := range []string{"reauth start", "reauth start ways"} {
		doc := parse(t, pages()[name])
		if hidden(doc, "/reauth")["next"] != "/account/password" || len(find(doc, func(n *html.Node) bool { return attr(n, "href") == "/reauth/password?next=%2Faccount%2Fpassword" })) != 1 {
			t.Errorf("%s forgets where it leads", name)
		}
	}
	if got := hidden(parse(t, pages()["reauth password"]), "/reauth/password"); got["next"] != "/account/email" {
		t.Error(got)
	}
}

// The usual way is among the choices, whether or not it is listed.
func TestStepUpOffersEveryWay(t *testing.T) {
	for name, want := range map[string]string{
		"reauth start": "", "reauth start ways": "w1 w2* w3", "reauth start others": "* w1",
	} {
		var got []string
		for _, n := range find(parse(t, pages()[name]), func(n *html.Node) bool { return attr(n, "name") == "way" }) {
			value := attr(n, "value")
			if has(n, "checked") {
				value += "*"
			}
			got = append(got, value)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestClosingNamesItsDay(t *testing.T) {
	if s := mainText(parse(t, pages()["banner closing"])); !strings.Contains(s, "It ends on 22 November 2026, 20:14 UTC. Sign in before then to keep it.") {
		t.Error(s)
	}
}

func TestAtMostOneNudge(t *testing.T) {
	p := AccountPage{Shell: inside("/account"), Email: "mara@example.com", Nudge: "mail_refused", Now: noon}
	if s := render(t, Account(p)); strings.Count(s, `class="notice`) != 1 {
		t.Error("not one notice")
	}
	p.Shell.Notice = "email_changed"
	if s := render(t, Account(p)); strings.Count(s, `class="notice`) != 1 {
		t.Error("a nudge beside the banner")
	}
}

func TestPendingAddressIsSeen(t *testing.T) {
	doc := parse(t, pages()["email pending"])
	if s := mainText(doc); !strings.Contains(s, "We sent a code to new@example.org. Until it is entered, mara@example.com stays.") {
		t.Error(s)
	}
	for _, to := range []string{"/account/email/code", "/account/email/cancel"} {
		if len(find(doc, func(n *html.Node) bool { return attr(n, "href") == to || attr(n, "action") == to })) != 1 {
			t.Errorf("no way to %s", to)
		}
	}
	for name, want := range map[string]string{"/account/email/main": "e2", "/account/email/remove": "e2"} {
		if got := hidden(doc, name)["id"]; got != want {
			t.Errorf("%s: id %q", name, got)
		}
	}
	if hidden(doc, "/account/email")["as"] != "main" || len(tag(parse(t, pages()["email"]), "fieldset")) != 1 {
		t.Error("a third address is offered, or a second one is not")
	}
	kept := find(parse(t, pages()["email error same"]), func(n *html.Node) bool { return attr(n, "value") == "second" && has(n, "checked") })
	if len(kept) != 1 {
		t.Error("the choice is lost with the error")
	}
}

func TestLandlineIsAWarning(t *testing.T) {
	doc := parse(t, pages()["phone landline"])
	if s := mainText(doc); hidden(doc, "/account/phone")["landline"] != "yes" || !strings.Contains(s, phoneAnyway) {
		t.Error(s)
	}
	if refused := parse(t, pages()["phone error landline"]); hidden(refused, "/account/phone")["landline"] != "yes" {
		t.Error("a landline is refused")
	}
	for _, n := range tag(doc, "input") {
		if attr(n, "id") == "phone" && (attr(n, "value") != "01 234567" || attr(n, "dir") != "ltr" || attr(n, "autocomplete") != "tel") {
			t.Errorf("%v", n.Attr)
		}
	}
	if got := hidden(parse(t, pages()["phone"]), "/account/phone"); len(got) != 0 {
		t.Error(got)
	}
	if s := mainText(parse(t, pages()["phone off"])); !strings.Contains(s, "does not send texts yet") || strings.Contains(s, phoneAct) {
		t.Error(s)
	}
}

func TestSlowChangesSaySo(t *testing.T) {
	for _, name := range []string{"email second", "phone set", "change password slow", "two-step ways", "two-step turn off slow"} {
		if s := mainText(parse(t, pages()[name])); !strings.Contains(s, "takes hold after 72 hours") {
			t.Errorf("%s: %s", name, s)
		}
	}
	for _, name := range []string{"email", "phone", "change password", "two-step new", "two-step turn off"} {
		if s := mainText(parse(t, pages()[name])); strings.Contains(s, slowTitle) {
			t.Errorf("%s waits", name)
		}
	}
}

func TestTwoStepNamesItsWay(t *testing.T) {
	for name, want := range map[string]string{"two-step ways": "On - by text to number ending 42", "two-step mail": "On - by email to m***@example.com"} {
		doc := parse(t, pages()[name])
		if s := mainText(doc); !strings.Contains(s, want) {
			t.Errorf("%s: %s", name, s)
		}
		choice := find(doc, func(n *html.Node) bool { return attr(n, "action") == "/account/two-step/channel" })
		if (len(choice) == 1) != (name == "two-step ways") {
			t.Errorf("%s: %d forms", name, len(choice))
		}
	}
}

// Before the button nothing is done; after it the page says only what is true.
func TestNotMeSaysWhatIsTrue(t *testing.T) {
	cases := []struct {
		kind   string
		change func(*NotMeThisPage)
		title  string
		words  []string
		never  []string
	}{
		{"sign_in_code", nil, notMeAsked, []string{"someone knows your password", "Entered correctly", "Vienna, Austria, roughly - location can be wrong", "Maple 42", notMeBlock}, []string{notMeSteps}},
		{"step_up_code", nil, notMeAsked, []string{"someone is signed in to your account", notMeInSession}, []string{notMeNotGiven}},
		{"reset_code", nil, notMeAsked, []string{notMeReset, notMeNotGiven}, []string{"someone knows"}},
		{"sign_up_code", nil, notMeAsked, []string{"no account is made"}, []string{notMePassword, "someone knows"}},
		{"new_device", func(p *NotMeThisPage) { p.PasswordRight = true }, notMeWasIt, []string{"someone knows your password", notMeGoOn}, []string{notMeBlock, notMeNever}},
		{"sign_in_code", func(p *NotMeThisPage) { p.Blocked = true }, notMeNobody, []string{notMeVoidRight, notMeSteps, "Change your password", "Send none for 24 hours"}, []string{notMeBlock}},
		{"sign_in_code", func(p *NotMeThisPage) { p.Blocked, p.Opened = true, true }, notMeOpenedNow, []string{"may be signed in"}, []string{notMeNobody}},
		{"step_up_code", func(p *NotMeThisPage) { p.Blocked = true }, notMeVoid, []string{"shut them out now"}, []string{notMeNobody}},
		{"step_up_code", func(p *NotMeThisPage) { p.Blocked, p.OutDone = true, true }, notMeVoid, []string{notMeShutOut}, []string{"shut them out now"}},
		{"reset_code", func(p *NotMeThisPage) { p.Blocked = true }, notMeNobody, []string{notMeReset, notMeMore}, nil},
		{"sign_up_code", func(p *NotMeThisPage) { p.Blocked = true }, notMeNobody, []string{notMeNoAccount}, []string{"Sign out everywhere"}},
		{"email_code", func(p *NotMeThisPage) { p.Blocked, p.HasAccount = true, false }, notMeNobody, []string{notMeForeign}, []string{"Sign out everywhere"}},
		{"password_changed", func(p *NotMeThisPage) { p.Blocked = true }, notMeNext, []string{notMeNextLede}, []string{"Nobody got in"}},
	}
	for _, c := range cases {
		p := messageOf(c.kind)
		if c.change != nil {
			c.change(&p)
		}
		doc := parse(t, NotMeThis(p))
		if got := text(tag(doc, "h1")[0]); got != c.title {
			t.Errorf("%s: h1 %q, want %q", c.kind, got, c.title)
		}
		page := mainText(doc)
		for _, words := range c.words {
			if !strings.Contains(page, words) {
				t.Errorf("%s: no %q in %s", c.kind, words, page)
			}
		}
		for _, words := range c.never {
			if strings.Contains(page, words) {
				t.Errorf("%s: %q in %s", c.kind, words, page)
			}
		}
	}
}

func TestNotMeStepsAreTicked(t *testing.T) {
	p := messageOf("sign_in_code")
	p.Blocked = true
	for done := range 2 {
		if done == 1 {
			p.PasswordDone, p.OutDone, p.TwoStepDone, p.MutedUntil = true, true, true, noon.Add(24*time.Hour)
		}
		doc := parse(t, NotMeThis(p))
		rows := find(doc, func(n *html.Node) bool { return hasClass(n, "thing") })
		var acts []string
		for _, row := range rows {
			if s := text(row); strings.Contains(s, notMeDone) != (done == 1) || strings.Contains(s, notMeOpen) != (done == 0) {
				t.Error(s)
			}
			for _, n := range tag(row, "input") {
				acts = append(acts, attr(n, "value"))
			}
		}
		want := []string{"reset sign_out two_step mute", ""}[done]
		if strings.Join(acts, " ") != want || len(rows) != 4 {
			t.Errorf("%d rows, acts %v, want %s", len(rows), acts, want)
		}
	}
}

// Of a mere flood the mute is what helps: it is the one filled button, and what it
// does is told once.
func TestNotMeOfAFlood(t *testing.T) {
	p := messageOf("codes_braked")
	p.Blocked, p.MuteHours = true, 24
	doc := parse(t, NotMeThis(p))
	first := find(doc, func(n *html.Node) bool { return hasClass(n, "thing") })[0]
	if attr(find(first, func(n *html.Node) bool { return attr(n, "name") == "act" })[0], "value") != "mute" {
		t.Error("the mute is not the first")
	}
	filled := find(doc, func(n *html.Node) bool { return n.Data == "button" && hasClass(n, "short") && !hasClass(n, "second") })
	if len(filled) != 1 || text(filled[0]) != "Send none for 24 hours" {
		t.Errorf("%d filled buttons", len(filled))
	}
	p.MutedUntil = noon.Add(24 * time.Hour)
	if s := text(parse(t, NotMeThis(p))); strings.Contains(s, "For 24 hours") || strings.Count(s, "nobody can ask for a reset code") != 1 || !strings.Contains(s, "Until "+p.MutedUntil.Format(toDay)) {
		t.Error(s)
	}
}

// Of a session that has moved nobody is told that it is in use.
func TestNotMeOfAMovedSession(t *testing.T) {
	p := messageOf("session_moved")
	p.InSession = true
	if s := text(parse(t, NotMeThis(p))); strings.Contains(s, "can use it") || !strings.Contains(s, "until they confirm it with a code or your password") {
		t.Error(s)
	}
}

// A session that has moved is led out, and not round in a circle.
func TestMovedStepUpLeadsOut(t *testing.T) {
	all := pages()
	for _, name := range []string{"reauth start moved", "reauth start moved ways", "reauth password moved", "code moved", "code moved, torn"} {
		main := find(parse(t, all[name]), func(n *html.Node) bool { return attr(n, "id") == "main" })[0]
		var leads []string
		for _, n := range tag(main, "a") {
			leads = append(leads, attr(n, "href"))
		}
		for _, n := range tag(main, "form") {
			leads = append(leads, attr(n, "action"))
		}
		out := slices.Contains(leads, "/sign-out") && (slices.Contains(leads, "/not-me") || name == "code moved, torn")
		if !out || slices.Contains(leads, "/account") || strings.Contains(text(main), "What you want to do") {
			t.Errorf("%s leads to %v", name, leads)
		}
	}
}

// The general advice leads on for who typed its address from a text.
func TestNotMeLeadsOn(t *testing.T) {
	for name, to := range map[string]string{"not me": "/reset", "not me inside": "/account/activity", "not me over": "/reset"} {
		first := find(parse(t, pages()[name]), func(n *html.Node) bool { return hasClass(n, "links") })[0]
		if attr(tag(first, "a")[0], "href") != to {
			t.Errorf("%s does not lead to %s", name, to)
		}
	}
}

func TestUndoSaysWhatItDoes(t *testing.T) {
	all := pages()
	for name, want := range map[string]string{
		"undo email Stop this change": "has not taken hold yet", "undo email Take it back": "All devices are signed out, and you choose a new password.",
		"undo email Send a code": "Where should the code go?", "undo taken": "belongs to another account", "undo stopped": "It never took hold.",
	} {
		if all[name] == nil {
			t.Fatalf("no page %q", name)
		}
		doc := parse(t, all[name])
		if s := mainText(doc); !strings.Contains(s, want) {
			t.Errorf("%s: %s", name, s)
		}
		if strings.Count(name, " ") > 2 && len(find(doc, func(n *html.Node) bool { return n.Data == "form" && attr(n, "action") == "/undo/abcd" })) != 1 {
			t.Errorf("%s: no form", name)
		}
	}
}
