package operate

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// population makes a data set with the columns and the proportions that are known
// of the public one (RISK.md C3): how often people sign in, their countries and
// kinds of device, failures and attacks. How people move between home, mobile and
// work and when their browsers change is our own guess.
type population struct {
	dice      *rand.Rand
	countries []place
	models    []string // of telephones
	attackers []spot
	accounts  int
	rows      [][]string
}

// place is a country with its networks.
type place struct {
	code          string
	share         float64
	fixed, mobile []int // autonomous systems, the biggest first
}

// spot is where an attempt comes from.
type spot struct {
	address, country string
	network          int
}

// gadget is a device; its browser is updated so many days after a release.
type gadget struct {
	kind, family, system, model string
	late, build                 int
	updates                     bool
}

// person has places to sign in from, and devices.
type person struct {
	land                  place
	home, carrier, office int
	atHome, onTheMove     float64 // shares; the rest is at work
	lease                 float64 // days for which the address at home stays the same
	offset                float64
	desk                  int // number of the address at work
	id                    int
	gadgets               []gadget
}

var dayOne = time.Date(2020, 2, 3, 0, 0, 0, 0, time.UTC)

// pick chooses by shares; what they lack of 1 goes to the last.
func pick(dice *rand.Rand, shares ...float64) int {
	at := dice.Float64()
	for i, share := range shares {
		if at -= share; at < 0 {
			return i
		}
	}
	return len(shares) - 1
}

// common chooses one of n, the first ones much more often.
func common(dice *rand.Rand, n int) int {
	return min(int(math.Pow(float64(n+1), dice.Float64()))-1, n-1)
}

func newPopulation(seed uint64, accounts int) *population {
	p := &population{dice: rand.New(rand.NewPCG(seed, 1)), accounts: accounts}
	known := []place{{code: "NO", share: .423}, {code: "US", share: .278}, {code: "RU", share: .054}, {code: "BR", share: .038}, {code: "DE", share: .029}}
	const others = 80
	rest, sum := .178, 0.0
	for i := range others {
		sum += 1 / float64(i+2)
	}
	for i := range others {
		known = append(known, place{code: fmt.Sprintf("%c%c", 'A'+i/26, 'A'+i%26), share: rest / sum / float64(i+2)})
	}
	network := 500_000
	for _, c := range known {
		size := 3 + int(12*math.Sqrt(c.share))
		for range size {
			c.fixed, c.mobile = append(c.fixed, network), append(c.mobile, network+1)
			network += 2
		}
		p.countries = append(p.countries, c)
	}
	for i := range 300 {
		p.models = append(p.models, fmt.Sprintf("SM-%c%d", 'A'+i%8, 100+i))
	}
	for i := range 400 {
		c := p.countries[common(p.dice, len(p.countries))]
		p.attackers = append(p.attackers, spot{fmt.Sprintf("10.255.%d.%d", i/250, i%250+1), c.code, c.fixed[common(p.dice, len(c.fixed))]})
	}
	for id := range accounts {
		p.live(p.person(id))
	}
	p.attack()
	slices.SortStableFunc(p.rows, func(a, b []string) int {
		switch {
		case a[0] < b[0]:
			return -1
		case a[0] > b[0]:
			return 1
		}
		return 0
	})
	return p
}

// signIns draws how often somebody signs in: 39.7 % once, median 2, 90 % up to 9,
// 99 % up to 28.
func (p *population) signIns() int {
	known := []struct{ share, n float64 }{{.397, 1}, {.398, 2}, {.5, 2}, {.9, 9}, {.99, 28}, {.999, 90}, {1, 200}}
	at := p.dice.Float64()
	for i, k := range known {
		switch {
		case at >= k.share:
		case i == 0:
			return 1
		default:
			b := known[i-1]
			return int(math.Round(b.n * math.Pow(k.n/b.n, (at-b.share)/(k.share-b.share))))
		}
	}
	return 200
}

func (p *population) person(id int) person {
	shares := make([]float64, len(p.countries))
	for i, c := range p.countries {
		shares[i] = c.share
	}
	d := p.dice
	land := p.countries[pick(d, shares...)]
	one := person{
		id: id, land: land,
		home: land.fixed[common(d, len(land.fixed))], carrier: land.mobile[common(d, len(land.mobile))], office: land.fixed[common(d, len(land.fixed))],
		lease: 20 + d.ExpFloat64()*150, offset: d.Float64() * 400, desk: d.IntN(400),
	}
	one.atHome = .55 + .4*d.Float64()
	one.onTheMove = (1 - one.atHome) * d.Float64()
	for range 1 + pick(d, .55, .33, .12) {
		one.gadgets = append(one.gadgets, p.gadget())
	}
	return one
}

// gadget draws a device by the shares of the rows of the public data set.
func (p *population) gadget() gadget {
	d := p.dice
	g := gadget{kind: []string{"mobile", "desktop", "tablet", "bot", "unknown"}[pick(d, .632, .255, .026, .06, .027)], late: 1 + int(d.ExpFloat64()*9), build: common(d, 60), updates: d.Float64() < .85}
	switch g.kind {
	case "mobile":
		if d.Float64() < .55 {
			g.family, g.system, g.model = "Mobile Safari", "iOS", "iPhone"
		} else {
			g.family, g.system, g.model = "Chrome Mobile", "Android "+strconv.Itoa(7+pick(d, .1, .2, .3, .4)), p.models[common(d, len(p.models))]
		}
	case "tablet":
		g.family, g.system, g.model = "Mobile Safari", "iOS", "iPad"
	case "bot":
		g.family, g.system, g.model = "Client "+strconv.Itoa(common(d, 20)), "Other", "script"
		g.updates = false
	default:
		g.family = []string{"Chrome", "Firefox", "Edge", "Safari"}[pick(d, .6, .12, .13, .15)]
		g.system, g.model = []string{"Windows 10", "Windows 7", "Linux"}[pick(d, .85, .1, .05)], "desktop"
		if g.family == "Safari" || d.Float64() < .1 {
			g.system = "Mac OS X 10." + strconv.Itoa(13+pick(d, .1, .25, .65))
		}
	}
	return g
}

// agent gives user agent, browser and system as they are on that day.
func (g gadget) agent(day float64) (agent, browser, system string) {
	every := map[string]int{"Mobile Safari": 75, "Safari": 90, "Firefox": 30}[g.family]
	if every == 0 {
		every = 42
	}
	release := 0
	if g.updates {
		release = max(int(day)-g.late, 0) / every
	}
	system = g.system
	if system == "iOS" {
		system = fmt.Sprintf("iOS 13.%d", release)
	}
	browser = fmt.Sprintf("%s %d.0", g.family, 70+release)
	return fmt.Sprintf("Mozilla/5.0 (%s; %s) %s/%d.0.%d", g.model, system, g.family, 70+release, g.build), browser, system
}

func (one person) spot(day float64, dice *rand.Rand) spot {
	at := func(network, host int) spot {
		return spot{fmt.Sprintf("%d.%d.%d.%d", 11+network%180, host>>16&255, host>>8&255, host&255), one.land.code, network}
	}
	switch pick(dice, one.atHome, one.onTheMove, 1) {
	case 0:
		return at(one.home, int(mix(uint64(one.id)<<16+uint64((day+one.offset)/one.lease))>>40))
	case 1:
		return at(one.carrier, dice.IntN(2000))
	}
	return at(one.office, 1<<22+one.desk)
}

// live writes a year of an account: sign-ins, and the failures beside them. People
// who travel do so once, for two weeks.
func (p *population) live(one person) {
	n := p.signIns()
	times := make([]float64, n)
	from := 0.0
	if n < 6 {
		from = p.dice.Float64() * 300
	}
	for i := range times {
		times[i] = from + p.dice.Float64()*(365-from)
	}
	slices.Sort(times)
	abroad, away := p.dice.Float64()*365, p.dice.Float64() < .12
	there := p.countries[common(p.dice, len(p.countries))]
	for i, day := range times {
		g := one.gadgets[pick(p.dice, .8, .15, .05)%len(one.gadgets)]
		if i == 0 {
			g = one.gadgets[0]
		}
		at := one.spot(day, p.dice)
		if away && day > abroad && day < abroad+14 {
			at = spot{fmt.Sprintf("10.9.%d.%d", p.dice.IntN(250), p.dice.IntN(250)), there.code, there.mobile[common(p.dice, len(there.mobile))]}
		}
		p.row(day, one.id, at, g, true, false, false)
		for p.dice.Float64() < .56 {
			p.row(max(day-p.dice.Float64()*.01, 0), one.id, at, g, false, false, false)
		}
	}
}

// attack adds a tenth of all rows, and a few takeovers.
func (p *population) attack() {
	for range len(p.rows) / 9 {
		from := p.attackers[common(p.dice, len(p.attackers))]
		p.row(p.dice.Float64()*365, p.dice.IntN(p.accounts), from, p.gadget(), false, true, false)
	}
	for range 40 {
		from := p.attackers[common(p.dice, len(p.attackers))]
		p.row(180+p.dice.Float64()*185, p.dice.IntN(p.accounts), from, p.gadget(), true, p.dice.Float64() < .55, true)
	}
}

func (p *population) row(day float64, id int, at spot, g gadget, successful, attack, takenOver bool) {
	flag := func(b bool) string { return map[bool]string{true: "True", false: "False"}[b] }
	agent, browser, system := g.agent(day)
	when := dayOne.Add(time.Duration(day * 24 * float64(time.Hour))).Format("2006-01-02 15:04:05.000")
	p.rows = append(p.rows, []string{
		when, strconv.Itoa(id), strconv.Itoa(1 + int(p.dice.ExpFloat64()*600)), at.address, at.country, "-", "-", strconv.Itoa(at.network),
		agent, browser, system, g.kind, flag(successful), flag(attack), flag(takenOver),
	})
}

// titles are in another order than the program names them.
var titles = []string{
	"Login Timestamp", "User ID", "Round-Trip Time [ms]", "IP Address", "Country", "Region", "City", "ASN",
	"User Agent String", "Browser Name and Version", "OS Name and Version", "Device Type", "Login Successful", "Is Attack IP", "Is Account Takeover",
}

// write puts the data set, or some rows of it, into a file.
func write(t *testing.T, rows [][]string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "population.csv")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	b := bufio.NewWriter(f)
	w := csv.NewWriter(b)
	if err := w.WriteAll(append([][]string{titles}, rows...)); err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}
