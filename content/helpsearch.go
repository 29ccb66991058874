package content

import (
	"cmp"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
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

// mendable is a word of a query, and whether it was mended.
type mendable struct {
	text   string
	mended bool
}

// correct mends what was typed wrong, word by word, and gives the words and the
// query as it was meant, "" if nothing was wrong. An unfinished last word is left.
func (x *index) correct(query string, typed []token, unfinished bool) (words []mendable, guess string) {
	var mended strings.Builder
	rest := 0
	for i := 0; i < len(typed); i++ {
		t := typed[i]
		if unfinished && i == len(typed)-1 {
			words = append(words, mendable{t.word, false})
			break
		}
		better := []string{t.word}
		if i+1 < len(typed) && x.torn(query, t, typed[i+1]) {
			better[0] += typed[i+1].word
			i++
		} else if !x.knows(t.word) {
			better = x.mend(t.word)
		}
		changed := len(better) > 1 || better[0] != t.word
		for _, b := range better {
			words = append(words, mendable{b, changed})
		}
		if changed {
			mended.WriteString(query[rest:t.start] + strings.Join(better, " "))
			rest = typed[i].end
		}
	}
	if rest > 0 {
		guess = strings.Join(strings.Fields(mended.String()+query[rest:]), " ")
	}
	return words, guess
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

// torn says whether two words are one that was torn apart: 'pass key'. Two words
// that mean something together are not.
func (x *index) torn(query string, a, b token) bool {
	whole := a.word + b.word
	if len(whole) < 6 || b.end-a.start != len(whole)+1 || query[a.end] != ' ' || !x.used(whole) {
		return false
	}
	_, taken := x.meanings.phraseAt([]string{x.meanings.term(stem(a.word)), x.meanings.term(stem(b.word))})
	return taken == 0
}

// endings are taken off a word that is like no other as it stands.
var endings = []string{"ing", "ed", "s"}

// mend gives what was probably meant by a word that nobody uses here: another, or
// two that were run together; the word itself if it is too short to tell or like
// no other.
func (x *index) mend(typed string) []string {
	runes := []rune(typed)
	if len(runes) < 3 || strings.ContainsAny(typed, "0123456789") {
		return []string{typed}
	}
	near, distance := x.nearest(typed, runes)
	if distance != 1 {
		if a, b := x.parts(typed); a != "" {
			return []string{a, b}
		}
	}
	for _, ending := range endings {
		if base := strings.TrimSuffix(typed, ending); near == "" && base != typed && len(base) >= 5 {
			near, _ = x.nearest(base, []rune(base))
		}
	}
	if near == "" {
		near = typed
	}
	return []string{near}
}

// nearest gives the word that is most like what was typed, and how far it is.
func (x *index) nearest(typed string, runes []rune) (string, int) {
	most := 1
	if len(runes) >= 6 {
		most = 2
	}
	best, least := word{}, most+1
	first, set := typed[0], letters(typed)
	var other []rune
	for _, w := range x.words {
		if len(w.text) < min(4, len(runes)) || bits.OnesCount64(set^w.letters) > 2*most {
			continue
		}
		other = other[:0]
		for _, r := range w.text {
			other = append(other, r)
		}
		d := distance(runes, other, most)
		switch {
		case len(runes) == 3 && (len(other) != 4 || other[0] != runes[0] || other[3] != runes[2]): // it lacks a letter inside, or nothing is sure
		case d > least || d > most:
		case d == 2 && len(runes) < 8 && w.text[0] != first: // too little is the same
		case d < least, w.text[0] == first && best.text[0] != first, (w.text[0] == first) == (best.text[0] == first) && w.count > best.count:
			best, least = w, d
		}
	}
	return best.text, least
}

// parts gives the two words that were run together.
func (x *index) parts(typed string) (a, b string) {
	most := 0
	for i := 2; i <= len(typed)-2; i++ {
		left, right := typed[:i], typed[i:]
		if !x.stands(left) || !x.stands(right) {
			continue
		}
		if n := min(x.count(left), x.count(right)); n > most {
			a, b, most = left, right, n
		}
	}
	return a, b
}

// stands says whether a word is one of those that are run together with another.
func (x *index) stands(word string) bool {
	return (len(word) > 2 || stopWords[word] || faintWords[word] || x.meanings.terms[word] != "") && x.count(word) > 0
}

// count says how often the articles use a word. A word of the tables counts as
// one that is used.
func (x *index) count(typed string) int {
	if i, ok := x.word(typed); ok {
		return 1 + x.words[i].count
	}
	if stopWords[typed] || faintWords[typed] {
		return 1
	}
	return 0
}

// used says whether the articles use a word.
func (x *index) used(typed string) bool { return x.count(typed) > 1 }

func (x *index) word(typed string) (int, bool) {
	return slices.BinarySearchFunc(x.words, typed, func(w word, typed string) int { return cmp.Compare(w.text, typed) })
}

func (x *index) knows(typed string) bool {
	if stopWords[typed] || faintWords[typed] || ordinary[typed] {
		return true
	}
	if _, ok := x.word(typed); ok {
		return true
	}
	stem := stem(typed)
	_, ok := x.terms[x.meanings.term(stem)]
	return ok && len(stem) > 3
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

// marks says which terms are marked in an article, with their value: what was
// typed, or what is near to it where that does not occur.
func (x *index) marks(article int, wanted []want) map[int]float64 {
	marks := map[int]float64{}
	for _, w := range wanted {
		if w.weight == faintWeight && len(wanted) > 1 {
			continue
		}
		var there bool
		for term := range w.typed {
			there = there || w.typed[term] && x.has(article, term)
		}
		for term, weight := range w.terms {
			if w.typed[term] || !there {
				marks[term] = max(marks[term], weight*x.rarity[term])
			}
		}
	}
	return marks
}

// has says whether an article uses a term.
func (x *index) has(article, term int) bool {
	_, ok := slices.BinarySearchFunc(x.impacts[term], article, func(i impact, article int) int { return cmp.Compare(i.article, article) })
	return ok
}

// show marks what matched, in the title and in the part of the text that says
// most of it.
func (t indexed) show(marks map[int]float64) Hit {
	from := t.bestStart(marks)
	to := excerptEnd(t.source, from)
	h := Hit{Article: t.article, Title: runs(t.article.Title, 0, len(t.article.Title), t.title, marks)}
	h.Excerpt = runs(t.source, from, to, t.places, marks)
	if to < len(strings.TrimSpace(t.source)) && !isEnd(t.source[to-1]) {
		h.Excerpt = append(h.Excerpt, Run{Text: "…"})
	}
	return h
}

// bestStart gives the sentence to begin with. The summary is the best where it
// is as good as another.
func (t indexed) bestStart(marks map[int]float64) int {
	best, most := 0, 0.0
	for n, start := range t.starts {
		end := excerptEnd(t.source, start)
		i, _ := slices.BinarySearchFunc(t.places, start, func(p place, start int) int { return cmp.Compare(p.start, start) })
		var seen []int
		var sum float64
		for ; i < len(t.places) && t.places[i].end <= end; i++ {
			if value := marks[t.places[i].term]; value > 0 && !slices.Contains(seen, t.places[i].term) {
				seen = append(seen, t.places[i].term)
				sum += value
			}
		}
		if n == 0 {
			sum *= 1.3
		}
		if sum > most {
			best, most = start, sum
		}
	}
	return best
}

// excerptEnd gives where an excerpt ends: with a sentence if one ends in its last
// third, else after a word.
func excerptEnd(s string, from int) int {
	to := from + maxExcerpt
	if to >= len(s) {
		return from + len(strings.TrimRight(s[from:], " \n"))
	}
	for !utf8.RuneStart(s[to]) {
		to--
	}
	cut := s[from:to]
	for i := len(cut) - 1; i > maxExcerpt*2/3; i-- {
		if isEnd(cut[i]) && (s[from+i+1] == ' ' || s[from+i+1] == '\n') {
			return from + i + 1
		}
	}
	if i := strings.LastIndexAny(cut, " \n"); i > 0 {
		return from + i
	}
	return to
}

// runs cuts s[from:to] at the marks.
func runs(s string, from, to int, places []place, marks map[int]float64) []Run {
	var found []Run
	say := func(text string, marked bool) {
		if text = strings.ReplaceAll(text, "\n", " "); text != "" {
			found = append(found, Run{text, marked})
		}
	}
	at := from
	for i := 0; i < len(places); i++ {
		p := places[i]
		if p.start < at || p.end > to || marks[p.term] == 0 {
			continue
		}
		say(s[at:p.start], false)
		say(s[p.start:p.end], true)
		at = p.end
	}
	say(s[at:to], false)
	return found
}
