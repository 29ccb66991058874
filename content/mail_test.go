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
		AskedAt: asked, WorksUntil: asked.Add(10 * time.Minute), Zone: time.UTC, LifeMinutes: 10,
	}
}

func compose(t *testing.T, kind string, m Mail) Parts {
	t.Helper()
	if kind == "sign_up_code" {
		m.Purpose = "sign_up"
	}
	p, err := Compose(kind, "en", m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestKinds(t *testing.T) {
	want := []string{"new_device", "sign_in_code", "sign_up_code", "sign_up_existing", "too_many_tries"}
	if got := Kinds(); !slices.Equal(got, want) {
		t.Fatalf("kinds are %q, want %q", got, want)
	}
}

func TestGolden(t *testing.T) {
	for _, kind := range Kinds() {
		p := compose(t, kind, sample())
		for name, got := range map[string]string{kind + ".txt": "Subject: " + p.Subject + "\n\n" + p.Text, kind + ".html": p.HTML} {
			file := filepath.Join("testdata", "mail", name)
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
				t.Errorf("%s differs from %s (go test ./content -update writes it anew); got:\n%s", kind, file, got)
			}
		}
	}
}

var (
	tags       = regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`)
	digits     = regexp.MustCompile(`\p{Nd}{6,}`)
	anyURL     = regexp.MustCompile(`[a-z]+://[^\s"<>]+`)
	href       = regexp.MustCompile(`href="([^"]*)"`)
	remote     = regexp.MustCompile(`(?i)<(img|link|script|iframe|object|embed|video|audio|source|form|base)\b|\bsrc=|url\(|@import|@font-face|background=`)
	knownPaths = []string{"/", "/sign-in", "/sign-up", "/help", "/not-me"}
	knownHelp  = []string{"", "no-code", "why-a-code", "wrong-or-expired", "scams", "shared-device", "lost-email", "not-me"}
)

// The rules every mail keeps, whatever its kind.
func TestEveryMail(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			m := sample()
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
			if leads := strings.HasPrefix(p.Subject, m.Code); leads != (kind == "sign_in_code") {
				t.Errorf("code leads the subject %q: %v", p.Subject, leads)
			}
			if kind != "sign_in_code" && digits.MatchString(p.Subject) {
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
	m.Tag, m.Device, m.Place, m.Address = "", "", "", ""
	for _, kind := range Kinds() {
		p := compose(t, kind, m)
		for _, part := range []string{p.Text, p.HTML} {
			for _, gone := range []string{"Request:", ">Request<", "Device", "Where:", ">Where<", "Roughly", "IP address"} {
				if strings.Contains(part, gone) {
					t.Errorf("%s still has %q", kind, gone)
				}
			}
		}
		if strings.Contains(p.Text, "\n\n\n") {
			t.Errorf("%s: two empty lines: %q", kind, p.Text)
		}
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
