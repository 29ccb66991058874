package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestPumping: somebody who earns by texts has 2,000 numbers in three countries
// proven, in sessions of 25 accounts of his own. The neighbourhood of the numbers,
// the list of countries and half of the day's purse bound what it costs; the other
// half is for codes to sign in, and past it they go by e-mail.
func TestPumping(t *testing.T) {
	const tries, accounts, daily = 2000, 25, 36
	s := start(t, roomy+fmt.Sprintf("\ndaily_texts = %d", daily), "--sms-countries=AT,DE")
	people := []struct{ email, number, address string }{
		{"olga@example.com", "+436641234567", "127.77.0.1"},
		{"otto@example.com", "+491701234567", "127.77.0.2"},
	}
	var owners []*owner
	for _, who := range people {
		o := s.owner(who.email, who.address)
		o.post("/account/phone", "phone", who.number).leads(t, "a number", "/account/phone/code")
		code, _ := o.code("/account/phone/code", who.number)
		o.post("/account/phone/code", "code", code).leads(t, "the code of a number", "/account/phone")
		owners = append(owners, o)
	}

	texts := func(to string) int {
		return s.number("SELECT count(*) FROM messages WHERE channel = 'sms' AND destination LIKE '" + to + "%'")
	}
	before := texts("+") // codes and notices to the owners

	crowd := make([]*peer, accounts)
	flood(accounts, 4, func(i int) {
		crowd[i] = s.peer(fmt.Sprintf("127.14.0.%d", 1+i))
		crowd[i].signUp(fmt.Sprintf("p%02d@example.com", i), "somebody who earns by texts")
	})
	// First one neighbourhood in Austria, then Britain, which gets no texts here, and
	// then all over Germany.
	number := func(i int) string {
		switch {
		case i < 700:
			return fmt.Sprintf("+4366055%05d", 50000+i)
		case i < 1300:
			return fmt.Sprintf("+4474008%05d", i*37)
		}
		return fmt.Sprintf("+49151%04d%04d", i-300, i)
	}
	var all tried
	owners[0].beside(func() {
		flood(tries, 8, func(i int) { all.add(crowd[i%accounts].post("/account/phone", "phone", number(i))) })
	}, func() { owners[1].signsIn() })

	austria, britain, germany, sent := texts("+4366055"), texts("+44"), texts("+49151"), texts("+")
	t.Logf("texts: %d to Austria, %d to Britain, %d to Germany", austria, britain, germany)
	if austria != 10 || britain != 0 || germany != daily/2-before-10 || sent != daily/2 {
		t.Errorf("2,000 numbers got %d, %d and %d texts, want 10 for a neighbourhood, none for a country that is not on the list, and %d in all with the owners' own",
			austria, britain, germany, daily/2)
	}
	all.are(t, map[string]int{"303 /account/phone/code": sent - before, "422": all.of("422"), "429": all.of("429")})

	// What is left of the purse is for codes to sign in; then e-mail takes over.
	places := map[string]int{}
	for i := range daily/2 + 4 {
		o, who := owners[i%2], people[i%2]
		to := s.peer(fmt.Sprintf("127.78.0.%d", 1+i)).signIn(o.email, o.password, who.number)
		if i >= daily/2 && to != o.email {
			t.Errorf("past the purse, code %d went to %s", i, to)
		}
		places[to]++
	}
	for _, who := range people {
		if places[who.email] < 2 || places[who.number] < daily/4 {
			t.Errorf("of %s the codes went to %v", who.email, places)
		}
	}
	if n := texts("+"); n != daily {
		t.Errorf("%d texts went out in all, want %d", n, daily)
	}
	await(t, fmt.Sprintf("%d texts to arrive", daily), func() (int, bool) {
		arrived := len(slices.DeleteFunc(s.mails(), func(l letter) bool { return l.Channel != "sms" }))
		return arrived, arrived == daily
	})
	if !strings.Contains(s.out.String(), "the day's texts are used") {
		t.Error("the operator is not told that the purse is empty")
	}
}
