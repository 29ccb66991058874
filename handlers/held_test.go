package handlers_test

import (
	"context"
	"testing"
	"time"

	"admitone/models"
)

// While texts are paused the pages say so to whom they would have gone.
func TestPausedTextsAreTold(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		staff, b, other := h.agent(ines, "Ines"), h.browser(), h.browser()
		b.signUp(mara)
		b.addPhone(number, number)
		other.signUp("finn@example.com")
		const paused = "paused at the moment"
		b.open("/account/phone").is(200, "it is your other way in", `name="phone"`).without(paused)
		must(t, h.models.Console.Switch(context.Background(), staff.client(), models.SwitchTextsOff, true, "The gateway fails."))
		b.open("/account/phone").is(200, "Texts are "+paused, "No number can be added or changed").without("your other way in", `name="phone"`)
		b.send("/account/phone", "phone", "+4915123456789").unit(422, "Texts are switched off at the moment")
		h.forward(time.Minute)
		for email, told := range map[string]bool{mara: true, "finn@example.com": false} {
			n := h.browser()
			n.toCode(email)
			page := n.open("/sign-in/code").is(200, "Check your email")
			if told {
				page.is(200, "Texts to your number are "+paused)
			} else {
				page.without(paused)
			}
		}
	}, withDesk, withTexts)
}
