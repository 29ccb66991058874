package support

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"admitone/models"
	"admitone/models/internal/db"

	"gorm.io/gorm"
)

// ServiceCodes holds the acts on the code that a caller reads out (POLICY.md 6):
// 'KX4-207', of another shape than a verification code.
type ServiceCodes struct{ *core }

// ServiceCode is what its holder sees.
type ServiceCode struct {
	Code   string
	EndsAt time.Time
}

// EventServiceCodeUsed tells the account's holder that staff took his code; its
// detail is who did.
const EventServiceCodeUsed models.EventKind = "service_code_used"

const (
	codesHour = 10 // made for one account
	codeDraws = 20 // until a code is one that nobody has
)

// VerifiedFor is how long a code that was read out holds, longer than any call:
// who calls again reads out a new one.
const VerifiedFor = time.Hour

// wrongCodes bound the guesses of one member of staff.
var wrongCodes = []models.Limit{{N: 10, Per: 10 * time.Minute}, {N: 50, Per: 24 * time.Hour}}

// serviceLetters have no vowel, so that no code spells a word, and no Y.
const serviceLetters = "BCDFGHJKLMNPQRSTVWXZ"

type serviceCodeRow struct {
	ID        string
	AccountID string
	Tag       string
	CreatedAt time.Time
	EndsAt    time.Time
	UsedAt    *time.Time
	UsedBy    *string
}

func (serviceCodeRow) TableName() string { return "service_codes" }

// code derives the code of an id: no row holds it (CONTRIBUTING.md, law 4).
func (s *ServiceCodes) code(id string) string {
	n := s.Derive("service", id)
	letters := uint64(len(serviceLetters))
	a, n := n%letters, n/letters
	b, n := n%letters, n/letters
	return fmt.Sprintf("%c%c%d-%03d", serviceLetters[a], serviceLetters[b], n%10, n/10%1000)
}

// tag is what a row keeps of a code.
func (s *ServiceCodes) tag(code string) string { return s.Tag("service code", code) }

// Current gives the account's code that still works; the zero one for none.
func (s *ServiceCodes) Current(ctx context.Context, c models.Client) (ServiceCode, error) {
	g, now := s.db.Read(ctx), s.db.Now()
	in, err := s.SignedIn(g, c, now)
	if err != nil {
		return ServiceCode{}, err
	}
	var rows []serviceCodeRow
	err = g.Raw("SELECT * FROM service_codes WHERE account_id = ? AND used_at IS NULL AND ends_at > ? ORDER BY created_at DESC LIMIT 1", in.AccountID, now).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return ServiceCode{}, err
	}
	code := s.code(rows[0].ID)
	if s.tag(code) != rows[0].Tag { // its key has left the ring
		return ServiceCode{}, nil
	}
	return ServiceCode{Code: code, EndsAt: rows[0].EndsAt}, nil
}

// Make makes a new code; the one before it works no more. TooSoon.
func (s *ServiceCodes) Make(ctx context.Context, c models.Client) (made ServiceCode, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		in, err := s.SignedIn(tx.DB, c, tx.Now)
		if err != nil {
			return err
		}
		if err := s.count(tx, "service_codes", "service codes for "+in.AccountID, models.Limit{N: codesHour, Per: time.Hour}); err != nil {
			return err
		}
		if in, err = s.LockSignedIn(tx, c); err != nil { // it may have ended meanwhile
			return err
		}
		if _, err := tx.Exec("DELETE FROM service_codes WHERE account_id = ? AND used_at IS NULL", in.AccountID); err != nil {
			return err
		}
		row := serviceCodeRow{AccountID: in.AccountID, CreatedAt: tx.Now, EndsAt: tx.Now.Add(time.Duration(s.Policy().ServiceCode))}
		made, err = s.draw(tx, row)
		return err
	})
	return made, err
}

var errNoFreeCode = errors.New("support: no service code is free")

// draw keeps a code that no other row has: another id is another code.
func (s *ServiceCodes) draw(tx *db.Tx, row serviceCodeRow) (ServiceCode, error) {
	for range codeDraws {
		row.ID = s.NewID()
		code := s.code(row.ID)
		n, err := tx.Exec("INSERT INTO service_codes (id, account_id, tag, created_at, ends_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			row.ID, row.AccountID, s.tag(code), row.CreatedAt, row.EndsAt)
		if err != nil {
			return ServiceCode{}, err
		}
		if n == 1 {
			return ServiceCode{Code: code, EndsAt: row.EndsAt}, nil
		}
	}
	return ServiceCode{}, errNoFreeCode
}

var serviceShape = regexp.MustCompile(`^[` + serviceLetters + `]{2}[0-9]{4}$`)

// readServiceCode reads a code as it is typed: 'kx4 207', 'K X 4 - 2 0 7'. The
// reason is a slug, empty where it has the shape of one.
func readServiceCode(typed string) (code, reason string) {
	if strings.TrimSpace(typed) == "" {
		return "", "required"
	}
	if len(typed) > 256 {
		return "", "wrong"
	}
	code = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, strings.ToUpper(read(typed).plain()))
	if !serviceShape.MatchString(code) {
		return "", "wrong"
	}
	return code[:3] + "-" + code[3:], ""
}

// ReadOut is a code that a caller has read out: which one, and whose.
type ReadOut struct{ ID, Account string }

// Redeem takes what a caller read out, and says whose it is. Invalid{code}: wrong,
// required; TooSoon after too many wrong ones.
func (s *ServiceCodes) Redeem(ctx context.Context, a models.Client, typed string) (out ReadOut, err error) {
	code, reason := readServiceCode(typed)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		out = ReadOut{}
		agent, err := s.LockAgent(tx, a)
		if err != nil {
			return err
		}
		if reason != "" {
			return invalid("code", reason, 0)
		}
		budget := "wrong service codes by " + agent.Account
		retryAt, err := s.Free(tx, budget, wrongCodes...)
		if err := spent("wrong_codes", retryAt, err); err != nil {
			return err
		}
		out, err = s.use(tx, code, agent)
		if err != nil {
			return err
		}
		if out.ID == "" { // counted, so this commits; the refusal is told below
			_, err = s.Spend(tx, budget, wrongCodes...)
			return err
		}
		return s.Record(tx, EventServiceCodeUsed, out.Account, agent.Name, models.Client{})
	})
	if err == nil && out.ID == "" {
		err = invalid("code", "wrong", 0)
	}
	return out, err
}

// use takes a code once, whoever asks at the same moment; the zero ReadOut says
// that it does not work.
func (s *ServiceCodes) use(tx *db.Tx, code string, agent models.Agent) (ReadOut, error) {
	var rows []serviceCodeRow
	err := tx.Raw("SELECT id, account_id FROM service_codes WHERE tag = ? AND used_at IS NULL AND ends_at > ?", s.tag(code), tx.Now).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return ReadOut{}, err
	}
	if err := s.LockAccount(tx, rows[0].AccountID); err != nil {
		return ReadOut{}, err
	}
	n, err := tx.Exec("UPDATE service_codes SET used_at = ?, used_by = ? WHERE id = ? AND used_at IS NULL AND ends_at > ?", tx.Now, agent.Account, rows[0].ID, tx.Now)
	if err != nil || n != 1 {
		return ReadOut{}, err
	}
	return ReadOut{ID: rows[0].ID, Account: rows[0].AccountID}, seen(tx, agent.Account)
}

// Verified says when this member of staff was read out the code of that id for this
// account, zero where not, or not lately. It belongs to the call that it was read
// out in: whoever else writes or calls about the account has proved nothing by it.
func (s *ServiceCodes) Verified(ctx context.Context, a models.Client, account, id string) (at time.Time, err error) {
	g, now := s.db.Read(ctx), s.db.Now()
	agent, err := s.Agent(g, a, now)
	if err != nil || !models.IsID(account) || !models.IsID(id) {
		return at, err
	}
	return readOut(g, agent, account, now, " AND id = ?", id)
}

// readOut says when a member of staff was last read out a code of an account, zero
// where not lately.
func readOut(g *gorm.DB, agent models.Agent, account string, now time.Time, only string, args ...any) (at time.Time, err error) {
	var rows []time.Time
	args = append([]any{account, agent.Account, now.Add(-VerifiedFor)}, args...)
	err = g.Raw("SELECT used_at FROM service_codes WHERE account_id = ? AND used_by = ? AND used_at > ?"+only+" ORDER BY used_at DESC LIMIT 1", args...).Scan(&rows).Error
	for _, r := range rows {
		at = r
	}
	return at, err
}
