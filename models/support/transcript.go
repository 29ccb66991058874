package support

import (
	"context"
	"strings"
	"time"

	"admitone/models"

	"gorm.io/gorm"
)

// MailTranscript sends what was said to the account's main address, masked. A
// NotFound error where nobody is signed in: we mail no texts of strangers to
// addresses that nobody has proven.
func (c *Chats) MailTranscript(ctx context.Context, v Visitor, id string) (masked string, err error) {
	err = c.visit(ctx, v, id, func(t *turn, _ who) error {
		if t.AccountID == nil {
			return notFound("account")
		}
		if err := c.count(t.tx, "transcripts", "transcripts of "+id, models.Limit{N: transcripts, Per: transcriptDay}); err != nil {
			return err
		}
		lines, err := said(t.tx.DB, id, 0, "author IN ('visitor', 'staff')")
		if err != nil {
			return err
		}
		if masked, err = mainAddress(t.tx.DB, *t.AccountID); err != nil {
			return err
		}
		err = c.Mail(t.tx, models.Mail{
			Kind: models.KindChatTranscript, Account: *t.AccountID, Body: transcript(lines, zoneOf(c.Desk())), Client: v.Client,
		})
		if err != nil {
			return err
		}
		t.say(byEvent, "", "mailed", "")
		return nil
	})
	return masked, err
}

// transcript writes lines as a mail shows them, a day's first one with its date.
func transcript(lines []Said, z *time.Location) string {
	var b strings.Builder
	day := ""
	for _, l := range lines {
		at := l.At.In(z)
		if d := at.Format("2 January 2006 (MST)"); d != day {
			day = d
			b.WriteString(d + "\n")
		}
		name := l.Name
		if l.Author == byVisitor {
			name = "You"
		}
		// The next lines of a message are set in, so that none looks like another's.
		b.WriteString(name + " " + at.Format("15:04") + ": " + strings.ReplaceAll(l.Text, "\n", "\n    ") + "\n")
	}
	return b.String()
}

// mainAddress is where mail to an account goes, masked.
func mainAddress(g *gorm.DB, account string) (masked string, err error) {
	var shown string
	err = g.Raw("SELECT shown FROM identifiers WHERE account_id = ? AND is_primary", account).Scan(&shown).Error
	return models.MaskEmail(shown), err
}
