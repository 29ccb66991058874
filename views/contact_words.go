package views

import (
	"strconv"
	"strings"
	"time"
)

// The words of the ways to reach a person: the contact page and the phone.

const (
	contactTitle    = "Contact us"
	contactLede     = "Tell us what is wrong and we will say the quickest way to put it right. You can also go straight to a person."
	contactNoOne    = "Tell us what is wrong and we will show you what helps."
	contactAbsent   = "There is nobody here to chat with, call or write to at the moment. The articles answer what most people ask."
	contactHelp     = "Find an answer"
	contactAbout    = "Get help with signing in: the ways to reach us, with hours and waits, and articles for every problem."
	contactProblem  = "What is the problem?"
	contactContinue = "Continue"
	contactQuick    = "This may be quicker"
	contactOther    = "Something else"
	contactElse     = "Search the help articles for it, or ask a person below."
	contactElseHelp = "Search the help articles for it."
	contactAfter    = "Did that not solve it? The ways to reach us are below."
	contactPeople   = "Talk to a person"
	contactNever    = "We will never ask for a verification code or your password."

	chatName       = "Live chat"
	chatKeeps      = "You can leave and get the answer by email."
	chatStart      = "Start a chat"
	chatGoOn       = "Go on with your chat"
	phoneName      = "Phone"
	phoneNeeds     = "If you call us, have your service code ready. It is on your account page and on the phone page when you are signed in."
	phoneMore      = "Numbers and service code"
	articlesName   = "Help articles"
	articlesWords  = "Short answers to the questions we hear most, at any hour."
	articlesGo     = "Go to help"
	contactMail    = "Email"
	contactMailHow = "We answer in the order that messages come in. Please do not send codes or passwords."
	contactFree    = "Free of charge."

	openNow   = "Open now"
	closedNow = "Closed now"

	opensToday    = "Opens today at {time}."
	opensTomorrow = "Opens tomorrow at {time}."
	opensOn       = "Opens {day} at {time}."

	waitNone    = "Nobody is waiting right now."
	waitLonger  = "An answer may take longer right now."
	callBackAsk = "Ask us to call you back"
	callBackSee = "See your call-back"
)

// contactProblems are what people choose from, in this order.
var contactProblems = []struct{ value, words string }{
	{"no_code", "I did not get a code"},
	{"wrong_code", "The code did not work"},
	{"lost_way", "I no longer have that email or phone"},
	{"someone_in", "Someone else is using my account"},
	{"else", "Something else"},
}

func contactProblemWords(problem string) string {
	for _, p := range contactProblems {
		if p.value == problem {
			return p.words
		}
	}
	return ""
}

var usualWait = plural{"Usually about {n} minute until someone answers.", "Usually about {n} minutes until someone answers."}

func inLine(n int) string {
	return plural{"{n} person is waiting.", "{n} people are waiting."}.of(n)
}

// words says how long people wait for a chat now, as far as that is known.
func (w ChatWait) words() string {
	var list []string
	if w.Waiting > 0 {
		list = append(list, inLine(w.Waiting))
	}
	if usual := w.usual(); usual != "" {
		list = append(list, usual)
	} else if w.Waiting == 0 {
		list = append(list, waitNone)
	}
	return strings.Join(list, " ")
}

// usual is what is left to say to who stands in line and knows the place.
func (w ChatWait) usual() string {
	switch {
	case w.Typical > 0:
		return usualWait.of(upToMinutes(w.Typical))
	case !w.Staffed:
		return waitLonger
	}
	return ""
}

// slotText is a half hour: "Monday 23 November, 20:30 to 21:00 Vienna time".
func slotText(t time.Time) string {
	return strings.NewReplacer("{day}", slotDay(t), "{time}", slotTimes(t), "{zone}", ZoneWords(t.Location())).Replace(callBackSlot)
}

func slotDay(t time.Time) string { return t.Format("Monday 2 January") }

func slotTimes(t time.Time) string {
	return strings.NewReplacer("{from}", t.Format(toMinute), "{to}", t.Add(slotLength).Format(toMinute)).Replace(callBackTimes)
}

// upToMinutes rounds up, and nothing is less than one.
func upToMinutes(d time.Duration) int { return max(1, int((d+time.Minute-1)/time.Minute)) }

// The phone page.
const (
	callTitle    = "Call us"
	callLede     = "Talk to a person on the phone, or let us call you."
	callAbout    = "Our phone numbers and hours, your service code, and how to be called back."
	callLedeOnly = "Talk to a person on the phone."
	callNoLine   = "There is no phone line here at the moment."
	callHelp     = "How calls work, and what to have ready"
	callThis     = "Call this number"

	serviceTitle   = "Your service code"
	serviceOnly    = "Only read it out if you called us."
	serviceLede    = "For calls only. If you call us, a service code lets the person on the phone see that the account is yours. It opens nothing, and nobody asks for it in a chat."
	serviceGet     = "Get a service code"
	serviceNew     = "Get a new one"
	serviceNewHow  = "A new one ends the one shown here."
	serviceCopy    = "Copy"
	serviceCopied  = "Copied"
	serviceUntil   = "It is valid for {wait}, until {time}, and works once."
	serviceSignIn  = "The code is for your account, so you need to sign in to see it. You can call us without it, too."
	serviceSignAct = "Sign in and come back"
)

var moreMinutes = plural{"{n} more minute", "{n} more minutes"}

// Call-backs.
const (
	callBackTitle     = "Let us call you back"
	callBackLede      = "Choose a time, and a person calls you. You need not wait on the line."
	callBackNo        = "We cannot call back at the moment"
	callBackNoHow     = "This is what you can use instead."
	callBackFull      = "All times of the next days are taken. Try again later, or use another way."
	callBackPhone     = "Your phone number"
	callBackHint      = "Begin with + and the country, like +44 20 7946 0123. We use it for this call only."
	callBackCountries = "We call numbers of these countries: {countries}."
	callBackWhen      = "When should we call?"
	callBackSlot      = "{day}, {time} {zone}"
	callBackTimes     = "{from} to {to}"
	callBackZone      = "All times are {zone}."
	callBackName      = "Your name (optional)"
	callBackWhat      = "What is it about?"
	callBackBook      = "Book the call"
	callBackBooking   = "Booking..."

	bookedTitle   = "Your call-back"
	bookedWord    = "The person will say the word {word}"
	bookedWordHow = "That is how you know that it is us: a caller's number can be faked. If the word is missing or wrong, hang up and call us. We never ask for a verification code or a password."
	bookedState   = "State"
	bookedWhen    = "Time"
	bookedTo      = "We call"
	bookedAbout   = "About"
	bookedChange  = "Choose another time"
	bookedMove    = "Change the time"
	bookedCancel  = "Cancel the call"
	bookedAgain   = "Book another call"
)

// callStates say how a call-back stands: a word for the tag and a sentence.
var callStates = map[string]struct{ tone, tag, says string }{
	"scheduled": {"good", "Booked", "We will call you at the time below. Keep the phone near you."},
	"retry":     {"care", "Missed once", "We called and could not reach you. We will try once more, at the time below."},
	"calling":   {"care", "Calling", "We are calling you now."},
	"missed":    {"bad", "Missed", "We called twice and could not reach you. You can book another call."},
	"done":      {"good", "Done", "We have talked."},
	"cancelled": {"", "Cancelled", "This call will not be made."},
}

// choiceID is the id of a radio; the first has the name itself, where the summary
// of errors leads to.
func choiceID(name string, i int) string {
	if i == 0 {
		return name
	}
	return name + "-" + strconv.Itoa(i+1)
}
