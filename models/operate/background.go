package operate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"admitone/models"
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

// MendOpen names the option behind an error of models.Open.
func MendOpen(err error) error {
	if errors.Is(err, models.ErrNoCompiler) {
		return fmt.Errorf("--database: %w; install one (Debian: apt install gcc) and build again, or use postgres://", err)
	}
	if strings.HasPrefix(err.Error(), "--") {
		return err
	}
	return fmt.Errorf("--database: %w", err)
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
