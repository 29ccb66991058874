//go:build !linux

package operate

// keepsTime cannot be seen here.
func keepsTime() (kept, known bool) { return false, false }
