package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"admitone/static"
)

// Every answer there is bears the headers, whatever became of the request.
func TestHeaders(t *testing.T) {
	h := once(t)
	in := h.browser()
	in.signUp(mara)
	var all []answer
	for _, r := range h.routes() {
		path := strings.TrimSuffix(r.Path, "/*")
		if r.Method == http.MethodPost || r.Method == http.MethodGet || r.Method == http.MethodHead {
			all = append(all, h.browser().do(r.Method, path, "", false), h.browser().do(r.Method, path, "", true))
		}
		if r.Method == http.MethodGet {
			all = append(all, in.open(path), in.part(path))
		}
	}
	asset := h.browser().open(static.URL("app.css")).is(200)
	all = append(all, asset,
		h.browser().open("/static/nothing.css").is(404), h.browser().open("/nothing").is(404), h.browser().part("/nothing").is(404),
		h.browser().do("PUT", "/sign-in", "", false).is(405), h.browser().do("PUT", "/sign-in", "", true).is(405),
		h.browser().with("Sec-Fetch-Site", "cross-site").send("/sign-in").is(403),
		h.browser().do("POST", "/sign-in", "%zz", false).is(400), h.browser().do("POST", "/sign-in", strings.Repeat("x", 1<<17), false).is(413),
	)
	if len(all) < 100 {
		t.Fatalf("only %d answers", len(all))
	}
	for _, a := range all {
		inbox := strings.Contains(a.what, "/dev/inbox")
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
		} {
			got := a.header.Values(name)
			if len(got) != 1 || got[0] != want && !inbox {
				t.Errorf("%s is %q in %s: %d", name, got, a.what, a.status)
			}
		}
		if len(a.header.Get("X-Request-Id")) != 16 || a.header.Get("Permissions-Policy") == "" {
			t.Errorf("%s %d lacks a request id or Permissions-Policy: %v", a.what, a.status, a.header)
		}
		if a.header.Get("Server") != "" || a.header.Get("X-Powered-By") != "" || a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s says too much: %v", a.what, a.header)
		}
		kept := a.header.Get("Cache-Control")
		if !strings.Contains(a.what, "/static") && kept != "no-store" {
			t.Errorf("%s %d may be kept: %q", a.what, a.status, kept)
		}
		if strings.Contains(a.header.Get("Content-Type"), "html") && strings.Contains(a.body, "<html") && !inbox {
			for _, bad := range []string{"<script>", " onclick=", " onload=", " style=", "<style", "javascript:", "hx-on"} {
				if strings.Contains(a.body, bad) {
					t.Errorf("%s holds %q", a.what, bad)
				}
			}
		}
	}
	if kept := asset.header.Get("Cache-Control"); !strings.Contains(kept, "immutable") {
		t.Errorf("a fingerprinted file is not kept: %q", kept)
	}
	// What a request says its id is stays unsaid.
	if id := h.browser().with("X-Request-Id", "chosen").open("/help").header.Get("X-Request-Id"); id == "chosen" {
		t.Error("the request chose its id")
	}
}

func TestMethods(t *testing.T) {
	twice(t, func(t *testing.T, h *house) {
		b := h.browser()
		takesPost := map[string]bool{}
		for _, path := range posts(h) {
			takesPost[path] = true
		}
		for _, r := range h.routes() {
			if r.Method != http.MethodGet || strings.HasPrefix(r.Path, "/dev/") || strings.HasSuffix(r.Path, "*") {
				continue
			}
			methods := []string{"PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "BREW"}
			// Below /undo/code a POST is one to an undo link with a wrong token.
			if !takesPost[r.Path] && !strings.HasPrefix(r.Path, "/undo/code/") {
				methods = append(methods, "POST")
			}
			for _, method := range methods {
				a := b.do(method, r.Path, "", h.htmx).unit(405)
				allow := a.header.Get("Allow")
				if !strings.Contains(allow, "GET") || strings.Contains(allow, "POST") != takesPost[r.Path] {
					t.Errorf("Allow is %q in %v", allow, a)
				}
			}
		}
		for _, path := range []string{"/nothing", "/sign-in/", "/sign-in/code/", "/SIGN-IN", "/sign-in//code", "/%2e%2e/", "/account/x", "/.env", "/.git/config", "/debug/pprof/"} {
			b.do("GET", path, "", h.htmx).unit(404)
			b.do("POST", path, "", h.htmx).unit(404)
		}
	})
}

// A reload of the answer to a POST leads to a page.
func TestGetOfPostOnlyPaths(t *testing.T) {
	h := once(t)
	for path, to := range map[string]string{
		"/sign-up/code/resend": "/sign-up/code", "/sign-in/code/resend": "/sign-in/code", "/sign-out": "/account", "/theme": "/",
	} {
		if a := h.browser().open(path).is(303); a.header.Get("Location") != to {
			t.Errorf("leads elsewhere: %v", a)
		}
	}
	for _, path := range posts(h) {
		a := h.browser().open(path)
		if path == "/reset/link" || strings.Contains(path, ":token") {
			a.is(404) // without a token that is right
		} else if a.status == 404 && strings.Contains(path, ":") || a.status == 404 && path == "/contact/phone/call-back" {
			continue // nobody's, or not offered here
		} else if a.status != 200 && a.status != 303 {
			t.Errorf("%v", a)
		}
	}
}

func TestPublicPages(t *testing.T) {
	h := once(t)
	b := h.browser()
	b.open("/help").is(200, "How can we help?", "/help/a/no-code", "/help/t/signing-in", "/contact")
	b.open("/not-me").is(200)
	if a := b.open("/favicon.ico").is(302); a.header.Get("Location") != static.URL("favicon.svg") {
		t.Errorf("%v", a)
	}
	if a := b.do("HEAD", "/sign-in", "", false).is(200); a.body != "" {
		t.Errorf("HEAD has a body: %v", a)
	}
	b.open("/dev/inbox").is(200)
	b.open("/dev/inbox.json").is(200, "[]")
	b.with("X-Forwarded-For", "192.0.2.1").open("/dev/inbox.json").is(404)

	off := once(t)
	off.browser().open("/healthz").is(200, "ok")
	off.ready()
	off.browser().open("/readyz").is(200, "ok")
	if off.browser().open("/readyz").header.Get("Content-Type") != "text/plain; charset=UTF-8" {
		t.Error("not plain text")
	}
}

// With the database gone the door stays shut, the answers say only their
// number, and the number finds the fault in the log.
func TestFault(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		in, waits := h.browser(), h.browser()
		in.signUp(mara)
		waits.toCode(mara)
		code := h.code(mara)
		if err := h.models.Close(); err != nil {
			t.Fatal(err)
		}
		for _, a := range []answer{
			h.browser().send("/sign-in", "email", mara, "password", password),
			h.browser().send("/sign-up", "email", "nora@example.com", "password", password),
			waits.send("/sign-in/code", "code", code),
			waits.send("/sign-in/code/resend"),
			in.send("/sign-out"),
			in.do("GET", "/account", "", h.htmx),
			waits.do("GET", "/sign-in/code", "", h.htmx),
		} {
			id := a.header.Get("X-Request-Id")
			a.unit(500, id).without(mara, "sql", "database", "handlers/", ".go")
			if a.cookie("session") != nil || a.cookie("device") != nil {
				t.Errorf("a fault set %v", a.cookies)
			}
			if !strings.Contains(h.log.String(), id) {
				t.Errorf("request %s is not in the log", id)
			}
		}
		h.browser().open("/readyz").is(503)
		h.browser().open("/healthz").is(200)
		h.browser().open("/help").is(200)
		for _, secret := range []string{mara, code, password, in.cookies["session"], in.cookies["device"]} {
			if h.log.tells(secret) {
				t.Errorf("%q is in the log:\n%s", secret, h.log)
			}
		}
	})
}
