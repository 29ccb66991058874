package support

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// LooksLikeCode says whether a text seems to hold a verification code or a service
// code, which nobody may send to anybody. It knows no code: it goes by the shape of
// the numbers, read with all digits folded to ASCII and all that cannot be seen
// left out. Web addresses, times of day and telephone numbers (which begin with a +
// or a 0 and have ten digits or more, or are announced as one) are left out first.
// Then
//
//   - a number of exactly 6 or 8 digits looks like a code, whatever stands before it;
//   - so do numbers with nothing but white space, dashes or brackets between them,
//     if they make 6 digits, or are two or three that make 8, or are all of 3 or all
//     of 4 and can be paired;
//   - and numbers with the same one or two marks between them, if they have the
//     shape of a code in groups: 3 and 3, 2 and 2 and 2, 4 and 4, or 8 in threes and
//     a two;
//   - and single digits, six or eight with up to three marks between them.
//
// Not so numbers in a row that are years, a date, round and rising ('100-200',
// '10, 20, 30'), full thousands ('100 000'), or counted by a unit ('123 456 km').
//
// Two consonants, a digit and three digits are a service code, with up to three
// marks anywhere between, but not with the only gap behind the letters ('TV 2160').
func LooksLikeCode(text string) bool { return read(text).looksLikeCode() }

// reading is a text in which signs that stand for the same are the same, and what
// cannot be seen, or only sits on another sign, is left out. Two readings with a
// space between them are the reading of both texts.
type reading string

func read(text string) reading { return reading(strings.Map(plainSign, norm.NFKC.String(text))) }

func (r reading) looksLikeCode() bool {
	plain := r.plain()
	if serviceCode.MatchString(consonants.Replace(strings.ToUpper(plain))) {
		return true
	}
	plain = webAddress.ReplaceAllString(plain, "x")
	letters := lettersForDigits(plain)
	return hasCode(plain) || letters != plain && hasCode(letters)
}

func hasCode(plain string) bool {
	plain = withoutPhones(withoutTimes(plain))
	if singles(plain) {
		return true
	}
	return slices.ContainsFunc(rowsOf(plain), row.isCode)
}

// digits are all digits of a text, as LooksLikeCode reads them.
func (r reading) digits() string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, lettersForDigits(r.plain()))
}

// isBare says whether a text is numbers and nothing else.
func (r reading) isBare() bool {
	plain := lettersForDigits(r.plain())
	return strings.ContainsAny(plain, "0123456789") && !strings.ContainsFunc(plain, unicode.IsLetter)
}

const (
	gap  = `[^\pL\pN]{0,3}`
	wide = `[^\pL\pN]{1,3}`
	two  = `(?:^|[^\pL\pN])[` + serviceLetters + `]` + gap + `[` + serviceLetters + `]`
	rest = gap + `[0-9]` + gap + `[0-9](?:[^\pL\pN]|$)`
	han  = `[\x{3007}\x{96F6}\x{4E00}\x{4E8C}\x{4E09}\x{56DB}\x{4E94}\x{516D}\x{4E03}\x{516B}\x{4E5D}]`

	phoneGap = ` ?[-/.] ?| ?\(0?\) ?| ?\(|\) ?[-/]? ?| `
)

var (
	webAddress  = regexp.MustCompile(`(?i)https?://(?:[\pL\pN-]+\.)+\pL{2,}(?:[:/?#]\S*)?`)
	serviceCode = regexp.MustCompile(two + `(?:[0-9]` + gap + `|` + wide + `[0-9]` + wide + `)[0-9]` + rest)
	oneDigit    = regexp.MustCompile(`(?:^|[^\pL\pN])[0-9](?:` + wide + `[0-9]){5,}(?:[^\pL\pN]|$)`)
	hanDigits   = regexp.MustCompile(han + `(?:` + gap + han + `){2,}`)
	likeDigits  = regexp.MustCompile(`[\pL\pN]+`)
	timeOfDay   = regexp.MustCompile(`(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?`)
	phoneNumber = regexp.MustCompile(`(?:\+ ?\(?[0-9]+|\b0[0-9]{2,4}|\(0[0-9]+)(?:(?:` + phoneGap + `)[0-9]+)+|\+[0-9]+`)
	phoneSaid   = regexp.MustCompile(`(?i)\b(?:(?:call|ring|phone|reach|text) (?:me|us) (?:on|at)|(?:phone|telephone|mobile|cell) (?:number|no\.?)(?: is)?|tel\.?|telephone):? ?(?:[0-9]{4}[ -][0-9]{4}|[0-9]{2,3}[ -][0-9]{2,3}[ -][0-9]{3})\b`)
	unit        = regexp.MustCompile(`(?i)^ ?(?:\p{Sc}|%|(?:km|kilomet(?:re|er)s?|met(?:re|er)s?|miles?|seconds?|secs?|minutes?|mins?|hours?|days?|weeks?|months?|years?|times|people|users|views|pixels|px|[km]bps|[kmg]b|bytes|eur|usd|gbp|chf|jpy|inr|euros?|dollars?|pounds?|yen|francs?|rupees?)\b)`)
)

// consonants writes the letters that look like those of a service code as these.
var consonants = strings.NewReplacer(
	"\u0392", "B", "\u0397", "H", "\u039a", "K", "\u039c", "M", "\u039d", "N", "\u03a1", "P", "\u03a4", "T", "\u03a7", "X", "\u0396", "Z", "\u03f9", "C", "\u037f", "J",
	"\u0412", "B", "\u041d", "H", "\u041a", "K", "\u041c", "M", "\u0420", "P", "\u0421", "C", "\u0422", "T", "\u0425", "X", "\u0408", "J", "\u0405", "S", "\u051a", "Q", "\u051c", "W",
)

// plainSign writes every digit in ASCII, a plain dash for all dashes and a plain
// space for all white space; -1 drops a sign.
func plainSign(r rune) rune {
	switch {
	case r < utf8.RuneSelf && r >= ' ':
		return r
	case unicode.IsDigit(r):
		return '0' + digitValue(r)
	case unicode.IsSpace(r):
		return ' '
	case unicode.Is(unicode.Pd, r), r == '\u2212':
		return '-'
	case r == '\u00d7': // '1920 by 1080'
		return 'x'
	case unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Other_Default_Ignorable_Code_Point), unicode.IsControl(r), r == '\u2800':
		return -1
	}
	return oneOf(r)
}

// plain is the reading with Han digits in ASCII where three or more follow each
// other.
func (r reading) plain() string {
	return hanDigits.ReplaceAllStringFunc(string(r), func(digits string) string {
		return " " + strings.Map(func(r rune) rune {
			if i := slices.Index(hanValues, r); i >= 0 {
				return '0' + rune(i%10)
			}
			return r
		}, digits) + " "
	})
}

// hanValues are the digits from zero, and the other zero.
var hanValues = []rune("\u96f6\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u3007")

// oneOf is the digit that a sign stands for though it is none, such as one in a
// black circle; any other sign stays.
func oneOf(r rune) rune {
	switch r {
	case '\u24ff', '\U0001f10b', '\U0001f10c':
		return '0'
	}
	for _, one := range []rune{0x2776, 0x2780, 0x278a, 0x24f5, 0x1369, 0x3021} {
		if r >= one && r < one+9 {
			return '1' + r - one
		}
	}
	return r
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

// lettersForDigits reads an O as a zero, and an I or l as a one, in what else is
// only digits.
func lettersForDigits(plain string) string {
	return likeDigits.ReplaceAllStringFunc(plain, func(word string) string {
		if !strings.ContainsAny(word, "0123456789") {
			return word
		}
		read := strings.Map(func(r rune) rune {
			switch r {
			case 'O', 'o', '\u039f', '\u03bf', '\u041e', '\u043e':
				return '0'
			case 'I', 'l', '\u0399', '\u0406':
				return '1'
			}
			return r
		}, word)
		if strings.Trim(read, "0123456789") != "" {
			return word
		}
		return read
	})
}

// withoutTimes takes times of day out: '20:14', '20:14:07'.
func withoutTimes(s string) string {
	return without(timeOfDay, s, func(at, to int) bool {
		inside := at > 0 && isDigit(s[at-1]) || to < len(s) && isDigit(s[to])
		return !inside && !tied(s, at-1, -1) && !tied(s, to, +1)
	})
}

// withoutPhones takes telephone numbers out. A local one has eight digits as a code
// has, so it needs to be announced.
func withoutPhones(s string) string {
	s = phoneSaid.ReplaceAllString(s, "x")
	return without(phoneNumber, s, func(at, to int) bool {
		n := 0
		for _, b := range []byte(s[at:to]) {
			if isDigit(b) {
				n++
			}
		}
		return n >= 10 && n <= 15 || n == 9 && s[at] == '+'
	})
}

// without writes an x for what a pattern finds and a check agrees to.
func without(pattern *regexp.Regexp, s string, agreed func(at, to int) bool) string {
	var b strings.Builder
	last := 0
	for _, m := range pattern.FindAllStringIndex(s, -1) {
		if agreed(m[0], m[1]) {
			b.WriteString(s[last:m[0]] + " x ")
			last = m[1]
		}
	}
	return b.String() + s[last:]
}

// tied says whether a mark at a place, and nothing else, is between two digits.
func tied(s string, at, way int) bool {
	return at > 0 && at < len(s)-1 && strings.IndexByte(".,:/'", s[at]) >= 0 && isDigit(s[at+way]) && isDigit(s[at-way])
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// singles finds six or eight digits that are spelled out one by one: '4, 8, 2 ...'.
func singles(plain string) bool {
	for _, m := range oneDigit.FindAllString(plain, -1) {
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

// row is numbers with the same between them, and what follows the last one.
type row struct {
	numbers []string
	mark    string
	after   string
}

// The marks of what hardly parts two numbers: a dash, and else white space or
// brackets, however many.
const (
	dash = "-"
	soft = " "
)

func isSoft(mark string) bool { return mark == dash || mark == soft }

// rowsOf gives every number by itself, and every row that numbers make.
func rowsOf(s string) (rows []row) {
	var last row
	for at, end := 0, 0; at < len(s); {
		if !isDigit(s[at]) {
			at++
			continue
		}
		from, before := at, end
		for at < len(s) && isDigit(s[at]) {
			at++
		}
		end = at
		one := row{numbers: []string{s[from:end]}, after: s[end:]}
		rows = append(rows, one)
		mark := markOf(s, before, from)
		switch n := len(last.numbers); {
		case n == 0 || mark == "":
			rows, last = append(rows, last), one
			continue
		case n > 1 && isSoft(mark) && isSoft(last.mark):
			if mark != last.mark {
				mark = soft
			}
		case n > 1 && mark != last.mark:
			rows, last = append(rows, last), row{numbers: last.numbers[n-1:]}
		}
		last = row{numbers: append(last.numbers, one.numbers...), mark: mark, after: one.after}
	}
	return append(rows, last)
}

// markOf is what stands between a number and the next one, "" where too much does.
// A number that a mark ties to another is part of an amount or a date and goes
// softly with nothing.
func markOf(s string, end, next int) string {
	mark := strings.ReplaceAll(s[end:next], " ", "")
	switch {
	case strings.Trim(mark, "-()") == "":
		from, to := end, next
		for from > 0 && isDigit(s[from-1]) {
			from--
		}
		for to < len(s) && isDigit(s[to]) {
			to++
		}
		if tied(s, from-1, -1) || tied(s, to, +1) {
			return ""
		}
		if mark == dash {
			return dash
		}
		return soft
	case utf8.RuneCountInString(mark) > 2 || strings.ContainsFunc(mark, unicode.IsLetter):
		return ""
	}
	return mark
}

func (r row) isCode() bool {
	n := r.numbers
	if unit.MatchString(r.after) {
		last := len(n) - 1
		switch {
		case last < 1, thousands(n):
			return false
		case len(n[last]) <= 2: // '10 minutes' says nothing of what stands before it
			n = n[:last]
		}
	}
	digits := len(strings.Join(n, ""))
	if len(n) < 2 {
		return len(r.numbers) == 1 && (digits == 6 || digits == 8)
	}
	if years(n) || date(n, r.mark) || rising(n) || thousands(n) && n[len(n)-1] == "000" {
		return false
	}
	if isSoft(r.mark) {
		return digits == 6 || digits == 8 && len(n) <= 3 || paired(n)
	}
	return slices.Contains(groupings, sizes(n))
}

// groupings are the shapes of codes in groups.
var groupings = []string{"33", "222", "44", "332", "323", "233"}

func sizes(n []string) string {
	var b strings.Builder
	for _, x := range n {
		b.WriteString(strconv.Itoa(len(x)))
	}
	return b.String()
}

// paired says whether numbers repeat the shape of a code: 3 and 3, or 4 and 4.
func paired(n []string) bool {
	size := len(n[0])
	return len(n)%2 == 0 && (size == 3 || size == 4) && !slices.ContainsFunc(n, func(x string) bool { return len(x) != size })
}

// thousands says whether numbers are one in thousands: '123 456'.
func thousands(n []string) bool {
	return len(n[0]) <= 3 && n[0][0] != '0' && !slices.ContainsFunc(n[1:], func(x string) bool { return len(x) != 3 })
}

// value reads a short number.
func value(x string) int {
	if len(x) > 9 {
		return 1e9
	}
	n, _ := strconv.Atoi(x)
	return n
}

// rising says whether numbers are round and each more than the one before it.
func rising(n []string) bool {
	for i, x := range n {
		step := 10
		if len(x) > 2 {
			step = 50
		}
		if x[0] == '0' || value(x)%step != 0 || i > 0 && value(x) <= value(n[i-1]) {
			return false
		}
	}
	return true
}

func isYear(x string) bool { return len(x) == 4 && value(x) >= 1900 && value(x) < 2100 }

// years are several of them, or one and the next in short: '2025-26'.
func years(n []string) bool {
	if len(n) == 2 && isYear(n[0]) && len(n[1]) == 2 && value(n[1]) == (value(n[0])+1)%100 {
		return true
	}
	return !slices.ContainsFunc(n, func(x string) bool { return !isYear(x) })
}

// date is one in three groups: '22 11 2026', '2026-11-22', or with a mark
// '22-11-26'.
func date(n []string, mark string) bool {
	if len(n) != 3 {
		return false
	}
	day := func(x string) bool { return len(x) <= 2 && value(x) >= 1 && value(x) <= 31 }
	month := func(x string) bool { return day(x) && value(x) <= 12 }
	pair := func(a, b string) bool { return day(a) && day(b) && (month(a) || month(b)) }
	switch {
	case isYear(n[0]):
		return pair(n[1], n[2])
	case isYear(n[2]):
		return pair(n[0], n[1])
	}
	return strings.Contains("./-", mark) && len(n[2]) == 2 && pair(n[0], n[1])
}
