package e2e

import (
	"bytes"
	"io"
	"log"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// sink is a mail server that takes any number of letters and keeps none: who expects
// a code gets it the moment its letter has been taken over.
type sink struct {
	address string

	mu    sync.Mutex
	boxes map[string]chan taken
}

// taken is the code of a letter, and when its last byte had come.
type taken struct {
	code string
	at   time.Time
}

func openSink(tb testing.TB) *sink {
	tb.Helper()
	listener := must[net.Listener](tb)(net.Listen("tcp", "127.0.0.1:0"))
	in := &sink{address: listener.Addr().String(), boxes: map[string]chan taken{}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &sinking{in: in}, nil }))
	server.Domain = "localhost"
	server.ErrorLog = log.New(io.Discard, "", 0) // a server that stops hangs up
	go func() { _ = server.Serve(listener) }()
	tb.Cleanup(func() { _ = server.Close() })
	return in
}

// expect opens a box for the codes of an address, which forget closes.
func (in *sink) expect(to string) <-chan taken {
	box := make(chan taken, 8)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.boxes[to] = box
	return box
}

func (in *sink) forget(to string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	delete(in.boxes, to)
}

// sinking is one conversation.
type sinking struct {
	in *sink
	to []string
}

func (s *sinking) Reset()                               { s.to = nil }
func (s *sinking) Logout() error                        { return nil }
func (s *sinking) Mail(string, *smtp.MailOptions) error { return nil }

func (s *sinking) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// codeIn finds the code of a letter: six digits that stand alone on a line of its text.
// No regexp, which would cost a load more than the rest of the letter.
func codeIn(letter []byte) string {
	for line := range bytes.Lines(letter) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 6 && len(bytes.Trim(line, "0123456789")) == 0 {
			return string(line)
		}
	}
	return ""
}

func (s *sinking) Data(r io.Reader) error {
	letter, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	code := codeIn(letter)
	if code == "" {
		return nil // a notice
	}
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	for _, to := range s.to {
		if box := s.in.boxes[to]; box != nil {
			select {
			case box <- taken{code, time.Now()}:
			default: // nobody reads that many
			}
		}
	}
	return nil
}
