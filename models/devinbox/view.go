package devinbox

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// tab is one way of looking at a letter.
type tab string

const (
	tabMail    tab = ""
	tabText    tab = "text"
	tabHeaders tab = "headers"
	tabSource  tab = "source"
)

// text is what the tab shows of the letter, as text.
func (t tab) text(m Message) string {
	switch t {
	case tabHeaders:
		return m.headers()
	case tabSource:
		return m.Source
	default:
		return m.Text
	}
}

// view is the page's content, ready to be written: every string in it is
// escaped by the template.
type view struct {
	Brand, BrandLast   string // the wordmark is broken before its last word
	Stylesheet, Script string

	To    string // only messages to this address are listed
	Count string
	Self  string // this page again
	Poll  string // what to ask for news
	Seen  string // what the list looked like; the same again is no news
	Fixed bool   // one letter was chosen; else the newest is followed

	Rows    []row
	Letter  *letterView
	Missing bool // a letter was chosen that is not here

	Modes    []modeView
	Rules    []ruleView
	Failures []failureView
	Failing  bool // the inbox is misbehaving
}

type row struct {
	ID, Href, To, Subject, Stamp, Clock string
	Current, Broken, Phone              bool
}

type letterView struct {
	Subject, From, To, Sender, Stamp, At string
	Broken, Phone                        bool // Phone: a text
	Tabs                                 []tabView
	Frame                                string // URL of the HTML, in the frame
	Label                                string // what the text below is
	Text                                 []textRun
}

type tabView struct {
	ID, Name, Href string
	Current        bool
}

// textRun is a piece of a letter's text; with a Link it is an address in it.
type textRun struct{ Text, Link string }

type modeView struct {
	Name, Label string
	Current     bool
}

type ruleView struct{ To, Label string }

type failureView struct{ To, Label, Stamp, Clock string }

var modeLabels = [...]string{
	Accept: "Accept every message",
	Refuse: "Refuse: no such mailbox (550) or number (422)",
	Defer:  "Put off: try again later (451, 503)",
	Hang:   "Hang: take the message, never answer",
	Drop:   "Drop: cut the connection halfway",
}

var failureLabels = [...]string{Accept: "accepted", Refuse: "refused", Defer: "put off", Hang: "left hanging", Drop: "cut off"}

// view gathers the page: the list for an address, and one letter of it, the
// newest where none is chosen.
func (in *Inbox) view(to, chosen string, t tab) view {
	to = strings.TrimSpace(to)
	list := in.Messages(to)
	v := view{Stylesheet: in.opts.Stylesheet, Script: in.opts.Script, To: to, Fixed: chosen != ""}
	v.Brand, v.BrandLast = splitBrand(in.opts.Brand)
	v.Count = countWords(len(list))

	var shown Message
	if v.Fixed {
		m, found := in.find(chosen)
		shown, v.Missing = m, !found
	} else if len(list) > 0 {
		shown = list[0]
	}
	if shown.ID != "" {
		v.Letter = viewLetter(shown, to, t)
	}
	for _, m := range list {
		v.Rows = append(v.Rows, row{
			ID: m.ID, Href: address("/"+m.ID, "to", to), To: m.To, Subject: subject(m), Broken: m.Broken, Phone: m.Channel == channelText,
			Stamp: m.ReceivedAt.Format(time.RFC3339), Clock: m.ReceivedAt.Format(time.TimeOnly), Current: m.ID == shown.ID,
		})
	}
	v.Seen = fmt.Sprint(len(list))
	if len(list) > 0 {
		v.Seen += "." + list[0].ID
	}
	v.Self = address("", "to", to)
	v.Poll = address("/list", "to", to, "shown", chosen, "seen", v.Seen)
	if v.Fixed {
		v.Self = address(path("/"+chosen, t), "to", to)
	}
	in.viewModes(&v)
	return v
}

// viewModes adds how the inbox treats its senders.
func (in *Inbox) viewModes(v *view) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for m, label := range modeLabels {
		v.Modes = append(v.Modes, modeView{Name: Mode(m).String(), Label: label, Current: Mode(m) == in.general})
	}
	v.Failing = in.general != Accept
	for to, m := range in.rules {
		v.Rules = append(v.Rules, ruleView{To: to, Label: modeLabels[m]})
		v.Failing = v.Failing || m != Accept
	}
	slices.SortFunc(v.Rules, func(a, b ruleView) int { return strings.Compare(a.To, b.To) })
	for _, f := range slices.Backward(in.failures) {
		v.Failures = append(v.Failures, failureView{
			To: f.To, Label: failureLabels[f.Mode], Stamp: f.At.Format(time.RFC3339), Clock: f.At.Format(time.TimeOnly),
		})
	}
}

func viewLetter(m Message, to string, t tab) *letterView {
	l := &letterView{
		Subject: subject(m), From: m.From, To: m.To, Broken: m.Broken, Phone: m.Channel == channelText,
		Stamp: m.ReceivedAt.Format(time.RFC3339), At: m.ReceivedAt.Format("15:04:05.000 on 2 January 2006 (UTC)"),
	}
	if m.Sender != "" && !strings.Contains(m.From, m.Sender) {
		l.Sender = m.Sender
	}
	type named struct {
		tab  tab
		name string
	}
	names := []named{{tabMail, "As mail"}, {tabText, "Text part"}, {tabHeaders, "Headers"}, {tabSource, "Source, " + sizeWords(len(m.Source))}}
	if l.Phone {
		names = []named{{tabMail, "As text"}, {tabSource, "Form, " + sizeWords(len(m.Source))}}
	}
	for _, n := range names {
		l.Tabs = append(l.Tabs, tabView{ID: cmp.Or(string(n.tab), "mail"), Name: n.name, Href: address(path("/"+m.ID, n.tab), "to", to), Current: n.tab == t})
		if n.tab == t {
			l.Label = n.name
		}
	}
	if t == tabMail && m.HTML != "" {
		l.Frame = address("/" + m.ID + "/html")
		return l
	}
	// A letter without HTML is shown as mail programs show it: as its text.
	text := strings.ToValidUTF8(t.text(m), "\uFFFD")
	if t == tabMail || t == tabText {
		l.Text = linkRuns(text)
	} else if text != "" {
		l.Text = []textRun{{Text: text}}
	}
	return l
}

var webAddress = regexp.MustCompile(`https?://[^\s<>"']+`)

// linkRuns makes the links in a text usable: in the framed letter nothing can
// be followed, and trying a link is half of what the inbox is for.
func linkRuns(text string) []textRun {
	var runs []textRun
	end := 0
	for _, at := range webAddress.FindAllStringIndex(text, -1) {
		link := strings.TrimRight(text[at[0]:at[1]], ".,;:!?)]")
		if at[0] > end {
			runs = append(runs, textRun{Text: text[end:at[0]]})
		}
		runs = append(runs, textRun{Text: link, Link: link})
		end = at[0] + len(link)
	}
	if end < len(text) {
		runs = append(runs, textRun{Text: text[end:]})
	}
	return runs
}

// address is a URL of ours, with those of the name and value pairs that have a value.
func address(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	u := url.URL{Path: root + path, RawQuery: q.Encode()}
	return u.String()
}

func path(letter string, t tab) string {
	if t == tabMail {
		return letter
	}
	return letter + "/" + string(t)
}

// subject is what the list calls a message: of a text its first line.
func subject(m Message) string {
	if m.Channel == channelText {
		first, _, _ := strings.Cut(m.Text, "\n")
		return first
	}
	if m.Subject == "" {
		return "(no subject)"
	}
	return m.Subject
}

func splitBrand(brand string) (first, last string) {
	words := strings.Fields(brand)
	if len(words) < 2 {
		return strings.Join(words, ""), ""
	}
	n := len(words) - 1
	return strings.Join(words[:n], " "), words[n]
}

func countWords(n int) string {
	switch n {
	case 0:
		return "No messages"
	case 1:
		return "1 message"
	default:
		return fmt.Sprintf("%d messages, newest first", n)
	}
}

func sizeWords(n int) string {
	if n < 1024 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%d KB", (n+512)/1024)
}
