package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Moved is one table that has been moved. Sum is over all of its rows, in whichever
// order.
type Moved struct {
	Table string
	Rows  int64
	Sum   string
}

// NotEmptyError says which table of a move's target has rows already.
type NotEmptyError struct{ Table string }

func (e *NotEmptyError) Error() string { return "there are rows in the table " + e.Table }

// Move copies every row of a SQLite database into an empty one of PostgreSQL, both
// with the newest schema, and compares them before it commits: what fails leaves the
// target as empty as it was. step hears how many rows of all tables are copied, then
// how many are compared.
func Move(ctx context.Context, from, to *DB, step func(what string, done, all int64)) (moved []Moved, err error) {
	if from.Engine != SQLite || to.Engine != Postgres {
		return nil, errors.New("a move goes from SQLite to PostgreSQL")
	}
	source, err := from.read.DB()
	if err != nil {
		return nil, err
	}
	target, err := to.write.DB()
	if err != nil {
		return nil, err
	}
	tables, err := tablesOf(ctx, source)
	if err != nil {
		return nil, err
	}
	var all int64
	for i := range tables {
		if err := source.QueryRowContext(ctx, "SELECT count(*) FROM "+tables[i].name).Scan(&tables[i].rows); err != nil {
			return nil, err
		}
		all += tables[i].rows
	}
	conn, err := target.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	err = conn.Raw(func(c any) error {
		return pgx.BeginFunc(ctx, c.(*stdlib.Conn).Conn(), func(tx pgx.Tx) error {
			var done int64
			count := func(what string) func() {
				return func() { done++; step(what, done, all) }
			}
			for _, t := range tables {
				if err := t.isEmpty(ctx, tx); err != nil {
					return err
				}
			}
			for _, t := range tables {
				if err := t.copy(ctx, source, tx, count("Copying")); err != nil {
					return fmt.Errorf("the table %s: %w", t.name, err)
				}
			}
			done = 0
			for _, t := range tables {
				m, err := t.compare(ctx, source, tx, count("Comparing"))
				if err != nil {
					return err
				}
				moved = append(moved, m)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	_, err = target.ExecContext(ctx, "ANALYZE") // else the first queries would be planned for empty tables
	return moved, err
}

// table is one table of the schema, its columns in their order.
type table struct {
	name    string
	columns []string
	rows    int64
}

// tablesOf reads the schema itself, so that no table can be forgotten. Those that
// others refer to come first.
func tablesOf(ctx context.Context, source *sql.DB) (ordered []table, err error) {
	names, err := column(ctx, source, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version' ORDER BY name")
	if err != nil {
		return nil, err
	}
	for len(names) > 0 {
		before := len(names)
		for _, name := range slices.Clone(names) {
			refers, err := column(ctx, source, `SELECT DISTINCT "table" FROM pragma_foreign_key_list(?) WHERE "table" <> ?`, name, name)
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(refers, func(r string) bool { return slices.Contains(names, r) }) {
				continue
			}
			columns, err := column(ctx, source, "SELECT name FROM pragma_table_info(?) ORDER BY cid", name)
			if err != nil {
				return nil, err
			}
			ordered = append(ordered, table{name: name, columns: columns})
			names = slices.DeleteFunc(names, func(n string) bool { return n == name })
		}
		if len(names) == before {
			return nil, fmt.Errorf("the tables %v refer to each other in a circle", names)
		}
	}
	return ordered, nil
}

// column gives one column of text.
func column(ctx context.Context, pool *sql.DB, query string, args ...any) (list []string, err error) {
	rows, err := pool.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// query reads all of a table. The columns are named: the other engine may have them
// in another order.
func (t table) query() string {
	return "SELECT " + quotedList(t.columns) + " FROM " + pgx.Identifier{t.name}.Sanitize()
}

func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = pgx.Identifier{n}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}

func (t table) isEmpty(ctx context.Context, tx pgx.Tx) error {
	var has bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM "+pgx.Identifier{t.name}.Sanitize()+")").Scan(&has)
	if err == nil && has {
		return &NotEmptyError{t.name}
	}
	return err
}

// copy streams the rows: however many there are, only a few are in memory.
func (t table) copy(ctx context.Context, source *sql.DB, tx pgx.Tx, each func()) error {
	rows, err := source.QueryContext(ctx, t.query())
	if err != nil {
		return err
	}
	defer rows.Close()
	_, err = tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromFunc(func() ([]any, error) {
		if !rows.Next() {
			return nil, rows.Err()
		}
		each()
		return t.scan(rows)
	}))
	return err
}

func (t table) scan(rows *sql.Rows) ([]any, error) {
	values, into := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range values {
		into[i] = &values[i]
	}
	return values, rows.Scan(into...)
}

// compare counts and sums the rows of both sides.
func (t table) compare(ctx context.Context, source *sql.DB, tx pgx.Tx, each func()) (Moved, error) {
	var here, there sum
	rows, err := source.QueryContext(ctx, t.query())
	if err != nil {
		return Moved{}, err
	}
	defer rows.Close()
	for rows.Next() {
		values, err := t.scan(rows)
		if err != nil {
			return Moved{}, err
		}
		if err := here.add(values); err != nil {
			return Moved{}, fmt.Errorf("the table %s: %w", t.name, err)
		}
		each()
	}
	if err := rows.Err(); err != nil {
		return Moved{}, err
	}
	copied, err := tx.Query(ctx, t.query())
	if err != nil {
		return Moved{}, err
	}
	defer copied.Close()
	for copied.Next() {
		values, err := copied.Values()
		if err != nil {
			return Moved{}, err
		}
		if err := there.add(values); err != nil {
			return Moved{}, fmt.Errorf("the table %s: %w", t.name, err)
		}
	}
	if err := copied.Err(); err != nil {
		return Moved{}, err
	}
	if here != there {
		return Moved{}, fmt.Errorf("the table %s differs: %d rows with the sum %s here, %d rows with the sum %s there; nothing was kept there", t.name, here.rows, &here, there.rows, &there)
	}
	return Moved{Table: t.name, Rows: here.rows, Sum: here.String()}, nil
}

// sum adds the hashes of rows up, so that their order does not matter and the same
// row twice is not the same as none (with XOR it would be).
type sum struct {
	rows      int64
	high, low uint64
}

func (s *sum) add(values []any) error {
	row, err := canonical(values)
	if err != nil {
		return err
	}
	h := sha256.Sum256(row)
	var carry uint64
	s.low, carry = bits.Add64(s.low, binary.BigEndian.Uint64(h[8:]), 0)
	s.high, _ = bits.Add64(s.high, binary.BigEndian.Uint64(h[:]), carry)
	s.rows++
	return nil
}

func (s *sum) String() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], s.high)
	binary.BigEndian.PutUint64(b[8:], s.low)
	return hex.EncodeToString(b[:])
}

// canonical writes a row in the one form that both engines' values come to: a letter
// for what it is, eight bytes for its length or its value, times to the millisecond.
func canonical(values []any) ([]byte, error) {
	var b []byte
	put := func(kind byte, n uint64) { b = binary.BigEndian.AppendUint64(append(b, kind), n) }
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			put('0', 0)
		case bool:
			if v {
				put('b', 1)
			} else {
				put('b', 0)
			}
		case int64:
			put('n', uint64(v))
		case int32: // PostgreSQL has narrower columns
			put('n', uint64(int64(v)))
		case float64:
			put('f', math.Float64bits(v))
		case string:
			put('s', uint64(len(v)))
			b = append(b, v...)
		case time.Time:
			put('t', uint64(v.UnixMilli()))
		default:
			return nil, fmt.Errorf("a value of the kind %T cannot be compared", v)
		}
	}
	return b, nil
}
