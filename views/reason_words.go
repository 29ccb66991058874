package views

import (
	"slices"
	"strings"
	"time"
)

// Why a sign-in looks unusual, after 'because:'. The messages have the same list in
// content/messages.
var reasonWords = map[string]string{
	"new_device":       "a new device",
	"new_country":      "a country where you have not signed in before",
	"far_away":         "far from your last sign-in",
	"new_network":      "a network that is new for you",
	"new_browser":      "a browser that is new for you",
	"failures":         "wrong passwords just before",
	"address_failures": "many failed tries from the same network",
	"long_idle":        "a long time since your last sign-in",
	"recent_change":    "a recent change to your account",
}

// mostReasons is how many reasons people read: more of them say less.
const mostReasons = 3

// reasonList says the strongest reasons in words: 'far from your last sign-in and a
// new device'. A change of one's own, such as a reset, is named only where nothing
// else is unusual.
func reasonList(slugs []string) string {
	var list []string
	for _, slug := range slugs {
		if words, ok := reasonWords[slug]; ok && slug != "recent_change" {
			list = append(list, words)
		}
	}
	if len(list) == 0 && slices.Contains(slugs, "recent_change") {
		return reasonWords["recent_change"]
	}
	list = list[:min(len(list), mostReasons)]
	last := len(list) - 1
	if last < 1 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:last], ", ") + " and " + list[last]
}

// unusual says that a code is asked for because of more than a new device.
func (c Code) unusual() bool {
	return len(c.Reasons) > 0 && !slices.Equal(c.Reasons, []string{"new_device"})
}

const codeAskedWhy = "Why was I asked?"

// The page of a sign-in that was refused.
const (
	refusedTitle     = "We did not let this sign-in through"
	refusedLede      = "The password was right, but this sign-in looks very unusual. So nobody was signed in, and nothing in the account has changed."
	refusedWhy       = "What looks unusual: {reasons}."
	refusedNoMail    = "Look for the messages that we sent to {address} a short while ago. If their time is up, {reset}: that sends another one."
	refusedKnown     = "Use a device where you have signed in before. It is never refused."
	refusedBack      = "Go back to the sign-in"
	refusedNoMailbox = "If the message does not come, {reset}. After that, a sign-in from this browser is not refused any more."
)

func refusedMail(life time.Duration) string {
	return plural{
		"We are sending a message to {address}. Its button leads to a new password, and after that you can sign in here. It works for {n} minute.",
		"We are sending a message to {address}. Its button leads to a new password, and after that you can sign in here. It works for {n} minutes.",
	}.of(int(life / time.Minute))
}
