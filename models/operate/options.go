// Package operate is the operator's side: the options, their checks, and the commands
// beside the server.
package operate

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"admitone/models"
	"admitone/models/delivery"

	"github.com/alecthomas/kong"
)

// defaultBrand is the product's own name.
const defaultBrand = "Admit One"

// longestDrain is short enough that nobody takes a stop for one that hangs.
const longestDrain = 5 * time.Minute

// Options is the one definition of every option: a flag, an ADMITONE_* variable
// and a row of the README's table.
type Options struct {
	Listen         string        `default:"127.0.0.1:8080" help:"Address to listen on."`
	Data           string        `default:"./data" help:"Folder for the database, the key and the test inbox."`
	Database       string        `help:"postgres://... ; empty: SQLite in the data folder."`
	PublicURL      string        `help:"Address that people open, such as https://accounts.example.com; empty: http://localhost with the port of --listen."`
	KeyFile        string        `help:"File with the keys that codes are derived from; empty: key in the data folder."`
	Keys           string        `help:"The lines of that file themselves, in place of it; better given as a variable, because other users of the machine see flags."`
	SMTP           string        `name:"smtp" help:"Mail server: smtp://user:pass@host:port?tls=starttls|tls|none."`
	MailFrom       string        `help:"Address that messages come from."`
	BrandName      string        `default:"Admit One" help:"Name of the service in pages and messages."`
	DevInbox       *bool         `negatable:"" help:"Catch mails at /dev/inbox, and texts where no gateway is set; on by itself when no SMTP is set and the address is loopback."`
	Log            string        `enum:"text,json" default:"text" help:"Form of the log: text or json."`
	TrustedProxies []string      `help:"Addresses or networks of proxies whose X-Forwarded-For is believed."`
	SignUp         string        `enum:"open,closed" default:"open" help:"Whether new accounts can be made: open or closed."`
	TimeZone       string        `default:"UTC" help:"Time zone of the times in pages and messages, such as Europe/Vienna."`
	Geo            []string      `help:"Files (.mmdb) that tell roughly where a network address is, and its network; without one, places are unknown."`
	Metrics        string        `help:"Address of a listener of its own that answers /metrics, such as 127.0.0.1:9090; empty: none."`
	TLSCert        string        `name:"tls-cert" help:"File with the certificate and its chain, to speak TLS without a proxy; read again when it changes."`
	TLSKey         string        `name:"tls-key" help:"File with the certificate's key."`
	Drain          time.Duration `default:"0s" help:"How long a stop goes on serving, with /readyz saying no, so that a proxy takes this instance out first."`
	Config         string        `help:"TOML file with [policy], [brand] and [support]: the numbers, the names, and the way to a person."`

	SMS SMSOptions `embed:"" prefix:"sms-"`
}

// Setup is what the options come to once they have been checked.
type Setup struct {
	Database  string // postgres://... or the path of a SQLite file
	Keys      string // the lines of the key ring, "" where KeyFile holds them
	KeyFile   string
	Brand     string
	LegalName string // who runs the service, "" unsaid
	Legal     []Link // the operator's own pages
	From      string // the bare address that messages come from
	Public    *url.URL
	Proxies   []netip.Prefix
	Zone      *time.Location
	Policy    models.Policy
	Desk      models.Desk
	SMTP      delivery.SMTP // zero where the test inbox runs
	DevInbox  bool

	SMS        *delivery.SMS // nil without a gateway
	Texts      bool          // there is a gateway, or the test inbox takes them
	TextsUnfit error         // why the test inbox gets no texts; with a gateway this stops the start
	Countries  []string      // that texts are sent to, the first one's notation is read
}

// keysAt names where the keys are.
func (s Setup) keysAt() string {
	if s.Keys != "" {
		return "ADMITONE_KEYS"
	}
	return s.KeyFile
}

// Check refuses wrong options by name, with the mend.
func (o Options) Check() (s Setup, err error) {
	host, port, err := hostPort("--listen", o.Listen, "127.0.0.1:8080")
	if err != nil {
		return s, err
	}
	if o.Data == "" {
		return s, errors.New("--data: name a folder, such as ./data")
	}
	if err := o.checkTLS(); err != nil {
		return s, err
	}
	if s.Public, err = o.publicURL(host, port); err != nil {
		return s, err
	}
	local := isLoopback(host) && isLoopback(s.Public.Hostname())
	if s.DevInbox, err = devInbox(o, local); err != nil {
		return s, err
	}
	if s.From, err = mailFrom(o, s.DevInbox); err != nil {
		return s, err
	}
	if o.SMTP != "" {
		if s.SMTP, err = delivery.ParseSMTP(o.SMTP); err != nil {
			return s, fmt.Errorf("--smtp: %w", err)
		}
	}
	if s.Proxies, err = prefixes(o.TrustedProxies); err != nil {
		return s, err
	}
	if s.Zone, err = time.LoadLocation(o.TimeZone); err != nil || o.TimeZone == "Local" {
		return s, fmt.Errorf("--time-zone: %q is not the name of a time zone; write it like Europe/Vienna or UTC", o.TimeZone)
	}
	file, err := readSettings(o.Config)
	if err != nil {
		return s, err
	}
	s.Policy = file.Policy
	if err := o.brand(file.Brand, &s); err != nil {
		return s, err
	}
	if s.Desk, err = o.desk(file.Support, s.Zone); err != nil {
		return s, err
	}
	s.Zone = s.Desk.Zone // every page and message tells the same time
	if err := o.texts(&s); err != nil {
		return s, err
	}
	if s.Keys = o.Keys; s.Keys != "" {
		if o.KeyFile != "" {
			return s, errors.New("--keys: the keys are either in it or in --key-file; leave one of the two out")
		}
		if err := models.CheckKeys(s.Keys); err != nil {
			return s, fmt.Errorf("--keys: %w; write lines as they are in a key file", err)
		}
	}
	s.Database, s.KeyFile = o.Database, o.KeyFile
	if s.KeyFile == "" {
		s.KeyFile = filepath.Join(o.Data, "key")
	}
	if o.Drain < 0 || o.Drain > longestDrain {
		return s, fmt.Errorf("--drain: %s is not a time from 0s to %s", o.Drain, longestDrain)
	}
	if o.Metrics != "" {
		if _, _, err := hostPort("--metrics", o.Metrics, "127.0.0.1:9090"); err != nil {
			return s, err
		}
	}
	switch {
	case s.Database == "":
		s.Database = filepath.Join(o.Data, "admitone.db")
	case !strings.HasPrefix(s.Database, "postgres://") && !strings.HasPrefix(s.Database, "postgresql://"):
		return s, errors.New("--database: only postgres://user:pass@host:port/name is understood; leave it empty for SQLite in the data folder")
	}
	return s, nil
}

// hostPort takes apart what is listened on.
func hostPort(option, value, like string) (host, port string, err error) {
	if host, port, err = net.SplitHostPort(value); err != nil {
		return "", "", fmt.Errorf("%s: %q is not an address and a port; write it like %s", option, value, like)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", "", fmt.Errorf("%s: %q is not a port from 0 to 65535; write it like %s", option, port, like)
	}
	return host, port, nil
}

// Durations reads the times of the command line, and says how they are written.
var Durations = kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
	var said string
	if err := ctx.Scan.PopValueInto("duration", &said); err != nil {
		return err
	}
	d, err := time.ParseDuration(said)
	if err != nil {
		return fmt.Errorf("%q is not a time; write it like 5s, 10m or 1h", said)
	}
	target.SetInt(int64(d))
	return nil
}))

// At completes the public URL where --listen left the port to the system.
func (s *Setup) At(l net.Listener) {
	if s.Public.Port() == "0" {
		s.Public.Host = fmt.Sprintf("%s:%d", s.Public.Hostname(), l.Addr().(*net.TCPAddr).Port)
	}
}

func (o Options) publicURL(listenHost, listenPort string) (*url.URL, error) {
	raw, scheme := o.PublicURL, "http"
	if o.TLSCert != "" {
		scheme = "https"
	}
	if raw == "" {
		if !isLoopback(listenHost) {
			return nil, errors.New("--public-url: needed where --listen is not a loopback address; give the https address that people open, such as https://accounts.example.com")
		}
		return &url.URL{Scheme: scheme, Host: "localhost:" + listenPort}, nil
	}
	u, err := url.Parse(strings.TrimSuffix(raw, "/"))
	if err != nil || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("--public-url: %q is not an address such as https://accounts.example.com, without a path", raw)
	}
	if u.Scheme == "http" && scheme == "https" {
		return nil, fmt.Errorf("--public-url: %s must begin with https://, because --tls-cert lets nothing else in", raw)
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return nil, fmt.Errorf("--public-url: %s must begin with https://, because passwords and cookies travel to it", raw)
	}
	return u, nil
}

func devInbox(o Options, local bool) (bool, error) {
	asked := o.DevInbox != nil && *o.DevInbox
	refused := o.DevInbox != nil && !*o.DevInbox
	switch {
	case asked && !local:
		return false, errors.New("--dev-inbox: it shows every code to whoever opens it, so it only runs where --listen and --public-url are loopback addresses; leave it out, and set --smtp")
	case asked && o.SMTP != "":
		return false, errors.New("--dev-inbox: messages go either there or to --smtp; leave one of the two out")
	case o.SMTP == "" && (refused || !local):
		return false, errors.New("--smtp: no mail server is set, so no code could arrive; give one, such as smtp://user:pass@mail.example.com:587")
	}
	return o.SMTP == "", nil
}

func mailFrom(o Options, dev bool) (string, error) {
	if o.MailFrom == "" {
		if dev {
			return "codes@localhost", nil
		}
		return "", errors.New("--mail-from: needed with --smtp; give the address that messages come from, such as codes@example.com")
	}
	a, err := mail.ParseAddress(o.MailFrom)
	if err != nil || a.Address != o.MailFrom {
		return "", fmt.Errorf("--mail-from: %q is not a bare address such as codes@example.com", o.MailFrom)
	}
	return a.Address, nil
}

func prefixes(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		s = strings.TrimSpace(s)
		p, err := netip.ParsePrefix(s)
		if a, aerr := netip.ParseAddr(s); aerr == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("--trusted-proxies: %q is not an address or a network such as 10.0.0.5 or 10.0.0.0/24", s)
		}
		out = append(out, p)
	}
	return out, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
