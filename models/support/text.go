package support

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxText = 4000 // characters of a message
	maxName = 40
)

// cleanText makes a message storable and says what is wrong with it, "" for
// nothing: a slug. Markup stays: it is only text.
func cleanText(typed string) (text, reason string) {
	if len(typed) > utf8.UTFMax*maxText {
		return "", "too_long"
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(typed, "\r\n", "\n"), "\uFFFD"))
	switch {
	case strings.TrimSpace(text) == "":
		return "", "required"
	case utf8.RuneCountInString(text) > maxText:
		return "", "too_long"
	case LooksLikeCode(text):
		return "", "looks_like_code"
	}
	return text, ""
}

// cleanName keeps one line of a name. What looks like a code is no name.
func cleanName(typed string) string {
	if len(typed) > 1024 || LooksLikeCode(typed) {
		return ""
	}
	name := []rune(strings.Join(strings.FieldsFunc(strings.ToValidUTF8(typed, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " "))
	return string(name[:min(len(name), maxName)])
}

// once is the mark of one message of one form: the form's nonce, by whom it was
// sent, and what it said. A form that is sent twice gives one message; a form that
// comes back with other words (the back button) gives another.
func once(author, nonce, text string) string {
	if nonce == "" || len(nonce) > 64 || strings.ContainsFunc(nonce, func(r rune) bool { return r < '!' || r > '~' }) {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return author + " " + nonce + " " + hex.EncodeToString(sum[:8])
}

// LooksLikeCode says whether a text seems to hold a verification code or a service
// code, which nobody may send to anybody. The rule, on the text with all digits
// folded to ASCII:
//
//   - Digits are read in runs: groups of digits with nothing but white space,
//     dashes or invisible characters between them. A run whose digits make 6 or 8,
//     a group of exactly 6 or 8, or a run of equal groups (3 and 3, 4 and 4, again
//     and again) looks like a code.
//   - A group beside a point, comma, colon or slash and another digit is part of a
//     time, a price, a date or a network address, and joins no run; alone it looks
//     like a code only if it has 6 or 8 digits and no decimals.
//   - Single digits, six or eight in a row with whatever marks between, do too.
//   - Not so: a number with a leading + and 9 digits or more (a phone); two years;
//     a date in groups; an amount beside a currency; what follows 'order',
//     'invoice', 'ticket' and the like; digits glued to a letter before them; and
//     what is inside a web address.
//   - Two consonants, a digit and three digits, as KX4-207, is a service code.
func LooksLikeCode(text string) bool {
	folded := foldDigits(webAddress.ReplaceAllString(norm.NFKC.String(text), "x"))
	if serviceCode.MatchString(strings.ToUpper(folded)) || singles(folded) {
		return true
	}
	for _, run := range runsOf(folded) {
		if run.isCode(folded) {
			return true
		}
	}
	return false
}

var (
	webAddress  = regexp.MustCompile(`https?://[^\s]+`)
	serviceCode = regexp.MustCompile(`(?:^|[^\pL\pN])(?:[B-DF-HJ-NP-TV-XZ]{2}[0-9](?: ?- ?| )?[0-9]{3}|[B-DF-HJ-NP-TV-XZ] [B-DF-HJ-NP-TV-XZ] [0-9](?: ?- ?| )[0-9] ?[0-9] ?[0-9])(?:[^\pL\pN]|$)`)
	oneDigit    = regexp.MustCompile(`(?:^|[^\pL\pN])[0-9](?:[^\pL\pN]{1,3}[0-9]){5,}(?:[^\pL\pN]|$)`)
	afterOrder  = regexp.MustCompile(`(?i)\b(?:order|invoice|ticket|booking|receipt|reference|ref|case|customer|transaction)(?:s|[ -]?(?:number|no|nr|id))?\.?(?: (?:is|was))?[ :#-]*$`)
	currency    = regexp.MustCompile(`(?i)^ ?(?:\p{Sc}|(?:eur|usd|gbp|chf|jpy|inr|euros?|dollars?|pounds?|yen|francs?|rupees?|cents?)\b)`)
	currencyFor = regexp.MustCompile(`(?i)(?:\p{Sc}|\b(?:eur|usd|gbp|chf|jpy|inr|rs\.?)) ?$`)
)

// foldDigits writes every decimal digit in ASCII, a plain dash for all dashes and
// a plain space for all white space, and drops what cannot be seen.
func foldDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < utf8.RuneSelf && r >= ' ':
			return r
		case unicode.IsDigit(r):
			return '0' + digitValue(r)
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Pd, r), r == '\u2212':
			return '-'
		case unicode.Is(unicode.Cf, r), unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}

// digitValue is what a decimal digit stands for: each script's ten follow each
// other, and every range of the table begins with a zero.
func digitValue(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}

// singles finds six or eight digits that are spelled out one by one: '4, 8, 2 ...'.
func singles(folded string) bool {
	for _, m := range oneDigit.FindAllString(folded, -1) {
		n := 0
		for i := range len(m) {
			if isDigit(m[i]) {
				n++
			}
		}
		if n == 6 || n == 8 {
			return true
		}
	}
	return false
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// group is an unbroken row of digits, at from and to its end.
type group struct {
	from, to int
	part     bool // of a time, a price, a date or an address
}

func (g group) len() int { return g.to - g.from }

// run is groups with nothing but separators between.
type run []group

func runsOf(s string) (runs []run) {
	for at := 0; at < len(s); {
		if !isDigit(s[at]) {
			at++
			continue
		}
		g := group{from: at}
		for at < len(s) && isDigit(s[at]) {
			at++
		}
		g.to = at
		g.part = joint(s, g.from-1, -1) || joint(s, g.to, +1)
		if n := len(runs); n > 0 && !g.part {
			last := runs[n-1][len(runs[n-1])-1]
			if !last.part && strings.Trim(s[last.to:g.from], " -()") == "" {
				runs[n-1] = append(runs[n-1], g)
				continue
			}
		}
		runs = append(runs, run{g})
	}
	return runs
}

// joint says whether a mark at a place ties a number to another one beyond it.
func joint(s string, at, way int) bool {
	return at > 0 && at < len(s)-1 && strings.IndexByte(".,:/'", s[at]) >= 0 && isDigit(s[at+way]) && isDigit(s[at-way])
}

func (r run) isCode(s string) bool {
	before, after := s[:r[0].from], s[r[len(r)-1].to:]
	digits, whole := 0, false
	for _, g := range r {
		digits += g.len()
		whole = whole || g.len() == 6 || g.len() == 8
	}
	if !whole && digits != 6 && digits != 8 && !r.equal() {
		return false
	}
	if r[0].part && decimals(s, r[0]) {
		return false
	}
	switch {
	case digits >= 9 && strings.HasSuffix(strings.TrimRight(before, " ("), "+"),
		r.years(s), r.date(s),
		currencyFor.MatchString(tail(before)), currency.MatchString(after),
		afterOrder.MatchString(tail(before)), glued(before):
		return false
	}
	return true
}

// equal says whether a run repeats the shape of a code: 3 and 3, or 4 and 4.
func (r run) equal() bool {
	n := r[0].len()
	return len(r)%2 == 0 && (n == 3 || n == 4) && !slices.ContainsFunc(r, func(g group) bool { return g.len() != n })
}

// decimals says whether a group is an amount or stands in a longer number.
func decimals(s string, g group) bool {
	if joint(s, g.from-1, -1) {
		return true
	}
	n := 0
	for at := g.to + 1; at < len(s) && isDigit(s[at]); at++ {
		n++
	}
	return n == 1 || n == 2
}

func number(s string, g group) int {
	n := 0
	for _, b := range []byte(s[g.from:g.to]) {
		n = min(n*10+int(b-'0'), 1e9)
	}
	return n
}

func isYear(s string, g group) bool {
	n := number(s, g)
	return g.len() == 4 && n >= 1900 && n < 2100
}

// years are two of them: '2025-2026'.
func (r run) years(s string) bool {
	return len(r) == 2 && isYear(s, r[0]) && isYear(s, r[1])
}

// date is one in three groups: '22 11 2026', '2026-11-22', or '22-11-26' with
// dashes.
func (r run) date(s string) bool {
	if len(r) != 3 {
		return false
	}
	day := func(g group) bool { n := number(s, g); return g.len() <= 2 && n >= 1 && n <= 31 }
	month := func(g group) bool { return day(g) && number(s, g) <= 12 }
	pair := func(a, b group) bool { return day(a) && day(b) && (month(a) || month(b)) }
	dashed := s[r[0].to:r[1].from] == "-" && s[r[1].to:r[2].from] == "-"
	switch {
	case isYear(s, r[0]):
		return pair(r[1], r[2])
	case isYear(s, r[2]):
		return pair(r[0], r[1])
	}
	return dashed && r[2].len() == 2 && pair(r[0], r[1])
}

// codeWords are what people glue to a code.
var codeWords = []string{"code", "pin", "otp", "is", "it", "my"}

// glued says whether a number hangs on a few letters, as in 'AB123456'.
func glued(before string) bool {
	at := len(before)
	for at > 0 && (before[at-1]|0x20 >= 'a' && before[at-1]|0x20 <= 'z') {
		at--
	}
	if r, _ := utf8.DecodeLastRuneInString(before[:at]); at > 0 && unicode.IsLetter(r) {
		return false // of another script: no number of ours hangs on it
	}
	n := len(before) - at
	return n > 0 && n <= 4 && !slices.Contains(codeWords, strings.ToLower(before[at:]))
}

// tail is the end of a text, which is all that says what a number is.
func tail(s string) string {
	if len(s) <= 48 {
		return s
	}
	return strings.ToValidUTF8(s[len(s)-48:], "")
}
