package content

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

// The rows of HELP.md, without the page of frequent questions.
const everySlug = `unusual-sign-in signed-in-elsewhere what-is-a-code why-a-code new-device codes-for-changes unusual-activity reset-password enter-code keep-safe didnt-request
	change-password two-step-on contact-details change-email change-phone no-code late-code contact live-chat call-us using-help
	why-codes-matter who-can-trigger passkeys how-we-detect safety-checklist how-codes-arrive code-life turn-off skip-code
	lost-phone lost-email code-wrong too-many-tries devices sign-out-everywhere someone-using real-message texts-abroad email-rules
	shared-devices tv autofill accessibility close-account privacy status`

func TestEveryArticle(t *testing.T) {
	h := someHelp(t)
	want := strings.Fields(everySlug)
	var found []string
	var topics []string
	for _, topic := range h.Topics() {
		topics = append(topics, topic.Slug+" "+fmt.Sprint(len(topic.Articles)))
		for _, a := range topic.Articles {
			found = append(found, a.Slug)
			if same, ok := h.Article(a.Slug); !ok || same.HTML != a.HTML || a.Topic != topic.Slug {
				t.Errorf("%s is not itself", a.Slug)
			}
		}
	}
	if !slices.Equal(slices.Sorted(slices.Values(found)), slices.Sorted(slices.Values(want))) || len(want) != 48 {
		t.Errorf("the articles are %q", found)
	}
	if want := []string{"getting-a-code 11", "signing-in 7", "keep-safe 12", "account-settings 11", "contact 7"}; !slices.Equal(topics, want) {
		t.Errorf("topics are %q", topics)
	}
	entries, err := helpFiles.ReadDir("help/en")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if slug, ok := strings.CutSuffix(e.Name(), ".md"); !ok || !slices.Contains(want, slug) {
			t.Errorf("%s is no article of the help centre", e.Name())
		}
	}
	if a, ok := h.Article("none"); ok || a.HTML != "" {
		t.Error("there is an article that there is not")
	}
}

func articles(h *Help) (all []Article) {
	for _, topic := range h.Topics() {
		all = append(all, topic.Articles...)
	}
	return all
}

func TestListsOfArticles(t *testing.T) {
	h := someHelp(t)
	for _, list := range []struct {
		want string
		got  []Article
	}{
		{"what-is-a-code how-codes-arrive no-code code-life turn-off skip-code", h.FAQ()},
		{"no-code didnt-request reset-password change-email devices turn-off", h.Top()},
	} {
		var got []string
		for _, a := range list.got {
			got = append(got, a.Slug)
		}
		if strings.Join(got, " ") != list.want {
			t.Errorf("%q, want %s", got, list.want)
		}
	}
}

var sentenceEnd = regexp.MustCompile(`[.?!]['’]?(\s+[^\sa-z]|$)`)

func TestFrontMatter(t *testing.T) {
	h := someHelp(t)
	titles := map[string]string{}
	for _, a := range articles(h) {
		if n := len(sentenceEnd.FindAllString(a.Summary, -1)); n < 1 || n > 2 {
			t.Errorf("%s: %d sentences answer: %q", a.Slug, n, a.Summary)
		}
		if a.Title == "" || a.HTML == "" || a.Updated.Location() != time.UTC || a.Updated.Before(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) || a.Updated.Hour() != 0 {
			t.Errorf("%s is not whole: %q, %v", a.Slug, a.Title, a.Updated)
		}
		if len(a.Title) > 65 || strings.HasSuffix(a.Title, ".") {
			t.Errorf("%s: a title is a short question or task: %q", a.Slug, a.Title)
		}
		if titles[a.Title] != "" {
			t.Errorf("%s and %s have one title", a.Slug, titles[a.Title])
		}
		titles[a.Title] = a.Slug
		for _, r := range a.Related {
			if to, ok := h.Article(r.Slug); !ok || r.Title != to.Title || r.Summary != to.Summary {
				t.Errorf("%s leads to %+v", a.Slug, r)
			}
		}
		for _, heading := range a.Headings {
			if part, ok := h.Part(a.Slug, heading.ID); !ok || strings.TrimSpace(part) == "" || !strings.Contains(a.HTML, part) || strings.Contains(part, "<h2") {
				t.Errorf("%s#%s is %q", a.Slug, heading.ID, part)
			}
			if !strings.Contains(a.HTML, fmt.Sprintf(`<h2 id="%s">`, heading.ID)) {
				t.Errorf("%s has no heading %s", a.Slug, heading.ID)
			}
		}
	}
}

func TestParts(t *testing.T) {
	h := someHelp(t)
	email, ok := h.Part("no-code", "email")
	if !ok || !strings.Contains(email, "codes@example.com") || strings.Contains(email, "flight mode") {
		t.Errorf("by email: %v, %q", ok, email)
	}
	text, ok := h.Part("no-code", "text")
	if !ok || strings.Contains(text, "codes@example.com") || !strings.Contains(text, "signal") {
		t.Errorf("by text: %v, %q", ok, text)
	}
	for _, none := range []string{"", "none", "email#email"} {
		if part, ok := h.Part("no-code", none); ok || part != "" {
			t.Errorf("%q is a part: %q", none, part)
		}
	}
}

// settings are the help centres of operators who set up more or less.
var settings = sync.OnceValues(func() (map[string]*Help, error) {
	all := map[string]*Help{}
	for n := range 64 {
		f := usualFacts()
		f.UnusualCodes = n&32 > 0
		f.Texts, f.Chat, f.Phone, f.CallBack = n&1 > 0, n&2 > 0, n&4 > 0, n&8 > 0
		if n&16 == 0 {
			f.Email = ""
		}
		if !f.Chat {
			f.ChatHours = ""
		}
		if !f.Phone {
			f.PhoneHours = ""
		}
		h, err := NewHelp(f)
		if err != nil {
			return nil, err
		}
		all[fmt.Sprintf("texts %v, chat %v, phone %v, call-back %v, email %v, codes for unusual sign-ins %v", f.Texts, f.Chat, f.Phone, f.CallBack, f.Email != "", f.UnusualCodes)] = h
	}
	return all, nil
})

func everySetting(t *testing.T) map[string]*Help {
	t.Helper()
	all, err := settings()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What may be linked to beside the articles.
var productPaths = strings.Fields(`/ /help /help/faq /sign-in /sign-up /reset /not-me /account /account/email /account/phone /account/password
	/account/two-step /account/two-step/off /account/devices /account/devices/everywhere /account/activity /account/close /account/data.json
	/contact /contact/chat /contact/phone mailto:help@example.com`)

var (
	hrefs   = regexp.MustCompile(`href="([^"]*)"`)
	notLeft = regexp.MustCompile(`\{\{|\}\}|no value|zq|<!--|<li></li>|<p></p>|\(\)|''|""|[a-z] ,| \.(\s|<)|\w\.\.|<(em|strong|a)[^>]*></|mailto:"|TO[D]O`)
)

func TestLinks(t *testing.T) {
	for setting, h := range everySetting(t) {
		for _, a := range articles(h) {
			for _, href := range hrefs.FindAllStringSubmatch(a.HTML, -1) {
				to, anchor, anchored := strings.Cut(href[1], "#")
				slug, internal := strings.CutPrefix(to, "/help/a/")
				switch {
				case to == "" && anchored:
					slug = a.Slug
				case !internal && !slices.Contains(productPaths, to):
					t.Errorf("%s leads to %s (%s)", a.Slug, href[1], setting)
					continue
				case !internal:
					continue
				}
				if _, ok := h.Article(slug); !ok {
					t.Errorf("%s leads to %s (%s)", a.Slug, href[1], setting)
				} else if _, ok := h.Part(slug, anchor); anchored && !ok {
					t.Errorf("%s leads to %s: there is no such part (%s)", a.Slug, href[1], setting)
				}
			}
		}
	}
}

// Whatever is set up, the text is whole and promises nothing that is not there.
func TestSettings(t *testing.T) {
	for setting, h := range everySetting(t) {
		for _, a := range articles(h) {
			for _, s := range []string{a.Title, a.Summary, a.HTML} {
				if found := notLeft.FindString(s); found != "" || s == "" {
					t.Errorf("%s has %q in %q (%s)", a.Slug, found, s, setting)
				}
			}
			for switched, promise := range map[string]string{
				"chat false": `href="/contact/chat"`, "phone false": `href="/contact/phone"`, "email false": "mailto:",
			} {
				if strings.Contains(setting, switched) && strings.Contains(a.HTML, promise) {
					t.Errorf("%s promises %s (%s)", a.Slug, promise, setting)
				}
			}
		}
		for _, r := range h.Replies() {
			if found := notLeft.FindString(r.Text); found != "" || r.Title == "" {
				t.Errorf("the reply %s has %q in %q (%s)", r.Slug, found, r.Text, setting)
			}
		}
	}
}

var (
	anyNumber = regexp.MustCompile(`\d+`)
	notFacts  = regexp.MustCompile(`Maple 42|[A-Z]{2}\d-\d{3}|\b(1|2|3|4|6)-step\b|\b24/7\b|UTC[+-]\d+`)
	spelled   = regexp.MustCompile(`(?i)\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety|hundred|half an|a few dozen)([ -](of|more|wrong|whole|full|digit|free|failed))?[ -](second|minute|hour|day|week|month|year|tr(y|ies)|digit|number|guess|letter|character|attempt)s?\b`)
)

// With two-step verification off the code for a very unusual sign-in stays, unless the operator does not want that.
func TestVeryUnusualSignIn(t *testing.T) {
	for setting, h := range everySetting(t) {
		kept := strings.Contains(setting, "codes for unusual sign-ins true")
		for article, words := range map[string]string{
			"turn-off": "A code if a sign-in looks very unusual", "unusual-sign-in": "A very unusual one still needs a code",
		} {
			if a, _ := h.Article(article); strings.Contains(a.HTML, words) != kept || strings.Contains(a.HTML, "password alone") {
				t.Errorf("%s promises %q: %v (%s)", article, words, !kept, setting)
			}
		}
	}
}

// One is one minute.
func TestSingular(t *testing.T) {
	f := usualFacts()
	v := reflect.ValueOf(&f).Elem()
	for i := range v.NumField() {
		if field := v.Field(i); field.Kind() == reflect.Int {
			field.SetInt(1)
		}
	}
	h, err := NewHelp(f)
	if err != nil {
		t.Fatal(err)
	}
	wrong := regexp.MustCompile(`\b1 (seconds|minutes|hours|days|months|tries)\b`)
	for _, a := range articles(h) {
		if s := wrong.FindString(a.Title + " " + a.Summary + " " + bodyText(a)); s != "" {
			t.Errorf("%s says %q", a.Slug, s)
		}
	}
	for _, r := range h.Replies() {
		if s := wrong.FindString(r.Text); s != "" {
			t.Errorf("reply %s says %q", r.Slug, s)
		}
	}
}

// numbered sets every number to one of its own, which nobody would type.
func numbered() (f HelpFacts, numbers []string) {
	f = usualFacts()
	f.ChatHours, f.PhoneHours = "at chat hours", "at phone hours"
	v := reflect.ValueOf(&f).Elem()
	for i := range v.NumField() {
		if field := v.Field(i); field.Kind() == reflect.Int {
			field.SetInt(int64(70001 + 13*i))
			numbers = append(numbers, fmt.Sprint(field.Int()))
		}
	}
	return f, numbers
}

// No number is typed: with other numbers none of the usual ones is left.
func TestNumbersAreFacts(t *testing.T) {
	f, numbers := numbered()
	h, err := NewHelp(f)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	look := func(name, s string) {
		for _, n := range anyNumber.FindAllString(notFacts.ReplaceAllString(s, ""), -1) {
			if used[n] = true; !slices.Contains(numbers, n) {
				t.Errorf("%s: %s is typed", name, n)
			}
		}
		for _, n := range spelled.FindAllString(s, -1) {
			t.Errorf("%s: %q is typed", name, n)
		}
	}
	for _, a := range articles(h) {
		look(a.Slug, a.Title+" "+a.Summary+" "+bodyText(a))
	}
	for _, r := range h.Replies() {
		look("reply "+r.Slug, r.Text)
	}
	for _, n := range numbers {
		if !used[n] {
			t.Logf("no article states the fact that is %s here", n)
		}
	}
}

var anyTag = regexp.MustCompile(`<[^>]*>`)

var entities = strings.NewReplacer("&quot;", `"`, "&lt;", "<", "&gt;", ">", "&amp;", "&")

// bodyText is what a reader reads of an article's body.
func bodyText(a Article) string {
	s := strings.NewReplacer("</p>", ".\n", "</li>", ".\n", "</h2>", ".\n", "</h3>", ".\n").Replace(a.HTML)
	return entities.Replace(anyTag.ReplaceAllString(s, ""))
}

// Where a silent e is heard, and where two vowels are.
var (
	hissing = regexp.MustCompile(`(s|x|z|ch|sh|c|g|l)es$`)
	toothed = regexp.MustCompile(`[td]ed$`)
	apart   = regexp.MustCompile(`quiet|scien|being|video|area|idea|creat|dial|trial|via|usual|manual|individual|period|[^aeiou]n['’]t$`)
)

// syllables counts the syllables of an English word: groups of vowels, without
// the silent e.
func syllables(word string) int {
	word = strings.ToLower(strings.Trim(word, "'’"))
	if word == "" {
		return 0
	}
	for _, r := range word {
		if r >= '0' && r <= '9' {
			return 1
		}
	}
	n, before := 0, false
	for _, r := range word {
		vowel := strings.ContainsRune("aeiouy", r)
		if vowel && !before {
			n++
		}
		before = vowel
	}
	silent := func(ending string) bool {
		stem, ok := strings.CutSuffix(word, ending)
		return ok && stem != "" && !strings.ContainsRune("aeiouy", rune(stem[len(stem)-1]))
	}
	switch {
	case silent("le"):
	case silent("e"), silent("es") && !hissing.MatchString(word), silent("ed") && !toothed.MatchString(word):
		n--
	}
	if apart.MatchString(word) {
		n++
	}
	return max(n, 1)
}

func TestSyllables(t *testing.T) {
	for word, want := range map[string]int{
		"code": 1, "codes": 1, "a": 1, "the": 1, "we": 1, "phone": 1, "password": 2, "minutes": 2, "table": 2, "people": 2, "asked": 1,
		"wanted": 2, "needed": 2, "email": 2, "account": 2, "address": 2, "verification": 5, "security": 4, "message": 2, "messages": 3,
		"expired": 2, "device": 2, "devices": 3, "usual": 3, "video": 3, "quiet": 2, "didn't": 2, "don't": 1, "science": 2, "idea": 3, "boxes": 2, "rhythm": 1, "10": 1, "": 0, "support": 2,
		"everywhere": 4, "used": 1, "provider": 3, "browser": 2, "telephone": 3, "signed": 1, "settings": 2, "mailbox": 2, "choose": 1,
	} {
		if got := syllables(word); got != want {
			t.Errorf("%s has %d syllables, counted %d", word, want, got)
		}
	}
}

// readingEase is the formula of Flesch; 60 and more is plain English.
func readingEase(s string) float64 {
	var sentences, count, sounds float64
	for _, sentence := range regexp.MustCompile(`[.?!:]+['")]*(\s|$)|\n+`).Split(s, -1) {
		found := regexp.MustCompile(`[\pL\d'’]+`).FindAllString(sentence, -1)
		if len(found) == 0 {
			continue
		}
		sentences++
		for _, w := range found {
			count++
			sounds += float64(syllables(w))
		}
	}
	return 206.835 - 1.015*count/sentences - 84.6*sounds/count
}

func TestReadingEase(t *testing.T) {
	if easy := readingEase("The cat sat on the mat. It was a good cat."); easy < 100 {
		t.Errorf("a sentence for children has %.0f", easy)
	}
	if hard := readingEase("Notwithstanding organisational considerations, authentication necessitates verification."); hard > 0 {
		t.Errorf("a sentence for nobody has %.0f", hard)
	}
	for _, a := range articles(someHelp(t)) {
		if ease := readingEase(a.Summary + "\n" + bodyText(a)); ease < 60 {
			t.Errorf("%s has a reading ease of %.0f, 60 is the least", a.Slug, ease)
		}
	}
}

// Names of other houses that a reader needs, where they stand: browsers, systems,
// and providers of mail and texts. Everything else with a capital letter inside of
// a sentence is a mistake.
var (
	properNames = regexp.MustCompile(`[\pL\d’';,)] ([A-Z][\pL\d.]*[\pL\d])`)
	linkStart   = regexp.MustCompile(`<(a|strong)\b[^>]*>`) // the words of a link begin anew
	ours        = strings.Fields("Admit One Help Center UTC Monday Friday Maple KX4 I")
	systems     = strings.Fields(`Android iPhone iPad iOS Mac Windows Linux macOS ChromeOS Chrome Firefox Safari Edge Opera VoiceOver TalkBack NVDA JAWS
		Mail Spam Gmail Outlook Outlook.com Hotmail Yahoo iCloud Proton Apple Google Microsoft GMX
		TV TVs QR PIN SIM VPN SMS URL Wi-Fi JSON TTY NFC ID AI PDF`)
)

func TestNoOtherNames(t *testing.T) {
	found := map[string][]string{}
	for _, a := range articles(someHelp(t)) {
		a.HTML = linkStart.ReplaceAllString(a.HTML, "\n")
		for _, s := range []string{a.Title, a.Summary, bodyText(a)} {
			for _, name := range properNames.FindAllStringSubmatch(s, -1) {
				if n := name[1]; !slices.Contains(ours, n) && !slices.Contains(systems, n) {
					found[n] = append(found[n], a.Slug)
				}
			}
		}
	}
	for _, n := range slices.Sorted(maps.Keys(found)) {
		t.Errorf("%q is named in %q", n, found[n])
	}
}

// articleFiles is every article with one changed.
func articleFiles(t *testing.T, slug, source string) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{}
	err := fs.WalkDir(helpFiles, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(helpFiles, name)
		all[name] = &fstest.MapFile{Data: body}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all[path.Join("help/en", slug+".md")] = &fstest.MapFile{Data: []byte(source)}
	return all
}

const aFront = "+++\ntitle = \"A TV\"\nsummary = \"Yes.\"\ntopic = \"signing-in\"\nupdated = 2026-11-23\nrelated = [\"no-code\", \"devices\"]\nactions = [\"chat\"]\n+++\n"

func TestMarkup(t *testing.T) {
	for body, want := range map[string]string{
		"a <script>alert(1)</script> b":                        "<p>a <!-- raw HTML omitted -->alert(1)<!-- raw HTML omitted --> b</p>\n",
		"<script>alert(1)</script>":                            "<!-- raw HTML omitted -->\n",
		"<img src=x onerror=alert(1)>":                         "<!-- raw HTML omitted -->\n",
		"[a](javascript:alert(1))":                             "<p><a href=\"\">a</a></p>\n",
		"[a](JaVaScRiPt:alert(1))":                             "<p><a href=\"\">a</a></p>\n",
		"[a](data:text/html;base64,PHNjcmlwdD4=)":              "<p><a href=\"\">a</a></p>\n",
		"[a](vbscript:x)":                                      "<p><a href=\"\">a</a></p>\n",
		"![a](javascript:alert(1))":                            "<p><img src=\"\" alt=\"a\"></p>\n",
		"<javascript:alert(1)>":                                "<p><a href=\"\">javascript:alert(1)</a></p>\n",
		"[a](/x\"onmouseover=alert(1))":                        "<p><a href=\"/x%22onmouseover=alert(1)\">a</a></p>\n",
		"### a {#b onclick=\"alert(1)\"}":                      "<h3 id=\"b\">a</h3>\n",
		"&lt;b&gt; and `<i>`":                                  "<p>&lt;b&gt; and <code>&lt;i&gt;</code></p>\n",
		"**{{.Brand}}**, `{{.Host}}`, [m](mailto:{{.Sender}})": "<p><strong>_B_ &lt;b&gt;*&amp;</strong>, <code>&#34;h_o_st</code>, <a href=\"mailto:a_b@c_d\">m</a></p>\n",
		"from\n{{.Sender}}\nonly":                              "<p>from\na_b@c_d\nonly</p>\n",
		"1. a\n{{if .Texts}}\n2. b\n{{end}}\n3. c":             "<ol>\n<li>a</li>\n<li>b</li>\n<li>c</li>\n</ol>\n",
	} {
		f := usualFacts()
		f.Brand, f.Host, f.Sender = "_B_ <b>*&", `"h_o_st`, "a_b@c_d"
		h, err := readHelp(articleFiles(t, "tv", aFront+body), f)
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if a, _ := h.Article("tv"); a.HTML != want {
			t.Errorf("%s became %s", body, a.HTML)
		}
	}
}

func TestWrongArticles(t *testing.T) {
	for source, want := range map[string]string{
		"## A {#a}":                          "front matter",
		"+++\ntitle = \"A\"\n":               "front matter",
		"+++\ntitle =\n+++\n":                "toml",
		"+++\nname = \"A\"\n+++\n":           "name is no front matter",
		aFront + "# A {#a}":                  `"A": a heading is written as`,
		aFront + "## A":                      `"A": a heading is written as`,
		aFront + "## A {#a}\n\n## B {#a}":    `two headings have the id "a"`,
		aFront + "## A {#a .b}":              `"A": a heading is written as`,
		aFront + "{{.Minutes}}":              "Minutes",
		aFront + "{{if .Texts}}":             "unexpected EOF",
		aFront + "{{.CodeMinutes":            "unclosed action",
		front1("title", `""`):                "no title",
		front1("title", `"{{.X}}"`):          "X",
		front1("summary", `""`):              "no summary",
		front1("updated", `"yesterday"`):     "updated",
		front1("topic", `"keep-safe"`):       `its topic is "keep-safe", it stands under "signing-in"`,
		front1("related", `["no-code"]`):     "2 to 4 related",
		front1("related", `["tv", "tv"]`):    `"tv" is itself or named twice`,
		front1("related", `["no", "tv2"]`):   `there is no article "no"`,
		front1("actions", `["dance"]`):       `"dance" is unknown`,
		front1("actions", `["chat","chat"]`): `"chat" is unknown or named twice`,
	} {
		_, err := readHelp(articleFiles(t, "tv", source), usualFacts())
		if err == nil || !strings.Contains(err.Error(), "help article tv.md: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v, want %s", source, err, want)
		}
	}
	missing := articleFiles(t, "tv", "")
	delete(missing, "help/en/tv.md")
	if _, err := readHelp(missing, usualFacts()); err == nil || !strings.Contains(err.Error(), "tv.md") {
		t.Errorf("without an article: %v", err)
	}
	for source, want := range map[string]string{"no": "front matter", "+++\ntitle = \"A\"\n+++\n": "a title and a text", "+++\ntitle = \"A\"\n+++\n{{.X}}": "X"} {
		files := articleFiles(t, "tv", aFront)
		files["replies/en/a.md"] = &fstest.MapFile{Data: []byte(source)}
		if _, err := readHelp(files, usualFacts()); err == nil || !strings.Contains(err.Error(), "saved reply a.md: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("reply %s: %v, want %s", source, err, want)
		}
	}
}

// front1 is aFront with one value changed.
func front1(key, value string) string {
	return regexp.MustCompile(`(?m)^`+key+` = .*$`).ReplaceAllLiteralString(aFront, key+" = "+value) + "A."
}

func TestReplies(t *testing.T) {
	replies := someHelp(t).Replies()
	if len(replies) < 10 {
		t.Errorf("%d saved replies", len(replies))
	}
	for _, r := range replies {
		if len(r.Title) > 40 || len(r.Text) > 600 || strings.TrimSpace(r.Text) != r.Text || strings.ContainsAny(r.Text, "<>*_{}[]") {
			t.Errorf("%s: %q, %q", r.Slug, r.Title, r.Text)
		}
		if regexp.MustCompile(`(?i)(tell|give|send|read) (me|us) (your|the) (code|password|verification)`).MatchString(r.Text) {
			t.Errorf("%s asks for a secret: %q", r.Slug, r.Text)
		}
		if ease := readingEase(r.Text); ease < 60 {
			t.Errorf("%s has a reading ease of %.0f", r.Slug, ease)
		}
	}
}
