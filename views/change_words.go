package views

// The words of changes that touch how someone gets in: addresses, the phone, the
// step-up before them, what waits, what is taken back, and the end of an account.

// slowNotice is shown where the step-up was the password alone.
func slowNotice(hours int) string {
	return plural{
		"You confirmed with your password, not with a code. So what you change here takes hold after {n} hour. Every address is told, and can stop it.",
		"You confirmed with your password, not with a code. So what you change here takes hold after {n} hours. Every address is told, and can stop it.",
	}.of(hours)
}

const slowTitle = "Changes wait for now"

// nudgeWords are one banner of the overview.
type nudgeWords struct {
	title, body string
	act         link
}

var nudges = map[string]nudgeWords{
	"mail_refused":  {"Your mail server refused our last message", "Codes and alerts may not reach you. Check the address, or confirm another one.", link{"/account/email", "See your email addresses"}},
	"phone_missing": {"Add a phone number", "If your mail is slow or out of reach, a text is your other way in.", link{"/account/phone", "Add a number"}},
}

// Changes that wait, and changes that can be taken back.
const (
	waitingTitle = "Changes that wait"
	waitingLede  = "They were asked for with the password alone. Every address was told, and the link in that message can stop them."
	waitingFrom  = "Takes hold on {time}"
)

// changeWords are one kind of change: what it is, and what was done.
type changeWords struct{ name, done string }

var changes = map[string]changeWords{
	"password":      {"A new password", "The password was changed"},
	"two_step":      {"Another choice for two-step verification", "Two-step verification was changed"},
	"email":         {"A new main email address", "The main email address was changed"},
	"email_main":    {"Another confirmed address as the main one", "Another confirmed address became the main one"},
	"email_second":  {"A new second email address", "A second email address was added"},
	"email_changed": {"A new main email address", "The main email address was changed"},
	"email_added":   {"A new second email address", "A second email address was added"},
	"email_removed": {"The removal of an email address", "An email address was removed"},
	"phone":         {"A new phone number", "The phone number was changed"},
	"phone_added":   {"A new phone number", "A phone number was added"},
	"phone_removed": {"The removal of the phone number", "The phone number was removed"},
	"channel":       {"Another place where codes go first", "Codes go to another place first"},
}

func changeFor(slug string) changeWords {
	if w, ok := changes[slug]; ok {
		return w
	}
	return changeWords{"A change of your account", "Your account was changed"}
}

// Email addresses.
const (
	emailTitle      = "Email address"
	emailLede       = "You sign in with your main address, and codes and alerts go to it. A second one is another way to reach you."
	emailAddresses  = "Your addresses"
	emailMain       = "Main address"
	emailSecond     = "Second address"
	emailNone       = "None"
	emailRefused    = "Refused our last message"
	emailRefusedHow = "The mail server of {address} refused our last message. If you cannot read mail there any more, confirm another address."
	emailMakeMain   = "Make it the main address"
	emailRemove     = "Remove the second address"

	emailWaitsTitle  = "One step is left"
	emailWaitsMain   = "We sent a code to {new}. Until it is entered, {old} stays."
	emailWaitsSecond = "We sent a code to {new}. Until it is entered, nothing changes."
	emailWaitsSent   = "Sent: {time}"
	emailWaitsEnter  = "Enter the code"
	emailWaitsCancel = "Cancel this change"

	emailNewTitle   = "Use another address"
	emailNew        = "New email address"
	emailNewHint    = "We send a code to it. Nothing changes until you enter that code."
	emailNewAs      = "What is it for?"
	emailOnlyMain   = "It takes the place of {old}, and you sign in with it from then on. For another second address, remove the one you have first."
	emailAct        = "Send a code"
	emailToldBefore = "Your confirmed addresses are told of every change, and for some days it can be taken back."
)

type emailUse struct{ id, value, words, hint string }

var emailUses = []emailUse{
	{"as", "main", "My main address", "It takes the place of {old}. You sign in with it from then on."},
	{"as-second", "second", "A second address", "For codes by another way, for alerts, and to take changes back."},
}

// The phone.
const (
	phoneTitle       = "Phone"
	phoneLede        = "We text codes and account alerts to it, and nothing else. If your mail is slow or out of reach, it is your other way in."
	phoneOff         = "This service does not send texts yet, so no number can be added here. Codes and alerts go to your email address."
	phoneHeld        = "We text codes and account alerts to it, and nothing else. Texts are paused at the moment, so codes go to your email address until they go out again."
	phoneNoNew       = "No number can be added or changed at the moment, because we cannot send it a code by text. Try again later."
	phoneNumber      = "Phone number"
	phoneNone        = "None"
	phoneConfirmed   = "Confirmed"
	phoneRemoveLink  = "Remove"
	phoneNewTitle    = "Add a number"
	phoneChangeTitle = "Use another number"
	phoneHint        = "Only for codes and account alerts. Your network may charge for texts. Write it as you like, with + and the country code if it is from abroad."
	phoneAct         = "Send a code"
	phoneAnyway      = "Use it anyway"
	phoneCountries   = "We send texts to numbers of these countries: {countries}."

	phoneRemoveTitle = "Remove your phone number?"
	phoneRemoveLede  = "We send no more texts to {address}. All your addresses are told, and so is the number."
	phoneRemoveOnly  = "It is your only other way in"
	phoneRemoveHow   = "Without it, codes can only go to your email address. If you lose your mailbox, you may lose your account. You can add a second address first."
	phoneRemoveAdd   = "Add a second address"
	phoneRemoveAct   = "Remove number"
	phoneRemoveKeep  = "Keep it"
)

func (p AccountPage) phoneWords() string {
	switch {
	case p.Phone != "":
		return p.Phone
	case p.TextsOn:
		return phoneNone
	}
	return "None. This service does not send texts."
}

// The step-up.
const (
	reauthTitle    = "Confirm it's you"
	reauthLede     = "What you want to do needs a fresh code first. We will send it to {address}, and after it you can make changes for some minutes without another one."
	reauthLedeWays = "What you want to do needs a fresh code first. After it you can make changes for some minutes without another one."
	reauthMoved    = "You are signed in, but in another browser or another country than before. That may well be you. So that nobody goes on with a copy of your session, confirm it once, and everything is as it was."
	reauthMovedTo  = "We will send a code to {address}."
	reauthWhere    = "Where should the code go?"
	reauthUsual    = "The usual way: {address}"
	reauthNoCode   = "I can't get a code"

	reauthPasswordTitle = "Confirm with your password"
	reauthPasswordAct   = "Go on with the password"
	reauthPasswordBack  = "I can get a code after all"
	reauthPasswordMoved = "You are signed in, but in another browser or another country than before. Your password confirms the session here, and shows your account again."
)

func reauthPasswordLede(hours int) string {
	return plural{
		"With your password alone a change takes hold after {n} hour, and every address of your account is told at once. So whoever has only your password cannot take your account in secret. With a code a change holds at once.",
		"With your password alone a change takes hold after {n} hours, and every address of your account is told at once. So whoever has only your password cannot take your account in secret. With a code a change holds at once.",
	}.of(hours)
}

// Taking a change back.
const (
	undoTitle    = "Take this change back"
	undoLede     = "If you did not make this change, take it back. Looking at this page changes nothing."
	undoAct      = "Take it back"
	undoCodeAct  = "Send a code"
	undoDoes     = "What happens then"
	undoCode     = "First we send a code to {address}. Your account has had it for longer than what was changed, so it shows that it's really you."
	undoCodeAny  = "First we send a code to an address or a number that your account has had for longer than what was changed. Choose below which."
	undoWay      = "Where should the code go?"
	undoStop     = "Stop this change"
	undoStopLede = "It was asked for with the password alone, so it has not taken hold yet. If it was not you, stop it. Looking at this page changes nothing."
	undoWhat     = "Change"
	undoAbout    = "Which"
	undoMade     = "Made"
	undoAsked    = "Asked for"
	undoHolds    = "Takes hold"
	undoEarliest = "If you do not know where that code goes, open the earliest message about a change in its place: the earliest one wins."
	undoIfYou    = "If it was you, you do not need to do anything. Close this page."

	undoOverTitle    = "This link does not work any more"
	undoOverLede     = "Its time is over, or the change was already taken back, or a later one took its place. Nothing has changed now."
	undoTakenTitle   = "The address belongs to another account now"
	undoTakenLede    = "So the change cannot be taken back. Nothing has changed now. If your account was taken over, tell the people who run this site."
	undoStoppedTitle = "The change is stopped"
	undoStoppedLede  = "It never took hold. If you did not ask for it, someone knows your password: choose a new one now."
)

func undoOver(reason string) (title, lede string) {
	if reason == "taken" {
		return undoTakenTitle, undoTakenLede
	}
	return undoOverTitle, undoOverLede
}

// undoSteps are what taking a change back does.
var undoSteps = []string{
	"Your addresses, your phone number and two-step verification are put back as they were before it.",
	"What was added since then goes: addresses, numbers, and devices that need no code.",
	"All devices are signed out, and you choose a new password.",
}

// The end of an account.
const (
	helpAndContact     = "Help and contact"
	helpAndContactLede = "Answers about codes and signing in. Nobody who helps you ever asks for a code."
	dataTitle          = "Your data"
	dataLede           = "What your account holds, in one file that programs can read."
	dataDownload       = "Download your data"

	closeTitle = "Close account"
	closeH1    = "Close your account?"
	closeLede  = "This closes the account of {address}. You see what happens before anything does."
	closeWhat  = "What happens"
	closeFirst = "Before you go"
	closeSave  = "Download your data now if you want to keep it. Afterwards nobody can bring it back."
	closeAct   = "Close my account"
	closeKeep  = "Keep my account"
)

func closeSteps(days int) []string {
	return []string{
		"All devices are signed out at once, and every address of your account is told.",
		plural{
			"Your account then waits for {n} day. Sign in during that time, and it stays open.",
			"Your account then waits for {n} days. Sign in during that time, and it stays open.",
		}.of(days),
		"After that the account and its data are erased for good, and your address can be used for a new one.",
	}
}
