package models

import (
	"sync"
	"testing"
	"time"
)

func TestOutboxLease(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := browser()
		h.startSignUp(t, "mara@example.com", c)
		first, err := h.Outbox.Claim(ctx, "", 10, time.Minute)
		if err != nil || len(first) != 1 || first[0].Attempt != 1 || first[0].Tag == "" {
			t.Fatalf("%+v, %v", first, err)
		}
		if again, err := h.Outbox.Claim(ctx, "", 10, time.Minute); err != nil || len(again) != 0 {
			t.Fatalf("a leased message is claimed again: %+v, %v", again, err)
		}
		// The process died: the lease runs out and the same code is sent.
		h.forward(time.Minute)
		second, err := h.Outbox.Claim(ctx, "", 10, time.Minute)
		if err != nil || len(second) != 1 || second[0].ID != first[0].ID || second[0].Attempt != 2 {
			t.Fatalf("%+v, %v", second, err)
		}
		a, _ := h.Outbox.Code(first[0])
		b, _ := h.Outbox.Code(second[0])
		if a != b || a == "" {
			t.Errorf("codes %q and %q", a, b)
		}
		if err := h.Outbox.Sent(ctx, second[0], "250 ok"); err != nil {
			t.Fatal(err)
		}
		h.forward(time.Hour)
		if more := h.messages(t); len(more) != 0 {
			t.Errorf("an accepted message is sent again: %+v", more)
		}
	})
}

func TestOutboxManyWorkers(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		const n = 40
		for i := range n {
			c := Client{UserAgent: "test"}
			h.startSignUp(t, string(rune('a'+i%26))+string(rune('a'+i/26))+"@example.com", c)
		}
		var mu sync.Mutex
		got := map[string]int{}
		parallel(4, func(int) {
			for {
				claimed, err := h.Outbox.Claim(ctx, "", 3, time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				if len(claimed) == 0 {
					return
				}
				for _, m := range claimed {
					mu.Lock()
					got[m.ID]++
					mu.Unlock()
					if err := h.Outbox.Sent(ctx, m, ""); err != nil {
						t.Error(err)
					}
				}
			}
		})
		for range 10 { // a worker may have found the rest leased and gone home
			for _, m := range h.messages(t) {
				got[m.ID]++
			}
		}
		if len(got) != n {
			t.Errorf("%d messages were claimed, want %d", len(got), n)
		}
		for id, times := range got {
			if times != 1 {
				t.Errorf("%s was claimed %d times", id, times)
			}
		}
	})
}

func TestOutboxRetries(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := browser()
		c.Session = h.startSignUp(t, "mara@example.com", c)
		var waits []time.Duration
		for range 6 {
			claimed, err := h.Outbox.Claim(ctx, "", 1, time.Minute)
			if err != nil || len(claimed) != 1 {
				t.Fatalf("%+v, %v", claimed, err)
			}
			if err := h.Outbox.Failed(ctx, claimed[0], Failure{Reason: "deferred", Detail: "451"}); err != nil {
				t.Fatal(err)
			}
			p, err := h.SignUps.Pending(ctx, c)
			if err != nil || p.Delivery.State != "delayed" {
				t.Fatalf("%+v, %v", p.Delivery, err)
			}
			next, err := h.Outbox.NextAt(ctx, "")
			if err != nil || !next.Equal(p.Delivery.NextAt) {
				t.Fatalf("next at %v, the page says %v, %v", next, p.Delivery.NextAt, err)
			}
			waits = append(waits, next.Sub(h.now()))
			h.forward(next.Sub(h.now()))
		}
		for i, want := range []time.Duration{2, 4, 8, 15, 15, 15} {
			if waits[i] != want*time.Second {
				t.Errorf("wait %d is %v, want %v s", i+1, waits[i], want)
			}
		}
		// After the code's life it is dropped: a late code helps nobody.
		h.forward(10 * time.Minute)
		if late := h.messages(t); len(late) != 0 {
			t.Errorf("a late code was sent: %+v", late)
		}
		p, err := h.SignUps.Pending(ctx, c)
		if err != nil || p.Delivery.State != "dropped" || p.Delivery.Reason != "too_late" {
			t.Errorf("%+v, %v", p.Delivery, err)
		}
	})
}

func TestOutboxStates(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := browser()
		c.Session = h.startSignUp(t, "mara@example.com", c)
		claim := func() Message {
			claimed, err := h.Outbox.Claim(ctx, "", 1, time.Minute)
			if err != nil || len(claimed) != 1 {
				t.Fatalf("%+v, %v", claimed, err)
			}
			return claimed[0]
		}
		state := func() Delivery {
			p, err := h.SignUps.Pending(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			return p.Delivery
		}
		if d := state(); d.State != "queued" {
			t.Errorf("%+v", d)
		}
		m := claim()
		if err := h.Outbox.Failed(ctx, m, Failure{Permanent: true, Reason: "no_mailbox"}); err != nil {
			t.Fatal(err)
		}
		if d := state(); d.State != "refused" || d.Reason != "no_mailbox" {
			t.Errorf("%+v", d)
		}
		// A late word of a worker that was thought dead changes nothing.
		if err := h.Outbox.Sent(ctx, m, ""); err != nil {
			t.Fatal(err)
		}
		if d := state(); d.State != "refused" {
			t.Errorf("%+v", d)
		}
		h.forward(31 * time.Second)
		if _, err := h.SignUps.Resend(ctx, "", "", c); err != nil {
			t.Fatal(err)
		}
		if d := state(); d.State != "queued" {
			t.Errorf("the line shows an older message: %+v", d)
		}
		if err := h.Outbox.Sent(ctx, claim(), ""); err != nil {
			t.Fatal(err)
		}
		if d := state(); d.State != "accepted" || !d.At.Equal(h.now()) {
			t.Errorf("%+v", d)
		}
		if n := h.count(t, "SELECT count(*) FROM message_steps"); n != 2 {
			t.Errorf("%d steps in the timeline, want 2", n)
		}
	})
}

func TestUsedCodeIsNotSentAgain(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		right := h.lastCode(t, "mara@example.com")
		h.forward(31 * time.Second)
		if _, err := h.SignIns.Resend(ctx, "", "", c); err != nil {
			t.Fatal(err)
		}
		if _, err := h.SignIns.Answer(ctx, right, "", Ticks{}, c); err != nil {
			t.Fatal(err)
		}
		for _, m := range h.messages(t) {
			if m.Kind == KindSignInCode {
				t.Error("a used code was sent")
			}
		}
	})
}

func TestWakeAfterCommit(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.startSignUp(t, "mara@example.com", browser())
		select {
		case <-h.Outbox.Wake():
		case <-time.After(30 * time.Second):
			t.Fatal("no poke after the commit")
		}
	})
}

// A refusal of who has lost the lease meanwhile closes nothing: another is trying it.
func TestRefusalAfterTheLease(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := browser()
		c.Session = h.startSignUp(t, "mara@example.com", c)
		claim := func() Message {
			t.Helper()
			list, err := h.Outbox.Claim(ctx, "", 10, time.Minute)
			if err != nil || len(list) != 1 {
				t.Fatal(len(list), err)
			}
			return list[0]
		}
		first := claim()
		h.forward(time.Minute)
		second := claim()
		if err := h.Outbox.Failed(ctx, first, Failure{Permanent: true, Reason: "refused"}); err != nil {
			t.Fatal(err)
		}
		state := func(want string) {
			t.Helper()
			if p, err := h.SignUps.Pending(ctx, c); err != nil || p.Delivery.State != want {
				t.Errorf("%+v, %v, want %s", p.Delivery, err, want)
			}
		}
		state(stateQueued)
		if err := h.Outbox.Sent(ctx, second, "250 ok"); err != nil {
			t.Fatal(err)
		}
		state(stateAccepted)
	})
	engines(t, func(t *testing.T, h *house) { // it was taken over all the same
		c := browser()
		c.Session = h.startSignUp(t, "mara@example.com", c)
		list, err := h.Outbox.Claim(ctx, "", 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		h.forward(time.Minute)
		if _, err := h.Outbox.Claim(ctx, "", 10, time.Minute); err != nil {
			t.Fatal(err)
		}
		if err := h.Outbox.Sent(ctx, list[0], "250 ok"); err != nil {
			t.Fatal(err)
		}
		if p, err := h.SignUps.Pending(ctx, c); err != nil || p.Delivery.State != stateAccepted {
			t.Errorf("%+v, %v", p.Delivery, err)
		}
	})
}
