package delivery

import (
	"strings"
	"testing"
	"time"

	"admitone/models"
	"admitone/models/internal/db"
)

// What support writes goes out whole, as text; an answer to it reaches the desk
// where there is an address, and no other mail invites one.
func TestSupportMails(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	w := h.worker(h.peer.smtp(TLSNone))
	w.ReplyTo, w.LegalName = "help@example.com", "Small House Media Ltd."
	stop := h.run(w)
	defer stop()
	said := strings.Repeat("You 20:33: <b>My code</b> did not arrive. Größe & 😀 "+strings.Repeat("long ", 400)+"\n", 50) + "Ines 20:34: Look in spam first."
	for _, c := range []struct {
		mail  models.Mail
		reply string
		says  []string
	}{
		{models.Mail{Kind: models.KindSupportReply, What: "Ines", Body: "Look in spam first.\nThen ask again."}, "<help@example.com>", []string{"Answer from Ines\n", "> Look in spam first.\n> Then ask again.\n", "answer this mail"}},
		{models.Mail{Kind: models.KindChatTranscript, Body: said}, "", []string{"> " + strings.ReplaceAll(strings.ReplaceAll(said, " \n", "\n"), "\n", "\n> ") + "\n"}},
		{models.Mail{Kind: models.KindCallBack, What: "moved", HoldsAt: time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)}, "", []string{"We will call you at 08:30 (UTC), 23 November 2026."}},
	} {
		c.mail.To = "ada@mail.example"
		h.m.Lend(func(d *db.DB, p models.Parts) {
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return p.Mail(tx, c.mail) }); err != nil {
				t.Fatal(err)
			}
		})
		got := h.peer.next()
		m := open(t, got.raw)
		if got.to != c.mail.To || m.header.Get("Reply-To") != c.reply || m.header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%s to %s: answers go to %q", c.mail.Kind, got.to, m.header.Get("Reply-To"))
		}
		for _, want := range append(c.says, "Admit One is a service of Small House Media Ltd.\n") {
			if !strings.Contains(m.text, want) {
				t.Errorf("%s lacks %.200q: %.400q", c.mail.Kind, want, m.text)
			}
		}
		if strings.Contains(m.html, "<b>My code") {
			t.Errorf("%s: markup came through", c.mail.Kind)
		}
	}
}
