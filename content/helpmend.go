package content

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

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
		d := Distance(runes, other, most)
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

// Distance counts the letters missing, too many, wrong or swapped with their
// neighbour between two words of at most MaxWord letters, up to most; beyond it is most+1.
func Distance(a, b []rune, most int) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > most {
		return most + 1
	}
	var rows [3][MaxWord + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		best := i
		for j := 1; j <= len(b); j++ {
			d := last[j-1]
			if a[i-1] != b[j-1] {
				d = min(d, last[j], row[j-1]) + 1
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					d = min(d, before[j-2]+1)
				}
			}
			row[j] = d
			best = min(best, d)
		}
		if best > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], most+1)
}
