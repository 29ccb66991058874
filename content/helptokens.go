package content

import (
	"unicode"
	"unicode/utf8"

	snowball "github.com/kljensen/snowball/english"
	"golang.org/x/text/unicode/norm"
)

// MaxWord is the longest word looked at, in bytes.
const MaxWord = 40

// token is one word of a text: folded, and where it stands.
type token struct {
	word       string
	start, end int
}

// tokens cuts a text into words of letters and digits. An apostrophe belongs to
// its word and is dropped: people leave it out.
func tokens(s string) []token { return appendTokens(nil, s) }

func appendTokens(found []token, s string) []token {
	var folded []byte
	for i := 0; i < len(s); {
		start, plain := i, true
		folded = folded[:0]
		for i < len(s) {
			if c := s[i]; 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
				folded = append(folded, c)
				i++
				continue
			}
			r, size := utf8.DecodeRuneInString(s[i:])
			if !inWord(r, s[i+size:], len(folded) > 0) {
				break
			}
			folded = fold(folded, r)
			plain = false
			i += size
		}
		switch {
		case len(folded) > 0 && len(folded) <= MaxWord && plain:
			found = append(found, token{s[start:i], start, i})
		case len(folded) > 0 && len(folded) <= MaxWord:
			found = append(found, token{string(folded), start, i})
		}
		if i < len(s) {
			_, size := utf8.DecodeRuneInString(s[i:])
			i += size
		}
	}
	return found
}

// inWord says whether r belongs to the word that is being read.
func inWord(r rune, after string, begun bool) bool {
	switch r {
	case '\'', '’', 'ʼ', '`', '´':
		next, _ := utf8.DecodeRuneInString(after)
		return begun && unicode.IsLetter(next)
	case '\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff': // not seen, and pasted along
		return begun
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || begun && unicode.Is(unicode.Mn, r)
}

// fold adds the plain letters of r: small, without marks, in their usual width.
func fold(to []byte, r rune) []byte {
	if 'A' <= r && r <= 'Z' {
		return append(to, byte(r)+'a'-'A')
	}
	for _, r := range norm.NFKD.String(string(r)) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			to = utf8.AppendRune(to, unicode.ToLower(r))
		}
	}
	return to
}

// stem is the part of a word that its forms share.
func stem(word string) string { return snowball.Stem(word, false) }
