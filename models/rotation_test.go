package models

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func keyFileOf(t *testing.T, h *house) string {
	t.Helper()
	text, err := os.ReadFile(h.options.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// follows is the part of Follow that looks, without its pace.
func follows(h *house) *follower {
	return &follower{Keys: h.Keys, stamp: h.core.keys.stamp(), lacks: map[string]bool{}}
}

func (f *follower) look(t *testing.T) {
	t.Helper()
	if err := f.reread(ctx); err != nil {
		t.Fatal(err)
	}
	if err := f.used(ctx); err != nil {
		t.Fatal(err)
	}
}

// A key is added while two processes serve: both hold it before any uses it, and what
// either makes works in the other, before and after.
func TestKeyIsTurned(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		said := &journal{}
		h.options.Log = said.log()
		other := h.elsewhere(t)
		here, there := follows(h), follows(other)
		h.signUp(t, "mara@example.com")
		link := h.core.keys.current(h.now()).mailed(linkNotMe, newID())

		added, line, err := h.Keys.Add(ctx, time.Hour)
		if err != nil || line != "" || !added.Starts.Equal(h.now().Add(time.Hour)) {
			t.Fatalf("%+v, %q, %v", added, line, err)
		}
		if info, err := os.Stat(h.options.KeyFile); err != nil || info.Mode().Perm() != 0o600 || strings.Count(keyFileOf(t, h), added.ID) != 1 {
			t.Fatalf("the file: %v, %v", info, err)
		}
		// Acts go on while the list is replaced.
		over := make(chan struct{})
		go func() {
			defer close(over)
			for range 100 {
				_ = other.core.keys.laneTag("a", "b")
				_ = other.core.keys.current(h.now())
			}
		}()
		here.look(t)
		there.look(t)
		<-over
		for _, one := range []*house{h, other} {
			if n, current := len(one.core.keys.all()), one.core.keys.current(h.now()).id; n != 2 || current == added.ID {
				t.Fatalf("%d keys, %s is current", n, current)
			}
		}
		c := h.startSignIn(t, "mara@example.com")
		before := h.lastCode(t, "mara@example.com")
		h.forward(time.Hour)
		c.Session = must(other.SignIns.Start(ctx, "mara@example.com", testPassword, "", c)).Session
		if n := h.count(t, "SELECT count(*) FROM challenges WHERE key_id = ?", added.ID); n != 1 {
			t.Errorf("%d codes of the new key", n)
		}
		if n := h.count(t, "SELECT count(*) FROM keys WHERE id = ?", added.ID); n != 1 {
			t.Error("the new key is not known to be in use")
		}
		code := other.lastCode(t, "mara@example.com")
		if code == before {
			t.Error("the old code was sent again")
		}
		if a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Errorf("in the other process: %v, %v", a.Outcome, err)
		}
		if other.core.keys.messageOf(linkNotMe, link) == "" {
			t.Error("a link of the old key is not known any more")
		}

		// What cannot be read changes nothing, and is said once.
		text := keyFileOf(t, h)
		for _, broken := range []string{"nonsense\n", "", strings.SplitAfter(text, "\n")[1]} {
			if err := os.WriteFile(h.options.KeyFile, []byte(broken), 0o600); err != nil {
				t.Fatal(err)
			}
			there.stamp = ""
			was := said.count("cannot be taken up")
			there.look(t)
			there.look(t)
			if n := said.count("cannot be taken up") - was; n != 1 || len(other.core.keys.all()) != 2 {
				t.Errorf("%q: said %d times, %d keys", broken, n, len(other.core.keys.all()))
			}
		}
		if secret := strings.Fields(text)[len(strings.Fields(text))-1]; said.count(secret) != 0 {
			t.Error("a key is in the log")
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A key stays while anything needs it, and says what.
func TestKeyRemove(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		old := h.core.keys.oldest().id
		h.signUp(t, "mara@example.com")
		added, _, err := h.Keys.Add(ctx, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		f := follows(h)
		f.stamp = ""
		f.look(t)
		refused := func(id string, anew bool, reason string) {
			t.Helper()
			err := h.Keys.Remove(ctx, id, anew)
			if e, ok := err.(*Error); !ok || e.Reason != reason {
				t.Errorf("key %s: %v, want %s", id, err, reason)
			}
		}
		refused("nobody", false, "unknown")
		refused(old, true, "current")
		h.forward(2 * time.Minute)
		f.look(t)
		refused(added.ID, false, "current")
		refused(old, true, "codes")
		h.forward(26 * time.Hour)
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		refused(old, true, "needed")
		list := must(h.Keys.List(ctx))
		if want := h.core.keys.all()[1].starts.Add(NotMeLife); len(list) != 2 || list[0].State != KeyOld || list[0].Needed.Before(want) || list[1].State != KeyCurrent {
			t.Errorf("%+v", list)
		}
		h.forward(8 * 24 * time.Hour)
		refused(old, false, "oldest")
		if err := h.Keys.Remove(ctx, old, true); err != nil {
			t.Fatal(err)
		}
		f.look(t)
		if n := len(h.core.keys.all()); n != 1 || strings.Contains(keyFileOf(t, h), old) || !strings.HasPrefix(keyFileOf(t, h), "# Codes") {
			t.Errorf("%d keys are left:\n%s", n, keyFileOf(t, h))
		}
		if err := openModels(t, h.options).Ping(ctx); err != nil {
			t.Error(err)
		}
	})
}

// The keys of the environment need no file, and a process without one that is in use
// does not start.
func TestKeysOfTheEnvironment(t *testing.T) {
	first, second := keyLine(newClock().now()), keyLine(newClock().now().Add(time.Hour))
	enginesWith(t, func(o *Options) { o.Keys = first + "\n" + second }, func(t *testing.T, h *house) {
		if _, err := os.Stat(h.options.KeyFile); err == nil {
			t.Error("a key file was made")
		}
		added, line, err := h.Keys.Add(ctx, 2*time.Hour)
		if err != nil || !strings.HasPrefix(line, added.ID+" ") {
			t.Fatalf("%q, %v", line, err)
		}
		h.forward(90 * time.Minute)
		h.signUp(t, "mara@example.com")
		late := h.options
		late.Keys = first
		_, err = Open(ctx, late)
		mustContain(t, err, "--keys", strings.Fields(second)[0])
		late.Keys = strings.Join([]string{second, first, line}, ",")
		openModels(t, late)
	})
	for text, says := range map[string]string{"": "holds no key", "a b": "line 1", first + "," + first: "twice", first + "\na 2026-01-01T00:00:00Z x": "line 2"} {
		mustContain(t, CheckKeys(text), says)
	}
}

// Of machines that begin an empty database at once, each with a folder of its own,
// one makes the key; the others do not start with one that is nobody else's.
func TestKeysOfTheirOwn(t *testing.T) {
	h := &house{clock: newClock()}
	database, folder := postgresURL(t), t.TempDir()
	var opened journal
	parallel(5, func(i int) {
		o := Options{
			Database: database, KeyFile: filepath.Join(folder, string(rune('a'+i)), "key"), Brand: "Admit One", Policy: DefaultPolicy(), Now: h.now, Log: opened.log(),
		}
		m, err := Open(ctx, o)
		if err == nil {
			_, _ = opened.Write([]byte("opened\n"))
			t.Cleanup(func() { _ = m.Close() })
			return
		}
		mustContain(t, err, "--key-file", "copy")
		if _, err := os.Stat(o.KeyFile); err == nil {
			t.Error("a key that nobody uses was left behind")
		}
	})
	if n := opened.count("opened\n"); n != 1 {
		t.Errorf("%d machines began with keys of their own", n)
	}
}

// A process that was not handed a key drops nothing that was made with it, and says
// once that it is lacking.
func TestKeyElsewhere(t *testing.T) {
	first, second := keyLine(newClock().now()), keyLine(newClock().now().Add(time.Hour))
	enginesWith(t, func(o *Options) { o.Keys = first }, func(t *testing.T, late *house) {
		said := &journal{}
		late.options.Log = said.log()
		late = late.elsewhere(t)
		late.options.Keys = first + "\n" + second
		h := late.elsewhere(t)
		h.signUp(t, "mara@example.com")
		h.forward(2 * time.Hour)
		c := h.startSignIn(t, "mara@example.com")
		if claimed, err := late.Outbox.Claim(ctx, "", 10, time.Minute); err != nil || len(claimed) != 0 {
			t.Fatalf("%d messages, %v", len(claimed), err)
		}
		for range 2 {
			if err := follows(h).used(ctx); err != nil {
				t.Fatal(err)
			}
		}
		f := follows(late)
		f.look(t)
		f.look(t)
		if n := said.count("other processes use a key that is not here"); n != 1 {
			t.Errorf("said %d times", n)
		}
		h.forward(2 * time.Second)
		a, err := h.SignIns.Answer(ctx, h.lastCode(t, "mara@example.com"), "", Ticks{}, c)
		if err != nil || a.Outcome != Accepted {
			t.Errorf("%v, %v", a.Outcome, err)
		}
	})
}
