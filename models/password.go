package models

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

const (
	saltBytes = 16
	hashBytes = 32
)

// hasher runs argon2id in a bounded pool, so that a flood of sign-ins takes
// neither all the memory nor all the cores.
type hasher struct {
	memory     uint32 // KiB
	iterations uint32
	threads    uint8
	queue      *hashQueue
	now        func() time.Time
	decoy      string
}

func newHasher(p Policy, now func() time.Time) *hasher {
	h := &hasher{
		memory: p.ArgonMemory, iterations: p.ArgonIterations, threads: p.ArgonThreads,
		queue: newHashQueue(cores), now: now,
	}
	// Nobody knows its password: what is compared for unknown addresses, at the
	// same cost as a real one.
	h.decoy = h.phc(randomBytes(saltBytes), randomBytes(hashBytes))
	return h
}

// hash makes the PHC string of a new password. from is whose share of the queue
// it takes.
func (h *hasher) hash(ctx context.Context, password string, from asker) (string, error) {
	leave, err := h.enter(ctx, from)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := randomBytes(saltBytes)
	sum := argon2.IDKey(normalPassword(password), salt, h.iterations, h.memory, h.threads, hashBytes)
	return h.phc(salt, sum), nil
}

// verify says whether the password is the one of the PHC string; an empty
// string stands for nobody's and costs the same.
func (h *hasher) verify(ctx context.Context, password, phc string, from asker) (bool, error) {
	if phc == "" {
		phc = h.decoy
	}
	var memory, iterations uint32
	var threads uint8
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("password hash: not an argon2id string")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &iterations, &threads); err != nil {
		return false, fmt.Errorf("password hash: %w", err)
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(err1, err2); err != nil {
		return false, fmt.Errorf("password hash: %w", err)
	}
	leave, err := h.enter(ctx, from)
	if err != nil {
		return false, err
	}
	defer leave()
	got := argon2.IDKey(normalPassword(password), salt, iterations, memory, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// current says whether a stored hash was made with today's parameters.
func (h *hasher) current(phc string) bool { return strings.HasPrefix(phc, h.parameters()) }

func (h *hasher) phc(salt, sum []byte) string {
	return h.parameters() + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(sum)
}

func (h *hasher) parameters() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, h.memory, h.iterations, h.threads)
}

// normalPassword is the form that is hashed. The same characters may reach us
// composed or not, by keyboard; SP 800-63B 3.1.1.2 asks for NFKC, against
// ASVS v5.0.0-6.2.8 'exactly as received'.
func normalPassword(password string) []byte { return []byte(norm.NFKC.String(password)) }

// checkPassword applies the rules for a new password; the error
// is Invalid with the reason.
func (c *core) checkPassword(password string, email Email) error {
	if reason, n := passwordReason(password, c.policy, email, c.brand); reason != "" {
		return invalid("password", reason, n)
	}
	return nil
}

func passwordReason(password string, p Policy, email Email, brand string) (reason string, n int) {
	if password == "" {
		return "empty", 0
	}
	if !utf8.ValidString(password) || strings.ContainsRune(password, 0) {
		return "bad_characters", 0
	}
	// Long before it is counted or folded: a megabyte must cost nothing.
	if len(password) > 4*p.PasswordMax {
		return "too_long", p.PasswordMax
	}
	switch length := utf8.RuneCountInString(password); {
	case length < p.PasswordMin:
		return "too_short", p.PasswordMin
	case length > p.PasswordMax:
		return "too_long", p.PasswordMax
	}
	folded := strings.ToLower(string(normalPassword(password)))
	local, _, _ := strings.Cut(email.Value, "@")
	switch {
	case folded == email.Value || onlyWith(folded, local):
		return "own_address", 0
	case onlyWith(folded, strings.ToLower(brand)) || onlyWith(folded, strings.ToLower(strings.ReplaceAll(brand, " ", ""))):
		return "brand", 0
	case commonPassword(folded):
		return "common", 0
	}
	return "", 0
}

// onlyWith says whether a password is a word and nothing else but digits and
// signs, such as the brand and a year. Whole passwords are compared, never
// parts of them (SP 800-63B 3.1.1.2).
func onlyWith(password, word string) bool {
	rest, found := strings.CutPrefix(password, word)
	return len(word) >= 3 && found && strings.Trim(rest, " 0123456789!@#$%^&*()-_=+.,?") == ""
}

// The 49,233 most common passwords of @zxcvbn-ts/language-common 4.1.3 (MIT),
// NFKC, lower case, from 8 characters on, sorted by bytes, one a line.
//
//go:embed passwords/common.txt
var commonText string

var commonLines = sync.OnceValue(func() []string { return strings.Split(strings.TrimSpace(commonText), "\n") })

func commonPassword(folded string) bool {
	lines := commonLines()
	i := sort.SearchStrings(lines, folded)
	return i < len(lines) && lines[i] == folded
}
