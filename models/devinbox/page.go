package devinbox

import (
	"bytes"
	_ "embed" // for the page's template
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"strings"
)

const root = "/dev/inbox"

// The page runs nothing but our own script and frames nothing but its own
// letters. The letter itself may do less still: its HTML comes from a mail,
// which is to say from anybody, so it runs without an origin, without script,
// forms or navigation, and fetches nothing.
const (
	pagePolicy   = "default-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
	letterPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
)

//go:embed page.html
var pageHTML string

var pages = template.Must(template.New("page.html").Parse(pageHTML))

// Handler serves the page under /dev/inbox, the letters below it, and
// /dev/inbox.json. It answers 404 to anybody who is not at this computer.
func (in *Inbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+root, in.showNewest)
	mux.Handle("GET "+root+"/{$}", http.RedirectHandler(root, http.StatusSeeOther))
	mux.HandleFunc("GET "+root+".json", in.showJSON)
	mux.HandleFunc("GET "+root+"/list", in.showList)
	mux.HandleFunc("GET "+root+"/{id}", in.showLetter(tabMail))
	mux.HandleFunc("GET "+root+"/{id}/html", in.showHTML)
	mux.HandleFunc("GET "+root+"/{id}/text", in.showLetter(tabText))
	mux.HandleFunc("GET "+root+"/{id}/headers", in.showLetter(tabHeaders))
	mux.HandleFunc("GET "+root+"/{id}/source", in.showLetter(tabSource))
	for path, submit := range map[string]http.HandlerFunc{"/empty": in.submitEmpty, "/behave": in.submitBehave} {
		mux.HandleFunc("POST "+root+path, submit)
		mux.Handle("GET "+root+path, http.RedirectHandler(root, http.StatusSeeOther)) // a reload of the answer
	}
	return guard(mux)
}

// showNewest is the inbox with its newest letter open, whichever that is by now.
func (in *Inbox) showNewest(w http.ResponseWriter, r *http.Request) {
	in.render(w, http.StatusOK, "page", in.view(r.FormValue("to"), "", tabMail))
}

// showList is what the page asks for every other second: nothing if nothing is
// new, so that no one's place on the page is disturbed; else the list alone,
// or list and letter where the newest letter is the one shown.
func (in *Inbox) showList(w http.ResponseWriter, r *http.Request) {
	shown := r.FormValue("shown")
	v := in.view(r.FormValue("to"), shown, tabMail)
	if v.Seen == r.FormValue("seen") {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if shown == "" {
		in.render(w, http.StatusOK, "news", v)
		return
	}
	in.render(w, http.StatusOK, "news-list", v)
}

// showLetter is the inbox with one letter open. A program that does not ask
// for a page gets the bare text of the tab instead.
func (in *Inbox) showLetter(t tab) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m, found := in.find(r.PathValue("id"))
		if found && t != tabMail && !strings.Contains(r.Header.Get("Accept"), "text/html") {
			w.Header().Set("Vary", "Accept")
			answer(w, letterPolicy, "text/plain; charset=utf-8", http.StatusOK)
			_, _ = io.WriteString(w, t.text(m))
			return
		}
		status := http.StatusOK
		if !found {
			status = http.StatusNotFound
		}
		in.render(w, status, "page", in.view(r.FormValue("to"), r.PathValue("id"), t))
	}
}

// showHTML is the letter's HTML and nothing else, for the frame on the page.
func (in *Inbox) showHTML(w http.ResponseWriter, r *http.Request) {
	m, found := in.find(r.PathValue("id"))
	if !found || m.HTML == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("X-Frame-Options", "SAMEORIGIN") // the site around us may have said DENY
	answer(w, letterPolicy, "text/html; charset=utf-8", http.StatusOK)
	_, _ = io.WriteString(w, m.HTML)
}

// messageJSON is the message as tests and scripts read it.
type messageJSON struct {
	ID         string `json:"id"`
	Channel    string `json:"channel"`
	To         string `json:"to"`
	From       string `json:"from"`
	Subject    string `json:"subject"`
	Text       string `json:"text"`
	HTML       string `json:"html"`
	ReceivedAt string `json:"received_at"`
}

const jsonTime = "2006-01-02T15:04:05.000Z"

func (in *Inbox) showJSON(w http.ResponseWriter, r *http.Request) {
	list := []messageJSON{}
	for _, m := range in.Messages(r.FormValue("to")) {
		list = append(list, messageJSON{
			ID: m.ID, Channel: m.Channel, To: m.To, From: m.From, Subject: m.Subject,
			Text: m.Text, HTML: m.HTML, ReceivedAt: m.ReceivedAt.UTC().Format(jsonTime),
		})
	}
	answer(w, pagePolicy, "application/json", http.StatusOK)
	if err := json.NewEncoder(w).Encode(list); err != nil {
		in.log.Debug("test inbox: the reader of the list has gone", "error", err)
	}
}

func (in *Inbox) submitEmpty(w http.ResponseWriter, r *http.Request) {
	if err := in.Empty(); err != nil {
		in.log.Error("test inbox could not be emptied", "error", err)
		http.Error(w, "The letters are gone from this page, but not all of their files could be removed.", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, root, http.StatusSeeOther)
}

func (in *Inbox) submitBehave(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	m, err := ParseMode(r.PostFormValue("mode"))
	if err != nil {
		http.Error(w, "mode must be one of accept, refuse, defer, hang, drop", http.StatusUnprocessableEntity)
		return
	}
	if to := strings.TrimSpace(r.PostFormValue("to")); to != "" {
		in.BehaveTo(to, m)
	} else {
		in.Behave(m)
	}
	http.Redirect(w, r, root, http.StatusSeeOther)
}

// render builds the whole answer before it sends any of it.
func (in *Inbox) render(w http.ResponseWriter, status int, name string, v view) {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, v); err != nil {
		in.log.Error("test inbox could not render its page", "error", err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Vary", "Accept")
	answer(w, pagePolicy, "text/html; charset=utf-8", status)
	_, _ = page.WriteTo(w)
}

// answer sets every header by itself, over whatever the site around us has
// set, and sends them.
func answer(w http.ResponseWriter, policy, contentType string, status int) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	w.WriteHeader(status)
}
