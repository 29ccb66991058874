package views

import (
	"path"
	"strings"
	"time"
)

// HoursLine is a run of days with the same hours.
type HoursLine struct {
	From, To      time.Weekday
	Opens, Closes string // '08:00', '24:00'
}

// Hours are opening hours as they are told.
type Hours struct {
	Lines  []HoursLine // Monday first
	Always bool
	Zone   *time.Location
}

// HoursWords tells hours inside a sentence, with their zone: 'every day 08:00 to
// 22:00 (UTC)'. It is "" for hours that are never.
func HoursWords(h Hours) string {
	if h.Always {
		return hoursAlways
	}
	var list []string
	for i, l := range h.Lines {
		hours := strings.NewReplacer("{opens}", l.Opens, "{closes}", l.Closes).Replace(hoursFromTo)
		if i > 0 && h.Lines[i-1].From == l.From {
			list[len(list)-1] += hoursAnd + hours // the same days after a pause
			continue
		}
		list = append(list, DaysWords(l)+" "+hours)
	}
	if len(list) == 0 {
		return ""
	}
	return strings.Join(list, ", ") + " (" + ZoneWords(h.Zone) + ")"
}

// DaysWords names the days of a line: 'Monday to Friday', 'every day'.
func DaysWords(l HoursLine) string {
	switch {
	case l.From == l.To:
		return weekdays[l.From]
	case l.From == time.Monday && l.To == time.Sunday:
		return hoursDaily
	case l.To == (l.From+1)%7:
		return weekdays[l.From] + hoursAnd + weekdays[l.To]
	}
	return weekdays[l.From] + hoursTo + weekdays[l.To]
}

// ZoneWords names a zone the way people do. Its letters change with the season,
// its place does not.
func ZoneWords(z *time.Location) string {
	switch name := zoneOf(z).String(); name {
	case "UTC", "Etc/UTC":
		return "UTC"
	case "Local":
		return hoursLocal
	default:
		return strings.ReplaceAll(path.Base(name), "_", " ") + hoursTime
	}
}
