package operate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"admitone/internal/freeport"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"golang.org/x/net/dns/dnsmessage"
)

// tlsCertificate is what a listener shows; nil speaks no TLS.
type tlsCertificate = *tls.Certificate

// authority signs the certificates of the tests. The program's own list of
// authorities is this one alone: TestMain says so before it is read.
var authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(program())
	}
	os.Exit(withAuthority(m.Run))
}

func withAuthority(run func() int) int {
	dir, err := os.MkdirTemp("", "admitone-authority-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	der, key, err := sign(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the tests' authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	if err == nil {
		authority.key = key
		authority.cert, err = x509.ParseCertificate(der)
	}
	file := filepath.Join(dir, "authority.pem")
	if err == nil {
		err = os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_ = os.Setenv("SSL_CERT_FILE", file)
	_ = os.Setenv("SSL_CERT_DIR", dir)
	return run()
}

func sign(c, by *x509.Certificate, with *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if by == nil {
		by, with = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, &key.PublicKey, with)
	return der, key, err
}

// certificateFor is signed by the authority and ends in some days.
func certificateFor(t *testing.T, name string, days int) tlsCertificate {
	t.Helper()
	return makeCertificate(t, name, days, authority.cert, authority.key)
}

// ownCertificate is signed by itself.
func ownCertificate(t *testing.T) tlsCertificate {
	t.Helper()
	return makeCertificate(t, "accounts.example.com", 90, nil, nil)
}

func makeCertificate(t *testing.T, name string, days int, by *x509.Certificate, with *ecdsa.PrivateKey) tlsCertificate {
	t.Helper()
	der, key, err := sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotBefore: time.Now().AddDate(0, 0, -60), NotAfter: time.Now().AddDate(0, 0, days),
	}, by, with)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serveHealth is a server that says how it is, and gives its address.
func serveHealth(t *testing.T, c tlsCertificate, status int) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if c != nil {
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*c}, MinVersion: tls.VersionTLS12})
	}
	s := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintln(w, "ok")
	})}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return at
}

// serveDNS answers for TXT records, and that every host is this machine.
func serveDNS(t *testing.T, records map[string][]string) (address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		asked := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(asked)
			if err != nil {
				return
			}
			if reply, err := replyTo(asked[:n], records); err == nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

func replyTo(asked []byte, records map[string][]string) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(asked); err != nil {
		return nil, err
	}
	q := m.Questions[0]
	head := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 60}
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	texts := records[strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))]
	switch {
	case q.Type == dnsmessage.TypeA:
		m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
	case q.Type == dnsmessage.TypeTXT && len(texts) > 0:
		for _, text := range texts {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.TXTResource{TXT: []string{text}}})
		}
	case q.Type == dnsmessage.TypeTXT:
		m.RCode = dnsmessage.RCodeNameError
	}
	return m.Pack()
}

// mailPeer is a mail server with one login.
type mailPeer struct {
	server   *smtp.Server
	listener net.Listener
	at       string
	noLogin  bool
	took     chan string // to whom, and the mail
}

func newMailPeer(t *testing.T) *mailPeer {
	t.Helper()
	return startMailPeer(t, &tls.Config{Certificates: []tls.Certificate{*certificateFor(t, "localhost", 90)}, MinVersion: tls.VersionTLS12})
}

func newMailPeerWithoutTLS(t *testing.T) *mailPeer {
	t.Helper()
	return startMailPeer(t, nil)
}

func startMailPeer(t *testing.T, c *tls.Config) *mailPeer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &mailPeer{listener: l, at: portOf(l.Addr().String()), took: make(chan string, 10)}
	p.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{peer: p}, nil }))
	p.server.Domain, p.server.TLSConfig, p.server.ErrorLog = "mx.example", c, log.New(io.Discard, "", 0)
	go func() { _ = p.server.Serve(l) }()
	t.Cleanup(p.stop)
	return p
}

func (p *mailPeer) stop() {
	_ = p.server.Close()
	_ = p.listener.Close() // the server knows it only once it serves
}

func (p *mailPeer) url(user, password string) string {
	login := ""
	if user != "" {
		login = user + ":" + password + "@"
	}
	return "smtp://" + login + "localhost:" + p.at + "?tls=starttls"
}

type mailSession struct {
	peer *mailPeer
	to   string
}

func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }
func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	if strings.HasPrefix(from, "other@") {
		return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "not yours"}
	}
	return nil
}

func (s *mailSession) AuthMechanisms() []string {
	if s.peer.noLogin {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	s.to = to
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err == nil {
		s.peer.took <- s.to + "\n" + string(raw)
	}
	return err
}

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "codes" || password != mailSecret {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

// serveForms is a gateway for texts that takes all and gives the words on.
func serveForms(t *testing.T, words chan<- string) (address string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { words <- r.FormValue("text") }))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// noMail takes the mail server away.
func (s *service) noMail() {
	s.smtp.stop()
	s.smtp.at = freeport.Port(s.t) // its own port may be given to another test meanwhile
	s.args["--smtp"] = s.smtp.url("codes", mailSecret)
}
