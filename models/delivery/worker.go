package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"admitone/content"
	"admitone/models"
)

// How the worker paces itself.
const (
	lanes     = 4                // mails on their way at once: a recipient that hangs holds one of them
	mostTexts = 32               // texts on their way at once, beside the mails: a gateway that hangs keeps no mail back
	poll      = time.Second      // for what other instances enqueue, and when a poke was missed
	markWait  = 15 * time.Second // to write down what became of a mail, while the database is away
	lease     = 10 * time.Second // what a dead process had on its way waits this long; the living renew
)

// Options is what a worker needs to know.
type Options struct {
	Outbox *models.Outbox
	SMTP   SMTP
	SMS    *SMS // nil: no gateway, and no text is sent

	From      string // the address mails are sent from
	Brand     string
	PublicURL string // the root of every link
	LegalName string // who runs the service, "" unsaid
	ReplyTo   string // where answers to support are read, "" nowhere

	Zone        *time.Location // times in mails; nil is UTC
	LifeMinutes int            // how long a code lives, for the words

	Now func() time.Time
	Log *slog.Logger
}

// Worker sends what the outbox holds. Any number of workers may run on one database: leases keep them apart.
type Worker struct {
	Options
	gateway *Gateway // nil without Options.SMS
	away    bool     // the outbox could not be read; said once, not each second

	mu   sync.Mutex
	held map[string]models.Message // on their way, by id
}

// New makes a worker. It neither connects nor checks anything: Run does.
func New(o Options) *Worker {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.SMTP = o.SMTP.withDefaults()
	return &Worker{Options: o, held: map[string]models.Message{}}
}

// Run sends until ctx ends, then finishes what is on its way (at most a send timeout and a mark) and returns nil. It returns
// an error only at the start, for options that no mail could be sent with.
//
// One goroutine claims, and claims no more than there are idle lanes: everything leased is begun at once, so nothing has to
// be given back. Where one channel has none, the other goes on. Another goroutine renews the leases of what is on its way.
func (w *Worker) Run(ctx context.Context) error {
	if _, err := content.Compose(models.KindNewDevice, "", content.Mail{Brand: w.Brand, BaseURL: w.PublicURL}); err != nil {
		return err
	}
	var idle []*Sender // the last one used is used next: while little is to do, one connection does it all
	for range lanes {
		s, err := NewSender(w.SMTP, w.From, w.Brand)
		if err != nil {
			return err
		}
		defer s.Close()
		idle = append(idle, s)
	}
	if w.SMS != nil {
		var err error
		if w.gateway, err = NewGateway(*w.SMS); err != nil {
			return err
		}
		defer w.gateway.Close()
	}
	texts := 0                                  // on their way
	back := make(chan *Sender, lanes+mostTexts) // nil comes back from a text
	var busy sync.WaitGroup
	renewing, ended := context.WithCancel(context.WithoutCancel(ctx))
	defer ended()
	go w.renew(renewing)
	defer busy.Wait() // before the senders close: deferred calls run last first

	look := true    // something may be due
	passed := false // and so it may of the channel that had no lane
	next := time.NewTimer(poll)
	defer next.Stop()
	for ctx.Err() == nil {
		n, only := w.room(len(idle), mostTexts-texts)
		if n > 0 && look {
			passed = only != ""
			found := w.claim(ctx, only, n)
			for _, m := range found {
				if !w.hold(m) {
					continue
				}
				var s *Sender
				if m.Channel == models.ChannelSMS {
					texts++
				} else {
					s = idle[len(idle)-1]
					idle = idle[:len(idle)-1]
				}
				busy.Go(func() {
					defer func() { back <- s }()
					defer w.release(m)
					defer w.survive(m, nil)
					w.deliver(context.WithoutCancel(ctx), s, m)
				})
			}
			if look = len(found) == n; !look {
				next.Reset(w.pause(ctx, only, len(found) > 0))
			}
			continue
		}
		// With nothing free only a lane that comes back is worth waking for.
		var wake <-chan struct{}
		var due <-chan time.Time
		if n > 0 {
			wake, due = w.Outbox.Wake(), next.C
		}
		select {
		case <-ctx.Done():
		case <-wake:
			look = true
		case <-due:
			look = true
		case s := <-back:
			if s == nil {
				texts--
			} else {
				idle = append(idle, s)
			}
			look = look || passed
		}
	}
	return nil
}

// room says how many messages can be begun at once: of any channel where both have lanes, else of the one that has.
func (w *Worker) room(mails, texts int) (n int, only string) {
	switch {
	case mails == 0 && w.SMS == nil: // there are no texts to go on with
		return 0, ""
	case mails == 0:
		return texts, models.ChannelSMS
	case texts == 0:
		return mails, models.ChannelEmail
	}
	return min(mails, texts), ""
}

// claim leases up to n due messages. A database that is away is not an error of the worker: the messages are still in it.
func (w *Worker) claim(ctx context.Context, channel string, n int) []models.Message {
	found, err := w.Outbox.Claim(ctx, channel, n, lease)
	w.database(ctx, err)
	return found
}

// hold notes that a message is on its way; false means that it was already. Its lease ran out while the database could not
// be reached to renew it, and it must not be sent a second time beside the first.
func (w *Worker) hold(m models.Message) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, already := w.held[m.ID]
	w.held[m.ID] = m
	return !already
}

func (w *Worker) release(m models.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.held, m.ID)
}

// renew keeps the leases of what is on its way until ctx ends. A send takes up to half a minute, and a code that a killed
// process held must not wait for longer than a few seconds of its ten minutes.
func (w *Worker) renew(ctx context.Context) {
	every := time.NewTicker(lease / 4)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		w.mu.Lock()
		held := slices.Collect(maps.Values(w.held))
		w.mu.Unlock()
		if err := w.Outbox.Renew(ctx, held, lease); err != nil {
			w.Log.Warn("what is on its way could not be held; it may be sent again", "messages", len(held), "error", err)
		}
	}
}

// database logs once that the outbox cannot be read, and once that it can again.
func (w *Worker) database(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil && !w.away:
		w.away = true
		w.Log.Error("the outbox cannot be read; messages wait until it can", "error", err)
	case err == nil && w.away:
		w.away = false
		w.Log.Info("the outbox can be read again")
	}
}

// pause is how long to wait for nothing in particular. While there is something to do the look for it finds what is due,
// and when the next is due need not be asked.
func (w *Worker) pause(ctx context.Context, channel string, found bool) time.Duration {
	if w.away || found {
		return poll
	}
	next, err := w.Outbox.NextAt(ctx, channel)
	w.database(ctx, err)
	if err != nil || next.IsZero() {
		return poll
	}
	// Never 0: what is due and was not claimed a moment ago is leased by another worker.
	return min(max(next.Sub(w.Now()), 20*time.Millisecond), poll)
}

// deliver sends one message and writes down what became of it.
func (w *Worker) deliver(ctx context.Context, s *Sender, m models.Message) {
	log := w.Log.With("message", m.ID, "kind", m.Kind, "attempt", m.Attempt, "to", models.Mask(m.Channel, m.Destination))
	detail, err := w.send(ctx, s, m)
	if err == nil {
		log.Info("message handed over")
		w.mark(ctx, log, func(ctx context.Context) error { return w.Outbox.Sent(ctx, m, detail) })
		return
	}
	var f *Failure
	if !errors.As(err, &f) {
		f = &Failure{Reason: Fault}
	}
	level := slog.LevelWarn
	if f.Reason == Auth || f.Reason == NotFrom || f.Reason == Fault {
		level = slog.LevelError // only the operator can mend these
	}
	if f.Reason == TooLate {
		level = slog.LevelInfo
	}
	log.Log(ctx, level, "message not delivered", "reason", f.Reason, "permanent", f.Permanent, "detail", f.Detail)
	w.mark(ctx, log, func(ctx context.Context) error { return w.Outbox.Failed(ctx, m, models.Failure(*f)) })
}

// survive, deferred, keeps a panic a fault of its message alone. What a panic says may hold what was being written, so only
// its type and where it happened are logged.
func (w *Worker) survive(m models.Message, err *error) {
	p := recover()
	if p == nil {
		return
	}
	w.Log.Error("panic over a message", "message", m.ID, "kind", m.Kind, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
	if err != nil {
		*err = &Failure{Reason: Fault, Detail: "a defect of ours"}
	}
}

// send derives the code, writes the message and hands it over. The code lives on this stack and nowhere else.
func (w *Worker) send(ctx context.Context, s *Sender, m models.Message) (detail string, err error) {
	defer w.survive(m, &err)
	code, ok := w.Outbox.Code(m)
	if !ok {
		return "", &Failure{Permanent: true, Reason: TooLate}
	}
	links := w.Outbox.Links(m)
	facts := content.Mail{
		Brand: w.Brand, BaseURL: w.PublicURL,
		Code: code, Link: links.Reset, NotMe: links.NotMe, Undo: links.Undo, Tag: m.Tag, Purpose: m.Purpose,
		What: m.What, Change: m.Change, Body: m.Body, HoldsAt: m.HoldsAt, LegalName: w.LegalName, ReplyTo: w.ReplyTo,
		Device: m.Device, Place: m.Place, Address: m.Address, Reasons: slugs(m.Reasons),
		AskedAt: m.AskedAt, WorksUntil: m.WorksUntil, Zone: w.Zone, LifeMinutes: w.LifeMinutes,
	}
	if m.Channel == models.ChannelSMS {
		return w.text(ctx, m, facts, links.Report)
	}
	parts, err := content.Compose(m.Kind, m.Locale, facts)
	if err != nil {
		return "", &Failure{Reason: Fault, Detail: scrub(err.Error(), code)}
	}
	l := Letter{ID: m.ID, To: m.Destination, Date: w.Now(), Parts: parts, Code: code}
	if m.Kind == models.KindSupportReply {
		l.Reply = w.ReplyTo
	}
	return s.Send(ctx, l)
}

func slugs(reasons []models.Reason) []string {
	list := make([]string, len(reasons))
	for i, r := range reasons {
		list[i] = string(r)
	}
	return list
}

// text writes a text and hands it to the gateway.
func (w *Worker) text(ctx context.Context, m models.Message, facts content.Mail, report string) (string, error) {
	if w.gateway == nil {
		return "", &Failure{Permanent: true, Reason: TextsOff}
	}
	words, err := content.Text(m.Kind, m.Locale, facts)
	if err != nil {
		return "", &Failure{Reason: Fault, Detail: scrub(err.Error(), facts.Code)}
	}
	if report != "" {
		report = strings.TrimRight(w.PublicURL, "/") + report
	}
	return w.gateway.Send(ctx, Text{ID: m.ID, To: m.Destination, Words: words, Report: report, Code: facts.Code})
}

// mark writes down an outcome, trying again while the database is away: a mail that was sent and not marked is sent again
// when its lease ends. That is better than a mail that is lost, and the same Message-ID shows that it is the same.
func (w *Worker) mark(ctx context.Context, log *slog.Logger, write func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, markWait)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause *= 2 {
		err := write(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			log.Error("what became of the message could not be written down; it will be sent again", "error", err)
			return
		case <-time.After(pause):
		}
	}
}
