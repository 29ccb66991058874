package devinbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	phone = "+436641234567"
	code  = "482913 is your Admit One code (Maple 42). Never share it.\n\n@accounts.example.com #482913"
)

// text posts a text as the product does, and gives the status of the answer.
func text(ctx context.Context, in *Inbox, to, words, report string) (int, error) {
	form := url.Values{"to": {to}, "from": {"AdmitOne"}, "text": {words}, "report": {report}, "id": {"id-1"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, in.GatewayURL(), strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

func sendText(t *testing.T, in *Inbox, to, words, report string) {
	t.Helper()
	if status, err := text(t.Context(), in, to, words, report); err != nil || status != http.StatusAccepted {
		t.Fatalf("text to %s: %d, %v", to, status, err)
	}
}

func TestTextArrives(t *testing.T) {
	s := newSite(t)
	send(t, s.Inbox, letter("Hello.", "Subject: Mail"), "mara@example.com")
	sendText(t, s.Inbox, phone, code, "")

	got, err := s.Wait(t.Context(), phone, 1)
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %+v", err, got)
	}
	m := got[0]
	if m.Channel != "sms" || m.To != phone || m.From != "AdmitOne" || m.Text != code || m.Subject != "" || m.HTML != "" || m.Broken {
		t.Errorf("%+v", m)
	}
	if want := time.Date(2026, 11, 22, 19, 14, 9, 123_000_000, time.UTC); !m.ReceivedAt.Equal(want) {
		t.Errorf("received at %v, want %v", m.ReceivedAt, want)
	}
	if all := s.Messages(""); len(all) != 2 || all[0].ID != m.ID || all[1].Channel != "email" {
		t.Errorf("not one list, newest first: %+v", all)
	}
	// However the number is written, also where a query's + came as a space.
	for _, to := range []string{"+43 664 123 45 67", "+43 (664) 123-4567", " 436641234567"} {
		if len(s.Messages(to)) != 1 {
			t.Errorf("nothing for %q", to)
		}
	}
	if len(s.Messages("+43664123456")) != 0 {
		t.Error("part of a number matched")
	}

	_, body := s.get("/dev/inbox.json?to="+phone, "")
	var list []map[string]string
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) != 1 || list[0]["channel"] != "sms" || list[0]["to"] != phone || list[0]["text"] != code {
		t.Errorf("%v: %s", err, body)
	}
	_, body = s.get("/dev/inbox", browser)
	s.contains("page", body, `<span class="to">Text to <bdi dir="ltr">&#43;436641234567</bdi></span>`, "<b><bdi>482913 is your Admit One code (Maple 42). Never share it.</bdi></b>",
		`<rect x="5.75" y="2"`, ">As text</a>", "<dt>From</dt><dd><bdi>AdmitOne</bdi></dd>", "Never share it.\n\n@accounts.example.com #482913</pre>", "19:14:09")
	s.lacks("page", body, "<iframe", "Text part", ">Headers<")
	_, body = s.get("/dev/inbox/"+m.ID+"/source", browser)
	s.contains("form", body, ">Form, ", "text=482913&#43;is&#43;your")
	if err := s.Empty(); err != nil || len(s.Messages("")) != 0 {
		t.Errorf("after Empty: %v", err)
	}
}

func TestTextsThatAreNone(t *testing.T) {
	in := open(t, "")
	for _, form := range []string{
		"", "to=" + phone, "text=x", "to=mara@example.com&text=x", "to=%2B43&text=x", "to=%2B43664123456712345678&text=x",
		"to=%2B436641234567%0D%0A&text=", "to=%zz&text=x", "to=%2B436641234567&text=" + strings.Repeat("x", maxForm),
	} {
		res, err := http.Post(in.GatewayURL(), "application/x-www-form-urlencoded", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest || len(in.Messages("")) != 0 {
			t.Errorf("%.60q answered %d", form, res.StatusCode)
		}
	}
	res, err := http.Get(in.GatewayURL())
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET answered %d", res.StatusCode)
	}
}

// program is what a delivery report is for: a server on this computer.
func program(t *testing.T, answer http.HandlerFunc) (address string, reports <-chan string) {
	t.Helper()
	got := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Method + " " + r.URL.RequestURI()
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, got
}

func nextReport(t *testing.T, reports <-chan string) string {
	t.Helper()
	select {
	case r := <-reports:
		return r
	case <-time.After(30 * time.Second):
		t.Fatal("no report came")
		return ""
	}
}

func TestDeliveryReports(t *testing.T) {
	in := open(t, "")
	address, reports := program(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) })
	sendText(t, in, phone, code, address+"/sms/report/abc")
	if got := nextReport(t, reports); got != "GET /sms/report/abc?state=1" {
		t.Errorf("got %s", got)
	}
	// Neither the redirect is followed, nor does a report leave this computer.
	for _, elsewhere := range []string{"", "http://198.51.100.7/report", "http://example.com/", "http://localhost.example.com/", "file:///etc/passwd", "http://%zz", "//127.0.0.1/"} {
		sendText(t, in, phone, code, elsewhere)
	}
	sendText(t, in, phone, code, strings.Replace(address, "127.0.0.1", "localhost", 1)+"/report?id=7")
	if got := nextReport(t, reports); got != "GET /report?id=7&state=1" {
		t.Errorf("got %s", got)
	}
	if len(in.Messages(phone)) != 9 {
		t.Errorf("%d messages", len(in.Messages(phone)))
	}
}

// A program that takes a report and does not answer holds nothing up.
func TestCloseEndsReports(t *testing.T) {
	in := open(t, "")
	release := make(chan struct{})
	address, reports := program(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before the server waits for it
	sendText(t, in, phone, code, address)
	nextReport(t, reports)
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if len(in.Messages(phone)) != 1 {
		t.Error("a closed inbox can still be read")
	}
	if status, err := text(t.Context(), in, phone, code, ""); err == nil {
		t.Errorf("a closed inbox answered %d", status)
	}
}

func TestTextsThatFail(t *testing.T) {
	in := open(t, "")
	for mode, want := range map[Mode]int{Refuse: http.StatusUnprocessableEntity, Defer: http.StatusServiceUnavailable, Drop: 0} {
		in.Behave(mode)
		status, err := text(t.Context(), in, phone, code, "")
		if status != want || (err != nil) != (want == 0) {
			t.Errorf("%v: %d, %v", mode, status, err)
		}
		if f := in.Failures()[0]; f.Mode != mode || f.To != phone {
			t.Errorf("%v: %+v", mode, f)
		}
		if len(in.Messages("")) != 0 {
			t.Errorf("%v: the text was kept", mode)
		}
	}
	// One number alone, however it is written.
	in.Behave(Accept)
	in.BehaveTo("+43 664 1234567", Refuse)
	if status, err := text(t.Context(), in, phone, code, ""); err != nil || status != http.StatusUnprocessableEntity {
		t.Errorf("%d, %v", status, err)
	}
	sendText(t, in, "+436641234568", code, "")
}

func TestTextsThatHang(t *testing.T) {
	in := open(t, "")
	in.Behave(Hang)
	var wg sync.WaitGroup
	wg.Go(func() {
		if status, err := text(t.Context(), in, phone, code, ""); err != nil || status != http.StatusAccepted {
			t.Errorf("after the change of mind: %d, %v", status, err)
		}
	})
	waitFailures(t, in, 1)
	in.Behave(Accept)
	wg.Wait()
	if len(in.Messages(phone)) != 1 {
		t.Error("the text that hung was not kept")
	}

	// Forgotten where its sender has gone, let go where the inbox closes.
	in.Behave(Hang)
	ctx, cancel := context.WithCancel(t.Context())
	wg.Go(func() {
		if _, err := text(ctx, in, phone, code, ""); !errors.Is(err, context.Canceled) {
			t.Errorf("the sender that has gone: %v", err)
		}
	})
	waitFailures(t, in, 2)
	cancel()
	wg.Wait()
	wg.Go(func() {
		if status, err := text(t.Context(), in, phone, code, ""); err == nil && status != http.StatusServiceUnavailable {
			t.Errorf("when the inbox closed: %d", status)
		}
	})
	waitFailures(t, in, 3)
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if len(in.Messages(phone)) != 1 {
		t.Error("a text that hung was kept")
	}
}

func TestRestartKeepsTexts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "inbox")
	in := open(t, dir)
	sendText(t, in, phone, code, "")
	send(t, in, letter("Hello.", "Subject: Mail"), "mara@example.com")
	sendText(t, in, "+436641234568", "Grüße & more = 1", "")
	before := in.Messages("")
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.text"))
	if err != nil || len(files) != 2 {
		t.Fatalf("files: %v, %v", files, err)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(filepath.Join(dir, "1111111111111-000009.text"), []byte("not ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	after := again.Messages("")
	if fmt.Sprint(after) != fmt.Sprint(before) || len(after) != 3 {
		t.Errorf("changed by the restart:\n%+v\n%+v", before, after)
	}
	if err := again.Empty(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*-00000[1-3].*")); len(left) != 0 {
		t.Errorf("left after Empty: %v", left)
	}
}

func TestTextThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "inbox")
	in := open(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if status, err := text(t.Context(), in, phone, code, ""); err != nil || status != http.StatusServiceUnavailable || len(in.Messages("")) != 0 {
		t.Errorf("%d, %v, %d messages", status, err, len(in.Messages("")))
	}
}

// The gateway is guarded like the page.
func TestGatewayGuard(t *testing.T) {
	in := open(t, "")
	host, _, err := net.SplitHostPort(strings.TrimPrefix(strings.TrimSuffix(in.GatewayURL(), textPath), "http://"))
	if err != nil || host != "127.0.0.1" {
		t.Fatalf("it listens on %s (%v)", host, err)
	}
	for name, change := range map[string]func(*http.Request){
		"peer":    func(r *http.Request) { r.RemoteAddr = "192.0.2.7:1" },
		"host":    func(r *http.Request) { r.Host = "example.com" },
		"forward": func(r *http.Request) { r.Header.Set("X-Forwarded-For", "127.0.0.1") },
		"origin":  func(r *http.Request) { r.Header.Set("Origin", "https://example.com") },
		"site":    func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"":        func(*http.Request) {},
	} {
		r := httptest.NewRequest("POST", in.GatewayURL(), strings.NewReader("to=%2B436641234567&text=x"))
		r.RemoteAddr, r.Host = "127.0.0.1:1", "127.0.0.1:8080"
		change(r)
		w := httptest.NewRecorder()
		in.gateway.server.Handler.ServeHTTP(w, r)
		want := http.StatusNotFound
		if name == "" {
			want = http.StatusAccepted
		}
		if w.Code != want {
			t.Errorf("%q: %d, want %d", name, w.Code, want)
		}
	}
	if n := len(in.Messages("")); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestHostileTexts(t *testing.T) {
	s := newSite(t)
	const evil = "\"><script>alert(1)</script>\x1b[31m\nhttps://example.com/\"onmouseover=x"
	form := url.Values{"to": {phone}, "from": {evil}, "text": {evil + "\xff"}}
	res, err := http.Post(s.GatewayURL(), "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	id := s.Messages(phone)[0].ID
	for _, path := range []string{"/dev/inbox", "/dev/inbox/" + id, "/dev/inbox/" + id + "/text", "/dev/inbox/" + id + "/headers", "/dev/inbox/" + id + "/source", "/dev/inbox.json"} {
		_, body := s.get(path, browser)
		s.lacks(path, body, "<script>", `example.com/"onmouseover`)
	}
	if answer, _ := s.get("/dev/inbox/"+id+"/html", browser); answer.StatusCode != http.StatusNotFound {
		t.Errorf("HTML of a text: %d", answer.StatusCode)
	}
	// The mail side is untouched by any of this.
	if err := smtp.SendMail(s.Addr(), nil, "a@example.com", []string{"b@example.com"}, []byte(letter("x"))); err != nil {
		t.Error(err)
	}
}

// A form that is taken says the same when it is written again; a number is told in one
// form.
func FuzzReadText(f *testing.F) {
	for _, s := range []string{
		"to=%2B436641234567&from=AdmitOne&text=482913+is&report=http%3A%2F%2F127.0.0.1%3A8080%2Fsms%2Freport%2Fx", "to=+43 (664) 123-45/67&text=x", "to=0664&text=%0D%0A", "to=%2B43664&text=%FF",
		"to=a&text=b", "to=%zz", "a;b", "", "to=%2B4366&text=%00&report=http%3A%2F%2Flocalhost%40evil.example%2F", "to=%2B4366&text=x&report=http%3A%2F%2F%5B%3A%3Affff%3A127.0.0.1%5D",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		m, report, ok := readText(source)
		if m.Source != string(source) || !utf8.ValidString(m.Text) || !utf8.ValidString(m.From) || strings.ContainsFunc(m.From, unicode.IsControl) {
			t.Errorf("%q is %+v", source, m)
		}
		if canonical(m.To) != m.To {
			t.Errorf("%q is for %q, and for %q", source, m.To, canonical(m.To))
		}
		if !ok {
			return
		}
		if m.Text == "" || !textNumber.MatchString(m.To) {
			t.Errorf("%q is taken as %+v", source, m)
		}
		form := url.Values{"to": {m.To}, "from": {m.From}, "text": {m.Text}, "report": {report}}.Encode()
		again, to, ok := readText([]byte(form))
		m.Text = strings.ReplaceAll(m.Text, "\r\n", "\n") // \r\r\n came
		if again.Source = m.Source; !ok || again != m || to != report {
			t.Errorf("%q is %+v, and that again %+v", source, m, again)
		}
	})
}
