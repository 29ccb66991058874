package views

import (
	"strconv"
	"strings"
	"time"
)

// Every sentence of the pages is in this file and those that end in _words.go, whole,
// so that it can be translated as a whole. A mark such as {address} is filled by the
// templates (see fill in layout.templ), {n} by a plural.

// plural picks a whole sentence by a number.
type plural struct{ one, other string }

func (p plural) of(n int) string {
	s := p.other
	if n == 1 {
		s = p.one
	}
	return strings.ReplaceAll(s, "{n}", strconv.Itoa(n))
}

// span is one sentence about a length of time in each unit it may be told in.
type span struct{ seconds, minutes, hours plural }

// of rounds up, so that nobody is told to come back too early.
func (s span) of(d time.Duration) string {
	d = (d + time.Second - 1).Truncate(time.Second)
	up := func(unit time.Duration) int { return max(1, int((d+unit-1)/unit)) }
	switch {
	case d <= 2*time.Minute:
		return s.seconds.of(up(time.Second))
	case d <= 2*time.Hour:
		return s.minutes.of(up(time.Minute))
	}
	return s.hours.of(up(time.Hour))
}

// The shell.
const (
	wordSkip        = "Skip to main content"
	wordErrorPrefix = "Error: "
	wordSiteMenu    = "Site"
	wordHelp        = "Help"
	wordContact     = "Contact"
	wordSignIn      = "Sign in"
	wordAccount     = "Account"
	wordTestInbox   = "Test inbox"
	wordTheme       = "Theme"
	wordSummary     = "There is a problem"
	wordChecking    = "Checking..."
)

var themes = []struct{ value, words string }{
	{"system", "System"},
	{"dark", "Dark"},
	{"light", "Light"},
}

// banner is the one message before the h1 after a redirect.
type banner struct {
	good        bool
	title, body string
}

var banners = map[string]banner{
	"signed_out":   {true, "Success", "You are signed out. It took hold at {time}."},
	"account_made": {true, "Success", "Your account is ready and you are signed in."},
	"signed_in":    {true, "Success", "You are signed in."},

	"password_changed":      {true, "Success", "Your password has changed."},
	"password_reset":        {true, "Success", "Your password has changed. All devices have been signed out."},
	"two_step_saved":        {true, "Success", "Two-step verification is on, and your choice is saved."},
	"two_step_off":          {true, "Success", "Two-step verification is off. An ordinary sign-in needs only your password now."},
	"channel_saved":         {true, "Success", "Your choice is saved. The next code goes there first."},
	"device_renamed":        {true, "Success", "The device has its new name."},
	"device_signed_out":     {true, "Success", "The device is signed out, and needs a code next time. It took hold at {time}."},
	"device_untrusted":      {true, "Success", "The device is not trusted any more, and needs a code next time. It took hold at {time}."},
	"signed_out_everywhere": {true, "Success", "All devices are signed out, this one too. It took hold at {time}."},

	"email_changed":   {true, "Success", "Your email address has changed. From now on you sign in with the new one."},
	"email_added":     {true, "Success", "The second email address is confirmed."},
	"email_main":      {true, "Success", "The two addresses have changed places. From now on you sign in with the new main one."},
	"email_removed":   {true, "Success", "The second email address is removed."},
	"email_cancelled": {true, "Success", "The change is cancelled. The code we sent does nothing any more."},
	"phone_added":     {true, "Success", "Your phone number is confirmed."},
	"phone_removed":   {true, "Success", "Your phone number is removed. We send no more texts to it."},
	"undone":          {true, "Success", "The change is taken back, and all devices are signed out. Now choose a new password."},

	"change_waiting":    {false, "Your change is saved, and waits", "It takes hold after the waiting time. Every address was told and can stop it."},
	"closing":           {false, "Your account will be closed", "It ends on {day}. Sign in before then to keep it."},
	"closing_cancelled": {true, "Success", "You signed in, so your account stays open."},
	"email_taken_late":  {false, "That address is taken now", "It got an account in the meantime, so nothing was changed. Use another address."},

	"chat_left":      {true, "Success", "You have left the chat. The answer comes by email, and shows here too."},
	"chat_mailed":    {true, "Success", "The conversation is on its way to your main email address."},
	"call_booked":    {true, "Success", "Your call is booked."},
	"call_moved":     {true, "Success", "The call has its new time."},
	"call_cancelled": {true, "Success", "The call is cancelled."},

	"flow_lost":     {false, "You need to start again", "Too much time went by, the request was blocked from its message, or your browser does not keep cookies from this site. If it happens again, allow cookies for this site."},
	"taken":         {false, "You already have an account", "The email address got an account in the meantime. Sign in with the password of that account."},
	"reauth_needed": {false, "Confirm it's you first", "What you asked for needs a fresh code. After it you can go on for some minutes without another one."},
	"session_ended": {false, "You are not signed in any more", "A session ends when it is not used for a long time, or when someone signs it out. Sign in again to go on."},
}

// othersSignedOut stands in for signed_out_everywhere where this device was kept.
const othersSignedOut = "All other devices are signed out. It took hold at {time}."

func bannerFor(s Shell) (banner, bool) {
	b, ok := banners[s.Notice]
	if s.Notice == "signed_out_everywhere" && s.SignedIn {
		b.body = othersSignedOut
	}
	return b, ok
}

// Fields and their errors.
const (
	wordEmail    = "Email address"
	wordPassword = "Password"
	wordCurrent  = "Current password"
	wordNew      = "New password"
	wordShow     = "Show"
	wordHide     = "Hide"
	wordSave     = "Save"
	wordSaving   = "Saving..."
)

// revealWords are said by the button that shows and hides one password.
type revealWords struct{ show, hide, visible, hidden string }

var (
	revealPassword = revealWords{"Show password", "Hide password", "Your password is visible", "Your password is hidden"}
	revealCurrent  = revealWords{"Show current password", "Hide current password", "Your current password is visible", "Your current password is hidden"}
	revealNew      = revealWords{"Show new password", "Hide new password", "Your new password is visible", "Your new password is hidden"}
)

func passwordHint(least int) string {
	return plural{
		"At least {n} character. A few random words work well. You can paste.",
		"At least {n} characters. A few random words work well. You can paste.",
	}.of(least)
}

// fieldErrors has a sentence for each reason a field is refused. one and other
// differ only where the sentence names a number.
var fieldErrors = map[string]map[string]plural{
	"email": {
		"empty":           always("Enter your email address"),
		"too_long":        always("The email address is too long. It may have 254 characters, 64 of them before the @"),
		"no_at":           always("Enter an email address in the right form, like name@example.com"),
		"quoted":          always("An email address with quotation marks before the @ cannot be used here"),
		"ip_literal":      always("The part after the @ must be a name, like example.com, not a number in brackets"),
		"fixed":           always("The answer goes to the address that you gave before"),
		"non_ascii_local": always("The part before the @ can only have the letters a to z without accents, digits and common signs"),
		"bad_domain":      always("The part after the @ is not a domain name. Check it for a typing mistake"),
		"bad_characters":  always("The email address has a space, a dot or a sign where none can be. Check it for a typing mistake"),
		"credentials":     always("The email or password is not right. Check both, or reset your password."),
		"same":            always("That is already your address. Enter another one"),
		"":                always("Check the email address"),
	},
	"password": {
		"empty":          always("Enter a password"),
		"too_short":      {"The password must be {n} character or more", "The password must be {n} characters or more"},
		"too_long":       {"The password must be {n} character or fewer", "The password must be {n} characters or fewer"},
		"common":         always("That password is on a list of common passwords, so it is easy to guess. Choose another."),
		"own_address":    always("The password is too close to your email address. Choose another."),
		"brand":          always("The password is too close to the name of this site. Choose another."),
		"bad_characters": always("The password has a character that cannot be used. Type another one."),
		"":               always("Choose another password"),
	},
	"current_password": {
		"empty": always("Enter your current password"),
		"wrong": always("The current password is not right. Check it for a typing mistake."),
		"":      always("Check the current password"),
	},
	"new_password": {
		"empty":          always("Enter a new password"),
		"too_short":      {"The new password must be {n} character or more", "The new password must be {n} characters or more"},
		"too_long":       {"The new password must be {n} character or fewer", "The new password must be {n} characters or fewer"},
		"common":         always("That password is on a list of common passwords, so it is easy to guess. Choose another."),
		"own_address":    always("The new password is too close to your email address. Choose another."),
		"brand":          always("The new password is too close to the name of this site. Choose another."),
		"bad_characters": always("The new password has a character that cannot be used, such as a line break"),
		"same":           always("The new password is the same as the old one. Choose another."),
		"":               always("Choose another new password"),
	},
	"two_step": {
		"empty": always("Choose when we should ask for a code"),
		"":      always("Choose one of the two"),
	},
	"name": {
		"empty":          always("Enter a name for the device"),
		"too_long":       {"The name must be {n} character or fewer", "The name must be {n} characters or fewer"},
		"bad_characters": always("The name has a character that cannot be used, such as a line break"),
		"":               always("Choose another name"),
	},
	"phone": {
		"empty":        always("Enter your phone number"),
		"not_a_number": always("Enter a phone number in the right form, like +43 664 1234567"),
		"type":         always("Premium, toll-free and other special numbers cannot be used. Enter a mobile number"),
		"landline":     always("This looks like a landline, and most of them get no texts. Enter a mobile number, or use it anyway"),
		"country":      always("We send no texts to numbers of that country. Use a number of one of the countries below"),
		"no_calls":     always("We do not call numbers of that country. Use a number of one of the countries below"),
		"same":         always("That is already your number. Enter another one"),
		"texts_off":    always("Texts are switched off at the moment, so a number cannot be confirmed"),
		"purse":        always("The texts of today are used up. Try again tomorrow"),
		"":             always("Check the phone number"),
	},
	"way": {
		"empty": always("Choose where the code should go"),
		"":      always("Choose one of the ways in the list"),
	},
	"message": {
		"required":        always("Write a message"),
		"too_long":        {"The message must be {n} character or fewer", "The message must be {n} characters or fewer"},
		"looks_like_code": always("Take the code out of the message and send the rest. Nobody here needs a verification code, and a service code is for calls only."),
		"ended":           always("This chat has ended, so the message was not sent"),
		"too_many":        always("This chat is very long now, so it takes no more messages. End it and start another one"),
		"too_soon":        always("You wrote many messages in a short time. Wait a moment and send this one again"),
		"":                always("Check the message"),
	},
	"slot": {
		"taken": always("That time has been taken in the meantime. Choose another one"),
		"":      always("Choose a time"),
	},
	"words": {
		"too_long":        {"The text must be {n} character or fewer", "The text must be {n} characters or fewer"},
		"looks_like_code": always("This looks like a code. Take it out: nobody here may have it"),
		"":                always("Check the text"),
	},
	"code": {
		"empty":      {"Enter the {n}-digit code", "Enter the {n}-digit code"},
		"shape":      {"The code must be {n} number", "The code must be {n} numbers"},
		"wrong":      {"That code is not right. Check the latest message, or send another code. You have {n} try left.", "That code is not right. Check the latest message, or send another code. You have {n} tries left."},
		"expired":    always("That code has expired. Send a new one."),
		"used":       always("That code has already been used"),
		"superseded": always("You started again in another tab, so that was not done. Go on with the request shown here."),
		"exhausted":  always("Too many wrong codes were entered. Start again to get another code."),
		"":           always("Check the code"),
	},
}

func always(sentence string) plural { return plural{sentence, sentence} }

func fieldErrorWords(e FieldError) string {
	reasons := fieldErrors[e.Field]
	p, ok := reasons[e.Reason]
	if !ok {
		p = reasons[""]
	}
	return p.of(e.N)
}

// Refusal is the sentence for a field that is refused, for who has no page to show it on.
func Refusal(field, reason string) string {
	return fieldErrorWords(FieldError{Field: field, Reason: reason})
}

// Sign-up and sign-in.
const (
	signUpTitle   = "Create an account"
	signUpLede    = "We will send a code to your email address, to confirm that it is yours."
	signUpAct     = "Create account"
	signUpOther   = "Already have an account?"
	signUpAbout   = "Create an account with your email address and a password."
	closedTitle   = "New accounts are closed"
	closedLede    = "No new accounts can be made here at the moment. If you already have one, you can sign in as usual."
	signInTitle   = "Sign in"
	signInAct     = "Sign in"
	signInOther   = "New here?"
	signInForgot  = "Forgot your password?"
	signInHelp    = "Problems signing in?"
	signInAbout   = "Sign in to your account with your email address and password."
	signUpInstead = "Create an account"
)
