package operate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"

	"admitone/models"
)

// The attackers of the published evaluations (RISK.md C4). Each has the password.
const (
	naive    = iota // knows nothing: values of an attacker seen before
	vpn             // an address in the right country, and any browser
	targeted        // an address in the account's own network, and a browser that is popular in its country
	attackers
)

var attackerNames = [attackers]string{"naive", "VPN", "targeted"}

// histories are how many sign-ins an account has had when it is attacked.
var histories = [2]int{12, 39}

const longest = 39

// tries is how often each attacker tries each account at each history.
const tries = 10

// What the replay keeps is bounded by these, whatever the size of the file.
const (
	mostAccounts    = 100_000
	mostTakenOver   = 10_000
	mostCountries   = 1_000
	mostNetworks    = 20_000
	keptTakenOver   = 400 // sign-ins of an account that is taken over
	keptAnywhere    = 65_536
	keptOfCountry   = 512
	keptOfOneNet    = 16
	evaluationsSeed = 20160221
)

// account is one that is followed.
type account struct {
	history []([values]uint64) // what the model knows of it
	n       int                // its successful sign-ins
	scores  []float64          // of its own sign-ins, by their number; none for the first
	attacks [len(histories)][attackers][]float64
}

// replay walks through the attempts in the order of time, as the engine would.
type replay struct {
	weights models.Weights
	dice    *rand.Rand

	seen            *sketch
	total, accounts int
	different       [values]int

	followed  map[uint64]*account
	below     uint64              // accounts with a hash below it are followed
	takenOver map[uint64]struct{} // and these, for the attacks that succeeded
	veryBad   []float64           // scores of those attacks

	anywhere, attacking reservoir
	inCountry           map[uint64]*reservoir
	inNetwork           map[uint64]*reservoir
}

// evaluation is what came of it.
type evaluation struct {
	rows, bad         int64
	example           string
	signIns, accounts int
	followed          int
	share             float64                     // of all accounts
	scores            [len(histories)][][]float64 // of the followed accounts that have so many sign-ins
	attacks           [len(histories)][attackers][]float64
	takeovers         []float64
	usual             float64
}

// evaluate reads the file twice: once for its order and its takeovers, once to replay it.
func evaluate(ctx context.Context, path string, w models.Weights, bar *progress) (_ evaluation, err error) {
	temp, err := os.MkdirTemp("", "admitone-risk-")
	if err != nil {
		return evaluation{}, err
	}
	defer os.RemoveAll(temp)
	r := replay{
		weights: w, dice: rand.New(rand.NewPCG(evaluationsSeed, 0)), //nolint:gosec // the same attackers in every run
		seen: newSketch(), followed: map[uint64]*account{}, below: math.MaxUint64, takenOver: map[uint64]struct{}{},
		anywhere: reservoir{room: keptAnywhere}, attacking: reservoir{room: keptAnywhere},
		inCountry: map[uint64]*reservoir{}, inNetwork: map[uint64]*reservoir{},
	}
	d := dataset{path: path, bar: bar}
	inOrder, err := d.inOrder(ctx, temp, func(a attempt) {
		if a.takenOver && len(r.takenOver) < mostTakenOver {
			r.takenOver[a.user] = struct{}{}
		}
	})
	if err != nil {
		return evaluation{}, err
	}
	if d.rows == d.bad {
		return evaluation{}, fmt.Errorf("%s: no row can be read: %s", path, cmp.Or(d.example, "there is none"))
	}
	if err := inOrder(func(a attempt) error { r.step(a); return nil }); err != nil {
		return evaluation{}, err
	}
	return r.result(d), nil
}

// step judges an attempt and learns from it where it was its owner's and successful.
func (r *replay) step(a attempt) {
	u := r.followed[a.user]
	switch {
	case a.takenOver:
		if u != nil {
			if score := r.score(u, a); score > 0 {
				r.veryBad = append(r.veryBad, score)
			}
		}
		return
	case a.attack:
		r.attacking.show(a, r.dice)
		return
	case !a.successful:
		return
	}
	if u == nil && r.follows(a.user) {
		u = &account{}
		r.followed[a.user] = u
	}
	if u != nil {
		r.ownSignIn(u, a)
	}
	r.learn(a)
}

func (r *replay) ownSignIn(u *account, a attempt) {
	_, marked := r.takenOver[a.user]
	if u.n < longest {
		u.scores = append(u.scores, r.score(u, a))
	}
	if u.n++; u.n <= longest || marked && u.n <= keptTakenOver {
		u.history = append(u.history, a.of)
	}
	if at := slices.Index(histories[:], u.n); at >= 0 {
		for attacker := range attackers {
			for range tries {
				if forged, ok := r.forge(attacker, u, a.user); ok {
					u.attacks[at][attacker] = append(u.attacks[at][attacker], r.score(u, forged))
				}
			}
		}
	}
	if u.n >= longest && !marked {
		u.history = nil
	}
}

// follows says if the account is one of the sample. When it is too big, half of it
// is let go: by a hash, so that which ones does not depend on what they did.
func (r *replay) follows(user uint64) bool {
	chance := mix(user + 1)
	_, marked := r.takenOver[user]
	if chance >= r.below && !marked {
		return false
	}
	if len(r.followed) >= mostAccounts {
		r.below /= 2
		for other := range r.followed {
			if _, marked := r.takenOver[other]; mix(other+1) >= r.below && !marked {
				delete(r.followed, other)
			}
		}
	}
	return chance < r.below || marked
}

// score is the engine's, at this moment of the replay.
func (r *replay) score(u *account, a attempt) float64 {
	counts := [values]models.Count{}
	for i, v := range a.of {
		counts[i].All = r.seen.count(v)
		for _, past := range u.history {
			if past[i] == v {
				counts[i].Own++
			}
		}
	}
	return models.Score(models.Evidence{
		Total: r.total, Accounts: r.accounts, Own: len(u.history),
		Address: counts[address], Network: counts[network], Country: counts[country],
		Agent: counts[agent], Browser: counts[browser], System: counts[system], Kind: counts[kind],
		Addresses: r.different[address], Networks: r.different[network],
		Agents: r.different[agent], Browsers: r.different[browser], Systems: r.different[system],
	}, r.weights)
}

func (r *replay) learn(a attempt) {
	r.total++
	if r.seen.add(a.user) {
		r.accounts++
	}
	for i, v := range a.of {
		if r.seen.add(v) {
			r.different[i]++
		}
	}
	r.anywhere.show(a, r.dice)
	some(r.inCountry, a.of[country], mostCountries, keptOfCountry).show(a, r.dice)
	some(r.inNetwork, a.of[network], mostNetworks, keptOfOneNet).show(a, r.dice)
}

// some gives the reservoir of the place; beyond the limit new places have none.
func some(all map[uint64]*reservoir, place uint64, limit, room int) *reservoir {
	one := all[place]
	if one == nil {
		one = &reservoir{room: room}
		if len(all) < limit {
			all[place] = one
		}
	}
	return one
}

// forge makes an attack on the account.
func (r *replay) forge(attacker int, u *account, user uint64) (attempt, bool) {
	var from, with attempt
	var ok bool
	home := usual(u.history, country)
	switch attacker {
	case naive:
		if from, ok = r.attacking.draw(user, r.dice); !ok {
			from, ok = r.anywhere.draw(user, r.dice)
		}
		return from, ok
	case vpn:
		with, ok = r.anywhere.draw(user, r.dice)
	case targeted:
		if with, ok = r.inCountry[home].draw(user, r.dice); !ok {
			with, ok = r.anywhere.draw(user, r.dice)
		}
	}
	if !ok {
		return with, false
	}
	if attacker == targeted {
		from, ok = r.inNetwork[usual(u.history, network)].draw(user, r.dice)
	}
	if attacker == vpn || !ok {
		from, ok = r.inCountry[home].draw(user, r.dice)
	}
	if !ok {
		// Nobody else was ever there: an address that is new to everyone.
		from.of = [values]uint64{address: r.dice.Uint64(), network: usual(u.history, network), country: home}
		if attacker == vpn {
			from.of[network] = r.dice.Uint64()
		}
	}
	copy(with.of[address:agent], from.of[address:agent])
	return with, true
}

// usual is the value that the account has had most often, the earliest of equals.
func usual(history [][values]uint64, of int) (most uint64) {
	times := map[uint64]int{}
	for _, past := range history {
		times[past[of]]++
	}
	for _, past := range history {
		if times[past[of]] > times[most] {
			most = past[of]
		}
	}
	return most
}

func (r *replay) result(d dataset) evaluation {
	e := evaluation{
		rows: d.rows, bad: d.bad, example: d.example, signIns: r.total, accounts: r.accounts,
		share: float64(r.below) / math.MaxUint64, takeovers: r.veryBad, usual: r.weights.Usual,
	}
	for user, u := range r.followed {
		if mix(user+1) >= r.below {
			continue
		}
		e.followed++
		for at, history := range histories {
			if u.n < history {
				continue
			}
			e.scores[at] = append(e.scores[at], u.scores[:history])
			for attacker := range attackers {
				e.attacks[at][attacker] = append(e.attacks[at][attacker], u.attacks[at][attacker]...)
			}
		}
	}
	return e
}

// threshold is the highest score at which so many attacks are caught, of both
// histories together: an engine has one threshold. False stands for no attack.
func (e evaluation) threshold(attacker int, caught float64) (float64, bool) {
	all := slices.Concat(e.attacks[0][attacker], e.attacks[1][attacker])
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	missed := int(float64(len(all))*(1-caught) + 1e-9)
	return all[min(missed, len(all)-1)], true
}

// asked is how often the median account is asked for more at the threshold, until
// it has had so many sign-ins; NaN where no account has.
func (e evaluation) asked(at int, threshold float64) float64 {
	counts := make([]int, 0, len(e.scores[at]))
	for _, scores := range e.scores[at] {
		counts = append(counts, above(scores[1:], threshold))
	}
	if len(counts) == 0 {
		return math.NaN()
	}
	slices.Sort(counts)
	return float64(counts[(len(counts)-1)/2]+counts[len(counts)/2]) / 2
}

// caught is the share of scores at or above the threshold; NaN for none.
func caught(scores []float64, threshold float64) float64 {
	return float64(above(scores, threshold)) / float64(len(scores))
}

func above(scores []float64, threshold float64) (n int) {
	for _, score := range scores {
		if score >= threshold {
			n++
		}
	}
	return n
}
