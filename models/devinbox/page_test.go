package devinbox

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// site is a running inbox, asked over HTTP as a browser on this computer would.
type site struct {
	*testing.T
	*Inbox
	url string
}

func newSite(t *testing.T) site {
	in := open(t, "")
	server := httptest.NewServer(in.Handler())
	t.Cleanup(server.Close)
	return site{t, in, server.URL}
}

func (s site) do(r *http.Request) (*http.Response, string) {
	s.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.Fatal(err)
	}
	if got := answer.Header.Get("Cache-Control"); got != "no-store" {
		s.Errorf("%s: Cache-Control %q", r.URL, got)
	}
	return answer, string(body)
}

func (s site) get(path, accept string) (*http.Response, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), "GET", s.url+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	return s.do(r)
}

func (s site) post(path string, form url.Values) (*http.Response, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), "POST", s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(r)
}

const browser = "text/html,application/xhtml+xml,*/*;q=0.8"

func (s site) contains(where, body string, wants ...string) {
	s.Helper()
	for _, want := range wants {
		if !strings.Contains(body, want) {
			s.Errorf("%s lacks %q:\n%s", where, want, body)
		}
	}
}

func (s site) lacks(where, body string, unwanted ...string) {
	s.Helper()
	for _, u := range unwanted {
		if strings.Contains(body, u) {
			s.Errorf("%s has %q:\n%s", where, u, body)
		}
	}
}

func alternative(subject, text, html string) string {
	return letter("--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+text+"\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"+html+"\r\n--b--",
		"From: Admit One <codes@example.com>", "Subject: "+subject, "MIME-Version: 1.0", `Content-Type: multipart/alternative; boundary="b"`)
}

func TestJSON(t *testing.T) {
	s := newSite(t)
	if answer, body := s.get("/dev/inbox.json", ""); body != "[]\n" || answer.Header.Get("Content-Type") != "application/json" {
		t.Errorf("empty: %q, %s", body, answer.Header.Get("Content-Type"))
	}
	send(t, s.Inbox, alternative("One", "text 1", "<p>1</p>"), "Mara@example.com")
	send(t, s.Inbox, alternative("Two", "text 2", "<p>2</p>"), "tom@example.com")

	_, body := s.get("/dev/inbox.json", "")
	var all []map[string]string
	if err := json.Unmarshal([]byte(body), &all); err != nil || len(all) != 2 {
		t.Fatalf("%v: %s", err, body)
	}
	want := map[string]string{
		"id": s.Messages("")[1].ID, "channel": "email", "to": "Mara@example.com", "from": "Admit One <codes@example.com>",
		"subject": "One", "text": "text 1", "html": "<p>1</p>", "received_at": "2026-11-22T19:14:08.123Z",
	}
	if !maps.Equal(all[1], want) {
		t.Errorf("got %v\nwant %v", all[1], want)
	}
	for query, subjects := range map[string][]string{"?to=mARA%40example.com": {"One"}, "?to=": {"Two", "One"}, "?to=example.com": nil, "?to=tom@example.com": {"Two"}} {
		_, body := s.get("/dev/inbox.json"+query, "")
		var list []struct{ Subject string }
		if err := json.Unmarshal([]byte(body), &list); err != nil || list == nil {
			t.Errorf("%s: %v: %s", query, err, body)
		}
		var got []string
		for _, m := range list {
			got = append(got, m.Subject)
		}
		if !slices.Equal(got, subjects) {
			t.Errorf("%s: %v, want %v", query, got, subjects)
		}
	}
}

func TestPage(t *testing.T) {
	s := newSite(t)
	answer, body := s.get("/dev/inbox", browser)
	s.contains("empty page", body, "<h1>Test inbox</h1>", "Nothing here was really sent.", "No messages yet.", "To get one,", `class="brand-b">One<`,
		`href="/static/app.css"`, `src="/static/htmx.js"`, `class="skip" href="#main"`, `hx-get="/dev/inbox/list?seen=0"`, `action="/dev/inbox/empty"`)
	if got := answer.Header.Get("Content-Security-Policy"); got != pagePolicy {
		t.Errorf("policy %q", got)
	}
	s.lacks("page", body, "<style", "style=", "onclick", "hx-on", "<script>")

	send(t, s.Inbox, alternative("Code one", "Open http://localhost:8080/not-me?a=1&b=2. Thanks", "<p>1</p>"), "mara@example.com")
	send(t, s.Inbox, alternative("Code two", "text 2", "<p>2</p>"), "tom@example.com")
	newest, oldest := s.Messages("")[0], s.Messages("")[1]

	_, body = s.get("/dev/inbox", browser)
	s.contains("page", body, "2 messages, newest first", `<a id="m-`+newest.ID+`" href="/dev/inbox/`+newest.ID+`#letter" aria-current="true">`,
		`<iframe src="/dev/inbox/`+newest.ID+`/html" title="Message: Code two" sandbox=""></iframe>`, "Admit One &lt;codes@example.com&gt;", "19:14:09")
	if strings.Index(body, "Code two") > strings.Index(body, "Code one") {
		t.Error("the list is not newest first")
	}

	_, body = s.get("/dev/inbox?to=MARA@example.com", browser)
	s.contains("filtered page", body, "1 message<", "Show every address", `href="/dev/inbox/`+oldest.ID+`?to=MARA%40example.com#letter"`)
	s.lacks("filtered page", body, "Code two")

	_, body = s.get("/dev/inbox/"+oldest.ID, browser)
	s.contains("letter", body, `<h2 id="letter-subject"><bdi>Code one</bdi></h2>`, `/html" title="Message: Code one"`, "shown="+oldest.ID)
	for tab, want := range map[string]string{
		"text":    `Open <a href="http://localhost:8080/not-me?a=1&amp;b=2" rel="noreferrer">http://localhost:8080/not-me?a=1&amp;b=2</a>. Thanks</pre>`,
		"headers": "Subject: Code one\r\nMIME-Version: 1.0",
		"source":  "--b--\r\n</pre>",
	} {
		_, body = s.get("/dev/inbox/"+oldest.ID+"/"+tab, browser)
		s.contains(tab, body, `<a id="tab-`+tab+`" href="/dev/inbox/`+oldest.ID+"/"+tab+`#letter" aria-current="true">`, want)
		answer, body = s.get("/dev/inbox/"+oldest.ID+"/"+tab, "*/*")
		if kind := answer.Header.Get("Content-Type"); kind != "text/plain; charset=utf-8" || body != map[string]string{"text": oldest.Text, "headers": oldest.headers(), "source": oldest.Source}[tab] {
			t.Errorf("bare %s: %s, %q", tab, kind, body)
		}
	}
	for _, path := range []string{"/dev/inbox/nothing", "/dev/inbox/nothing/text"} {
		if answer, body := s.get(path, browser); answer.StatusCode != http.StatusNotFound || !strings.Contains(body, "This message is not here.") {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
	for _, path := range []string{"/dev/inbox/", "/dev/inbox/empty", "/dev/inbox/behave"} {
		if answer, _ := s.get(path, browser); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/dev/inbox" {
			t.Errorf("GET %s: %d", path, answer.StatusCode)
		}
	}
	if answer, _ := s.post("/dev/inbox/empty", nil); answer.StatusCode != http.StatusSeeOther || len(s.Messages("")) != 0 {
		t.Errorf("empty: %d, %d messages left", answer.StatusCode, len(s.Messages("")))
	}
}

func TestNews(t *testing.T) {
	s := newSite(t)
	poll := func(query string) (int, string) {
		answer, body := s.get("/dev/inbox/list"+query, "*/*")
		return answer.StatusCode, body
	}
	if status, body := poll("?seen=0"); status != http.StatusNoContent || body != "" {
		t.Errorf("no news: %d %q", status, body)
	}
	send(t, s.Inbox, alternative("One", "1", "<p>1</p>"), "mara@example.com")
	first := s.Messages("")[0]
	status, body := poll("?seen=0")
	s.contains("news", body, `<div id="inbox" class="inbox" hx-get="/dev/inbox/list?seen=1.`+first.ID+`"`, "<iframe", `hx-swap-oob="innerHTML">1 message<`)
	s.lacks("news", body, "<html", "<h1")
	if status != http.StatusOK {
		t.Errorf("news: %d", status)
	}
	if status, _ = poll("?to=tom@example.com&seen=0"); status != http.StatusNoContent {
		t.Errorf("news for somebody else: %d", status)
	}
	send(t, s.Inbox, alternative("Two", "2", "<p>2</p>"), "mara@example.com")
	_, body = poll("?shown=" + first.ID + "&seen=1." + first.ID)
	s.contains("news beside a chosen letter", body, `<nav id="inbox-list"`, "2 messages", `id="m-`+first.ID+`" href="/dev/inbox/`+first.ID+`#letter" aria-current`)
	s.lacks("news beside a chosen letter", body, "<iframe", `id="inbox" `)
	if err := s.Empty(); err != nil {
		t.Fatal(err)
	}
	if status, body = poll("?shown=" + first.ID + "&seen=2"); status != http.StatusOK || !strings.Contains(body, "No messages yet.") {
		t.Errorf("after emptying: %d", status)
	}

	in, err := Open(Options{Now: newClock().Now, Brand: "Gate"})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	server := httptest.NewServer(in.Handler())
	defer server.Close()
	_, body = site{t, in, server.URL}.get("/dev/inbox", browser)
	s.contains("page without script", body, "Reload the page to see new messages.", "<span>Gate</span></a>")
	s.lacks("page without script", body, "hx-get", "<script", "stylesheet", "brand-b")
}

func TestHostileLetters(t *testing.T) {
	s := newSite(t)
	const evil = `"><script>alert(1)</script>`
	send(t, s.Inbox, alternative(evil, "javascript:alert(1) https://example.com/\"onmouseover=x <img src=x onerror=alert(1)> "+evil,
		`<script>alert(1)</script><meta http-equiv="refresh" content="0;url=https://example.com">`), "mara@example.com")
	send(t, s.Inbox, letter(evil, "From: "+evil+" <a@example.com>", "Subject: =?utf-8?q?a=0D=0A=3Cscript=3Ealert(1)=3C/script=3E?=", "X-Evil: "+evil), `"<script>"@example.com`)
	send(t, s.Inbox, evil, "tom@example.com")

	paths := []string{"/dev/inbox", "/dev/inbox?to=" + url.QueryEscape(evil), "/dev/inbox/" + url.PathEscape(evil), "/dev/inbox/list", "/dev/inbox.json"}
	for _, m := range s.Messages("") {
		for _, tab := range []string{"", "/text", "/headers", "/source"} {
			paths = append(paths, "/dev/inbox/"+m.ID+tab)
		}
	}
	for _, path := range paths {
		answer, body := s.get(path, browser)
		s.lacks(path, body, "<script>", "<img", `href="javascript:`, `example.com/"onmouseover`)
		if got := answer.Header.Get("Content-Security-Policy"); got != pagePolicy {
			t.Errorf("%s: policy %q", path, got)
		}
		if got := answer.Header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: %q", path, got)
		}
		for name, values := range answer.Header {
			if strings.Contains(strings.Join(values, " "), "alert") {
				t.Errorf("%s: the letter got into the header %s", path, name)
			}
		}
	}

	// The frame's own document is the letter as it is, and may do nothing.
	framed := s.Messages("mara@example.com")[0]
	answer, body := s.get("/dev/inbox/"+framed.ID+"/html", browser)
	if body != framed.HTML || answer.Header.Get("Content-Type") != "text/html; charset=utf-8" || answer.Header.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("%v %q", answer.Header, body)
	}
	policy := answer.Header.Get("Content-Security-Policy")
	s.contains("policy", policy, "default-src 'none'", "style-src 'unsafe-inline'", "img-src data:", "frame-ancestors 'self'")
	if !strings.HasSuffix(policy, "; sandbox") {
		t.Errorf("not sandboxed: %q", policy)
	}
	if answer, _ := s.get("/dev/inbox/"+s.Messages("tom@example.com")[0].ID+"/html", browser); answer.StatusCode != http.StatusNotFound {
		t.Errorf("HTML of a letter without any: %d", answer.StatusCode)
	}
	_, body = s.get("/dev/inbox/"+s.Messages("tom@example.com")[0].ID, browser)
	s.contains("broken letter", body, "Accepted, but broken", "Its source is complete.", "This message has no text part.")
}

func TestBehaveForm(t *testing.T) {
	s := newSite(t)
	set := func(mode, to string, want int) {
		t.Helper()
		if answer, body := s.post("/dev/inbox/behave", url.Values{"mode": {mode}, "to": {to}}); answer.StatusCode != want {
			t.Errorf("%s %s: %d %s", mode, to, answer.StatusCode, body)
		}
	}
	_, body := s.get("/dev/inbox", browser)
	s.contains("page", body, "Try failures</summary>", `<option value="accept" selected>`)
	set("refuse", " Tom@example.com ", http.StatusSeeOther)
	if s.mode("tom@example.com") != Refuse || s.mode("mara@example.com") != Accept {
		t.Error("refuse for tom")
	}
	if err := post(t.Context(), t, s.Inbox, "tom@example.com"); err == nil {
		t.Error("tom was accepted")
	}
	_, body = s.get("/dev/inbox", browser)
	s.contains("page", body, `<details class="more gap-l" open>`, "tom@example.com</bdi>: Refuse", `<span class="tag bad">refused</span>`)
	for name, m := range map[string]Mode{"defer": Defer, "hang": Hang, "drop": Drop, "accept": Accept} {
		set(name, "", http.StatusSeeOther)
		if s.mode("tom@example.com") != m {
			t.Errorf("%s: %v", name, s.mode("tom@example.com"))
		}
	}
	s.Behave(Accept)
	for _, mode := range []string{"", "sulk"} {
		set(mode, "", http.StatusUnprocessableEntity)
	}
	if s.mode("tom@example.com") != Accept {
		t.Error("an unknown mode had an effect")
	}
}
