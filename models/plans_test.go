package models

import (
	"slices"
	"testing"

	"admitone/models/internal/plans"
)

// What explains the statements of all other tests must see what it is there for, in the
// forms of gorm and of the driver.
func TestPlansTellWhatIsReadWhole(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for statement, want := range map[string][]string{
			"SELECT id FROM accounts WHERE id = ?":                                               nil,
			"SELECT id FROM accounts WHERE locale = ?":                                           {"accounts"},
			"UPDATE accounts SET locale = ? WHERE locale <> ?":                                   {"accounts"},
			"DELETE FROM accounts WHERE locale = ?":                                              {"accounts"},
			"WITH here AS (SELECT id FROM accounts WHERE locale = ?) SELECT id FROM here":        {"accounts"},
			"INSERT INTO desk_seen (account_id, at) SELECT id, ? FROM accounts WHERE locale = ?": {"accounts"},
			"INSERT INTO desk_seen (account_id, at) VALUES (?, ?), (?, ?)":                       nil,
		} {
			if found, err := plans.Whole(h.core.db, statement); err != nil || !slices.Equal(found, want) {
				t.Errorf("%s: %v, %v", statement, found, err)
			}
		}
	})
}
