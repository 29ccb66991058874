package models

import (
	"fmt"
	"testing"
	"time"
)

func TestSpeedOf(t *testing.T) {
	now := time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)
	n := 0
	to := func() string { n++; return fmt.Sprintf("p%d@example.com", n) }
	sent := func(ago, took time.Duration) sending {
		at := now.Add(-ago + took)
		return sending{Destination: to(), State: stateAccepted, CreatedAt: now.Add(-ago), DoneAt: &at, AcceptedAt: &at}
	}
	queued := func(ago time.Duration, reason string) sending {
		return sending{Destination: to(), State: stateQueued, Reason: reason, CreatedAt: now.Add(-ago)}
	}
	late := func(ago time.Duration) sending {
		at := now.Add(-ago + 10*time.Minute)
		return sending{Destination: to(), State: stateDropped, Reason: ReasonTooLate, CreatedAt: now.Add(-ago), DoneAt: &at}
	}
	delivered := sent(9*time.Minute, 2*time.Second)
	morning := now
	delivered.State, delivered.DoneAt = stateDelivered, &morning // the phone was off
	for name, c := range map[string]struct {
		rows    []sending
		state   string
		typical time.Duration
		since   time.Duration // ago, before it is cut to the minute
	}{
		"nothing":                              {nil, SpeedUsual, 0, 0},
		"quick":                                {[]sending{sent(5*time.Minute, time.Second), sent(6*time.Minute, 3*time.Second), sent(50*time.Minute, 2*time.Second)}, SpeedUsual, 2 * time.Second, 0},
		"a phone that was off":                 {[]sending{delivered}, SpeedUsual, 2 * time.Second, 0},
		"two slow ones are few":                {[]sending{sent(5*time.Minute, time.Minute), sent(6*time.Minute, time.Minute)}, SpeedUsual, time.Minute, 0},
		"three slow ones":                      {[]sending{sent(5*time.Minute, time.Minute), sent(6*time.Minute, time.Minute), sent(7*time.Minute, 2*time.Minute), sent(20*time.Minute, time.Second)}, SpeedSlow, time.Minute, 7 * time.Minute},
		"slow half an hour ago":                {[]sending{sent(30*time.Minute, time.Minute), sent(31*time.Minute, time.Minute), sent(32*time.Minute, time.Minute)}, SpeedUsual, time.Minute, 0},
		"one that waits":                       {[]sending{queued(40*time.Second, ""), sent(3*time.Minute, time.Second)}, SpeedSlow, time.Second, 40 * time.Second},
		"one that is just begun":               {[]sending{queued(10*time.Second, ""), sent(3*time.Minute, time.Second)}, SpeedUsual, time.Second, 0},
		"nothing goes out":                     {[]sending{queued(2*time.Minute+time.Second, "unreachable"), queued(time.Second, ""), sent(30*time.Minute, time.Second)}, SpeedDown, time.Second, 2*time.Minute + time.Second},
		"one mailbox":                          {[]sending{queued(9*time.Minute, "deferred"), sent(30*time.Minute, time.Second)}, SpeedUsual, time.Second, 0},
		"one mailbox and a sign-up just begun": {[]sending{queued(9*time.Minute, "deferred"), queued(time.Second, ""), sent(30*time.Minute, time.Second)}, SpeedUsual, time.Second, 0},
		"many mailboxes":                       {[]sending{queued(9*time.Minute, "deferred"), queued(3*time.Minute, "deferred")}, SpeedDown, 0, 9 * time.Minute},
		"all in vain":                          {[]sending{late(14 * time.Minute), late(12 * time.Minute), sent(40*time.Minute, time.Second)}, SpeedDown, time.Second, 14 * time.Minute},
		"in vain, an hour ago":                 {[]sending{late(50 * time.Minute), late(45 * time.Minute)}, SpeedUsual, 0, 0},
	} {
		got := speedOf(ChannelEmail, c.rows, now)
		want := Speed{Channel: ChannelEmail, State: c.state, Typical: c.typical}
		if c.since > 0 {
			want.Since = now.Add(-c.since).Truncate(time.Minute)
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestSpeeds(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		speed := func(channel string) Speed {
			t.Helper()
			h.forward(speedFresh)
			list, err := h.Outbox.Speeds(ctx)
			if err != nil || len(list) != 2 || list[0].Channel != ChannelEmail || list[1].Channel != ChannelSMS {
				t.Fatalf("%+v, %v", list, err)
			}
			if channel == ChannelEmail {
				return list[0]
			}
			return list[1]
		}
		if s := speed(ChannelEmail); s != (Speed{Channel: ChannelEmail, State: SpeedUsual}) {
			t.Errorf("%+v", s)
		}
		h.startSignUp(t, "mara@example.com", browser())
		h.forward(2 * time.Second)
		h.messages(t)
		if s := speed(ChannelEmail); s.State != SpeedUsual || s.Typical != 2*time.Second {
			t.Errorf("%+v", s)
		}
		h.startSignUp(t, "tom@example.com", browser())
		began := h.now()
		h.forward(31 * time.Second)
		if s := speed(ChannelEmail); s.State != SpeedSlow || !s.Since.Equal(began.Truncate(time.Minute)) {
			t.Errorf("%+v", s)
		}
		h.startSignUp(t, "bo@example.com", browser())
		h.forward(9*time.Minute - 10*time.Second)
		if s := speed(ChannelEmail); s.State != SpeedSlow {
			t.Errorf("one went out ten minutes ago: %+v", s)
		}
		h.startSignUp(t, "ida@example.com", browser())
		h.forward(3 * time.Minute)
		if s := speed(ChannelEmail); s.State != SpeedDown || !s.Since.Equal(began.Truncate(time.Minute)) {
			t.Errorf("%+v", s)
		}
		if s := speed(ChannelSMS); s.State != SpeedUsual || s.Typical != 0 {
			t.Errorf("%+v", s)
		}
		// It goes again.
		h.messages(t)
		for i := range 8 {
			h.startSignUp(t, fmt.Sprintf("p%d@example.com", i), from(browser(), i))
			h.forward(time.Second)
			h.messages(t)
		}
		if s := speed(ChannelEmail); s.State != SpeedUsual || !s.Since.IsZero() {
			t.Errorf("%+v", s)
		}
		// An answer is kept for some seconds.
		before, err := h.Outbox.Speeds(ctx)
		if err != nil {
			t.Fatal(err)
		}
		h.exec(t, "UPDATE messages SET created_at = ?, state = 'queued', reason = ''", h.now().Add(-5*time.Minute))
		h.forward(speedFresh - time.Millisecond)
		if after, err := h.Outbox.Speeds(ctx); err != nil || fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%+v, %v", after, err)
		}
		h.forward(time.Millisecond)
		if after, err := h.Outbox.Speeds(ctx); err != nil || after[0].State != SpeedDown {
			t.Errorf("%+v, %v", after, err)
		}
	})
	engines(t, func(t *testing.T, h *house) {
		if list, err := h.Outbox.Speeds(ctx); err != nil || list[1] != (Speed{Channel: ChannelSMS, State: SpeedOff}) {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// The queries run on indexes: a busy hour costs a reader nothing.
func TestSpeedsUseIndexes(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		if h.core.db.Engine == "postgres" {
			t.Skip("a planner with so few rows reads them all")
		}
		var plan []struct{ Detail string }
		err := h.core.db.Read(ctx).Raw(`EXPLAIN QUERY PLAN SELECT m.created_at FROM messages m LEFT JOIN message_steps s ON s.message_id = m.id AND s.step = 'accepted'
			WHERE m.channel = ? AND m.challenge_id IS NOT NULL AND m.created_at > ? ORDER BY m.created_at DESC LIMIT 5`, ChannelEmail, h.now()).Scan(&plan).Error
		if err != nil || len(plan) != 2 {
			t.Fatalf("%+v, %v", plan, err)
		}
		for i, index := range []string{"messages_of_channel", "message_steps_of_message"} {
			mustContain(t, fmt.Errorf("%s", plan[i].Detail), index)
		}
	})
}
