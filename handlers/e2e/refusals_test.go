package e2e

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRefusals starts the binary with what it cannot work with. Each time it
// ends at once, with one line that names the option and the mend.
func TestRefusals(t *testing.T) {
	t.Parallel()
	busy := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	defer busy.Close()
	file := configFile(t, "not a folder")
	folder := func(t *testing.T) string { return filepath.Join(t.TempDir(), "data") }
	mail := []string{"--smtp", "smtp://127.0.0.1:2525?tls=none", "--mail-from", "codes@example.com"}
	with := func(more ...string) []string { return append(append([]string{}, mail...), more...) }
	gateway := func(more ...string) []string {
		return append([]string{"--sms-url", "https://gateway.example.com/send", "--sms-body", "to={to}&text={text}", "--sms-countries", "AT"}, more...)
	}
	kannel := func(more ...string) []string {
		return append([]string{"--sms-preset", "kannel", "--sms-url", "http://127.0.0.1:13013/cgi-bin/sendsms", "--sms-countries", "AT,DE"}, more...)
	}

	for _, c := range []struct {
		name string
		args []string
		want []string // all of them in the line
	}{
		{"port in use", []string{"--listen", busy.Addr().String()}, []string{"--listen", "in use"}},
		{"address without port", []string{"--listen", "127.0.0.1"}, []string{"--listen", "127.0.0.1:8080"}},
		{"data folder is a file", []string{"--data", file}, []string{"--data", file}},
		{"data folder inside a file", []string{"--data", filepath.Join(file, "data")}, []string{"--data"}},
		{"inbox beside an open address", []string{"--listen", "0.0.0.0:0", "--public-url", "https://accounts.example.com", "--dev-inbox"}, []string{"--dev-inbox"}},
		{"inbox beside a public URL", []string{"--public-url", "https://accounts.example.com", "--dev-inbox"}, []string{"--dev-inbox"}},
		{"inbox beside a mail server", with("--dev-inbox"), []string{"--dev-inbox", "--smtp"}},
		{"no mail server", []string{"--no-dev-inbox"}, []string{"--smtp"}},
		{"open address, no public URL", with("--listen", "0.0.0.0:0"), []string{"--public-url"}},
		{"public URL in the clear", with("--public-url", "http://accounts.example.com"), []string{"--public-url", "https://"}},
		{"public URL with a path", with("--public-url", "https://accounts.example.com/door"), []string{"--public-url"}},
		{"wrong mail server", []string{"--smtp", "mail.example.com:587"}, []string{"--smtp"}},
		{"wrong TLS mode", []string{"--smtp", "smtp://mail.example.com?tls=maybe", "--mail-from", "codes@example.com"}, []string{"--smtp", "tls"}},
		{"no sender", []string{"--smtp", "smtp://127.0.0.1:2525?tls=none"}, []string{"--mail-from"}},
		{"wrong sender", []string{"--mail-from", "Admit One"}, []string{"--mail-from"}},
		{"wrong time zone", []string{"--time-zone", "Europe/Atlantis"}, []string{"--time-zone", "Europe/Vienna"}},
		{"wrong proxy", []string{"--trusted-proxies", "the-proxy"}, []string{"--trusted-proxies"}},
		{"wrong database", []string{"--database", "mysql://127.0.0.1/x"}, []string{"--database"}},
		{"wrong log", []string{"--log", "xml"}, []string{"--log"}},
		{"wrong sign-up", []string{"--sign-up", "maybe"}, []string{"--sign-up"}},
		{"wrong brand", []string{"--brand-name", " "}, []string{"--brand-name"}},
		{"no such config", []string{"--config", filepath.Join(t.TempDir(), "none.toml")}, []string{"--config"}},
		{"unreadable config", []string{"--config", configFile(t, "[policy")}, []string{"--config"}},
		{"wrong key in the config", []string{"--config", configFile(t, "[policy]\ncode_live = \"5m\"")}, []string{"--config", "code_live"}},
		{"wrong value in the config", []string{"--config", configFile(t, "[policy]\ncode_life = \"11m\"")}, []string{"--config", "code_life", "10m"}},
		{"wrong kind of value", []string{"--config", configFile(t, "[policy]\ncode_tries = \"five\"")}, []string{"--config", "code_tries"}},
		{"no such option", []string{"--colour", "red"}, []string{"--colour"}},
		{"texts, wrong preset", []string{"--sms-preset", "pigeon"}, []string{"--sms-preset", "kannel", "twilio"}},
		{"texts, no address", []string{"--sms-from", "AdmitOne"}, []string{"--sms-url", "--sms-preset"}},
		{"texts, Kannel without its address", []string{"--sms-preset", "kannel"}, []string{"--sms-url", "sendsms"}},
		{"texts, wrong address", gateway("--sms-url", "gateway.example.com"), []string{"--sms-url", "https://"}},
		{"texts, in the clear", gateway("--sms-url", "http://gateway.example.com/send"), []string{"--sms-url", "https://"}},
		{"texts, password in the address", gateway("--sms-url", "https://me:gwpass7q@gateway.example.com/send"), []string{"--sms-url", "--sms-password"}},
		{"texts, wrong method", gateway("--sms-method", "PATCH"), []string{"--sms-method", "POST"}},
		{"texts, a GET with a body", gateway("--sms-method", "GET"), []string{"--sms-body", "--sms-method"}},
		{"texts, wrong header", gateway("--sms-header", "Authorization"), []string{"--sms-header", "Name: value"}},
		{"texts, wrong body", gateway("--sms-body", `{"to":{to}}`, "--sms-header", "Content-Type: application/json"), []string{"--sms-body", "JSON"}},
		{"texts, no words in the body", gateway("--sms-body", "to={to}"), []string{"--sms-body", "{text}"}},
		{"texts, wrong placeholder", gateway("--sms-body", "to={to}&text={text}&as={sender}"), []string{"--sms-body", "{sender}"}},
		{"texts, wrong rule", gateway("--sms-ok", "^(200"), []string{"--sms-ok", "RE2"}},
		{"texts, no user", kannel("--sms-from", "AdmitOne", "--sms-password", "gwpass7q"), []string{"--sms-user"}},
		{"texts, no password", kannel("--sms-from", "AdmitOne", "--sms-user", "codes"), []string{"--sms-password"}},
		{"texts, no sender", kannel("--sms-user", "codes", "--sms-password", "gwpass7q"), []string{"--sms-from"}},
		{"texts, an option that the preset has", kannel("--sms-ok", "."), []string{"--sms-ok", "--sms-preset"}},
		{"texts, wrong country", gateway("--sms-countries", "AT,Germany"), []string{"--sms-countries", "Germany", "AT,DE"}},
		{"texts, no countries", gateway()[:4], []string{"--sms-countries", "AT,DE"}},
		{"brand too long for a text", with(gateway("--brand-name", "The Old Picture House by the River Bend", "--public-url", "https://accounts.picturehouse.example.com")...), []string{"--brand-name", "--public-url", "shorter"}},
		{"brand that no text can carry", gateway("--brand-name", "Kino Łąka"), []string{"--brand-name", "Ł"}},
		{"host too long for a text", with(gateway("--public-url", "https://accounts."+strings.Repeat("a-very-long-name-", 3)+"indeed.example.com")...), []string{"--public-url", "shorter"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := c.args
			if !strings.Contains(strings.Join(args, " "), "--data ") {
				args = append(args, "--data", folder(t))
			}
			if !strings.Contains(strings.Join(args, " "), "--listen ") {
				args = append(args, "--listen", "127.0.0.1:0")
			}
			refused(t, command(args...), c.want...)
		})
	}
}

// refused expects a start to end with an error of one line.
func refused(t *testing.T, c *exec.Cmd, want ...string) {
	t.Helper()
	var out, errOut bytes.Buffer
	c.Stdout, c.Stderr = &out, &errOut
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ends := time.AfterFunc(patience, func() { _ = c.Process.Kill() }) // it serves, and would for ever
	err := c.Wait()
	ends.Stop()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() < 1 {
		t.Fatalf("it ended with %v, want an exit code that is not 0\n%s%s", err, &out, &errOut)
	}
	line := strings.TrimSuffix(errOut.String(), "\n")
	if strings.Contains(line, "gwpass7q") {
		t.Errorf("it said a password: %q", line)
	}
	if strings.Contains(line, "\n") || !strings.HasPrefix(line, "admitone: ") || out.Len() > 0 {
		t.Errorf("it said more than one line:\n%s%s", &out, &errOut)
	}
	for _, w := range want {
		if !strings.Contains(line, w) {
			t.Errorf("it said %q, want %q in it", line, w)
		}
	}
}

// TestRefusalsOfAFolder: what is wrong with a data folder that has been in use.
func TestRefusalsOfAFolder(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	refused(t, command(s.args...), "--data", "another admitone is serving")
	s.stop()

	key := filepath.Join(s.data, "key")
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	refused(t, command(s.args...), "--key-file", "0644", "chmod 600")

	text := must[[]byte](t)(os.ReadFile(key))
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	refused(t, command(s.args...), "--key-file", key, "restore")

	other := append([]byte("00000000 "), text[bytes.IndexByte(text, '\n')+10:]...)
	if err := os.WriteFile(key, other, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, command(s.args...), "--key-file", "does not hold key")

	if err := os.WriteFile(key, []byte("no key at all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, command(s.args...), "--key-file", "line 1")

	if err := os.WriteFile(key, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s.run() // with its key back it starts again
}

// TestRefusesWithoutCompiler: a binary that was built without C has no SQLite.
func TestRefusesWithoutCompiler(t *testing.T) {
	t.Parallel()
	to := filepath.Join(t.TempDir(), "admitone")
	if out, err := build(to, "CGO_ENABLED=0"); err != nil {
		t.Fatalf("go build without cgo: %v\n%s", err, out)
	}
	refused(t, exec.Command(to, "--data", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0"), "--database", "C compiler")
}
