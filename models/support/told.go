package support

import (
	"slices"
	"time"

	"admitone/models"
)

// toldBefore is how many messages of an author are read together with the next
// one: a code of eight digits can be sent digit by digit.
const toldBefore = 7

// spelled refuses a text that makes a code together with its author's last ones.
// Only the shape is judged. To compare it with the codes that are awaited would
// tell the writer whether a guess is right, beside every count of wrong codes.
func (c *core) spelled(t *turn, author, field, text string) error {
	said := read(text)
	if !said.isBare() {
		return nil
	}
	before, err := t.lately(author, time.Duration(c.Policy().CodeLife))
	if err == nil && inPieces(before, said) {
		err = invalid(field, "looks_like_code", maxText)
	}
	return err
}

// lately gives what an author said last, the newest last.
func (t *turn) lately(author string, life time.Duration) (texts []string, err error) {
	err = t.tx.Raw("SELECT text FROM chat_messages WHERE chat_id = ? AND author = ? AND at > ? ORDER BY seq DESC LIMIT ?",
		t.ID, author, t.tx.Now.Add(-life), toldBefore).Scan(&texts).Error
	slices.Reverse(texts)
	return texts, err
}

// inPieces says whether numbers that were sent one after the other look like a
// code when they are read as one text. Words without a digit between them do not
// part them.
func inPieces(before []string, said reading) bool {
	if !said.isBare() {
		return false
	}
	for _, text := range slices.Backward(before) {
		earlier := read(text)
		if earlier.digits() == "" {
			continue
		}
		if said = earlier + " " + said; !earlier.isBare() || len(said.digits()) > models.ResetDigits {
			return false
		}
		if said.looksLikeCode() {
			return true
		}
	}
	return false
}
