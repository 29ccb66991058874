package content

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// The weights of an article's fields (title, summary, keywords, headings, body),
// and the two numbers of BM25: how soon a word said again stops to count, and
// how much a long field is held against it.
var fieldWeights = [fields]float64{6, 2, 4, 1, 1}

const (
	fields        = 5
	bodyField     = 4
	saturation    = 5
	lengthPenalty = 0.5
	inPassing     = 0.5 // the worth of a word that only bodies use: no article is about it
)

// How well a title, a keyword and a heading say what an article is about.
const (
	titleWorth   = 1
	keywordWorth = 0.8
	headingWorth = 0.6
)

// index is every article cut into terms. A term is the stem of a word, or what
// the thesaurus puts in its place.
type index struct {
	meanings thesaurus
	terms    map[string]int
	impacts  [][]impact // by term
	rarity   []float64  // by term
	words    []word     // sorted
	texts    []indexed
}

// impact is what a term does for an article.
type impact struct {
	article int
	score   float64
}

// word is a word as people type it, what it stands for, and how often the
// articles use it.
type word struct {
	text, meaning string
	letters       uint64
	count         int
}

// place is where a term stands in a text.
type place struct{ term, start, end int }

// indexed is an article as the search shows it.
type indexed struct {
	article Article
	title   []place
	source  string // what excerpts are cut from: the summary, then the body
	starts  []int  // of its sentences
	places  []place
	sayings []saying
}

// saying is a short text that says what an article is about.
type saying struct {
	terms []part
	whole float64 // the worth of all its terms together
	worth float64
}

// part is a term of a short text, and how much it says there.
type part struct {
	term   int
	weight float64
}

// newIndex reads every article once.
func newIndex(pages []page) *index {
	const many = 2048 // words, about what there are
	x := &index{meanings: meanings(), terms: make(map[string]int, many), texts: make([]indexed, len(pages))}
	r := reader{index: x, known: make(map[string]*lemma, many)}
	for _, w := range x.meanings.words {
		r.lemma(w)
	}
	all := make([][fields][]place, len(pages))
	var lengths [fields]float64
	for i, p := range pages {
		a, t := p.article, &x.texts[i]
		*t = indexed{article: a, source: a.Summary + "\n" + p.body}
		r.read(a.Title)
		t.title = r.places(nil)
		t.sayings = r.say(t.sayings, titleWorth)
		r.read(t.source)
		t.places = r.places(nil)
		t.starts = sentences(t.source)

		var keywords, sections []place
		for _, k := range p.front.Keywords {
			r.read(k)
			keywords = r.places(keywords)
			t.sayings = r.say(t.sayings, keywordWorth)
		}
		for _, h := range a.Headings {
			r.read(h.Title)
			sections = r.places(sections)
			t.sayings = r.say(t.sayings, headingWorth)
		}
		summary, _ := slices.BinarySearchFunc(t.places, len(a.Summary), func(p place, end int) int { return cmp.Compare(p.start, end) })
		all[i] = [fields][]place{t.title, t.places[:summary], keywords, sections, t.places[summary:]}
		for field, places := range all[i] {
			lengths[field] += float64(len(places)) / float64(len(pages))
		}
	}
	x.weigh(all, lengths)
	for text, l := range r.known {
		if len(text) > 1 {
			x.words = append(x.words, word{text, l.meaning, letters(text), l.count})
		}
	}
	slices.SortFunc(x.words, func(a, b word) int { return cmp.Compare(a.text, b.text) })
	return x
}

// weigh works out the impacts, BM25 over the sum of the fields, and what the
// sayings are worth.
func (x *index) weigh(all [][fields][]place, lengths [fields]float64) {
	x.impacts, x.rarity = make([][]impact, len(x.terms)), make([]float64, len(x.terms))
	topical := make([]bool, len(x.terms))
	for i, article := range all {
		for field, places := range article {
			weight := fieldWeights[field] / (1 - lengthPenalty + lengthPenalty*float64(len(places))/max(lengths[field], 1))
			for _, p := range places {
				topical[p.term] = topical[p.term] || field != bodyField
				found := x.impacts[p.term]
				if last := len(found) - 1; last >= 0 && found[last].article == i {
					found[last].score += weight
				} else {
					x.impacts[p.term] = append(found, impact{i, weight})
				}
			}
		}
	}
	for term, found := range x.impacts {
		x.rarity[term] = math.Log(1 + float64(len(all))/float64(len(found)))
		if !topical[term] {
			x.rarity[term] *= inPassing
		}
		for i := range found {
			found[i].score *= x.rarity[term] / (saturation + found[i].score)
		}
	}
	for _, t := range x.texts {
		for i := range t.sayings {
			for _, p := range t.sayings[i].terms {
				t.sayings[i].whole += p.weight * x.rarity[p.term]
			}
		}
	}
}

// lemma is what is known of a word.
type lemma struct {
	meaning     string
	phrases     []phrase // that begin with it
	term        int      // -1 until it is used
	stop, faint bool
	count       int
}

// reader cuts texts into words, one after the other.
type reader struct {
	*index
	known  map[string]*lemma
	text   string
	words  []token
	lemmas []*lemma
	terms  []string
}

func (r *reader) lemma(word string) *lemma {
	l, ok := r.known[word]
	if !ok {
		m := r.meanings.term(stem(word))
		l = &lemma{meaning: m, phrases: r.meanings.phrases[m], term: -1, stop: stopWords[word], faint: faintWords[word]}
		r.known[word] = l
	}
	return l
}

func (r *reader) read(s string) {
	r.text, r.words, r.lemmas, r.terms = s, appendTokens(r.words[:0], s), r.lemmas[:0], r.terms[:0]
	for _, w := range r.words {
		l := r.lemma(w.word)
		r.lemmas = append(r.lemmas, l)
		r.terms = append(r.terms, l.meaning)
	}
}

// phrase gives the phrase that begins with a word, and how many words it takes.
func (r *reader) phrase(i int) (term string, taken int) {
	term, taken = longest(r.lemmas[i].phrases, r.terms[i:])
	if taken > 0 && strings.ContainsAny(r.text[r.words[i].start:r.words[i+taken-1].end], ".?!,;:\n") {
		return "", 0
	}
	return term, taken
}

// places adds where the terms stand. A phrase counts as itself and as its words.
func (r *reader) places(to []place) []place {
	to = slices.Grow(to, len(r.words))
	for i, w := range r.words {
		if term, taken := r.phrase(i); taken > 0 {
			to = append(to, place{r.index.term(term), w.start, r.words[i+taken-1].end})
		}
		l := r.lemmas[i]
		if l.stop || len(w.word) < 2 {
			continue
		}
		l.count++
		if l.term < 0 {
			l.term = r.index.term(l.meaning)
		}
		to = append(to, place{l.term, w.start, w.end})
	}
	return to
}

// say adds what a short text says. A phrase counts for its words.
func (r *reader) say(to []saying, worth float64) []saying {
	terms := make([]part, 0, len(r.words))
	for i := 0; i < len(r.words); i++ {
		l := r.lemmas[i]
		meaning, weight := l.meaning, 1.0
		if term, taken := r.phrase(i); taken > 0 {
			meaning = term
			i += taken - 1
		} else if l.stop || len(r.words[i].word) < 2 {
			continue
		} else if l.faint {
			weight = faintWeight
		}
		if id := r.index.term(meaning); !slices.ContainsFunc(terms, func(p part) bool { return p.term == id }) {
			terms = append(terms, part{id, weight})
		}
	}
	if len(terms) == 0 {
		return to
	}
	return append(to, saying{terms: terms, worth: worth})
}

func (x *index) term(text string) int {
	id, ok := x.terms[text]
	if !ok {
		id = len(x.terms)
		x.terms[text] = id
	}
	return id
}

// sentences gives where the sentences of a text begin.
func sentences(s string) []int {
	starts := []int{0}
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\n' || s[i] == ' ' && isEnd(s[i-1]) {
			starts = append(starts, i+1)
		}
	}
	return starts
}

func isEnd(c byte) bool { return c == '.' || c == '?' || c == '!' }

// letters says which letters a word has, to pass over words that cannot be meant.
func letters(s string) uint64 {
	var set uint64
	for i := range len(s) {
		set |= 1 << (s[i] & 63)
	}
	return set
}
