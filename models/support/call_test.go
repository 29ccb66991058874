package support

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"admitone/models"
)

// exchange is a real telephone system.
type exchange struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []url.Values
	status atomic.Int32
}

func newExchange(t testing.TB) *exchange {
	t.Helper()
	e := &exchange{}
	e.status.Store(http.StatusOK)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.calls = append(e.calls, r.URL.Query())
		e.mu.Unlock()
		if s := int(e.status.Load()); s/100 == 3 {
			http.Redirect(w, r, "/elsewhere", s)
		} else {
			w.WriteHeader(s)
		}
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *exchange) dialled() []url.Values {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]url.Values(nil), e.calls...)
}

// book books the first free slot.
func (h *house) book(t testing.TB, c models.Client, phone string) (v Visitor, id string) {
	t.Helper()
	slots, err := h.Calls.Slots(ctx)
	if err != nil || len(slots) == 0 {
		t.Fatalf("%v, %v", slots, err)
	}
	s, err := h.Calls.Book(ctx, Visitor{Client: c}, BookCall{Phone: phone, Name: "Mara", Problem: LostWay, Slot: slots[0]})
	must(t, err)
	return Visitor{Client: c, Token: s.Token}, s.ID
}

func TestCallBack(t *testing.T) {
	e := newExchange(t)
	log := &bytes.Buffer{}
	enginesWith(t, func(o *models.Options) {
		o.Desk.DialURL = e.URL + "/dial?to={number}&from={agent}&ref={reference}"
		o.Log = slog.New(slog.NewTextHandler(log, nil))
	}, func(t *testing.T, h *house) {
		e.status.Store(http.StatusOK)
		ines := h.staff(t, "ines@example.com", "Ines & Co")
		mara := h.signUp(t, "mara@example.com")
		h.messages(t)
		v, id := h.book(t, mara, "+43 664 1234567")
		c, err := h.Calls.Show(ctx, v, id)
		if err != nil || c.State != Scheduled || c.Masked != "number ending 67" || c.Word == "" || c.Word != strings.ToLower(c.Word) || c.Problem != LostWay || !c.Mine || c.Account != "" {
			t.Errorf("%+v, %v", c, err)
		}
		if want := time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC); !c.Slot.Equal(want) {
			t.Errorf("%v", c.Slot)
		}
		if cur, err := h.Calls.Current(ctx, Visitor{Client: mara}); err != nil || cur != id {
			t.Errorf("%q, %v", cur, err)
		}
		slots, err := h.Calls.Slots(ctx)
		must(t, err)
		_, err = h.Calls.Book(ctx, v, BookCall{Phone: "+436641234568", Slot: slots[0]})
		refused(t, err, models.Conflict, "booked")
		h.forward(time.Second) // what is of one moment goes out in any order
		must(t, h.Calls.Move(ctx, v, id, slots[2]))
		must(t, h.Calls.Move(ctx, v, id, slots[2]))
		refused(t, h.Calls.Move(ctx, v, id, slots[2].Add(time.Minute)), models.Invalid, "taken")
		refused(t, h.Calls.Move(ctx, v, id, time.Time{}), models.Invalid, "required")
		list, err := h.Calls.List(ctx, ines)
		if err != nil || len(list) != 1 || !list[0].Slot.Equal(slots[2]) || list[0].Account != h.account(t, mara) || list[0].Masked != "number ending 67" || list[0].Word != c.Word || list[0].Mine {
			t.Errorf("%+v, %v", list, err)
		}

		// The telephone system refuses, leads elsewhere, and works.
		for _, status := range []int{http.StatusInternalServerError, http.StatusFound, http.StatusNotFound} {
			e.status.Store(int32(status))
			refused(t, h.Calls.Dial(ctx, ines, id), models.Unreachable, "telephone")
			if c, err := h.Calls.Show(ctx, v, id); err != nil || c.State != Scheduled || c.Agent != "" {
				t.Errorf("%+v, %v", c, err)
			}
		}
		e.status.Store(http.StatusAccepted)
		before := len(e.dialled())
		var ok atomic.Int32
		parallel(10, func(int) {
			err := h.Calls.Dial(ctx, ines, id)
			if err == nil {
				ok.Add(1)
			} else {
				refused(t, err, models.Conflict, Calling)
			}
		})
		calls := e.dialled()
		if ok.Load() != 1 || len(calls) != before+1 {
			t.Errorf("%d dials, %d calls", ok.Load(), len(calls)-before)
		}
		if q := calls[len(calls)-1]; q.Get("to") != "+436641234567" || q.Get("from") != "Ines & Co" || q.Get("ref") != id {
			t.Errorf("%v", q)
		}
		refused(t, h.Calls.Cancel(ctx, v, id), models.Conflict, Calling)
		refused(t, h.Calls.Move(ctx, v, id, slots[4]), models.Conflict, Calling)

		// Missed once, then for good.
		h.forward(time.Second)
		must(t, h.Calls.Missed(ctx, ines, id))
		refused(t, h.Calls.Missed(ctx, ines, id), models.Conflict, Scheduled)
		if c, err := h.Calls.Show(ctx, v, id); err != nil || c.State != Scheduled || c.Tries != 1 || !c.Slot.After(h.now().Add(29*time.Minute)) || c.Agent != "" {
			t.Errorf("%+v, %v", c, err)
		}
		h.forward(time.Second)
		must(t, h.Calls.Dial(ctx, ines, id))
		must(t, h.Calls.Missed(ctx, ines, id))
		if c, err := h.Calls.Show(ctx, v, id); err != nil || c.State != Missed || c.Tries != 2 {
			t.Errorf("%+v, %v", c, err)
		}
		refused(t, h.Calls.Dial(ctx, ines, id), models.Conflict, Missed)
		refused(t, h.Calls.Done(ctx, ines, id), models.Conflict, Missed)
		if cur, err := h.Calls.Current(ctx, v); err != nil || cur != "" {
			t.Errorf("%q, %v", cur, err)
		}
		told := []string{}
		for _, m := range h.messages(t) {
			if m.Kind == models.KindCallBack && m.Destination == "mara@example.com" && m.Body == "" {
				told = append(told, m.What)
			}
		}
		if strings.Join(told, " ") != "booked moved missed_once missed" {
			t.Errorf("%q", told)
		}
		if strings.Contains(log.String(), "664123") || strings.Contains(log.String(), "1234567") {
			t.Errorf("the log names the number: %s", log)
		}
		h.forward(31 * 24 * time.Hour)
		must(t, h.Support.Sweep(ctx))
		if n := h.count(t, "SELECT count(*) FROM calls"); n != 0 {
			t.Errorf("%d", n)
		}
	})
}

// A telephone system that hangs up, or is not there, is not an error of ours, and
// its URL is never logged.
func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	log := &bytes.Buffer{}
	enginesWith(t, func(o *models.Options) {
		o.Desk.DialURL = "http://" + l.Addr().String() + "/?to={number}"
		o.Log = slog.New(slog.NewTextHandler(log, nil))
	}, func(t *testing.T, h *house) {
		ines := h.staff(t, "ines@example.com", "Ines")
		v, id := h.book(t, here(), "+436641234567")
		refused(t, h.Calls.Dial(ctx, ines, id), models.Unreachable, "telephone")
		if c, err := h.Calls.Show(ctx, v, id); err != nil || c.State != Scheduled {
			t.Errorf("%+v, %v", c, err)
		}
		must(t, h.Calls.Done(ctx, ines, id)) // called by hand
		if strings.Contains(log.String(), "664123") || !strings.Contains(log.String(), id) {
			t.Errorf("%s", log)
		}
	})
}

func TestBookingRules(t *testing.T) {
	enginesWith(t, func(o *models.Options) { o.Texts, o.Countries = true, []string{"US"} }, func(t *testing.T, h *house) {
		slots, err := h.Calls.Slots(ctx)
		must(t, err)
		for _, w := range []struct{ phone, country, field, reason string }{
			{"", "", "phone", "empty"},
			{"hello", "", "phone", "not_a_number"},
			{"+49 1512 3456789", "", "phone", "country"},
			{"+43 900 123456", "", "phone", "type"},   // premium
			{"+43 800 123456", "", "phone", "type"},   // free for the caller
			{"+44 70 1234 5678", "", "phone", "type"}, // a personal number
			{"0664 1234567", "FR", "country", "unknown"},
			{"0664 1234567", "\x00", "country", "unknown"},
			{strings.Repeat("1", 100<<10), "", "phone", "not_a_number"},
		} {
			_, err := h.Calls.Book(ctx, Visitor{Client: here()}, BookCall{Phone: w.phone, Country: w.country, Slot: slots[0]})
			if e, ok := err.(*models.Error); !ok || e.Kind != models.Invalid || e.Field != w.field || e.Reason != w.reason {
				t.Errorf("%.30q in %q: %v", w.phone, w.country, err)
			}
		}
		_, err = h.Calls.Book(ctx, Visitor{Client: here()}, BookCall{Phone: "0664 1234567"})
		refused(t, err, models.Invalid, "required")
		_, err = h.Calls.Book(ctx, Visitor{Client: here()}, BookCall{Phone: "0664 1234567", Slot: h.now()})
		refused(t, err, models.Invalid, "taken")
		if n := h.count(t, "SELECT count(*) FROM calls"); n != 0 {
			t.Errorf("%d", n)
		}

		// Two to one number, three from one address, three in one slot.
		book := func(c models.Client, phone, country string, slot time.Time) error {
			_, err := h.Calls.Book(ctx, Visitor{Client: c}, BookCall{Phone: phone, Country: country, Slot: slot})
			return err
		}
		must(t, book(browser(1), "0664 1234567", "", slots[0]))
		must(t, book(browser(2), "+436641234567", "", slots[1]))
		refused(t, book(browser(3), "+43 664 123 45 67", "", slots[1]), models.TooSoon, "calls_number")
		must(t, book(browser(4), "07400 123456", "GB", slots[0]))
		must(t, book(browser(4), "07400 123457", "gb", slots[0]))
		refused(t, book(browser(4), "07400 123458", "GB", slots[0]), models.Invalid, "taken")
		must(t, book(browser(4), "(212) 555-0123", "US", slots[2]))
		refused(t, book(browser(4), "07400 123459", "GB", slots[1]), models.TooSoon, "calls")
		left, err := h.Calls.Slots(ctx)
		if err != nil || len(left) != len(slots)-1 || left[0].Equal(slots[0]) {
			t.Errorf("%v, %v", left, err)
		}
	})
	enginesWith(t, func(o *models.Options) { o.Desk.DialURL = "" }, func(t *testing.T, h *house) {
		_, err := h.Calls.Book(ctx, Visitor{Client: here()}, BookCall{Phone: "0664 1234567", Slot: h.now().Add(time.Hour)})
		refused(t, err, models.NotFound, "calls")
		if s, err := h.Calls.Slots(ctx); err != nil || s != nil {
			t.Errorf("%v, %v", s, err)
		}
	})
}

func TestWhoseCall(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		mara, niko := h.signUp(t, "mara@example.com"), h.signUp(t, "niko@example.com")
		h.messages(t)
		v, id := h.book(t, mara, "+436641234567")
		slots, err := h.Calls.Slots(ctx)
		must(t, err)
		acts := map[string]func(Visitor, string) error{
			"show":   func(v Visitor, id string) error { _, err := h.Calls.Show(ctx, v, id); return err },
			"move":   func(v Visitor, id string) error { return h.Calls.Move(ctx, v, id, slots[3]) },
			"cancel": func(v Visitor, id string) error { return h.Calls.Cancel(ctx, v, id) },
		}
		for name, act := range acts {
			for _, f := range []Visitor{{Client: here()}, {Client: niko}, {Client: niko, Token: v.Token}, {Client: here(), Token: "\xff"}} {
				refused(t, act(f, id), models.NotFound, "call")
			}
			for _, wrong := range []string{"", "x", id[:31], h.core.NewID(), "\x00", "\xff"} {
				if err := act(v, wrong); !isKind(err, models.NotFound) {
					t.Errorf("%s of %q: %v", name, wrong, err)
				}
			}
		}
		must(t, h.Calls.Cancel(ctx, v, id))
		must(t, h.Calls.Cancel(ctx, v, id))
		if n := len(h.messages(t)); n != 2 {
			t.Errorf("%d mails", n)
		}
		// Signed out, whoever has the cookie: a call-back of an account is its own.
		_, err = h.Calls.Show(ctx, Visitor{Client: here(), Token: v.Token}, id)
		refused(t, err, models.NotFound, "call")
	})
}

// TestOneCookie: what was begun signed out in one browser goes on under the newest
// cookie alone, chat and call-back alike, however often a button was pressed.
func TestOneCookie(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		v, call := h.book(t, here(), "+436641234567")
		form := StartChat{Message: "hello", Nonce: "0123456789abcdef"}
		first, err := h.Chats.Start(ctx, v, form)
		must(t, err)
		again, err := h.Chats.Start(ctx, v, form)
		must(t, err)
		if first.ID != again.ID || first.Token == again.Token || again.Token == v.Token {
			t.Errorf("%+v, then %+v", first, again)
		}
		newest := Visitor{Client: here(), Token: again.Token}
		_, err = h.Calls.Show(ctx, newest, call)
		must(t, err)
		h.shown(t, newest, first.ID)
		for _, old := range []string{v.Token, first.Token} {
			_, err = h.Calls.Show(ctx, Visitor{Client: here(), Token: old}, call)
			refused(t, err, models.NotFound, "call")
			_, err = h.Chats.Show(ctx, Visitor{Client: here(), Token: old}, first.ID, 0)
			refused(t, err, models.NotFound, "chat")
		}
	})
}

// TestMoves: each move is told by mail, so they are few.
func TestMoves(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		v, id := h.book(t, h.signUp(t, "mara@example.com"), "+436641234567")
		slots, err := h.Calls.Slots(ctx)
		must(t, err)
		for i := range callMoves {
			must(t, h.Calls.Move(ctx, v, id, slots[3+i%2]))
		}
		refused(t, h.Calls.Move(ctx, v, id, slots[5]), models.TooSoon, "moves")
	})
}
