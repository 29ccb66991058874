package views

import (
	"slices"
	"strings"
	"time"
)

// The words of the account area and of the reset.

// The places of the account area, in their order.
var accountPlaces = []link{
	{"/account", "Overview"},
	{"/account/email", emailTitle},
	{"/account/phone", phoneTitle},
	{"/account/password", "Password"},
	{"/account/two-step", twoStepTitle},
	{"/account/devices", devicesTitle},
	{"/account/activity", activityTitle},
	{"/account/close", closeTitle},
}

var (
	backToAccount = link{"/account", accountTitle}
	backToTwoStep = link{"/account/two-step", twoStepTitle}
	backToPhone   = link{"/account/phone", phoneTitle}
	backToDevices = link{"/account/devices", devicesTitle}
	backToSignIn  = link{"/sign-in", wordSignIn}
)

// placeUnknown is said where a place is expected.
const placeUnknown = "Place unknown"

// The overview.
const (
	accountTitle      = "Your account"
	accountSignedInAs = "Signed in as {address}"
	accountWho        = "Sign-in details"
	accountConfirmed  = "Confirmed"
	accountPending    = "Not confirmed yet: {address}"
	accountSet        = "Set"
	accountSetOn      = "Set on {day}"
	accountStatus     = "Status"
	accountCodesTo    = "Codes go to"
	accountYourEmail  = "Your email address"
	accountYours      = "Your devices"
	accountThis       = "This device"
	accountAddress    = "Network address"
	accountSince      = "Signed in since"
	accountNextTime   = "Next time"
	accountKnown      = "We will not ask for a code on this device."
	accountUnknown    = "We will ask for a code on this device again."
	accountEveryTime  = "We will ask for a code, unless you have chosen to trust this device."
	accountNoCodes    = "We will not ask for a code, because two-step verification is off."
	accountSignOut    = "Sign out"
	accountAll        = "All activity"

	// What stands before the colon is seen, the whole is heard.
	accountChange = "Change"
	accountAdd    = "Add"
	accountSeeAll = "See all"
	ofEmail       = ": email addresses"
	ofPhone       = ": phone number"
	ofPassword    = ": password"
	ofTwoStep     = ": two-step verification"
	ofDevices     = ": devices"
	accountNotMe  = "This wasn't me"
)

// twoStepStates say how two-step verification stands.
var twoStepStates = map[string]string{
	"new_devices": "On, for new devices",
	"every_time":  "On, at every sign-in",
	"off":         "Off",
}

func deviceCount(n int) string {
	if n == 0 {
		return "None that your account knows"
	}
	return plural{"{n} device", "{n} devices"}.of(n)
}

func (p AccountPage) nextTime() string {
	switch {
	case p.TwoStep == "off":
		return accountNoCodes
	case p.TwoStep == "every_time":
		return accountEveryTime
	case p.Known:
		return accountKnown
	}
	return accountUnknown
}

// latelyWords names a time by its day: today, yesterday, or the date.
func latelyWords(t, now time.Time) string {
	clock := t.Format(toMinute + " MST")
	switch t.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return strings.ReplaceAll("Today, {time}", "{time}", clock)
	case now.AddDate(0, 0, -1).Format(time.DateOnly):
		return strings.ReplaceAll("Yesterday, {time}", "{time}", clock)
	}
	return t.Format(toDay + " MST")
}

// Recent activity.
const (
	activityTitle  = "Recent activity"
	activityLede   = "Sign-ins, codes and changes, the newest first. If you do not know one of them, read at once what to do."
	activityReason = "Reason: {reason}"
	activityNone   = "Nothing yet. Sign-ins and changes will show here."

	activityBecause = "What was unusual: {reasons}"
)

// activityWords is one kind of event in words. doubt is true where someone else may
// be behind it.
type activityWords struct {
	words string
	doubt bool
}

var activities = map[string]activityWords{
	"sign_up":               {"Account created", false},
	"sign_up_tried":         {"Someone tried to create an account with your email address", true},
	"sign_in":               {"Signed in", true},
	"sign_in_known":         {"Signed in on a device that your account knows", true},
	"sign_in_refused":       {"The right password was entered, but the sign-in was refused", true},
	"wrong_password":        {"A wrong password was entered", true},
	"code_asked":            {"The right password was entered, and a code was sent", true},
	"wrong_code":            {"A wrong code was entered", true},
	"tries_used_up":         {"Too many wrong codes were entered", true},
	"sign_out":              {"Signed out", false},
	"signed_out_device":     {"A device was signed out from the list", true},
	"signed_out_everywhere": {"Signed out everywhere", true},
	"password_changed":      {"Password changed", true},
	"password_reset":        {"Password reset", true},
	"reset_asked":           {"Someone asked to reset the password", true},
	"step_up":               {"Confirmed with a code before a change", true},
	"two_step_on":           {"Two-step verification turned on, for new devices", true},
	"two_step_every_time":   {"Two-step verification set to every sign-in", true},
	"two_step_off":          {"Two-step verification turned off", true},
	"device_renamed":        {"A device got a new name", true},
	"device_untrusted":      {"A device is not trusted any more", true},
	"session_moved":         {"A session turned up in another browser or country", true},
	"device_unknown":        {"A device was forgotten, so it needs a code next time", true},
	"email_change_asked":    {"A code was sent to a new email address", true},
	"email_changed":         {"Email address changed", true},
	"email_added":           {"Second email address added", true},
	"email_removed":         {"Email address removed", true},
	"email_cancelled":       {"The change of the email address was cancelled", true},
	"phone_added":           {"Phone number confirmed", true},
	"phone_removed":         {"Phone number removed", true},
	"channel_changed":       {"Codes go to another place first", true},
	"change_waiting":        {"A change was asked for with the password alone, and waits", true},
	"change_stopped":        {"A waiting change was stopped", true},
	"undone":                {"A change was taken back, and all devices were signed out", true},
	"not_me":                {"Someone with one of your messages said: this wasn't me", false},
	"codes_braked":          {"Many reset codes were asked for and not typed, so no more of them were sent for an hour", true},
	"muted":                 {"Codes to unknown devices were stopped for a while", true},
	"closing":               {"Someone asked to close the account", true},
	"closing_cancelled":     {"The account stays open, because someone signed in", true},
	"step_up_password":      {"The password was entered before a change, in place of a code", true},
	"link_followed":         {"The link of a message was used to choose a new password", true},
	"staff_created":         {"The people who run this site created the account", true},
	"staff_unlocked":        {"The people who run this site lifted a wait", true},
	"staff_signed_out":      {"The people who run this site signed out all devices", true},
	"staff_role":            {"The people who run this site changed what the account may do", true},
	"staff_resent":          {"Support sent your code again", true},
	"staff_reset":           {"Support sent you a link to choose a new password", true},
	"service_code_used":     {"You read your service code to support", true},
}

// supportActs are the acts of support in words, where the member of staff has a
// name.
var supportActs = map[string]string{
	"staff_resent":     "Support ({name}) sent your code again",
	"staff_unlocked":   "Support ({name}) lifted a wait",
	"staff_signed_out": "Support ({name}) signed out all devices",
	"staff_reset":      "Support ({name}) sent you a link to choose a new password",
}

func (a Activity) said() activityWords {
	if words := supportActs[a.Kind]; words != "" && a.Agent != "" {
		if a.Agent == "Support" { // has no name of its own
			words = strings.ReplaceAll(words, " ({name})", "")
		}
		return activityWords{strings.ReplaceAll(words, "{name}", a.Agent), true}
	}
	if w, ok := activities[a.Kind]; ok {
		return w
	}
	return activityWords{"Something else happened on your account", true}
}

// reason is why support did it.
func (a Activity) reason() string {
	if a.Agent == "" {
		return ""
	}
	return a.Detail
}

// from says on what and from where, as far as it is known.
func (a Activity) from() string {
	where := ", roughly {place}"
	if a.Place == "" {
		where = ", place unknown"
	}
	switch {
	case a.Device != "" && a.Address != "":
		return "{device}, from {address}" + where
	case a.Device != "":
		return "{device}"
	case a.Address != "":
		return "From {address}" + where
	}
	return ""
}

// The password.
const (
	passwordTitle      = "Change your password"
	passwordLede       = "You need the password you have now. Then choose a new one that you use nowhere else."
	passwordOthers     = "Sign out my other devices"
	passwordOthersHint = "It holds at once. Leave it ticked if you are not sure."
	passwordAct        = "Change password"
)

// Two-step verification.
const (
	twoStepTitle    = "Two-step verification"
	twoStepLede     = "After your password we ask for a short code that only you receive. Someone who learns your password still cannot get in."
	twoStepIsOn     = "On - by email"
	twoStepIsOnMail = "On - by email to {address}"
	twoStepIsOnText = "On - by text to {address}"
	twoStepIsOff    = "Off"
	twoStepNew      = "We ask for a code when you sign in on a new device."
	twoStepEvery    = "We ask for a code each time you sign in, except on a device that you trust."
	twoStepNone     = "An ordinary sign-in needs only your password. Choose below when we should ask for a code too."
	twoStepWhen     = "When should we ask for a code?"
	twoStepTurnOn   = "Turn on"
	twoStepToOff    = "Turn it off"
	twoStepToOffHow = "An ordinary sign-in would then need only your password. You see what stops and what stays before anything changes."
	twoStepOffLink  = "Turn off two-step verification"
	twoStepWhere    = "Where should codes go first?"
	twoStepWhereHow = "When you are asked for a code, you can still choose another of these ways."
	twoStepWhereAct = "Save this choice"

	twoStepOffTitle = "Turn off two-step verification?"
	twoStepOffLede  = "Anyone who learns your password could then sign in with it. You can turn it on again at any time."
	twoStepStops    = "What stops"
	twoStepStays    = "What stays"
	twoStepOffTold  = "We will tell every confirmed address that it is off."
	twoStepOffAct   = "Turn off"
	twoStepKeep     = "Keep it on"
)

// isOn names where codes go; a masked number has no @.
func (p TwoStepPage) isOn() string {
	switch {
	case p.CodesTo == "":
		return twoStepIsOn
	case strings.Contains(p.CodesTo, "@"):
		return twoStepIsOnMail
	}
	return twoStepIsOnText
}

type twoStepChoice struct{ id, value, words, hint string }

// The first one has the id that a refusal of the pair leads to.
var twoStepChoices = []twoStepChoice{
	{"two-step", "new_devices", "On new devices", "Right for most people. A device where you have entered a code is known and is not asked again."},
	{"two-step-every", "every_time", "Every time", "A code at each sign-in, except on a device that you choose to trust."},
}

var twoStepOffStops = []string{
	"Codes when you sign in on a new device",
	"Codes at every sign-in, if you had chosen them",
}

var twoStepOffStays = []string{
	"Alerts about new devices and changes",
	"Codes to reset your password",
	"Codes before you change your settings",
}

// twoStepOffUnusual stays too, unless the operator does not want it.
const twoStepOffUnusual = "A code where a sign-in looks very unusual"

// stays lists what turning it off does not change.
func (p TwoStepOffPage) stays() []string {
	if !p.Unusual {
		return twoStepOffStays
	}
	return append(slices.Clone(twoStepOffStays), twoStepOffUnusual)
}

// Devices.
const (
	devicesTitle      = "Devices"
	devicesLede       = "Browsers where you are signed in, or that your account knows. Sign out the ones that you do not use any more."
	devicesYours      = "Your devices"
	devicesThis       = "This device"
	devicesNotIn      = "Not signed in"
	devicesTrusted    = "Trusted until {day}"
	devicesActive     = "Active now"
	devicesMoved      = "A session of it turned up in another browser or country: {time}. Nothing is shown or changed there until a code is entered."
	devicesActiveIn   = "Active now, in {browser}"
	devicesSeenIn     = "Last active: {time}, in {browser}"
	devicesSeen       = "Last active: {time}"
	devicesRename     = "Rename"
	devicesName       = "Name of this device"
	devicesNameHint   = "Only you see it."
	devicesCancel     = "Cancel"
	devicesOut        = "Sign out"
	devicesForget     = "Forget"
	devicesUntrust    = "Stop trusting"
	devicesUntrustAll = "Stop trusting all devices"
	devicesAlone      = "Only this device is signed in."
	devicesShared     = "The device you are using now is not in the list. Your account does not keep it."
	devicesUnknown    = "I don't know one of these devices"
	devicesGone       = "Signed out {device}, confirmed at {time}."
	devicesEverybody  = "Sign out everywhere"

	everywhereTitle = "Sign out everywhere"
	everywhereLede  = "You'll need to sign in again on every device. It holds at once."
	everywhereKnown = "A device that was signed out needs a code at its next sign-in, as long as two-step verification is on."
	everywhereThis  = "Also this device"
	everywhereAct   = "Sign out everywhere"
	everywhereKeep  = "Go back to your devices"
)

// activeWords say when a device was used, and in what where its name does not say so.
func (d DeviceItem) activeWords() string {
	in := d.Browser != "" && d.Browser != d.Name
	switch {
	case d.This && in:
		return devicesActiveIn
	case d.This:
		return devicesActive
	case in:
		return devicesSeenIn
	}
	return devicesSeen
}

// facts is the small print of one device.
func (d DeviceItem) facts() string {
	switch {
	case d.Address == "":
		return "First seen {day}."
	case d.Place == "":
		return "From {address}, place unknown. First seen {day}."
	}
	return "From {address}, roughly {place}. First seen {day}."
}

// ofDevice follows an act on one device, for those who do not see its row.
func ofDevice(name string) string { return " " + name }

func sessionCount(n int) string {
	return plural{
		"Only the session you are using now is signed in.",
		"{n} sessions are signed in, the one you are using now included.",
	}.of(max(1, n))
}

// The reset.
const (
	resetTitle   = "Reset your password"
	resetInside  = "You are signed in. If you know your password, change it. If you have forgotten it, sign out first, and choose 'Forgot your password?' on the sign-in page."
	resetHint    = "The one you sign in with."
	resetAct     = "Send a code"
	resetSending = "Sending..."
	resetAbout   = "Choose a new password with a code or a link that we send to your email address."
	resetLinkAct = "Choose a new password"
	resetLinkNot = "I didn't ask for this"

	resetOverTitle = "This link does not work any more"
	resetOverLede  = "It has been used already, or its time is over. Your password is as it was, unless you have already chosen a new one."
	resetOverAct   = "Start again"

	resetNewTitle = "Choose a new password"
	resetNewLede  = "For {address}. All devices will be signed out, and you sign in again with the new password."
	resetNewAct   = "Save new password"
)

func resetLinkWords(named bool) string {
	if named {
		return "This link is for {address}. It works once, and only when you press the button. Your password stays as it is until you choose a new one."
	}
	return "The link works once, and only when you press the button. Your password stays as it is until you choose a new one."
}

// resetLede is true after an undo too, when no password opens the account.
func resetLede(s Shell) string {
	if s.Notice == "undone" {
		return "We will send a code and a link to your email address. No password opens your account until you choose a new one."
	}
	return "We will send a code and a link to your email address. Your password stays as it is until you choose a new one."
}
