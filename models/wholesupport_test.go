package models_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"admitone/models"
	"admitone/models/support"
)

// Whichever statement of an act of support fails, nothing is half done.
func TestNothingOfSupportIsHalfDone(t *testing.T) {
	always, err := models.ParseHours("always")
	if err != nil {
		t.Fatal(err)
	}
	telephone := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer telephone.Close()
	models.EveryWhere(t, func(o *models.Options) {
		o.Desk = models.Desk{
			Zone: time.UTC, Chat: always, Phone: always, DialURL: telephone.URL + "?to={number}", UnansweredMinutes: 10,
			Numbers: []models.PhoneLine{{Region: "Austria", Tel: "+4312345678"}},
		}
	}, func(t *testing.T, r models.Refusing) {
		people, err := support.Open(support.Options{Models: r.Models, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		d := desk{r, people, context.Background(), r.SignedUp(t, "ines@example.com"), r.SignedUp(t, "jo@example.com"), r.SignedUp(t, "mara@example.com")}
		for name, agent := range map[string]string{"ines@example.com": "Ines", "jo@example.com": "Jo"} {
			if err := r.Staff.SetRole(d.ctx, name, models.RoleStaff, agent); err != nil {
				t.Fatal(err)
			}
		}
		t.Run("conversations", d.conversations)
		t.Run("calls", d.calls)
		t.Run("service codes", d.serviceCodes)
		t.Run("readers", d.readers)
		r.Later(400 * 24 * time.Hour)
		d.InSteps(t, "what is over goes", func() error { return people.Sweep(d.ctx) })
	})
}

// desk is support with two of staff and one who asks for it.
type desk struct {
	models.Refusing
	*support.Support
	ctx            context.Context
	ines, jo, mara models.Client
}

func (d desk) conversations(t *testing.T) {
	var v support.Visitor
	var id string
	begin := func(c models.Client) {
		t.Helper()
		d.Whole(t, "a conversation begins", func() error {
			s, err := d.Chats.Start(d.ctx, support.Visitor{Client: c}, support.StartChat{Problem: support.NoCode, Name: "Mara", Email: "mara@example.net", Message: "hello"})
			v, id = support.Visitor{Client: c, Token: s.Token}, s.ID
			return err
		})
	}
	asked := func(name string, ask func() (string, error)) {
		t.Helper()
		d.Whole(t, name, func() error {
			got, err := ask()
			if err == nil && got != id {
				t.Errorf("%s: %q, not %q", name, got, id)
			}
			return err
		})
	}
	begin(models.Client{})
	asked("a stranger's conversation", func() (string, error) { return d.Chats.Here(d.ctx, v) })
	d.Whole(t, "a stranger leaves", func() error { return d.Chats.Leave(d.ctx, v, id, "mara@example.net") })
	d.Whole(t, "staff take it", func() error { return d.Chats.Join(d.ctx, d.ines, id) })
	d.Whole(t, "an answer by mail", func() error { return d.Chats.Reply(d.ctx, d.ines, id, "It is on its way.", "first answer, by mail") })
	d.Whole(t, "a stranger's conversation ends", func() error { return d.Chats.End(d.ctx, v, id) })

	begin(d.mara)
	asked("the conversation", func() (string, error) { return d.Chats.Current(d.ctx, v) })
	d.Whole(t, "it goes on", func() error {
		on, err := d.Chats.GoesOn(d.ctx, v, id)
		if err == nil && !on {
			t.Error("it is over")
		}
		return err
	})
	d.Whole(t, "what was said", func() error { _, err := d.Chats.Show(d.ctx, v, id, 0); return err })
	d.Whole(t, "the visitor says", func() error { return d.Chats.Say(d.ctx, v, id, "are you there?", "the second line of it") })
	d.Whole(t, "the queue", func() error {
		q, err := d.Chats.Queue(d.ctx, d.ines, support.QueueFilter{}, time.Time{})
		if err == nil && len(q.Rows) == 0 {
			t.Error("the queue is empty")
		}
		return err
	})
	d.Whole(t, "staff read", func() error { _, err := d.Chats.Read(d.ctx, d.ines, id, 0); return err })
	d.Whole(t, "the visitor has time", func() error { return d.Chats.Extend(d.ctx, v, id) })
	d.Whole(t, "staff join", func() error { return d.Chats.Join(d.ctx, d.ines, id) })
	d.Whole(t, "staff answer", func() error {
		return d.Chats.Reply(d.ctx, d.ines, id, "Look into the folder for spam.", "the first answer here")
	})
	d.Whole(t, "a note", func() error { return d.Chats.Note(d.ctx, d.ines, id, "came before", "the first note of it") })
	var jo string
	d.Whole(t, "colleagues", func() error {
		list, err := d.Chats.Colleagues(d.ctx, d.ines, id)
		if err == nil {
			jo = list[0].Account
		}
		return err
	})
	d.Whole(t, "handed on", func() error { return d.Chats.Transfer(d.ctx, d.ines, id, jo) })
	d.Whole(t, "handed back", func() error { return d.Chats.Transfer(d.ctx, d.jo, id, "") })
	d.Whole(t, "the figures", func() error { _, err := d.Figures(d.ctx, d.ines); return err })
	d.Whole(t, "the transcript", func() error { _, err := d.Chats.MailTranscript(d.ctx, v, id); return err })
	d.Whole(t, "it is wrapped up", func() error { return d.Chats.Wrap(d.ctx, d.ines, id, "solved") })
	d.Whole(t, "it helped", func() error { return d.Chats.Rate(d.ctx, v, id, true) })
}

func (d desk) calls(t *testing.T) {
	var slots []time.Time
	free := func() {
		t.Helper()
		d.Whole(t, "free times", func() (err error) { slots, err = d.Calls.Slots(d.ctx); return err })
	}
	var v support.Visitor
	var id string
	book := func(c models.Client, phone string) {
		t.Helper()
		free()
		d.Whole(t, "a call is booked", func() error {
			s, err := d.Calls.Book(d.ctx, support.Visitor{Client: c}, support.BookCall{Phone: phone, Name: "Mara", Problem: support.LostWay, Slot: slots[0]})
			v, id = support.Visitor{Client: c, Token: s.Token}, s.ID
			return err
		})
	}
	book(models.Client{}, "+436641234567")
	d.Whole(t, "a call is cancelled", func() error { return d.Calls.Cancel(d.ctx, v, id) })
	book(d.mara, "+436641234568")
	d.Whole(t, "whether there is a call", func() error {
		got, err := d.Calls.Current(d.ctx, v)
		if err == nil && got != id {
			t.Errorf("%q, not %q", got, id)
		}
		return err
	})
	d.Whole(t, "a call", func() error { _, err := d.Calls.Show(d.ctx, v, id); return err })
	free()
	d.Whole(t, "a call is moved", func() error { return d.Calls.Move(d.ctx, v, id, slots[3]) })
	d.Whole(t, "the calls", func() error { _, err := d.Calls.List(d.ctx, d.ines); return err })
	d.Whole(t, "staff read a call", func() error { _, err := d.Calls.Read(d.ctx, d.ines, id); return err })
	for range 2 {
		d.Whole(t, "staff call", func() error { return d.Calls.Dial(d.ctx, d.ines, id) })
		d.Whole(t, "nobody answers", func() error { return d.Calls.Missed(d.ctx, d.ines, id) })
	}
	book(d.jo, "+436641234569")
	d.Whole(t, "they talked", func() error { return d.Calls.Done(d.ctx, d.ines, id) })
}

func (d desk) serviceCodes(t *testing.T) {
	var made support.ServiceCode
	d.Whole(t, "a service code", func() (err error) { made, err = d.ServiceCodes.Make(d.ctx, d.mara); return err })
	d.Whole(t, "the code is shown", func() error {
		got, err := d.ServiceCodes.Current(d.ctx, d.mara)
		if err == nil && got.Code != made.Code {
			t.Errorf("%q, not %q", got.Code, made.Code)
		}
		return err
	})
	var out support.ReadOut
	d.Whole(t, "the code is read out", func() (err error) { out, err = d.ServiceCodes.Redeem(d.ctx, d.ines, made.Code); return err })
	d.Whole(t, "the caller is known", func() error {
		at, err := d.ServiceCodes.Verified(d.ctx, d.ines, out.Account, out.ID)
		if err == nil && at.IsZero() {
			t.Error("the caller is a stranger")
		}
		return err
	})
}

func (d desk) readers(t *testing.T) {
	var vote string
	d.Whole(t, "a vote", func() (err error) { vote, err = d.Readers.Vote(d.ctx, d.mara, "no-code", false); return err })
	d.Whole(t, "its words", func() error { return d.Readers.Words(d.ctx, vote, "It came an hour later.") })
	d.Whole(t, "a search in vain", func() error { return d.Readers.FoundNothing(d.ctx, d.mara, "fax machine") })
}
