package support

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"admitone/models"
)

// talk is one conversation in a random script, with what was surely said in it.
type talk struct {
	visitor Visitor
	id      string
	said    []string // by the visitor and staff
	notes   []string
}

// Whatever people do in whatever order: a conversation's numbers have no gap,
// nothing is doubled or lost, its order is the one it was said in, no note leaves
// the console, and nobody gets into another's.
func TestRandomConversations(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		done := map[string]int{}
		for seed := range uint64(4) {
			h.randomTalks(t, seed, done)
		}
		// A script that never gets anywhere proves nothing.
		for _, act := range []string{"say", "again", "reply", "note", "join", "transfer", "back", "leave", "extend", "end", "wrap", "quiet", "mail", "foreign", "sign in"} {
			if done[act] == 0 {
				t.Errorf("%q never happened: %v", act, done)
			}
		}
	})
}

func (h *house) randomTalks(t *testing.T, seed uint64, done map[string]int) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 7))
	agents := []models.Client{
		h.staff(t, fmt.Sprintf("ada%d@example.com", seed), "Ada"), h.staff(t, fmt.Sprintf("bo%d@example.com", seed), "Bo"),
	}
	member := h.signUp(t, fmt.Sprintf("mara%d@example.com", seed))
	h.messages(t)
	talks := make([]*talk, 4)
	for i := range talks {
		v, id := h.chat(t, here())
		talks[i] = &talk{visitor: v, id: id, said: []string{"visitor: hello"}}
	}
	for step := range 250 {
		k := talks[random.IntN(len(talks))]
		h.forward(time.Duration(random.IntN(60)) * time.Second)
		if name := h.randomAct(t, random, k, talks, agents, member, fmt.Sprintf("s%d-%d", seed, step)); name != "" {
			done[name]++
		}
	}
	h.renewed(t, agents[0])
	for _, k := range talks {
		h.compare(t, k, agents[0])
	}
	for _, m := range h.messages(t) {
		if strings.Contains(m.Body, "note ") || strings.Contains(m.What, "note ") {
			t.Errorf("a note in a mail: %+v", m)
		}
	}
}

// randomAct does one act and gives its name where it was done.
func (h *house) randomAct(t *testing.T, random *rand.Rand, k *talk, talks []*talk, agents []models.Client, member models.Client, text string) string {
	t.Helper()
	agent := agents[random.IntN(len(agents))]
	name, err := "", error(nil)
	switch random.IntN(22) {
	case 0, 1, 2, 3:
		name, text = "say", "says "+text
		if err = h.Chats.Say(ctx, k.visitor, k.id, text, strings.ReplaceAll(text, " ", "-")); err == nil {
			k.said = append(k.said, "visitor: "+text)
		}
	case 4:
		if n := len(k.said); n > 1 && strings.HasPrefix(k.said[n-1], "visitor: says") {
			name, text = "again", strings.TrimPrefix(k.said[n-1], "visitor: ")
			err = h.Chats.Say(ctx, k.visitor, k.id, text, strings.ReplaceAll(text, " ", "-"))
		}
	case 5, 6, 7, 8:
		name, text = "reply", "answers "+text
		if err = h.Chats.Reply(ctx, agent, k.id, text, strings.ReplaceAll(text, " ", "-")); err == nil {
			k.said = append(k.said, "staff: "+text)
		}
	case 9, 10:
		name, text = "note", "note "+text
		if err = h.Chats.Note(ctx, agent, k.id, text, strings.ReplaceAll(text, " ", "-")); err == nil {
			k.notes = append(k.notes, text)
		}
	case 11, 12:
		name, err = "join", h.Chats.Join(ctx, agent, k.id)
	case 13:
		name, err = "transfer", h.Chats.Transfer(ctx, agent, k.id, h.account(t, agents[random.IntN(len(agents))]))
	case 14:
		name, err = "back", h.Chats.Transfer(ctx, agent, k.id, "")
	case 15:
		name, err = "leave", h.Chats.Leave(ctx, k.visitor, k.id, "guest@example.org")
	case 16:
		name, err = "extend", h.Chats.Extend(ctx, k.visitor, k.id)
	case 17:
		if random.IntN(8) == 0 {
			name, err = "end", h.Chats.End(ctx, k.visitor, k.id)
		}
	case 18:
		if random.IntN(8) == 0 {
			name, err = "wrap", h.Chats.Wrap(ctx, agent, k.id, "advice")
		}
	case 19:
		if random.IntN(3) == 0 {
			h.forward(time.Duration(random.IntN(12)) * time.Minute)
		}
		h.renewed(t, agents[0])
		name, err = "quiet", h.core.quiet(ctx)
	case 20:
		name = "mail"
		_, err = h.Chats.MailTranscript(ctx, k.visitor, k.id)
	case 21:
		h.foreign(t, k, talks)
		name = "foreign"
		if random.IntN(10) == 0 {
			k.visitor.Session, name = member.Session, "sign in"
		}
	}
	if err != nil {
		e, ok := err.(*models.Error)
		if !ok || e.Kind == models.NotProven {
			t.Fatalf("%s: %v", name, err)
		}
		return ""
	}
	return name
}

// foreign tries one visitor's cookie on the conversations of the others.
func (h *house) foreign(t *testing.T, k *talk, talks []*talk) {
	t.Helper()
	stranger := Visitor{Client: here(), Token: k.visitor.Token}
	for _, other := range talks {
		if other == k {
			continue
		}
		if _, err := h.Chats.Show(ctx, stranger, other.id, 0); !isKind(err, models.NotFound) {
			t.Errorf("shown to a stranger: %v", err)
		}
		if err := h.Chats.Say(ctx, stranger, other.id, "I am somebody else", ""); !isKind(err, models.NotFound) {
			t.Errorf("said by a stranger: %v", err)
		}
	}
}

// compare holds a conversation against what was said in it, on both sides.
func (h *house) compare(t *testing.T, k *talk, agent models.Client) {
	t.Helper()
	words := func(c Chat, authors ...string) (list []string) {
		for _, m := range c.Messages {
			if slices.Contains(authors, m.Author) {
				list = append(list, m.Author+": "+m.Text)
			}
		}
		return list
	}
	inside, outside := h.read(t, agent, k.id), h.shown(t, k.visitor, k.id)
	for i, m := range inside.Messages {
		if m.Seq != int64(i+1) {
			t.Fatalf("message %d has number %d", i+1, m.Seq)
		}
	}
	for side, c := range map[string]Chat{"staff": inside, "visitor": outside} {
		if got := words(c, "visitor", "staff"); !slices.Equal(got, k.said) {
			t.Errorf("%s: %q\nsaid: %q", side, got, k.said)
		}
	}
	notes := make([]string, len(k.notes))
	for i, n := range k.notes {
		notes[i] = "note: " + n
	}
	if got := words(inside, "note"); !slices.Equal(got, notes) && len(notes) > 0 {
		t.Errorf("%q\n%q", got, notes)
	}
	if strings.Contains(fmt.Sprintf("%+v", outside), "note ") || len(words(outside, "note")) > 0 {
		t.Errorf("a note is shown to the visitor: %+v", outside)
	}
	// Piece by piece it is the same as at once.
	var pieces []Said
	for after := int64(0); ; {
		c, err := h.Chats.Show(ctx, k.visitor, k.id, after)
		must(t, err)
		if len(c.Messages) == 0 {
			break
		}
		pieces = append(pieces, c.Messages[0])
		after = c.Messages[0].Seq
	}
	if !slices.Equal(pieces, outside.Messages) {
		t.Error("read one by one it is another conversation")
	}
}
