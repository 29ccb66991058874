package models

import (
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Customer is what staff may see of an account.
type Customer struct {
	Facts
	Locale     string
	Ways       []Way
	Deliveries []DeliveryTimeline // the newest first
}

// DeliveryTimeline is what became of one message, without any code.
type DeliveryTimeline struct {
	Kind, Channel, Masked, Tag string // the request tag, "" for a notice
	Purpose                    string
	AskedAt                    time.Time
	WrongTries, Tries          int
	Used                       bool
	Steps                      []DeliveryStep
}

// DeliveryStep is one line of a timeline.
type DeliveryStep struct {
	At     time.Time
	Step   string // queued, accepted, delayed, refused, dropped, delivered, undelivered
	Reason string
}

// shownDeliveries is how many messages staff see of an account, and shownFor how
// old they may be.
const (
	shownDeliveries = 10
	shownFor        = 24 * time.Hour
)

// Customer gives what may be seen of an account. NotFound; Conflict for one's own
// account, or a colleague's: what is in them is not for staff either.
func (a *Agents) Customer(ctx context.Context, c Client, account string) (out Customer, err error) {
	g, now := a.db.Read(ctx), a.db.Now()
	agent, _, err := a.agent(g, c, now)
	if err != nil {
		return out, err
	}
	who, err := a.customer(g, agent, account)
	if err != nil {
		return out, err
	}
	if out.Facts, err = (&Staff{a.core}).facts(ctx, account); err != nil {
		return out, err
	}
	for i := range out.Recent {
		out.Recent[i].Address = "" // from where a person came is not for staff
	}
	out.Locale = who.Locale
	ways, err := a.ways(g, account, now)
	if err != nil {
		return out, err
	}
	if out.Ways = others(ways, ""); len(out.Ways) > 0 {
		out.Ways[0].Now = true
	}
	out.Deliveries, err = a.deliveries(g, account, now)
	return out, err
}

// Unknown gives what became of the messages of a sign-up that is under way, where
// its address, typed whole, has no account. Nil where there is none.
func (a *Agents) Unknown(ctx context.Context, c Client, typed string) ([]DeliveryTimeline, error) {
	g, now := a.db.Read(ctx), a.db.Now()
	if _, _, err := a.agent(g, c, now); err != nil {
		return nil, err
	}
	email, reason := ParseEmail(typed)
	if reason != "" {
		return nil, invalid("email", reason, 0)
	}
	if who, err := findOwner(g, email); err != nil || who.AccountID != "" {
		return nil, err
	}
	var sent []message
	err := g.Where("created_at > ? AND account_id IS NULL AND challenge_id IN (SELECT challenge_id FROM sign_ups WHERE email = ? AND owner_id IS NULL)", now.Add(-shownFor), email.Value).
		Order("created_at DESC, id").Limit(shownDeliveries).Find(&sent).Error
	if err != nil {
		return nil, err
	}
	return a.timelines(g, sent)
}

// deliveries lists what was sent for an account lately, the newest first.
func (a *Agents) deliveries(g *gorm.DB, account string, now time.Time) ([]DeliveryTimeline, error) {
	var sent []message
	// By the challenge too: the message about an address that is somebody's hangs on
	// nobody, and must not be missing here, or the gap would tell.
	err := g.Where("created_at > ? AND (account_id = ? OR challenge_id IN (SELECT id FROM challenges WHERE account_id = ?))", now.Add(-shownFor), account, account).
		Order("created_at DESC, id").Limit(shownDeliveries).Find(&sent).Error
	if err != nil {
		return nil, err
	}
	return a.timelines(g, sent)
}

// timelines says what became of messages.
func (a *Agents) timelines(g *gorm.DB, sent []message) ([]DeliveryTimeline, error) {
	if len(sent) == 0 {
		return nil, nil
	}
	asked, err := challengesOf(g, sent)
	if err != nil {
		return nil, err
	}
	steps, err := stepsOf(g, sent)
	if err != nil {
		return nil, err
	}
	list := make([]DeliveryTimeline, len(sent))
	for i, m := range sent {
		list[i] = DeliveryTimeline{Kind: m.Kind, Channel: m.Channel, Masked: Mask(m.Channel, m.Destination), AskedAt: m.AskedAt, Steps: steps[m.ID]}
		ch, ok := asked[orNone(m.ChallengeID)]
		if !ok {
			continue
		}
		d := &list[i]
		if m.Kind == KindEmailTaken {
			d.Kind, d.Masked = KindEmailCode, Mask(ch.Channel, ch.Destination)
		}
		d.Purpose = string(ch.Purpose)
		if k, held := a.keys.find(ch.KeyID); held {
			d.Tag = k.requestTag(ch.ID)
		}
		if !carriesCode(d.Kind) {
			continue
		}
		d.WrongTries, d.Tries, d.Used = ch.Attempts, ch.MaxAttempts, ch.ConsumedAt != nil
		if d.Used && d.WrongTries > 0 {
			d.WrongTries-- // the right one was counted too
		}
	}
	return list, nil
}

func challengesOf(g *gorm.DB, sent []message) (map[string]challenge, error) {
	var ids []string
	for _, m := range sent {
		if m.ChallengeID != nil {
			ids = append(ids, *m.ChallengeID)
		}
	}
	var rows []challenge
	if err := g.Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	out := map[string]challenge{}
	for _, ch := range rows {
		out[ch.ID] = ch
	}
	return out, nil
}

// stepsOf gives the lines of each message. What a mail server said is left out:
// its words may hold an address.
func stepsOf(g *gorm.DB, sent []message) (map[string][]DeliveryStep, error) {
	ids, out := make([]string, len(sent)), map[string][]DeliveryStep{}
	for i, m := range sent {
		ids[i] = m.ID
		out[m.ID] = []DeliveryStep{{At: m.CreatedAt, Step: stateQueued}}
	}
	var rows []struct {
		MessageID, Step, Detail string
		At                      time.Time
	}
	if err := g.Raw("SELECT message_id, at, step, detail FROM message_steps WHERE message_id IN ? ORDER BY at", ids).Scan(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		line := DeliveryStep{At: r.At, Step: r.Step}
		if r.Step == "delayed" || r.Step == stateDropped {
			line.Reason = slug(r.Detail)
		}
		out[r.MessageID] = append(out[r.MessageID], line)
	}
	for _, m := range sent {
		lines := out[m.ID]
		switch last := &lines[len(lines)-1]; {
		case m.State == stateRefused && last.Step == stateRefused:
			last.Reason = slug(m.Reason)
		case m.State == stateDropped && len(lines) == 1 && m.DoneAt != nil: // its owner wanted none from strangers
			out[m.ID] = append(lines, DeliveryStep{At: *m.DoneAt, Step: stateDropped, Reason: "muted"})
		}
	}
	return out, nil
}

// reasons are why a message was not taken, as staff may read them.
var reasons = []string{"no_mailbox", "no_number", "rejected", "deferred", "unreachable", "auth", "not_from", "texts_off", "fault", ReasonTooLate, "not_needed"}

// slug is the first word of a step's detail where it is one of ours.
func slug(detail string) string {
	first, _, _ := strings.Cut(detail, " ")
	if slices.Contains(reasons, first) {
		return first
	}
	return ""
}
