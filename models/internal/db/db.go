// Package db opens the database and runs transactions on it. It is the only
// place that knows which engine is behind the rows; the rules live in models.
package db

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// The engines that Open knows.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// writeLimit bounds one transaction. The caller's own context does not: a
// stranger who hangs up in the middle of a wrong code must not take back the
// count of that try.
const writeLimit = 15 * time.Second

// Options says which database to open.
type Options struct {
	URL string           // "postgres://..." or the path of a SQLite file
	Now func() time.Time // the one clock (CONTRIBUTING.md, law 3)
	Log *slog.Logger

	Told func(what any) // gets what a transaction said with Tell, once it has committed
}

// DB is an open database with its schema up to date.
type DB struct {
	Engine string

	write, read *gorm.DB
	guard       guard // of SQLite
	now         func() time.Time
	log         *slog.Logger
	told        func(any)
	writing     atomic.Int32 // transactions that run or wait
	committed   atomic.Bool  // since SQLite's last checkpoint

	mu     sync.Mutex
	topics map[string][]chan struct{}

	voice    string      // tells what this process says with pg_notify from what others say
	passesOn atomic.Bool // what is said so has been heard
	stop     context.CancelFunc
	done     chan struct{}
}

// Tx is one running transaction: the handle and the moment it happens at.
type Tx struct {
	*gorm.DB
	Now time.Time

	db     *DB
	wakes  []string
	tells  []any
	anyway []any
}

// Open connects, brings the schema up to date and returns the database. The
// error names what is wrong with the URL or the file.
func Open(ctx context.Context, o Options) (*DB, error) {
	d := &DB{now: o.Now, log: o.Log, told: o.Told, topics: map[string][]chan struct{}{}, voice: rand.Text()}
	d.Engine = EngineOf(o.URL)
	var err error
	if d.Engine == Postgres {
		err = d.openPostgres(ctx, o.URL)
	} else {
		err = d.openSQLite(ctx, o.URL)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// gorm's Scan logs through a recorder of its own, whose filter lets parameters
// through whatever the logger says: addresses and hashes would reach the log.
func init() {
	logger.RecorderParamsFilter = func(_ context.Context, sql string, _ ...any) (string, []any) { return sql, nil }
}

func gormConfig(log *slog.Logger) *gorm.Config {
	return &gorm.Config{
		// Not PrepareStmt: both drivers keep prepared statements themselves, and
		// gorm's are bound to the transaction that first used them, so that every
		// later transaction prepares them again (a third of a sign-in's cost).
		SkipDefaultTransaction: true,
		TranslateError:         true,
		// Parameterised: a value (an address, a hash) must never reach a log.
		Logger: calm{Interface: logger.NewSlogLogger(log, logger.Config{
			SlowThreshold:             500 * time.Millisecond,
			LogLevel:                  logger.Warn,
			IgnoreRecordNotFoundError: true,
			ParameterizedQueries:      true,
		}), log: log},
	}
}

// Close ends the listener and the pools.
func (d *DB) Close() error {
	if d.stop != nil {
		d.stop()
		<-d.done
	}
	errs := []error{d.guard.close()}
	for _, g := range []*gorm.DB{d.write, d.read} {
		if g == nil {
			continue
		}
		pool, err := g.DB()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, pool.Close())
	}
	return errors.Join(errs...)
}

// Now is the one clock: UTC, whole milliseconds. SQLite compares times as
// text, so a time in another zone would sort wrongly.
func (d *DB) Now() time.Time { return d.now().UTC().Truncate(time.Millisecond) }

// Read gives a handle for queries outside a transaction.
func (d *DB) Read(ctx context.Context) *gorm.DB { return d.read.WithContext(d.statements(ctx)) }

// statements is the context that single statements run under. SQLite's driver
// starts a goroutine for each statement that could be cancelled, which costs
// more than the statement, and none of ours takes long.
func (d *DB) statements(ctx context.Context) context.Context {
	if d.Engine == SQLite {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// Write runs one act in one transaction. On PostgreSQL and its like it runs again when
// the engine took it back for the sake of another one, or lost its connection before
// the commit, so act must not keep state between runs. A connection that is lost over
// the commit itself is an error: nobody knows whether the act has happened.
func (d *DB) Write(ctx context.Context, act func(*Tx) error) error {
	if d.writing.Add(1) > mostWaiting {
		d.writing.Add(-1)
		return errCrowded
	}
	defer d.writing.Add(-1)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLimit)
	defer cancel()
	var last *Tx
	err := persist(ctx, func() (bool, error) {
		tx, ripe, err := d.once(ctx, act)
		last = tx
		again := collided(err) || !ripe && lost(err)
		if again {
			level := slog.LevelWarn
			if sqlState(err) == "40001" { // engines that order transactions by it say so often
				level = slog.LevelDebug
			}
			d.log.Log(ctx, level, "a transaction is taken back and runs again", why(err))
		}
		return again, err
	})
	for _, what := range last.anyway {
		d.told(what)
	}
	if err != nil {
		return err
	}
	d.committed.Store(true)
	for _, topic := range last.wakes {
		d.poke(topic)
	}
	for _, what := range last.tells {
		d.told(what)
	}
	return nil
}

// once runs an act one time; ripe says that all that was left was the commit.
func (d *DB) once(ctx context.Context, act func(*Tx) error) (tx *Tx, ripe bool, err error) {
	tx = &Tx{db: d}
	err = d.write.WithContext(ctx).Transaction(func(g *gorm.DB) error {
		tx.DB, tx.Now = g.WithContext(d.statements(ctx)), d.Now()
		if err := act(tx); err != nil {
			return err
		}
		if d.passesOn.Load() {
			for _, topic := range tx.wakes {
				if _, err := tx.Exec("SELECT pg_notify(?, ?)", channel, topic+"\n"+d.voice); err != nil {
					return err
				}
			}
		}
		ripe = true
		return nil
	})
	return tx, ripe, err
}

// OneWriter says that no other transaction writes while one does, so that rows need no
// locks, and that who takes its turn for nothing holds up the others.
func (d *DB) OneWriter() bool { return d.Engine == SQLite }

// OneWriter is that of the database.
func (tx *Tx) OneWriter() bool { return tx.db.OneWriter() }

// SkipLocked is the clause that lets many workers lease different rows;
// SQLite has one writer and needs none.
func (tx *Tx) SkipLocked() string {
	if tx.OneWriter() {
		return ""
	}
	return " FOR UPDATE SKIP LOCKED"
}

// Wake pokes the subscribers of a topic once the transaction has committed.
func (tx *Tx) Wake(topic string) { tx.wakes = append(tx.wakes, topic) }

// Tell hands something to Options.Told once the transaction has committed: what was
// rolled back never happened, and is in no log and no figure.
func (tx *Tx) Tell(what any) {
	if tx.db.told != nil {
		tx.tells = append(tx.tells, what)
	}
}

// TellAnyway is Tell for what has happened whatever becomes of the transaction: a
// refusal that rolls it back.
func (tx *Tx) TellAnyway(what any) {
	if tx.db.told != nil {
		tx.anyway = append(tx.anyway, what)
	}
}

// Subscribe returns a channel that gets a value after a commit that called
// Wake for the topic, until cancel is called. Pokes may be merged and, between
// machines, lost: a subscriber polls as well.
func (d *DB) Subscribe(topic string) (pokes <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	d.mu.Lock()
	d.topics[topic] = append(d.topics[topic], c)
	d.mu.Unlock()
	return c, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.topics[topic] = slices.DeleteFunc(d.topics[topic], func(other chan struct{}) bool { return other == c })
		if len(d.topics[topic]) == 0 {
			delete(d.topics, topic)
		}
	}
}

// Poke pokes the subscribers of this process, for who found out by a poll.
func (d *DB) Poke(topic string) { d.poke(topic) }

func (d *DB) poke(topic string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.topics[topic] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Ping says whether the database answers a query.
func (d *DB) Ping(ctx context.Context) error {
	var one int
	return d.Read(ctx).Raw("SELECT 1").Scan(&one).Error
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
