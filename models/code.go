package models

import (
	"crypto/subtle"
	"fmt"
	"strings"
	"unicode"
)

// maxTyped bounds what is read of a code field, in bytes. It is roomy: people
// paste whole messages.
const maxTyped = 1024

// NormaliseCode reads a code out of what people type or paste: '123 456',
// '123-456', full-width and other decimal digits, '123456 is your code'. It
// gives the digits, or a slug: "empty", or "shape" where no group of the right
// length is there. Either way nothing has been compared and no try is spent.
func NormaliseCode(typed string, digits int) (code, reason string) {
	if len(typed) > maxTyped {
		return "", "shape"
	}
	folded, anything := foldDigits(typed)
	if !anything {
		return "", "empty"
	}
	groups := strings.Fields(folded)
	if whole := strings.Join(groups, ""); len(whole) == digits {
		return whole, ""
	}
	// A pasted message holds other numbers too, and a text has the code twice.
	// Only an unbroken group is taken, and only when there is no other such
	// group: read, never guessed.
	found := ""
	for _, g := range groups {
		if len(g) != digits {
			continue
		}
		if found != "" && found != g {
			return "", "shape"
		}
		found = g
	}
	if found == "" {
		return "", "shape"
	}
	return found, ""
}

// zeros are the first of the ten digits of the scripts that keyboards type
// besides ASCII: Arabic-Indic, Persian, Devanagari, full-width.
var zeros = []rune{0x0660, 0x06F0, 0x0966, 0xFF10}

// foldDigits turns digits into ASCII, drops what may stand between them and
// leaves a space for everything else. anything is false where there was
// nothing but white space.
func foldDigits(s string) (folded string, anything bool) {
	var b strings.Builder
	for _, r := range s {
		switch d := asciiDigit(r); {
		case d != 0:
			b.WriteByte(d)
			anything = true
		case isSeparator(r):
			anything = anything || unicode.Is(unicode.Pd, r)
		default:
			b.WriteByte(' ')
			anything = true
		}
	}
	return b.String(), anything
}

func asciiDigit(r rune) byte {
	if r >= '0' && r <= '9' {
		return byte(r)
	}
	for _, zero := range zeros {
		if r >= zero && r <= zero+9 {
			return byte('0' + r - zero)
		}
	}
	return 0
}

// isSeparator says whether a rune may stand inside a code: white space, any
// dash, and what cannot be seen. A full stop may not: it would turn a network
// address in a pasted mail into digits of a code's length.
func isSeparator(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) ||
		unicode.IsControl(r) || r == '\u2212'
}

// sameCode compares in constant time (ASVS v5.0.0-11.2.4).
func sameCode(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// formatCode keeps leading zeros.
func formatCode(n uint64, digits int) string {
	mod := uint64(1)
	for range digits {
		mod *= 10
	}
	return fmt.Sprintf("%0*d", digits, n%mod)
}
