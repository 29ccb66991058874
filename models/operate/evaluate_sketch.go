package operate

import "math/rand/v2"

// sketch counts values in a fixed space: a count-min sketch with conservative
// update. It never counts too little, and seldom too much.
type sketch struct{ cells [4][]uint32 }

// sketchBits make 64 MB, for some ten million different values.
const sketchBits = 22

func newSketch() *sketch {
	s := new(sketch)
	for i := range s.cells {
		s.cells[i] = make([]uint32, 1<<sketchBits)
	}
	return s
}

func (s *sketch) count(value uint64) int {
	least := ^uint32(0)
	for i := range s.cells {
		least = min(least, s.cells[i][cell(value, i)])
	}
	return int(least)
}

// add counts the value once more, and says if it is new.
func (s *sketch) add(value uint64) bool {
	n := uint32(s.count(value))
	if n == ^uint32(0) {
		return false
	}
	for i := range s.cells {
		c := &s.cells[i][cell(value, i)]
		*c = max(*c, n+1)
	}
	return n == 0
}

func cell(value uint64, row int) uint64 {
	return mix(value+uint64(row)*0x9e3779b97f4a7c15) >> (64 - sketchBits)
}

// mix spreads the bits of a number over all of them.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// hash is FNV-1a, the same in every run; equal texts of different columns differ.
func hash(column int, text string) uint64 {
	h := uint64(14695981039346656037) ^ uint64(column)
	h *= 1099511628211
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return mix(h)
}

// reservoir keeps an even sample of all attempts that it was shown.
type reservoir struct {
	shown, room int
	kept        []attempt
}

func (r *reservoir) show(a attempt, dice *rand.Rand) {
	r.shown++
	if len(r.kept) < r.room {
		r.kept = append(r.kept, a)
	} else if i := dice.IntN(r.shown); i < r.room {
		r.kept[i] = a
	}
}

// draw gives one that is not of the user.
func (r *reservoir) draw(user uint64, dice *rand.Rand) (attempt, bool) {
	if r == nil || len(r.kept) == 0 {
		return attempt{}, false
	}
	for range 8 {
		if a := r.kept[dice.IntN(len(r.kept))]; a.user != user {
			return a, true
		}
	}
	return attempt{}, false
}
