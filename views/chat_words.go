package views

import "strings"

// The words of the live chat.

const (
	chatTitle      = "Chat with us"
	chatLede       = "Write what is wrong, and a person answers here. You can leave at any time and get the answer by email."
	chatNoneTitle  = "There is no chat here at the moment"
	chatNoneLede   = "This is what you can use instead."
	chatShutTitle  = "The chat is closed now"
	chatShutLede   = "Nobody is there to answer right now. These ways are open to you:"
	chatFullTitle  = "Too many people are waiting now"
	chatFullLede   = "Nobody would get to you soon. Try again in some minutes, or use another way:"
	chatTypedTitle = "What you wrote"
	chatTypedHow   = "It was not sent. Keep a copy, so that you need not write it again."
	chatAbout      = "How the chat works"
	chatMessage    = "Your message"
	chatHint       = "Leave out codes and passwords. Enter starts a new line."
	chatFirst      = "What is wrong, and what have you tried?"
	chatFirstHint  = "Leave out codes and passwords."
	chatYourName   = "Your name (optional)"
	chatYourEmail  = "Your email address (optional)"
	chatEmailHint  = "If you need to leave, we send the answer there."
	chatHere       = "A chat was begun in this browser before you signed in."
	chatHereLink   = "If it is yours, go on with it"
	chatSignedIn   = "You are signed in as {address}, so the person who answers sees which account it is."
	chatBegin      = "Start the chat"
	chatBeginning  = "Starting..."
	chatSend       = "Send"
	chatCheck      = "Check for new messages"
	chatEnd        = "End chat"
	chatLog        = "Messages"
	chatYou        = "You"
	chatUs         = "Support"
	chatStop       = "Don't send your code"
	chatLost       = "Connection lost. Trying again..."
	chatUnsent     = "Not sent. Try again."
	chatUnread     = "({n}) "
	chatNeedToGo   = "Need to go?"
	chatLeave      = "Leave, and get the answer by email"
	chatSave       = "Save or print it"
	chatKept       = "The conversation is kept for you in this browser."
	chatAway       = "This chat goes on by email: the answer goes to {address}. It shows here, too. Write again to come back."
	chatStill      = "Are you still there?"
	chatStillUntil = "This chat ends at {time} unless you write or say so. Nothing that was said is lost."
	chatStillHere  = "I am still here"
	chatOverTitle  = "This chat has ended"
	chatOverLede   = "Nothing is lost: you can read, save or print what was said."
	chatMail       = "Mail it to {address}"
	chatAgain      = "Start another chat"
	chatHelped     = "Did we help?"
	chatYes        = "Yes"
	chatNo         = "No"
	chatRated      = "Thank you. Your answer is kept."

	chatHandedBack = "You are back in line since {time}, and a colleague will answer."
	chatBeganAt    = "The chat began at {time}."
	chatWithTitle  = "You are talking to {name} from support"
	chatWaiting    = "You are waiting for a person"
	chatEnded      = "This chat has ended"

	leaveTitle = "Leave, and get the answer by email"
	leaveLede  = "Your conversation stays where it is. A person reads it, and mails the answer."
	leaveTo    = "The answer goes to {address}."
	leaveEmail = "Your email address"
	leaveHint  = "We use it for this answer only."
	leaveAct   = "Leave the chat"
	leaveStay  = "Stay in the chat"

	transcriptTitle = "Your chat with us"
	transcriptHow   = "To print or save this page, use the menu of your browser."
	transcriptBegan = "Began"
	transcriptEnded = "Ended"
	transcriptAbout = "About"
	transcriptWith  = "Answered by"
	transcriptBack  = "Back to the chat"
)

// place says where in line somebody is.
func placeWords(n int) string {
	if n == 1 {
		return "You are next in line."
	}
	return plural{"You are number {n} in line.", "You are number {n} in line."}.of(n)
}

// chatEvents are the notes in a conversation. {name} is of staff.
var chatEvents = map[string]string{
	"joined":      "{name} joined at {time}.",
	"transferred": "{name} has taken over at {time}.",
	"left":        "You left at {time}. The answer goes to your email.",
	"unanswered":  "Nobody could answer you here until {time}. We are sorry. The answer goes to your email.",
	"idle":        "Are you still there? It has been quiet here since {time}.",
	"extended":    "You said at {time} that you are still here.",
	"ended":       "The chat ended at {time}.",
	"ended_idle":  "The chat ended at {time}, because it had been quiet for a while.",
	"mailed":      "The conversation was mailed at {time}.",
	"":            "Something changed at {time}.",
}

func chatEventWords(slug, name string) string {
	if slug == "transferred" && name == "" {
		return chatHandedBack
	}
	words, ok := chatEvents[slug]
	if !ok {
		words = chatEvents[""]
	}
	return strings.ReplaceAll(words, "{name}", name)
}

var waitedFor = plural{"You waited {n} minute.", "You waited {n} minutes."}
