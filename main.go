// Command admitone is the front door of a streaming service: sign-up, sign-in
// and verification codes. This file is its command line; it puts the parts
// together and takes them apart again.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // --time-zone works on a machine without zone files

	"admitone/content"
	"admitone/handlers"
	"admitone/models"
	"admitone/models/delivery"
	"admitone/models/devinbox"
	"admitone/models/operate"
	"admitone/models/support"
	"admitone/static"
	"admitone/views"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"
)

// commandLine is the options and the commands; serve is the default.
type commandLine struct {
	operate.Options

	Serve struct{} `cmd:"" default:"1" help:"Serve the pages (the default)."`
	operate.Commands
	Version struct{} `cmd:"" help:"Print the version."`
	Help    struct {
		Command []string `arg:"" optional:"" help:"The command to tell about."`
	} `cmd:"" help:"Print this help, or that of a command."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "admitone:", err)
		os.Exit(1)
	}
}

// errHelp ends a run that has printed what was asked for.
var errHelp = errors.New("help")

// now is the one clock of the program.
func now() time.Time { return time.Now().UTC() }

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	var line commandLine
	parser, err := kong.New(&line, kong.Name("admitone"), kong.DefaultEnvars("ADMITONE"), kong.Writers(out, errOut), operate.Durations,
		kong.Description("The front door of a streaming service."), kong.Exit(func(int) { panic(errHelp) }))
	if err != nil {
		return err
	}
	if slices.Equal(args, []string{"--version"}) {
		args = []string{"version"}
	}
	command, err := parse(parser, args)
	if words, _, _ := strings.Cut(command, " "); words == "help" {
		_, err = parse(parser, append(line.Help.Command, "--help"))
	}
	switch {
	case errors.Is(err, errHelp):
		return nil
	case err != nil:
		return err
	case command == "version":
		_, err = fmt.Fprintln(out, "admitone", operate.Version())
		return err
	case command == "serve":
		return serve(ctx, line.Options, out, errOut)
	}
	return line.Commands.Do(ctx, operate.Call{Options: line.Options, Words: command, Now: now, Out: out, ErrOut: errOut, Refusal: views.Refusal})
}

// parse reads the arguments; --help prints and gives errHelp.
func parse(parser *kong.Kong, args []string) (command string, err error) {
	defer func() {
		if v := recover(); v == errHelp { //nolint:errorlint // the very value that Exit panics with
			err = errHelp
		} else if v != nil {
			panic(v)
		}
	}()
	k, err := parser.Parse(args)
	if err != nil {
		return "", err
	}
	return k.Command(), nil
}

// serve runs the server and what works beside it until ctx ends, then stops them
// in the order in which nothing is lost: streams, requests, the send under way,
// the database.
func serve(ctx context.Context, o operate.Options, out, errOut io.Writer) (err error) {
	operate.Pace()
	log := operate.NewLog(errOut, o.Log)
	slog.SetDefault(log)
	set, err := o.Check()
	if err != nil {
		return err
	}
	held, err := operate.HoldData(o)
	if err != nil {
		return err
	}
	defer held.Close()
	listener, err := operate.Listen(o.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	set.At(listener)
	certificate, err := operate.OpenCertificate(o, set.Public.Hostname(), now, log)
	if err != nil {
		return err
	}

	m, err := models.Open(ctx, models.Options{
		Database: set.Database, Keys: set.Keys, KeyFile: set.KeyFile, Brand: set.Brand, Policy: set.Policy, Now: now, Log: log,
		Texts: set.Texts, Countries: set.Countries, Desk: set.Desk, Geo: o.Geo,
	})
	if err != nil {
		return operate.MendOpen(set.Database, err)
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	operate.Caution(ctx, o.Data, set.Database, log)

	people, err := support.Open(support.Options{Models: m, Log: log})
	if err != nil {
		return err
	}
	help, err := content.NewHelp(handlers.HelpFacts(m, set.Brand, set.From, set.Public.Host))
	if err != nil {
		return err
	}
	pages := handlers.Options{
		Models: m, Brand: set.Brand, MailFrom: set.From, PublicURL: set.Public, Zone: set.Zone,
		SignUpOpen: o.SignUp == "open", TrustedProxies: set.Proxies, Support: people, Help: help, Log: log,
	}
	for _, l := range set.Legal {
		pages.Legal = append(pages.Legal, views.Link(l))
	}
	if set.DevInbox {
		inbox, err := devinbox.Open(devinbox.Options{
			Dir: filepath.Join(o.Data, "inbox"), Brand: set.Brand, Now: now, Log: log,
			Stylesheet: static.URL("app.css"), Script: static.URL("vendor/htmx-2.0.11.min.js"),
		})
		if err != nil {
			return fmt.Errorf("--dev-inbox: %w", err)
		}
		defer inbox.Close()
		pages.DevInbox = inbox.Handler()
		if set.SMTP, err = delivery.ParseSMTP("smtp://" + inbox.Addr() + "?tls=none"); err != nil {
			return err
		}
		if set.Texts && set.SMS == nil {
			set.SMS = operate.InboxGateway(inbox.GatewayURL(), set.Brand)
		}
		if set.TextsUnfit != nil {
			log.Warn("the test inbox gets no texts", "reason", set.TextsUnfit)
		}
	}
	worker := delivery.New(delivery.Options{
		Outbox: m.Outbox, SMTP: set.SMTP, SMS: set.SMS, From: set.From, Brand: set.Brand, PublicURL: set.Public.String(),
		LegalName: set.LegalName, ReplyTo: set.Desk.Email, Zone: set.Zone, LifeMinutes: int(time.Duration(set.Policy.CodeLife).Minutes()), Now: now, Log: log,
	})
	site := handlers.New(pages)
	server := &http.Server{
		Handler: site, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(site.CloseStreams)
	beside := []func(context.Context) error{
		worker.Run, people.Run, m.Tally, m.Sessions.Touch, m.Console.Guard, m.Keys.Follow,
		func(ctx context.Context) error { return operate.Sweep(ctx, log, m.Sweep, people.Sweep) },
	}
	if o.Metrics != "" {
		metrics, err := operate.ListenMetrics(o.Metrics)
		if err != nil {
			return err
		}
		defer metrics.Close()
		fmt.Fprintf(out, "Metrics are at http://%s/metrics\n", metrics.Addr())
		beside = append(beside, func(ctx context.Context) error {
			return operate.ServeMetrics(ctx, log, metrics, m.Metrics(certificate))
		})
	}
	fmt.Fprintf(out, "%s is ready: %s/sign-up\n", set.Brand, set.Public)
	if set.DevInbox {
		fmt.Fprintf(out, "Messages are caught in the test inbox: %s/dev/inbox\n", set.Public)
	}
	leave := func() {
		site.Leave()
		<-time.After(o.Drain)
		_ = listener.Close() // first: a server that is shut down cuts off who is there and has not asked yet
		<-time.After(min(o.Drain, time.Second))
	}
	return together(ctx, server, certificate.Over(listener), leave, log, beside...)
}

// stopLimit is how long requests under way have to finish.
const stopLimit = 20 * time.Second

func together(ctx context.Context, server *http.Server, listener net.Listener, leave func(), log *slog.Logger, beside ...func(context.Context) error) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	g, failed := errgroup.WithContext(ctx)
	for _, run := range beside {
		g.Go(func() error { return run(background) })
	}
	g.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-failed.Done() // a signal, or one of the others has failed
		log.Info("stopping: requests and the send under way are finished first")
		leave()
		limit, cancel := context.WithTimeout(background, stopLimit)
		defer cancel()
		err := server.Shutdown(limit)
		stop() // only now: what the last requests enqueued is still begun
		return err
	})
	return g.Wait()
}
