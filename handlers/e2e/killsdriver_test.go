package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"sync"
)

// driver is a person who makes accounts and uses them while the server dies and comes back. It
// keeps in mind what must be so.
type driver struct {
	*kills
	name string
	rnd  *rand.Rand
	n    int // accounts made
}

// viewer is an account and what must be so of it.
type viewer struct {
	id, email, password string
	twoStep             string
	in                  []*peer  // signed in
	met                 []*peer  // known to the account and signed out
	dead                []string // tokens of sessions that have ended
	oldPasswords        []string
	oldEmails           []string
}

// work goes on until the killing is over.
func (d *driver) work() {
	for !d.over.Load() && !d.t.Failed() {
		v := d.signUp()
		for range 3 + d.rnd.IntN(5) {
			if d.over.Load() || d.t.Failed() {
				break
			}
			d.act(v)
		}
		d.reckon(v)
	}
}

// act is one thing that a person does.
func (d *driver) act(v *viewer) {
	if len(v.in) == 0 {
		d.signIn(v, d.browser())
		return
	}
	p := v.in[d.rnd.IntN(len(v.in))]
	switch d.rnd.IntN(9) {
	case 0, 1:
		d.signIn(v, d.browser())
	case 2:
		if len(v.met) > 0 {
			again := v.met[0]
			v.met = v.met[1:]
			d.signIn(v, again)
		}
	case 3:
		d.signOut(v, p)
	case 4, 5:
		d.changePassword(v, p)
	case 6:
		d.changeTwoStep(v, p)
	case 7:
		d.changeEmail(v, p)
	case 8:
		d.signOutEverywhere(v, p)
	}
}

func (d *driver) browser() *peer {
	p := newPeer(d.t, d.address(), "127.0.0.1")
	p.turn = d.address
	return p
}

// get asks until there is an answer: nothing hangs on how often a page is asked for.
func (d *driver) get(p *peer, path string) reply {
	for {
		if r, err := p.try(http.MethodGet, path); err == nil {
			return d.sound(path, r)
		}
	}
}

// begin sends a form that may be sent any number of times.
func (d *driver) begin(p *peer, path string, fields ...string) reply {
	for {
		d.acts.Add(1)
		r, err := p.try(http.MethodPost, path, fields...)
		if err == nil {
			return d.sound(path, r)
		}
		d.lost.Add(1)
	}
}

// sound asks for an answer that is none of a fault: a kill is seen as no answer.
func (d *driver) sound(path string, r reply) reply {
	if r.status >= 500 {
		d.t.Errorf("%s: %v", path, r)
	}
	return r
}

func (d *driver) events(v *viewer, kind string) int {
	return d.number("SELECT count(*) FROM events WHERE account_id = ? AND kind = ?", v.id, kind)
}

// does sends a form that makes an activity of the account when it has its effect, and says
// whether it had: by the answer, where one came, and by the activity in any case. Both must say
// the same.
func (d *driver) does(p *peer, happened func() bool, path string, fields ...string) (done, answered bool) {
	d.acts.Add(1)
	r, err := p.try(http.MethodPost, path, fields...)
	if err != nil {
		d.lost.Add(1)
		d.address() // it is back: what was under way has ended one way or the other
		if done = happened(); done {
			d.done.Add(1)
		}
		return done, false
	}
	d.sound(path, r)
	done = happened()
	if said := r.status == http.StatusSeeOther && !strings.HasPrefix(r.to, "/reauth") && !strings.HasPrefix(r.to, "/sign-in") || r.to == "/sign-in" && path == "/sign-out"; said != done {
		d.t.Errorf("%s: happened %v, and the answer was %v", path, done, r)
	}
	return done, true
}

// once says whether an activity has been added since it was made.
func (d *driver) once(v *viewer, kind string) func() bool {
	before := d.events(v, kind)
	return func() bool {
		n := d.events(v, kind) - before
		if n > 1 {
			d.t.Errorf("one act has happened %d times: %s", n, kind)
		}
		return n == 1
	}
}

// code is the one that the page of this browser waits for; "" where the page waits for none.
// Any of its letters will do.
func (d *driver) code(p *peer, page, to string) string {
	shown := d.get(p, page)
	tag := shownTag.FindStringSubmatch(shown.body)
	if tag == nil {
		d.t.Errorf("no tag on %s: %v", page, shown)
		return ""
	}
	return await(d.t, "the message "+tag[1]+" to "+to, func() (string, bool) {
		for _, l := range d.mail.letters(to) {
			if strings.Contains(l.Text, tag[1]) && l.letter.code() != "" {
				return l.letter.code(), true
			}
		}
		return "", false
	})
}

// again types a code once more, in a browser that has what this one had before.
func (d *driver) again(p *peer, happened func() bool, path, code string) {
	d.twice.Add(1)
	d.begin(p, path, "code", code)
	if happened() {
		d.t.Errorf("%s: a code was accepted twice", path)
	}
}

// types types the code of a page until it has had its effect, at times in two windows at once,
// and afterwards once more. It gives the window that was let in, nil where the answer was lost.
func (d *driver) types(v *viewer, p *peer, kind, page, to string) *peer {
	for !d.t.Failed() {
		code, before := d.code(p, page, to), p.twin()
		happened := d.once(v, kind)
		second := p.twin()
		var both sync.WaitGroup
		if d.rnd.IntN(3) == 0 {
			both.Go(func() { _, _ = second.try(http.MethodPost, page, "code", code) })
		}
		first := p.cookie("session")
		r, err := p.try(http.MethodPost, page, "code", code)
		d.acts.Add(1)
		both.Wait()
		if err != nil {
			d.lost.Add(1)
			d.address()
		} else {
			d.sound(page, r)
		}
		done := happened()
		if done && err != nil {
			d.done.Add(1)
		}
		opened := slices.DeleteFunc([]*peer{p, second}, func(w *peer) bool { return w.cookie("session") == first || w.cookie("session") == "" })
		if len(opened) > 1 || len(opened) == 1 && !done {
			d.t.Errorf("%s: %d windows were let in, happened %v", page, len(opened), done)
		}
		if !done {
			continue
		}
		d.again(before, d.once(v, kind), page, code)
		if len(opened) == 1 {
			return opened[0]
		}
		return nil
	}
	return nil
}

func (d *driver) signUp() *viewer {
	d.n++
	v := &viewer{email: fmt.Sprintf("%s%d@example.com", d.name, d.n), password: fmt.Sprintf("the first of %s %d", d.name, d.n), twoStep: "new_devices"}
	p := d.browser()
	d.begin(p, "/sign-up", "email", v.email, "password", v.password).leads(d.t, "sign-up", "/sign-up/code")
	made := func() bool {
		n := d.number("SELECT count(*) FROM identifiers WHERE value = ? AND verified_at IS NOT NULL", v.email)
		if n > 1 {
			d.t.Errorf("%d accounts of one address", n)
		}
		return n == 1
	}
	for !d.t.Failed() {
		code, before := d.code(p, "/sign-up/code", v.email), p.twin()
		done, answered := d.does(p, made, "/sign-up/code", "code", code)
		if !done {
			continue
		}
		v.id = d.word("SELECT account_id FROM identifiers WHERE value = ?", v.email)
		d.again(before, d.once(v, "sign_up"), "/sign-up/code", code)
		if answered {
			v.in = append(v.in, p)
		}
		break
	}
	return v
}

func (d *driver) signIn(v *viewer, p *peer) {
	r := d.begin(p, "/sign-in", "email", v.email, "password", v.password)
	if r.to == "/sign-in/code" {
		if d.rnd.IntN(3) == 0 {
			d.begin(p, "/sign-in/code/resend")
		}
		if p = d.types(v, p, "sign_in", "/sign-in/code", v.email); p != nil {
			v.in = append(v.in, p)
		}
		return
	}
	r.leads(d.t, "a right password", "/account")
	v.in = append(v.in, p)
}

// gone notes that a browser's session has ended.
func (v *viewer) gone(p *peer, token string) {
	v.dead = append(v.dead, token)
	v.in = slices.DeleteFunc(v.in, func(o *peer) bool { return o == p })
}

// alone notes that all sessions have ended but one.
func (v *viewer) alone(p *peer) {
	for _, o := range slices.Clone(v.in) {
		if o != p {
			v.gone(o, o.cookie("session"))
		}
	}
}

func (d *driver) signOut(v *viewer, p *peer) {
	token := p.cookie("session")
	if done, answered := d.does(p, d.once(v, "sign_out"), "/sign-out"); done {
		v.gone(p, token)
		if answered {
			v.met = append(v.met, p)
		}
	}
}

// proves types the code of a step-up, which changes the session's token. false: the new one was
// lost on the way.
func (d *driver) proves(v *viewer, p *peer) bool {
	if r := d.get(p, "/account/password"); r.status == http.StatusOK {
		return true // it has done so before
	}
	d.begin(p, "/reauth").leads(d.t, "a step-up", "/reauth")
	token := p.cookie("session")
	opened := d.types(v, p, "step_up", "/reauth", v.email)
	i := slices.Index(v.in, p)
	v.dead = append(v.dead, token)
	if opened == nil {
		v.in = slices.Delete(v.in, i, i+1)
		return false
	}
	*p = *opened
	return true
}

func (d *driver) changePassword(v *viewer, p *peer) {
	if !d.proves(v, p) {
		return
	}
	next := fmt.Sprintf("password %d of %s %d", len(v.oldPasswords)+2, d.name, d.n)
	done, _ := d.does(p, d.once(v, "password_changed"), "/account/password", "current_password", v.password, "new_password", next, "others", "1")
	if done {
		v.oldPasswords = append(v.oldPasswords, v.password)
		v.password = next
		v.alone(p)
	}
}

func (d *driver) changeTwoStep(v *viewer, p *peer) {
	if !d.proves(v, p) {
		return
	}
	for _, c := range []struct{ choice, event, path string }{
		{"every_time", "two_step_every_time", "/account/two-step"}, {"off", "two_step_off", "/account/two-step/off"}, {"new_devices", "two_step_on", "/account/two-step"},
	} {
		if c.choice != v.twoStep {
			if done, _ := d.does(p, d.once(v, c.event), c.path, "two_step", c.choice); done {
				v.twoStep = c.choice
			}
			return
		}
	}
}

func (d *driver) changeEmail(v *viewer, p *peer) {
	if !d.proves(v, p) {
		return
	}
	next := fmt.Sprintf("%s%d.%d@example.com", d.name, d.n, len(v.oldEmails)+2)
	d.begin(p, "/account/email", "email", next, "as", "main").leads(d.t, "a new address", "/account/email/code")
	for !d.t.Failed() {
		code, before := d.code(p, "/account/email/code", next), p.twin()
		done, _ := d.does(p, d.once(v, "email_changed"), "/account/email/code", "code", code)
		if !done {
			continue
		}
		v.oldEmails = append(v.oldEmails, v.email)
		v.email = next
		v.alone(p)
		d.again(before, d.once(v, "email_changed"), "/account/email/code", code)
		return
	}
}

func (d *driver) signOutEverywhere(v *viewer, p *peer) {
	if !d.proves(v, p) {
		return
	}
	if done, _ := d.does(p, d.once(v, "signed_out_everywhere"), "/account/devices/everywhere"); done {
		v.alone(p)
	}
}

// reckon asks whether all is as it must be.
func (d *driver) reckon(v *viewer) {
	for _, p := range v.in {
		if r := d.get(p, "/account"); r.status != http.StatusOK {
			d.t.Errorf("a session has ended that nobody ended: %v", r)
		}
	}
	for _, token := range v.dead {
		p := d.browser()
		p.setCookie("session", token)
		if r := d.get(p, "/account"); r.status != http.StatusSeeOther {
			d.t.Errorf("a session that has ended lives: %v", r)
		}
	}
	// Before the old ones: with many of them the wait after wrong passwords begins.
	if r := d.begin(d.browser(), "/sign-in", "email", v.email, "password", v.password); r.to != "/sign-in/code" && (r.to != "/account" || v.twoStep != "off") {
		d.t.Errorf("a new device with the password: %v", r)
	}
	for _, old := range v.oldPasswords {
		if r := d.begin(d.browser(), "/sign-in", "email", v.email, "password", old); r.to != "" {
			d.t.Errorf("an old password is right: %v", r)
		}
	}
	for _, old := range v.oldEmails {
		if r := d.begin(d.browser(), "/sign-in", "email", old, "password", v.password); r.to != "" {
			d.t.Errorf("an old address is right: %v", r)
		}
	}
	if is := d.word("SELECT two_step FROM accounts WHERE id = ?", v.id); is != v.twoStep {
		d.t.Errorf("two-step is %s, want %s", is, v.twoStep)
	}
}

// twin is another window of the same browser: the same cookies, each on its own from now on.
func (p *peer) twin() *peer {
	p.tb.Helper()
	other := *p
	client := *p.client
	client.Jar = must[*cookiejar.Jar](p.tb)(cookiejar.New(nil))
	client.Jar.SetCookies(p.site(), p.client.Jar.Cookies(p.site()))
	other.client, other.header = &client, p.header.Clone()
	return &other
}
