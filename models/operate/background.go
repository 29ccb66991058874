package operate

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Sweep purges what is over, at the start and every ten minutes, until ctx ends.
func Sweep(ctx context.Context, log *slog.Logger, purges ...func(context.Context) error) error {
	every := time.NewTicker(10 * time.Minute)
	defer every.Stop()
	for {
		for _, purge := range purges {
			if err := purge(ctx); err != nil && ctx.Err() == nil {
				log.Error("purge failed; it is tried again in ten minutes", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

// NewLog makes the log in a form of --log. Its times are in one zone, wherever the
// machine is (ASVS v5.0.0-16.2.2).
func NewLog(to io.Writer, form string) *slog.Logger {
	o := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
			a.Value = slog.TimeValue(a.Value.Time().UTC())
		}
		return a
	}}
	if form == "json" {
		return slog.New(slog.NewJSONHandler(to, o))
	}
	return slog.New(slog.NewTextHandler(to, o))
}

// ServeMetrics answers /metrics on a listener of its own until ctx ends: what it
// tells is the operator's business, and on no page of the site. It asks nobody who he
// is.
func ServeMetrics(ctx context.Context, log *slog.Logger, l net.Listener, metrics http.Handler) error {
	if host, _, err := net.SplitHostPort(l.Addr().String()); err != nil || !isLoopback(host) {
		log.Warn("--metrics: whoever reaches this address reads the figures; a firewall or a loopback address keeps others out", "address", l.Addr().String())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
