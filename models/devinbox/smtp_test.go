package devinbox

import (
	"context"
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wneessen/go-mail"
)

// waitFailures waits until so many letters have been let down.
func waitFailures(t *testing.T, in *Inbox, n int) []Failure {
	t.Helper()
	for {
		in.mu.Lock()
		changed := in.changed
		in.mu.Unlock()
		if got := in.Failures(); len(got) >= n {
			return got
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatal("it never failed")
		}
	}
}

// post sends through the library the product sends with.
func post(ctx context.Context, t *testing.T, in *Inbox, to string) error {
	t.Helper()
	host, port, err := net.SplitHostPort(in.Addr())
	if err != nil {
		t.Fatal(err)
	}
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	client, err := mail.NewClient(host, mail.WithPort(number), mail.WithTLSPolicy(mail.NoTLS), mail.WithTimeout(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	m := mail.NewMsg()
	if err := errors.Join(m.FromFormat("Admit One", "codes@example.com"), m.To(to)); err != nil {
		t.Fatal(err)
	}
	m.Subject("482913 ist Ihr Code für Zürich")
	m.SetBodyString(mail.TypeTextPlain, "Ihr Code für Zürich: 482913\n")
	m.AddAlternativeString(mail.TypeTextHTML, "<p>Ihr Code für Zürich: <b>482913</b></p>")
	return client.DialAndSendWithContext(ctx, m)
}

func TestRealSender(t *testing.T) {
	in := open(t, "")
	if err := post(t.Context(), t, in, "mara@example.com"); err != nil {
		t.Fatal(err)
	}
	got, err := in.Wait(t.Context(), "mara@example.com", 1)
	if err != nil {
		t.Fatal(err)
	}
	m := got[0]
	if m.Subject != "482913 ist Ihr Code für Zürich" || m.From != "Admit One <codes@example.com>" || m.Sender != "codes@example.com" {
		t.Errorf("subject %q, from %q, sender %q", m.Subject, m.From, m.Sender)
	}
	if !strings.Contains(m.Text, "Zürich: 482913") || !strings.Contains(m.HTML, "Zürich: <b>482913</b>") || m.Broken {
		t.Errorf("text %q, html %q, broken %v", m.Text, m.HTML, m.Broken)
	}
}

func TestRefuseAndDefer(t *testing.T) {
	for _, tc := range []struct {
		mode   Mode
		code   int
		temp   bool
		status string
	}{
		{Refuse, 550, false, "5.1.1"},
		{Defer, 451, true, "4.3.0"},
	} {
		t.Run(tc.mode.String(), func(t *testing.T) {
			in := open(t, "")
			check := func(to string) {
				t.Helper()
				err := post(t.Context(), t, in, to)
				var se *mail.SendError
				if !errors.As(err, &se) || se.ErrorCode() != tc.code || se.IsTemp() != tc.temp || !strings.Contains(err.Error(), tc.status) {
					t.Errorf("%s: %v", to, err)
				}
			}
			in.BehaveTo("Tom@example.com", tc.mode)
			check("tom@EXAMPLE.com")
			if err := post(t.Context(), t, in, "mara@example.com"); err != nil {
				t.Errorf("a rule for one address touched another: %v", err)
			}
			in.Behave(tc.mode)
			check("mara@example.com")
			in.BehaveTo("mara@example.com", Accept)
			if err := post(t.Context(), t, in, "mara@example.com"); err != nil {
				t.Errorf("the rule for the address did not win: %v", err)
			}
			check("tom@example.com")
			in.Behave(Accept)
			if err := post(t.Context(), t, in, "tom@example.com"); err != nil {
				t.Errorf("after Behave(Accept): %v", err)
			}
			if n := len(in.Messages("")); n != 3 {
				t.Errorf("%d messages, want 3", n)
			}
			if f := in.Failures(); len(f) != 3 || f[0].To != "tom@example.com" || f[0].Mode != tc.mode {
				t.Errorf("failures: %+v", f)
			}
		})
	}
}

func TestDrop(t *testing.T) {
	in := open(t, "")
	in.BehaveTo("tom@example.com", Drop)
	for _, size := range []int{1, 300_000} {
		err := smtp.SendMail(in.Addr(), nil, "a@example.com", []string{"mara@example.com", "tom@example.com"}, []byte(letter(strings.Repeat("word ", size), "Subject: x")))
		var answered *textproto.Error
		if err == nil || errors.As(err, &answered) {
			t.Errorf("%d words: want a broken connection, got %v", size, err)
		}
	}
	if n := len(in.Messages("")); n != 0 {
		t.Errorf("%d messages of a letter that was cut off", n)
	}
	if err := post(t.Context(), t, in, "mara@example.com"); err != nil {
		t.Errorf("the listener did not survive: %v", err)
	}
}

func TestHangUntilReleased(t *testing.T) {
	in := open(t, "")
	for i, tc := range []struct {
		then Mode
		want string
	}{{Accept, ""}, {Refuse, "550"}, {Defer, "451"}, {Drop, "broken"}} {
		in.Behave(Hang)
		var wg sync.WaitGroup
		wg.Go(func() {
			err := smtp.SendMail(in.Addr(), nil, "a@example.com", []string{"mara@example.com"}, []byte(letter("x", "Subject: x")))
			var answered *textproto.Error
			switch {
			case tc.want == "" && err != nil,
				tc.want == "broken" && (err == nil || errors.As(err, &answered)),
				tc.want != "" && tc.want != "broken" && (err == nil || !strings.HasPrefix(err.Error(), tc.want)):
				t.Errorf("released into %v: %v", tc.then, err)
			}
		})
		waitFailures(t, in, 1)
		if len(in.Messages("")) != min(i, 1) {
			t.Error("a letter left hanging was taken")
		}
		in.Behave(tc.then)
		wg.Wait()
		in.mu.Lock()
		in.failures = nil
		in.mu.Unlock()
	}
	if n := len(in.Messages("")); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

func TestHangEndsWithTheConnection(t *testing.T) {
	in := open(t, "")
	in.Behave(Hang)
	c, err := net.Dial("tcp", in.Addr())
	if err != nil {
		t.Fatal(err)
	}
	text := textproto.NewConn(c)
	for _, line := range []string{"EHLO localhost", "MAIL FROM:<a@example.com>", "RCPT TO:<mara@example.com>", "DATA"} {
		if _, _, err := text.ReadResponse(0); err != nil {
			t.Fatal(err)
		}
		if err := text.PrintfLine("%s", line); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := text.ReadResponse(354); err != nil {
		t.Fatal(err)
	}
	if err := text.PrintfLine("Subject: x\r\n\r\nx\r\n."); err != nil {
		t.Fatal(err)
	}
	waitFailures(t, in, 1)
	if err := text.Close(); err != nil {
		t.Fatal(err)
	}
	in.listener.ended.Wait() // the server has noticed, though it was still the server's turn
	in.Behave(Accept)
	if n := len(in.Messages("")); n != 0 {
		t.Errorf("%d messages of a sender that had gone", n)
	}
}

func TestHangKeepsWhatWasSaidMeanwhile(t *testing.T) {
	in := open(t, "")
	in.Behave(Hang)
	c, err := net.Dial("tcp", in.Addr())
	if err != nil {
		t.Fatal(err)
	}
	text := textproto.NewConn(c)
	defer text.Close()
	if _, err := c.Write([]byte("EHLO localhost\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<mara@example.com>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n")); err != nil {
		t.Fatal(err)
	}
	waitFailures(t, in, 1)
	if _, err := c.Write([]byte("NOOP\r\nQUIT\r\n")); err != nil { // does not wait for its answer
		t.Fatal(err)
	}
	in.Behave(Accept)
	for _, want := range []int{220, 250, 250, 250, 354, 250, 250, 221} {
		if _, _, err := text.ReadResponse(want); err != nil {
			t.Fatalf("want %d: %v", want, err)
		}
	}
}

func TestHangDoesNotHoldUpClose(t *testing.T) {
	in := open(t, t.TempDir())
	in.Behave(Hang)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := smtp.SendMail(in.Addr(), nil, "a@example.com", []string{"mara@example.com"}, []byte(letter("x"))); err == nil {
				t.Error("accepted by a mailbox that hangs")
			}
		})
	}
	waitFailures(t, in, 3)
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if n := len(in.Messages("")); n != 0 {
		t.Errorf("%d messages", n)
	}
}

func TestLimits(t *testing.T) {
	in := open(t, "")
	big := letter(strings.Repeat(strings.Repeat("x", 70)+"\r\n", 16_000), "Subject: big")
	err := smtp.SendMail(in.Addr(), nil, "a@example.com", []string{"mara@example.com"}, []byte(big))
	if err == nil || !strings.HasPrefix(err.Error(), "552") {
		t.Errorf("a letter over 1 MB: %v, want 552", err)
	}
	for _, address := range []string{"tom\rBcc:x@example.com", "\"t\x01m\"@example.com"} {
		c, err := smtp.Dial(in.Addr())
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"EHLO localhost", "MAIL FROM:<a@example.com>", "RCPT TO:<" + address + ">"} {
			if err := c.Text.PrintfLine("%s", line); err != nil {
				t.Fatal(err)
			}
			code, _, _ := c.Text.ReadResponse(0)
			if strings.HasPrefix(line, "RCPT") && code < 500 {
				t.Errorf("%q was accepted with %d", address, code)
			}
		}
		c.Close()
	}
	if n := len(in.Messages("")); n != 0 {
		t.Errorf("%d messages", n)
	}
	for i := range maxRules + 5 {
		in.BehaveTo(strings.Repeat("x", i+1)+"@example.com", Refuse)
	}
	if len(in.rules) != maxRules {
		t.Errorf("%d rules", len(in.rules))
	}
}

func TestParseMode(t *testing.T) {
	for _, m := range []Mode{Accept, Refuse, Defer, Hang, Drop} {
		if got, err := ParseMode(" " + strings.ToUpper(m.String())); err != nil || got != m {
			t.Errorf("%v: %v, %v", m, got, err)
		}
	}
	if _, err := ParseMode("sulk"); err == nil {
		t.Error("sulk is a mode")
	}
	if got := Mode(9).String(); got != "Mode(9)" {
		t.Error(got)
	}
}
