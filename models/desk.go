package models

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Desk is how people reach a person: the operator's settings under [support].
type Desk struct {
	Email             string // "" for none
	Security          string // who is told of holes, "" for the contact page
	Zone              *time.Location
	Chat, Phone       Hours // when somebody is there; empty where there is no such channel
	Numbers           []PhoneLine
	DialURL           string // of the telephone system that connects staff and caller; "" offers no call-backs
	UnansweredMinutes int    // a chat that waits longer is marked
}

// CallBack says whether people can ask to be called.
func (d Desk) CallBack() bool { return d.DialURL != "" && d.Phone.Any() }

// PhoneLine is a number that people call.
type PhoneLine struct {
	Region string // 'United Kingdom'
	Shown  string // '+44 20 7946 0123'
	Tel    string // '+442079460123'
	Cost   string // 'Calls cost the same as a local call.'
}

// Hours are weekly opening hours, in the desk's zone. The zero ones are never.
type Hours struct {
	days [7][]span // by time.Weekday, in order, neither touching nor overlapping
}

// span is part of a day, in minutes from its midnight.
type span struct{ from, to int }

const (
	dayMinutes = 24 * 60
	halfHour   = 30 * time.Minute
	maxHours   = 400 // characters of hours that are read
)

// HoursLine is a run of days with the same hours.
type HoursLine struct {
	From, To      time.Weekday
	Opens, Closes string // '08:00', '24:00'
}

// weekDays is the week as it is written and listed.
var weekDays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// weekday gives the day at a place of that list.
func weekday(i int) time.Weekday { return time.Weekday((i + 1) % 7) }

// ParseHours reads 'always' or 'mon-fri 08:00-22:00, sat-sun 10:00-18:00'.
func ParseHours(s string) (Hours, error) {
	var h Hours
	if len(s) > maxHours {
		return h, errors.New("these hours are too long; write them like mon-fri 08:00-22:00, sat-sun 10:00-18:00")
	}
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "always" {
		for d := range h.days {
			h.days[d] = []span{{0, dayMinutes}}
		}
		return h, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		words := strings.Fields(part)
		if len(words) != 2 {
			return Hours{}, fmt.Errorf("%q is not days and hours; write them like mon-fri 08:00-22:00, or always", strings.TrimSpace(part))
		}
		from, to, err := parseDays(words[0])
		if err != nil {
			return Hours{}, err
		}
		hours, err := parseSpan(words[1])
		if err != nil {
			return Hours{}, err
		}
		for i := from; ; i = (i + 1) % 7 {
			if err := h.add(i, hours); err != nil {
				return Hours{}, err
			}
			if i == to {
				break
			}
		}
	}
	return h, nil
}

// add opens a day of the list for a span.
func (h *Hours) add(i int, s span) error {
	d := &h.days[weekday(i)]
	for _, other := range *d {
		if s.from < other.to && other.from < s.to {
			return fmt.Errorf("%s is open from %s to %s already, which overlaps %s-%s", weekDays[i], hourText(other.from), hourText(other.to), hourText(s.from), hourText(s.to))
		}
	}
	*d = append(*d, s)
	slices.SortFunc(*d, func(a, b span) int { return a.from - b.from })
	for k := len(*d) - 1; k > 0; k-- {
		if (*d)[k-1].to == (*d)[k].from {
			(*d)[k-1].to = (*d)[k].to
			*d = slices.Delete(*d, k, k+1)
		}
	}
	return nil
}

func parseDays(s string) (from, to int, err error) {
	first, last, ranged := strings.Cut(s, "-")
	if !ranged {
		last = first
	}
	for _, name := range []string{first, last} {
		if !slices.Contains(weekDays, name) {
			return 0, 0, fmt.Errorf("%q is not a day; write mon, tue, wed, thu, fri, sat or sun", name)
		}
	}
	return slices.Index(weekDays, first), slices.Index(weekDays, last), nil
}

func parseSpan(s string) (span, error) {
	first, last, _ := strings.Cut(s, "-")
	var of span
	var ok bool
	if of.from, ok = minutes(first); ok {
		of.to, ok = minutes(last)
	}
	switch {
	case !ok:
		return span{}, fmt.Errorf("%q is not hours; write them like 08:00-22:00, midnight as 24:00", s)
	case of.from >= of.to:
		return span{}, fmt.Errorf("%q ends before it begins; hours over midnight are two: fri 20:00-24:00, sat 00:00-02:00", s)
	}
	return of, nil
}

// minutes reads '08:00'.
func minutes(s string) (int, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	h, err := strconv.ParseUint(s[:2], 10, 8)
	m, err2 := strconv.ParseUint(s[3:], 10, 8)
	n := int(h)*60 + int(m)
	return n, err == nil && err2 == nil && m < 60 && n <= dayMinutes
}

func hourText(n int) string { return fmt.Sprintf("%02d:%02d", n/60, n%60) }

// Any says whether it is ever open.
func (h Hours) Any() bool {
	return slices.ContainsFunc(h.days[:], func(d []span) bool { return len(d) > 0 })
}

// Always says whether it never closes.
func (h Hours) Always() bool {
	return !slices.ContainsFunc(h.days[:], func(d []span) bool { return len(d) != 1 || d[0] != span{0, dayMinutes} })
}

// opening is a length of time without a pause in it.
type opening struct{ from, to time.Time }

// openings lists the openings of a number of days from the one of now on, those
// over midnight in one.
func (h Hours) openings(now time.Time, z *time.Location, days int) []opening {
	var list []opening
	year, month, today := now.In(z).Date()
	for d := range days {
		noon := time.Date(year, month, today+d, 12, 0, 0, 0, z)
		for _, s := range h.days[noon.Weekday()] {
			of := opening{firstShown(noon, s.from), firstShown(noon, s.to)}
			if last := len(list) - 1; last >= 0 && !list[last].to.Before(of.from) {
				list[last].to = of.to
			} else if of.from.Before(of.to) {
				list = append(list, of)
			}
		}
	}
	return slices.DeleteFunc(list, func(o opening) bool { return !now.Before(o.to) })
}

// firstShown gives the first moment at which the clock of noon's day shows a minute
// or a later one: where the clock is put forward over it, the moment of that;
// where it is put back, the first of the two.
func firstShown(noon time.Time, minute int) time.Time {
	before := noon.AddDate(0, 0, -1) // no clock is put twice in a day and a half
	t := before.Add(12*time.Hour + time.Duration(minute)*time.Minute)
	_, was := before.Zone()
	_, is := t.Zone()
	moved := t.Add(time.Duration(was-is) * time.Second)
	if start, _ := t.ZoneBounds(); is > was && moved.Before(start) {
		return start
	}
	return moved
}

// Open says whether it is open now.
func (h Hours) Open(now time.Time, z *time.Location) bool {
	list := h.openings(now, z, 1)
	return len(list) > 0 && !now.Before(list[0].from)
}

// Until is when it closes next, zero where it is closed or never does.
func (h Hours) Until(now time.Time, z *time.Location) time.Time {
	if h.Always() || !h.Open(now, z) {
		return time.Time{}
	}
	return h.openings(now, z, 9)[0].to.UTC()
}

// Next is when it opens next, zero where it is open or never does.
func (h Hours) Next(now time.Time, z *time.Location) time.Time {
	list := h.openings(now, z, 9)
	if len(list) == 0 || !now.Before(list[0].from) {
		return time.Time{}
	}
	return list[0].from.UTC()
}

// Lines lists the hours, Monday first; none where it never closes.
func (h Hours) Lines() []HoursLine {
	if h.Always() {
		return nil
	}
	var lines []HoursLine
	for from := 0; from < 7; {
		hours, to := h.days[weekday(from)], from
		for to < 6 && slices.Equal(h.days[weekday(to+1)], hours) {
			to++
		}
		for _, s := range hours {
			lines = append(lines, HoursLine{weekday(from), weekday(to), hourText(s.from), hourText(s.to)})
		}
		from = to + 1
	}
	return lines
}

// Slots gives the starts of the next n half hours inside the hours, the first at
// least half an hour ahead. It looks two weeks ahead.
func (h Hours) Slots(now time.Time, z *time.Location, n int) []time.Time {
	var slots []time.Time
	for _, o := range h.openings(now, z, 15) {
		t := o.from
		if soonest := now.Add(halfHour); t.Before(soonest) {
			t = soonest
		}
		if past := time.Duration(t.In(z).Minute()%30)*time.Minute + t.Sub(t.Truncate(time.Minute)); past > 0 {
			t = t.Add(halfHour - past)
		}
		for ; len(slots) < n && !t.Add(halfHour).After(o.to); t = t.Add(halfHour) {
			slots = append(slots, t.UTC())
		}
	}
	return slots
}
