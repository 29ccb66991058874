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
		AskedAt: asked, WorksUntil: asked.Add(10 * time.Minute), HoldsAt: asked.Add(72 * time.Hour), Zone: time.UTC, LifeMinutes: 10,
	}
}

// letterToken is what a token in a link looks like.
var letterToken = strings.Repeat("abcdefghijklmnop", 6)

func compose(t *testing.T, kind string, m Mail) Parts {
	t.Helper()
	if purpose, coded := strings.CutSuffix(kind, "_code"); coded {
		m.Purpose = purpose
	} else if m.Undo != "" {
		m.WorksUntil = m.HoldsAt
	}
	if kind == "reset_code" {
		m.Code, m.Link = "48291370", "/reset/link/"+letterToken
	}
	p, err := Compose(kind, "en", m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestKinds(t *testing.T) {
	want := []string{
		"change_stopped", "change_waiting", "closed", "closing", "closing_cancelled", "email_added", "email_changed", "email_code",
		"email_removed", "email_taken", "new_device", "password_changed", "phone_added", "phone_removed", "reset_code", "sign_in_code",
		"sign_up_code", "sign_up_existing", "signed_out_everywhere", "step_up_code", "too_many_tries", "two_step_off", "two_step_on",
		"undo_code", "undone",
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
	knownPaths = []string{"/", "/sign-in", "/sign-up", "/help", "/not-me", "/undo", "/reset", "/account/devices"}
	knownHelp  = []string{"", "no-code", "why-a-code", "wrong-or-expired", "scams", "shared-device", "lost-email", "not-me"}
)

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
					for _, want := range []string{"20:24", "UTC", "Maple 42", "Firefox on Linux", "Roughly", "Never share this code", base + "/not-me", base + "/help#why-a-code"} {
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
		if u.Scheme+"://"+u.Host != base || !slices.Contains(knownPaths, u.Path) || !slices.Contains(knownHelp, u.Fragment) || u.RawQuery != "" {
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
		m.What, m.Change = evil, evil
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
	m.Tag, m.Device, m.Place, m.Address, m.What, m.Change, m.Undo = "", "", "", "", "", "", ""
	for _, kind := range Kinds() {
		p := compose(t, kind, m)
		for _, part := range []string{p.Text, p.HTML} {
			for _, gone := range []string{"Request:", ">Request<", "Device", "Where:", ">Where<", "Roughly", "IP address", "/undo", "()"} {
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
		if kind != "closed" {
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
