package models

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Keys holds what an operator does with the key ring, and keeps it up to date.
type Keys struct{ *core }

// How a key stands.
const (
	KeyWaits   = "waits"   // it has not begun
	KeyCurrent = "current" // new codes and links are made with it
	KeyOld     = "old"     // what was made with it still works
)

// Key is one key of the ring, without its secret.
type Key struct {
	ID     string
	Starts time.Time
	State  string
	Codes  int       // challenges in the database that name it
	Needed time.Time // an old one's: until the last link that was made with it is over
	Oldest bool      // addresses and browsers are named with it
}

// linkLife is how long after it has made its last link a key is needed: the longest
// life of a link.
func (c *core) linkLife() time.Duration { return max(NotMeLife, time.Duration(c.policy.UndoLife)) }

// usedKeys lists the keys that the database depends on, the newest last.
func usedKeys(g *gorm.DB) (ids []string, err error) {
	err = g.Raw("SELECT id FROM keys ORDER BY added_at, id").Scan(&ids).Error
	return ids, err
}

// noteKey remembers that the database depends on a key.
func noteKey(tx *db.Tx, k key) error {
	_, err := tx.Exec("INSERT INTO keys (id, added_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", k.id, tx.Now)
	return err
}

// dropKeys forgets keys that nothing was made with for as long as anything lives: no
// challenge names them, and one that took over has been in use for longer than a link
// lives. What an instance still holds to be current stays.
func (c *core) dropKeys(tx *db.Tx) error {
	_, err := tx.Exec(`DELETE FROM keys WHERE id <> ? AND NOT EXISTS (SELECT 1 FROM challenges ch WHERE ch.key_id = keys.id)
		AND added_at < (SELECT max(n.added_at) FROM keys n WHERE n.added_at <= ?)`, c.keys.current(tx.Now).id, tx.Now.Add(-c.linkLife()))
	return err
}

// List gives the keys, the oldest first.
func (k *Keys) List(ctx context.Context) ([]Key, error) {
	g, now, all := k.db.Read(ctx), k.db.Now(), k.keys.all()
	var codes []struct {
		KeyID string
		N     int
	}
	if err := g.Raw("SELECT key_id, count(*) AS n FROM challenges WHERE ends_at > ? GROUP BY key_id", now).Scan(&codes).Error; err != nil {
		return nil, err
	}
	var added []struct {
		ID      string
		AddedAt time.Time
	}
	if err := g.Raw("SELECT id, added_at FROM keys").Scan(&added).Error; err != nil {
		return nil, err
	}
	current := currentOf(all, now)
	list := make([]Key, len(all))
	for i, one := range all {
		list[i] = Key{ID: one.id, Starts: one.starts, State: KeyWaits, Oldest: i == 0}
		for _, c := range codes {
			if c.KeyID == one.id {
				list[i].Codes = c.N
			}
		}
		switch {
		case i == current:
			list[i].State = KeyCurrent
		case i < current:
			list[i].State = KeyOld
			took := all[i+1].starts // over from it; an instance may have been late
			for _, a := range added {
				if a.ID == all[i+1].id && a.AddedAt.After(took) {
					took = a.AddedAt
				}
			}
			list[i].Needed = took.Add(k.linkLife())
		}
	}
	return list, nil
}

// Add makes a key that begins after a while, and puts it into the ring's file. Where
// the ring is from the environment it gives the whole line, which is secret, to hand
// out; from a file "".
func (k *Keys) Add(ctx context.Context, startsIn time.Duration) (added Key, line string, err error) {
	if startsIn < 0 || startsIn > MaxKeyWait {
		return added, "", fmt.Errorf("a key begins now or within %d days", int(MaxKeyWait.Hours()/24))
	}
	line = keyLine(k.db.Now().Add(startsIn))
	one, err := parseKey(line)
	if err != nil {
		return added, "", err
	}
	added = Key{ID: one.id, Starts: one.starts, State: KeyWaits}
	if k.keys.path == "" {
		return added, line, nil
	}
	return added, "", k.keys.edit(func(lines []string) []string { return append(lines, line) })
}

// MaxKeyWait is how far ahead a key may begin.
const MaxKeyWait = 90 * 24 * time.Hour

// Remove takes a key out of the ring's file; where the ring is from the environment it
// only says whether that may be done. A refusal is a Conflict error with the reason:
// unknown, current, needed (until RetryAt), codes (N of them), oldest: without that one
// limits and the memory of browsers begin anew, which anew says is meant.
func (k *Keys) Remove(ctx context.Context, id string, anew bool) error {
	list, err := k.List(ctx)
	if err != nil {
		return err
	}
	refuse := func(reason string, n int, until time.Time) error {
		return &Error{Kind: Conflict, Field: "key", Reason: reason, N: n, RetryAt: until}
	}
	for _, one := range list {
		switch {
		case one.ID != id:
			continue
		case one.State == KeyCurrent:
			return refuse("current", 0, time.Time{})
		case one.Codes > 0:
			return refuse("codes", one.Codes, time.Time{})
		case one.Needed.After(k.db.Now()):
			return refuse("needed", 0, one.Needed)
		case one.Oldest && !anew:
			return refuse("oldest", 0, time.Time{})
		}
		// First: a process that reads the file meanwhile asks which keys are in use.
		if err := k.forgetKey(ctx, id); err != nil || k.keys.path == "" {
			return err
		}
		return k.keys.edit(func(lines []string) []string {
			return slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), id+" ") })
		})
	}
	return refuse("unknown", 0, time.Time{})
}

// forgetKey lets processes start without a key.
func (k *Keys) forgetKey(ctx context.Context, id string) error {
	return k.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec("DELETE FROM keys WHERE id = ?", id)
		return err
	})
}

// edit changes the lines of the ring's file. What comes of it is read before it is
// put in place.
func (r *keyRing) edit(change func([]string) []string) error {
	_, text, err := readKeyFile(r.path)
	if err != nil {
		return err
	}
	text = strings.Join(change(strings.Split(strings.TrimRight(text, "\n"), "\n")), "\n") + "\n"
	if _, err := parseRing(text); err != nil {
		return err
	}
	return placeKeyFile(r.path, text, os.Rename)
}

// How often a process looks at the ring's file, and at what others use.
const (
	followEvery = 2 * time.Second
	useEvery    = 30 * time.Second
)

// Follow reads the ring's file again when it has changed, notes a key once it has
// begun, and says in the log when other processes use one that is not here, until ctx
// ends.
func (k *Keys) Follow(ctx context.Context) error {
	look, use := time.NewTicker(followEvery), time.NewTicker(useEvery)
	defer look.Stop()
	defer use.Stop()
	f := follower{Keys: k, stamp: k.keys.stamp(), lacks: map[string]bool{}}
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			err = f.reread(ctx)
		case <-use.C:
			err = f.used(ctx)
		}
		if err != nil && ctx.Err() == nil {
			k.log.Error("the keys that are in use could not be looked at", "error", err)
		}
	}
}

// follower is what Follow has seen and said.
type follower struct {
	*Keys
	stamp string
	lacks map[string]bool
}

// stamp tells one state of the ring's file from another.
func (r *keyRing) stamp() string {
	info, err := os.Stat(r.path)
	if err != nil {
		return "not there"
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano(), info.Mode())
}

// reread takes up what the file holds now. One that cannot be read, or that lacks a key
// which is in use, leaves the keys as they were.
func (f *follower) reread(ctx context.Context) error {
	stamp := f.keys.stamp()
	if f.keys.path == "" || stamp == f.stamp {
		return nil
	}
	used, err := usedKeys(f.db.Read(ctx))
	if err != nil {
		return err // the file is looked at again
	}
	f.stamp = stamp
	keys, _, err := readKeyFile(f.keys.path)
	fresh := &keyRing{path: f.keys.path}
	fresh.held.Store(&keys)
	if err == nil {
		err = fresh.lacking(used)
	}
	if err != nil {
		f.log.Error("the keys have changed and cannot be taken up; those of before go on being used", "error", err)
		return nil
	}
	f.keys.held.Store(&keys)
	f.log.Info("the keys were read again", "keys", len(keys), "current", f.keys.current(f.db.Now()).id)
	return nil
}

// used notes the current key once it has begun, and says once of each key that is
// lacking.
func (f *follower) used(ctx context.Context) error {
	if current := f.keys.current(f.db.Now()); current.id != f.notedKey.Load() {
		if err := f.db.Write(ctx, func(tx *db.Tx) error { return noteKey(tx, current) }); err != nil {
			return err
		}
		f.notedKey.Store(current.id)
	}
	used, err := usedKeys(f.db.Read(ctx))
	if err != nil {
		return err
	}
	for _, id := range used {
		if _, held := f.keys.find(id); !held && !f.lacks[id] {
			f.lacks[id] = true
			f.log.Error("other processes use a key that is not here; its codes read as expired in this one until it is handed out", "key", id, "option", f.keys.option())
		}
	}
	return nil
}
