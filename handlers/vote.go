package handlers

import (
	"net/http"
	"net/url"

	"admitone/models/support"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// submitVote keeps whether an answer helped. Who it did not help may say what was
// missing.
func (s *site) submitVote(c echo.Context) error {
	a, ok := s.Help.Article(c.Param("slug"))
	if !ok {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	helpful := field(c, "helpful")
	if helpful != "yes" && helpful != "no" {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	id, err := s.Support.Readers.Vote(c.Request().Context(), s.client(c), a.Slug, helpful == "yes")
	if err != nil {
		return err
	}
	if helpful == "yes" {
		id = ""
	}
	if isHTMX(c) {
		return s.render(c, http.StatusOK, views.Voted(views.VotePage{Article: articleLink(a), ID: id, Most: support.MaxWords}))
	}
	return to(c, "/help/thanks?"+url.Values{"article": {a.Slug}, "vote": {id}}.Encode())
}

// showThanks is the page after a vote, and after its words.
func (s *site) showThanks(c echo.Context) error {
	return s.thanks(c, http.StatusOK, views.VotePage{
		Article: s.articleNamed(c.QueryParam("article")), ID: shown(c.QueryParam("vote")), Kept: c.QueryParam("kept") != "",
	})
}

// submitVoteWords keeps what a reader was looking for.
func (s *site) submitVoteWords(c echo.Context) error {
	p := views.VotePage{Article: s.articleNamed(field(c, "article")), ID: shown(field(c, "vote")), Words: field(c, "words")}
	err := s.Support.Readers.Words(c.Request().Context(), p.ID, p.Words)
	if p.Errors = fieldErrors(err); p.Errors != nil {
		return s.thanks(c, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	p.ID, p.Words, p.Kept = "", "", true
	if isHTMX(c) {
		return s.thanks(c, http.StatusOK, p)
	}
	return to(c, "/help/thanks?"+url.Values{"article": {p.Article.Slug}, "kept": {"yes"}}.Encode())
}

func (s *site) thanks(c echo.Context, status int, p views.VotePage) error {
	p.Shell, p.Most = s.shell(c), support.MaxWords
	return s.unit(c, status, views.Thanks(p), views.Voted(p))
}

// articleNamed gives an article for its link, an empty one where there is none.
func (s *site) articleNamed(slug string) views.ArticleLink {
	a, _ := s.Help.Article(slug)
	return articleLink(a)
}
