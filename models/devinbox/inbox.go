// Package devinbox is the mailbox and the phone the program brings along for
// when no mail server and no gateway are configured: a real SMTP listener and a
// real HTTP gateway for texts on the loopback interface, and a page on which
// the letters and texts that arrived can be read.
//
// It exists so that the product can be tried, and tested, over the very path
// real messages take. The sender does not know the difference: it opens a
// connection, speaks SMTP or HTTP, and is accepted, refused, put off, left
// hanging or cut off, as [Inbox.Behave] says. Nothing in the program has a mode
// for tests.
//
//	inbox.go   what is kept, and waiting for it     smtp.go   the conversation of a letter
//	folder.go  a file for each message              conn.go   a connection that can be watched while it waits
//	letter.go  reading MIME                         texts.go  the gateway for texts, and its delivery reports
//	page.go    the pages and the JSON               modes.go  accept, refuse, defer, hang, drop
//	view.go    what the page shows, as text         guard.go  who may see them: this computer only
//
// The package imports nothing of ours, and nothing of ours but main imports it.
package devinbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	// keepNewest bounds the inbox: it is for looking at what just happened,
	// not an archive, and a load test must not fill the disk.
	keepNewest = 200

	// maxMessage is far above any letter the program writes and low enough
	// that a runaway sender does no harm.
	maxMessage = 1 << 20

	channelEmail = "email"
	channelText  = "sms"
)

// ErrClosed is what [Inbox.Wait] answers when the inbox was closed before
// enough messages had come.
var ErrClosed = errors.New("devinbox: the test inbox is closed")

// Options says where the inbox listens, what it keeps and how its page looks.
type Options struct {
	// Listen is the host:port of the SMTP listener. It must be loopback; empty
	// means 127.0.0.1 and a free port.
	Listen string

	// Dir is the folder in which letters are kept as .eml files and texts as
	// .text files, so that they survive a restart. Empty keeps them in memory
	// only.
	Dir string

	Brand      string // the product's name, for the page
	Stylesheet string // URL of the site's CSS; empty: none
	Script     string // URL of htmx; empty: the page is reloaded by hand

	// Now is the clock. It is required: the program has one clock, and tests move it.
	Now func() time.Time

	Log *slog.Logger // empty: silent
}

// Message is one letter as it arrived for one address, or one text. A letter
// with three recipients makes three messages.
type Message struct {
	ID         string
	Channel    string // "email" or "sms"
	To         string // the address the sender named in the conversation, whatever the letter says; the number of a text, with its +
	From       string // the letter's From, readable; the envelope's sender where there is none
	Sender     string // the envelope's sender; a text has none
	Subject    string // a text has none
	Text       string // the plain part, decoded; all of a text
	HTML       string // the HTML part, decoded
	Source     string // the bytes as they came over the wire
	Broken     bool   // some of it could not be read as MIME; Source has all of it
	ReceivedAt time.Time
}

// Inbox is an open mailbox. Its methods may be called from any goroutine.
type Inbox struct {
	opts     Options
	log      *slog.Logger
	listener *listener
	server   *smtp.Server
	served   chan struct{}
	gateway  *gateway

	stopping context.Context // ended by Close: whatever hangs lets go
	stop     context.CancelFunc
	working  sync.WaitGroup // texts that are being taken, and reports under way

	mu       sync.Mutex
	messages []Message     // oldest first
	seq      int           // of the newest message; orders messages whatever the clock does
	changed  chan struct{} // closed and replaced at every change, to wake who waits
	closed   bool
	general  Mode
	rules    map[string]Mode // by canonical address; they win over general
	failures []Failure       // newest last
}

// Open starts the listeners and reads back what an earlier run kept in Dir.
func Open(o Options) (*Inbox, error) {
	if o.Now == nil {
		return nil, errors.New("devinbox: Options.Now is required")
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Brand == "" {
		o.Brand = "Admit One"
	}
	in := &Inbox{
		opts:    o,
		log:     o.Log,
		served:  make(chan struct{}),
		changed: make(chan struct{}),
		rules:   map[string]Mode{},
	}
	in.stopping, in.stop = context.WithCancel(context.Background())
	if in.log == nil {
		in.log = slog.New(slog.DiscardHandler)
	}
	if o.Dir != "" {
		if err := in.load(); err != nil {
			return nil, err
		}
	}
	l, err := listenLoopback(o.Listen)
	if err != nil {
		return nil, err
	}
	texts, err := listenLoopback("127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	in.listener, in.gateway = newListener(l), newGateway(in, texts)
	in.server = in.newServer()
	go func() {
		defer close(in.gateway.served)
		if err := in.gateway.server.Serve(texts); !errors.Is(err, http.ErrServerClosed) {
			in.log.Error("test inbox takes no texts any more", "error", err)
		}
	}()
	go func() {
		defer close(in.served)
		if err := in.server.Serve(in.listener); err != nil && !errors.Is(err, net.ErrClosed) {
			in.log.Error("test inbox stopped listening", "error", err)
		}
	}()
	return in, nil
}

// listenLoopback opens the listener, and refuses any address that another
// computer could reach: whoever reads this inbox can sign in as anybody.
func listenLoopback(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("devinbox: listen address %q: %w", address, err)
	}
	if !isLoopbackHost(host) {
		return nil, fmt.Errorf("devinbox: listen address %q is not loopback: the test inbox listens on 127.0.0.0/8, ::1 or localhost only", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("devinbox: %w", err)
	}
	// A name is only as good as the resolver that answered it.
	if bound, err := netip.ParseAddrPort(l.Addr().String()); err != nil || !bound.Addr().Unmap().IsLoopback() {
		_ = l.Close()
		return nil, fmt.Errorf("devinbox: listen address %q is not loopback: it resolves to %s", address, l.Addr())
	}
	return l, nil
}

// Addr is the host:port the SMTP listener is bound to.
func (in *Inbox) Addr() string { return in.listener.Addr().String() }

// Close stops the listeners and ends every conversation, also those told to
// hang, and every report. What has been received can still be read.
func (in *Inbox) Close() error {
	in.mu.Lock()
	if in.closed {
		in.mu.Unlock()
		return nil
	}
	in.closed = true
	in.stop()
	in.wake()
	in.mu.Unlock()

	_ = in.server.Close() // the listener's own Close below reports what matters
	err := in.listener.Close()
	err = errors.Join(err, in.gateway.server.Close())
	<-in.served
	<-in.gateway.served
	in.listener.ended.Wait()
	in.working.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("devinbox: close: %w", err)
	}
	return nil
}

// Messages lists what has arrived for an address, newest first; "" lists all.
// Addresses are compared whole and without regard to case, numbers by their
// digits.
func (in *Inbox) Messages(to string) []Message {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.list(to)
}

// Wait returns as soon as n messages to an address have arrived ("" counts
// all), newest first. It is how a test waits for mail without sleeping. When
// ctx ends first, it returns what there is, and an error that says so.
func (in *Inbox) Wait(ctx context.Context, to string, n int) ([]Message, error) {
	for {
		in.mu.Lock()
		got, changed, closed := in.list(to), in.changed, in.closed
		in.mu.Unlock()
		if len(got) >= n {
			return got, nil
		}
		if closed {
			return got, ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return got, fmt.Errorf("devinbox: %d of %d messages to %q arrived: %w", len(got), n, to, ctx.Err())
		}
	}
}

// Empty forgets every message, and the record of failures. What the inbox was
// told by Behave stays.
func (in *Inbox) Empty() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	var errs []error
	for _, m := range in.messages {
		errs = append(errs, in.unsave(m))
	}
	in.messages, in.failures = nil, nil
	in.wake()
	return errors.Join(errs...)
}

// begin counts a text or a report that Close has to wait for; false once it is
// closed.
func (in *Inbox) begin() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return false
	}
	in.working.Add(1)
	return true
}

// find returns the message with this id.
func (in *Inbox) find(id string) (Message, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	i := slices.IndexFunc(in.messages, func(m Message) bool { return m.ID == id })
	if i < 0 {
		return Message{}, false
	}
	return in.messages[i], true
}

// keep takes messages in. On disk first: a sender is told 'accepted' only of
// what a restart would still show.
func (in *Inbox) keep(messages ...Message) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return ErrClosed
	}
	for _, m := range messages {
		m.ReceivedAt = in.opts.Now().UTC().Truncate(time.Millisecond)
		m.ID = messageID(m.ReceivedAt, in.seq+1)
		if err := in.save(m); err != nil {
			return err
		}
		in.seq++
		in.messages = append(in.messages, m)
		in.log.Debug("test inbox took a message", "id", m.ID, "channel", m.Channel, "bytes", len(m.Source), "broken", m.Broken)
	}
	for len(in.messages) > keepNewest {
		if err := in.unsave(in.messages[0]); err != nil {
			in.log.Warn("test inbox could not remove an old message", "error", err)
		}
		in.messages = slices.Delete(in.messages, 0, 1)
	}
	in.wake()
	return nil
}

// list is Messages with the lock held.
func (in *Inbox) list(to string) []Message {
	to = canonical(to)
	found := []Message{}
	for _, m := range slices.Backward(in.messages) {
		if to == "" || canonical(m.To) == to {
			found = append(found, m)
		}
	}
	return found
}

// wake lets everybody who waits look again. The lock is held.
func (in *Inbox) wake() {
	close(in.changed)
	in.changed = make(chan struct{})
}
