package operate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A key is turned by the operator: added, listed, and taken out when nothing needs it.
func TestKeyCommands(t *testing.T) {
	data, at := t.TempDir(), time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)
	list := func() [][]string {
		t.Helper()
		said, err := types(t, stopped(at), "--data", data, "key", "list")
		if err != nil {
			t.Fatal(err)
		}
		var rows [][]string
		for _, line := range strings.Split(strings.TrimSpace(said), "\n")[1:] {
			rows = append(rows, strings.Fields(line))
		}
		return rows
	}
	if _, err := types(t, stopped(at), "--data", data, "migrate"); err != nil {
		t.Fatal(err)
	}
	first := list()[0][0]
	for _, step := range []struct {
		args, says, fails string
		later             time.Duration
	}{
		{args: "add", says: "begins at 2026-11-22 21:14 UTC"},
		{args: "add --starts-in -1h", fails: "--starts-in"},
		{args: "remove " + first, fails: "are made with it", later: 2 * time.Hour},
		{args: "remove " + first, fails: "stays until 2026-11-29", later: 8 * 24 * time.Hour},
		{args: "remove nobody", fails: "key list"},
		{args: "remove " + first, fails: "--begin-anew"},
		{args: "remove --begin-anew " + first, says: "is taken out"},
	} {
		said, err := types(t, stopped(at), append([]string{"--data", data, "key"}, strings.Fields(step.args)...)...)
		switch {
		case step.fails == "" && err != nil:
			t.Errorf("%s: %v", step.args, err)
		case step.fails != "" && (err == nil || !strings.Contains(err.Error(), step.fails)):
			t.Errorf("%s: %v, want %q", step.args, err, step.fails)
		case !strings.Contains(said, step.says):
			t.Errorf("%s does not say %q:\n%s", step.args, step.says, said)
		}
		at = at.Add(step.later)
	}
	if rows := list(); len(rows) != 1 || rows[0][0] == first || rows[0][4] != "current" {
		t.Errorf("%v", rows)
	}

	// The environment's keys are handed out by the operator.
	const line = "k1 2026-01-01T00:00:00Z AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	theirs := t.TempDir()
	if _, err := types(t, stopped(at), "--data", theirs, "migrate"); err != nil {
		t.Fatal(err)
	}
	said, err := types(t, stopped(at), "--data", theirs, "--keys", line, "key", "add")
	if err != nil || !strings.Contains(said, "ADMITONE_KEYS") || len(strings.Fields(said[strings.LastIndex(strings.TrimSpace(said), "\n"):])) != 3 {
		t.Errorf("%s%v", said, err)
	}
	for args, says := range map[string]string{"--keys=nonsense": "line 1", "--key-file=x": "leave one of the two out"} {
		keys := []string{"--data", t.TempDir(), "--keys", line, args, "key", "list"}
		if _, err := types(t, stopped(at), keys...); err == nil || !strings.HasPrefix(err.Error(), "--keys: ") || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// A key file that is damaged, or another user's, is told with the mend.
func TestKeyFilesThatCannotBeUsed(t *testing.T) {
	dir := openFolder(t)
	file := filepath.Join(dir, "key")
	for text, want := range map[string]string{
		"":                             "it holds no key; restore it from its backup",
		"k1 gibberish":                 "line 1: a key is written as: id start secret; restore it from its backup",
		"k1 2026-01-01T00:00:00Z AAAA": "line 1: the secret is not base64 of 32 bytes; restore it from its backup",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		report, _ := types(t, clockOfTests, "doctor", "--data", t.TempDir(), "--key-file", file)
		said, mend, _ := strings.Cut(want, "; ")
		if !strings.Contains(report, "wrong  key file       --key-file: "+file+": "+said+".") || !strings.Contains(report, "Mend: "+mend) {
			t.Errorf("%q: the doctor says\n%s", text, report)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("every file is this user's")
	}
	report := asNobody(t, dir, "doctor", "--data", filepath.Join(dir, "data"), "--key-file", file)
	if !strings.Contains(report, "--key-file: open "+file+": permission denied.") || !strings.Contains(report, "Mend: give it to the user that runs admitone, and be that user") {
		t.Errorf("as another user the doctor says\n%s", report)
	}
}
