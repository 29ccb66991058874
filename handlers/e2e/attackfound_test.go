package e2e

import (
	"fmt"
	"sync/atomic"
	"testing"
)

// TestFullQueue: from 250 network addresses 500 passwords at once are tried for
// addresses without an account, and whoever is told to come back comes back at once:
// more than wait for a hash, all the time. The owner's known browser is not kept
// outside by it.
func TestFullQueue(t *testing.T) {
	const atOnce, addresses, acts = 500, 250, 4
	s := start(t, "address_per_minute = 1000\naddress_per_hour = 1000")
	o := s.owner("olga@example.com", "127.77.0.1")
	crowd := s.crowd(20, addresses)
	var all tried
	var enough atomic.Bool
	o.beside(func() {
		flood(atOnce, atOnce, func(i int) {
			for j := 0; j < 500 && !enough.Load(); j++ {
				all.add(crowd[i%addresses].tryPassword(fmt.Sprintf("nobody%d.%d@example.com", i, j), "stolen elsewhere"))
			}
		})
	}, func() {
		defer enough.Store(true)
		await(t, "a queue that is full", func() (int, bool) { return all.of("503"), all.of("503") > 100 })
		for range acts {
			o.signsIn()
		}
	})
	all.are(t, map[string]int{"422": all.of("422"), "503": all.of("503")})
}

// TestManySignIns: who signs in often, in a place where few others do, is not
// suspicious by that.
func TestManySignIns(t *testing.T) {
	s := start(t, "")
	o := s.owner("olga@example.com", "127.77.0.1")
	for range 120 {
		o.signsIn()
	}
}
