package e2e

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// state is one page as a person can come to see it.
type state struct {
	name string
	on   string // which of the servers shows it; "" for the usual one
	show func(*tab)
}

// servers differ in what would otherwise take long to come to.
var servers = map[string]func(*testing.T) *server{
	"":        func(t *testing.T) *server { return start(t, onceMore) },
	"account": func(t *testing.T) *server { return start(t, roomy) },
	"short": func(t *testing.T) *server {
		return start(t, "code_life = \"15s\"\nflow_life = \"10m\"\n"+onceMore)
	},
	"brief":   func(t *testing.T) *server { return start(t, "code_life = \"1s\"\nflow_life = \"2s\"") },
	"reached": func(t *testing.T) *server { return start(t, reached) },
	"shut":    func(t *testing.T) *server { return start(t, shut(time.Now())) },
	"stuck":   func(t *testing.T) *server { return start(t, "") },
	"closed":  func(t *testing.T) *server { return start(t, "", "--sign-up", "closed") },
	// A text has no room for a name of such letters, so none is sent.
	"no texts": func(t *testing.T) *server {
		return start(t, "", "--brand-name", "Kino na rogu ulicy Łąkowej i Długiej")
	},
}

// nobody gives an address that no test has used before.
func (p *tab) nobody() string {
	return strings.NewReplacer("/", ".", " ", "-", ",", "").Replace(strings.ToLower(p.t.Name())) + "@example.com"
}

func (p *tab) wrongCode(right string) string {
	n, _ := strconv.Atoi(right)
	return strconv.Itoa(100000 + (n+1)%900000)
}

// visiting is the state of a page that needs nothing but its address.
func visiting(path string) func(*tab) { return func(p *tab) { p.visit(path) } }

// mayResend waits until another code may be asked for.
func (p *tab) mayResend() {
	p.t.Helper()
	p.is(`document.getElementById("send").ariaDisabled !== "true"`)
}

var states = []state{
	{"sign-up, empty", "", visiting("/sign-up")},
	{"sign-up, errors in both fields", "", func(p *tab) {
		p.visit("/sign-up")
		p.fillIn("ada", "short")
		p.says(".error-summary", "There is a problem")
	}},
	{"sign-up, password shown", "", func(p *tab) {
		p.visit("/sign-up")
		p.focusOn("#new-password")
		p.press("abc")
		p.tab("Show password")
		p.press(" ")
		p.says(".reveal", "Hide")
	}},
	{"sign-up, closed", "closed", visiting("/sign-up")},
	{"code, sign-up, accepted", "", func(p *tab) {
		p.signUp(p.nobody())
		p.says("#delivery", "Accepted by the mail server at")
	}},
	{"code, waiting for the mail server", "", func(p *tab) {
		p.s.behave("hang", p.nobody())
		p.t.Cleanup(func() { p.s.behave("accept", p.nobody()) })
		p.signUp(p.nobody())
		p.says("#delivery", "Waiting for the mail server")
	}},
	{"code, delayed", "", func(p *tab) {
		p.s.behave("defer", p.nobody())
		p.signUp(p.nobody())
		p.says("#delivery", "Delayed")
	}},
	{"code, refused", "", func(p *tab) {
		p.s.behave("refuse", p.nobody())
		p.signUp(p.nobody())
		p.says("#delivery", "Refused")
	}},
	{"code, wrong", "", func(p *tab) {
		p.signUp(p.nobody())
		p.enter(p.wrongCode(p.s.code(p.nobody(), 1)))
		p.says(".error-summary", "You have 4 tries left.")
	}},
	{"code, not six digits", "", func(p *tab) {
		p.signUp(p.nobody())
		p.enter("12")
		p.says(".error-summary", "The code must be 6 numbers")
	}},
	{"code, sent again", "", func(p *tab) {
		p.signUp(p.nobody())
		p.mayResend()
		p.focusOn("#send")
		p.press(" ")
		p.says("#code-status", "We sent your code again")
		p.says("#resend-wait", "You can ask again in")
	}},
	{"code, asked again too soon", "", func(p *tab) {
		p.signUp(p.nobody())
		p.mayResend()
		for range 2 {
			p.plainPost("resend")
		}
		p.says("#code-status", "Nothing was sent")
	}},
	{"code, help opened", "", func(p *tab) {
		p.signUp(p.nobody())
		p.tabTo("Problems with the code?")
		p.press(" ")
		p.says("details", "Look in spam")
	}},
	{"code, over under one's eyes", "short", func(p *tab) {
		p.signUp(p.nobody())
		p.says("[data-over]", "Your code has expired")
	}},
	{"code, expired", "short", func(p *tab) {
		p.signUp(p.nobody())
		p.saysAfterReload("h2", "Your code has expired")
	}},
	{"code, expired, with an error", "short", func(p *tab) {
		p.signUp(p.nobody())
		p.over()
		p.enter(p.s.code(p.nobody(), 1))
		p.says(".error-summary", "That code has expired")
	}},
	{"code, no tries left", "", func(p *tab) {
		p.signUp(p.nobody())
		wrong := p.wrongCode(p.s.code(p.nobody(), 1))
		for range 5 {
			p.enter(wrong)
		}
		p.says("h1", "Too many wrong codes")
	}},
	{"code, on the older of two pages", "", func(p *tab) {
		p.signUp(p.nobody())
		p.is(`fetch("/sign-up", {method: "POST", body: new URLSearchParams({email: "z" + ` + strconv.Quote(p.nobody()) + `, password: ` + strconv.Quote(password) + `})}).then(r => r.ok)`)
		p.enter(p.s.code(p.nobody(), 1))
		p.says(".error-summary", "You started again in another tab")
	}},
	{"sign-up, address taken meanwhile", "", func(p *tab) {
		quicker := open(p.t, p.s, how{})
		p.signUp(p.nobody())
		slow := p.s.code(p.nobody(), 1)
		quicker.signUp(p.nobody())
		quicker.enter(p.s.code(p.nobody(), 2))
		quicker.at("/account")
		p.enter(slow)
		p.at("/sign-in")
		p.says("main .notice", "account")
	}},
	{"sign-in, session ended elsewhere", "", func(p *tab) {
		p.account(p.nobody())
		out := must[*http.Request](p.t)(http.NewRequest(http.MethodPost, p.s.base+"/sign-out", nil))
		out.AddCookie(&http.Cookie{Name: "session", Value: p.cookie("session")})
		must[*http.Response](p.t)(http.DefaultTransport.RoundTrip(out)).Body.Close()
		p.reload()
		p.at("/sign-in?next=/account")
		p.says("main", "You are not signed in any more")
	}},
	{"flow that is over", "brief", func(p *tab) {
		p.visit("/sign-up")
		p.fillIn(p.nobody(), password) // a slow browser comes too late at once
		p.saysAfterReload("main", "You need to start again")
	}},
	{"sign-in, empty", "", visiting("/sign-in?next=/account")},
	{"sign-in, nothing entered", "", func(p *tab) {
		p.visit("/sign-in")
		p.focused("#email")
		p.send(kb.Enter)
		p.says(".error-summary", "Enter your email address")
	}},
	{"sign-in, not right", "", func(p *tab) {
		p.signIn(p.nobody(), "the wrong password")
		p.says(".error-summary", "The email or password is not right")
	}},
	{"sign-in, wait", "", func(p *tab) {
		// The wait begins with a second and doubles with each time that a slow browser
		// comes too late for it.
		other := p.s.peer("127.0.0.1")
		await(p.t, "the wait", func() (string, bool) {
			for other.tryPassword(p.nobody(), "the wrong password").status != http.StatusTooManyRequests {
			}
			p.signIn(p.nobody(), "the wrong password")
			return p.text("h1"), p.text("h1") == "You cannot sign in at the moment"
		})
	}},
	{"code, sign-in", "", func(p *tab) {
		open(p.t, p.s, how{}).account(p.nobody())
		p.signIn(p.nobody(), password)
		p.says("h1", "Check your email")
	}},
	{"account, just made", "", func(p *tab) { p.account(p.nobody()) }},
	{"account, shared device", "", func(p *tab) {
		p.signUp(p.nobody())
		p.focused("#code")
		p.press(p.s.code(p.nobody(), 1))
		p.tabTo("#shared")
		p.press(" ")
		p.tab("#verify")
		p.send(kb.Enter)
		p.says("main", "We will ask for a code on this device again.")
	}},
	{"sign-in, just signed out", "", func(p *tab) {
		p.account(p.nobody())
		p.signOut()
		p.says("main", "You are signed out")
	}},
	{"help", "", visiting("/help")},
	{"not me", "", visiting("/not-me")},
	{"problem, not found", "", visiting("/no/such/page")},
	{"problem, method", "", func(p *tab) {
		p.visit("/help")
		p.post("/not-me", 1)
		p.says("h1", "That page cannot be used this way")
	}},
	{"problem, too large", "", func(p *tab) {
		p.visit("/help")
		p.post("/sign-in", 1<<17)
		p.says("h1", "That was too much at once")
	}},
	{"problem, from another site", "", func(p *tab) {
		p.away = true
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(`<link rel="icon" href="data:,"><form id="f" method="post" action="` + p.s.base + `/sign-in"><button>Win a prize</button></form>`))
		}))
		defer other.Close()
		p.goTo(other.URL)
		p.tabTo("Win a prize")
		p.send(kb.Enter)
		p.says("h1", "We could not accept that")
	}},
	{"problem, our own fault", "stuck", func(p *tab) {
		p.visit("/sign-in")
		db := must[*sql.DB](p.t)(sql.Open("sqlite3", "file:"+p.s.data+"/admitone.db?_txlock=exclusive"+patiently))
		defer db.Close()
		held := must[*sql.Tx](p.t)(db.Begin()) // somebody else writes, and does not end
		p.fillIn(p.nobody(), "the wrong password")
		p.says("h1", "Sorry, there is a problem with the service")
		if err := held.Rollback(); err != nil {
			p.t.Error(err)
		}
	}},
	{"test inbox, empty", "closed", visiting("/dev/inbox")},
	{"test inbox, a letter", "", func(p *tab) { p.letter(""); p.says("h2", "Admit One") }},
	{"test inbox, its text", "", func(p *tab) { p.letter("#tab-text") }},
	{"test inbox, its headers", "", func(p *tab) { p.letter("#tab-headers") }},
	{"test inbox, its source", "", func(p *tab) { p.letter("#tab-source") }},
	{"test inbox, no such letter", "", func(p *tab) { p.letter(""); p.visit("/dev/inbox/m-1-1?to=" + p.nobody()) }},
	{"test inbox, failing", "", func(p *tab) {
		p.s.behave("refuse", p.nobody())
		p.signUp(p.nobody())
		p.says("#delivery", "Refused")
		p.visit("/dev/inbox?to=" + p.nobody())
		p.says("details", "refused")
	}},
}

// letter shows the letter of a sign-up in the test inbox, by one of its tabs.
func (p *tab) letter(by string) {
	p.t.Helper()
	p.signUp(p.nobody())
	p.s.code(p.nobody(), 1)
	p.visit("/dev/inbox?to=" + p.nobody())
	if by != "" {
		p.tabTo(by)
		p.send(kb.Enter)
	}
}
