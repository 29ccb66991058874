package support

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"admitone/models"
)

func TestVotes(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines := h.staff(t, "ines@example.com", "Ines")
		vote := func(c models.Client, article string, helpful bool) string {
			t.Helper()
			id, err := h.Readers.Vote(ctx, c, article, helpful)
			must(t, err)
			return id
		}
		for _, wrong := range []string{"", "No Code", "../x", strings.Repeat("a", 65), "\x00"} {
			_, err := h.Readers.Vote(ctx, here(), wrong, true)
			refused(t, err, models.NotFound, "article")
		}
		id := vote(browser(1), "no-code", false)
		if vote(browser(1), "no-code", true) != "" {
			t.Error("one address votes twice a day")
		}
		for i := range 25 {
			if kept := vote(browser(1), fmt.Sprint("a-", i), true) != ""; kept != (i < 18) { // the refused one above was counted too
				t.Errorf("vote %d: %v", i, kept)
			}
		}
		for i := range 7 {
			other := vote(browser(2+i), "no-code", i == 0)
			must(t, h.Readers.Words(ctx, other, fmt.Sprint("words ", i)))
			h.forward(time.Minute)
		}
		must(t, h.Readers.Words(ctx, id, "I looked <b>for</b> this"))
		must(t, h.Readers.Words(ctx, id, "and again")) // it is said once
		must(t, h.Readers.Words(ctx, "", "nobody"))
		must(t, h.Readers.Words(ctx, "\x00", "nobody"))
		must(t, h.Readers.Words(ctx, id, " "))
		refused(t, h.Readers.Words(ctx, id, strings.Repeat("a", 1001)), models.Invalid, "too_long")
		refused(t, h.Readers.Words(ctx, id, strings.Repeat("a", 100<<10)), models.Invalid, "too_long")
		refused(t, h.Readers.Words(ctx, id, "482 913"), models.Invalid, "looks_like_code")
		late := vote(here(), "late-code", false)
		h.forward(time.Hour)
		must(t, h.Readers.Words(ctx, late, "too late"))

		f, err := h.Figures(ctx, ines)
		must(t, err)
		if a := f.Articles[0]; a.Article != "no-code" || a.Yes != 1 || a.No != 7 || !slices.Equal(a.Words, []string{"words 6", "words 5", "words 4", "words 3", "words 2"}) {
			t.Errorf("%+v", a)
		}
		if a := f.Articles[1]; a.Article != "late-code" || a.No != 1 || len(a.Words) != 0 {
			t.Errorf("%+v", a)
		}
		h.forward(367 * 24 * time.Hour)
		must(t, h.Support.Sweep(ctx))
		if n := h.count(t, "SELECT count(*) FROM votes"); n != 0 {
			t.Errorf("%d", n)
		}
	})
}

func TestFoundNothing(t *testing.T) {
	for typed, want := range map[string]string{
		"  Passkeys\n on TV ":           "passkeys on tv",
		"482913":                        "",
		"code 482 913":                  "code",
		"mara@example.com":              "",
		"where is mara@example.com now": "where is now",
		"mara\uff20example.com":         "",
		"!?":                            "",
		"\xff\x00":                      "",
		"\u0664\u0668 hello":            "hello",
		strings.Repeat("ab ", 1000):     strings.TrimSpace(strings.Repeat("ab ", 20)),
		"\u00c9T\u00c9 " + "x":          "\u00e9t\u00e9 x",
	} {
		if got := withoutPeople(typed); got != want {
			t.Errorf("%.30q: %q", typed, got)
		}
	}
	engines(t, func(t *testing.T, h *house) {
		ines := h.staff(t, "ines@example.com", "Ines")
		for range 12 {
			must(t, h.Readers.FoundNothing(ctx, browser(1), "Passkeys"))
		}
		must(t, h.Readers.FoundNothing(ctx, browser(2), "passkeys "))
		must(t, h.Readers.FoundNothing(ctx, browser(2), "mara@example.com"))
		f, err := h.Figures(ctx, ines)
		if err != nil || len(f.Missed) != 1 || f.Missed[0].Query != "passkeys" || f.Missed[0].Times != 11 { // ten of the one address, one of the other
			t.Errorf("%+v, %v", f.Missed, err)
		}
		h.forward(2 * time.Minute)
		for i := range missesMinute + 40 {
			must(t, h.Readers.FoundNothing(ctx, here(), "q"+strings.Repeat("x", i%50)))
		}
		if n := h.count(t, "SELECT sum(times) FROM missed_searches"); n != 11+missesMinute {
			t.Errorf("%d", n)
		}
		h.forward(91 * 24 * time.Hour)
		must(t, h.Support.Sweep(ctx))
		if n := h.count(t, "SELECT count(*) FROM missed_searches"); n != 0 {
			t.Errorf("%d", n)
		}
	})
}

func TestFigures(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines := h.staff(t, "ines@example.com", "Ines")
		if w, err := h.Support.Wait(ctx); err != nil || w != (Wait{}) {
			t.Errorf("%+v, %v", w, err)
		}
		var ids []string
		for range 4 {
			_, id := h.chat(t, here())
			ids = append(ids, id)
		}
		h.forward(time.Minute)
		if w, err := h.Support.Wait(ctx); err != nil || w.Waiting != 4 || w.Staffed {
			t.Errorf("%+v, %v", w, err)
		}
		for _, id := range ids[:3] {
			must(t, h.Chats.Join(ctx, ines, id))
			must(t, h.Chats.Reply(ctx, ines, id, "hi", ""))
			h.forward(time.Minute)
		}
		must(t, h.Chats.Wrap(ctx, ines, ids[0], "solved"))
		h.forward(10 * time.Minute)
		f, err := h.Figures(ctx, ines)
		if err != nil || f.Chats != 4 || f.Ended != 1 || f.MedianWait != 2*time.Minute || f.LongestWait != 3*time.Minute || len(f.Unanswered) != 1 || f.Unanswered[0].ID != ids[3] || !f.Unanswered[0].Late {
			t.Errorf("%+v, %v", f, err)
		}
		must(t, h.Chats.Note(ctx, ines, ids[3], "later", ""))
		w, err := h.Support.Wait(ctx)
		if err != nil || w.Waiting != 1 || w.Typical != 2*time.Minute || !w.Staffed {
			t.Errorf("%+v, %v", w, err)
		}
		// It is kept for a moment; then nobody has been at the console for long.
		h.forward(3 * time.Minute)
		if w, err := h.Support.Wait(ctx); err != nil || w.Staffed {
			t.Errorf("%+v, %v", w, err)
		}
		_, cancel := h.Chats.WatchQueue(h.account(t, ines))
		h.forward(time.Minute)
		if w, err := h.Support.Wait(ctx); err != nil || !w.Staffed {
			t.Errorf("%+v, %v", w, err)
		}
		// What this process knows of them, the others are told.
		must(t, h.Support.round(ctx))
		cancel()
		cancel()
		h.forward(time.Minute)
		if w, err := h.Support.Wait(ctx); err != nil || !w.Staffed {
			t.Errorf("%+v, %v", w, err)
		}
		h.forward(7 * 24 * time.Hour)
		if f, err := h.Figures(ctx, h.staff(t, "omar@example.com", "Omar")); err != nil || f.Chats != 0 || f.MedianWait != 0 {
			t.Errorf("%+v, %v", f, err)
		}
	})
}
