package models

import (
	"testing"
	"time"
)

func (h *house) reportOf(m Message) string { return h.Outbox.Links(m).Report[len(ReportPath):] }

// claimText has a sign-in code texted and claims it, without handing it over.
func (h *house) claimText(t testing.TB) (Client, Message) {
	t.Helper()
	in := h.startSignIn(t, "mara@example.com")
	list, err := h.Outbox.Claim(ctx, "", 10, time.Minute)
	if err != nil || len(list) != 1 || list[0].Channel != ChannelSMS {
		t.Fatalf("%+v, %v", list, err)
	}
	return in, list[0]
}

func (h *house) state(t testing.TB, m Message) string {
	t.Helper()
	var states []string
	h.core.db.Read(ctx).Raw("SELECT state FROM messages WHERE id = ?", m.ID).Scan(&states)
	if len(states) != 1 {
		t.Fatalf("%q", states)
	}
	return states[0]
}

func TestDeliveryReports(t *testing.T) {
	type act func(h *house, m Message) error
	sent := func(h *house, m Message) error { return h.Outbox.Sent(ctx, m, "200") }
	refused := func(h *house, m Message) error {
		return h.Outbox.Failed(ctx, m, Failure{Permanent: true, Reason: "rejected"})
	}
	tooLate := func(h *house, m Message) error {
		return h.Outbox.Failed(ctx, m, Failure{Permanent: true, Reason: ReasonTooLate})
	}
	delayed := func(h *house, m Message) error { return h.Outbox.Failed(ctx, m, Failure{Reason: "connection"}) }
	report := func(word string) act {
		return func(h *house, m Message) error { return h.Outbox.Report(ctx, h.reportOf(m), word) }
	}
	cases := map[string]struct {
		acts  []act
		want  string
		steps int
	}{
		"delivered":                     {[]act{sent, report("delivered")}, stateDelivered, 2},
		"by number":                     {[]act{sent, report("1")}, stateDelivered, 2},
		"undelivered":                   {[]act{sent, report("undelivered")}, stateUndelivered, 2},
		"failed":                        {[]act{sent, report("failed")}, stateUndelivered, 2},
		"refused by the network":        {[]act{sent, report("16")}, stateUndelivered, 2},
		"before it was marked":          {[]act{report("delivered"), sent}, stateDelivered, 1},
		"before it was marked, no":      {[]act{report("2"), sent}, stateUndelivered, 1},
		"before a mark of refusal":      {[]act{report("delivered"), refused}, stateDelivered, 1},
		"repeated":                      {[]act{sent, report("delivered"), report("delivered"), report("1")}, stateDelivered, 2},
		"late other word":               {[]act{sent, report("delivered"), report("undelivered")}, stateDelivered, 2},
		"late good word":                {[]act{sent, report("undelivered"), report("delivered")}, stateUndelivered, 2},
		"unknown words":                 {[]act{sent, report("sent"), report("queued"), report("8"), report(""), report("DELIVRD'; --"), report("\x00")}, stateAccepted, 1},
		"after a refusal":               {[]act{refused, report("delivered")}, stateRefused, 1},
		"after it was dropped":          {[]act{tooLate, report("delivered")}, stateDropped, 1},
		"after it was dropped, no":      {[]act{tooLate, report("undelivered")}, stateDropped, 1},
		"while it is tried again":       {[]act{delayed, report("delivered")}, stateDelivered, 2},
		"a bad gateway says both first": {[]act{report("undelivered"), report("delivered"), sent}, stateUndelivered, 1},
	}
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		h.newPhone(t, h.signUp(t, "mara@example.com"), "+436641234567")
		for name, c := range cases {
			h.forward(3 * time.Hour)
			in, m := h.claimText(t)
			for i, act := range c.acts {
				h.forward(time.Second)
				if err := act(h, m); err != nil {
					t.Fatalf("%s, step %d: %v", name, i, err)
				}
			}
			if got := h.state(t, m); got != c.want {
				t.Errorf("%s: state %s, want %s", name, got, c.want)
			}
			if n := h.count(t, "SELECT count(*) FROM message_steps WHERE message_id = ?", m.ID); n != c.steps {
				t.Errorf("%s: %d steps, want %d", name, n, c.steps)
			}
			if p, err := h.SignIns.Pending(ctx, in); err != nil || p.Delivery.State != c.want || p.Delivery.At.After(h.now()) {
				t.Errorf("%s: %+v, %v", name, p.Delivery, err)
			}
			// Whatever was reported, it is not sent again.
			h.forward(2 * time.Minute)
			if again, err := h.Outbox.Claim(ctx, "", 10, time.Minute); err != nil || len(again) != 0 {
				t.Errorf("%s: %+v, %v", name, again, err)
			}
		}
	})
}

func TestReportOfAnotherToken(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		h.newPhone(t, h.signUp(t, "mara@example.com"), "+436641234567")
		_, m := h.claimText(t)
		good := h.reportOf(m)
		for name, bad := range map[string]string{
			"empty": "", "short": good[1:], "one letter": good[:95] + string('a'+(good[95]-'a'+1)%16), "another message": string('a'+(good[0]-'a'+1)%16) + good[1:],
			"not-me": h.notMeOf(m), "the message's id": m.ID,
		} {
			if err := h.Outbox.Report(ctx, bad, "delivered"); !isKind(err, Gone) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if h.state(t, m) != stateQueued {
			t.Error("another token moved it")
		}
		// Reports that come at once move it once.
		errs := make([]error, 8)
		parallel(len(errs), func(i int) { errs[i] = h.Outbox.Report(ctx, good, []string{"delivered", "undelivered"}[i%2]) })
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		if n := h.count(t, "SELECT count(*) FROM message_steps WHERE message_id = ?", m.ID); n != 1 {
			t.Errorf("%d steps", n)
		}
	})
}
