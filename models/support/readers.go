package support

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"admitone/models"
	"admitone/models/internal/db"
)

// Readers holds what readers of the help centre tell: it names nobody.
type Readers struct{ *core }

// MaxWords is how many characters a reader may write about an article.
const MaxWords = 1000

const (
	votesDay       = 20 // from one network address
	wordsFor       = time.Hour
	searchesMinute = 10  // that found nothing, from one network address
	missesMinute   = 300 // kept by one process
	maxQuery       = 60
)

type vote struct {
	ID      string
	Article string
	Helpful bool
	Words   string
	At      time.Time
}

// Vote keeps whether an article helped; id is for the words that may follow, for
// an hour. A reader's address has a budget, and one vote of an article a day; past
// it nothing is kept and id is "".
func (r *Readers) Vote(ctx context.Context, c models.Client, article string, helpful bool) (id string, err error) {
	if !isSlug(article) {
		return "", notFound("article")
	}
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		id = ""
		if key := r.AddressKey(c); key != "" {
			for _, b := range []struct {
				key string
				n   int
			}{{"votes from " + key, votesDay}, {"vote " + r.Tag("vote", key+" "+article), 1}} {
				retryAt, err := r.Spend(tx, b.key, models.Limit{N: b.n, Per: 24 * time.Hour})
				if err != nil || !retryAt.IsZero() {
					return err
				}
			}
		}
		id = r.NewID()
		return tx.Insert(&vote{ID: id, Article: article, Helpful: helpful, At: tx.Now})
	})
	return id, err
}

// isSlug says whether a text can name an article.
func isSlug(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// Words adds what the reader was looking for. Invalid{words}: too_long,
// looks_like_code. For a vote that was not kept, or is too old, there is nothing
// to add to, and that is no fault of the reader.
func (r *Readers) Words(ctx context.Context, id, words string) error {
	text, reason := cleanText(words)
	if reason == "required" {
		return nil
	}
	if reason == "" && len([]rune(text)) > MaxWords {
		reason = "too_long"
	}
	if reason != "" {
		return invalid("words", reason, MaxWords)
	}
	if !models.IsID(id) {
		return nil
	}
	return r.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE votes SET words = ? WHERE id = ? AND words = '' AND at > ?", text, id, tx.Now.Add(-wordsFor))
		return err
	})
}

// FoundNothing counts a search without results.
func (r *Readers) FoundNothing(ctx context.Context, c models.Client, query string) error {
	query = withoutPeople(query)
	if query == "" || !r.mayMiss(r.db.Now(), r.AddressKey(c)) {
		return nil
	}
	return r.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO missed_searches (query, times, last_at) VALUES (?, 1, ?)
			ON CONFLICT (query) DO UPDATE SET times = missed_searches.times + 1, last_at = excluded.last_at`, query, tx.Now)
		return err
	})
}

// miss is a search that was kept: when, and from where.
type miss struct {
	at   time.Time
	from string
}

// mayMiss bounds what the readers of a process write in a minute: each address,
// so that none of them silences the others, and all together.
func (c *core) mayMiss(now time.Time, from string) bool {
	c.missMu.Lock()
	defer c.missMu.Unlock()
	c.misses = slices.DeleteFunc(c.misses, func(m miss) bool { return !m.at.After(now.Add(-time.Minute)) })
	own := 0
	for _, m := range c.misses {
		if from != "" && m.from == from {
			own++
		}
	}
	if len(c.misses) >= missesMinute || own >= searchesMinute {
		return false
	}
	c.misses = append(c.misses, miss{now, from})
	return true
}

// withoutPeople leaves of a search what cannot name anybody: no address, no digit.
func withoutPeople(query string) string {
	query = strings.ToLower(strings.ToValidUTF8(query[:min(len(query), 1024)], ""))
	kept := strings.FieldsFunc(query, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	kept = slices.DeleteFunc(kept, func(word string) bool { return strings.ContainsAny(word, "@\uFF20\uFE6B") })
	query = strings.Map(func(r rune) rune {
		if unicode.IsNumber(r) {
			return -1
		}
		return r
	}, strings.Join(kept, " "))
	if !strings.ContainsFunc(query, unicode.IsLetter) {
		return ""
	}
	short := []rune(strings.Join(strings.Fields(query), " "))
	return strings.TrimSpace(string(short[:min(len(short), maxQuery)]))
}
