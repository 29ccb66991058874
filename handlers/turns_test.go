package handlers

import (
	"net/netip"
	"strconv"
	"testing"
	"time"
)

// Of how many one knows is bounded, and who came lately is not forgotten.
func TestTurnsAreBounded(t *testing.T) {
	at := time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)
	known := newTurns(networkTurns)
	for range networkTurns.First {
		if retryAt := known.take("busy", at); !retryAt.IsZero() {
			t.Fatalf("refused until %v", retryAt)
		}
	}
	for i := range 3 * turnsMost {
		known.take(strconv.Itoa(i), at)
		if retryAt := known.take("busy", at); !retryAt.Equal(at.Add(2 * time.Second)) {
			t.Fatalf("after %d others it may come at %v", i, retryAt)
		}
	}
	if len(known.known) != turnsMost || known.order.Len() != turnsMost {
		t.Errorf("%d and %d are known", len(known.known), known.order.Len())
	}
}

func TestNetworkOf(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1": "", "::1": "", "::ffff:127.0.0.1": "", "203.0.113.9": "203.0.113.0/24", "::ffff:203.0.113.9": "203.0.113.0/24",
		"2001:db8:1:2:3::4": "2001:db8:1::/48", "fe80::1%eth0": "fe80::/48",
	} {
		if got := networkOf(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
	if got := networkOf(netip.Addr{}); got != "" {
		t.Errorf("%q", got)
	}
}
