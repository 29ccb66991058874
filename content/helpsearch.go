package content

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
)

// Results is what a search found, best first.
type Results struct {
	Hits  []Hit
	Guess string // the query with its mistakes mended, "" where there were none
}

// Hit is one article found, with the words that matched marked.
type Hit struct {
	Article        Article
	Title, Excerpt []Run
}

// Run is a piece of text.
type Run struct {
	Text   string
	Marked bool
}

// The most that is read of a query, and the most that is shown of an answer.
const (
	maxQuery   = 200 // bytes
	maxTokens  = 16
	maxHits    = 20
	maxExcerpt = 160 // bytes, about
	firstHits  = 3
	faintScore = 0.1  // of the best; the first few need no more
	leastScore = 0.45 // of the best; what is below has only a common word with the query
)

// How much a word counts that is not quite the word typed.
const (
	mendedWeight   = 0.8
	finishedWeight = 0.6 // a word that begins with the last one typed
	nearWeight     = 0.4
	faintWeight    = 0.25
)

// How much counts beside the words alone.
const (
	likeWeight  = 3   // that a title or a keyword says the same
	coverWeight = 0.4 // that all of the query is there
)

// Search finds articles.
func (h *Help) Search(query string) Results {
	if len(query) > maxQuery {
		query = query[:maxQuery]
	}
	query = strings.ToValidUTF8(query, " ")
	wanted, guess := h.index().understand(query)
	return Results{Hits: h.index().find(wanted), Guess: guess}
}

// want is one thing looked for: any of its terms, with how well each fits, and
// whether it is what was typed or only near to it.
type want struct {
	terms  map[int]float64
	typed  map[int]bool
	weight float64
}

func (w want) add(term int, weight float64, typed bool) {
	w.terms[term] = max(w.terms[term], weight)
	w.typed[term] = w.typed[term] || typed
}

// understand turns what was typed into what is looked for. The last word may not
// be finished yet.
func (x *index) understand(query string) (wanted []want, guess string) {
	typed := tokens(query)
	typed = typed[:min(len(typed), maxTokens)]
	var endings []int
	if last := len(typed) - 1; last >= 0 && typed[last].end == len(query) {
		endings = x.finish(typed[last].word)
	}
	words, guess := x.correct(query, typed, len(endings) > 0)
	terms := make([]string, len(words))
	for i, w := range words {
		terms[i] = x.meanings.term(stem(w.text))
	}
	for i := 0; i < len(words); i++ {
		w := want{terms: map[int]float64{}, typed: map[int]bool{}, weight: 1}
		if words[i].mended {
			w.weight = mendedWeight
		}
		if term, taken := x.meanings.phraseAt(terms[i:]); taken > 0 {
			x.mean(w, term)
			i += taken - 1
		} else if !stopWords[words[i].text] {
			x.mean(w, terms[i])
			if faintWords[words[i].text] {
				w.weight = faintWeight
			}
			if i == len(words)-1 {
				x.finishAs(w, endings)
			}
		}
		if len(w.terms) > 0 && !slices.ContainsFunc(wanted, func(other want) bool { return maps.Equal(other.terms, w.terms) }) {
			wanted = append(wanted, w)
		}
	}
	return wanted, guess
}

// mean looks for a term and for what is near to it. A near word that is rarer
// than the word typed does not count for more.
func (x *index) mean(w want, term string) {
	id, there := x.terms[term]
	if there {
		w.add(id, 1, true)
	}
	for _, other := range x.meanings.near[term] {
		if near, ok := x.terms[other]; ok && there {
			w.add(near, nearWeight*min(1, x.rarity[id]/x.rarity[near]), false)
		} else if ok {
			w.add(near, nearWeight, false)
		}
	}
}

// finishAs looks for every ending of a word. A rare one does not count for more
// than the commonest.
func (x *index) finishAs(w want, terms []int) {
	least := math.Inf(1)
	for _, term := range terms {
		least = min(least, x.rarity[term])
	}
	for _, term := range terms {
		w.add(term, finishedWeight*least/x.rarity[term], true)
	}
}

// finish gives the terms of the words that begin with what was typed.
func (x *index) finish(typed string) []int {
	if len(typed) < 2 || stopWords[typed] || faintWords[typed] {
		return nil
	}
	from, _ := x.word(typed)
	var found []int
	for _, w := range x.words[from:] {
		if !strings.HasPrefix(w.text, typed) {
			break
		}
		if w.text != typed && w.count > 0 {
			found = append(found, x.terms[w.meaning])
		}
	}
	return found
}

// find ranks the articles. One that has all of what was wanted goes before one
// that has much of a part; one whose title or keyword says the same goes first.
func (x *index) find(wanted []want) []Hit {
	scores, covered := make([]float64, len(x.texts)), make([]float64, len(x.texts))
	best, worth := make([]float64, len(x.texts)), make([]float64, len(x.rarity))
	var whole float64
	for _, w := range wanted {
		clear(best)
		var rarest float64
		for term, weight := range w.terms {
			rarest = max(rarest, weight*x.rarity[term])
			worth[term] = max(worth[term], w.weight*weight)
			for _, i := range x.impacts[term] {
				best[i.article] = max(best[i.article], weight*i.score)
			}
		}
		whole += w.weight * rarest
		for i, score := range best {
			scores[i] += w.weight * score
			if score > 0 {
				covered[i] += w.weight * rarest
			}
		}
	}
	order := make([]int, 0, len(x.texts))
	for i := range scores {
		if scores[i] > 0 {
			scores[i] *= (1 - coverWeight + coverWeight*covered[i]/whole) * (1 + likeWeight*x.like(i, worth, whole))
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	var hits []Hit
	for _, i := range order[:min(len(order), maxHits)] {
		if least := scores[order[0]]; scores[i] < leastScore*least && (len(hits) >= firstHits || scores[i] < faintScore*least) {
			break
		}
		hits = append(hits, x.texts[i].show(x.marks(i, wanted)))
	}
	return hits
}

// like says how much of the query and of what says best what an article is about
// are the same. A long query is not held against a short saying as much as its
// length would have it.
func (x *index) like(article int, worth []float64, whole float64) float64 {
	var most float64
	for _, s := range x.texts[article].sayings {
		var shared float64
		for _, p := range s.terms {
			shared += min(p.weight, worth[p.term]) * x.rarity[p.term]
		}
		if shared > 0 {
			most = max(most, s.worth*min(shared, whole)/math.Sqrt(s.whole*whole))
		}
	}
	return most
}
