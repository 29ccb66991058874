package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"admitone/models"
)

func TestWatchPage(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		staff, member := h.agent(ines, "Ines"), h.browser()
		member.signUp(mara)
		member.open("/console/watch").is(404)
		member.send("/console/watch/switch", "switch", "texts_off", "on", "yes", "reason", "It is me.").is(404)
		h.browser().open("/console/watch").away("/sign-in?next=/console/watch")

		staff.open("/console/watch").is(200, "Nothing unusual.", "None in 24 hours.", "Numbers by hour", `hx-trigger="every 15s"`, "Switch texts off").without("style=")
		staff.part("/console/watch").is(200, `id="now"`, `hx-trigger="every 15s"`).without("<html", "<form")
		staff.open("/console/watch?still=1").is(200, "Refresh by itself").without("hx-trigger=\"every")

		// A reason is asked for, and what was typed stays.
		path := "/console/watch/switch"
		staff.send(path, "switch", "texts_off", "on", "yes", "reason", "").is(422, "Write a reason", `aria-invalid="true"`)
		staff.send(path, "switch", "texts_off", "on", "yes", "reason", "<b>!").is(422, "5 characters or more", "&lt;b&gt;!", `id="reason-texts_off-error"`)
		staff.send(path, "switch", "texts_off", "on", "yes", "reason", "the code is 482913").is(422, "looks like a code")
		staff.send(path, "switch", "the_lights", "on", "yes", "reason", "It is day.").is(400)
		staff.open(path).away("/console/watch")
		staff.open("/console/watch").is(200, "Nothing unusual.")

		staff.send(path, "switch", "texts_off", "on", "yes", "reason", "Texts for <b>money").leads("/console/watch")
		staff.open("/console/watch").is(200, "No text has gone out since", "Texts are off.", "On since", "Texts for &lt;b&gt;money", "<bdi>Ines</bdi>", "Send texts again").without("Nothing unusual.", "<b>money")
		staff.part("/console/watch").is(200, "Texts are off.")
		staff.send(path, "switch", "texts_off", "on", "no").leads("/console/watch")
		staff.open("/console/watch").is(200, "Texts go out again", "Nothing unusual.")

		// The page opens for a working day, the switches for some minutes.
		h.forward(time.Duration(h.models.Policy().Elevated))
		staff.open("/console/watch").is(200)
		staff.send(path, "switch", "texts_off", "on", "yes", "reason", "An attack.").away("/reauth?next=/console/watch")
		staff.send(path, "switch", "texts_off", "on", "no").away("/reauth?next=/console/watch")
	}, withDesk)
}

// While strangers are slowed down their forms wait in a line, and nothing else does.
func TestStrangersAreSlow(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		staff, member, stranger := h.agent(ines, "Ines"), h.browser(), h.browser()
		member.signUp(mara)
		known := member.copy()
		known.send("/sign-out")
		tries := 0
		try := func(b *browser) answer {
			t.Helper()
			tries++ // so that no other limit is met
			return b.send("/sign-in", "email", fmt.Sprintf("nobody%d@example.com", tries), "password", wrong)
		}
		for range 3 {
			try(h.browser()).is(422)
		}
		must(t, h.models.Console.Switch(context.Background(), staff.client(), models.SwitchStrangersSlow, true, "An attack."))
		for range 2 {
			try(h.browser()).is(422)
		}
		for range 3 {
			try(stranger).unit(503, "wait in line at the moment", "15 seconds").retryAfter("15")
		}
		h.browser().send("/sign-up", "email", "new@example.com", "password", password).is(503)
		h.browser().send("/reset", "email", mara).is(503)

		// Pages, help, mailed links, and who was here before.
		stranger.open("/sign-in").is(200)
		stranger.open("/help").is(200)
		stranger.send("/help/a/no-code/vote", "vote", "yes").without("wait in line")
		stranger.send("/contact/chat").without("wait in line")
		stranger.send("/theme", "theme", "dark").without("wait in line")
		stranger.send("/not-me/" + anID).without("wait in line")
		stranger.send("/nothing").is(404)
		stranger.do("PUT", "/sign-in", "", h.htmx).is(405)
		for range 3 {
			known.send("/sign-in", "email", mara, "password", password).leads("/account")
			known.send("/sign-out")
			staff.send("/console/watch/switch", "switch", "texts_off", "on", "no").leads("/console/watch")
		}
		forged := h.browser()
		forged.cookies["device"] = member.cookies["device"][1:] + "x"
		try(forged).is(503)

		// The line moves on with the time, and ends with the switch.
		h.forward(time.Second)
		try(stranger).is(422)
		try(stranger).is(503)
		must(t, h.models.Console.Switch(context.Background(), staff.client(), models.SwitchStrangersSlow, false, ""))
		try(stranger).is(422)
	}, withDesk, func(s *setup) { s.pages.StrangersLine.PerSecond, s.pages.StrangersLine.First = 1, 2 })
}

// In the line one waits for one's turn.
func TestStrangersWaitTheirTurn(t *testing.T) {
	h := once(t, func(s *setup) {
		s.pages.StrangersLine.PerSecond, s.pages.StrangersLine.First, s.pages.StrangersLine.Wait = 100, 1, time.Minute
	})
	staff := h.agent(ines, "Ines")
	must(t, h.models.Console.Switch(context.Background(), staff.client(), models.SwitchStrangersSlow, true, "An attack."))
	for i := range 5 {
		h.browser().send("/sign-in", "email", fmt.Sprintf("nobody%d@example.com", i), "password", wrong).is(422)
	}
}

// One network fills the line for nobody else, and one device nothing at all.
func TestSlowStrangersOfOneNetwork(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		staff, member := h.agent(ines, "Ines"), h.browser()
		member.signUp(mara)
		member.send("/sign-out")
		must(t, h.models.Console.Switch(context.Background(), staff.client(), models.SwitchStrangersSlow, true, "An attack."))
		ask := func(b *browser, i int) answer { // a form that no other limit is for
			return b.send("/sign-up", "email", fmt.Sprintf("nobody%d@example", i), "password", password)
		}
		flood := func(n int, from func(i int) *browser) (through int) {
			answers := make([]answer, n)
			var all sync.WaitGroup
			for i := range n {
				b := from(i)
				all.Go(func() { answers[i] = ask(b, i) })
			}
			all.Wait()
			for _, a := range answers {
				if a.status == http.StatusUnprocessableEntity {
					through++
				} else {
					a.unit(503, "wait in line at the moment")
				}
			}
			return through
		}
		for net, from := range map[string]string{"203.0.113.%d": "203.0.114.1", "2001:db8:1:%x::1": "2001:db8:2::1"} {
			if n := flood(20, func(i int) *browser { return h.from(fmt.Sprintf(net, i+1)) }); n != 3 {
				t.Errorf("%d of 20 came through from one network", n)
			}
			ask(h.from(from), 0).is(422)
			h.forward(2 * time.Second)
			ask(h.from(fmt.Sprintf(net, 9)), 0).is(422)
			ask(h.from(fmt.Sprintf(net, 9)), 0).is(503).retryAfter("15")
			h.forward(10 * time.Second)
		}
		// Who holds a device's cookie has turns of his own, wherever he says he is.
		copied := func(i int) *browser {
			b := member.copy()
			b.peer = fmt.Sprintf("198.51.%d.1", i)
			return b
		}
		if n := flood(20, copied); n != 10 {
			t.Errorf("%d of 20 came through from one device", n)
		}
		ask(h.from("198.51.7.1"), 0).is(422)
		h.forward(time.Second)
		ask(copied(1), 0).is(422)
		ask(copied(1), 0).is(503)
	}, withDesk)
}
