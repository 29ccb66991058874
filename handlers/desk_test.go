package handlers_test

import (
	"context"
	"testing"
	"time"

	"admitone/models"
)

// withDesk opens a house where people can be reached in every way, at any hour.
func withDesk(s *setup) {
	s.desk = models.Desk{
		Email: "help@example.com", Zone: time.UTC, Chat: hoursOf("always"), Phone: hoursOf("always"),
		Numbers: []models.PhoneLine{
			{Region: "United Kingdom", Shown: "+44 20 7946 0123", Tel: "+442079460123", Cost: "Calls cost the same as a local call."},
			{Region: "Austria", Shown: "+43 1 5134567", Tel: "+4315134567"},
		},
		DialURL: "http://127.0.0.1:9/dial?to={number}", UnansweredMinutes: 10,
	}
}

// withHours is withDesk from nine to five on weekdays. The clock of a house begins
// on a Sunday evening.
func withHours(s *setup) {
	withDesk(s)
	s.desk.Chat, s.desk.Phone = hoursOf("mon-fri 09:00-17:00"), hoursOf("mon-fri 09:00-17:00")
}

func hoursOf(text string) models.Hours {
	h, err := models.ParseHours(text)
	if err != nil {
		panic(err)
	}
	return h
}

// agent is a browser of a member of staff, signed in and proven by a code.
func (h *house) agent(email, name string) *browser {
	h.t.Helper()
	b := h.browser()
	b.signUp(email)
	if err := h.models.Staff.SetRole(context.Background(), email, models.RoleStaff, name); err != nil {
		h.t.Fatal(err)
	}
	return b
}

// client is who a browser is to the acts themselves.
func (b *browser) client() models.Client {
	return models.Client{Session: b.cookies["session"], Device: b.cookies["device"], UserAgent: b.header.Get("User-Agent")}
}

// must ends the test where an act of staff fails.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
