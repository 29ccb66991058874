package handlers

import (
	"net/http"
	"strings"

	"admitone/content"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// maxQuery is how many characters of a search are read.
const maxQuery = 200

// zeroTop is how many articles stand in for results.
const zeroTop = 5

// showSearch answers a search, or as one types only its results. A search that was
// sent and finds nothing is counted, so that what is missing can be written.
func (s *site) showSearch(c echo.Context) error {
	query := typedQuery(c.QueryParam("q"))
	p := views.SearchPage{Shell: s.shell(c), Query: query}
	if query != "" {
		found := s.Help.Search(query)
		p.Guess = found.Guess
		for _, h := range found.Hits {
			p.Hits = append(p.Hits, views.Hit{Slug: h.Article.Slug, Title: runsOf(h.Title), Excerpt: runsOf(h.Excerpt)})
		}
		if len(p.Hits) == 0 && c.Request().Method == get && !isHTMX(c) {
			if err := s.Support.Readers.FoundNothing(c.Request().Context(), s.client(c), query); err != nil {
				s.Log.Warn("a search without results was not counted", "request", requestID(c), "error", err)
			}
		}
	}
	if len(p.Hits) == 0 && (query != "" || !isHTMX(c)) {
		p.Top = s.topArticles()
	}
	return s.unit(c, http.StatusOK, views.Search(p), views.SearchResults(p))
}

// typedQuery is a query as it is searched for and shown again.
func typedQuery(typed string) string {
	typed = strings.Join(strings.Fields(strings.ToValidUTF8(typed, " ")), " ")
	if long := []rune(typed); len(long) > maxQuery {
		return strings.TrimSpace(string(long[:maxQuery]))
	}
	return typed
}

func runsOf(list []content.Run) []views.Run {
	out := make([]views.Run, len(list))
	for i, r := range list {
		out[i] = views.Run(r)
	}
	return out
}

// topArticles are shown where nothing was found.
func (s *site) topArticles() []views.ArticleLink {
	top := s.Help.Top()
	return articlesOf(top[:min(zeroTop, len(top))])
}
