package handlers_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// reportPath is where the gateway was told to report the newest text to a number.
func (h *house) reportPath(to string) string {
	h.t.Helper()
	form, err := url.ParseQuery(h.mail(to)[0].Source)
	if err != nil || !strings.HasPrefix(form.Get("report"), h.url+"/sms/report/") {
		h.t.Fatalf("no report is asked for: %v (%v)", form, err)
	}
	return strings.TrimPrefix(form.Get("report"), h.url)
}

// texted sends a text whose own report gets lost on the way.
func (b *browser) texted(to string) (report, line string) {
	b.h.t.Helper()
	b.send("/account/phone", "phone", to).leads("/account/phone/code")
	report = b.h.reportPath(to)
	line = "/account/phone/code/delivery?flow=" + b.open("/account/phone/code").find(flowField)
	b.part(line).is(200, "Accepted by the text service")
	return report, line
}

// However a gateway reports, by GET or POST, in the address or in a form, in its
// own words: the text's line moves forward, once.
func TestReports(t *testing.T) {
	for _, c := range []struct{ name, method, query, body, words string }{
		{"GET", "GET", "?state=1", "", "Delivered to your phone"},
		{"GET of a failure", "GET", "?state=2", "", "Refused by the phone network"},
		{"POST with a query", "POST", "?state=1", "", "Delivered to your phone"},
		{"POST of a form", "POST", "", "state=16", "Refused by the phone network"},
		{"another gateway's form", "POST", "", "MessageStatus=delivered&SmsSid=x", "Delivered to your phone"},
		{"an older word", "POST", "", "SmsStatus=undelivered", "Refused by the phone network"},
		{"on its way", "POST", "", "MessageStatus=sent", "Accepted by the text service"},
		{"nonsense", "GET", "?state=%00", "", "Accepted by the text service"},
		{"nothing", "POST", "", "", "Accepted by the text service"},
		{"long", "POST", "", "state=" + strings.Repeat("1", 5000), "Accepted by the text service"},
		{"twice in one", "POST", "?state=1", "state=2", "phone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := once(t, withTexts)
			h.lossy.Store(true)
			b := h.browser()
			b.signUp(mara)
			report, line := b.texted(number)
			gateway := h.browser()
			if a := gateway.do(c.method, report+c.query, c.body, false).is(204); a.body != "" || len(a.cookies) != 0 {
				t.Errorf("%v", a)
			}
			got := b.part(line).is(200, c.words).body
			h.forward(time.Second)
			h.unchanged(func() { // what comes later or again moves nothing back
				gateway.do("GET", report+c.query, "", false).is(204)
				if c.words != "Accepted by the text service" {
					gateway.do("GET", report+"?state=2", "", false).is(204)
					gateway.do("POST", report, "MessageStatus=delivered", false).is(204)
				}
			})
			if after := b.part(line).is(200).body; after != got {
				t.Errorf("%s became %s", got, after)
			}
			b.prove("/account/phone", number) // a report opens and closes nothing
		})
	}
}

// Broken requests of a gateway are refused clearly, and a browser on another
// site cannot stand in for one.
func TestOddReports(t *testing.T) {
	scenario(t, func(t *testing.T, h *house) {
		h.lossy.Store(true)
		b := h.browser()
		b.signUp(mara)
		report, line := b.texted(number)
		h.unchanged(func() {
			for kind, body := range map[string]string{"application/json": `{"state":"1"}`, "text/plain": "state=1", "multipart/form-data": "x", "application/x-www-form-urlencoded": "state=%zz"} {
				if w := raw(h, "POST", report, kind, "", strings.NewReader(body)); w.Code < 400 {
					t.Errorf("%s: %d", kind, w.Code)
				}
			}
			b.with("Sec-Fetch-Site", "cross-site").do("POST", report, "state=1", false).is(403)
			b.with("Origin", "https://evil.example").do("POST", report, "state=1", false).is(403)
			b.do("PUT", report, "state=1", false).is(405)
			for _, token := range badTokens(strings.TrimPrefix(report, "/sms/report/")) {
				raw(h, "GET", "/sms/report/"+escaped(token)+"?state=1", "", "", nil)
			}
		})
		b.part(line).is(200, "Accepted by the text service")
		h.browser().do("GET", strings.Replace(report, "/sms/report/", "/not-me/", 1), "", false).is(404)
		h.browser().do("GET", strings.Replace(report, "/sms/report/", "/undo/", 1), "", false).is(404)
		if strings.Contains(h.log.String(), report) {
			t.Errorf("the token is in the log:\n%s", h.log)
		}
	}, withTexts)
}
