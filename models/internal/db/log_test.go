package db

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A log that is open for debugging tells each statement once, whichever way it went to
// the driver, and no value; any other log tells none.
func TestStatementsInTheLog(t *testing.T) {
	for level, times := range map[slog.Level]int{slog.LevelDebug: 1, slog.LevelInfo: 0} {
		var log bytes.Buffer
		d, err := Open(t.Context(), Options{
			URL: filepath.Join(t.TempDir(), "test.db"), Now: time.Now,
			Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level})),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var names []string
		err = d.Write(t.Context(), func(tx *Tx) error {
			if _, err := tx.Exec("DELETE FROM switches WHERE name = ?", "mara@example.com"); err != nil {
				return err
			}
			return tx.DB.Exec("DELETE FROM switches WHERE agent = ?", "mara@example.com").Error
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := Scan(d.Read(t.Context()), &names, "SELECT name FROM switches WHERE agent = ?", "mara@example.com"); err != nil {
			t.Fatal(err)
		}
		if err := d.Read(t.Context()).Raw("SELECT name FROM switches WHERE reason = ?", "mara@example.com").Scan(&names).Error; err != nil {
			t.Fatal(err)
		}
		var told strings.Builder
		for line := range strings.Lines(log.String()) {
			if !strings.Contains(line, "level=WARN") { // a busy machine's slow statements are told at every level
				told.WriteString(line)
			}
		}
		for _, where := range []string{"DELETE FROM switches WHERE name = ?", "DELETE FROM switches WHERE agent = ?", "SELECT name FROM switches WHERE agent = ?", "SELECT name FROM switches WHERE reason = ?"} {
			if n := strings.Count(told.String(), where); n != times {
				t.Errorf("at %s %q is told %d times:\n%s", level, where, n, &log)
			}
		}
		if strings.Contains(log.String(), "mara") {
			t.Errorf("a value is in the log:\n%s", &log)
		}
	}
}
