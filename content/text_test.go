package content

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A message as the draft of origin-bound one-time codes parses it (wicg.github.io/sms-one-time-codes, Parsing), in its steps.
// embedded is "" where there is none.
func parseOneTimeCode(message string) (host, code, embedded string, ok bool) {
	message = strings.ReplaceAll(strings.ReplaceAll(message, "\r\n", "\n"), "\r", "\n") // normalise newlines
	lines := strings.Split(message, "\n")
	line := lines[len(lines)-1]
	token := func(marker byte) (string, bool) {
		if line == "" || line[0] != marker {
			return "", false
		}
		line = line[1:]
		end := strings.IndexAny(line, "\t\n\f\r ") // ASCII whitespace
		if end < 0 {
			end = len(line)
		}
		found := line[:end]
		line = line[end:]
		return found, found != ""
	}
	if host, ok = token('@'); !ok {
		return "", "", "", false
	}
	if line == "" || line[0] != ' ' {
		return "", "", "", false
	}
	line = line[1:]
	if code, ok = token('#'); !ok {
		return "", "", "", false
	}
	if line != "" && line[0] == ' ' {
		line = line[1:]
		embedded, _ = token('%')
	}
	return host, code, embedded, true
}

func TestParseOneTimeCode(t *testing.T) {
	for message, want := range map[string][3]string{
		"747723 is your code.\n\n@example.com #747723":    {"example.com", "747723", ""},
		"@example.com #747723":                            {"example.com", "747723", ""},
		"@example.com #747723 %ecommerce.example $future": {"example.com", "747723", "ecommerce.example"},
		"x\r\n@example.com #747723":                       {"example.com", "747723", ""},
		"something @example.com #747723":                  {},
		"#747723 %ecommerce.example @example.com":         {},
		"@example.com code #747723":                       {},
		"@example.com  #747723":                           {},
		"747723 is your code.\n\n@example.com #747723\n":  {},
		"": {},
	} {
		host, code, embedded, ok := parseOneTimeCode(message)
		if got := [3]string{host, code, embedded}; got != want || ok != (want[0] != "") {
			t.Errorf("%q is %q, %v", message, got, ok)
		}
	}
}

func text(t *testing.T, kind string, m Mail) string {
	t.Helper()
	s, err := Text(kind, "en", m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTextKinds(t *testing.T) {
	want := []string{
		"change_stopped", "change_waiting", "closing", "closing_cancelled", "codes_braked", "email_added", "email_changed", "email_removed", "password_changed",
		"phone_added", "phone_code", "phone_removed", "session_moved", "sign_in_code", "signed_out_everywhere", "step_up_code", "test", "too_many_tries",
		"two_step_off", "two_step_on", "undo_code", "undone",
	}
	if got := TextKinds(); !slices.Equal(got, want) {
		t.Fatalf("kinds are %q, want %q", got, want)
	}
}

func TestGoldenTexts(t *testing.T) {
	for _, kind := range TextKinds() {
		golden(t, "text/"+kind+".txt", text(t, kind, sample()))
	}
	for name, v := range variants {
		if v.kind == "too_many_tries" {
			m := sample()
			v.change(&m)
			golden(t, "text/"+name+".txt", text(t, v.kind, m))
		}
	}
}

// The rules that every text keeps.
func TestEveryText(t *testing.T) {
	for _, kind := range TextKinds() {
		s := text(t, kind, sample())
		if n, _, ok := septets(s); !ok || n > 160 {
			t.Errorf("%s takes %d septets (%v)", kind, n, ok)
		}
		for _, private := range []string{"://", "n***", "example.com/undo", "Firefox", "Bristol", "192.0.2.7", letterToken} {
			if strings.Contains(s, private) {
				t.Errorf("%s says %q: %q", kind, private, s)
			}
		}
		if !strings.Contains(s, "Admit One") {
			t.Errorf("%s does not say whose it is: %q", kind, s)
		}
		host, code, embedded, ok := parseOneTimeCode(s)
		if !hasCode(kind) {
			if ok || strings.Contains(s, "\n") || digits.MatchString(s) || !strings.HasSuffix(s, "Not you? Open accounts.example.com/not-me") {
				t.Errorf("%s is no notice: %q", kind, s)
			}
			continue
		}
		if !ok || host != "accounts.example.com" || code != "482913" || embedded != "" {
			t.Errorf("%s: a phone reads %q, %q, %q, %v", kind, host, code, embedded, ok)
		}
		if !strings.HasPrefix(s, "482913 is your Admit One code to ") || !strings.Contains(s, "(Maple 42). Never share it.\n\n@") {
			t.Errorf("%s: %q", kind, s)
		}
	}
}

func TestTextHosts(t *testing.T) {
	for baseURL, want := range map[string]string{
		"https://accounts.example.com":       "accounts.example.com",
		"https://accounts.example.com/":      "accounts.example.com",
		"https://accounts.example.com:443":   "accounts.example.com",
		"https://Accounts.Example.COM/door":  "accounts.example.com",
		"https://xn--bcher-kva.example":      "xn--bcher-kva.example",
		"https://konto.xn--mnchen-3ya.de":    "konto.xn--mnchen-3ya.de",
		"http://127.0.0.1:8080":              "127.0.0.1",
		"http://[::1]:8080":                  "[::1]",
		"https://bücher.example":             "",
		"https://accounts_example.com":       "",
		"https://accounts.example.com #1 @x": "",
	} {
		m := sample()
		m.BaseURL, m.Host = baseURL, "elsewhere.example"
		s, err := Text("sign_in_code", "en", m)
		if want == "" {
			if err == nil || s != "" {
				t.Errorf("%s: %q", baseURL, s)
			}
			continue
		}
		if host, code, _, ok := parseOneTimeCode(s); err != nil || !ok || host != want || code != m.Code {
			t.Errorf("%s: a phone reads %q, %q, %v (%v)", baseURL, host, code, ok, err)
		}
	}
}

func TestTextRefusals(t *testing.T) {
	for name, change := range map[string]func(*Mail) string{
		"unknown kind":      func(m *Mail) string { return "welcome" },
		"a mail's kind":     func(m *Mail) string { return "reset_code" },
		"a shared word":     func(m *Mail) string { return "not you" },
		"the file":          func(m *Mail) string { return "messages/en/texts.tmpl" },
		"no code":           func(m *Mail) string { m.Code = ""; return "phone_code" },
		"a code of letters": func(m *Mail) string { m.Code = "48291a"; return "phone_code" },
		"no base":           func(m *Mail) string { m.BaseURL = ""; return "phone_code" },
		"a curly brand":     func(m *Mail) string { m.Brand = "Admit’s"; return "password_changed" },
		"a long brand":      func(m *Mail) string { m.Brand = strings.Repeat("Admit One ", 10); return "sign_in_code" },
	} {
		m := sample()
		if s, err := Text(change(&m), "en", m); err == nil || s != "" {
			t.Errorf("%s: composed %q", name, s)
		}
	}
	for _, locale := range []string{"", "en-US", "tlh", "../en"} {
		if s, err := Text("phone_code", locale, sample()); err != nil || s != text(t, "phone_code", sample()) {
			t.Errorf("%q is not English (%v)", locale, err)
		}
	}
}

func TestCheckTexts(t *testing.T) {
	for _, fits := range [][2]string{{"Admit One", base}, {"Twenty Letters Brand", base}, {"Admit One", "http://127.0.0.1:8080"}, {"Käse & Ωmega", base}} {
		if err := CheckTexts(fits[0], fits[1]); err != nil {
			t.Errorf("%s on %s: %v", fits[0], fits[1], err)
		}
	}
	// A brand grows until it does not fit: the message says by how much, and what fitted can be sent.
	for n := 1; n < 160; n++ {
		brand := strings.Repeat("B", n)
		err := CheckTexts(brand, base)
		for _, kind := range TextKinds() {
			m := sample()
			m.Brand = brand
			if _, said := Text(kind, "en", m); err == nil && said != nil {
				t.Fatalf("%d letters pass the check and %s does not hold them: %v", n, kind, said)
			}
		}
		if err == nil {
			continue
		}
		if !strings.Contains(err.Error(), "characters too many: 1") {
			t.Errorf("the first brand that is too long: %v", err)
		}
		if err := CheckTexts(brand+"€", base); !strings.Contains(err.Error(), "too many: 3") {
			t.Errorf("a euro sign counts two: %v", err)
		}
		if n < 20 {
			t.Errorf("only %d letters fit", n-1)
		}
		break
	}
	for brand, want := range map[string]string{"Admit – One": "'–'", "入場券": "'入'", "Admit\u200cOne": `'\u200c'`} {
		if err := CheckTexts(brand, base); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", brand, err)
		}
	}
	if err := CheckTexts("Admit One", "accounts.example.com"); err == nil {
		t.Error("a base URL that is none passes")
	}
}

func TestSeptets(t *testing.T) {
	if n := utf8.RuneCountInString(gsmBasic); n != 127 { // 128 places, one of them the escape
		t.Errorf("the alphabet has %d characters", n)
	}
	for s, want := range map[string]int{"": 0, "a": 1, "@£\n": 3, "{}": 4, "€": 2, "É": 1} {
		if n, _, ok := septets(s); n != want || !ok {
			t.Errorf("%q is %d, %v", s, n, ok)
		}
	}
	for _, s := range []string{"é’", "`", "\t", "\x00", "È", "\x1b", "\xff", "\u00a0"} {
		if _, _, ok := septets(s); ok {
			t.Errorf("%q passes", s)
		}
	}
}

// Whatever the facts are: one text that a phone can fill in from, or an error.
func FuzzText(f *testing.F) {
	f.Add(0, "Admit One", base, "482913", "Maple 42", "Firefox on Linux", "n***@example.com", "step_up")
	f.Add(11, "Admit\nOne", "https://xn--bcher-kva.example:8443/door", "00000000", "\n@evil.test #111111", "x\r\n", "@", "")
	f.Add(9, "{{.Code}}", "https://a.example/%0a@evil.test", "1234", strings.Repeat("€", 90), "", "\u202e", "sign_in")
	f.Fuzz(func(t *testing.T, kind int, brand, baseURL, code, tag, device, what, purpose string) {
		kinds := TextKinds()
		k := kinds[uint(kind)%uint(len(kinds))]
		m := Mail{Brand: brand, BaseURL: baseURL, Code: code, Tag: tag, Device: device, What: what, Purpose: purpose}
		s, err := Text(k, "en", m)
		if err != nil {
			if s != "" {
				t.Errorf("an error and a text: %q", s)
			}
			return
		}
		if n, _, ok := septets(s); !ok || n > 160 {
			t.Errorf("%d septets, %v: %q", n, ok, s)
		}
		if !hasCode(k) {
			if strings.ContainsAny(s, "\r\n") {
				t.Errorf("a line of its own: %q", s)
			}
			return
		}
		u, err := url.Parse(baseURL)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ToLower(u.Hostname())
		if host, read, embedded, ok := parseOneTimeCode(s); !ok || strings.Trim(host, "[]") != want || read != code || embedded != "" {
			t.Errorf("a phone reads %q, %q, %q, %v from %q", host, read, embedded, ok, s)
		}
		if strings.Count(s, "\n") != 2 || !strings.HasPrefix(s, code+" is your ") {
			t.Errorf("a line of its own: %q", s)
		}
	})
}
