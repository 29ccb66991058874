package db

import (
	"database/sql"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// What every page and every sign-in asks goes to the driver as it is written here:
// gorm builds, explains and maps a statement for more than SQLite takes to answer it.
// Its names of columns, its log and its errors hold all the same.

// Scan appends the rows of a query to dest, which is a slice of values of one column
// or of structs. A column that may be NULL needs a pointer. The query has a ? for each
// argument, and no argument is a list.
func Scan[T any](g *gorm.DB, dest *[]T, query string, args ...any) error {
	begin, before := g.NowFunc(), len(*dest)
	err := scan(g, dest, query, args)
	g.Logger.Trace(g.Statement.Context, begin, func() (string, int64) { return query, int64(len(*dest) - before) }, err)
	return err
}

func scan[T any](g *gorm.DB, dest *[]T, query string, args []any) error {
	rows, err := g.Statement.ConnPool.QueryContext(g.Statement.Context, numbered(g, query), args...)
	if err != nil {
		return translated(g, err)
	}
	defer func() { _ = rows.Close() }()
	var paths [][]int
	var into []any
	for rows.Next() {
		if into == nil {
			if paths, err = pathsOf(g, reflect.TypeFor[T](), rows); err != nil {
				return err
			}
			into = make([]any, max(1, len(paths)))
		}
		*dest = append(*dest, *new(T))
		row := reflect.ValueOf(&(*dest)[len(*dest)-1]).Elem()
		into[0] = row.Addr().Interface()
		for i, path := range paths {
			into[i] = row.FieldByIndex(path).Addr().Interface()
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	return translated(g, rows.Err())
}

// parsed holds the structs that rows were read into: gorm's fields by column.
var parsed sync.Map

// pathsOf says which fields the columns of a query go to, none for a row that is one
// value.
func pathsOf(g *gorm.DB, row reflect.Type, rows *sql.Rows) ([][]int, error) {
	if row.Kind() != reflect.Struct || row == reflect.TypeFor[time.Time]() {
		return nil, nil
	}
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	known, err := schema.Parse(reflect.New(row).Interface(), &parsed, g.NamingStrategy)
	if err != nil {
		return nil, err
	}
	paths := make([][]int, len(columns))
	for i, column := range columns {
		field := known.LookUpField(column)
		if field == nil {
			return nil, wrap("column "+column, gorm.ErrInvalidField)
		}
		paths[i] = field.StructField.Index
	}
	return paths, nil
}

// Exec runs a statement and says how many rows it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	for _, arg := range args {
		if reflect.ValueOf(arg).Kind() == reflect.Slice { // IN ?
			r := tx.DB.Exec(query, args...)
			return r.RowsAffected, r.Error
		}
	}
	begin, n := tx.NowFunc(), int64(0)
	result, err := tx.Statement.ConnPool.ExecContext(tx.Statement.Context, numbered(tx.DB, query), args...)
	if err == nil {
		n, err = result.RowsAffected()
	}
	tx.Logger.Trace(tx.Statement.Context, begin, func() (string, int64) { return query, n }, err)
	return n, translated(tx.DB, err)
}

func translated(g *gorm.DB, err error) error {
	if t, ok := g.Dialector.(gorm.ErrorTranslator); ok && err != nil {
		return t.Translate(err)
	}
	return err
}

// withNumbers holds the queries as PostgreSQL writes them: $1 for the first ?.
var withNumbers sync.Map

func numbered(g *gorm.DB, query string) string {
	if g.Name() != Postgres {
		return query
	}
	if known, ok := withNumbers.Load(query); ok {
		return known.(string)
	}
	var b strings.Builder
	n := 0
	for _, c := range query {
		if c != '?' {
			b.WriteRune(c)
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	withNumbers.Store(query, b.String())
	return b.String()
}
