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
		"email":            {"empty", "too_long", "no_at", "quoted", "ip_literal", "fixed", "non_ascii_local", "bad_domain", "bad_characters", "credentials", "same"},
		"password":         {"empty", "too_short", "too_long", "common", "own_address", "brand", "bad_characters"},
		"current_password": {"empty", "wrong"},
		"new_password":     {"empty", "too_short", "too_long", "common", "own_address", "brand", "bad_characters", "same"},
		"two_step":         {"empty"},
		"phone":            {"empty", "not_a_number", "type", "landline", "country", "same", "texts_off", "purse"},
		"way":              {"empty"},
		"name":             {"empty", "too_long", "bad_characters"},

		"code": {"empty", "shape", "wrong", "expired", "used", "superseded", "exhausted"},
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
	for _, slug := range []string{"signed_out", "account_made", "signed_in", "flow_lost", "session_ended", "taken", "password_changed", "password_reset", "two_step_saved", "two_step_off", "device_renamed", "device_signed_out", "device_untrusted", "signed_out_everywhere", "reauth_needed", "email_changed", "email_added", "email_main", "email_removed", "email_cancelled", "phone_added", "phone_removed", "channel_saved", "undone", "change_waiting", "closing", "closing_cancelled", "email_taken_late"} {
		if b := banners[slug]; b.title == "" || b.body == "" {
			t.Errorf("no banner for %s", slug)
		}
	}
	for _, reason := range []string{"sign_in", "sign_up", "password", "reset", "reset_tries", "code_tries", "password_off", "digits_off", "channel_off", "sends", "changes", "busy", "slow", "exhausted"} {
		if w, ok := waits[reason]; !ok || w.title == "" || w.why == "" || len(w.todo) == 0 {
			t.Errorf("no words for the wait %s", reason)
		}
	}
	for _, kind := range []string{"not_found", "forbidden", "method", "too_large", "bad_request", "conflict", "server", "away", "busy", "too_many"} {
		if w, ok := problems[kind]; !ok || w.title == "" || w.lede == "" || w.notice == "" {
			t.Errorf("no words for the problem %s", kind)
		}
	}
	for _, d := range []Delivery{{State: "queued"}, {State: "accepted"}, {State: "delayed"}, {State: "refused", Reason: "no_mailbox"}, {State: "refused", Reason: "rejected"}, {State: "refused", Reason: "other"}, {State: "dropped"}} {
		if c := (Code{Delivery: d}); deliveryWords(c) == "" || lateWords(c) == "" {
			t.Errorf("no words for the delivery %+v", d)
		}
	}
	said := map[string]bool{}
	for _, d := range textDeliveries {
		words := deliveryWords(Code{Channel: "sms", Delivery: d})
		if words == "" || said[words] {
			t.Errorf("of a text: %q for the delivery %+v", words, d)
		}
		said[words] = true
	}
	for _, slug := range strings.Fields("mail_refused phone_missing") {
		if n := nudges[slug]; n.title == "" || n.body == "" {
			t.Errorf("no words for the nudge %s", slug)
		}
	}
	for _, slug := range strings.Fields("password two_step email email_main email_second email_removed phone phone_removed channel email_changed email_added phone_added") {
		if w, ok := changes[slug]; !ok || w.name == "" || w.done == "" {
			t.Errorf("no words for the change %s", slug)
		}
	}
	kinds := strings.Fields("sign_up_code sign_in_code step_up_code reset_code email_code phone_code undo_code sign_up_existing email_taken new_device sign_in_refused sign_in_unusual too_many_tries session_moved codes_braked password_changed two_step_on two_step_off signed_out_everywhere email_changed email_added email_removed phone_added phone_removed change_waiting change_stopped undone closing closing_cancelled")
	for _, kind := range kinds {
		if k, ok := notMeKinds[kind]; !ok || k.what == "" || k.code != strings.HasSuffix(kind, "_code") {
			t.Errorf("no words for the message %s", kind)
		}
	}
	if len(kinds) != len(notMeKinds) {
		t.Errorf("%d kinds of messages, words for %d", len(kinds), len(notMeKinds))
	}
}

// textDeliveries is every state of a text on its way.
var textDeliveries = []Delivery{
	{State: "queued"},
	{State: "accepted"},
	{State: "delayed"},
	{State: "delivered"},
	{State: "undelivered"},
	{State: "dropped"},
	{State: "refused"},
	{State: "refused", Reason: "no_number"},
	{State: "refused", Reason: "texts_off"},
	{State: "refused", Reason: "rejected"},
}

func TestNumbersPickTheirSentence(t *testing.T) {
	cases := []struct{ got, want string }{
		{fieldErrorWords(FieldError{Field: "code", Reason: "wrong", N: 1}), "That code is not right. Check the latest message, or send another code. You have 1 try left."},
		{fieldErrorWords(FieldError{Field: "code", Reason: "wrong", N: 4}), "That code is not right. Check the latest message, or send another code. You have 4 tries left."},
		{fieldErrorWords(FieldError{Field: "code", Reason: "shape", N: 6}), "The code must be 6 numbers"},
		{fieldErrorWords(FieldError{Field: "code", Reason: "empty", N: 6}), "Enter the 6-digit code"},
		{sessionCount(1), "Only the session you are using now is signed in."},
		{sessionCount(4), "4 sessions are signed in, the one you are using now included."},
		{deviceCount(1), "1 device"},
		{fieldErrorWords(FieldError{Field: "email", Reason: "credentials"}), "The email or password is not right. Check both, or reset your password."},
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

func TestEveryActivityHasWords(t *testing.T) {
	kinds := strings.Fields("sign_up sign_in sign_in_known sign_in_refused wrong_password code_asked wrong_code tries_used_up sign_out signed_out_device signed_out_everywhere session_moved password_changed password_reset reset_asked step_up two_step_on two_step_every_time two_step_off device_renamed device_unknown device_untrusted sign_up_tried email_change_asked email_changed email_added email_removed email_cancelled phone_added phone_removed channel_changed change_waiting change_stopped undone not_me muted codes_braked closing closing_cancelled step_up_password staff_created staff_unlocked staff_signed_out staff_role staff_resent staff_reset service_code_used link_followed")
	seen := map[string]string{}
	for _, kind := range append(kinds, "") {
		w := Activity{Kind: kind}.said().words
		if other, ok := seen[w]; ok || w == "" {
			t.Errorf("%s and %s say %q", kind, other, w)
		}
		seen[w] = kind
	}
	if len(kinds) != len(activities) {
		t.Errorf("%d kinds, words for %d", len(kinds), len(activities))
	}
}

func TestActsOfSupportNameWhoDidThem(t *testing.T) {
	for want, a := range map[string]Activity{
		"Support (Ines) sent your code again. asked on the phone": {Kind: "staff_resent", Agent: "Ines", Detail: "asked on the phone"},
		"Support signed out all devices. lost phone":              {Kind: "staff_signed_out", Agent: "Support", Detail: "lost phone"},
		"The people who run this site lifted a wait. ":            {Kind: "staff_unlocked", Detail: "not said"},
	} {
		if got := a.said().words + ". " + a.reason(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for kind := range supportActs {
		if activities[kind].words == "" {
			t.Errorf("%s has no words without a name", kind)
		}
	}
}

func TestLatelyNamesTheDay(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	now := time.Date(2026, 3, 1, 0, 10, 0, 0, zone)
	for want, ago := range map[string]time.Duration{
		"Today, 00:05 CET": 5 * time.Minute, "Yesterday, 23:40 CET": 30 * time.Minute, "27 February 2026, 23:40 CET": 24*time.Hour + 30*time.Minute,
	} {
		if got := latelyWords(now.Add(-ago), now); got != want {
			t.Errorf("%s ago: %q, want %q", ago, got, want)
		}
	}
	if got := latelyWords(now, time.Time{}); got != "1 March 2026, 00:10 CET" {
		t.Error(got)
	}
}

func TestWaitsDifferByFlow(t *testing.T) {
	if a, b := waitFor("exhausted", "/sign-in"), waitFor("exhausted", "/reset"); a.why == b.why || strings.Contains(strings.Join(b.todo, " "), "know your password") {
		t.Error("used-up tries of a reset are told as those of a sign-in")
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

// A sentence stands in words.go or a file that ends in _words.go, where it can be translated.
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
