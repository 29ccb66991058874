package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"admitone/internal/freeport"
)

// kannel is a real Kannel on loopback: the bearerbox, the smsbox and, in place of an operator's centre, its own fakesmsc.
type kannel struct {
	sms    SMS
	centre *box // prints the texts that came to it
}

// box is a program of Kannel's that runs until the test ends.
type box struct {
	t *testing.T

	ended chan struct{}

	mu      sync.Mutex
	said    bytes.Buffer
	changed chan struct{} // closed and replaced at every word
}

func (b *box) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said.Write(p)
	close(b.changed)
	b.changed = make(chan struct{})
	return len(p), nil
}

// await returns once the box has said what a pattern looks for.
func (b *box) await(pattern string) string {
	b.t.Helper()
	limit, look := time.After(30*time.Second), regexp.MustCompile(pattern)
	for {
		b.mu.Lock()
		said, changed := b.said.String(), b.changed
		b.mu.Unlock()
		if found := look.FindString(said); found != "" {
			return found
		}
		select {
		case <-changed:
			continue
		case <-b.ended:
		case <-limit:
		}
		b.t.Fatalf("it never said %q but:\n%s", pattern, said)
	}
}

func runBox(t *testing.T, program string, args ...string) *box {
	t.Helper()
	b := &box{t: t, ended: make(chan struct{}), changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, program, args...)
	c.Stdout, c.Stderr = b, b
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second // then it is killed
	if err := c.Start(); err != nil {
		t.Fatalf("%v: run tools/install", err)
	}
	go func() {
		defer close(b.ended)
		_ = c.Wait() // the signal ends it
	}()
	t.Cleanup(func() {
		cancel()
		<-b.ended
	})
	return b
}

// newKannel starts the three and returns when each is connected to the next.
func newKannel(t *testing.T) *kannel {
	t.Helper()
	admin, boxes, centre, sendsms := freeport.Port(t), freeport.Port(t), freeport.Port(t), freeport.Port(t)
	file := filepath.Join(t.TempDir(), "kannel.conf")
	settings := fmt.Sprintf(`
group = core
admin-port = %s
admin-interface = 127.0.0.1
admin-password = unused
admin-deny-ip = "*.*.*.*"
smsbox-port = %s
smsbox-interface = 127.0.0.1
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = fake
port = %s
connect-allow-ip = 127.0.0.1
denied-prefix = "+49"

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = %s
sendsms-interface = 127.0.0.1

group = sendsms-user
username = codes
password = "p+w/1"

group = sms-service
keyword = default
max-messages = 0
text = unused
`, admin, boxes, centre, sendsms)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	bearer := runBox(t, "/usr/sbin/bearerbox", file)
	bearer.await("entering mainloop")
	k := &kannel{centre: runBox(t, "/usr/lib/kannel/test/fakesmsc", "-H", "127.0.0.1", "-r", centre, "-m", "1", "100 200 text hello")}
	bearer.await("Fakesmsc client connected")
	runBox(t, "/usr/sbin/smsbox", file).await("Connected to bearerbox")
	bearer.await("Client connected from")
	k.sms = SMS{Preset: PresetKannel, URL: "http://127.0.0.1:" + sendsms + "/cgi-bin/sendsms", User: "codes", Password: "p+w/1", From: "AdmitOne"}
	return k
}

// send tries as the worker does where the gateway cuts the connection, which Kannel does
// now and then on a machine that is busy.
func (k *kannel) send(t *testing.T, text Text) (detail string, err error) {
	t.Helper()
	for range 5 {
		detail, err = gateway(t, k.sms).Send(t.Context(), text)
		var f *Failure
		if !errors.As(err, &f) || f.Reason != Unreachable {
			break
		}
	}
	return detail, err
}

func TestRealKannel(t *testing.T) {
	k := newKannel(t)
	reports := newTexting(t)
	text := aText()
	text.Words = "482913 is your \"Admit One\" code (Maple & Höhe 42). Never share it. @£$_{x}€ @accounts.example.com #482913"
	text.Report = reports.url + "/sms/report/abc"
	detail, err := k.send(t, text)
	if err != nil || detail != "202: 0: Accepted for delivery" {
		t.Fatalf("%q %v", detail, err)
	}
	if got, want := k.centre.await(`<AdmitOne .*>`), "<AdmitOne "+number+" text "+text.Words+">"; got != want {
		t.Errorf("the centre has %s, want %s", got, want)
	}
	// With the centre (8) and with the phone (1). They are sent side by side, so either may come first.
	// What was cut off once it had been taken was sent twice, and is reported twice.
	states := map[string]bool{"state=8": false, "state=1": false}
	for !states["state=8"] || !states["state=1"] {
		got := reports.next()
		if _, known := states[got.query]; got.method != "GET" || got.path != "/sms/report/abc" || !known {
			t.Fatalf("%s %s?%s, want one of %v", got.method, got.path, got.query, states)
		}
		states[got.query] = true
	}

	// The several lines of a real text, and no report.
	text.Words, text.Report = words, ""
	if _, err := k.send(t, text); err != nil {
		t.Fatal(err)
	}
	k.centre.await(`<@accounts\.example\.com #482913>`)

	text.To = "+4915112345678"
	_, err = k.send(t, text)
	if f := failure(t, err); !f.Permanent || f.Reason != Rejected {
		t.Errorf("a number without a route: %+v", f)
	}
	k.sms.Password = "wrong"
	_, err = k.send(t, aText())
	if f := failure(t, err); f.Permanent || f.Reason != Auth || !strings.Contains(f.Detail, "Authorization failed") {
		t.Errorf("a wrong password: %+v", f)
	}
}
