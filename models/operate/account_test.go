package operate

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// operator types one command about accounts.
func operator(t *testing.T, data string, args ...string) (string, error) {
	t.Helper()
	at := time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)
	if _, err := types(t, at, "--data", data, "migrate"); err != nil {
		t.Fatal(err)
	}
	return types(t, at, append([]string{"--data", data, "account"}, args...)...)
}

// types types one command line, as main does.
func types(t *testing.T, at time.Time, args ...string) (string, error) {
	t.Helper()
	var line struct {
		Options
		Commands
	}
	parser, err := kong.New(&line)
	if err != nil {
		t.Fatal(err)
	}
	k, err := parser.Parse(args)
	if err != nil {
		return "", err
	}
	var out, log bytes.Buffer
	err = line.Do(context.Background(), Call{Options: line.Options, Words: k.Command(), Now: func() time.Time { return at }, Out: &out, ErrOut: &log})
	return out.String(), err
}

func TestAccountCommands(t *testing.T) {
	data := t.TempDir()
	const mara = "mara@example.com"
	for _, step := range []struct {
		args  string
		says  string
		fails string
	}{
		{"create " + mara, "/reset", ""},
		{"create Mara@Example.com", "", "has an account already"},
		{"create mara", "", "not an address"},
		{"list", "m***@example.com", ""},
		{"show " + mara, "not chosen yet", ""},
		{"role " + mara + " staff", "staff now", ""},
		{"role " + mara + " owner", "", "must be one of"},
		{"role " + mara + " staff --name Ines", "staff now", ""},
		{"role " + mara + " staff --name " + strings.Repeat("I", 41), "", "--name: give a name"},
		{"role " + mara + " member --name Ines", "", "--name: only staff"},
		{"show " + mara, "staff_role", ""},
		{"unlock " + mara, "still asked for", ""},
		{"sign-out " + mara, "from the next request on", ""},
		{"sign-out nobody@example.com", "", "no account has"},
		{"show " + mara, "staff_signed_out", ""},
	} {
		said, err := operator(t, data, strings.Fields(step.args)...)
		switch {
		case step.fails == "" && err != nil:
			t.Errorf("%s: %v", step.args, err)
		case step.fails != "" && (err == nil || !strings.Contains(err.Error(), step.fails)):
			t.Errorf("%s: %v, want %q", step.args, err, step.fails)
		case !strings.Contains(said, step.says):
			t.Errorf("%s does not say %q:\n%s", step.args, step.says, said)
		case strings.Contains(said, mara):
			t.Errorf("%s prints the whole address:\n%s", step.args, said)
		}
	}
}
