package operate

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"admitone/models"

	"golang.org/x/sys/unix"
)

// toOwner is what to do about a data folder that cannot be written.
const toOwner = "give the folder and the files in it to the user that runs admitone, or choose another"

// folder looks whether the data folder, and what is in it, can be written, and by
// nobody else.
func (e examination) folder(context.Context) []finding {
	at := nearest(e.Data)
	if info, err := os.Stat(at); err == nil && !info.IsDir() {
		return []finding{{wrong, "data folder", fmt.Sprintf("%s cannot be made: %s is a file", e.Data, at), toOwner}}
	}
	if err := unix.Faccessat(unix.AT_FDCWD, at, unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
		return []finding{{wrong, "data folder", fmt.Sprintf("%s cannot write into %s: %v", asWho(), at, err), toOwner}}
	}
	own := append(files(e.set.Database), filepath.Join(e.Data, "lock"))
	for _, name := range own {
		if err := unix.Faccessat(unix.AT_FDCWD, name, unix.R_OK|unix.W_OK, unix.AT_EACCESS); err != nil && there(name) {
			return []finding{{wrong, "data folder", fmt.Sprintf("%s cannot write %s: %v", asWho(), name, err), toOwner}}
		}
	}
	for _, name := range append(own, e.set.KeyFile) {
		if theirs, its := ownerOf(e.Data), ownerOf(name); os.Geteuid() == 0 && theirs >= 0 && its >= 0 && its != theirs {
			return []finding{{look, "data folder", fmt.Sprintf("%s belongs to user %d, and the folder to user %d", name, its, theirs), "give both to the user that runs admitone; to root, who asks now, all is open"}}
		}
	}
	if who, mends := exposed(e.Data, e.set.Database); len(who) > 0 {
		return []finding{{look, "data folder", "others on this machine can use " + strings.Join(who, ", "), strings.Join(mends, "; ")}}
	}
	return []finding{fine("data folder", "%s can be written by %s", at, asWho())}
}

// asWho names the user that asks: often it is another one than the server's.
func asWho() string { return fmt.Sprintf("user %d", os.Geteuid()) }

// ownerOf is -1 where nothing is.
func ownerOf(name string) int {
	var s unix.Stat_t
	if unix.Stat(name, &s) != nil {
		return -1
	}
	return int(s.Uid)
}

// files are those of a database that is one.
func files(database string) []string {
	if models.OnPostgres(database) {
		return nil
	}
	return []string{database, database + "-wal", database + "-shm"}
}

// exposed lists what of the data others on the machine can use, and how that ends.
func exposed(data, database string) (what, mends []string) {
	for _, name := range append([]string{data}, files(database)...) {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm()&0o077 == 0 {
			continue
		}
		mode := "600"
		if info.IsDir() {
			mode = "700"
		}
		what = append(what, fmt.Sprintf("%s (mode %04o)", name, info.Mode().Perm()))
		mends = append(mends, "chmod "+mode+" "+name)
	}
	return what, mends
}

// Caution warns, once at the start, of what a server can go on with and its operator
// should know.
func Caution(ctx context.Context, data, database string, log *slog.Logger) {
	if what, mends := exposed(data, database); len(what) > 0 {
		log.Warn("--data: others on this machine can use what is for admitone alone", "files", strings.Join(what, ", "), "mend", strings.Join(mends, "; "))
	}
	if list, err := models.Migrations(ctx, database); err == nil && newer(list) {
		at, _ := standing(list)
		log.Warn("--database: "+ofNewer(at)+"; this one goes on, as in an upgrade of one instance after the other", "mend", ontoNewer)
	}
}
