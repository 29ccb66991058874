package models

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// Agents holds what members of staff do with accounts from the console
// (POLICY.md 6). None of it shows or sets a code, a password or a whole number.
type Agents struct{ *core }

// Agent is a member of staff at work.
type Agent struct{ Account, Name string }

// nobodysName is what viewers are told where a member of staff has no name.
const nobodysName = "Support"

// The acts of staff on an account.
const (
	ActResend  = "resend"
	ActUnlock  = "unlock"
	ActSignOut = "sign_out"
	ActReset   = "reset"
)

// staffActs are the activities that the acts are kept as.
var staffActs = map[string]EventKind{
	ActResend: EventStaffResent, ActUnlock: EventStaffUnlocked, ActSignOut: EventStaffSignedOut, ActReset: EventStaffReset,
}

// ActOutcome is how an act of staff ended.
type ActOutcome struct {
	At     time.Time
	Masked string // where a message went
}

// The length of a reason, in code points.
const (
	minReason = 5
	maxReason = 200
)

// findsBudget and actsBudget bound what one member of staff looks up and does: a
// session that was taken over must not empty the house.
func findsBudget(agent string) budget {
	return budget{key: "agent finds " + agent, windows: []window{{60, time.Hour}}}
}

func actsBudget(agent string) budget {
	return budget{key: "agent acts " + agent, windows: []window{{30, time.Hour}}}
}

// unlocksBudget bounds how often staff lift the waits of one account.
func unlocksBudget(account string) budget {
	return budget{key: "unlocks of " + account, windows: []window{{5, 24 * time.Hour}}}
}

// Enter says who the member of staff is. A NoSession, NotFound (another role) or
// NotProven error.
func (a *Agents) Enter(ctx context.Context, c Client) (Agent, error) {
	agent, _, err := a.agent(a.db.Read(ctx), c, a.db.Now())
	return agent, err
}

// agent gives the member of staff whose session a client has. The proof must be a
// code: the password alone opens no console. It holds for a working day, counted
// from when it was given.
func (c *core) agent(g *gorm.DB, cl Client, now time.Time) (Agent, session, error) {
	s, err := c.signedIn(g, cl, now)
	if err != nil {
		return Agent{}, s, err
	}
	var rows []struct{ Role, DeskName string }
	if err := g.Raw("SELECT role, desk_name FROM accounts WHERE id = ?", *s.AccountID).Scan(&rows).Error; err != nil {
		return Agent{}, s, err
	}
	if len(rows) == 0 || rows[0].Role != RoleStaff {
		return Agent{}, s, &Error{Kind: NotFound, Reason: "console"}
	}
	more := time.Duration(c.policy.Desk - c.policy.Elevated)
	if s.ElevatedUntil == nil || !now.Before(s.ElevatedUntil.Add(more)) {
		return Agent{}, s, notProven()
	}
	agent := Agent{Account: *s.AccountID, Name: rows[0].DeskName}
	if agent.Name == "" {
		agent.Name = nobodysName
	}
	return agent, s, nil
}

// lockAgent is agent inside an act: until it commits, the role and the session
// stay what they are. Both are read again under the locks, so that a role that was
// taken away a moment ago does nothing more.
func (c *core) lockAgent(tx *db.Tx, cl Client) (Agent, session, error) {
	agent, s, err := c.agent(tx.DB, cl, tx.Now)
	if err != nil || tx.OneWriter() {
		return agent, s, err
	}
	if _, err := lockOwner(tx, agent.Account, false); err != nil {
		return Agent{}, s, err
	}
	var ids []string
	if err := tx.Raw("SELECT id FROM sessions WHERE id = ? FOR SHARE", s.ID).Scan(&ids).Error; err != nil {
		return Agent{}, s, err
	}
	return c.agent(tx.DB, cl, tx.Now)
}

// Find gives the account of an address that was typed whole. Nothing is found by
// a part of one, and looking is limited.
func (a *Agents) Find(ctx context.Context, c Client, typed string) (account string, err error) {
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		account = ""
		agent, _, err := a.agent(tx.DB, c, tx.Now)
		if err != nil {
			return err
		}
		email, reason := ParseEmail(typed)
		if reason != "" {
			return invalid("email", reason, 0)
		}
		if err := take(tx, findsBudget(agent.Account), "finds"); err != nil {
			return err
		}
		who, err := findOwner(tx.DB, email)
		account = who.AccountID
		return err
	})
	if err == nil && account == "" { // said only now: the look must be counted
		err = noAccount()
	}
	return account, err
}

func noAccount() error { return &Error{Kind: NotFound, Reason: "account"} }

// take counts one act on a budget; a TooSoon error where it is spent.
func take(tx *db.Tx, b budget, reason string) error {
	retryAt, _, err := spendSend(tx, []budget{b})
	if err == nil && !retryAt.IsZero() {
		err = &Error{Kind: TooSoon, Reason: reason, RetryAt: retryAt}
	}
	return err
}

// Act does one of the four acts, with a reason that the account's holder reads.
// The proof must be as fresh as for a change of one's own account. Invalid{reason},
// NotProven, TooSoon, Conflict (one's own account, or a colleague's), NotFound
// (with no_code where no code is awaited).
func (a *Agents) Act(ctx context.Context, c Client, account, act, reason string) (out ActOutcome, err error) {
	reason = strings.Join(strings.Fields(reason), " ")
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		agent, s, err := a.lockAgent(tx, c)
		if err != nil {
			return err
		}
		if err := checkReason(reason); err != nil {
			return err
		}
		if staffActs[act] == "" {
			return invalid("act", "unknown", 0)
		}
		if s.proof(tx.Now) != ProofCode {
			return notProven()
		}
		who, err := a.customer(tx.DB, agent, account)
		if err != nil {
			return err
		}
		if err := take(tx, actsBudget(agent.Account), "acts"); err != nil {
			return err
		}
		out = ActOutcome{At: tx.Now}
		if out.Masked, err = a.act(tx, act, who); err != nil {
			return err
		}
		return keep(tx, event{Kind: staffActs[act], Detail: reason, Agent: agent.Name, AgentID: &agent.Account}, who.AccountID, Client{})
	})
	return out, err
}

// checkReason refuses a reason that says nothing, or that has a code in it: the
// reason is kept and shown.
func checkReason(reason string) error {
	switch n := utf8.RuneCountInString(reason); {
	case n == 0:
		return invalid("reason", "required", 0)
	case !utf8.ValidString(reason), strings.ContainsFunc(reason, unicode.IsControl):
		return invalid("reason", "bad_characters", 0)
	case looksLikeCode(reason):
		return invalid("reason", "looks_like_code", 0)
	case n < minReason:
		return invalid("reason", "too_short", minReason)
	case n > maxReason:
		return invalid("reason", "too_long", maxReason)
	}
	return nil
}

// looksLikeCode says whether a text has four digits in a row, of any script and
// whatever may stand between the digits of a code.
func looksLikeCode(text string) bool {
	run := 0
	for _, r := range text {
		switch {
		case unicode.IsNumber(r):
			if run++; run == 4 {
				return true
			}
		case !isSeparator(r):
			run = 0
		}
	}
	return false
}

// customer gives the account that staff look at or act on: nobody's own, and no
// colleague's, so that no two of them can open each other's.
func (a *Agents) customer(g *gorm.DB, agent Agent, account string) (owner, error) {
	if !isID(account) {
		return owner{}, noAccount()
	}
	if account == agent.Account {
		return owner{}, &Error{Kind: Conflict, Reason: "own"}
	}
	who, err := primaryOwner(g, account)
	if err != nil {
		return who, err
	}
	if who.AccountID == "" {
		return who, noAccount()
	}
	var role string
	if err := g.Raw("SELECT role FROM accounts WHERE id = ?", account).Scan(&role).Error; err != nil {
		return who, err
	}
	if role == RoleStaff {
		return who, &Error{Kind: Conflict, Reason: "staff"}
	}
	return who, nil
}

func (a *Agents) act(tx *db.Tx, act string, who owner) (masked string, err error) {
	switch act {
	case ActResend:
		return a.sendCodeAgain(tx, who)
	case ActReset:
		return a.startReset(tx, who)
	}
	// Under the lock: a sign-in beside it must not mint a session that stays.
	if who, err = lockOwner(tx, who.AccountID, true); err != nil {
		return "", err
	}
	if who.AccountID == "" {
		return "", noAccount()
	}
	if act == ActUnlock {
		// It empties the counts that keep guessers out.
		if err := take(tx, unlocksBudget(who.AccountID), "acts"); err != nil {
			return "", err
		}
		return "", a.unlock(tx, who)
	}
	return "", a.signOutAll(tx, who)
}

// sendCodeAgain sends the newest code that the account waits for once more, to
// where it went and under the limits of who waits for it. Not a reset's: that is
// asked for by anyone.
func (a *Agents) sendCodeAgain(tx *db.Tx, who owner) (masked string, err error) {
	var rows []challenge
	err = tx.Raw(`SELECT * FROM challenges c WHERE account_id = ? AND purpose IN (?, ?, ?, ?, ?)
		AND consumed_at IS NULL AND attempts < max_attempts AND ends_at > ?
		AND (EXISTS (SELECT 1 FROM sign_ins s WHERE s.challenge_id = c.id) OR EXISTS (SELECT 1 FROM verifications v WHERE v.challenge_id = c.id))
		ORDER BY created_at DESC, id LIMIT 1`,
		who.AccountID, PurposeSignIn, PurposeStepUp, PurposeEmail, PurposePhone, PurposeUndo, tx.Now).Scan(&rows).Error
	if err != nil {
		return "", err
	}
	noCode := &Error{Kind: NotFound, Reason: "no_code"}
	if len(rows) == 0 {
		return "", noCode
	}
	ch := rows[0]
	m, sends, err := a.sameMessage(tx, ch)
	if err != nil {
		return "", err
	}
	if m.Kind == "" {
		return "", noCode
	}
	out, err := a.resend(tx, ch, m, sends, destination{})
	if err == nil && out.Outcome != CodeSent {
		err = noCode
	}
	return Mask(ch.Channel, ch.Destination), err
}

// sameMessage is the newest message of a challenge once more, as it was asked for,
// and what bounds it; the zero one where its address has left the account, or
// wrong codes have shut it.
func (a *Agents) sameMessage(tx *db.Tx, ch challenge) (m message, sends []budget, err error) {
	var sent []message
	if err := tx.Where("challenge_id = ?", ch.ID).Order("created_at DESC").Limit(1).Find(&sent).Error; err != nil || len(sent) == 0 {
		return m, nil, err
	}
	m = message{Kind: sent[0].Kind, Channel: ch.Channel, Destination: ch.Destination, Locale: sent[0].Locale, Device: sent[0].Device, Address: sent[0].Address, Place: sent[0].Place, Reasons: sent[0].Reasons}
	switch ch.Purpose {
	case PurposeSignIn, PurposeStepUp:
		i, open, err := reached(tx, ch)
		if err != nil || !open {
			return message{}, nil, err
		}
		return m, a.ownersSends(i.AccountID, i.to()), nil
	case PurposeUndo:
		to := destination{channel: ch.Channel, value: canonical(ch.Channel, ch.Destination), shown: ch.Destination}
		holder, _, err := db.First[string](tx.DB, "SELECT value FROM verifications WHERE challenge_id = ?", ch.ID)
		return m, a.undoSends(to, holder), err
	case PurposePhone:
		return m, a.proofTexts(ch.Destination, orNone(ch.AccountID)), nil
	}
	value := Email{Value: canonical(ch.Channel, ch.Destination)}
	if m.Kind == KindEmailTaken { // its owner is told, and may have given it up meanwhile
		who, err := findOwner(tx.DB, value)
		if err != nil {
			return m, nil, err
		}
		m.Destination, m.Locale, m.decoy = who.Shown, who.Locale, who.AccountID == ""
	}
	return m, a.strangersSends(value, Client{}), nil
}

// startReset mails the link of a reset to the main address. No browser holds a
// flow that its code could be typed into, and every try of the code is used up
// beforehand: the mailbox is the only way.
func (a *Agents) startReset(tx *db.Tx, who owner) (masked string, err error) {
	ch, retryAt, err := a.issue(tx, PurposeReset, who.AccountID, who.to(), a.ownersSends(who.AccountID, who.to()))
	if err == nil && !retryAt.IsZero() {
		err = &Error{Kind: TooSoon, Reason: "resend", RetryAt: retryAt}
	}
	if err != nil {
		return "", err
	}
	if _, err := tx.Exec("UPDATE challenges SET attempts = max_attempts WHERE id = ?", ch.ID); err != nil {
		return "", err
	}
	m := newMessage(KindResetStarted, who.to(), who.Locale, Client{})
	m.Device = ""
	m.about(ch)
	return MaskEmail(who.Shown), enqueue(tx, m)
}
