package db

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5"
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
	if d.write, err = openPool(postgres.New(postgres.Config{Conn: pool}), d, poolSize); err != nil {
		return err
	}
	d.read = d.write

	listening, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop, d.done = stop, make(chan struct{})
	go d.listen(listening, c)
	return nil
}

// listen hears the pokes of other processes on a connection of its own: one
// of the pool's would be missing from it for good. While it is down the
// subscribers' poll serves.
func (d *DB) listen(ctx context.Context, c *pgx.ConnConfig) {
	defer close(d.done)
	for ctx.Err() == nil {
		err := d.hear(ctx, c)
		if ctx.Err() != nil {
			return
		}
		d.log.Warn("listening for other processes was cut off", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
		}
	}
}

func (d *DB) hear(ctx context.Context, c *pgx.ConnConfig) error {
	conn, err := pgx.ConnectConfig(ctx, c.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		d.poke(n.Payload)
	}
}

// closing ends the handle that the migrations ran on.
func closing(pool *sql.DB, err error) error {
	if cerr := pool.Close(); err == nil {
		err = cerr
	}
	return err
}
