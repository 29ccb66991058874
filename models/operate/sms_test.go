package operate

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"admitone/models/delivery"
	"admitone/models/devinbox"

	"github.com/alecthomas/kong"
)

// check reads arguments as the program does.
func check(t *testing.T, args ...string) (Setup, error) {
	t.Helper()
	var o Options
	parser, err := kong.New(&o, kong.DefaultEnvars("ADMITONE"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		return Setup{}, err
	}
	return o.Check()
}

var kannel = []string{"--sms-preset=kannel", "--sms-url=http://127.0.0.1:13013/cgi-bin/sendsms", "--sms-user=codes", "--sms-from=AdmitOne", "--sms-countries=at, DE"}

func TestGatewayOptions(t *testing.T) {
	t.Setenv("ADMITONE_SMS_PASSWORD", "hunter2")
	s, err := check(t, kannel...)
	if err != nil || !s.Texts || !s.DevInbox || s.SMS == nil || !slices.Equal(s.Countries, []string{"AT", "DE"}) {
		t.Fatalf("%+v (%v)", s, err)
	}
	if got := *s.SMS; got.Preset != delivery.PresetKannel || got.URL != "http://127.0.0.1:13013/cgi-bin/sendsms" || got.User != "codes" || got.Password != "hunter2" || got.From != "AdmitOne" {
		t.Errorf("%+v", got)
	}
	s, err = check(t, "--sms-url=https://gateway.example.com/", "--sms-method=PUT", "--sms-header=X-A: 1, 2", "--sms-header=X-B: 3",
		`--sms-body={"to":"{to}","text":"{text}"}`, "--sms-ok=^200 ", "--sms-countries=US")
	if err != nil || s.SMS.Method != "PUT" || !slices.Equal(s.SMS.Headers, []string{"X-A: 1, 2", "X-B: 3"}) || s.SMS.Body != `{"to":"{to}","text":"{text}"}` || s.SMS.OK != "^200 " {
		t.Errorf("%#v (%v)", s.SMS, err)
	}
	t.Setenv("ADMITONE_SMS_HEADER", "X-A: 1, 2\nX-B: 3")
	s, err = check(t, "--sms-url=https://gateway.example.com/", "--sms-body={to}{text}", "--sms-countries=US")
	if err != nil || !slices.Equal(s.SMS.Headers, []string{"X-A: 1, 2", "X-B: 3"}) {
		t.Errorf("%q (%v)", s.SMS.Headers, err)
	}
}

func TestNoGateway(t *testing.T) {
	s, err := check(t)
	if err != nil || s.SMS != nil || !s.Texts || s.TextsUnfit != nil || !slices.Equal(s.Countries, []string{"AT", "DE", "US", "GB"}) {
		t.Errorf("the test inbox: %+v (%v)", s, err)
	}
	s, err = check(t, "--sms-countries=CH")
	if err != nil || !s.Texts || !slices.Equal(s.Countries, []string{"CH"}) {
		t.Errorf("the test inbox in a country: %+v (%v)", s, err)
	}
	s, err = check(t, "--smtp=smtp://mail.example.com", "--mail-from=codes@example.com")
	if err != nil || s.SMS != nil || s.Texts || s.TextsUnfit != nil {
		t.Errorf("mails alone: %+v (%v)", s, err)
	}
	// A name that fits into no text stops no trial, and no service without texts.
	s, err = check(t, "--brand-name=Кино")
	if err != nil || s.Texts || s.TextsUnfit == nil || !strings.Contains(s.TextsUnfit.Error(), "--brand-name") {
		t.Errorf("the test inbox: %+v (%v)", s, err)
	}
	s, err = check(t, "--brand-name=Кино", "--smtp=smtp://mail.example.com", "--mail-from=codes@example.com")
	if err != nil || s.TextsUnfit != nil {
		t.Errorf("mails alone: %+v (%v)", s, err)
	}
}

// A text goes by the real sender to the real test inbox, which reports it.
func TestTextToTheInbox(t *testing.T) {
	inbox, err := devinbox.Open(devinbox.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer inbox.Close()
	gateway, err := delivery.NewGateway(*InboxGateway(inbox.GatewayURL(), "Admit & One"))
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Close()
	reports := make(chan string, 1)
	program := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reports <- r.URL.RequestURI() }))
	defer program.Close()

	text := delivery.Text{ID: "one", To: "+436641234567", Words: "482913 is your \"Admit & One\" code.\n\n@localhost #482913", Report: program.URL + "/report/abc", Code: "482913"}
	if detail, err := gateway.Send(t.Context(), text); err != nil || detail != "202" {
		t.Fatalf("%q %v", detail, err)
	}
	got, err := inbox.Wait(t.Context(), text.To, 1)
	if err != nil || got[0].Text != text.Words || got[0].From != "Admit & One" || got[0].Channel != "sms" {
		t.Errorf("%+v (%v)", got, err)
	}
	select {
	case r := <-reports:
		if r != "/report/abc?state=1" {
			t.Errorf("the report is %s", r)
		}
	case <-time.After(30 * time.Second):
		t.Error("no report came")
	}

	for mode, want := range map[devinbox.Mode]string{devinbox.Refuse: delivery.Rejected, devinbox.Defer: delivery.Deferred, devinbox.Drop: delivery.Unreachable} {
		inbox.Behave(mode)
		_, err := gateway.Send(t.Context(), text)
		var f *delivery.Failure
		if !errors.As(err, &f) || f.Reason != want || f.Permanent != (mode == devinbox.Refuse) {
			t.Errorf("%v: %v", mode, err)
		}
	}
}

// Every wrong option is refused by its name, with the mend and without a secret.
func TestWrongGatewayOptions(t *testing.T) {
	with := func(args ...string) []string {
		return append(append(slices.Clone(kannel), "--sms-password=hunter2"), args...)
	}
	without := func(option string) []string {
		return slices.DeleteFunc(with(), func(a string) bool { return strings.HasPrefix(a, option+"=") })
	}
	for _, c := range []struct {
		option, mend string
		args         []string
	}{
		{"--sms-preset", "kannel", with("--sms-preset=pigeon")},
		{"--sms-url", "sendsms", without("--sms-url")},
		{"--sms-url", "https://", with("--sms-url=http://kannel.example.com/hunter2")},
		{"--sms-url", "--sms-preset", []string{"--sms-user=codes", "--sms-countries=AT"}},
		{"--sms-method", "leave", with("--sms-method=POST")},
		{"--sms-header", "leave", with("--sms-header=X-Key: hunter2")},
		{"--sms-body", "leave", with("--sms-body=hunter2")},
		{"--sms-ok", "leave", with("--sms-ok=hunter2")},
		{"--sms-user", "give", without("--sms-user")},
		{"--sms-password", "give", without("--sms-password")},
		{"--sms-from", "give", without("--sms-from")},
		{"--sms-user", "give", []string{"--sms-preset=twilio", "--sms-from=MG1", "--sms-password=hunter2", "--sms-countries=US"}},
		{"--sms-countries", "AT,DE", without("--sms-countries")},
		{"--sms-countries", "AT,DE", with("--sms-countries=AT,Austria")},
		{"--sms-countries", "AT,DE", with("--sms-countries=UK")},
		{"--sms-countries", "AT,DE", []string{"--sms-countries=001"}},
		{"--brand-name", "shorter", with("--brand-name=Кино")},
		{"--public-url", "shorter", with("--public-url=https://"+strings.Repeat("accounts.", 12)+"example.com", "--smtp=smtp://mail.example.com", "--mail-from=codes@example.com")},
	} {
		_, err := check(t, c.args...)
		if err == nil || !strings.Contains(err.Error(), c.option) || !strings.Contains(err.Error(), c.mend) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", c.args, err)
		}
	}
}
