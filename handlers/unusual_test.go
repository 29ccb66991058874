package handlers_test

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"admitone/content"
	"admitone/models"
	"admitone/views"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// farFrom is on the other side of the world from atHome.
const farFrom = "192.0.2.66"

// withWorld opens a house that knows where on the globe its networks are.
func withWorld(t *testing.T) func(*setup) {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test-City", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	place := func(network, country, city string, latitude, longitude mmdbtype.Float64) {
		_, n, err := net.ParseCIDR(network)
		if err == nil {
			err = w.Insert(n, mmdbtype.Map{
				"country":  mmdbtype.Map{"iso_code": mmdbtype.String(country)},
				"city":     mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(city)}},
				"location": mmdbtype.Map{"latitude": latitude, "longitude": longitude},
			})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	place("203.0.113.0/24", "AT", "Vienna", 48.2, 16.4)
	place("198.51.100.0/24", "IT", "Rome", 41.9, 12.5)
	place("192.0.2.0/24", "AU", "Sydney", -33.9, 151.2)
	name := filepath.Join(t.TempDir(), "world.mmdb")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := w.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	return func(s *setup) { s.geo = []string{name} }
}

// guess types wrong passwords.
func (b *browser) guess(email string, n int) {
	for range n {
		b.send("/sign-in", "email", email, "password", wrong).unit(422)
		b.h.forward(20 * time.Second)
	}
}

const (
	farAway = "far from your last sign-in"
	refused = "We did not let this sign-in through"
)

// A known device, too far away: a code, and the reasons on the page, in the mail
// and in the activity.
func TestKnownDeviceFarAway(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		b := h.from(atHome)
		b.signUp(mara)
		b.send("/sign-out").leads("/sign-in")
		b.peer = farFrom
		h.forward(time.Hour)
		b.toCode(mara)
		b.open("/sign-in/code").is(200, "looks a little unusual", farAway, "/help/a/unusual-sign-in").without("a new device")
		if mail := h.mail(mara)[0].Text; !strings.Contains(mail, "What was unusual: "+farAway) || !strings.Contains(mail, "Sydney") {
			t.Errorf("the mail says %s", mail)
		}
		b.send("/sign-in/code", "code", h.code(mara)).leads("/account")
		b.open("/account/activity").is(200, "What was unusual", farAway, "Sydney")
	}, withWorld(t))
}

// Very unusual: refused, and back in by the mail's button.
func TestRefusedSignIn(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner, b := h.from(atHome), h.from(farFrom)
		owner.signUp(mara)
		b.guess(mara, 5)
		letters := h.letters(mara)
		a := b.send("/sign-in", "email", mara, "password", password)
		a.is(403, refused, farAway, ", wrong passwords just before and ", "m***@example.com", "Its button leads to a new password", `class="button full" href="/reset"`).without(mara)
		if b.signedIn() {
			t.Fatal("the refusal signed in")
		}
		mail := h.mail(mara)[0]
		if n := h.letters(mara); n != letters+1 || mail.Subject != "We stopped a sign-in to Admit One" || !strings.Contains(mail.Text, farAway) {
			t.Fatalf("%d letters more, %s", n-letters, mail.Text)
		}
		for range 3 { // it is told a few times an hour, and refused always
			b.send("/sign-in", "email", mara, "password", password).is(403, refused)
		}
		b.send("/sign-in", "email", mara, "password", password).is(403, refused, "a short while ago")
		if n := h.letters(mara); n != letters+3 {
			t.Errorf("%d letters for five refusals", n-letters)
		}
		owner.open("/account/activity").is(200, "the sign-in was refused", farAway, "Sydney")

		link := regexp.MustCompile(`/reset/link/[a-z]+`).FindString(mail.Text)
		b.follow(link).leads("/reset/new")
		b.send("/reset/new", "new_password", newPassword).leads("/sign-in")
		b.send("/sign-in", "email", mara, "password", newPassword).leads("/sign-in/code")
		b.send("/sign-in/code", "code", h.code(mara)).leads("/account")
	}, withWorld(t))
}

// Two-step off: an unusual sign-in opens with an alert, a very unusual one asks for
// a code, unless the operator does not want that.
func TestTwoStepOffAndUnusual(t *testing.T) {
	for _, choice := range []string{"always", "never"} {
		t.Run(choice, func(t *testing.T) {
			scenario(t, func(t *testing.T, h *house) {
				owner, b, other := h.from(atHome), h.from(abroad), h.from(farFrom)
				owner.signUp(mara)
				for path, words := range map[string]string{
					"/account/two-step/off": "A code where a sign-in looks very unusual", "/help/a/turn-off": "A code if a sign-in looks very unusual",
				} {
					if a := owner.open(path).is(200); strings.Contains(a.body, words) != (choice == "always") {
						t.Errorf("%s says %q: %v", path, words, choice == "never")
					}
				}
				owner.send("/account/two-step/off").leads("/account/two-step")
				owner.open("/account/two-step").is(200, "An ordinary sign-in needs only your password now").without("password alone")
				if mail := h.mail(mara)[0]; mail.Subject != twoStepOff || !strings.Contains(mail.Text, "Where: Roughly ") {
					t.Errorf("told: %s", mail.Text)
				}
				b.send("/sign-in", "email", mara, "password", password).leads("/account")
				if mail := h.mail(mara)[0]; mail.Subject != "Unusual sign-in to Admit One" || !strings.Contains(mail.Text, farAway) {
					t.Errorf("told: %s", mail.Text)
				}
				other.guess(mara, 5)
				leads := map[string]string{"always": "/sign-in/code", "never": "/account"}[choice]
				other.send("/sign-in", "email", mara, "password", password).leads(leads)
			}, withWorld(t), func(s *setup) { s.policy.StepUpWhenOff = choice })
		})
	}
}

// Every reason of the engine has its words on the pages and in the messages.
func TestEveryReasonInWords(t *testing.T) {
	source, err := os.ReadFile("../models/risk.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^\tReason\w+\s+Reason = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	if len(found) < 9 {
		t.Fatalf("only %d reasons were found", len(found))
	}
	for _, f := range found {
		var page strings.Builder
		if err := views.Refused(views.RefusedPage{Reasons: []string{f[1]}}).Render(t.Context(), &page); err != nil {
			t.Fatal(err)
		}
		mail, err := content.Compose(models.KindSignInUnusual, "en", content.Mail{Brand: "Admit One", BaseURL: "https://accounts.example.com", Reasons: []string{f[1]}})
		if err != nil {
			t.Fatal(err)
		}
		said := regexp.MustCompile(`What looks unusual: <\w+>([^<]+)</`).FindStringSubmatch(page.String())
		if said == nil || !strings.Contains(mail.Text, "unusual: "+said[1]+".") {
			t.Errorf("%s: the page says %q, the mail %s", f[1], said, mail.Text)
		}
	}
}
