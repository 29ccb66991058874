package operate

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// DoctorCommand looks whether the service is set up right. It changes nothing, sends
// nothing, and prints no secret; it may run beside the server or without one.
type DoctorCommand struct {
	DKIMSelector string `name:"dkim-selector" help:"Selector of the DKIM key that the mail server signs with, to look for it."`
	DNS          string `name:"dns" help:"DNS server to ask, such as 127.0.0.1:53; empty: as the system does."`
}

// How bad a finding is.
const (
	good  = "ok"
	look  = "look"  // worth a look; the service runs
	wrong = "wrong" // does not work, or not safely
)

// finding is one line of the report, mend what to do.
type finding struct{ how, about, said, mend string }

func fine(about, said string, args ...any) finding {
	return finding{how: good, about: about, said: fmt.Sprintf(said, args...)}
}

// examination is what the checks need to know.
type examination struct {
	Call
	DoctorCommand
	set      Setup
	resolver *net.Resolver
}

// eachLimit bounds one check: a peer that says nothing holds none of the others up.
const eachLimit = 30 * time.Second

func (d DoctorCommand) do(ctx context.Context, call Call) error {
	set, err := call.Check()
	if err != nil {
		report(call.Out, finding{wrong, "options", err.Error(), "change it; the rest is looked at then"})
		for _, f := range (examination{}).names(ctx) { // what is missing may be misspelt
			report(call.Out, f)
		}
		return fmt.Errorf("doctor: %s wrong", things(1))
	}
	e := examination{Call: call, DoctorCommand: d, set: set, resolver: net.DefaultResolver}
	if d.DNS != "" {
		if _, _, err := net.SplitHostPort(d.DNS); err != nil {
			return fmt.Errorf("--dns: %q is not an address and a port; write it like 127.0.0.1:53", d.DNS)
		}
		e.resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, d.DNS)
		}}
	}
	counts := map[string]int{}
	for _, check := range []func(context.Context) []finding{
		e.names, e.folder, e.keys, e.database, e.disk, e.clock, e.address, e.certificate, e.inbox, e.mailServer, e.mailDomain, e.gateway, e.places,
	} {
		limited, cancel := context.WithTimeout(ctx, eachLimit)
		for _, f := range check(limited) {
			counts[f.how]++
			report(call.Out, f)
		}
		cancel()
	}
	return verdict(call.Out, counts)
}

// report writes one finding: how, about what, the sentence, and the mend below it,
// which may be a command and so has no full stop.
func report(w io.Writer, f finding) {
	fmt.Fprintf(w, "%-6s %-14s %s.\n", f.how, f.about, strings.TrimSuffix(f.said, "."))
	if f.mend != "" {
		fmt.Fprintf(w, "%22sMend: %s\n", "", f.mend)
	}
}

// refused is an error of an option as a finding.
func refused(about string, err error) finding {
	said, mend, _ := strings.Cut(err.Error(), "; ")
	return finding{wrong, about, said, strings.TrimPrefix(mend, "mend: ")}
}

func verdict(w io.Writer, counts map[string]int) error {
	if n := counts[wrong]; n > 0 {
		return fmt.Errorf("doctor: %s wrong", things(n))
	}
	if n := counts[look]; n > 0 {
		_, err := fmt.Fprintf(w, "\nNothing is wrong; %s worth a look.\n", things(n))
		return err
	}
	_, err := fmt.Fprintln(w, "\nAll is well.")
	return err
}

func things(n int) string {
	if n == 1 {
		return "1 thing is"
	}
	return fmt.Sprintf("%d things are", n)
}
