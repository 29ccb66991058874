package content

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

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
