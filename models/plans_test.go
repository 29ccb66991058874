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
			"SELECT id FROM accounts WHERE id = ?":                                                                 nil,
			"SELECT id FROM accounts WHERE locale = ?":                                                             {"accounts"},
			"UPDATE accounts SET locale = ? WHERE locale <> ?":                                                     {"accounts"},
			"DELETE FROM accounts WHERE locale = ?":                                                                {"accounts"},
			"WITH here AS (SELECT id FROM accounts WHERE locale = ?) SELECT id FROM here":                          {"accounts"},
			"INSERT INTO desk_seen (account_id, at) SELECT id, ? FROM accounts WHERE locale = ?":                   {"accounts"},
			"SELECT id FROM (SELECT id FROM accounts WHERE locale = ? LIMIT 1) AS one UNION ALL SELECT ?":          {"accounts"},
			"SELECT id FROM (SELECT id FROM accounts WHERE id > ? ORDER BY id LIMIT 9) AS nine UNION ALL SELECT ?": nil,
			"INSERT INTO desk_seen (account_id, at) VALUES (?, ?), (?, ?)":                                         nil,
		} {
			if found, err := plans.Whole(h.core.db, statement); err != nil || !slices.Equal(found, want) {
				t.Errorf("%s: %v, %v", statement, found, err)
			}
		}
	})
}
