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
	rows, err := g.Statement.ConnPool.QueryContext(g.Statement.Context, as(g, query), args...)
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

// First is the first row of a query; there is false where it has none.
func First[T any](g *gorm.DB, query string, args ...any) (row T, there bool, err error) {
	var rows []T
	if err := Scan(g, &rows, query, args...); err != nil || len(rows) == 0 {
		return row, false, err
	}
	return rows[0], true, nil
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
	result, err := tx.Statement.ConnPool.ExecContext(tx.Statement.Context, as(tx.DB, query), args...)
	if err == nil {
		n, err = result.RowsAffected()
	}
	tx.Logger.Trace(tx.Statement.Context, begin, func() (string, int64) { return query, n }, err)
	return n, translated(tx.DB, err)
}

// Insert adds a row: a pointer to a struct whose fields are the table's columns.
func (tx *Tx) Insert(row any) error {
	in, err := insertOf(tx.DB, row)
	if err != nil {
		return err
	}
	values, of := make([]any, len(in.paths)), reflect.ValueOf(row).Elem()
	for i, path := range in.paths {
		values[i] = of.FieldByIndex(path).Interface()
	}
	_, err = tx.Exec(in.statement, values...)
	return err
}

// insert is the statement that adds a row, and the fields that its values come from.
type insert struct {
	statement string
	paths     [][]int
}

// inserts holds them by the type of the row.
var inserts sync.Map

func insertOf(g *gorm.DB, row any) (insert, error) {
	of := reflect.TypeOf(row)
	if known, ok := inserts.Load(of); ok {
		return known.(insert), nil
	}
	table, err := schema.Parse(row, &parsed, g.NamingStrategy)
	if err != nil {
		return insert{}, err
	}
	in, columns := insert{}, []string{}
	for _, column := range table.DBNames {
		if field := table.FieldsByDBName[column]; field.Creatable {
			columns = append(columns, `"`+column+`"`)
			in.paths = append(in.paths, field.StructField.Index)
		}
	}
	in.statement = "INSERT INTO " + table.Table + " (" + strings.Join(columns, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")"
	inserts.Store(of, in)
	return in, nil
}

func translated(g *gorm.DB, err error) error {
	if t, ok := g.Dialector.(gorm.ErrorTranslator); ok && err != nil {
		return t.Translate(err)
	}
	return err
}

// written holds the queries as the engines take them, by the engine's name and the
// query.
var written sync.Map

// unplanned takes the values of arguments from SQLite's planner: a plan that it made
// for one value it makes anew for the next, at ten times the cost of the query. The
// plus changes nothing else.
var unplanned = strings.NewReplacer("= ?", "= +?", "LIMIT ?", "LIMIT +?", "OFFSET ?", "OFFSET +?")

// as writes a query for the engine: with $1 for the first ? on PostgreSQL.
func as(g *gorm.DB, query string) string {
	if known, ok := written.Load([2]string{g.Name(), query}); ok {
		return known.(string)
	}
	out := unplanned.Replace(query)
	if g.Name() == Postgres {
		parts := strings.Split(query, "?")
		for i := range parts[1:] {
			parts[i] += "$" + strconv.Itoa(i+1)
		}
		out = strings.Join(parts, "")
	}
	written.Store([2]string{g.Name(), query}, out)
	return out
}
