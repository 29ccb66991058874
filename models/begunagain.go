package models

import (
	"context"
	"encoding/base64"
	"errors"

	"admitone/models/internal/db"
)

// Who begins again in the same browser what already waits for a code, because no
// message has come yet or the button was pressed twice, goes on with it: the code is the
// same, so whichever message arrives first works (POLICY.md 2). It is asked for once
// more as by 'Send another', and never sooner.

// formLeast and formMost bound the nonce of a form, in bytes: shorter ones could be
// guessed.
const formLeast, formMost = 26, 64

// handleToken is the token of the handle that begins now. It comes of the form's nonce:
// a form that is sent once more before the first answer was there finds what the first
// one began. Without the key the nonce says nothing of it.
func (c *core) handleToken(tx *db.Tx, cl Client) string {
	if len(cl.Form) < formLeast || len(cl.Form) > formMost {
		return newToken()
	}
	return base64.RawURLEncoding.EncodeToString(c.keys.current(tx.Now).mac("handle", cl.Form))
}

// ofBrowser picks the flows that this browser has begun, or this form: ofHandle before the
// first answer came. The caller has locked what two presses at once both lock.
func (c *core) ofBrowser(tx *db.Tx, cl Client) scope {
	return ofHandles(tx.Now, cl.Session, c.handleToken(tx, cl))
}

// begun gives the newest of some flows where its code works still.
func begun[F pendingRow](tx *db.Tx, c *core, in scope) (f F, ch challenge, there bool, err error) {
	f, ch, _, err = flow[F](tx.DB, in, "", tx.Now)
	var none *Error
	if errors.As(err, &none) {
		return f, ch, false, nil
	}
	if err != nil {
		return f, ch, false, err
	}
	_, held := c.keys.find(ch.KeyID)
	return f, ch, held && ch.waits(tx.Now) && tx.Now.Before(ch.ExpiresAt), nil
}

// goOn asks for one more message of a flow that was begun again. One that has only just
// gone out does for it: the code page says when the next may be asked for.
func goOn(ctx context.Context, out Started, c Client, resend func(ctx context.Context, flowID, way string, c Client) (Resent, error)) (Started, error) {
	if !out.again {
		return out, nil
	}
	if out.Session != "" {
		c.Session = out.Session
	}
	_, err := resend(ctx, "", "", c)
	var wait *Error
	if errors.As(err, &wait) && wait.Kind == TooSoon {
		err = nil
	}
	return out, err
}

// again goes on with the reset that waits in this browser, where the same address was
// typed, whose it is still.
func (r *Resets) again(tx *db.Tx, email Email, who owner, c Client) (out Started, err error) {
	row, _, there, err := begun[verification](tx, r.core, r.ofBrowser(tx, c).and("purpose = ?", PurposeReset))
	if err != nil || !there {
		return out, err
	}
	if asked, _ := ParseEmail(row.Shown); asked.Value != email.Value || orNone(row.AccountID) != who.AccountID {
		return out, nil
	}
	out = Started{Outcome: CodeSent, again: true}
	if row.SessionID, out.Session, err = r.handle(tx, c); err != nil {
		return Started{}, err
	}
	return out, tx.Insert(&row)
}
