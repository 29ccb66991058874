package operate

import (
	"bytes"
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"admitone/views"

	"github.com/alecthomas/kong"
)

// operator types one command about accounts.
func operator(t *testing.T, data string, args ...string) (string, error) {
	t.Helper()
	at := time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)
	if _, err := types(t, stopped(at), "--data", data, "migrate"); err != nil {
		t.Fatal(err)
	}
	return types(t, stopped(at), append([]string{"--data", data, "account"}, args...)...)
}

// stopped is a clock that stands still. One that is compared with those of other programs
// must run, or the time that a slow machine takes is taken for what is wrong with it.
func stopped(at time.Time) func() time.Time { return func() time.Time { return at } }

// types types one command line, as main does.
func types(t *testing.T, now func() time.Time, args ...string) (string, error) {
	t.Helper()
	var line struct {
		Options
		Commands
	}
	parser, err := kong.New(&line, Durations)
	if err != nil {
		t.Fatal(err)
	}
	k, err := parser.Parse(args)
	if err != nil {
		return "", err
	}
	var out, log bytes.Buffer
	err = line.Do(context.Background(), Call{Options: line.Options, Words: k.Command(), Now: now, Out: &out, ErrOut: &log, Refusal: views.Refusal})
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
		{"show " + mara, "none since it was made", ""},
		{"create Mara@Example.com", "", "has an account already"},
		{"create mara", "", "not an address that can be used. Enter an email address in the right form, like name@example.com"},
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

// The operator sees that a number is an internet service's, and of no other.
func TestShowsInternetNumbers(t *testing.T) {
	data := t.TempDir()
	if _, err := operator(t, data, "create", "mara@example.com"); err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("sqlite3", filepath.Join(data, "admitone.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, number := range []string{"+436641234567", "+43720123456"} {
		if _, err := pool.Exec("DELETE FROM identifiers WHERE kind = 'phone'"); err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec(`INSERT INTO identifiers (id, account_id, kind, value, shown, is_primary, wrong_in_row, created_at, verified_at)
			SELECT 'p', account_id, 'phone', ?, ?, 0, 0, created_at, created_at FROM identifiers WHERE kind = 'email'`, number, number); err != nil {
			t.Fatal(err)
		}
		said, err := operator(t, data, "show", "mara@example.com")
		if voip := strings.Contains(said, "of an internet service (VoIP)"); err != nil || voip != (number == "+43720123456") {
			t.Errorf("%s: %v\n%s", number, err, said)
		}
	}
}
