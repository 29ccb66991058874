package models

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Console holds what the operator's page shows and switches.
type Console struct {
	*core
	outbox *Outbox

	mu     sync.Mutex
	seen   *Watch           // the last answer
	alarms map[string]Alarm // those that have begun and not ended

	slowMu sync.Mutex
	slowAt time.Time
	slow   bool
}

// The switches.
const (
	SwitchTextsOff      = "texts_off"      // no text is sent; e-mail takes over
	SwitchStrangersSlow = "strangers_slow" // a slower lane for requests that nobody has signed
)

// Switches are all of them, in the order that they are shown in.
var Switches = []string{SwitchTextsOff, SwitchStrangersSlow}

// Switch is how one switch stands.
type Switch struct {
	Name          string
	Since         time.Time // zero: it is off
	Agent, Reason string    // who switched it on, and why
}

// On says whether it is on.
func (s Switch) On() bool { return !s.Since.IsZero() }

// slowFor is how old the knowledge of a switch may be: it is asked for by every
// request of a stranger, and another instance may have turned it.
const slowFor = time.Second

// switched says whether a switch is on.
func switched(g *gorm.DB, name string) (bool, error) {
	_, on, err := db.First[string](g, "SELECT name FROM switches WHERE name = ?", name)
	return on, err
}

// switches reads how all of them stand.
func switches(g *gorm.DB) ([]Switch, error) {
	var on []Switch
	if err := g.Raw("SELECT name, since, agent, reason FROM switches").Scan(&on).Error; err != nil {
		return nil, err
	}
	list := make([]Switch, len(Switches))
	for i, name := range Switches {
		list[i].Name = name
		if at := slices.IndexFunc(on, func(s Switch) bool { return s.Name == name }); at >= 0 {
			list[i] = on[at]
		}
	}
	return list, nil
}

// Switch turns a switch on, with a reason that colleagues read, or off, which needs
// none. The proof must be as fresh as for an act on an account. One that is on
// already stays as it is, with the reason of who was first. Invalid{reason},
// NotProven, TooSoon, NotFound (no such switch).
func (s *Console) Switch(ctx context.Context, c Client, name string, on bool, reason string) error {
	reason = strings.Join(strings.Fields(reason), " ")
	var agent Agent
	var turned int64
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		var at session
		if agent, at, err = s.lockAgent(tx, c); err != nil {
			return err
		}
		if !slices.Contains(Switches, name) {
			return &Error{Kind: NotFound, Reason: "switch"}
		}
		if on {
			if err := checkReason(reason); err != nil {
				return err
			}
		}
		if at.proof(tx.Now) != ProofCode {
			return notProven()
		}
		if err := take(tx, actsBudget(agent.Account), "acts"); err != nil {
			return err
		}
		note(tx, Incident{Name: "authz_admin", By: agent.Account, Client: c, Detail: "switch " + name})
		if !on {
			turned, err = tx.Exec("DELETE FROM switches WHERE name = ?", name)
			return err
		}
		turned, err = tx.Exec("INSERT INTO switches (name, since, agent_id, agent, reason) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
			name, tx.Now, agent.Account, agent.Name, reason)
		return err
	})
	if err != nil || turned == 0 {
		return err
	}
	s.log.Warn("a switch was turned", "switch", name, "on", on, "by", agent.Name, "reason", reason)
	s.forget()
	return nil
}

// forget makes the next look a fresh one: who turned a switch sees it turned.
func (s *Console) forget() {
	s.mu.Lock()
	s.seen = nil
	s.mu.Unlock()
	s.slowMu.Lock()
	s.slowAt = time.Time{}
	s.slowMu.Unlock()
}

// Slow says whether strangers go by the slower lane. It asks the database once a
// second at most, and where that cannot answer, the last answer holds.
func (s *Console) Slow(ctx context.Context) bool {
	s.slowMu.Lock()
	defer s.slowMu.Unlock()
	now := s.db.Now()
	if age := now.Sub(s.slowAt); age >= 0 && age < slowFor {
		return s.slow
	}
	if on, err := switched(s.db.Read(ctx), SwitchStrangersSlow); err == nil {
		s.slow, s.slowAt = on, now
	}
	return s.slow
}

// Met gives the id of a browser's device where its cookie is one that we gave and that
// still lives, whosever it is, "" for any other. It opens nothing: such a browser is
// only not a stranger.
func (s *Console) Met(ctx context.Context, device string) (id string, err error) {
	if len(device) != tokenLength {
		return "", nil
	}
	err = s.db.Read(ctx).Raw("SELECT id FROM devices WHERE token_hash = ? AND ends_at > ?", hashToken(device), s.db.Now()).Scan(&id).Error
	return id, err
}
