package devinbox

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// The headers by which a proxy gives itself away, besides all that begin with
// X-Forwarded. One of them, even empty, means that the peer on this computer
// speaks for somebody elsewhere.
var forwardingHeaders = map[string]bool{
	"forwarded": true, "via": true, "x-real-ip": true, "x-client-ip": true, "x-cluster-client-ip": true,
	"x-original-forwarded-for": true, "x-original-host": true, "x-original-url": true, "x-host": true,
	"x-remote-ip": true, "x-remote-addr": true, "x-proxyuser-ip": true, "x-envoy-external-address": true,
	"x-azure-clientip": true, "x-azure-socketip": true, "x-appengine-user-ip": true, "x-arr-ssl": true,
	"true-client-ip": true, "fastly-client-ip": true, "fly-client-ip": true, "client-ip": true,
	"cf-connecting-ip": true, "cf-connecting-ipv6": true, "cf-ray": true, "cf-visitor": true, "cdn-loop": true,
	"x-forward-for": true, "wl-proxy-client-ip": true, "proxy-client-ip": true, "x-originating-ip": true, "x-bluecoat-via": true,
	"max-forwards": true, "x-varnish": true, "x-amzn-trace-id": true, "x-cloud-trace-context": true, "ngrok-trace-id": true,
	"proxy-connection": true, "x-proxied-for": true, "x-tailscale-user": true, "tailscale-user-login": true,
}

// guard answers 404 to everybody but who is at this very computer: what the
// inbox shows opens any account. The peer alone proves nothing, a proxy or a
// tunnel on the same machine is a loopback peer too; nor does the Host, which
// another site can point at 127.0.0.1. A form sent from another site is
// refused the same way, so that a page elsewhere can neither empty the inbox
// nor make it misbehave.
func guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if !isLocal(r) || crossOrigin.Check(r) != nil {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLocal(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	for name := range r.Header {
		name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
		if forwardingHeaders[name] || strings.HasPrefix(name, "x-forwarded") {
			return false
		}
	}
	// A proxy that was given nothing but an address to pass on to often speaks
	// HTTP/1.0, which no browser does, and hides its Host; what the browser says
	// of its page stays.
	if !r.ProtoAtLeast(1, 1) {
		return false
	}
	for _, name := range []string{"Origin", "Referer"} {
		if from := r.Header.Get(name); from != "" {
			u, err := url.Parse(from)
			if err != nil || !isLoopbackHost(u.Hostname()) {
				return false
			}
		}
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	return isLoopbackHost(host)
}

// isLoopbackHost accepts 127.0.0.0/8, ::1 and the one name that means them.
// Other names are not resolved: their answer is somebody else's to give.
func isLoopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
