package db

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// While one transaction holds everything up, so many wait and no more; afterwards all goes on.
func TestCrowd(t *testing.T) {
	d, err := Open(t.Context(), Options{URL: filepath.Join(t.TempDir(), "test.db"), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	nothing := func(*Tx) error { return nil }
	holding, release := make(chan struct{}), make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		_ = d.Write(t.Context(), func(*Tx) error {
			close(holding)
			<-release
			return nil
		})
	})
	<-holding
	for range mostWaiting - 1 {
		waiting.Go(func() { _ = d.Write(t.Context(), nothing) })
	}
	for d.writing.Load() < mostWaiting { // each has begun to wait
		<-time.After(time.Millisecond)
	}
	if err := d.Write(t.Context(), nothing); !Away(err) {
		t.Errorf("one more: %v", err)
	}
	close(release)
	waiting.Wait()
	if err := d.Write(t.Context(), nothing); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAway(t *testing.T) {
	d, err := Open(t.Context(), Options{URL: filepath.Join(t.TempDir(), "test.db"), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, c := range []struct {
		what string
		err  error
		away bool
	}{
		{"nothing", nil, false},
		{"a browser that left", context.Canceled, false},
		{"a limit that ran out", fmt.Errorf("write: %w", context.DeadlineExceeded), true},
		{"a write where only queries are allowed", d.read.Exec("DELETE FROM keys").Error, true},
		{"a statement that is wrong", d.read.Exec("DELETE FROM nothing").Error, false},
	} {
		if Away(c.err) != c.away {
			t.Errorf("%s: %v is away: %v", c.what, c.err, !c.away)
		}
	}
}
