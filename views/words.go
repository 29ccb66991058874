package views

import (
	"strconv"
	"strings"
	"time"
)

// Every sentence of the pages is in this file and help_words.go, whole, so that it
// can be translated as a whole. A mark such as {address} is filled by the
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
	"signed_out":    {true, "Success", "You are signed out. It took hold at {time}."},
	"account_made":  {true, "Success", "Your account is ready and you are signed in."},
	"signed_in":     {true, "Success", "You are signed in."},
	"flow_lost":     {false, "You need to start again", "Either too much time went by, or your browser does not keep cookies from this site. If it happens again, allow cookies for this site."},
	"taken":         {false, "You already have an account", "The email address got an account in the meantime. Sign in with the password of that account."},
	"session_ended": {false, "You are not signed in any more", "A session ends when it is not used for a long time, or when someone signs it out. Sign in again to go on."},
}

// Fields and their errors.
const (
	wordEmail        = "Email address"
	wordPassword     = "Password"
	wordShow         = "Show"
	wordHide         = "Hide"
	wordShowPassword = "Show password"
	wordHidePassword = "Hide password"
	wordIsVisible    = "Your password is visible"
	wordIsHidden     = "Your password is hidden"
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
		"non_ascii_local": always("The part before the @ can only have the letters a to z without accents, digits and common signs"),
		"bad_domain":      always("The part after the @ is not a domain name. Check it for a typing mistake"),
		"bad_characters":  always("The email address has a space, a dot or a sign where none can be. Check it for a typing mistake"),
		"credentials":     always("The email or password is not right. Check both and try again."),
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
	signInHelp    = "Problems signing in?"
	signInAbout   = "Sign in to your account with your email address and password."
	signUpInstead = "Create an account"
)

// The code page.
const (
	codeSentTo     = "Sent to"
	codeRequest    = "Request"
	codeDelivery   = "Delivery"
	codeAct        = "Verify"
	codeShare      = "Never share this code. We will never ask you for it, not even support."
	codeScams      = "How to spot a scam"
	codeShared     = "This is a shared device"
	codeSharedHint = "We will ask for a code again next time, and sign you out when the browser closes."
	codeAgain      = "Send another code"
	codeNew        = "Send a new code"
	codeFree       = "You can send another code now"
	codeLeft       = "left"
	codeOver       = "Your code has expired. Send a new code. What you typed stays here."
	codeProblems   = "Problems with the code?"
	codeNotMe      = "This wasn't me"
	codeMoreHelp   = "More help with codes"

	tornStart = "Start again with a different email address"
	tornTitle = "Your code has expired"
	tornNote  = "The page and the new message will show the same request name. The old code no longer works."

	resentSame = "We sent your code again to {address} at {time}. It is the same code, so either message works."
	resentNew  = "We sent a new code to {address} at {time}. Use the one in the newest message."
	resentNone = "No message was sent."
)

func codeTitle(channel string) string {
	if channel == "sms" {
		return "Check your phone"
	}
	return "Check your email"
}

func codeWhy(c Code) string {
	why := plural{
		"We sent a {n}-digit code because you're signing in on a new device.",
		"We sent a {n}-digit code because you're signing in on a new device.",
	}
	if c.signUp() {
		why = always("We sent a {n}-digit code to confirm that this email address is yours.")
	}
	return why.of(c.Digits)
}

func codeLabel(digits int) string { return always("Enter the {n}-digit code").of(digits) }

// codeHint is true whenever the page is rendered: the whole life of a new
// code, what is left of an older one.
func codeHint(c Code) string {
	left := c.ExpiresAt.Sub(c.Now)
	// A page is rendered a moment after its code was made.
	minutes := int((left + 3*time.Second) / time.Minute)
	switch {
	case minutes < 1:
		return "The code works for less than a minute."
	case c.Life > 0 && minutes == int(c.Life/time.Minute):
		return plural{
			"It can take a few minutes. The code works for {n} minute.",
			"It can take a few minutes. The code works for {n} minutes.",
		}.of(minutes)
	}
	return plural{
		"It can take a few minutes. The code works for {n} more minute.",
		"It can take a few minutes. The code works for {n} more minutes.",
	}.of(minutes)
}

// What the countdown says aloud, at 300, 60 and 30 seconds.
const (
	codeAt300 = "The code works for 5 more minutes"
	codeAt60  = "The code works for 1 more minute"
	codeAt30  = "The code works for 30 more seconds"
)

func triesLeft(n int) string { return plural{"{n} try left", "{n} tries left"}.of(n) }

// askAgain is told before another message may be asked for. The script of the
// page counts with the same sentences.
var askAgain = span{
	seconds: plural{"You can ask again in {n} second", "You can ask again in {n} seconds"},
	minutes: plural{"You can ask again in {n} minute", "You can ask again in {n} minutes"},
	hours:   plural{"You can ask again in {n} hour", "You can ask again in {n} hours"},
}

var deliveries = map[string]string{
	"queued":             "Waiting for the mail server",
	"accepted":           "Accepted by the mail server at {time}",
	"delayed":            "Delayed. We try again at {time}",
	"refused":            "The mail server did not take the message",
	"refused/no_mailbox": "Refused: the mail server says there is no such mailbox",
	"refused/rejected":   "Refused by the mail server",
	"dropped":            "Not delivered before the code ran out",
}

func deliveryWords(d Delivery) string {
	if s, ok := deliveries[d.State+"/"+d.Reason]; ok {
		return s
	}
	return deliveries[d.State]
}

func tornHint(c Code) string {
	if c.signUp() {
		return "It worked until {time}. Nothing is lost: your email address and password are kept, only the code has to be new."
	}
	return "It worked until {time}. Nothing is lost: your email address and password were accepted, only the code has to be new."
}

// codeSteps are the things to try when a code does not come or does not fit.
func codeSteps(c Code) []string {
	steps := []string{
		"Look in spam, junk and promotions. The sender is {sender}.",
		"Check that the message says {tag}. Another name means another request.",
		"Give it a few minutes. Whichever message arrives first works.",
	}
	if c.signUp() {
		steps = append(steps, "If this address already has an account, the message says so and brings no code.")
	}
	return steps
}

func codeLinks(c Code) []link {
	return []link{
		{c.startPath(), "Use a different email address"},
		{"/help#lost-email", "I can't get into this email"},
		{"/help#no-code", codeMoreHelp},
	}
}

func lateWords(d Delivery) string {
	switch d.State {
	case "queued", "delayed":
		return "Still no code? The mail server has not taken the message yet. We keep trying while the code works. {help}"
	case "refused", "dropped":
		return "Still no code? The message could not be delivered. Check the address, or send another code. {help}"
	}
	return "Still no code? Look in spam, junk and promotions for a message from {sender}, or send another code. {help}"
}

type link struct{ href, words string }

// Waits.
const (
	waitWhat  = "What you can do"
	waitStart = "Start again"
	waitBack  = "Go back"
	waitHelp  = "Get help"
	waitNotMe = "What to do when it was not you"
)

var tryAgain = span{
	seconds: plural{"You can try again in {n} second, at {time}.", "You can try again in {n} seconds, at {time}."},
	minutes: plural{"You can try again in {n} minute, at {time}.", "You can try again in {n} minutes, at {time}."},
	hours:   plural{"You can try again in {n} hour, at {time}.", "You can try again in {n} hours, at {time}."},
}

type waitWords struct {
	title, why string
	todo       []string
}

var waits = map[string]waitWords{
	"sign_in": {
		"You cannot sign in at the moment",
		"There were too many tries that did not work. The wait keeps guessing slow. Your account is not locked.",
		[]string{
			"Wait until then, and sign in with the right password.",
			"Use a device where you have signed in before. This wait usually does not hold there.",
			"Look up the password where your browser or password manager keeps it.",
		},
	},
	"sign_up": {
		"You cannot create an account at the moment",
		"There were too many tries from your network or for this email address in a short time.",
		[]string{
			"Wait until then, and try again.",
			"If you already have an account, sign in.",
		},
	},
	"code_tries": {
		"You cannot enter a code at the moment",
		"Too many wrong codes were entered. The wait keeps guessing slow, and nobody got in with them.",
		[]string{
			"Wait until then, and start again with a new code.",
			"Check that the code comes from the newest message and that its request name is the one on the page.",
			"If it was not you who typed them, someone may know your password.",
		},
	},
	"sends": {
		"You cannot ask for another code at the moment",
		"Many codes were asked for in a short time. The wait keeps mailboxes from being flooded.",
		[]string{
			"Look for the messages that were already sent, in spam and junk too. A code works until its time is up.",
			"Wait until then, and ask for another code.",
		},
	},
	"busy": {
		"A lot of people are signing in right now",
		"We could not check your password in time, so we did not start. Nothing was changed.",
		[]string{
			"Wait a moment, go back and send the form again.",
		},
	},
	"channel_off": {
		"Codes by email are switched off",
		"Very many wrong codes were entered in a row, so codes to this email address no longer open the account. Nobody got in with them.",
		[]string{
			"Use a device where you have signed in before. You usually need no code there.",
			"Tell the people who run this site. They can see why, and they never ask you for a code.",
			"If it was not you who typed them, someone may know your password.",
		},
	},
	"exhausted": {
		"Too many wrong codes",
		"Wrong codes were entered as often as we allow on one request, so the code no longer works. Nobody got in.",
		[]string{
			"Start again. You will get another code with another request name.",
			"Check that the message shows the same request name as the page.",
			"If it was not you who typed them, someone may know your password.",
		},
	},
	"": {
		"You need to wait a moment",
		"There were too many tries in a short time.",
		[]string{"Wait until then, and try again."},
	},
}

func waitFor(reason string) waitWords {
	if w, ok := waits[reason]; ok {
		return w
	}
	return waits[""]
}

// The account.
const (
	accountTitle      = "Your account"
	accountSignedInAs = "Signed in as {address}"
	accountWho        = "Sign-in details"
	accountWhere      = "This session"
	accountConfirmed  = "Confirmed"
	accountThis       = "This device"
	accountNextTime   = "Next time"
	accountKnown      = "We will not ask for a code on this device."
	accountUnknown    = "We will ask for a code on this device again."
	accountAddress    = "Network address"
	accountPlace      = "Place"
	accountNoPlace    = "Unknown"
	accountSince      = "Signed in since"
	accountSignOut    = "Sign out"
	accountSignOutNow = "Signing out holds at once."
)

// Pages and notices in place of what was asked for.
type problemWords struct {
	title, lede string
	notice      string // the same in one line, for a part of a page
	server      bool   // our own fault: the request number helps to find it
}

var problems = map[string]problemWords{
	"not_found":   {"Page not found", "If you typed the address, check it. If you followed a link, the page may have moved. Nothing about your account has changed.", "That page does not exist. Nothing has changed.", false},
	"forbidden":   {"We could not accept that", "The form was not sent from this site, or your browser did not say where it came from. Go to the page yourself and send it from there. Nothing has changed.", "The form was not sent from this site, so nothing has changed. Reload the page and try again.", false},
	"method":      {"That page cannot be used this way", "The address is right, but it does not take this kind of request. Go to the page and use the form there. Nothing has changed.", "That cannot be done this way. Nothing has changed.", false},
	"too_large":   {"That was too much at once", "What you sent is larger than this site accepts. Nothing was saved, and nothing has changed.", "What you sent is too large. Nothing was saved.", false},
	"bad_request": {"We could not read that", "What your browser sent is not complete or not in the right form. Go back, reload the page and try again. Nothing has changed.", "We could not read that. Reload the page and try again.", false},
	"conflict":    {"Something changed in the meantime", "It may have been done already, perhaps in another tab. Reload the page to see how things stand now.", "Something changed in the meantime. Reload the page to see how things stand.", false},
	"server":      {"Sorry, there is a problem with the service", "Try again in a few minutes. What you sent was not saved, and your account is as it was before.", "Sorry, there is a problem with the service. Try again in a few minutes.", true},
	"busy":        {"A lot of people are signing in right now", "We could not get to it in time. Wait a moment and try again. Nothing has changed.", "We are very busy right now. Nothing has changed.", false},
	"too_many":    {"Too many tries", "There were too many tries in a short time. Wait a moment and try again.", "There were too many tries in a short time.", false},
}

const (
	problemRequest = "If you tell the people who run this site about it, give them this request number: {request}"
	problemCode    = "If you were waiting for a code, it still works until its time is up."
	problemWhere   = "Where people usually want to go"
	problemStart   = "Go to the first page"
	problemHelp    = "Get help"
)

var noticeWait = span{
	seconds: plural{"You can try again in {n} second.", "You can try again in {n} seconds."},
	minutes: plural{"You can try again in {n} minute.", "You can try again in {n} minutes."},
	hours:   plural{"You can try again in {n} hour.", "You can try again in {n} hours."},
}

func problemFor(kind string) problemWords {
	if w, ok := problems[kind]; ok {
		return w
	}
	if w, ok := waits[kind]; ok && kind != "" {
		return problemWords{w.title, w.why, w.why, false}
	}
	return problems["server"]
}

var problemLinks = []link{
	{"/sign-in", "Sign in"},
	{"/help", "Help"},
	{"/help#no-code", "My code didn't arrive"},
}

// waitStartWords names the way on: anew where a request is used up, back where a
// wait is all there is.
func waitStartWords(reason string) string {
	if reason == "exhausted" {
		return waitStart
	}
	return waitBack
}
