package operate

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Certificate is what browsers are shown: the pair of --tls-cert and --tls-key. A
// handshake that finds the files changed reads them again, so that a renewal needs
// no restart; connections that are open go on. The nil one is that of a site without
// TLS of its own.
type Certificate struct {
	certFile, keyFile string
	host              string // of the public URL
	now               func() time.Time
	log               *slog.Logger

	pair atomic.Pointer[tls.Certificate]

	looking sync.Mutex // held by the one handshake that looks; the others do not wait
	seen    [2]os.FileInfo
	warned  time.Time
}

// soon is how long before its end a certificate is warned of, once a day: a renewal
// that works comes earlier.
const soon = 14 * 24 * time.Hour

// checkTLS refuses half a pair.
func (o Options) checkTLS() error {
	switch {
	case o.TLSCert != "" && o.TLSKey == "":
		return errors.New("--tls-key: needed with --tls-cert; give the file with the certificate's key")
	case o.TLSCert == "" && o.TLSKey != "":
		return errors.New("--tls-cert: needed with --tls-key; give the file with the certificate and its chain")
	}
	return nil
}

// OpenCertificate reads the pair, nil where the options name none, and refuses what no
// browser would take. A name that does not fit is only warned of: a proxy in front may
// know this machine by another one.
func OpenCertificate(o Options, host string, now func() time.Time, log *slog.Logger) (*Certificate, error) {
	if o.TLSCert == "" {
		return nil, nil
	}
	c := &Certificate{certFile: o.TLSCert, keyFile: o.TLSKey, host: host, now: now, log: log}
	c.changed()
	pair, err := c.read()
	if err != nil {
		return nil, err
	}
	c.use(pair)
	return c, nil
}

// Over gives the listener that speaks TLS over l: 1.2 or newer, with HTTP/2.
func (c *Certificate) Over(l net.Listener) net.Listener {
	if c == nil {
		return l
	}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: c.get})
}

func (c *Certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c.looking.TryLock() {
		c.look()
		c.looking.Unlock()
	}
	return c.pair.Load(), nil
}

// look takes a new pair into use. One that is broken, or only half there, is said
// once, and the old one stays until the files change again.
func (c *Certificate) look() {
	if c.changed() {
		pair, err := c.read()
		if err == nil {
			c.use(pair)
			return
		}
		c.log.Error("the certificate's files have changed and cannot be used; the old certificate stays", "until", c.until(), "error", err)
	}
	if now := c.now(); c.until().Sub(now) < soon && now.Sub(c.warned) >= 24*time.Hour {
		c.warned = now
		c.log.Warn("the certificate ends soon; renew it, a restart is not needed", "until", c.until())
	}
}

// changed says whether the files are others than at the last look. It is asked before
// they are read, so that what changes meanwhile is seen by the next look.
func (c *Certificate) changed() bool {
	before := c.seen
	for i, file := range []string{c.certFile, c.keyFile} {
		c.seen[i], _ = os.Stat(file) // nil where there is none
	}
	same := func(a, b os.FileInfo) bool {
		return a == nil && b == nil || a != nil && b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
	}
	return !same(before[0], c.seen[0]) || !same(before[1], c.seen[1])
}

func (c *Certificate) read() (*tls.Certificate, error) {
	cert, err := os.ReadFile(c.certFile)
	if err != nil {
		return nil, unread("--tls-cert", c.certFile, err)
	}
	key, err := os.ReadFile(c.keyFile)
	if err != nil {
		return nil, unread("--tls-key", c.keyFile, err)
	}
	info, err := os.Stat(c.keyFile)
	if err != nil {
		return nil, fmt.Errorf("--tls-key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 {
		return nil, fmt.Errorf("--tls-key: everybody on this machine can use %s (mode %04o); mend: chmod o= %s", c.keyFile, mode, c.keyFile)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w; give the certificate with its chain, and the key that it was made with, both as PEM", err)
	}
	switch now := c.now(); {
	case now.After(pair.Leaf.NotAfter):
		return nil, fmt.Errorf("--tls-cert: %s was over on %s; renew it", c.certFile, pair.Leaf.NotAfter.Format(time.RFC1123))
	case now.Before(pair.Leaf.NotBefore):
		return nil, fmt.Errorf("--tls-cert: %s begins on %s; look at this machine's clock", c.certFile, pair.Leaf.NotBefore.Format(time.RFC1123))
	}
	return &pair, nil
}

func unread(option, file string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: there is no file %s; give the one that holds it", option, file)
	}
	return fmt.Errorf("%s: %w; give the user that runs admitone the right to read it", option, err)
}

func (c *Certificate) use(pair *tls.Certificate) {
	c.pair.Store(pair)
	c.warned = time.Time{}
	c.log.Info("a certificate is in use", "file", c.certFile, "until", c.until())
	if err := pair.Leaf.VerifyHostname(c.host); err != nil {
		c.log.Warn("--tls-cert: browsers refuse this certificate for --public-url, unless a proxy in front shows them another", "error", err)
	}
}

func (c *Certificate) until() time.Time { return c.pair.Load().Leaf.NotAfter }

var certificateEnd = prometheus.NewDesc("admitone_certificate_end_timestamp_seconds", "When the certificate of --tls-cert ends, in Unix time.", nil, nil)

// Describe tells the one figure.
func (c *Certificate) Describe(to chan<- *prometheus.Desc) { to <- certificateEnd }

// Collect gives it; without TLS there is none.
func (c *Certificate) Collect(to chan<- prometheus.Metric) {
	if c != nil {
		to <- prometheus.MustNewConstMetric(certificateEnd, prometheus.GaugeValue, float64(c.until().Unix()))
	}
}
