package views

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// The words of the help centre. Its articles have their own, in content/help.

const (
	helpTitle   = "How can we help?"
	helpAbout   = "Answers about signing in and verification codes: a code that does not arrive, has expired, or that you did not ask for."
	helpMost    = "Most asked"
	helpTopics  = "All topics"
	helpPeople  = "Talk to a person"
	helpContact = "Contact us"
	helpFor     = "Help: " // heard before the title of an article beside a form
	helpBeside  = "Help with this"
	helpWhole   = "Open this answer as a page"
	helpClose   = "Close"
	helpLeaves  = "(leaves this page)"
	topicAbout  = "Answers of the help centre about this topic: "

	faqTitle = "Frequently asked questions"
	faqLede  = "Short answers. Each question leads to the whole one."
	faqAbout = "What a verification code is, how it reaches you, how long it works, and what to do when it does not arrive."

	articleOnHere  = "On this page"
	articleRelated = "Related"
	articleUpdated = "Updated {day}"
	articleTo      = "To {address}, request {tag}"

	searchTitle   = "Search help"
	searchAct     = "Search"
	searchNothing = "Nothing found for '{query}'."
	searchGuess   = "Did you mean {guess}?"
	searchTop     = "What helps most often"
	searchNobody  = "If none of these fits, ask us."

	voteAsk     = "Was this helpful?"
	voteYes     = "Yes"
	voteNo      = "No"
	voteThanks  = "Thanks for your feedback"
	voteSorry   = "What were you looking for?"
	voteHint    = "Don't include passwords or codes. Nobody answers here: we read it to make the help better."
	voteCount   = "You can write {n} characters."
	voteLeft    = "{n} characters left"
	voteOver    = "{n} characters too many"
	voteSend    = "Send"
	voteSending = "Sending..."
	voteKept    = "Thank you. We read every word."
	voteBack    = "Back to the answer"
	voteHelp    = "All help"
)

var backToHelp = link{"/help", wordHelp}

// helpActs lead from an article to where the thing is done.
var helpActs = map[string]link{
	"resend":              {"/sign-in", "Sign in to get a code"},
	"sign_out_everywhere": {"/account/devices/everywhere", "Sign out everywhere"},
	"change_password":     {"/account/password", "Change your password"},
	"reset_password":      {"/reset", resetTitle},
	"not_me":              {"/not-me", codeNotMe},
	"two_step":            {"/account/two-step", twoStepTitle},
	"devices":             {"/account/devices", "See your devices"},
	"email":               {"/account/email", "See your email addresses"},
	"phone":               {"/account/phone", "See your phone number"},
	"activity":            {"/account/activity", "See your recent activity"},
	"chat":                {"/contact/chat", "Chat with us"},
	"call":                {"/contact/phone", "Call us"},
	"contact":             {"/contact", helpContact},
	"data":                {"/account", "See and download your data"},
	"close":               {"/account/close", "Close your account"},
}

const helpResend = "Send my code again"

// How fast a channel is: by channel and state.
var speedWords = map[string]span{
	"email usual": {
		seconds: plural{"Codes by email: usually within {n} second.", "Codes by email: usually within {n} seconds."},
		minutes: plural{"Codes by email: usually within {n} minute.", "Codes by email: usually within {n} minutes."},
		hours:   plural{"Codes by email: usually within {n} hour.", "Codes by email: usually within {n} hours."},
	},
	"sms usual": {
		seconds: plural{"Texts: usually within {n} second.", "Texts: usually within {n} seconds."},
		minutes: plural{"Texts: usually within {n} minute.", "Texts: usually within {n} minutes."},
		hours:   plural{"Texts: usually within {n} hour.", "Texts: usually within {n} hours."},
	},
}

// What is said of a channel in trouble; {time} is filled.
var speedTrouble = map[string]string{
	"email slow": "Codes by email: slow since {time}.",
	"email down": "Codes by email: none could be sent since {time}. We keep trying.",
	"sms slow":   "Texts: slow since {time}.",
	"sms down":   "Texts: none could be sent since {time}. We keep trying.",
}

// words are "" where there is nothing true to say.
func (s Speed) words() string {
	name := s.Channel + " " + s.State
	if trouble, ok := speedTrouble[name]; ok && !s.Since.IsZero() {
		return trouble
	}
	usual, ok := speedWords[name]
	if !ok || s.Typical <= 0 {
		return ""
	}
	return usual.of(rounded(s.Typical))
}

// rounded makes a length of time one that people would say.
func rounded(d time.Duration) time.Duration {
	for _, step := range []time.Duration{1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120} {
		if d <= step*time.Second {
			return step * time.Second
		}
	}
	return d
}

// Talking to a person.
const (
	talkChat  = "Chat"
	talkPhone = "Phone"
	talkEmail = "Email"
	talkOther = "Tell us what the problem is, and we show you what helps."
)

// searchFound is said when the results change.
func searchFound(n int, query string) string {
	return strings.ReplaceAll(plural{"{n} result for '{query}'", "{n} results for '{query}'"}.of(n), "{query}", query)
}

// faqData tells search engines what is asked and answered here. It is data: no
// browser runs it, and nothing in it can end its element.
func faqData(list []ArticleLink) templ.Component {
	type answer struct {
		Type string `json:"@type"`
		Text string `json:"text"`
	}
	type question struct {
		Type   string `json:"@type"`
		Name   string `json:"name"`
		Answer answer `json:"acceptedAnswer"`
	}
	page := struct {
		Context  string     `json:"@context"`
		Type     string     `json:"@type"`
		Language string     `json:"inLanguage"`
		Entity   []question `json:"mainEntity"`
	}{"https://schema.org", "FAQPage", "en", []question{}}
	for _, a := range list {
		page.Entity = append(page.Entity, question{"Question", a.Title, answer{"Answer", a.Summary}})
	}
	body, err := json.Marshal(page) // escapes <, > and &
	if err != nil {
		panic(err) // strings alone cannot fail
	}
	return templ.Raw(`<script type="application/ld+json">` + string(body) + `</script>`)
}
