package e2e

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestForgedLanes: strangers have shut the lane of all unknown browsers. Somebody who
// has the password, too, tries to look like a browser of the owner's: with random
// device cookies, the owner's altered in one place, cut or lengthened, and with those
// of other accounts. None gets past, and the true one does.
func TestForgedLanes(t *testing.T) {
	s := start(t, "")
	o := s.owner("olga@example.com", "127.77.0.1")
	other := s.owner("eve@example.com", "127.77.0.2")
	reset := s.peer("127.77.0.3") // a lane that another account has given
	reset.post("/reset", "email", other.email).leads(t, "a reset", "/reset/code")
	const chosen = "nine brand new rows of felt"
	s.keepSecret(chosen)
	reset.resets(s.linkTo(other.email, "", "/reset/link"), chosen)
	other.password = chosen
	other.peer = s.peer("127.77.0.4")
	other.signIn(other.email, chosen)

	true1 := o.cookie("device")
	if len(true1) < 43 || reset.cookie("device") == "" || other.cookie("device") == "" {
		t.Fatal("a browser has no device cookie")
	}
	forged := []string{"", "0", strings.Repeat("A", 4000), true1 + "A", true1 + true1, " " + true1 + "=", true1[1:], strings.ToUpper(true1), other.cookie("device"), reset.cookie("device"), o.cookie("session")}
	for i := range true1 {
		forged = append(forged, true1[:i], true1[:i]+letterButNot(true1[i])+true1[i+1:])
	}
	random := rand.NewChaCha8([32]byte{5})
	for range 200 {
		var b [32]byte
		_, _ = random.Read(b[:])
		forged = append(forged, base64.RawURLEncoding.EncodeToString(b[:]))
	}

	// Ten wrong passwords shut the strangers' lane for an hour. Waits grow between
	// them, and the owner signs in all along.
	var wrong, all tried
	crowd := s.crowd(15, 40)
	o.beside(func() {
		n := 0
		awaitFor(t, 3*patience, "ten wrong passwords", func() (int, bool) {
			wrong.add(crowd[n%len(crowd)].tryPassword(o.email, fmt.Sprintf("the wrong guess number %d", n)))
			n++
			return n, wrong.of("422") == 10
		})
		for i, token := range forged {
			p := crowd[i%len(crowd)]
			p.setCookie("device", token)
			all.add(p.tryPassword(o.email, o.password))
		}
	})
	all.are(t, map[string]int{"429": len(forged)})
	s.counted("lanes of single browsers in which a password was judged", 0, "SELECT count(*) FROM spends WHERE key LIKE 'lane % %'")
	s.counted("sessions or codes for strangers", 0, "SELECT count(*) FROM events WHERE kind IN ('sign_in', 'sign_in_known', 'code_asked') AND address LIKE '127.15.%'")

	// The owner's true cookie is worth what the forged ones pretended.
	moved := s.peer("127.16.0.1")
	moved.setCookie("device", true1)
	moved.tryPassword(o.email, o.password).leads(t, "the true cookie", "/account")
}

// letterButNot is another letter of a token's alphabet.
func letterButNot(c byte) string {
	if c == 'B' {
		return "C"
	}
	return "B"
}

// TestMovedCookie: the cookie of a session is copied to 100 browsers of another
// family. None of them sees anything of the account, and each is asked for a code;
// the holder is told once and goes on.
func TestMovedCookie(t *testing.T) {
	s := start(t, "")
	o := s.owner("olga@example.com", "127.77.0.1")
	victim := s.peer("127.77.0.2") // another browser of the same person, from which the cookie is taken
	victim.signIn(o.email, o.password)
	letters := s.number("SELECT count(*) FROM messages")

	crowd := s.crowd(17, 100)
	pages := []string{
		"/account", "/account/email", "/account/phone", "/account/password", "/account/two-step", "/account/two-step/off",
		"/account/devices", "/account/devices/everywhere", "/account/activity", "/account/close", "/account/data.json",
	}
	forms := []string{"/account/email", "/account/phone", "/account/password", "/account/two-step/off", "/account/devices/everywhere", "/account/close"}
	o.beside(func() {
		flood(len(crowd), 4, func(i int) {
			p := crowd[i]
			p.setCookie("session", victim.cookie("session"))
			for _, path := range pages {
				if r := p.get(path); r.status != 303 || !strings.HasPrefix(r.to, "/reauth?next=/account") || strings.Contains(r.body, o.email) {
					t.Errorf("GET %s with a stolen cookie: %v", path, r)
				}
			}
			for _, path := range forms {
				if r := p.post(path, "email", "thief@example.com", "phone", "+436641234567", "new_password", newPassword); r.status != 303 || !strings.HasPrefix(r.to, "/reauth?next=/account") {
					t.Errorf("POST %s with a stolen cookie: %v", path, r)
				}
			}
		})
	})
	s.counted("notices", 1, "SELECT count(*) FROM messages WHERE kind = 'session_moved'")
	s.counted("messages in all since", letters+1, "SELECT count(*) FROM messages")
	s.counted("changes of the account", 0, "SELECT count(*) FROM changes")

	// The holder steps up once, and the copies are dead.
	if !victim.signedIn() {
		t.Fatal("the holder is out")
	}
	r := victim.get("/account/password")
	victim.post("/reauth", "next", "/account/password")
	code, _ := victim.code("/reauth?next=/account/password", o.email)
	victim.post("/reauth", "code", code, "next", "/account/password").leads(t, fmt.Sprintf("the step-up after %v", r), "/account/password")
	if r := victim.get("/account/password"); r.status != 200 {
		t.Errorf("the holder after a step-up: %v", r)
	}
	for _, p := range crowd {
		if r := p.get("/account"); r.to != "/sign-in?next=/account" {
			t.Errorf("a copy after the holder's step-up: %v", r)
		}
	}
}
