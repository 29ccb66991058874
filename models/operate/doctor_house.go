package operate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"admitone/models"
)

// keys looks at the keys, and whether they are all that the database uses.
func (e examination) keys(ctx context.Context) []finding {
	err := models.InspectKeys(ctx, e.set.Keys, e.set.KeyFile, e.set.Database)
	switch {
	case err == nil && e.set.Keys != "":
		return []finding{fine("keys", "%s holds every key in use", e.set.keysAt())}
	case err == nil:
		return []finding{fine("key file", "%s is there, for its owner alone, and holds every key in use", e.set.KeyFile)}
	case errors.Is(err, fs.ErrNotExist):
		return []finding{fine("key file", "%s is not there yet; the first start makes it", e.set.KeyFile)}
	}
	return []finding{refused("key file", err)}
}

// database looks at the engine, the steps of the schema, and the other machine's clock.
func (e examination) database(ctx context.Context) []finding {
	asked := e.Now()
	found, err := models.Inspect(ctx, e.set.Database)
	told := e.Now()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []finding{fine("database", "there is none at %s yet; the first start makes it", e.set.Database)}
	case err != nil:
		return []finding{refused("database", MendOpen(e.set.Database, err))}
	}
	at, pending := standing(found.Migrations)
	list := []finding{fine("database", "%s answers, its schema is at %s", found.Engine, at)}
	switch {
	case newer(found.Migrations):
		list[0] = finding{look, "database", ofNewer(at), ontoNewer}
	case len(pending) == len(found.Migrations):
		list[0] = finding{look, "database", fmt.Sprintf("%s answers and is empty: %s to be done, which the first start does", found.Engine, isOrAre(len(pending))), "start the server, or run admitone migrate before"}
	case len(pending) > 0:
		list[0] = finding{look, "database", fmt.Sprintf("%s answers, its schema is at %s and behind this program: %s to be done", found.Engine, at, isOrAre(len(pending))), "run admitone migrate; the next start does it, too"}
	}
	if !found.Clock.IsZero() {
		if apart := outside(found.Clock, asked, told); apart > 2*time.Second {
			list = append(list, finding{wrong, "clock", fmt.Sprintf("PostgreSQL's clock and this machine's are %s apart", apart.Round(time.Second)), "have both machines keep time by NTP"})
		}
	}
	if ahead := found.Newest.Sub(e.Now()); ahead > time.Minute {
		list = append(list, finding{wrong, "clock", fmt.Sprintf("the newest activity in the database is %s in the future: this clock is behind, or another was ahead", ahead.Round(time.Second)), "set the clock, and have the machine keep time by NTP"})
	}
	return list
}

// outside is how far a time is before or after a span in which a clock was read: that is
// what tells of another clock, however long it took to be told.
func outside(at, from, to time.Time) time.Duration {
	return max(from.Sub(at), at.Sub(to), 0)
}

// disk looks at the room that is left where the data is.
func (e examination) disk(context.Context) []finding {
	var s syscall.Statfs_t
	if err := syscall.Statfs(nearest(e.Data), &s); err != nil {
		return []finding{{look, "disk", "the room in " + e.Data + " cannot be asked for: " + err.Error(), ""}}
	}
	return []finding{roomIn(e.Data, int64(s.Bavail)*int64(s.Bsize), int64(s.Blocks)*int64(s.Bsize))}
}

// nearest is the folder, or the one above it that is there.
func nearest(dir string) string {
	for !there(dir) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
	}
	return dir
}

func roomIn(dir string, free, all int64) finding {
	said := fmt.Sprintf("%s of %s are free in %s", bytesInWords(free), bytesInWords(all), dir)
	const mend = "make room: what cannot be written is refused, and no code is sent"
	switch {
	case free < 100e6:
		return finding{wrong, "disk", said, mend}
	case free < 1e9 || free < all/20:
		return finding{look, "disk", said, mend}
	}
	return fine("disk", "%s", said)
}

// clock looks at what a machine knows of its own time. Codes, waits and certificates
// hang on it.
func (e examination) clock(context.Context) []finding {
	for _, name := range []string{e.set.Database, e.set.Database + "-wal", e.set.KeyFile} {
		if info, err := os.Stat(name); err == nil {
			if ahead := info.ModTime().Sub(e.Now()); ahead > time.Minute {
				return []finding{{wrong, "clock", fmt.Sprintf("%s was written %s in the future: the clock is behind", name, ahead.Round(time.Second)), "set it, and have the machine keep time by NTP"}}
			}
		}
	}
	kept, known := keepsTime()
	switch {
	case !known:
		return []finding{fine("clock", "%s; whether it is kept by NTP cannot be seen here", e.Now().Format("2006-01-02 15:04:05 MST"))}
	case !kept:
		return []finding{{look, "clock", e.Now().Format("2006-01-02 15:04:05 MST") + "; nothing keeps it right", "have the machine keep time by NTP, such as timedatectl set-ntp true"}}
	}
	return []finding{fine("clock", "%s, kept by NTP", e.Now().Format("2006-01-02 15:04:05 MST"))}
}

// placesLast is how old a file of places may be.
const placesLast = 180 * 24 * time.Hour

// places looks at the files of --geo.
func (e examination) places(context.Context) []finding {
	if len(e.Geo) == 0 {
		return []finding{fine("places", "no file of --geo is set, so places are unknown and sign-ins are judged without them")}
	}
	built, err := models.PlaceFiles(e.Geo)
	if err != nil {
		return []finding{refused("places", err)}
	}
	var list []finding
	for i, name := range e.Geo {
		f := fine("places", "%s is of %s", name, built[i].Format("2 January 2006"))
		if e.Now().Sub(built[i]) > placesLast {
			f.how, f.said, f.mend = look, f.said+", and networks move", "get a newer one (make geoip), and start again"
		}
		list = append(list, f)
	}
	return list
}

// inbox looks whether mails reach anybody.
func (e examination) inbox(context.Context) []finding {
	if e.set.DevInbox {
		return []finding{{look, "test inbox", "it is on, and catches what is sent: good to try things out, and nobody gets a code", "set --smtp before people come"}}
	}
	return []finding{fine("test inbox", "it is off")}
}
