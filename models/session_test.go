package models

import (
	"testing"
	"time"
)

// A session that was found stays found only while nothing is committed: whatever
// another instance does to it holds on the very next request.
func TestSessionsEndInEveryInstance(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		other := openModels(t, h.options)
		find := func(what string, c Client, want Standing, staff bool) {
			t.Helper()
			for range 3 {
				found, standing, err := h.Sessions.Find(ctx, c)
				if err != nil || standing != want || found.Staff != staff {
					t.Fatalf("%s: %v, staff %v, %v", what, standing, found.Staff, err)
				}
			}
		}
		mara, nora := h.signUp(t, "mara@example.com"), h.signUp(t, "nora@example.com")
		find("signed in", mara, SignedIn, false)
		find("signed in", nora, SignedIn, false)
		if err := other.Staff.SetRole(ctx, "mara@example.com", RoleStaff, "Mara"); err != nil {
			t.Fatal(err)
		}
		find("a role that was given", mara, SignedIn, true)
		if _, err := other.Sessions.SignOut(ctx, mara); err != nil {
			t.Fatal(err)
		}
		find("signed out in another instance", mara, Ended, false)
		find("somebody else's", nora, SignedIn, false)
		if err := other.Staff.SignOut(ctx, "nora@example.com"); err != nil {
			t.Fatal(err)
		}
		find("signed out by the operator", nora, Ended, false)
	})
}

// Time passes without a commit.
func TestFoundSessionEndsByItself(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		if _, standing, _ := h.Sessions.Find(ctx, c); standing != SignedIn {
			t.Fatal(standing)
		}
		h.forward(time.Duration(h.options.Policy.SessionIdle))
		if _, standing, _ := h.Sessions.Find(ctx, c); standing != Ended {
			t.Fatal(standing)
		}
	})
}
