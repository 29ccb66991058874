package handlers_test

import (
	"net/url"
	"strings"
)

func escaped(token string) string { return url.PathEscape(token) }

// badTokens are what may stand in the place of a token that is right.
func badTokens(token string) []string {
	return []string{
		"x", token[:95], token + "a", token[:95] + "q", strings.ToUpper(token), strings.Repeat("a", 96), strings.Repeat("p", 96), strings.Repeat("1", 96),
		strings.Repeat("a", 7000), "\x00", strings.Repeat("\x00", 96), token[:95] + "\x00", "\x00" + token[:95], token + "\x00", strings.Repeat("é", 48), strings.Repeat("é", 96), "🜁",
		"\xff\xfe", "../../account", "..", "../undo/" + token, "//evil.example", `\evil`, "a/b", "?x=1", "#x", " ", token + " ", " " + token, "\r\nSet-Cookie: session=x",
		`"` + token + `"`, token + ";", "' OR 1=1 --", "%", "%00", "%2500", "<script>alert(1)</script>", "{{.}}", token[32:] + token[:32], token[:32] + strings.Repeat("a", 64),
	}
}
