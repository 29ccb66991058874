package models

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"admitone/models/internal/db"
)

// Backup copies a SQLite database while others go on using it; see README.md,
// 'Backups'. The error is fs.ErrExist where the target is there already and is not to
// be replaced, fs.ErrNotExist where there is no database. step hears how many pages
// are done.
func Backup(ctx context.Context, database, to string, replace bool, step func(done, all int64)) error {
	return db.Backup(ctx, database, to, replace, step)
}

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
