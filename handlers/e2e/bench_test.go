package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// BenchmarkStart is from the start of the built binary to its first answer, on
// a new folder and on one that it has used before, and the memory it then
// holds.
func BenchmarkStart(b *testing.B) {
	for _, folder := range []string{"new", "used"} {
		b.Run(folder, func(b *testing.B) {
			used := filepath.Join(b.TempDir(), "data")
			if folder == "used" {
				_, c := launch(b, used)
				quit(b, c)
			}
			var resident float64
			b.ResetTimer()
			for i := range b.N {
				data := used
				if folder == "new" {
					data = filepath.Join(b.TempDir(), fmt.Sprint(i))
				}
				_, c := launch(b, data)
				b.StopTimer()
				now, _ := residentMB(b, c.Process.Pid)
				resident += now
				quit(b, c)
				b.StartTimer()
			}
			b.ReportMetric(resident/float64(b.N), "resident-MB")
		})
	}
}

// launch starts the binary and waits for its first answer.
func launch(tb testing.TB, args ...string) (base string, c *exec.Cmd) {
	tb.Helper()
	base, c = launched(tb, args...)
	r, err := http.Get(base + "/sign-in")
	if err != nil || r.StatusCode != http.StatusOK {
		tb.Fatal(err)
	}
	_ = r.Body.Close()
	return base, c
}

// quit ends the binary, once.
func quit(tb testing.TB, c *exec.Cmd) {
	if c.ProcessState != nil {
		return
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	if err := c.Wait(); err != nil {
		tb.Error(err)
	}
}

// residentMB is the memory that a process holds, and the most that it has held.
func residentMB(tb testing.TB, pid int) (now, most float64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Skip("the memory of a process is read from /proc")
	}
	for line := range strings.Lines(string(text)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %f kB", &now)
		_, _ = fmt.Sscanf(line, "VmHWM: %f kB", &most)
	}
	return now / 1024, most / 1024
}
