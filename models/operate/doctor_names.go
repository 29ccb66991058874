package operate

import (
	"context"
	"os"
	"slices"
	"strings"

	"admitone/content"

	"github.com/alecthomas/kong"
)

// variables is what the names of the options in the environment begin with.
const variables = "ADMITONE_"

// notOptions are the variables of the tests and tools; those with a TEST in front are too.
var notOptions = []string{"AS_PROGRAM", "DUMP", "FAULTS", "KILLS", "LOAD", "SEED", "SHOTS"}

// names looks for variables that are meant for options and belong to none: they would
// be left aside in silence.
func (e examination) names(context.Context) []finding {
	return misspelt(os.Environ(), optionNames())
}

// optionNames are the variables of all options, those of the commands too.
func optionNames() (names []string) {
	var line struct {
		Options
		Commands
	}
	parser, err := kong.New(&line, kong.DefaultEnvars(strings.TrimSuffix(variables, "_")))
	if err != nil {
		return nil
	}
	_ = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if f, is := node.(*kong.Flag); is {
			names = append(names, f.Envs...)
		}
		return next(nil)
	})
	return names
}

func misspelt(environ, known []string) (list []finding) {
	// Kubernetes tells of a service by variables with its name in front.
	service := slices.ContainsFunc(environ, func(s string) bool { return strings.HasPrefix(s, variables+"SERVICE_HOST=") })
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		own, ours := strings.CutPrefix(name, variables)
		switch {
		case !ours, slices.Contains(known, name), slices.Contains(notOptions, own), strings.HasPrefix(own, "TEST_"):
		case service && (strings.HasPrefix(own, "SERVICE_") || own == "PORT" || strings.HasPrefix(own, "PORT_")):
		default:
			mend := "take it out, or write it as README.md does"
			if near := nearestName(name, known); near != "" {
				mend = "write " + near + ", if that is meant; else take it out"
			}
			list = append(list, finding{look, "options", name + " is set and is no option, so nothing comes of it", mend})
		}
	}
	return list
}

// farthest is how many slips of the keys a name is recognised with.
const farthest = 3

// nearestName is the one that slips of the keys make into name, "" without one.
func nearestName(name string, known []string) (near string) {
	least := farthest + 1
	if len(name) > content.MaxWord {
		return ""
	}
	for _, k := range known {
		if d := content.Distance([]rune(name), []rune(k), farthest); d < least {
			near, least = k, d
		}
	}
	return near
}
