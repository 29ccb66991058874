package models

import (
	"testing"
	"time"
)

// Refusing is what the tests of the packages above this one see of faults.
type Refusing struct{ *faults }

// EveryWhere is everyWhereWith.
func EveryWhere(t *testing.T, change func(*Options), test func(t *testing.T, r Refusing)) {
	everyWhereWith(t, change, func(t *testing.T, f *faults) { test(t, Refusing{f}) })
}

// Whole is whole.
func (r Refusing) Whole(t testing.TB, name string, act func() error) {
	t.Helper()
	r.whole(t, name, act)
}

// InSteps is inSteps.
func (r Refusing) InSteps(t testing.TB, name string, act func() error) {
	t.Helper()
	r.inSteps(t, name, act)
}

// SignedUp is a browser that is signed in.
func (r Refusing) SignedUp(t testing.TB, email string) Client {
	t.Helper()
	return r.signUp(t, email)
}

// Later lets time go by.
func (r Refusing) Later(d time.Duration) { r.forward(d) }
