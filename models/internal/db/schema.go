package db

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// Migration is one step of the schema. Name is "" where only a newer program knows
// it, At is zero while it is to be done.
type Migration struct {
	Number int64
	Name   string
	At     time.Time
}

// Migrations lists the steps that this program knows, in their order, none of them done.
func Migrations(engine string) ([]Migration, error) {
	files, err := fs.ReadDir(migrations, "migrations/"+engine)
	if err != nil {
		return nil, err
	}
	var list []Migration
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".sql")
		digits, _, _ := strings.Cut(name, "_")
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		list = append(list, Migration{Number: n, Name: name})
	}
	return list, nil
}

// Migrations lists the steps that this program knows with when they were done, and
// behind them those that only a newer program knows.
func (l *Look) Migrations(ctx context.Context) ([]Migration, error) {
	list, err := Migrations(l.Engine)
	if err != nil {
		return nil, err
	}
	begun, err := l.Has(ctx, "goose_db_version")
	if err != nil || !begun {
		return list, err
	}
	rows, err := l.pool.QueryContext(ctx, "SELECT version_id, tstamp FROM goose_db_version WHERE is_applied AND version_id > 0 ORDER BY version_id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
next:
	for rows.Next() {
		var done Migration
		if err := rows.Scan(&done.Number, &done.At); err != nil {
			return nil, err
		}
		for i := range list {
			if list[i].Number == done.Number {
				list[i].At = done.At.UTC()
				continue next
			}
		}
		list = append(list, done)
	}
	return list, rows.Err()
}
