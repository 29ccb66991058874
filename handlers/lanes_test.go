package handlers_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"
)

// write changes rows behind the program's back.
func (h *house) write(statement string) {
	h.t.Helper()
	engine, source := "sqlite3", "file:"+h.rows+"?_busy_timeout=5000"
	if strings.HasPrefix(h.rows, "postgres") {
		engine, source = "pgx", h.rows
	}
	d, err := sql.Open(engine, source)
	if err != nil {
		h.t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Exec(statement); err != nil {
		h.t.Fatal(err)
	}
}

// peer is one of a stranger's many network addresses.
func peer(i int) string { return fmt.Sprintf("127.1.%d.%d", i/250, i%250) }

// passwordOff brings an address to where no password opens it for strangers: the
// failures before the last one are written, not typed.
func (h *house) passwordOff(emails ...string) {
	h.t.Helper()
	for _, email := range emails {
		h.from(peer(1)).send("/sign-in", "email", email, "password", wrong).unit(422)
	}
	h.write("UPDATE strikes SET n = 99")
	for _, email := range emails {
		h.from(peer(2)).send("/sign-in", "email", email, "password", wrong).unit(422)
	}
}

const nobody = "nora@example.com" // as long as the other, and nobody's

// Where too many wrong passwords came in a row no password is taken from strangers,
// and the page is the same whether there is an account or not.
func TestPasswordOff(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		owner := h.browser()
		owner.signUp(mara)
		h.passwordOff(mara, nobody)
		known := h.from(peer(3)).send("/sign-in", "email", mara, "password", password).unit(422, "not even the right one", "Reset your password to sign in here", "Your account is not locked")
		unknown := h.from(peer(4)).send("/sign-in", "email", nobody, "password", password).unit(422)
		alike(t, known, unknown, mara, nobody)
		// A browser that the account knows is not stopped, and opens it for the others.
		owner.send("/sign-out").leads("/sign-in")
		owner.send("/sign-in", "email", mara, "password", password).leads("/account")
		h.from(peer(5)).toCode(mara)
	})
}

// By the link of the mail a fresh browser gets in while strangers go on.
func TestResetUnderAttack(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		h.passwordOff(mara)
		fresh := h.from("198.51.100.9")
		fresh.forgot(mara)
		_, link := h.reset(mara)
		if a := fresh.follow(link).leads("/reset/new"); a.cookie("device") == nil {
			t.Errorf("no device cookie: %v", a)
		}
		for i := range 12 {
			h.from(peer(i)).send("/sign-in", "email", mara, "password", wrong)
		}
		h.from(peer(20)).send("/sign-in", "email", mara, "password", wrong).unit(429)
		fresh.send("/reset/new", "new_password", newPassword).leads("/sign-in")
		fresh.send("/sign-in", "email", mara, "password", newPassword).leads("/sign-in/code") // it is not a known device
		fresh.send("/sign-in/code", "code", h.code(mara)).leads("/account")
	})
}

// Strangers who have codes sent again and again are braked: the owner gets one
// digest, and from its page stops such codes for a day.
func TestBrake(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.browser().signUp(mara)
		h.forward(25 * time.Hour) // the code of the sign-up was a stranger's too
		var answers [2]answer
		for i := range 6 {
			for j, email := range []string{mara, nobody} {
				b := h.from(peer(2*i + j))
				b.forgot(email)
				answers[j] = b.open("/reset/code").is(200)
			}
			alike(t, answers[0], answers[1], mara, nobody)
			h.mail(mara) // a code that is still waiting would be too late
			h.forward(13 * time.Minute)
			if i == 3 {
				if n := h.letters(mara); n != 1+3+1 {
					t.Errorf("%d letters, want the sign-up's, three codes and a digest", n)
				}
			}
		}
		path := h.notMe(mara, "codes were asked for")
		reader := h.browser()
		reader.open(path).is(200, "Someone asked for many codes to reset your password")
		reader.send(path, "act", "block").leads(path)
		page := reader.open(path).is(200, `value="reset"`, `value="mute"`)
		if strings.Index(page.body, `value="mute"`) > strings.Index(page.body, `value="sign_out"`) {
			t.Error("what stops the codes does not come before what does not")
		}
		h.forward(time.Hour)
		reader.send(path, "act", "mute").leads(path)
		letters := h.letters(mara)
		h.from(peer(100)).forgot(mara)
		if n := h.letters(mara); n != letters {
			t.Errorf("%d letters after the mute", n-letters)
		}
		reader.send(path, "act", "reset").leads("/reset/code") // not braked
		code, _ := h.reset(mara)
		reader.send("/reset/code", "code", code).leads("/reset/new")
	})
}
