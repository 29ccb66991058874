package support

import (
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"admitone/models"
)

func TestServiceCode(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines, omar := h.staff(t, "ines@example.com", "Ines"), h.staff(t, "omar@example.com", "Omar")
		mara := h.signUp(t, "mara@example.com")
		account := h.account(t, mara)
		if c, err := h.ServiceCodes.Current(ctx, mara); err != nil || c != (ServiceCode{}) {
			t.Errorf("%+v, %v", c, err)
		}
		_, err := h.ServiceCodes.Make(ctx, here())
		refused(t, err, models.NoSession, "")
		_, err = h.ServiceCodes.Current(ctx, here())
		refused(t, err, models.NoSession, "")
		old, err := h.ServiceCodes.Make(ctx, mara)
		must(t, err)
		made, err := h.ServiceCodes.Make(ctx, mara)
		must(t, err)
		if !regexp.MustCompile(`^[BCDFGHJKLMNPQRSTVWXZ]{2}[0-9]-[0-9]{3}$`).MatchString(made.Code) || !made.EndsAt.Equal(h.now().Add(time.Hour)) {
			t.Errorf("%+v", made)
		}
		if c, err := h.ServiceCodes.Current(ctx, mara); err != nil || c.Code != made.Code || !c.EndsAt.Equal(made.EndsAt) {
			t.Errorf("%+v, %v", c, err)
		}
		compact := "%" + strings.ReplaceAll(strings.ToLower(made.Code), "-", "") + "%"
		if n := h.count(t, "SELECT count(*) FROM service_codes WHERE tag LIKE ? OR id LIKE ?", compact, compact); n != 0 {
			t.Error("the code is in its row")
		}
		_, err = h.ServiceCodes.Redeem(ctx, ines, old.Code)
		refused(t, err, models.Invalid, "wrong")
		for typed, reason := range map[string]string{"": "required", " ": "required", "482913": "wrong", "AE4-207": "wrong", strings.Repeat("K", 1000): "wrong", "\xff": "wrong"} {
			_, err := h.ServiceCodes.Redeem(ctx, ines, typed)
			refused(t, err, models.Invalid, reason)
		}
		if at, err := h.ServiceCodes.Verified(ctx, ines, account, ""); err != nil || !at.IsZero() {
			t.Errorf("%v, %v", at, err)
		}

		// Fifty at once: it works for one.
		var worked atomic.Int32
		var id string
		parallel(50, func(i int) {
			got, err := h.ServiceCodes.Redeem(ctx, ines, spellings(made.Code)[i%5])
			switch {
			case err == nil && got.Account == account:
				worked.Add(1)
				id = got.ID
			case err == nil:
				t.Errorf("the account of somebody else: %q", got.Account)
			case !isKind(err, models.Invalid) && !isKind(err, models.TooSoon):
				t.Error(err)
			}
		})
		if worked.Load() != 1 {
			t.Errorf("it worked %d times", worked.Load())
		}
		// It holds for that account, with who took it, by the way that it was read out.
		tomas := h.account(t, h.signUp(t, "tomas@example.com"))
		verified := func(a models.Client, account, id string) bool {
			t.Helper()
			at, err := h.ServiceCodes.Verified(ctx, a, account, id)
			if err != nil || !at.IsZero() && !at.Equal(h.now()) {
				t.Errorf("%v, %v", at, err)
			}
			return !at.IsZero()
		}
		if !verified(ines, account, id) || verified(omar, account, id) || verified(ines, tomas, id) {
			t.Error("it holds for another account, or with another member of staff")
		}
		for _, other := range []string{"", "no id", strings.Repeat("a", 32), account} {
			if verified(ines, account, other) {
				t.Errorf("it holds by %q", other)
			}
		}
		if c, err := h.ServiceCodes.Current(ctx, mara); err != nil || c.Code != "" {
			t.Errorf("%+v, %v", c, err)
		}
		_, chat := h.chat(t, mara)
		if c := h.read(t, ines, chat); !c.ReadOut.Equal(h.now()) {
			t.Errorf("%+v", c)
		}
		if c := h.read(t, omar, chat); !c.ReadOut.IsZero() {
			t.Errorf("%+v", c)
		}
		activity, err := h.Accounts.Activity(ctx, models.Session{AccountID: account}, 1)
		if err != nil || activity[0].Kind != string(EventServiceCodeUsed) || activity[0].Device != "" || activity[0].Address != "" || activity[0].Detail != "Ines" {
			t.Errorf("%+v, %v", activity, err)
		}
		h.forward(time.Hour - time.Millisecond)
		if at, err := h.ServiceCodes.Verified(ctx, ines, account, id); err != nil || at.IsZero() {
			t.Errorf("%v, %v", at, err)
		}
		h.forward(time.Millisecond)
		if at, err := h.ServiceCodes.Verified(ctx, ines, account, id); err != nil || !at.IsZero() {
			t.Errorf("an hour later: %v, %v", at, err)
		}
		if c := h.read(t, ines, chat); !c.ReadOut.IsZero() {
			t.Errorf("%+v", c)
		}

		// Too late is wrong.
		late, err := h.ServiceCodes.Make(ctx, mara)
		must(t, err)
		h.forward(time.Hour)
		_, err = h.ServiceCodes.Redeem(ctx, ines, late.Code)
		refused(t, err, models.Invalid, "wrong")
		h.forward(25 * time.Hour)
		must(t, h.Support.Sweep(ctx))
		if n := h.count(t, "SELECT count(*) FROM service_codes"); n != 0 {
			t.Errorf("%d", n)
		}
	})
}

// spellings are ways in which people type one code.
func spellings(code string) []string {
	compact := strings.ReplaceAll(code, "-", "")
	return []string{code, strings.ToLower(code), compact, strings.Join(strings.Split(code, ""), " "), strings.Replace(code, "-", " \u2013 ", 1)}
}

func TestServiceCodeSpellings(t *testing.T) {
	for _, typed := range []string{"KX4-207", "kx4 207", "KX4207", "K X 4 - 2 0 7", " kx4\u2013207\n", "\uff2b\uff38\uff14\uff0d\uff12\uff10\uff17", "kx\u0664207"} {
		if code, reason := readServiceCode(typed); code != "KX4-207" || reason != "" {
			t.Errorf("%q: %q, %q", typed, code, reason)
		}
	}
	for _, typed := range []string{"KX4-20", "KX4-2071", "AX4-207", "KY4-207", "K44-207", "KX4-2O7", "my code is KX4-207"} {
		if code, reason := readServiceCode(typed); code != "" || reason != "wrong" {
			t.Errorf("%q: %q, %q", typed, code, reason)
		}
	}
}

func TestServiceCodeBudgets(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		ines, omar := h.staff(t, "ines@example.com", "Ines"), h.staff(t, "omar@example.com", "Omar")
		mara := h.signUp(t, "mara@example.com")
		for range 10 {
			_, err := h.ServiceCodes.Make(ctx, mara)
			must(t, err)
		}
		_, err := h.ServiceCodes.Make(ctx, mara)
		refused(t, err, models.TooSoon, "service_codes")
		right, err := h.ServiceCodes.Current(ctx, mara)
		must(t, err)
		wrong := func(i int) string {
			code := fmt.Sprintf("KX4-%03d", i)
			if code == right.Code {
				code = "KX5-999"
			}
			return code
		}
		var counted atomic.Int32
		parallel(30, func(i int) {
			_, err := h.ServiceCodes.Redeem(ctx, ines, wrong(i))
			if isKind(err, models.Invalid) {
				counted.Add(1)
			} else {
				refused(t, err, models.TooSoon, "wrong_codes")
			}
		})
		if counted.Load() != 10 {
			t.Errorf("%d guesses", counted.Load())
		}
		// Even the right one waits now, but not with a colleague.
		_, err = h.ServiceCodes.Redeem(ctx, ines, right.Code)
		refused(t, err, models.TooSoon, "wrong_codes")
		_, err = h.ServiceCodes.Redeem(ctx, omar, right.Code)
		must(t, err)
		total := 10
		for range 8 {
			h.forward(10 * time.Minute)
			for i := range 10 {
				_, err := h.ServiceCodes.Redeem(ctx, ines, wrong(100+i))
				if isKind(err, models.Invalid) {
					total++
				}
			}
		}
		if total != 50 {
			t.Errorf("%d guesses in a day", total)
		}
	})
}

// A code that somebody has is drawn anew, and when they all seem taken it is said.
func TestServiceCodeDrawnAgain(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		var made atomic.Int32
		people := make([]models.Client, 4)
		for i := range people {
			people[i] = h.signUp(t, fmt.Sprintf("p%d@example.com", i))
		}
		parallel(24, func(i int) {
			if _, err := h.ServiceCodes.Make(ctx, people[i%4]); err == nil {
				made.Add(1)
			} else {
				t.Error(err)
			}
		})
		if n := h.count(t, "SELECT count(*) FROM service_codes WHERE used_at IS NULL"); n != 4 || made.Load() != 24 {
			t.Errorf("%d codes of 4 people, %d made", n, made.Load())
		}
		// The same tag twice is refused by the schema, so another id is drawn.
		err := h.write(func(tx *tx) error {
			row := serviceCodeRow{ID: h.core.NewID(), AccountID: h.account(t, people[0]), CreatedAt: tx.Now, EndsAt: tx.Now.Add(time.Hour)}
			for i := range 2 {
				n, err := tx.Exec("INSERT INTO service_codes (id, account_id, tag, created_at, ends_at) VALUES (?, ?, 'same', ?, ?) ON CONFLICT DO NOTHING",
					fmt.Sprint(row.ID[:31], i), row.AccountID, row.CreatedAt, row.EndsAt)
				if err != nil || n != int64(1-i) {
					t.Errorf("%d: %d rows, %v", i, n, err)
				}
			}
			return nil
		})
		must(t, err)
	})
}
