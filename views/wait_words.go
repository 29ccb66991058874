package views

// The words of waits, and of pages that stand in for others.

const (
	waitWhat  = "What you can do"
	waitStart = "Start again"
	waitBack  = "Go back"
	waitNotMe = "What to do when it was not you"
	waitReset = "reset your password"
	waitFree  = "There is no wait: you can start again now."
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
			"If you have forgotten it, {reset}.",
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
	"password": {
		"You cannot change your password at the moment",
		"A wrong current password was entered too often. The wait keeps guessing slow. Your password is as it was.",
		[]string{
			"Wait until then, and enter the current password again.",
			"Look up the password where your browser or password manager keeps it.",
			"If you have forgotten it, {reset}.",
		},
	},
	"reset": {
		"You cannot reset your password at the moment",
		"There were too many tries from your network or for this email address in a short time. Your password is as it was.",
		[]string{
			"Wait until then, and try again.",
			"Look for a message that was already sent, in spam and junk too. Its code and its link work until their time is up.",
		},
	},
	"reset_tries": {
		"You cannot enter a code at the moment",
		"Too many wrong codes were entered to reset this password. The wait keeps guessing slow, and nobody got in with them.",
		[]string{
			"Use the link in the message instead. This wait does not hold for it.",
			"Wait until then, and start again with a new code.",
			"If it was not you who typed them, you do not need to do anything. Your password is as it was.",
		},
	},
	"password_off": {
		"A password does not open the account here",
		"Too many wrong passwords were entered in a row for this email address. So no password is taken in a browser that the account does not know, not even the right one. Reset your password to sign in here. Your account is not locked.",
		[]string{
			"To sign in here, {reset}. With the message you show that the mailbox is yours, and after that a password works again.",
			"Use a device where you have signed in before. This does not hold there.",
			"If it was not you who entered them, nobody got in with them.",
		},
	},
	"digits_off": {
		"Reset codes are not taken at the moment",
		"Very many wrong reset codes are being entered for many accounts, so for a while nobody can enter one. The link in the same message works.",
		[]string{
			"Use the link in the message instead. This wait does not hold for it.",
			"Wait until then, and start again with a new code.",
		},
	},
	"exhausted/reset": {
		"Too many wrong codes",
		"Wrong codes were entered as often as we allow on one request, so the code no longer works. Your password is as it was.",
		[]string{
			"Use the link in the message instead. Wrong codes do not spend it.",
			"Start again. You will get another code with another request name.",
			"Check that the message shows the same request name as the page.",
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
	"changes": {
		"You cannot change more at the moment",
		"Many changes were made in a short time, and each one is told to every address. Nothing was changed this time.",
		[]string{
			"Wait until then, and make the change again.",
			"If it was not you who made the others, take them back: the messages about them have a button.",
		},
	},
	"busy": {
		"A lot of people are signing in right now",
		"We could not check your password in time, so we did not start. Nothing was changed.",
		[]string{
			"Wait a moment, go back and send the form again.",
		},
	},
	"slow": {
		"A lot is going on here right now",
		"Browsers that were never here before wait in line at the moment, and the line is full. It is not about you, and nothing was changed.",
		[]string{
			"Wait until then, go back and send the form again.",
			"Use a device where you have signed in before. It does not wait in this line.",
			"If you have a code already, it works until its time is up.",
		},
	},
	"chat": {
		"You cannot do that in the chat at the moment",
		"It was done many times from your network in a short time. What was said is kept.",
		[]string{
			"If a chat of yours is open, go on with it.",
			"Wait until then, and try again.",
		},
	},
	"call": {
		"You cannot book or move a call at the moment",
		"Many calls were booked or moved in a short time, from your network or to that number.",
		[]string{
			"A call that is booked stays booked for its time.",
			"Wait until then, and try again.",
		},
	},
	"service_code": {
		"You cannot get another service code at the moment",
		"Many were made in a short time. The newest one on the phone page still works.",
		[]string{
			"Use the code that the phone page shows.",
			"Wait until then, and get another one.",
		},
	},
	"channel_off": {
		"Codes that go there are switched off",
		"Very many wrong codes were entered in a row, so codes to this address or number no longer open the account. Nobody got in with them.",
		[]string{
			"Start again. Where your account has confirmed another address or number, the code goes there.",
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
	"exhausted/sign-up": {
		"Too many wrong codes",
		"Wrong codes were entered as often as we allow on one request, so the code no longer works. No account was made.",
		[]string{
			"Start again. You will get another code with another request name.",
			"Check that the message shows the same request name as the page.",
		},
	},
	"code_tries/sign-up": {
		"You cannot enter a code at the moment",
		"Too many wrong codes were entered. The wait keeps guessing slow, and no account was made.",
		[]string{
			"Wait until then, and start again with a new code.",
			"Check that the code comes from the newest message and that its request name is the one on the page.",
		},
	},
	"": {
		"You need to wait a moment",
		"There were too many tries in a short time.",
		[]string{"Wait until then, and try again."},
	},
}

// waitFor finds the words of a reason, and of the flow where they differ.
func waitFor(reason, start string) waitWords {
	if w, ok := waits[reason+start]; ok {
		return w
	}
	if w, ok := waits[reason]; ok {
		return w
	}
	return waits[""]
}

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
	"away":        {"Sorry, there is a problem with the service", "We could not save anything just now. Nothing you had is lost. Wait a minute and try again.", "Sorry, we could not save anything just now. Nothing you had is lost.", true},
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
	{"/help", "All help"},
}

// waitStartWords names the way on: anew where a request is used up, back where a
// wait is all there is.
func waitStartWords(reason string) string {
	if reason == "exhausted" {
		return waitStart
	}
	return waitBack
}
