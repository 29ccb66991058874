package static

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestURLCarriesTheHashOfTheContent(t *testing.T) {
	for name, a := range byName {
		body, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(body)
		if hash := hex.EncodeToString(sum[:4]); !strings.Contains(URL(name), "."+hash+".") {
			t.Errorf("URL(%q) = %q, want the hash %s in it", name, URL(name), hash)
		}
		if a.kind == "" {
			t.Errorf("%s has no content type", name)
		}
	}
	if !regexp.MustCompile(`^/static/app\.[0-9a-f]{8}\.css$`).MatchString(URL("app.css")) {
		t.Errorf("URL(app.css) = %q", URL("app.css"))
	}
}

func TestURLOfAnUnknownNamePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	URL("nothing.css")
}

func TestHandler(t *testing.T) {
	cases := []struct {
		method, path, accept string
		status               int
		encoding             string
	}{
		{"GET", URL("app.css"), "", 200, ""},
		{"GET", URL("app.css"), "br, gzip", 200, "gzip"},
		{"GET", URL("app.css"), "gzip;q=0.5", 200, "gzip"},
		{"GET", URL("app.css"), "gzip;q=0", 200, ""},
		{"GET", URL("app.css"), "xgzip", 200, ""},
		{"HEAD", URL("code.js"), "gzip", 200, "gzip"},
		{"GET", URL("vendor/htmx-2.0.11.min.js"), "gzip", 200, "gzip"},
		{"POST", URL("app.css"), "", 405, ""},
		{"GET", "/static/app.css", "", 404, ""},
		{"GET", "/static/app.00000000.css", "gzip", 200, "gzip"}, // of another version
		{"GET", "/static/app.0000000g.css", "", 404, ""},
		{"GET", "/static/nothing.00000000.css", "", 404, ""},
		{"GET", "app.css", "", 404, ""},
		{"GET", "/static/", "", 404, ""},
		{"GET", "/static/../go.mod", "", 404, ""},
		{"GET", "/static/vendor/SHA384SUMS", "", 404, ""},
	}
	for _, c := range cases {
		r := httptest.NewRequest(c.method, "http://localhost/", nil)
		r.URL.Path = c.path
		r.Header.Set("Accept-Encoding", c.accept)
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Content-Encoding") != c.encoding {
			t.Errorf("%s %s (%s): %d %q, want %d %q", c.method, c.path, c.accept, w.Code, w.Header().Get("Content-Encoding"), c.status, c.encoding)
			continue
		}
		if c.status != http.StatusOK {
			if strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s %s: a refusal must not be kept for ever", c.method, c.path)
			}
			continue
		}
		want, file := "public, max-age=31536000, immutable", byURL[c.path]
		if file == nil {
			want, file = "no-cache", byName["app.css"]
		}
		if got := w.Header().Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control %q", c.path, got)
		}
		if w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("Content-Type") == "" {
			t.Errorf("%s: headers %v", c.path, w.Header())
		}
		if c.method == "HEAD" {
			if w.Body.Len() != 0 {
				t.Errorf("%s: HEAD has a body", c.path)
			}
			continue
		}
		body := w.Body.Bytes()
		if n, _ := strconv.Atoi(w.Header().Get("Content-Length")); n != len(body) {
			t.Errorf("%s: Content-Length %d, body %d", c.path, n, len(body))
		}
		if c.encoding == "gzip" {
			z, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(body, file.plain) {
			t.Errorf("%s: another body than the file", c.path)
		}
	}
}

// What is not ours is pinned: a changed byte fails here.
func TestVendoredFilesAreThePinnedOnes(t *testing.T) {
	list, err := os.Open("vendor/SHA384SUMS")
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	listed := map[string]bool{"SHA384SUMS": true}
	for lines := bufio.NewScanner(list); lines.Scan(); {
		want, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok {
			t.Fatalf("not a line of sha384sum: %q", lines.Text())
		}
		listed[name] = true
		body, err := os.ReadFile(filepath.Join("vendor", name))
		if err != nil {
			t.Error(err)
			continue
		}
		if sum := sha512.Sum384(body); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not the pinned file", name)
		}
	}
	entries, err := os.ReadDir("vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !listed[e.Name()] {
			t.Errorf("vendor/%s is not in SHA384SUMS", e.Name())
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

var comments = regexp.MustCompile(`(?s)/\*.*?\*/`)

// A page may be read from either side, so no rule may name a side or an axis of the screen.
func TestCSSHasLogicalPropertiesOnly(t *testing.T) {
	css := comments.ReplaceAllString(read(t, "app.css"), "")
	physical := regexp.MustCompile(`\b(left|right)\b|\b(margin|padding|border|inset)-(top|bottom)|(^|[\s;{])(top|bottom|(min-|max-)?(width|height))\s*:`)
	for n, line := range strings.Split(css, "\n") {
		if strings.Contains(line, "@media") {
			continue
		}
		if found := physical.FindString(line); found != "" {
			t.Errorf("line %d of the rules: %q in %q", n+1, found, strings.TrimSpace(line))
		}
	}
	if strings.Contains(css, "url(") || strings.Contains(css, "@import") {
		t.Error("the stylesheet loads something")
	}
}

var token = regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{3,6});`)

func tokens(block string) map[string]string {
	m := map[string]string{}
	for _, f := range token.FindAllStringSubmatch(block, -1) {
		m[f[1]] = f[2]
	}
	return m
}

// themes cuts the three token blocks out of the stylesheet: dark, light by the
// system, light by choice.
func themes(t *testing.T) (dark, system, chosen map[string]string) {
	css := comments.ReplaceAllString(read(t, "app.css"), "")
	_, css, _ = strings.Cut(css, "@layer tokens {")
	css, _, _ = strings.Cut(css, "@layer base {")
	first, rest, ok1 := strings.Cut(css, "@media (prefers-color-scheme: light)")
	second, third, ok2 := strings.Cut(rest, `:root[data-theme="light"]`)
	if !ok1 || !ok2 {
		t.Fatal("the token layer has another shape than this test knows")
	}
	return tokens(first), tokens(second), tokens(third)
}

func TestBothLightThemesAreTheSame(t *testing.T) {
	dark, system, chosen := themes(t)
	if len(dark) < 20 || len(system) != len(dark) || len(chosen) != len(dark) {
		t.Fatalf("%d dark, %d and %d light colours", len(dark), len(system), len(chosen))
	}
	for name := range dark {
		if system[name] != chosen[name] || system[name] == "" {
			t.Errorf("--%s: %q for the system, %q by choice", name, system[name], chosen[name])
		}
	}
}

func luminance(hex string) float64 {
	hex = strings.TrimPrefix(hex, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	var sum float64
	for i, weight := range []float64{.2126, .7152, .0722} {
		v, _ := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		c := float64(v) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

// Every pair of colours that meets on a page.
func TestContrast(t *testing.T) {
	pairs := []struct {
		least          float64
		front, grounds string
	}{
		{7, "text", "bg bar surface surface-2 accent-tint info-tint success-tint warn-tint danger-tint"},
		{7, "text-2", "bg bar surface"},
		{7, "link", "bg"},
		{7, "on-accent", "accent accent-up"},
		{7, "danger", "danger-tint"},
		{7, "success", "success-tint"},
		{7, "warn", "warn-tint"},
		{7, "info", "info-tint"},
		{4.5, "text-2", "surface-2 accent-tint info-tint"},
		{4.5, "link", "surface info-tint success-tint"},
		{4.5, "danger", "bg surface"},
		{4.5, "success", "surface"},
		{4.5, "warn", "surface"},
		{4.5, "accent", "bg"},
		{3, "border", "bg bar surface surface-2 accent-tint"},
		{3, "accent", "bar surface accent-tint"},
		{9, "focus", "focus-counter"},
		{3, "focus", "bg bar surface accent-tint"},
	}
	dark, light, _ := themes(t)
	for name, theme := range map[string]map[string]string{"dark": dark, "light": light} {
		for _, p := range pairs {
			for ground := range strings.FieldsSeq(p.grounds) {
				front, back := theme[p.front], theme[ground]
				if front == "" || back == "" {
					t.Fatalf("%s: no colour for %s on %s", name, p.front, ground)
				}
				if got := contrast(front, back); got < p.least {
					t.Errorf("%s: %s on %s is %.2f, want %.1f", name, p.front, ground, got, p.least)
				}
			}
		}
	}
}

func TestSizes(t *testing.T) {
	if n := len(squeeze([]byte(read(t, "app.css")))); n > 8<<10 {
		t.Errorf("app.css is %d bytes compressed, want 8 KB or less", n)
	}
	code := regexp.MustCompile(`(?m)^\s*//.*\n|^\t+`).ReplaceAllString(read(t, "code.js"), "")
	if len(code) > 2<<10 {
		t.Errorf("code.js is %d bytes without comments and indentation, want 2 KB or less", len(code))
	}
	if n := len(squeeze([]byte(read(t, "code.js")))); n > 1280 {
		t.Errorf("code.js is %d bytes compressed, want 1.25 KB or less", n)
	}
	if n := len(squeeze([]byte(read(t, "forms.js")))); n > 1280 {
		t.Errorf("forms.js is %d bytes compressed, want 1.25 KB or less", n)
	}
	if n := len(squeeze([]byte(read(t, "help.js")))); n > 1<<10 {
		t.Errorf("help.js is %d bytes compressed, want 1 KB or less", n)
	}
}
