package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPages looks at every state of every page in both themes and both
// widths: axe finds nothing, nothing is wider than the window, and whatever
// has the focus can be seen to have it.
func TestPages(t *testing.T) {
	t.Parallel()
	list := slices.Clone(walks) // the long ones first
	for _, alone := range states {
		list = append(list, walk{on: alone.on, states: []state{alone}})
	}
	lookAt(t, list)
}

// lookAt goes through walks in two tabs, each with the servers they need.
func lookAt(t *testing.T, list []walk) {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join("..", "..", "tools", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal("axe-core is missing: run tools/install")
	}
	running, rest := map[string]*server{}, make(chan walk, len(list))
	for _, w := range list {
		if running[w.on] == nil {
			running[w.on] = servers[w.on](t)
		}
		rest <- w
	}
	close(rest)
	for n := range 2 {
		t.Run(fmt.Sprintf("tab %d", n+1), func(t *testing.T) {
			t.Parallel()
			p := open(t, running[list[0].on], how{})
			call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: string(axe)})
			for w := range rest {
				w.goThrough(t, p, running[w.on])
			}
		})
	}
}

// walk is a row of states that one browser comes through: each begins where the
// one before it ended, so that what it takes to get there is done once.
type walk struct {
	on     string
	states []state
}

func (w walk) goThrough(t *testing.T, p *tab, s *server) {
	for i, at := range w.states {
		ok := t.Run(at.name, func(t *testing.T) {
			if i == 0 {
				p.begin(t, s)
			} else {
				p.goOn(t)
			}
			at.show(p)
			p.inspect(at.name)
			p.walk()
		})
		if !ok {
			return // what comes next would only fail for this
		}
	}
}

// inspect looks at the page in both widths and both themes.
func (p *tab) inspect(name string) {
	p.t.Helper()
	shots := os.Getenv("ADMITONE_SHOTS")
	for _, width := range []int64{1280, 320} {
		for _, scheme := range []string{"dark", "light"} {
			p.look(width, scheme)
			at := fmt.Sprintf("%d px, %s", width, scheme)
			for _, found := range eval[[]string](p, runAxe) {
				p.t.Errorf("%s: %s", at, found)
			}
			if wider := eval[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wider > 0 {
				p.t.Errorf("%s: the page is %d px wider than the window: %s", at, wider, eval[string](p, widest))
			}
			if shots != "" {
				p.shoot(filepath.Join(shots, fmt.Sprintf("%s-%d-%s.png", fileName(name), width, scheme)))
			}
		}
	}
}

// TestTheme: the choice of colours holds against the system's, also without
// script, and is undone by choosing the system's again.
func TestTheme(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	for _, h := range []how{{}, {noScript: true}} {
		t.Run(h.String(), func(t *testing.T) {
			p := open(t, s, h)
			p.visit("/contact")
			dark := eval[string](p, background)
			p.look(1280, "light")
			light := eval[string](p, background)
			for _, choice := range []struct{ words, want string }{{"Dark", dark}, {"System", light}} {
				p.tabTo(choice.words)
				p.send(" ")
				p.at("/contact")
				if got := eval[string](p, background); got != choice.want || dark == light {
					t.Errorf("after %s the page is %s, want %s (dark %s, light %s)", choice.words, got, choice.want, dark, light)
				}
			}
		})
	}
}

const background = `getComputedStyle(document.documentElement).backgroundColor + getComputedStyle(document.body).backgroundColor`

// runAxe gives what axe objects to. Frames are left out: the letter in the
// test inbox is locked in, and is a mail and no page of ours.
const runAxe = `axe.run(document, {iframes: false, resultTypes: ["violations"], runOnly: {type: "tag",
	values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}).then(r =>
	r.violations.flatMap(v => v.nodes.map(n => v.id + " at " + n.target.join(" ") + ": " + n.failureSummary)))`

// widest names what sticks out of the window.
const widest = `[...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > innerWidth)
	.map(e => e.tagName + "." + e.className).slice(0, 5).join(", ")`

// stop is where the focus is, and what is wrong with how it shows.
type stop struct{ Name, Fault string }

const readStop = `(e => ({Name: ` + nameOf + `(e), Fault: (() => {
	const style = getComputedStyle(e), box = e.getBoundingClientRect()
	if (e === document.body || e.tagName === "IFRAME") return ""
	if (!e.matches(":focus-visible")) return "is not :focus-visible"
	if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return "has the outline " + style.outline
	if (box.bottom < 0 || box.top > innerHeight || box.width < 1 || box.height < 1) return "is out of sight"
	return ""
})()}))(document.activeElement)`

// walk presses Tab through the whole page. Whatever has the focus shows it,
// and the way ends: nothing keeps the focus.
func (p *tab) walk() {
	p.t.Helper()
	eval[any](p, `document.activeElement.blur(), scrollTo(0, 0), getSelection().collapse(document.body, 0), 0`)
	var way []string
	for range 120 {
		p.press(kb.Tab)
		at := eval[stop](p, readStop)
		if at.Fault != "" {
			p.t.Errorf("with the focus, %q %s", at.Name, at.Fault)
		}
		if len(way) > 1 && at.Name == way[0] {
			return
		}
		way = append(way, at.Name)
	}
	p.t.Errorf("Tab never comes to the end of the page: %q", way)
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

func fileName(name string) string { return notInName.ReplaceAllString(strings.ToLower(name), "-") }

// shoot keeps a picture of the whole page.
func (p *tab) shoot(path string) {
	p.t.Helper()
	ctx, cancel := p.soon()
	defer cancel()
	picture := must[[]byte](p.t)(chromedp.Run(ctx, chromedp.FullScreenshot(100)))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
