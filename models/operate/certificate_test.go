package operate

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// shop is a folder with a pair, and the clock and the log of who serves with it.
type shop struct {
	Options
	trusted *x509.CertPool

	mu  sync.Mutex
	now time.Time
	log bytes.Buffer
}

var opened = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func openShop(t *testing.T) *shop {
	t.Helper()
	dir := t.TempDir()
	s := &shop{trusted: x509.NewCertPool(), now: opened}
	s.TLSCert, s.TLSKey = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	return s
}

func (s *shop) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *shop) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// said counts the lines of the log with some words.
func (s *shop) said(words string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.log.String(), words)
}

// made gives a new pair as PEM: number tells one from another.
func (s *shop) made(t *testing.T, number int64, from, until time.Time) (cert, key []byte) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(number), NotBefore: from, NotAfter: until, DNSNames: []string{"accounts.example.com"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.trusted.AppendCertsFromPEM(cert)
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: hidden})
}

// puts counts the files that were put. A file can get the place on the disk of the one
// renamed over before it, in the same tick of the disk's clock and as long: renewals are
// minutes apart, and each is given a second of its own here.
var puts atomic.Int64

// put writes a file as certbot does: beside the old one, and renamed over it.
func put(t *testing.T, file string, text []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file+".new", text, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file+".new", mode); err != nil {
		t.Fatal(err)
	}
	at := opened.Add(time.Duration(puts.Add(1)) * time.Second)
	if err := os.Chtimes(file+".new", at, at); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

func (s *shop) renew(t *testing.T, number int64, until time.Time) {
	t.Helper()
	cert, key := s.made(t, number, opened.Add(-time.Hour), until)
	put(t, s.TLSCert, cert, 0o644)
	put(t, s.TLSKey, key, 0o640)
}

func (s *shop) open(host string) (*Certificate, error) {
	return OpenCertificate(s.Options, host, s.clock, slog.New(slog.NewTextHandler(s, nil)))
}

// serve answers with TLS, and gives its address.
func (s *shop) serve(t *testing.T) (c *Certificate, address string) {
	t.Helper()
	c, err := s.open("accounts.example.com")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(c.Over(l)) }()
	t.Cleanup(func() { _ = server.Close() })
	return c, l.Addr().String()
}

// shake opens a connection; the number is that of the certificate it was shown.
func (s *shop) shake(t *testing.T, address string, protocols ...string) (*tls.Conn, int64) {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: s.trusted, ServerName: "accounts.example.com", Time: s.clock, NextProtos: protocols})
	if err != nil {
		t.Error(err)
		return nil, 0
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// What no browser would take stops the start, with the mend.
func TestCertificatesThatAreRefused(t *testing.T) {
	year := opened.AddDate(1, 0, 0)
	for _, c := range []struct {
		name   string
		breaks func(s *shop, cert, key []byte)
		want   []string
	}{
		{"no certificate", func(s *shop, _, key []byte) { put(t, s.TLSKey, key, 0o600) }, []string{"--tls-cert: there is no file"}},
		{"no key", func(s *shop, cert, _ []byte) { put(t, s.TLSCert, cert, 0o644) }, []string{"--tls-key: there is no file"}},
		{"another's key", func(s *shop, cert, _ []byte) {
			_, other := s.made(t, 2, opened, year)
			put(t, s.TLSCert, cert, 0o644)
			put(t, s.TLSKey, other, 0o600)
		}, []string{"--tls-cert, --tls-key", "does not match", "the key that it was made with"}},
		{"swapped", func(s *shop, cert, key []byte) {
			put(t, s.TLSCert, key, 0o644)
			put(t, s.TLSKey, cert, 0o600)
		}, []string{"--tls-cert, --tls-key", "PEM"}},
		{"a key that all can read", func(s *shop, cert, key []byte) {
			put(t, s.TLSCert, cert, 0o644)
			put(t, s.TLSKey, key, 0o644)
		}, []string{"--tls-key", "0644", "chmod o= "}},
		{"over", func(s *shop, _, _ []byte) {
			cert, key := s.made(t, 2, opened.AddDate(-1, 0, 0), opened.Add(-time.Minute))
			put(t, s.TLSCert, cert, 0o644)
			put(t, s.TLSKey, key, 0o600)
		}, []string{"--tls-cert", "was over on Sun, 29 Nov 2026 11:59:00 UTC", "renew"}},
		{"not yet", func(s *shop, _, _ []byte) {
			cert, key := s.made(t, 2, opened.Add(time.Hour), year)
			put(t, s.TLSCert, cert, 0o644)
			put(t, s.TLSKey, key, 0o600)
		}, []string{"--tls-cert", "begins on", "clock"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openShop(t)
			cert, key := s.made(t, 1, opened, year)
			c.breaks(s, cert, key)
			_, err := s.open("accounts.example.com")
			for _, words := range c.want {
				if err == nil || !strings.Contains(err.Error(), words) {
					t.Errorf("want %q in: %v", words, err)
				}
			}
			if err != nil && strings.Contains(err.Error(), "PRIVATE") {
				t.Errorf("the key is told: %v", err)
			}
		})
	}
	for want, o := range map[string]Options{
		"--tls-key: needed":     {TLSCert: "a"},
		"--tls-cert: needed":    {TLSKey: "a"},
		"must begin with https": {TLSCert: "a", TLSKey: "b", PublicURL: "http://localhost:8080"},
		"--drain":               {Drain: time.Hour},
	} {
		o.Listen, o.Data, o.BrandName, o.TimeZone = "127.0.0.1:8080", "data", "Admit One", "UTC"
		if _, err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	o := Options{TLSCert: "a", TLSKey: "b", Listen: "127.0.0.1:8080", Data: "data", BrandName: "Admit One", TimeZone: "UTC"}
	if set, err := o.Check(); err != nil || set.Public.String() != "https://localhost:8080" {
		t.Errorf("with a certificate and no public URL: %v %v", set.Public, err)
	}
}

// A renewal holds from the next handshake on, and open connections go on. A pair that
// is broken, half there, over or gone keeps the old one, and is said once.
func TestCertificateIsRenewed(t *testing.T) {
	s := openShop(t)
	s.renew(t, 1, opened.AddDate(0, 3, 0))
	_, address := s.serve(t)
	first, number := s.shake(t, address)
	if number != 1 {
		t.Fatalf("certificate %d is shown", number)
	}
	s.renew(t, 2, opened.AddDate(0, 4, 0))
	if _, number := s.shake(t, address); number != 2 {
		t.Errorf("after a renewal certificate %d is shown", number)
	}
	if _, err := io.WriteString(first, "GET / HTTP/1.1\r\nHost: accounts.example.com\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if res, err := http.ReadResponse(bufio.NewReader(first), nil); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("the open connection: %v %v", res, err)
	}

	const kept = "the old certificate stays"
	cert, key := s.made(t, 3, opened, opened.AddDate(0, 5, 0))
	old, oldKey := s.made(t, 9, opened.AddDate(-1, 0, 0), opened.Add(-time.Minute))
	for i, breaks := range []func(){
		func() { put(t, s.TLSCert, cert, 0o644) }, // the key is still the old one's
		func() { put(t, s.TLSCert, cert[:len(cert)/2], 0o644) },
		func() { put(t, s.TLSKey, key, 0o644) },
		func() { put(t, s.TLSCert, old, 0o644); put(t, s.TLSKey, oldKey, 0o600) },
		func() { _ = os.Remove(s.TLSCert) },
	} {
		breaks()
		for range 3 {
			if _, number := s.shake(t, address); number != 2 {
				t.Errorf("break %d: certificate %d is shown", i, number)
			}
		}
		if n := s.said(kept); n != i+1 {
			t.Errorf("break %d: said %d times in all:\n%s", i, n, &s.log)
		}
	}
	put(t, s.TLSCert, cert, 0o644)
	put(t, s.TLSKey, key, 0o600)
	if _, number := s.shake(t, address); number != 3 {
		t.Errorf("after it was mended certificate %d is shown", number)
	}
	if s.said("PRIVATE") > 0 {
		t.Error("the log has a key")
	}
}

// Many handshakes beside many renewals: each is shown a whole pair.
func TestHandshakesBesideRenewals(t *testing.T) {
	s := openShop(t)
	const last = 20
	type pair struct{ cert, key []byte }
	var pairs []pair
	for n := range int64(last + 1) {
		cert, key := s.made(t, n, opened, opened.AddDate(1, 0, 0))
		pairs = append(pairs, pair{cert, key})
	}
	write := func(p pair) {
		put(t, s.TLSCert, p.cert, 0o644)
		put(t, s.TLSKey, p.key, 0o600)
	}
	write(pairs[0])
	_, address := s.serve(t)
	var g sync.WaitGroup
	for range 4 {
		g.Go(func() {
			for range 30 {
				s.shake(t, address)
			}
		})
	}
	for _, p := range pairs {
		write(p)
	}
	g.Wait()
	if _, number := s.shake(t, address); number != last {
		t.Errorf("at the end certificate %d is shown", number)
	}
}

// The end of a certificate is in the figures, and warned of once a day; a name that
// does not fit is said.
func TestCertificateThatEnds(t *testing.T) {
	s := openShop(t)
	until := opened.AddDate(0, 1, 0)
	s.renew(t, 1, until)
	c, address := s.serve(t)
	for _, shown := range []*Certificate{c, nil} {
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(shown)
		figures, err := registry.Gather()
		if err != nil || (len(figures) == 1) != (shown != nil) {
			t.Fatalf("%v %v", figures, err)
		}
		if shown != nil && figures[0].GetMetric()[0].GetGauge().GetValue() != float64(until.Unix()) {
			t.Errorf("want %d: %v", until.Unix(), figures)
		}
	}
	const ends = "the certificate ends soon"
	for _, c := range []struct {
		left time.Duration
		want int
	}{{15 * 24 * time.Hour, 0}, {13 * 24 * time.Hour, 1}, {13*24*time.Hour - time.Minute, 1}, {12 * 24 * time.Hour, 2}} {
		s.mu.Lock()
		s.now = until.Add(-c.left)
		s.mu.Unlock()
		s.shake(t, address)
		if n := s.said(ends); n != c.want {
			t.Errorf("%s before the end: warned %d times, want %d", c.left, n, c.want)
		}
	}
	if s.said("browsers refuse") > 0 {
		t.Error("a name that fits is warned of")
	}
	if _, err := s.open("elsewhere.example.com"); err != nil || s.said("browsers refuse") != 1 {
		t.Errorf("a name that does not fit: %v\n%s", err, &s.log)
	}
}

// Nothing older than TLS 1.2 is spoken, and both forms of HTTP are.
func TestTLSVersions(t *testing.T) {
	s := openShop(t)
	s.renew(t, 1, opened.AddDate(1, 0, 0))
	_, address := s.serve(t)
	for version, ok := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		conn, err := tls.Dial("tcp", address, &tls.Config{
			RootCAs: s.trusted, ServerName: "accounts.example.com", Time: s.clock, MinVersion: version, MaxVersion: version,
		})
		if (err == nil) != ok {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
	for _, protocol := range []string{"h2", "http/1.1"} {
		if conn, _ := s.shake(t, address, protocol); conn != nil && conn.ConnectionState().NegotiatedProtocol != protocol {
			t.Errorf("%s is not spoken", protocol)
		}
	}
}
