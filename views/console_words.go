package views

import (
	"strconv"
	"strings"
	"time"
)

// The words of the staff console: its frame, the queue, the figures and the keys, and why something was refused.

const (
	deskStaff  = "STAFF"
	deskName   = "Staff console"
	deskLeave  = "Leave the console"
	deskLost   = "Connection lost. Trying again..."
	deskNone   = "None"
	deskOpen   = "{name}, chat open until {time}"
	deskClosed = "{name}, chat opens {time}"
	deskAlways = "{name}, chat always open"
	deskNoChat = "{name}, no chat hours"

	deskQueue        = "Queue"
	deskCalls        = "Call-backs"
	deskArticles     = "Articles"
	deskFigures      = "Figures"
	deskConversation = "Conversation"
	deskCustomer     = "Customer"
	deskChoose       = "Choose a conversation from the queue."
	deskFilters      = "Which conversations"
	deskNobody       = "There is nobody here."
	deskLate         = "Late"
	deskSignedOut    = "Signed out"

	deskFind     = "Service code or whole address"
	deskFindHint = "Ask a caller for the service code first. It looks like KX4-207."
	deskFindAct  = "Find"
)

// deskPlaces are the places of the console, in their order.
var deskPlaces = []link{
	{"/console", deskQueue},
	{"/console/calls", deskCalls},
	{"/console/articles", deskArticles},
	{"/console/figures", deskFigures},
	{"/console/watch", deskWatch},
}

// deskBanners say what was done, on the page after it.
var deskBanners = map[string]banner{
	"staff_resent":     {true, "Sent", "The code was sent again at {time}."},
	"staff_unlocked":   {true, "Unlocked", "The waits were lifted at {time}."},
	"staff_signed_out": {true, "Signed out", "All devices of this account were signed out at {time}."},
	"staff_reset":      {true, "Reset started", "A link to choose a new password was sent at {time}."},
	"staff_joined":     {true, "Joined", "The conversation is with you since {time}."},
	"staff_handed_on":  {true, "Handed on", "The conversation was handed on at {time}."},
	"staff_wrapped":    {true, "Wrapped up", "The conversation ended at {time}."},
	"call_missed":      {true, "Noted", "Nobody answered. It was noted at {time}."},
	"call_done":        {true, "Noted", "The call is done. It was noted at {time}."},
	"texts_off":        {true, "Texts are off", "No text has gone out since {time}. Codes go by email."},
	"texts_on":         {true, "Texts go out again", "They do since {time}."},
	"strangers_slow":   {true, "Strangers are slowed down", "They are since {time}."},
	"strangers_usual":  {true, "Strangers go as usual", "They do since {time}."},
}

// hours says how the chat's hours stand.
func (d Desk) hours() string {
	switch {
	case d.Open && d.OpenUntil.IsZero():
		return deskAlways
	case d.Open:
		return deskOpen
	case d.OpensAt.IsZero():
		return deskNoChat
	}
	return deskClosed
}

type deskChoice struct{ value, words string }

var deskStates = []deskChoice{{"", "All open"}, {"waiting", "Waiting"}, {"mine", "With you"}, {"open", "Answered"}, {"left", "By email"}, {"ended", "Ended"}}

// deskSorts are the columns; order is how the rows run under each.
var deskSorts = []struct{ value, words, order string }{
	{"who", "Who and what", "ascending"},
	{"state", "State", "ascending"},
	{"age", "Age", "descending"},
}

func (q ConsoleQueue) sort() string {
	if q.Sort == "" {
		return "age"
	}
	return q.Sort
}

var (
	deskNew  = plural{"{n} new: show it", "{n} new: show them"}
	deskSum  = plural{"{n} open", "{n} open"}
	deskWait = span{
		seconds: plural{", longest wait {n} second", ", longest wait {n} seconds"},
		minutes: plural{", longest wait {n} minute", ", longest wait {n} minutes"},
		hours:   plural{", longest wait {n} hour", ", longest wait {n} hours"},
	}
	deskAge = span{
		seconds: plural{"{n} s", "{n} s"},
		minutes: plural{"{n} min", "{n} min"},
		hours:   plural{"{n} h", "{n} h"},
	}
)

// roughly is of where nobody counts the seconds of a minute.
func (s span) roughly(d time.Duration) string {
	if d >= time.Minute && d <= 2*time.Minute {
		return s.minutes.of(upToMinutes(d))
	}
	return s.of(d)
}

func (q ConsoleQueue) caption() string {
	words := deskSum.of(q.Open)
	if q.Longest > 0 {
		words += deskWait.roughly(q.Longest)
	}
	return words
}

// agedWords says how long a visitor has waited; one who has the answer does not.
func agedWords(d time.Duration) string {
	if d <= 0 {
		return "Answered"
	}
	return deskAge.roughly(d)
}

func count(n int) string { return strconv.Itoa(n) }

// who names a visitor: by name, by masked address, or by the conversation.
func (r ConsoleRow) who() string {
	switch {
	case r.Name != "":
		return r.Name
	case r.Masked != "":
		return r.Masked
	}
	return deskSignedOut
}

// label is who where several stand in a list.
func (r ConsoleRow) label() string {
	if r.Name == "" && r.Masked == "" {
		return deskSignedOut + deskChatOf(r.Short)
	}
	return r.who()
}

func (r ConsoleRow) state() string {
	switch {
	case r.State == "ended":
		return "Ended"
	case r.State == "waiting":
		return "Waiting"
	case r.Mine:
		return "With you"
	case r.State == "left":
		return "By email"
	case r.Agent != "":
		return strings.ReplaceAll("With {name}", "{name}", r.Agent)
	}
	return "Answered"
}

// Figures.
const (
	deskFiguresLede = "Since {day}. Nobody can be recognised in these figures."
	deskWaits       = "Waits"
	deskChats       = "Conversations"
	deskMedian      = "Median wait"
	deskLongest     = "Longest wait"
	deskMissed      = "Searches that found nothing"
	deskQuery       = "Search"
	deskTimes       = "Times"
	deskLast        = "Last"
	deskVotes       = "What readers said of articles"
	deskArticle     = "Article"
	deskNo          = "No"
	deskYes         = "Yes"
	deskWords       = "What they were looking for"
)

var deskUnanswered = plural{"Unanswered for more than {n} minute", "Unanswered for more than {n} minutes"}

func deskChatsSum(all, ended int) string {
	return plural{"{n} began", "{n} began"}.of(all) + plural{", {n} ended", ", {n} ended"}.of(ended)
}

var deskWaited = span{
	seconds: plural{"{n} second", "{n} seconds"},
	minutes: plural{"{n} minute", "{n} minutes"},
	hours:   plural{"{n} hour", "{n} hours"},
}

func waitedWords(d time.Duration) string {
	if d <= 0 {
		return "Nobody has waited"
	}
	return deskWaited.roughly(d)
}

// Keys.
const (
	deskKeysLink  = "Keys (?)"
	deskKeysTitle = "Keys"
	deskKeysLede  = "No key does anything by itself, so that nothing happens by mistake."
)

var deskKeys = []deskChoice{
	{"Ctrl + Enter", "Send the reply that you are writing. On a Mac also Command + Enter."},
	{"Enter", "A new line in a reply or a note"},
	{"Tab", "The next link, field or button"},
}

// deskErrors has a sentence for each reason why something was refused.
var deskErrors = map[string]map[string]plural{
	"find": {
		"required":  always("Type a service code, like KX4-207, or a whole address"),
		"wrong":     always("That service code is not right, or its time is over. Ask for it once more, or for a new one."),
		"address":   always("That is neither a service code nor a whole address"),
		"not_found": always("There is no account with this address, and no sign-up under way"),
		"too_soon":  {"Too many were tried. Try again in {n} minute.", "Too many were tried. Try again in {n} minutes."},
		"":          always("Check what you typed"),
	},
	"reply": {
		"required":        always("Write a reply"),
		"too_long":        {"The reply may have {n} character", "The reply may have {n} characters"},
		"looks_like_code": always("That looks like a code. Codes are never asked for and never sent here."),
		"ended":           always("This conversation has ended, so nothing was sent"),
		"not_yours":       always("This conversation is not with you, so nothing was sent. Join it first."),
		"too_many":        {"A conversation has room for {n} message, and this one is full. Wrap it up.", "A conversation has room for {n} messages, and this one is full. Wrap it up."},
		"":                always("Check the reply"),
	},
	"note": {
		"required":        always("Write a note"),
		"too_long":        {"The note may have {n} character", "The note may have {n} characters"},
		"looks_like_code": always("That looks like a code. Codes are kept nowhere, also not in notes."),
		"too_many":        {"A conversation has room for {n} line, and this one is full.", "A conversation has room for {n} lines, and this one is full."},
		"":                always("Check the note"),
	},
	"talk": {
		"taken":     always("A colleague was first. The conversation is with them."),
		"not_yours": always("This conversation is not with you. Join it first."),
		"ended":     always("This conversation has ended"),
		"colleague": always("This colleague is not there any more. Choose another one."),
		"required":  always("Choose what came of it"),
		"":          always("That could not be done"),
	},
	"reason": {
		"required":        always("Write a reason"),
		"too_short":       {"The reason must be {n} character or more", "The reason must be {n} characters or more"},
		"too_long":        {"The reason must be {n} character or fewer", "The reason must be {n} characters or fewer"},
		"looks_like_code": always("The reason has something that looks like a code. Take the digits out."),
		"bad_characters":  always("The reason has a character that cannot be used, such as a line break"),
		"no_code":         always("No code is awaited at the moment, so there is nothing to send again. Ask them to start again."),
		"own":             always("This is your own account. Ask a colleague."),
		"staff":           always("This is an account of staff. Its holder asks an operator."),
		"too_soon":        {"This was done a moment ago, or too often. Try again in {n} minute.", "This was done a moment ago, or too often. Try again in {n} minutes."},
		"":                always("Check the reason"),
	},
	"call": {
		"unreachable": always("The telephone system did not answer. The call is still booked, so try again."),
		"conflict":    always("This call has changed in the meantime. See the list below."),
		"too_soon":    always("It is too early for this call"),
		"":            always("That could not be done"),
	},
}

func deskErrorWords(e FieldError) string {
	reasons := deskErrors[e.Field]
	p, ok := reasons[e.Reason]
	if !ok {
		p = reasons[""]
	}
	return p.of(e.N)
}
