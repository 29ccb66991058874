package main

import (
	"bufio"
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"admitone/models/operate"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"
)

// asProgram is set in the children of a test that are to be the program.
const asProgram = "ADMITONE_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		_ = os.Unsetenv(asProgram)
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// walls say where a library may be used at all: a folder with all below it, or
// a file.
var walls = map[string][]string{
	"gorm.io/": {"models/"}, "github.com/jackc/pgx/": {"models/"}, "github.com/mattn/go-sqlite3": {"models/"}, "github.com/pressly/goose/": {"models/"},
	"github.com/labstack/": {"handlers/", "main.go"}, "github.com/gorilla/": {"handlers/", "main.go"},
	"github.com/a-h/templ": {"views/", "handlers/render.go"},
	"database/sql":         {"models/"},
}

// sources gives every Go file of the program, parsed; what only tests use is
// outside of the laws.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && (name == "tools" || name == "data" || name == filepath.Join("handlers", "e2e") || strings.HasPrefix(d.Name(), ".") && name != ".") {
			return fs.SkipDir
		}
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		files[filepath.ToSlash(name)], err = parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func imports(f *ast.File) map[string]string {
	found := map[string]string{}
	for _, i := range f.Imports {
		of, _ := strconv.Unquote(i.Path.Value)
		found[of] = path.Base(of)
		if i.Name != nil {
			found[of] = i.Name.Name
		}
	}
	return found
}

// mayImport is the import law, as CONTRIBUTING.md tells it: which of our packages a
// package may use. Tests are outside of it.
func mayImport(t *testing.T) map[string][]string {
	t.Helper()
	law := map[string][]string{}
	for folder, cells := range table(t, "CONTRIBUTING.md", "models/") {
		in, used := strings.TrimSuffix(folder, "/"), cells[len(cells)-1]
		law[in] = nil
		if used == "nothing of ours" {
			continue
		}
		for of := range strings.SplitSeq(used, ", ") {
			law[in] = append(law[in], strings.Trim(of, "`"))
		}
	}
	return law
}

func TestImportLaw(t *testing.T) {
	law, there := mayImport(t), map[string]bool{}
	for name, f := range sources(t) {
		in := path.Dir(name)
		there[in] = true
		allowed, known := law[in]
		if !known && in != "." {
			t.Errorf("%s: the law has no line for package %s", name, in)
		}
		for of := range imports(f) {
			ours, isOurs := strings.CutPrefix(of, "admitone/")
			if isOurs && in != "." && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s: %s may only use %q", name, of, in, allowed)
			}
			for library, places := range walls {
				if strings.HasPrefix(of+"/", strings.TrimSuffix(library, "/")+"/") && !slices.ContainsFunc(places, func(p string) bool {
					return name == p || strings.HasSuffix(p, "/") && strings.HasPrefix(name, p)
				}) {
					t.Errorf("%s imports %s, which belongs to %v", name, of, places)
				}
			}
		}
	}
	for in, allowed := range law {
		for _, named := range append(allowed, in) {
			if !there[named] {
				t.Errorf("CONTRIBUTING.md names %s, which is no package", named)
			}
		}
	}
}

// There is one clock, and main makes it.
func TestOneClock(t *testing.T) {
	for name, f := range sources(t) {
		clock, imported := imports(f)["time"]
		if !imported || name == "main.go" {
			continue
		}
		if clock == "." {
			t.Errorf("%s imports time without its name", name)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				x, of := s.X.(*ast.Ident)
				if of && x.Name == clock && slices.Contains([]string{"Now", "Since", "Until"}, s.Sel.Name) {
					t.Errorf("%s asks time.%s: the clock is Options.Now", name, s.Sel.Name)
				}
			}
			return true
		})
	}
}

// Nothing is left for later in a comment: what is to be done is an issue.
func TestNothingLeftOpen(t *testing.T) {
	open := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX)\b`)
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "node_modules", "vendor", "data"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		text, err := os.ReadFile(name)
		if err == nil && !bytes.Contains(text, []byte{0}) && open.Match(text) {
			t.Errorf("%s: %s", name, open.Find(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// table gives the rows of a file's table that has a row for key: the columns of
// each by the first, which loses its backticks.
func table(t *testing.T, file, key string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			if _, found := rows[key]; found {
				return rows
			}
			rows = map[string][]string{}
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if name, ok := strings.CutPrefix(cells[0], "`"); ok && len(cells) > 1 {
			rows[strings.TrimSuffix(name, "`")] = cells[1:]
		}
	}
	if _, found := rows[key]; !found {
		t.Fatalf("%s has no table with a row for `%s`", file, key)
	}
	return rows
}

func TestOptionTable(t *testing.T) {
	var line commandLine
	parser, err := kong.New(&line, kong.Name("admitone"), kong.DefaultEnvars("ADMITONE"))
	if err != nil {
		t.Fatal(err)
	}
	rows := table(t, "README.md", "--listen")
	for _, f := range parser.Model.Flags {
		if f.Name == "help" {
			continue
		}
		cells := rows["--"+f.Name]
		delete(rows, "--"+f.Name)
		want := []string{"`" + strings.Join(f.Envs, ",") + "`", ""}
		if f.Default != "" {
			want[1] = "`" + f.Default + "`"
		}
		if len(cells) < 2 || !slices.Equal(cells[:2], want) {
			t.Errorf("--%s: README.md says %q; the program says %q", f.Name, cells, want)
		}
	}
	if len(rows) > 0 {
		t.Errorf("README.md lists what are no options: %v", rows)
	}
}

func TestSettingTables(t *testing.T) {
	d := operate.DefaultSettings()
	tellsSettings(t, "code_life", d.Policy)
	tellsSettings(t, "legal_name", d.Brand)
	tellsSettings(t, "unanswered_minutes", d.Support)
	tellsSettings(t, "region", operate.NumberSettings{})
}

// tellsSettings compares the table that has a row for key with the defaults of a
// part of the --config file.
func tellsSettings[T any](t *testing.T, key string, want T) {
	t.Helper()
	rows := table(t, "README.md", key)
	var told T
	fields := reflect.TypeFor[T]()
	for i := range fields.NumField() {
		name := fields.Field(i).Tag.Get("toml")
		if fields.Field(i).Type == reflect.TypeFor[[]operate.NumberSettings]() {
			continue // they have a table of their own
		}
		cells := rows[name]
		delete(rows, name)
		if len(cells) == 0 {
			t.Errorf("README.md does not list %s", name)
			continue
		}
		value := strings.Trim(cells[0], "`")
		if _, err := toml.Decode(name+" = "+value, &told); err != nil {
			if _, err := toml.Decode(name+" = "+strconv.Quote(value), &told); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if len(rows) > 0 {
		t.Errorf("README.md lists what are no settings: %v", rows)
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("README.md says\n%+v\nand the program\n%+v", told, want)
	}
}

func TestVersionAndHelp(t *testing.T) {
	for _, c := range []struct{ command, want string }{
		{"version", "admitone "}, {"--version", "admitone "}, {"help", "--listen"}, {"help send-test", "--to="}, {"help key add", "--starts-in="}, {"--help", "ADMITONE_LISTEN"}, {"serve --help", "--data"},
	} {
		var out, errOut bytes.Buffer
		if err := run(t.Context(), strings.Fields(c.command), &out, &errOut); err != nil || !strings.Contains(out.String(), c.want) || errOut.Len() != 0 {
			t.Errorf("%s: %v\n%s%s", c.command, err, &out, &errOut)
		}
	}
}

// A wrong value stops the start and names the option.
func TestWrongOptions(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("[policy]\ncode_life = \"11m\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"--listen nonsense", "--public-url nonsense", "--public-url https://:8443", "--public-url http://accounts.example.com", "--listen 0.0.0.0:0", "--smtp nonsense",
		"--database mysql://x", "--time-zone Nowhere/Atall", "--trusted-proxies proxy", "--log loud", "--sign-up maybe", "--config " + file,
		"--config " + file + ".none", "--mail-from nobody", "--brand-name=", "--no-dev-inbox", "--tls-cert " + file + " --tls-key " + file, "--tls-key " + file, "--drain 10m", "--drain=-1s", "--data " + file, "--key-file " + folder, "--keys nonsense",
		"--nonsense", "nonsense",
	} {
		named, _, _ := strings.Cut(strings.Fields(args)[0], "=")
		switch args { // what is missing is named, not what makes it needed
		case "--listen 0.0.0.0:0":
			named = "--public-url"
		case "--no-dev-inbox":
			named = "--smtp"
		case "--tls-key " + file:
			named = "--tls-cert: needed"
		}
		full := append([]string{"--listen=127.0.0.1:0", "--data=" + filepath.Join(folder, "data")}, strings.Fields(args)...)
		if err := run(t.Context(), full, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), named) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// What is refused is told with what to do.
func TestRefusalsTellTheMend(t *testing.T) {
	folder := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--metrics 127.0.0.1:99999":          `--metrics: "99999" is not a port from 0 to 65535; write it like`,
		"--metrics " + taken.Addr().String(): "--metrics: " + taken.Addr().String() + " is in use by another program; stop it, or",
		"--listen 192.0.2.1:8080 --public-url https://a.example --smtp smtp://localhost --mail-from a@b.example": "--listen: this machine does not have the address of 192.0.2.1:8080; give",
		"--data " + file + "/x":   "--data: cannot make the folder: mkdir " + file + ": not a directory; give the folder",
		"--drain 5":               `--drain: "5" is not a time; write it like 5s`,
		"key add --starts-in foo": `--starts-in: "foo" is not a time; write it like 5s`,
		"--tls-cert " + file + ".none --tls-key " + file:        "--tls-cert: there is no file " + file + ".none; give",
		"--tls-cert " + file + " --tls-key " + file + ".none":   "--tls-key: there is no file " + file + ".none; give",
		"--smtp http://mail.example:25 --mail-from a@b.example": "--smtp: the mail server's URL must begin with smtp://",
	} {
		full := append([]string{"--listen=127.0.0.1:0", "--data=" + filepath.Join(folder, "data")}, strings.Fields(args)...)
		if err := run(t.Context(), full, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// serving is a program that serves from a folder.
type serving struct {
	*exec.Cmd
	errOut bytes.Buffer
}

// start runs the program in a process of its own, where a lock of a folder
// ends with it, and gives the address that it prints.
func start(t *testing.T, folder string) (p *serving, address string) {
	t.Helper()
	p = &serving{Cmd: exec.Command(os.Args[0], "--listen", "127.0.0.1:0", "--data", folder)}
	p.Env = append(os.Environ(), asProgram+"=1")
	p.Stderr = &p.errOut
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	line, _ := bufio.NewReader(out).ReadString('\n')
	return p, addressIn(line)
}

func addressIn(line string) string {
	return regexp.MustCompile(`http://localhost:\d+`).FindString(line)
}

func healthy(t *testing.T, address string) {
	t.Helper()
	client := http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections() // a stop waits for them
	for _, path := range []string{"/healthz", "/readyz", "/sign-in", "/help/a/no-code", "/contact/chat", "/dev/inbox"} {
		res, err := client.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
}

// An empty folder is enough; it can be served again after a stop, and not by
// two at once.
func TestStartAndStop(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "data")
	for turn := range 2 {
		first, address := start(t, folder)
		if address == "" {
			_ = first.Wait()
			t.Fatalf("turn %d: no address was printed: %s", turn, &first.errOut)
		}
		healthy(t, address)

		beside, none := start(t, folder)
		if err := beside.Wait(); err == nil || none != "" || !strings.Contains(beside.errOut.String(), "--data: another admitone is serving") {
			t.Errorf("turn %d: beside a running one: %v, %q %s", turn, err, none, &beside.errOut)
		}
		healthy(t, address)

		if err := first.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := first.Wait(); err != nil {
			t.Errorf("turn %d: stopped with %v: %s", turn, err, &first.errOut)
		}
	}
	for name, mode := range map[string]fs.FileMode{"key": 0o600, ".": fs.ModeDir | 0o700} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil || info.Mode() != mode {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

// A stop ends the open streams first: it would wait for them to its limit, and
// fail.
func TestStopWithAnOpenChat(t *testing.T) {
	p, address := start(t, t.TempDir())
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Jar: jar}
	form := url.Values{"problem": {"no_code"}, "message": {"My code did not arrive."}, "nonce": {"one"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/contact/chat", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", address)
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	chat := res.Request.URL.String()
	if res.StatusCode != http.StatusOK || !strings.Contains(chat, "/contact/chat/") {
		t.Fatalf("a chat: %s at %s", res.Status, chat)
	}
	res, err = client.Get(chat + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	stream := bufio.NewReader(res.Body)
	if line, err := stream.ReadString('\n'); err != nil || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream begins with %q: %v", line, err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, stream); err != nil {
		t.Errorf("the stream ended with %v", err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("stopped with %v: %s", err, &p.errOut)
	}
}

// A start and a stop inside this process, by the context.
func TestRunEndsWithItsContext(t *testing.T) {
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"--listen", "127.0.0.1:0", "--data", folder, "--log", "json", "--brand-name", "Small House"}, in, log)
		_ = in.Close()
	}()
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "Small House is ready: ") {
		t.Fatalf("%q %v %v", line, err, <-ended)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	healthy(t, addressIn(line))

	port := addressIn(line)[strings.LastIndex(addressIn(line), ":"):]
	err = run(ctx, []string{"--listen", "127.0.0.1" + port, "--data", t.TempDir()}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "--listen") || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a port in use: %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("stopped with %v", err)
	}
	if text, err := os.ReadFile(log.Name()); err != nil || !bytes.HasPrefix(text, []byte(`{"time":`)) {
		t.Errorf("the log is not JSON: %s, %v", text, err)
	}
}

// SECURITY.md says of each promise where it is held and what tests it: files and
// tests that there are.
func TestPromisesAreTested(t *testing.T) {
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	tests := regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w+)\(`)
	err = filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") {
			return err
		}
		there[filepath.Base(name)], there[filepath.ToSlash(name)] = true, true
		code, err := os.ReadFile(name)
		for _, found := range tests.FindAllSubmatch(code, -1) {
			there[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	promise := regexp.MustCompile(`^\| .* \| \d+\.\d+\.\d.* \| .* \|$`) // with its line of the standard
	for row := range strings.Lines(string(text)) {
		if !promise.MatchString(strings.TrimSpace(row)) {
			continue
		}
		tested := false
		for _, named := range regexp.MustCompile("`((?:Test|Benchmark|Fuzz)\\w+|[\\w/]+\\.go)`").FindAllStringSubmatch(row, -1) {
			if !there[named[1]] {
				t.Errorf("SECURITY.md names %s, which there is not", named[1])
			}
			tested = tested || !strings.HasSuffix(named[1], ".go")
		}
		if !tested {
			t.Errorf("SECURITY.md names no test for%s", strings.Split(row, "|")[1])
		}
	}
}
