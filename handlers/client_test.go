package handlers

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// A header is believed from a configured proxy alone, and what the last one that is not
// ours wrote is the address. Nobody's header makes an address of nobody.
func FuzzAddressOf(f *testing.F) {
	for _, s := range []string{"198.51.100.9", "198.51.100.9, 10.0.0.7", "x, 198.51.100.9", "198.51.100.9, x", " [2001:db8::9] ,::ffff:10.0.0.1", ",", "", "10.0.0.1,10.0.0.2", "fe80::1%eth0", "198.51.100.9:80"} {
		f.Add(s, "", "10.0.0.7")
		f.Add("192.0.2.1", s, "203.0.113.7")
	}
	ours := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("2001:db8:1::/48")}
	isOurs := func(a netip.Addr) bool { return ours[0].Contains(a.Unmap()) || ours[1].Contains(a) }
	alone, behind := addressOf(nil), addressOf(ours)
	f.Fuzz(func(t *testing.T, first, second, from string) {
		peer, err := netip.ParseAddr(from)
		if err != nil || peer.Zone() != "" {
			return // the connection says a real one
		}
		r := &http.Request{RemoteAddr: netip.AddrPortFrom(peer, 50000).String(), Header: http.Header{"X-Forwarded-For": {first, second}}}
		if got := alone(r); got != from && netip.MustParseAddr(got) != peer {
			t.Errorf("without a proxy %q is %q", from, got)
		}
		got, err := netip.ParseAddr(behind(r))
		if err != nil {
			t.Fatalf("%q, %q from %q is %q", first, second, from, behind(r))
		}
		if !isOurs(peer) {
			if got.Unmap() != peer.Unmap() {
				t.Errorf("%q is believed: %v", from, got)
			}
			return
		}
		want := peer
		for _, said := range slices.Backward(strings.Split(first+","+second, ",")) {
			a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(said), "["), "]"))
			if err != nil || a.Zone() != "" {
				want = peer
				break
			}
			if want = a; !isOurs(a) {
				break
			}
		}
		if got.Unmap() != want.Unmap() {
			t.Errorf("%q, %q from %q is %v, not %v", first, second, from, got, want)
		}
	})
}
