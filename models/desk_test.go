package models

import (
	"strings"
	"testing"
	"time"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func hoursOf(t *testing.T, s string) Hours {
	t.Helper()
	h, err := ParseHours(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func linesOf(h Hours) string {
	var lines []string
	for _, l := range h.Lines() {
		lines = append(lines, l.From.String()[:3]+"-"+l.To.String()[:3]+" "+l.Opens+"-"+l.Closes)
	}
	return strings.Join(lines, ", ")
}

func TestParseHours(t *testing.T) {
	for written, want := range map[string]string{
		"mon-fri 08:00-22:00, sat-sun 10:00-18:00":          "Mon-Fri 08:00-22:00, Sat-Sun 10:00-18:00",
		" Mon-Fri  08:00-22:00 ,SAT 10:00-18:00":            "Mon-Fri 08:00-22:00, Sat-Sat 10:00-18:00",
		"sun 10:00-12:00":                                   "Sun-Sun 10:00-12:00",
		"sat-mon 10:00-12:00":                               "Mon-Mon 10:00-12:00, Sat-Sun 10:00-12:00",
		"mon-sun 00:00-23:59":                               "Mon-Sun 00:00-23:59",
		"mon 13:00-18:00, mon 08:00-12:00":                  "Mon-Mon 08:00-12:00, Mon-Mon 13:00-18:00",
		"mon 08:00-12:00, mon 12:00-18:00":                  "Mon-Mon 08:00-18:00",
		"mon 14:00-18:00, mon 08:00-12:00, mon 12:00-14:00": "Mon-Mon 08:00-18:00",
		"fri 20:00-24:00, sat 00:00-02:00":                  "Fri-Fri 20:00-24:00, Sat-Sat 00:00-02:00",
	} {
		h := hoursOf(t, written)
		if got := linesOf(h); got != want || !h.Any() || h.Always() {
			t.Errorf("%q is %q, want %q", written, got, want)
		}
	}
	for _, written := range []string{"always", " Always ", "mon-sun 00:00-24:00", "mon-sun 00:00-12:00, mon-sun 12:00-24:00", "tue-mon 00:00-24:00"} {
		if h := hoursOf(t, written); !h.Always() || !h.Any() || h.Lines() != nil {
			t.Errorf("%q is not always", written)
		}
	}
	if (Hours{}).Any() || (Hours{}).Always() || (Hours{}).Lines() != nil {
		t.Error("no hours are some")
	}
	for written, says := range map[string]string{
		"":                                     "mon-fri 08:00-22:00",
		"mon-fri":                              "mon-fri 08:00-22:00",
		"08:00-22:00":                          "mon-fri 08:00-22:00",
		"mon-fri 08:00-22:00,":                 "is not days and hours",
		"mon fri 08:00-22:00":                  "is not days and hours",
		"monday 08:00-22:00":                   `"monday" is not a day`,
		"mon-fri-sat 08:00-22:00":              `"fri-sat" is not a day`,
		"mon- 08:00-22:00":                     `"" is not a day`,
		"mon 8:00-22:00":                       `"8:00-22:00" is not hours`,
		"mon 08:00":                            `"08:00" is not hours`,
		"mon 08:60-22:00":                      "is not hours",
		"mon 08:00-24:01":                      "is not hours",
		"mon +8:00-22:00":                      "is not hours",
		"mon 08:00-22:00-23:00":                "is not hours",
		"mon 08:00-08:00":                      "ends before it begins",
		"fri 20:00-02:00":                      "fri 20:00-24:00, sat 00:00-02:00",
		"mon-fri 08:00-12:00, fri 11:59-13:00": "fri is open from 08:00 to 12:00 already, which overlaps 11:59-13:00",
		"mon 08:00-12:00, mon 08:00-12:00":     "overlaps",
		"always, mon 08:00-12:00":              "is not days and hours",
		strings.Repeat("mon 08:00-09:00,", 26): "too long",
	} {
		if h, err := ParseHours(written); err == nil || !strings.Contains(err.Error(), says) || h.Any() {
			t.Errorf("%q: %v, want %q", written, err, says)
		}
	}
}

// Each row: hours, where, when it is there, whether they are open, and their end
// or their next beginning, both in UTC; "" for none.
func TestHoursOpen(t *testing.T) {
	const office, late = "mon-fri 08:00-22:00, sat-sun 10:00-18:00", "fri 20:00-24:00, sat 00:00-02:00"
	for _, c := range []struct {
		hours, zone, at string
		open            bool
		turns           string
	}{
		{office, "UTC", "2026-11-23 07:59", false, "2026-11-23 08:00"},
		{office, "UTC", "2026-11-23 08:00", true, "2026-11-23 22:00"},
		{office, "UTC", "2026-11-23 21:59", true, "2026-11-23 22:00"},
		{office, "UTC", "2026-11-23 22:00", false, "2026-11-24 08:00"},
		{office, "UTC", "2026-11-27 23:00", false, "2026-11-28 10:00"},
		{office, "Europe/Vienna", "2026-11-23 08:30", true, "2026-11-23 21:00"},
		{"mon 08:00-09:00", "UTC", "2026-11-23 09:00", false, "2026-11-30 08:00"},
		{"mon 08:00-09:00", "UTC", "2026-11-23 07:00", false, "2026-11-23 08:00"},
		// Over midnight the opening is one, at the end of the week too.
		{late, "UTC", "2026-11-27 23:59", true, "2026-11-28 02:00"},
		{late, "UTC", "2026-11-28 00:00", true, "2026-11-28 02:00"},
		{"sun 20:00-24:00, mon 00:00-02:00", "UTC", "2026-11-29 21:00", true, "2026-11-30 02:00"},
		{"mon-sat 00:00-24:00", "UTC", "2026-11-23 00:00", true, "2026-11-29 00:00"},
		{"tue-sun 00:00-24:00, mon 01:00-24:00", "UTC", "2026-11-23 01:00", true, "2026-11-30 00:00"},
		{"always", "UTC", "2026-11-23 00:00", true, ""},
		{"", "UTC", "2026-11-23 00:00", false, ""},
		// The clocks of Vienna: put forward over 02:00 to 03:00 on 29 March,
		// put back at 03:00 on 25 October.
		{"sun 01:00-04:00", "Europe/Vienna", "2026-03-29 01:30", true, "2026-03-29 02:00"},
		{"sun 02:30-04:00", "Europe/Vienna", "2026-03-29 01:59", false, "2026-03-29 01:00"},
		{"sun 01:00-02:30", "Europe/Vienna", "2026-03-29 01:59", true, "2026-03-29 01:00"},
		{"sun 02:10-02:50", "Europe/Vienna", "2026-03-29 01:59", false, "2026-04-05 00:10"},
		{"mon-sun 08:00-22:00", "Europe/Vienna", "2026-03-28 23:00", false, "2026-03-29 06:00"},
		{"mon-sun 08:00-22:00", "Europe/Vienna", "2026-10-24 23:00", false, "2026-10-25 07:00"},
		{"sun 01:00-02:30", "Europe/Vienna", "2026-10-25 01:00", true, "2026-10-25 00:30"},
		{"sun 02:30-05:00", "Europe/Vienna", "2026-10-25 00:10", false, "2026-10-25 00:30"},
		{"sat-sun 20:00-24:00, sun 00:00-04:00", "Europe/Vienna", "2026-10-24 21:00", true, "2026-10-25 03:00"},
		// Those of New York: 8 March and 1 November.
		{"sun 01:00-04:00", "America/New_York", "2026-03-08 01:30", true, "2026-03-08 08:00"},
		{"sun 02:30-04:00", "America/New_York", "2026-03-08 01:59", false, "2026-03-08 07:00"},
		{"sun 00:30-01:30", "America/New_York", "2026-11-01 00:45", true, "2026-11-01 05:30"},
		{"mon-sun 09:00-17:00", "America/New_York", "2026-11-01 00:45", false, "2026-11-01 14:00"},
	} {
		z := zone(t, c.zone)
		now, err := time.ParseInLocation("2006-01-02 15:04", c.at, z)
		if err != nil {
			t.Fatal(err)
		}
		var h Hours
		if c.hours != "" {
			h = hoursOf(t, c.hours)
		}
		until, next := "", ""
		if u := h.Until(now, z); !u.IsZero() {
			until = u.Format("2006-01-02 15:04")
		}
		if n := h.Next(now, z); !n.IsZero() {
			next = n.Format("2006-01-02 15:04")
		}
		wantUntil, wantNext := "", c.turns
		if c.open {
			wantUntil, wantNext = c.turns, ""
		}
		if h.Open(now, z) != c.open || until != wantUntil || next != wantNext {
			t.Errorf("%q at %s in %s: open %v until %q, next %q; want %v %q", c.hours, c.at, c.zone, h.Open(now, z), until, next, c.open, c.turns)
		}
	}
}

// Whatever the hours and the zone: what is open closes at Until and not before,
// what is closed opens at Next and not before, over both changes of the clocks.
func TestHoursTurn(t *testing.T) {
	for _, written := range []string{"mon-fri 08:00-22:00, sat-sun 10:00-18:00", "mon-sun 00:30-02:30, mon-sun 03:00-04:00", "sat 23:00-24:00, sun 00:00-02:15"} {
		for _, name := range []string{"UTC", "Europe/Vienna", "America/New_York", "America/Santiago", "America/Havana", "Asia/Kathmandu", "Australia/Lord_Howe"} {
			h, z := hoursOf(t, written), zone(t, name)
			for _, from := range []time.Time{
				time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC),
				time.Date(2026, 9, 5, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC),
			} {
				for now := from; now.Before(from.AddDate(0, 0, 3)); now = now.Add(5 * time.Minute) {
					open := h.Open(now, z)
					turn := h.Next(now, z)
					if open {
						turn = h.Until(now, z)
					}
					if !turn.After(now) || h.Open(turn, z) == open || h.Open(turn.Add(-time.Millisecond), z) != open {
						t.Fatalf("%q in %s at %s: open %v turns at %s", written, name, now.In(z), open, turn.In(z))
					}
				}
			}
		}
	}
}

func TestSlots(t *testing.T) {
	for _, c := range []struct{ hours, zone, at, want string }{
		{"mon-fri 08:00-10:00", "UTC", "2026-11-23 07:00", "23 08:00, 23 08:30, 23 09:00, 23 09:30, 24 08:00"},
		{"mon-fri 08:00-10:00", "UTC", "2026-11-23 08:00", "23 08:30, 23 09:00, 23 09:30, 24 08:00, 24 08:30"},
		{"mon-fri 08:00-10:00", "UTC", "2026-11-23 08:01", "23 09:00, 23 09:30, 24 08:00, 24 08:30, 24 09:00"},
		{"mon 08:15-09:45", "UTC", "2026-11-23 07:00", "23 08:30, 23 09:00, 30 08:30, 30 09:00, 07 08:30"},
		{"mon 08:00-08:29", "UTC", "2026-11-23 07:00", ""},
		{"fri 23:00-24:00, sat 00:00-00:30", "UTC", "2026-11-27 22:45", "27 23:30, 28 00:00, 04 23:00, 04 23:30, 05 00:00"},
		{"always", "UTC", "2026-11-23 23:10", "24 00:00, 24 00:30, 24 01:00, 24 01:30, 24 02:00"},
		{"mon-sun 08:00-09:00", "Asia/Kathmandu", "2026-11-23 07:00", "23 02:15, 23 02:45, 24 02:15, 24 02:45, 25 02:15"},
		{"sun 01:00-04:00", "Europe/Vienna", "2026-03-29 00:10", "29 00:00, 29 00:30, 29 01:00, 29 01:30, 04 23:00"},
	} {
		z := zone(t, c.zone)
		now, err := time.ParseInLocation("2006-01-02 15:04", c.at, z)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range hoursOf(t, c.hours).Slots(now, z, 5) {
			got = append(got, s.Format("02 15:04"))
		}
		if said := strings.Join(got, ", "); said != c.want {
			t.Errorf("%q at %s in %s: %s, want %s", c.hours, c.at, c.zone, said, c.want)
		}
	}
	if s := (Hours{}).Slots(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), time.UTC, 5); s != nil {
		t.Errorf("no hours have slots: %v", s)
	}
}

// What is read can be said again, and means the same.
func FuzzParseHours(f *testing.F) {
	for _, s := range []string{"always", "mon-fri 08:00-22:00, sat-sun 10:00-18:00", "sun-sat 00:00-24:00", "fri 20:00-24:00, sat 00:00-02:00", "mon 8-9", "-,-"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 23, 7, 7, 7, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		h, err := ParseHours(s)
		if err != nil {
			if h.Any() {
				t.Error("a refusal with hours")
			}
			return
		}
		if !h.Any() || h.Open(now, time.UTC) != h.Next(now, time.UTC).IsZero() {
			t.Errorf("%q opens never, or twice", s)
		}
		if h.Always() {
			return
		}
		again := strings.ToLower(linesOf(h))
		if h2, err := ParseHours(again); err != nil || linesOf(h2) != linesOf(h) {
			t.Errorf("%q is said as %q: %v", s, again, err)
		}
	})
}
