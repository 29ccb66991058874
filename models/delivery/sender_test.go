package delivery

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"admitone/content"

	"github.com/emersion/go-smtp"
)

func sender(t *testing.T, s SMTP) *Sender {
	t.Helper()
	out, err := NewSender(s, "codes@example.com", "Admit One")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Close)
	return out
}

func letter(id string) Letter {
	return Letter{
		ID: id, To: "ada@mail.example", Date: time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC), Code: "482913",
		Parts: content.Parts{Subject: "482913 is your Admit One code", Text: "482913\n\nWörter\n.\n", HTML: "<p>482913</p>"},
	}
}

// failure is what a send failed with.
func failure(t *testing.T, err error) *Failure {
	t.Helper()
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a failure", err)
	}
	return f
}

func send(t *testing.T, s *Sender, l Letter) {
	t.Helper()
	if _, err := s.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
}

func TestMailOnTheWire(t *testing.T) {
	p := newPeer(t).start()
	s := sender(t, p.smtp(TLSNone))
	words, err := s.Send(t.Context(), letter("one"))
	if err != nil || !strings.Contains(words, "OK") {
		t.Fatalf("the server's words are %q (%v)", words, err)
	}
	got := p.next()
	if got.from != "codes@example.com" || got.to != "ada@mail.example" {
		t.Errorf("envelope from %s to %s", got.from, got.to)
	}
	m := open(t, got.raw)
	for name, want := range map[string]string{
		"From": `"Admit One" <codes@example.com>`, "To": "<ada@mail.example>", "Auto-Submitted": "auto-generated",
		"Date": "Sun, 22 Nov 2026 20:14:07 +0000", "Mime-Version": "1.0",
	} {
		if v := m.header.Get(name); v != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
	for name := range m.header {
		switch name {
		case "From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Auto-Submitted":
		case "Received", "Return-Path": // a server's own
		default:
			t.Errorf("header %s: %s", name, m.header.Get(name))
		}
	}
	l := letter("one")
	if m.subject != l.Parts.Subject || m.text != l.Parts.Text || m.html != l.Parts.HTML {
		t.Errorf("the mail changed on its way: %q %q %q", m.subject, m.text, m.html)
	}
	if len(m.types) != 2 || !strings.HasPrefix(m.types[0], "text/plain; charset=UTF-8") || !strings.HasPrefix(m.types[1], "text/html; charset=UTF-8") {
		t.Errorf("parts are %q, want text, then html", m.types)
	}

	// The id is the outbox message's: the same again, another for another.
	id := m.header.Get("Message-Id")
	if !strings.HasSuffix(id, "@example.com>") || strings.ContainsAny(id, "0123456789") {
		t.Errorf("Message-ID %s", id)
	}
	send(t, sender(t, p.smtp(TLSNone)), letter("one"))
	if again := open(t, p.next().raw).header.Get("Message-Id"); again != id {
		t.Errorf("sent again it is %s, was %s", again, id)
	}
	send(t, s, letter("two"))
	if other := open(t, p.next().raw).header.Get("Message-Id"); other == id {
		t.Errorf("two messages are both %s", id)
	}
}

func TestConnectionIsKept(t *testing.T) {
	p := newPeer(t).start()
	p.onRcpt = func(to string) error {
		if strings.HasPrefix(to, "nobody@") {
			return refuse(550, 5, 1, 1, "no such user")
		}
		return nil
	}
	s := sender(t, p.smtp(TLSNone))
	for range 3 {
		send(t, s, letter("one"))
	}
	nobody := letter("two")
	nobody.To = "nobody@mail.example"
	if _, err := s.Send(t.Context(), nobody); err == nil {
		t.Fatal("sent to nobody")
	}
	send(t, s, letter("three"))
	if n := p.connections.Load(); n != 1 {
		t.Errorf("%d connections for five mails, one of them refused", n)
	}
}

func TestIdleConnectionIsClosed(t *testing.T) {
	p := newPeer(t).start()
	server := p.smtp(TLSNone)
	server.IdleTimeout = 20 * time.Millisecond
	s := sender(t, server)
	for i := range int32(2) {
		send(t, s, letter("one"))
		select {
		case <-p.ends:
		case <-time.After(30 * time.Second):
			t.Fatal("the idle connection stays open")
		}
		if n := p.connections.Load(); n != i+1 {
			t.Errorf("connection %d is number %d", i+1, n)
		}
	}
}

func TestServerRestart(t *testing.T) {
	p := newPeer(t).start()
	s := sender(t, p.smtp(TLSNone))
	send(t, s, letter("one"))
	p.stop()
	f := func() *Failure {
		_, err := s.Send(t.Context(), letter("two"))
		return failure(t, err)
	}()
	if f.Permanent || f.Reason != Unreachable {
		t.Errorf("while the server is away: %+v", f)
	}
	p.start()
	send(t, s, letter("two"))
	p.stop()
	p.start()
	send(t, s, letter("three")) // over a connection that the server had closed meanwhile
	if n := p.connections.Load(); n != 3 {
		t.Errorf("%d connections, want 3", n)
	}
}

// A server that says 421 to a kept connection is gone from it; the mail goes out over a new one at once.
func TestKeptConnectionRefused(t *testing.T) {
	p := newPeer(t).start()
	first := true
	p.onMail = func(string) error {
		if !first && p.connections.Load() == 1 {
			return refuse(421, 4, 4, 2, "connection had been open for too long")
		}
		first = false
		return nil
	}
	s := sender(t, p.smtp(TLSNone))
	send(t, s, letter("one"))
	send(t, s, letter("two"))
	if n := p.connections.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		stage string
		reply error
		want  Failure
	}{
		"no mailbox":          {"rcpt", refuse(550, 5, 1, 1, "<ada@mail.example>: no such user"), Failure{true, NoMailbox, "5.1.1 <(address)>: no such user"}},
		"no domain":           {"rcpt", refuse(553, 5, 1, 2, "no such domain"), Failure{true, NoMailbox, "5.1.2 no such domain"}},
		"moved":               {"rcpt", refuse(551, 5, 1, 6, "moved"), Failure{true, NoMailbox, "5.1.6 moved"}},
		"no mailbox, late":    {"data", refuse(550, 5, 1, 1, "unknown"), Failure{true, NoMailbox, "5.1.1 unknown"}},
		"policy":              {"rcpt", refuse(550, 5, 7, 1, "not from you"), Failure{true, Rejected, "5.7.1 not from you"}},
		"sender":              {"mail", refuse(550, 5, 1, 8, "bad sender domain"), Failure{false, NotFrom, "5.1.8 bad sender domain"}},
		"sender, no more":     {"mail", refuse(554, 5, 7, 1, "too many mails from you"), Failure{false, NotFrom, "5.7.1 too many mails from you"}},
		"sender, late":        {"rcpt", refuse(553, 5, 1, 7, "not your address"), Failure{false, NotFrom, "5.1.7 not your address"}},
		"full":                {"rcpt", refuse(552, 5, 2, 2, "mailbox full"), Failure{true, Rejected, "5.2.2 mailbox full"}},
		"spam":                {"data", refuse(554, 5, 7, 1, "482913 is your\r\ncode: spam"), Failure{true, Rejected, "(code) is your 5.7.1 code: spam"}},
		"greylisted":          {"rcpt", refuse(451, 4, 7, 1, "come again"), Failure{false, Deferred, "4.7.1 come again"}},
		"busy":                {"data", refuse(452, 4, 3, 1, "disk full"), Failure{false, Deferred, "4.3.1 disk full"}},
		"login wanted":        {"mail", refuse(530, 5, 7, 0, "log in first"), Failure{false, Auth, "5.7.0 log in first"}},
		"login wanted at all": {"rcpt", refuse(535, 5, 7, 8, "log in first"), Failure{false, Auth, "5.7.8 log in first"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t)
			switch c.stage {
			case "mail":
				p.onMail = func(string) error { return c.reply }
			case "rcpt":
				p.onRcpt = func(string) error { return c.reply }
			case "data":
				p.onData = func(*smtp.Conn) error { return c.reply }
			}
			_, err := sender(t, p.start().smtp(TLSNone)).Send(t.Context(), letter("one"))
			got := failure(t, err)
			if _, words, _ := strings.Cut(got.Detail, " "); words != c.want.Detail || got.Permanent != c.want.Permanent || got.Reason != c.want.Reason {
				t.Errorf("got %+v, want %+v", *got, c.want)
			}
		})
	}
}

func TestHangingServer(t *testing.T) {
	p := newPeer(t)
	release, entered := make(chan struct{}), make(chan struct{}, 10)
	p.onData = func(*smtp.Conn) error {
		entered <- struct{}{}
		<-release
		return nil
	}
	p.start()
	t.Cleanup(func() { close(release) }) // before the peer stops
	server := p.smtp(TLSNone)
	for server.SendTimeout = 2 * time.Second; len(entered) == 0; server.SendTimeout *= 2 { // until a slow machine gets as far as to hang
		_, err := sender(t, server).Send(t.Context(), letter("one"))
		if f := failure(t, err); f.Permanent || f.Reason != Unreachable || f.Detail != "no answer in time" {
			t.Fatalf("a server that hangs: %+v", f)
		}
	}
	<-entered

	// The same when the caller stops waiting.
	server.SendTimeout = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	_, err := sender(t, server).Send(ctx, letter("two"))
	if f := failure(t, err); f.Permanent || f.Reason != Unreachable {
		t.Errorf("a wait that was broken off: %+v", f)
	}
}

// Servers that accept a connection and do not speak, with and without TLS.
func TestSilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for _, mode := range []string{TLSStart, TLSImplicit, TLSNone} {
		server, err := ParseSMTP("smtp://" + l.Addr().String() + "?tls=" + mode)
		if err != nil {
			t.Fatal(err)
		}
		server.DialTimeout = 100 * time.Millisecond
		_, err = sender(t, server).Send(t.Context(), letter("one"))
		if f := failure(t, err); f.Permanent || f.Reason != Unreachable || f.Detail != "no answer in time" {
			t.Errorf("%s: %+v", mode, f)
		}
	}
}

func TestDropInTheMiddle(t *testing.T) {
	p := newPeer(t)
	dropped := false
	p.onData = func(c *smtp.Conn) error {
		if !dropped {
			dropped = true
			c.Conn().Close()
		}
		return nil
	}
	s := sender(t, p.start().smtp(TLSNone))
	_, err := s.Send(t.Context(), letter("one"))
	if f := failure(t, err); f.Permanent || f.Reason != Unreachable {
		t.Errorf("a dropped connection: %+v", f)
	}
	// The server may have the mail: it is the outbox that sends it again, later and under the same id.
	first := p.next()
	send(t, s, letter("one"))
	if a, b := open(t, first.raw).header.Get("Message-Id"), open(t, p.next().raw).header.Get("Message-Id"); a != b {
		t.Errorf("ids %s and %s", a, b)
	}
}

func TestHeaderInjection(t *testing.T) {
	p := newPeer(t).start()
	s, err := NewSender(p.smtp(TLSNone), "codes@example.com", "Admit\r\nBcc: eve@evil.example\r\n\r\nOne")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	l := letter("one\r\nBcc: eve@evil.example")
	l.Parts.Subject = "hello\r\nBcc: eve@evil.example"
	send(t, s, l)
	if m := open(t, p.next().raw); m.header.Get("Bcc") != "" || m.subject != "hello Bcc: eve@evil.example" {
		t.Errorf("injected: %v", m.header)
	}
	for _, to := range []string{"", "ada", "ada@mail.example\r\nRCPT TO:<eve@evil.example>", "Ada <ada@mail.example>", `"a b"@mail.example`, "ada@mail.example, eve@evil.example", "a\x00b@mail.example"} {
		l := letter("two")
		l.To = to
		_, err := s.Send(t.Context(), l)
		if f := failure(t, err); !f.Permanent || f.Reason != NoMailbox {
			t.Errorf("%q: %+v", to, f)
		}
	}
	for _, from := range []string{"", "codes", "codes@example.com\r\nBcc: eve@evil.example", "Codes <codes@example.com>"} {
		if _, err := NewSender(p.smtp(TLSNone), from, "Admit One"); err == nil {
			t.Errorf("from %q is taken", from)
		}
	}
	if len(p.mails) != 0 {
		t.Error("a mail to a malformed address went out")
	}
}

// A server that takes so many mails over one connection gets the next one over another,
// also where the line is never idle.
func TestMailsPerConnection(t *testing.T) {
	p := newPeer(t).start()
	var mu sync.Mutex
	on := map[int32]int{}
	p.onMail = func(string) error {
		mu.Lock()
		defer mu.Unlock()
		n := p.connections.Load()
		if on[n]++; on[n] > 3 {
			return refuse(452, 4, 5, 3, "too many messages sent")
		}
		return nil
	}
	s := sender(t, p.smtp(TLSNone))
	for range 12 {
		send(t, s, letter("one"))
	}
	if n := p.connections.Load(); n != 4 {
		t.Errorf("%d connections", n)
	}
}
