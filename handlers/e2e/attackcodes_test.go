package e2e

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// handles gives many browsers the cookie of one pending sign-in: whoever has the
// password can guess at its code from wherever he likes.
func handles(crowd []*peer, of *peer) {
	for _, p := range crowd {
		p.setCookie("session", of.cookie("session"))
	}
}

// TestParallelGuesses: 500 guesses at one code arrive at once, the right one among
// them at a random place. Five are judged, whoever asked them from wherever; and
// after three codes of a day none is judged any more, not even the right one.
func TestParallelGuesses(t *testing.T) {
	const guesses, rounds = 500, 4
	s := start(t, "")
	o := s.owner("olga@example.com", "127.77.0.1")
	crowd := s.crowd(5, 100)
	lucky := 0
	o.beside(func() {
		for round := range rounds {
			thief := s.peer(fmt.Sprintf("127.6.0.%d", 1+round))
			if r := thief.tryPassword(o.email, o.password); r.to != "/sign-in/code" {
				t.Errorf("round %d: %v", round, r)
				return
			}
			right, _ := thief.code("/sign-in/code", o.email)
			place := rand.IntN(guesses)
			handles(crowd, thief)
			var all tried
			var mu sync.Mutex
			said := 0 // pages that tell how many tries are left
			flood(guesses, guesses, func(i int) {
				code := fmt.Sprintf("%06d", i)
				if code == right {
					code = "999999"
				}
				if i == place {
					code = right
				}
				r := crowd[i%len(crowd)].post("/sign-in/code", "code", code)
				if strings.Contains(r.body, "That code is not right.") {
					mu.Lock()
					said++
					mu.Unlock()
				}
				all.add(r)
			})
			in := all.of("303 /account")
			lucky += in
			if in > 1 {
				t.Errorf("round %d: one code opened %d sessions", round, in)
			}
			if said+in > 5 {
				t.Errorf("round %d: %d guesses were judged", round, said+in)
			}
			if round == rounds-1 && lucky == 0 && all.of("429") != guesses {
				t.Errorf("after fifteen wrong codes %d of %d guesses were refused", all.of("429"), guesses)
			}
		}
	})
	s.query("SELECT attempts FROM challenges WHERE purpose = 'sign_in'", func(r *sql.Rows) error {
		var n int
		err := r.Scan(&n)
		if n > 5 {
			t.Errorf("%d tries of one code were counted", n)
		}
		return err
	})
	if n := s.number("SELECT count(*) FROM spends WHERE key LIKE 'code %'"); n > 15 || lucky == 0 && n != 15 {
		t.Errorf("%d wrong codes were judged in four rounds, want 15", n)
	}
	s.counted("sessions opened by codes", lucky, "SELECT count(*) FROM events WHERE kind = 'sign_in'")
	if lucky == 0 {
		s.counted("notices that all tries were used up", 3, "SELECT count(*) FROM messages WHERE kind = 'too_many_tries'")
	}
}

// TestReplayedCode: the right code arrives 50 times at once, from 50 addresses. One
// of them is signed in.
func TestReplayedCode(t *testing.T) {
	const copies, rounds = 50, 4
	s := start(t, "")
	o := s.owner("olga@example.com", "127.77.0.1")
	o.beside(func() {
		for round := range rounds {
			p, crowd := s.peer(fmt.Sprintf("127.78.1.%d", 1+round)), s.crowd(10+round, copies)
			if r := p.tryPassword(o.email, o.password); r.to != "/sign-in/code" {
				t.Errorf("round %d: %v", round, r)
				return
			}
			code, _ := p.code("/sign-in/code", o.email)
			handles(crowd, p)
			var all tried
			flood(copies, copies, func(i int) { all.add(crowd[i].post("/sign-in/code", "code", code)) })
			in := 0
			for _, p := range crowd {
				if p.signedIn() {
					in++
				}
			}
			if in != 1 || all.of("303 /account") != 1 {
				t.Errorf("round %d: one code signed %d browsers in, and said so to %d", round, in, all.of("303 /account"))
			}
		}
	}, func() { o.signsInAnew("127.78.0.2") })
	s.counted("sessions opened by codes", rounds+1, "SELECT count(*) FROM events WHERE kind = 'sign_in'")
	s.counted("wrong codes", 0, "SELECT count(*) FROM spends WHERE key LIKE 'code %'")
}

// TestResetFlood: 1,000 resets of one account are asked for from 250 addresses, and
// each of their codes again. The mailbox gets a few, and one digest when they are
// stopped. Neither the password nor the owner's own wish for a reset is touched by
// it, and the links that were mailed work.
func TestResetFlood(t *testing.T) {
	const asks, addresses = 1000, 250
	s := start(t, `resend_waits = ["1s"]
stranger_sends = { ten_minutes = 20, hour = 20, day = 20 }`) // or the brake could not be reached at all
	o := s.owner("olga@example.com", "127.77.0.1")
	before := s.number("SELECT count(*) FROM messages")
	crowd := s.crowd(8, addresses)
	var asked, again tried
	o.beside(func() {
		flood(asks, 16, func(i int) {
			p := crowd[i%addresses]
			asked.add(p.post("/reset", "email", o.email))
			again.add(p.post("/reset/code/resend"))
		})
	}, func() { o.signsInAnew("127.78.0.1") }, func() {
		// The owner's own wish, in the known browser.
		o.post("/sign-out")
		sent := s.number(sentResets)
		o.post("/reset", "email", o.email).leads(t, "the owner's own reset", "/reset/code")
		await(t, "the owner's own reset", func() (int, bool) { n := s.number(sentResets); return n, n > sent })
	})
	// Who asks again in a browser where one waits goes on with it, and is sent nothing.
	if n := asked.of("303 /reset/code"); n < 5 || n > 20*asks/addresses || n+asked.of("429") != asks {
		t.Errorf("%d of %d asks were taken, and %d refused", n, asks, asked.of("429"))
	}
	s.counted("messages with a reset that went out, three and the owner's own", 4, sentResets)
	s.counted("digests", 1, "SELECT count(*) FROM messages WHERE kind = 'codes_braked' AND state <> 'dropped'")
	s.counted("other messages than resets, the owner's codes, notices of a new device and the digest", before,
		"SELECT count(*) FROM messages WHERE kind NOT IN ('reset_code', 'sign_in_code', 'new_device', 'codes_braked')")
	if n := len(s.mail(o.email, 1)); n > 9 {
		t.Errorf("the mailbox has %d letters", n)
	}

	link := ""
	for _, l := range lettersTo(o.email, s.mails()) { // the oldest: a stranger asked for it
		if found := l.link("/reset/link"); found != "" {
			link = found
		}
	}
	const chosen = "nine brand new rows of felt"
	s.keepSecret(chosen)
	p := s.peer("127.78.0.3")
	p.resets(link, chosen)
	p.signIn(o.email, chosen)
}

const sentResets = "SELECT count(*) FROM messages WHERE kind = 'reset_code' AND state <> 'dropped'"

// TestWrongResetDigits: the digits of a reset are guessed from many addresses until
// none are judged any more. The link of the message works on.
func TestWrongResetDigits(t *testing.T) {
	const addresses, each, judged = 40, 8, 20
	s := start(t, "stranger_sends = { ten_minutes = 99, hour = 99, day = 99 }") // so that each address has a code of its own
	o := s.owner("olga@example.com", "127.77.0.1")
	mine := s.peer("127.78.0.1")
	mine.post("/reset", "email", o.email).leads(t, "the owner's reset", "/reset/code")
	right, _ := mine.code("/reset/code", o.email)
	link := s.linkTo(o.email, "", "/reset/link")

	crowd := s.crowd(9, addresses)
	var all tried
	o.beside(func() {
		flood(addresses, 8, func(i int) {
			if r := crowd[i].post("/reset", "email", o.email); r.to != "/reset/code" {
				t.Errorf("a reset from a new address: %v", r)
			}
			for j := range each {
				code := fmt.Sprintf("%08d", i*each+j)
				if code == right {
					code = "99999999"
				}
				all.add(crowd[i].post("/reset/code", "code", code))
			}
		})
	}, func() { o.signsInAnew("127.78.0.2") })
	s.counted("wrong digits that were judged", judged, "SELECT count(*) FROM spends WHERE key LIKE 'reset %'")
	// Past its five tries a code says so, as long as anything is judged.
	wrong := all.of("422")
	if most := judged + judged/5*(each-5); wrong < judged || wrong > most {
		t.Errorf("%d tries were called wrong, want %d to %d", wrong, judged, most)
	}
	all.are(t, map[string]int{"422": wrong, "429": addresses*each - wrong})
	if r := mine.post("/reset/code", "code", right); r.status != 429 {
		t.Errorf("the right digits after %d wrong ones: %v", judged, r)
	}
	const chosen = "nine brand new rows of felt"
	s.keepSecret(chosen)
	fresh := s.peer("127.78.0.3")
	fresh.resets(link, chosen)
	fresh.signIn(o.email, chosen)
	if o.signedIn() {
		t.Error("the old sessions go on after a reset")
	}
}
