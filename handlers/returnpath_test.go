package handlers

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// browserHost is where a browser goes from a page of https://here.example, by
// the rules of the URL standard that matter for a way out: white space around
// it and tabs and line ends inside it are dropped, a backslash is a slash, and
// two slashes at the beginning are another host.
func browserHost(location string) string {
	s := strings.TrimFunc(location, func(r rune) bool { return r <= ' ' })
	s = strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(s)
	if colon := strings.IndexByte(s, ':'); colon > 0 && !strings.ContainsAny(s[:colon], "/?#") {
		return "another scheme"
	}
	if rest, other := strings.CutPrefix(s, "//"); other {
		host, _, _ := strings.Cut(strings.TrimLeft(rest, "/"), "/")
		return host
	}
	return "here.example"
}

func checkReturnPath(t *testing.T, raw string) {
	t.Helper()
	got := returnPath(raw)
	if got == "" {
		return
	}
	if got[0] != '/' || strings.HasPrefix(got, "//") {
		t.Errorf("%q gives %q, which does not begin with exactly one slash", raw, got)
	}
	if strings.ContainsFunc(got, func(r rune) bool {
		return r == '\\' || r == utf8.RuneError || unicode.IsControl(r) || unicode.IsSpace(r)
	}) {
		t.Errorf("%q gives %q, which holds what no path may", raw, got)
	}
	here := &url.URL{Scheme: "https", Host: "here.example", Path: "/sign-in"}
	there, err := here.Parse(got)
	if err != nil || there.Scheme != "https" || there.Host != "here.example" || there.User != nil {
		t.Errorf("%q gives %q, which leads to %v, %v", raw, got, there, err)
	}
	if host := browserHost(got); host != "here.example" {
		t.Errorf("%q gives %q, which a browser takes to %q", raw, got, host)
	}
	if again := returnPath(got); again != got && len(got) <= 512 {
		t.Errorf("%q gives %q, and that gives %q", raw, got, again)
	}
}

func TestReturnPath(t *testing.T) {
	for raw, want := range map[string]string{
		"/": "/", "/account": "/account", "/help?a=b&c=d": "/help?a=b&c=d", "/help#x": "/help", "/a//b": "/a//b", "/é": "/%C3%A9",
		"/%2f%2fevil.example": "/%2f%2fevil.example", "/..//evil.example": "/..//evil.example", "/a:b": "/a:b", "/@evil.example": "/@evil.example",
		"": "", "//evil.example": "", "/%2fevil.example/é": "", `/\evil.example`: "", "https:evil.example": "", "%2f%2fevil.example": "", "javascript:alert(1)": "",
		"/a\r\nb": "", "/\tx": "", " /x": "", "/x ": "", "account": "", "/%zz": "", "/?a=\xff": "", "/\xff": "", "/?a=\u202e": "/?a=\u202e",
	} {
		if got := returnPath(raw); got != want {
			t.Errorf("%q gives %q, not %q", raw, got, want)
		}
		checkReturnPath(t, raw)
	}
}

func FuzzReturnPath(f *testing.F) {
	for _, seed := range []string{
		"/account", "//evil.example", `/\evil`, "https:evil", "/%2f%2f", "/\r\nx", "javascript:alert(1)", "/a?b=c#d", "/..//e", "/%5cevil", "///", "/;/", "/?//", "/\u2028",
	} {
		f.Add(seed)
	}
	f.Fuzz(checkReturnPath)
}
