package content

import (
	"strings"
	"unicode/utf8"
)

// The GSM 7 bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1 and 6.2.1.1), without the escape and the
// page break. One character of any other alphabet makes the whole text a longer, dearer one.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = `^{}\[~]|€` // each is an escape and a character: two septets
)

// septets is how much room s takes in a text. ok is false where it has a character that a text cannot carry: foreign.
func septets(s string) (n int, foreign rune, ok bool) {
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			return 0, r, false
		case strings.ContainsRune(gsmBasic, r):
			n++
		case strings.ContainsRune(gsmExtension, r):
			n += 2
		default:
			return 0, r, false
		}
	}
	return n, 0, true
}
