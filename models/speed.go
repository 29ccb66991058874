package models

import (
	"context"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"
)

// Speed says how fast a channel is right now, from the outbox's own figures. It
// tells of many messages together, never of one person's.
type Speed struct {
	Channel string        // email or sms
	State   string        // usual, slow, down (nothing goes out), off (not set up)
	Typical time.Duration // from being asked for to being taken over; zero where nothing was sent lately
	Since   time.Time     // since when it is slow or down, to the minute
}

// The states of a channel.
const (
	SpeedUsual = "usual"
	SpeedSlow  = "slow"
	SpeedDown  = "down"
	SpeedOff   = "off"
)

const (
	speedFor    = time.Hour        // what is typical is told from this long
	speedLately = 10 * time.Minute // what is now, from this long
	speedSlow   = 30 * time.Second // a message that takes longer is slow
	speedDown   = 2 * time.Minute  // one that waits for longer goes nowhere, where no other does
	speedFresh  = 5 * time.Second  // how long an answer is kept
	speedFew    = 3                // fewer say nothing about the rest
	speedMost   = 500              // messages are looked at
	queueMost   = 10000            // of those that wait, notices too, before them
)

// speeds is the last answer: a reader costs no query.
type speeds struct {
	mu   sync.Mutex
	at   time.Time
	list []Speed
}

// Speeds tells the speed of each channel.
func (o *Outbox) Speeds(ctx context.Context) ([]Speed, error) {
	o.speeds.mu.Lock()
	defer o.speeds.mu.Unlock()
	now := o.db.Now()
	if age := now.Sub(o.speeds.at); o.speeds.list != nil && age >= 0 && age < speedFresh {
		return slices.Clone(o.speeds.list), nil
	}
	g, list := o.db.Read(ctx), make([]Speed, 0, 2)
	for _, channel := range []string{ChannelEmail, ChannelSMS} {
		if channel == ChannelSMS && !o.texts {
			list = append(list, Speed{Channel: channel, State: SpeedOff})
			continue
		}
		sent, err := speedRows(g, channel, now)
		if err != nil {
			return nil, err
		}
		list = append(list, speedOf(channel, sent, now))
	}
	o.speeds.at, o.speeds.list = now, list
	return slices.Clone(list), nil
}

// sending is what the speed is told from: one message that goes with a challenge.
type sending struct {
	Destination, State, Reason string
	CreatedAt                  time.Time
	DoneAt, AcceptedAt         *time.Time
}

// speedRows reads the newest messages that are over, and those that wait. A text's
// row says when it was delivered, which a phone that is off puts off: when it was
// accepted is a step.
func speedRows(g *gorm.DB, channel string, now time.Time) (rows []sending, err error) {
	err = g.Raw(`SELECT m.destination, m.state, m.reason, m.created_at, m.done_at, s.at AS accepted_at
		FROM messages m LEFT JOIN message_steps s ON s.message_id = m.id AND s.step = 'accepted'
		WHERE m.channel = ? AND m.challenge_id IS NOT NULL AND m.created_at > ?
		AND (m.state IN ('accepted', 'delivered', 'undelivered') OR m.state = 'dropped' AND m.reason = ?)
		ORDER BY m.created_at DESC LIMIT ?`, channel, now.Add(-speedFor), ReasonTooLate, speedMost).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	var waiting []sending
	// What waits is picked first: by the channel's index SQLite would read all messages
	// that were ever sent by it.
	err = g.Raw(`SELECT destination, state, reason, created_at FROM
		(SELECT destination, state, reason, created_at, next_at, channel, challenge_id FROM messages WHERE state = 'queued' ORDER BY next_at LIMIT ?) AS waiting
		WHERE channel = ? AND challenge_id IS NOT NULL ORDER BY next_at LIMIT ?`, queueMost, channel, speedMost).Scan(&waiting).Error
	return append(rows, waiting...), err
}

// took is how long a message took to be taken over, or has waited until now.
func (s sending) took(now time.Time) time.Duration {
	switch {
	case s.State == stateQueued:
		return now.Sub(s.CreatedAt)
	case s.AcceptedAt != nil:
		return s.AcceptedAt.Sub(s.CreatedAt)
	case s.DoneAt != nil:
		return s.DoneAt.Sub(s.CreatedAt)
	}
	return 0
}

// wentOut says that the peer took it over.
func (s sending) wentOut() bool { return s.State != stateQueued && s.State != stateDropped }

func speedOf(channel string, rows []sending, now time.Time) Speed {
	out := Speed{Channel: channel, State: SpeedUsual}
	rows = aboutAll(rows, now)
	slices.SortFunc(rows, func(a, b sending) int { return b.CreatedAt.Compare(a.CreatedAt) })
	var hour, lately []time.Duration
	var waits time.Duration // of those that still wait, the longest
	vain := false
	for _, s := range rows {
		took := s.took(now)
		if !s.wentOut() {
			if s.State == stateQueued {
				waits = max(waits, took)
			}
			vain = vain || s.DoneAt != nil && now.Sub(*s.DoneAt) < speedLately
			continue
		}
		hour = append(hour, took)
		if now.Sub(s.CreatedAt.Add(took)) < speedLately {
			lately = append(lately, took)
		}
	}
	out.Typical = median(hour)
	switch {
	case len(lately) == 0 && (waits > speedDown || vain):
		out.State = SpeedDown
	case waits > speedSlow, len(lately) >= speedFew && median(lately) > speedSlow:
		out.State = SpeedSlow
	default:
		return out
	}
	out.Since = slowSince(rows, now).Truncate(time.Minute)
	return out
}

// aboutAll leaves out what only says something about one mailbox: a server that
// asks to come again for it, while nobody else waits as long.
func aboutAll(rows []sending, now time.Time) []sending {
	one := func(s sending) bool {
		return s.State == stateDropped || s.State == stateQueued && s.Reason == "deferred"
	}
	waiting := map[string]bool{}
	for _, s := range rows {
		if one(s) && s.took(now) > speedSlow {
			waiting[s.Destination] = true
		}
	}
	if len(waiting) > 1 {
		return rows
	}
	return slices.DeleteFunc(rows, one)
}

// slowSince is when the first message of the present run of slow ones was asked
// for. rows are sorted, the newest first.
func slowSince(rows []sending, now time.Time) (since time.Time) {
	for _, s := range rows {
		slow := s.took(now) > speedSlow
		if !slow && s.State == stateQueued {
			continue // too young to tell
		}
		if !slow && (!since.IsZero() || now.Sub(s.CreatedAt) >= speedLately) {
			break
		}
		if slow {
			since = s.CreatedAt
		}
	}
	return since
}

func median(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)/2]
}
