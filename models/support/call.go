package support

import (
	"context"
	"slices"
	"time"

	"admitone/models"
	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Calls holds the acts on call-backs.
type Calls struct{ *core }

// The states of a call-back.
const (
	Scheduled = "scheduled"
	Calling   = "calling"
	Missed    = "missed"
	Done      = "done"
	Cancelled = "cancelled"
)

// What bounds call-backs.
const (
	slotsShown   = 24 // the next half hours that are offered, full ones among them
	callsEach    = 3  // in one slot
	callsAddress = 3  // booked from one network address in a day
	callsNumber  = 2  // booked to one number in a day
	callsAccount = 5  // booked by one account in a day
	callMoves    = 5  // of one call-back in a day
	callTries    = 2
	callsShown   = 200
	callsOver    = 24 * time.Hour // staff see what was over this long ago
)

// What a mail about a call-back says of it.
const (
	callBooked    = "booked"
	callMoved     = "moved"
	callCancelled = "cancelled"
	callRetried   = "missed_once"
	callMissed    = "missed"
)

// BookCall is the form.
type BookCall struct {
	Phone, Country, Name, Problem string
	Slot                          time.Time
	Nonce                         string // of the form: sent twice it books one call
}

// Call is a call-back as the person sees it, and staff: the number is masked.
type Call struct {
	ID, State, Name, Problem, Masked, Word string
	Slot, CreatedAt                        time.Time
	Tries                                  int
	Agent                                  string
	Account                                string // for staff, "" signed out
	Mine                                   bool
}

// call is a row.
type call struct {
	ID        string
	TokenHash string
	AccountID *string
	Number    string
	Name      string
	Problem   string
	State     string
	Tries     int
	AgentID   *string
	AgentName string
	SlotAt    time.Time
	CreatedAt time.Time
	ChangedAt time.Time
}

// Countries lists where we call to (ISO 3166), the one first that a number without
// a country code is read as.
func (c *Calls) Countries() []string { return slices.Clone(c.countries) }

// Slots gives the free slots.
func (c *Calls) Slots(ctx context.Context) ([]time.Time, error) {
	return c.slots(c.db.Read(ctx), c.db.Now())
}

func (c *Calls) slots(g *gorm.DB, now time.Time) (free []time.Time, err error) {
	d := c.Desk()
	if !d.CallBack() {
		return nil, nil
	}
	next := d.Phone.Slots(now, zoneOf(d), slotsShown)
	if len(next) == 0 {
		return nil, nil
	}
	var full []time.Time
	err = g.Raw("SELECT slot_at FROM calls WHERE state IN ('scheduled', 'calling') AND slot_at >= ? GROUP BY slot_at HAVING count(*) >= ?", next[0].UTC(), callsEach).Scan(&full).Error
	for _, s := range next {
		if !slices.ContainsFunc(full, s.Equal) {
			free = append(free, s)
		}
	}
	return free, err
}

// slot checks a slot that was chosen. Two who take the last place of one at the
// same moment may both get it: staff then call a minute later.
func (c *Calls) slot(tx *db.Tx, chosen time.Time) (time.Time, error) {
	if chosen.IsZero() {
		return chosen, invalid("slot", "required", 0)
	}
	free, err := c.slots(tx.DB, tx.Now)
	if err == nil && !slices.ContainsFunc(free, chosen.Equal) {
		err = invalid("slot", "taken", 0)
	}
	return chosen.UTC(), err
}

// Book books a call-back. Invalid{phone, country, slot}; TooSoon; NotFound where
// there are none; Conflict where the visitor has one already.
func (c *Calls) Book(ctx context.Context, v Visitor, f BookCall) (s Started, err error) {
	if !c.Desk().CallBack() {
		return s, notFound("calls")
	}
	number, field, reason := readNumber(f.Phone, f.Country, c.countries)
	if reason != "" {
		return s, invalid(field, reason, 0)
	}
	err = c.db.Write(ctx, func(tx *db.Tx) error {
		w, err := c.who(tx.DB, v, tx.Now)
		if err != nil {
			return err
		}
		id := c.NewID()
		if len(f.Nonce) >= nonceLength {
			id = c.Tag("call form", f.Nonce+" "+number+" "+f.Slot.UTC().String())
			if s, err = c.bookedBefore(tx, id); err != nil || s.ID != "" {
				return err
			}
		}
		if err := c.mayBook(tx, v.Client, w, number); err != nil {
			return err
		}
		if id, err := current(tx.DB, w); err != nil || id != "" {
			return orConflict(err, "booked")
		}
		at, err := c.slot(tx, f.Slot)
		if err != nil {
			return err
		}
		row := call{
			ID: id, Number: number, Name: cleanName(f.Name), Problem: problemOf(f.Problem), State: Scheduled,
			SlotAt: at, CreatedAt: tx.Now, ChangedAt: tx.Now,
		}
		if row.AccountID, s.Token, err = c.holder(tx, w); err != nil {
			return err
		}
		s.ID, row.TokenHash = row.ID, c.HashToken(s.Token)
		if err := tx.Insert(&row); err != nil {
			return err
		}
		tx.Wake(queueTopic)
		return c.tell(tx, row, callBooked, v.Client)
	})
	return s, err
}

// bookedBefore finds what the same form booked a moment ago, which its id tells. As with
// a conversation the cookie is made anew: only the answer to the last press is sure to be
// kept, and both brought the cookie of before.
func (c *Calls) bookedBefore(tx *db.Tx, id string) (s Started, err error) {
	// Of two at once the second waits here until the first has committed.
	if _, err := c.Free(tx, "call form "+id); err != nil {
		return s, err
	}
	row, err := c.find(tx.DB, id, "")
	if isKind(err, models.NotFound) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if row.AccountID != nil || row.State != Scheduled || !row.CreatedAt.After(tx.Now.Add(-sameStartFor)) {
		return s, conflict("booked") // the form is an old one
	}
	s.ID = id
	s.Token, err = c.token(tx, row.TokenHash)
	return s, err
}

func orConflict(err error, reason string) error {
	if err != nil {
		return err
	}
	return conflict(reason)
}

// mayBook spends what one network address and one number may have: nobody can
// have a stranger called again and again.
func (c *Calls) mayBook(tx *db.Tx, cl models.Client, w who, number string) error {
	if key := c.AddressKey(cl); key != "" {
		if err := c.count(tx, "calls", "calls from "+key, models.Limit{N: callsAddress, Per: 24 * time.Hour}); err != nil {
			return err
		}
	}
	if w.account != "" {
		if err := c.count(tx, "calls", "calls of "+w.account, models.Limit{N: callsAccount, Per: 24 * time.Hour}); err != nil {
			return err
		}
	}
	if w.account != "" { // his own number: strangers must not use up what he may book
		own, err := c.OwnNumber(tx, w.account, number)
		if err != nil || own {
			return err
		}
	}
	return c.count(tx, "calls_number", "calls to "+c.Tag("call", number), models.Limit{N: callsNumber, Per: 24 * time.Hour})
}

// tell mails what became of a call-back to the account that booked it. Signed out
// there is only its page: no address is proven.
func (c *Calls) tell(tx *db.Tx, row call, what string, cl models.Client) error {
	if row.AccountID == nil {
		return nil
	}
	return c.Mail(tx, models.Mail{Kind: models.KindCallBack, Account: *row.AccountID, What: what, HoldsAt: row.SlotAt, Client: cl})
}

// Current gives the visitor's call-back that is not over, "" for none.
func (c *Calls) Current(ctx context.Context, v Visitor) (id string, err error) {
	g := c.db.Read(ctx)
	w, err := c.who(g, v, c.db.Now())
	if err != nil || w == (who{}) {
		return "", err
	}
	return current(g, w)
}

func current(g *gorm.DB, w who) (string, error) {
	if w == (who{}) {
		return "", nil
	}
	var rows []call
	err := g.Raw("SELECT id, token_hash, account_id FROM calls WHERE state IN ('scheduled', 'calling') AND (token_hash = ? OR account_id = ?) ORDER BY slot_at, id LIMIT 20",
		w.hash, w.account).Scan(&rows).Error
	for _, r := range rows {
		if w.has(r.AccountID, r.TokenHash) {
			return r.ID, err
		}
	}
	return "", err
}

// shown is a call-back without its number.
func (c *Calls) shown(row call) Call {
	return Call{
		ID: row.ID, State: row.State, Name: row.Name, Problem: row.Problem, Masked: models.Mask(models.ChannelSMS, row.Number),
		Word: c.Word("call", row.ID), Slot: row.SlotAt, CreatedAt: row.CreatedAt, Tries: row.Tries, Agent: row.AgentName,
	}
}

// Show gives a call-back to who booked it.
func (c *Calls) Show(ctx context.Context, v Visitor, id string) (Call, error) {
	g := c.db.Read(ctx)
	w, err := c.who(g, v, c.db.Now())
	if err != nil {
		return Call{}, err
	}
	row, err := c.find(g, id, "")
	if err != nil {
		return Call{}, err
	}
	if !w.has(row.AccountID, row.TokenHash) {
		return Call{}, notFound("call")
	}
	shown := c.shown(row)
	shown.Mine = true
	return shown, nil
}

func (c *Calls) find(g *gorm.DB, id, lock string) (call, error) {
	if !models.IsID(id) {
		return call{}, notFound("call")
	}
	var rows []call
	if err := g.Raw("SELECT * FROM calls WHERE id = ?"+lock, id).Scan(&rows).Error; err != nil {
		return call{}, err
	}
	if len(rows) == 0 {
		return call{}, notFound("call")
	}
	return rows[0], nil
}

// change is one act on a call-back: its row is locked while act changes it.
func (c *Calls) change(tx *db.Tx, id string, act func(*call) error) (call, error) {
	row, err := c.find(tx.DB, id, forUpdate(tx))
	if err != nil {
		return row, err
	}
	before := row
	if err := act(&row); err != nil || row == before {
		return row, err
	}
	row.ChangedAt = tx.Now
	_, err = tx.Exec("UPDATE calls SET state = ?, tries = ?, agent_id = ?, agent_name = ?, slot_at = ?, changed_at = ? WHERE id = ?",
		row.State, row.Tries, row.AgentID, row.AgentName, row.SlotAt, row.ChangedAt, row.ID)
	tx.Wake(queueTopic)
	return row, err
}

// byVisitor is change for who booked it.
func (c *Calls) byVisitor(ctx context.Context, v Visitor, id, what string, act func(*db.Tx, *call) error) error {
	return c.db.Write(ctx, func(tx *db.Tx) error {
		w, err := c.who(tx.DB, v, tx.Now)
		if err != nil {
			return err
		}
		changed := false
		row, err := c.change(tx, id, func(row *call) error {
			if !w.has(row.AccountID, row.TokenHash) {
				return notFound("call")
			}
			before := *row
			err := act(tx, row)
			changed = *row != before
			return err
		})
		if err != nil || !changed {
			return err
		}
		return c.tell(tx, row, what, v.Client)
	})
}

// Move changes the slot. Conflict where it is not scheduled any more.
func (c *Calls) Move(ctx context.Context, v Visitor, id string, slot time.Time) error {
	return c.byVisitor(ctx, v, id, callMoved, func(tx *db.Tx, row *call) error {
		if row.State != Scheduled {
			return conflict(row.State)
		}
		if row.SlotAt.Equal(slot) {
			return nil
		}
		at, err := c.slot(tx, slot)
		if err != nil {
			return err
		}
		// Each time its person is told by mail.
		if err := c.count(tx, "moves", "moves of "+row.ID, models.Limit{N: callMoves, Per: 24 * time.Hour}); err != nil {
			return err
		}
		row.SlotAt = at
		return nil
	})
}

// Cancel cancels. Conflict where it is not scheduled any more.
func (c *Calls) Cancel(ctx context.Context, v Visitor, id string) error {
	return c.byVisitor(ctx, v, id, callCancelled, func(_ *db.Tx, row *call) error {
		if row.State != Scheduled && row.State != Cancelled {
			return conflict(row.State)
		}
		row.State = Cancelled
		return nil
	})
}
