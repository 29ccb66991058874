package models

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Incident is one line of the security log: a name of the OWASP logging vocabulary
// and slugs. It has no secret in it, and no whole address (ASVS v5.0.0-16.2.5).
type Incident struct {
	Name    string // authn_login_success, excess_rate_limit_exceeded, ...
	Account string // an id, "" for none
	By      string // the id of the member of staff who did it
	Client  Client
	Detail  string // a slug: which budget, which change

	device string // in place of the client's, where only its name is known
}

// tally is one thing that happened, for the figures: 'sign_ins known'.
type tally struct {
	name string // of a metric: sign_ins, codes, risk, budgets, ...
	what []string
}

// note writes a line of the security log once the transaction has committed.
func note(tx *db.Tx, i Incident) { tx.Tell(i) }

// count counts something once the transaction has committed.
func count(tx *db.Tx, name string, what ...string) { tx.Tell(tally{name, what}) }

// Note writes a line of the security log for what no transaction saw.
func (m *Models) Note(i Incident) { m.core.watch.told(i) }

// Count counts something for the figures that no transaction saw.
func (m *Models) Count(name string, what ...string) { m.core.watch.told(tally{name, what}) }

// entry is what a kind of activity is in the security log, and in the figures.
type entry struct {
	name  string   // of the OWASP logging vocabulary
	tally []string // the figure that it counts for, none for most
}

// vocabulary has every kind: a test compares.
var vocabulary = map[EventKind]entry{
	EventSignUp:        {"user_created", []string{"sign_ups", "done"}},
	EventSignUpTried:   {"authn_token_created", []string{"sign_ups", "asked"}},
	EventSignIn:        {"authn_login_success", []string{"sign_ins", "code"}},
	EventSignInKnown:   {"authn_login_success", []string{"sign_ins", "known"}},
	EventSignInRefused: {"authn_login_fail", nil}, // signin.go counts it
	EventWrongPassword: {"authn_login_fail", []string{"sign_ins", "wrong_password"}},
	EventCodeAsked:     {"authn_token_created", nil},
	EventWrongCode:     {"authn_login_fail", nil},
	EventTriesUsedUp:   {"authn_login_fail_max", nil},
	EventSignOut:       {"session_expired", nil},

	EventStepUp:         {"session_renewed", nil},
	EventStepUpPassword: {"session_renewed", nil},

	EventPasswordChanged:     {"authn_password_change", nil},
	EventResetAsked:          {"authn_token_created", []string{"resets", "asked"}},
	EventPasswordReset:       {"authn_password_change", []string{"resets", "done"}},
	EventTwoStepOn:           {"user_updated", nil},
	EventTwoStepEveryTime:    {"user_updated", nil},
	EventTwoStepOff:          {"user_updated", nil},
	EventDeviceRenamed:       {"user_updated", nil},
	EventSignedOutDevice:     {"session_expired", nil},
	EventSignedOutEverywhere: {"session_expired", nil},
	EventDeviceUntrusted:     {"authn_token_revoked", nil},
	EventSessionMoved:        {"authn_token_reuse", []string{"moved"}},

	EventEmailChangeAsked: {"authn_token_created", nil},
	EventEmailChanged:     {"user_updated", nil},
	EventEmailAdded:       {"user_updated", nil},
	EventEmailRemoved:     {"user_updated", nil},
	EventEmailCancelled:   {"user_updated", nil},
	EventPhoneAdded:       {"user_updated", nil},
	EventPhoneRemoved:     {"user_updated", nil},
	EventChannelChanged:   {"user_updated", nil},
	EventChangeWaiting:    {"user_updated", nil},
	EventChangeStopped:    {"user_updated", nil},
	EventUndone:           {"user_updated", nil},
	EventNotMe:            {"authn_token_revoked", nil},
	EventMuted:            {"user_updated", nil},
	EventCodesBraked:      {"excess_rate_limit_exceeded", []string{"brakes"}},
	EventClosing:          {"user_archived", nil},
	EventClosingCancelled: {"user_updated", nil},
	EventLinkFollowed:     {"authn_token_revoked", nil},

	EventStaffCreated:   {"user_created", nil},
	EventStaffUnlocked:  {"authz_admin", nil},
	EventStaffSignedOut: {"authz_admin", nil},
	EventStaffRole:      {"privilege_permissions_changed", nil},
	EventStaffResent:    {"authz_admin", nil},
	EventStaffReset:     {"authz_admin", nil},
}

// attacks are the names that may be one; all others are the life of a door.
var attacks = []string{
	"authn_login_fail", "authn_login_fail_max", "authn_login_lock", "authn_impossible_travel", "authn_token_reuse", "authz_fail",
	"excess_rate_limit_exceeded", "malicious_csrf", "privilege_permissions_changed", "sequence_fail", "session_use_after_expire",
}

// noteEvent logs and counts an activity that is kept. What people wrote stays out:
// the detail is the kind, and the role that was given.
func noteEvent(tx *db.Tx, e event, account string, c Client) error {
	in := vocabulary[e.Kind]
	i := Incident{Name: in.name, Account: account, By: orNone(e.AgentID), Client: c, Detail: string(e.Kind), device: e.Device}
	if !c.Address.IsValid() {
		i.Client.Address, _ = netip.ParseAddr(e.Address)
	}
	switch e.Kind {
	case EventSignIn, EventSignInKnown:
		failed, err := failedBefore(tx, account, e.ID)
		if err != nil {
			return err
		}
		if failed {
			i.Name = "authn_login_successafterfail"
		}
	case EventStaffRole:
		i.Detail += " " + e.Detail
	}
	note(tx, i)
	if in.tally != nil {
		count(tx, in.tally[0], in.tally[1:]...)
	}
	return nil
}

// failedBefore says whether a password or a code was wrong in the last hour, after
// the last sign-in.
func failedBefore(tx *db.Tx, account, id string) (bool, error) {
	last, there, err := db.First[EventKind](tx.DB, "SELECT kind FROM events WHERE account_id = ? AND kind IN (?, ?, ?, ?, ?) AND at > ? AND id < ? ORDER BY id DESC LIMIT 1",
		account, EventSignIn, EventSignInKnown, EventWrongPassword, EventWrongCode, EventTriesUsedUp, tx.Now.Add(-time.Hour), id)
	return there && last != EventSignIn && last != EventSignInKnown, err
}

// noteLock logs that a failure has closed a lane for a while.
func noteLock(tx *db.Tx, lane budget, account string, c Client) error {
	closed, err := freeAt(tx.DB, tx.Now, lane)
	if err == nil && !closed.IsZero() {
		note(tx, Incident{Name: "authn_login_lock", Account: account, Client: c, Detail: "lane"})
	}
	return err
}

// refusedUntil is freeAt for who is refused by it: the log and the figures have it,
// also where the act is rolled back for it.
func refusedUntil(tx *db.Tx, c Client, budgets ...budget) (time.Time, error) {
	free, _, err := refused(tx, c, budgets...)
	return free, err
}

// refused is refusedUntil, with when the act after the next one will be allowed, as
// freest has it.
func refused(tx *db.Tx, c Client, budgets ...budget) (free, next time.Time, err error) {
	free, by, next, err := freest(tx.DB, tx.Now, budgets...)
	if !free.IsZero() {
		tx.TellAnyway(refusal{by, c})
	}
	return free, next, err
}

// refusedUntil outside a transaction.
func (c *core) refusedUntil(g *gorm.DB, now time.Time, cl Client, budgets ...budget) (time.Time, error) {
	free, by, _, err := freest(g, now, budgets...)
	if !free.IsZero() {
		c.watch.told(refusal{by, cl})
	}
	return free, err
}

// refusal is an act that a budget did not allow.
type refusal struct {
	by     budget
	client Client
}

func (r refusal) incident() Incident {
	name, account := r.by.name()
	i := Incident{Name: "excess_rate_limit_exceeded", Account: account, Client: r.client, Detail: name}
	if r.by.asker.Address.IsValid() {
		i.Client = r.by.asker
	}
	if i.Client.Address.IsValid() {
		return i
	}
	// The key of an address's budget says whose it is.
	last := r.by.key[strings.LastIndexByte(r.by.key, ' ')+1:]
	if p, err := netip.ParsePrefix(last); err == nil {
		i.Client.Address = p.Addr()
	} else {
		i.Client.Address, _ = netip.ParseAddr(last)
	}
	return i
}

// linkGone logs that the link of a message was pressed which is used, over or
// nobody's; it gives the error on.
func (c *core) linkGone(err error, cl Client, link string) error {
	var e *Error
	if errors.As(err, &e) && e.Kind == Gone {
		c.watch.told(Incident{Name: "authn_token_reuse", Client: cl, Detail: link})
	}
	return err
}

// How many different attacks of one event are told apart in one minute, and so the
// lines that strangers can fill the disk with. Each event has a share of its own, and
// what an account is known of has another: a flood of one hides no other.
const (
	alikeMost = 300
	alikeOwn  = 2000 // that an account is known of
)

// share is what a bound is for.
type share struct {
	name string
	own  bool // an account is known
}

func (s share) most() int {
	if s.own {
		return alikeOwn
	}
	return alikeMost
}

// alike is what makes two incidents the same one: who cannot be told from whom in
// the log. The session is part of it only where a stranger cannot make one up.
type alike struct{ name, account, session, address, detail string }

// repeated is an incident and how often it came again in its minute.
type repeated struct {
	Incident
	more int
}

// watch keeps the security log and the figures of this process.
type watch struct {
	log     *slog.Logger
	now     func() time.Time
	figures *figures

	mu     sync.Mutex
	minute time.Time
	seen   map[alike]*repeated
	taken  map[share]int  // how many of seen
	left   map[string]int // attacks of this minute that are not in the log, by their event
	deltas map[hourly]int
	failed bool // the last try to write the deltas
}

func newWatch(log *slog.Logger, now func() time.Time) *watch {
	return &watch{
		log: log, now: func() time.Time { return now().UTC() }, figures: newFigures(),
		seen: map[alike]*repeated{}, taken: map[share]int{}, left: map[string]int{}, deltas: map[hourly]int{},
	}
}

// told gets what has happened.
func (w *watch) told(what any) {
	switch what := what.(type) {
	case Incident:
		w.write(w.admit(what))
	case refusal:
		i := what.incident()
		w.write(w.admit(i))
		w.count(tally{"budgets", []string{i.Detail}})
	case tally:
		w.count(what)
	case handover:
		w.figures.handover.WithLabelValues(oneOf(what.channel, everyChannel)).Observe(what.took.Seconds())
	}
}

// admit gives the lines that are due with an incident: its own, unless it is one
// more of the same in this minute, and how often those of the minute before came.
func (w *watch) admit(i Incident) []repeated {
	w.mu.Lock()
	defer w.mu.Unlock()
	due := w.turn()
	a := alike{i.Name, i.Account, "", masked(i.Client.Address), i.Detail}
	attack := slices.Contains(attacks, i.Name)
	if !attack {
		a.session = i.Client.Session
	}
	was, of := w.seen[a], share{i.Name, i.Account != ""}
	switch {
	case was != nil:
		was.more++
		return due
	case w.taken[of] < of.most():
		w.taken[of]++
		w.seen[a] = &repeated{Incident: i}
	case attack:
		w.left[i.Name]++
		return due
	}
	return append(due, repeated{Incident: i})
}

// turn begins a minute, and gives what came again in the one before.
func (w *watch) turn() (due []repeated) {
	minute := w.now().Truncate(time.Minute)
	if minute.Equal(w.minute) {
		return nil
	}
	for _, r := range w.seen {
		if r.more > 0 {
			due = append(due, *r)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.left)) {
		due = append(due, repeated{Incident{Name: "excess_rate_limit_exceeded", Detail: "log " + name}, w.left[name]})
	}
	w.minute = minute
	clear(w.seen)
	clear(w.taken)
	clear(w.left)
	return due
}

// write writes lines. Every value is a slug, a hash, a name of ours or a number,
// whatever a request had in it (ASVS v5.0.0-16.4.1), and the time is the one
// clock's, in UTC.
func (w *watch) write(lines []repeated) {
	ctx := context.Background()
	for _, l := range lines {
		level := slog.LevelInfo
		if slices.Contains(attacks, l.Name) {
			level = slog.LevelWarn
		}
		if !w.log.Enabled(ctx, level) {
			continue
		}
		r := slog.NewRecord(w.now(), level, "security", 0)
		add := func(name, value string) {
			if value = plain(value); value != "" {
				r.AddAttrs(slog.String(name, value))
			}
		}
		add("event", l.Name)
		add("account", short(l.Account))
		add("by", short(l.By))
		if l.Client.Session != "" {
			add("session", short(hashToken(cut(l.Client.Session, tokenLength+1))))
		}
		add("address", masked(l.Client.Address))
		if l.device == "" && l.Client.UserAgent != "" {
			l.device = deviceName(l.Client.UserAgent)
		}
		add("device", l.device)
		add("country", l.Client.Place.Country)
		add("detail", l.Detail)
		add("request", l.Client.Request)
		if l.more > 0 {
			r.AddAttrs(slog.Int("repeated", l.more))
		}
		if err := w.log.Handler().Handle(ctx, r); err != nil {
			return // there is nowhere left to say so
		}
	}
}

// short stands for an id in the log: equal ones can be told, and none looked up or
// used. A session's is the hash of its row's id, which is a hash already.
func short(id string) string {
	if id == "" {
		return ""
	}
	return hashToken(id)[:12]
}

// masked is a network address without the part that is one person's: an IPv4
// address without its last number, the /48 of an IPv6 one.
func masked(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if !a.IsValid() {
		return ""
	}
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, _ := a.Prefix(bits) // every address has one
	return p.Addr().String()
}

// plain lets through what slugs and names are made of, and no more than a line can
// bear.
func plain(value string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" _-.:/", r):
			return r
		}
		return '_'
	}, cut(value, 64))
}
