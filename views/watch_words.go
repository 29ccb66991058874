package views

import (
	"strconv"
	"strings"
	"time"
)

// The words of the operator's page.

const (
	deskWatch = "Now"

	watchLede    = "The last 24 hours up to {time}, and what stands out in them."
	watchRefresh = "Refresh"
	watchPause   = "Stop refreshing by itself"
	watchGoOn    = "Refresh by itself"

	watchAlarms  = "What stands out"
	watchQuiet   = "Nothing unusual."
	watchIf      = "If it goes on, "
	watchSwitch  = "Switches"
	watchNumbers = "Numbers by hour"
	watchHour    = "Hour from"

	watchMail     = "Messages"
	watchQueue    = "Waiting to be sent"
	watchNoQueue  = "None"
	watchInTime   = "none is late"
	watchPurse    = "Texts in 24 hours"
	watchNoTexts  = "Not set up"
	watchReason   = "Reason"
	watchWhy      = "Colleagues read it here. No codes, no whole addresses."
	watchOn       = "On"
	watchOff      = "Off"
	watchSince    = "On since {time} by {name}: {reason}"
	watchIsOnText = "{words} Since {time}, by {name}."
)

// watchChannels are the names of the ways that messages go.
var watchChannels = map[string]string{"email": "Email", "sms": "Texts"}

// watchSpeeds say how a way is; {time} is since when.
var watchSpeeds = map[string]string{
	"usual": "As usual",
	"slow":  "Slow since {time}",
	"down":  "Nothing has gone out since {time}",
	"off":   "Not set up",
}

var watchTypical = span{
	seconds: plural{"As usual, within {n} second", "As usual, within {n} seconds"},
	minutes: plural{"As usual, within {n} minute", "As usual, within {n} minutes"},
	hours:   plural{"As usual, within {n} hour", "As usual, within {n} hours"},
}

// watchSpeed says how a way is now.
func watchSpeed(s Speed) string {
	if s.State == "usual" && s.Typical > 0 {
		return watchTypical.of(rounded(s.Typical))
	}
	return watchSpeeds[s.State]
}

// watchAlarmWords are by the name of an alarm, and by that and the channel where
// they differ. {usual} and {age} are filled in by the alarm itself.
var watchAlarmWords = map[string]plural{
	"down email":      always("No email goes out."),
	"down sms":        always("No text goes out."),
	"slow email":      always("Email is slow."),
	"slow sms":        always("Texts are slow."),
	"queue":           {"{n} message waits, and nothing sends it: it is {age} late.", "{n} messages wait, and nothing sends them: the first is {age} late."},
	"purse":           {"{n} % of the day's texts are used.", "{n} % of the day's texts are used."},
	"purse up":        always("The day's texts are used up. Codes go by email until some are free again."),
	"wrong_codes":     {"{n} wrong code in an hour. Usual are {usual}.", "{n} wrong codes in an hour. Usual are {usual}."},
	"refused":         {"{n} request was refused in an hour. Usual are {usual}.", "{n} requests were refused in an hour. Usual are {usual}."},
	"few_typed email": {"Of the codes that went by email in the last two hours, {n} % were entered.", "Of the codes that went by email in the last two hours, {n} % were entered."},
	"few_typed sms":   {"Of the codes that went by text in the last two hours, {n} % were entered.", "Of the codes that went by text in the last two hours, {n} % were entered."},
	"brakes":          {"Unasked codes were held back from {n} account in the last two hours.", "Unasked codes were held back from {n} accounts in the last two hours."},
}

// watchLength is a length of time inside a sentence.
var watchLength = span{
	seconds: plural{"{n} second", "{n} seconds"},
	minutes: plural{"{n} minute", "{n} minutes"},
	hours:   plural{"{n} hour", "{n} hours"},
}

// words say what stands out; "" for an alarm that nobody has words for.
func (a WatchAlarm) words() string {
	name := strings.TrimSpace(a.Name + " " + a.Channel)
	if a.Name == "purse" && a.N >= 100 {
		name = "purse up"
	}
	return strings.NewReplacer("{usual}", count(a.Usual), "{age}", watchLength.roughly(a.For)).Replace(watchAlarmWords[name].of(a.N))
}

// mend names the switch that helps, "" where there is none.
func (a WatchAlarm) mend() string {
	switch {
	case a.Name == "few_typed" && a.Channel == "sms", a.Name == "purse" && a.N < 100:
		return "texts_off"
	case a.Name == "wrong_codes", a.Name == "refused", a.Name == "brakes", a.Name == "few_typed":
		return "strangers_slow"
	}
	return ""
}

// mend is what can still be done about an alarm here: nothing where that is on.
func (p ConsoleWatchPage) mend(a WatchAlarm) string {
	for _, s := range p.Switches {
		if s.Name == a.mend() && s.Since.IsZero() {
			return watchMends[s.Name]
		}
	}
	return ""
}

var watchMends = map[string]string{"texts_off": "switch texts off.", "strangers_slow": "slow strangers down."}

// watchSwitchWords are of one switch.
type watchSwitchWords struct{ name, does, is, on, off string }

var watchSwitches = map[string]watchSwitchWords{
	"texts_off": {
		"Texts off",
		"No text is sent to anybody, and codes go by email. For when somebody has texts sent to earn by them, or the gateway fails.",
		"Texts are off.", "Switch texts off", "Send texts again",
	},
	"strangers_slow": {
		"Strangers slow",
		"Forms from browsers that are neither signed in nor were here before wait in one short line, and their limits are a third. Members in a browser that was here before notice nothing. For an attack.",
		"Strangers are slowed down.", "Slow strangers down", "Let strangers go as usual",
	},
}

// watchOutcomes are the ways that a try to sign in ends.
var watchOutcomes = []struct {
	name, words  string
	inside, also bool // it opened a session; it stands in another column too
}{
	{name: "known", words: "Known device", inside: true},
	{name: "code", words: "With a code", inside: true},
	{name: "unusual", words: "Of these, unusual", also: true},
	{name: "wrong_password", words: "Wrong password"},
	{name: "refused", words: "Too unusual"},
	{name: "throttled", words: "Had to wait"},
}

// A chart has a title, its sentence, the words of the two parts of its bars, and
// the columns of its numbers.
type watchChart struct {
	id, title  string
	all, part  string // "" where the bars have one part
	none       string
	sum        plural
	of, partOf func(WatchHour) int
	columns    []watchColumn
}

type watchColumn struct {
	words string
	of    func(WatchHour) int
}

func codesOf(what string) func(WatchHour) int {
	return func(h WatchHour) int { return h.Codes[what] }
}

func signInsOf(h WatchHour, inside bool) (n int) {
	for _, o := range watchOutcomes {
		if o.inside || !inside && !o.also {
			n += h.SignIns[o.name]
		}
	}
	return n
}

var watchCharts = func() []watchChart {
	signIns := watchChart{
		id: "sign-ins", title: "Sign-ins", all: "All tries", part: "Signed in", none: "None in 24 hours.",
		sum:    plural{"{n} try in 24 hours", "{n} tries in 24 hours"},
		of:     func(h WatchHour) int { return signInsOf(h, false) },
		partOf: func(h WatchHour) int { return signInsOf(h, true) },
	}
	for _, o := range watchOutcomes {
		signIns.columns = append(signIns.columns, watchColumn{o.words, func(h WatchHour) int { return h.SignIns[o.name] }})
	}
	codes := watchChart{
		id: "codes", title: "Codes", all: "Sent", part: "Entered", none: "None in 24 hours.",
		sum: plural{"{n} code sent in 24 hours", "{n} codes sent in 24 hours"},
		of:  codesOf("sent"), partOf: codesOf("entered"),
		columns: []watchColumn{
			{"Sent by email", codesOf("sent email")},
			{"Sent by text", codesOf("sent sms")},
			{"Entered", codesOf("entered")},
			{"Wrong", codesOf("wrong")},
			{"Too late", codesOf("expired")},
		},
	}
	refused := func(h WatchHour) int { return h.Refused }
	return []watchChart{signIns, codes, {
		id: "refusals", title: "Refusals", all: "Refused by a limit", none: "None in 24 hours.",
		sum: plural{"{n} refusal in 24 hours", "{n} refusals in 24 hours"},
		of:  refused, columns: []watchColumn{{"Refused", refused}},
	}}
}()

// told is the chart in a sentence, which is all of it that a reader needs who does
// not see it.
func (c watchChart) told(hours []WatchHour, zone *time.Location) string {
	sum, most := 0, -1
	for i, h := range hours {
		sum += c.of(h)
		if most < 0 || c.of(h) > c.of(hours[most]) {
			most = i
		}
	}
	if sum == 0 {
		return c.none
	}
	return strings.NewReplacer("{sum}", c.sum.of(sum), "{hour}", hourOf(hours[most], zone), "{n}", count(c.of(hours[most]))).Replace("{sum}, most from {hour} ({n}).")
}

func hourOf(h WatchHour, zone *time.Location) string { return h.From.In(zoneOf(zone)).Format(toMinute) }

// waiting says how the queue is.
func (p ConsoleWatchPage) waiting() string {
	switch {
	case p.QueueLength == 0:
		return watchNoQueue
	case p.QueueAge < time.Second:
		return count(p.QueueLength) + ", " + watchInTime
	}
	return count(p.QueueLength) + ", " + strings.ReplaceAll("the first is {age} late", "{age}", watchLength.of(p.QueueAge))
}

// purse says how many texts are used.
func (p ConsoleWatchPage) purse() string {
	return strings.NewReplacer("{used}", count(p.PurseUsed), "{limit}", count(p.PurseLimit), "{part}", strconv.Itoa(percent(p.PurseUsed, p.PurseLimit))).Replace("{used} of {limit} ({part} %)")
}
