package models

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"admitone/models/internal/db"
)

// Backup copies a SQLite database while others go on using it; see README.md,
// 'Backups'. The error is fs.ErrExist where the target is there already and is not to
// be replaced, ErrNoCopy where it is something else than a copy from before,
// fs.ErrNotExist where there is no database. step hears how many pages are done.
func Backup(ctx context.Context, database, to string, replace bool, step func(done, all int64)) error {
	return db.Backup(ctx, database, to, replace, step)
}

// ErrNoCopy says that a backup would take the place of the database itself, or of what
// is no database at all.
var ErrNoCopy = db.ErrNoCopy

// OpenFile opens a file of the service, and makes it where there is none; root's new
// one belongs to whoever has the folder.
func OpenFile(name string) (*os.File, error) { return db.OpenFile(name) }

// OnPostgres says whether a database is one of PostgreSQL; else it is a file.
func OnPostgres(database string) bool { return db.EngineOf(database) == db.Postgres }

// Migration is one step of the schema. Name is "" where only a newer program knows
// it, At is zero while it is to be done.
type Migration = db.Migration

// Migrations lists the steps of a database's schema, those of a newer program too.
// Nothing is changed; where there is no database yet, all are to be done.
func Migrations(ctx context.Context, database string) (list []Migration, err error) {
	look, err := db.OpenLook(ctx, database)
	if errors.Is(err, fs.ErrNotExist) {
		return db.Migrations(db.SQLite)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, look.Close()) }()
	return look.Migrations(ctx)
}

// Migrate brings the schema of a database up to date; an empty one gets it.
func Migrate(ctx context.Context, database string, now func() time.Time, log *slog.Logger) error {
	d, err := db.Open(ctx, db.Options{URL: database, Now: now, Log: log})
	if err != nil {
		return err
	}
	return d.Close()
}

// Moved is one table that has been moved, with the count of its rows and their sum.
type Moved = db.Moved

// NotEmptyError says which table of a move's target has rows already.
type NotEmptyError = db.NotEmptyError

// Move copies a SQLite database that nobody uses into an empty one of PostgreSQL and
// compares both; see README.md, 'Moving to PostgreSQL'. What fails leaves the target
// empty. step hears what is done, and how many rows of all.
func Move(ctx context.Context, from, to string, now func() time.Time, log *slog.Logger, step func(what string, done, all int64)) (moved []Moved, err error) {
	target, err := db.Open(ctx, db.Options{URL: to, Now: now, Log: log})
	if err != nil {
		return nil, &TargetError{err}
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	source, err := db.Open(ctx, db.Options{URL: from, Now: now, Log: log})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	return db.Move(ctx, source, target, step)
}

// TargetError is why the target of a move cannot be opened.
type TargetError struct{ Err error }

func (e *TargetError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *TargetError) Unwrap() error { return e.Err }

// Inspection is what a look at a database shows.
type Inspection struct {
	Engine     string // with its version: 'PostgreSQL 15.3'
	Migrations []Migration
	Clock      time.Time // of the engine's machine; zero where it is this one
	Newest     time.Time // activity; zero without any
}

// Inspect looks at a database, in use or not, and changes nothing. The error is
// fs.ErrNotExist where there is no file.
func Inspect(ctx context.Context, database string) (in Inspection, err error) {
	look, err := db.OpenLook(ctx, database)
	if err != nil {
		return in, err
	}
	defer func() { err = errors.Join(err, look.Close()) }()
	if in.Engine, err = look.Version(ctx); err != nil {
		return in, err
	}
	if look.Engine == db.Postgres {
		if in.Clock, err = look.Clock(ctx); err != nil {
			return in, err
		}
	}
	if in.Migrations, err = look.Migrations(ctx); err != nil {
		return in, err
	}
	if has, err := look.Has(ctx, "events"); err != nil || !has {
		return in, err
	}
	in.Newest, err = look.Time(ctx, "SELECT at FROM events ORDER BY at DESC LIMIT 1")
	return in, err
}

// InspectKeys says what is wrong with the keys, those of the environment or else the
// file's, for the database; fs.ErrNotExist where neither file nor use of one is there
// yet. Nothing is made.
func InspectKeys(ctx context.Context, keys, keyFile, database string) error {
	used, err := keysInUse(ctx, database)
	if err != nil {
		used = nil // what is wrong with the database is said of it
	}
	ring := &keyRing{}
	var held []key
	if keys != "" {
		held, err = parseRing(keys)
	} else {
		ring.path = keyFile
		held, _, err = readKeyFile(keyFile)
	}
	if errors.Is(err, fs.ErrNotExist) && len(used) > 0 {
		return lostKeys(keyFile, used)
	}
	if err != nil {
		return err
	}
	ring.held.Store(&held)
	return ring.lacking(used)
}

func keysInUse(ctx context.Context, database string) (used []string, err error) {
	look, err := db.OpenLook(ctx, database)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, look.Close()) }()
	if has, err := look.Has(ctx, "keys"); err != nil || !has {
		return nil, err
	}
	return look.List(ctx, "SELECT id FROM keys ORDER BY added_at")
}

// PlaceFiles says when each file of places was made. Errors name --geo.
func PlaceFiles(names []string) (built []time.Time, err error) {
	p, err := openPlaces(names, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	for _, f := range p.files {
		built = append(built, f.Metadata.BuildTime().UTC())
	}
	return built, p.close()
}
