package views

import "time"

// The words for someone who got a message that they did not expect.

const (
	notMeTitle  = "If it wasn't you"
	notMeLede   = "You got a code or a notice that you did not expect. Here is what it means, and what to do. Looking at this page changes nothing."
	notMeAbout  = "What to do when a verification code arrives that you did not ask for."
	notMeOpened = "A code opens nothing by itself"
	notMeSafe   = "Do not enter the code anywhere, and do not tell it to anyone. Whoever asked for it cannot get in without it, and it stops working by itself."

	notMeOver     = "This link does not work any more"
	notMeOverLede = "It is too old, or it is not one of ours. What follows is the same for every message. Looking at this page changes nothing."

	notMeAsked     = "Did you ask for this code?"
	notMeWasIt     = "Was this you?"
	notMeNothing   = "Looking at this page changes nothing. If it was you, close it."
	notMeWhat      = "What"
	notMeWhen      = "When"
	notMeDevice    = "On what"
	notMeWhere     = "Where from"
	notMeRoughly   = "{place}, roughly - location can be wrong"
	notMeNetwork   = "Network address"
	notMePassword  = "Password"
	notMeRight     = "Entered correctly"
	notMeNotGiven  = "Not entered"
	notMeSession   = "Session"
	notMeInSession = "From a browser that is signed in to your account"
	notMeBlock     = "Block this attempt"
	notMeGoOn      = "It wasn't me. Go on"
	notMeNever     = "Never tell anyone the code. We'll not ask for it here or anywhere else but the page that it was made for."

	notMeNobody     = "Done. Nobody got in."
	notMeVoid       = "Done. The code no longer works."
	notMeOpenedNow  = "The code had already been used"
	notMeNext       = "Secure your account"
	notMeVoidLede   = "The code no longer works, and the attempt is ended."
	notMeVoidRight  = "The code no longer works, and the attempt is ended. But someone knows your password: choose a new one now."
	notMeVoidIn     = "The attempt is ended. But whoever asked for the code is signed in to your account: shut them out now."
	notMeOpenedLede = "So someone may be signed in to your account. Shut them out now."
	notMeShutOut    = "The code no longer works, and all devices have been signed out since."
	notMeNextLede   = "Choose what you want to do. Each step works at once."
	notMeForeign    = "The code no longer works. Your address has nothing to do with that account now."
	notMeNoAccount  = "The code no longer works, and without it no account is made with your address. You do not need to do anything."
	notMeReset      = "You don't need to do anything; your password has not changed."

	notMeSteps = "What you can do"
	notMeUndo  = "It puts your account back as it was before the change, as long as the link of the message works."
	notMeMore  = "If you want to do more"
	notMeDone  = "Done"
	notMeOpen  = "Not done yet"
	notMeMuted = "Until {time} nobody can ask for a reset code from a device that your account does not know. Your own devices and right passwords are not affected."
	notMeHelp  = "More about unexpected messages"
)

// notMeKind is one kind of message in words: what was tried, or was done.
type notMeKind struct {
	what string
	code bool // its code can be blocked
}

var notMeKinds = map[string]notMeKind{
	"sign_up_code": {"Someone wanted to create an account with your email address", true},
	"sign_in_code": {"Someone tried to sign in with your password", true},
	"step_up_code": {"Someone wanted to make changes to your account", true},
	"reset_code":   {"Someone asked to reset your password", true},
	"email_code":   {"Someone wanted to add your email address to their account", true},
	"phone_code":   {"Someone wanted to add your phone number to their account", true},
	"undo_code":    {"Someone wanted to take a change back", true},

	"sign_up_existing":      {"Someone tried to create an account with your email address", false},
	"email_taken":           {"Someone tried to add your email address to another account", false},
	"new_device":            {"Someone signed in on a new device", false},
	"sign_in_refused":       {"Someone tried to sign in with your password, and was refused", false},
	"sign_in_unusual":       {"Someone signed in, and it looked unusual", false},
	"too_many_tries":        {"Too many wrong codes were entered", false},
	"password_changed":      {"Your password was changed", false},
	"two_step_on":           {"Two-step verification was turned on or changed", false},
	"two_step_off":          {"Two-step verification was turned off", false},
	"signed_out_everywhere": {"All devices were signed out", false},
	"session_moved":         {"A session of your account turned up in another browser or country", false},
	"codes_braked":          {"Someone asked for many codes to reset your password", false},
	"email_changed":         {"Your main email address was changed", false},
	"email_added":           {"A second email address was added", false},
	"email_removed":         {"An email address was removed", false},
	"phone_added":           {"A phone number was added", false},
	"phone_removed":         {"A phone number was removed", false},
	"change_waiting":        {"A change was asked for with your password alone, and waits", false},
	"change_stopped":        {"A waiting change was stopped", false},
	"undone":                {"A change was taken back", false},
	"closing":               {"Someone asked to close your account", false},
	"closing_cancelled":     {"Someone signed in, so your account stays open", false},
}

func (p NotMeThisPage) kind() notMeKind {
	if k, ok := notMeKinds[p.Kind]; ok {
		return k
	}
	return notMeKind{"Something happened on your account", false}
}

func (p NotMeThisPage) title() string {
	code := p.kind().code
	switch {
	case !p.Blocked && code:
		return notMeAsked
	case !p.Blocked:
		return notMeWasIt
	case code && p.Opened:
		return notMeOpenedNow
	case code && p.InSession:
		return notMeVoid
	case code:
		return notMeNobody
	}
	return notMeNext
}

// blockedLede says what is true now that the person has answered.
func (p NotMeThisPage) blockedLede() string {
	code := p.kind().code
	switch {
	case p.Kind == "sign_up_code":
		return notMeNoAccount
	case code && !p.HasAccount:
		return notMeForeign
	case code && (p.OutDone || p.PasswordDone):
		return notMeShutOut
	case code && p.Opened:
		return notMeOpenedLede
	case code && p.InSession:
		return notMeVoidIn
	case code && p.PasswordRight:
		return notMeVoidRight
	case code:
		return notMeVoidLede
	}
	return notMeNextLede
}

// warning tells what it means if it was not the person: which of the two texts
// depends on whether the password was right.
func (p NotMeThisPage) warning() (title, body string) {
	act := " Block this attempt, then choose a new password."
	if !p.kind().code {
		act = " Go on, and choose a new password."
	}
	switch {
	case p.Kind == "session_moved":
		return "If this was not you, someone may have copied your session", "It shows them nothing of your account until they confirm it with a code or your password." + act
	case p.InSession:
		return "If this was not you, someone is signed in to your account", "They can use it until they are signed out." + act
	case p.PasswordRight:
		return "If this was not you, someone knows your password", "They entered it correctly." + act
	}
	return "", ""
}

// calm is said where the password was not right, of a code that anyone can ask for.
func (p NotMeThisPage) calm() string {
	switch {
	case p.Kind == "reset_code":
		return "The password was not entered. " + notMeReset + " Anyone who knows your email address can ask for such a code."
	case p.Kind == "sign_up_code":
		return "Perhaps it was a typing mistake. Without the code no account is made, and you do not need to do anything."
	case p.kind().code && p.HasAccount:
		return "The password was not entered. Without the code nobody gets in."
	case p.kind().code:
		return "Perhaps it was a typing mistake. Without the code nothing comes of it, and you do not need to do anything."
	case p.Kind == "sign_up_existing", p.Kind == "email_taken":
		return "Perhaps it was a typing mistake. Nothing has changed, and you do not need to do anything."
	}
	return ""
}

// notMeStep is one thing to do, and whether it is done.
type notMeStep struct {
	act, title, body, words string
	done, main              bool
	until                   time.Time
}

func (p NotMeThisPage) steps() []notMeStep {
	if !p.HasAccount {
		return nil
	}
	none := plural{"Send none for {n} hour", "Send none for {n} hours"}.of(p.MuteHours)
	mute := plural{
		"For {n} hour nobody can ask for a reset code from a device that your account does not know. Your own devices and right passwords are not affected.",
		"For {n} hours nobody can ask for a reset code from a device that your account does not know. Your own devices and right passwords are not affected.",
	}.of(p.MuteHours)
	list := []notMeStep{
		{act: "reset", title: "A new password", body: "It shuts out whoever knows the old one, and signs out all devices.", words: "Change your password", done: p.PasswordDone, main: p.PasswordRight || p.InSession || p.Opened},
		{act: "sign_out", title: "All devices", body: "Whoever is signed in is signed out at once, you too.", words: "Sign out everywhere", done: p.OutDone},
		{act: "two_step", title: twoStepTitle, body: "With it the password alone opens nothing on a new device.", words: "Turn it on", done: p.TwoStepDone},
		{act: "mute", title: "Codes to unknown devices", body: mute, words: none, done: !p.MutedUntil.IsZero(), until: p.MutedUntil},
	}
	if p.Kind == "codes_braked" { // nobody has the password: what helps is to have no more of them
		last := len(list) - 1
		list[last].main = true
		list = append([]notMeStep{list[last]}, list[:last]...)
	}
	return list
}

// notMeLinks begin with what helps most. Someone who cannot sign in resets.
var notMeLinks = []link{
	{"/account/password", "Change your password"},
	{"/account/devices", "See and sign out your devices"},
	{"/reset", resetTitle},
}

// notMeSections begin with the way on that the reader has.
func notMeSections(s Shell) []section {
	first := section{
		id: "text", title: "If you came from a text message",
		says:  []string{"A text bears no link, so you may have typed this address. If something was changed that you did not change, reset your password: it signs out all devices."},
		links: []link{{"/reset", resetTitle}},
	}
	if s.SignedIn {
		first.says = []string{"A text bears no link, so you may have typed this address. Your recent activity shows what was tried, when and on what."}
		first.links = []link{{"/account/activity", activityTitle}}
	}
	return append([]section{first}, notMeAdvice...)
}

var notMeAdvice = []section{
	{
		id: "change", title: "If a message tells of a change that you did not make",
		says: []string{
			"Then someone is using your account. A new password signs out every device and shuts them out.",
		},
		steps: []string{
			"Use the button of that message first, while it works: it stops the change, or takes it back.",
			"Secure your mailbox first: choose a new password for it, and sign out the devices there that you do not know.",
			"Reset your password here. It works even if someone else has changed it.",
			"Sign in, and look through two-step verification and your devices.",
		},
		links: []link{{"/reset", resetTitle}, {"/account/two-step", twoStepTitle}, {"/account/devices", devicesYours}},
	},
	{
		id: "new-sign-in", title: "If the message says that someone signed in",
		says: []string{
			"Then someone had your password and, unless two-step verification is off, a code from your mailbox too. If it was not you, they may read your mail.",
		},
		steps: []string{
			"Secure your mailbox first: choose a new password for it, and sign out the devices there that you do not know.",
			"Change your password here, and everywhere else you use it.",
			"Look through your devices, and sign out those that you do not know.",
		},
		links: notMeLinks,
	},
}
