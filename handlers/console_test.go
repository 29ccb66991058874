package handlers_test

import (
	"context"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"admitone/models"
)

var (
	newsOf    = regexp.MustCompile(`hx-get="(/console/queue\?[^"]+)"`)
	accountOf = regexp.MustCompile(`/console/account/([0-9a-f]{32})`)
	anID      = strings.Repeat("0a", 16)
)

// consoleRoutes are the paths of the console with ids that are somebody's.
func (h *house) consoleRoutes(ids ...string) map[string]bool {
	h.t.Helper()
	paths := map[string]bool{}
	for _, r := range h.routes() {
		if r.Path != "/console" && !strings.HasPrefix(r.Path, "/console/") {
			continue
		}
		for _, id := range append(ids, anID) {
			for _, act := range []string{"dial", "missed", "done"} {
				path := strings.NewReplacer(":id", id, ":act", act).Replace(r.Path)
				paths[path] = paths[path] || r.Method == http.MethodPost
			}
		}
	}
	if len(paths) < 20 {
		h.t.Fatalf("only %d paths of the console", len(paths))
	}
	return paths
}

var verbs = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW"}

// To everybody but staff no path of the console exists, whatever the verb, and the
// answer is that of a path that was never there.
func TestConsoleIsForStaffAlone(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		visitor := h.browser()
		visitor.signUp(mara)
		chat := strings.TrimPrefix(visitor.startChat(), "/contact/chat/")
		staff := h.agent(ines, "Ines")
		account := staff.open("/console/chat/" + chat).is(200).find(accountOf)
		paths := h.consoleRoutes(chat, account)

		elevated, member, former := h.browser(), h.browser(), h.agent("former@example.com", "Sam")
		member.signUp("nora@example.com")
		former.open("/console").is(200)
		must(t, h.models.Staff.SetRole(context.Background(), "former@example.com", models.RoleMember, ""))
		h.forward(time.Duration(h.models.Policy().Elevated))
		elevated.signUp("elevated@example.com")
		for name, b := range map[string]*browser{"member": member, "elevated": elevated, "former": former, "visitor": visitor} {
			for path := range paths {
				for _, verb := range verbs {
					got, nothing := b.do(verb, path, "", h.htmx), b.do(verb, strings.Replace(path, "/console", "/nowhere", 1), "", h.htmx)
					if got.status != http.StatusNotFound {
						t.Fatalf("%s: %s %s is there: %v", name, verb, path, got)
					}
					got.body = strings.ReplaceAll(got.body, "/console", "/nowhere")
					alike(t, got, nothing, mara, mara)
				}
			}
			b.open("/account").is(200).without("/console")
		}
		staff.open("/account").is(200, `href="/console"`)

		// Nobody is led to the sign-in and back, from pages and from acts.
		for path, takesPost := range paths {
			page := consolePageOf(path)
			h.browser().do("GET", path, "", h.htmx).away("/sign-in?next=" + page)
			if takesPost {
				h.browser().do("POST", path, form("reply", "x", "send", "yes"), h.htmx).away("/sign-in?next=" + page)
			}
			h.browser().do("PUT", path, "", h.htmx).is(405)
		}
		h.browser().open("/console/nothing").is(404)
		staff.open("/console/nothing").is(404)
		staff.open("/console/chat/" + anID).is(404)
		staff.open("/console/account/" + anID).is(404)
		staff.send("/console/calls/" + anID + "/dial").is(404)
		staff.send("/console/calls/" + anID + "/burn").is(404)

		// A proof is good for a working day, and a code is what proves.
		h.forward(time.Duration(h.models.Policy().Desk))
		for path, takesPost := range paths {
			staff.do("GET", path, "", h.htmx).away("/reauth?next=" + consolePageOf(path))
			if takesPost {
				staff.do("POST", path, form("reply", "x", "send", "yes"), h.htmx).away("/reauth?next=" + consolePageOf(path))
			}
		}
		staff.send("/reauth/password", "current_password", password, "next", "/console").leads("/console")
		staff.do("GET", "/console", "", h.htmx).away("/reauth?next=/console")
		staff.send("/reauth", "next", "/console").leads("/reauth")
		staff.send("/reauth", "code", h.code(ines)).leads("/console")
		a := staff.open("/console").is(200, "STAFF", `content="noindex"`)
		if a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("the console may be kept: %v", a.header)
		}
	}, withDesk)
}

// consolePageOf is where an act of the console belongs.
func consolePageOf(path string) string {
	if strings.HasPrefix(path, "/console/calls") {
		return "/console/calls"
	}
	return regexp.MustCompile(`/(find|queue|events|messages|join|reply|note|transfer|wrap|act|switch)$`).ReplaceAllString(path, "")
}

func TestConsoleQueue(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		staff, other := h.agent(ines, "Ines"), h.agent("sam@example.com", "Sam")
		staff.open("/console").is(200, "There is nobody here.", "0 open", "<caption>", `aria-sort="descending"`, "<bdi>Ines</bdi>, chat always open")
		news := html.UnescapeString(staff.open("/console").find(newsOf))
		h.forward(time.Second)
		first := strings.TrimPrefix(h.browser().startChat("name", "Mara"), "/contact/chat/")
		h.forward(8 * time.Minute)
		in := h.browser()
		in.signUp(mara)
		second := strings.TrimPrefix(in.startChat("problem", "lost_way"), "/contact/chat/")

		// What is new is counted, and the list stays as it is until it is asked for.
		staff.part(news).is(200, `<a href="/console">2 new: show them</a>`).without("<table", "Mara")
		staff.part(strings.Replace(news, "?", "?state=waiting&", 1)).is(200, `href="/console?state=waiting"`)
		staff.open(news).is(303)
		for _, bad := range []string{"", "?since=", "?since=x", "?since=-1"} {
			staff.part("/console/queue" + bad).is(400)
		}
		page := staff.open("/console").is(200, "2 open, longest wait 8 minutes", "8 min", "Mara", "m***@example.com", "I did not get a code").without(mara, "Late")
		if got := order(page); !slices.Equal(got, []string{first, second}) {
			t.Errorf("by age: %v, not %v then %v", got, first, second)
		}
		staff.part(html.UnescapeString(page.find(newsOf))).is(200).without("new")

		h.forward(3 * time.Minute)
		staff.open("/console").is(200, "Late", "11 min")
		staff.send("/console/chat/" + first + "/join").leads("/console/chat/" + first)
		other.send("/console/chat/" + second + "/join").leads("/console/chat/" + second)
		for state, want := range map[string][]string{"": {first, second}, "mine": {first}, "waiting": nil, "open": {first, second}, "left": nil, "ended": nil, "%3Cscript%3E": {first, second}} {
			got := order(staff.open("/console?state=" + state).is(200).without("<script>"))
			slices.Sort(got)
			if slices.Sort(want); !slices.Equal(got, want) {
				t.Errorf("%q lists %v, not %v", state, got, want)
			}
		}
		staff.open("/console?sort=who").is(200, "With you", "With Sam", `aria-sort="ascending"`)
		staff.open("/console?state=mine&sort=state").is(200, `href="/console?sort=who&amp;state=mine"`, "?sort=state&amp;state=mine")
	}, withDesk)
}

// order is the conversations of a list, as they stand in it.
func order(a answer) []string {
	var ids []string
	for _, found := range regexp.MustCompile(`<td><a href="/console/chat/([0-9a-f]{32})`).FindAllStringSubmatch(a.body, -1) {
		ids = append(ids, found[1])
	}
	return ids
}

func TestConsoleConversation(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		staff, other := h.agent(ines, "Ines"), h.agent("sam@example.com", "Sam")
		visitor := h.browser()
		path := visitor.startChat("name", "Mara")
		id := strings.TrimPrefix(path, "/contact/chat/")
		at := "/console/chat/" + id
		send := func(b *browser, fields ...string) answer {
			t.Helper()
			return b.send(at+"/reply", append(fields, "send", "yes")...)
		}

		// Who has not joined can read and note, but not answer.
		staff.open(at).is(200, someWords, "Nobody is signed in here", `role="log"`, "Join", "Note for staff, never sent", `sse-connect="`+at+`/events"`).without("reply-form")
		send(staff, "reply", "Hello", "nonce", "a").unit(422, "Join it first")
		staff.send(at + "/join").leads(at)
		staff.send(at + "/join").leads(at)
		other.send(at+"/join").is(409, "A colleague was first")
		page := staff.open(at).is(200, "With you", "Ines joined", "reply-form", "Saved replies", "Insert an article").without("Join</button>")

		nonce := page.find(nonceOf)
		for range 3 {
			a := send(staff, "reply", "Hello, I am here.\nLook in spam.", "nonce", nonce)
			if h.htmx {
				a.unit(200, `id="reply-form"`).without("Look in spam")
				if a.header.Get("HX-Trigger") != "said" {
					t.Errorf("the page is not told: %v", a)
				}
			} else {
				a.leads(at)
			}
		}
		visitor.open(path).is(200, "Look in spam.", "Ines")
		if n := strings.Count(staff.open(at).body, "Look in spam."); n != 1 {
			t.Errorf("one reply is shown %d times", n)
		}
		staff.part(at+"/messages?after="+page.find(seqOf)).is(200, "Look in spam.", `id="after"`, `hx-swap-oob="true"`).without(someWords, "<html")
		newest := staff.open(at).find(seqOf)
		staff.part(at+"/messages?after="+newest).is(200, `value="`+newest+`"`).without("<li")
		staff.part(at+"/messages?after=99999").is(200, `value="99999"`)
		for _, bad := range []string{"", "?after=x", "?after=-1"} {
			staff.part(at + "/messages" + bad).is(400)
		}
		staff.open(at + "/messages?after=0").is(303)

		// A note stays here, and has a form that can do nothing else.
		a := staff.send(at+"/note", "note", "Filter on her side.", "nonce", "n", "send", "yes", "reply", "not this")
		if h.htmx {
			a.unit(200, `id="note-form"`).without("Filter on her side.")
		} else {
			a.leads(at)
		}
		other.open(at).is(200, "Filter on her side.", "Note for staff").without("not this")
		visitor.open(path).is(200).without("Filter on her side.", "not this")
		staff.send(at+"/note", "note", "").unit(422, "Write a note", `aria-invalid="true"`)
		staff.send(at+"/note", "note", "her code is 482913").unit(422, "looks like a code", "her code is 482913")

		// Only the button that sends does: the others put something into the text.
		for insert, want := range map[string]string{
			"reply:" + help(t, h.models).Replies()[0].Slug: "typed so far\n\n", "article:no-code": "typed so far\n\n",
			"article:nothing": "typed so far</textarea>", "": "typed so far</textarea>", "x": "typed so far</textarea>",
		} {
			staff.send(at+"/reply", "reply", "typed so far", "insert", insert, "nonce", nonce).unit(200, want, "autofocus")
		}
		staff.send(at+"/reply", "reply", "", "insert", "article:no-code").unit(200, "http://localhost:8080/help/a/no-code")
		staff.open(at+"?article=no-code").is(200, "http://localhost:8080/help/a/no-code</textarea>")
		staff.open(at+"?reply="+help(t, h.models).Replies()[0].Slug).is(200, `id="reply"`)
		visitor.open(path).is(200).without("typed so far")
		staff.open("/console/articles?chat="+id+"&q=spam").is(200, `href="`+at+`?article=`)
		staff.open("/console/articles").is(200, "Getting a code").without("?article=")
		staff.open(`/console/articles?q=%3Cqqxxqq%3E&chat=%22%3E%3Cscript%3E`).is(200, "0 articles").without("<script>", "<qqxxqq>")
		staff.part("/console/articles?q=spam").is(200, `form="reply-form"`, `value="article:`, `type="submit"`).without("<html")

		for text, want := range map[string]string{"": "Write a reply", "your code is 123 456": "That looks like a code", strings.Repeat("x", 4001): "The reply may have 4000 characters"} {
			a := send(staff, "reply", text, "nonce", "b").unit(422, want, `aria-invalid="true"`)
			if text != "" {
				a.is(422, text) // what was typed stays
			}
		}
		send(staff, "reply", strings.Repeat("x", 100<<10)).is(413)
		staff.send(at+"/note", "note", strings.Repeat("x", 100<<10)).is(413)
		visitor.open(path).is(200).without("123 456", "xxxx")

		// Markup is text, on either side.
		for i, bad := range []string{`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `" hx-get="/sign-out" hx-trigger="load`, `</textarea><b>x`, `<a href="javascript:alert(1)">x</a>`} {
			send(staff, "reply", bad, "nonce", "m"+string(rune('a'+i)))
			staff.send(at+"/note", "note", bad, "nonce", "o"+string(rune('a'+i)))
			visitor.say(path, bad)
			staff.send(at+"/reply", "reply", bad, "insert", "x").without(bad)
			staff.open(at).is(200).without(bad, "hx-get=\"/sign-out")
			staff.part(at + "/messages?after=0").is(200).without(bad)
		}

		// It goes on to a colleague, back to the queue, and ends.
		account := regexp.MustCompile(`<option value="([0-9a-f]{32})">Sam`)
		staff.send(at+"/transfer", "to", anID).is(422, "not there any more")
		staff.send(at+"/transfer", "to", staff.open(at).find(account)).leads("/console")
		send(staff, "reply", "too late", "nonce", "c").unit(422, "not with you", "too late")
		other.open(at).is(200, "With you", "Handed on to Sam")
		staff.send(at+"/wrap", "wrap", "solved").is(409, "not with you")
		other.send(at+"/transfer", "to", "").leads("/console")
		staff.open(at).is(200, "Waiting", "Handed back to the queue")
		staff.send(at + "/join").leads(at)
		staff.send(at+"/wrap", "wrap", "nonsense").is(422, "Choose what came of it")
		staff.send(at+"/wrap", "wrap", "solved").leads("/console")
		staff.open(at).is(200, "Ended", "Wrapped up as: Solved").without("reply-form", "Join</button>")
		send(staff, "reply", "still there?", "nonce", "d").is(422)
		staff.open("/console?state=ended").is(200, id)
	}, withDesk)
}

func TestConsoleFigures(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		ctx, reader := context.Background(), models.Client{}
		staff := h.agent(ines, "Ines")
		staff.open("/console/figures").is(200, "Nobody has waited", "None")
		id := strings.TrimPrefix(h.browser().startChat("name", "Mara"), "/contact/chat/")
		h.forward(3 * time.Minute)
		staff.send("/console/chat/" + id + "/join")
		h.browser().startChat("name", "Tomasz")
		h.forward(11 * time.Minute)
		vote, err := h.people.Readers.Vote(ctx, reader, "no-code", false)
		must(t, err)
		must(t, h.people.Readers.Words(ctx, vote, "<b>nothing about my provider</b>"))
		_, err = h.people.Readers.Vote(ctx, reader, "late-code", true)
		must(t, err)
		must(t, h.people.Readers.FoundNothing(ctx, reader, "flying carpet"))
		page := staff.open("/console/figures").is(200, "2 began, 0 ended", "3 minutes", "Unanswered for more than 10 minutes", "Tomasz", "flying carpet", "&lt;b&gt;nothing about my provider").without("<b>nothing")
		a, _ := help(t, h.models).Article("no-code")
		if !strings.Contains(page.body, html.EscapeString(a.Title)) {
			t.Errorf("the article is not named in %v", page)
		}
		staff.open("/console/keys").is(200, "Ctrl + Enter")
	}, withDesk)
}
