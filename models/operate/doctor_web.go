package operate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

// address looks at the public URL beside --listen and --trusted-proxies, and whether
// it leads to this server.
func (e examination) address(ctx context.Context) []finding {
	host, _, _ := net.SplitHostPort(e.Listen)
	open := isLoopback(e.set.Public.Hostname())
	var list []finding
	for _, p := range e.set.Proxies {
		if p.Bits() < 8 {
			list = append(list, finding{wrong, "proxies", p.String() + " is believed to be a proxy: whoever connects from there chooses the address that limits are counted by", "name only the addresses of your proxies in --trusted-proxies"})
		}
	}
	switch {
	case open:
		return append(list, fine("public URL", "%s is open to this machine alone", e.set.Public))
	case e.TLSCert != "" && len(e.set.Proxies) == 0:
		list = append(list, fine("proxies", "none is trusted; this server speaks TLS itself"))
	case len(e.set.Proxies) == 0 && isLoopback(host):
		list = append(list, finding{look, "proxies", "no proxy is trusted, though only one on this machine can reach " + e.Listen + ": all visitors seem to come from one address, and limits per address do not hold", "add --trusted-proxies 127.0.0.1"})
	case len(e.set.Proxies) == 0:
		list = append(list, finding{look, "proxies", "no proxy is trusted, and " + e.Listen + " speaks no TLS by itself: behind a proxy all visitors seem to come from its address", "give the proxy's address in --trusted-proxies"})
	default:
		list = append(list, fine("proxies", "%s are believed, and nobody else", strings.Join(e.TrustedProxies, ", ")))
	}
	return append(list, e.reach(ctx)...)
}

// reach asks for a page that says only that the server runs, at its own address and
// at the public one.
func (e examination) reach(ctx context.Context) []finding {
	host, port, _ := net.SplitHostPort(e.Listen)
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	scheme := "http://"
	if e.TLSCert != "" {
		scheme = "https://"
	}
	runs := port != "0" && e.get(ctx, scheme+net.JoinHostPort(host, port)).healthy
	public := e.get(ctx, e.set.Public.String())
	switch {
	case public.healthy:
		list := []finding{fine("public URL", "%s answers", e.set.Public)}
		if public.apart > 5*time.Second {
			list = append(list, finding{wrong, "clock", fmt.Sprintf("the clock behind %s and this one are %s apart", e.set.Public, public.apart.Round(time.Second)), "have both machines keep time by NTP"})
		}
		return list
	case !runs:
		return []finding{{look, "public URL", e.set.Public.String() + " does not answer (" + public.said + "), and no server runs at " + e.Listen, "start it, and ask again"}}
	}
	return []finding{{wrong, "public URL", e.set.Public.String() + " does not lead here: " + public.said, "have its name point to the proxy, and the proxy hand on to " + scheme + e.Listen}}
}

type answered struct {
	healthy bool
	said    string
	apart   time.Duration // the clock there and this one
}

func (e examination) get(ctx context.Context, root string) answered {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, root+"/healthz", nil)
	if err != nil {
		return answered{said: err.Error()}
	}
	dialer := net.Dialer{Resolver: e.resolver}
	wire := &http.Transport{DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{ServerName: e.set.Public.Hostname(), Time: e.Now, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}
	client := http.Client{Transport: wire, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	asked := e.Now()
	res, err := client.Do(r)
	if err != nil {
		return answered{said: innermost(err)}
	}
	told := e.Now()
	defer res.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(res.Body, 64))
	a := answered{said: "it answers " + res.Status, healthy: res.StatusCode == http.StatusOK && strings.TrimSpace(string(body)) == "ok"}
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		a.apart = outside(date, asked, told)
	}
	if res.StatusCode == http.StatusOK && !a.healthy {
		a.said = "another program answers"
	}
	return a
}

// innermost is what an error says without the ways that it came.
func innermost(err error) string {
	var unnamed *net.DNSError
	if errors.As(err, &unnamed) { // what it names as its server is not the one that was asked
		return unnamed.Err + " (" + unnamed.Name + ")"
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// certificate looks at what people's browsers are shown.
func (e examination) certificate(ctx context.Context) []finding {
	own, err := OpenCertificate(e.Options, e.set.Public.Hostname(), e.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return []finding{refused("TLS", err)}
	}
	if e.set.Public.Scheme != "https" {
		return []finding{fine("TLS", "none: the public URL is this machine's alone")}
	}
	at := e.set.Public.Host
	if e.set.Public.Port() == "" {
		at = net.JoinHostPort(e.set.Public.Hostname(), "443")
	}
	d := tls.Dialer{NetDialer: &net.Dialer{Resolver: e.resolver}, Config: &tls.Config{ServerName: e.set.Public.Hostname(), Time: e.Now, MinVersion: tls.VersionTLS12}}
	conn, err := d.DialContext(ctx, "tcp", at)
	if neverReached(err) && own != nil {
		return []finding{e.ownCertificate(own.pair.Load().Leaf)}
	}
	if err != nil {
		return []finding{e.badCertificate(at, err)}
	}
	defer conn.Close()
	leaf := conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
	return []finding{e.lasting(leaf, "the certificate of "+at, "is trusted")}
}

// ownCertificate judges what the server will show once it runs.
func (e examination) ownCertificate(leaf *x509.Certificate) finding {
	host := e.set.Public.Hostname()
	if leaf.VerifyHostname(host) != nil {
		return finding{wrong, "TLS", "the certificate of --tls-cert is for another name: " + strings.Join(leaf.DNSNames, ", "), "get one for " + host}
	}
	return e.lasting(leaf, "the certificate of --tls-cert", "is for "+host)
}

func (e examination) lasting(leaf *x509.Certificate, which, well string) finding {
	until := leaf.NotAfter.UTC().Format("2 January 2006")
	if leaf.NotAfter.Sub(e.Now()) < soon {
		return finding{look, "TLS", which + " ends on " + until, "renew it, and see that this happens by itself"}
	}
	return fine("TLS", "%s %s, until %s", which, well, until)
}

// neverReached says that nobody answers there, which is no matter of TLS.
func neverReached(err error) bool {
	var never *net.OpError
	return errors.As(err, &never) && never.Op == "dial"
}

func (e examination) badCertificate(at string, err error) finding {
	var name x509.HostnameError
	var bad x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &name):
		return finding{wrong, "TLS", "the certificate of " + at + " is for another name: " + strings.Join(name.Certificate.DNSNames, ", "), "get one for " + name.Host}
	case errors.As(err, &bad) && bad.Reason == x509.Expired && bad.Cert.NotAfter.Before(e.Now()):
		return finding{wrong, "TLS", "the certificate of " + at + " ended on " + bad.Cert.NotAfter.UTC().Format("2 January 2006"), "renew it"}
	case errors.As(err, &bad) && bad.Reason == x509.Expired:
		return finding{wrong, "TLS", "the certificate of " + at + " begins only on " + bad.Cert.NotBefore.UTC().Format("2 January 2006"), "look at the clock"}
	case errors.As(err, &unknown):
		return finding{wrong, "TLS", "the certificate of " + at + " is signed by nobody that browsers trust", "get one of a public authority, with its whole chain"}
	}
	if neverReached(err) {
		return finding{look, "TLS", "not looked at: " + at + " cannot be reached from here", "see what is said of the public URL"}
	}
	return finding{wrong, "TLS", "no TLS with " + at + ": " + innermost(err), "have the proxy listen there, with a certificate for " + e.set.Public.Hostname()}
}
