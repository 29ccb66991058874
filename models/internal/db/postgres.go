package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
)

// channel carries the topics of Wake between processes.
const channel = "admitone"

// poolSize bounds the connections: 200 writers took 3.7 s unbounded and
// 0.12 s with 8.
const poolSize = 16

func (d *DB) openPostgres(ctx context.Context, url string) error {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	c.RuntimeParams["timezone"] = "UTC"
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "admitone"
	}
	if err := d.migratePostgres(ctx, stdlib.OpenDB(*c)); err != nil {
		return err
	}
	pool := stdlib.OpenDB(*c)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if d.write, err = openPool(postgres.New(postgres.Config{Conn: steady{pool}}), d, poolSize); err != nil {
		return err
	}
	d.read = d.write

	listening, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop, d.done = stop, make(chan struct{})
	go d.listen(listening, c)
	return nil
}

// How long listening waits before it is tried again, and for its own voice.
const (
	listenAgain = 2 * time.Second
	askAgain    = time.Minute // an engine that cannot
	voiceLimit  = 10 * time.Second
)

// listen hears the pokes of other processes on a connection of its own: one
// of the pool's would be missing from it for good. While it is down, and on engines
// that pass nothing on, the subscribers' poll serves.
func (d *DB) listen(ctx context.Context, c *pgx.ConnConfig) {
	defer close(d.done)
	said := false // once in each silence
	for ctx.Err() == nil {
		err := d.hear(ctx, c, func() {
			if said {
				d.log.Info("other processes are heard again")
			}
			said = false
		})
		if ctx.Err() != nil {
			return
		}
		wait, message := listenAgain, "listening for other processes was cut off; they are heard of by asking"
		if refused(err) {
			d.passesOn.Store(false)
			wait, message = askAgain, "this database passes no pokes on between processes; they are heard of by asking"
		}
		if !said {
			d.log.Warn(message, "error", err)
			said = true
		}
		rest(ctx, wait)
	}
}

// errUnheard means that LISTEN and pg_notify were taken and nothing came of it, as
// behind a pooler that lends connections by the transaction.
var errUnheard = errors.New("what was said was not heard")

// refused says that it is not the connection that keeps pokes from being heard.
func refused(err error) bool {
	var never *pgconn.ConnectError
	return errors.Is(err, errUnheard) || sqlState(err) != "" && !lost(err) && !errors.As(err, &never)
}

// hear hands on what comes until the connection ends. Only once its own voice has
// come back do transactions speak: on an engine that cannot, the attempt would undo
// them.
func (d *DB) hear(ctx context.Context, c *pgx.ConnConfig, heard func()) error {
	conn, err := pgx.ConnectConfig(ctx, c.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_notify($1, $2)", channel, ""); err != nil {
		return err
	}
	voice, cancel := context.WithTimeout(ctx, voiceLimit)
	defer cancel()
	for waiting := voice; ; waiting = ctx {
		n, err := conn.WaitForNotification(waiting)
		if err != nil && voice.Err() != nil && !d.passesOn.Load() {
			return errors.Join(errUnheard, err)
		}
		if err != nil {
			return err
		}
		d.passesOn.Store(true)
		heard()
		if topic, voice, _ := strings.Cut(n.Payload, "\n"); voice != d.voice { // what it said itself it has poked already
			d.poke(topic)
		}
	}
}

// closing ends the handle that the migrations ran on.
func closing(pool *sql.DB, err error) error {
	if cerr := pool.Close(); err == nil {
		err = cerr
	}
	return err
}
