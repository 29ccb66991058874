package models

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// keyBytes is the length of a key: as long as the hash that it is used with.
const keyBytes = 32

// key is one secret of the ring. The newest that has begun makes new
// challenges; the others go on judging their own.
type key struct {
	id     string
	starts time.Time
	secret []byte
}

// parseKey reads one line of a ring.
func parseKey(line string) (key, error) {
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return key{}, errors.New("a key is written as: id start secret")
	}
	starts, err := time.Parse(time.RFC3339, fields[1])
	if err != nil {
		return key{}, errors.New("the start is not a time such as 2026-11-22T20:14:07Z")
	}
	secret, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil || len(secret) != keyBytes {
		return key{}, fmt.Errorf("the secret is not base64 of %d bytes", keyBytes)
	}
	return key{id: fields[0], starts: starts.UTC(), secret: secret}, nil
}

// mac is HMAC-SHA-256 over the fields, each preceded by its length, so that no
// two lists of fields give the same input.
func (k key) mac(fields ...string) []byte {
	h := hmac.New(sha256.New, k.secret)
	var n [8]byte
	for _, f := range fields {
		binary.BigEndian.PutUint64(n[:], uint64(len(f)))
		h.Write(n[:])
		h.Write([]byte(f))
	}
	return h.Sum(nil)
}

// code derives the digits of one generation of a challenge (CONTRIBUTING.md, law 4).
// Taking 8 bytes modulo 10^6 or 10^8 is biased by less than 2^-37.
func (k key) code(challenge, purpose string, generation, digits int) string {
	sum := k.mac("code", challenge, purpose, fmt.Sprint(generation))
	return formatCode(binary.BigEndian.Uint64(sum[:8]), digits)
}

// link derives the token of a mailed link: the challenge's id and the whole MAC
// under a label of its own, so that a code says nothing of it. It is written in
// letters only: a run of digits in it could be taken for the code.
func (k key) link(challenge, purpose string) string {
	return lettered(challenge + hex.EncodeToString(k.mac("link", challenge, purpose)))
}

// linkLength is how long every link token is, in bytes.
const linkLength = 32 + 64

// lettered turns hexadecimal digits into the letters a to p, and unlettered
// turns them back.
func lettered(hexadecimal string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' {
			return r - 'a' + 'k'
		}
		return r - '0' + 'a'
	}, hexadecimal)
}

func unlettered(letters string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'k' && r <= 'p':
			return r - 'k' + 'a'
		case r >= 'a' && r <= 'j':
			return r - 'a' + '0'
		}
		return -1
	}, letters)
}

// requestTag names a request in the page and in its messages: 'Maple 42'.
func (k key) requestTag(challenge string) string {
	sum := k.mac("tag", challenge)
	word := tagWords[int(sum[0])%len(tagWords)]
	return fmt.Sprintf("%s %d", word, 10+binary.BigEndian.Uint16(sum[1:3])%90)
}

// laneTag stands for an address in the keys of budgets. It is made with the
// oldest key, so that a new key does not open every closed lane. Only when
// that key is taken out of the ring do the budgets begin anew.
func (r *keyRing) laneTag(kind, value string) string {
	return hex.EncodeToString(r.oldest().mac("lane", kind, value)[:16])
}

// tagWords are short, plain, easy to tell apart when read aloud.
var tagWords = []string{
	"Acorn", "Amber", "Anchor", "Apple", "Arrow", "Aspen", "Badger", "Bamboo",
	"Basil", "Beacon", "Birch", "Bridge", "Canoe", "Canyon", "Cedar", "Cherry",
	"Clover", "Comet", "Copper", "Coral", "Crane", "Daisy", "Delta", "Falcon",
	"Fern", "Finch", "Forest", "Garnet", "Ginger", "Glacier", "Harbour", "Hazel",
	"Heron", "Island", "Ivory", "Jasmine", "Juniper", "Kettle", "Lantern", "Lemon",
	"Lilac", "Linen", "Lotus", "Maple", "Marble", "Meadow", "Mint", "Olive",
	"Orchid", "Otter", "Pebble", "Pepper", "Pine", "Poppy", "Quartz", "Raven",
	"River", "Saffron", "Sparrow", "Thistle", "Tulip", "Velvet", "Walnut", "Willow",
}

// newID is 128 random bits: an id that a restored backup cannot repeat.
func newID() string { return hex.EncodeToString(randomBytes(16)) }

// newToken is 256 random bits for a cookie; the row keeps hashToken of it.
func newToken() string { return base64.RawURLEncoding.EncodeToString(randomBytes(32)) }

// tokenLength is how long every token is, in bytes; anything else is not ours.
const tokenLength = 43

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: the program ends first
	return b
}
