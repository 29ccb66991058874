package operate

import (
	"context"
	"errors"
	"io"
)

// RiskCommands look at the risk engine from outside.
type RiskCommands struct {
	Evaluate riskEvaluate `cmd:"" help:"Replay a data set of sign-ins and print how many attacks are caught at what cost."`
}

type riskEvaluate struct {
	File string `arg:"" type:"existingfile" help:"CSV with the columns of the public data set das-group/rba-dataset."`
	Out  string `default:"." help:"Folder for the table (risk.csv) and the curve (risk.svg)."`
}

// Do replays the file; progress goes to errOut.
func (r RiskCommands) Do(ctx context.Context, out, errOut io.Writer) error {
	return errors.New("not built yet")
}
