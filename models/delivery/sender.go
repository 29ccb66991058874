package delivery

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"admitone/content"
)

// Letter is one mail on its way: to whom, under which message id, and its words.
type Letter struct {
	ID    string // of the outbox message; gives the Message-ID
	To    string
	Date  time.Time
	Reply string // where an answer goes, "" to the sender
	Parts content.Parts
	Code  string // only to keep it out of what is remembered of the server's answer
}

// Sender hands mails to one server over one kept connection. It may be used by one goroutine after another or by several;
// they take turns.
type Sender struct {
	server SMTP
	from   *netmail.Address
	domain string

	mu   sync.Mutex
	line *line       // nil when there is no connection
	idle *time.Timer // closes line when nobody used it
}

// line is one open connection. go-mail's client offers no way to break off a wait, closing the connection under it does.
type line struct {
	conn   net.Conn
	client *smtp.Client
}

// NewSender makes a sender of mails from "brand <from>". It opens nothing yet.
func NewSender(server SMTP, from, brand string) (*Sender, error) {
	address, err := plainAddress(from)
	if err != nil {
		return nil, errors.New("the address mails are sent from must look like codes@example.com")
	}
	address.Name = headerText(brand)
	return &Sender{server: server.withDefaults(), from: address, domain: domainOf(address.Address)}, nil
}

// Send hands one mail over and returns the server's words. Any error is a *Failure. It takes at most the send timeout, and
// gives up at once when ctx ends.
func (s *Sender) Send(ctx context.Context, l Letter) (string, error) {
	to, err := plainAddress(l.To)
	if err != nil {
		return "", &Failure{Permanent: true, Reason: NoMailbox, Detail: "the address is malformed"}
	}
	mime, err := s.write(l, to)
	if err != nil {
		return "", &Failure{Reason: Fault, Detail: scrub(err.Error(), l.Code)}
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		s.idle.Stop()
	}
	ctx, cancel := context.WithTimeout(ctx, s.server.SendTimeout)
	defer cancel()

	kept := s.line != nil
	settled := false
	defer func() {
		if !settled {
			s.hangUp() // a panic left the line in the middle of something
		}
	}()
	words, at, err := s.hand(ctx, to.Address, mime)
	if err != nil && kept && s.line == nil && at < sending && ctx.Err() == nil {
		// The server had closed the kept connection, as servers do: nothing was handed over, so a new one is opened, once.
		words, at, err = s.hand(ctx, to.Address, mime)
	}
	settled = true
	s.rest()
	if err != nil {
		f := classify(ctx, at, err)
		f.Detail = scrub(f.Detail, l.Code)
		return "", f
	}
	return scrub(words, l.Code), nil
}

// Try talks to the server as far as a mail would: connection, TLS, login. Any error is a *Failure.
func (s *Sender) Try(ctx context.Context) error {
	l, err := s.open(ctx)
	if err != nil {
		f := classify(ctx, connecting, err)
		f.Detail = scrub(f.Detail, "")
		return f
	}
	_ = l.during(ctx, l.client.Quit)
	_ = l.conn.Close()
	return nil
}

// hand speaks the exchange of one mail, over the kept line or a new one. On an answer that leaves the line usable it is
// kept, on anything else closed.
func (s *Sender) hand(ctx context.Context, to string, mime []byte) (words string, at stage, err error) {
	kept := s.line != nil
	if !kept {
		if s.line, err = s.open(ctx); err != nil {
			return "", connecting, err
		}
	} else if err = s.check(ctx); err != nil {
		return "", connecting, err
	}
	err = s.line.during(ctx, func() error {
		c := s.line.client
		at = askingSender
		if err := c.Mail(s.from.Address); err != nil {
			return err
		}
		at = askingMailbox
		if err := c.Rcpt(to); err != nil {
			return err
		}
		at = askingData
		body, err := c.Data()
		if err != nil {
			return err
		}
		at = sending
		if _, err := body.Write(mime); err != nil {
			return err
		}
		if err := body.Close(); err != nil {
			return err
		}
		if done, ok := body.(*smtp.DataCloser); ok {
			words = done.ServerResponse()
		}
		return nil
	})
	if err == nil {
		return words, at, nil
	}
	var reply *textproto.Error
	// Who refuses MAIL on a kept line takes no more mails over this one: many servers take
	// so many over each.
	if !errors.As(err, &reply) || reply.Code == 421 || kept && at == askingSender || s.line.during(ctx, s.line.client.Reset) != nil {
		s.hangUp()
	}
	return "", at, err
}

// check asks the kept line for a sign of life, not for longer than opening a new one may take: where a firewall forgot the
// connection there is no answer at all.
func (s *Sender) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.server.DialTimeout)
	defer cancel()
	err := s.line.during(ctx, s.line.client.Noop)
	if err != nil {
		s.hangUp()
	}
	return err
}

// open connects, encrypts and authenticates within the dial timeout.
func (s *Sender) open(ctx context.Context) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, s.server.DialTimeout)
	defer cancel()
	secure := &tls.Config{ServerName: s.server.Host, RootCAs: s.server.RootCAs, MinVersion: tls.VersionTLS12}
	opened := &line{}
	stop := func() bool { return true }
	dial := func(_ context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		opened.conn = conn
		stop = context.AfterFunc(ctx, func() { conn.Close() })
		if s.server.TLS != TLSImplicit {
			return conn, nil
		}
		encrypted := tls.Client(conn, secure)
		return encrypted, encrypted.HandshakeContext(ctx)
	}
	policy := mail.NoTLS
	if s.server.TLS == TLSStart {
		policy = mail.TLSMandatory
	}
	options := []mail.Option{
		mail.WithPort(s.server.Port), mail.WithTimeout(s.server.DialTimeout), mail.WithHELO(s.domain),
		mail.WithDialContextFunc(dial), mail.WithTLSConfig(secure), mail.WithTLSPolicy(policy),
		mail.WithoutSMTPUTF8(), // our mails are ASCII on the wire, and asking for more makes some relays refuse them
	}
	if s.server.User != "" {
		options = append(options, mail.WithUsername(s.server.User), mail.WithPassword(s.server.password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5))
	}
	client, err := mail.NewClient(s.server.Host, options...)
	if err != nil {
		return nil, err
	}
	opened.client, err = client.DialToSMTPClientWithContext(ctx)
	if !stop() {
		err = ctx.Err()
	} else if err == nil {
		// The client left a deadline on the connection; from here on during sets the limits.
		err = opened.conn.SetDeadline(time.Time{})
	}
	if err != nil {
		if opened.conn != nil {
			opened.conn.Close() // the client leaves it open when a step after the connect fails
		}
		return nil, err
	}
	return opened, nil
}

// during runs one exchange and closes the connection when ctx ends before it: a server that says nothing cannot hold us.
// An exchange that succeeded in the same moment stays a success; the next check finds the line closed.
func (l *line) during(ctx context.Context, exchange func() error) error {
	stop := context.AfterFunc(ctx, func() { l.conn.Close() })
	defer stop()
	return exchange()
}

// hangUp closes the line without a word: it is broken, or the server is closing it.
func (s *Sender) hangUp() {
	if s.line != nil {
		s.line.conn.Close()
		s.line = nil
	}
}

// rest lets the line be closed when nobody uses it for the idle timeout.
func (s *Sender) rest() {
	if s.line == nil {
		return
	}
	if s.idle == nil {
		s.idle = time.AfterFunc(s.server.IdleTimeout, s.Close)
	} else {
		s.idle.Reset(s.server.IdleTimeout)
	}
}

// Close ends the connection politely, if there is one. The sender stays usable and opens another when it is needed.
func (s *Sender) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		s.idle.Stop()
	}
	if s.line == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = s.line.during(ctx, s.line.client.Quit)
	s.hangUp()
}

// write puts the mail together: the text first, then the same as HTML, nothing to count or follow the reader with.
func (s *Sender) write(l Letter, to *netmail.Address) ([]byte, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	m.FromMailAddress(s.from)
	m.ToMailAddress(to)
	if reply, err := plainAddress(l.Reply); err == nil {
		m.ReplyToMailAddress(reply)
	}
	m.Subject(headerText(l.Parts.Subject))
	m.SetDateWithValue(l.Date)
	m.SetMessageIDWithValue(s.messageID(l.ID))
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: an out-of-office reply to a code helps nobody
	m.SetBodyString(mail.TypeTextPlain, l.Parts.Text)
	m.AddAlternativeString(mail.TypeTextHTML, l.Parts.HTML)
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// messageID is the same for the same outbox message, so that a mail sent again after a crash is recognised as the same. It
// is spelled in letters alone: the only number of the code's length in a mail is the code.
func (s *Sender) messageID(id string) string {
	sum := sha256.Sum256([]byte("message\x00" + id))
	var b strings.Builder
	for _, x := range sum[:16] {
		b.WriteByte('a' + x>>4)
		b.WriteByte('a' + x&15)
	}
	return b.String() + "@" + s.domain
}

// plainAddress reads an address without a name, and nothing that would need quoting.
func plainAddress(s string) (*netmail.Address, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil {
		return nil, err
	}
	if a.Address != s || a.Name != "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '"' || unicode.IsControl(r) }) {
		return nil, errors.New("not a plain address")
	}
	return a, nil
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// headerText makes s one line: a break would begin a header of the writer's choosing.
func headerText(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " ")
}
