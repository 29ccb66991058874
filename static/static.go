// Package static holds the stylesheet, the scripts and the icon, inside the binary.
// A page asks for them by a name that carries the hash of the content, so a
// browser may keep each for ever and still sees every change at once.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

//go:embed app.css contact.css console.css code.js forms.js help.js chat.js console.js favicon.svg vendor/*.js
var files embed.FS

const prefix = "/static/"

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

type asset struct {
	url   string
	kind  string
	plain []byte
	small func() []byte // gzip, made when it is first asked for
}

var byName, byURL = load()

func load() (byName, byURL map[string]*asset) {
	byName, byURL = map[string]*asset{}, map[string]*asset{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		ext := path.Ext(name)
		sum := sha256.Sum256(body)
		a := &asset{
			url:   prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:4]) + ext,
			kind:  contentTypes[ext],
			plain: body,
			small: sync.OnceValue(func() []byte { return squeeze(body) }),
		}
		byName[name], byURL[a.url] = a, a
		return nil
	})
	if err != nil {
		panic("static: the embedded files cannot be read: " + err.Error())
	}
	return byName, byURL
}

func squeeze(body []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid
	w.Write(body)                                           // a bytes.Buffer takes every write
	w.Close()
	return out.Bytes()
}

// URL is the path of a file under its fingerprint: "app.css" gives
// "/static/app.3f2a9c1d.css". A name that is not embedded is a mistake in a
// template, so it panics.
func URL(name string) string {
	a, ok := byName[name]
	if !ok {
		panic("static: no file " + name)
	}
	return a.url
}

// fingerprinted is the form of every path of URL.
var fingerprinted = regexp.MustCompile(`^/static/(.+)\.[0-9a-f]{8}(\.[a-z]+)$`)

// Handler serves the fingerprinted paths of URL and nothing else. Under another
// version's fingerprint it gives its own file, which is not kept: while a fleet is
// upgraded, the page may come from one instance and what it asks for from another.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, kept := byURL[r.URL.Path], "public, max-age=31536000, immutable"
		if name := fingerprinted.FindStringSubmatch(r.URL.Path); a == nil && name != nil {
			a, kept = byName[name[1]+name[2]], "no-cache"
		}
		if a == nil {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h.Set("Content-Type", a.kind)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", kept)
		h.Set("Vary", "Accept-Encoding")
		body := a.plain
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body = a.small()
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			w.Write(body)
		}
	})
}

func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, given := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		v, err := strconv.ParseFloat(q, 64)
		return !given || (err == nil && v > 0)
	}
	return false
}
