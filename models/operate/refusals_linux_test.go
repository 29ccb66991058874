package operate

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A backup onto a disk that is full says so once, and names the way out.
func TestBackupOnAFullDisk(t *testing.T) {
	data, small := t.TempDir(), t.TempDir()
	step{"migrate --data " + data, "to " + newest(t), ""}.try(t)
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("a small disk cannot be mounted here: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(small, 0) })
	copied := filepath.Join(small, "copy.db")
	_, err := types(t, clockOfTests, "backup", copied, "--data", data)
	if err == nil || err.Error() != "backup: there is no room for the copy at "+copied+"; name a place with room, nothing was written" {
		t.Errorf("%v", err)
	}
}

// A port that only root may use is refused with the right that it takes.
func TestListenOnAPortOfRoots(t *testing.T) {
	said := asNobody(t, openFolder(t), listens, "127.0.0.1:81")
	if first := strings.TrimSpace(string(read(t, "/proc/sys/net/ipv4/ip_unprivileged_port_start"))); first != "1024" {
		t.Skip("here everybody may use the ports from ", first)
	}
	if !strings.Contains(said, "--listen: the user that runs admitone may not use the port of 127.0.0.1:81; use one from 1024 on, or give it CAP_NET_BIND_SERVICE") {
		t.Errorf("it says %q", said)
	}
}
