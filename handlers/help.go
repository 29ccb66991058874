package handlers

import (
	"net/http"
	"time"

	"admitone/content"
	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// HelpFacts are the numbers and names that the articles state, as they hold here.
func HelpFacts(m *models.Models, brand, sender, host string) content.HelpFacts {
	p, desk := m.Policy(), m.Desk()
	texts, _ := m.Texts()
	return content.HelpFacts{
		Brand: brand, Sender: sender, Host: host,
		CodeMinutes: minutes(p.CodeLife), CodeDigits: models.CodeDigits, ResetDigits: models.ResetDigits, CodeTries: p.CodeTries, FlowMinutes: minutes(p.FlowLife),
		SameCodeMinutes: minutes(models.SameCodeLeft), ResendSeconds: int(time.Duration(p.ResendWaits[0]) / time.Second),
		WrongCodes: p.WrongCodes, WrongResetCodes: p.WrongResetCodes,
		LaneFree: models.LaneFree, LaneWaitMinutes: minutes(models.LaneWaitMax),
		ElevatedMinutes: minutes(p.Elevated), TrustDays: days(p.Trust), UndoHours: int(time.Duration(p.UndoLife) / time.Hour), ClosingDays: days(p.ClosingWait),
		PasswordMin: p.PasswordMin, PasswordMax: p.PasswordMax,
		NotMeDays: days(models.NotMeLife), MuteHours: int(models.MuteLife / time.Hour), IdleDays: days(p.SessionIdle), SessionDays: days(p.SessionLife),
		ServiceCodeMinutes: minutes(p.ServiceCode), DeviceDays: days(models.DeviceLife), ActivityMonths: days(models.EventLife) / 30,
		UnusualCodes: p.StepUpWhenOff == "always", Texts: texts, Chat: desk.Chat.Any(), Phone: desk.Phone.Any(), CallBack: desk.CallBack(),
		ChatHours: views.HoursWords(hours(desk.Chat, desk.Zone)), PhoneHours: views.HoursWords(hours(desk.Phone, desk.Zone)),
		Email: desk.Email,
	}
}

// hours are a channel's opening hours as a page tells them.
func hours(h models.Hours, z *time.Location) views.Hours {
	told := views.Hours{Always: h.Always(), Zone: z}
	for _, l := range h.Lines() {
		told.Lines = append(told.Lines, views.HoursLine(l))
	}
	return told
}

func (s *site) showHelp(c echo.Context) error {
	p := views.HelpPage{
		Shell: s.shell(c), Top: articlesOf(s.Help.Top()), Speeds: s.speeds(c), Now: s.Models.Now(),
		Topics: s.topics(), Ways: s.talk(c),
	}
	return s.render(c, http.StatusOK, views.Help(p))
}

// speeds says how fast each channel is right now. Help that cannot say it is still
// help.
func (s *site) speeds(c echo.Context) []views.Speed {
	list, err := s.Models.Outbox.Speeds(c.Request().Context())
	if err != nil {
		s.Log.Warn("the speed of messages is not known", "request", requestID(c), "error", err)
	}
	out := make([]views.Speed, len(list))
	for i, v := range list {
		out[i] = views.Speed(v)
	}
	return out
}

// speed is the one of a channel.
func (s *site) speed(c echo.Context, channel string) views.Speed {
	for _, v := range s.speeds(c) {
		if v.Channel == channel {
			return v
		}
	}
	return views.Speed{}
}

// talk says how to reach a person right now. Help that cannot say how long one
// waits is still help.
func (s *site) talk(c echo.Context) views.Ways {
	w := s.channels()
	if w.Chat.Open {
		wait, err := s.Support.Wait(c.Request().Context())
		if err != nil {
			s.Log.Warn("the wait for a chat is not known", "request", requestID(c), "error", err)
		}
		w.Wait = views.ChatWait(wait)
	}
	return w
}

// minutes rounds up: a life shorter than a minute is told as one.
func minutes[D ~int64](d D) int {
	return int((time.Duration(d) + time.Minute - 1) / time.Minute)
}

// days rounds up too.
func days[D ~int64](d D) int { return int((time.Duration(d) + 24*time.Hour - 1) / (24 * time.Hour)) }
