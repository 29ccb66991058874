package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is one run of the binary over one data folder, as one test sees it.
type server struct {
	t *testing.T
	*process
}

// seenBy is the server for another test, to which its faults then belong.
func (s *server) seenBy(t *testing.T) *server { return &server{t, s.process} }

type process struct {
	data string
	args []string

	database string // the URL of its PostgreSQL, "" for the file in data

	base string // http://localhost:port
	cmd  *exec.Cmd
	out  *output
	said int // how much of out is from earlier runs
	gone chan error

	letters func() []letter // what its mail server has taken; nil for the test inbox

	mu      sync.Mutex
	secrets []string // tokens and passwords that went over the wire
}

// output gathers what the program prints, on both streams.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs the binary over a new data folder and waits for its address.
// policy is lines for [policy] of --config, "" for the product's own numbers.
func start(t *testing.T, policy string, args ...string) *server {
	t.Helper()
	s := newServer(t, policy, args...)
	s.run()
	return s
}

// newServer is a server that has not begun.
func newServer(t *testing.T, policy string, args ...string) *server {
	t.Helper()
	s := &server{t, &process{data: filepath.Join(t.TempDir(), "data"), out: &output{}}}
	if at := slices.Index(args, "--database"); at >= 0 {
		s.database = args[at+1]
	}
	s.args = append([]string{"--data", s.data, "--listen", "127.0.0.1:0"}, args...)
	if policy != "" {
		s.args = append(s.args, "--config", configFile(t, "[policy]\n"+policy))
	}
	t.Cleanup(s.end)
	return s
}

func configFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "admitone.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var readyLine = regexp.MustCompile(`is ready: (https?://[^/\s]+)/sign-up`)

// run starts the process, for the first time or again.
func (s *server) run() {
	s.t.Helper()
	s.launch()
	s.ready()
}

// launch is the part of run that does not wait.
func (s *server) launch() {
	s.t.Helper()
	s.said = len(s.out.String())
	s.cmd = command(s.args...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	gone := make(chan error, 1)
	s.gone = gone
	cmd := s.cmd
	go func() { gone <- cmd.Wait() }()
}

func (s *server) ready() {
	s.t.Helper()
	s.base = await(s.t, "the address of the server", func() (string, bool) {
		said := s.out.String()[s.said:]
		if found := readyLine.FindStringSubmatch(said); found != nil {
			return found[1], true
		}
		return said, false
	})
}

// command is the binary with these arguments, and no option from outside.
func command(args ...string) *exec.Cmd {
	c := exec.Command(binary, args...)
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "ADMITONE_") })
	return c
}

// end looks for secrets, stops the server and looks again at what is left.
func (s *server) end() {
	if s.cmd == nil {
		return
	}
	mails := s.mails()
	codes := codesIn(mails)
	for _, token := range s.tokensIn(mails) {
		s.keepSecret(token)
	}
	s.findNone(codes)
	s.stop()
	s.findNone(codes)
	if s.t.Failed() {
		s.t.Logf("the log of the server:\n%s", tail(s.out.String(), 4000))
	}
}

// stop asks the server to stop, and expects it to end well.
func (s *server) stop() {
	s.t.Helper()
	s.signal()
	s.ended()
}

func (s *server) signal() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Errorf("SIGTERM: %v", err)
	}
}

// ended waits for the end that was asked for: exit code 0, and in time. The
// slowest end is a mail server that says nothing, for the 30 s of a send.
func (s *server) ended() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience+10*time.Second)
	defer cancel()
	select {
	case err := <-s.gone:
		if err != nil {
			s.t.Errorf("the server ended with %v, want exit code 0", err)
		}
	case <-ctx.Done():
		s.t.Errorf("the server did not end")
		_ = s.cmd.Process.Kill()
	}
	s.cmd = nil
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// letter is a message as /dev/inbox.json gives it; a text is one too.
type letter struct {
	ID, Channel, To, Subject, Text, HTML string
}

// wholeCode is a code of any flow: that of a reset is longer.
var wholeCode = regexp.MustCompile(`\b(\d{8}|\d{6})\b`)

// code is the code that a letter brings, "" where it brings none.
func (l letter) code() string { return wholeCode.FindString(l.Text) }

// link is the path of a letter's link of a kind, "" where it has none: /undo,
// /not-me or /reset/link.
func (l letter) link(kind string) string {
	return regexp.MustCompile(kind + "/[a-p]{96}").FindString(l.Text)
}

// linkTo waits for the newest letter to an address whose subject has some words,
// and gives its link of a kind.
func (s *server) linkTo(to, subject, kind string) string {
	s.t.Helper()
	return await(s.t, "a letter to "+to+" with "+subject+" and a link "+kind, func() (string, bool) {
		for _, l := range lettersTo(to, s.mails()) {
			if strings.Contains(l.Subject, subject) {
				return l.link(kind), l.link(kind) != ""
			}
		}
		return "", false
	})
}

// mails is all that has arrived, newest first.
func (s *server) mails() []letter {
	s.t.Helper()
	if s.letters != nil {
		return s.letters()
	}
	var list []letter
	resp, err := http.Get(s.base + "/dev/inbox.json")
	if err == nil {
		defer resp.Body.Close()
		err = json.NewDecoder(resp.Body).Decode(&list)
	}
	if err != nil {
		s.t.Errorf("the test inbox: %v", err)
	}
	return list
}

// mail waits until an address has at least n letters, and gives them, newest first.
func (s *server) mail(to string, n int) []letter {
	s.t.Helper()
	return await(s.t, "mail to "+to, func() ([]letter, bool) {
		list := lettersTo(to, s.mails())
		return list, len(list) >= n
	})
}

// code waits for the nth letter with a code to an address.
func (s *server) code(to string, n int) string {
	s.t.Helper()
	return await(s.t, "a code to "+to, func() (string, bool) {
		codes := codesIn(lettersTo(to, s.mails()))
		if len(codes) < n {
			return "", false
		}
		return codes[len(codes)-n], true
	})
}

func lettersTo(to string, list []letter) []letter {
	return slices.DeleteFunc(slices.Clone(list), func(l letter) bool { return l.To != to })
}

// codesIn are the codes of letters, in the letters' order.
func codesIn(list []letter) []string {
	var codes []string
	for _, l := range list {
		if c := l.code(); c != "" {
			codes = append(codes, c)
		}
	}
	return codes
}

// behave tells the mail server how to treat one address: accept, refuse,
// defer, hang or drop.
func (s *server) behave(mode, to string) {
	s.t.Helper()
	resp, err := http.PostForm(s.base+"/dev/inbox/behave", url.Values{"mode": {mode}, "to": {to}})
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("behave %s: status %d", mode, resp.StatusCode)
	}
}

// keepSecret notes what must not be found in the database or the log.
func (s *server) keepSecret(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.secrets, secret) {
		s.secrets = append(s.secrets, secret)
	}
}
