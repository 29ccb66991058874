package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// reached is a set-up in which people can be reached in every way.
const reached = roomy + `
chat_idle = "1h"
[support]
email = "help@example.com"
phone = "always"
dial_url = "http://127.0.0.1:9/dial?to={number}&from={agent}&reference={reference}"
[[support.number]]
region = "United Kingdom"
number = "+44 20 7946 0123"
cost = "Calls cost the same as a local call."
`

// staff opens a browser of a member of staff who may enter the console.
func staff(t *testing.T, s *server, email, name string) *tab {
	t.Helper()
	q := open(t, s, how{})
	q.account(email)
	q.s.account("role", email, "staff", "--name", name)
	return q
}

// startChat begins a conversation and gives its path.
func (p *tab) startChat(message string) string {
	p.t.Helper()
	p.put("#message", message)
	p.follow("Start the chat")
	p.says("main", "next in line")
	return p.path()
}

// writes types a message and sends it by the keyboard.
func (p *tab) writes(field, text string) {
	p.t.Helper()
	p.put(field, text)
	if p.how.noScript {
		p.follow("#send")
		return
	}
	p.press(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
}

// sent waits until what was written is on its way, and its field is free again: the
// line may be shown before.
func (p *tab) sent(field string) {
	p.t.Helper()
	p.is(fmt.Sprintf(`(e => e.value === "" && !e.readOnly)(document.querySelector(%q))`, field))
}

// said is what a conversation shows, in its order.
func (p *tab) said() []string {
	p.t.Helper()
	return eval[[]string](p, `[...document.querySelectorAll(".log .say-text")].map(e => e.textContent)`)
}

// shows waits until a conversation shows these lines: no other, none twice.
func (p *tab) shows(want ...string) {
	p.t.Helper()
	await(p.t, fmt.Sprintf("%q", want), func() ([]string, bool) {
		got := p.said()
		return got, slices.Equal(got, want)
	})
}

// forgive takes from what the console says what is the test's own doing.
func (p *tab) forgive(words string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = slices.DeleteFunc(p.problems, func(s string) bool { return strings.Contains(s, words) })
}

// TestChat: a viewer and a member of staff talk, each in a browser. Both reload in
// the middle; the connection is cut, answers with errors and comes back. Nothing is
// lost and nothing comes twice.
func TestChat(t *testing.T) {
	t.Parallel()
	s := start(t, reached)
	wire := newWire(t, s.base)
	p, q := open(t, s, how{}), staff(t, s, "ines@example.com", "Ines")
	p.away = true // it reaches the site through the wire
	p.goTo(wire.base + "/contact")
	p.followTo("Start a chat", "/contact/chat")
	path := p.startChat("I asked for a code and nothing comes.")
	talk := []string{"I asked for a code and nothing comes."}
	p.says("#chat-note", "You are next in line")
	p.says("#chat-with", "You are waiting for a person")

	// Somebody answers: the page says so by itself.
	q.visit("/console/chat/" + strings.TrimPrefix(path, "/contact/chat/"))
	q.follow("Join")
	p.says("#chat-with", "You are talking to Ines from support")
	p.says(".log", "Ines joined at")
	p.is(`document.getElementById("chat-note").innerText === ""`)
	say := func(from *tab, text string) {
		t.Helper()
		field := map[*tab]string{p: "#message", q: "#reply"}[from]
		from.writes(field, text)
		from.sent(field)
		talk = append(talk, text)
		p.shows(talk...)
		q.shows(talk...)
	}
	say(q, "Hello. Did you look in spam?")
	say(p, "Not yet.\nI will.")

	// What is being written outlives a reload, and so does what was said.
	p.put("#message", "half a thought")
	p.reload()
	q.reload()
	p.shows(talk...)
	q.shows(talk...)
	p.is(`document.getElementById("message").value === "half a thought"`)
	say(q, "Take your time.")
	p.is(`document.getElementById("message").value === "half a thought"`)
	say(p, "a whole thought")
	p.reload()
	p.is(`document.getElementById("message").value === ""`)

	// A code is stopped, and what was written can be mended.
	p.writes("#message", "It says 482 913, is that it?")
	p.says("#composer", "Don't send your code")
	p.is(`document.getElementById("message").value === "It says 482 913, is that it?"`)
	say(p, "Found it, thank you.")
	p.is(`!document.getElementById("composer").innerText.includes("Don't send your code")`)

	// Nobody looks: the title counts.
	p.is(`Object.defineProperty(document, "hidden", {value: true, configurable: true}), true`)
	say(q, "Good.")
	p.is(`document.title.startsWith("(1) Chat with us")`)
	p.is(`delete document.hidden, document.dispatchEvent(new Event("visibilitychange")), document.title.startsWith("Chat with us")`)

	// The wire is cut, then answers with errors, then with nothing; all the while
	// both write.
	wire.set(answering502)
	q.writes("#reply", "Are you still there?")
	q.sent("#reply")
	p.says("#line", "Connection lost. Trying again...")
	p.writes("#message", "Yes, but the train")
	p.is(`document.getElementById("message").value === "Yes, but the train"`)
	wire.set(dead)
	q.writes("#reply", "I will wait.")
	q.sent("#reply")
	p.is(`document.getElementById("message").value === "Yes, but the train"`)
	wire.set(whole)
	talk = append(talk, "Are you still there?", "I will wait.")
	p.shows(talk...)
	p.is(`document.getElementById("status").innerText === ""`)
	p.is(`!document.getElementById("message").readOnly`)
	p.focusOn("#message")
	p.press(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	talk = append(talk, "Yes, but the train")
	p.shows(talk...)
	q.shows(talk...)
	wire.cut() // and once more, in the middle of a quiet moment
	say(q, "Welcome back.")

	// The end, by the viewer: the page stays, and the transcript is whole.
	p.focusOn("End chat")
	p.send(kb.Enter)
	p.says("#composer", "This chat has ended")
	p.shows(talk...)
	p.follow("Yes")
	p.says("#composer", "Thank you.")
	p.followTo("Save or print it", path+"/transcript")
	for _, line := range talk {
		p.says("main", strings.Split(line, "\n")[0])
	}
	p.forgive("net::ERR_")
	p.forgive("console: error") // htmx says that a request failed
}

// TestChatIsSentAgainAtOnce: a message that did not go is sent by the next press, however
// soon that comes.
func TestChatIsSentAgainAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, reached)
	wire := newWire(t, s.base)
	p := open(t, s, how{})
	p.away = true // it reaches the site through the wire
	p.goTo(wire.base + "/contact/chat")
	p.startChat("Nothing comes.")
	p.put("#message", "Are you there?")
	wire.set(answering502)
	p.press(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	p.says("#line", "Not sent. Try again.")
	wire.set(whole)
	p.press(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	p.shows("Nothing comes.", "Are you there?")
	p.forgive("net::ERR_")
	p.forgive("console: error") // htmx says that a request failed
}

// TestChatEndsUnderOnesEyes: what is left to do comes without a reload, and the
// stream is closed.
func TestChatEndsUnderOnesEyes(t *testing.T) {
	t.Parallel()
	s := start(t, reached)
	p, q := open(t, s, how{}), staff(t, s, "ines@example.com", "Ines")
	p.visit("/contact/chat?problem=wrong_code")
	path := p.startChat("It says wrong.")
	q.visit("/console/chat/" + strings.TrimPrefix(path, "/contact/chat/"))
	q.follow("Join")
	p.says("#chat-with", "Ines")
	eval[any](p, `window.samePage = true, 0`)
	q.submit(`form[action$="/wrap"]`, "wrap", "solved")
	p.says("#composer", "This chat has ended")
	p.says("#chat-with", "This chat has ended")
	p.is(`window.samePage && !document.querySelector("[sse-connect]") && !document.getElementById("message")`)
	p.follow("No")
	p.says("#composer", "Thank you.")
}

// TestChatWithoutScript is the whole way by forms.
func TestChatWithoutScript(t *testing.T) {
	t.Parallel()
	s := start(t, reached)
	p, q := open(t, s, how{noScript: true}), staff(t, s, "ines@example.com", "Ines")
	p.visit("/contact?problem=no_code")
	p.says("main", "My code didn't arrive")
	p.follow("Start a chat")
	p.is(`document.querySelector("[name=problem]:checked").value === "no_code"`)
	p.put("#message", "my code is 482913")
	p.follow("Start the chat")
	p.says("main", "Don't send your code")
	p.is(`document.getElementById("message").value === "my code is 482913"`)
	path := p.startChat("Nothing comes.")
	q.visit("/console/chat/" + strings.TrimPrefix(path, "/contact/chat/"))
	q.follow("Join")
	q.writes("#reply", "Hello, I am here.")
	q.shows("Nothing comes.", "Hello, I am here.")
	p.follow("Check for new messages")
	p.shows("Nothing comes.", "Hello, I am here.")
	p.writes("#message", "Good.")
	p.shows("Nothing comes.", "Hello, I am here.", "Good.")
	q.shows("Nothing comes.", "Hello, I am here.", "Good.")
	p.reload()
	p.back() // and forth: nothing is sent again
	p.visit(path)
	p.shows("Nothing comes.", "Hello, I am here.", "Good.")
	p.follow("Leave, and get the answer by email")
	p.put("#email", "lea@example.com")
	p.follow("Leave the chat")
	p.says("main", "You have left the chat")
	q.writes("#reply", "The answer.")
	if m := p.s.mail("lea@example.com", 1)[0]; !strings.Contains(m.Text, "The answer.") {
		t.Errorf("the mail: %s", m.Text)
	}
	p.follow("Check for new messages")
	p.shows("Nothing comes.", "Hello, I am here.", "Good.", "The answer.")
	p.follow("End chat")
	p.says("main", "This chat has ended")
	p.follow("Yes")
	p.follow("Save or print it")
	p.says("main", "The answer.")
}

// TestCallBackJourney books a call, moves and cancels it, with script and without.
func TestCallBackJourney(t *testing.T) {
	t.Parallel()
	s := start(t, reached)
	for _, h := range []how{{}, {noScript: true}} {
		t.Run(h.String(), func(t *testing.T) {
			t.Parallel()
			p := open(t, s, h)
			p.visit("/contact")
			p.follow("Ask us to call you back")
			p.put("#phone", "020 7946 01"+strconv.Itoa(20+len(h.String())))
			p.follow("Book the call")
			p.says(".error-summary", "Choose a time")
			p.chooses(2)
			p.follow("Book the call")
			p.says("main", "The person will say the word")
			p.says("main", "Booked")
			p.open("Choose another time")
			p.chooses(3)
			p.follow("Change the time")
			p.says("main", "The call has its new time")
			p.follow("Cancel the call")
			p.says("main", "This call will not be made.")
		})
	}
}

// chooses takes one of the times that are offered for a call, by its number. The first is
// offered no more if the next half hour begins meanwhile.
func (p *tab) chooses(number int) {
	p.t.Helper()
	p.focusOn("#slot")
	p.press(strings.Repeat(kb.ArrowDown, number-1))
	p.press(" ")
}

// TestServiceCode: it can be copied where there is script, and read out anywhere.
func TestServiceCode(t *testing.T) {
	t.Parallel()
	s := start(t, reached)
	for _, h := range []how{{}, {noScript: true}} {
		p := open(t, s, h)
		p.account(strings.ReplaceAll(h.String(), " ", ".") + "@example.com")
		p.follow("Get a service code")
		p.says("main", "more minutes")
		p.is(`/^[B-Z]{2}\d-\d{3}$/.test(document.querySelector(".service-code bdi").textContent)`)
		p.is(fmt.Sprintf(`document.querySelector("[data-copy]").hidden === %v`, h.noScript))
	}
}

// The states of a wire.
const (
	whole = iota
	dead
	answering502
)

// wire is between a browser and the server, and can be cut.
type wire struct {
	base string
	to   string

	mu    sync.Mutex
	state int
	open  map[net.Conn]bool
}

func newWire(t *testing.T, base string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{base: "http://localhost:" + port, to: strings.Replace(strings.TrimPrefix(base, "http://"), "localhost", "127.0.0.1", 1), open: map[net.Conn]bool{}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.serve(c)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); w.cut() })
	return w
}

// set changes the state, and cuts what is open.
func (w *wire) set(state int) {
	w.mu.Lock()
	w.state = state
	w.mu.Unlock()
	w.cut()
}

// cut ends all connections. New ones can be made at once.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		_ = c.Close()
		delete(w.open, c)
	}
}

func (w *wire) serve(c net.Conn) {
	defer c.Close()
	w.mu.Lock()
	state := w.state
	w.open[c] = true
	w.mu.Unlock()
	switch state {
	case dead:
		return
	case answering502:
		if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 20\r\nConnection: close\r\n\r\n<h1>Bad Gateway</h1>")
		}
		return
	}
	up, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer up.Close()
	w.mu.Lock()
	w.open[up] = true
	w.mu.Unlock()
	go func() { _, _ = io.Copy(up, c); _ = up.Close() }()
	_, _ = io.Copy(c, up)
}
