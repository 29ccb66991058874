package handlers_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"time"
)

// row is one device of the list.
type row struct{ id, name, html string }

var (
	rowName = regexp.MustCompile(`(?s)<h3><bdi>(.*?)</bdi>`)
	rowID   = regexp.MustCompile(`(?:name="device" value="|\?rename=)([0-9a-f]+)"`)
)

// rows are the devices that a page lists.
func (a answer) rows() []row {
	a.t.Helper()
	var list []row
	for _, part := range strings.Split(a.body, `<li class="thing">`)[1:] {
		part, _, _ = strings.Cut(part, "</li>")
		r := row{html: part}
		if found := rowName.FindStringSubmatch(part); found != nil {
			r.name = html.UnescapeString(found[1])
		}
		if found := rowID.FindStringSubmatch(part); found != nil {
			r.id = found[1]
		}
		list = append(list, r)
	}
	return list
}

func (b *browser) devices() []row {
	b.h.t.Helper()
	return b.open("/account/devices").is(200).rows()
}

// device is the id of the first device with a name.
func (b *browser) device(name string) string {
	b.h.t.Helper()
	for _, r := range b.devices() {
		if r.name == name && r.id != "" {
			return r.id
		}
	}
	b.h.t.Fatalf("%q is not among %+v", name, b.devices())
	return ""
}

// threeDevices are an account's first browser, its phone, and a shared one.
func threeDevices(h *house) (b, phone, shared *browser) {
	h.t.Helper()
	b, phone, shared = h.browser(), h.browser().with("User-Agent", iPhone), h.browser()
	b.signUp(mara)
	phone.signIn(mara)
	shared.toCode(mara)
	shared.send("/sign-in/code", "code", h.code(mara), "shared", "yes").leads("/account")
	return b, phone, shared
}

func TestDevices(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b, phone, shared := threeDevices(h)
		list := b.devices()
		if len(list) != 3 || list[0].name != "Firefox on Linux" || !strings.Contains(list[0].html, "This device") || strings.Contains(list[0].html, "sign-out") {
			t.Fatalf("this device is to be the first of three, without a button: %+v", list)
		}
		for _, r := range list[1:] {
			if strings.Contains(r.html, "This device") || !strings.Contains(r.html, `action="/account/devices/sign-out"`) || !strings.Contains(r.html, ">Sign out</button>") {
				t.Errorf("%+v", r)
			}
		}
		b.open("/account/devices").is(200, "3 sessions are signed in", "127.0.0.1", "22 November 2026", `id="devices-title"`, `role="status"`)
		for _, other := range []*browser{phone, shared} {
			if r := other.devices(); len(r) != 3 || !strings.Contains(r[0].html, "This device") || strings.Contains(r[1].html, "This device") {
				t.Errorf("%+v", r)
			}
		}
		phone.send("/sign-out").leads("/sign-in")
		if r := b.devices(); len(r) != 3 || !strings.Contains(b.open("/account/devices").body, "Not signed in") {
			t.Errorf("a device that signed out stays known: %+v", r)
		}
		shared.send("/sign-out").leads("/sign-in")
		if r := b.devices(); len(r) != 2 {
			t.Errorf("a shared device is gone with its session: %+v", r)
		}
		b.open("/account/devices").is(200, "Only this device is signed in.")
		tom := h.browser()
		tom.signUp("tom@example.com")
		if r := tom.devices(); len(r) != 1 {
			t.Errorf("somebody else's devices: %+v", r)
		}
	})
}

func TestRenameDevice(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		id := b.device("Firefox on Linux")
		b.open("/account/devices?rename="+id).is(200, `action="/account/devices/rename"`, `name="name"`, `value="Firefox on Linux"`)
		b.open("/account/devices").is(200).without(`name="name"`)
		h.forward(time.Hour) // a name needs no fresh proof
		rename := func(name string) answer {
			t.Helper()
			return b.send("/account/devices/rename", "device", id, "name", name)
		}
		for name, words := range map[string]string{
			"": "Enter a name for the device", " \t\n\u00a0 ": "Enter a name for the device", strings.Repeat("ö", 41): "40 characters or fewer",
			"a\x00b": "cannot be used", "a\x1b[31mb": "cannot be used", strings.Repeat("x", 5000): "40 characters or fewer",
		} {
			rename(name).unit(422, words, `name="name"`, `aria-invalid="true"`)
			if got := b.devices()[0].name; got != "Firefox on Linux" {
				t.Fatalf("a refused name is kept: %q", got)
			}
		}
		rename(strings.Repeat("ö", 41)).unit(422, `value="`+strings.Repeat("ö", 41)+`"`) // what was typed is kept
		for name, want := range map[string]string{
			"  Mara's   \t laptop ": "Mara's laptop", strings.Repeat("ö", 40): strings.Repeat("ö", 40), "客厅的电视": "客厅的电视",
			`"><script>alert(1)</script>`: `"><script>alert(1)</script>`, `<b onclick=x>&amp;</b>`: `<b onclick=x>&amp;</b>`,
			"'; DROP TABLE devices; --": "'; DROP TABLE devices; --", "{device} {{.}} %s": "{device} {{.}} %s", "\u202eneila": "\u202eneila", "\xffbad": "bad",
		} {
			rename(name).leads("/account/devices")
			page := b.open("/account/devices").is(200, "The device has its new name.").without("<script>alert", "<b onclick")
			if got := page.rows()[0].name; got != want {
				t.Errorf("%q is shown as %q, not %q", name, got, want)
			}
			b.open("/account/devices?rename="+id).is(200).without("<script>alert", "<b onclick")
			b.open("/account/devices").is(200).without("its new name")
		}
		tom := h.browser()
		tom.signUp("tom@example.com")
		for _, no := range []string{id, "", "x", "' OR 1=1 --", strings.Repeat("0", 32), strings.Repeat("é", 400)} {
			tom.send("/account/devices/rename", "device", no, "name", "Tom's").unit(404)
		}
		if got := b.devices()[0].name; got == "Tom's" {
			t.Error("a stranger gave it a name")
		}
	})
}

// Signing out one device holds on its very next request, makes it unknown, and
// leaves the others alone.
func TestSignOutDevice(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b, phone, shared := threeDevices(h)
		id := b.device("Safari on iOS")
		tom := h.browser()
		tom.signUp("tom@example.com")
		before := tom.open("/account/activity").body
		for _, no := range []string{id, "", "x", strings.Repeat("0", 64), "\x00", "%"} {
			tom.send("/account/devices/sign-out", "device", no).unit(404)
		}
		if !phone.signedIn() || tom.open("/account/activity").body != before {
			t.Fatal("a stranger's sign-out did something")
		}
		h.forward(time.Minute)
		a := b.send("/account/devices/sign-out", "device", id)
		if h.htmx {
			// The row goes, #status says it, and the heading takes the focus.
			a.unit(200, `id="status" hx-swap-oob="innerHTML"`, "Signed out <bdi>Safari on iOS</bdi>", "20:15:07 UTC",
				`id="devices-title"`, "autofocus", `hx-swap-oob="true"`).without("<li", "notice=")
		} else {
			a.leads("/account/devices")
			b.open("/account/devices").is(200, "The device is signed out", "20:15:07 UTC").without("Safari on iOS")
			b.open("/account/devices").is(200).without("The device is signed out")
		}
		toSignIn(t, phone)
		phone.open("/sign-in").is(200, "not signed in any more")
		phone.toCode(mara) // unknown again
		if len(b.devices()) != 2 || !shared.signedIn() {
			t.Error("more than one was signed out")
		}
		b.send("/account/devices/sign-out", "device", id).unit(404) // twice

		// One that is only signed in, known to nobody.
		other := b.devices()[1]
		b.send("/account/devices/sign-out", "device", other.id)
		toSignIn(t, shared)
		b.open("/account/devices").is(200, "Only this device is signed in.")

		// This very one: an ordinary sign-out.
		b.send("/account/devices/sign-out", "device", b.device("Firefox on Linux")).leads("/sign-in")
		b.open("/sign-in").is(200, "You are signed out", "20:15:07 UTC")
		toSignIn(t, b)
		b.toCode(mara)
	})
}

func TestSignOutEverywhere(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b, phone, shared := threeDevices(h)
		waits := h.browser()
		waits.toCode(mara)
		code := h.code(mara)
		b.open("/account/devices/everywhere").is(200, "3 sessions are signed in", `name="this" type="checkbox" value="yes" checked`, "holds at once")
		h.forward(time.Minute)
		letters := h.letters(mara)
		b.send("/account/devices/everywhere").leads("/account/devices")
		toSignIn(t, phone)
		toSignIn(t, shared)
		b.open("/account/devices").is(200, "All other devices are signed out.", "20:15:07 UTC", "Only this device is signed in.")
		if r := b.devices(); len(r) != 1 {
			t.Errorf("%+v", r)
		}
		h.told(mara, letters, "Signed out on every device")
		waits.send("/sign-in/code", "code", code).leads("/sign-in") // what was pending is void
		phone.toCode(mara)
		b.send("/sign-out")
		b.send("/sign-in", "email", mara, "password", password).leads("/account") // this one stayed known

		b.notFresh("/account/devices/everywhere")
		b.stepUp(mara, "/account/devices/everywhere")
		letters = h.letters(mara)
		b.send("/account/devices/everywhere", "this", "yes").leads("/sign-in")
		b.open("/sign-in").is(200, "All devices are signed out, this one too.", "20:15:07 UTC")
		toSignIn(t, b)
		h.told(mara, letters, "Signed out on every device")
		b.toCode(mara)
	})
}

// A device that is trusted says until when; trust ends alone, by its button.
func TestStopTrusting(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.browser()
		b.signUp(mara)
		b.send("/account/two-step", "two_step", "every_time").leads("/account/two-step")
		phone := h.browser().with("User-Agent", iPhone)
		phone.toCode(mara)
		phone.send("/sign-in/code", "code", h.code(mara), "trust", "yes").leads("/account")
		b.open("/account/devices").is(200, "Trusted until", "22 December 2026", `action="/account/devices/untrust"`)
		id := b.device("Safari on iOS")
		tom := h.browser()
		tom.signUp("tom@example.com")
		tom.send("/account/devices/untrust", "device", id)
		phone.send("/sign-out")
		phone.send("/sign-in", "email", mara, "password", password).leads("/account")
		h.forward(time.Minute)
		b.send("/account/devices/untrust", "device", id).leads("/account/devices")
		b.open("/account/devices").is(200, "not trusted any more", "Safari on iOS").without("Trusted until")
		if !phone.signedIn() {
			t.Error("the end of trust is no sign-out")
		}
		phone.send("/sign-out")
		phone.toCode(mara)
	})
}
