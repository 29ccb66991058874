//go:build !cgo

package db

import "context"

// copySQLite cannot: without a C compiler there is no SQLite.
func copySQLite(context.Context, string, string, func(done, all int64)) error { return ErrNoCompiler }
