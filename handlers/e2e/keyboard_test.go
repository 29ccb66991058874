package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// What a person does in a tab: open an address, press keys, read.

// call sends one command to the browser.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := p.soon()
	defer cancel()
	return must[R](p.t)(chromedp.Call(ctx, command, params))
}

// eval reads something from the page. It also works where the page's own
// script is off. A page that goes while it is asked says nothing: the next is
// asked then.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := p.soon()
	defer cancel()
	for {
		v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
		if err == nil {
			return v
		}
		if ctx.Err() != nil || !pageGone.MatchString(err.Error()) {
			p.t.Fatalf("%s: %v", expression, err)
		}
	}
}

// pageGone is how Chromium says that the page asked was left in the meantime.
var pageGone = regexp.MustCompile(`(?i)execution context was destroyed|cannot find (default execution )?context|target navigated`)

func (p *tab) soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, patience)
}

// arrive does what leads to a page, and waits until that is there.
func (p *tab) arrive(what string, act chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := p.soon()
	defer cancel()
	answer, err := chromedp.RunResponse(ctx, act)
	if err != nil {
		p.t.Fatalf("%s on %s: %v", what, p.path(), err)
	}
	p.status = 0
	if answer != nil { // none for a page that came from the browser's own store
		p.status = answer.Status
	}
}

// visit types an address.
func (p *tab) visit(path string) {
	p.t.Helper()
	p.arrive("GET "+path, chromedp.Navigate(p.s.base+path))
}

// goTo is visit for another site.
func (p *tab) goTo(address string) {
	p.t.Helper()
	p.arrive("GET "+address, chromedp.Navigate(address))
}

// visitNothing leaves the page, and with it whatever it still asks for.
func (p *tab) visitNothing() {
	p.t.Helper()
	ctx, cancel := p.soon()
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		p.t.Fatal(err)
	}
}

// plainPost sends a form of the page the way a browser without script does.
func (p *tab) plainPost(form string) {
	p.t.Helper()
	p.arrive("form "+form, act(fmt.Sprintf(`document.getElementById(%q).submit()`, form)))
}

// submit sets fields of a form by name and sends it, as plainPost does: it is
// how states are come to that are no journey.
func (p *tab) submit(form string, fields ...string) {
	p.t.Helper()
	p.arrive("form "+form, act(fmt.Sprintf(`(() => {
		const form = document.querySelector(%q), fields = %s
		for (let i = 0; i < fields.length; i += 2) {
			const field = form.elements[fields[i]]
			if (field.type === "checkbox") field.checked = fields[i + 1] !== ""
			else if (field.length && fields[i + 1] === "") field.forEach(radio => radio.checked = false)
			else field.value = fields[i + 1]
		}
		form.submit()
	})()`, form, must[[]byte](p.t)(json.Marshal(append([]string{}, fields...))))))
}

// post sends a form that no page of the site has: one field of that many bytes.
func (p *tab) post(path string, bytes int) {
	p.t.Helper()
	p.arrive("POST "+path, act(fmt.Sprintf(`(() => {
		const form = document.createElement("form"), field = document.createElement("input")
		form.method = "post"; form.action = %q; field.name = "email"; field.value = "a".repeat(%d)
		form.append(field); document.body.append(form); form.submit()
	})()`, path, bytes)))
}

func act(expression string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](expression)
}

func (p *tab) reload() { p.t.Helper(); p.arrive("reload", chromedp.Reload()) }

// back is the back button. The page may come from the browser's own store, so
// what is waited for is that another document is there. That can happen before
// the script's own answer is out, which is then an error that says nothing.
func (p *tab) back() {
	p.t.Helper()
	eval[any](p, `window.left = true`)
	ctx, cancel := p.soon()
	defer cancel()
	if err := chromedp.Do(ctx, act(`history.back()`)); err != nil {
		p.t.Logf("history.back(): %v", err)
	}
	await(p.t, "the page before", func() (bool, bool) {
		ctx, cancel := p.soon()
		defer cancel()
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!window.left && document.readyState === "complete"`))
		return there, err == nil && there
	})
}

// press presses keys, one after the other.
func (p *tab) press(keys string, with ...chromedp.KeyOption) {
	p.t.Helper()
	ctx, cancel := p.soon()
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.KeyEvent(keys, with...)); err != nil {
		p.t.Fatalf("keys: %v", err)
	}
}

// send presses a key that leads to another page.
func (p *tab) send(key string) {
	p.t.Helper()
	p.arrive(fmt.Sprintf("key %q on %s", key, p.focus()), chromedp.KeyEvent(key))
}

func (p *tab) shiftTab() {
	p.t.Helper()
	p.press(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift))
}

// nameOf is what a test calls an element: its id, else its words.
const nameOf = `(e => !e || e === document.body ? "nothing" :
	e.id ? "#" + e.id : (e.ariaLabel || e.textContent || e.title || e.value || e.tagName).trim().replace(/\s+/g, " "))`

// focus names what has the focus.
func (p *tab) focus() string {
	p.t.Helper()
	return eval[string](p, nameOf+`(document.activeElement)`)
}

// focused expects the focus on a name. The browser may take a moment to give
// it: after a load for autofocus, and when it crosses into a frame.
func (p *tab) focused(name string) {
	p.t.Helper()
	await(p.t, "the focus on "+name, func() (string, bool) {
		got := p.focus()
		return got, got == name
	})
}

// tab presses Tab once for every name, and expects the focus to go that way.
func (p *tab) tab(names ...string) {
	p.t.Helper()
	for _, name := range names {
		p.press(kb.Tab)
		p.focused(name)
	}
}

// tabTo presses Tab until the focus is on a name, and says how often.
func (p *tab) tabTo(name string) int {
	p.t.Helper()
	var way []string
	for n := 1; n <= 60; n++ {
		p.press(kb.Tab)
		if way = append(way, p.focus()); way[n-1] == name {
			return n
		}
	}
	p.t.Fatalf("on %s Tab does not lead to %q but to %q", p.path(), name, way)
	return 0
}

// focusOn is tabTo where the focus is not there yet.
func (p *tab) focusOn(name string) {
	p.t.Helper()
	if p.focus() != name {
		p.tabTo(name)
	}
}

// follow presses Enter on a link or a button, which leads to another page.
func (p *tab) follow(name string) {
	p.t.Helper()
	p.focusOn(name)
	p.send(kb.Enter)
}

// followTo is follow to where it is expected to lead.
func (p *tab) followTo(name, path string) {
	p.t.Helper()
	p.follow(name)
	p.at(path)
}

// put writes into a field in place of what it holds.
func (p *tab) put(field, text string) {
	p.t.Helper()
	p.focusOn(field)
	if n := eval[int](p, `document.activeElement.value.length`); n > 0 {
		p.press(kb.End + strings.Repeat(kb.Backspace, n))
	}
	p.paste(text)
}

// putSecret is put for a password.
func (p *tab) putSecret(field, secret string) {
	p.t.Helper()
	p.s.keepSecret(secret)
	p.put(field, secret)
}

func (p *tab) path() string {
	p.t.Helper()
	return eval[string](p, `location.pathname + location.search`)
}

// at waits until the tab is on a page.
func (p *tab) at(path string) {
	p.t.Helper()
	await(p.t, path, func() (string, bool) {
		got := p.path()
		if got == path {
			return got, true
		}
		return got + ", which says:\n" + p.text("main"), false
	})
}

// text is what an element shows, "" where it is not there.
func (p *tab) text(selector string) string {
	p.t.Helper()
	return eval[string](p, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector))
}

// says waits until an element shows some words.
func (p *tab) says(selector, words string) {
	p.t.Helper()
	await(p.t, fmt.Sprintf("%q in %s", words, selector), func() (string, bool) {
		text := p.text(selector)
		return text, strings.Contains(text, words)
	})
}

// saysAfterReload is says for who has no script: the page is asked for again, until
// it says so. What is said once only would be lost by one reload more.
func (p *tab) saysAfterReload(selector, words string) {
	p.t.Helper()
	await(p.t, fmt.Sprintf("%q in %s after a reload", words, selector), func() (string, bool) {
		text := p.text(selector)
		if !strings.Contains(text, words) {
			p.reload()
			text = p.text(selector)
		}
		return text, strings.Contains(text, words)
	})
}

// is waits until something is true of the page.
func (p *tab) is(expression string) {
	p.t.Helper()
	await(p.t, expression, func() (string, bool) {
		if eval[bool](p, expression) {
			return "", true
		}
		return "it is not true on " + p.path(), false
	})
}

// The steps that most tests begin with. They assert nothing about focus: the
// journeys do.

const password = "nine quiet rows of velvet"

// signUp fills the first form and comes to the code page.
func (p *tab) signUp(email string) {
	p.t.Helper()
	p.visit("/sign-up")
	p.fillIn(email, password)
	p.at("/sign-up/code")
	p.focused("#code")
}

// signIn fills the sign-in form; where that leads is the caller's to say.
func (p *tab) signIn(email, secret string) {
	p.t.Helper()
	p.visit("/sign-in")
	p.fillIn(email, secret)
}

func (p *tab) fillIn(email, secret string) {
	p.t.Helper()
	p.s.keepSecret(secret)
	p.focused("#email")
	p.paste(email)
	p.press(kb.Tab)
	p.paste(secret)
	p.send(kb.Enter)
}

// paste puts text where the focus is, all at once.
func (p *tab) paste(text string) {
	p.t.Helper()
	call(p, input.InsertText, input.InsertTextParams{Text: text})
}

// enter types a code and sends it.
func (p *tab) enter(code string) {
	p.t.Helper()
	p.focusOn("#code")
	p.press(code)
	p.send(kb.Enter)
}

// account makes an account and is signed in to it.
func (p *tab) account(email string) {
	p.t.Helper()
	p.signUp(email)
	p.enter(p.s.code(email, 1))
	p.at("/account")
}

// signOut presses the button of the account page.
func (p *tab) signOut() {
	p.t.Helper()
	p.tabTo("Sign out")
	p.send(kb.Enter)
	p.at("/sign-in")
}
