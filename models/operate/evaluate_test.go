package operate

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"admitone/models"
)

var update = flag.Bool("update", false, "write the golden files anew")

// inhabitants are enough that some 180 of them sign in 39 times.
const inhabitants = 24_000

func evaluated(t *testing.T, file string) (evaluation, error) {
	t.Helper()
	return evaluate(context.Background(), file, models.DefaultWeights(), &progress{w: io.Discard})
}

// The acceptance test of the engine (RISK.md C5), with the committed numbers, and the
// curve that they make.
func TestPopulation(t *testing.T) {
	p := newPopulation(1, inhabitants)
	t.Run("proportions", p.proportions)

	e, err := evaluated(t, write(t, p.rows))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	var out strings.Builder
	if err := errors.Join(e.print(&out), e.save(folder)); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + out.String())
	for _, kind := range []string{"csv", "svg"} {
		got, err := os.ReadFile(filepath.Join(folder, "risk."+kind))
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", "population."+kind)
		if *update {
			if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(golden, got, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		// Not every processor rounds a score as another does.
		if want, err := os.ReadFile(golden); err != nil || runtime.GOARCH == "amd64" && !bytes.Equal(got, want) {
			t.Errorf("%s is not what comes out: run go test ./models/operate -run TestPopulation -update (%v)", golden, err)
		}
		if kind == "svg" {
			if err := xml.Unmarshal(got, new(struct{})); err != nil {
				t.Errorf("the curve: %v", err)
			}
		}
	}

	// The published rates are counts: 4 of 12, 3 of 39 and 1 of 12.
	asked := func(at, attacker int, share float64) float64 {
		threshold, known := e.threshold(attacker, share)
		if !known {
			t.Fatal("no attacks")
		}
		return e.asked(at, threshold)
	}
	for _, c := range []struct {
		at, attacker int
		share, most  float64
	}{{0, targeted, .99, 4}, {1, targeted, .99, 3}, {0, naive, .98, 1}} {
		if got := asked(c.at, c.attacker, c.share); !(got <= c.most) {
			t.Errorf("%s, %.3f caught, %d sign-ins: asked %v times, want at most %v", attackerNames[c.attacker], c.share, histories[c.at], got, c.most)
		}
	}
	for at, most := range []float64{4, 3} {
		for attacker, name := range attackerNames {
			if share := caught(e.attacks[at][attacker], e.usual); !(share >= .99) {
				t.Errorf("with the committed threshold %.4f of the %s attacks are caught at %d sign-ins, want 0.99", share, name, histories[at])
			}
		}
		if got := e.asked(at, e.usual); !(got <= most) {
			t.Errorf("with the committed threshold the median account is asked %v times in %d, want at most %v", got, histories[at], most)
		}
	}
}

// proportions holds the population against what is known of the public data set.
func (p *population) proportions(t *testing.T) {
	signIns, kinds, countries := map[string]int{}, map[string]float64{}, map[string]float64{}
	successful, attacks := 0., 0.
	for _, row := range p.rows {
		if row[12] == "True" && row[14] == "False" {
			signIns[row[1]]++
			successful++
			kinds[row[11]]++
			countries[row[4]]++
		}
		if row[13] == "True" {
			attacks++
		}
	}
	counts := slices.Sorted(maps.Values(signIns))
	at := func(share float64) float64 { return float64(counts[int(share*float64(len(counts)))]) }
	all := float64(len(p.rows))
	for name, c := range map[string]struct{ got, want, off float64 }{
		"median sign-ins":  {at(.5), 2, 0},
		"sign-ins, 90 %":   {at(.9), 9, 1},
		"sign-ins, 99 %":   {at(.99), 28, 4},
		"only one sign-in": {float64(slices.Index(counts, 2)) / float64(len(counts)), .397, .02},
		"successful rows":  {successful / all, .40, .02},
		"rows of attacks":  {attacks / all, .099, .01},
		"Norway":           {countries["NO"] / successful, .423, .03},
		"United States":    {countries["US"] / successful, .278, .03},
		"telephones":       {kinds["mobile"] / successful, .632, .04},
		"desktops":         {kinds["desktop"] / successful, .255, .04},
	} {
		if math.Abs(c.got-c.want) > c.off {
			t.Errorf("%s: %.3f, want %.3f", name, c.got, c.want)
		}
	}
}

func TestEvaluateCommand(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made", "here")
	command := RiskCommands{Evaluate: riskEvaluate{File: write(t, few(t)), Out: folder}}
	var out, progress strings.Builder
	if err := command.do(t.Context(), Call{Out: &out, ErrOut: &progress}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(progress.String(), "Replaying: "); n != 11 {
		t.Errorf("%d lines of progress, want 11:\n%s", n, progress.String())
	}
	for _, name := range []string{"risk.csv", "risk.svg"} {
		if about, err := os.Stat(filepath.Join(folder, name)); err != nil || about.Size() == 0 || !strings.Contains(out.String(), name) {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
	}
	command.Evaluate.Out = command.Evaluate.File
	if err := command.do(t.Context(), Call{Out: io.Discard, ErrOut: io.Discard}); err == nil || !strings.HasPrefix(err.Error(), "--out: ") {
		t.Errorf("a folder that is a file: %v", err)
	}
}

// few is a data set of some people, in the order of time.
func few(t *testing.T) [][]string {
	t.Helper()
	return newPopulation(3, 600).rows
}

func TestEvaluateInAnyOrder(t *testing.T) {
	rows := few(t)
	want, err := evaluated(t, write(t, rows))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := evaluated(t, write(t, rows)); err != nil || !bytes.Equal(again.curve(), want.curve()) {
		t.Errorf("not the same twice: %v", err)
	}
	d := rand.New(rand.NewPCG(1, 1))
	shuffled := slices.Clone(rows)
	d.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	got, err := evaluated(t, write(t, shuffled))
	if err != nil {
		t.Fatal(err)
	}
	if got.signIns != want.signIns || got.accounts != want.accounts || got.bad != 0 || len(got.scores[0]) != len(want.scores[0]) {
		t.Errorf("shuffled: %d sign-ins of %d accounts, want %d of %d", got.signIns, got.accounts, want.signIns, want.accounts)
	}
	// The times of this population hardly ever meet, so that the order is the same.
	if !bytes.Equal(got.curve(), want.curve()) {
		t.Error("shuffled rows make another curve")
	}
}

// More pieces than may be open at once are merged on the way.
func TestSorter(t *testing.T) {
	s := sorter{folder: t.TempDir()}
	d := rand.New(rand.NewPCG(2, 1))
	const n = 3 * mostFiles
	for i := range n {
		s.piece = append(s.piece, attempt{at: d.Int64N(50), row: int64(i), user: d.Uint64(), of: [values]uint64{kind: uint64(i)}, attack: i%2 > 0})
		if err := s.spill(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.files) >= mostFiles {
		t.Errorf("%d files", len(s.files))
	}
	var got []attempt
	if err := s.merge(t.Context(), func(a attempt) error { got = append(got, a); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != n || !slices.IsSortedFunc(got, byTime) {
		t.Errorf("%d attempts, in order: %v", len(got), slices.IsSortedFunc(got, byTime))
	}
	for _, a := range got {
		if a.of[kind] != uint64(a.row) || a.attack != (a.row%2 > 0) {
			t.Fatalf("%+v was changed", a)
		}
	}
}

func TestEvaluateBadFiles(t *testing.T) {
	rows := few(t)
	good, err := os.ReadFile(write(t, rows))
	if err != nil {
		t.Fatal(err)
	}
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "rows.csv")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	first, _, _ := strings.Cut(string(good), "\n")
	for name, c := range map[string]struct{ text, says string }{
		"empty":          {"", "is empty"},
		"only names":     {first + "\n", "no row can be read"},
		"missing column": {strings.Replace(string(good), "User Agent String", "Agent", 1), `no column "User Agent String"`},
		"no names":       {"\x00\xff\n" + string(good), `"IP Address", "ASN"`},
		"only rubbish":   {first + "\n1,2\n\"\n", "no row can be read: " + "FILE"},
		"one huge row":   {strings.Repeat("x", 3*longestRow), "longer than"},
	} {
		_, err := evaluated(t, file(c.text))
		if says := strings.ReplaceAll(c.says, ": FILE", ""); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want one that says %q", name, err, says)
		}
	}
	if _, err := evaluated(t, filepath.Join(t.TempDir(), "none.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}

	// Broken rows spoil nothing but themselves.
	huge := strings.Join(append(slices.Clone(rows[0][:8]), strings.Repeat("M", 2*longestRow)), ",")
	broken := []string{
		"1,2,3", `"2020-05-01 00:00:00,open`, huge, strings.Repeat(",", 14), strings.Replace(strings.Join(rows[5], ","), "True", "maybe", 1) + ",more",
		strings.Replace(strings.Join(rows[5], ","), "False", "maybe", 1), strings.Replace(strings.Join(rows[5], ","), "2020", "MMXX", 1), "\x00",
	}
	lines := strings.SplitAfter(string(good), "\n")
	text := "\ufeff" + lines[0] + "\n" + strings.Join(lines[1:100], "") + strings.Join(broken, "\n") + "\r\n" + strings.TrimRight(strings.Join(lines[100:], ""), "\n")
	got, err := evaluated(t, file(text))
	if err != nil {
		t.Fatal(err)
	}
	want, err := evaluated(t, file(string(good)))
	if err != nil {
		t.Fatal(err)
	}
	if got.bad != int64(len(broken)) || got.rows != int64(len(rows)+len(broken)) || !strings.HasPrefix(got.example, "line 102: ") {
		t.Errorf("%d of %d rows are bad (%s), want %d", got.bad, got.rows, got.example, len(broken))
	}
	if !bytes.Equal(got.curve(), want.curve()) {
		t.Error("bad rows change the curve")
	}
}

// faster is a context that ends when it has been asked so often.
type faster struct {
	context.Context
	left int
}

func (f *faster) Err() error {
	if f.left--; f.left < 0 {
		return context.Canceled
	}
	return nil
}

// A cancelled evaluation ends soon, wherever it is, and leaves no file behind.
func TestEvaluateCancelled(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	rows := newPopulation(3, 2000).rows
	slices.Reverse(rows)
	file := write(t, rows)
	for _, after := range []int{0, 1, 10, len(rows)/1024 + 5} {
		ctx := &faster{t.Context(), after}
		_, err := evaluate(ctx, file, models.DefaultWeights(), &progress{w: io.Discard})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after %d: %v", after, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "admitone-risk-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q %v", left, err)
	}
}

// The order of an account's history does not matter.
func TestScoreWithoutOrder(t *testing.T) {
	d := rand.New(rand.NewPCG(7, 1))
	any := func() (a attempt) {
		a.user = uint64(d.IntN(30))
		for i := range a.of {
			a.of[i] = hash(i, string(rune('a'+d.IntN(4+3*(values-i)))))
		}
		return a
	}
	r := replay{
		weights: models.DefaultWeights(), dice: d, seen: newSketch(),
		inCountry: map[uint64]*reservoir{}, inNetwork: map[uint64]*reservoir{},
	}
	for range 500 {
		r.learn(any())
	}
	for range 200 {
		u, next := &account{}, any()
		for range 1 + d.IntN(20) {
			u.history = append(u.history, any().of)
		}
		before := r.score(u, next)
		d.Shuffle(len(u.history), func(i, j int) { u.history[i], u.history[j] = u.history[j], u.history[i] })
		if after := r.score(u, next); after != before || before <= 0 {
			t.Fatalf("%v, in another order %v", before, after)
		}
	}
}

// The sample is bounded, and an account is in it or not by its hash alone.
func TestSampleIsBounded(t *testing.T) {
	r := replay{followed: map[uint64]*account{}, below: math.MaxUint64, takenOver: map[uint64]struct{}{7: {}}}
	for user := range uint64(4 * mostAccounts) {
		if r.followed[user] == nil && r.follows(user) {
			r.followed[user] = &account{}
		}
	}
	if n := len(r.followed); n > mostAccounts || n < mostAccounts/8 || r.followed[7] == nil {
		t.Errorf("%d accounts are followed, at most %d may be", n, mostAccounts)
	}
	for user := range r.followed {
		if mix(user+1) >= r.below && user != 7 {
			t.Fatalf("account %d is followed beside the sample", user)
		}
	}
}

func TestProgressOnATerminal(t *testing.T) {
	var b bytes.Buffer
	p := progress{w: &b, live: true}
	p.begin("Reading", 200)
	p.at(100)
	p.end()
	if got := b.String(); !strings.Contains(got, "\rReading    [============             ]  50 %") || !strings.HasSuffix(got, "100 %\n") {
		t.Errorf("%q", got)
	}
}

// The table has as many rows as there are points, and reads back.
func TestEvaluationTable(t *testing.T) {
	e, err := evaluated(t, write(t, few(t)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := e.table(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) < 1+attackers*len(points) {
		t.Errorf("%d rows: %v", len(rows), err)
	}
}
