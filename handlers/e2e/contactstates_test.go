package e2e

import (
	"strings"
	"testing"
	"time"
)

// The states of the ways to a person. They come one out of the other.

// shut is a set-up whose chat is closed now and opens some days later.
func shut(now time.Time) string {
	day := strings.ToLower(now.AddDate(0, 0, 3).Format("Mon"))
	return "[support]\nchat = \"" + day + " 09:00-17:00\""
}

// TestContactPages is TestPages for the ways to a person.
func TestContactPages(t *testing.T) {
	t.Parallel()
	lookAt(t, contactWalks)
}

var contactWalks = []walk{chatWalk(), codeWalk("gwen@example.com"), shutWalk()}

// chatWalk goes through a conversation of somebody signed out.
func chatWalk() walk {
	var desk *tab
	return walk{"reached", []state{
		{"contact", "", visiting("/contact")},
		{"contact, with a short answer", "", visiting("/contact?problem=lost_way")},
		{"contact, with nothing to suggest", "", visiting("/contact?problem=else")},
		{"chat, to begin", "", visiting("/contact/chat?problem=no_code")},
		{"chat, to begin, nothing written", "", func(p *tab) {
			p.submit(form("/contact/chat"), "email", "nobody")
			p.says(".error-summary", "Write a message")
		}},
		{"chat, to begin, with a code", "", func(p *tab) {
			p.submit(form("/contact/chat"), "email", "", "message", "my code is 482913")
			p.says("main", "Don't send your code")
		}},
		{"chat, waiting", "", func(p *tab) {
			p.submit(form("/contact/chat"), "message", "I asked for a code three times and nothing comes.")
			p.says("#chat-note", "You are next in line")
		}},
		{"chat, with a code", "", func(p *tab) {
			p.writes("#message", "It is 482 913.")
			p.says("#composer", "Don't send your code")
		}},
		{"chat, with a code, by form", "", func(p *tab) {
			p.submit("#say", "message", "It is 482 913.")
			p.says(".error-summary", "Take the code out")
		}},
		{"chat, talking", "", func(p *tab) {
			path := p.path()
			desk = staff(p.t, p.s, p.nobody(), "Ines")
			desk.visit("/console/chat/" + strings.TrimPrefix(path, "/contact/chat/"))
			desk.follow("Join")
			desk.writes("#reply", "Hello, sorry about that. Could you look in the promotions or junk folder? "+
				"This may help: "+p.s.base+"/help/a/no-code\n\nAll messages hold the same code, so any of them will do.")
			p.visit(path)
			p.says(".log", "Ines")
			p.writes("#message", "Found it, it was in promotions. "+strings.Repeat("averyveryverylongword", 9))
			p.says(".log", "Found it")
		}},
		{"chat, leaving", "", func(p *tab) { p.followTo("Leave, and get the answer by email", p.path()+"/leave") }},
		{"chat, leaving, not an address", "", func(p *tab) {
			p.submit(form(p.path()), "email", "nobody")
			p.says(".error-summary", "Enter an email address in the right form")
		}},
		{"chat, left", "", func(p *tab) {
			p.submit(form(p.path()), "email", "a.very.long.address.of.somebody@a.very.long.example.com")
			p.says("#chat-note", "This chat goes on by email")
		}},
		{"chat, ended", "", func(p *tab) {
			p.focusOn("End chat")
			p.send("\r")
			p.says("#composer", "This chat has ended")
		}},
		{"chat, rated", "", func(p *tab) { p.follow("Yes"); p.says("#composer", "Thank you") }},
		{"chat, transcript", "", func(p *tab) { p.follow("Save or print it"); p.says("h1", "Your chat with us") }},
		{"phone page, signed out", "", visiting("/contact/phone")},
		{"call-back", "", visiting("/contact/phone/call-back")},
		{"call-back, errors", "", func(p *tab) {
			p.submit(form("/contact/phone/call-back"), "phone", "call me")
			p.says(".error-summary", "Enter a phone number in the right form")
		}},
		{"call-back, booked", "", func(p *tab) {
			p.visit("/contact/phone/call-back")
			p.chooses(2)
			p.put("#phone", "020 7946 0999")
			p.follow("Book the call")
			p.says("main", "The person will say the word")
		}},
		{"call-back, no other time chosen", "", func(p *tab) {
			p.submit(form(p.path()))
			p.says(".error-summary", "Choose a time")
		}},
		{"phone page, with a call-back", "", visiting("/contact/phone")},
		{"call-back, cancelled", "", func(p *tab) {
			p.follow("See your call-back")
			p.follow("Cancel the call")
			p.says("main", "This call will not be made.")
		}},
	}}
}

// codeWalk goes through what only somebody signed in sees.
func codeWalk(email string) walk {
	return walk{"reached", []state{
		{"phone page, signed in", "", func(p *tab) { p.account(email); p.visit("/contact/phone") }},
		{"phone page, with a service code", "", func(p *tab) { p.follow("Get a service code"); p.says("main", "more minutes") }},
		{"chat, to begin, signed in", "", visiting("/contact/chat")},
		{"chat, ended, signed in", "", func(p *tab) {
			p.submit(form("/contact/chat"), "message", "Nothing comes.")
			p.focusOn("End chat")
			p.send("\r")
			p.says("#composer", "Mail it to g***@example.com")
		}},
		{"chat, mailed", "", func(p *tab) {
			p.submit(`form[action$="/mail"]`)
			p.says("main", "on its way to your main email address")
		}},
	}}
}

// shutWalk is a place where nobody is there now.
func shutWalk() walk {
	return walk{"shut", []state{
		{"contact, closed", "", visiting("/contact")},
		{"chat, closed", "", visiting("/contact/chat")},
		{"chat, closed while somebody wrote", "", func(p *tab) {
			p.postWords("/contact/chat", "message", "I asked for a code.")
			p.says("main", "It was not sent")
		}},
		{"phone page, without a line", "", visiting("/contact/phone")},
		{"call-back, without a line", "", visiting("/contact/phone/call-back")},
	}}
}

// postWords sends a form that the page does not have, of one field.
func (p *tab) postWords(path, name, words string) {
	p.t.Helper()
	p.arrive("POST "+path, act(`(() => {
		const form = document.createElement("form"), field = document.createElement("textarea")
		form.method = "post"
		form.action = "`+path+`"
		field.name = "`+name+`"
		field.value = "`+words+`"
		form.append(field)
		document.body.append(form)
		form.submit()
	})()`))
}
