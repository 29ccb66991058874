package support

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
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
