package operate

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"admitone/views"

	"github.com/alecthomas/kong"
)

// asProgram is set in the children of a test that are to be the program.
const asProgram = "ADMITONE_AS_PROGRAM"

// listens is the word by which such a child only listens somewhere.
const listens = "listens"

func program() int {
	if os.Args[1] == listens {
		_, err := Listen(os.Args[2])
		fmt.Println(err)
		return 0
	}
	var line struct {
		Options
		Commands
	}
	k := kong.Parse(&line)
	if err := line.Do(context.Background(), Call{Options: line.Options, Words: k.Command(), Now: clockOfTests, Out: os.Stdout, ErrOut: os.Stderr, Refusal: views.Refusal}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// nobody is a user who owns nothing.
const nobody = 65534

// asNobody types one command line as a user who owns nothing; tests that do not run as
// root own what they make, and its modes hold for them.
func asNobody(t *testing.T, dir string, args ...string) string {
	t.Helper()
	// The test's program is in a folder of its user's.
	copied := filepath.Join(dir, "admitone")
	if !there(copied) {
		if err := os.WriteFile(copied, read(t, os.Args[0]), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command(copied, args...)
	c.Dir, c.Env = "/", append(os.Environ(), asProgram+"=1")
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	_ = c.Run()
	return said.String()
}

// openFolder is a folder that everybody can look into.
func openFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The doctor finds the folder, and each file in it, that the user cannot write, as the
// start does, and makes nothing.
func TestDoctorAsAnotherUser(t *testing.T) {
	dir := openFolder(t)
	data := filepath.Join(dir, "data")
	if said, err := types(t, clockOfTests, "migrate", "--data", data); err != nil {
		t.Fatal(said, err)
	}
	mode := func(name string, mode os.FileMode) func() error {
		return func() error { return os.Chmod(filepath.Join(data, name), mode) }
	}
	files := func(mode os.FileMode) {
		for _, name := range []string{"lock", "admitone.db"} {
			if err := os.Chmod(filepath.Join(data, name), mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name    string
		prepare func() error
		at      string
		said    string
	}{
		{"a folder of another user's", mode(".", 0o555), data, "cannot write into " + data + ": permission denied"},
		{"a folder that cannot be made", mode(".", 0o555), filepath.Join(data, "x", "y"), "cannot write into " + data + ": permission denied"},
		{"a lock of another user's", mode("lock", 0o444), data, "cannot write " + filepath.Join(data, "lock") + ": permission denied"},
		{"a database of another user's", mode("admitone.db", 0o444), data, "cannot write " + filepath.Join(data, "admitone.db") + ": permission denied"},
	} {
		files(0o666)
		if err := os.Chmod(data, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := c.prepare(); err != nil {
			t.Fatal(err)
		}
		before := listing(t, data)
		said := asNobody(t, dir, "doctor", "--data", c.at)
		if !strings.Contains(said, "wrong  data folder") || !strings.Contains(said, c.said) || !strings.Contains(said, "Mend: "+toOwner) {
			t.Errorf("%s: the doctor says\n%s", c.name, said)
		}
		if after := listing(t, data); after != before {
			t.Errorf("%s: it has changed\n%s\nto\n%s", c.name, before, after)
		}
	}
	files(0o666)
	if err := os.Chmod(data, 0o777); err != nil {
		t.Fatal(err)
	}
	if said := asNobody(t, dir, "doctor", "--data", data); strings.Contains(said, "wrong  data folder") {
		t.Errorf("what can be written is wrong:\n%s", said)
	}
}

// To root every file is open, so it compares the owners.
func TestDoctorAsRoot(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	s := newService(t)
	s.must(os.Chown(s.data, nobody, nobody))
	database := filepath.Join(s.data, "admitone.db")
	s.must(os.Chown(s.key(), nobody, nobody))
	for owner, want := range map[int]string{
		0:      "look   data folder    " + database + " belongs to user 0, and the folder to user 65534.",
		nobody: "ok     data folder    " + s.data + " can be written by",
	} {
		s.must(os.Chown(database, owner, owner))
		if report, err := s.doctor(); err != nil || !strings.Contains(report, want) {
			t.Errorf("of user %d's: %v\n%s", owner, err, report)
		}
	}
}

// The start warns of a folder that is open to others and of a newer schema, each once,
// and is silent where all is well.
func TestCaution(t *testing.T) {
	s := newService(t)
	database := filepath.Join(s.data, "admitone.db")
	cautions := func() string {
		var log bytes.Buffer
		Caution(t.Context(), s.data, database, slog.New(slog.NewTextHandler(&log, nil)))
		return log.String()
	}
	if said := cautions(); said != "" {
		t.Errorf("where all is well: %s", said)
	}
	s.must(os.Chmod(s.data, 0o755))
	s.must(os.Chmod(database, 0o644))
	s.sqlite("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	said := cautions()
	for _, want := range []string{"chmod 700 " + s.data + "; chmod 600 " + database, "a newer admitone has changed the schema (9999)"} {
		if strings.Count(said, want) != 1 || strings.Count(said, "level=WARN") != 2 {
			t.Errorf("%q is not said once in\n%s", want, said)
		}
	}
}
