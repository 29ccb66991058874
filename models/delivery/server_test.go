package delivery

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"admitone/internal/freeport"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// peer is a real SMTP server on loopback whose faults a test chooses. Restarting it keeps its port.
type peer struct {
	t        *testing.T
	addr     string
	tls      *tls.Config // offered as STARTTLS, or from the first byte with implicit
	implicit bool
	password string // "" does not offer AUTH

	onMail, onRcpt func(string) error
	onData         func(*smtp.Conn) error // after the mail has been read

	connections atomic.Int32
	mails       chan received
	ends        chan struct{} // one for each connection that ended

	mu       sync.Mutex
	server   *smtp.Server
	listener net.Listener
	done     chan struct{}
}

type received struct {
	from, to string
	raw      []byte
}

// newPeer makes a server that takes everything; call start.
func newPeer(t *testing.T) *peer {
	return &peer{t: t, addr: freeport.Address(t), mails: make(chan received, 100), ends: make(chan struct{}, 100)}
}

func (p *peer) start() *peer {
	p.t.Helper()
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{peer: p, conn: c}, nil }))
	s.Domain, s.AllowInsecureAuth, s.ErrorLog = "mx.example", true, log.New(io.Discard, "", 0)
	s.TLSConfig = p.tls
	var serves net.Listener = counted{l, p}
	if p.implicit {
		serves = tls.NewListener(serves, p.tls)
	}
	done := make(chan struct{})
	p.mu.Lock()
	p.server, p.listener, p.done = s, l, done
	p.mu.Unlock()
	go func() {
		defer close(done)
		_ = s.Serve(serves)
	}()
	p.t.Cleanup(p.stop)
	return p
}

// stop closes the listener and cuts every connection.
func (p *peer) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		freeport.Leave(p.listener)
		_ = p.server.Close()
		<-p.done
		p.server = nil
	}
}

// smtp is how to reach the peer.
func (p *peer) smtp(mode string) SMTP {
	p.t.Helper()
	s, err := ParseSMTP("smtp://" + p.addr + "?tls=" + mode)
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// next is the next mail the peer took.
func (p *peer) next() received {
	p.t.Helper()
	select {
	case m := <-p.mails:
		return m
	case <-time.After(30 * time.Second):
		p.t.Fatal("no mail came")
		return received{}
	}
}

type counted struct {
	net.Listener
	p *peer
}

func (l counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.p.connections.Add(1)
	}
	return c, err
}

type session struct {
	peer     *peer
	conn     *smtp.Conn
	from, to string
}

func (s *session) Reset() {}

func (s *session) Logout() error {
	s.peer.ends <- struct{}{}
	return nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	if s.peer.onMail != nil {
		return s.peer.onMail(from)
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	if s.peer.onRcpt != nil {
		return s.peer.onRcpt(to)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.peer.onData != nil {
		if err := s.peer.onData(s.conn); err != nil {
			return err
		}
	}
	s.peer.mails <- received{s.from, s.to, raw}
	return nil
}

func (s *session) AuthMechanisms() []string {
	if s.peer.password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "codes" || password != s.peer.password {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

// refuse is an answer of the server.
func refuse(code int, a, b, c int, words string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{a, b, c}, Message: words}
}

// opened is a mail as its reader sees it.
type opened struct {
	header     netmail.Header
	subject    string
	types      []string
	text, html string
}

func open(t *testing.T, raw []byte) opened {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	o := opened{header: m.Header}
	if o.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the mail is %s (%v)", kind, err)
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return o
		}
		if err != nil {
			t.Fatal(err)
		}
		body := io.Reader(part)
		if part.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(part)
		}
		b, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		content := strings.ReplaceAll(string(b), "\r\n", "\n")
		o.types = append(o.types, part.Header.Get("Content-Type"))
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			o.html = content
		} else {
			o.text = content
		}
	}
}

// certificate makes a certificate for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}
