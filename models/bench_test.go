package models

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"admitone/models/internal/db"
)

// benchEngines runs a benchmark on both engines. The budget of a day's sends is
// wider than the product's: one account signs in again and again.
func benchEngines(b *testing.B, bench func(b *testing.B, h *house)) {
	wide := func(o *Options) { o.Policy.OwnerSends = Sends{100, 100, 100} }
	b.Run("sqlite", func(b *testing.B) {
		bench(b, openHouse(b, filepath.Join(b.TempDir(), "admitone.db"), wide))
	})
	b.Run("postgres", func(b *testing.B) { bench(b, openHouse(b, postgresURL(b), wide)) })
}

// withoutHash makes the password hash cost nothing worth measuring.
func withoutHash(h *house) { h.core.hasher.memory, h.core.hasher.iterations = 8, 1 }

// processor is the CPU time of this process so far, in seconds.
func processor() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// forget keeps the counters short, as they are in life.
func forget(h *house) error {
	return h.core.db.Write(ctx, func(tx *db.Tx) error {
		_, err1 := tx.Exec("DELETE FROM spends")
		_, err2 := tx.Exec("UPDATE identifiers SET wrong_in_row = 0")
		return errors.Join(err1, err2)
	})
}

// measure runs the loop and reports CPU time beside wall time.
func measure(b *testing.B, loop func()) {
	b.ReportAllocs()
	b.ResetTimer()
	before := processor()
	loop()
	b.ReportMetric((processor()-before)*1000/float64(b.N), "cpu-ms/op")
}

func BenchmarkHash(b *testing.B) {
	h := newHasher(DefaultPolicy(), time.Now)
	measure(b, func() {
		for range b.N {
			if _, err := h.hash(ctx, testPassword, asker{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// wholeSignIn is a new-device sign-in: password, code page, message, code.
func wholeSignIn(b *testing.B, h *house) {
	h.forward(20 * time.Minute)
	c := h.startSignIn(b, "mara@example.com")
	if _, err := h.SignIns.Pending(ctx, c); err != nil {
		b.Fatal(err)
	}
	a, err := h.SignIns.Answer(ctx, h.lastCode(b, "mara@example.com"), "", Ticks{}, c)
	if err != nil || a.Outcome != Accepted {
		b.Fatal(a.Outcome, err)
	}
	h.messages(b) // the notice of the new device
}

func BenchmarkNewDeviceSignIn(b *testing.B) {
	for _, hash := range []bool{false, true} {
		b.Run(fmt.Sprintf("hash=%v", hash), func(b *testing.B) {
			benchEngines(b, func(b *testing.B, h *house) {
				if !hash {
					withoutHash(h)
				}
				h.signUp(b, "mara@example.com")
				measure(b, func() {
					for range b.N {
						wholeSignIn(b, h)
					}
				})
			})
		})
	}
}

func BenchmarkCodeCheck(b *testing.B) {
	benchEngines(b, func(b *testing.B, h *house) {
		withoutHash(h)
		h.core.policy.CodeTries, h.core.policy.WrongCodes = 1<<30, 1<<30
		h.signUp(b, "mara@example.com")
		c := h.startSignIn(b, "mara@example.com")
		wrong := wrongCode(h.lastCode(b, "mara@example.com"))
		c.Address = netip.IPv6Loopback() // no budget of a network address
		measure(b, func() {
			for range b.N {
				if a, err := h.SignIns.Answer(ctx, wrong, "", Ticks{}, c); err != nil || a.Outcome != Wrong {
					b.Fatal(a.Outcome, err)
				}
				b.StopTimer()
				_ = forget(h)
				b.StartTimer()
			}
		})
	})
}

func BenchmarkResend(b *testing.B) {
	benchEngines(b, func(b *testing.B, h *house) {
		withoutHash(h)
		h.core.policy.ResendWaits = []Duration{0}
		h.signUp(b, "mara@example.com")
		c := h.startSignIn(b, "mara@example.com")
		measure(b, func() {
			for range b.N {
				if r, err := h.SignIns.Resend(ctx, "", "", c); err != nil || r.Outcome != CodeSent {
					b.Fatal(r.Outcome, err)
				}
				b.StopTimer()
				_ = forget(h)
				b.StartTimer()
			}
		})
	})
}

func BenchmarkSessionFind(b *testing.B) {
	benchEngines(b, func(b *testing.B, h *house) {
		c := h.signUp(b, "mara@example.com")
		measure(b, func() {
			for range b.N {
				if _, standing, err := h.Sessions.Find(ctx, c); err != nil || standing != SignedIn {
					b.Fatal(standing, err)
				}
			}
		})
	})
}

func BenchmarkClaimToSent(b *testing.B) {
	benchEngines(b, func(b *testing.B, h *house) {
		withoutHash(h)
		h.signUp(b, "mara@example.com")
		measure(b, func() {
			for range b.N {
				b.StopTimer()
				h.forward(20 * time.Minute)
				h.startSignIn(b, "mara@example.com")
				b.StartTimer()
				h.lastCode(b, "mara@example.com")
			}
		})
	})
}
