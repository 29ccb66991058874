package operate

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"admitone/internal/freeport"
)

// Why PostgreSQL does not serve is one sentence with what to do: the address is in it
// once at most, and the password never.
func TestPostgresThatDoesNotServe(t *testing.T) {
	away := freeport.Address(t)
	data := t.TempDir()
	step{"migrate --data " + data, "to " + newest(t), ""}.try(t)
	refusals := map[string]string{
		"postgres://ada:s3cret@" + away + "/x":                     "PostgreSQL at " + away + " does not answer: connection refused; look whether it runs",
		"postgres://ada:s3cret@localhost:" + portOf(away) + "/x":   "does not answer: connection refused; look",
		"postgres://ada:s3cret@nowhere.invalid/x":                  "PostgreSQL at nowhere.invalid:5432 does not answer: its name is not known; look",
		"postgres://ada:s3cret@%zz/x":                              "it cannot be read; write it like postgres://",
		"postgres://ada:s3cret@" + away + "/x?sslmode=s3cret":      "it cannot be read; write it like postgres://",
		"postgres://ada:s3cret@" + away + "/x?connect_timeout=s3c": "it cannot be read; write it like postgres://",
	}
	if os.Getenv("ADMITONE_TEST_POSTGRES") != "" {
		u, err := url.Parse(postgresURL(t))
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(u.User.Username(), "s3cret")
		u.Path = "/nosuch"
		refusals[u.String()] = "there is no database nosuch at " + u.Host + "; make it first: createdb nosuch"
	}
	for database, want := range refusals {
		for option, args := range map[string][]string{
			"--database: ": {"migrate", "--data", data, "--database", database},
			"--to: ":       {"move", "--data", data, "--to", database},
		} {
			_, err := types(t, clockOfTests, args...)
			if err == nil || !strings.HasPrefix(err.Error(), option) || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\n`") ||
				strings.Contains(err.Error(), "s3c") || strings.Count(err.Error(), portOf(away)) > 1 {
				t.Errorf("%s%s: %v", option, database, err)
			}
		}
	}
}

// A file that is no database, or broken, is named, with the way back.
func TestDamagedDatabase(t *testing.T) {
	data := t.TempDir()
	file := filepath.Join(data, "admitone.db")
	step{"account create mara@example.com --data " + data, "", "there is no database"}.try(t)
	step{"migrate --data " + data, "to " + newest(t), ""}.try(t)
	whole := read(t, file)
	for name, text := range map[string][]byte{
		"no database": []byte(strings.Repeat("not a database\n", 1000)),
		"broken":      append(append([]byte{}, whole[:100]...), []byte(strings.Repeat("x", len(whole)-100))...),
	} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		const mend = "restore the last backup"
		for _, command := range []string{"migrate", "migrate status", "account list"} {
			step{command + " --data " + data, "", "--data: " + file + " is damaged, or no database; stop the server, and " + mend}.try(t)
		}
		if os.Getenv("ADMITONE_TEST_POSTGRES") != "" {
			step{"move --data " + data + " --to " + postgresURL(t), "", mend}.try(t)
		}
		step{"backup " + filepath.Join(data, "copy.db") + " --data " + data, "", mend}.try(t)
		report, err := types(t, clockOfTests, "doctor", "--data", data)
		if err == nil || !strings.Contains(report, "wrong  database       --data: "+file+" is damaged, or no database.") || !strings.Contains(report, mend) {
			t.Errorf("%s: %v\n%s", name, err, report)
		}
	}
}
