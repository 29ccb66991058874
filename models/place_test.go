package models

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/oschwald/maxminddb-golang/v2"
	"go4.org/netipx"
)

// fields is what a file of a test says of a network.
type fields = mmdbtype.Map

// geoBytes is an .mmdb file of networks.
func geoBytes(t testing.TB, kind string, networks map[string]fields) []byte {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, Description: map[string]string{"en": kind}, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for network, said := range networks {
		if err := w.Insert(netipx.PrefixIPNet(netip.MustParsePrefix(network)), said); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// geoFile writes one.
func geoFile(t testing.TB, kind string, networks map[string]fields) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "test.mmdb")
	if err := os.WriteFile(name, geoBytes(t, kind, networks), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// geoHouse is where the networks of the tests are.
var geoHouse = map[string]fields{
	"203.0.113.0/24":  {"country_code": mmdbtype.String("AT")},
	"198.51.100.0/24": {"country_code": mmdbtype.String("IT")},
	"192.0.2.0/24":    {"country_code": mmdbtype.String("NL"), "is_anonymous_vpn": mmdbtype.Bool(true)},
}

func opened(t testing.TB, files ...string) *places {
	t.Helper()
	p, err := openPlaces(files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.close() })
	return p
}

func nested() map[string]fields {
	english := func(name string) fields {
		return fields{"names": fields{"en": mmdbtype.String(name), "de": mmdbtype.String("x")}}
	}
	return map[string]fields{
		"81.2.69.0/24": {
			"city": english("Vienna"), "country": fields{"iso_code": mmdbtype.String("AT")}, "registered_country": fields{"iso_code": mmdbtype.String("DE")},
			"location": fields{"latitude": mmdbtype.Float64(48.2), "longitude": mmdbtype.Float64(16.37)},
			"traits":   fields{"autonomous_system_number": mmdbtype.Uint32(8447)},
		},
		"81.2.70.0/24":   {"registered_country": fields{"iso_code": mmdbtype.String("DE")}},
		"81.2.71.0/24":   {"country": fields{"iso_code": mmdbtype.String("SG")}, "city": english("Singapore")},
		"81.2.72.0/24":   {"country": fields{"iso_code": mmdbtype.String("CH")}, "traits": fields{"is_anonymous_vpn": mmdbtype.Bool(true)}},
		"81.2.73.0/24":   {"country": fields{"iso_code": mmdbtype.String("CH")}, "traits": fields{"user_type": mmdbtype.String("cellular")}},
		"81.2.74.0/24":   {"country": fields{"iso_code": mmdbtype.String("CH")}, "location": fields{"latitude": mmdbtype.Float64(0), "longitude": mmdbtype.Float64(0)}},
		"2a02:1748::/32": {"country": fields{"iso_code": mmdbtype.String("AT")}},
	}
}

func TestPlaces(t *testing.T) {
	city := geoFile(t, "test-City", nested())
	flat := geoFile(t, "test-flat", map[string]fields{
		"81.2.69.0/24": {
			"country_code": mmdbtype.String("at"), "city": mmdbtype.String("Wien\u202e\n " + strings.Repeat("ä", 200)),
			"latitude": mmdbtype.String("48.2"), "longitude": mmdbtype.String("16.37"), "asn": mmdbtype.String("AS8447"),
		},
		"81.2.70.0/24": {"country": mmdbtype.String("FR"), "latitude": mmdbtype.Float32(48.5), "longitude": mmdbtype.Float32(2.25), "connection_type": mmdbtype.String("Cellular")},
		"81.2.71.0/24": {"country_code": mmdbtype.String("ZZ"), "latitude": mmdbtype.String("NaN"), "longitude": mmdbtype.String("1"), "asn": mmdbtype.String("AS99999999999999")},
		"81.2.72.0/24": {"country_code": mmdbtype.Uint32(7), "city": mmdbtype.Slice{mmdbtype.String("x")}, "latitude": mmdbtype.Float64(91), "longitude": mmdbtype.Float64(1)},
	})
	networks := geoFile(t, "test-ASN", map[string]fields{"81.2.0.0/16": {"autonomous_system_number": mmdbtype.Uint32(1853), "autonomous_system_organization": mmdbtype.String("x")}})
	longCity := "Wien " + strings.Repeat("ä", maxCity-5)
	for _, test := range []struct {
		files   []string
		address string
		want    Place
		words   string
	}{
		{[]string{city}, "81.2.69.9", Place{Country: "AT", City: "Vienna", Network: 8447, Latitude: 48.2, Longitude: 16.37, Fixed: true}, "Vienna, Austria"},
		{[]string{city}, "::ffff:81.2.69.9", Place{Country: "AT", City: "Vienna", Network: 8447, Latitude: 48.2, Longitude: 16.37, Fixed: true}, "Vienna, Austria"},
		{[]string{city}, "2a02:1748::1%eth0", Place{Country: "AT"}, "Austria"},
		{[]string{city}, "81.2.70.9", Place{}, ""},
		{[]string{city}, "81.2.71.9", Place{Country: "SG", City: "Singapore"}, "Singapore"},
		{[]string{city}, "81.2.72.9", Place{Country: "CH", Roams: true}, "Switzerland"},
		{[]string{city}, "81.2.73.9", Place{Country: "CH", Roams: true}, "Switzerland"},
		{[]string{city}, "81.2.74.9", Place{Country: "CH"}, "Switzerland"},
		{[]string{city}, "9.9.9.9", Place{}, ""},
		{[]string{flat}, "81.2.69.9", Place{Country: "AT", City: longCity, Network: 8447, Latitude: 48.2, Longitude: 16.37, Fixed: true}, longCity + ", Austria"},
		{[]string{flat}, "81.2.70.9", Place{Country: "FR", Latitude: 48.5, Longitude: 2.25, Fixed: true, Roams: true}, "France"},
		{[]string{flat}, "81.2.71.9", Place{}, ""},
		{[]string{flat}, "81.2.72.9", Place{}, ""},
		// The first file that knows wins; a city of another country is none.
		{[]string{flat, city, networks}, "81.2.70.9", Place{Country: "FR", Latitude: 48.5, Longitude: 2.25, Fixed: true, Roams: true, Network: 1853}, "France"},
		{[]string{flat, city}, "81.2.72.9", Place{Country: "CH", Roams: true}, "Switzerland"},
		{[]string{networks, city}, "81.2.69.9", Place{Country: "AT", City: "Vienna", Network: 1853, Latitude: 48.2, Longitude: 16.37, Fixed: true}, "Vienna, Austria"},
		{[]string{networks}, "81.2.69.9", Place{Network: 1853}, ""},
		{nil, "81.2.69.9", Place{}, ""},
	} {
		got := opened(t, test.files...).of(netip.MustParseAddr(test.address))
		if got != test.want || got.String() != test.words {
			t.Errorf("%s: %+v %q, want %+v %q", test.address, got, got, test.want, test.words)
		}
	}
}

// What is this machine's, or used inside of many networks, is nowhere, whatever a
// file says.
func TestNowhere(t *testing.T) {
	all := map[string]fields{}
	for _, network := range []string{"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "::1/128", "fd00::/8"} {
		all[network] = fields{"country_code": mmdbtype.String("AT")}
	}
	p := opened(t, geoFile(t, "test", all))
	for _, a := range []string{"127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.3.4", "169.254.1.1", "::1", "fd00::1", "fe80::1%eth0", "::ffff:10.0.0.1", "0.0.0.0"} {
		if got := p.of(netip.MustParseAddr(a)); got != (Place{}) {
			t.Errorf("%s: %+v", a, got)
		}
	}
	if got := p.of(netip.Addr{}); got != (Place{}) {
		t.Errorf("no address: %+v", got)
	}
}

func TestWrongGeoFiles(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, data []byte) string {
		name = filepath.Join(folder, name)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	good := geoFile(t, "test", geoHouse)
	for name, file := range map[string]string{
		"missing": filepath.Join(folder, "none.mmdb"), "folder": folder, "empty": write("empty", nil), "text": write("text", []byte("country,AT\n")),
		"domains": geoFile(t, "test-Domain", map[string]fields{"203.0.113.0/24": {"domain": mmdbtype.String("example.com")}}),
		"nothing": geoFile(t, "test", nil),
		"short":   write("short", geoBytes(t, "test", geoHouse)[:300]),
	} {
		_, err := Open(context.Background(), Options{
			Database: filepath.Join(folder, "never.db"), KeyFile: filepath.Join(folder, "key"), Geo: []string{good, file},
			Policy: DefaultPolicy(), Now: newClock().now, Log: slog.New(slog.DiscardHandler),
		})
		if err == nil {
			t.Errorf("%s: taken", name)
			continue
		}
		mustContain(t, err, "--geo: "+file, "name an .mmdb file")
	}
}

// A file that is cut short or written over while it is open costs its places, said
// once, and nothing else; the other files still tell theirs.
func TestBrokenGeoFile(t *testing.T) {
	var log bytes.Buffer
	broken := geoFile(t, "test", geoHouse)
	rest := geoFile(t, "test-ASN", map[string]fields{"203.0.113.0/24": {"autonomous_system_number": mmdbtype.Uint32(1853)}})
	p, err := openPlaces([]string{broken, rest}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.close() }()
	if err := os.Truncate(broken, 0); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if got := p.of(netip.MustParseAddr("203.0.113.7")); got != (Place{Network: 1853}) {
			t.Errorf("%+v", got)
		}
	}
	if n := strings.Count(log.String(), "broken"); n != 1 {
		t.Errorf("said %d times: %s", n, log.String())
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	if got := p.of(netip.MustParseAddr("203.0.113.7")); got != (Place{}) {
		t.Errorf("closed: %+v", got)
	}
}

func TestPlaceSources(t *testing.T) {
	said := func(kinds ...string) []PlaceSource {
		var files []string
		for _, k := range kinds {
			files = append(files, geoFile(t, k, geoHouse))
		}
		return opened(t, files...).sources
	}
	if got := said("test"); got != nil {
		t.Errorf("%v", got)
	}
	got := said("DBIP-Country-Lite (compat=Country)", "GeoLite2-ASN", "dbip-city")
	// The free file says nothing of its maker: its name does.
	named := filepath.Join(t.TempDir(), "dbip-country.mmdb")
	if err := os.WriteFile(named, geoBytes(t, "country ipvAll", geoHouse), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := opened(t, named).sources; len(s) != 1 || s[0] != got[0] {
		t.Errorf("%v", s)
	}
	if len(got) != 2 || got[0] != (PlaceSource{"IP Geolocation by DB-IP", "https://db-ip.com"}) || !strings.Contains(got[1].Words, "MaxMind") {
		t.Errorf("%v", got)
	}
}

func FuzzPlaces(f *testing.F) {
	address := netip.MustParseAddr("81.2.69.9").AsSlice()
	f.Add(geoBytes(f, "test-City", nested()), address)
	f.Add(geoBytes(f, "test", geoHouse), netip.MustParseAddr("203.0.113.7").AsSlice())
	f.Fuzz(func(t *testing.T, data, address []byte) {
		r, err := maxminddb.OpenBytes(data)
		if err != nil {
			return
		}
		file := &placeFile{Reader: r}
		a, _ := netip.AddrFromSlice(address)
		p := &places{files: []*placeFile{file}, log: slog.New(slog.DiscardHandler)}
		got := p.of(a)
		if !utf8.ValidString(got.City) || utf8.RuneCountInString(got.City) > maxCity || strings.ContainsFunc(got.City, unicode.IsControl) {
			t.Errorf("city %q", got.City)
		}
		if got.Country != "" && (len(got.Country) != 2 || got.Country != strings.ToUpper(got.Country)) {
			t.Errorf("country %q", got.Country)
		}
		if !(got.Latitude >= -90 && got.Latitude <= 90 && got.Longitude >= -180 && got.Longitude <= 180) {
			t.Errorf("%v %v", got.Latitude, got.Longitude)
		}
		if !utf8.ValidString(got.String()) {
			t.Errorf("words %q", got)
		}
	})
}

func BenchmarkPlaces(b *testing.B) {
	p := opened(b, geoFile(b, "test-City", nested()))
	a := netip.MustParseAddr("81.2.69.9")
	for b.Loop() {
		p.of(a)
	}
}
