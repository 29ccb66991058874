package views

import "time"

// The words of the code page.

const (
	codeRequest    = "Request"
	codeDelivery   = "Delivery"
	codeShare      = "Never share this code. We will never ask you for it, not even support."
	codeScams      = "How to spot a scam"
	codeShared     = "This is a shared device"
	codeSharedHint = "We will ask for a code again next time, and sign you out when the browser closes."
	codeTrustHint  = "You need no code here while the trust lasts. Tick it only on a device that is yours alone."
	codeAgain      = "Send another code"
	codeNew        = "Send a new code"
	codeFree       = "You can send another code now"
	codeTooSoon    = "Nothing was sent: the wait beside the button is not over yet."
	codeLeft       = "left"
	codeOver       = "Your code has expired. Send a new code. What you typed stays here."
	codeProblems   = "Problems with the code?"
	codeNotMe      = "This wasn't me"
	codeMoreHelp   = "More help with codes"
	codeBack       = "Go back to your account"
	codeDidYouMean = "Did you mean {address}?"
	codeMeant      = "Change the address"

	codeTextsHeld = "Texts to your number are paused at the moment, so this code goes by email."

	tornTitle = "Your code has expired"
	tornNote  = "The page and the new message will show the same request name. The old code no longer works."

	resentNone = "No message was sent."

	// In a reset nobody is told whether an address has an account.
	resetDelivery = "This page cannot say whether a message went out. Otherwise anyone could find out who has an account."
)

func codeAct(c Code) string {
	if c.reset() {
		return "Go on"
	}
	return "Verify"
}

func codeSentTo(c Code) string {
	if c.reset() {
		return wordEmail
	}
	return "Sent to"
}

func resentWords(c Code, fresh bool) string {
	switch {
	case c.reset() && fresh:
		return "If there is an account for {address}, we sent a new code at {time}. Use the one in the newest message."
	case c.reset():
		return "If there is an account for {address}, we sent the code again at {time}. It is the same code, so either message works."
	case fresh:
		return "We sent a new code to {address} at {time}. Use the one in the newest message."
	}
	return "We sent your code again to {address} at {time}. It is the same code, so either message works."
}

func tornStart(c Code) string {
	switch {
	case c.Moved:
		return reauthNoCode
	case c.Purpose == "step_up":
		return codeBack
	case c.Purpose == "email":
		return "Go back to your email address"
	case c.Purpose == "phone":
		return "Go back to your phone number"
	case c.Purpose == "undo":
		return waitNotMe
	case c.sms():
		return waitStart
	}
	return "Start again with a different email address"
}

func codeTitle(channel string) string {
	if channel == "sms" {
		return "Check your phone"
	}
	return "Check your email"
}

// codeWhy says why there is a code; {address} is filled.
func codeWhy(c Code) string {
	switch c.Purpose {
	case "sign_up":
		return always("We sent a {n}-digit code to confirm that this email address is yours.").of(c.Digits)
	case "step_up":
		return always("We sent a {n}-digit code to confirm it's you before you go on.").of(c.Digits)
	case "email":
		return always("We sent a {n}-digit code to confirm that this email address is yours. Nothing changes until you enter it.").of(c.Digits)
	case "phone":
		return always("We sent a {n}-digit code to confirm that this number is yours. Nothing changes until you enter it.").of(c.Digits)
	case "undo":
		return always("We sent a {n}-digit code to confirm it's you before the change is taken back.").of(c.Digits)
	case "reset":
		return "If there is an account for {address}, we have sent a code and a link."
	}
	if c.unusual() {
		return always("We sent a {n}-digit code because this sign-in looks a little unusual: {reasons}.").of(c.Digits)
	}
	if c.MayTrust {
		return always("We sent a {n}-digit code because you chose to get one at every sign-in.").of(c.Digits)
	}
	return always("We sent a {n}-digit code because you're signing in on a new device.").of(c.Digits)
}

func codeTrust(days int) string {
	if days <= 0 {
		return "Trust this device"
	}
	return plural{"Trust this device for {n} day", "Trust this device for {n} days"}.of(days)
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

// deliveries say how far a message has come: by channel where a text differs
// from a mail.
var deliveries = map[string]string{
	"queued":             "Waiting for the mail server",
	"accepted":           "Accepted by the mail server at {time}",
	"delayed":            "Delayed. We try again at {time}",
	"refused":            "The mail server did not take the message",
	"refused/no_mailbox": "Refused: the mail server says there is no such mailbox",
	"refused/rejected":   "Refused by the mail server",
	"dropped":            "Not delivered before the code ran out",

	"sms queued":            "Waiting for the text service",
	"sms accepted":          "Accepted by the text service at {time}",
	"sms delivered":         "Delivered to your phone at {time}",
	"sms undelivered":       "Refused by the phone network",
	"sms refused":           "The text service did not take the message",
	"sms refused/no_number": "Refused: the text service says there is no such number",
	"sms refused/texts_off": "Not sent: texts are switched off at the moment",
	"sms refused/rejected":  "Refused by the text service",
}

func deliveryWords(c Code) string {
	if c.Delivery.State == "undelivered" && c.Ways > 0 {
		return "Refused by the phone network: try another way"
	}
	state, reason := c.Delivery.State, "/"+c.Delivery.Reason
	names := []string{state + reason, state}
	if c.sms() {
		names = []string{"sms " + state + reason, "sms " + state, state}
	}
	for _, name := range names {
		if s, ok := deliveries[name]; ok {
			return s
		}
	}
	return ""
}

func tornHint(c Code) string {
	switch c.Purpose {
	case "sign_up":
		return "It worked until {time}. Nothing is lost: your email address and password are kept, only the code has to be new."
	case "step_up":
		return "It worked until {time}. Nothing is lost: you are still signed in, only the code has to be new."
	case "reset":
		return "It worked until {time}. Nothing is lost: your password is as it was, only the code has to be new."
	case "email":
		return "It worked until {time}. Nothing is lost: the new address is kept, only the code has to be new."
	case "phone":
		return "It worked until {time}. Nothing is lost: the new number is kept, only the code has to be new."
	case "undo":
		return "It worked until {time}. Nothing is lost: the change can still be taken back, only the code has to be new."
	}
	if c.sms() {
		return "It worked until {time}. Nothing is lost: your password was accepted, only the code has to be new."
	}
	return "It worked until {time}. Nothing is lost: your email address and password were accepted, only the code has to be new."
}

// codeSteps are what to look at on this page; what may have become of the message
// is told by the help centre.
func codeSteps(c Code) []string {
	steps := []string{"Check that the message says {tag}. Another name means another request."}
	if c.sms() {
		steps[0] = "Check that the text says {tag}. Another name means another request."
	}
	switch c.Purpose {
	case "sign_up", "email":
		steps = append(steps, "If this address already has an account, the message says so and brings no code.")
	case "reset":
		steps = append(steps, "Use the link in the message instead. It works in any browser, once.")
	}
	return steps
}

func codeLinks(c Code) []link {
	first := link{c.startPath(), "Use a different email address"}
	switch {
	case c.Moved:
		first.words = reauthNoCode
	case c.Purpose == "step_up":
		first.words = codeBack
	case c.Purpose == "phone":
		first.words = "Use a different number"
	case c.Purpose == "undo":
		first.words = waitNotMe
	case c.sms():
		first.words = waitStart
	}
	if c.Ways > 0 {
		return []link{first, {c.path("/another"), anotherTitle}}
	}
	return []link{first}
}

func lateWords(c Code) string {
	switch c.Delivery.State {
	case "queued", "delayed":
		if c.sms() {
			return "Still no code? The text service has not taken the message yet. We keep trying while the code works. {help}"
		}
		return "Still no code? The mail server has not taken the message yet. We keep trying while the code works. {help}"
	case "refused", "dropped", "undelivered":
		if c.sms() {
			return "Still no code? The text could not be delivered. Check the number, or send another code. {help}"
		}
		return "Still no code? The message could not be delivered. Check the address, or send another code. {help}"
	}
	if c.sms() {
		return "Still no code? Check that your phone has signal and gets other texts, or send another code. {help}"
	}
	return "Still no code? Look in spam, junk and promotions for a message from {sender}, or send another code. {help}"
}

// Another way for the same code.
const (
	anotherTitle = "Try another way"
	anotherLede  = "We send the code to another place that your account has confirmed. It is the same code, so any message that arrives works, and the tries that are left stay as they are."
	anotherWhere = "Where should the code go?"
	anotherAct   = "Send the code"
	anotherNone  = "I can't get into any of these"
	anotherLast  = "The last message went here."
	anotherBack  = "Enter the code"
	anotherOnly  = "Your account has no other confirmed address or number. Without one, only this way is left."
)

// wayWords names a confirmed way by its channel; {address} is filled.
func wayWords(channel string) string {
	switch channel {
	case "sms":
		return "Text to {address}"
	case "usual":
		return reauthUsual
	}
	return "Email to {address}"
}

type link struct{ href, words string }
