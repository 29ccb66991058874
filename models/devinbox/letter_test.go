package devinbox

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestReadLetter(t *testing.T) {
	alternative := func(parts ...string) string {
		return letter("--b\r\n"+strings.Join(parts, "\r\n--b\r\n")+"\r\n--b--", "Subject: s", "MIME-Version: 1.0", `Content-Type: multipart/alternative; boundary="b"`)
	}
	for name, tc := range map[string]struct {
		source, subject, from, text, html string
		broken                            bool
	}{
		"quoted-printable": {
			source: letter("caf=C3=A9 soft=\r\n break", "Subject: s", "Content-Transfer-Encoding: quoted-printable", "Content-Type: text/plain; charset=utf-8"),
			text:   "café soft break\n", subject: "s",
		},
		"base64 in an old charset": {
			source: letter("Y2Fm6Q==", "Content-Transfer-Encoding: base64", "Content-Type: text/plain; charset=iso-8859-1"),
			text:   "café",
		},
		"encoded words": {
			source:  letter("x", "Subject: =?utf-8?B?WsO8cmljaA==?=\r\n =?utf-8?Q?_=F0=9F=8E=9F?=", "From: =?iso-8859-1?q?J=F6rg?= <j@example.com>"),
			subject: "Zürich 🎟", from: "Jörg <j@example.com>", text: "x\n",
		},
		"alternative": {
			source:  alternative("Content-Type: text/plain\r\n\r\nplain", "Content-Type: text/html\r\n\r\n<b>html</b>"),
			subject: "s", text: "plain", html: "<b>html</b>",
		},
		"attachments are not the letter": {
			source:  alternative("Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nno", "Content-Type: text/plain\r\n\r\nyes", "Content-Type: text/plain\r\n\r\nlate"),
			subject: "s", text: "yes",
		},
		"HTML alone":       {source: letter("<p>x</p>", "Content-Type: text/html"), html: "<p>x</p>\r\n"},
		"unknown charset":  {source: letter("x", "Content-Type: text/plain; charset=martian"), text: "x\n"},
		"unknown encoding": {source: letter("x", "Content-Transfer-Encoding: martian"), text: "x\n"},
		"bad bytes":        {source: letter("a\xffb", "Subject: a\xffb"), subject: "a\uFFFDb", text: "a\uFFFDb\n"},
		"an address list that is none": {
			source: letter("x", "From: @@ not an address"), from: "@@ not an address", text: "x\n",
		},
		"decoded line breaks": {
			source:  letter("x", "Subject: =?utf-8?q?a=0D=0AX-Evil:_1=1B[31m?=", "From: =?utf-8?q?a=0Ab?= <j@example.com>"),
			subject: "a  X-Evil: 1 [31m", from: "a b <j@example.com>", text: "x\n",
		},
		"bad base64":         {source: letter("!!!!", "Content-Transfer-Encoding: base64"), broken: true},
		"no boundary":        {source: letter("x", "Content-Type: multipart/mixed"), broken: true},
		"ends in the middle": {source: "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello", text: "hello", broken: true},
		"no header":          {source: "just words\r\n", broken: true},
		"empty":              {source: ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := readLetter([]byte(tc.source))
			if m.Subject != tc.subject || m.Text != tc.text || m.HTML != tc.html || m.From != tc.from {
				t.Errorf("subject %q, from %q, text %q, html %q", m.Subject, m.From, m.Text, m.HTML)
			}
			if m.Broken != tc.broken {
				t.Errorf("broken: %v", m.Broken)
			}
			if m.Source != tc.source || m.Channel != "email" {
				t.Errorf("channel %q, source %q", m.Channel, m.Source)
			}
		})
	}
}

func TestDeepNesting(t *testing.T) {
	var b strings.Builder
	for range 10_000 {
		b.WriteString("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n")
	}
	b.WriteString("\r\ndeep")
	if m := readLetter([]byte(b.String())); !m.Broken {
		t.Error("a letter nested ten thousand deep is not broken")
	}
}

func TestHeaders(t *testing.T) {
	for source, want := range map[string]string{
		"A: 1\r\nB: 2\r\n\r\nbody\r\n\r\nmore": "A: 1\r\nB: 2\n",
		"A: 1\n\nbody":                         "A: 1\n",
		"no end":                               "no end",
	} {
		if got := (Message{Source: source}).headers(); got != want {
			t.Errorf("%q: %q", source, got)
		}
	}
}

// Whatever comes over the wire is kept as it came, and what is shown of it is text: a
// line where there is one, and no link to anything but the web.
func FuzzReadLetter(f *testing.F) {
	for _, s := range []string{
		letter("x", "Subject: =?utf-8?q?a=0D=0AX-Evil:_1=1B[31m?=", "From: =?iso-8859-1?q?J=F6rg?= <j@example.com>"),
		letter("caf=C3=A9 soft=\r\n break", "Content-Transfer-Encoding: quoted-printable"), letter("Y2Fm6Q==", "Content-Transfer-Encoding: base64", "Content-Type: text/plain; charset=iso-8859-1"),
		letter("--b\r\nContent-Type: text/html\r\n\r\n<b>https://a.example/x).</b>\r\n--b\r\n\r\nplain\r\n--b--", "MIME-Version: 1.0", `Content-Type: multipart/alternative; boundary="b"`),
		letter("--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx", "Content-Type: multipart/mixed; boundary=b"), letter("x", "Content-Type: text/plain; charset=utf-7"),
		letter("http://a http://b.\x00", "From: @@"), "no header\r\n", "\n\n", "",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		m := readLetter(source)
		if m.Source != string(source) || m.Channel != channelEmail {
			t.Errorf("%q is kept as %q", source, m.Source)
		}
		for _, line := range []string{m.Subject, m.From} {
			if !utf8.ValidString(line) || strings.TrimSpace(line) != line || strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("%q shows the line %q", source, line)
			}
		}
		if !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML) {
			t.Errorf("%q shows %q and %q", source, m.Text, m.HTML)
		}
		if !strings.HasPrefix(m.Source, strings.TrimSuffix(m.headers(), "\n")) {
			t.Errorf("%q has the headers %q", source, m.headers())
		}
		whole := ""
		for _, run := range linkRuns(m.Text) {
			if whole += run.Text; run.Link != "" && (run.Link != run.Text || !strings.HasPrefix(run.Link, "http://") && !strings.HasPrefix(run.Link, "https://")) {
				t.Errorf("%q links %q to %q", source, run.Text, run.Link)
			}
		}
		if whole != m.Text {
			t.Errorf("%q became %q with its links", m.Text, whole)
		}
		if again := readLetter(source); again != m {
			t.Errorf("%q reads as %+v and as %+v", source, m, again)
		}
	})
}
