package e2e

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The name that certificates are for, and proxies serve.
const host = "accounts.example.com"

// pair is a certificate and its key in files, and who trusts it.
type pair struct {
	cert, key string
	trusted   *x509.CertPool
}

func newPair(t *testing.T) *pair {
	t.Helper()
	dir := t.TempDir()
	p := &pair{filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem"), x509.NewCertPool()}
	p.renew(t, 1)
	return p
}

// renew writes a new pair over the old one, with a number of its own.
func (p *pair) renew(t *testing.T, number int64) {
	t.Helper()
	secret := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(number), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 3, 0),
		DNSNames: []string{host, "localhost"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret))
	hidden := must[[]byte](t)(x509.MarshalPKCS8PrivateKey(secret))
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	p.trusted.AppendCertsFromPEM(cert)
	for file, text := range map[string][]byte{p.cert: cert, p.key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: hidden})} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// trusts makes a peer a browser that trusts a pair's certificate, speaks HTTP/2 where
// it may, and says where its forms come from.
func (p *peer) trusts(c *pair) *peer {
	wire := p.client.Transport.(*http.Transport)
	wire.TLSClientConfig, wire.ForceAttemptHTTP2 = &tls.Config{RootCAs: c.trusted}, true
	p.header.Set("Origin", p.base)
	p.header.Set("Sec-Fetch-Site", "same-origin")
	return p
}

// open asks for a path and leaves its body to the caller.
func (p *peer) open(t *testing.T, path string) *http.Response {
	t.Helper()
	r := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodGet, p.base+path, nil))
	r.Header = p.header.Clone()
	return must[*http.Response](t)(p.client.Do(r))
}

// stream is an open stream of events.
type stream struct {
	t     *testing.T
	resp  *http.Response
	lines *bufio.Reader
}

// chat begins a conversation and opens its stream.
func (p *peer) chat(t *testing.T) (path string, s *stream) {
	t.Helper()
	begun := p.post("/contact/chat", "problem", "no_code", "message", "My code did not arrive.", "nonce", "one")
	path, _, _ = strings.Cut(begun.to, "#")
	if begun.status != http.StatusSeeOther || !strings.HasPrefix(path, "/contact/chat/") {
		t.Fatalf("a chat: %v", begun)
	}
	resp := p.open(t, path+"/events")
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream: %s %v", resp.Status, resp.Header)
	}
	return path, &stream{t, resp, bufio.NewReader(resp.Body)}
}

// news waits for an event.
func (s *stream) news() {
	s.t.Helper()
	late := time.AfterFunc(patience, func() { s.resp.Body.Close() })
	defer late.Stop()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			s.t.Fatalf("waited in vain for an event: %v", err)
		}
		if line == "event: news\n" {
			return
		}
	}
}

// TestOwnTLS: the binary speaks TLS itself, with HTTP/2 and streams; a renewal is
// shown to who comes next, and whoever is there stays; it is stopped well.
func TestOwnTLS(t *testing.T) {
	t.Parallel()
	c := newPair(t)
	in, args := mailServer(t)
	s := start(t, "", append(args, "--tls-cert", c.cert, "--tls-key", c.key, "--metrics", "127.0.0.1:0")...)
	s.reads(in)
	if !strings.HasPrefix(s.base, "https://localhost:") {
		t.Fatalf("served at %s", s.base)
	}
	const email = "tessa@example.com"
	s.keepSecret(password)
	p := s.peer("127.0.0.1").trusts(c)
	p.post("/sign-up", "email", email, "password", password).leads(t, "sign-up", "/sign-up/code")
	p.post("/sign-up/code", "code", s.code(email, 1)).leads(t, "the code of a sign-up", "/account")
	if p.cookie("__Host-session") == "" || p.cookie("__Host-device") == "" || !p.signedIn() {
		t.Errorf("not signed in, or by other cookies: %v", p.client.Jar.Cookies(p.site()))
	}
	path, open := p.chat(t)
	if open.resp.ProtoMajor != 2 {
		t.Errorf("the stream is %s", open.resp.Proto)
	}
	open.news()

	shown := func() int64 {
		conn := must[*tls.Conn](t)(tls.Dial("tcp", strings.TrimPrefix(s.base, "https://"), &tls.Config{RootCAs: c.trusted, ServerName: "localhost"}))
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	c.renew(t, 2)
	if n := shown(); n != 2 {
		t.Errorf("after a renewal certificate %d is shown", n)
	}
	if r := p.post(path, "message", "Are you there?", "nonce", "two"); r.status != http.StatusSeeOther {
		t.Errorf("a message: %v", r)
	}
	open.news()
	if err := os.WriteFile(c.key, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := shown(); n != 2 {
		t.Errorf("with a broken key certificate %d is shown", n)
	}
	await(t, "the log to say that the key is broken", func() (string, bool) {
		return tail(s.out.String(), 1000), strings.Contains(s.out.String(), "the old certificate stays")
	})

	at := regexp.MustCompile(`Metrics are at (\S+)`).FindStringSubmatch(s.out.String())
	resp := must[*http.Response](t)(http.Get(at[1]))
	figures := must[[]byte](t)(io.ReadAll(resp.Body))
	resp.Body.Close()
	if !regexp.MustCompile(`(?m)^admitone_certificate_end_timestamp_seconds \d`).Match(figures) {
		t.Error("the end of the certificate is in no figure")
	}
	plain := must[*http.Response](t)(http.Get(strings.Replace(s.base, "https", "http", 1)))
	plain.Body.Close()
	if plain.StatusCode != http.StatusBadRequest {
		t.Errorf("in the clear: %s", plain.Status)
	}
	s.stop() // the stream is still open
	if _, err := io.Copy(io.Discard, open.lines); err != nil {
		t.Errorf("the stream ended with %v", err)
	}
}

// TestRefusedPairs: what no browser would take stops the start.
func TestRefusedPairs(t *testing.T) {
	t.Parallel()
	c, other := newPair(t), newPair(t)
	for want, args := range map[string][]string{
		"--tls-key: needed":                 {"--tls-cert", c.cert},
		"the key that it was made with":     {"--tls-cert", c.cert, "--tls-key", other.key},
		"--public-url: http://localhost:80": {"--tls-cert", c.cert, "--tls-key", c.key, "--public-url", "http://localhost:80"},
	} {
		refused(t, command(append([]string{"--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data")}, args...)...), want)
	}
	if err := os.Chmod(c.key, 0o644); err != nil {
		t.Fatal(err)
	}
	refused(t, command("--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"), "--tls-cert", c.cert, "--tls-key", c.key), fmt.Sprintf("chmod o= %s", c.key))
}
