package handlers_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// browser keeps cookies and follows nothing by itself.
type browser struct {
	h       *house
	cookies map[string]string
	peer    string      // its network address; "" is loopback
	header  http.Header // sent with everything
}

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

func (h *house) browser() *browser {
	return &browser{h: h, cookies: map[string]string{}, header: http.Header{"User-Agent": {firefox}}}
}

// from gives a new browser a network address.
func (h *house) from(peer string) *browser {
	b := h.browser()
	b.peer = peer
	return b
}

// with is the same browser, cookies and all, with a header more.
func (b *browser) with(name, value string) *browser {
	c := *b
	c.header = b.header.Clone()
	c.header.Set(name, value)
	return &c
}

// copy is another browser that has stolen this one's cookies.
func (b *browser) copy() *browser {
	c := *b
	c.cookies = maps.Clone(b.cookies)
	return &c
}

// open goes to a page, as a link or the address bar does.
func (b *browser) open(path string) answer {
	b.h.t.Helper()
	return b.do(http.MethodGet, path, "", false)
}

// part asks for a part of a page.
func (b *browser) part(path string) answer {
	b.h.t.Helper()
	return b.do(http.MethodGet, path, "", true)
}

// send posts a form of names and values, the way its house does.
func (b *browser) send(path string, fields ...string) answer {
	b.h.t.Helper()
	return b.do(http.MethodPost, path, form(fields...), b.h.htmx)
}

func form(fields ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	return v.Encode()
}

var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (b *browser) do(method, path, body string, htmx bool) answer {
	b.h.t.Helper()
	r, err := http.NewRequest(method, b.h.url+path, strings.NewReader(body))
	if err != nil {
		b.h.t.Fatal(err)
	}
	r.Header = b.header.Clone()
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if htmx {
		r.Header.Set("HX-Request", "true")
	}
	if b.peer != "" {
		r.Header.Set(peerHeader, b.peer)
	}
	for _, name := range slices.Sorted(maps.Keys(b.cookies)) {
		r.AddCookie(&http.Cookie{Name: name, Value: b.cookies[name]})
	}
	res, err := client.Do(r)
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	for _, k := range res.Cookies() {
		if k.MaxAge < 0 {
			delete(b.cookies, k.Name)
		} else {
			b.cookies[k.Name] = k.Value
		}
	}
	a := answer{t: b.h.t, what: method + " " + path, htmx: htmx, status: res.StatusCode, header: res.Header, body: string(text), cookies: res.Cookies()}
	if a.status < 500 && strings.Contains(a.body, "Sorry, there is a problem with the service") {
		b.h.t.Errorf("a refusal is told as a fault of the service: %v", a)
	}
	return a
}

// signUp makes an account; the browser is signed in and known afterwards.
func (b *browser) signUp(email string) {
	b.h.t.Helper()
	b.send("/sign-up", "email", email, "password", password).leads("/sign-up/code")
	b.send("/sign-up/code", "code", b.h.code(email)).leads("/account")
	b.open("/account").is(200, email)
}

// toCode goes to the code page of a sign-in.
func (b *browser) toCode(email string, fields ...string) {
	b.h.t.Helper()
	b.send("/sign-in", append(fields, "email", email, "password", password)...).leads("/sign-in/code")
}

// signIn opens a session on a new device.
func (b *browser) signIn(email string) {
	b.h.t.Helper()
	b.toCode(email)
	b.send("/sign-in/code", "code", b.h.code(email)).leads("/account")
}

func (b *browser) signedIn() bool {
	b.h.t.Helper()
	return b.open("/account").status == http.StatusOK
}

// answer is what came back.
type answer struct {
	t       *testing.T
	what    string
	htmx    bool
	status  int
	header  http.Header
	body    string
	cookies []*http.Cookie
}

// String leaves out what every answer and every page has.
func (a answer) String() string {
	told := map[string]string{}
	for _, name := range []string{"Location", "Hx-Redirect", "Retry-After", "Set-Cookie", "Content-Type", "Allow"} {
		if v := a.header.Values(name); len(v) > 0 {
			told[name] = strings.Join(v, " | ")
		}
	}
	body := a.body
	if from, to := strings.Index(body, "<main"), strings.Index(body, "</main>"); from >= 0 && to > from {
		body = body[from:to]
	}
	return fmt.Sprintf("%s (htmx %v): %d %v\n%s", a.what, a.htmx, a.status, told, body)
}

// is asks for a status and for words in the body.
func (a answer) is(status int, words ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d is wanted of %v", status, a)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			a.t.Fatalf("%q is missing in %v", w, a)
		}
	}
	return a
}

// unit is is, with the whole page for a plain browser and only a part of it
// for htmx.
func (a answer) unit(status int, words ...string) answer {
	a.t.Helper()
	a.is(status, words...)
	if page := strings.Contains(a.body, "<html"); page == a.htmx {
		a.t.Fatalf("a whole page: %v, in %v", page, a)
	}
	return a
}

// without asks that words are not in the body.
func (a answer) without(words ...string) answer {
	a.t.Helper()
	for _, w := range words {
		if holds(a.body, w) {
			a.t.Fatalf("%q is in %v", w, a)
		}
	}
	return a
}

// leads asks for a way to a path: a 303, or for htmx an order to navigate.
func (a answer) leads(path string) answer {
	a.t.Helper()
	status, got := http.StatusSeeOther, a.header.Get("Location")
	if a.htmx {
		status, got = http.StatusNoContent, a.header.Get("HX-Redirect")
	}
	if a.status != status || got != path {
		a.t.Fatalf("%d to %q is wanted of %v", status, path, a)
	}
	return a
}

// retryAfter asks for a Retry-After header, exactly.
func (a answer) retryAfter(seconds string) answer {
	a.t.Helper()
	if got := a.header.Get("Retry-After"); got != seconds {
		a.t.Fatalf("Retry-After is %q, not %q, in %v", got, seconds, a)
	}
	return a
}

func (a answer) cookie(name string) *http.Cookie {
	for _, k := range a.cookies {
		if k.Name == name {
			return k
		}
	}
	return nil
}

var (
	flowField = regexp.MustCompile(`name="flow" value="([0-9a-f]{32})"`)
	tagField  = regexp.MustCompile(`<bdi>([A-Z][a-z]+ \d\d)</bdi>`)
)

// find is the one group of a pattern in the body.
func (a answer) find(pattern *regexp.Regexp) string {
	a.t.Helper()
	found := pattern.FindStringSubmatch(a.body)
	if found == nil {
		a.t.Fatalf("%v is missing in %v", pattern, a)
	}
	return found[1]
}

// deliveryLine changes as soon as the worker has sent, so it is no part of what
// is compared.
var deliveryLine = regexp.MustCompile(`<div class="line .*?</dd></div>`)

var varying = regexp.MustCompile(`Expires=[^;]+; |[0-9A-Za-z_-]{43}|[0-9a-f]{32}|[0-9a-f]{16}|\b[A-Z][a-z]+ \d\d\b|\b[A-Z2-7]{26}\b`)

// masked is everything that can be told of an answer but for what is random
// in each: ids, tokens, nonces and tags, and the address that was typed.
func (a answer) masked(email string) string {
	h := a.header.Clone()
	for _, name := range []string{"Date", "X-Request-Id", "Content-Length"} {
		h.Del(name)
	}
	text := fmt.Sprintf("%d %v\n%s", a.status, h, a.body)
	local, host, _ := strings.Cut(email, "@")
	text = strings.ReplaceAll(text, email, "EMAIL")
	text = strings.ReplaceAll(text, local[:1]+"***@"+host, "MASKED")
	return varying.ReplaceAllString(deliveryLine.ReplaceAllString(text, "DELIVERY"), "VARIES")
}

// alike asks that nobody can tell two answers apart.
func alike(t *testing.T, a, b answer, emailA, emailB string) {
	t.Helper()
	x, y := a.masked(emailA), b.masked(emailB)
	if x == y {
		return
	}
	at := 0
	for at < min(len(x), len(y)) && x[at] == y[at] {
		at++
	}
	around := func(s string) string { return s[max(0, at-200):min(len(s), at+300)] }
	t.Fatalf("%s: the answers can be told apart:\n--- %s\n%s\n--- %s\n%s", a.what, emailA, around(x), emailB, around(y))
}
