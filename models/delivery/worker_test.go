package delivery

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"admitone/models"

	"github.com/emersion/go-smtp"
	_ "github.com/mattn/go-sqlite3"
)

var sixDigits = regexp.MustCompile(`(?m)^\d{6}$`)

func TestWorkerSendsTheCode(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	stop := h.run(h.worker(h.peer.smtp(TLSNone)))
	c := h.signUp("ada@mail.example")
	got := h.peer.next()
	stop()

	m := open(t, got.raw)
	code := sixDigits.FindString(m.text)
	if got.to != "ada@mail.example" || code == "" || !strings.Contains(m.html, ">"+code+"<") || strings.Contains(m.subject, code) {
		t.Fatalf("the mail to %s: %q %q", got.to, m.subject, m.text)
	}
	for _, want := range []string{"20:24 (UTC)", "Firefox on Linux", "Creating your account", "22 November 2026", "https://accounts.example.com/not-me"} {
		if !strings.Contains(m.text, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	p, err := h.m.SignUps.Pending(t.Context(), c)
	if err != nil || p.Delivery.State != "accepted" || !strings.Contains(m.text, "Request: "+p.Tag) {
		t.Errorf("pending %+v (%v)", p, err)
	}
	if log := h.log.text(); strings.Contains(log, code) || strings.Contains(log, "ada@") || !strings.Contains(log, "a***@mail.example") {
		t.Errorf("the log: %s", log)
	}
	// The whole text, pasted into the field, is read as the code.
	if out, err := h.m.SignUps.Answer(t.Context(), m.text, "", models.Ticks{}, c); err != nil || out.Outcome != models.Accepted {
		t.Errorf("the code from the mail: %v %v", out.Outcome, err)
	}
}

func TestWorkerTriesAgain(t *testing.T) {
	h := newHouse(t)
	var mu sync.Mutex
	tries := 0
	h.peer.onRcpt = func(string) error {
		mu.Lock()
		defer mu.Unlock()
		if tries++; tries == 1 {
			return refuse(451, 4, 7, 1, "come again, ada@mail.example")
		}
		return nil
	}
	h.peer.start()
	stop := h.run(h.worker(h.peer.smtp(TLSNone)))
	c := h.signUp("ada@mail.example")
	line := h.await("not delivered")
	if !strings.Contains(line, "reason=deferred") || !strings.Contains(line, "attempt=1") || strings.Contains(line, "ada@") {
		t.Errorf("the log: %s", line)
	}
	stop() // the outcome is written down
	if d := h.delivery(c); d.State != "delayed" || d.Reason != Deferred {
		t.Errorf("the delivery is %+v", d)
	}
	h.advance(15 * time.Second)
	stop = h.run(h.worker(h.peer.smtp(TLSNone)))
	h.peer.next()
	stop()
	if d := h.delivery(c); d.State != "accepted" {
		t.Errorf("the delivery is %+v", d)
	}
}

// The mail server is away for five of a code's ten minutes: every code is delivered within
// seconds of its return.
func TestWorkerServerAway(t *testing.T) {
	h := newHouse(t)
	h.peer.start().stop()
	h.run(h.worker(h.peer.smtp(TLSNone)))
	want := map[string]bool{}
	for i := range lanes + 1 {
		to := fmt.Sprintf("ada%c@mail.example", 'a'+i)
		want[to] = true
		h.signUp(to)
	}
	direct, err := sql.Open("sqlite3", "file:"+h.file+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { direct.Close() })
	tried := func() { // all of them, and it is written down
		t.Helper()
		limit := time.After(20 * time.Second)
		for n := 0; n != len(want); {
			select {
			case <-limit:
				t.Fatalf("%d of %d messages wait for the next try", n, len(want))
			case <-time.After(5 * time.Millisecond):
			}
			if err := direct.QueryRow("SELECT count(*) FROM messages WHERE state = 'queued' AND lease_until IS NULL AND attempts > 0 AND next_at > ?", h.clock()).Scan(&n); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 5 * time.Minute / codeWait {
		tried()
		h.advance(codeWait)
	}
	tried() // at the last moment before its return
	h.peer.start()
	h.advance(codeWait)
	for range len(want) {
		got := h.peer.next()
		if !want[got.to] || sixDigits.FindString(open(t, got.raw).text) == "" {
			t.Errorf("to %s came %s", got.to, got.raw)
		}
		delete(want, got.to)
	}
}

// codeWait is the longest wait between two tries while a code lives.
const codeWait = 15 * time.Second

func TestWorkerRefused(t *testing.T) {
	h := newHouse(t)
	h.peer.onRcpt = func(string) error { return refuse(550, 5, 1, 1, "no such user") }
	h.peer.start()
	stop := h.run(h.worker(h.peer.smtp(TLSNone)))
	c := h.signUp("ada@mail.example")
	h.await("not delivered")
	stop()
	if d := h.delivery(c); d.State != "refused" || d.Reason != NoMailbox {
		t.Errorf("the delivery is %+v", d)
	}
}

// A recipient whose server hangs keeps no other mail back, and a stop lets the mail on its way end.
func TestWorkerHangingRecipient(t *testing.T) {
	h := newHouse(t)
	hanging, release := make(chan struct{}), make(chan struct{})
	h.peer.onRcpt = func(to string) error {
		if strings.HasPrefix(to, "slow@") {
			close(hanging)
			<-release
		}
		return nil
	}
	h.peer.start()
	w := h.worker(h.peer.smtp(TLSNone))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	slow := h.signUp("slow@mail.example")
	<-hanging
	h.signUp("ada@mail.example")
	if got := h.peer.next(); got.to != "ada@mail.example" {
		t.Errorf("first came %s", got.to)
	}
	cancel()
	select {
	case <-done:
		t.Error("the worker stopped in the middle of a mail")
	default:
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	h.peer.next()
	if d := h.delivery(slow); d.State != "accepted" {
		t.Errorf("the slow delivery is %+v", d)
	}
}

// A worker that died between the mail and the mark: the mail comes twice, recognisably the same.
func TestWorkerAfterACrash(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	c := h.signUp("ada@mail.example")
	w := h.worker(h.peer.smtp(TLSNone))
	claimed, err := h.m.Outbox.Claim(t.Context(), "", 1, time.Minute)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d (%v)", len(claimed), err)
	}
	if _, err := w.send(t.Context(), sender(t, w.SMTP), claimed[0]); err != nil {
		t.Fatal(err)
	}
	first := open(t, h.peer.next().raw)

	h.advance(time.Minute)
	stop := h.run(w)
	second := open(t, h.peer.next().raw)
	stop()
	if a, b := first.header.Get("Message-Id"), second.header.Get("Message-Id"); a != b || first.text != second.text {
		t.Errorf("ids %s and %s", a, b)
	}
	if d := h.delivery(c); d.State != "accepted" {
		t.Errorf("the delivery is %+v", d)
	}
}

// A mail that takes longer than its lease is nobody else's meanwhile, also while its worker stops.
func TestWorkerHoldsWhatIsOnItsWay(t *testing.T) {
	h := newHouse(t)
	hanging, release := make(chan struct{}), make(chan struct{})
	h.peer.onRcpt = func(string) error {
		close(hanging)
		<-release
		return nil
	}
	h.peer.start()
	direct, err := sql.Open("sqlite3", "file:"+h.file+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { direct.Close() })
	renewed := func() {
		t.Helper()
		limit := time.After(20 * time.Second)
		for until := h.clock(); !until.After(h.clock().Add(lease / 2)); {
			select {
			case <-limit:
				t.Fatal("the lease was not renewed")
			case <-time.After(20 * time.Millisecond):
			}
			if err := direct.QueryRow("SELECT lease_until FROM messages").Scan(&until); err != nil {
				t.Fatal(err)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	w := h.worker(h.peer.smtp(TLSNone))
	go func() { done <- w.Run(ctx) }()
	c := h.signUp("ada@mail.example")
	<-hanging
	h.advance(lease * 3 / 4)
	renewed()
	cancel()
	h.advance(lease * 3 / 4)
	renewed()
	if again, err := h.m.Outbox.Claim(t.Context(), "", 1, lease); err != nil || len(again) != 0 {
		t.Errorf("another process claims %d (%v)", len(again), err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if d := h.delivery(c); d.State != "accepted" {
		t.Errorf("the delivery is %+v", d)
	}
}

// What a worker believes to hold, and another has claimed since, is the other's.
func TestWorkerLostItsLease(t *testing.T) {
	h := newHouse(t)
	c := h.signUp("ada@mail.example")
	var mine []models.Message
	for range 2 {
		list, err := h.m.Outbox.Claim(t.Context(), "", 1, lease)
		if err != nil || len(list) != 1 {
			t.Fatalf("claimed %d (%v)", len(list), err)
		}
		mine = append(mine, list[0])
		h.advance(lease)
	}
	h.advance(-lease / 2)
	if err := h.m.Outbox.Failed(t.Context(), mine[0], models.Failure{Reason: Deferred}); err != nil {
		t.Fatal(err)
	}
	h.advance(lease / 4)
	if again, err := h.m.Outbox.Claim(t.Context(), "", 1, lease); err != nil || len(again) != 0 {
		t.Errorf("a third process claims %d (%v)", len(again), err)
	}
	h.advance(lease / 4)
	if err := h.m.Outbox.Renew(t.Context(), mine[:1], lease); err != nil {
		t.Fatal(err)
	}
	if again, err := h.m.Outbox.Claim(t.Context(), "", 1, lease); err != nil || len(again) != 1 {
		t.Errorf("a third process claims %d (%v)", len(again), err)
	}
	if err := h.m.Outbox.Sent(t.Context(), mine[0], ""); err != nil {
		t.Fatal(err)
	}
	if d := h.delivery(c); d.State != "accepted" { // it has been sent, whoever did it
		t.Errorf("the delivery is %+v", d)
	}
}

func TestWorkerTooLate(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	h.signUp("ada@mail.example")
	h.advance(10 * time.Minute)
	stop := h.run(h.worker(h.peer.smtp(TLSNone)))
	h.signUp("eve@mail.example")
	if got := h.peer.next(); got.to != "eve@mail.example" {
		t.Errorf("a late code went to %s", got.to)
	}
	stop()

	// Claimed in time, begun too late.
	c := h.signUp("bob@mail.example")
	claimed, err := h.m.Outbox.Claim(t.Context(), "", 1, time.Hour)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d (%v)", len(claimed), err)
	}
	h.advance(10 * time.Minute)
	w := h.worker(h.peer.smtp(TLSNone))
	w.deliver(t.Context(), sender(t, w.SMTP), claimed[0])
	if d := h.delivery(c); d.State != "dropped" || d.Reason != TooLate || len(h.peer.mails) != 0 {
		t.Errorf("the delivery is %+v", d)
	}
}

// The database goes away and comes back: said once each, nothing lost.
func TestWorkerDatabaseAway(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	direct, err := sql.Open("sqlite3", h.file+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { direct.Close() })
	h.signUp("ada@mail.example")
	if _, err := direct.Exec("ALTER TABLE messages RENAME TO elsewhere"); err != nil {
		t.Fatal(err)
	}
	stop := h.run(h.worker(h.peer.smtp(TLSNone)))
	h.await("cannot be read")
	if _, err := direct.Exec("ALTER TABLE elsewhere RENAME TO messages"); err != nil {
		t.Fatal(err)
	}
	h.peer.next()
	stop()
	log := h.log.text()
	if strings.Count(log, "cannot be read") != 1 || strings.Count(log, "can be read again") != 1 {
		t.Errorf("the log: %s", log)
	}
}

// The mail went out, but the row cannot be marked at first.
func TestWorkerMarksLater(t *testing.T) {
	h := newHouse(t)
	direct, err := sql.Open("sqlite3", h.file+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { direct.Close() })
	h.peer.onData = func(*smtp.Conn) error {
		_, err := direct.Exec("ALTER TABLE message_steps RENAME TO elsewhere")
		return err
	}
	h.peer.start()
	stop := h.run(h.worker(h.peer.smtp(TLSNone)))
	c := h.signUp("ada@mail.example")
	h.peer.next()
	h.await("handed over")
	if _, err := direct.Exec("ALTER TABLE elsewhere RENAME TO message_steps"); err != nil {
		t.Fatal(err)
	}
	stop()
	if d := h.delivery(c); d.State != "accepted" {
		t.Errorf("the delivery is %+v", d)
	}
}

func TestWorkerPanic(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	c := h.signUp("ada@mail.example")
	claimed, err := h.m.Outbox.Claim(t.Context(), "", 1, time.Minute)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d (%v)", len(claimed), err)
	}
	w := h.worker(h.peer.smtp(TLSNone))
	w.Now = func() time.Time { panic("482913 ada@mail.example") }
	w.deliver(t.Context(), sender(t, w.SMTP), claimed[0])
	if d := h.delivery(c); d.State != "delayed" || d.Reason != Fault {
		t.Errorf("the delivery is %+v", d)
	}
	if log := h.log.text(); !strings.Contains(log, "panic over a message") || strings.Contains(log, "482913") || strings.Contains(log, "ada@") {
		t.Errorf("the log: %s", log)
	}
	h.advance(time.Minute)
	h.run(h.worker(h.peer.smtp(TLSNone)))
	h.peer.next()
}

func TestTwoWorkers(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	want := map[string]bool{}
	for i := range 8 {
		to := fmt.Sprintf("ada%c@mail.example", 'a'+i)
		want[to] = true
		h.signUp(to)
	}
	stopA, stopB := h.run(h.worker(h.peer.smtp(TLSNone))), h.run(h.worker(h.peer.smtp(TLSNone)))
	for range 8 {
		if to := h.peer.next().to; !want[to] {
			t.Errorf("a second mail to %s", to)
		} else {
			delete(want, to)
		}
	}
	stopA()
	stopB()
	if len(h.peer.mails) != 0 {
		t.Error("more mails than messages")
	}
}

func TestWorkerOptions(t *testing.T) {
	h := newHouse(t)
	h.peer.start()
	for name, spoil := range map[string]func(*Worker){
		"from":       func(w *Worker) { w.From = "codes" },
		"public URL": func(w *Worker) { w.PublicURL = "accounts.example.com" },
	} {
		w := h.worker(h.peer.smtp(TLSNone))
		spoil(w)
		if err := w.Run(t.Context()); err == nil {
			t.Errorf("runs with a bad %s", name)
		}
	}
}
