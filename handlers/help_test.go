package handlers_test

import (
	"encoding/json"
	"encoding/xml"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"admitone/content"
	"admitone/models"
	"admitone/models/devinbox"
	"admitone/views"
)

// helpPaths are the pages of the help centre.
func helpPaths(h *content.Help) []string {
	paths := []string{"/help", "/help/faq", "/help/search", "/help/search?q=code", "/help/search?q=zzzzqqqq", "/help/thanks", "/sitemap.xml", "/robots.txt"}
	for _, topic := range h.Topics() {
		paths = append(paths, "/help/t/"+topic.Slug)
		for _, a := range topic.Articles {
			paths = append(paths, "/help/a/"+a.Slug, "/help/a/"+a.Slug+"?fragment=1")
		}
	}
	return paths
}

// Who reads is nobody: no row, no cookie, no sign-in.
func TestReadersLeaveNoTrace(t *testing.T) {
	h := once(t)
	b := h.browser()
	paths := helpPaths(h.help)
	if len(paths) < 50 {
		t.Fatalf("only %d pages", len(paths))
	}
	h.unchanged(func() {
		for _, path := range paths {
			if strings.Contains(path, "zzzz") {
				continue // is counted, see TestSearch
			}
			for _, a := range []answer{b.open(path).is(200), b.do("HEAD", path, "", false).is(200)} {
				if len(a.cookies) > 0 || a.header.Get("Location") != "" {
					t.Errorf("%v", a)
				}
			}
		}
	})
}

var idAttribute = regexp.MustCompile(` id="([^"]+)"`)

func TestArticles(t *testing.T) {
	h := once(t)
	b := h.browser()
	for _, topic := range h.help.Topics() {
		b.open("/help/t/"+topic.Slug).is(200, topic.Title, `<link rel="canonical" href="http://localhost:8080/help/t/`+topic.Slug+`">`).without("noindex")
		for _, a := range topic.Articles {
			page := b.open("/help/a/"+a.Slug).is(200, `<link rel="canonical" href="http://localhost:8080/help/a/`+a.Slug+`">`, "Was this helpful?", "Updated ", `<meta name="description"`).without("noindex", "{{", "<no value>")
			seen := map[string]bool{}
			for _, id := range idAttribute.FindAllStringSubmatch(page.body, -1) {
				if seen[id[1]] {
					t.Errorf("%s has the id %s twice", a.Slug, id[1])
				}
				seen[id[1]] = true
			}
			for _, to := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page.body, -1) {
				if !seen[to[1]] {
					t.Errorf("%s leads to #%s, which is not there", a.Slug, to[1])
				}
			}
			b.open("/help/a/"+a.Slug+"?fragment=1").is(200, "<h2").without("<html", ` id="`, `href="#`)
		}
	}
	b.open("/help").is(200, "How can we help?", "My code didn").without("noindex", "/sign-in/code")
	for _, path := range []string{"/help/a/nothing", "/help/t/nothing", "/help/a/no-code?fragment=1&part=nothing", "/help/a/%3Cb%3E", "/help/a/", "/help/x"} {
		a := b.open(path).is(404).without("<b>")
		if !strings.Contains(path, "fragment") {
			a.is(404, `action="/help/search"`, "/help/a/no-code")
		}
	}
	b.open("/help/a/no-code?fragment=1&part=text").is(200, "<h2").without("<html", "By email")
}

// The links of all articles and of the screens lead to what is there.
func TestHelpLinksLeadSomewhere(t *testing.T) {
	h := once(t)
	b := h.browser()
	b.signUp(mara)
	seen := map[string]bool{}
	for _, path := range helpPaths(h.help) {
		for _, to := range regexp.MustCompile(`href="(/[^"]*)"`).FindAllStringSubmatch(b.open(path).body, -1) {
			link, id, _ := strings.Cut(strings.ReplaceAll(to[1], "&amp;", "&"), "#")
			if strings.HasPrefix(link, "/static/") || seen[to[1]] {
				continue
			}
			seen[to[1]] = true
			a := b.open(link)
			if a.status >= 400 {
				t.Errorf("%s leads to %s: %d", path, link, a.status)
			}
			if id != "" && !strings.Contains(a.body, ` id="`+id+`"`) {
				t.Errorf("%s leads to %s, which has no #%s", path, link, id)
			}
		}
	}
	titles := views.HelpLinks()
	for slug, title := range titles {
		if a, ok := h.help.Article(slug); !ok || a.Title != title {
			t.Errorf("screens call %s %q, its title is %q", slug, title, a.Title)
		}
	}
	for _, screen := range []string{"sign_in refused", "not_me", "code sign_in email", "code sign_in sms"} {
		slug, part := views.HelpInline(screen)
		_, ok := h.help.Article(slug)
		if part != "" {
			_, ok = h.help.Part(slug, part)
		}
		if !ok {
			t.Errorf("%s shows %s#%s, which is not there", screen, slug, part)
		}
	}
}

func TestFAQ(t *testing.T) {
	h := once(t)
	page := h.browser().open("/help/faq").is(200).without("<details", "noindex")
	data := page.find(regexp.MustCompile(`(?s)<script type="application/ld\+json">(.*?)</script>`))
	var faq struct {
		Type       string `json:"@type"`
		MainEntity []struct {
			Name           string
			AcceptedAnswer struct{ Text string }
		}
	}
	if err := json.Unmarshal([]byte(data), &faq); err != nil {
		t.Fatal(err)
	}
	list := h.help.FAQ()
	if faq.Type != "FAQPage" || len(faq.MainEntity) != 6 || len(list) != 6 {
		t.Fatalf("%d questions of %d, as %s", len(faq.MainEntity), len(list), faq.Type)
	}
	for i, a := range list {
		if q := faq.MainEntity[i]; q.Name != a.Title || q.AcceptedAnswer.Text != a.Summary {
			t.Errorf("%+v", q)
		}
		page.is(200, `href="/help/a/`+a.Slug+`"`)
	}
}

func TestSitemapAndRobots(t *testing.T) {
	h := once(t)
	b := h.browser()
	a := b.open("/sitemap.xml").is(200)
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/xml") {
		t.Errorf("the sitemap is %s", kind)
	}
	var set struct {
		URL []struct {
			Loc     string `xml:"loc"`
			LastMod string `xml:"lastmod"`
		} `xml:"url"`
	}
	if err := xml.Unmarshal([]byte(a.body), &set); err != nil {
		t.Fatal(err)
	}
	articles := 0
	for _, u := range set.URL {
		path, ours := strings.CutPrefix(u.Loc, "http://localhost:8080")
		if !ours || !regexp.MustCompile(`^\d{4}-\d\d-\d\d$`).MatchString(u.LastMod) {
			t.Errorf("%+v", u)
		}
		b.open(path).is(200, `<link rel="canonical" href="`+u.Loc+`">`)
		if strings.HasPrefix(path, "/help/a/") {
			articles++
		}
	}
	if articles != 48 {
		t.Errorf("%d articles in the sitemap", articles)
	}
	b.open("/robots.txt").is(200, "Disallow: /\n", "Allow: /help\n", "Sitemap: http://localhost:8080/sitemap.xml")
}

func TestSearch(t *testing.T) {
	h := once(t)
	b := h.browser()
	b.open("/help/search").is(200, `name="q"`, "noindex", "/help/a/no-code")
	b.open("/help/search?q=code+late").is(200, "late-code", "<mark>", `value="code late"`, "results for &#39;code late&#39;")
	part := b.part("/help/search?q=code+late").is(200, "late-code", `hx-swap-oob="innerHTML"`).without("<html", "<form")
	if !strings.Contains(part.header.Get("Vary"), "HX-Request") {
		t.Errorf("%v", part)
	}
	b.part("/help/search?q=").is(200).without("/help/a/")

	// A search that finds nothing is counted once it is sent, and says what helps.
	none := "q=zzzzqqqq"
	h.unchanged(func() {
		b.part("/help/search?"+none).is(200, "Nothing found", "/help/a/no-code", "/contact")
		b.do("HEAD", "/help/search?"+none, "", false).is(200)
	})
	b.open("/help/search?"+none).is(200, "Nothing found for &#39;zzzzqqqq&#39;", "/help/a/no-code", "/contact")
	if !slices.ContainsFunc(h.dump(), func(row string) bool {
		return strings.HasPrefix(row, "missed_searches: ") && strings.Contains(row, "zzzzqqqq")
	}) {
		t.Error("nobody learns what was not found")
	}

	// What is typed is text, and only so much of it.
	b.open(`/help/search?q=%3Cscript%3Ealert(1)%3C/script%3E%22%27`).is(200, "&lt;script&gt;").without("<script>alert")
	b.open("/help/search?q="+strings.Repeat("x", 4000)).is(200, `name="q" type="search" autocomplete="off" enterkeyhint="search" value="`+strings.Repeat("x", 200)+`"`)
	b.open("/help/search?q=%ff%00%0a").is(200)
}

var voteField = regexp.MustCompile(`name="vote" value="([^"]+)"`)

// rowsOf is a table, as the database holds them.
func (h *house) rowsOf(table string) []string {
	h.t.Helper()
	return slices.DeleteFunc(h.dump(), func(row string) bool { return !strings.HasPrefix(row, table+": ") })
}

func TestVote(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		after := func(a answer) answer {
			t.Helper()
			if h.htmx {
				return a.unit(200)
			}
			return b.open(a.is(303).header.Get("Location")).is(200)
		}
		thanks := after(b.send("/help/a/no-code/vote", "helpful", "yes"))
		thanks.is(200, "Thanks for your feedback").without("<textarea")
		sorry := after(b.send("/help/a/no-code/vote", "helpful", "no")).is(200, "What were you looking for?", "include passwords or codes")
		id := sorry.find(voteField)

		words := []string{"vote", id, "article", "no-code", "words"}
		b.send("/help/words", append(words, "My code is 482913")...).unit(422, "looks like a code", "Error: ")
		b.send("/help/words", append(words, strings.Repeat("ä", 1001))...).unit(422, "1000 characters or fewer")
		kept := after(b.send("/help/words", append(words, `a <b>text</b> on "late"`)...)).is(200, "We read every word").without("<textarea")
		if len(kept.cookies) > 0 || len(b.cookies) > 0 {
			t.Errorf("a vote set %v", b.cookies)
		}
		if rows := h.rowsOf("votes"); len(rows) != 2 || !strings.Contains(strings.Join(rows, " "), "<b>text</b>") {
			t.Errorf("kept: %v", rows)
		}
		if rows := h.rowsOf("sessions"); len(rows) != 0 {
			t.Errorf("a vote made %v", rows)
		}

		for path, fields := range map[string][]string{"/help/a/nothing/vote": {"helpful", "yes"}, "/help/a/no-code/vote": {"helpful", "maybe"}} {
			if a := b.send(path, fields...); a.status != 404 && a.status != 400 {
				t.Errorf("%v", a)
			}
		}
		b.send("/help/words", "vote", "../x", "words", "late").without("problem with the service")
		b.send("/help/words", "vote", id, "words", strings.Repeat("x", 100<<10)).is(413)
		if b.open("/help/thanks?article=%3Cb%3E&vote=%22%3E%3Cb%3E").is(200).without("<b>"); len(h.rowsOf("votes")) != 2 {
			t.Errorf("kept: %v", h.rowsOf("votes"))
		}
	})
}

// One address cannot fill the counts.
func TestVotesHaveABudget(t *testing.T) {
	h := once(t)
	b := h.from("203.0.113.7")
	for range 30 {
		for _, a := range h.help.Topics()[0].Articles {
			b.send("/help/a/"+a.Slug+"/vote", "helpful", "no").is(303)
		}
	}
	if n := len(h.rowsOf("votes")); n == 0 || n > 20 {
		t.Errorf("%d votes of one address", n)
	}
	past := b.send("/help/a/no-code/vote", "helpful", "no").is(303)
	b.open(past.header.Get("Location")).is(200, "Thanks for your feedback").without("<textarea")
}

// In a flow the article sends the code again, outside it leads to the sign-in.
func TestResendFromAnArticle(t *testing.T) {
	h := once(t, func(s *setup) {
		s.policy.ResendWaits = []models.Duration{models.Duration(time.Second)}
		s.policy.StrangerSends = models.Sends{TenMinutes: 99, Hour: 99, Day: 99}
	})
	b := h.browser()
	b.open("/help/a/no-code").is(200, `href="/sign-in"`).without("/code/resend")
	for _, flow := range []struct {
		to   string
		open func()
	}{
		{"/sign-up/code", func() { b.send("/sign-up", "email", mara, "password", password).leads("/sign-up/code") }},
		{"/sign-in/code", func() { b.toCode(mara) }},
		{"/reset/code", func() { b.send("/reset", "email", mara).leads("/reset/code") }},
		{"/reauth", func() { b.send("/reauth").leads("/reauth") }},
	} {
		flow.open()
		page := b.open("/help/a/no-code").is(200, `action="`+flow.to+`/resend"`, "Send my code again")
		h.settle()
		before := len(h.mail(mara))
		h.forward(2 * time.Minute)
		b.send(flow.to+"/resend", "flow", page.find(flowField)).leads(flow.to)
		if got := len(h.mail(mara)); got != before+1 {
			t.Errorf("%s: %d messages, want %d", flow.to, got, before+1)
		}
		b.open(flow.to).is(200, "code again")
		if flow.to == "/sign-up/code" {
			b.send(flow.to, "code", h.code(mara)).leads("/account")
			b = h.browser()
		}
		if flow.to == "/reset/code" {
			b = h.browser()
			b.signIn(mara)
		}
	}
}

func TestHelpBesideTheForms(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.open("/sign-in").is(200, `data-help href="/help/a/reset-password"`, "/help/a/lost-email", "/help/a/real-message").without("<details class=\"more\" open")
		one := b.send("/sign-in", "email", mara, "password", wrong).unit(422, `name="failed" value="1"`)
		one.without("nothing changes until you", `<details class="more" open`)
		two := b.send("/sign-in", "email", mara, "password", wrong, "failed", "1").unit(422, `<details class="more" open`, "Reset a forgotten password")
		two.without(` id="steps"`)
		for _, odd := range []string{"-5", "many", "999999999999999999999", "99"} {
			b.send("/sign-in", "email", mara, "password", wrong, "failed", odd).is(422).without(`value="` + odd)
			h.forward(time.Hour)
		}
		in := h.browser()
		in.signUp(mara)
		b.toCode(mara)
		b.open("/sign-in/code").is(200, "Look in spam, junk and promotions", "/help/a/email-rules", "/contact", "codes@example.com")
		flow := b.open("/sign-in/code").find(flowField)
		b.part("/sign-in/code/help?flow="+flow).is(200, "/help/a/no-code", "after=60").without("late-code")
		b.part("/sign-in/code/help?after=60&flow="+flow).is(200, "/help/a/late-code")
		b.send("/sign-in/code", "code", notCode(h.code(mara))).unit(422, "/help/a/code-wrong", "/help/a/code-life")
		b.open("/not-me").is(200, "What kind of code was it?", "/help/a/someone-using", "/help/a/change-password").without(`id="now"`)
	})
}

// The page says how fast its own channel is, and the help home how fast each is.
func TestSpeedIsTold(t *testing.T) {
	for took, words := range map[time.Duration]string{
		4 * time.Second:  "Codes by email: usually within 5 seconds.",
		45 * time.Second: `Codes by email: slow since <time datetime="2026-11-22T20:14:00Z">Today, 20:14 UTC</time>.`,
	} {
		h := once(t, withTexts)
		h.browser().open("/help").is(200).without("Codes by email:", "Texts:")
		h.inbox.Behave(devinbox.Hang)
		waits := h.browser()
		for _, name := range []string{"ada", "bob", "cem", "dora"} {
			waits = h.browser()
			waits.send("/sign-up", "email", name+"@example.com", "password", password).leads("/sign-up/code")
		}
		h.forward(took)
		h.inbox.Behave(devinbox.Accept)
		h.settle()
		h.forward(10 * time.Second)
		h.browser().open("/help").is(200, words).without("Texts:")
		h.browser().open("/help/a/status").is(200, words)
		waits.open("/sign-up/code").is(200, words).without("Texts:")
	}
}

// What stands in the articles is what holds here.
func TestHelpFacts(t *testing.T) {
	h := once(t, func(s *setup) {
		s.policy.PasswordMin, s.policy.CodeTries = 14, 3
		desk, err := models.ParseHours("mon-fri 08:00-22:00, sat-sun 10:00-18:00")
		if err != nil {
			t.Fatal(err)
		}
		s.desk.Chat, s.desk.Email = desk, "help@example.com"
	})
	b := h.browser()
	b.open("/help/a/reset-password").is(200, "14 characters")
	b.open("/help/a/enter-code").is(200, "3 tries")
	b.open("/help").is(200, "help@example.com", "Monday to Friday 08:00 to 22:00, Saturday and Sunday 10:00 to 18:00 (UTC)")
	b.open("/help/a/live-chat").is(200, "Monday to Friday 08:00 to 22:00, Saturday and Sunday 10:00 to 18:00 (UTC)")
	for _, slug := range slices.Sorted(maps.Keys(views.HelpLinks())) {
		b.open("/help/a/" + slug).is(200).without("&lt;no value")
	}
}
