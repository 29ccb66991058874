package models

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/oschwald/maxminddb-golang/v2"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Place is roughly where a network address is, as the operator's files say. The zero
// Place is unknown.
type Place struct {
	Country   string // ISO 3166, such as AT; "" unknown
	City      string // in English; "" unknown
	Network   uint   // number of the autonomous system; 0 unknown
	Latitude  float64
	Longitude float64
	Fixed     bool // Latitude and Longitude are known
	Roams     bool // a VPN, a relay, a carrier's gateway: the place says little
}

// String is the place in words: 'Vienna, Austria'; "" where it is unknown.
func (p Place) String() string {
	country := countryName(p.Country)
	switch {
	case country == "" || p.City == country:
		return p.City
	case p.City == "":
		return country
	}
	return p.City + ", " + country
}

// countryNames are made when the first one is asked for.
var countryNames = sync.OnceValue(func() display.Namer { return display.English.Regions() })

func countryName(code string) string {
	if code == "" {
		return ""
	}
	region, err := language.ParseRegion(code)
	if err != nil {
		return ""
	}
	return countryNames().Name(region)
}

// Locate says roughly where an address is; the zero Place where nothing is known.
func (m *Models) Locate(a netip.Addr) Place { return m.core.places.of(a) }

// PlaceSource is whose data tells the places, where its licence asks for that to be
// said on the pages.
type PlaceSource struct{ Words, URL string }

// PlaceSources are those of the files that are open.
func (m *Models) PlaceSources() []PlaceSource { return m.core.places.sources }

// credits are the words that the makers of free files ask for, by what their files
// say of themselves, or are called.
var credits = []struct {
	mark string
	PlaceSource
}{
	{"dbip", PlaceSource{"IP Geolocation by DB-IP", "https://db-ip.com"}},
	{"db-ip", PlaceSource{"IP Geolocation by DB-IP", "https://db-ip.com"}},
	{"geolite", PlaceSource{"Includes GeoLite data created by MaxMind", "https://www.maxmind.com"}},
}

func creditOf(name string, m maxminddb.Metadata) (PlaceSource, bool) {
	said := filepath.Base(name) + " " + m.DatabaseType
	for _, d := range m.Description {
		said += " " + d
	}
	said = strings.ToLower(said)
	for _, c := range credits {
		if strings.Contains(said, c.mark) {
			return c.PlaceSource, true
		}
	}
	return PlaceSource{}, false
}

// places reads the files, which stay mapped into memory until close.
type places struct {
	mu      sync.RWMutex // close waits for who reads
	files   []*placeFile
	sources []PlaceSource
	log     *slog.Logger
}

type placeFile struct {
	*maxminddb.Reader
	name   string
	failed sync.Once // said once: each request would meet it again
}

// openPlaces opens .mmdb files; what they know is put together. Errors name --geo.
func openPlaces(files []string, log *slog.Logger) (*places, error) {
	p := &places{log: log}
	for _, name := range files {
		if err := p.open(name); err != nil {
			return nil, errors.Join(fmt.Errorf("--geo: %s: %w; name an .mmdb file that tells countries, cities or networks, or leave the option out", name, err), p.close())
		}
	}
	return p, nil
}

func (p *places) open(name string) error {
	r, err := maxminddb.Open(name)
	if err != nil {
		return err
	}
	f := &placeFile{Reader: r, name: name}
	p.files = append(p.files, f)
	if err := f.tells(); err != nil {
		return err
	}
	if c, due := creditOf(name, r.Metadata); due && !slices.Contains(p.sources, c) {
		p.sources = append(p.sources, c)
	}
	return nil
}

func (p *places) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, f := range p.files {
		errs = append(errs, f.Close())
	}
	p.files = nil
	return errors.Join(errs...)
}

// sampled is how many networks of a file are looked at to see that it tells a place
// or a network at all: one of something else would be a silent nothing. Those without
// a record count, because a broken file may have no end of them.
const sampled = 1000

func (f *placeFile) tells() (err error) {
	defer caught(&err)()
	n := 0
	for r := range f.Networks(maxminddb.IncludeNetworksWithoutData()) {
		var row geoRow
		if err := r.Decode(&row); err != nil {
			return err
		}
		if row.place() != (Place{}) {
			return nil
		}
		if n++; n == sampled {
			break
		}
	}
	return errors.New("it tells neither places nor networks")
}

// caught turns a panic into an error, also the fault of memory whose file was cut
// short after it was opened: a file that is broken costs its places, not the service.
func caught(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if v := recover(); v != nil {
			*err = fmt.Errorf("it cannot be read: %v", v)
		}
	}
}

// shared is what carriers use inside (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// nowhere says that an address is in no place: it is this machine's, or one that many
// networks use inside.
func nowhere(a netip.Addr) bool {
	return !a.IsValid() || a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || shared.Contains(a)
}

// of puts together what the files say of an address. The country is of the first file
// that tells one; a city and a spot must not be of another.
func (p *places) of(a netip.Addr) Place {
	a = a.Unmap().WithZone("")
	if nowhere(a) {
		return Place{}
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	all := make([]Place, 0, len(p.files))
	for _, f := range p.files {
		found, err := f.of(a)
		if err != nil {
			f.failed.Do(func() {
				p.log.Error("a file of --geo is broken; the places that it tells are unknown until it is mended and the program is started again", "file", f.name, "error", err)
			})
			continue
		}
		all = append(all, found)
	}
	return merged(all)
}

func merged(all []Place) (out Place) {
	for _, p := range all {
		out.Roams = out.Roams || p.Roams
		if out.Country == "" {
			out.Country = p.Country
		}
		if out.Network == 0 {
			out.Network = p.Network
		}
	}
	for _, p := range all {
		if p.Country != "" && p.Country != out.Country {
			continue
		}
		if out.City == "" {
			out.City = p.City
		}
		if !out.Fixed && p.Fixed {
			out.Latitude, out.Longitude, out.Fixed = p.Latitude, p.Longitude, true
		}
	}
	return out
}

func (f *placeFile) of(a netip.Addr) (out Place, err error) {
	defer caught(&err)()
	if f.Metadata.IPVersion == 4 && !a.Is4() {
		return Place{}, nil
	}
	var row geoRow
	if err := f.Lookup(a).Decode(&row); err != nil {
		return Place{}, err
	}
	return row.place(), nil
}

// geoRow is what a file says of an address, in either of two shapes: nested, where
// what belongs together is a map, or flat.
type geoRow map[string]any

func (r geoRow) in(name string) geoRow {
	m, _ := r[name].(map[string]any)
	return m
}

func (r geoRow) text(name string) string {
	s, _ := r[name].(string)
	return s
}

// roaming are the marks of an address that many people share, wherever they are.
var roaming = []string{
	"is_anonymous", "is_anonymous_proxy", "is_anonymous_vpn", "is_hosting_provider", "is_public_proxy", "is_residential_proxy",
	"is_tor_exit_node", "is_satellite_provider", "is_anycast",
}

func (r geoRow) place() (p Place) {
	traits := r.in("traits")
	p.Country = countryCode(r.in("country").text("iso_code"), r.text("country_code"), r.text("country"))
	p.City = cityName(r.in("city").in("names").text("en"))
	if p.City == "" {
		p.City = cityName(r.text("city"))
	}
	for _, part := range []geoRow{traits, r} {
		for _, key := range []string{"autonomous_system_number", "asn"} {
			if p.Network == 0 {
				p.Network = networkNumber(part[key])
			}
		}
		for _, mark := range roaming {
			on, _ := part[mark].(bool)
			p.Roams = p.Roams || on
		}
		p.Roams = p.Roams || strings.EqualFold(part.text("connection_type"), "cellular") || strings.EqualFold(part.text("user_type"), "cellular")
	}
	spot := r
	if at := r.in("location"); at != nil {
		spot = at
	}
	lat, okLat := number(spot["latitude"], 90)
	lon, okLon := number(spot["longitude"], 180)
	if okLat && okLon && (lat != 0 || lon != 0) { // off the coast of Africa: nobody knows
		p.Latitude, p.Longitude, p.Fixed = lat, lon, true
	}
	return p
}

// countryCode is the first of the texts that is a country's code, in capitals.
func countryCode(texts ...string) string {
	for _, s := range texts {
		if len(s) != 2 {
			continue
		}
		if region, err := language.ParseRegion(s); err == nil && region.IsCountry() {
			return region.String()
		}
	}
	return ""
}

// maxCity bounds the name of a city, in code points.
const maxCity = 60

// cityName cleans a name, which comes out of a file and goes into mails: no control
// characters, nothing that cannot be seen.
func cityName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) && r != unicode.ReplacementChar {
			return r
		}
		return ' '
	}, cut(s, 4*maxCity))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxCity {
		s = strings.TrimSpace(string(r[:maxCity]))
	}
	return s
}

func networkNumber(v any) uint {
	var n uint64
	switch v := v.(type) {
	case uint64:
		n = v
	case string:
		var err error
		if n, err = strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(v), "AS"), 10, 32); err != nil {
			return 0
		}
	}
	if n > math.MaxUint32 {
		return 0
	}
	return uint(n)
}

// number reads a coordinate that is a number or a text.
func number(v any, most float64) (n float64, ok bool) {
	switch v := v.(type) {
	case float64:
		n, ok = v, true
	case float32:
		n, ok = float64(v), true
	case string:
		var err error
		n, err = strconv.ParseFloat(v, 64)
		ok = err == nil
	}
	if !ok || !(math.Abs(n) <= most) { // nor NaN
		return 0, false
	}
	return n, true
}
