package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// What make load tells: one table in Markdown, of medians and of the slowest hundredth,
// and everything as JSON.

// figures are those of one site.
type figures struct {
	Engine    string             `json:"engine"`
	Instances int                `json:"instances"`
	Accounts  int                `json:"accounts"`
	StartMS   float64            `json:"start_ms"`
	RSS       float64            `json:"resident_mb"`
	Peak      float64            `json:"peak_mb"`
	CPU       map[string]float64 `json:"cpu_ms"` // a journey
	Walked    map[string]int     `json:"journeys"`
	Steps     map[string]spread  `json:"steps"`
}

// spread is how long a step took, in milliseconds.
type spread struct {
	N                  int `json:"n"`
	P50, P90, P99, Max float64
	Histogram          []bucket
}

// bucket counts what took less than so many milliseconds, and not less than the bucket
// before.
type bucket struct {
	Below float64
	N     int
}

// histogram has buckets that double, from half a millisecond to the longest time.
func histogram(took []time.Duration) (list []bucket) {
	left := slices.Sorted(slices.Values(took))
	for below := 500 * time.Microsecond; len(left) > 0; below *= 2 {
		n, _ := slices.BinarySearch(left, below)
		list, left = append(list, bucket{ms(below), n}), left[n:]
	}
	return list
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (s *site) figures() figures {
	f := figures{Engine: s.engine, Instances: s.instances, Accounts: s.crowd.accounts, StartMS: ms(s.started), RSS: s.rss, Peak: s.peak, CPU: map[string]float64{}, Walked: s.walked, Steps: map[string]spread{}}
	for name, spent := range s.cpu {
		f.CPU[name] = ms(spent) / float64(max(1, s.walked[name]))
	}
	for step := range s.took {
		f.Steps[step] = spread{len(s.took[step]), ms(s.at(step, 0.5)), ms(s.at(step, 0.9)), ms(s.at(step, 0.99)), ms(s.at(step, 1)), histogram(s.took[step])}
	}
	return f
}

// report prints the table, and writes it and the whole to two files.
func (l *load) report(out string, all []*site) {
	l.tb.Helper()
	var list []figures
	for _, s := range all {
		list = append(list, s.figures())
	}
	table := l.table(list)
	text, err := json.MarshalIndent(list, "", "\t")
	if err == nil {
		err = os.WriteFile(out+".json", text, 0o600)
	}
	if err == nil {
		err = os.WriteFile(out+".md", []byte(table), 0o600)
	}
	if err != nil {
		l.tb.Fatal(err)
	}
	fmt.Print(table)
}

// table has a row for each step and journey, and a column for each two sites that took
// turns.
func (l *load) table(list []figures) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores; a closed loop of %d at a time, %.0f s a journey at most; driver and mail server on the same cores. Milliseconds, p50 / p99 (n).\n\n",
		time.Now().UTC().Format("2 January 2006"), runtime.NumCPU(), l.parallel, l.seconds)
	head, rule := "| |", "| --- |"
	for i := 0; i+1 < len(list); i += 2 {
		few, many := list[i], list[i+1]
		head += fmt.Sprintf(" %s, %d instances: %d accounts | %d accounts | p99 by |", few.Engine, few.Instances, few.Accounts, many.Accounts)
		rule += " --- | --- | --- |"
	}
	fmt.Fprintln(&b, head+"\n"+rule)
	row := func(name string, cell func(f figures) string, grows func(few, many figures) string) {
		line := "| " + name + " |"
		for i := 0; i+1 < len(list); i += 2 {
			line += " " + cell(list[i]) + " | " + cell(list[i+1]) + " | " + grows(list[i], list[i+1]) + " |"
		}
		fmt.Fprintln(&b, line)
	}
	none := func(figures, figures) string { return "" }
	for _, step := range slices.Sorted(maps.Keys(list[0].Steps)) {
		row(step, func(f figures) string {
			s := f.Steps[step]
			return fmt.Sprintf("%.1f / %.1f (%d)", s.P50, s.P99, s.N)
		}, func(few, many figures) string {
			return fmt.Sprintf("%.2f", many.Steps[step].P99/few.Steps[step].P99)
		})
	}
	for _, w := range trips {
		row("CPU: "+w.name, func(f figures) string { return fmt.Sprintf("%.1f (%d)", f.CPU[w.name], f.Walked[w.name]) }, none)
	}
	row("memory at the end / at most, MB", func(f figures) string { return fmt.Sprintf("%.0f / %.0f", f.RSS, f.Peak) }, none)
	row("start to the first answer", func(f figures) string { return fmt.Sprintf("%.0f", f.StartMS) }, none)
	return b.String()
}
