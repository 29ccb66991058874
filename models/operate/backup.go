package operate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"admitone/models"
)

// BackupCommand copies the SQLite database while the server serves.
type BackupCommand struct {
	File    string `arg:"" help:"File that the copy is written to."`
	Replace bool   `help:"Overwrite the file where it is there already."`
}

func (b BackupCommand) do(ctx context.Context, call Call) error {
	set, err := call.Check()
	if err != nil {
		return err
	}
	if models.OnPostgres(set.Database) {
		return fmt.Errorf("backup: this copies SQLite only. PostgreSQL has its own tool: pg_dump --format=custom --file=%s %s",
			strconv.Quote(b.File), strconv.Quote(withoutPassword(set.Database)))
	}
	bar := &progress{w: call.ErrOut, live: isTerminal(call.ErrOut)}
	begun := call.Now()
	err = models.Backup(ctx, set.Database, b.File, b.Replace, func(done, all int64) {
		if bar.all != all {
			bar.begin("Copying", all)
		}
		bar.at(done)
	})
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("backup: %s is there already, and was left alone; name another file, or say --replace", b.File)
	case errors.Is(err, models.ErrNoCopy):
		return fmt.Errorf("backup: %w; name another file", err)
	case errors.Is(err, fs.ErrNotExist) && !there(set.Database):
		return fmt.Errorf("--data: there is no database at %s; name the folder that the server uses", set.Database)
	case errors.Is(err, fs.ErrNotExist) && !there(filepath.Dir(b.File)):
		return fmt.Errorf("backup: there is no folder %s; make it first", filepath.Dir(b.File))
	case models.Full(err):
		return fmt.Errorf("backup: there is no room for the copy at %s; name a place with room, nothing was written", b.File)
	case models.Damaged(err):
		return MendOpen(set.Database, err)
	case err != nil:
		return fmt.Errorf("backup: %w; nothing was written to %s", err, b.File)
	}
	bar.end()
	info, err := os.Stat(b.File)
	if err != nil {
		return err
	}
	fmt.Fprintf(call.Out, "The database is in %s: %s, whole and checked, in %.1f s.\n", b.File, bytesInWords(info.Size()), call.Now().Sub(begun).Seconds())
	_, err = fmt.Fprintf(call.Out, "The keys are not in it. Keep a copy of %s too, in another place than this one: both together open codes that are under way.\n", set.keysAt())
	return err
}

func there(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// withoutPassword is the URL of a database as it may be shown.
func withoutPassword(database string) string {
	u, err := url.Parse(database)
	if err != nil {
		return "postgres://..."
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	if q.Has("password") {
		q.Del("password")
		u.RawQuery = q.Encode()
	}
	return u.String()
}

// bytesInWords is a size as people read it: '12.3 MB'.
func bytesInWords(n int64) string {
	size, unit := float64(n), 0
	for size >= 1000 && unit < 4 {
		size, unit = size/1000, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", size, []string{"", "kB", "MB", "GB", "TB"}[unit])
}
