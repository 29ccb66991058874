package e2e

import (
	"bufio"
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"admitone/models/devinbox"
)

// fleet is several instances on one PostgreSQL, with one key file and one mail server.
type fleet struct {
	t    *testing.T
	all  []*server
	mail *devinbox.Inbox
	next int
}

func startFleet(t *testing.T, n int, policy string) *fleet {
	t.Helper()
	in, args := mailServer(t)
	f := &fleet{t: t, mail: in}
	args = append(args, "--database", freshDatabase(t), "--key-file", filepath.Join(t.TempDir(), "key"))
	for range n {
		s := newServer(t, policy, args...)
		s.reads(in)
		s.launch()
		f.all = append(f.all, s)
	}
	for _, s := range f.all {
		s.ready()
	}
	return f
}

// peer is a browser whose requests go to the instances by turns, as behind a proxy.
func (f *fleet) peer() *peer {
	p := newPeer(f.t, f.all[0].base, "127.0.0.1")
	p.turn = func() string {
		f.next++
		return f.all[f.next%len(f.all)].base
	}
	p.mails = f.all[0].mails
	return p
}

// at is the same browser, whose next requests go to one instance alone.
func (p *peer) at(s *server) *peer {
	one := *p
	one.turn = func() string { return s.base }
	return &one
}

// TestFleet: a browser whose every request goes to another instance than the one
// before signs up, signs in, asks again and signs out; a key is turned meanwhile.
func TestFleet(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 2, roomy)
	a, b := f.all[0], f.all[1]
	const email = "ada@example.com"
	p := f.peer()
	p.signUp(email, password)
	if !p.at(a).signedIn() || !p.at(b).signedIn() {
		t.Error("signed in at one instance alone")
	}

	said := a.operator("key", "add", "--starts-in", "0s")
	if !strings.Contains(said, "begins at") {
		t.Errorf("key add says %q", said)
	}
	for _, s := range f.all {
		await(t, "the new key", func() (string, bool) {
			said := s.out.String()
			return said, strings.Contains(said, "the keys were read again")
		})
	}
	other := f.peer()
	other.at(a).tryPassword(email, password).leads(t, "a right password", "/sign-in/code")
	first, _ := other.at(b).code("/sign-in/code", email)
	await(t, "the other instance to send again", func() (reply, bool) {
		r := other.at(b).post("/sign-in/code/resend")
		return r, r.status == http.StatusSeeOther
	})
	again := a.code(email, 3)
	if again != first {
		t.Errorf("the code sent again is %s, and was %s", again, first)
	}
	other.at(a).post("/sign-in/code", "code", again).leads(t, "the code, at the first instance", "/account")
	other.at(b).post("/sign-in/code", "code", again)
	if !other.at(b).signedIn() {
		t.Error("the other instance does not know the session")
	}
	if said := b.operator("key", "list"); strings.Count(said, "current") != 1 || strings.Count(said, "old") != 1 {
		t.Errorf("key list says\n%s", said)
	}

	token := other.cookie("session")
	other.at(a).post("/sign-out")
	other.setCookie("session", token)
	if other.at(b).signedIn() {
		t.Error("signed out at one instance, and the very next request at the other goes in")
	}
}

// TestFleetChat: a visitor is at one instance and staff at another; each hears what
// the other says.
func TestFleetChat(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 2, reached)
	visitor, staff := newCaller(f.all[0]), f.peer()
	const email = "ines@example.com"
	staff.signUp(email, password)
	f.all[1].operator("account", "role", email, "staff", "--name", "Ines")

	id := visitor.chat("Tomasz W.", "wrong_code", "The code says expired.")
	path, desk := "/contact/chat/"+id, "/console/chat/"+id
	hear := listen(t, f.all[0].base+path+"/events", visitor.Jar)
	staff.at(f.all[1]).post(desk+"/join").leads(t, "joining", desk)
	page := staff.at(f.all[1]).get(desk)
	if !strings.Contains(page.body, "The code says expired.") {
		t.Fatalf("the desk of the other instance shows %v", page)
	}
	deskHears := listen(t, f.all[1].base+desk+"/events", staff.client.Jar)
	hear()
	staff.at(f.all[1]).post(desk+"/reply", "reply", "Ask for a new one.", "send", "yes", "nonce", visitor.match(page.body, nonceField)).leads(t, "a reply", desk)
	await(t, "the answer at the other instance", func() (string, bool) {
		hear()
		page := visitor.get(path)
		return page, strings.Contains(page, "Ask for a new one.")
	})
	visitor.post(path, "message", "That works.", "nonce", visitor.match(visitor.get(path), nonceField))
	await(t, "the visitor's words at the desk", func() (reply, bool) {
		deskHears()
		r := staff.at(f.all[1]).get(desk)
		return r, strings.Contains(r.body, "That works.")
	})
}

// TestTenInstances: ten processes start at once on an empty database, and each serves.
func TestTenInstances(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 10, roomy)
	for _, s := range f.all {
		if r := f.peer().at(s).get("/sign-in"); r.status != http.StatusOK {
			t.Errorf("%s: %v", s.base, r)
		}
	}
	f.peer().signUp("ada@example.com", password)
}

// listen opens an event stream and gives what waits for its next event.
func listen(t *testing.T, url string, cookies http.CookieJar) (hear func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := must[*http.Request](t)(http.NewRequestWithContext(ctx, http.MethodGet, url, nil))
	r.Header.Set("User-Agent", firefox)
	resp := must[*http.Response](t)((&http.Client{Jar: cookies}).Do(r))
	t.Cleanup(func() { cancel(); resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, resp.Status)
	}
	news := make(chan bool, 100)
	go func() {
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if lines.Text() == "event: news" {
				news <- true
			}
		}
	}()
	return func() {
		t.Helper()
		await(t, "an event of "+url, func() (any, bool) {
			select {
			case <-news:
				return nil, true
			default:
				return nil, false
			}
		})
	}
}
