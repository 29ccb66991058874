package e2e

import (
	"bytes"
	"io"
	"log"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"admitone/internal/freeport"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"
)

// archive is a mail server outside the process that keeps all it has taken, as often as it came:
// the test inbox keeps the newest 200.
type archive struct {
	tb       testing.TB
	addr     string
	listener net.Listener
	server   *smtp.Server

	mu    sync.Mutex
	all   []arrived
	to    map[string][]arrived
	pause func() time.Duration // between taking a mail and saying so, for who is killed in between
}

// arrived is a mail that an archive has said yes to, or would have, had anybody been there to hear it.
type arrived struct {
	letter
	id string // its Message-ID
	at time.Time
}

func newArchive(tb testing.TB) *archive {
	tb.Helper()
	k := &archive{tb: tb, addr: freeport.Address(tb), to: map[string][]arrived{}}
	k.start()
	tb.Cleanup(k.stop)
	return k
}

// start listens, on the same port as before.
func (k *archive) start() {
	k.tb.Helper()
	l := must[net.Listener](k.tb)(net.Listen("tcp", k.addr))
	k.listener = l
	k.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &archiving{archive: k}, nil }))
	k.server.Domain, k.server.ErrorLog = "mx.example", log.New(io.Discard, "", 0)
	go func(s *smtp.Server) { _ = s.Serve(l) }(k.server)
}

// stop cuts every connection.
func (k *archive) stop() {
	freeport.Leave(k.listener)
	_ = k.server.Close()
}

func (k *archive) args() []string {
	return []string{"--smtp", "smtp://" + k.addr + "?tls=none", "--mail-from", "codes@example.com"}
}

// letters is what has come to an address, newest first; "" is to all.
func (k *archive) letters(to string) []arrived {
	k.mu.Lock()
	defer k.mu.Unlock()
	list := k.all
	if to != "" {
		list = k.to[to]
	}
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// newest makes the newest letters those that a server has sent, for its test's last look for
// secrets.
func (k *archive) newest(n int) func() []letter {
	return func() (list []letter) {
		for _, l := range k.letters("") {
			if len(list) < n {
				list = append(list, l.letter)
			}
		}
		return list
	}
}

type archiving struct {
	archive *archive
	to      string
}

func (s *archiving) Reset()                                    {}
func (s *archiving) Logout() error                             { return nil }
func (s *archiving) Mail(string, *smtp.MailOptions) error      { return nil }
func (s *archiving) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = to; return nil }

func (s *archiving) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	t := arrived{letter: letter{Channel: "email", To: s.to}, at: time.Now()}
	t.id, _ = m.Header.MessageID()
	t.Subject, _ = m.Header.Subject()
	for {
		part, err := m.NextPart()
		if err != nil {
			break
		}
		text, _ := io.ReadAll(part.Body)
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			t.HTML = string(text)
		} else {
			t.Text = string(text)
		}
	}
	s.archive.mu.Lock()
	s.archive.all = append(s.archive.all, t)
	s.archive.to[s.to] = append(s.archive.to[s.to], t)
	pause := s.archive.pause
	s.archive.mu.Unlock()
	if pause != nil {
		<-time.After(pause())
	}
	return nil
}
