package delivery

import (
	"database/sql"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"admitone/models"
)

// texted makes the messages that wait, of those to an address ("%" for all), texts to a number.
func (h *house) texted(address string) {
	h.t.Helper()
	direct, err := sql.Open("sqlite3", h.file+"?_busy_timeout=5000")
	if err != nil {
		h.t.Fatal(err)
	}
	defer direct.Close()
	if _, err := direct.Exec("UPDATE messages SET kind = ?, channel = 'sms', destination = ? WHERE state = 'queued' AND destination LIKE ?", models.KindSignInCode, number, address); err != nil {
		h.t.Fatal(err)
	}
}

// texter is a worker that also sends texts.
func (h *house) texter(s SMS) *Worker {
	w := h.worker(h.peer.smtp(TLSNone))
	w.SMS = &s
	return w
}

func TestWorkerTextsTheCode(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	peer := newTexting(t)
	c := h.signUp("ada@mail.example")
	h.texted("%")
	s := generic(peer.url)
	s.Body += "&id={id}"
	stop := h.run(h.texter(s))
	form, err := url.ParseQuery(peer.next().body)
	stop()

	p, pendingErr := h.m.SignUps.Pending(t.Context(), c)
	if err != nil || pendingErr != nil || p.Delivery.State != "accepted" {
		t.Fatalf("pending %+v (%v, %v)", p, err, pendingErr)
	}
	words := form.Get("text")
	last := regexp.MustCompile(`\n\n@accounts\.example\.com #(\d{6})$`).FindStringSubmatch(words)
	if last == nil || !strings.HasPrefix(words, last[1]+" ") || !strings.Contains(words, p.Tag) {
		t.Fatalf("the text is %q", words)
	}
	if form.Get("to") != number || form.Get("from") != "AdmitOne" || form.Get("id") == "" || len(h.peer.mails) != 0 {
		t.Errorf("form %v, %d mails", form, len(h.peer.mails))
	}
	if log := h.log.text(); strings.Contains(log, last[1]) || strings.Contains(log, number[:len(number)-2]) || !strings.Contains(log, "number ending 67") {
		t.Errorf("the log: %s", log)
	}
	if out, err := h.m.SignUps.Answer(t.Context(), last[1], "", models.Ticks{}, c); err != nil || out.Outcome != models.Accepted {
		t.Errorf("the code from the text: %v %v", out.Outcome, err)
	}
}

func TestWorkerTextRefused(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	peer := newTexting(t)
	peer.answer = answers(400, `{"code":21211,"message":"+436641234567"}`)
	c := h.signUp("ada@mail.example")
	h.texted("%")
	stop := h.run(h.texter(SMS{Preset: PresetTwilio, URL: peer.url, User: "AC1", Password: "hunter2", From: "AdmitOne"}))
	h.await("not delivered")
	stop()
	if d := h.delivery(c); d.State != "refused" || d.Reason != NoNumber {
		t.Errorf("the delivery is %+v", d)
	}
	if log := h.log.text(); strings.Contains(log, "hunter2") || strings.Contains(log, "66412345") {
		t.Errorf("the log: %s", log)
	}
}

func TestWorkerWithoutAGateway(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	c := h.signUp("ada@mail.example")
	h.texted("%")
	stop := h.run(h.worker(h.peer.smtp(TLSNone)))
	h.await("not delivered")
	stop()
	if d := h.delivery(c); d.State != "refused" || d.Reason != TextsOff || len(h.peer.mails) != 0 {
		t.Errorf("the delivery is %+v", d)
	}
}

// A gateway that hangs keeps no mail back.
func TestWorkerHangingGateway(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	peer := newTexting(t)
	release := make(chan struct{})
	peer.answer = func(http.ResponseWriter, *http.Request) { <-release }
	for i := range 2 * lanes {
		h.signUp("ada" + string(rune('a'+i)) + "@mail.example")
	}
	h.texted("%")
	stop := h.run(h.texter(generic(peer.url)))
	for range 2 * lanes {
		peer.next()
	}
	c := h.signUp("eve@mail.example")
	if got := h.peer.next(); got.to != "eve@mail.example" {
		t.Errorf("the mail went to %s", got.to)
	}
	close(release)
	stop()
	if d := h.delivery(c); d.State != "accepted" {
		t.Errorf("the delivery is %+v", d)
	}
	if n := strings.Count(h.log.text(), "handed over"); n != 2*lanes+1 {
		t.Errorf("%d messages were handed over", n)
	}
}

func TestWorkerChecksTheGateway(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	if err := h.texter(SMS{}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "--sms-url") {
		t.Errorf("runs with a gateway that is nowhere: %v", err)
	}
}
