package e2e

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// deployed is a file of deploy/, or the Dockerfile.
func deployed(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "deploy")
	if name == "Dockerfile" {
		dir = filepath.Join("..", "..")
	}
	return string(must[[]byte](t)(os.ReadFile(filepath.Join(dir, name))))
}

// TestDeployNamesOptions: what the files of deploy/ name of the program is there.
func TestDeployNamesOptions(t *testing.T) {
	t.Parallel()
	help := string(must[[]byte](t)(command("--help").Output()))
	known := regexp.MustCompile(`--[a-z-]+[a-z]|ADMITONE_[A-Z_]+[A-Z]`).FindAllString(help, -1)
	named := map[string]*regexp.Regexp{
		"nginx.conf": regexp.MustCompile(`--[a-z-]+[a-z]`), "Caddyfile": regexp.MustCompile(`--[a-z-]+[a-z]`),
		"admitone.service": regexp.MustCompile(`ADMITONE_[A-Z_]+|--(?:drain|tls)[a-z-]*`), "compose.yaml": regexp.MustCompile(`ADMITONE_[A-Z_]+`),
		"Dockerfile": regexp.MustCompile(`ADMITONE_[A-Z_]+`), "backup.md": regexp.MustCompile(`ADMITONE_[A-Z_]+`), "README.md": regexp.MustCompile(`ADMITONE_[A-Z_]+|--(?:drain|tls|metrics|trusted|log|public)[a-z-]*`),
	}
	for file, what := range named {
		for _, name := range what.FindAllString(deployed(t, file), -1) {
			if !slices.Contains(known, name) {
				t.Errorf("%s names %s, which is no option", file, name)
			}
		}
	}
	// A stop has the time of --drain, and that of a send that hangs.
	for file, line := range map[string]string{"admitone.service": "TimeoutStopSec=60\n", "compose.yaml": "stop_grace_period: 60s "} {
		if !strings.Contains(deployed(t, file), line) {
			t.Errorf("%s does not say %q", file, line)
		}
	}
}

// TestSystemdUnit: systemd knows every key and value of the unit. What it does not know
// it only warns of, and ends well.
func TestSystemdUnit(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	const program = "/usr/local/bin/admitone" // must be there, too
	text := deployed(t, "admitone.service")
	if !strings.Contains(text, "ExecStart="+program+"\n") {
		t.Fatalf("the unit does not start %s", program)
	}
	unit := filepath.Join(t.TempDir(), "admitone.service")
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(text, "="+program, "="+binary)), 0o600); err != nil {
		t.Fatal(err)
	}
	// It ends well with a line about a key that it does not know; and a machine's other
	// units are none of ours.
	out, _ := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", unit).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "admitone.service") {
			t.Error(line)
		}
	}
}

// TestCompose: the file says what its instances need, and they start with it as far as
// the database, which is not there.
func TestCompose(t *testing.T) {
	t.Parallel()
	var file struct {
		Services map[string]struct {
			Environment map[string]string
			Volumes     []string
			Networks    yaml.Node
			ReadOnly    bool `yaml:"read_only"`
		}
		Networks map[string]struct {
			IPAM struct {
				Config []struct {
					Subnet string
					Range  string `yaml:"ip_range"`
				}
			}
		}
		Volumes map[string]any
	}
	text := deployed(t, "compose.yaml")
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	values := strings.NewReplacer("${HOST:?}", host, "${DATABASE_PASSWORD:?}", "secret", "${SMTP:?}", "smtp://me:secret@127.0.0.1:587", "${MAIL_FROM:?}", "codes@example.com",
		"@database:5432", "@127.0.0.1:1")
	for name, s := range file.Services {
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if _, known := file.Volumes[from]; !known && !strings.HasPrefix(from, "./") {
				t.Errorf("%s: no volume %s", name, from)
			}
		}
		if !strings.HasPrefix(name, "admitone-") {
			continue
		}
		if !s.ReadOnly {
			t.Errorf("%s may write everywhere", name)
		}
		c := command("--data", t.TempDir())
		for variable, value := range s.Environment {
			c.Env = append(c.Env, variable+"="+values.Replace(value))
		}
		c.Env = append(c.Env, "ADMITONE_LISTEN=127.0.0.1:0", "ADMITONE_METRICS=127.0.0.1:0")
		if said, err := c.CombinedOutput(); err == nil || !strings.HasPrefix(string(said), "admitone: --database: PostgreSQL at 127.0.0.1:1 does not answer: ") {
			t.Errorf("%s: %v: %s", name, err, said)
		}
	}
	if len(file.Services) != 4 {
		t.Errorf("%d services", len(file.Services))
	}
	var proxy struct {
		Outside struct {
			IPv4 string `yaml:"ipv4_address"`
			IPv6 string `yaml:"ipv6_address"`
		}
	}
	node := file.Services["proxy"].Networks
	if err := node.Decode(&proxy); err != nil {
		t.Fatal(err)
	}
	own := []string{proxy.Outside.IPv4, proxy.Outside.IPv6}
	if got := file.Services["admitone-1"].Environment["ADMITONE_TRUSTED_PROXIES"]; got != strings.Join(own, ",") {
		t.Errorf("the proxy at %v is not the trusted one: %s", own, got)
	}
	for i, given := range file.Networks["outside"].IPAM.Config {
		at := must[netip.Addr](t)(netip.ParseAddr(own[i]))
		if !must[netip.Prefix](t)(netip.ParsePrefix(given.Subnet)).Contains(at) || must[netip.Prefix](t)(netip.ParsePrefix(given.Range)).Contains(at) {
			t.Errorf("%v is not in %s, or another service may be given it", at, given.Subnet)
		}
	}
}

// TestAlertRules: every figure that a rule names is there, with the labels and the
// values that it asks for, and README.md tells of all of them and no more.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	c := newPair(t)
	s := start(t, "", "--metrics", "127.0.0.1:0", "--tls-cert", c.cert, "--tls-key", c.key, "--no-dev-inbox", "--smtp", "smtp://127.0.0.1:9?tls=none", "--mail-from", "codes@example.com")
	s.letters = func() []letter { return nil }
	at := regexp.MustCompile(`Metrics are at (\S+)`).FindStringSubmatch(s.out.String())
	resp := must[*http.Response](t)(http.Get(at[1]))
	figures := string(must[[]byte](t)(io.ReadAll(resp.Body)))
	resp.Body.Close()

	readme := string(must[[]byte](t)(os.ReadFile(filepath.Join("..", "..", "README.md"))))
	ours := func(text, pattern string) []string {
		var list []string
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			list = append(list, found[1])
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	if told, there := ours(readme, "`(admitone_[a-z_]+)[`{]"), ours(figures, `(?m)^# TYPE (admitone_[a-z_]+) `); !slices.Equal(told, there) {
		t.Errorf("README.md tells of the figures\n%v\nand there are\n%v", told, there)
	}

	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(deployed(t, "alerts.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	metric := regexp.MustCompile(`\b((?:admitone|process)_[a-z_]+)(?:\{([^}]*)\})?`)
	selector := regexp.MustCompile(`(\w+)=~?"([^"]*)"`)
	seen := map[string]bool{}
	for _, r := range file.Groups[0].Rules {
		if r.Alert == "" || r.Labels["severity"] == "" || r.Annotations["summary"] == "" || seen[r.Alert] {
			t.Errorf("a rule is not whole, or there twice: %+v", r)
		}
		seen[r.Alert] = true
		for _, found := range metric.FindAllStringSubmatch(r.Expr, -1) {
			if !regexp.MustCompile(`(?m)^` + found[1] + `[{ ]`).MatchString(figures) {
				t.Errorf("%s: there is no %s", r.Alert, found[1])
			}
			for _, label := range selector.FindAllStringSubmatch(found[2], -1) {
				for value := range strings.SplitSeq(label[2], "|") {
					if label[1] != "job" && !regexp.MustCompile(fmt.Sprintf(`(?m)^%s\{.*\b%s="%s"`, found[1], label[1], value)).MatchString(figures) {
						t.Errorf("%s: %s has no %s=%q", r.Alert, found[1], label[1], value)
					}
				}
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("%d rules", len(seen))
	}
}

// TestImage: the Dockerfile's build makes a folder in which the program runs as a user
// who may write into the data folder and nowhere else.
func TestImage(t *testing.T) {
	t.Parallel()
	text := deployed(t, "Dockerfile")
	build := regexp.MustCompile(`(?m)^RUN (.* go build .*)$`).FindStringSubmatch(text)
	if build == nil {
		t.Fatal("no build command")
	}
	image := t.TempDir()
	if out, err := inTop(t, "sh", "-c", strings.ReplaceAll(build[1], "/image", image)).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// All of ours that the build needs is copied into it.
	out := must[[]byte](t)(inTop(t, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output())
	for of := range strings.FieldsSeq(string(out)) {
		if folder, ours := strings.CutPrefix(of, "admitone/"); ours {
			top, _, _ := strings.Cut(folder, "/")
			if !strings.Contains(text, "COPY "+top+" "+top+"\n") {
				t.Errorf("the Dockerfile does not copy %s", top)
			}
		}
	}

	data, root := filepath.Join(image, "data"), image
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(image, "admitone"), "--listen", "127.0.0.1:0", "--data", data)
	if os.Getuid() == 0 {
		if err := os.Chown(data, 65532, 65532); err != nil {
			t.Fatal(err)
		}
		cmd = exec.Command("/admitone", "--listen", "127.0.0.1:0")
		cmd.Dir, root = "/", "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: image, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	}
	cmd.Env = []string{"SQLITE_TMPDIR=" + filepath.Join(root, "data"), "ADMITONE_DATA=" + filepath.Join(root, "data")}
	before := filesOf(t, image)
	said := &output{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() { gone <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	base := await(t, "the address of the server", func() (string, bool) {
		found := readyLine.FindStringSubmatch(said.String())
		if found == nil {
			return said.String(), false
		}
		return found[1], true
	})
	p := newPeer(t, base, "127.0.0.1")
	p.signUp("ida@example.com", password)
	if !p.signedIn() {
		t.Error("not signed in")
	}
	p.client.CloseIdleConnections()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-gone:
		if err != nil {
			t.Errorf("it ended with %v:\n%s", err, said)
		}
	case <-time.After(2 * patience):
		t.Error("it did not end")
	}
	if after := filesOf(t, image); !slices.Equal(before, after) {
		t.Errorf("it wrote outside of the data folder:\n%v\n%v", before, after)
	}
}

// inTop is a command in the top folder of the module.
func inTop(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir = filepath.Join("..", "..")
	return c
}

// filesOf lists what is in an image beside its data.
func filesOf(t *testing.T, image string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(image, func(path string, d fs.DirEntry, err error) error {
		if err == nil && path == filepath.Join(image, "data") {
			return fs.SkipDir
		}
		list = append(list, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
