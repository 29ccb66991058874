package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// claims are the headers by which a client says that it is somebody else, or that
// the site is somewhere else.
func claims(i int) http.Header {
	who := fmt.Sprintf("203.0.113.%d", 1+i%250)
	return http.Header{
		"User-Agent":        {chrome},
		"X-Forwarded-For":   {who, "127.0.0.1"},
		"Forwarded":         {"for=" + who + ";host=evil.example;proto=https"},
		"X-Real-Ip":         {who},
		"True-Client-Ip":    {who},
		"Cf-Connecting-Ip":  {who},
		"X-Client-Ip":       {who},
		"X-Forwarded-Host":  {"evil.example"},
		"X-Forwarded-Proto": {"https"},
		"X-Original-Url":    {"/account"},
		"X-Rewrite-Url":     {"/account"},
	}
}

// TestSpoofedHeaders: every request says that it comes from another address and is
// meant for another host. The limits count the true address, and no message leads
// anywhere but here.
func TestSpoofedHeaders(t *testing.T) {
	const tries, perHour, destinations = 120, 10, 5
	s := start(t, fmt.Sprintf("address_per_hour = %d", perHour)) // no more in an hour than in a minute: the test may last longer than that
	o := s.owner("olga@example.com", "127.77.0.1")
	guesser, sender := s.peer("127.18.0.1"), s.peer("127.18.0.2")
	var guesses, sends tried
	as := func(p *peer, i int) *peer {
		c := *p
		c.header = claims(i)
		if i%2 == 1 {
			c.header.Set("Host", "evil.example")
		}
		return &c
	}
	o.beside(func() {
		for i := range tries {
			guesses.add(as(guesser, i).tryPassword(fmt.Sprintf("nobody%d@example.com", i), "stolen elsewhere"))
			sends.add(as(sender, i).post("/sign-up", "email", fmt.Sprintf("new%d@example.com", i), "password", "some long password of mine"))
		}
	}, func() { o.signsInAnew("127.78.0.1") })
	guesses.are(t, map[string]int{"422": perHour, "429": tries - perHour})
	sends.are(t, map[string]int{"303 /sign-up/code": destinations, "429": tries - destinations})
	s.counted("failures of the true address", perHour, "SELECT count(*) FROM spends WHERE key = 'address 127.18.0.1'")
	s.counted("failures of any other", 0, "SELECT count(*) FROM spends WHERE key LIKE 'address %' AND key <> 'address 127.18.0.1'")

	// A reset of the owner's, asked for in the name of another host.
	p := as(s.peer("127.18.0.3"), 1)
	if r := p.post("/reset", "email", o.email); r.to != "/reset/code" || strings.Contains(fmt.Sprint(r.header), "evil.example") {
		t.Errorf("a reset for another host: %v %v", r, r.header)
	}
	link := s.linkTo(o.email, "", "/reset/link")
	for _, l := range s.mails() {
		for _, lie := range []string{"evil.example", "203.0.113.", "https://localhost"} {
			if strings.Contains(l.Subject+l.Text+l.HTML, lie) {
				t.Errorf("%s is in the message %q to %s:\n%s", lie, l.Subject, l.To, l.Text)
			}
		}
		if link := l.link("/reset/link"); link != "" && !strings.Contains(l.Text, s.base+link) {
			t.Errorf("the link of a reset does not lead to %s:\n%s", s.base, l.Text)
		}
	}
	for i := range 2 {
		if r := as(s.peer("127.0.0.1"), i).get("/dev/inbox.json"); r.status != http.StatusNotFound {
			t.Errorf("the test inbox is open through a proxy: %v", r)
		}
	}
	const chosen = "nine brand new rows of felt"
	s.keepSecret(chosen)
	fresh := s.peer("127.78.0.2")
	fresh.resets(link, chosen)
	fresh.signIn(o.email, chosen)
}
