//go:build !cgo

package db

func fileAway(error) bool { return false } // there is no SQLite without cgo
