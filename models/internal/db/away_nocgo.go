//go:build !cgo

package db

func fileAway(error) bool { return false } // there is no SQLite without cgo

// Damaged says that a file is no database, or one that is broken.
func Damaged(error) bool { return false }

// Full says that there is no room on the disk.
func Full(error) bool { return false }
