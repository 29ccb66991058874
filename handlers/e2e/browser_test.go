package e2e

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"admitone/static"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// The one browser, started by the first test that opens a tab.
var (
	browser      context.Context
	browserError string
	browserOnce  sync.Once
	closeBrowser = func() {}
)

func startBrowser() {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		browserError = "no Chromium here: run tools/install"
		return
	}
	profile, err := os.MkdirTemp("", "admitone-e2e-browser-")
	if err != nil {
		browserError = err.Error()
		return
	}
	options := slices.Concat(chromedp.DefaultExecAllocatorOptions[:], []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(patience),
	})
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	closeBrowser = func() {
		_ = chromedp.Cancel(ctx) // and waits for the end of the process
		cancel()
		stop()
		os.RemoveAll(profile)
	}
	if err := chromedp.Do(ctx); err != nil {
		browserError = "the browser does not start: " + err.Error()
		return
	}
	browser = ctx
}

// how a tab looks at the pages.
type how struct {
	width    int64
	noScript bool
}

func (h how) String() string {
	if h.noScript {
		return "script off"
	}
	return "script on"
}

// tab is a browser context with one page: to the product, a device of its own.
type tab struct {
	t   *testing.T
	s   *server
	ctx context.Context
	how how

	status int64 // of the page that was opened last

	mu       sync.Mutex
	requests []request
	told     int      // how many of them asked has given
	problems []string // errors in the console
	away     bool     // requests to other sites are part of the test
}

// request is one thing the tab asked for.
type request struct {
	id, method, url string
	bytes           float64 // that came over the wire
	done            bool
}

// path is the request as method and path.
func (r request) path(base string) string { return r.method + " " + strings.TrimPrefix(r.url, base) }

// open makes a tab that has seen nothing yet.
func open(t *testing.T, s *server, h how) *tab {
	t.Helper()
	browserOnce.Do(startBrowser)
	if browserError != "" {
		t.Fatal(browserError)
	}
	p := &tab{t: t, s: s.seenBy(t), how: h}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.hear))
	p.ctx = ctx
	t.Cleanup(func() {
		cancel()
		p.t = t
		p.judge()
	})
	if err := chromedp.Do(ctx); err != nil { // opens the tab; its life is not to be that of a shorter context
		t.Fatal(err)
	}
	call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: h.noScript})
	if h.width == 0 {
		h.width = 1280
	}
	p.look(h.width, "dark")
	return p
}

// begin makes the tab that of another test, and a new device again: it forgets
// all that it has seen. That is much cheaper than a new tab.
func (p *tab) begin(t *testing.T, s *server) {
	t.Helper()
	p.t = t
	p.visitNothing()
	call(p, network.ClearBrowserCookies, cdp.Empty{})
	p.look(1280, "dark")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.s = s.seenBy(t)
	p.requests, p.problems, p.told, p.away = nil, nil, 0, false
	t.Cleanup(p.judge)
}

// goOn makes the tab that of another test, where it is and as who it is.
func (p *tab) goOn(t *testing.T) {
	t.Helper()
	p.t = t
	p.look(1280, "dark")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.s = p.s.seenBy(t)
	t.Cleanup(p.judge)
}

// look sets the width of the window and the colours that the system asks for.
func (p *tab) look(width int64, scheme string) {
	p.t.Helper()
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 720, DeviceScaleFactor: 1})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// hear is told of every event of the tab.
func (p *tab) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.RedirectResponse != nil { // the same id goes on to where the answer led
			p.finished(string(e.RequestID), e.RedirectResponse.EncodedDataLength)
		}
		p.requests = append(p.requests, request{id: string(e.RequestID), method: e.Request.Method, url: e.Request.URL})
	case *network.EventLoadingFinished:
		p.finished(string(e.RequestID), e.EncodedDataLength)
	case *network.EventLoadingFailed:
		p.finished(string(e.RequestID), 0)
	case *network.EventResponseReceivedExtraInfo:
		for name, value := range e.Headers {
			if text, ok := value.(string); ok && strings.EqualFold(name, "Set-Cookie") {
				p.noteTokens(text)
			}
		}
	case *runtime.EventExceptionThrown:
		p.problems = append(p.problems, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		said := string(e.Type)
		for _, arg := range e.Args {
			said += " " + string(arg.Value)
		}
		// htmx says so of a search that the next letter has overtaken; what has failed it
		// says twice, and the second time by name.
		overtaken := strings.Contains(said, "htmx:sendAbort") || strings.Contains(said, "htmx:afterRequest")
		if (e.Type == "error" || e.Type == "warning" || e.Type == "assert") && !overtaken {
			p.problems = append(p.problems, "console: "+said)
		}
	case *log.EventEntryAdded:
		// The browser notes every answer that is not a 2xx as an error: those
		// are the product's own pages and no fault.
		if e.Entry.Level == "error" && !strings.HasPrefix(e.Entry.Text, "Failed to load resource: the server responded with a status of") {
			p.problems = append(p.problems, string(e.Entry.Source)+": "+e.Entry.Text)
		}
	}
}

func (p *tab) finished(id string, bytes float64) {
	for i := range p.requests {
		if r := &p.requests[i]; r.id == id && !r.done {
			r.bytes, r.done = bytes, true
		}
	}
}

// noteTokens keeps what cookies hold as secrets of the server.
func (p *tab) noteTokens(setCookie string) {
	for line := range strings.SplitSeq(setCookie, "\n") {
		if k, err := http.ParseSetCookie(line); err == nil && (k.Name == "session" || k.Name == "device") && k.Value != "" {
			p.s.keepSecret(k.Value)
		}
	}
}

// judge fails the test for what no page may do.
func (p *tab) judge() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, problem := range p.problems {
		p.t.Errorf("in the console of the browser: %s", problem)
	}
	for _, r := range p.requests {
		if !p.away && !strings.HasPrefix(r.url, p.s.base+"/") && !strings.HasPrefix(r.url, "data:") && r.url != "about:blank" {
			p.t.Errorf("a request left the site: %s", r.path(p.s.base))
		}
	}
}

// asked lists what the tab's pages have asked for since the last call. The icon of
// the site is not among it: the browser fetches that by itself, whenever it likes.
func (p *tab) asked() []request {
	p.mu.Lock()
	defer p.mu.Unlock()
	icon := p.s.base + static.URL("favicon.svg")
	list := slices.DeleteFunc(slices.Clone(p.requests[p.told:]), func(r request) bool { return r.url == icon })
	p.told = len(p.requests)
	return list
}
