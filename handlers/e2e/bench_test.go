package e2e

import (
	"bufio"
	"fmt"
	"io"
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
				quit(b, launch(b, used))
			}
			var resident float64
			b.ResetTimer()
			for i := range b.N {
				data := used
				if folder == "new" {
					data = filepath.Join(b.TempDir(), fmt.Sprint(i))
				}
				c := launch(b, data)
				b.StopTimer()
				resident += residentMB(b, c.Process.Pid)
				quit(b, c)
				b.StartTimer()
			}
			b.ReportMetric(resident/float64(b.N), "resident-MB")
		})
	}
}

// launch starts the binary and waits for its first answer.
func launch(b *testing.B, data string) *exec.Cmd {
	c := command("--data", data, "--listen", "127.0.0.1:0")
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	found := readyLine.FindStringSubmatch(line)
	if err != nil || found == nil {
		b.Fatalf("%q, %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	r, err := http.Get(found[1] + "/sign-in")
	if err != nil || r.StatusCode != http.StatusOK {
		b.Fatal(err)
	}
	_ = r.Body.Close()
	return c
}

func quit(b *testing.B, c *exec.Cmd) {
	_ = c.Process.Signal(syscall.SIGTERM)
	if err := c.Wait(); err != nil {
		b.Fatal(err)
	}
}

// residentMB is the memory that a process holds.
func residentMB(b *testing.B, pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("the memory of a process is read from /proc")
	}
	var kb float64
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "VmRSS:") {
			_, _ = fmt.Sscanf(line, "VmRSS: %f kB", &kb)
		}
	}
	return kb / 1024
}
