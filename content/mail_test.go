package content

import (
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files anew")

const base = "https://accounts.example.com"

func sample() Mail {
	asked := time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)
	return Mail{
		Brand: "Admit One", Host: "accounts.example.com", BaseURL: base,
		Code: "482913", Tag: "Maple 42", Purpose: "sign_in",
		Device: "Firefox on Linux", Place: "Bristol, United Kingdom", Address: "192.0.2.7",
		NotMe: "/not-me/" + letterToken, Undo: "/undo/" + letterToken, What: "n***@example.com", Change: "email",
		Body: theBody, LegalName: "Small House Media Ltd.",
		AskedAt: asked, WorksUntil: asked.Add(10 * time.Minute), HoldsAt: asked.Add(72 * time.Hour), Zone: time.UTC, LifeMinutes: 10,
	}
}

// theBody is what people write.
const theBody = "You 20:33: My code did not arrive. 1 < 2 & \"so\" <b>on</b>\n\nInes 20:34: Look in spam first."

// letterToken is what a token in a link looks like.
var letterToken = strings.Repeat("abcdefghijklmnop", 6)

func compose(t *testing.T, kind string, m Mail) Parts {
	t.Helper()
	if purpose, coded := strings.CutSuffix(kind, "_code"); coded {
		m.Purpose = purpose
	} else if m.Undo != "" {
		m.WorksUntil = m.HoldsAt
	}
	switch kind {
	case "reset_code":
		m.Code, m.Link = "48291370", "/reset/link/"+letterToken
	case "reset_started", "sign_in_refused":
		m.Link, m.WorksUntil = "/reset/link/"+letterToken, m.AskedAt.Add(10*time.Minute)
	case "call_back":
		if !slices.Contains(calls, m.What) {
			m.What = "booked"
		}
	}
	p, err := Compose(kind, "en", m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestKinds(t *testing.T) {
	want := []string{
		"call_back", "change_stopped", "change_waiting", "chat_transcript", "closed", "closing", "closing_cancelled", "codes_braked", "email_added",
		"email_changed", "email_code", "email_removed", "email_taken", "new_device", "password_changed", "phone_added", "phone_removed",
		"reset_code", "reset_started", "session_moved", "sign_in_code", "sign_in_refused", "sign_in_unusual", "sign_up_code", "sign_up_existing", "signed_out_everywhere", "step_up_code",
		"support_reply", "test", "too_many_tries", "two_step_off", "two_step_on", "undo_code", "undone",
	}
	if got := Kinds(); !slices.Equal(got, want) {
		t.Fatalf("kinds are %q, want %q", got, want)
	}
}

// golden compares got with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	file = filepath.Join("testdata", file)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("this differs from %s (go test ./content -update writes it anew); got:\n%s", file, got)
	}
}

// variants are the mails that say something else for other facts.
var variants = map[string]struct {
	kind   string
	change func(*Mail)
}{
	"too_many_tries-step_up": {"too_many_tries", func(m *Mail) { m.Purpose = "step_up" }},
	"too_many_tries-unknown": {"too_many_tries", func(m *Mail) { m.Purpose = "" }},
	"email_changed-no_undo":  {"email_changed", func(m *Mail) { m.Undo, m.WorksUntil = "", time.Time{} }},
	"closing-no_undo":        {"closing", func(m *Mail) { m.Undo = "" }},
	"call_back-moved":        {"call_back", func(m *Mail) { m.What = "moved" }},
	"call_back-missed_once":  {"call_back", func(m *Mail) { m.What, m.Device, m.Place, m.Address = "missed_once", "", "", "" }},
	"call_back-cancelled":    {"call_back", func(m *Mail) { m.What = "cancelled" }},
	"call_back-missed":       {"call_back", func(m *Mail) { m.What, m.Device, m.Place, m.Address = "missed", "", "", "" }},
	"support_reply-to":       {"support_reply", func(m *Mail) { m.What, m.ReplyTo, m.LegalName = "", "help@example.com", "" }},
	"change_waiting-no_undo": {"change_waiting", func(m *Mail) { m.Undo, m.Change, m.What = "", "", "" }},
}

func TestGolden(t *testing.T) {
	check := func(name, kind string, m Mail) {
		p := compose(t, kind, m)
		golden(t, "mail/"+name+".txt", "Subject: "+p.Subject+"\n\n"+p.Text)
		golden(t, "mail/"+name+".html", p.HTML)
	}
	for _, kind := range Kinds() {
		m := sample()
		switch kind {
		case "phone_added", "phone_removed":
			m.What = "number ending 42"
		case "support_reply":
			m.What, m.Body = "Ines", "Look in spam first.\n\nThen send another code: https://accounts.example.com/help/a/no-code"
		case "session_moved":
			m.Undo, m.What = "", "Safari on iOS, Vienna, Austria"
		case "sign_in_code":
			m.Reasons = []string{"new_device", "far_away", "of another program"}
		case "sign_in_refused", "sign_in_unusual":
			m.Undo, m.Reasons = "", []string{"far_away", "new_country", "failures"}
		case "new_device", "password_changed", "signed_out_everywhere", "two_step_on", "two_step_off":
			m.Undo = ""
		}
		check(kind, kind, m)
	}
	for name, v := range variants {
		m := sample()
		v.change(&m)
		check(name, v.kind, m)
	}
}

var (
	tags       = regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`)
	digits     = regexp.MustCompile(`\p{Nd}{6,}`)
	numbers    = regexp.MustCompile(`\p{Nd}{4,}`)
	anyURL     = regexp.MustCompile(`[a-z]+://[^\s"<>]+`)
	href       = regexp.MustCompile(`href="([^"]*)"`)
	remote     = regexp.MustCompile(`(?i)<(img|link|script|iframe|object|embed|video|audio|source|form|base)\b|\bsrc=|url\(|@import|@font-face|background=`)
	knownPaths = []string{
		"/", "/sign-in", "/sign-up", "/help", "/not-me", "/undo", "/reset", "/account/devices", "/contact", "/contact/phone",
		"/help/a/why-a-code", "/help/a/who-can-trigger", "/help/a/real-message", "/help/a/keep-safe", "/help/a/code-wrong", "/help/a/lost-email", "/help/a/unusual-sign-in",
		"/help/a/signed-in-elsewhere", "/help/a/didnt-request",
	}
)

// People read the strongest reasons as a sentence, and no blame for a change of their own.
func TestReasonsInASentence(t *testing.T) {
	for want, list := range map[string]string{
		"a new device": "new_device",
		"far from your last sign-in and a new device":                                                       "far_away new_device",
		"far from your last sign-in, a country where you have not signed in before and a new device":        "far_away new_country new_device failures address_failures",
		"wrong passwords just before and a browser that is new for you":                                     "recent_change failures new_browser",
		"a recent change to your account":                                                                   "recent_change of_another_program",
		"far from your last sign-in, a network that is new for you and a long time since your last sign-in": "far_away recent_change new_network long_idle",
	} {
		m := sample()
		m.Reasons = strings.Fields(list)
		for kind, before := range map[string]string{"sign_in_code": "What was unusual: ", "sign_in_refused": "What was unusual: ", "sign_in_unusual": "something about it was unusual: "} {
			p := compose(t, kind, m)
			if !strings.Contains(p.Text, before+want+".") || !strings.Contains(p.HTML, before+want+".") {
				t.Errorf("%s does not say %q: %s", kind, want, p.Text)
			}
		}
		if strings.Join(m.Reasons, " ") != list {
			t.Error("the caller's list has changed")
		}
	}
}

// What holds whatever the operator has set: turning two-step off leaves a very unusual sign-in its code, a moved session opens
// by code or password, and the brake stops codes of resets only.
func TestTrueOfCodes(t *testing.T) {
	for kind, words := range map[string][2]string{
		"two_step_off":  {"an ordinary sign-in needs only the password", "password alone"},
		"session_moved": {"confirmed there with a code or the password", "with a code,"},
		"codes_braked":  {"no more reset codes to such devices", "no more of them"},
	} {
		p := compose(t, kind, sample())
		for _, part := range []string{p.Text, p.HTML} {
			if !strings.Contains(part, words[0]) || strings.Contains(part, words[1]) {
				t.Errorf("%s says: %s", kind, part)
			}
		}
	}
	if s := text(t, "codes_braked", sample()); !strings.Contains(s, "No more reset codes for 1 hour.") {
		t.Errorf("the text: %s", s)
	}
}

// The rules every mail keeps, whatever its kind.
func TestEveryMail(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			m := sample()
			if kind == "reset_code" {
				m.Code = "48291370"
			}
			p := compose(t, kind, m)

			codes := 0
			if hasCode(kind) {
				codes = 1
				if first, _, _ := strings.Cut(p.Text, "\n"); first != m.Code {
					t.Errorf("the first line of the text is %q, want the code alone", first)
				}
				if !strings.Contains(p.HTML, ">"+m.Code+"<") {
					t.Error("the code is not alone in its element")
				}
				for _, part := range []string{p.Text, p.HTML} {
					for _, want := range []string{"20:24", "UTC", "Maple 42", "Firefox on Linux", "Roughly", "Never share this code", base + "/not-me", base + "/help/a/wh"} {
						if !strings.Contains(part, want) {
							t.Errorf("%q is missing", want)
						}
					}
				}
			}
			if signUp := strings.Contains(p.Text, "For: Creating your account"); signUp != (kind == "sign_up_code") {
				t.Errorf("names creating an account: %v", signUp)
			}
			if signIn := strings.Contains(p.Text, "For: Signing in"); signIn != (kind == "sign_in_code") {
				t.Errorf("names signing in: %v", signIn)
			}
			for name, part := range map[string]string{"text": p.Text, "html": p.HTML, "what html shows": tags.ReplaceAllString(p.HTML, " ")} {
				if got := digits.FindAllString(part, -1); len(got) != codes || (codes == 1 && got[0] != m.Code) {
					t.Errorf("%s: numbers of six digits and more are %q, want the code %d time(s)", name, got, codes)
				}
			}
			for name, part := range map[string]string{"text": p.Text, "html": tags.ReplaceAllString(p.HTML, " ")} {
				for _, got := range numbers.FindAllString(part, -1) {
					if got != m.Code && got != "2026" {
						t.Errorf("%s: %q could be taken for a code", name, got)
					}
				}
			}
			if leads := strings.HasPrefix(p.Subject, m.Code); leads != (kind == "sign_in_code" || kind == "step_up_code") {
				t.Errorf("code leads the subject %q: %v", p.Subject, leads)
			}
			if kind != "sign_in_code" && kind != "step_up_code" && digits.MatchString(p.Subject) {
				t.Errorf("a number in the subject %q", p.Subject)
			}

			for _, part := range []string{p.Text, p.HTML} {
				for _, want := range []string{base + "/help/a/real-message", base + "/contact", "Admit One is a service of Small House Media Ltd."} {
					if !strings.Contains(part, want) {
						t.Errorf("%q is missing", want)
					}
				}
			}
			if len(p.HTML) > 20*1024 {
				t.Errorf("html is %d bytes", len(p.HTML))
			}
			if bad := remote.FindString(p.HTML); bad != "" {
				t.Errorf("html asks for outside content: %q", bad)
			}
			for _, want := range []string{`<html lang="en-GB" dir="ltr">`, `name="color-scheme" content="light dark"`, "color-scheme: light dark;", "prefers-color-scheme: dark", "<h1"} {
				if !strings.Contains(p.HTML, want) {
					t.Errorf("html lacks %q", want)
				}
			}
			if strings.Count(p.HTML, "<table ") != strings.Count(p.HTML, `<table role="presentation"`) {
				t.Error("a table without role=presentation")
			}
			for _, pure := range []string{"#fff;", "#ffffff", "#000;", "#000000"} {
				if strings.Contains(p.HTML, pure) {
					t.Errorf("pure %s does not survive forced inversion", pure)
				}
			}
			checkLinks(t, p)
		})
	}
}

// Every link leads to a page that exists, under the one base, and both parts have the same ones.
func checkLinks(t *testing.T, p Parts) {
	t.Helper()
	inText := anyURL.FindAllString(p.Text, -1)
	var inHTML []string
	for _, found := range href.FindAllStringSubmatch(p.HTML, -1) {
		inHTML = append(inHTML, found[1])
	}
	if !slices.Equal(inText, inHTML) || !slices.Equal(anyURL.FindAllString(p.HTML, -1), inHTML) {
		t.Errorf("links differ: text %q, html %q", inText, inHTML)
	}
	for _, link := range inText {
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range []string{"/reset/link/", "/not-me/", "/undo/"} {
			if strings.TrimPrefix(u.Path, page) == letterToken {
				u.Path = "/" + strings.Split(page, "/")[1]
			}
		}
		if u.Scheme+"://"+u.Host != base || !slices.Contains(knownPaths, u.Path) || u.Fragment != "" || u.RawQuery != "" {
			t.Errorf("%s is not a page of ours", link)
		}
	}
}

func TestSubjectLength(t *testing.T) {
	for _, brand := range []string{"Admit One", "Twenty Letters Brand"} {
		for _, code := range []string{"482913", "48291357"} {
			for _, kind := range Kinds() {
				m := sample()
				m.Brand, m.Code = brand, code
				if p := compose(t, kind, m); utf8.RuneCountInString(p.Subject) > 50 {
					t.Errorf("%s: %q has %d characters", kind, p.Subject, utf8.RuneCountInString(p.Subject))
				}
			}
		}
	}
}

// Nothing in a fact may start a header, a tag, a second code or a line of its own.
func TestHostileFacts(t *testing.T) {
	evil := "a\r\nBcc: x@evil.test\n\n<script>alert(1)</script>\u202e\u2028 777777 ٧٧٧٧٧٧\x00\x1b[31m"
	for _, kind := range Kinds() {
		m := sample()
		m.Brand, m.Tag, m.Device, m.Place, m.Address = "Admit\r\nBcc: x@evil.test", evil, evil, evil, evil
		m.What, m.Change, m.LegalName, m.Body = evil, evil, evil, evil
		p := compose(t, kind, m)
		if strings.ContainsAny(p.Subject, "\r\n") {
			t.Errorf("%s: line break in the subject %q", kind, p.Subject)
		}
		for _, part := range []string{p.Subject, p.Text, p.HTML} {
			if strings.ContainsAny(part, "\r\u202e\u2028\x00\x1b") || strings.Contains(part, "\nBcc") {
				t.Errorf("%s: a control character came through: %q", kind, part)
			}
			want := 0
			if strings.Contains(part, m.Code) {
				want = 1
			}
			if got := digits.FindAllString(part, -1); len(got) != want {
				t.Errorf("%s: second number %q", kind, got)
			}
		}
		if strings.Contains(p.HTML, "<script") {
			t.Errorf("%s: markup came through", kind)
		}
		if strings.Contains(p.Text, "IP address") {
			t.Errorf("%s: an address that is none is shown", kind)
		}
	}
}

func TestLeftOutRows(t *testing.T) {
	m := sample()
	m.Tag, m.Device, m.Place, m.Address, m.What, m.Change, m.Undo, m.LegalName = "", "", "", "", "", "", "", ""
	for _, kind := range Kinds() {
		p := compose(t, kind, m)
		for _, part := range []string{p.Text, p.HTML} {
			for _, gone := range []string{"Request:", ">Request<", "Device", "Where:", ">Where<", "Roughly", "IP address", "/undo", "()", "is a service of"} {
				if strings.Contains(part, gone) {
					t.Errorf("%s still has %q", kind, gone)
				}
			}
		}
		if strings.Contains(p.Text, ": .") {
			t.Errorf("%s: a sentence waits for a fact: %q", kind, p.Text)
		}
		if strings.Contains(p.Text, "\n\n\n") {
			t.Errorf("%s: two empty lines: %q", kind, p.Text)
		}
	}
}

// The links that act on one account or message are those that were given; each mail of a change has one button, and 'not me'.
func TestOwnLinks(t *testing.T) {
	const button = `class="act" href="`
	undoable := []string{
		"change_waiting", "closing", "email_added", "email_changed", "email_removed", "phone_added", "phone_removed", "two_step_off", "two_step_on",
	}
	for _, kind := range Kinds() {
		given, none := sample(), sample()
		none.NotMe, none.Undo = "", ""
		with, without := compose(t, kind, given), compose(t, kind, none)
		if kind != "closed" && kind != "support_reply" && kind != "test" { // read by people who have no account, or none any more
			if !strings.Contains(with.Text, base+given.NotMe+"\n") || !strings.Contains(without.Text, base+"/not-me\n") {
				t.Errorf("%s: 'not me' leads elsewhere: %s", kind, with.Text)
			}
		}
		if got := strings.Contains(with.Text, base+given.Undo+"\n"); got != slices.Contains(undoable, kind) {
			t.Errorf("%s: has an undo: %v", kind, got)
		}
		if strings.Contains(without.Text+without.HTML, "/undo") || strings.Contains(without.Text, "Take the change back") {
			t.Errorf("%s: offers an undo that was not given", kind)
		}
		if n := strings.Count(with.HTML, button); n != 1 && kind != "reset_code" {
			t.Errorf("%s: %d buttons", kind, n)
		}
		if slices.Contains(undoable, kind) && !strings.Contains(with.HTML, button+base+given.Undo+`"`) {
			t.Errorf("%s: the undo is not the button", kind)
		}
		checkLinks(t, with)
		checkLinks(t, without)
	}
	p := compose(t, "closed", sample())
	for _, account := range []string{"/sign-in", "/not-me", "/undo", "/reset", "/account"} {
		if strings.Contains(p.Text, base+account) {
			t.Errorf("the last mail leads to %s", account)
		}
	}
}

// A mail about a change says which: in words, with the masked address or number, and until when it can be helped.
func TestChangeInWords(t *testing.T) {
	for _, kind := range []string{"email_changed", "email_added", "email_removed", "phone_added", "phone_removed", "change_waiting", "change_stopped", "undone"} {
		if p := compose(t, kind, sample()); !strings.Contains(p.Text, "n***@example.com") || !strings.Contains(p.HTML, "<bdi>n***@example.com</bdi>") {
			t.Errorf("%s does not say what has changed: %s", kind, p.Text)
		}
	}
	said := map[string]string{}
	for _, change := range append([]string{""}, changes...) {
		m := sample()
		m.Change = change
		p := compose(t, "change_waiting", m)
		if !strings.Contains(p.Text, "20:14 (UTC), 25 November 2026") {
			t.Errorf("%q does not say when it takes hold: %s", change, p.Text)
		}
		if other, twice := said[p.Text]; twice {
			t.Errorf("%q is said like %q", change, other)
		}
		said[p.Text] = change
	}
	if p := compose(t, "email_changed", sample()); !strings.Contains(p.Text, "works until 20:14 (UTC), 25 November 2026") {
		t.Errorf("the undo does not say until when: %s", p.Text)
	}
}

// What people wrote is shown line by line as text, whole however long it is, and holds no number that could be taken for a code.
func TestBody(t *testing.T) {
	m := sample()
	m.What, m.Body = "Ines", strings.Join([]string{
		"", "One < two & \"three\" <script>alert(1)</script>\r", "", "", "\u202eabc\x00def\tghi  jkl ",
		"482913 and 48291370, but in 2026 at +442079460123, order 123456789", "https://evil.test/?a=<b>", strings.Repeat("word ", 4000) + "end", "", "",
	}, "\n")
	for _, kind := range written {
		p := compose(t, kind, m)
		for _, want := range []string{
			"\n> One < two & \"three\" <script>alert(1)</script>\n>\n>  abc def ghi  jkl\n",
			"\n> … and …, but in 2026 at +442079460123, order 123456789\n> https://evil.test/?a=<b>\n", "word end\n\n",
		} {
			if !strings.Contains(p.Text, want) {
				t.Errorf("%s: %q is not in %.600s", kind, want, p.Text)
			}
		}
		for _, want := range []string{"&lt;script&gt;alert(1)&lt;/script&gt;", ">\u00a0</p>", "https://evil.test/?a=&lt;b&gt;", "word end</p>"} {
			if !strings.Contains(p.HTML, strings.ReplaceAll(want, "\u00a0", "&nbsp;")) {
				t.Errorf("%s: %q is not in the html", kind, want)
			}
		}
		if strings.Contains(p.HTML, "<script") || strings.Contains(p.HTML, `href="https://evil`) {
			t.Errorf("%s: markup came through", kind)
		}
	}
	if p := compose(t, "support_reply", m); !strings.HasPrefix(p.Text, "Answer from Ines\n") || !strings.Contains(p.Text, "reaches nobody") {
		t.Errorf("%.300s", p.Text)
	}
	if m.ReplyTo = "help@example.com"; strings.Contains(compose(t, "support_reply", m).Text, "reaches nobody") {
		t.Error("an answer is read, and the mail says that it is not")
	}
}

// The reset that support begins bears its link, and says until when and that nothing needs to be done.
func TestResetStarted(t *testing.T) {
	p := compose(t, "reset_started", sample())
	for _, want := range []string{"any browser", "20:24 (UTC)", "do nothing", base + "/reset/link/" + letterToken + "\n"} {
		if !strings.Contains(p.Text, want) {
			t.Errorf("%q is not in %s", want, p.Text)
		}
	}
}

func TestPurposes(t *testing.T) {
	said := map[string]bool{}
	for _, purpose := range purposes {
		m := sample()
		m.Purpose = purpose
		p, err := Compose("sign_in_code", "en", m)
		if err != nil {
			t.Fatal(err)
		}
		_, row, _ := strings.Cut(p.Text, "\nFor: ")
		row, _, _ = strings.Cut(row, "\n")
		if row == "" || said[row] {
			t.Errorf("%s is for %q", purpose, row)
		}
		said[row] = true
	}
}

func TestLocales(t *testing.T) {
	want := compose(t, "sign_in_code", sample())
	for _, locale := range []string{"", "en", "en-US", "tlh", "../en"} {
		if got, err := Compose("sign_in_code", locale, sample()); err != nil || got != want {
			t.Errorf("%q is not English (%v)", locale, err)
		}
	}
}

func TestZone(t *testing.T) {
	m := sample()
	m.Zone = time.FixedZone("+03", 3*3600) // how the zone database names Riyadh
	if p := compose(t, "sign_in_code", m); !strings.Contains(p.Text, "23:24 (UTC+03)") || !strings.Contains(p.Text, "23:14 (UTC+03), 22 November 2026") {
		t.Errorf("times in a zone without a name: %s", p.Text)
	}
	for month, name := range []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"} {
		m.AskedAt = time.Date(2027, time.Month(month+1), 5, 1, 2, 3, 0, time.UTC)
		if p := compose(t, "new_device", m); !strings.Contains(p.Text, "5 "+name+" 2027") {
			t.Errorf("month %d is not %s", month+1, name)
		}
	}
}

func TestRefusals(t *testing.T) {
	for name, change := range map[string]func(*Mail) string{
		"unknown kind":      func(m *Mail) string { return "welcome" },
		"words as a kind":   func(m *Mail) string { return "words" },
		"texts as a kind":   func(m *Mail) string { return "texts" },
		"a link elsewhere":  func(m *Mail) string { m.Link = "@evil.test/"; return "reset_code" },
		"a number as link":  func(m *Mail) string { m.NotMe = "/not-me/482913"; return "new_device" },
		"an undo elsewhere": func(m *Mail) string { m.Undo = "https://evil.test/undo"; return "email_changed" },
		"no time to wait":   func(m *Mail) string { m.HoldsAt = time.Time{}; return "change_waiting" },
		"no time to close":  func(m *Mail) string { m.HoldsAt = time.Time{}; return "closing" },
		"no call":           func(m *Mail) string { m.What = ""; return "call_back" },
		"no time to call":   func(m *Mail) string { m.What, m.HoldsAt = "booked", time.Time{}; return "call_back" },
		"a reset, no link":  func(m *Mail) string { return "reset_started" },
		"no transcript":     func(m *Mail) string { m.Body = " \n\u202e\n"; return "chat_transcript" },
		"no answer":         func(m *Mail) string { m.Body = ""; return "support_reply" },
		"no code":           func(m *Mail) string { m.Code = ""; return "sign_in_code" },
		"a code of letters": func(m *Mail) string { m.Code = "48291a"; return "sign_in_code" },
		"a code of lines":   func(m *Mail) string { m.Code = "482913\n"; return "sign_in_code" },
		"no base":           func(m *Mail) string { m.BaseURL = ""; return "sign_in_code" },
		"base of another":   func(m *Mail) string { m.BaseURL = "javascript:alert(1)"; return "sign_in_code" },
		"base with a user":  func(m *Mail) string { m.BaseURL = "https://a@b.example"; return "sign_in_code" },
	} {
		m := sample()
		if p, err := Compose(change(&m), "en", m); err == nil || p != (Parts{}) {
			t.Errorf("%s: composed", name)
		}
	}
}
