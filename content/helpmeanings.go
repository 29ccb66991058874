package content

import (
	"slices"
	"strings"
	"sync"
)

// phrase is some terms in a row, and the term they stand for.
type phrase struct {
	words []string
	term  string
}

// thesaurus is what same and near say.
type thesaurus struct {
	terms   map[string]string   // by stem
	phrases map[string][]phrase // by the first word, the longer ones first
	near    map[string][]string
	words   []string // as people type them
}

// meanings reads the two tables, with the first help centre.
var meanings = sync.OnceValue(func() thesaurus {
	t := thesaurus{terms: map[string]string{}, phrases: map[string][]phrase{}, near: map[string][]string{}}
	type entry struct{ term, text string }
	var entries []entry
	for line := range strings.SplitSeq(same, "\n") {
		head, rest, _ := strings.Cut(line, ":")
		term := stem(strings.ReplaceAll(head, " ", ""))
		for text := range strings.SplitSeq(head+";"+rest, ";") {
			if words := strings.Fields(text); len(words) == 1 {
				t.words = append(t.words, words[0])
				t.terms[stem(words[0])] = term
			} else {
				entries = append(entries, entry{term, text})
			}
		}
	}
	for _, e := range entries {
		if words := t.read(e.text); len(words) > 1 {
			t.phrases[words[0]] = append(t.phrases[words[0]], phrase{words, e.term})
		}
	}
	for _, list := range t.phrases {
		slices.SortStableFunc(list, func(a, b phrase) int { return len(b.words) - len(a.words) })
	}
	for line := range strings.SplitSeq(near, "\n") {
		terms := t.read(line)
		for i, term := range terms {
			t.near[term] = slices.Concat(t.near[term], terms[:i], terms[i+1:])
		}
	}
	return t
})

// read turns words of the tables into terms.
func (t *thesaurus) read(text string) []string {
	terms := strings.Fields(text)
	t.words = append(t.words, terms...)
	for i, w := range terms {
		terms[i] = t.term(stem(w))
	}
	return terms
}

// term gives what a single word stands for.
func (t *thesaurus) term(stem string) string {
	if term, ok := t.terms[stem]; ok {
		return term
	}
	return stem
}

// phraseAt gives what the longest phrase that begins here stands for, and how
// many words it takes.
func (t *thesaurus) phraseAt(terms []string) (term string, taken int) {
	return longest(t.phrases[terms[0]], terms)
}

func longest(phrases []phrase, terms []string) (term string, taken int) {
	for _, p := range phrases {
		if n := p.match(terms); n > 0 {
			return p.term, n
		}
	}
	return "", 0
}

// match says how many words the phrase takes, 0 if it does not begin here. Small
// words may stand inside of it: 'turn it on'.
func (p phrase) match(terms []string) int {
	at := 0
	for i, term := range terms {
		switch {
		case term == p.words[at]:
			if at++; at == len(p.words) {
				return i + 1
			}
		case at == 0 || !smallWords[term]:
			return 0
		}
	}
	return 0
}

func set(words string) map[string]bool {
	s := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		s[w] = true
	}
	return s
}
