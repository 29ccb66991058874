package handlers_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"admitone/models"
)

// listener is an event stream that somebody reads.
type listener struct {
	t      testing.TB
	answer *http.Response
	events chan string // the names of events; closed at the end of the stream
}

// listen opens an event stream with the cookies of a browser.
func listen(t testing.TB, base, path string, cookies map[string]string, peer ...string) *listener {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("User-Agent", firefox)
	for _, address := range peer {
		r.Header.Set(peerHeader, address)
	}
	for name, value := range cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := streamClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{t: t, answer: res, events: make(chan string, 64)}
	t.Cleanup(l.close)
	if res.StatusCode == http.StatusOK {
		go l.read()
	}
	return l
}

// streamClient keeps no connection for later: a stream has its own.
var streamClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func (l *listener) read() {
	defer close(l.events)
	lines := bufio.NewScanner(l.answer.Body)
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			l.events <- name
		}
	}
}

func (l *listener) close() { _ = l.answer.Body.Close() }

const patience = 30 * time.Second

// hears waits for an event.
func (l *listener) hears(name string) {
	l.t.Helper()
	select {
	case got, open := <-l.events:
		if !open || got != name {
			l.t.Fatalf("the stream says %q (open: %v), not %q", got, open, name)
		}
	case <-time.After(patience):
		l.t.Fatalf("the stream does not say %q", name)
	}
}

// ends waits for the end of the stream, and counts what is said before.
func (l *listener) ends() (said int) {
	l.t.Helper()
	late := time.After(patience)
	for {
		select {
		case _, open := <-l.events:
			if !open {
				return said
			}
			said++
		case <-late:
			l.t.Fatal("the stream does not end")
		}
	}
}

// limited is a connection that knows until when it may be read from and written to. A
// limit that a test waits for would have to be so short that a busy machine's first
// request, which it holds for too, may miss it.
type limited struct {
	net.Conn
	mu          sync.Mutex
	read, write time.Time
}

func (c *limited) SetReadDeadline(until time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = until
	return c.Conn.SetReadDeadline(until)
}

func (c *limited) SetWriteDeadline(until time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write = until
	return c.Conn.SetWriteDeadline(until)
}

// limits are those that the connection has now.
func (c *limited) limits() (read, write time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read, c.write
}

// limitedListener hands its connections to a test too.
type limitedListener struct {
	net.Listener
	taken chan *limited
}

func (l limitedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	mine := &limited{Conn: c}
	l.taken <- mine
	return mine, nil
}

// serve runs the site on a server of its own that has limits, and gives its connections.
func (h *house) serve() (base string, server *http.Server, taken <-chan *limited) {
	h.t.Helper()
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	l := limitedListener{on, make(chan *limited, 8)}
	server = &http.Server{Handler: h.site, ReadTimeout: patience, WriteTimeout: patience, ReadHeaderTimeout: patience}
	go func() { _ = server.Serve(l) }()
	h.t.Cleanup(func() { _ = server.Close() })
	return "http://" + l.Addr().String(), server, l.taken
}

// TestStreamOutlivesTheServersLimits: they are for pages. A graceful stop does not
// wait for it either.
func TestStreamOutlivesTheServersLimits(t *testing.T) {
	h := once(t, withDesk)
	b := h.browser()
	path := b.startChat()
	base, server, taken := h.serve()
	l := listen(t, base, path+"/events", b.cookies)
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "X-Accel-Buffering": "no", "Content-Encoding": "", "Cache-Control": "no-store"} {
		if got := l.answer.Header.Get(name); got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	l.hears("news") // what was before it was open
	if read, write := (<-taken).limits(); !read.IsZero() || !write.IsZero() {
		t.Errorf("the stream ends at the limits of a page: %s to read, %s to write", read, write)
	}
	b.say(path, "still there?")
	l.hears("news")

	h.site.CloseStreams()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	l.ends()
}

// TestStreamsOfOneChat: a few, and a place is free again when a reader has gone.
func TestStreamsOfOneChat(t *testing.T) {
	h := once(t, withDesk)
	b := h.browser()
	path := b.startChat()
	var open []*listener
	for range 8 {
		l := listen(t, h.url, path+"/events", b.cookies)
		l.hears("news")
		open = append(open, l)
	}
	if l := listen(t, h.url, path+"/events", b.cookies); l.answer.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("the ninth stream: %d", l.answer.StatusCode)
	}
	other := h.browser()
	listen(t, h.url, other.startChat()+"/events", other.cookies).hears("news") // nobody else is kept out
	open[0].close()
	h.until("a free place", func() bool {
		l := listen(t, h.url, path+"/events", b.cookies)
		defer l.close()
		return l.answer.StatusCode == http.StatusOK
	})
}

// TestStreamsOfOneAddress: as many as its conversations may have, and nobody is kept
// out by somebody else's.
func TestStreamsOfOneAddress(t *testing.T) {
	h := once(t, withDesk)
	const here, there = "203.0.113.9", "203.0.113.10"
	var last *browser
	for i := range 4 {
		last = h.browser()
		path := last.startChat()
		if i == 3 {
			break
		}
		for range 8 {
			listen(t, h.url, path+"/events", last.cookies, here).hears("news")
		}
	}
	path := last.open("/contact/chat").header.Get("Location")
	l := listen(t, h.url, path+"/events", last.cookies, here)
	if l.answer.StatusCode != http.StatusTooManyRequests || l.answer.Header.Get("Retry-After") == "" {
		t.Fatalf("the 25th stream: %d", l.answer.StatusCode)
	}
	listen(t, h.url, path+"/events", last.cookies, there).hears("news")
	listen(t, h.url, path+"/events", last.cookies).hears("news") // the machine's own address counts for nobody
}

// TestStreamEndsWithTheRightToRead: a stream that is open says nothing of what comes
// after the sign-out of its session, or the loss of its role.
func TestStreamEndsWithTheRightToRead(t *testing.T) {
	h, ctx := once(t, withDesk), context.Background()
	b, staff, other := h.browser(), h.agent(ines, "Ines"), h.agent("otto@example.com", "Otto")
	b.signUp(mara)
	path := b.startChat()
	id := strings.TrimPrefix(path, "/contact/chat/")
	visitor := listen(t, h.url, path+"/events", b.cookies)
	visitor.hears("news")
	must(t, h.people.Chats.Join(ctx, staff.client(), id))
	visitor.hears("news")
	queue := listen(t, h.url, "/console/events", other.cookies)
	queue.hears("news")
	desk := listen(t, h.url, "/console/chat/"+id+"/events", other.cookies)
	desk.hears("news")

	b.send("/sign-out").leads("/sign-in")
	must(t, h.models.Staff.SetRole(ctx, "otto@example.com", models.RoleMember, ""))
	must(t, h.people.Chats.Reply(ctx, staff.client(), id, "for Mara alone", "n1"))
	for name, l := range map[string]*listener{"visitor": visitor, "desk": desk, "queue": queue} {
		if n := l.ends(); n != 0 {
			t.Errorf("%s: %d events after the end", name, n)
		}
	}
}

// TestStreamOfAnEndedChat: it tells of the end, and is over.
func TestStreamOfAnEndedChat(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		path := b.startChat()
		l := listen(t, h.url, path+"/events", b.cookies)
		l.hears("news")
		b.send(path + "/end").leads(path + "#composer")
		l.hears("news")
		l.ends()
		again := listen(t, h.url, path+"/events", b.cookies) // a page that was away when it ended
		again.hears("news")
		again.ends()
	}, withDesk)
}

// TestStreamTellsNothing: an event says that something is new, and not what.
func TestStreamTellsNothing(t *testing.T) {
	h := once(t, withDesk)
	b := h.browser()
	path := b.startChat()
	r, err := http.NewRequest(http.MethodGet, h.url+path+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "chat", Value: b.cookies["chat"]})
	res, err := streamClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	const first, next = "retry: 2000\nevent: news\ndata: now\n\n", "event: news\ndata: now\n\n"
	for _, want := range []string{first, next} {
		got := make([]byte, len(want))
		if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != want {
			t.Fatalf("%q (%v), not %q", got, err, want)
		}
		b.say(path, "a secret word")
	}
	h.site.CloseStreams()
	if rest, err := io.ReadAll(res.Body); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(string(rest), "secret") {
		t.Fatalf("%q, %v", rest, err)
	}
}
