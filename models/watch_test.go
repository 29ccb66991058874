package models

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// staffAt is a member of staff whose proof is fresh.
func (h *house) staffAt(t testing.TB, email string) Client {
	t.Helper()
	c := h.signUp(t, email)
	if err := h.Staff.SetRole(ctx, email, RoleStaff, "Ines"); err != nil {
		t.Fatal(err)
	}
	return c
}

// happened counts something in the hour that began so many hours ago.
func (h *house) happened(t testing.TB, ago int, name string, n int) {
	t.Helper()
	at := h.core.db.Now().Truncate(time.Hour).Add(-time.Duration(ago) * time.Hour)
	h.exec(t, "INSERT INTO tallies (hour, name, n) VALUES (?, ?, ?)", at, name, n)
}

func (h *house) look(t testing.TB, c Client) Watch {
	t.Helper()
	h.forward(speedFresh)
	w, err := h.Console.Watch(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w Watch) alarm(key string) (Alarm, bool) {
	for _, a := range w.Alarms {
		if a.key() == key {
			return a, true
		}
	}
	return Alarm{}, false
}

func TestWatchIsForStaff(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		member, staff := h.signUp(t, "mara@example.com"), h.staffAt(t, "ines@example.com")
		h.messages(t)
		for name, c := range map[string]Client{"nobody": browser(), "a member": member} {
			kind := map[string]Kind{"nobody": NoSession, "a member": NotFound}[name]
			if _, err := h.Console.Watch(ctx, c); !isKind(err, kind) {
				t.Errorf("%s looks: %v", name, err)
			}
			if err := h.Console.Switch(ctx, c, SwitchTextsOff, true, "An attack."); !isKind(err, kind) {
				t.Errorf("%s switches: %v", name, err)
			}
		}
		w := h.look(t, staff)
		if len(w.Hours) != 24 || len(w.Alarms) != 0 || w.QueueLength != 0 || w.QueueAge != 0 || w.PurseLimit != h.options.Policy.DailyTexts {
			t.Errorf("a quiet day: %+v", w)
		}
		if last := w.Hours[23].From; !last.Equal(w.At.Truncate(time.Hour)) || w.Hours[0].From.Add(23*time.Hour) != last {
			t.Errorf("the hours run from %v to %v", w.Hours[0].From, last)
		}
	})
}

func TestWatchCountsByTheHour(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		staff := h.staffAt(t, "ines@example.com")
		h.forward(6 * time.Hour) // what the sign-up itself counted is not what this is about
		h.exec(t, "DELETE FROM tallies")
		h.happened(t, 0, "sign_ins known", 7)
		h.happened(t, 0, "sign_ins throttled", 2)
		h.happened(t, 3, "codes sent email", 4)
		h.happened(t, 3, "codes sent sms", 3)
		h.happened(t, 3, "codes wrong email", 2)
		h.happened(t, 23, "budgets lane", 5)
		h.happened(t, 23, "budgets purse", 1)
		h.happened(t, 23, "brakes", 2)
		h.happened(t, 24, "budgets lane", 100) // a day ago
		h.happened(t, 1, "sign_ups done", 9)   // shown nowhere
		w := h.look(t, staff)
		now, codes, old := w.Hours[23], w.Hours[20], w.Hours[0]
		if now.SignIns["known"] != 7 || now.SignIns["throttled"] != 2 {
			t.Errorf("this hour: %+v", now)
		}
		if codes.Codes["sent"] != 7 || codes.Codes["sent sms"] != 3 || codes.Codes["wrong"] != 2 {
			t.Errorf("three hours ago: %+v", codes)
		}
		if old.Refused != 6 || old.Brakes != 2 {
			t.Errorf("the oldest hour: %+v", old)
		}
		h.exec(t, "UPDATE tallies SET n = 8 WHERE name = 'sign_ins known'")
		if w, err := h.Console.Watch(ctx, staff); err != nil || w.Hours[23].SignIns["known"] != 7 {
			t.Errorf("a look a moment later asks again: %v, %v", w.Hours[23], err)
		}
		if w := h.look(t, staff); w.Hours[23].SignIns["known"] != 8 {
			t.Errorf("a look later does not ask again: %v", w.Hours[23])
		}
	})
}

// Each alarm begins where its rule says, and not before.
func TestAlarms(t *testing.T) {
	var log strings.Builder
	enginesWith(t, func(o *Options) {
		withTexts(o)
		o.Policy.DailyTexts = 10
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	}, func(t *testing.T, h *house) {
		staff := h.staffAt(t, "ines@example.com")
		h.messages(t)
		h.forward(4 * time.Hour)
		h.exec(t, "DELETE FROM tallies")
		quiet := func(key string) {
			t.Helper()
			if a, on := h.look(t, staff).alarm(key); on {
				t.Errorf("%s is an alarm: %+v", key, a)
			}
		}
		rings := func(key string, n int) {
			t.Helper()
			if a, on := h.look(t, staff).alarm(key); !on || a.N != n {
				t.Errorf("%s: %v, %+v, not %d", key, on, a, n)
			}
		}
		log.Reset()

		for i := range 8 {
			quiet(AlarmPurse)
			h.exec(t, "INSERT INTO spends (key, at) VALUES ('purse', ?)", h.core.db.Now().Add(time.Duration(i)))
		}
		rings(AlarmPurse, 80)
		rings(AlarmPurse, 80)
		h.exec(t, "DELETE FROM spends WHERE key = 'purse'")
		quiet(AlarmPurse)
		if said := log.String(); strings.Count(said, "an alarm has begun") != 1 || strings.Count(said, "an alarm has ended") != 1 || !strings.Contains(said, "level=WARN") || !strings.Contains(said, "alarm=purse n=80") {
			t.Errorf("an alarm is told otherwise than once at each end:\n%s", said)
		}

		h.happened(t, 0, "codes wrong email", 19)
		quiet(AlarmWrong)
		h.exec(t, "UPDATE tallies SET n = 20 WHERE name = 'codes wrong email'")
		rings(AlarmWrong, 20)
		for ago := 2; ago < 24; ago++ { // 20 is no more than five times as many
			h.happened(t, ago, "codes wrong email", 4)
		}
		quiet(AlarmWrong)
		h.happened(t, 1, "budgets address", 21)
		rings(AlarmRefused, 21)

		h.happened(t, 0, "codes sent sms", 15)
		h.happened(t, 1, "codes sent sms", 4)
		quiet("few_typed sms")
		h.happened(t, 1, "codes entered sms", 5)
		h.exec(t, "UPDATE tallies SET n = 5 WHERE name = 'codes sent sms' AND n = 4")
		rings("few_typed sms", 25)
		h.happened(t, 0, "codes entered sms", 1) // six of twenty
		quiet("few_typed sms")
		h.happened(t, 2, "brakes", 1)
		quiet(AlarmBrakes)
		h.happened(t, 1, "brakes", 3)
		rings(AlarmBrakes, 3)

		h.startSignUp(t, "later@example.com", browser())
		h.forward(queueLate - speedFresh)
		quiet(AlarmQueue)
		w := h.look(t, staff)
		if a, on := w.alarm(AlarmQueue); !on || a.N != 1 || a.For != queueLate+speedFresh || w.QueueLength != 1 {
			t.Errorf("a message that nobody sends: %v, %+v", on, w)
		}
		if _, on := w.alarm(AlarmDown + " email"); !on {
			t.Errorf("a way that sends nothing is no alarm: %+v", w.Alarms)
		}
	})
}

func TestGuardEndsWithItsContext(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- h.Console.Guard(ctx) }()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestSwitch(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		staff, second := h.staffAt(t, "ines@example.com"), h.staffAt(t, "sam@example.com")
		for reason, want := range map[string]string{"": "required", "why": "too_short", strings.Repeat("x", 201): "too_long", "the code 4821": "looks_like_code", "a\x00b of it": "bad_characters"} {
			if err := h.Console.Switch(ctx, staff, SwitchTextsOff, true, reason); !isKind(err, Invalid) || err.(*Error).Reason != want {
				t.Errorf("%q: %v, not %s", reason, err, want)
			}
		}
		if err := h.Console.Switch(ctx, staff, "the lights", true, "It is day."); !isKind(err, NotFound) {
			t.Errorf("a switch that is not there: %v", err)
		}
		for _, s := range h.look(t, staff).Switches {
			if s.On() {
				t.Errorf("refused, and on: %+v", s)
			}
		}

		// Who is first gives the reason, and it is seen at once.
		at := h.core.db.Now()
		for i, c := range []Client{staff, second} {
			if err := h.Console.Switch(ctx, c, SwitchTextsOff, true, "  Somebody has texts\n sent for money. "); err != nil {
				t.Fatal(i, err)
			}
			h.forward(time.Millisecond)
		}
		w, err := h.Console.Watch(ctx, staff)
		if err != nil || len(w.Switches) != len(Switches) || !w.Switches[0].Since.Equal(at) || w.Switches[1].On() {
			t.Fatalf("%+v, %v", w.Switches, err)
		}
		if w.Switches[0].Since = at; w.Switches[0] != (Switch{SwitchTextsOff, at, "Ines", "Somebody has texts sent for money."}) {
			t.Errorf("%+v", w.Switches[0])
		}
		if on, err := switched(h.core.db.Read(ctx), SwitchTextsOff); err != nil || !on {
			t.Errorf("on: %v, %v", on, err)
		}
		for range 2 {
			if err := h.Console.Switch(ctx, second, SwitchTextsOff, false, ""); err != nil {
				t.Fatal(err)
			}
		}
		if w, err := h.Console.Watch(ctx, staff); err != nil || w.Switches[0].On() {
			t.Errorf("off, and on: %+v, %v", w.Switches, err)
		}

		// An old proof opens the page, but turns nothing.
		h.forward(time.Duration(h.options.Policy.Elevated))
		if _, err := h.Console.Watch(ctx, staff); err != nil {
			t.Error(err)
		}
		for _, on := range []bool{true, false} {
			if err := h.Console.Switch(ctx, staff, SwitchStrangersSlow, on, "An attack."); !isKind(err, NotProven) {
				t.Errorf("an old proof: %v", err)
			}
		}
	})
}

func TestSlow(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		staff := h.staffAt(t, "ines@example.com")
		if h.Console.Slow(ctx) {
			t.Error("strangers are slow from the start")
		}
		if err := h.Console.Switch(ctx, staff, SwitchStrangersSlow, true, "An attack."); err != nil {
			t.Fatal(err)
		}
		if !h.Console.Slow(ctx) {
			t.Error("who switched does not see it at once")
		}
		h.exec(t, "DELETE FROM switches") // as another instance would
		if !h.Console.Slow(ctx) {
			t.Error("it is asked for each time")
		}
		h.forward(slowFor)
		if h.Console.Slow(ctx) {
			t.Error("a second later it is not asked for again")
		}
		for device, want := range map[string]bool{staff.Device: true, "": false, newToken(): false, "x": false} {
			if id, err := h.Console.Met(ctx, device); err != nil || (id != "") != want {
				t.Errorf("%q was met: %q, %v", device, id, err)
			}
		}
		h.forward(DeviceLife)
		if id, err := h.Console.Met(ctx, staff.Device); err != nil || id != "" {
			t.Errorf("an old device: %q, %v", id, err)
		}
	})
}

func TestTextsOff(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		staff := h.staffAt(t, "ines@example.com")
		for _, off := range []bool{false, true, false} {
			if err := h.Console.Switch(ctx, staff, SwitchTextsOff, off, "The gateway fails."); err != nil {
				t.Fatal(err)
			}
			if can, err := h.core.canText(h.core.db.Read(ctx), h.core.db.Now(), 1); err != nil || can == off {
				t.Errorf("off %v: texts can be sent: %v, %v", off, can, err)
			}
		}
	})
}
