package operate

import (
	"os"
	"runtime"
	"runtime/debug"
)

// cores is how many this program may use, before Pace.
var cores = runtime.GOMAXPROCS(0)

// Pace fits Go's scheduler and collector to password hashes: each takes a core for
// some 25 ms and leaves 19 MiB behind. The operator's own GOMAXPROCS and GOGC win.
//
//   - A few threads beyond the cores, because a hash gives its thread up only every 10 ms,
//     and an act on PostgreSQL would wait for that at every answer. Among threads the
//     system lets the one that has waited go first.
//   - A higher mark for the collector, because what a hash leaves behind would start
//     it at every hash. With 200 a twentieth fewer people sign in, and 110 MB less are
//     held while they do.
func Pace() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(cores + 6)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
