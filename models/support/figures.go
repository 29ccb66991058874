package support

import (
	"context"
	"time"

	"admitone/models"

	"gorm.io/gorm"
)

const (
	figuresOver = 7 * 24 * time.Hour
	figureRows  = 100
	figureChats = 20000 // the newest, that the waits are read of
	figureWords = 5     // of each article
)

// Figures are what a supervisor looks at.
type Figures struct {
	Since                   time.Time
	Chats, Ended            int
	MedianWait, LongestWait time.Duration // of those joined
	Unanswered              []QueueRow    // waiting longer than the desk's limit
	Missed                  []MissedSearch
	Articles                []ArticleVotes // most 'no' votes first
}

// MissedSearch is a search that found nothing.
type MissedSearch struct {
	Query  string
	Times  int
	LastAt time.Time
}

// ArticleVotes counts what readers said of an article.
type ArticleVotes struct {
	Article string
	Yes, No int
	Words   []string // the newest texts, at most five
}

// Figures gives the last 7 days to a member of staff.
func (s *Support) Figures(ctx context.Context, a models.Client) (Figures, error) {
	c := s.core
	g, now := c.db.Read(ctx), c.db.Now()
	agent, err := c.Agent(g, a, now)
	if err != nil {
		return Figures{}, err
	}
	f := Figures{Since: now.Add(-figuresOver)}
	if err := f.waits(g); err != nil {
		return f, err
	}
	var late []chat
	err = g.Raw(chatColumns+" WHERE c.ended_at IS NULL AND c.answered_at IS NULL AND c.visitor_at < ? ORDER BY c.visitor_at, c.id LIMIT ?",
		now.Add(-c.unanswered()), figureRows).Scan(&late).Error
	if err != nil {
		return f, err
	}
	for _, r := range late {
		f.Unanswered = append(f.Unanswered, c.queueRow(r, agent, now))
	}
	err = g.Raw("SELECT query, times, last_at FROM missed_searches WHERE last_at > ? ORDER BY times DESC, last_at DESC, query LIMIT ?", f.Since, figureRows).Scan(&f.Missed).Error
	if err != nil {
		return f, err
	}
	return f, f.votes(g)
}

// waits reads how long people waited for a member of staff.
func (f *Figures) waits(g *gorm.DB) error {
	var rows []struct {
		StartedAt         time.Time
		JoinedAt, EndedAt *time.Time
	}
	err := g.Raw("SELECT started_at, joined_at, ended_at FROM chats WHERE changed_at > ? AND started_at > ? ORDER BY changed_at DESC LIMIT ?", f.Since, f.Since, figureChats).Scan(&rows).Error
	var waits []time.Duration
	for _, r := range rows {
		f.Chats++
		if r.EndedAt != nil {
			f.Ended++
		}
		if r.JoinedAt != nil {
			wait := r.JoinedAt.Sub(r.StartedAt)
			waits = append(waits, wait)
			f.LongestWait = max(f.LongestWait, wait)
		}
	}
	f.MedianWait = median(waits)
	return err
}

// votes reads what readers said of each article, with the newest words.
func (f *Figures) votes(g *gorm.DB) error {
	var rows []struct {
		Article, Words string
		Yes, No        int
	}
	err := g.Raw(`SELECT article, words, yes, no FROM (SELECT article, words,
			sum(CASE WHEN helpful THEN 1 ELSE 0 END) OVER (PARTITION BY article) AS yes,
			sum(CASE WHEN helpful THEN 0 ELSE 1 END) OVER (PARTITION BY article) AS no,
			row_number() OVER (PARTITION BY article ORDER BY CASE WHEN words = '' THEN 1 ELSE 0 END, at DESC, id) AS n
			FROM votes WHERE at > ?) said
		WHERE n <= ? ORDER BY no DESC, yes DESC, article, n LIMIT ?`, f.Since, figureWords, figureRows*figureWords).Scan(&rows).Error
	for _, r := range rows {
		if n := len(f.Articles); n == 0 || f.Articles[n-1].Article != r.Article {
			f.Articles = append(f.Articles, ArticleVotes{Article: r.Article, Yes: r.Yes, No: r.No})
		}
		if of := &f.Articles[len(f.Articles)-1]; r.Words != "" {
			of.Words = append(of.Words, r.Words)
		}
	}
	return err
}
