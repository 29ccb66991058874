package models

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// startPhone asks for a number and gives the code that it was texted.
func (h *house) startPhone(t testing.TB, c Client, number string) (code string) {
	t.Helper()
	s, err := h.Accounts.StartPhone(ctx, number, false, c)
	if err != nil || s.Outcome != CodeSent {
		t.Fatalf("start of %s: %+v, %v", number, s, err)
	}
	code, _ = h.Outbox.Code(pick(t, h.messages(t), KindPhoneCode, number))
	return code
}

// newPhone confirms a number and gives the messages that tell of it.
func (h *house) newPhone(t testing.TB, c Client, number string) []Message {
	t.Helper()
	code := h.startPhone(t, c, number)
	a, err := h.Accounts.AnswerProof(PurposePhone)(ctx, code, "", Ticks{}, c)
	if err != nil || a.Outcome != Accepted {
		t.Fatalf("%s: %+v, %v", number, a, err)
	}
	return h.messages(t)
}

func TestParsePhone(t *testing.T) {
	countries := []string{"AT", "DE", "US", "GB"}
	for typed, want := range map[string]Phone{
		"+436641234567":                               {Value: "+436641234567", Country: "AT"},
		"00436641234567":                              {Value: "+436641234567", Country: "AT"},
		"0664 1234567":                                {Value: "+436641234567", Country: "AT"},
		"0664/123 45 67":                              {Value: "+436641234567", Country: "AT"},
		"(0664) 1234-567":                             {Value: "+436641234567", Country: "AT"},
		"+43 (0)664 1234567":                          {Value: "+436641234567", Country: "AT"},
		" +43.664.1234567\u00a0":                      {Value: "+436641234567", Country: "AT"},
		"+43\u2011664\u20111234567":                   {Value: "+436641234567", Country: "AT"},
		"\uff0b\uff14\uff13\uff16\uff16\uff141234567": {Value: "+436641234567", Country: "AT"},
		"+\u0664\u0663\u0666\u0666\u0664\u0661\u0662\u0663\u0664\u0665\u0666\u0667": {Value: "+436641234567", Country: "AT"},
		"tel:+43-664-1234567": {Value: "+436641234567", Country: "AT"},
		"+49 1512 3456789":    {Value: "+4915123456789", Country: "DE"},
		"0049 1512 3456789":   {Value: "+4915123456789", Country: "DE"},
		"+1 (202) 555-0156":   {Value: "+12025550156", Country: "US"},
		"+44 7400 123456":     {Value: "+447400123456", Country: "GB"},
		"+44 (0)7400 123456":  {Value: "+447400123456", Country: "GB"},
		"+43 1 5134567":       {Value: "+4315134567", Country: "AT", Landline: true},
		"01 5134567":          {Value: "+4315134567", Country: "AT", Landline: true},
		"+49 30 123456":       {Value: "+4930123456", Country: "DE", Landline: true},
		"+44 20 7946 0018":    {Value: "+442079460018", Country: "GB", Landline: true},
	} {
		if got, reason := ParsePhone(typed, countries); got != want || reason != "" {
			t.Errorf("%q: %+v, %q; want %+v", typed, got, reason, want)
		}
	}
	for typed, want := range map[string]string{
		"": "empty", " \t": "empty",
		"+43 900 123456": "type", "+43 930 123456": "type", // premium
		"+43 800 123456": "type", "+43 810 123456": "type", // toll-free, shared cost
		"+49 900 1234567": "type", "+49 800 1234567": "type", "+49 180 5123456": "type", "+49 137 1234567": "type", "+49 16412345": "type",
		"+1 900 555 0156": "type", "+1 800 234 5678": "type",
		"+44 909 012 3456": "type", "+44 800 123 4567": "type", "+44 843 123 4567": "type", "+44 7640 123456": "type",
		"+33 6 12 34 56 78": "country", "+41 78 123 45 67": "country", "+1 876 210 1234": "country", "+1 416 555 0156": "country", "+44 7797 712345": "country",
		"+800 1234 5678": "country", "+882 16 123456": "country", "+881 612 345678": "country", "+7 912 345-67-89": "country",
		"0": "not_a_number", "133": "not_a_number", "112": "not_a_number", "0664": "not_a_number", "+43": "not_a_number", "1110": "not_a_number", "+999 123456789": "not_a_number",
		"0664 123456789012345": "not_a_number", "mara@example.com": "not_a_number", "hello": "not_a_number", "+": "not_a_number", "-": "not_a_number",
		"0664 1234567 ext. 5": "not_a_number", "+436641234567;ext=5": "not_a_number", "+43 664 1234567 x12": "not_a_number",
		"+43664\x001234567": "not_a_number", "+436641234567\x00": "not_a_number", "+436641234567\n+436641234568": "not_a_number", "+43664\r1234567": "not_a_number",
		strings.Repeat("0", 65): "not_a_number", strings.Repeat("9", 1<<16): "not_a_number", "\xff\xfe": "not_a_number",
		"+436641234567, +436641234568": "not_a_number", "+436641234567/+436641234568": "not_a_number",
	} {
		if got, reason := ParsePhone(typed, countries); reason != want || got != (Phone{}) {
			t.Errorf("%.40q: %+v, %q; want %q", typed, got, reason, want)
		}
	}
	if _, reason := ParsePhone("+436641234567", nil); reason != "texts_off" {
		t.Errorf("without countries: %q", reason)
	}
	// A number without a country code is one of the first country.
	if got, _ := ParsePhone("030 123456", []string{"DE", "AT"}); got.Country != "DE" {
		t.Errorf("%+v", got)
	}
	if got, reason := ParsePhone("+436641234567", []string{"at"}); reason != "" || got.Country != "AT" {
		t.Errorf("a country in small letters: %+v, %q", got, reason)
	}
	if got := Mask(ChannelSMS, "+436641234567"); got != "number ending 67" {
		t.Errorf("%q", got)
	}
}

func FuzzParsePhone(f *testing.F) {
	for _, s := range []string{"+436641234567", "0664 1234567", "tel:+43-664-1234567;phone-context=+1", "+1 900 555 0156", "\x00", "+\u0664\u0663", "0664 1234567 ext 5", "1-800-FLOWERS"} {
		f.Add(s)
	}
	countries := []string{"AT", "DE", "US", "GB"}
	f.Fuzz(func(t *testing.T, typed string) {
		p, reason := ParsePhone(typed, countries)
		if (p == Phone{}) == (reason == "") {
			t.Fatalf("%q: %+v, %q", typed, p, reason)
		}
		if reason != "" {
			return
		}
		if len(p.Value) < 8 || len(p.Value) > 16 || p.Value[0] != '+' || strings.Trim(p.Value[1:], "0123456789") != "" {
			t.Fatalf("%q gave %q", typed, p.Value)
		}
		// What is stored reads as itself.
		if again, reason := ParsePhone(p.Value, countries); again != p || reason != "" {
			t.Fatalf("%q gave %+v, then %+v, %q", typed, p, again, reason)
		}
	})
}

func TestPhone(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		if s, err := h.Accounts.StartPhone(ctx, "0664 / 123 45 67", false, c); err != nil || s.Outcome != CodeSent {
			t.Fatalf("%+v, %v", s, err)
		}
		p, err := h.Accounts.PendingProof(PurposePhone)(ctx, c)
		if err != nil || p.Channel != ChannelSMS || p.Destination != "number ending 67" || p.Digits != 6 || len(p.Ways) != 0 {
			t.Errorf("%+v, %v", p, err)
		}
		m, code, _ := h.letter(t)
		if m.Kind != KindPhoneCode || m.Channel != ChannelSMS || m.Destination != "+436641234567" || m.Tag != p.Tag {
			t.Errorf("%+v", m)
		}
		if l := h.Outbox.Links(m); l.Report == "" || l.Undo != "" || l.Reset != "" {
			t.Errorf("%+v", l)
		}
		answer := h.Accounts.AnswerProof(PurposePhone)
		if a, err := answer(ctx, wrongCode(code), "", Ticks{}, c); err != nil || a.Outcome != Wrong || a.TriesLeft != 4 {
			t.Errorf("%+v, %v", a, err)
		}
		if o := h.overview(t, c); o.Phone.ID != "" || len(o.Ways) != 1 {
			t.Errorf("before the code: %+v", o)
		}
		if a, err := answer(ctx, code, "", Ticks{}, c); err != nil || a.Outcome != Accepted || a.Subject != ChangePhone || !a.HoldsAt.IsZero() {
			t.Fatalf("%+v, %v", a, err)
		}
		list := h.messages(t)
		mustTell(t, list, "phone_added +436641234567", "phone_added mara@example.com")
		if h.undoOf(pick(t, list, KindPhoneAdded, "mara@example.com")) == "" || h.undoOf(pick(t, list, KindPhoneAdded, "+436641234567")) != "" {
			t.Error("the address can take it back, and the new number cannot")
		}
		if m := pick(t, list, KindPhoneAdded, "mara@example.com"); m.What != "number ending 67" {
			t.Errorf("the notice names %q", m.What)
		}
		if o := h.overview(t, c); o.Phone.Address != "number ending 67" || len(o.Ways) != 2 {
			t.Errorf("%+v", o)
		}
		for _, same := range []string{"+436641234567", "0664 1234567"} {
			if _, err := h.Accounts.StartPhone(ctx, same, false, c); err == nil || err.(*Error).Reason != "same" {
				t.Errorf("the same number: %v", err)
			}
		}
		// Another number takes its place; both are told.
		mustTell(t, h.newPhone(t, c, "+4915123456789"), "phone_added +436641234567", "phone_added +4915123456789", "phone_added mara@example.com")
		if n := h.count(t, "SELECT count(*) FROM identifiers WHERE kind = 'phone'"); n != 1 {
			t.Errorf("%d numbers", n)
		}
		if ch, err := h.Accounts.RemovePhone(ctx, c); err != nil || ch.Outcome != Accepted {
			t.Fatalf("%+v, %v", ch, err)
		}
		mustTell(t, h.messages(t), "phone_removed +4915123456789", "phone_removed mara@example.com")
		if _, err := h.Accounts.RemovePhone(ctx, c); !isKind(err, NotFound) {
			t.Errorf("a second time: %v", err)
		}
	})
}

func TestPhoneRefusals(t *testing.T) {
	reasonOf := func(err error) string {
		if e, ok := err.(*Error); ok && e.Kind == Invalid && e.Field == "phone" {
			return e.Reason
		}
		return ""
	}
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		for typed, want := range map[string]string{"": "empty", "hello": "not_a_number", "+33612345678": "country", "+43900123456": "type", "+4315134567": "landline"} {
			if _, err := h.Accounts.StartPhone(ctx, typed, false, c); reasonOf(err) != want {
				t.Errorf("%q: %v", typed, err)
			}
		}
		if s, err := h.Accounts.StartPhone(ctx, "+4315134567", true, c); err != nil || s.Outcome != CodeSent {
			t.Errorf("a landline that is meant: %+v, %v", s, err)
		}
		if _, err := h.Accounts.StartPhone(ctx, "+43900123456", true, c); reasonOf(err) != "type" {
			t.Errorf("premium stays refused: %v", err)
		}
	})
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		if on, _ := h.Texts(); on {
			t.Error("texts are on without a gateway")
		}
		if _, err := h.Accounts.StartPhone(ctx, "+436641234567", false, c); reasonOf(err) != "texts_off" {
			t.Errorf("%v", err)
		}
		mustTell(t, h.messages(t))
	})
}

// A family shares one number: nobody signs in with it, and each proves it.
func TestSharedPhone(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		mara, tom := h.signUp(t, "mara@example.com"), h.signUp(t, "tom@example.com")
		h.messages(t)
		h.newPhone(t, mara, "+436641234567")
		h.newPhone(t, tom, "+436641234567")
		if h.overview(t, mara).Phone.ID == "" || h.overview(t, tom).Phone.ID == "" {
			t.Error("both have it")
		}
	})
}

// Texts cost money: half of what mails may, for the number, the account and
// whoever asks for it.
func TestTextBudgets(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newPhone(t, c, "+436641234567")
		for range 8 {
			if _, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", browser()); err != nil {
				t.Fatal(err)
			}
		}
		sent := map[string]int{}
		for _, m := range h.messages(t) {
			sent[m.Destination]++
		}
		if len(sent) != 2 || sent["+436641234567"] != 3 || sent["mara@example.com"] != 3 {
			t.Errorf("in ten minutes %v, want half of six as texts, and then mails", sent)
		}
	})
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		// One number, many accounts.
		sent := 0
		for i := range 5 {
			c := h.signUp(t, string(rune('a'+i))+"@example.com")
			s, err := h.Accounts.StartPhone(ctx, "+436641234567", false, c)
			if err != nil {
				t.Fatal(err)
			}
			if s.Outcome == CodeSent {
				sent++
			}
		}
		if sent != 3 {
			t.Errorf("a number that proved nothing got %d texts in ten minutes, want half of six", sent)
		}
		// Its owner's own codes have a budget apart.
		h.exec(t, "DELETE FROM spends WHERE key LIKE 'destinations %'") // of the five accounts' one address
		owner := h.signUp(t, "owner@example.com")
		h.messages(t)
		h.exec(t, `INSERT INTO identifiers (id, account_id, kind, value, shown, is_primary, created_at, verified_at)
			SELECT 'p', account_id, 'phone', '+436641234567', '+436641234567', ?, created_at, verified_at FROM identifiers WHERE value = 'owner@example.com'`, false)
		if h.overview(t, owner).Phone.ID == "" || h.opens(t, "owner@example.com", testPassword, browser()) != CodeSent {
			t.Error("strangers used up what the owner of the number may ask for")
		}
		// One account, many numbers.
		h.forward(time.Hour)
		c := h.signUp(t, "mara@example.com")
		sent = 0
		for i := range 6 {
			s, err := h.Accounts.StartPhone(ctx, "+43664123450"+string(rune('0'+i)), false, c)
			if err != nil {
				t.Fatal(err)
			}
			if s.Outcome == CodeSent {
				sent++
			}
		}
		if sent != 3 {
			t.Errorf("one account had %d numbers texted in ten minutes, want 3", sent)
		}
	})
}

// lines collects what is logged about the day's texts.
type lines struct {
	slog.Handler
	mu   sync.Mutex
	said []string
}

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }

func (l *lines) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if strings.Contains(r.Message, "texts") {
		l.said = append(l.said, r.Level.String()+" "+r.Message)
	}
	return nil
}

func (l *lines) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.said
	l.said = nil
	return out
}

// Past the day's purse no number is proven, codes go by mail, and the operator
// is told at four fifths and at the end, once a day each.
func TestPurse(t *testing.T) {
	log := &lines{Handler: slog.DiscardHandler}
	enginesWith(t, func(o *Options) {
		withTexts(o)
		o.Policy.DailyTexts = 10
		o.Policy.OwnerSends = Sends{20, 20, 40}
		o.Log = slog.New(log)
	}, func(t *testing.T, h *house) {
		log.take()
		c := h.signUp(t, "mara@example.com")
		h.newPhone(t, c, "+436641234567") // two texts: the code, and the notice
		for range 5 {
			h.startSignIn(t, "mara@example.com")
		}
		if said := log.take(); len(said) != 0 {
			t.Errorf("at 70 percent: %q", said)
		}
		h.startSignIn(t, "mara@example.com")
		h.startSignIn(t, "mara@example.com")
		h.startSignIn(t, "mara@example.com")
		if said := log.take(); len(said) != 1 || !strings.HasPrefix(said[0], "WARN") {
			t.Errorf("at 80 percent: %q", said)
		}
		h.messages(t)
		// All ten are spent: the next code goes by mail.
		h.startSignIn(t, "mara@example.com")
		if m, code, _ := h.letter(t); m.Channel != ChannelEmail || m.Destination != "mara@example.com" || code == "" {
			t.Errorf("%+v", m)
		}
		if said := log.take(); len(said) != 1 || !strings.HasPrefix(said[0], "ERROR") {
			t.Errorf("at 100 percent: %q", said)
		}
		if _, err := h.Accounts.StartPhone(ctx, "+4915123456789", false, c); err == nil || err.(*Error).Reason != "purse" {
			t.Errorf("one more number: %v", err)
		}
		// Notices go by mail alone, and are not lost.
		if _, err := h.Accounts.SetTwoStep(ctx, TwoStepEveryTime, c); err != nil {
			t.Fatal(err)
		}
		mustTell(t, h.messages(t), "two_step_on mara@example.com")
		if o := h.overview(t, c); len(o.Ways) != 1 || o.Phone.ID == "" {
			t.Errorf("%+v", o)
		}
		if said := log.take(); len(said) != 0 {
			t.Errorf("told again: %q", said)
		}
		h.forward(24 * time.Hour)
		h.startSignIn(t, "mara@example.com")
		if m, _, _ := h.letter(t); m.Channel != ChannelSMS {
			t.Errorf("the next day: %+v", m)
		}
	})
}

// The purse is a sliding day: near its end it goes up and down, and the operator
// is still told once of each step.
func TestPurseIsToldOnce(t *testing.T) {
	log := &lines{Handler: slog.DiscardHandler}
	enginesWith(t, func(o *Options) {
		withTexts(o)
		o.Policy.DailyTexts = 10
		o.Log = slog.New(log)
	}, func(t *testing.T, h *house) {
		log.take()
		h.forward(-20 * time.Hour) // the early morning
		for i := range 10 {
			h.exec(t, "INSERT INTO spends (key, at) VALUES ('purse', ?)", h.now().Add(time.Duration(i)*time.Minute))
		}
		h.forward(24*time.Hour - time.Second)
		for range 5 {
			for range 2 {
				if _, err := h.core.canText(h.core.db.Read(ctx), h.core.db.Now(), 1); err != nil {
					t.Fatal(err)
				}
				h.forward(30 * time.Second)
			}
			h.exec(t, "INSERT INTO spends (key, at) VALUES ('purse', ?)", h.core.db.Now())
		}
		counts := map[string]int{}
		for _, s := range log.take() {
			counts[s]++
		}
		for s, n := range counts {
			if n != 1 {
				t.Errorf("said %d times in one day: %s", n, s)
			}
		}
	})
}

// A text that was under way when the purse was spent is asked for by mail at once.
func TestAnotherWayPastThePurse(t *testing.T) {
	enginesWith(t, func(o *Options) {
		withTexts(o)
		o.Policy.DailyTexts = 4
	}, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newPhone(t, c, "+436641234567")
		h.startSignIn(t, "mara@example.com")
		in := h.startSignIn(t, "mara@example.com")
		_ = h.messages(t)
		p, err := h.SignIns.Pending(ctx, in)
		if err != nil || len(p.Ways) != 1 || p.Ways[0].Channel != ChannelEmail {
			t.Fatalf("%+v, %v", p, err)
		}
		if r, err := h.SignIns.Resend(ctx, "", p.Ways[0].ID, in); err != nil || r.Outcome != CodeSent {
			t.Fatalf("%+v, %v", r, err)
		}
		_, code, _ := h.letter(t)
		if a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, in); err != nil || a.Outcome != Accepted {
			t.Errorf("%+v, %v", a, err)
		}
	})
}
