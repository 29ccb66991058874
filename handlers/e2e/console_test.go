package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestConsoleBesideAViewer: what comes is counted and never moves the list; a
// conversation is led by the keyboard alone, over a connection that breaks, and what
// staff note among themselves stays there.
func TestConsoleBesideAViewer(t *testing.T) {
	t.Parallel()
	s := start(t, reached)
	wire := newWire(t, s.base)
	p, q := open(t, s, how{}), staff(t, s, "ines@example.com", "Ines")
	p.visit("/contact/chat")
	path := p.startChat("I asked for a code and nothing comes.")
	q.visit("/console")
	other := newCaller(s)
	id := other.chat("Tomasz W.", "wrong_code", "The code says expired.")
	q.says("#queue-news", "1 new: show it")
	q.is(`document.querySelectorAll(".queue tbody tr").length === 1`)
	q.focusOn("1 new: show it")
	eval[any](q, `window.asked = 0, document.addEventListener("htmx:afterRequest", e => e.target.id === "queue-news" && asked++), 0`)
	other.say(id, "Both of them do.") // it is new already, and the focus stays
	q.is(`window.asked > 0`)
	q.focused("1 new: show it")
	q.followTo("1 new: show it", "/console")
	q.is(`document.querySelectorAll(".queue tbody tr").length === 2 && document.querySelector(".queue tbody a").textContent.startsWith("Signed out, chat ")`)
	q.is(`document.getElementById("queue-news").innerText === ""`)

	// The session goes with the browser to the far end of the wire: cookies know no ports.
	q.away = true
	q.goTo(wire.base + "/console/chat/" + strings.TrimPrefix(path, "/contact/chat/"))
	q.follow("Join")
	p.says("#messages", "Ines joined")
	talk, desk := []string{"I asked for a code and nothing comes."}, []string{"I asked for a code and nothing comes."}
	say := func(from *tab, text string) {
		t.Helper()
		field := map[*tab]string{p: "#message", q: "#reply"}[from]
		from.writes(field, text)
		from.sent(field)
		talk, desk = append(talk, text), append(desk, text)
		p.shows(talk...)
		q.shows(desk...)
	}
	say(q, "Hello, I can see the message.\nLook in spam.")
	q.focused("#reply") // nobody has to look for it again

	q.put("#note", "Filter on her side.")
	q.tab("#keep-note")
	q.press(" ")
	desk = append(desk, "Filter on her side.")
	q.shows(desk...)
	q.is(`document.getElementById("note").value === ""`)
	say(p, "Found it!")

	// What is being written survives a reload and what comes in meanwhile.
	q.put("#reply", "half a thought")
	q.reload()
	q.shows(desk...)
	q.is(`document.getElementById("reply").value === "half a thought"`)
	say(p, "It was in promotions.")
	q.is(`document.getElementById("reply").value === "half a thought"`)

	// An article goes into it, and nothing is sent by that.
	q.tabTo("Insert an article")
	q.press(" ")
	q.focusOn("#pick")
	q.paste("spam")
	q.is(`document.querySelectorAll("#picks button").length < 21`)
	title := eval[string](q, `document.querySelector("#picks button").textContent.trim()`)
	q.tabTo(title)
	q.press(" ")
	q.is(`/^half a thought\n\n.*\/help\/a\//.test(document.getElementById("reply").value)`)
	q.focused("#reply")
	q.press("a", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	q.press(kb.Backspace)
	q.is(`document.getElementById("reply").value === ""`)

	// The wire is cut, then answers with errors, then with nothing; all the while both write.
	for _, state := range []int{answering502, dead} {
		wire.set(state)
		p.writes("#message", "Is it safe?")
		p.sent("#message")
		talk, desk = append(talk, "Is it safe?"), append(desk, "Is it safe?")
		p.shows(talk...)
		q.says("#status", "Connection lost. Trying again...")
		q.writes("#reply", "Yes, it is.")
		q.is(`!document.getElementById("reply").readOnly`)
		q.is(`document.getElementById("reply").value === "Yes, it is."`)
		wire.set(whole)
		q.shows(desk...)
		q.is(`document.getElementById("status").innerText === ""`)
		say(q, "Yes, it is.")
	}
	p.reload()
	q.reload()
	p.shows(talk...)
	q.shows(desk...)
	for _, hidden := range []string{"Filter on her side.", "half a thought"} {
		p.is(`!document.documentElement.outerHTML.includes("` + hidden + `")`)
	}
	q.forgive("net::ERR_")
	q.forgive("console: error") // htmx names each failed request
}

// TestConsoleWithoutScript: all of it works by links and forms.
func TestConsoleWithoutScript(t *testing.T) {
	t.Parallel()
	s := start(t, reached)
	p := open(t, s, how{noScript: true})
	p.atConsole("ines@example.com", "Ines")
	visitor := newCaller(s)
	id := visitor.chat("Mara E.", "no_code", "Nothing comes.")
	p.visit("/console")
	p.follow("Mara E.")
	p.follow("Join")
	p.says(".notice", "The conversation is with you")

	p.put("#reply", "Hello Mara.")
	p.tabTo("Insert an article")
	p.press(" ")
	p.follow(eval[string](p, `document.querySelector("#picks button").textContent.trim()`))
	p.is(`/^Hello Mara\.\n\n.*\/help\/a\//.test(document.getElementById("reply").value)`)
	p.follow("#send-reply")
	p.says("#said", "Hello Mara.")
	p.put("#note", "Second time this month.")
	p.follow("#keep-note")
	p.says("#said", "Second time this month.")
	visitor.say(id, "Thank you, it was in spam.")
	p.follow("Check for new messages")
	p.says("#said", "Thank you, it was in spam.")
	if page := visitor.get("/contact/chat/" + id); !strings.Contains(page, "Hello Mara.") || strings.Contains(page, "Second time") {
		t.Errorf("the visitor sees something else: %s", tail(page, 3000))
	}

	p.focusOn("Wrap up")
	p.press(" ")
	p.tab("#wrap", "End the conversation")
	p.send(kb.Enter)
	p.at("/console")
	p.says(".notice", "The conversation ended at")
}

// TestConsoleIsLight: at most 80 KB for a page of the console, a conversation too.
func TestConsoleIsLight(t *testing.T) {
	t.Parallel()
	s := start(t, reached)
	p := open(t, s, how{})
	p.atConsole("ines@example.com", "Ines")
	caller := newCaller(s)
	caller.signUp("mara@example.com")
	id := caller.chat("Mara E.", "no_code", "Nothing comes.")
	call(p, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	for _, path := range []string{"/console", "/console/chat/" + id, "/console/articles", "/console/figures"} {
		p.visitNothing()
		p.asked()
		p.visit(path)
		p.weighs(80 << 10)
	}
}
