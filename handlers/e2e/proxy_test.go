package e2e

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"admitone/internal/freeport"
)

// proxy is one of deploy/ in front of instances, with the ports and the files of a
// test in place of its own.
type proxy struct {
	https, http string // ports
	dir         string
	env         []string
}

// behind starts a proxy in front of instances, and of an application at an address of
// its own, "" for none.
type behind func(t *testing.T, c *pair, app string, instances ...string) proxy

var proxies = map[string]behind{"nginx": nginx, "caddy": caddy}

// adapted is a file of deploy/ with what each pair of changes puts in place; all of it
// must be there.
func adapted(t *testing.T, file string, changes ...string) string {
	t.Helper()
	text := string(must[[]byte](t)(os.ReadFile(filepath.Join("..", "..", "deploy", file))))
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("deploy/%s does not say %q", file, changes[i])
		}
		text = strings.ReplaceAll(text, changes[i], changes[i+1])
	}
	return text
}

func nginx(t *testing.T, c *pair, app string, instances ...string) proxy {
	t.Helper()
	p := proxy{https: freeport.Port(t), http: freeport.Port(t), dir: t.TempDir()}
	second := "#" // one instance: no line
	if len(instances) > 1 {
		second = "server " + instances[1] + " max_fails"
	}
	own := adapted(t, "nginx.conf", "server 127.0.0.1:8081 max_fails", second, "127.0.0.1:8080", instances[0],
		"listen 80;", "listen 127.0.0.1:"+p.http+";", "listen [::]:80;", "", "listen 443 ssl", "listen 127.0.0.1:"+p.https+" ssl", "listen [::]:443 ssl http2;", "",
		"/etc/ssl/accounts.example.com/fullchain.pem", c.cert, "/etc/ssl/accounts.example.com/privkey.pem", c.key, "/var/log/nginx/", p.dir+"/")
	if app != "" {
		own = strings.Replace(own, "\tlocation / {", adapted(t, "nginx-app.conf", "127.0.0.1:9000", app)+"\tlocation / {", 1)
	}
	around := "daemon off; worker_processes 2; pid " + p.dir + "/pid; error_log stderr warn;\nevents {}\nhttp {\n"
	if os.Getuid() == 0 {
		around = "user root;\n" + around // the folder of a test is for its owner
	}
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		around += kind + "_temp_path " + p.dir + "/" + kind + ";\n"
	}
	p.run(t, "nginx", []string{"/usr/sbin/nginx", "nginx"}, around+own+"}\n", "-e", "stderr", "-p", p.dir, "-c")
	return p
}

func caddy(t *testing.T, c *pair, app string, instances ...string) proxy {
	t.Helper()
	p := proxy{https: freeport.Port(t), http: freeport.Port(t), dir: t.TempDir()}
	const site = "{$SITE:accounts.example.com} {"
	own := adapted(t, "Caddyfile", site, site+"\n\ttls "+c.cert+" "+c.key)
	if app != "" {
		own = strings.Replace(own, "\treverse_proxy {$INST", adapted(t, "Caddyfile-app", "127.0.0.1:9000", app)+"\treverse_proxy {$INST", 1)
	}
	global := "{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port " + p.http + "\n\thttps_port " + p.https + "\n}\n"
	p.env = []string{"SITE=https://" + host + ":" + p.https, "INSTANCES=" + strings.Join(instances, " ") + " 127.0.0.1:1"} // the last one is down
	p.run(t, "caddy", []string{"caddy"}, global+own, "run", "--adapter", "caddyfile", "--config")
	return p
}

// run starts the proxy with a file as its last argument, waits until it answers, and
// ends it with the test.
func (p proxy) run(t *testing.T, name string, programs []string, conf string, args ...string) {
	t.Helper()
	program := ""
	for _, place := range programs {
		if found, err := exec.LookPath(place); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		t.Fatalf("%s is missing: tools/install installs it on Debian", name)
	}
	file := filepath.Join(p.dir, name+".conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	said := &output{}
	cmd := exec.Command(program, append(args, file)...)
	cmd.Env = append(append(os.Environ(), "HOME="+p.dir, "XDG_DATA_HOME="+p.dir, "XDG_CONFIG_HOME="+p.dir), p.env...)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, tail(said.String(), 4000))
		}
	})
	await(t, name+" to listen", func() (string, bool) {
		conn, err := net.Dial("tcp", "127.0.0.1:"+p.https)
		if err == nil {
			conn.Close()
		}
		return said.String(), err == nil
	})
}

// TestProxies: all of it through the proxies as deploy/ sets them up.
func TestProxies(t *testing.T) {
	t.Parallel()
	for name, behind := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, at := newPair(t), freeport.Address(t)
			app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, "for ", strings.Join(r.Header.Values("X-Account-Id"), ", "))
			}))
			defer app.Close()
			front := behind(t, c, app.Listener.Addr().String(), at)
			in, args := mailServer(t)
			// No more wrong passwords in an hour than in a minute: these tests may last longer than that.
			s := start(t, "address_per_hour = 10", append(args, "--listen", at, "--trusted-proxies", "127.0.0.1", "--public-url", "https://"+host+":"+front.https)...)
			s.reads(in)
			s.keepSecret(password)
			await(t, "the proxy to find the instance", func() (reply, bool) {
				r := s.peer("127.61.0.9").trusts(c).get("/healthz")
				return r, r.status == http.StatusOK
			})
			s.walksThrough(t, c)
			s.looksRight(t, c, front)
			s.isNotFooled(t, c)
			s.opensAnApp(t, c)
			for _, log := range must[[]string](t)(filepath.Glob(filepath.Join(front.dir, "*.log"))) {
				text := must[[]byte](t)(os.ReadFile(log))
				if found := tokenPattern.Find(text); found != nil || strings.Contains(string(text), "q=") {
					t.Errorf("%s holds a token, or what somebody looked for:\n%s", log, text)
				}
			}
			if name == "nginx" {
				text := string(must[[]byte](t)(os.ReadFile(filepath.Join(front.dir, "admitone.log"))))
				for _, line := range []string{`^127\.61\.0\.1 .* POST /sign-up 303 .* [0-9a-f]{16}\n`, ` GET /reset/link/\.\.\. 303 `, ` GET /help/search 200 `} {
					if !regexp.MustCompile(`(?m)` + line).MatchString(text) {
						t.Errorf("nginx's log has no line like %s:\n%s", line, text)
					}
				}
			}
		})
	}
}

// walksThrough signs up, signs in on a new device, and talks to support.
func (s *server) walksThrough(t *testing.T, c *pair) {
	const email = "tessa@example.com"
	first := s.peer("127.61.0.1").trusts(c)
	first.post("/sign-up", "email", email, "password", password).leads(t, "sign-up", "/sign-up/code")
	first.post("/sign-up/code", "code", s.code(email, 1)).leads(t, "the code of a sign-up", "/account")
	second := s.peer("127.61.0.2").trusts(c)
	second.tryPassword(email, password).leads(t, "a right password on a new device", "/sign-in/code")
	second.post("/sign-in/code", "code", s.code(email, 2)).leads(t, "the code of a sign-in", "/account")
	for _, p := range []*peer{first, second} {
		if p.cookie("__Host-session") == "" || p.cookie("__Host-device") == "" || !p.signedIn() {
			t.Errorf("not signed in, or by other cookies: %v", p.client.Jar.Cookies(p.site()))
		}
	}
	path, open := second.chat(t)
	open.news()
	if r := second.post(path, "message", "Are you there?", "nonce", "two"); r.status != http.StatusSeeOther {
		t.Errorf("a message: %v", r)
	}
	open.news() // the stream was not gathered, or this would come at its end

	third := s.peer("127.61.0.4").trusts(c)
	third.post("/reset", "email", email).leads(t, "a reset", "/reset/code")
	third.get(s.linkTo(email, "", "/reset/link")).leads(t, "the link of a reset", "/reset/link")
}

// looksRight asks what a proxy might double, lose or add.
func (s *server) looksRight(t *testing.T, c *pair, front proxy) {
	p := s.peer("127.61.0.3").trusts(c)
	for path, status := range map[string]int{"/sign-in": 200, "/none": 404, "/account": 303, "/help/search?q=no+code": 200, "/readyz": 200} {
		r := p.get(path)
		if path == "/readyz" { // it gives a disk that is busy two seconds
			r = await(t, path, func() (reply, bool) { r := p.get(path); return r, r.status == status })
		}
		hsts := r.header.Values("Strict-Transport-Security")
		if r.status != status || len(hsts) != 1 || !strings.HasPrefix(hsts[0], "max-age=63072000") {
			t.Errorf("%s: %d with HSTS %q", path, r.status, hsts)
		}
	}
	if r := p.post("/sign-in", "email", strings.Repeat("a", 100<<10)); r.status != http.StatusRequestEntityTooLarge || !strings.Contains(r.body, "Admit One") {
		t.Errorf("too long a form: %v", r)
	}
	p.header.Set("Accept-Encoding", "gzip")
	resp := p.open(t, "/help")
	defer resp.Body.Close()
	plain := must[*gzip.Reader](t)(gzip.NewReader(resp.Body))
	if body, err := io.ReadAll(plain); resp.ProtoMajor != 2 || len(resp.Header.Values("Content-Encoding")) != 1 || err != nil || !strings.Contains(string(body), "<main") {
		t.Errorf("a page by %s as %v: %v", resp.Proto, resp.Header.Values("Content-Encoding"), err)
	}
	clear := must[*http.Request](t)(http.NewRequest(http.MethodGet, "http://127.0.0.1:"+front.http+"/help?a=b", nil))
	clear.Host = host
	led := must[*http.Response](t)(http.DefaultTransport.RoundTrip(clear))
	led.Body.Close()
	if to := must[*url.URL](t)(led.Location()); led.StatusCode != http.StatusPermanentRedirect || to.Scheme != "https" || to.Hostname() != host || to.RequestURI() != "/help?a=b" {
		t.Errorf("in the clear: %s to %s", led.Status, to)
	}
}

// isNotFooled guesses from one address in the name of many.
func (s *server) isNotFooled(t *testing.T, c *pair) {
	var guesses tried
	for i := range 14 {
		p := s.peer("127.62.0.1").trusts(c)
		for name, values := range claims(i) {
			p.header[name] = values
		}
		guesses.add(p.tryPassword(fmt.Sprintf("nobody%d@example.com", i), "stolen elsewhere"))
	}
	guesses.are(t, map[string]int{"422": 10, "429": 4})
	s.counted("failures of the true address", 10, "SELECT count(*) FROM spends WHERE key = 'address 127.62.0.1'")
	s.counted("failures of any other", 0, "SELECT count(*) FROM spends WHERE key LIKE 'address %' AND key <> 'address 127.62.0.1'")
	await(t, "the true network in the security log", func() (string, bool) {
		said := s.out.String()
		return tail(said, 2000), strings.Contains(said, "event=excess_rate_limit_exceeded address=127.62.0.0 ")
	})
	if strings.Contains(s.out.String(), "address=203.0.113.0") {
		t.Error("the log believes what clients say")
	}
}

// opensAnApp asks for what only those see who are signed in.
func (s *server) opensAnApp(t *testing.T, c *pair) {
	p := s.peer("127.61.0.5").trusts(c)
	p.header.Set("X-Account-Id", "somebody else")
	p.get("/app/").leads(t, "who is not signed in", "/sign-in")
	const email = "appa@example.com"
	p.post("/sign-up", "email", email, "password", password).leads(t, "sign-up", "/sign-up/code")
	p.post("/sign-up/code", "code", s.code(email, 1)).leads(t, "the code of a sign-up", "/account")
	if r := p.get("/app/"); r.status != http.StatusOK || !regexp.MustCompile(`^for [0-9a-f]{32}$`).MatchString(r.body) {
		t.Errorf("who is signed in: %v", r)
	}
	p.post("/sign-out").leads(t, "a sign-out", "/sign-in")
	p.get("/app/").leads(t, "after the sign-out", "/sign-in")
}

// TestNobodyReady: behind Caddy, where no instance is ready, people get the product's
// page. The only instance that runs is leaving and says so, but goes on serving.
func TestNobodyReady(t *testing.T) {
	t.Parallel()
	c, at := newPair(t), freeport.Address(t)
	front := caddy(t, c, "", at, "127.0.0.2:1", "127.0.0.3:1") // one more is down by itself
	s := start(t, "", "--listen", at, "--trusted-proxies", "127.0.0.1", "--public-url", "https://"+host+":"+front.https, "--drain", "5m",
		"--no-dev-inbox", "--smtp", "smtp://127.0.0.1:9?tls=none", "--mail-from", "codes@example.com")
	t.Cleanup(func() { // it is leaving for longer than this lasts, however slow the machine is
		_ = s.cmd.Process.Kill()
		<-s.gone
		s.cmd = nil
	})
	p := s.peer("127.64.0.1").trusts(c)
	await(t, "Caddy to find the instance", func() (reply, bool) {
		r := p.get("/healthz")
		return r, r.status == http.StatusOK
	})
	s.signal()
	await(t, "a page that Caddy has looked for an instance for", func() (time.Duration, bool) {
		from := time.Now()
		if r := p.get("/sign-in"); r.status != http.StatusOK || !strings.Contains(r.body, "Admit One") {
			t.Fatalf("a page after the signal: %v", r)
		}
		asked := time.Since(from)
		return asked, asked >= 4*time.Second
	})
	var g sync.WaitGroup
	for range 50 { // which instance is asked is no matter of chance
		g.Go(func() {
			if r := p.get("/sign-in"); r.status != http.StatusOK || !strings.Contains(r.body, "Admit One") {
				t.Errorf("a page where three of four are down: %v", r)
			}
		})
	}
	g.Wait()
}

// TestRollingRestart: behind nginx, two instances on one database are stopped and
// started again one after the other, and nobody is refused.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	c, database, key := newPair(t), freshDatabase(t), filepath.Join(t.TempDir(), "key")
	at := []string{freeport.Address(t), freeport.Address(t)}
	front := nginx(t, c, "", at...)
	in, mail := mailServer(t)
	var list []*server
	for _, listen := range at {
		s := start(t, "", append(mail, "--listen", listen, "--database", database, "--key-file", key,
			"--trusted-proxies", "127.0.0.1", "--public-url", "https://"+host+":"+front.https, "--drain", "5s")...)
		s.reads(in)
		list = append(list, s)
	}

	var asked atomic.Int64
	over := make(chan struct{})
	var g sync.WaitGroup
	for i := range 6 {
		p := list[0].peer(fmt.Sprintf("127.63.0.%d", i+1)).trusts(c)
		g.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				if r := p.get("/sign-in"); r.status != http.StatusOK {
					t.Errorf("a page: %v", r)
				}
				if r := p.post("/theme", "theme", "dark"); r.status != http.StatusSeeOther {
					t.Errorf("a form: %v", r)
				}
				asked.Add(2)
			}
		})
	}
	for _, s := range list {
		some := asked.Load() + 100
		await(t, "some requests", func() (int64, bool) { return asked.Load(), asked.Load() >= some })
		s.stop()
		s.run()
	}
	close(over)
	g.Wait()
	t.Logf("%d requests", asked.Load())
}
