package delivery

import (
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var everyReason = []string{NoMailbox, NoNumber, Rejected, Deferred, Unreachable, Auth, NotFrom, TextsOff, TooLate, Fault}

// keepable says whether words can be kept and shown: one line, not long, nobody's
// address and no code.
func keepable(t *testing.T, said, kept, code string) {
	t.Helper()
	switch {
	case !utf8.ValidString(kept) || utf8.RuneCountInString(kept) > mostDetail || strings.TrimSpace(kept) != kept:
		t.Errorf("%q is kept as %q", said, kept)
	case strings.ContainsFunc(kept, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r != ' ' && unicode.IsSpace(r)
	}):
		t.Errorf("%q is kept as %q, which is not one plain line", said, kept)
	case anAddress.MatchString(kept):
		t.Errorf("%q is kept as %q, with an address", said, kept)
	case strings.Contains(kept, code):
		t.Errorf("%q is kept as %q, with the code", said, kept)
	}
}

// Whatever a mail server says, a reason of ours comes of it, and words that can be
// kept. A 4xx is never for good, and neither is what was said before the recipient was named.
func FuzzServersWords(f *testing.F) {
	for _, s := range []string{
		"5.1.1 <ada.l+x@mail.example>: no such user", "5.7.1 subject '482913 is your code' refused", "4.7.0 later", "a\x1b[31mb\u202ec", "482\u200b913", "a@b@c",
		"48a@b2913", "482913@x", "a@482913", strings.Repeat("\u00fc", 198) + "a@b", "\xff\xff", "",
	} {
		for at := connecting; at <= sending; at++ {
			f.Add(550, s, int(at))
		}
	}
	f.Add(421, "too busy", int(askingMailbox))
	f.Fuzz(func(t *testing.T, code int, words string, at int) {
		at = (at%5 + 5) % 5
		got := classify(t.Context(), stage(at), &textproto.Error{Code: code, Msg: words})
		if !slices.Contains(everyReason, got.Reason) || got.Permanent && (code/100 != 5 || stage(at) <= askingSender) {
			t.Errorf("%d %q at %d is %+v", code, words, at, got)
		}
		if got.Permanent != (got.Reason == NoMailbox || got.Reason == Rejected) {
			t.Errorf("%d %q at %d is %+v", code, words, at, got)
		}
		keepable(t, words, scrub(words, "482913"), "482913")
	})
}

// Whatever a gateway answers, also where it repeats what it was sent, a reason of ours
// comes of it, and words that can be kept: no number, no code, no secret.
func FuzzGatewaysAnswer(f *testing.F) {
	const secret = "hun-ter\"2"
	var gateways []*Gateway
	for _, s := range []SMS{
		{URL: "https://gateway.example.com/", Body: `{"to":"{to}","text":"{text}","key":"{password}"}`, User: "u", Password: secret},
		{Preset: PresetKannel, URL: "http://127.0.0.1:13013/", User: "u", Password: secret, From: "AdmitOne"},
		{Preset: PresetTwilio, User: "AC1", Password: secret, From: "AdmitOne"},
	} {
		g, err := NewGateway(s)
		if err != nil {
			f.Fatal(err)
		}
		gateways = append(gateways, g)
	}
	for _, s := range []string{
		"", "0: Accepted for delivery", "3: Queued for later", "Not routable. Do not try again.", `{"status":"queued"}`, `{"code":21211,"message":"+43 664 123 45 67 is no number","status":400}`,
		`{"code":"x"}`, `{"status":[]}`, "482\u200b913", "4\t8\t2\t9\t1\t3", "a@b.example", strings.Repeat("1", 300), secret, "<p>", "from 203.0.113.70", "48.29.1.3", "43.66.41.234",
	} {
		f.Add(400, s, "")
		f.Add(200, "<", s+">")
	}
	f.Fuzz(func(t *testing.T, status int, before, after string) {
		text := aText()
		for _, g := range gateways {
			for _, sent := range []string{"", text.Words, text.To, secret, quoted(secret), percent(secret)} {
				a := answer{status, before + sent + after}
				got := g.refused(a)
				if !slices.Contains(everyReason, got.Reason) || got.Permanent != (got.Reason == NoNumber || got.Reason == Rejected) {
					t.Errorf("%+v is %+v", a, got)
				}
				for _, said := range []string{g.accepted(a), got.Detail} {
					kept := g.scrub(said, text)
					keepable(t, said, kept, text.Code)
					for _, number := range longNumber.FindAllString(kept, -1) {
						if !ofMachine(number, text) {
							t.Errorf("%q is kept as %q", said, kept)
						}
					}
					if strings.Contains(kept, secret) {
						t.Errorf("%q is kept as %q", said, kept)
					}
				}
			}
		}
	})
}
