package models

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"admitone/models/internal/db"
)

// Options says where the rows and the keys are and which numbers hold.
type Options struct {
	Database  string   // "postgres://..." or the path of a SQLite file
	Keys      string   // the lines of the key ring, "" where they are in a file
	KeyFile   string   // made at the first start, mode 0600
	Brand     string   // what a password must not be
	Texts     bool     // a gateway for texts is set up
	Countries []string // where texts may go (ISO 3166); a number without a country code is of the first
	Desk      Desk     // how people reach a person
	Geo       []string // .mmdb files that tell the place of an address
	Policy    Policy
	Now       func() time.Time // the one clock
	Log       *slog.Logger
}

// Models is the open account domain: one field per group of acts.
type Models struct {
	SignUps  *SignUps
	SignIns  *SignIns
	Sessions *Sessions
	Reauths  *Reauths
	Resets   *Resets
	Accounts *Accounts
	Undos    *Undos
	NotMes   *NotMes
	Staff    *Staff
	Agents   *Agents
	Outbox   *Outbox
	Console  *Console
	Keys     *Keys

	core *core
}

// core is what every group of acts works with.
type core struct {
	db     *db.DB
	keys   *keyRing
	hasher *hasher
	policy Policy
	brand  string
	log    *slog.Logger

	texts     bool
	countries []string
	desk      Desk
	purseMu   sync.Mutex
	purseSaid string

	notedKey atomic.Value // the id of the key that this process has noted as in use

	places  *places
	weights Weights
	watch   *watch
	ready   readiness

	loopbackOnce sync.Once
}

// Client is who asks, as the request shows it.
type Client struct {
	Address   netip.Addr // from the connection, or from a trusted proxy
	Place     Place      // of the address, as Models.Locate gives it
	UserAgent string
	Session   string // the session cookie's token, "" without one
	Device    string // the device cookie's token, "" without one
	Request   string // the request's id, which the log names
	Form      string // the nonce of the form that begins a flow, "" without one
}

// ErrNoCompiler means that the program was built without cgo.
var ErrNoCompiler = db.ErrNoCompiler

// Open opens the database and the keys. Errors name the option to mend.
func Open(ctx context.Context, o Options) (*Models, error) {
	if err := o.Policy.Validate(); err != nil {
		return nil, err
	}
	places, err := openPlaces(o.Geo, o.Log)
	if err != nil {
		return nil, err
	}
	watch := newWatch(o.Log, o.Now)
	d, err := db.Open(ctx, db.Options{URL: o.Database, Now: o.Now, Log: o.Log, Told: watch.told})
	if err != nil {
		return nil, errors.Join(err, places.close())
	}
	keys, err := openRing(ctx, d, o)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	c := &core{
		db: d, keys: keys, hasher: newHasher(o.Policy, d.Now), policy: o.Policy, brand: o.Brand, log: o.Log,
		texts: o.Texts && len(o.Countries) > 0, countries: o.Countries, desk: o.Desk,
		places: places, weights: DefaultWeights(), watch: watch,
	}
	c.notedKey.Store(keys.current(d.Now()).id)
	outbox, _ := d.Subscribe(outboxTopic) // for as long as the database is open
	box := &Outbox{core: c, wake: outbox}
	return &Models{
		SignUps:  &SignUps{c},
		SignIns:  &SignIns{c},
		Sessions: &Sessions{core: c},
		Reauths:  &Reauths{c},
		Resets:   &Resets{c},
		Accounts: &Accounts{c},
		Undos:    &Undos{c},
		NotMes:   &NotMes{c},
		Staff:    &Staff{c},
		Agents:   &Agents{c},
		Outbox:   box,
		Console:  &Console{core: c, outbox: box},
		Keys:     &Keys{c},
		core:     c,
	}, nil
}

// Close ends the connections to the database.
func (m *Models) Close() error { return errors.Join(m.core.db.Close(), m.core.places.close()) }

// Ping says whether the database answers a query.
func (m *Models) Ping(ctx context.Context) error { return m.core.db.Ping(ctx) }

// Ready says whether an act could be done now: nil where the database took a write
// within the last second.
func (m *Models) Ready(ctx context.Context) error { return m.core.ready.ask(ctx, m.core) }

// Policy is the numbers in force.
func (m *Models) Policy() Policy { return m.core.policy }

// Texts says whether texts can be sent at all, and to which countries.
func (m *Models) Texts() (on bool, countries []string) { return m.core.texts, m.core.countries }

// TextsHeld says whether no text can be sent at the moment, because the operator has
// switched them off or those of a day are used up: none at all, or only none to a
// number that would be new.
func (m *Models) TextsHeld(ctx context.Context) (all, fresh bool, err error) {
	g, now := m.core.db.Read(ctx), m.core.db.Now()
	can, err := m.core.canText(g, now, 1)
	if err != nil {
		return false, false, err
	}
	confirm, err := m.core.canText(g, now, 2)
	return !can, !confirm, err
}

// Desk is how people reach a person.
func (m *Models) Desk() Desk { return m.core.desk }

// Now is the one clock: UTC, in whole milliseconds.
func (m *Models) Now() time.Time { return m.core.db.Now() }
