package models

import (
	"context"
	"slices"
	"testing"
	"time"
)

// open is a page that a session opens.
func (h *house) open(t testing.TB, c Client) {
	t.Helper()
	if _, standing, err := h.Sessions.Find(ctx, c); err != nil || standing != SignedIn {
		t.Fatalf("a session in use ended: %v, %v", standing, err)
	}
}

// use is a page, and the second after it.
func (h *house) use(t testing.TB, c Client) {
	t.Helper()
	h.open(t, c)
	if err := h.Sessions.touch(ctx); err != nil {
		t.Fatal(err)
	}
}

// The last use of a session is written by nobody's request, is never set back and, while
// nothing can be written, keeps until something can.
func TestTouch(t *testing.T) {
	everyWhere(t, func(t *testing.T, f *faults) {
		mara, nora := f.signUp(t, "mara@example.com"), f.signUp(t, "nora@example.com")
		seen := func(c Client, want time.Time) {
			t.Helper()
			if f.count(t, "SELECT count(*) FROM sessions WHERE id = ? AND seen_at = ?", hashToken(c.Session), want) != 1 {
				t.Errorf("not last seen at %v", want)
			}
		}
		both := func() {
			t.Helper()
			for _, c := range []Client{mara, nora} {
				f.open(t, c)
			}
		}
		begun := f.core.db.Now()
		f.forward(touchEvery - time.Second)
		f.use(t, mara)
		seen(mara, begun) // lately enough
		f.forward(time.Second)
		both()
		seen(mara, begun)
		f.whole(t, "touch", func() error { return f.Sessions.touch(ctx) })
		seen(mara, f.core.db.Now())
		seen(nora, f.core.db.Now())

		f.forward(touchEvery)
		both()
		f.exec(t, "UPDATE sessions SET seen_at = ? WHERE id = ?", f.core.db.Now().Add(time.Second), hashToken(nora.Session)) // another instance has seen her, later
		ended, end := context.WithCancel(ctx)
		end()
		if err := f.Sessions.Touch(ended); err != nil { // what the last requests used, when the process ends
			t.Fatal(err)
		}
		seen(mara, f.core.db.Now())
		seen(nora, f.core.db.Now().Add(time.Second))
		if n := len(f.Sessions.used.take()); n > 0 {
			t.Errorf("%d uses are kept though they are written", n)
		}
	})
}

// What is kept while nothing can be written is bounded.
func TestUsedSessionsAreBounded(t *testing.T) {
	var u usedSessions
	at := newClock().now()
	for range usedMost + 10 {
		u.note(newID(), at)
	}
	if got := len(u.take()); got != usedMost {
		t.Errorf("%d are kept", got)
	}
	u.note("a", at)
	u.note("a", at.Add(-time.Second))
	if got := u.take()["a"]; !got.Equal(at) {
		t.Errorf("%v, not the last use", got)
	}
}

// Writing down which sessions were used waits for nobody: an act that ends the sessions of
// an account takes them in another order, and one of the two would be taken back.
func TestTouchBesideSignOut(t *testing.T) {
	said := &journal{}
	h := openHouse(t, postgresURL(t), func(o *Options) { o.Log = said.log() })
	var ids []string
	for _, email := range []string{"mara@example.com", "nora@example.com"} {
		id := hashToken(h.signUp(t, email).Session)
		h.Sessions.used.note(id, h.core.db.Now().Add(touchEvery))
		ids = append(ids, id)
	}
	slices.Sort(ids)
	g := h.core.db.Read(ctx).Begin()
	defer g.Rollback()
	if err := g.Exec("DELETE FROM sessions WHERE id = ?", ids[1]).Error; err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- h.Sessions.touch(ctx) }()
	for waiting := 0; waiting == 0 && len(done) == 0; {
		waiting = h.count(t, "SELECT count(*) FROM pg_locks WHERE NOT granted")
	}
	if err := g.Exec("DELETE FROM sessions WHERE id = ?", ids[0]).Error; err != nil {
		t.Error(err)
	}
	if err := g.Commit().Error; err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil || said.count("runs again") > 0 {
		t.Errorf("%v, %d transactions were taken back", err, said.count("runs again"))
	}
}
