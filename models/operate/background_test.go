package operate

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// bound is a listener that says of itself where it listens.
type bound struct {
	net.Listener
	at string
}

func (b bound) Addr() net.Addr {
	a, _ := net.ResolveTCPAddr("tcp", b.at)
	return a
}

// Whoever opens the figures to others is told so at the start.
func TestMetricsOpenToOthers(t *testing.T) {
	for at, warned := range map[string]bool{
		"127.0.0.1:9090": false, "[::1]:9090": false, "0.0.0.0:9090": true, "[::]:9090": true, "192.0.2.7:9090": true,
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		over, stop := context.WithCancel(t.Context())
		stop()
		var said bytes.Buffer
		if err := ServeMetrics(over, slog.New(slog.NewTextHandler(&said, nil)), bound{l, at}, http.NotFoundHandler()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(said.String(), "level=WARN") && strings.Contains(said.String(), at); got != warned {
			t.Errorf("%s: %q", at, said.String())
		}
	}
}
