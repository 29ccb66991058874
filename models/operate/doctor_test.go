package operate

import (
	"bytes"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"admitone/internal/freeport"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"go4.org/netipx"
)

// service is a set-up in which all is well, of real peers on loopback. A case spoils
// one thing of it.
type service struct {
	t       *testing.T
	data    string
	records map[string][]string // of the DNS
	smtp    *mailPeer
	args    map[string]string
	dkim    string
	now     func() time.Time
}

func clockOfTests() time.Time { return time.Now().UTC() }

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{
		t: t, data: t.TempDir(), dkim: "codes", now: clockOfTests,
		records: map[string][]string{
			"example.com":                  {"some-verification=1", "v=spf1 include:spf.provider.example -all"},
			"_dmarc.example.com":           {"v=DMARC1; p=reject; sp=none"},
			"codes._domainkey.example.com": {"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3"},
		},
	}
	s.must(os.Chmod(s.data, 0o700))
	s.smtp = newMailPeer(t)
	s.args = map[string]string{
		"--data":            s.data,
		"--listen":          serveHealth(t, nil, http.StatusOK),
		"--public-url":      "https://accounts.example.com:" + portOf(serveHealth(t, certificateFor(t, "accounts.example.com", 90), http.StatusOK)),
		"--trusted-proxies": "127.0.0.1",
		"--smtp":            s.smtp.url("codes", mailSecret),
		"--mail-from":       "codes@example.com",
		"--geo":             placesOf(t, time.Now()),
		"--sms-url":         "http://" + serveHealth(t, nil, http.StatusOK) + "/send",
		"--sms-body":        "to={to}&text={text}&key={password}",
		"--sms-password":    gatewaySecret,
		"--sms-countries":   "AT",
	}
	for name, text := range begun(t) {
		s.must(os.WriteFile(filepath.Join(s.data, name), text, 0o600))
	}
	return s
}

// begun is a data folder as a first start and an account leave it, made once.
func begun(t *testing.T) map[string][]byte {
	t.Helper()
	startOnce.Do(func() {
		dir := t.TempDir()
		if said, err := operator(t, dir, "create", "mara@example.com"); err != nil {
			t.Fatal(said, err)
		}
		startOnce.files = map[string][]byte{}
		for _, name := range []string{"admitone.db", "key"} {
			startOnce.files[name] = read(t, filepath.Join(dir, name))
		}
	})
	return startOnce.files
}

var startOnce struct {
	sync.Once
	files map[string][]byte
}

const (
	mailSecret    = "a-secret-of-the-mail-server"
	gatewaySecret = "a-secret-of-the-gateway"
)

func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// doctor runs the command.
func (s *service) doctor() (report string, err error) {
	s.t.Helper()
	args := []string{"doctor", "--dns", serveDNS(s.t, s.records)}
	if s.dkim != "" {
		args = append(args, "--dkim-selector", s.dkim)
	}
	return s.run(args...)
}

// run runs a command with the options of the service. Nothing that it says may be a
// secret.
func (s *service) run(args ...string) (said string, err error) {
	s.t.Helper()
	for name, value := range s.args {
		args = append(args, name+"="+value)
	}
	said, err = types(s.t, s.now, args...)
	for _, secret := range []string{mailSecret, gatewaySecret} {
		if strings.Contains(said, secret) || err != nil && strings.Contains(err.Error(), secret) {
			s.t.Errorf("it prints a secret:\n%s%v", said, err)
		}
	}
	return said, err
}

func (s *service) key() string { return filepath.Join(s.data, "key") }

func (s *service) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// Where all is well the doctor says so, beside a server and without a word of warning
// but that of a clock which nothing keeps (the machine's own), and changes nothing.
func TestDoctorFindsAllWell(t *testing.T) {
	s := newService(t)
	before := listing(t, s.data)
	report, err := s.doctor()
	if err != nil {
		t.Fatalf("%v\n%s", err, report)
	}
	var looked []string
	for line := range strings.Lines(report) {
		if how, _, _ := strings.Cut(line, " "); how == good || how == look || how == wrong {
			looked = append(looked, strings.TrimSpace(line[7:22]))
		}
		if !strings.HasPrefix(line, "ok ") && !strings.Contains(line, "NTP") && !strings.Contains(line, "nothing keeps it") && !strings.Contains(line, "disk") && !strings.Contains(line, "make room") &&
			!strings.Contains(line, "worth a look") && !strings.Contains(line, "All is well") && line != "\n" {
			t.Errorf("it says %q", line)
		}
	}
	all := []string{
		"data folder", "key file", "database", "disk", "clock", "proxies", "public URL", "TLS", "test inbox",
		"mail server", "SPF", "DKIM", "DMARC", "texts", "places",
	}
	if looked = slices.Compact(looked); !slices.Equal(looked, all) {
		t.Errorf("it has looked at\n%q, and not at\n%q", looked, all)
	}
	if after := listing(t, s.data); after != before {
		t.Errorf("it has changed\n%s\nto\n%s", before, after)
	}
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, f := range list {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		said += fmt.Sprintln(info.Name(), info.Mode(), info.Size(), info.ModTime())
	}
	return said
}

// Wrong set-ups, each real, are each named with their mend. What only deserves a look
// does not fail the command.
func TestDoctorNamesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(s *service)
		how   string // wrong or look
		about string
		said  string
		mend  string
	}{
		"folder that others can read": {func(s *service) { s.must(os.Chmod(s.data, 0o750)) }, look, "data folder", "(mode 0750)", "chmod 700"},
		"database that others can read": {
			func(s *service) { s.must(os.Chmod(filepath.Join(s.data, "admitone.db"), 0o604)) }, look, "data folder", "admitone.db (mode 0604)", "chmod 600",
		},
		"folder that cannot be made": {func(s *service) { s.args["--data"] = filepath.Join(s.key(), "x") }, wrong, "data folder", "key is a file", "choose another"},
		"key that others can read":   {func(s *service) { s.must(os.Chmod(s.key(), 0o644)) }, wrong, "key file", "mode 0644", "chmod 600"},
		"key that is lost":           {func(s *service) { s.must(os.Remove(s.key())) }, wrong, "key file", "is not there, but the database uses key", "restore the file from its backup"},
		"public URL without TLS": {
			func(s *service) { s.args["--public-url"] = "http://accounts.example.com" }, wrong, "options", "must begin with https://", "change it",
		},
		"test inbox in production": {
			func(s *service) {
				delete(s.args, "--smtp")
				s.args["--dev-inbox"] = "true"
			}, wrong, "options", "--dev-inbox", "set --smtp",
		},
		"test inbox on this machine": {
			func(s *service) {
				for _, a := range []string{"--smtp", "--public-url", "--mail-from"} {
					delete(s.args, a)
				}
			}, look, "test inbox", "it is on", "set --smtp",
		},
		"wrong login": {func(s *service) { s.args["--smtp"] = s.smtp.url("codes", "wrong") }, wrong, "mail server", "does not take user and password", "compare both"},
		"no STARTTLS": {
			func(s *service) { s.args["--smtp"] = newMailPeerWithoutTLS(s.t).url("", "") }, wrong, "mail server", "no STARTTLS", "587",
		},
		"certificate of the mail server": {
			func(s *service) { s.args["--smtp"] = strings.Replace(s.smtp.url("", ""), "localhost", "127.0.0.1", 1) }, wrong, "mail server", "certificate", "name",
		},
		"mail server that is away": {func(s *service) { s.noMail() }, wrong, "mail server", "no connection", "firewall"},
		"no SPF":                   {func(s *service) { s.records["example.com"] = s.records["example.com"][:1] }, wrong, "SPF", "does not say who may send", "TXT record"},
		"two SPF":                  {func(s *service) { s.records["example.com"] = []string{"v=spf1 -all", "v=spf1 a -all"} }, wrong, "SPF", "2 SPF records", "one"},
		"SPF for the world":        {func(s *service) { s.records["example.com"] = []string{"v=spf1 +all"} }, wrong, "SPF", "whole world", "-all"},
		"SPF without an end":       {func(s *service) { s.records["example.com"] = []string{"v=spf1 a mx"} }, look, "SPF", "nothing of others", "-all"},
		"no DMARC":                 {func(s *service) { delete(s.records, "_dmarc.example.com") }, wrong, "DMARC", "does not say", "_dmarc.example.com"},
		"DMARC that asks nothing":  {func(s *service) { s.records["_dmarc.example.com"] = []string{"v=DMARC1; p=none"} }, look, "DMARC", "p=none", "quarantine"},
		"DMARC of the domain above": {
			func(s *service) {
				s.args["--mail-from"] = "codes@mail.example.com"
				s.records["mail.example.com"], s.records["codes._domainkey.mail.example.com"] = s.records["example.com"], s.records["codes._domainkey.example.com"]
				s.records["_dmarc.example.com"] = []string{"v=DMARC1; sp=none; p=reject"}
			}, look, "DMARC", "p=none", "quarantine",
		},
		"no DKIM key":             {func(s *service) { s.dkim = "other" }, wrong, "DKIM", "no key at other._domainkey.example.com", "selector"},
		"DKIM key taken back":     {func(s *service) { s.records["codes._domainkey.example.com"] = []string{"v=DKIM1; p="} }, wrong, "DKIM", "taken back", "publish"},
		"DKIM without a selector": {func(s *service) { s.dkim = "" }, look, "DKIM", "not looked at", "--dkim-selector"},
		"gateway that is away":    {func(s *service) { s.args["--sms-url"] = "http://" + freeport.Address(s.t) + "/send" }, wrong, "texts", "cannot be reached", "--sms-url"},
		"certificate that is over": {
			func(s *service) { s.public(certificateFor(s.t, "accounts.example.com", -1)) }, wrong, "TLS", "ended on", "renew",
		},
		"certificate that ends soon": {
			func(s *service) { s.public(certificateFor(s.t, "accounts.example.com", 3)) }, look, "TLS", "ends on", "renew",
		},
		"own certificate of another name before the start": {
			func(s *service) { s.own("www.example.com", 90) }, wrong, "TLS", "--tls-cert is for another name: www.example.com", "get one for accounts.example.com",
		},
		"own certificate that ends soon before the start": {func(s *service) { s.own("accounts.example.com", 3) }, look, "TLS", "--tls-cert ends on", "renew"},
		"own certificate before the start":                {func(s *service) { s.own("accounts.example.com", 90) }, good, "TLS", "--tls-cert is for accounts.example.com, until", ""},
		"certificate of another name": {
			func(s *service) { s.public(certificateFor(s.t, "www.example.com", 90)) }, wrong, "TLS", "for another name: www.example.com", "accounts.example.com",
		},
		"certificate of nobody": {func(s *service) { s.public(ownCertificate(s.t)) }, wrong, "TLS", "nobody that browsers trust", "public authority"},
		"proxy that leads nowhere": {
			func(s *service) {
				s.args["--public-url"] = "https://accounts.example.com:" + portOf(serveHealth(s.t, certificateFor(s.t, "accounts.example.com", 90), http.StatusBadGateway))
			}, wrong, "public URL", "502", "proxy hand on",
		},
		"everybody is a proxy": {func(s *service) { s.args["--trusted-proxies"] = "0.0.0.0/0" }, wrong, "proxies", "chooses the address", "only the addresses"},
		"no proxy is trusted":  {func(s *service) { delete(s.args, "--trusted-proxies") }, look, "proxies", "seem to come from one address", "--trusted-proxies 127.0.0.1"},
		"schema that is behind": {
			func(s *service) { s.sqlite(string(read(s.t, "../testdata/released/sqlite-0003.sql"))) }, look, "database", "at 0003_help and behind this program", "admitone migrate",
		},
		"schema of a newer program": {
			func(s *service) { s.sqlite("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)") }, look, "database", "a newer admitone has changed the schema (9999)", "restore the backup",
		},
		"no database yet": {
			func(s *service) { s.args["--data"] = filepath.Join(s.data, "new") }, good, "database", "there is none", "first start makes it",
		},
		"database that is away": {
			func(s *service) {
				s.args["--database"] = "postgres://admitone:" + mailSecret + "@" + freeport.Address(s.t) + "/admitone?sslmode=disable"
			}, wrong, "database", "refused", "--database",
		},
		"half a pair for TLS": {func(s *service) { s.args["--tls-cert"] = s.key() }, wrong, "options", "--tls-key", "change it"},
		"pair for TLS that is none": {
			func(s *service) { s.args["--tls-cert"], s.args["--tls-key"] = s.key(), s.key() }, wrong, "TLS", "--tls-cert, --tls-key", "as PEM",
		},
		"old places":           {func(s *service) { s.args["--geo"] = placesOf(s.t, time.Now().AddDate(-1, 0, 0)) }, look, "places", "networks move", "newer"},
		"places that are none": {func(s *service) { s.args["--geo"] = s.key() }, wrong, "places", "--geo", ".mmdb"},
		"clock that is behind": {func(s *service) { s.must(os.Chtimes(s.key(), time.Time{}, time.Now().Add(time.Hour))) }, wrong, "clock", "in the future", "NTP"},
		"clock beside the database's": {
			func(s *service) { s.now = func() time.Time { return time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC) } }, wrong, "clock", "in the future", "NTP",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			c.spoil(s)
			report, err := s.doctor()
			if (err != nil) != (c.how == wrong) {
				t.Errorf("it ends with %v\n%s", err, report)
			}
			lines := strings.Split(report, "\n")
			for i, line := range lines {
				if strings.HasPrefix(line, fmt.Sprintf("%-6s %-14s ", c.how, c.about)) && strings.Contains(line, c.said) && strings.Contains(line+lines[i+1], c.mend) {
					return
				}
			}
			t.Errorf("nothing of %s %s, %q and %q in\n%s", c.how, c.about, c.said, c.mend, report)
		})
	}
}

// sqlite changes the database; a whole dump takes its place.
func (s *service) sqlite(statements string) {
	s.t.Helper()
	file := filepath.Join(s.data, "admitone.db")
	if strings.Contains(statements, "CREATE TABLE") {
		for _, name := range []string{file, file + "-wal", file + "-shm", s.key()} {
			_ = os.Remove(name)
		}
		s.must(os.WriteFile(s.key(), read(s.t, "../testdata/released/sqlite-0003.key"), 0o600))
	}
	pool, err := sql.Open("sqlite3", file)
	s.must(err)
	_, err = pool.Exec(statements)
	s.must(err)
	s.must(pool.Close())
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// public puts another certificate before the public URL.
func (s *service) public(c tlsCertificate) {
	s.args["--public-url"] = "https://accounts.example.com:" + portOf(serveHealth(s.t, c, http.StatusOK))
}

// own gives the service a certificate of its own, and nobody answers where it listens.
func (s *service) own(name string, days int) {
	s.t.Helper()
	c := certificateFor(s.t, name, days)
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	s.must(err)
	for option, block := range map[string]*pem.Block{"--tls-cert": {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, "--tls-key": {Type: "PRIVATE KEY", Bytes: key}} {
		s.args[option] = filepath.Join(s.t.TempDir(), "pem")
		s.must(os.WriteFile(s.args[option], pem.EncodeToMemory(block), 0o600))
	}
	s.args["--public-url"] = "https://accounts.example.com:1" // where nobody listens, nor another test meanwhile
}

// A clock that was read while this one went from 0 to 10 s is apart by what is beyond that.
func TestOutside(t *testing.T) {
	from := clockOfTests()
	for read, want := range map[time.Duration]time.Duration{
		-3 * time.Second: 3 * time.Second, 0: 0, 6 * time.Second: 0, 10 * time.Second: 0, time.Minute: 50 * time.Second,
	} {
		if apart := outside(from.Add(read), from, from.Add(10*time.Second)); apart != want {
			t.Errorf("at %s: %s apart, want %s", read, apart, want)
		}
	}
}

func TestRoom(t *testing.T) {
	for free, want := range map[int64]string{50e6: wrong, 500e6: look, 40e9: good} {
		if f := roomIn("/data", free, 100e9); f.how != want {
			t.Errorf("%d bytes: %+v", free, f)
		}
	}
}

// placesOf writes a file of places that was made at a time.
func placesOf(t *testing.T, built time.Time) string {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "test", IncludeReservedNetworks: true, BuildEpoch: built.Unix()})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Insert(netipx.PrefixIPNet(netip.MustParsePrefix("203.0.113.0/24")), mmdbtype.Map{"country_code": mmdbtype.String("AT")}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "places.mmdb")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
