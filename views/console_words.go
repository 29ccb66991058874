package views

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// The words of the staff console.

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

// news is where the count of what is new comes from.
func (q ConsoleQueue) news() string {
	path := q.here("/console/queue")
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	return path + mark + "since=" + strconv.FormatInt(q.Since, 10)
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

func (r ConsoleRow) tone() string {
	switch {
	case r.State == "ended":
		return ""
	case r.Late:
		return "bad"
	case r.State == "waiting":
		return "care"
	case r.Mine:
		return "good"
	}
	return ""
}

// The conversation.
const (
	deskBackToChat    = "Back to the conversation"
	deskCheck         = "Check for new messages"
	deskIdle          = "Quiet: ends at {time}"
	deskNoteOf        = "Note for staff"
	deskJoin          = "Join"
	deskTransfer      = "Hand on"
	deskTransferTo    = "Hand on to"
	deskToQueue       = "The queue, for anyone"
	deskTransferAct   = "Hand on now"
	deskWrap          = "Wrap up"
	deskWrapAs        = "What came of it"
	deskWrapAct       = "End the conversation"
	deskReplyTo       = "Reply to "
	deskReplyLeft     = "This person has left. Your reply also goes by email."
	deskSend          = "Send reply"
	deskSaved         = "Saved replies"
	deskInsertArticle = "Insert an article"
	deskSearch        = "Search the articles"
	deskSearchAct     = "Search"
	deskInsert        = "Insert"
	deskNote          = "Note for staff, never sent"
	deskKeep          = "Keep note"
	deskSignedOutHow  = "Nobody is signed in here, so there is no account to see. Service codes are for calls only."
)

var deskHits = plural{"{n} article", "{n} articles"}

var deskRatings = map[int]string{1: "Said: this did not help", 2: "Said: this helped"}

var deskWraps = []deskChoice{
	{"solved", "Solved"},
	{"advice", "Advice given"},
	{"mail_problem", "A problem with mail"},
	{"text_problem", "A problem with texts"},
	{"account_taken", "Someone else was in the account"},
	{"no_answer", "No answer any more"},
	{"other", "Something else"},
}

func deskWrapped(wrap string) string {
	i := slices.IndexFunc(deskWraps, func(c deskChoice) bool { return c.value == wrap })
	if i < 0 {
		return ""
	}
	return strings.ReplaceAll("Wrapped up as: {wrap}", "{wrap}", deskWraps[i].words)
}

func deskChatOf(short string) string { return strings.ReplaceAll(", chat {id}", "{id}", short) }

// deskInsertOf follows an act on one of several, for those who do not see its row.
func deskInsertOf(title string) string { return ": " + title }

func (p ConsoleChatPage) title() string { return p.Chat.who() + deskChatOf(p.Chat.Short) }

var deskEvents = map[string]string{
	"started":     "The conversation began",
	"joined":      "{name} joined",
	"transferred": "Handed on to {name}",
	"queued":      "Handed back to the queue",
	"left":        "The visitor left, and is answered by email",
	"idle":        "The visitor was asked whether they are still there",
	"extended":    "The visitor is still there",
	"ended":       "The conversation ended",
	"ended_idle":  "The conversation ended, because the visitor was silent",
	"mailed":      "The transcript was mailed to the visitor",
}

func deskEventWords(m ConsoleSaid) string {
	if m.Text == "transferred" && m.Name == "" {
		return deskEvents["queued"]
	}
	words, ok := deskEvents[m.Text]
	if !ok {
		words = "Something changed"
	}
	return strings.ReplaceAll(words, "{name}", m.Name)
}

// The customer.
const (
	deskAccount     = "Account"
	deskVerified    = "Verified by service code"
	deskVerifiedFor = " at {time}, for this call alone. It stands here until {until}."
	deskUnverified  = "Not verified by a service code."
	deskWrites      = "Writes in this chat while signed in to the account."
	deskReadOut     = "On a call at {time} this account's service code was read out."
	deskThen        = ", then "
	deskNoWays      = "Nowhere: every way is shut"
	deskShut        = "Codes shut"
	deskWrongCodes  = "Wrong codes today"
	deskLastIn      = "Last sign-in"
	deskLanguage    = "Language"
	deskSince       = "Since"
	deskCloses      = "Closes"
	deskDeliveries  = "Messages, the newest first"
	deskNeverCode   = "The code itself is never shown here."
	deskNoMessages  = "No messages in the last day."
	deskRequest     = "Request "
	deskActs        = "Acts"
	deskReason      = "Reason, shown to the account holder"
	deskReasonHint  = "Say it plainly. Never write a code."
	deskActsNot     = "This is an account of staff. What is in it is not shown, and its holder asks an operator."
	deskUnknown     = "Sign-up under way"
	deskUnknownHow  = "There is no account with this address yet: {address}. This is what became of the messages."
	deskBack        = "Go back, and do nothing"
)

// deskActivities are the events whose words, as their holder reads them, say 'you'.
var deskActivities = map[string]string{
	"sign_up_tried":     "Someone tried to create an account with this email address",
	"sign_in_known":     "Signed in on a device that the account knows",
	"not_me":            "Someone with one of the account's messages said: this wasn't me",
	"service_code_used": "The account holder read a service code to support",
	"staff_resent":      "Support ({name}) sent the code again",
	"staff_reset":       "Support ({name}) sent the account holder a link to choose a new password",
}

// deskActivity is one event in the words of staff.
func deskActivity(a Activity) string {
	words, ok := deskActivities[a.Kind]
	if _, known := activities[a.Kind]; !ok && known {
		return a.said().words
	} else if !ok {
		return "Something else happened on the account"
	}
	if a.Agent == "" || a.Agent == "Support" {
		words = strings.ReplaceAll(words, " ({name})", "")
	}
	return strings.ReplaceAll(words, "{name}", a.Agent)
}

func deskAddressOf(i int, masked string) string {
	switch {
	case i == 0:
		return wordEmail
	case strings.Contains(masked, "@"):
		return emailSecond
	}
	return phoneNumber
}

func deskPasswordWords(set bool) string {
	if set {
		return accountSet
	}
	return "Not set: it takes a reset to sign in"
}

func deskDevices(known, signedIn int) string {
	return plural{"{n} known", "{n} known"}.of(known) + plural{", {n} signed in", ", {n} signed in"}.of(signedIn)
}

func deskLanguageOf(locale string) string {
	if locale == "en" || locale == "" {
		return "English"
	}
	return locale
}

var deskKinds = map[string]string{
	"sign_up_code":          "Code to create an account",
	"sign_in_code":          "Code to sign in",
	"step_up_code":          "Code before a change",
	"reset_code":            "Code and link to reset the password",
	"reset_started":         "Link to reset the password, from support",
	"email_code":            "Code to confirm an email address",
	"phone_code":            "Code to confirm a phone number",
	"undo_code":             "Code to take a change back",
	"sign_up_existing":      "Notice: someone tried to create an account",
	"email_taken":           "Notice: the address has an account",
	"new_device":            "Notice: a new device",
	"sign_in_refused":       "Notice: a sign-in was refused, with the link of a reset",
	"sign_in_unusual":       "Notice: an unusual sign-in",
	"too_many_tries":        "Notice: too many wrong codes",
	"password_changed":      "Notice: the password changed",
	"two_step_on":           "Notice: two-step verification changed",
	"two_step_off":          "Notice: two-step verification is off",
	"codes_braked":          "Notice: many reset codes were asked for",
	"session_moved":         "Notice: a session turned up somewhere else",
	"signed_out_everywhere": "Notice: signed out everywhere",
	"email_changed":         "Notice: the main address changed",
	"email_added":           "Notice: a second address",
	"email_removed":         "Notice: an address was removed",
	"phone_added":           "Notice: a phone number was added",
	"phone_removed":         "Notice: a phone number was removed",
	"change_waiting":        "Notice: a change waits",
	"change_stopped":        "Notice: a change was stopped",
	"undone":                "Notice: a change was taken back",
	"closing":               "Notice: the account closes",
	"closing_cancelled":     "Notice: the account stays open",
	"call_back":             "Notice of a call-back",
	"chat_transcript":       "Transcript of a chat",
	"support_reply":         "Reply by support",
}

func deskKind(kind string) string {
	if words, ok := deskKinds[kind]; ok {
		return words
	}
	return "Message"
}

func deskSentTo(channel string) string {
	if channel == "sms" {
		return "by text to"
	}
	return "by email to"
}

type deskStepWords struct {
	words string
	bad   bool
}

// deskSteps say how far a message came; what stands after the stroke is why.
var deskSteps = map[string]deskStepWords{
	"queued":               {"Asked for", false},
	"accepted":             {"Accepted by the mail server", false},
	"delayed":              {"Delayed, trying again", true},
	"refused":              {"Not taken by the mail server", true},
	"refused/no_mailbox":   {"Refused: no such mailbox", true},
	"refused/rejected":     {"Refused by the mail server", true},
	"dropped":              {"Not delivered before its end", true},
	"dropped/already_told": {"Not sent: the same was sent less than an hour before", false},
	"sms accepted":         {"Accepted by the text service", false},
	"delivered":            {"Delivered to the phone", false},
	"undelivered":          {"Refused by the phone network", true},
	"sms refused":          {"Not taken by the text service", true},
	"refused/no_number":    {"Refused: no such number", true},
	"refused/texts_off":    {"Not sent: texts are switched off", true},
}

func deskStep(channel string, s ConsoleStep) deskStepWords {
	for _, name := range []string{channel + " " + s.Step + "/" + s.Reason, s.Step + "/" + s.Reason, channel + " " + s.Step, s.Step} {
		if w, ok := deskSteps[name]; ok {
			return w
		}
	}
	return deskStepWords{"Something happened", false}
}

func deskTried(m ConsoleDelivery) string {
	words := "No wrong tries."
	if m.WrongTries > 0 {
		words = strings.ReplaceAll(plural{"{n} wrong try of {all}.", "{n} wrong tries of {all}."}.of(m.WrongTries), "{all}", strconv.Itoa(m.Tries))
	}
	if m.Used {
		words += " The code was used."
	}
	return words
}

// deskActWords is one act in words: its button, the question before it, what it
// does, and the button that does it.
type deskActWords struct {
	value, words, ask, does, yes string
	danger                       bool
}

var deskActList = []deskActWords{
	{"resend", "Send code again", "Send the code again?", "The code that is awaited goes out once more, to where it went before. You do not see it.", "Yes, send it", false},
	{"unlock", "Unlock", "Unlock this account?", "Waits after wrong passwords and wrong codes end at once.", "Yes, unlock", false},
	{"reset", "Start a reset", "Start a reset?", "A link to choose a new password goes to the main address. Nothing changes until its holder uses it.", "Yes, send the link", false},
	{"sign_out", "Sign out all", "Sign out all devices?", "Every device of this account is signed out at once and needs a code next time. Its holder is told.", "Yes, sign out all", true},
}

func deskAct(value string) deskActWords {
	for _, a := range deskActList {
		if a.value == value {
			return a
		}
	}
	return deskActWords{}
}

// Call-backs.
const (
	deskCallsLede = "The times people asked to be called, the next one first. Numbers stay hidden: the telephone system connects you."
	deskNoCalls   = "No call-backs are booked."
	deskNoName    = "No name given"
	deskCallWord  = "Say the word first: {word}"
	deskCallWho   = "Who"
	deskCallWhen  = "Booked for"
	deskCallNow   = "now"
	deskEarlyLede = "Another time was booked. Whoever answers may not expect a call."
	deskEarlyYes  = "Yes, call now"
)

var (
	deskCallTries = plural{" Tried once.", " Tried {n} times."}
	deskCallTones = map[string]string{"scheduled": "care", "calling": "good", "missed": "bad"}
)

var deskCallStates = map[string]string{
	"scheduled": "Booked", "calling": "Calling", "missed": "Missed", "done": "Done", "cancelled": "Cancelled",
}

// deskIn, deskAgo and deskEarly say how far a call-back is from its time.
var (
	deskIn    = far{plural{"in {n} minute", "in {n} minutes"}, plural{"in {n} hour", "in {n} hours"}, plural{"in {n} day", "in {n} days"}}
	deskAgo   = far{plural{"{n} minute ago", "{n} minutes ago"}, plural{"{n} hour ago", "{n} hours ago"}, plural{"{n} day ago", "{n} days ago"}}
	deskEarly = far{
		plural{"It is {n} minute early. Call now?", "It is {n} minutes early. Call now?"},
		plural{"It is {n} hour early. Call now?", "It is {n} hours early. Call now?"},
		plural{"It is {n} day early. Call now?", "It is {n} days early. Call now?"},
	}
)

// far is a sentence about a time that is told by its largest whole unit.
type far struct{ minutes, hours, days plural }

func (f far) of(d time.Duration) string {
	switch {
	case d < time.Hour:
		return f.minutes.of(upToMinutes(d))
	case d < 48*time.Hour:
		return f.hours.of(int(d.Round(time.Hour) / time.Hour))
	}
	return f.days.of(int(d.Round(24*time.Hour) / (24 * time.Hour)))
}

// away says how far the call is from now, "" where it is over.
func (c ConsoleCall) away(now time.Time) string {
	switch d := c.Slot.Sub(now); {
	case c.State != "scheduled":
		return ""
	case d > 0:
		return deskIn.of(d)
	case -d < slotLength:
		return deskCallNow
	default:
		return deskAgo.of(-d)
	}
}

func deskCallState(c ConsoleCall) string {
	words := deskCallStates[c.State]
	if c.State == "calling" && !c.Mine && c.Agent != "" {
		return words + strings.ReplaceAll(", by {name}", "{name}", c.Agent)
	}
	return words
}

// acts are what can be done about a call-back now.
func (c ConsoleCall) acts() []deskChoice {
	switch {
	case c.State == "scheduled":
		return []deskChoice{{"dial", "Call now"}}
	case c.State == "calling" && c.Mine:
		return []deskChoice{{"done", "We talked"}, {"missed", "Nobody answered"}}
	}
	return nil
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
