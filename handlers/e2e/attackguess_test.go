package e2e

import (
	"fmt"
	"testing"
)

// TestCredentialStuffing: a list of addresses and passwords that was stolen elsewhere
// is tried from 220 network addresses. Each of them gets its few tries judged and no
// more; the passwords that are right open nothing without a code, and the mailboxes
// of the others stay empty.
func TestCredentialStuffing(t *testing.T) {
	const people, addresses, each, judged, reused = 30, 220, 4, 2, 5
	// Fewer hashes, as the machine is small; and no more in an hour than in a minute, as
	// it may be slow.
	s := start(t, fmt.Sprintf("address_per_minute = %d\naddress_per_hour = %d", judged, judged))
	email := func(i int) string { return fmt.Sprintf("v%02d@example.com", i) }
	secret := func(i int) string { return fmt.Sprintf("a long secret of number %d", i) }
	s.accounts(people, email, secret)
	o := s.owner("olga@example.com", "127.77.0.1")

	// Nobody is tried more often than the free tries of a lane, so that what stops
	// the attack is the network address alone.
	pair := func(i, j int) (string, string) {
		switch {
		case j > 0:
			return fmt.Sprintf("nobody%d.%d@example.com", i, j), "stolen elsewhere"
		case i < reused:
			return email(i), secret(i)
		case i < reused+4:
			return o.email, "stolen elsewhere"
		case i < reused+4+3*people:
			return email(i % people), "stolen elsewhere"
		}
		return fmt.Sprintf("nobody%d@example.com", i), "stolen elsewhere"
	}
	crowd := s.crowd(1, addresses)
	var all tried
	o.beside(func() {
		flood(addresses, 16, func(i int) {
			for j := range each {
				all.add(crowd[i].tryPassword(pair(i, j)))
			}
		})
	}, func() { o.signsInAnew("127.78.0.1") })

	all.are(t, map[string]int{
		"303 /sign-in/code": reused,
		"422":               addresses * judged,
		"429":               addresses*(each-judged) - reused,
	})
	s.counted("failures counted", addresses*judged, "SELECT count(*) FROM spends WHERE key LIKE 'address 127.1.%'")
	s.counted("failures of one network address, at most", judged, "SELECT max(n) FROM (SELECT count(*) n FROM spends WHERE key LIKE 'address 127.1.%' GROUP BY key)")
	for _, p := range crowd[:reused] {
		if p.signedIn() {
			t.Error("a reused password opened an account without a code")
		}
	}
	s.counted("sessions of victims but for their own", 0, "SELECT count(*) - 30 FROM sessions s JOIN identifiers i ON i.account_id = s.account_id WHERE i.value LIKE 'v%'")
	s.counted("messages to victims after their sign-up", reused, "SELECT count(*) FROM messages WHERE destination LIKE 'v%' AND kind <> 'sign_up_code'")
	s.counted("codes to those whose password is reused", reused, "SELECT count(DISTINCT destination) FROM messages WHERE destination LIKE 'v%' AND kind = 'sign_in_code'")
}

// TestSpraying: one password is tried over 300 accounts and addresses without one,
// first from six network addresses and then from 300. Where nothing can tell the
// tries from those of 300 people, what holds is the code.
func TestSpraying(t *testing.T) {
	const people, list, weak, few, perHour = 20, 300, 3, 6, 10
	s := start(t, fmt.Sprintf("address_per_hour = %d", perHour)) // as many as in a minute: the attack may last longer
	const common = "summer sun and sand 2026"
	s.keepSecret(common)
	email := func(i int) string {
		if i < people {
			return fmt.Sprintf("v%02d@example.com", i)
		}
		return fmt.Sprintf("nobody%d@example.com", i)
	}
	s.accounts(people, email, func(i int) string {
		if i < weak {
			return common
		}
		return fmt.Sprintf("a long secret of number %d", i)
	})
	o := s.owner("olga@example.com", "127.77.0.1")

	// i%few is the network address; the weak ones come first at theirs.
	var narrow, wide tried
	from, crowd := s.crowd(2, few), s.crowd(3, list)
	o.beside(func() {
		flood(few, few, func(a int) {
			for i := a; i < list; i += few {
				narrow.add(from[a].tryPassword(email(i), common))
			}
		})
		flood(list, 16, func(i int) { wide.add(crowd[i].tryPassword(email(i), common)) })
	}, func() { o.signsInAnew("127.78.0.1") })

	narrow.are(t, map[string]int{"303 /sign-in/code": weak, "422": few * perHour, "429": list - weak - few*perHour})
	wide.are(t, map[string]int{"303 /sign-in/code": weak, "422": list - weak})
	s.counted("failures of six network addresses", few*perHour, "SELECT count(*) FROM spends WHERE key LIKE 'address 127.2.%'")
	s.counted("failures of 300 network addresses", list-weak, "SELECT count(*) FROM spends WHERE key LIKE 'address 127.3.%'")
	s.counted("sessions of victims but for their own", 0, "SELECT count(*) - 20 FROM sessions s JOIN identifiers i ON i.account_id = s.account_id WHERE i.value LIKE 'v%'")
	s.counted("messages to those with another password", 0, "SELECT count(*) FROM messages WHERE destination LIKE 'v%' AND kind <> 'sign_up_code' AND destination > 'v02@'||'zzz'")
	s.counted("codes to those with that password", 2*weak, "SELECT count(*) FROM messages WHERE destination LIKE 'v%' AND kind = 'sign_in_code'")
	for _, p := range append(from, crowd[:weak]...) {
		if p.signedIn() {
			t.Error("the password alone opened an account")
		}
	}
}

// TestTenThousandTries: 10,000 wrong passwords from 250 addresses for one account. A
// handful is judged. The owner's known browser goes on all the time, and who has no
// known browser gets in by the link of a reset, in the midst of it.
func TestTenThousandTries(t *testing.T) {
	const tries, addresses = 10_000, 250
	s := start(t, "")
	o := s.owner("olga@example.com", "127.77.0.1")
	reset := o.s.owner("rosa@example.com", "127.77.0.2")
	crowd := s.crowd(4, addresses)
	var all tried
	o.beside(func() {
		flood(tries, 24, func(i int) {
			victim := []string{o.email, reset.email}[i%2]
			all.add(crowd[i%addresses].tryPassword(victim, fmt.Sprintf("the wrong guess number %d", i)))
		})
	}, func() {
		await(t, "the lanes of strangers to be shut", func() (int, bool) { return all.of("429"), all.of("429") > 100 })
		p := s.peer("127.78.0.1") // a new browser, an old mailbox
		if r := p.tryPassword(reset.email, reset.password); r.status != 429 {
			t.Errorf("the lane of strangers is open after all: %v", r)
		}
		p.post("/reset", "email", reset.email).leads(t, "a reset", "/reset/code")
		const chosen = "nine brand new rows of felt"
		s.keepSecret(chosen)
		p.resets(s.linkTo(reset.email, "", "/reset/link"), chosen)
		p.signIn(reset.email, chosen)
		if !p.signedIn() {
			t.Error("the reset led nowhere")
		}
	})
	judged := all.of("422")
	if judged < 10 || judged > 20 {
		t.Errorf("%d of %d tries were judged, want 5 to 10 for each of two accounts", judged, tries)
	}
	all.are(t, map[string]int{"422": judged, "429": tries - judged})
	s.counted("failures in the strangers' lanes", judged, "SELECT count(*) FROM spends WHERE key LIKE 'address 127.4.%'")
	s.counted("sessions but for the owners'", 0, "SELECT count(*) FROM events WHERE kind IN ('sign_in', 'sign_in_known') AND address LIKE '127.4.%'")
}
