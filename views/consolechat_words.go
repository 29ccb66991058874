package views

import (
	"slices"
	"strings"
)

// The words of a conversation as staff see it.

const (
	deskBackToChat    = "Back to the conversation"
	deskCheck         = "Check for new messages"
	deskIdle          = "Quiet: ends at {time}"
	deskNoteOf        = "Note for staff"
	deskJoin          = "Join"
	deskTransfer      = "Hand on"
	deskTransferTo    = "Hand on to"
	deskToQueue       = "The queue, for anyone"
	deskTransferAct   = "Hand on now"
	deskWrap          = "Wrap up"
	deskWrapAs        = "What came of it"
	deskWrapAct       = "End the conversation"
	deskReplyTo       = "Reply to "
	deskReplyLeft     = "This person has left. Your reply also goes by email."
	deskSend          = "Send reply"
	deskSaved         = "Saved replies"
	deskInsertArticle = "Insert an article"
	deskSearch        = "Search the articles"
	deskSearchAct     = "Search"
	deskInsert        = "Insert"
	deskNote          = "Note for staff, never sent"
	deskKeep          = "Keep note"
	deskSignedOutHow  = "Nobody is signed in here, so there is no account to see. Service codes are for calls only."
)

var deskHits = plural{"{n} article", "{n} articles"}

var deskRatings = map[int]string{1: "Said: this did not help", 2: "Said: this helped"}

var deskWraps = []deskChoice{
	{"solved", "Solved"},
	{"advice", "Advice given"},
	{"mail_problem", "A problem with mail"},
	{"text_problem", "A problem with texts"},
	{"account_taken", "Someone else was in the account"},
	{"no_answer", "No answer any more"},
	{"other", "Something else"},
}

func deskWrapped(wrap string) string {
	i := slices.IndexFunc(deskWraps, func(c deskChoice) bool { return c.value == wrap })
	if i < 0 {
		return ""
	}
	return strings.ReplaceAll("Wrapped up as: {wrap}", "{wrap}", deskWraps[i].words)
}

func deskChatOf(short string) string { return strings.ReplaceAll(", chat {id}", "{id}", short) }

// deskInsertOf follows an act on one of several, for those who do not see its row.
func deskInsertOf(title string) string { return ": " + title }

func (p ConsoleChatPage) title() string { return p.Chat.who() + deskChatOf(p.Chat.Short) }

var deskEvents = map[string]string{
	"started":     "The conversation began",
	"joined":      "{name} joined",
	"transferred": "Handed on to {name}",
	"queued":      "Handed back to the queue",
	"left":        "The visitor left, and is answered by email",
	"unanswered":  "Nobody answered in time, and the visitor is answered by email",
	"idle":        "The visitor was asked whether they are still there",
	"extended":    "The visitor is still there",
	"ended":       "The conversation ended",
	"ended_idle":  "The conversation ended, because the visitor was silent",
	"mailed":      "The transcript was mailed to the visitor",
}

func deskEventWords(m ConsoleSaid) string {
	if m.Text == "transferred" && m.Name == "" {
		return deskEvents["queued"]
	}
	words, ok := deskEvents[m.Text]
	if !ok {
		words = "Something changed"
	}
	return strings.ReplaceAll(words, "{name}", m.Name)
}
