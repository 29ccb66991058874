package models

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"admitone/models/internal/db"
)

// keyRing holds the keys, from a file or from the environment. Any number of acts
// read it while Keys.Follow puts a new list in place of the old.
type keyRing struct {
	path string // "" where they are from the environment
	held atomic.Pointer[[]key]
}

// all gives the keys, oldest first. The list is never changed.
func (r *keyRing) all() []key { return *r.held.Load() }

// oldest is the key that addresses and browsers are named with.
func (r *keyRing) oldest() key { return r.all()[0] }

// current is the key that new challenges take: the newest that has begun.
func (r *keyRing) current(now time.Time) key { return r.all()[currentOf(r.all(), now)] }

// currentOf is the place of the current key in a list.
func currentOf(keys []key, now time.Time) int {
	newest := 0
	for i, k := range keys {
		if !k.starts.After(now) {
			newest = i
		}
	}
	return newest
}

func (r *keyRing) find(id string) (key, bool) {
	i := slices.IndexFunc(r.all(), func(k key) bool { return k.id == id })
	if i < 0 {
		return key{}, false
	}
	return r.all()[i], true
}

// option is what the ring is set by.
func (r *keyRing) option() string {
	if r.path == "" {
		return "--keys"
	}
	return "--key-file: " + r.path
}

// parseRing reads keys: a line each, 'id start secret', the start as RFC 3339 and the
// secret as base64 of 32 bytes. A comma ends a line too: not every place where
// variables are set can hold a line break.
func parseRing(text string) ([]key, error) {
	var keys []key
	for i, line := range strings.Split(strings.ReplaceAll(text, ",", "\n"), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		k, err := parseKey(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if slices.ContainsFunc(keys, func(other key) bool { return other.id == k.id }) {
			return nil, fmt.Errorf("line %d: the id %s is there twice", i+1, k.id)
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, errors.New("it holds no key")
	}
	slices.SortStableFunc(keys, func(a, b key) int { return a.starts.Compare(b.starts) })
	return keys, nil
}

// CheckKeys says what is wrong with the keys of the environment. No secret is in it.
func CheckKeys(text string) error {
	_, err := parseRing(text)
	return err
}

// readKeyFile reads the ring's file; the error of one that is not there is
// fs.ErrNotExist, every other names the file and the mend.
func readKeyFile(path string) (keys []key, text string, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	if err != nil {
		return nil, "", fmt.Errorf("--key-file: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, "", fmt.Errorf("--key-file: others can read %s (mode %04o); mend: chmod 600 %s", path, mode, path)
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil, "", fmt.Errorf("--key-file: %w; give it to the user that runs admitone, and be that user", err)
	}
	if err != nil {
		return nil, "", fmt.Errorf("--key-file: %w", err)
	}
	if keys, err = parseRing(string(raw)); err != nil {
		return nil, "", fmt.Errorf("--key-file: %s: %w; restore it from its backup", path, err)
	}
	return keys, string(raw), nil
}

// makeKeyFile writes a file with one new key; false where another process was first.
func makeKeyFile(path string, now time.Time) (made bool, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, fmt.Errorf("--key-file: %w", err)
	}
	err = placeKeyFile(path, "# Codes are derived from these keys. Keep a copy apart from the database's.\n"+keyLine(now)+"\n", os.Link)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

// keyLine is the line of a new key.
func keyLine(starts time.Time) string {
	return fmt.Sprintf("%s %s %s", newID()[:8], starts.UTC().Format(time.RFC3339), base64.StdEncoding.EncodeToString(randomBytes(keyBytes)))
}

// placeKeyFile writes the whole text beside the path and then puts it there at once,
// by os.Link (only where nothing is) or os.Rename: whoever reads meanwhile sees the
// old file or the new one.
func placeKeyFile(path, text string, place func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-") // mode 0600
	if err != nil {
		return fmt.Errorf("--key-file: %w", err)
	}
	defer os.Remove(f.Name())
	// Root may turn the keys of a service that runs as somebody else.
	db.OwnedLike(f, filepath.Dir(path))
	db.OwnedLike(f, path)
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = place(f.Name(), path)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("--key-file: %w", err)
	}
	return err
}

// openRing opens the ring of the options. Where the database has never used a key, a
// file is made; one that has, and whose keys are not all here, is refused: a new file
// would silently void every code and link under way and open every closed lane.
func openRing(ctx context.Context, d *db.DB, o Options) (*keyRing, error) {
	ring, made := &keyRing{path: o.KeyFile}, false
	var keys []key
	if o.Keys != "" {
		ring.path = ""
		var err error
		if keys, err = parseRing(o.Keys); err != nil {
			return nil, fmt.Errorf("--keys: %w", err)
		}
	} else {
		used, err := usedKeys(d.Read(ctx)) // before the file: who notes one has made it
		if err != nil {
			return nil, err
		}
		keys, _, err = readKeyFile(o.KeyFile)
		if errors.Is(err, fs.ErrNotExist) {
			if len(used) > 0 {
				return nil, lostKeys(o.KeyFile, used)
			}
			if made, err = makeKeyFile(o.KeyFile, d.Now()); err == nil {
				keys, _, err = readKeyFile(o.KeyFile)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	ring.held.Store(&keys)
	if err := ring.takeUp(ctx, d); err != nil {
		if made { // beside another machine's: nothing has used it
			err = errors.Join(err, os.Remove(o.KeyFile))
		}
		return nil, err
	}
	if made {
		o.Log.Info("a key was made; keep a copy of it apart from the database's", "file", o.KeyFile)
	}
	return ring, nil
}

// lostKeys is the error of a file that is not there, though keys are in use.
func lostKeys(path string, used []string) error {
	return fmt.Errorf("--key-file: %s is not there, but the database uses key %s; restore the file from its backup (README.md, 'A lost key', where there is none), or copy that of another machine", path, used[len(used)-1])
}

// takeUp notes that the database depends on the current key, and refuses a ring that
// lacks one that it depends on already. Of several processes that begin an empty
// database with keys of their own, one is first: they wait for each other.
func (r *keyRing) takeUp(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		if err := lock(tx, budget{key: "keys"}); err != nil {
			return err
		}
		used, err := usedKeys(tx.DB)
		if err != nil {
			return err
		}
		if err := r.lacking(used); err != nil {
			return err
		}
		return noteKey(tx, r.current(tx.Now))
	})
}

// lacking is the error of a ring that lacks one of the keys that are in use.
func (r *keyRing) lacking(used []string) error {
	for _, id := range used {
		if _, ok := r.find(id); !ok {
			return fmt.Errorf("%s does not hold key %s, which the database uses; put its line back from the backup, or copy it from another machine", r.option(), id)
		}
	}
	return nil
}
