package devinbox

import (
	"context"
	"errors"
	"fmt"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is the injected time: every reading is one second later, so that what
// arrives first is older.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock {
	return &clock{at: time.Date(2026, 11, 22, 20, 14, 7, 123_456_789, time.FixedZone("here", 3600))}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Second)
	return c.at
}

func open(t *testing.T, dir string) *Inbox {
	t.Helper()
	in, err := Open(Options{Dir: dir, Now: newClock().Now, Brand: "Admit One", Stylesheet: "/static/app.css", Script: "/static/htmx.js"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return in
}

// letter writes a small letter with these header lines in front of its body.
func letter(body string, headers ...string) string {
	return strings.Join(headers, "\r\n") + "\r\n\r\n" + body + "\r\n"
}

func send(t *testing.T, in *Inbox, source string, to ...string) {
	t.Helper()
	if err := smtp.SendMail(in.Addr(), nil, "codes@example.com", to, []byte(source)); err != nil {
		t.Fatalf("send to %v: %v", to, err)
	}
}

func TestArrival(t *testing.T) {
	in := open(t, "")
	send(t, in, letter("Hello.\r\n.starts with a dot", "From: Admit One <codes@example.com>", "To: someone else", "Subject: First"), "mara@example.com")
	send(t, in, letter("Again.", "From: codes@example.com", "Subject: Second"), "mara@example.com", "Tom@Example.com")

	all := in.Messages("")
	if len(all) != 3 {
		t.Fatalf("%d messages, want 3", len(all))
	}
	if all[0].To != "Tom@Example.com" || all[2].Subject != "First" {
		t.Errorf("not newest first: %+v", all)
	}
	first := all[2]
	if first.To != "mara@example.com" || first.From != "Admit One <codes@example.com>" || first.Channel != "email" || first.Broken {
		t.Errorf("%+v", first)
	}
	if want := "Hello.\n.starts with a dot\n"; first.Text != want {
		t.Errorf("text %q, want %q", first.Text, want)
	}
	if want := time.Date(2026, 11, 22, 19, 14, 8, 123_000_000, time.UTC); !first.ReceivedAt.Equal(want) || first.ReceivedAt.Location() != time.UTC {
		t.Errorf("received at %v, want %v", first.ReceivedAt, want)
	}
	if got := in.Messages("TOM@example.com "); len(got) != 1 || got[0].Subject != "Second" {
		t.Errorf("filter without regard to case: %+v", got)
	}
	if got := in.Messages("om@example.com"); len(got) != 0 {
		t.Errorf("part of an address matched: %+v", got)
	}
	if err := in.Empty(); err != nil || len(in.Messages("")) != 0 {
		t.Errorf("after Empty: %v, %d messages", err, len(in.Messages("")))
	}
}

func TestWait(t *testing.T) {
	in := open(t, "")
	var wg sync.WaitGroup
	wg.Go(func() {
		got, err := in.Wait(t.Context(), "mara@example.com", 2)
		if err != nil || len(got) != 2 || got[0].Subject != "2" {
			t.Errorf("wait: %v, %+v", err, got)
		}
	})
	for i := range 3 {
		send(t, in, letter("x", "Subject: "+fmt.Sprint(i)), []string{"mara@example.com", "tom@example.com"}[i%2])
	}
	wg.Wait()

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := in.Wait(ended, "tom@example.com", 9); !errors.Is(err, context.Canceled) || len(got) != 1 {
		t.Errorf("wait with an ended context: %v, %+v", err, got)
	}
	wg.Go(func() {
		if _, err := in.Wait(t.Context(), "nobody@example.com", 1); !errors.Is(err, ErrClosed) {
			t.Errorf("wait on a closed inbox: %v", err)
		}
	})
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if len(in.Messages("")) != 3 {
		t.Error("a closed inbox can still be read")
	}
	if err := smtp.SendMail(in.Addr(), nil, "a@example.com", []string{"b@example.com"}, []byte("x")); err == nil {
		t.Error("a closed inbox took a letter")
	}
}

func TestRestartKeepsLetters(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	if err := os.MkdirAll(dir, 0o755); err != nil { // looser than it may be
		t.Fatal(err)
	}
	in := open(t, dir)
	source := letter("Your code is 482913.", "From: Admit One <codes@example.com>", "Subject: =?utf-8?q?Caf=C3=A9?=")
	send(t, in, source, "mara@example.com")
	send(t, in, "no header at all\r\n", "tom@example.com")
	before := in.Messages("")
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}

	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("files: %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 || filepath.Ext(f) != ".eml" {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
	for name, content := range map[string]string{"notes.txt": "mine", "arriving-123": "half", "1111111111111-000009.eml": "not ours"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	again := open(t, dir)
	after := again.Messages("")
	if len(after) != len(before) {
		t.Fatalf("%d messages after the restart, want %d", len(after), len(before))
	}
	for i := range before {
		if after[i] != before[i] {
			t.Errorf("changed by the restart:\n%+v\n%+v", before[i], after[i])
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "notes.txt")); err != nil {
		t.Error("a file of somebody else was touched")
	}
	if _, err := os.Stat(filepath.Join(dir, "arriving-123")); err == nil {
		t.Error("a half-written letter was left behind")
	}
	send(t, again, source, "mara@example.com")
	if newest := again.Messages("")[0]; newest.ID == before[0].ID || newest.To != "mara@example.com" {
		t.Errorf("the new letter is not the newest: %+v", newest)
	}
	if err := again.Empty(); err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*-00000[1-3].eml")); len(files) != 0 {
		t.Errorf("left after Empty: %v", files)
	}
}

func TestNewest200(t *testing.T) {
	dir := t.TempDir()
	in := open(t, dir)
	var to []string
	for i := range 21 {
		to = append(to, fmt.Sprintf("a%d@example.com", i))
	}
	for range 10 { // 210 messages
		send(t, in, letter("x", "Subject: x"), to...)
	}
	check := func(in *Inbox) {
		t.Helper()
		all := in.Messages("")
		if len(all) != keepNewest || all[0].To != "a20@example.com" || all[len(all)-1].To != "a10@example.com" {
			t.Errorf("%d messages, from %s to %s", len(all), all[0].To, all[len(all)-1].To)
		}
		if files, _ := filepath.Glob(filepath.Join(dir, "*.eml")); len(files) != keepNewest {
			t.Errorf("%d files", len(files))
		}
	}
	check(in)
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 { // older than all
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%013d-000000.eml", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(Options{Dir: dir, Now: newClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	check(again)
}

func TestOpenRefuses(t *testing.T) {
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1.example.com:0"} {
		in, err := Open(Options{Listen: address, Now: newClock().Now})
		if err == nil {
			in.Close()
			t.Errorf("%s was accepted", address)
		} else if !strings.Contains(err.Error(), "loopback") {
			t.Errorf("%s: %v does not say why", address, err)
		}
	}
	for _, address := range []string{"nonsense", "127.0.0.1:notaport"} {
		if in, err := Open(Options{Listen: address, Now: newClock().Now}); err == nil {
			in.Close()
			t.Errorf("%s was accepted", address)
		}
	}
	if _, err := Open(Options{}); err == nil {
		t.Error("opened without a clock")
	}
	in, err := Open(Options{Listen: "localhost:0", Now: newClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(in.Close(), in.Close()); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	in := open(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	err := smtp.SendMail(in.Addr(), nil, "a@example.com", []string{"b@example.com"}, []byte(letter("x")))
	if err == nil || !strings.HasPrefix(err.Error(), "451") {
		t.Errorf("a letter that could not be stored: %v, want 451", err)
	}
	if len(in.Messages("")) != 0 {
		t.Error("a letter the sender will send again was kept")
	}
}
