package models

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Watch is what the operator's page shows: the last 24 hours, and what stands out.
type Watch struct {
	At          time.Time
	Hours       []Hour        // 24, the oldest first; the last one is not over
	QueueLength int           // messages that wait to be sent
	QueueAge    time.Duration // how late the first of them is
	PurseUsed   int           // texts in 24 hours
	PurseLimit  int
	Speeds      []Speed
	Switches    []Switch
	Alarms      []Alarm
}

// Hour is what happened in one hour, over all instances.
type Hour struct {
	From    time.Time
	SignIns map[string]int // by outcome
	Codes   map[string]int // by what became of them, and by that and the channel: 'sent', 'sent sms'
	Refused int            // by a budget
	Brakes  int            // accounts whose codes were held back
}

// Alarm is one thing that stands out.
type Alarm struct {
	Name    string
	Channel string        // email or sms, "" where it is about both
	N       int           // how many, or per cent
	Usual   int           // of N in an hour
	For     time.Duration // how late the queue is
}

// The alarms.
const (
	AlarmPurse    = "purse"       // N per cent of the day's texts are used
	AlarmQueue    = "queue"       // messages wait, and nobody sends them
	AlarmDown     = "down"        // a channel sends nothing
	AlarmSlow     = "slow"        // a channel takes long
	AlarmWrong    = "wrong_codes" // many more in an hour than usual
	AlarmRefused  = "refused"     // many more in an hour than usual
	AlarmFewTyped = "few_typed"   // N per cent of the codes that are sent are entered: somebody has them sent for nothing
	AlarmBrakes   = "brakes"      // codes were held back from N accounts
)

// From when something stands out.
const (
	watchHours  = 24
	watchEvery  = 30 * time.Second // how often each instance looks by itself
	pursePart   = 80               // per cent
	queueLate   = 2 * time.Minute
	fewAlarms   = 20 // less says nothing
	timesUsual  = 5
	typedLeast  = 30 // per cent of the codes that are sent
	newestHours = 2  // what just began is told with the hour before it
)

// key tells an alarm from the others, whatever its numbers are.
func (a Alarm) key() string { return strings.TrimSpace(a.Name + " " + a.Channel) }

// Watch gives the figures to a member of staff. They are at most a few seconds old,
// and the switches are as they stand.
func (s *Console) Watch(ctx context.Context, c Client) (Watch, error) {
	g := s.db.Read(ctx)
	if _, _, err := s.agent(g, c, s.db.Now()); err != nil {
		return Watch{}, err
	}
	w, err := s.look(ctx)
	if err == nil {
		w.Switches, err = switches(g) // whichever instance turned one just now
	}
	return w, err
}

// Guard looks by itself until ctx ends, so that the log tells of an alarm though
// nobody reads the page.
func (s *Console) Guard(ctx context.Context) error {
	every := time.NewTicker(watchEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
			if _, err := s.look(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("the figures could not be looked at", "error", err)
			}
		}
	}
}

func (s *Console) look(ctx context.Context) (Watch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.db.Now()
	if s.seen != nil {
		if age := now.Sub(s.seen.At); age >= 0 && age < speedFresh {
			return *s.seen, nil
		}
	}
	g, w := s.db.Read(ctx), Watch{At: now, PurseLimit: s.policy.DailyTexts}
	var err error
	if w.Hours, err = hours(g, now); err != nil {
		return w, err
	}
	if w.QueueLength, w.QueueAge, err = queue(g, now); err != nil {
		return w, err
	}
	if w.PurseUsed, err = used(g, s.purse(), now); err != nil {
		return w, err
	}
	if w.Speeds, err = s.outbox.Speeds(ctx); err != nil {
		return w, err
	}
	if w.Switches, err = switches(g); err != nil {
		return w, err
	}
	w.Alarms = alarmsOf(w)
	s.tellAlarms(w.Alarms)
	s.seen = &w
	return w, nil
}

// hours reads what was counted in the last 24.
func hours(g *gorm.DB, now time.Time) ([]Hour, error) {
	newest := now.Truncate(time.Hour)
	list := make([]Hour, watchHours)
	for i := range list {
		list[i] = Hour{From: newest.Add(time.Duration(i-watchHours+1) * time.Hour), SignIns: map[string]int{}, Codes: map[string]int{}}
	}
	counts, err := tallied(g, list[0].From, newest.Add(time.Hour))
	for _, t := range counts {
		if i := int(t.Hour.Sub(list[0].From) / time.Hour); i >= 0 && i < watchHours {
			list[i].add(strings.Fields(t.Name), t.N)
		}
	}
	return list, err
}

// add puts one count where it is shown; what is not shown is left out.
func (h *Hour) add(name []string, n int) {
	switch {
	case len(name) == 1 && name[0] == "brakes":
		h.Brakes += n
	case len(name) < 2:
	case name[0] == "sign_ins":
		h.SignIns[name[1]] += n
	case name[0] == "budgets":
		h.Refused += n
	case name[0] == "codes":
		h.Codes[name[1]] += n
		if len(name) > 2 {
			h.Codes[name[1]+" "+name[2]] += n
		}
	}
}

// queue says how many messages wait, and how long ago the first of them should have
// been sent. One whose next try is still to come is not late.
func queue(g *gorm.DB, now time.Time) (n int, age time.Duration, err error) {
	if err := g.Raw("SELECT count(*) FROM messages WHERE state = 'queued'").Scan(&n).Error; err != nil {
		return 0, 0, err
	}
	var due []struct{ NextAt time.Time }
	err = g.Raw("SELECT next_at FROM messages WHERE state = 'queued' AND next_at <= ? ORDER BY next_at LIMIT 1", now).Scan(&due).Error
	if err != nil || len(due) == 0 {
		return n, 0, err
	}
	return n, now.Sub(due[0].NextAt), nil
}

// alarmsOf says what stands out in the figures.
func alarmsOf(w Watch) (list []Alarm) {
	for _, speed := range w.Speeds {
		switch speed.State {
		case SpeedDown:
			list = append(list, Alarm{Name: AlarmDown, Channel: speed.Channel})
		case SpeedSlow:
			list = append(list, Alarm{Name: AlarmSlow, Channel: speed.Channel})
		}
	}
	if w.QueueAge > queueLate {
		list = append(list, Alarm{Name: AlarmQueue, N: w.QueueLength, For: w.QueueAge})
	}
	if part := 100 * w.PurseUsed / w.PurseLimit; part >= pursePart {
		list = append(list, Alarm{Name: AlarmPurse, N: part})
	}
	for _, of := range []struct {
		name string
		n    func(Hour) int
	}{
		{AlarmWrong, func(h Hour) int { return h.Codes["wrong"] }},
		{AlarmRefused, func(h Hour) int { return h.Refused }},
	} {
		if n, usual := unusual(w.Hours, of.n); n >= fewAlarms && n > timesUsual*usual {
			list = append(list, Alarm{Name: of.name, N: n, Usual: usual})
		}
	}
	newest := w.Hours[len(w.Hours)-newestHours:]
	for _, channel := range []string{ChannelEmail, ChannelSMS} {
		sent := total(newest, func(h Hour) int { return h.Codes["sent "+channel] })
		entered := total(newest, func(h Hour) int { return h.Codes["entered "+channel] })
		if sent >= fewAlarms && 100*entered < typedLeast*sent {
			list = append(list, Alarm{Name: AlarmFewTyped, Channel: channel, N: 100 * entered / sent})
		}
	}
	if n := total(newest, func(h Hour) int { return h.Brakes }); n > 0 {
		list = append(list, Alarm{Name: AlarmBrakes, N: n})
	}
	return list
}

// unusual gives the larger of the two newest hours, and the median of the others.
func unusual(hours []Hour, of func(Hour) int) (n, usual int) {
	before, newest := hours[:len(hours)-newestHours], hours[len(hours)-newestHours:]
	for _, h := range newest {
		n = max(n, of(h))
	}
	each := make([]int, len(before))
	for i, h := range before {
		each[i] = of(h)
	}
	slices.Sort(each)
	return n, each[len(each)/2]
}

func total(hours []Hour, of func(Hour) int) (sum int) {
	for _, h := range hours {
		sum += of(h)
	}
	return sum
}

// tellAlarms says in the log which alarms have begun, and which have ended, once
// each.
func (s *Console) tellAlarms(now []Alarm) {
	were := s.alarms
	s.alarms = map[string]Alarm{}
	for _, a := range now {
		s.alarms[a.key()] = a
		if _, told := were[a.key()]; !told {
			s.log.Warn("an alarm has begun", a.attributes()...)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(were)) {
		if _, on := s.alarms[key]; !on {
			s.log.Warn("an alarm has ended", were[key].attributes()[:1]...)
		}
	}
}

func (a Alarm) attributes() []any {
	list := []any{slog.String("alarm", a.key())}
	if a.N > 0 {
		list = append(list, slog.Int("n", a.N))
	}
	if a.For > 0 {
		list = append(list, slog.Duration("for", a.For))
	}
	return list
}
