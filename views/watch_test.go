package views

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

// someHours are 24, with what change puts into them.
func someHours(change func(i int, h *WatchHour)) []WatchHour {
	list := make([]WatchHour, 24)
	for i := range list {
		list[i] = WatchHour{From: noon.Add(time.Duration(i-23) * time.Hour), SignIns: map[string]int{}, Codes: map[string]int{}}
		change(i, &list[i])
	}
	return list
}

func someWatch(hours []WatchHour) ConsoleWatchPage {
	return ConsoleWatchPage{
		Desk: someDesk("/console/watch"), At: noon, Hours: hours, PurseLimit: 2000,
		Speeds:   []Speed{{Channel: "email", State: "usual", Typical: time.Second}, {Channel: "sms", State: "off"}},
		Switches: []WatchSwitch{{Name: "texts_off"}, {Name: "strangers_slow"}},
	}
}

func everyAlarm() (list []WatchAlarm) {
	for _, n := range []int{0, 1, 240} {
		for name := range watchAlarmWords {
			name, channel, _ := strings.Cut(name, " ")
			if channel == "up" {
				continue
			}
			list = append(list, WatchAlarm{Name: name, Channel: channel, N: n, Usual: 3, For: 3 * time.Minute})
		}
	}
	return list
}

// watchPages is the operator's page in every state.
func watchPages() map[string]templ.Component {
	none := someWatch(someHours(func(int, *WatchHour) {}))
	busy := someWatch(someHours(func(i int, h *WatchHour) {
		for n, o := range watchOutcomes {
			h.SignIns[o.name] = i * n
		}
		h.Codes["sent"], h.Codes["entered"], h.Refused = i, i/2, 1
	}))
	busy.Alarms, busy.QueueLength, busy.QueueAge, busy.PurseUsed, busy.Still = everyAlarm()[:8], 3, 3*time.Minute, 1900, true
	for i := range busy.Alarms { // one of a sort
		busy.Alarms[i].Name += strconv.Itoa(i)
	}
	busy.Speeds = []Speed{{Channel: "email", State: "down", Since: noon}, {Channel: "sms", State: "slow", Since: noon.AddDate(0, 0, -1)}}
	busy.Switches[0] = WatchSwitch{"texts_off", noon, "Ines <b>", "Somebody <b>has texts sent"}
	refused, off, one := none, busy, busy
	refused.Of, refused.Reason, refused.Errors = "strangers_slow", "x <b>", []FieldError{{Field: "reason", Reason: "too_short", N: 5}}
	off.Of, off.Errors = "texts_off", []FieldError{{Field: "reason", Reason: "too_soon", N: 5}}
	one.Hours = busy.Hours[:1]
	return map[string]templ.Component{
		"watch, nothing": ConsoleWatch(none), "watch, busy": ConsoleWatch(busy), "watch, refused": ConsoleWatch(refused), "watch, off refused": ConsoleWatch(off), "watch, one hour": ConsoleWatch(one),
		"watch, no hours": ConsoleWatch(someWatch(nil)),
	}
}

func TestChartsSayWhatTheyShow(t *testing.T) {
	told := map[string][]string{}
	for _, n := range []int{0, 1, 14, math.MaxInt32} {
		hours := someHours(func(i int, h *WatchHour) {
			if i == 22 {
				h.SignIns["known"], h.SignIns["unusual"], h.Codes["sent"], h.Refused = n, n, n, n
			}
		})
		for _, c := range watchCharts {
			told[c.id] = append(told[c.id], c.told(hours, time.UTC))
		}
	}
	hour := noon.Add(-time.Hour).Format(toMinute)
	for id, want := range map[string][]string{
		"sign-ins": {"None in 24 hours.", "1 try in 24 hours, most from " + hour + " (1).", "14 tries in 24 hours, most from " + hour + " (14)."},
		"codes":    {"None in 24 hours.", "1 code sent in 24 hours, most from " + hour + " (1)."},
		"refusals": {"None in 24 hours.", "1 refusal in 24 hours, most from " + hour + " (1)."},
	} {
		for i, w := range want {
			if told[id][i] != w {
				t.Errorf("%s: %q, not %q", id, told[id][i], w)
			}
		}
		if got := told[id][3]; !strings.Contains(got, strconv.Itoa(math.MaxInt32)) {
			t.Errorf("%s: %q", id, got)
		}
	}
	for _, c := range watchCharts {
		if got := c.told(nil, time.UTC); got != c.none {
			t.Errorf("%s without hours: %q", c.id, got)
		}
		if sum := c.told(someHours(func(_ int, h *WatchHour) { h.SignIns["unusual"] = 3 }), time.UTC); sum != c.none {
			t.Errorf("what was counted as known or with a code is counted twice: %q", sum)
		}
	}
}

func TestBars(t *testing.T) {
	for name, n := range map[string]func(i int) (all, part int){
		"nothing":   func(int) (int, int) { return 0, 0 },
		"one":       func(i int) (int, int) { return i / 23, i / 23 },
		"huge":      func(i int) (int, int) { return math.MaxInt / (24 - i), math.MaxInt / 100 },
		"less part": func(i int) (int, int) { return i, i / 2 },
		"more part": func(i int) (int, int) { return i, i * 2 }, // entered in the hour after they were sent
	} {
		c := watchChart{of: func(h WatchHour) int { return h.Refused }, partOf: func(h WatchHour) int { return h.Brakes }}
		bars := c.bars(someHours(func(i int, h *WatchHour) { h.Refused, h.Brakes = n(i) }))
		for i, b := range bars {
			all, _ := n(i)
			if b.height < 0 || b.height > barHeight || b.part < 0 || b.part > b.height || (b.height == 0) != (all == 0) || b.x+barWidth > len(bars)*barStep {
				t.Errorf("%s: bar %d is %+v", name, i, b)
			}
		}
		if all, _ := n(23); all > 0 && bars[23].height != barHeight {
			t.Errorf("%s: the highest is %+v", name, bars[23])
		}
	}
}

func TestWatchWords(t *testing.T) {
	for _, a := range append(everyAlarm(), WatchAlarm{Name: "purse", N: 100}) {
		if words := a.words(); words == "" || strings.ContainsAny(words, "{}") {
			t.Errorf("%+v: %q", a, words)
		}
	}
	for _, name := range []string{"texts_off", "strangers_slow"} {
		if w := watchSwitches[name]; w.name == "" || w.does == "" || w.is == "" || w.on == "" || w.off == "" {
			t.Errorf("no words for the switch %s", name)
		}
	}
	for state := range watchSpeeds {
		if watchSpeed(Speed{State: state}) == "" {
			t.Errorf("no words for %s", state)
		}
	}
	for want, p := range map[string]ConsoleWatchPage{
		"None":                           {},
		"3, none is late":                {QueueLength: 3},
		"3, the first is 5 seconds late": {QueueLength: 3, QueueAge: 5 * time.Second},
	} {
		if got := p.waiting(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	if got := (ConsoleWatchPage{PurseUsed: 1620, PurseLimit: 2000}).purse(); got != "1620 of 2000 (81 %)" {
		t.Errorf("%q", got)
	}
}

// What is on already is not advised, and a refusal says of which switch.
func TestWatchAdvice(t *testing.T) {
	p := someWatch(nil)
	for _, name := range []string{"wrong_codes", "purse"} {
		p.Alarms = append(p.Alarms, WatchAlarm{Name: name, N: 85})
	}
	for on, want := range []int{2, 1, 0} {
		if on > 0 {
			p.Switches[on-1].Since = noon
		}
		mends := find(parse(t, ConsoleWatch(p)), func(n *html.Node) bool { return strings.HasPrefix(attr(n, "id"), "mend-") })
		if len(mends) != want {
			t.Errorf("%d on: %d are advised", on, len(mends))
		}
	}
	p = someWatch(nil)
	p.Of, p.Errors = "strangers_slow", []FieldError{{Field: "reason", Reason: "required"}}
	summary := find(parse(t, ConsoleWatch(p)), func(n *html.Node) bool { return hasClass(n, "error-summary") })[0]
	if s := text(summary); !strings.Contains(s, "Strangers slow: Write a reason") {
		t.Error(s)
	}
}

// What refreshes itself can be stopped, also without script, and holds no form.
func TestWatchRefreshes(t *testing.T) {
	page := someWatch(someHours(func(int, *WatchHour) {}))
	for _, still := range []bool{false, true} {
		page.Still = still
		doc := parse(t, ConsoleWatch(page))
		now := find(doc, func(n *html.Node) bool { return attr(n, "id") == "now" })[0]
		if has(now, "hx-trigger") == still {
			t.Errorf("still %v: hx-trigger %q", still, attr(now, "hx-trigger"))
		}
		if len(tag(now, "form")) > 0 || len(tag(doc, "form")) != 2 {
			t.Error("a form refreshes itself")
		}
		if len(tag(now, "table")) != len(watchCharts) {
			t.Error("a chart has no numbers")
		}
		for _, n := range tag(now, "svg") {
			if attr(n, "aria-hidden") != "true" {
				t.Error("a picture is read out beside its words")
			}
		}
	}
}
