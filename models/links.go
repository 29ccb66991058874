package models

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// The labels of the links that messages bear.
const (
	linkNotMe  = "not-me"
	linkUndo   = "undo"
	linkReport = "report"
)

// mailed derives the token of a message's link: which message, and the whole MAC
// under the link's own label.
func (k key) mailed(label, message string) string {
	return lettered(message + hex.EncodeToString(k.mac("message", label, message)))
}

// messageOf gives the id of the message that a link token was made for, "" for a
// token that none of the keys has made. Trying them all helps nobody to guess
// 256 bits.
func (r *keyRing) messageOf(label, token string) string {
	if len(token) != linkLength {
		return ""
	}
	id := unlettered(token[:32])
	if len(id) != 32 {
		return ""
	}
	for _, k := range r.all() {
		if subtle.ConstantTimeCompare([]byte(token), []byte(k.mailed(label, id))) == 1 {
			return id
		}
	}
	return ""
}

// IsLinkToken says whether a string has the form of one.
func IsLinkToken(s string) bool {
	return len(s) == linkLength && strings.Trim(s, "abcdefghijklmnop") == ""
}

// Links are the paths of a message's links, "" for one it does not have. They
// are derived at the moment it is sent.
type Links struct {
	Reset  string // does what the code of a reset does
	NotMe  string // 'I did not ask for this'
	Undo   string // takes a change back, or stops one that waits
	Report string // where a gateway reports the delivery of a text
}

// Where the links of messages lead, before their tokens.
const (
	LinkPath   = "/reset/link/"
	NotMePath  = "/not-me/"
	UndoPath   = "/undo/"
	ReportPath = "/sms/report/"
)

// Links derives the links of a message. Only the reset's is bound to its
// challenge's key: the others outlive it.
func (o *Outbox) Links(m Message) (l Links) {
	now := o.keys.current(o.db.Now())
	l.NotMe = NotMePath + now.mailed(linkNotMe, m.ID)
	if m.undo {
		l.Undo = UndoPath + now.mailed(linkUndo, m.ID)
	}
	if m.Channel == ChannelSMS {
		l.Report = ReportPath + now.mailed(linkReport, m.ID)
	}
	if k, held := o.keys.find(m.keyID); (m.Kind == KindResetCode || linkAlone(m.Kind)) && held {
		l.Reset = LinkPath + k.link(m.challengeID, m.Purpose)
	}
	return l
}

// mailed finds the message that a link token was made for; a Gone error where
// none of ours was, or it is gone.
func (c *core) mailed(g *gorm.DB, label, token string) (message, error) {
	gone := &Error{Kind: Gone, Reason: "link"}
	id := c.keys.messageOf(label, token)
	if id == "" {
		return message{}, gone
	}
	var rows []message
	if err := g.Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return message{}, err
	}
	if len(rows) == 0 {
		return message{}, gone
	}
	return rows[0], nil
}

// reported says what the words of gateways mean: Kannel's numbers and Twilio's
// names. A word that is not here moves nothing.
var reported = map[string]string{
	"1": stateDelivered, "delivered": stateDelivered, "read": stateDelivered,
	"2": stateUndelivered, "16": stateUndelivered, "undelivered": stateUndelivered, "failed": stateUndelivered,
}

// Report takes a delivery report of a gateway for the text that the token was
// made for. It only moves the text's state forward; an unknown word, a repeat or
// one that comes late changes nothing. A Gone error for a token not of ours.
func (o *Outbox) Report(ctx context.Context, token, word string) error {
	state := reported[word]
	return o.db.Write(ctx, func(tx *db.Tx) error {
		m, err := o.mailed(tx.DB, linkReport, token)
		if err != nil || state == "" {
			return err
		}
		// It may come before the gateway's own answer has been written down.
		n, err := tx.Exec("UPDATE messages SET state = ?, done_at = ?, lease_until = NULL WHERE id = ? AND state IN ('queued', 'accepted')", state, tx.Now, m.ID)
		if err != nil || n == 0 {
			return err
		}
		count(tx, "deliveries", m.Channel, state)
		return step(tx, m.ID, state, "")
	})
}
