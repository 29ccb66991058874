package handlers

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"admitone/content"
	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

func (s *site) showTopic(c echo.Context) error {
	topics := s.Help.Topics()
	i := slices.IndexFunc(topics, func(t content.Topic) bool { return t.Slug == c.Param("topic") })
	if i < 0 {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	return s.render(c, http.StatusOK, views.HelpTopic(views.TopicPage{Shell: s.shell(c), Topic: topicOf(topics[i])}))
}

func (s *site) showFAQ(c echo.Context) error {
	return s.render(c, http.StatusOK, views.HelpFAQ(views.FAQPage{Shell: s.shell(c), Articles: articlesOf(s.Help.FAQ())}))
}

// topics are all articles, by topic.
func (s *site) topics() (list []views.Topic) {
	for _, t := range s.Help.Topics() {
		list = append(list, topicOf(t))
	}
	return list
}

func topicOf(t content.Topic) views.Topic {
	return views.Topic{Slug: t.Slug, Title: t.Title, Articles: articlesOf(t.Articles)}
}

func articlesOf(list []content.Article) []views.ArticleLink {
	out := make([]views.ArticleLink, len(list))
	for i, a := range list {
		out[i] = articleLink(a)
	}
	return out
}

func articleLink(a content.Article) views.ArticleLink {
	return views.ArticleLink{Slug: a.Slug, Title: a.Title, Summary: a.Summary}
}

// showArticle shows an answer, or only its text to a page that opens it beside a
// form.
func (s *site) showArticle(c echo.Context) error {
	a, ok := s.Help.Article(c.Param("slug"))
	if !ok {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	if c.QueryParam("fragment") != "" {
		return s.showFragment(c, a)
	}
	acts, err := s.acts(c, a.Actions)
	if err != nil {
		return err
	}
	p := views.ArticlePage{Shell: s.shell(c), Article: s.articles[a.Slug], Acts: acts, Now: s.Models.Now()}
	if slices.Contains(ofSpeed, a.Slug) {
		p.Speeds = s.speeds(c)
	}
	body, err := s.kept.article(c.Request().Context(), p)
	if err != nil {
		return err
	}
	return whole(c, http.StatusOK, body)
}

// ofSpeed are the articles that say how fast codes are right now.
var ofSpeed = []string{"no-code", "late-code", "status"}

// articleOf gives an answer as a page of its own. Each link has its whole address
// too, for paper.
func articleOf(a content.Article, origin string) views.Article {
	out := views.Article{
		Slug: a.Slug, Title: a.Title, Summary: a.Summary, HTML: ownLink.ReplaceAllString(a.HTML, `<a data-url="`+origin+`$1" href="$1"`), Updated: a.Updated, Related: articlesOf(a.Related),
	}
	for _, h := range a.Headings {
		out.Headings = append(out.Headings, views.Heading(h))
	}
	return out
}

func (s *site) showFragment(c echo.Context, a content.Article) error {
	shown := views.Article{Slug: a.Slug, Title: a.Title, Summary: a.Summary, HTML: a.HTML}
	if part := c.QueryParam("part"); part != "" {
		html, ok := s.Help.Part(a.Slug, part)
		if !ok {
			return echo.NewHTTPError(http.StatusNotFound)
		}
		shown.Summary, shown.HTML = "", html
	}
	shown.HTML = beside(a.Slug, shown.HTML, "h3")
	return s.render(c, http.StatusOK, views.ArticleFragment(shown))
}

// articlesOfHelp are all articles by their slugs, as pages of their own.
func articlesOfHelp(h *content.Help, origin string) map[string]views.Article {
	list := map[string]views.Article{}
	for _, t := range h.Topics() {
		for _, a := range t.Articles {
			list[a.Slug] = articleOf(a, origin)
		}
	}
	return list
}

// inlineOfHelp are the texts of the help centre that screens show.
func inlineOfHelp(h *content.Help) map[string]string {
	list := map[string]string{}
	for _, screen := range views.HelpScreens() {
		slug, part := views.HelpInline(screen)
		a, _ := h.Article(slug)
		if part != "" {
			a.HTML, _ = h.Part(slug, part)
		}
		list[screen] = beside(slug, a.HTML, "h2")
	}
	return list
}

var (
	headingTag = regexp.MustCompile(`<(/?)h2(?: id="[^"]*")?>`)
	pageLink   = regexp.MustCompile(`(?s)<a href="/.*?</a>`)
	ownLink    = regexp.MustCompile(`<a href="(/[^"]*)"`)
)

// beside fits the text of an article into another page: its headings have their
// place below that page's, and no ids, which could be those of a field. A link that
// would leave the form behind says so.
func beside(slug, html, heading string) string {
	html = headingTag.ReplaceAllString(html, "<${1}"+heading+">")
	html = pageLink.ReplaceAllStringFunc(html, func(link string) string {
		if strings.HasPrefix(link, `<a href="/help/a/`) {
			return link
		}
		return link + views.LeavesPage()
	})
	return strings.ReplaceAll(html, `href="#`, `href="/help/a/`+slug+`#`)
}

// acts are what a reader can do from an article. What nobody offers here leads to
// the page that says what there is.
func (s *site) acts(c echo.Context, kinds []string) ([]views.Act, error) {
	desk := s.Models.Desk()
	var list []views.Act
	for _, kind := range kinds {
		switch {
		case kind == "resend":
			a, err := s.resendAct(c)
			if err != nil {
				return nil, err
			}
			list = append(list, a)
			continue
		case kind == "chat" && !desk.Chat.Any(), kind == "call" && !desk.Phone.Any():
			kind = "contact"
		}
		if !slices.ContainsFunc(list, func(a views.Act) bool { return a.Kind == kind }) {
			list = append(list, views.Act{Kind: kind})
		}
	}
	return list, nil
}

// resendAct sends the code again that this browser waits for, if there is one.
func (s *site) resendAct(c echo.Context) (views.Act, error) {
	act := views.Act{Kind: "resend"}
	client := s.client(c)
	if client.Session == "" {
		return act, nil
	}
	_, in := s.session(c)
	for _, p := range []*codePage{s.signInCode(), s.resetCode(), s.signUpCode(), s.undoCode(), s.stepUpCode(), s.emailCode(), s.phoneCode()} {
		if p.inside != in {
			continue
		}
		now, err := p.pending(c.Request().Context(), client)
		if _, gone := refusedAs(err, models.Gone); gone || err == nil && now.Over != "" {
			continue
		}
		if err != nil {
			return act, err
		}
		act.Path, act.Flow, act.Destination, act.Tag = p.path+"/resend", now.Flow, now.Destination, now.Tag
		return act, nil
	}
	return act, nil
}

// sitemap names every page of the help centre, and when it was last changed.
func (s *site) sitemap(c echo.Context) error {
	type page struct {
		Loc     string `xml:"loc"`
		LastMod string `xml:"lastmod,omitempty"`
	}
	set := struct {
		XMLName xml.Name `xml:"urlset"`
		NS      string   `xml:"xmlns,attr"`
		Pages   []page   `xml:"url"`
	}{NS: "http://www.sitemaps.org/schemas/sitemap/0.9"}
	add := func(path string, last time.Time) {
		set.Pages = append(set.Pages, page{s.origin() + path, last.Format(time.DateOnly)})
	}
	var newest time.Time
	topics := s.Help.Topics()
	for _, t := range topics {
		for _, a := range t.Articles {
			newest = latest(newest, a.Updated)
		}
	}
	add("/help", newest)
	add("/help/faq", newest)
	for _, t := range topics {
		var last time.Time
		for _, a := range t.Articles {
			last = latest(last, a.Updated)
		}
		add("/help/t/"+url.PathEscape(t.Slug), last)
		for _, a := range t.Articles {
			add("/help/a/"+url.PathEscape(a.Slug), a.Updated)
		}
	}
	body, err := xml.Marshal(set)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "application/xml; charset=utf-8", append([]byte(xml.Header), body...))
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// robots lets search engines read what is the same for everyone.
func (s *site) robots(c echo.Context) error {
	return c.String(http.StatusOK, `User-agent: *
Disallow: /
Allow: /$
Allow: /help
Allow: /contact$
Allow: /sign-in$
Allow: /sign-up$
Allow: /static/
Allow: /sitemap.xml
Disallow: /help/search
Disallow: /help/thanks

Sitemap: `+s.origin()+"/sitemap.xml\n")
}
