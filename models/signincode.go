package models

import (
	"context"
	"slices"

	"admitone/models/internal/db"
)

// askForCode sends a code to the account's first way and waits for it, or goes on with
// what waits already.
func (s *SignIns) askForCode(tx *db.Tx, a attempt) (Started, error) {
	row := signIn{ID: newID(), AccountID: a.owner.AccountID, Lane: a.lane.key, Reasons: joined(a.risk.Reasons), Next: a.next, CreatedAt: tx.Now}
	before, ch, again, err := begun[signIn](tx, s.core, s.ofBrowser(tx, a.client))
	if err != nil {
		return Started{}, err
	}
	if again = again && before.AccountID == row.AccountID; again {
		_, again, err = reached(tx, ch)
	}
	if err != nil {
		return Started{}, err
	}
	if again {
		row.ID = before.ID // the same in every tab
		out, err := s.expect(tx, a, row, ch)
		out.again = true
		return out, err
	}
	ways, err := s.ways(tx.DB, a.owner.AccountID, tx.Now)
	if err != nil {
		return Started{}, err
	}
	if len(ways) == 0 {
		return Started{Outcome: ChannelOff}, nil
	}
	to, err := s.firstFree(tx, ways, a.own != "")
	if err != nil {
		return Started{}, err
	}
	ch, retryAt, err := s.issue(tx, PurposeSignIn, a.owner.AccountID, to, s.codeSends(a.owner.AccountID, to, a.own != ""))
	if err != nil || !retryAt.IsZero() {
		return Started{Outcome: Throttled, RetryAt: retryAt}, err
	}
	out, err := s.expect(tx, a, row, ch)
	if err != nil {
		return Started{}, err
	}
	m := newMessage(KindSignInCode, to, a.owner.Locale, a.client)
	m.Reasons = row.Reasons
	m.about(ch)
	if err := enqueue(tx, m); err != nil {
		return Started{}, err
	}
	return out, recordRisk(tx, EventCodeAsked, a.owner.AccountID, a.risk.Reasons, a.client)
}

// expect has the browser wait for the code of a challenge.
func (s *SignIns) expect(tx *db.Tx, a attempt, row signIn, ch challenge) (Started, error) {
	sid, token, err := s.handle(tx, a.client)
	if err != nil {
		return Started{}, err
	}
	row.SessionID, row.ChallengeID = sid, ch.ID
	return Started{Outcome: CodeSent, Session: token}, tx.Insert(&row)
}

// Pending is what the code page of a sign-in shows; a Gone error where no
// sign-in is pending in this browser. It writes nothing.
func (s *SignIns) Pending(ctx context.Context, c Client) (Pending, error) {
	g, now := s.db.Read(ctx), s.db.Now()
	row, ch, _, err := flow[signIn](g, ofHandle(c, now), "", now)
	if err != nil {
		return Pending{}, err
	}
	p, err := s.pending(g, row.ID, ch, now)
	if err != nil {
		return p, err
	}
	ways, of, held, err := s.waysNow(g, row.AccountID, now)
	p.MayTrust, p.Reasons = of.TwoStep == TwoStepEveryTime, reasonsOf(row.Reasons)
	p.Ways, p.TextsHeld = others(ways, orNone(ch.IdentifierID)), held
	return p, err
}

// Resend sends the code of the pending sign-in again: where it went, or to
// another confirmed way of the account. flowID is the one of the page, "" where
// the form did not carry it.
func (s *SignIns) Resend(ctx context.Context, flowID, way string, c Client) (out Resent, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		_, ch, current, err := flow[signIn](tx.DB, ofHandle(c, tx.Now), flowID, tx.Now)
		if err != nil || !current {
			out = Resent{Outcome: Superseded}
			return err
		}
		out, err = s.sendAgain(tx, ch, way, c)
		return err
	})
	return out, err
}

// sendAgain sends the code of an account's challenge again, to a way of it or,
// with "", to where it went.
func (c *core) sendAgain(tx *db.Tx, ch challenge, way string, cl Client) (Resent, error) {
	who, err := primaryOwner(tx.DB, orNone(ch.AccountID))
	if err != nil {
		return Resent{}, err
	}
	reasons, _, err := db.First[string](tx.DB, "SELECT reasons FROM sign_ins WHERE challenge_id = ?", ch.ID) // of a sign-in: the same as before
	if err != nil {
		return Resent{}, err
	}
	m := func(to destination) message {
		m := newMessage(ch.Purpose.message(), to, who.Locale, cl)
		m.Reasons = reasons
		return m
	}
	own, err := ownCode(tx, ch, cl)
	if err != nil {
		return Resent{}, err
	}
	if way != "" {
		return c.another(tx, ch, way, own, m)
	}
	i, ok, err := reached(tx, ch)
	if err != nil {
		return Resent{}, err
	}
	if !ok {
		return Resent{Outcome: ChannelOff}, nil
	}
	if i.Kind == kindPhone {
		if texts, err := c.canTextTo(tx.DB, tx.Now, i.Value); err != nil || !texts {
			return c.byMail(tx, ch, own, m, err)
		}
	}
	return c.resend(tx, ch, m(i.to()), c.codeSends(i.AccountID, i.to(), own), destination{})
}

// Answer takes a typed code. flowID is the one of the page, "" where the form
// did not carry it.
func (s *SignIns) Answer(ctx context.Context, typed, flowID string, ticks Ticks, c Client) (out Answered, err error) {
	code, reason := NormaliseCode(typed, CodeDigits)
	if reason != "" {
		return out, invalid("code", reason, CodeDigits)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		row, ch, current, err := flow[signIn](tx.DB, ofHandle(c, tx.Now), flowID, tx.Now)
		if err != nil || !current {
			out = Answered{Outcome: Superseded}
			return err
		}
		out, err = s.answer(tx, row, ch, code, ticks, c)
		return err
	})
	return out, err
}

func (s *SignIns) answer(tx *db.Tx, row signIn, ch challenge, code string, ticks Ticks, c Client) (Answered, error) {
	out, who, err := s.judgeOwn(tx, ch, code, c)
	if err != nil || out.Outcome != Accepted {
		return out, err
	}
	return s.opened(tx, row, ch, who, ticks, c)
}

// judgeOwn judges a code that went to a confirmed channel of its account, and
// keeps that channel's count of wrong codes.
func (c *core) judgeOwn(tx *db.Tx, ch challenge, code string, cl Client) (Answered, owner, error) {
	account := orNone(ch.AccountID)
	codes, err := c.codeLane(tx, account, cl)
	if err != nil {
		return Answered{}, owner{}, err
	}
	if ch.Purpose == PurposeStepUp {
		codes = insideCodes(account)
	}
	if err := lock(tx, codes, c.addressBudget(cl.Address)); err != nil {
		return Answered{}, owner{}, err
	}
	who, err := lockOwner(tx, account, false)
	if err != nil {
		return Answered{}, who, err
	}
	i, open, err := reached(tx, ch)
	if err != nil {
		return Answered{}, who, err
	}
	if !open || who.AccountID == "" {
		return Answered{Outcome: ChannelOff}, who, nil
	}
	j, err := c.judge(tx, ch, code, false, codes, cl)
	if err != nil {
		return Answered{}, who, err
	}
	switch j.outcome {
	case Accepted:
		if i.WrongInRow > 0 {
			_, err = tx.Exec("UPDATE identifiers SET wrong_in_row = 0 WHERE id = ?", i.ID)
		}
	case Wrong, Exhausted:
		err = c.noteWrong(tx, ch, i, j, cl)
	}
	return Answered{Outcome: j.outcome, TriesLeft: j.triesLeft, RetryAt: j.retryAt}, who, err
}

// noteWrong counts a wrong code on its channel and, when the tries are used
// up, tells the owner: whoever typed them knows the password or has a session.
func (c *core) noteWrong(tx *db.Tx, ch challenge, i identifier, j judgement, cl Client) error {
	if !j.counted {
		return nil
	}
	_, err := tx.Exec("UPDATE identifiers SET wrong_in_row = wrong_in_row + 1 WHERE id = ?", i.ID)
	if err != nil {
		return err
	}
	if i.WrongInRow+1 >= wrongInRow {
		note(tx, Incident{Name: "authn_login_lock", Account: i.AccountID, Client: cl, Detail: "codes " + ch.Channel})
	}
	if j.outcome == Wrong {
		return record(tx, EventWrongCode, i.AccountID, cl)
	}
	if err := c.tell(tx, i.AccountID, notice{kind: KindTooManyTries, change: string(ch.Purpose)}, cl); err != nil {
		return err
	}
	return record(tx, EventTriesUsedUp, i.AccountID, cl)
}

func (s *SignIns) opened(tx *db.Tx, row signIn, ch challenge, who owner, ticks Ticks, c Client) (Answered, error) {
	ticks.Trust = ticks.Trust && who.TwoStep == TwoStepEveryTime
	now, _, err := db.First[struct{ Pending, Failures int }](tx.DB, "SELECT (SELECT count(*) FROM sign_ins WHERE id = ?) AS pending, "+failuresOf+" AS failures",
		row.ID, who.AccountID, EventWrongPassword, tx.Now.Add(-failureSpan), failureMost)
	if err != nil {
		return Answered{}, err
	}
	if now.Pending == 0 { // whoever signed out everywhere meanwhile has ended this attempt, too
		return Answered{}, &Error{Kind: Gone, Reason: "flow"}
	}
	if err := s.settle(tx, row.Lane, who); err != nil {
		return Answered{}, err
	}
	kept, err := s.cancelClosing(tx, who, c)
	if err != nil {
		return Answered{}, err
	}
	// A second channel has agreed to what a reset by the first one began.
	if who.ResetVia != nil {
		if _, err := tx.Exec("UPDATE accounts SET reset_via = NULL WHERE id = ?", who.AccountID); err != nil {
			return Answered{}, err
		}
	}
	known, err := knownDevice(tx.DB, c.Device, who.AccountID, tx.Now)
	if err != nil {
		return Answered{}, err
	}
	out, err := s.open(tx, row.AccountID, ticks, c)
	if err != nil {
		return Answered{}, err
	}
	out.Next, out.Kept = row.Next, kept
	// Under 'every time' a code is also typed on a device that is known.
	if err := s.tellOpened(tx, who.AccountID, known == "", true, nil, now.Failures, c); err != nil {
		return Answered{}, err
	}
	reasons := reasonsOf(row.Reasons)
	if slices.Equal(reasons, ordinary) {
		reasons = nil
	}
	c.Session = out.Session
	return out, recordOpened(tx, EventSignIn, row.AccountID, reasons, c)
}

// recordOpened keeps that a session was opened, and counts it where it was unusual.
func recordOpened(tx *db.Tx, kind EventKind, account string, unusual []Reason, c Client) error {
	if len(unusual) > 0 {
		count(tx, "sign_ins", "unusual")
	}
	return recordRisk(tx, kind, account, unusual, c)
}
