package e2e

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"admitone/models/devinbox"
)

// mailServer is a mail server outside the process, so that it lives on while
// that stops.
func mailServer(t *testing.T) (in *devinbox.Inbox, args []string) {
	t.Helper()
	in = must[*devinbox.Inbox](t)(devinbox.Open(devinbox.Options{Now: func() time.Time { return time.Now().UTC() }}))
	t.Cleanup(func() { in.Close() })
	return in, []string{"--smtp", "smtp://" + in.Addr() + "?tls=none", "--mail-from", "codes@example.com"}
}

// reads makes the letters of a mail server those that the server has sent.
func (s *server) reads(in *devinbox.Inbox) {
	s.letters = func() []letter {
		var list []letter
		for _, m := range in.Messages("") {
			list = append(list, letter{To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML})
		}
		return list
	}
}

// hanging waits until the mail server holds a mail it does not answer.
func hanging(t *testing.T, s *server) {
	t.Helper()
	await(t, "a send that hangs", func() (int, bool) {
		n := 0
		s.query("SELECT id FROM messages WHERE lease_until IS NOT NULL", func(*sql.Rows) error { n++; return nil })
		return n, n > 0
	})
}

// TestStopWhileAMailHangs: the send under way is finished first.
func TestStopWhileAMailHangs(t *testing.T) {
	t.Parallel()
	in, args := mailServer(t)
	s := start(t, "", args...)
	s.reads(in)
	in.Behave(devinbox.Hang)
	postSignUp(t, s, "ada@example.com")
	hanging(t, s)
	s.signal()
	await(t, "the server to stop listening", func() (error, bool) {
		_, err := http.Get(s.base + "/healthz")
		return err, err != nil
	})
	in.Behave(devinbox.Accept)
	s.ended()
	s.code("ada@example.com", 1)
	if n := len(in.Messages("ada@example.com")); n != 1 {
		t.Errorf("%d letters, want one", n)
	}
	s.run()
	postSignUp(t, s, "eve@example.com")
	s.code("eve@example.com", 1)
	if n := len(in.Messages("ada@example.com")); n != 1 {
		t.Errorf("after the next start there are %d letters, want the one of before", n)
	}
}

// TestStopWhileAMailServerIsDead: it never answers, so the stop does not wait
// for it beyond the time of one send, and the next run delivers.
func TestStopWhileAMailServerIsDead(t *testing.T) {
	t.Parallel()
	in, args := mailServer(t)
	s := start(t, "", args...)
	s.reads(in)
	in.Behave(devinbox.Hang)
	postSignUp(t, s, "ada@example.com")
	hanging(t, s)
	s.stop()
	if n := len(in.Messages("")); n != 0 {
		t.Fatalf("%d letters were taken, want none", n)
	}
	in.Behave(devinbox.Accept)
	s.run()
	s.code("ada@example.com", 1)
}

// TestStopWhileARequestRuns: who has begun is answered.
func TestStopWhileARequestRuns(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	form := url.Values{"email": {"ada@example.com"}, "password": {password}}.Encode()
	conn := must[net.Conn](t)(net.Dial("tcp", strings.TrimPrefix(s.base, "http://")))
	defer conn.Close()
	fmt.Fprintf(conn, "POST /sign-up HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", len(form))
	answers := bufio.NewReader(conn)
	if line := must[string](t)(answers.ReadString('\n')); !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("the server did not begin with the request: %s", line)
	}
	_ = must[string](t)(answers.ReadString('\n'))

	s.signal()
	await(t, "the server to stop listening", func() (error, bool) {
		c, err := net.Dial("tcp", conn.RemoteAddr().String())
		if err == nil {
			c.Close()
		}
		return err, err != nil
	})
	_, _ = io.WriteString(conn, form)
	resp := must[*http.Response](t)(http.ReadResponse(answers, nil))
	resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/sign-up/code" {
		t.Errorf("the request was answered with %s to %q, want 303 to the code page", resp.Status, resp.Header.Get("Location"))
	}
	s.ended()
	s.run()
	s.code("ada@example.com", 1)
}

// postSignUp is a sign-up by no browser.
func postSignUp(t *testing.T, s *server, email string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s.keepSecret(password)
	body := strings.NewReader(url.Values{"email": {email}, "password": {password}}.Encode())
	r := must[*http.Request](t)(http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/sign-up", body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp := must[*http.Response](t)(http.DefaultTransport.RoundTrip(r))
	resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign-up: %s", resp.Status)
	}
}
