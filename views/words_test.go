package views

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestEveryReasonHasASentence(t *testing.T) {
	want := map[string][]string{
		"email":    {"empty", "too_long", "no_at", "quoted", "ip_literal", "non_ascii_local", "bad_domain", "bad_characters", "credentials"},
		"password": {"empty", "too_short", "too_long", "common", "own_address", "brand", "bad_characters"},
		"code":     {"empty", "shape", "wrong", "expired", "used", "superseded", "exhausted"},
	}
	for field, reasons := range want {
		seen := map[string]string{}
		for _, reason := range append(reasons, "") {
			words := fieldErrorWords(FieldError{Field: field, Reason: reason, N: 4})
			if words == "" || strings.ContainsAny(words, "{}") {
				t.Errorf("%s %s: %q", field, reason, words)
			}
			if other, ok := seen[words]; ok {
				t.Errorf("%s: %s and %s say the same", field, reason, other)
			}
			seen[words] = reason
		}
		if got := fieldErrorWords(FieldError{Field: field, Reason: "never heard of"}); got == "" {
			t.Errorf("%s: an unknown reason says nothing", field)
		}
	}
	for _, slug := range []string{"signed_out", "account_made", "signed_in", "flow_lost", "session_ended", "taken"} {
		if b := banners[slug]; b.title == "" || b.body == "" {
			t.Errorf("no banner for %s", slug)
		}
	}
	for _, reason := range []string{"sign_in", "sign_up", "code_tries", "channel_off", "sends", "busy", "exhausted"} {
		if w, ok := waits[reason]; !ok || w.title == "" || w.why == "" || len(w.todo) == 0 {
			t.Errorf("no words for the wait %s", reason)
		}
	}
	for _, kind := range []string{"not_found", "forbidden", "method", "too_large", "bad_request", "conflict", "server", "busy", "too_many"} {
		if w, ok := problems[kind]; !ok || w.title == "" || w.lede == "" || w.notice == "" {
			t.Errorf("no words for the problem %s", kind)
		}
	}
	for _, d := range []Delivery{{State: "queued"}, {State: "accepted"}, {State: "delayed"}, {State: "refused", Reason: "no_mailbox"}, {State: "refused", Reason: "rejected"}, {State: "refused", Reason: "other"}, {State: "dropped"}} {
		if deliveryWords(d) == "" || lateWords(d) == "" {
			t.Errorf("no words for the delivery %+v", d)
		}
	}
}

func TestNumbersPickTheirSentence(t *testing.T) {
	cases := []struct{ got, want string }{
		{fieldErrorWords(FieldError{Field: "code", Reason: "wrong", N: 1}), "That code is not right. Check the latest message, or send another code. You have 1 try left."},
		{fieldErrorWords(FieldError{Field: "code", Reason: "wrong", N: 4}), "That code is not right. Check the latest message, or send another code. You have 4 tries left."},
		{fieldErrorWords(FieldError{Field: "code", Reason: "shape", N: 6}), "The code must be 6 numbers"},
		{fieldErrorWords(FieldError{Field: "code", Reason: "empty", N: 6}), "Enter the 6-digit code"},
		{passwordHint(12), "At least 12 characters. A few random words work well. You can paste."},
		{askAgain.of(time.Second), "You can ask again in 1 second"},
		{askAgain.of(23*time.Second + 400*time.Millisecond), "You can ask again in 24 seconds"},
		{askAgain.of(2 * time.Minute), "You can ask again in 120 seconds"},
		{askAgain.of(2*time.Minute + time.Second), "You can ask again in 3 minutes"},
		{askAgain.of(3 * time.Hour), "You can ask again in 3 hours"},
		{tryAgain.of(13*time.Minute + 5*time.Second), "You can try again in 14 minutes, at {time}."},
		{tryAgain.of(13*time.Minute + time.Millisecond), "You can try again in 14 minutes, at {time}."},
		{tryAgain.of(0), "You can try again in 1 second, at {time}."},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// The sentence under the label is true at whatever moment the page is rendered.
func TestCodeHintSaysWhatIsLeft(t *testing.T) {
	now := time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)
	cases := []struct {
		left time.Duration
		want string
	}{
		{10 * time.Minute, "It can take a few minutes. The code works for 10 minutes."},
		{10*time.Minute - 40*time.Millisecond, "It can take a few minutes. The code works for 10 minutes."},
		{9*time.Minute + 50*time.Second, "It can take a few minutes. The code works for 9 more minutes."},
		{6 * time.Minute, "It can take a few minutes. The code works for 6 more minutes."},
		{61 * time.Second, "It can take a few minutes. The code works for 1 more minute."},
		{50 * time.Second, "The code works for less than a minute."},
	}
	for _, c := range cases {
		if got := codeHint(Code{Now: now, ExpiresAt: now.Add(c.left), Life: 10 * time.Minute}); got != c.want {
			t.Errorf("%s left: %q, want %q", c.left, got, c.want)
		}
	}
}

func TestPiecesOfASentence(t *testing.T) {
	got := strings.Join(pieces("To {address} at {time}. Done"), "|")
	if got != "To |{address}| at |{time}|. Done" {
		t.Error(got)
	}
}

// The product speaks of itself only, and in plain words.
func TestWordsNameNobodyElse(t *testing.T) {
	// The names are cut in two, so that this file does not hold them either.
	names := []string{"net" + "flix", "goo" + "gle", "gm" + "ail", "app" + "le", "micro" + "soft", "out" + "look", "ya" + "hoo", "ama" + "zon", "dis" + "ney", "hu" + "lu", "hb" + "o", "face" + "book", "twi" + "lio", "spot" + "ify", "you" + "tube", "gov" + "\\.uk", "login" + "\\.gov"}
	foreign := regexp.MustCompile(`(?i)\b(` + strings.Join(names, "|") + `)\b`)
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		body, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if found := foreign.FindString(string(body)); found != "" {
			t.Errorf("%s names %q", f.Name(), found)
		}
		if strings.Contains(strings.ToLower(string(body)), "oo"+"ps") {
			t.Errorf("%s is not calm", f.Name())
		}
	}
}

// A sentence stands in words.go or help_words.go, where it can be translated.
func TestTemplatesHoldNoSentences(t *testing.T) {
	text := regexp.MustCompile(`>\s*[A-Za-z][a-z]+[^<{}]*<`)
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".templ") {
			continue
		}
		body, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(body), "\n") {
			if found := text.FindString(line); found != "" {
				t.Errorf("%s: %s", f.Name(), found)
			}
		}
	}
}
