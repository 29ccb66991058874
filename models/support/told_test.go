package support

import (
	"testing"
	"time"

	"admitone/models"
)

// Halves that are sent one after the other are a whole, whoever sends them.
func TestCodeInPieces(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines := h.staff(t, "ines@example.com", "Ines")
		v, id := h.chat(t, here())
		must(t, h.Chats.Join(ctx, ines, id))
		for name, say := range map[string]func(string) error{
			"say":   func(text string) error { return h.Chats.Say(ctx, v, id, text, "") },
			"reply": func(text string) error { return h.Chats.Reply(ctx, ines, id, text, "") },
			"note":  func(text string) error { return h.Chats.Note(ctx, ines, id, text, "") },
		} {
			must(t, say("482"))
			refused(t, say("913"), models.Invalid, "looks_like_code")
			must(t, say("one moment"))
			refused(t, say("9 1 3"), models.Invalid, "looks_like_code")
			must(t, say("I am 43"))
			for _, digit := range []string{"4", "8", "2", "9", "1"} {
				must(t, say(digit))
			}
			refused(t, say("3"), models.Invalid, "looks_like_code")
			if t.Failed() {
				t.Fatal(name)
			}
		}
		h.forward(10 * time.Minute)
		must(t, h.Chats.Say(ctx, v, id, "3", ""))
	})
}

func TestInPieces(t *testing.T) {
	for _, row := range []struct {
		before []string
		text   string
		want   bool
	}{
		{nil, "482", false},
		{[]string{"482"}, "913", true},
		{[]string{"482", "wait"}, "91O", true},
		{[]string{"482"}, "and 913", false},
		{[]string{"since 2025", "482"}, "91", false},
		{[]string{"48", "29"}, "13", true},
		{[]string{"4829"}, "1356", true},
		{[]string{"2025"}, "2026", false},
		{[]string{"12:30"}, "20:14", false},
		{[]string{"0664"}, "1234567", false},
		{[]string{"KX4"}, "207", false},
	} {
		if got := inPieces(row.before, read(row.text)); got != row.want {
			t.Errorf("%q, %q: %v", row.before, row.text, got)
		}
	}
}
