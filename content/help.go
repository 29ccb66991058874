package content

import (
	"bufio"
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	mdtext "github.com/yuin/goldmark/text"
	"golang.org/x/sync/errgroup"
)

//go:embed help replies
var helpFiles embed.FS

// HelpFacts are the numbers and names that the articles state. They come from
// the policy and the operator's settings, so that no text can drift from them.
type HelpFacts struct {
	Brand, Sender, Host string // the sender is a bare address

	CodeMinutes, CodeDigits, ResetDigits, CodeTries, FlowMinutes int
	SameCodeMinutes                                              int // a resend repeats the code while this much of its life is left
	ResendSeconds                                                int // the first wait
	WrongCodes, WrongResetCodes                                  int // in 24 hours
	LaneFree, LaneWaitMinutes                                    int // wrong passwords that cost no wait; the longest wait
	ElevatedMinutes, TrustDays, UndoHours, ClosingDays           int
	PasswordMin, PasswordMax                                     int
	NotMeDays, MuteHours, IdleDays, SessionDays                  int
	ServiceCodeMinutes, DeviceDays, ActivityMonths               int

	UnusualCodes                 bool // with two-step off a very unusual sign-in still needs a code
	Texts, Chat, Phone, CallBack bool
	ChatHours, PhoneHours        string // in words, with the zone
	Email                        string // support's address, "" for none
}

// Help is the help centre of one language.
type Help struct {
	articles []Article // in the order of the topics
	bySlug   map[string]int
	parts    map[string]string // the HTML of a section by "slug#id"
	index    func() *index     // made at the first search
	replies  []Reply
}

// Article is one answer. HTML is its body without title and summary.
type Article struct {
	Slug, Title, Summary, Topic string
	Updated                     time.Time
	Related                     []Article // Slug, Title and Summary only
	Actions                     []string
	HTML                        string
	Headings                    []Heading
}

// Heading is a section of an article.
type Heading struct{ ID, Title string }

// Topic is a group of articles.
type Topic struct {
	Slug, Title string
	Articles    []Article
}

// Reply is a saved reply for staff.
type Reply struct{ Slug, Title, Text string }

// shelves say which articles there are, and where each stands.
var shelves = []struct{ slug, title, articles string }{
	{"getting-a-code", "Getting a code", "what-is-a-code why-a-code enter-code no-code late-code how-codes-arrive code-life code-wrong texts-abroad email-rules autofill"},
	{"signing-in", "Signing in", "new-device reset-password lost-phone lost-email too-many-tries shared-devices tv"},
	{"keep-safe", "Keep your account safe", "unusual-activity unusual-sign-in signed-in-elsewhere keep-safe didnt-request why-codes-matter who-can-trigger how-we-detect safety-checklist skip-code someone-using real-message"},
	{"account-settings", "Account settings", "codes-for-changes change-password two-step-on contact-details change-email change-phone turn-off devices sign-out-everywhere passkeys close-account"},
	{"contact", "Contact and accessibility", "contact live-chat call-us using-help accessibility privacy status"},
}

// The articles of two pages, in their order.
var (
	faq = []string{"what-is-a-code", "how-codes-arrive", "no-code", "code-life", "turn-off", "skip-code"}
	top = []string{"no-code", "didnt-request", "reset-password", "change-email", "devices", "turn-off"}
)

// acts are what a reader can do from an article.
var acts = []string{
	"resend", "sign_out_everywhere", "change_password", "reset_password", "not_me", "two_step", "devices", "email", "phone",
	"activity", "chat", "call", "contact", "data", "close",
}

// front is what stands above an article.
type front struct {
	Title, Summary, Topic      string
	Updated                    time.Time
	Related, Actions, Keywords []string
}

// page is an article as it was read, with what only the search needs.
type page struct {
	article Article
	front   front
	parts   map[string]string
	body    string // plain text, a line for each block
}

// NewHelp reads the articles and fills in the facts. The error names the file
// and what is wrong with it.
func NewHelp(f HelpFacts) (*Help, error) { return readHelp(helpFiles, f) }

func readHelp(in fs.FS, facts HelpFacts) (*Help, error) {
	pages, err := readPages(in, newFacts(facts))
	if err != nil {
		return nil, err
	}
	h := &Help{bySlug: map[string]int{}, parts: map[string]string{}}
	for i, p := range pages {
		h.bySlug[p.article.Slug] = i
		for id, part := range p.parts {
			h.parts[p.article.Slug+"#"+id] = part
		}
	}
	for i := range pages {
		a := &pages[i].article
		for _, slug := range pages[i].front.Related {
			at, ok := h.bySlug[slug]
			if !ok {
				return nil, fmt.Errorf("help article %s.md: there is no article %q", a.Slug, slug)
			}
			to := pages[at].article
			a.Related = append(a.Related, Article{Slug: to.Slug, Title: to.Title, Summary: to.Summary})
		}
		h.articles = append(h.articles, *a)
	}
	h.index = sync.OnceValue(func() *index { return newIndex(pages) })
	h.replies, err = readReplies(in, facts)
	return h, err
}

// readPages reads the articles side by side.
func readPages(in fs.FS, f facts) ([]page, error) {
	var pages []page
	for _, shelf := range shelves {
		for slug := range strings.FieldsSeq(shelf.articles) {
			pages = append(pages, page{article: Article{Slug: slug, Topic: shelf.slug}})
		}
	}
	var readers errgroup.Group
	for i := range pages {
		readers.Go(func() error {
			a := pages[i].article
			source, err := fs.ReadFile(in, path.Join("help", english, a.Slug+".md"))
			if err != nil {
				return fmt.Errorf("help article: %w", err)
			}
			if pages[i], err = readPage(a.Slug, a.Topic, string(source), f); err != nil {
				return fmt.Errorf("help article %s.md: %w", a.Slug, err)
			}
			return nil
		})
	}
	return pages, readers.Wait()
}

// readPage reads one article and refuses what a reader would stumble over.
func readPage(slug, shelf, source string, f facts) (page, error) {
	var p page
	head, body, err := split(source)
	if err != nil {
		return page{}, err
	}
	if err := decode(head, &p.front); err != nil {
		return page{}, err
	}
	for _, s := range []*string{&p.front.Title, &p.front.Summary} {
		if *s, err = fill(*s, f.plain); err != nil {
			return page{}, err
		}
	}
	if p.front.Topic != shelf {
		return page{}, fmt.Errorf("its topic is %q, it stands under %q", p.front.Topic, shelf)
	}
	if err := p.front.check(slug); err != nil {
		return page{}, err
	}
	year, month, day := p.front.Updated.Date() // TOML reads a bare date in the zone of the machine
	p.article = Article{
		Slug: slug, Title: p.front.Title, Summary: p.front.Summary, Topic: p.front.Topic, Actions: p.front.Actions,
		Updated: time.Date(year, month, day, 0, 0, 0, 0, time.UTC),
	}
	marked, err := fill(body, f.veiled)
	if err != nil {
		return page{}, err
	}
	return p, p.render([]byte(marked), f)
}

func (m *front) check(slug string) error {
	switch {
	case m.Title == "":
		return errors.New("it has no title")
	case m.Summary == "":
		return errors.New("it has no summary")
	case m.Updated.IsZero():
		return errors.New("it does not say when it was updated")
	case len(m.Related) < 2 || len(m.Related) > 4:
		return errors.New("it needs 2 to 4 related articles")
	case len(m.Actions) > 2:
		return errors.New("it has more than 2 actions")
	}
	for i, to := range m.Related {
		if to == slug || slices.Contains(m.Related[:i], to) {
			return fmt.Errorf("the related article %q is itself or named twice", to)
		}
	}
	for i, act := range m.Actions {
		if !slices.Contains(acts, act) || slices.Contains(m.Actions[:i], act) {
			return fmt.Errorf("the action %q is unknown or named twice", act)
		}
	}
	return nil
}

// counts say a number with its unit: {{minutes .CodeMinutes}}.
var counts = texttemplate.FuncMap{
	"seconds": count("second", "seconds"), "minutes": count("minute", "minutes"), "hours": count("hour", "hours"),
	"days": count("day", "days"), "months": count("month", "months"), "tries": count("try", "tries"),
}

func count(one, many string) func(int) string {
	return func(n int) string {
		if n == 1 {
			return "1 " + one
		}
		return strconv.Itoa(n) + " " + many
	}
}

// fill puts the facts into a text.
func fill(s string, f HelpFacts) (string, error) {
	if !strings.Contains(s, "{{") {
		return s, nil
	}
	t, err := texttemplate.New("text").Funcs(counts).Parse(tight(s))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, f)
	return b.String(), err
}

// tight takes the line break after a condition on a line of its own, so that it
// does not tear a list apart.
func tight(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for line := range strings.SplitAfterSeq(s, "\n") {
		action, ends := strings.CutSuffix(strings.TrimSpace(line), "}}")
		if action, begins := strings.CutPrefix(action, "{{"); ends && begins && !strings.HasPrefix(action, ".") && !strings.Contains(action, "}}") {
			line = "{{" + action + "}}"
		}
		b.WriteString(line)
	}
	return b.String()
}

// facts are what the texts are filled with. In Markdown plain words stand in the
// place of the names until the end: a name chosen by the operator is never read
// as Markdown.
type facts struct {
	plain, veiled  HelpFacts
	toText, toHTML *strings.Replacer // take the veils away
}

// veil begins every word that stands for a name.
const veil = "qzveiled"

// unveil puts the names back. Most texts have none.
func unveil(names *strings.Replacer, s string) string {
	if !strings.Contains(s, veil) {
		return s
	}
	return names.Replace(s)
}

func newFacts(f HelpFacts) facts {
	v := f
	var toText, toHTML []string
	for i, name := range []*string{&v.Brand, &v.Sender, &v.Host, &v.ChatHours, &v.PhoneHours, &v.Email} {
		if *name != "" {
			word := veil + string(rune('a'+i)) + "zq"
			toText = append(toText, word, *name)
			toHTML = append(toHTML, word, html.EscapeString(*name))
			*name = word
		}
	}
	return facts{f, v, strings.NewReplacer(toText...), strings.NewReplacer(toHTML...)}
}

// markdown leaves raw HTML and dangerous links out.
var markdown = goldmark.New(goldmark.WithParserOptions(parser.WithHeadingAttribute()))

// section is what stands under one heading of the second level; the first
// section has none.
type section struct {
	Heading
	head, body bytes.Buffer
}

// render turns Markdown into the HTML of the article and of its sections, and
// into the plain text that the search reads.
func (p *page) render(source []byte, f facts) error {
	sections := []*section{{}}
	var plain strings.Builder
	w := bufio.NewWriter(nil) // one for all blocks
	for n := markdown.Parser().Parse(mdtext.NewReader(source)).FirstChild(); n != nil; n = n.NextSibling() {
		at := sections[len(sections)-1]
		to := &at.body
		if heading, ok := n.(*ast.Heading); ok && heading.Level <= 2 {
			title := strings.TrimSpace(unveil(f.toText, plainText(n, source)))
			id, ok := heading.AttributeString("id")
			if heading.Level == 1 || !ok || len(heading.Attributes()) != 1 {
				return fmt.Errorf("%q: a heading is written as ## Title {#id}", title)
			}
			at = &section{Heading: Heading{ID: string(id.([]byte)), Title: title}}
			sections = append(sections, at)
			to = &at.head
		} else {
			plain.WriteString(plainText(n, source))
		}
		w.Reset(to)
		if err := markdown.Renderer().Render(w, source, n); err != nil {
			return err
		}
	}
	p.body = unveil(f.toText, plain.String())

	p.parts = map[string]string{}
	for _, s := range sections {
		body := unveil(f.toHTML, s.body.String())
		p.article.HTML += unveil(f.toHTML, s.head.String()) + body
		if s.ID == "" {
			continue
		}
		if _, twice := p.parts[s.ID]; twice {
			return fmt.Errorf("two headings have the id %q", s.ID)
		}
		p.parts[s.ID] = body
		p.article.Headings = append(p.article.Headings, s.Heading)
	}
	return nil
}

// plainText is what a reader reads of a node, a line for each block.
func plainText(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Value(source))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.AutoLink:
			if entering {
				b.Write(n.Label(source))
			}
		default:
			if !entering && n.Type() == ast.TypeBlock && !strings.HasSuffix(b.String(), "\n") {
				b.WriteByte('\n')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// Article gives an article by its slug.
func (h *Help) Article(slug string) (Article, bool) {
	i, ok := h.bySlug[slug]
	if !ok {
		return Article{}, false
	}
	return h.articles[i], true
}

// Part gives the HTML of one section of an article, without its heading.
func (h *Help) Part(slug, id string) (html string, ok bool) {
	html, ok = h.parts[slug+"#"+id]
	return html, ok
}

// Topics lists all articles by topic.
func (h *Help) Topics() []Topic {
	var topics []Topic
	for _, shelf := range shelves {
		topics = append(topics, Topic{Slug: shelf.slug, Title: shelf.title, Articles: h.these(strings.Fields(shelf.articles))})
	}
	return topics
}

// FAQ lists the articles of the page of frequent questions.
func (h *Help) FAQ() []Article { return h.these(faq) }

// Top lists the tasks that people come for most.
func (h *Help) Top() []Article { return h.these(top) }

func (h *Help) these(slugs []string) []Article {
	var found []Article
	for _, slug := range slugs {
		if a, ok := h.Article(slug); ok {
			found = append(found, a)
		}
	}
	return found
}
