package views

import (
	"strconv"
	"strings"
)

// The words of the customer: the account, the messages to it, and what staff can do about it.

const (
	deskAccount     = "Account"
	deskVerified    = "Verified by service code"
	deskVerifiedFor = " at {time}, for this call alone. It stands here until {until}."
	deskUnverified  = "Not verified by a service code."
	deskWrites      = "Writes in this chat while signed in to the account."
	deskReadOut     = "On a call at {time} this account's service code was read out."
	deskVoIP        = "Internet number (VoIP)"
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
