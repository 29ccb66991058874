package models

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// How many hashes may wait for a core. At about 25 ms each a full line of strangers
// is a wait of a few seconds; past it people are told to come back.
const (
	queueLength = 128 // of strangers
	queuePlaces = 16  // of them, for one network address

	ownLength = 128 // of owners: in a browser of theirs, or inside a session
	ownPlaces = 16  // of them, for one account
)

// cores is how many hashes run at once: as many as there are cores for this program,
// before operate.Pace gives it threads for more.
var cores = runtime.GOMAXPROCS(0)

// asker is whose share of the queue a hash takes. whose is a network address's budget,
// "" for nobody's, or an account.
type asker struct {
	whose string
	own   bool // a browser of the owner's, or a session
}

// ownHash is the share of an account in a browser of its owner's.
func ownHash(account string) asker { return asker{whose: "account " + account, own: true} }

// hashQueue lets a bounded number of hashes run, and of others wait. Owners have a
// line of their own, and the cores go to the two lines by turns: neither a flood of
// strangers nor one of owners keeps the other out (POLICY.md 4).
type hashQueue struct {
	mu     sync.Mutex
	free   int // cores
	own    line
	others line
	turn   bool // the next free core goes to an owner
}

// line is those who wait, and whose places they take, running ones among them.
type line struct {
	length, each int
	taken        int
	places       map[string]int
	waiting      []chan struct{} // closed for who may go on
}

func newHashQueue(cores int) *hashQueue {
	return &hashQueue{
		free: cores,
		own:  line{length: ownLength, each: ownPlaces, places: map[string]int{}}, others: line{length: queueLength, each: queuePlaces, places: map[string]int{}},
	}
}

func (q *hashQueue) lineOf(a asker) *line {
	if a.own {
		return &q.own
	}
	return &q.others
}

// enter waits for a core and returns what gives it back. A Busy error says that the
// line is full, or that this asker has taken his share of it: one burst must not keep
// everybody else out.
func (h *hasher) enter(ctx context.Context, a asker) (leave func(), err error) {
	q := h.queue
	ready, ok := q.take(a)
	if !ok {
		return nil, &Error{Kind: Busy, Reason: "hashing", RetryAt: h.now().Add(5 * time.Second)}
	}
	select {
	case <-ready:
		return func() { q.leave(a) }, nil
	case <-ctx.Done():
		q.giveUp(a, ready)
		return nil, ctx.Err()
	}
}

// take takes a place, and a core where one is free.
func (q *hashQueue) take(a asker) (ready chan struct{}, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lineOf(a)
	if l.taken >= l.length || a.whose != "" && l.places[a.whose] >= l.each {
		return nil, false
	}
	l.taken++
	if a.whose != "" {
		l.places[a.whose]++
	}
	ready = make(chan struct{})
	if q.free > 0 {
		q.free--
		close(ready)
	} else {
		l.waiting = append(l.waiting, ready)
	}
	return ready, true
}

func (q *hashQueue) leave(a asker) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lineOf(a).give(a.whose)
	q.next()
}

// giveUp leaves the line; who was let in at that very moment gives the core back.
func (q *hashQueue) giveUp(a asker, ready chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lineOf(a)
	l.give(a.whose)
	for i, w := range l.waiting {
		if w == ready {
			l.waiting = append(l.waiting[:i], l.waiting[i+1:]...)
			return
		}
	}
	q.next()
}

// next hands a core that is free on.
func (q *hashQueue) next() {
	first, second := &q.others, &q.own
	if q.turn {
		first, second = second, first
	}
	q.turn = !q.turn
	for _, l := range []*line{first, second} {
		if len(l.waiting) > 0 {
			close(l.waiting[0])
			l.waiting = l.waiting[1:]
			return
		}
	}
	q.free++
}

func (l *line) give(key string) {
	l.taken--
	if key == "" {
		return
	}
	if l.places[key]--; l.places[key] == 0 {
		delete(l.places, key)
	}
}
