package devinbox

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	// idleLimit is what RFC 5321 asks a server to wait for the next command.
	idleLimit = 5 * time.Minute

	maxRecipients = 50

	// dropAfter is how much of a letter is read before a drop: some, not all.
	dropAfter = 64
)

// The answers of a misbehaving mailbox, in the words a real one would use.
var (
	errNoMailbox = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox"}
	errLater     = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Try again later"}
	errAddress   = &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 1, 3}, Message: "That is not an address"}
	errStopping  = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Shutting down"}
	errStorage   = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "The letter could not be stored"}
	errGone      = errors.New("devinbox: the connection has ended") // nobody is left to hear it
)

func (in *Inbox) newServer() *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		watched, ok := c.Conn().(*conn)
		if !ok {
			return nil, fmt.Errorf("devinbox: a connection of type %T", c.Conn())
		}
		return &session{in: in, conn: watched}, nil
	}))
	s.Domain = "localhost"
	s.MaxMessageBytes = maxMessage
	s.MaxRecipients = maxRecipients
	s.ReadTimeout = idleLimit
	s.WriteTimeout = idleLimit
	s.EnableSMTPUTF8 = true
	s.ErrorLog = smtpLog{in.log}
	return s
}

// session is one conversation; it may carry several letters, one after the other.
type session struct {
	in         *Inbox
	conn       *conn
	sender     string
	recipients []string
}

// Reset begins the next letter.
func (s *session) Reset() { s.sender, s.recipients = "", nil }

// Logout has nothing to free.
func (s *session) Logout() error { return nil }

// Mail takes the envelope's sender.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if hasControl(from) {
		return errAddress
	}
	s.Reset()
	s.sender = from
	return nil
}

// Rcpt takes one recipient, or refuses it as told.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if to == "" || hasControl(to) {
		return errAddress
	}
	switch m := s.in.mode(to); m {
	case Refuse:
		s.in.failed(m, to)
		return errNoMailbox
	case Defer:
		s.in.failed(m, to)
		return errLater
	}
	s.recipients = append(s.recipients, to)
	return nil
}

// Data takes the letter, unless a recipient's mode says otherwise.
func (s *session) Data(r io.Reader) error {
	if m, _ := s.in.ruling(s.recipients); m == Drop {
		_, _ = io.CopyN(io.Discard, r, dropAfter) // how much there was to read does not matter
		return s.drop()
	}
	source, err := io.ReadAll(r)
	if err != nil {
		return err // too large, or the sender has gone
	}
	for hung := false; ; hung = true {
		m, changed := s.in.ruling(s.recipients)
		switch m {
		case Refuse:
			s.in.failed(m, s.recipients...)
			return errNoMailbox
		case Defer:
			s.in.failed(m, s.recipients...)
			return errLater
		case Drop:
			return s.drop()
		case Hang:
			if !hung {
				s.in.failed(m, s.recipients...)
			}
			if err := s.hang(changed); err != nil {
				return err
			}
		default:
			return s.deliver(source)
		}
	}
}

func (s *session) deliver(source []byte) error {
	letter := readLetter(source)
	letter.Sender = s.sender
	if letter.From == "" {
		letter.From = s.sender
	}
	var all []Message
	for _, to := range s.recipients {
		letter.To = to
		all = append(all, letter)
	}
	err := s.in.keep(all...)
	if errors.Is(err, ErrClosed) {
		return errStopping
	}
	if err != nil {
		s.in.log.Error("test inbox could not store a letter", "error", err)
		return errStorage
	}
	return nil
}

// hang waits for a change, with the answer owed.
func (s *session) hang(changed <-chan struct{}) error {
	gone, stop := s.conn.watch()
	defer stop()
	select {
	case <-changed:
		return nil
	case <-gone:
		return errGone
	case <-s.in.stopping.Done():
		return errStopping
	}
}

func (s *session) drop() error {
	s.in.failed(Drop, s.recipients...)
	_ = s.conn.Close() // closing is the point; there is nobody to tell
	return errGone
}

// hasControl finds what would break an envelope line of an .eml file in two.
func hasControl(address string) bool {
	return strings.ContainsFunc(address, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// smtpLog lends our log to the SMTP server, which reports connections that
// broke: expected here, so only worth a line when somebody debugs.
type smtpLog struct{ log *slog.Logger }

// Printf implements smtp.Logger.
func (l smtpLog) Printf(format string, v ...any) {
	l.log.Debug("test inbox: " + fmt.Sprintf(format, v...))
}

// Println implements smtp.Logger.
func (l smtpLog) Println(v ...any) {
	l.log.Debug("test inbox: " + strings.TrimSpace(fmt.Sprintln(v...)))
}
