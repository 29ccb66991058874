package content

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// someHelp is the help centre as an operator with everything set up has it.
func someHelp(t testing.TB) *Help {
	t.Helper()
	h, err := NewHelp(usualFacts())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func usualFacts() HelpFacts {
	return HelpFacts{
		Brand: "Admit One", Sender: "codes@example.com", Host: "accounts.example.com",
		CodeMinutes: 10, CodeDigits: 6, ResetDigits: 8, CodeTries: 5, FlowMinutes: 60, SameCodeMinutes: 2, ResendSeconds: 30,
		WrongCodes: 15, WrongResetCodes: 20, LaneFree: 5, LaneWaitMinutes: 15, ElevatedMinutes: 10, TrustDays: 30, UndoHours: 72,
		ClosingDays: 7, PasswordMin: 12, PasswordMax: 256, NotMeDays: 7, MuteHours: 24, IdleDays: 30, SessionDays: 90,
		ServiceCodeMinutes: 60, DeviceDays: 365, ActivityMonths: 6,
		UnusualCodes: true, Texts: true, Chat: true, Phone: true, CallBack: true,
		ChatHours: "every day 08:00 to 22:00 (UTC)", PhoneHours: "Monday to Friday 09:00 to 17:00 (UTC)", Email: "help@example.com",
	}
}

// query is a golden one: what was typed and the articles that answer it.
type query struct {
	typed string
	slugs []string
}

func queries(t testing.TB) (all []query) {
	t.Helper()
	f, err := os.Open("testdata/queries.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if typed, slugs, ok := strings.Cut(lines.Text(), "\t"); ok {
			all = append(all, query{typed, strings.Fields(slugs)})
		}
	}
	return all
}

func slugs(hits []Hit) (found []string) {
	for _, hit := range hits {
		found = append(found, hit.Article.Slug)
	}
	return found
}

func TestGoldenQueries(t *testing.T) {
	h := someHelp(t)
	all := queries(t)
	right, first, listed := 0, 0, 0
	for _, q := range all {
		r := h.Search(q.typed)
		found := slugs(r.Hits)
		listed += len(found)
		if at := slices.IndexFunc(found, func(slug string) bool { return slices.Contains(q.slugs, slug) }); at >= 0 && at < 3 {
			right++
			if at == 0 {
				first++
			}
		} else {
			t.Logf("%q: %s is number %d of %d, after %q; guess %q", q.typed, q.slugs, at+1, len(found), found[:min(3, len(found))], r.Guess)
		}
	}
	t.Logf("%d of %d in the first three, %d first; %.1f are listed", right, len(all), first, float64(listed)/float64(len(all)))
	if len(all) < 60 || right*100 < 95*len(all) {
		t.Errorf("%d of %d queries find their article, 95 %% of 60 or more should", right, len(all))
	}
	if listed > 8*len(all) {
		t.Errorf("%d articles are listed for %d queries: too many to read", listed, len(all))
	}
}

func plain(runs []Run) string {
	var b strings.Builder
	for _, r := range runs {
		b.WriteString(r.Text)
	}
	return b.String()
}

func checkHits(t *testing.T, query string, r Results) {
	t.Helper()
	if len(r.Hits) > maxHits {
		t.Errorf("%q has %d hits", query, len(r.Hits))
	}
	for _, hit := range r.Hits {
		excerpt := plain(hit.Excerpt)
		if plain(hit.Title) != hit.Article.Title || excerpt == "" || len(excerpt) > maxExcerpt+len("…") || !utf8.ValidString(excerpt) ||
			strings.ContainsRune(excerpt, '\n') || strings.TrimSpace(excerpt) != excerpt {
			t.Errorf("%q: %s is shown as %q, %q", query, hit.Article.Slug, plain(hit.Title), excerpt)
		}
		for _, r := range slices.Concat(hit.Title, hit.Excerpt) {
			if r.Text == "" || r.Marked && strings.TrimSpace(r.Text) != r.Text {
				t.Errorf("%q: %s has the run %+v", query, hit.Article.Slug, r)
			}
		}
	}
	if len(r.Guess) > 2*maxQuery || !utf8.ValidString(r.Guess) {
		t.Errorf("%q is guessed to be %q", query, r.Guess)
	}
}

func TestEveryHit(t *testing.T) {
	h := someHelp(t)
	for _, q := range queries(t) {
		checkHits(t, q.typed, h.Search(q.typed))
	}
	for _, a := range articles(h) {
		r := h.Search(a.Title)
		if checkHits(t, a.Title, r); len(r.Hits) == 0 || r.Hits[0].Article.Slug != a.Slug || r.Guess != "" {
			t.Errorf("%q finds %q, guess %q", a.Title, slugs(r.Hits), r.Guess)
		}
	}
}

func TestGuess(t *testing.T) {
	h := someHelp(t)
	for query, want := range map[string]string{
		"verfication code":         "verification code",
		"Forgot my  PASWORD!":      "Forgot my password!",
		"otp not comming":          "otp not coming",
		"recieve sms":              "receive sms",
		"turn off two step":        "",
		"lost my fone":             "",
		"passw":                    "", // not finished yet
		"pasw0rd":                  "", // may be a secret
		"qqqqqq wwwwwwww":          "",
		"tsv":                      "",
		"<b>pasword</b>":           "<b>password</b>",
		"didn’t recieve the cöde ": "didn’t receive the cöde",
		"white list your mail":     "whitelist your mail",
		"down load my data":        "download my data",
		"lostphone":                "lost phone",
		"a verificationcode, now":  "a verification code, now",
		"e mail":                   "",
		"sign in":                  "",
		"cant signin":              "",
		"is it spm or not":         "is it spam or not",
		"refund for a film":        "", // ordinary words
		"subtitles and the price ": "",
	} {
		if got := h.Search(query).Guess; got != want {
			t.Errorf("%q is guessed to be %q, want %q", query, got, want)
		}
	}
}

// While a word is being typed, its beginning finds it.
func TestBeginnings(t *testing.T) {
	h := someHelp(t)
	for query, want := range map[string]string{
		"passw": "change-password", "spa": "email-rules", "passke": "passkeys", "late": "late-code", "close my acc": "close-account",
		"lost pho": "lost-phone", "access": "accessibility", "live ch": "live-chat",
	} {
		if found := slugs(h.Search(query).Hits); !slices.Contains(found[:min(3, len(found))], want) {
			t.Errorf("%q finds %q", query, found)
		}
	}
	if found := h.Search("spa ").Hits; len(found) > 0 {
		t.Errorf("a finished word that is none is continued: %q", slugs(found))
	}
}

// A clear query is not drowned in what has a word in common with it.
func TestFewHits(t *testing.T) {
	h := someHelp(t)
	for query, most := range map[string]int{
		"recieve otp": 8, "log out of all devices": 4, "forgot password": 8, "close my account": 6, "passkey": 5, "screen reader": 4, "code not received": 6,
	} {
		if found := slugs(h.Search(query).Hits); len(found) == 0 || len(found) > most {
			t.Errorf("%q finds %d, %d at most should be: %q", query, len(found), most, found)
		}
	}
}

// People say the same in many words.
func TestSameMeaning(t *testing.T) {
	h := someHelp(t)
	for _, list := range [][]string{
		{"otp", "OTP", "passcode", "one-time password", "verification code", "security code", "login code", "ＯＴＰ"},
		{"2fa", "mfa", "two factor", "two-step", "2-step verification", "Two‑Factor Authentication", "multi-factor authentication"},
		{"sign in", "log in", "login", "log-in", "Logging in", "signing in"},
		{"sign out", "log out", "logout", "log-off"},
		{"mobile", "cell", "handset", "telephone", "phone number"},
		{"text message", "sms", "texts", "txt"},
		{"mail", "e-mail", "inbox", "mailbox", "email address"},
		{"didn't arrive", "didn’t come", "not received", "hasnt arrived", "never came", "wasn't delivered"},
		{"turn it on", "enable", "switch on", "activated"},
	} {
		want := slugs(h.Search(list[0] + " ").Hits)
		for _, other := range list[1:] {
			if got := slugs(h.Search(other + " ").Hits); len(got) == 0 || !slices.Equal(got, want) {
				t.Errorf("%q finds %q, %q finds %q", list[0], want, other, got)
			}
		}
	}
}

func TestMarks(t *testing.T) {
	h := someHelp(t)
	show := func(runs []Run) string {
		var b strings.Builder
		for _, r := range runs {
			if r.Marked {
				b.WriteString("[" + r.Text + "]")
			} else {
				b.WriteString(r.Text)
			}
		}
		return b.String()
	}
	for query, want := range map[string]string{
		"didnt get code ":      "My code [didn't arrive]",
		"chagne my pasword":    "[Change] your [password]",
		"log out everywhere":   "[Sign out] [everywhere]",
		"turn on 2fa":          "[Turn on] [two-step verification]",
		"what is an otp":       "What is a [verification code]?",
		"delete account":       "[Close] my [account], take my data",
		"Autofill and paste":   "[Autofill] and [paste] not working",
		"how long is the wait": "Too many tries: how [long] do I [wait]?",
	} {
		r := h.Search(query)
		if len(r.Hits) == 0 || show(r.Hits[0].Title) != want {
			t.Errorf("%q finds %q first, want %q", query, show(r.Hits[0].Title), want)
		}
	}
	r := h.Search("signal flight mode")
	if len(r.Hits) == 0 || !strings.Contains(show(r.Hits[0].Excerpt), "[flight] [mode]") {
		t.Errorf("a word is not shown where it stands: %+v", r.Hits)
	}
}

// What nobody means to look for does no harm.
func TestAbsurdQueries(t *testing.T) {
	h := someHelp(t)
	for _, query := range []string{
		"", " ", "the of a", "\x00\x01\x02", "\xff\xfe", "'", "'''", "-", "…", "?!", "a", "1", "👩‍👩‍👧", "авто", "パスワード", "\u202e\u200b",
		strings.Repeat("x", 5000), strings.Repeat("é", 5000), strings.Repeat("' ", 500), "<marquee>", "%0", "zzzzzzzz",
	} {
		if r := h.Search(query); len(r.Hits) > 0 || r.Guess != "" {
			t.Errorf("%.40q finds %q, guess %q", query, slugs(r.Hits), r.Guess)
		}
	}
	long := h.Search(strings.Repeat("code ", 1000))
	checkHits(t, "code, a thousand times", long)
	if len(long.Hits) == 0 {
		t.Error("a long query finds nothing")
	}
}

func FuzzSearch(f *testing.F) {
	h := someHelp(f)
	for _, q := range queries(f) {
		f.Add(q.typed)
	}
	f.Add("\xff'’\u0301e\u00adx")
	f.Fuzz(func(t *testing.T, query string) {
		r := h.Search(query)
		checkHits(t, query, r)
		if again := h.Search(query); !slices.Equal(slugs(again.Hits), slugs(r.Hits)) || again.Guess != r.Guess {
			t.Errorf("%q finds something else each time: %q, %q", query, slugs(r.Hits), slugs(again.Hits))
		}
	})
}

func TestTokens(t *testing.T) {
	for s, want := range map[string]string{
		"":                                 "",
		"Hello, world":                     "hello world",
		"didn't don’t 'quoted' rock'n'":    "didnt dont quoted rockn",
		"e-mail two-step 24/7":             "e mail two step 24 7",
		"Café CAFE\u0301 ﬁne ＯＴＰ ١٢":       "cafe cafe fine otp ١٢",
		"soft\u00adhyphen":                 "softhyphen",
		"a\xffb":                           "a b",
		strings.Repeat("x", MaxWord):       strings.Repeat("x", MaxWord),
		strings.Repeat("x", MaxWord+1):     "",
		"code: 482913.":                    "code 482913",
		"\u0301\u200d":                     "",
		"ends with an apostrophe' and a '": "ends with an apostrophe and a",
	} {
		var got []string
		for _, w := range tokens(s) {
			got = append(got, w.word)
			if w.start >= w.end || w.end > len(s) {
				t.Errorf("%q: %+v", s, w)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q is cut into %q, want %q", s, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"code", "code", 0},
		{"code", "coed", 1}, // swapped
		{"code", "cod", 1},
		{"code", "codex", 1},
		{"code", "cove", 1},
		{"recieve", "receive", 1},
		{"verfication", "verification", 1},
		{"vrefication", "verification", 2},
		{"ca", "abc", 3}, // swapped letters are not parted again
		{"kitten", "sitting", 3},
		{"a", "abcdef", 4},
		{"über", "uber", 1},
	} {
		const most = 3
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if got := Distance([]rune(pair[0]), []rune(pair[1]), most); got != min(c.want, most+1) {
				t.Errorf("from %q to %q it is %d, want %d", pair[0], pair[1], got, c.want)
			}
		}
	}
}

// A word that stood for two things would depend on the order of the lines.
func TestThesaurus(t *testing.T) {
	seen := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(same), "\n") {
		head, rest, ok := strings.Cut(line, ": ")
		if !ok {
			t.Errorf("%q has no colon", line)
		}
		for s := range strings.SplitSeq(rest, "; ") {
			if s == head || seen[s] != "" {
				t.Errorf("%q stands under %q and %q", s, head, seen[s])
			}
			seen[s] = head
		}
	}
	for word := range stopWords {
		if faintWords[word] {
			t.Errorf("%q is a stop word and a faint one", word)
		}
	}
}

func BenchmarkNewHelp(b *testing.B) {
	f := usualFacts()
	for b.Loop() {
		if _, err := NewHelp(f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	h := someHelp(b)
	for _, query := range []string{"code", "didnt get code", "whitelist your email adress", "someone askd me for my verfication code on the telephne", strings.Repeat("unknwon wrods evrywhere ", 50)} {
		b.Run(query[:min(len(query), 30)], func(b *testing.B) {
			for b.Loop() {
				h.Search(query)
			}
		})
	}
}
