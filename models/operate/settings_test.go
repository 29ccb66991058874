package operate

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"admitone/models"
)

// config writes a file for --config.
func config(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "admitone.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "--config=" + file
}

// renew writes a file in place of the one there: to cut that short and write on in it
// would wait for the disk each time.
func renew(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

const everything = `
[policy]
code_life = "5m"

[brand]
name = "Small House"
legal_name = "Small House Media Ltd."
privacy = "https://www.example.com/privacy?lang=en#codes"
terms = "/terms"
status = "https://status.example.com"

[support]
email = "help@example.com"
time_zone = "Europe/Vienna"
chat = "mon-fri 08:00-22:00, sat-sun 10:00-18:00"
phone = "mon-fri 09:00-17:00"
dial_url = "https://phones.example.com/dial?to={number}&from={agent}&about={reference}&key=hunter2"
unanswered_minutes = 5

[[support.number]]
region = "United Kingdom"
number = "+44 (0)20 7946-0123"
cost = "Calls cost the same as a local call."

[[support.number]]
region = "Elsewhere"
number = "+43720205306"
`

func TestSettings(t *testing.T) {
	s, err := check(t, config(t, everything))
	if err != nil {
		t.Fatal(err)
	}
	if s.Brand != "Small House" || s.LegalName != "Small House Media Ltd." || time.Duration(s.Policy.CodeLife) != 5*time.Minute {
		t.Errorf("%q %q %v", s.Brand, s.LegalName, s.Policy.CodeLife)
	}
	links := []Link{{"Privacy", "https://www.example.com/privacy?lang=en#codes"}, {"Terms", "/terms"}, {"Service status", "https://status.example.com"}}
	if !reflect.DeepEqual(s.Legal, links) {
		t.Errorf("%+v", s.Legal)
	}
	d := s.Desk
	if d.Email != "help@example.com" || d.Zone.String() != "Europe/Vienna" || d.UnansweredMinutes != 5 || !d.CallBack() || !strings.HasSuffix(d.DialURL, "&key=hunter2") {
		t.Errorf("%+v", d)
	}
	if len(d.Chat.Lines()) != 2 || len(d.Phone.Lines()) != 1 {
		t.Errorf("chat %+v, phone %+v", d.Chat.Lines(), d.Phone.Lines())
	}
	numbers := []models.PhoneLine{
		{Region: "United Kingdom", Shown: "+44 20 7946 0123", Tel: "+442079460123", Cost: "Calls cost the same as a local call."},
		{Region: "Elsewhere", Shown: "+43 720 205306", Tel: "+43720205306"},
	}
	if !reflect.DeepEqual(d.Numbers, numbers) {
		t.Errorf("%+v", d.Numbers)
	}
}

// Without a file there is a chat at all hours and no telephone.
func TestNoSettings(t *testing.T) {
	for _, args := range [][]string{{"--time-zone=Europe/Vienna"}, {"--time-zone=Europe/Vienna", config(t, "")}} {
		s, err := check(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		if d := s.Desk; !d.Chat.Always() || d.Phone.Any() || d.CallBack() || d.Email != "" || d.Zone.String() != "Europe/Vienna" || d.UnansweredMinutes != 10 || d.Numbers != nil {
			t.Errorf("%+v", d)
		}
		if s.Brand != "Admit One" || s.LegalName != "" || s.Legal != nil || !reflect.DeepEqual(s.Policy, models.DefaultPolicy()) {
			t.Errorf("%+v", s)
		}
	}
	s, err := check(t, config(t, "[support]\nchat = 'off'"))
	if err != nil || s.Desk.Chat.Any() {
		t.Errorf("a chat that is off: %+v (%v)", s.Desk, err)
	}
}

// The name of the service is said in one place, or alike in both.
func TestBrandInTwoPlaces(t *testing.T) {
	file := config(t, "[brand]\nname = 'Small House'")
	for _, args := range [][]string{{file}, {file, "--brand-name=Small House"}, {"--brand-name=Small House"}} {
		if s, err := check(t, args...); err != nil || s.Brand != "Small House" {
			t.Errorf("%v: %q (%v)", args, s.Brand, err)
		}
	}
	if _, err := check(t, file, "--brand-name=Big House"); err == nil || !strings.Contains(err.Error(), "[brand] name: ") || !strings.Contains(err.Error(), "--brand-name") {
		t.Errorf("two names: %v", err)
	}
}

// Every wrong setting is refused by its name, with the mend and without a secret.
func TestWrongSettings(t *testing.T) {
	const number = "\n[[support.number]]\nregion = 'Austria'\nnumber = '+43 720 205306'\n"
	const phone = "[support]\nphone = 'always'\n"
	for _, c := range []struct{ text, named, mend string }{
		{"[brand]\nname = ' x'", "[brand] name: ", "1 to 40"},
		{"[brand]\nname = '" + strings.Repeat("x", 41) + "'", "[brand] name: ", "1 to 40"},
		{"[brand]\nname = \"a\\nb\"", "[brand] name: ", "one line"},
		{"[brand]\nlegal_name = '" + strings.Repeat("x", 121) + "'", "[brand] legal_name: ", "120"},
		{"[brand]\nlegal_name = 'Media Ltd., no. 482913'", "[brand] legal_name: ", "leave the number out"},
		{"[brand]\nprivacy = 'http://www.example.com'", "[brand] privacy: ", "https"},
		{"[brand]\nterms = '//www.example.com'", "[brand] terms: ", "begins with /"},
		{"[brand]\nterms = 'javascript:alert(1)'", "[brand] terms: ", "https"},
		{"[brand]\naccessibility = 'https://'", "[brand] accessibility: ", "https"},
		{"[brand]\nstatus = 'https://a@b.example'", "[brand] status: ", "https"},
		{"[brand]\nstatus = '/a\\b'", "[brand] status: ", "https"},
		{"[support]\nemail = 'Help <help@example.com>'", "[support] email: ", "help@example.com"},
		{"[support]\ntime_zone = 'Nowhere/Atall'", "[support] time_zone: ", "Europe/Vienna"},
		{"[support]\ntime_zone = 'Local'", "[support] time_zone: ", "UTC"},
		{"[support]\nchat = '9 to 5'", "[support] chat: ", "mon-fri 08:00-22:00"},
		{"[support]\nchat = ''", "[support] chat: ", "write off"},
		{"[support]\nchat = 'mon 22:00-02:00'", "[support] chat: ", "over midnight"},
		{"[support]\nphone = 'whenever'", "[support] phone: ", "write off"},
		{phone, "[support] phone: ", "[[support.number]]"},
		{"[support]\n" + number, "[support] number: ", "hours of phone"},
		{phone + "[[support.number]]\nnumber = '+43 720 205306'", "[support] number: the one at place 1: region: ", "United Kingdom"},
		{phone + number + "[[support.number]]\nregion = 'x'\nnumber = '020 7946 0123'", "[support] number: the one at place 2: number: ", "country code"},
		{phone + "[[support.number]]\nregion = 'x'\nnumber = '+44 20 7946 0123 ext. 5'", "number: ", "country code"},
		{phone + "[[support.number]]\nregion = 'x'\nnumber = '+44 1'", "number: ", "country code"},
		{phone + number + "cost = \"a\\nb\"", "cost: ", "one line"},
		{phone + number + "price = 'x'", "support.number.price", "not a setting"},
		{"[support]\ndial_url = 'https://phones.example.com/{number}'", "[support] dial_url: ", "hours of phone"},
		{phone + "dial_url = 'http://phones.example.com/{number}?key=hunter2'" + number, "[support] dial_url: ", "https://"},
		{phone + "dial_url = 'https://phones.example.com/?key=hunter2'" + number, "[support] dial_url: ", "{number}"},
		{phone + "dial_url = 'https://phones.example.com/{number}/{caller}?key=hunter2'" + number, "[support] dial_url: ", "{caller} is not filled in"},
		{phone + "dial_url = 'https://{number}.example.com/{number}?key=hunter2'" + number, "[support] dial_url: ", "behind the host"},
		{phone + "dial_url = 'https://:8443/{number}?key=hunter2'" + number, "[support] dial_url: ", "https://"},
		{phone + "dial_url = 'phones.example.com/{number}?key=hunter2'" + number, "[support] dial_url: ", "https://"},
		{"[support]\nunanswered_minutes = 0", "[support] unanswered_minutes: ", "1 to 240"},
		{"[support]\nunanswered_minutes = 241", "[support] unanswered_minutes: ", "1 to 240"},
		{"[support]\nunanswered_minutes = 'ten'", "cannot be read", "README.md"},
		{"[support]\nfax = 'x'", "support.fax", "not a setting"},
		{"[brands]\nname = 'x'", "brands", "README.md"},
		{"[policy]\ncode_life = '11m'", "code_life", "10m"},
	} {
		_, err := check(t, config(t, c.text))
		if err == nil || !strings.HasPrefix(err.Error(), "--config: ") || !strings.Contains(err.Error(), c.named) || !strings.Contains(err.Error(), c.mend) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s\n%v", c.text, err)
		}
	}
	// This machine may have a telephone system without TLS.
	if s, err := check(t, config(t, phone+"dial_url = 'http://127.0.0.1:5000/dial/{number}'"+number)); err != nil || !s.Desk.CallBack() {
		t.Errorf("a telephone system of this machine: %v", err)
	}
}

// Whatever a file holds, its numbers are in their bounds, and what pages and messages
// show is a line, or a page that can be opened. A refusal names the option.
func FuzzSettings(f *testing.F) {
	f.Add(everything)
	for _, s := range []string{
		"", "[policy]\ncode_life = \"2d\"", "[policy]\nresend_waits = []", "[policy]\ncode_life = -1", "[brand]\nprivacy = \"//evil.example\"", "[brand]\nname = \"a\\nb\"", "[support]\nchat = \"off\"\n",
		"[support]\nphone = \"always\"\ndial_url = \"https://{number}/\"\n[[support.number]]\nregion = \"x\"\nnumber = \"+43720205306\"", "x = 1", "[policy", "\xff",
	} {
		f.Add(s)
	}
	o := Options{BrandName: defaultBrand, Config: filepath.Join(f.TempDir(), "admitone.toml")}
	read := func(t *testing.T, text string) (Settings, Setup, error) {
		renew(t, o.Config, text)
		s := Setup{}
		file, err := readSettings(o.Config)
		if err == nil {
			err = o.brand(file.Brand, &s)
		}
		if err == nil {
			s.Desk, err = o.desk(file.Support, time.UTC)
		}
		return file, s, err
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, s, err := read(t, text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "--config: "+o.Config) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if err := file.Policy.Validate(); err != nil {
			t.Errorf("%q is taken: %v", text, err)
		}
		if s.Brand == "" || !isLine(s.Brand, maxName) || !isLine(s.LegalName, maxSaid) || s.Desk.Phone.Any() != (len(s.Desk.Numbers) > 0) {
			t.Errorf("%q is %+v", text, s)
		}
		for _, page := range s.Legal {
			here := &url.URL{Scheme: "https", Host: "here.example"}
			if to, err := here.Parse(page.URL); err != nil || to.Scheme != "https" || to.Host != "here.example" && !strings.HasPrefix(page.URL, "https://") {
				t.Errorf("%q leads to %q", text, page.URL)
			}
		}
		if s.Desk.DialURL != "" {
			filled := strings.NewReplacer("{number}", "%2B43", "{agent}", "a%2Fb", "{reference}", "%23").Replace(s.Desk.DialURL)
			plain, _ := url.Parse(dialed.Replace(s.Desk.DialURL))
			if u, err := url.Parse(filled); err != nil || plain == nil || u.Hostname() == "" || u.Host != plain.Host || u.Scheme != plain.Scheme {
				t.Errorf("%q dials by %q", text, filled)
			}
		}
		for _, n := range s.Desk.Numbers {
			if strings.Trim(n.Tel, "+0123456789") != "" || !isLine(n.Region, maxName) || !isLine(n.Cost, maxSaid) {
				t.Errorf("%q has the number %+v", text, n)
			}
		}
	})
}
