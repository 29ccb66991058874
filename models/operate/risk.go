package operate

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"admitone/models"
)

// RiskCommands look at the risk engine from outside.
type RiskCommands struct {
	Evaluate riskEvaluate `cmd:"" help:"Replay a data set of sign-ins and print how many attacks are caught at what cost."`
}

type riskEvaluate struct {
	File string `arg:"" type:"existingfile" help:"CSV with the columns of the public data set das-group/rba-dataset."`
	Out  string `default:"." help:"Folder for the table (risk.csv) and the curve (risk.svg)."`
}

// do replays the file.
func (r RiskCommands) do(ctx context.Context, call Call) error {
	out := call.Out
	e, err := evaluate(ctx, r.Evaluate.File, models.DefaultWeights(), &progress{w: call.ErrOut, live: isTerminal(call.ErrOut)})
	if err != nil {
		return err
	}
	if err := e.print(out); err != nil {
		return err
	}
	if err := e.save(r.Evaluate.Out); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	_, err = fmt.Fprintf(out, "\nWritten: %s and %s.\n", filepath.Join(r.Evaluate.Out, "risk.csv"), filepath.Join(r.Evaluate.Out, "risk.svg"))
	return err
}

// published are the rates read off the curve of the data set's authors (RISK.md C4),
// as how many of 12 and of 39 sign-ins.
var published = []struct {
	caught float64
	asked  [len(histories)][attackers]float64
}{
	{.999, [2][attackers]float64{{7, 7, 8}, {6, 8, 9}}},
	{.995, [2][attackers]float64{{3, 4, 5}, {2, 3, 4}}},
	{.99, [2][attackers]float64{{2, 3, 4}, {1, 2, 3}}},
	{.98, [2][attackers]float64{{1, 2, 2}, {1, 2, 2}}},
}

func (e evaluation) print(out io.Writer) error {
	p := func(format string, a ...any) { fmt.Fprintf(out, format, a...) }
	p("%d rows, %d of them could not be read", e.rows, e.bad)
	if e.bad > 0 {
		p(" (the first: %s)", e.example)
	}
	p(".\n%d successful sign-ins of %d accounts; %d of the accounts were followed (%s).\n", e.signIns, e.accounts, e.followed, percent(e.share))
	for at, history := range histories {
		p("With %d sign-ins: %d accounts, %d attacks of each kind.\n", history, len(e.scores[at]), len(e.attacks[at][naive]))
	}
	p("\nHow often the median account is asked for more, of its sign-ins so far, when so many attacks are caught;\n" +
		"beside it what the authors of the data set published.\n\n")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "CAUGHT\tSIGN-INS")
	for _, name := range attackerNames {
		fmt.Fprintf(w, "\t%s\tPUBLISHED", strings.ToUpper(name))
	}
	fmt.Fprintln(w)
	for _, anchor := range published {
		for at, history := range histories {
			fmt.Fprintf(w, "%s\t%d", percent(anchor.caught), history)
			for attacker := range attackers {
				fmt.Fprintf(w, "\t%s\t%s", e.rate(at, attacker, anchor.caught), rate(anchor.asked[at][attacker], history))
			}
			fmt.Fprintln(w)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}

	p("\nAt the threshold of this program (usual = %v in models/risk.toml):\n\n", e.usual)
	fmt.Fprint(w, "SIGN-INS\tASKED")
	for _, name := range attackerNames {
		fmt.Fprintf(w, "\t%s CAUGHT", strings.ToUpper(name))
	}
	fmt.Fprintln(w)
	for at, history := range histories {
		fmt.Fprintf(w, "%d\t%s", history, rate(e.asked(at, e.usual), history))
		for attacker := range attackers {
			fmt.Fprintf(w, "\t%s", percent(caught(e.attacks[at][attacker], e.usual)))
		}
		fmt.Fprintln(w)
	}
	err := w.Flush()
	if len(e.takeovers) > 0 {
		p("\nOf %d takeovers in the data %s are caught.\n", len(e.takeovers), percent(caught(e.takeovers, e.usual)))
	}
	return err
}

// rate says how often the median account is asked where so many attacks are caught.
func (e evaluation) rate(at, attacker int, share float64) string {
	threshold, known := e.threshold(attacker, share)
	if !known {
		return "-"
	}
	return rate(e.asked(at, threshold), histories[at])
}

func rate(asked float64, history int) string {
	if math.IsNaN(asked) {
		return "-"
	}
	return fmt.Sprintf("%.2f (%v)", asked/float64(history), asked)
}

func percent(share float64) string {
	if math.IsNaN(share) {
		return "-"
	}
	return strconv.FormatFloat(math.Round(share*1e4)/1e2, 'f', -1, 64) + " %"
}

// points of the curve.
var points = []float64{.5, .6, .7, .8, .85, .9, .93, .95, .96, .97, .975, .98, .985, .99, .9925, .995, .9975, .999}

func (e evaluation) save(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	table, err := os.Create(filepath.Join(folder, "risk.csv"))
	if err != nil {
		return err
	}
	return errors.Join(e.table(table), table.Close(), os.WriteFile(filepath.Join(folder, "risk.svg"), e.curve(), 0o644))
}

// table writes every point of the curve.
func (e evaluation) table(to io.Writer) error {
	w := csv.NewWriter(to)
	rows := [][]string{{"attacker", "sign_ins", "accounts", "caught", "threshold", "asked_median", "asked_rate", "published_rate"}}
	short := func(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }
	for attacker, name := range attackerNames {
		for at, history := range histories {
			for _, share := range points {
				threshold, known := e.threshold(attacker, share)
				asked := e.asked(at, threshold)
				if !known || math.IsNaN(asked) {
					continue
				}
				anchor := ""
				for _, a := range published {
					if a.caught == share {
						anchor = short(a.asked[at][attacker] / float64(history))
					}
				}
				rows = append(rows, []string{
					name, strconv.Itoa(history), strconv.Itoa(len(e.scores[at])), short(share), short(threshold),
					short(asked), short(asked / float64(history)), anchor,
				})
			}
		}
	}
	return w.WriteAll(rows)
}

// progress says how far the work is: a bar on a terminal, else a line for each tenth.
type progress struct {
	w           io.Writer
	live        bool
	label       string
	all         int64
	said, steps int64
}

func (p *progress) begin(label string, all int64) {
	p.label, p.all, p.said, p.steps = label, all, -1, 10
	if p.live {
		p.steps = 100
	}
	p.at(0)
}

func (p *progress) at(done int64) {
	if p.all <= 0 {
		return
	}
	step := min(done, p.all) * p.steps / p.all
	if step == p.said {
		return
	}
	p.said = step
	if p.live {
		fmt.Fprintf(p.w, "\r%-10s [%-25s] %3d %%", p.label, strings.Repeat("=", int(step/4)), step)
	} else {
		fmt.Fprintf(p.w, "%s: %d %%\n", p.label, step*10)
	}
}

func (p *progress) end() {
	p.at(p.all)
	if p.live {
		fmt.Fprintln(p.w)
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	about, err := f.Stat()
	return err == nil && about.Mode()&os.ModeCharDevice != 0
}
